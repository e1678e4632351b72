"""Records to table rows and back: times as seconds, long texts compressed, lists and findings as JSON."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.model import (
    Action,
    Article,
    Change,
    Condition,
    Entry,
    EntryId,
    Feed,
    Feedback,
    FeedbackKind,
    Finding,
    Held,
    HeldFor,
    Judged,
    Kind,
    Message,
    Move,
    Moved,
    Operation,
    OperationKey,
    OperationState,
    Order,
    OrderVerb,
    Pace,
    Preference,
    PreferenceVerb,
    ReadMode,
    Reason,
    Source,
    Span,
    Status,
    Story,
    StoryId,
    StoryMove,
    Subject,
    Tally,
    Telling,
    Traits,
    Verb,
    Vote,
    Wishes,
)


def seconds(moment: datetime | None) -> float | None:
    """Return seconds since 1970."""
    return None if moment is None else moment.timestamp()


def moment(value: float | None) -> datetime | None:
    """Return the aware UTC time of `value` seconds since 1970."""
    return None if value is None else datetime.fromtimestamp(value, UTC)


def sure_moment(value: float) -> datetime:
    """Return `moment(value)` where there is one for certain."""
    return datetime.fromtimestamp(value, UTC)


def pack(text: str) -> bytes:
    """Return `text` compressed."""
    return zlib.compress(text.encode("utf-8", "replace"), 6)


def unpack(blob: bytes) -> str:
    """Return what `pack` was given."""
    return zlib.decompress(blob).decode("utf-8")


def dumps(value: object) -> str:
    """Return compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def feed_of(row: sqlite3.Row) -> Feed:
    """Return the feed of a row of `feeds`."""
    return Feed(
        url=row["url"],
        name=row["name"],
        owner=row["owner"],
        every=_interval(row["every_s"]),
        read=ReadMode(row["read"]),
        etag=row["etag"],
        last_modified=row["last_modified"],
        body_hash=row["body_hash"],
        failures=row["failures"],
        stopped=bool(row["stopped"]),
        polled_at=moment(row["polled_at"]),
        next_poll_at=moment(row["next_poll_at"]),
        why=row["why"],
        error=row["error"],
        wishes=_wishes_of(row),
        fresh=_interval(row["fresh_s"]),
        full_at=moment(row["full_at"]),
        title=row["title"],
        address=row["address"],
        moved=Moved(row["moved_to"], row["moved_times"], moment(row["moved_since"])),
        pace=Pace(
            gap=_interval(row["gap_s"]),
            reach=_interval(row["reach_s"]),
            bound=_interval(row["bound_s"]),
            overlap=row["overlap"],
            missed=row["missed"],
            news_at=moment(row["news_at"]),
            told_at=moment(row["told_at"]),
        ),
        tally=Tally(moment(row["tally_since"]), row["polls"], row["conditional"], row["not_modified"], row["octets"]),
        condition=Condition(row["condition"]) if row["condition"] else None,
        condition_since=moment(row["condition_since"]),
    )


def _wishes_of(row: sqlite3.Row) -> Wishes:
    hours, days = json.loads(row["skip"]) if row["skip"] else ((), ())
    return Wishes(_interval(row["ttl_s"]), moment(row["base"]), frozenset(hours), frozenset(days))


def feed_values(feed: Feed, now: datetime) -> dict[str, Any]:
    """Return what a poll at `now` writes of a feed, by column: all but the config's words and when it last alerted."""
    wishes, pace, tally = feed.wishes, feed.pace, feed.tally
    skip = [sorted(wishes.hours), sorted(wishes.days)] if wishes.hours or wishes.days else None
    return {
        "etag": feed.etag,
        "last_modified": feed.last_modified,
        "body_hash": feed.body_hash,
        "ttl_s": _length(wishes.ttl),
        "base": seconds(wishes.base),
        "skip": dumps(skip) if skip else "",
        "fresh_s": _length(feed.fresh),
        "full_at": seconds(feed.full_at),
        "failures": feed.failures,
        "stopped": int(feed.stopped),
        "asked_at": now.timestamp(),
        "polled_at": seconds(feed.polled_at),
        "next_poll_at": (feed.next_poll_at or now).timestamp(),  # of a stopped feed it means nothing
        "why": feed.why,
        "error": feed.error,
        "title": feed.title,
        "address": feed.address,
        "moved_to": feed.moved.to,
        "moved_times": feed.moved.times,
        "moved_since": seconds(feed.moved.since),
        "gap_s": _length(pace.gap),
        "reach_s": _length(pace.reach),
        "bound_s": _length(pace.bound),
        "overlap": pace.overlap,
        "missed": pace.missed,
        "news_at": seconds(pace.news_at),
        "tally_since": seconds(tally.since),
        "polls": tally.polls,
        "conditional": tally.conditional,
        "not_modified": tally.not_modified,
        "octets": tally.octets,
        "condition": feed.condition or "",
        "condition_since": seconds(feed.condition_since),
    }


def _length(interval: timedelta | None) -> float | None:
    return None if interval is None else interval.total_seconds()


def _interval(value: float | None) -> timedelta | None:
    return None if value is None else timedelta(seconds=value)


# The columns that `entry_of` and `article_of` read, to be selected from entries e, feeds f and articles a.
ENTRY_COLUMNS = (
    "e.id, f.url AS feed_url, e.raw_id, e.item_hash, e.url, e.title, e.summary, e.language, e.published_at, e.seen_at,"
    " e.baseline, e.edits, e.publisher"
)
ARTICLE_COLUMNS = (
    "a.title AS article_title, a.language AS article_language, a.source AS article_source, a.note AS article_note,"
    " a.body AS article_body"
)


def entry_of(row: sqlite3.Row) -> Entry:
    """Return the entry of a row with ENTRY_COLUMNS."""
    return Entry(
        id=EntryId(row["id"]),
        feed_url=row["feed_url"],
        raw_id=row["raw_id"],
        item_hash=row["item_hash"],
        url=row["url"],
        title=row["title"],
        summary=unpack(row["summary"]),
        language=row["language"],
        published_at=moment(row["published_at"]),
        seen_at=sure_moment(row["seen_at"]),
        baseline=bool(row["baseline"]),
        edits=row["edits"],
        publisher=row["publisher"],
    )


def article_of(row: sqlite3.Row) -> Article:
    """Return the article of a row with ENTRY_COLUMNS and ARTICLE_COLUMNS."""
    entry = entry_of(row)
    body = row["article_body"]
    return Article(
        entry=entry,
        title=row["article_title"],
        body=entry.summary if body is None else unpack(body),
        language=row["article_language"],
        source=Source(row["article_source"]),
        note=row["article_note"],
    )


def article_values(article: Article, now: datetime) -> tuple[Any, ...]:
    """Return the values of a row of `articles`; a body that is the entry's summary is not kept twice."""
    body = None if article.body == article.entry.summary else pack(article.body)
    return (article.entry.id, article.title, article.language, article.source, article.note, body, now.timestamp())


def finding_json(finding: Finding) -> bytes:
    """Return a finding as compressed JSON."""

    def plain(value: object) -> object:
        if isinstance(value, Span):
            return [value.start, value.end]
        if isinstance(value, Move | Reason | Finding):
            return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
        return [plain(v) for v in value] if isinstance(value, tuple) else value

    return pack(dumps(plain(finding)))


def finding_of(blob: bytes) -> Finding:
    """Return what `finding_json` was given."""
    raw = json.loads(unpack(blob))
    return Finding(
        language=raw["language"],
        score=raw["score"],
        kinds=tuple(Kind(k) for k in raw["kinds"]),
        moves=tuple(
            Move(**{**m, "status": Status(m["status"]), "evidence": _spans(m["evidence"])}) for m in raw["moves"]
        ),
        people=tuple(raw["people"]),
        organisations=tuple(raw["organisations"]),
        reasons=tuple(Reason(**{**r, "span": None if r["span"] is None else Span(*r["span"])}) for r in raw["reasons"]),
        evidence=_spans(raw["evidence"]),
    )


def keys_json(keys: Sequence[str]) -> bytes:
    """Return the keys of an article as compressed JSON."""
    return pack(dumps(list(keys)))


def judged_of(row: sqlite3.Row, feed: Feed) -> Judged:
    """Return an article with its finding, of a row with ENTRY_COLUMNS, ARTICLE_COLUMNS and those of `findings`."""
    return Judged(
        article=article_of(row),
        feed=feed,
        finding=finding_of(row["finding"]),
        at=sure_moment(row["judged_at"]),
        story_id=StoryId(row["story_id"] or ""),
        keys=None if row["keys"] is None else tuple(json.loads(unpack(row["keys"]))),
    )


def _spans(pairs: list[list[int]]) -> tuple[Span, ...]:
    return tuple(Span(*pair) for pair in pairs)


STORY_COLUMNS = (
    "s.id, s.headline, s.url, s.first_seen, s.last_seen, s.people, s.organisations, s.destinations, s.kinds, s.score,"
    " s.articles, s.told, s.baseline, s.saga, s.telling"
)


def story_of(row: sqlite3.Row) -> Story:
    """Return the story of a row with STORY_COLUMNS, whatever else the row holds under other names."""
    return Story(
        id=StoryId(row["id"]),
        headline=row["headline"],
        url=row["url"],
        first_seen=sure_moment(row["first_seen"]),
        last_seen=sure_moment(row["last_seen"]),
        people=tuple(json.loads(row["people"])),
        organisations=tuple(json.loads(row["organisations"])),
        kinds=tuple(Kind(k) for k in json.loads(row["kinds"])),
        score=row["score"],
        destinations=tuple(json.loads(row["destinations"])),
        articles=row["articles"],
        told=bool(row["told"]),
        baseline=bool(row["baseline"]),
        saga=row["saga"],
        telling=Telling() if row["telling"] is None else telling_of(row["telling"]),
    )


def telling_json(telling: Telling) -> bytes:
    """Return a telling as compressed JSON; sets in order, so that equal tellings are equal bytes."""

    def plain(value: object) -> object:
        if isinstance(value, Telling | StoryMove | Change | Traits | Vote):
            return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
        if isinstance(value, frozenset):
            return sorted(value)
        return [plain(v) for v in value] if isinstance(value, tuple) else value

    return pack(dumps(plain(telling)))


def telling_of(blob: bytes) -> Telling:
    """Return what `telling_json` was given."""
    raw = json.loads(unpack(blob))
    return Telling(
        moves=tuple(_story_move(m) for m in raw["moves"]),
        sources=tuple(raw["sources"]),
        outlets=tuple(raw["outlets"]),
        facts=tuple(raw["facts"]),
        status=Status(raw["status"]),
        changes=tuple(Change(**{**c, "action": Action(c["action"])}) for c in raw["changes"]),
        members=tuple(_traits(t) for t in raw["members"]),
        changed_at=raw["changed_at"],
        retracted=tuple(_story_move(m) for m in raw.get("retracted", ())),
        lead=raw.get("lead", ""),
    )


def _story_move(raw: dict[str, Any]) -> StoryMove:
    votes = tuple(Vote(**v) for v in raw["votes"])
    texts = {name: tuple(raw.get(name, ())) for name in ("person", "fixed", "disputed")}
    return StoryMove(**{**raw, **texts, "status": Status(raw["status"]), "votes": votes})


_TRAIT_SETS = frozenset({"title", "lead", "names", "numbers", "organisations", "title_organisations", "kinds", "acts"})


def _traits(raw: dict[str, Any]) -> Traits:
    sets = {name: frozenset(raw[name]) for name in _TRAIT_SETS}
    groups = {name: tuple(map(tuple, raw.get(name, ()))) for name in ("movers", "people", "gone", "ends")}
    return Traits(**{**raw, **sets, **groups, "keys": tuple(raw["keys"])})


def story_values(story: Story) -> dict[str, Any]:
    """Return the values of a row of `stories`."""
    return {
        "id": story.id,
        "headline": story.headline,
        "url": story.url,
        "first_seen": story.first_seen.timestamp(),
        "last_seen": story.last_seen.timestamp(),
        "people": dumps(story.people),
        "organisations": dumps(story.organisations),
        "destinations": dumps(story.destinations),
        "kinds": dumps(story.kinds),
        "score": story.score,
        "articles": story.articles,
        "told": int(story.told),
        "baseline": int(story.baseline),
        "saga": story.saga,
        "telling": telling_json(story.telling),
    }


def message_json(message: Message) -> bytes:
    """Return a message as compressed JSON."""
    return pack(dumps({"text": message.text, "blocks": list(message.blocks), "metadata": dict(message.metadata)}))


def message_of(blob: bytes) -> Message:
    """Return what `message_json` was given."""
    raw: Mapping[str, Any] = json.loads(unpack(blob))
    return Message(text=raw["text"], blocks=tuple(raw["blocks"]), metadata=raw["metadata"])


def operation_of(row: sqlite3.Row) -> Operation:
    """Return the operation of a row of `outbox`."""
    return Operation(
        key=OperationKey(row["key"]),
        channel=row["channel"],
        verb=Verb(row["verb"]),
        story_id=StoryId(row["story_id"]),
        message=message_of(row["message"]),
        created_at=sure_moment(row["created_at"]),
        due_at=sure_moment(row["due_at"]),
        target=row["target"],
        target_ts=row["target_ts"],
        state=OperationState(row["state"]),
        attempts=row["attempts"],
        looks=row["looks"],
        plain=bool(row["plain"]),
        started_at=moment(row["started_at"]),
        ts=row["ts"],
        sweep_at=moment(row["sweep_at"]),
        error=row["error"],
        broadcast=bool(row["broadcast"]),
    )


def operation_values(operation: Operation) -> dict[str, Any]:
    """Return the values of a row of `outbox`, all but `seq`."""
    return {
        "key": operation.key,
        "channel": operation.channel,
        "verb": operation.verb,
        "story_id": operation.story_id,
        "message": message_json(operation.message),
        "created_at": operation.created_at.timestamp(),
        "due_at": operation.due_at.timestamp(),
        "target": operation.target,
        "target_ts": operation.target_ts,
        "state": operation.state,
        "attempts": operation.attempts,
        "looks": operation.looks,
        "plain": int(operation.plain),
        "started_at": seconds(operation.started_at),
        "ts": operation.ts,
        "sweep_at": seconds(operation.sweep_at),
        "error": operation.error,
        "broadcast": int(operation.broadcast),
    }


def order_of(row: sqlite3.Row) -> Order:
    """Return the order of a row of `orders`."""
    return Order(
        number=row["number"],
        verb=OrderVerb(row["verb"]),
        person=row["person"],
        story=row["story"],
        fields=json.loads(row["fields"]),
        by=row["asked_by"],
        asked_at=sure_moment(row["asked_at"]),
        outcome=row["outcome"],
    )


def preference_of(row: sqlite3.Row) -> Preference:
    """Return the mute or follow of a row of `preferences`."""
    return Preference(
        number=row["number"],
        verb=PreferenceVerb(row["verb"]),
        subject=Subject(row["subject"]),
        what=row["what"],
        label=row["label"],
        channel=row["channel"],
        by=row["asked_by"],
        asked_at=sure_moment(row["asked_at"]),
        until=moment(row["until"]),
    )


def held_of(row: sqlite3.Row) -> Held:
    """Return the held story of a row of `held`."""
    return Held(
        channel=row["channel"],
        story_id=StoryId(row["story_id"]),
        reason=HeldFor(row["reason"]),
        owed_at=sure_moment(row["owed_at"]),
        until=moment(row["until"]),
        note=row["note"],
        settled_by=row["settled_by"],
        number=row["number"],
    )


_ITEM = ("url", "title", "text", "language", "score", "features")


def feedback_values(feedback: Feedback) -> tuple[Any, ...]:
    """Return the values of a row of `feedback`."""
    item = pack(dumps({name: getattr(feedback, name) for name in _ITEM}))
    return (feedback.kind, feedback.about, feedback.by, feedback.at.timestamp(), item)


def feedback_of(row: sqlite3.Row) -> Feedback:
    """Return the feedback of a row of `feedback`."""
    item = json.loads(unpack(row["item"]))
    return Feedback(
        kind=FeedbackKind(row["kind"]),
        about=row["about"],
        by=row["given_by"],
        at=sure_moment(row["given_at"]),
        **{name: item[name] for name in _ITEM},
    )

"""One poll of one feed, without the network: what to ask for, and what the answer means. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from bot.errors import BotError, FeedReason, FetchReason
from bot.feeds import condition, rhythm, schedule
from bot.model import (
    Condition,
    Entry,
    EntryId,
    Feed,
    Moved,
    ParsedEntry,
    ParsedFeed,
    PollOutcome,
    PollResult,
    Request,
    Response,
    Tally,
    digest,
)
from bot.urls import host_key

VALIDATOR_LIMIT = 1_024  # characters: a longer ETag is not stored
FULL_EVERY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOVES, MOVES_OVER = 3, timedelta(days=1)  # so many answers in a row over that time, and a move is believed
OLDEST, NEWEST = timedelta(days=20 * 365), timedelta(days=2)  # dates further off are mistakes
_READABLE = frozenset({200, 203})


def request_for(feed: Feed, now: datetime) -> Request:
    """Return the request for `feed`: with its validators byte for byte, but once a day without them, lest they lie."""
    headers = {
        "accept": "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
    }
    if feed.full_at is None or now - feed.full_at < FULL_EVERY:
        pairs = (("if-none-match", feed.etag), ("if-modified-since", feed.last_modified))
        headers |= {name: value for name, value in pairs if value}
    return Request(feed.where, headers)


def wants_parse(feed: Feed, response: Response) -> bool:
    """Tell whether the body must be parsed: a readable answer with other bytes than last time."""
    return response.status in _READABLE and body_hash(response.body) != feed.body_hash


def body_hash(body: bytes) -> str:
    """Return the SHA-256 of a body in hexadecimal."""
    return sha256(body).hexdigest()


def result_of(
    feed: Feed,
    answer: Response | BotError,
    parsed: ParsedFeed | BotError | None,
    now: datetime,
    *,
    minimum: timedelta = schedule.LEAST,
) -> PollResult:
    """Return what one poll means for `feed`.

    `answer` is the response, or the error of the fetch; `parsed` what its body said, or the error of the parser, and
    needed only where `wants_parse`. Nothing of a failed poll but the count of failures, the error and the due time is
    kept: validators, hash and entries stay.
    """
    feed = replace(feed, tally=_tallied(feed, answer, now))
    if isinstance(answer, BotError):
        return _failed(feed, answer, None, answer.reason.value, str(answer), now, minimum)
    status = answer.status
    if status == 304 and (feed.etag or feed.last_modified):
        return _succeeded(feed, PollOutcome.NOT_MODIFIED, answer, None, now, minimum)
    if status not in _READABLE:
        words = "answered 304 though nothing was known of it" if status == 304 else f"answered with status {status}"
        reason = FeedReason.GONE if status == 410 else FeedReason.HTTP_STATUS
        return _failed(feed, status, answer, reason.value, words, now, minimum)
    if isinstance(parsed, BotError):
        return _failed(feed, parsed, answer, parsed.reason.value, str(parsed), now, minimum)
    if not wants_parse(feed, answer):
        return _succeeded(feed, PollOutcome.UNCHANGED, answer, None, now, minimum)
    if parsed is None:
        raise ValueError("a body that wants parsing comes with what was parsed, or with the error")
    return _succeeded(feed, PollOutcome.OK, answer, parsed, now, minimum)


def politeness(feed: Feed) -> int | None:
    """Return how many of 100 polls that could be conditional were, None where none could.

    The first poll and one a day cannot, nor any of a server that gives no validators.
    """
    tally = feed.tally
    if not (feed.etag or feed.last_modified) or tally.since is None:
        return None
    could = tally.polls - 1 - ((feed.polled_at or tally.since) - tally.since).days
    return min(100, round(100 * tally.conditional / could)) if could > 0 else None


def entry_id(feed_url: str, raw_id: str) -> EntryId:
    """Return the id of an entry: two feeds may call different entries the same."""
    return EntryId(digest(feed_url, raw_id))


def _succeeded(
    feed: Feed, outcome: PollOutcome, response: Response, parsed: ParsedFeed | None, now: datetime, minimum: timedelta
) -> PollResult:
    full = outcome is not PollOutcome.NOT_MODIFIED
    ailment = condition.after_answer(feed, parsed, now)
    ours = parsed is not None and ailment is not Condition.STRANGER
    state = replace(
        feed,
        etag=_validator(response.headers.get("etag", ""), "" if full else feed.etag),
        last_modified=_validator(response.headers.get("last-modified", ""), "" if full else feed.last_modified),
        body_hash=body_hash(response.body) if full else feed.body_hash,
        failures=0,
        stopped=False,
        polled_at=now,
        error="",
        wishes=parsed.wishes if parsed else feed.wishes,
        fresh=schedule.freshness(response.headers, now) if full else feed.fresh,
        full_at=now if full else feed.full_at,
        title=parsed.title if parsed and parsed.title and ours else feed.title,
        pace=rhythm.learnt(feed, parsed, now) if parsed else feed.pace,
        **_moved(feed, response, now),
        **_ailing(feed, ailment, now),
    )
    due = schedule.after_success(state, response.headers, now, minimum=minimum)
    state = replace(state, next_poll_at=due.at, why=due.why)
    if parsed is None:
        return PollResult(state, outcome)
    entries = tuple(_entry(feed, parsed, entry, now, held_back=not ours) for entry in parsed.entries)
    gap = rhythm.is_gap(feed, parsed)
    return PollResult(state, outcome, entries, parsed.shown, _remarks(parsed), gap=gap)


def _failed(
    feed: Feed,
    problem: int | BotError,
    response: Response | None,
    reason: str,
    words: str,
    now: datetime,
    minimum: timedelta,
) -> PollResult:
    headers = response.headers if response else {}
    due = schedule.after_failure(feed, problem, headers, now, minimum=minimum)
    blamed = not (isinstance(problem, BotError) and problem.reason is FetchReason.NO_NETWORK)
    state = replace(
        feed,
        failures=feed.failures + blamed,
        stopped=feed.stopped or due.at is None,
        next_poll_at=due.at,
        why=due.why,
        error=words,
    )
    if feed.address and blamed and state.failures >= condition.TRIES:  # the new address is worse than the old one
        state = replace(state, address="", moved=Moved(), etag="", last_modified="", stopped=False)
        state = replace(state, next_poll_at=due.at or now)
    state = replace(state, **_ailing(feed, condition.after_failure(state, reason, now), now))
    told = schedule.retry_after(headers, now) if isinstance(problem, int) else None
    alone = (host_key(response.url), now + told) if told and response else None
    return PollResult(state, PollOutcome.FAILED, reason=reason, leave_alone=alone)


def _ailing(feed: Feed, ailment: Condition | None, now: datetime) -> dict[str, Any]:
    since = feed.condition_since if ailment is feed.condition else now if ailment else None
    return {"condition": ailment, "condition_since": since}


def _moved(feed: Feed, response: Response, now: datetime) -> dict[str, Any]:
    """Return what is known of a move after an answer that was a feed: believed once it was said often enough."""
    to, moved = response.moved_to, feed.moved
    if not to:
        return {"moved": Moved()}
    moved = Moved(to, moved.times + 1, moved.since or now) if to == moved.to else Moved(to, 1, now)
    believed = moved.times >= MOVES and moved.since is not None and now - moved.since >= MOVES_OVER
    return {"address": to, "moved": Moved()} if believed else {"moved": moved}


def _tallied(feed: Feed, answer: Response | BotError, now: datetime) -> Tally:
    tally = feed.tally
    asked = (answer.request if isinstance(answer, Response) else request_for(feed, now)).headers
    return Tally(
        since=tally.since or now,
        polls=tally.polls + 1,
        conditional=tally.conditional + ("if-none-match" in asked or "if-modified-since" in asked),
        not_modified=tally.not_modified + (isinstance(answer, Response) and answer.status == 304),
        octets=tally.octets + (len(answer.body) if isinstance(answer, Response) else 0),
    )


def _validator(new: str, old: str) -> str:
    """Return the validator for next time: the new one unless it is too long, on a 304 without one the old."""
    if len(new) > VALIDATOR_LIMIT:
        return ""
    return new or old


def _remarks(parsed: ParsedFeed) -> str:
    left_out = f"{parsed.left_out} older entries left out" if parsed.left_out else ""
    return "; ".join(words for words in (parsed.broken, left_out) if words)


def _entry(feed: Feed, parsed: ParsedFeed, entry: ParsedEntry, now: datetime, *, held_back: bool) -> Entry:
    return Entry(
        id=entry_id(feed.url, entry.raw_id),
        feed_url=feed.url,
        raw_id=entry.raw_id,
        item_hash=entry.item_hash,
        url=entry.url,
        title=entry.title,
        summary=entry.summary,
        language=parsed.language,
        published_at=_plausible(entry.published_at, now),
        seen_at=now,
        baseline=feed.polled_at is None or held_back,
        publisher=entry.publisher,
    )


def _plausible(date: datetime | None, now: datetime) -> datetime | None:
    """Return the date, unless it lies in the future or before feeds: such an entry dates from when we saw it."""
    return date if date is not None and now - OLDEST <= date <= now + NEWEST else None

"""Groups items of a file into stories as the bot would, without a store: for `group` and for measuring."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.app import watch_of
from bot.commands.explain import as_json
from bot.config import Config
from bot.model import Article, Entry, EntryId, Source, Story
from bot.moves.judge import judge
from bot.stories.match import WINDOW, traits
from bot.stories.merge import Verdict, place

_ACTIONS = {Verdict.ALERT: "new_alert", Verdict.QUIET: "quiet"}


def grouped(items: Iterable[Mapping[str, Any]], config: Config) -> Iterator[dict[str, Any]]:
    """Yield the state after each item, in order: {id, story, action, why, moves}."""
    watch = watch_of(config)
    known: dict[str, tuple[Story, frozenset[str]]] = {}
    for item in items:
        article = _article(item)
        now = article.entry.seen_at
        finding = judge(watch, article.title, article.body, article.language)
        new = traits(article, finding)
        near = [
            (story, keys)
            for story, keys in known.values()
            if story.last_seen >= now - WINDOW and not keys.isdisjoint(new.keys)
        ]
        thresholds = config.thresholds
        placed = place(article, finding, new, near, digest_at=thresholds.digest, alert_at=thresholds.alert, now=now)
        if placed.story is not None:
            keys = known[placed.story.id][1] if placed.story.id in known else frozenset()
            known[placed.story.id] = (placed.story, keys | frozenset(new.keys))
        yield {
            "id": item.get("id"),
            "story": placed.story.id if placed.story else None,
            "action": _ACTIONS.get(placed.verdict, "none"),
            "why": placed.why or placed.verdict.value,
            "moves": as_json(finding, thresholds)["moves"],
        }


def _article(item: Mapping[str, Any]) -> Article:
    published = _moment(item.get("published"))
    title, body = str(item.get("title") or ""), str(item.get("text") or "")
    entry = Entry(
        id=EntryId(str(item.get("id"))),
        feed_url=str(item.get("outlet") or ""),
        raw_id=str(item.get("id")),
        item_hash="",
        url=str(item.get("url") or ""),
        title=title,
        summary=body,
        language=str(item.get("lang") or ""),
        published_at=published,
        seen_at=published,
    )
    return Article(entry, title, body, entry.language, Source.SUMMARY)


def _moment(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)

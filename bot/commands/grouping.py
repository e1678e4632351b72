"""Groups items of a file into stories as the bot would, without a store: for `group` and for measuring."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.app import watch_of
from bot.config import Config
from bot.model import Article, Entry, EntryId, Source, Story, StoryMove
from bot.moves.judge import Watch, judge
from bot.placing import marks_of, owner_of
from bot.stories.fuse import dated
from bot.stories.index import Index
from bot.stories.merge import place
from bot.stories.traits import traits
from bot.stories.witness import witness


def grouped(items: Iterable[Mapping[str, Any]], config: Config, watch: Watch | None = None) -> Iterator[dict[str, Any]]:
    """Yield the state after each item, in order: {id, story, saga, action, why, news, verdict, moves, sources}.

    Every item is grouped, whatever its score: `verdict` says what the bot would do with it.
    """
    watch = watch or watch_of(config)
    index = Index()
    known: dict[str, tuple[Story, frozenset[str]]] = {}
    for item in items:
        article = _article(item)
        now = article.entry.seen_at
        finding = judge(watch, article.title, article.body, article.language)
        marks = marks_of(watch, article, finding)
        outlet = str(item.get("outlet") or "")
        owner = str(item.get("owner") or "") or owner_of(article, outlet)
        new = traits(article, finding, marks, owner=owner)
        one = witness(article, finding, marks, new, owner=owner, outlet=outlet)
        near = [known[story] for story in index.near(new.keys)]
        thresholds = config.thresholds
        placed = place(article, finding, new, near, digest_at=0.0, alert_at=thresholds.alert, now=now, one=one)
        story = placed.story
        if story is None:
            continue
        keys = known[story.id][1] if story.id in known else frozenset()
        known[story.id] = (story, keys | frozenset(new.keys))
        index.add(story.id, new.keys)
        yield {
            "id": item.get("id"),
            "story": story.id,
            "saga": story.saga,
            "action": placed.action.value,
            "why": placed.why,
            "news": placed.news,
            "verdict": placed.verdict.value,
            "moves": [_move(m) for m in story.telling.moves],
            "sources": len(story.telling.sources),
        }


def _move(move: StoryMove) -> dict[str, Any]:
    return {
        "person": move.person[0],
        "aliases": list(move.person[1:]),
        "from": move.from_org or None,
        "to": move.to_org or None,
        "role": move.role or None,
        "status": move.status.value,
        "event_date": dated(move) or None,
        "disagree": list(move.disputed),
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
        publisher=str(item.get("outlet") or ""),
    )
    return Article(entry, title, body, entry.language, Source.SUMMARY)


def _moment(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)

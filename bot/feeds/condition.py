"""What ails a feed, and what a person may do about it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.errors import FeedReason
from bot.model import Condition, Feed, ParsedFeed
from bot.text import fold

TRIES = 3  # failures in a row, from which on they are more than a hiccup
LONG = timedelta(days=1)  # how long a feed that once worked may fail until that is told
QUIET = timedelta(days=4)  # the least silence that is odd,
QUIET_TIMES = 8  # and how many times as long as usual
_WORD = 4  # letters of a word by which a title is known again

_FIND = "`talentwire feeds add` with the site's address looks for its feed"
ADVICE: Mapping[Condition, str] = {
    Condition.NEVER: f"check the address: `talentwire feeds test` says what comes; {_FIND}",
    Condition.FAILING: f"if that lasts, the feed may have moved: {_FIND}",
    Condition.WEB_PAGE: f"the feed may have moved: {_FIND}",
    Condition.PARKED: f"the site has let its domain go: take it out (`talentwire feeds remove`), or {_FIND}",
    Condition.GONE: "take it out: `talentwire feeds remove`",
    Condition.EMPTIED: "look at the site: its feed may have moved or been switched off",
    Condition.SILENT: "look at the site: it may be asleep, or its feed left behind",
    Condition.STRANGER: "nothing of it alerts; if it is right, set its `name` in the config to its new title",
}


def after_answer(feed: Feed, parsed: ParsedFeed | None, now: datetime) -> Condition | None:
    """Return the condition after a readable answer; `feed` is as before, `parsed` None where nothing has changed."""
    if feed.condition is Condition.STRANGER and (parsed is None or not _known_by(feed, parsed)):
        return Condition.STRANGER
    if parsed is None:
        kept = feed.condition if feed.condition is Condition.EMPTIED else None
        return kept or _silent(feed, now)
    if not parsed.shown:
        return Condition.EMPTIED if feed.pace.news_at else None
    if parsed.unknown:
        return Condition.STRANGER if _all_new(feed, parsed) and not _known_by(feed, parsed) else None
    return _silent(feed, now)


def after_failure(feed: Feed, reason: str, now: datetime) -> Condition | None:
    """Return the condition after a failed poll; `feed` is as that left it."""
    if feed.stopped:
        return Condition.GONE
    if feed.failures < TRIES:
        return feed.condition
    if reason == FeedReason.PARKED:
        return Condition.PARKED
    if feed.polled_at is None:
        return Condition.NEVER
    if reason == FeedReason.NOT_A_FEED:
        return Condition.WEB_PAGE
    return Condition.FAILING if now - feed.polled_at > LONG else feed.condition


def _silent(feed: Feed, now: datetime) -> Condition | None:
    pace = feed.pace
    if pace.gap is None or pace.news_at is None:
        return None
    return Condition.SILENT if now - pace.news_at > max(QUIET, QUIET_TIMES * pace.gap) else None


def _all_new(feed: Feed, parsed: ParsedFeed) -> bool:
    """Tell whether a feed that has shown something shows nothing of it; whatever dates a stranger gives his entries."""
    return feed.pace.news_at is not None and parsed.unknown >= len(parsed.shown)


def _known_by(feed: Feed, parsed: ParsedFeed) -> bool:
    """Tell whether the title is the one that it had, is akin to it, or the one that the config gives."""
    title = fold(parsed.title)
    names = [fold(name) for name in (feed.title, feed.name) if name]
    return not title or not names or any(title == name or _words(title) & _words(name) for name in names)


def _words(title: str) -> set[str]:
    return {word for word in title.split() if len(word) >= _WORD} or {title}

"""Which channel, if any: routes pick channels, mutes hold back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.config import Mute, Route
from bot.model import Article, Feed, Finding, Story
from bot.text import fold
from bot.urls import public_host


def channels(routes: Sequence[Route], default: str | None, story: Story, finding: Finding) -> tuple[str, ...]:
    """Return the channels of every route that matches; where none does, `default`."""
    matching = tuple(dict.fromkeys(route.channel for route in routes if _matches(route, story, finding)))
    return matching or ((default,) if default else ())


def muted(mutes: Sequence[Mute], story: Story, article: Article, feed: Feed, now: datetime) -> str:
    """Return what mutes the story: the entry's words, "" if nothing does. A mute whose time is over does nothing."""
    names = {fold(name) for name in (*story.people, *story.organisations)}
    hosts = [public_host(url) for url in (article.entry.url, feed.url) if url]
    for mute in mutes:
        if mute.until is not None and now >= mute.until:
            continue
        what = fold(mute.what)
        if what in names or mute.what == feed.url or any(_within(host, what) for host in hosts):
            return mute.what
    return ""


def _matches(route: Route, story: Story, finding: Finding) -> bool:
    return (
        _any_of(route.organisations, story.organisations)
        and _any_of(route.people, story.people)
        and (not route.kinds or not set(route.kinds).isdisjoint(story.kinds))
        and (not route.languages or finding.language in route.languages)
        and finding.score >= route.min_score
    )


def _any_of(wanted: Sequence[str], present: Sequence[str]) -> bool:
    return not wanted or not {fold(name) for name in wanted}.isdisjoint(fold(name) for name in present)


def _within(host: str, domain: str) -> bool:
    return host == domain.removeprefix("www.") or host.endswith(f".{domain}")

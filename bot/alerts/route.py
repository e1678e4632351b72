"""Which channel, if any: routes pick channels, mutes hold back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from bot.config import Mute, Route, Updates
from bot.config.packs import address_key
from bot.model import Article, Feed, Finding, Story
from bot.text import fold
from bot.urls import public_host


def channels(
    routes: Sequence[Route],
    default: str | None,
    story: Story,
    finding: Finding,
    *,
    known_as: Callable[[str], str] = str,
) -> tuple[str, ...]:
    """Return the channels of every route that matches; where none does, `default`.

    `known_as` gives the canonical name for any spelling of a name.
    """
    matching = tuple(dict.fromkeys(route.channel for route in routes if _matches(route, story, finding, known_as)))
    return matching or ((default,) if default else ())


def updates(routes: Sequence[Route], default: Updates, channel: str) -> Updates:
    """Return what `channel` is to see of a story that changes: the wish of the first route to it that has one."""
    return next((route.updates for route in routes if route.channel == channel and route.updates), default)


def muted(
    mutes: Sequence[Mute],
    story: Story,
    article: Article,
    feed: Feed,
    now: datetime,
    *,
    known_as: Callable[[str], str] = str,
) -> str:
    """Return what mutes the story: the entry's words, "" if nothing does. A mute whose time is over does nothing."""
    names = {fold(name) for name in (*story.people, *story.organisations)}
    hosts = [public_host(url) for url in (article.entry.url, feed.url) if url]
    for mute in mutes:
        if mute.until is not None and now >= mute.until:
            continue
        host = fold(mute.what).removeprefix("www.")
        is_feed = address_key(mute.what) == address_key(feed.url)
        if fold(known_as(mute.what)) in names or is_feed or any(_within(each, host) for each in hosts):
            return mute.what
    return ""


def _matches(route: Route, story: Story, finding: Finding, known_as: Callable[[str], str]) -> bool:
    return (
        _any_of(map(known_as, route.organisations), story.organisations)
        and _any_of(map(known_as, route.people), story.people)
        and (not route.kinds or not set(route.kinds).isdisjoint(story.kinds))
        and (not route.languages or finding.language in route.languages)
        and finding.score >= route.min_score
    )


def _any_of(wanted: Iterable[str], present: Sequence[str]) -> bool:
    names = {fold(name) for name in wanted}
    return not names or not names.isdisjoint(fold(name) for name in present)


def _within(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")

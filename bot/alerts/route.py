"""Which channel, if any: routes pick channels, mutes hold back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.config import Mute, Route, Updates
from bot.config.packs import address_key
from bot.lexicon.posts import family_of, rank_of
from bot.model import Article, Feed, Finding, Preference, PreferenceVerb, Status, Story, Subject
from bot.text import fold
from bot.urls import public_host


@dataclass(frozen=True, slots=True)
class Wish:
    """How the route that leads a story to a channel wants it told.

    `digest` None leaves that to the story's kinds. `min_sources` counts independent sources.
    """

    digest: bool | None = None
    hold: timedelta = timedelta(0)
    min_sources: int = 1


def wishes(
    routes: Sequence[Route],
    default: str | None,
    story: Story,
    finding: Finding,
    article: Article,
    feed: Feed,
    *,
    known_as: Callable[[str], str] = str,
) -> Mapping[str, Wish]:
    """Return the channels of every route that matches, with its wish; where none does, `default`.

    Of several routes to one channel that with the fewest sources counts, of those the first. `known_as` gives the
    canonical name for any spelling of a name.
    """
    found: dict[str, Wish] = {}
    for route in routes:
        if not _matches(route, story, finding, article, feed, known_as):
            continue
        wish = Wish(_digest(route), route.hold or timedelta(0), route.min_sources)
        if route.channel not in found or wish.min_sources < found[route.channel].min_sources:
            found[route.channel] = wish
    return found or ({default: Wish()} if default else {})


def _digest(route: Route) -> bool | None:
    """Return what a route says of the digest: who names kinds there means messages."""
    return False if route.digest is None and route.kinds else route.digest


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
    names = _names(story)
    for mute in mutes:
        if mute.until is not None and now >= mute.until:
            continue
        if fold(known_as(mute.what)) in names or _comes_from(mute.what, article, feed):
            return mute.what
    return ""


def muted_in(
    channel: str,
    preferences: Sequence[Preference],
    story: Story,
    article: Article,
    feed: Feed,
    *,
    known_as: Callable[[str], str] = str,
) -> Preference | None:
    """Return the mute by which `channel` does not hear of the story as `article` tells it, None if there is none."""
    mutes = (p for p in preferences if p.verb is PreferenceVerb.MUTE and p.channel == channel)
    return next((mute for mute in mutes if _is_about(mute, story, article, feed, known_as)), None)


def mute_words(mute: Preference) -> str:
    """Return in words what mutes, who asked for it and until when."""
    until = f"until {mute.until:%Y-%m-%d %H:%M UTC}" if mute.until else "for good"
    return f"{mute.label}, muted in {mute.channel} by {mute.by} {until}"


def following(
    preferences: Sequence[Preference], names: Iterable[str], *, known_as: Callable[[str], str] = str
) -> tuple[str, ...]:
    """Return the channels that follow one of `names`, people or organisations."""
    present = {fold(name) for name in names}
    follows = (p for p in preferences if p.verb is PreferenceVerb.FOLLOW and p.subject is not Subject.STORY)
    return tuple(dict.fromkeys(p.channel for p in follows if fold(known_as(p.what)) in present))


def follows_story(channel: str, preferences: Sequence[Preference], story: Story) -> bool:
    """Tell whether `channel` follows this very story."""
    return any(
        (p.verb, p.subject, p.channel, p.what) == (PreferenceVerb.FOLLOW, Subject.STORY, channel, story.id)
        for p in preferences
    )


def source_of(article: Article, feed: Feed) -> str:
    """Return what readers mute where they mute the source of an article: its host, or its outlet where that hides it.

    A feed that gathers others' entries may link to itself: its host would stand for all of them.
    """
    host = public_host(article.entry.url) if article.entry.url else ""
    if article.entry.publisher and (not host or host == public_host(feed.url)):
        return article.entry.publisher
    return host or public_host(feed.url)


def _is_about(mute: Preference, story: Story, article: Article, feed: Feed, known_as: Callable[[str], str]) -> bool:
    if mute.subject is Subject.STORY:
        return mute.what == story.id
    named = mute.subject is not Subject.SOURCE and fold(known_as(mute.what)) in _names(story)
    told_by = mute.subject in (Subject.SOURCE, Subject.ANY) and _comes_from(mute.what, article, feed)
    return named or told_by


def _names(story: Story) -> set[str]:
    return {fold(name) for name in (*story.people, *story.organisations)}


def _comes_from(what: str, article: Article, feed: Feed) -> bool:
    """Tell whether `what` is the outlet of an article, its host or that of its feed, or the feed's address."""
    host = fold(what).removeprefix("www.")
    hosts = (public_host(url) for url in (article.entry.url, feed.url) if url)
    outlet = article.entry.publisher
    return (
        address_key(what) == address_key(feed.url)
        or bool(outlet and fold(outlet) == fold(what))
        or any(_within(each, host) for each in hosts)
    )


def _matches(
    route: Route, story: Story, finding: Finding, article: Article, feed: Feed, known_as: Callable[[str], str]
) -> bool:
    return (
        _any_of(map(known_as, route.organisations), story.organisations)
        and _any_of(map(known_as, route.people), story.people)
        and (not route.kinds or not set(route.kinds).isdisjoint(story.kinds))
        and (not route.statuses or not set(route.statuses).isdisjoint(statuses(story)))
        and (not route.languages or finding.language in route.languages)
        and (not route.sources or any(_comes_from(what, article, feed) for what in route.sources))
        and _posts_fit(route, story, finding)
        and finding.score >= route.min_score
    )


def statuses(story: Story) -> tuple[Status, ...]:
    """Return how sure a story is: the statuses of its moves, its own where it has none."""
    return tuple(move.status for move in story.telling.moves) or (story.telling.status,)


def _posts_fit(route: Route, story: Story, finding: Finding) -> bool:
    """Tell whether one post in the story is of the families and ranks that a route names."""
    if not route.families and not route.ranks:
        return True
    posts = {move.role for move in story.telling.moves} | {move.role or "" for move in finding.moves}
    return any(
        (not route.families or family_of(post) in route.families) and (not route.ranks or rank_of(post) in route.ranks)
        for post in posts
    )


def _any_of(wanted: Iterable[str], present: Sequence[str]) -> bool:
    names = {fold(name) for name in wanted}
    return not names or not names.isdisjoint(fold(name) for name in present)


def _within(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")

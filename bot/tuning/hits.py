"""Stored articles + a config -> what each entry of the watchlist and each feed was good for. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.config import Config, feeds_of
from bot.config.packs import address_key
from bot.model import Feedback, FeedbackKind, Judged, Story, StoryId
from bot.moves.gazetteer import Gazetteer
from bot.moves.watch import Watch
from bot.text import fold
from bot.tuning.changes import terms_of
from bot.urls import redact

COLUMNS = ("kind", "name", "articles", "alerts", "not_relevant", "wrong_fact", "last_hit")
FEED = "feed"
_GAP = 90  # characters that a phrase with a gap spans


@dataclass(frozen=True, slots=True)
class Hits:
    """What one entry or feed was good for. `articles` hold it (or came in it), `alerts` were told of such articles.

    `not_relevant` and `wrong_fact` are what readers said of those alerts; `last` is the last article, None for none.
    `about` is the name as the config writes it, or the address of the feed.
    """

    kind: str
    name: str
    articles: int
    alerts: int
    not_relevant: int
    wrong_fact: int
    last: datetime | None
    about: str = ""

    def cells(self) -> tuple[object, ...]:
        """Return the values of COLUMNS."""
        last = self.last.isoformat(timespec="seconds") if self.last else ""
        return (self.kind, self.name, self.articles, self.alerts, self.not_relevant, self.wrong_fact, last)


@dataclass(slots=True)
class _Tally:
    kind: str
    name: str
    about: str
    articles: int = 0
    last: datetime | None = None
    stories: set[StoryId] = field(default_factory=set)

    def add(self, case: Judged, story: StoryId) -> None:
        self.articles += 1
        self.last = case.at
        if story:
            self.stories.add(story)


def hits(
    cases: Iterable[Judged], config: Config, watch: Watch, stories: Iterable[Story], said: Iterable[Feedback]
) -> tuple[Hits, ...]:
    """Return the hits of every watchlist entry and feed of `config`, in its order, over `cases` in order of time.

    An entry's alerts are the told stories that one of its articles went into, a feed's those that it was told from.
    """
    entries = {name: _Tally(kind, label, label) for kind, label, name in _entries(config, watch)}
    feeds = {address_key(f.url): _Tally(FEED, f.name or redact(f.url), f.url) for f in feeds_of(config)}
    gazetteer = Gazetteer(terms_of(entries, watch), watch.gazetteer.endings)
    told = {story.id: story for story in stories if story.told}
    for case in cases:
        story = case.story_id if case.story_id in told else StoryId("")
        for name in _names(gazetteer, case.article.text, _languages(watch, case)):
            entries[name].add(case, story)
        if feed := feeds.get(address_key(case.feed.url)):
            leads = bool(story) and told[story].telling.lead == case.article.entry.id
            feed.add(case, story if leads else StoryId(""))
    clicks = _clicks(said)
    return tuple(_hits(tally, clicks) for tally in (*entries.values(), *feeds.values()))


def _entries(config: Config, watch: Watch) -> Iterator[tuple[str, str, str]]:
    """Yield kind, name as the config writes it, and name as the classifier has it, of every watchlist entry."""
    lists = config.watchlist
    for kind, found in (("organisation", lists.organisations), ("person", lists.people)):
        yield from ((kind, entry.name, watch.canonical(entry.name)) for entry in found)
    yield from (("keyword", entry.name, entry.name) for entry in lists.keywords)


def _names(gazetteer: Gazetteer, text: str, languages: frozenset[str]) -> set[str]:
    """Return the names met in a text; neither what a longer phrase hides, nor half of a phrase with a gap."""
    folded = fold(text)
    found = list(gazetteer.scan(text, folded, languages))
    hidden = [hit for hit in found if hit.term.kind == "not"]
    return {
        hit.term.value
        for hit in found
        if hit.term.kind != "not"
        and not any(over.start <= hit.start and hit.end <= over.end for over in hidden)
        and (not hit.term.rest or folded.find(hit.term.rest, hit.end, hit.end + _GAP) >= 0)
    }


def _languages(watch: Watch, case: Judged) -> frozenset[str]:
    return frozenset((case.finding.language, "en")) & frozenset(watch.lexicon.languages)


def _clicks(said: Iterable[Feedback]) -> Mapping[tuple[StoryId, FeedbackKind], int]:
    counted: dict[tuple[StoryId, FeedbackKind], int] = {}
    for one in said:
        key = StoryId(one.about), one.kind
        counted[key] = counted.get(key, 0) + 1
    return counted


def _hits(tally: _Tally, clicks: Mapping[tuple[StoryId, FeedbackKind], int]) -> Hits:
    not_relevant, wrong = (
        sum(clicks.get((story, kind), 0) for story in tally.stories)
        for kind in (FeedbackKind.NOT_RELEVANT, FeedbackKind.WRONG_FACT)
    )
    return Hits(
        tally.kind, tally.name, tally.articles, len(tally.stories), not_relevant, wrong, tally.last, tally.about
    )


def lines(found: Sequence[Hits], days: int) -> Iterator[str]:
    """Yield a table for people, and below it the entries that never hit and the feeds that never led to an alert."""
    yield f"{'kind':<12}  {'name':<40}  articles  alerts  not relevant  wrong fact  last hit"
    for one in found:
        last = f"{one.last:%Y-%m-%d}" if one.last else "never"
        name = one.name if len(one.name) <= 40 else f"{one.name[:39]}…"
        yield (
            f"{one.kind:<12}  {name:<40}  {one.articles:>8}  {one.alerts:>6}  {one.not_relevant:>12}"
            f"  {one.wrong_fact:>10}  {last}"
        )
    for kind, words in _idle(found).items():
        if words:
            yield f"{kind} in {days} days: {', '.join(words)}"


def _idle(found: Sequence[Hits]) -> dict[str, list[str]]:
    return {
        "entries that never hit": [one.name for one in found if one.kind != FEED and not one.articles],
        "feeds that never led to an alert": [one.name for one in found if one.kind == FEED and not one.alerts],
    }


def data(found: Sequence[Hits], days: int) -> Mapping[str, Any]:
    """Return the same as plain values."""
    never, silent = _idle(found).values()
    return {
        "days": days,
        "hits": [dict(zip(COLUMNS, one.cells(), strict=True)) for one in found],
        "never_hit": never,
        "never_alerted": silent,
    }

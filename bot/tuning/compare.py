"""Stored articles + two configs -> what the edit would have changed. Pure.

Both sides walk through the same articles in the order in which they were judged. A side reads the stored finding of an
article, unless the article holds a name on which the two configs differ: then it is judged again. Where it goes and who
is told of it the pipeline itself decides, on stories in memory. So an edit that changes nothing differs in nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

from bot.alerts.delivery import Policy
from bot.alerts.keys import operation_key
from bot.alerts.upkeep import ALERT
from bot.config import Config, feeds_of
from bot.config.packs import address_key
from bot.model import Article, EntryId, Feed, Finding, HeldFor, Judged, Operation, Source, StoryId, Verb
from bot.moves.judge import Watch, judge
from bot.pipeline import Pipeline
from bot.placing import Seen, outlet_of, seen
from bot.ports import Store
from bot.stages.telling import Outcome
from bot.stories.match import MEMORY, same_event
from bot.stories.merge import Placement, Verdict
from bot.stories.traits import WINDOW
from bot.telemetry import Counters
from bot.tuning.changes import Differing
from bot.tuning.report import Fate, Report, Row
from bot.tuning.shelf import Shelf
from bot.urls import redact

TERMINAL = "terminal"
_NOT_DECIDING = (
    "feeds",
    "packs",
    "watchlist",
    "store",
    "first_run",
    "retention",
)  # keys, where articles are judged alike
_ALONE = ("entry:", "link:", "text:", "headline:", "name:", "sound:")  # keys of which one can be enough
_WORDS_SHARED = 4
_FRESH = WINDOW + timedelta(days=1)
_LONG = 90  # characters of a title within another line
_SILENT = (HeldFor.MUTED, HeldFor.GRADE)  # what waits for no channel as an alert
_NOWHERE: Any = None  # what is decided here goes nowhere: the pipeline gets no fetcher and no notifier


@dataclass(frozen=True, slots=True)
class Alert:
    """One story told: from which entry, where, and in which words."""

    entry: EntryId
    story: StoryId
    channels: tuple[str, ...]
    text: str


Decided = tuple[Placement, Outcome]


@dataclass(frozen=True, slots=True)
class Decision:
    """What one side makes of one article. `placement` is None where the article can be in no story of it."""

    finding: Finding
    feed: Feed | None
    placement: Placement | None = None


@dataclass(slots=True)
class Side:
    """One config and what comes of it."""

    config: Config
    watch: Watch
    shelf: Shelf
    alerts: dict[EntryId, Alert] = field(default_factory=dict)
    sending: list[Operation] = field(default_factory=list)
    pipeline: Pipeline = field(init=False)
    feeds: dict[str, Feed] = field(init=False)
    _feeds: dict[str, Feed | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.feeds = {address_key(feed.url): feed for feed in feeds_of(self.config)}
        channel = self.config.slack.channel or (None if self.config.routes else TERMINAL)
        self.pipeline = Pipeline(
            config=self.config,
            watch=lambda: self.watch,
            store=cast("Store", self.shelf),  # has what decisions ask for
            fetcher=_NOWHERE,
            workers=_NOWHERE,
            notifier=_NOWHERE,
            clock=_NOWHERE,
            counters=Counters(),
            policy=Policy(),
            channel=channel,
        )

    def feed(self, stored: Feed, other: Side) -> Feed | None:
        """Return a feed as this config has it, None where only the other one reads it."""
        if stored.url not in self._feeds:
            key = address_key(stored.url)
            own = self.feeds.get(key)
            known = None if key in other.feeds else stored
            self._feeds[stored.url] = replace(stored, name=own.name, owner=own.owner) if own else known
        return self._feeds[stored.url]

    def judged(self, article: Article) -> Finding:
        """Return the verdict on an article."""
        return judge(self.watch, article.title, article.body, article.language)

    def decided(self, one: Seen, at: datetime) -> Decided:
        """Place an article; `keep` takes over what is decided."""
        return self.pipeline.decided(one, at)

    def keep(self, one: Seen, decided: Decided) -> None:
        """Take over what was decided of an article."""
        placement, outcome = decided
        owed = outcome.owed
        self.shelf.keep(one, placement.story, owed, outcome.held)
        self.sending += owed
        told = [op for op in owed if op.key == operation_key(op.story_id, op.channel, ALERT)]
        told = [op for op in told if op.verb in (Verb.POST, Verb.REPLY)]
        later = {row.channel: f"later: {row.reason}" for row in outcome.held if row.reason not in _SILENT}
        said = later | {op.channel: op.message.text for op in told}
        if said and placement.verdict is Verdict.ALERT and placement.story:
            entry, words = one.article.entry.id, " · ".join(dict.fromkeys(said.values()))
            self.alerts[entry] = Alert(entry, placement.story.id, tuple(sorted(said)), words)
        elif told:
            entry = one.article.entry.id
            self.alerts[entry] = Alert(
                entry, told[0].story_id, tuple(sorted(op.channel for op in told)), told[0].message.text
            )

    def is_same_as(self, other: Side, changed: Differing) -> bool:
        """Tell whether both judge and decide alike of all: no edit lies between them."""
        return not changed and self.feeds == other.feeds and self.decides_as(other)

    def decides_as(self, other: Side) -> bool:
        """Tell whether both would decide alike of articles that they judge alike, with the same stories behind them."""
        settings, others = (each.config.model_dump(exclude=set(_NOT_DECIDING)) for each in (self, other))
        same = settings == others and self.pipeline.channel == other.pipeline.channel
        return same and self.watch.forms == other.watch.forms


@dataclass(slots=True)
class _Walk:
    """The walk through the cases, with what has been met so far."""

    old: Side
    new: Side
    changed: Differing
    labels: Mapping[str, str]
    sure_since: datetime
    all_anew: bool
    alike: bool  # what both sides judge alike they decide alike, as long as the stories are the same
    cases: dict[EntryId, tuple[Judged, tuple[str, ...]]] = field(default_factory=dict)
    decisions: dict[EntryId, tuple[Decision, Decision]] = field(default_factory=dict)
    held: Counter[str] = field(default_factory=Counter)
    articles: int = 0
    judged: int = 0
    unread: int = 0
    strange: set[str] = field(default_factory=set)  # stories, and sagas of stories, that are not the same on both sides

    def label(self, name: str) -> str:
        """Return where a changed name stands in config.yaml."""
        return self.labels.get(name, name)

    def step(self, case: Judged) -> None:
        """Take one article through both sides."""
        names = self.changed.found_in(case.article.text)
        anew = bool(names) or self.all_anew
        self.articles += 1
        self.judged += anew
        self.unread += bool(names) and case.article.source is Source.SUMMARY and not case.article.entry.baseline
        self.held.update({self.label(name) for name in names})
        before = self.old.judged(case.article) if names and case.at <= self.sure_since else case.finding
        after = self.new.judged(case.article) if anew else before
        feeds = self.old.feed(case.feed, self.new), self.new.feed(case.feed, self.old)
        same = feeds[0] == feeds[1] and not anew
        seen_before = self._seen(self.old, case, feeds[0], before, wanted=anew)
        wanted = not same or self._near(case)
        seen_after = (seen_before if same else None) or self._seen(self.new, case, feeds[1], after, wanted=wanted)
        if same and seen_after and seen_before is None and not self._opens_or_joins(seen_after, case.at):
            seen_after = None
        if seen_before is None and seen_after is None:
            return
        entry = case.article.entry.id
        self.cases[entry] = (case, names)
        was = self.old.decided(seen_before, case.at) if seen_before else None
        alike = (
            seen_before is not None
            and seen_after is seen_before
            and was is not None
            and self._placed_alike(seen_before, case.at)
            and self._told_alike(was, case.at)
        )
        now = was if alike else self.new.decided(seen_after, case.at) if seen_after else None
        for side, one, decided in ((self.old, seen_before, was), (self.new, seen_after, now)):
            if one and decided:
                side.keep(one, decided)
        if not alike:
            self._compare_stories(entry)
        self.decisions[entry] = (
            Decision(before, feeds[0], was[0] if was else None),
            Decision(after, feeds[1], now[0] if now else None),
        )

    def _seen(self, side: Side, case: Judged, feed: Feed | None, finding: Finding, *, wanted: bool) -> Seen | None:
        """Return an article as the stories of a side see it, None where it can neither open one nor join one."""
        opens = finding.score >= side.config.thresholds.digest
        if feed is None or not (opens or wanted or case.story_id):
            return None
        return seen(side.watch, case.article, feed, finding)

    def _near(self, case: Judged) -> bool:
        """Tell whether an article that joined no story could join one that only the edit makes what it is.

        To be the same event it takes a name, a link or a text in common, or within a week some words at the least.
        """
        if not self.strange or case.keys is None:
            return bool(self.strange)
        for story, keys in self.new.shelf.candidates(case.keys, case.at - MEMORY):
            if story.id in self.strange:
                shared = keys.intersection(case.keys)
                fresh = case.at - story.last_seen <= _FRESH
                if any(key.startswith(_ALONE) for key in shared) or (fresh and len(shared) >= _WORDS_SHARED):
                    return True
        return False

    def _opens_or_joins(self, one: Seen, at: datetime) -> bool:
        """Tell whether an article that the old side has in no story can be in one of the new side's."""
        if one.finding.score >= self.new.config.thresholds.digest:
            return True
        near = self.new.shelf.candidates(one.traits.keys, at - MEMORY)
        return any(story.id in self.strange and same_event(one.traits, story, keys, at) for story, keys in near)

    def _placed_alike(self, one: Seen, at: datetime) -> bool:
        """Tell whether both sides must put an article into one and the same story, as they come to know no other."""
        if not self.alike or not self.strange:
            return self.alike
        keys = one.traits.keys
        shelves = self.old.shelf, self.new.shelf
        if not any(shelf.touches(keys, self.strange) for shelf in shelves):
            return True
        near = [shelf.candidates(keys, at - MEMORY) for shelf in shelves]
        return near[0] == near[1] and self.strange.isdisjoint(
            {each for story, _ in near[0] for each in (story.id, story.saga)}
        )

    def _told_alike(self, was: Decided, at: datetime) -> bool:
        """Tell whether what is owed for an article can be no other on the new side: a full channel holds it back."""
        if not was[1]:
            return True
        since = at - self.new.config.slack.burst.within
        return self.old.shelf.calm_since(since) == self.new.shelf.calm_since(since)

    def _compare_stories(self, entry: EntryId) -> None:
        """Mark the stories that an article went into, with their sagas, unless both sides know the same of them."""
        sides = (self.old.shelf, self.new.shelf)
        for story_id in {s.entries[entry] for s in sides if entry in s.entries}:
            one, other = (s.known_of(story_id) for s in sides)
            if one != other:
                pair = [s.stories.get(story_id) for s in sides]
                self.strange.update(each for story in pair if story for each in (story.id, story.saga))


def compare_cases(
    cases: Iterable[Judged],
    old: Side,
    new: Side,
    changed: Differing,
    *,
    labels: Mapping[str, str],
    since: datetime,
    now: datetime,
    sure_since: datetime,
    all_anew: bool = False,
    step: Callable[[], None] = lambda: None,
) -> Report:
    """Return what the config of `new` would have made of `cases`, in the order in which they were judged, beside `old`.

    `labels` names the entry of the config for each changed name. What was judged before `sure_since` was judged with
    other names than those of `old`, or by another version. `step` is called for each article. With `all_anew` every
    article is judged again, whatever it holds: slow, and for proofs only.
    """
    walk = _Walk(old, new, changed, labels, sure_since, all_anew, old.decides_as(new))
    for case in cases:
        walk.step(case)
        step()
    rows = sorted(_rows(walk), key=lambda row: (row.at, row.title))
    return Report(
        since=since,
        now=now,
        articles=walk.articles,
        judged=walk.judged,
        before=len(old.alerts),
        after=len(new.alerts),
        rows=tuple(rows),
        by=tuple(walk.held.items()),
        notes=tuple(_notes(walk)),
        sending=tuple(new.sending),
    )


# ------------------------------------------------------------------------------------------------ the difference


def _rows(walk: _Walk) -> Iterator[Row]:
    """Yield a row for each alert that is not the same on both sides; a story told by another article is one row."""
    before, after = dict(walk.old.alerts), dict(walk.new.alerts)
    for entry in [entry for entry in before if entry in after]:
        was, now = before.pop(entry), after.pop(entry)
        if (was.channels, was.text) != (now.channels, now.text):
            yield _row(walk, Fate.CHANGED, now, _otherwise(was, now), _deciders(walk, entry))
    for was in list(before.values()):
        now_told = next((one for one in after.values() if _one_story(walk, was, one)), None)
        if now_told is not None:
            del before[was.entry], after[now_told.entry]
            why = f"told by this article; was by “{_title(walk, was.entry)}”"
            yield _row(walk, Fate.CHANGED, now_told, why, _deciders(walk, was.entry, now_told.entry))
    for alert in after.values():
        why = f"{_words(walk, alert.entry, 1)}; was: {_words(walk, alert.entry, 0)}"
        yield _row(walk, Fate.GAINED, alert, why, _deciders(walk, alert.entry))
    for alert in before.values():
        why = f"{_words(walk, alert.entry, 1)}; was: {_words(walk, alert.entry, 0)}"
        yield _row(walk, Fate.LOST, alert, why, _deciders(walk, alert.entry))


def _one_story(walk: _Walk, was: Alert, now: Alert) -> bool:
    """Tell whether two alerts, one of each side, are of one story: one side has both articles in it."""
    there = walk.new.shelf.entries.get(was.entry), walk.old.shelf.entries.get(now.entry)
    return now.story == there[0] or was.story == there[1]


def _otherwise(was: Alert, now: Alert) -> str:
    if was.channels != now.channels:
        return f"goes to {', '.join(now.channels)}; was to {', '.join(was.channels)}"
    return f"reads: {_head(now.text)}; was: {_head(was.text)}"


def _head(text: str) -> str:
    """Return the words of a message without its outlet and link."""
    return text.rpartition(" — ")[0] or text


def _row(walk: _Walk, fate: Fate, alert: Alert, why: str, by: Sequence[str]) -> Row:
    case, _ = walk.cases[alert.entry]
    before, after = walk.decisions[alert.entry]
    decision = before if fate is Fate.LOST else after
    feed = decision.feed or case.feed
    return Row(
        fate=fate,
        at=case.at,
        title=case.article.title,
        url=case.article.entry.url,
        outlet=outlet_of(case.article, feed),
        channels=alert.channels,
        score=decision.finding.score,
        kinds=tuple(kind.value for kind in decision.finding.kinds),
        why=why,
        by=tuple(dict.fromkeys(by)),
        text=alert.text,
    )


def _title(walk: _Walk, entry: EntryId) -> str:
    title = walk.cases[entry][0].article.title
    return title if len(title) <= _LONG else f"{title[: _LONG - 1]}…"


def _words(walk: _Walk, entry: EntryId, side: int) -> str:
    """Return what one side (0 the old, 1 the new) makes of an article, in words."""
    decision = walk.decisions[entry][side]
    config = (walk.old, walk.new)[side].config
    score = f"scores {decision.finding.score:.2f}"
    if decision.feed is None:
        return "its feed is not read"
    verdict = decision.placement.verdict if decision.placement else Verdict.NO_STORY
    if verdict is Verdict.FOLLOW_UP:
        teller = _teller(walk, entry, side)
        return f"told already by “{_title(walk, teller)}”" if teller else "told already"
    return {
        Verdict.ALERT: score,
        Verdict.NO_STORY: f"{score}, below {config.thresholds.digest:.2f}",
        Verdict.QUIET: f"{score}, below {config.thresholds.alert:.2f}",
        Verdict.MUTED: f"muted ({decision.placement.why if decision.placement else ''})",
    }.get(verdict, verdict.value)


def _teller(walk: _Walk, entry: EntryId, side: int) -> EntryId | None:
    """Return the entry from which one side told the story of an article, None where that was before all this."""
    one = (walk.old, walk.new)[side]
    story = one.shelf.entries.get(entry)
    return next((alert.entry for alert in one.alerts.values() if alert.story == story), None)


def _deciders(walk: _Walk, *entries: EntryId) -> list[str]:
    """Return the entries of the config that make the difference for some articles, else for others of their stories."""
    found = [label for entry in entries for label in _own_deciders(walk, entry)]
    if found:
        return found
    shelves = (walk.old.shelf, walk.new.shelf)
    stories = {(n, shelf.entries[e]) for n, shelf in enumerate(shelves) for e in entries if e in shelf.entries}
    others = [e for n, shelf in enumerate(shelves) for e, story in shelf.entries.items() if (n, story) in stories]
    return [label for other in dict.fromkeys(others) for label in _own_deciders(walk, other)]


def _own_deciders(walk: _Walk, entry: EntryId) -> Iterator[str]:
    case, names = walk.cases[entry]
    before, after = walk.decisions[entry]
    if before.feed is None or after.feed is None:
        yield f"feeds: {redact(case.feed.url)}"
        return
    if before.finding != after.finding:
        yield from (walk.label(name) for name in names)
        return
    verdicts = [one.placement.verdict if one.placement else Verdict.NO_STORY for one in (before, after)]
    if verdicts[0] is verdicts[1]:
        alerts = [side.alerts.get(entry) for side in (walk.old, walk.new)]
        if alerts[0] and alerts[1] and alerts[0].channels != alerts[1].channels:
            yield "routes" if walk.old.config.routes != walk.new.config.routes else "slack.channel"
    elif Verdict.MUTED in verdicts:
        muted = after if verdicts[1] is Verdict.MUTED else before
        yield f"mute: {muted.placement.why if muted.placement else ''}"
    elif Verdict.NO_ROUTE in verdicts:
        yield "routes"
    else:
        yield from _thresholds(walk, before.finding.score)
    if before.feed.owner != after.feed.owner:
        yield f"feeds: {redact(case.feed.url)} (owner)"


def _thresholds(walk: _Walk, score: float) -> Iterator[str]:
    """Yield the thresholds between whose two values a score lies."""
    for name in ("digest", "alert"):
        was, now = (getattr(side.config.thresholds, name) for side in (walk.old, walk.new))
        if min(was, now) <= score < max(was, now):
            yield f"thresholds.{name} {was:.2f} -> {now:.2f}"


def _notes(walk: _Walk) -> Iterator[str]:
    """Yield what the walk could not see."""
    if walk.unread:
        yield (
            f"{walk.unread} of the articles judged again are known by the text of their feed only: "
            "their pages were never read, and might say more"
        )
    unknown = [feed for key, feed in walk.new.feeds.items() if key not in walk.old.feeds]
    if unknown:
        yield f"{len(unknown)} new feeds: what they would have brought before now is not known"

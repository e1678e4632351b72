"""Stories -> the moves ledger: who moved where, asked by person, firm, kind, status and post; flows between firms.

Pure: rows are made of stories as they stand, so that a move that was corrected or denied is never in two states.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.lexicon.posts import family_of, rank_of
from bot.model import Action, Kind, Status, Story, StoryMove
from bot.stories.fuse import dated
from bot.text import fold

_DONE = frozenset({Status.CONFIRMED, Status.REPORTED})


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One move of one story. `spellings` are all names met; an end or a post that nobody names is "".

    `first_seen` is when the story was met, `since` when the status was last changed and `by` through whom. `sources`
    are the independent media groups and speakers. `event_date` is when it takes effect as told, "2026-07-03" or
    "2026-07", "" where nobody says; `disagree` where the sources do: "to: Acme (says A) or Bolt (says B)".
    """

    person: str
    spellings: tuple[str, ...]
    from_org: str
    to_org: str
    role: str
    family: str
    rank: str
    kinds: tuple[Kind, ...]
    status: Status
    first_seen: datetime
    since: datetime
    by: str
    sources: tuple[str, ...]
    headline: str
    url: str
    story: str
    group: bool = False
    event_date: str = ""
    disagree: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """Which rows are asked for; "" and None mean any. Names are compared folded, a person by any part of the name."""

    person: str = ""
    from_org: str = ""
    to_org: str = ""
    since: datetime | None = None
    kind: str = ""
    status: str = ""
    family: str = ""


@dataclass(frozen=True, slots=True)
class Flow:
    """What one firm won and lost."""

    organisation: str
    gains: int
    losses: int

    @property
    def net(self) -> int:
        """Gains without losses."""
        return self.gains - self.losses


@dataclass(frozen=True, slots=True)
class Stay:
    """One person's time at one firm, from joining to leaving, both as first reported."""

    person: str
    organisation: str
    joined: datetime
    left: datetime

    @property
    def length(self) -> timedelta:
        """How long it was."""
        return self.left - self.joined


@dataclass(frozen=True, slots=True)
class Flows:
    """Gains and losses by firm, moves by pair, those who came back, and stays that began and ended in the ledger."""

    firms: tuple[Flow, ...]
    pairs: tuple[tuple[str, str, int], ...]
    boomerangs: tuple[LedgerRow, ...]
    stays: tuple[Stay, ...]


@dataclass(slots=True)
class Record:
    """What one source did: stories it told first, told later, added a fact to, or changed."""

    name: str
    first: int = 0
    later: int = 0
    added: int = 0
    changed: int = 0
    stories: set[str] = field(default_factory=set)


def ledger(stories: Iterable[Story], wish: Wish | None = None) -> list[LedgerRow]:
    """Return the moves of `stories` that fit `wish`, latest first."""
    found = [_row(story, move) for story in stories for move in story.telling.moves]
    fitting = [row for row in found if wish is None or _fits(row, wish)]
    return sorted(fitting, key=lambda row: (-row.first_seen.timestamp(), row.person, row.story))


def _row(story: Story, move: StoryMove) -> LedgerRow:
    return LedgerRow(
        person=move.person[0],
        spellings=move.person,
        from_org=move.from_org,
        to_org=move.to_org,
        role=move.role,
        family=family_of(move.role),
        rank=rank_of(move.role),
        kinds=story.kinds,
        status=move.status,
        first_seen=story.first_seen,
        since=datetime.fromtimestamp(move.since, UTC) if move.since else story.first_seen,
        by=move.by,
        sources=story.telling.sources,
        headline=story.headline,
        url=story.url,
        story=story.id,
        group=move.group,
        event_date=dated(move),
        disagree=move.disputed,
    )


def _fits(row: LedgerRow, wish: Wish) -> bool:
    person = f" {fold(wish.person)} "
    return (
        (not wish.person or any(person in f" {fold(name)} " for name in row.spellings))
        and (not wish.from_org or fold(wish.from_org) == fold(row.from_org))
        and (not wish.to_org or fold(wish.to_org) == fold(row.to_org))
        and (wish.since is None or row.first_seen >= wish.since)
        and (not wish.kind or wish.kind in row.kinds)
        and (not wish.status or wish.status == row.status)
        and (not wish.family or wish.family == row.family)
    )


def flows(rows: Iterable[LedgerRow]) -> Flows:
    """Return who won and lost whom. Rumours, denials, history, groups and changes of post inside a firm do not count.

    A move told in several stories counts once: the same person between the same firms.
    """
    done: dict[tuple[str, str, str], LedgerRow] = {}
    for row in sorted(rows, key=lambda r: r.first_seen):
        if row.status in _DONE and not row.group and row.from_org != row.to_org:
            done.setdefault((fold(row.person), row.from_org, row.to_org), row)
    moves = _without_halves(list(done.values()))
    gains = Counter(row.to_org for row in moves if row.to_org)
    losses = Counter(row.from_org for row in moves if row.from_org)
    pairs = Counter((row.from_org, row.to_org) for row in moves if row.from_org and row.to_org)
    firms = [Flow(name, gains[name], losses[name]) for name in gains.keys() | losses.keys()]
    return Flows(
        firms=tuple(sorted(firms, key=lambda f: (-f.net, -f.gains, f.organisation))),
        pairs=tuple((a, b, n) for (a, b), n in sorted(pairs.items(), key=lambda p: (-p[1], p[0]))),
        boomerangs=tuple(_boomerangs(moves)),
        stays=tuple(_stays(moves)),
    )


_SAME_STEP = timedelta(days=30)  # a departure and the arrival that follows it are one step


def _without_halves(moves: Sequence[LedgerRow]) -> list[LedgerRow]:
    """Drop a bare departure or arrival that a full move of the same person within a month holds already."""

    def held(row: LedgerRow) -> bool:
        return any(
            other is not row
            and other.from_org
            and other.to_org
            and fold(other.person) == fold(row.person)
            and abs(other.first_seen - row.first_seen) <= _SAME_STEP
            and row.from_org in ("", other.from_org)
            and row.to_org in ("", other.to_org)
            for other in moves
        )

    return [row for row in moves if (row.from_org and row.to_org) or not held(row)]


def _boomerangs(moves: Sequence[LedgerRow]) -> list[LedgerRow]:
    """Return arrivals at a firm that the same person had left before."""
    return [
        row
        for row in moves
        if row.to_org
        and any(
            fold(e.person) == fold(row.person) and e.from_org == row.to_org and e.first_seen < row.first_seen
            for e in moves
        )
    ]


def _stays(moves: Sequence[LedgerRow]) -> list[Stay]:
    found = []
    for leaving in moves:
        joined = [
            row
            for row in moves
            if row.to_org
            and row.to_org == leaving.from_org
            and fold(row.person) == fold(leaving.person)
            and row.first_seen < leaving.first_seen
        ]
        if joined:
            found.append(Stay(leaving.person, leaving.from_org, joined[-1].first_seen, leaving.first_seen))
    return sorted(found, key=lambda stay: (stay.length, stay.person))


def records(stories: Iterable[Story]) -> list[Record]:
    """Return what each source did, those who are first most often first."""
    found: dict[str, Record] = {}
    for story in stories:
        for change in story.telling.changes:
            if not change.by:
                continue
            record = found.setdefault(change.by, Record(change.by))
            record.first += change.action is Action.NEW_ALERT
            record.later += change.action is Action.EDIT
            record.added += change.action is Action.REPLY
            record.changed += change.action is Action.BROADCAST
            record.stories.add(story.id)
    return sorted(found.values(), key=lambda r: (-r.first, -len(r.stories), r.name))

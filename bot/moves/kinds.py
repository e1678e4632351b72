"""Reading and moves -> which of the thirteen kinds a text reports: a small weighted sum for each, its weights data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bot.model import Kind, Status
from bot.moves.attach import Event
from bot.moves.merge import Merged, logistic
from bot.moves.reading import Reading
from bot.moves.score import Features

_KIND_OF_EVENT: Mapping[str, Kind] = {
    "join": Kind.HIRE,
    "move": Kind.HIRE,
    "hire": Kind.HIRE,
    "poach": Kind.HIRE,
    "arrival": Kind.HIRE,
    "appoint": Kind.APPOINTMENT,
    "become": Kind.APPOINTMENT,
    "found": Kind.FOUNDING,
    "leave": Kind.DEPARTURE,
    "lose": Kind.DEPARTURE,
    "oust": Kind.DEPARTURE,
    "departure": Kind.DEPARTURE,
    "stay": Kind.POACH,
}
FLAG_OF_KIND: Mapping[Kind, str] = {
    Kind.LAYOFF: "layoff",
    Kind.HIRING_FREEZE: "freeze",
    Kind.ACQUIHIRE: "acquihire",
    Kind.COMPENSATION: "compensation",
    Kind.RETENTION: "retention",
    Kind.TREND: "trend",
    Kind.REORG: "reorg",
    Kind.LEGAL: "legal",
    Kind.HIRE: "drive",
    Kind.FOUNDING: "team",
}

HARDLY = 0.1  # score below which hardly anything is reported
_TOLD = 0.2  # probability from which a kind is told; a missed one costs as much as a wrong one, and most are rare
_TOLD_OFTEN = 0.3  # of those that every other story reports
_OFTEN = frozenset({Kind.HIRE, Kind.DEPARTURE, Kind.POACH})
_NAMED = 0.12  # confidence from which a move says that the text is about somebody
_ELSEWHERE = 0.4  # what a flag counts where no organisation is near
_LEAD = {"trigger": 0.6, "part": 0.7}  # what a word counts below the title
_WEAK = 0.5


def kinds(
    reading: Reading,
    found: Features,
    moves: Iterable[Merged],
    score: float,
    weights: Mapping[Kind, Mapping[str, float]],
) -> tuple[Kind, ...]:
    """Return what is reported, surest first; nothing where `score` says that hardly anything is."""
    if score < HARDLY:
        return ()
    values = features_of_kinds(reading, found, moves)
    sure = {kind: logistic(values, table) for kind, table in weights.items()}
    return tuple(sorted((kind for kind in sure if sure[kind] >= told_from(kind)), key=lambda kind: -sure[kind]))


def told_from(kind: Kind) -> float:
    """Return the probability from which a kind is told."""
    return _TOLD_OFTEN if kind in _OFTEN else _TOLD


def features_of_kinds(reading: Reading, found: Features, moves: Iterable[Merged]) -> dict[str, float]:
    """Return what speaks for kinds, each 0 to 1: moves, flags, words of patterns and verbs near the top.

    `move.K` and `group.K`: a move of kind K, by its confidence; `flag.F.zone` and `weak.F.zone`: a phrase;
    `part.S`: a word of set S; `verb.C`: a trigger of class C.
    """
    values = {"bias": 1.0}
    if "short" in found.values:
        values["short"] = 1.0
    for name, value in (*_of_moves(moves), *_of_flags(found), *_of_words(reading)):
        values[name] = max(values.get(name, 0.0), value)
    return values


def _of_moves(moves: Iterable[Merged]) -> Iterator[tuple[str, float]]:
    for merged in moves:
        if not (merged.is_news or merged.zone == "title"):
            continue
        confidence = merged.move.confidence
        if not merged.is_group and confidence >= _NAMED:
            yield "named", 1.0
        for kind in _kinds_of_move(merged):
            yield f"{'group' if merged.is_group else 'move'}.{kind.value}", 0.2 + 0.8 * confidence


def _of_flags(found: Features) -> Iterator[tuple[str, float]]:
    for name in found.values:
        rank, _, rest = name.partition(".")
        if rank in ("flag", "weak"):
            flag, zone, standing = rest.split(".")
            yield f"{rank}.{flag}.{zone}", _ELSEWHERE if standing == "none" else 1.0
            if standing == "bigtech":
                yield f"{rank}.{flag}.bigtech", 1.0


def _of_words(reading: Reading) -> Iterator[tuple[str, float]]:
    for sentence in reading.sentences:
        if sentence.zone == "body":
            continue
        top = sentence.zone == "title"
        for hit in sentence.of("part"):
            yield f"part.{hit.term.value}", 1.0 if top else _LEAD["part"]
        for hit in sentence.of("trigger"):
            yield f"verb.{hit.term.value}", (1.0 if top else _LEAD["trigger"]) * (1.0 if hit.term.strong else _WEAK)


def _kinds_of_move(merged: Merged) -> Iterator[Kind]:
    """Yield the kinds of one move. Who joins as something is hired, not appointed; a tried poaching is no hire.

    Poach means from one AI employer to another.
    """
    if merged.mover.via == "firm":
        yield Kind.ACQUIHIRE
        return
    current = [e for e in merged.events if merged.is_news is (e.status is not Status.HISTORICAL)] or [*merged.events]
    said = dict.fromkeys(_kind_of_event(event) for event in current)
    joins = Kind.HIRE in said or Kind.FOUNDING in said
    poached = _is_poach(merged)
    for kind in said:
        if kind is Kind.APPOINTMENT and joins and current[0].kind not in ("appoint", "become"):
            continue
        if kind is Kind.HIRE and poached and merged.move.status in (Status.DENIED, Status.RUMOURED):
            continue
        yield kind
    if poached:
        yield Kind.POACH


def _kind_of_event(event: Event) -> Kind:
    """Return what an event is; who joins a board is appointed."""
    seat = event.board or (event.new_role and "board" in event.role.casefold().split())
    return Kind.APPOINTMENT if seat else _KIND_OF_EVENT[event.kind]


def _is_poach(merged: Merged) -> bool:
    ends = [org.known if org else None for org in (merged.from_org, merged.to_org)]
    if any(event.kind == "poach" for event in merged.events):
        return True
    both = all(k is not None and (k.is_ai or k.kind == "bigtech") for k in ends)
    return both and merged.from_org is not None and merged.from_org.name != merged.move.to_org

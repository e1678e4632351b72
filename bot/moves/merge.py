"""Events -> moves: what a text says of one person, put together, with a probability of its own."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.model import Move, Span, Status
from bot.moves.attach import Event
from bot.moves.frames import JOINING, LEAVING
from bot.moves.reading import Mention

ZONES = ("title", "lead", "near", "body")


@dataclass(frozen=True, slots=True)
class Merged:
    """The events of one mover, best first, and the move they make. `zone` is the best place it is told in."""

    mover: Mention
    events: tuple[Event, ...]
    move: Move
    zone: str
    from_org: Mention | None
    to_org: Mention | None
    features: Mapping[str, float]

    @property
    def is_group(self) -> bool:
        """Whether the mover is "three researchers" and not a name."""
        return self.mover.kind == "group"

    @property
    def is_news(self) -> bool:
        """Whether it is told as news, not as somebody's past."""
        return self.move.status is not Status.HISTORICAL

    @property
    def orgs(self) -> tuple[Mention, ...]:
        """The organisations at its ends."""
        return tuple(org for org in (self.from_org, self.to_org) if org is not None)


def merge(events: Sequence[Event], weights: Mapping[str, float]) -> list[Merged]:
    """Return one merged move a mover, in order of first telling; movers without any organisation are left out."""
    by_mover: dict[str, list[Event]] = {}
    for event in events:
        by_mover.setdefault(event.mover.name.casefold(), []).append(event)
    merged = [_merged(group, weights) for group in by_mover.values()]
    return [m for m in merged if m.orgs]


def _order(event: Event) -> tuple[bool, int, bool, int]:
    return (event.status is Status.HISTORICAL, ZONES.index(event.sentence.zone), event.guessed, event.trigger.start)


def _merged(group: list[Event], weights: Mapping[str, float]) -> Merged:
    ranked = sorted(group, key=_order)
    current = [e for e in ranked if e.status is not Status.HISTORICAL] or ranked
    to_event = _first(current, JOINING | {"leave", "lose", "departure", "stay"}, "to")
    from_event = _first(current, LEAVING, "from") or _first(current, JOINING | {"stay"}, "from")
    to_org = to_event.to_org if to_event else None
    from_org = from_event.from_org if from_event else None
    if from_org and to_org and from_org.name == to_org.name and not _stays_inside(current):
        if (from_event is not None and from_event.guessed) or not (to_event and to_event.guessed):
            from_org = None
        else:
            to_org = None
    zone = min((e.sentence.zone for e in current), key=ZONES.index)
    best = next(iter(current))
    mover = max((e.mover for e in current), key=lambda m: m.sure)
    status = _status(current)
    features = _features(current, mover, from_org, to_org, zone, status)
    confidence = 1 / (1 + math.exp(-sum(weights.get(name, 0.0) * value for name, value in features.items())))
    move = Move(
        person=mover.name,
        from_org=from_org.name if from_org else None,
        to_org=to_org.name if to_org else None,
        role=_role(current),
        status=status,
        confidence=round(confidence, 3),
        evidence=tuple(dict.fromkeys(Span(e.sentence.start, e.sentence.end) for e in current)),
    )
    return Merged(mover, (best, *[e for e in ranked if e is not best]), move, zone, from_org, to_org, features)


def _first(events: Iterable[Event], kinds: frozenset[str] | set[str], end: str) -> Event | None:
    found = [e for e in events if e.kind in kinds and (e.to_org if end == "to" else e.from_org) is not None]
    return next((e for e in found if not e.guessed), found[0] if found else None)


def _stays_inside(events: Sequence[Event]) -> bool:
    return all(e.kind in ("appoint", "become", "arrival") for e in events)


def _role(events: Sequence[Event]) -> str | None:
    for kinds in (JOINING, LEAVING | {"stay"}):
        for event in events:
            if event.kind in kinds and event.role:
                return event.role
    return None


def _status(events: Sequence[Event]) -> Status:
    """The title's denial or rumour stands; else the surest word in the text about this mover."""
    first = events[0].status
    if first in (Status.DENIED, Status.RUMOURED, Status.HISTORICAL):
        return first
    said = {event.status for event in events}
    return Status.CONFIRMED if Status.CONFIRMED in said else first


def _features(
    events: Sequence[Event], mover: Mention, from_org: Mention | None, to_org: Mention | None, zone: str, status: Status
) -> dict[str, float]:
    best = max(event.sure for event in events)
    orgs = [org for org in (from_org, to_org) if org is not None]
    return {
        "bias": 1.0,
        f"zone.{zone}": 1.0,
        f"person.{mover.via}": 1.0,
        "group": float(mover.kind == "group"),
        "unsure": 1.0 - best,
        "both_ends": float(from_org is not None and to_org is not None),
        "guessed": float(all(event.guessed for event in events)),
        "unknown_org": float(any(org.known is None for org in orgs)),
        "told_twice": float(len(events) > 1),
        "weak": float(all(not event.trigger.term.strong for event in events)),
        f"kind.{events[0].kind}": 1.0,
        f"status.{status.value}": 1.0,
    }

"""How sure a text is of an event: denied, rumoured, reported, confirmed, or a thing of the past."""

from __future__ import annotations

from bot.model import Status
from bot.moves.gazetteer import Hit
from bot.moves.reading import Sentence

_REACH = 70  # characters between a marker of the past and its trigger
_DENIAL_REACH = 90


def event_status(sentence: Sentence, trigger: Hit) -> Status:
    """Return the first status whose marker reaches `trigger`: denied, historical, rumoured, confirmed, reported."""
    if trigger.term.value == "stay":
        return Status.DENIED
    hits = [
        h
        for h in sentence.of("status")
        if not (h.start < trigger.end and trigger.start < h.end and h.term.value != "historical")
    ]
    overlapping = [h for h in sentence.of("status") if h.start < trigger.end and trigger.start < h.end]
    if any(h.term.value == "denied" and _near(h, trigger, _DENIAL_REACH) for h in (*hits, *overlapping)):
        return Status.DENIED
    if any(h.term.value == "historical" and _near(h, trigger, _REACH) for h in (*hits, *overlapping)):
        return Status.HISTORICAL
    present = {h.term.value for h in (*hits, *overlapping)}
    for status in (Status.RUMOURED, Status.CONFIRMED, Status.REPORTED):
        if status.value in present:
            return status
    return Status.REPORTED


def _near(hit: Hit, trigger: Hit, reach: int) -> bool:
    return hit.start - trigger.end <= reach and trigger.start - hit.end <= reach

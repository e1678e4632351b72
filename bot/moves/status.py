"""How sure a text is of an event: denied, rumoured, reported, confirmed, or a thing of the past."""

from __future__ import annotations

import re

from bot.model import Status
from bot.moves.gazetteer import Hit
from bot.moves.reading import Reading, Sentence

_REACH = 70  # characters between a marker of the past and its trigger
_DENIAL_REACH = 90
_NEGATION_WORDS = 3  # words between a negation and its verb, and itself


def event_status(reading: Reading, sentence: Sentence, trigger: Hit) -> Status:
    """Return the first status whose marker reaches `trigger`: denied, historical, rumoured, confirmed, reported."""
    if trigger.term.value == "stay":
        return Status.DENIED
    hits = [
        h
        for h in sentence.of("status")
        if not (h.start < trigger.end and trigger.start < h.end and h.term.value != "historical")
    ]
    overlapping = [h for h in sentence.of("status") if h.start < trigger.end and trigger.start < h.end]
    if _negated(reading, sentence, trigger):
        return Status.DENIED
    if any(h.term.value == "denied" and _near(h, trigger, _DENIAL_REACH) for h in (*hits, *overlapping)):
        return Status.DENIED
    hits = [h for h in hits if not _of_relative(reading, h, trigger)]
    if any(h.term.value == "historical" and _near(h, trigger, _REACH) for h in (*hits, *overlapping)):
        return Status.HISTORICAL
    present = {h.term.value for h in (*hits, *overlapping)}
    for status in (Status.RUMOURED, Status.CONFIRMED, Status.REPORTED):
        if status.value in present:
            return status
    return Status.REPORTED


def _of_relative(reading: Reading, hit: Hit, trigger: Hit) -> bool:
    """Whether a marker belongs to a relative clause behind `trigger`: "brings back P, who had previously left"."""
    if hit.term.value not in ("historical", "rumoured") or hit.start < trigger.end:
        return False
    between = reading.folded[trigger.end : hit.end]
    return any(f" {word} " in f" {between} " for language in reading.languages for word in language.words["relatives"])


def _negated(reading: Reading, sentence: Sentence, trigger: Hit) -> bool:
    """Whether a negation stands right before the verb: "has not been named", "no, I did not leave"."""
    before = reading.folded[max(sentence.start, trigger.start - 40) : trigger.start]
    words = re.split(r"[,;:.]", before)[-1].split()[-_NEGATION_WORDS:]
    return any(word in language.words["negations"] for word in words for language in reading.languages)


def _near(hit: Hit, trigger: Hit, reach: int) -> bool:
    return hit.start - trigger.end <= reach and trigger.start - hit.end <= reach

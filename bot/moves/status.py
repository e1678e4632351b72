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
    hits = [
        h for h in hits if not _of_relative(reading, h, trigger) and not _of_aftermath(reading, sentence, h, trigger)
    ]
    if _only_dates(reading, sentence, trigger):
        return Status.HISTORICAL
    if any(h.term.value == "historical" and _near(h, trigger, _REACH) for h in (*hits, *overlapping)):
        return Status.REPORTED if _is_at_issue(reading, sentence, trigger) else Status.HISTORICAL
    if _is_doubted(reading, sentence, trigger):
        return Status.RUMOURED
    present = {h.term.value for h in (*hits, *overlapping)}
    for status in (Status.RUMOURED, Status.CONFIRMED, Status.REPORTED):
        if status.value in present:
            return status
    return Status.REPORTED


def _is_at_issue(reading: Reading, sentence: Sentence, trigger: Hit) -> bool:
    """Whether it is what a lawsuit is about, though told as past: "stole files before joining A"."""
    goes = trigger.term.value in ("join", "move", "hire")
    sued = [s for s in reading.sentences if s.zone == "title" or s is sentence]
    return goes and any(h.term.strong and h.term.value == "legal" for s in sued for h in s.of("flag"))


def _of_relative(reading: Reading, hit: Hit, trigger: Hit) -> bool:
    """Whether a marker belongs to a relative clause behind `trigger`: "brings back P, who had previously left"."""
    if hit.term.value not in ("historical", "rumoured") or hit.start < trigger.end:
        return False
    between = reading.folded[trigger.end : hit.end]
    return any(f" {word} " in f" {between} " for language in reading.languages for word in language.words["relatives"])


def _of_aftermath(reading: Reading, sentence: Sentence, hit: Hit, trigger: Hit) -> bool:
    """Whether a rumour is about what comes of it: "P has left, prompting speculation", "P, who left, is reportedly"."""
    language = next((g for g in reading.languages if g.code == hit.term.language), None)
    if language is None or not language.words["hedges"] or hit.term.value != "rumoured" or hit.start < trigger.end:
        return False
    between = reading.folded[trigger.end : hit.start]
    if any(between.rstrip().endswith(word) for word in language.words["sparks"]):
        return True
    if "," not in between:
        return False
    clause = reading.folded[max(sentence.start, trigger.start - _REACH) : trigger.start].rpartition(",")[2].split()[:1]
    relative = bool(clause) and clause[0] in language.words["relatives"]
    return relative or hit.term.text not in language.words["hedges"]


def _is_doubted(reading: Reading, sentence: Sentence, trigger: Hit) -> bool:
    """Whether it is asked, or may be: "Is P leaving?", "P could be next to leave"."""
    if reading.text[sentence.start : sentence.end].rstrip(" \"”’'").endswith("?"):
        return True
    before = re.split(r"[,;:.]", reading.folded[max(sentence.start, trigger.start - 40) : trigger.start])[-1]
    words = before.split()[-_NEGATION_WORDS - 1 :]
    return any(word in language.words["modals"] for word in words for language in reading.languages)


def _only_dates(reading: Reading, sentence: Sentence, trigger: Hit) -> bool:
    """Whether the verb only says when something else happened: "days after A hired P"."""
    verbs = [h.end for h in sentence.of("trigger") if h.end <= trigger.start and h.term.order != "noun"]
    window = reading.folded[max([sentence.start, trigger.start - _REACH, *verbs]) : trigger.start]
    window = re.split(r"[,;:]", window)[-1]
    return any(f" {phrase} " in f" {window}" for g in reading.languages for phrase in g.words["dates"])


def _negated(reading: Reading, sentence: Sentence, trigger: Hit) -> bool:
    """Whether a negation stands right before the verb: "has not been named", "no, I did not leave"."""
    before = reading.folded[max(sentence.start, trigger.start - 40) : trigger.start]
    words = re.split(r"[,;:.]", before)[-1].split()[-_NEGATION_WORDS:]
    return any(word in language.words["negations"] for word in words for language in reading.languages)


def _near(hit: Hit, trigger: Hit, reach: int) -> bool:
    return hit.start - trigger.end <= reach and trigger.start - hit.end <= reach

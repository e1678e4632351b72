"""Text -> finding: the whole way from characters to a verdict with its reasons. Pure: no file, no network, no clock.

scan (one pass: names, triggers, AI terms) -> gate -> read (sentences, organisations) -> people
-> events (trigger + slots) -> moves -> features -> score -> kinds, reasons, evidence
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.model import Finding, Reason, Span, Status, joined
from bot.moves.events import events
from bot.moves.gazetteer import Hit
from bot.moves.kinds import kinds
from bot.moves.language import detect
from bot.moves.merge import Merged, certain, in_story, merge, same_house
from bot.moves.patterns import compose
from bot.moves.people import find_people
from bot.moves.reading import Reading, follows_verb, read
from bot.moves.score import SHORT, Features, features, probability, reasons
from bot.moves.watch import Watch, compile_watch
from bot.text import fold

__all__ = ["Watch", "compile_watch", "judge", "touches"]

_MANY = 12  # moves of one text that are told; lists that are longer are no news item
TOLD = 0.33  # moves that are less likely are left out
_TOLD_GROUP = 0.4  # groups need more: nobody in particular moves often
_PLANNED_GROUP = 0.65  # whom a firm may want, or wanted in vain
_REPEATED = 0.75  # share of words with which one sentence repeats another
_EVIDENCE = (25, 600)  # characters of a sentence that can be quoted


def touches(watch: Watch, text: str) -> bool:
    """Tell whether `text` carries a known name, a trigger or an AI term: worth a closer look. Cheap, errs to yes."""
    code = detect(watch.lexicon.languages, text)
    hits = watch.gazetteer.scan(text, fold(text), frozenset((code, "en")))
    return any(h.term.kind in ("org", "person", "product", "ai", "keyword", "trigger", "flag") for h in hits)


@dataclass(frozen=True, slots=True)
class Weighed:
    """A text that passed the gate: as read, its moves, and the features that its score rests on."""

    reading: Reading
    merged: list[Merged]
    features: Features


def weigh(watch: Watch, title: str, body: str, language: str = "") -> Weighed | None:
    """Return what speaks for one text being a talent story; None where the gate is shut. Linear in its length."""
    text = joined(title, body)
    code = detect(watch.lexicon.languages, text, language)
    folded = fold(text)
    hits = _shown(list(watch.gazetteer.scan(text, folded, frozenset((code, "en")))))
    if not _gate(watch, hits, folded):
        return None
    reading = read(watch, title, text, folded, code, hits)
    find_people(watch, reading)
    compose(reading)  # last: what it adds spans whole clauses, names and all
    merged = merge(events(watch, reading), reading, watch.lexicon.scoring.move)
    return Weighed(reading, merged, features(watch, reading, merged))


def judge(watch: Watch, title: str, body: str, language: str = "") -> Finding:
    """Return the verdict on one text; spans count in `joined(title, body)`.

    `language` is a hint ("" for none). The score is a probability between 0 and 1; a text without any known name
    scores 0. English is tried on every text. Linear in the length of the text.
    """
    weighed = weigh(watch, title, body, language)
    if weighed is None:
        why = Reason("gate", "no watched name, no trigger with an AI term", 0.0)
        code = detect(watch.lexicon.languages, joined(title, body), language)
        return Finding(code, 0.0, (), (), (), (), (why,))
    reading, found, weights = weighed.reading, weighed.features, watch.lexicon.scoring
    score = round(probability(found, weights.score), 4)
    short = len(reading.text) < SHORT
    moves = [in_story(m, score, short, weights.move) for m in weighed.merged]
    told = _told(moves, TOLD)
    return Finding(
        language=reading.code,
        score=score,
        kinds=kinds(reading, found, moves, score, weights.kinds),
        moves=tuple(replace(m.move, confidence=round(certain(m.move.confidence, weights.certainty), 3)) for m in told),
        people=_people(reading, told),
        organisations=_organisations(reading),
        reasons=reasons(found, weights.score, told),
        evidence=_evidence(reading, told),
    )


def _shown(hits: list[Hit]) -> list[Hit]:
    """Leave out keywords that lie in a longer phrase which means something else; names are looked at where read."""
    hidden = [hit for hit in hits if hit.term.kind == "not"]
    return [
        hit
        for hit in hits
        if hit.term.kind != "keyword" or not any(n.start <= hit.start and hit.end <= n.end for n in hidden)
    ]


def _gate(watch: Watch, hits: list[Hit], folded: str) -> bool:
    """Ask for an AI organisation or watched name; a known person, large firm or trend only with something about AI.

    A move to or from a large technology firm is let through as well: the score weighs what it is worth.
    """
    present = {hit.term.kind for hit in hits}
    triggers = [h for h in hits if h.term.kind == "trigger"]
    named = [h for h in hits if h.term.kind == "org" and (not h.term.cue or follows_verb(folded, triggers, h))]
    orgs = [watch.organisations[h.term.value] for h in named]
    if "keyword" in present or any(org.is_ai for org in orgs):
        return True
    if len({hit.term.value for hit in hits if hit.term.kind == "part"}) > 1:
        present.add("flag")  # words that may make one together
    if not present & {"trigger", "flag"}:
        return False
    if triggers and any(org.kind == "bigtech" for org in orgs):
        return True
    topical = bool(present & {"ai", "product"})
    people = any(h.term.kind == "person" for h in hits)
    return (topical and (people or bool(orgs) or "flag" in present)) or (people and bool(orgs))


def _told(merged: list[Merged], floor: float) -> list[Merged]:
    """Return the moves that the text reports: news near its top; a past one only where the title tells it."""
    told = [m for m in merged if (m.is_news or m.zone == "title") and m.move.confidence >= floor]
    named = [m for m in told if not m.is_group]
    told = [m for m in told if not m.is_group or (_says_whom(m, floor) and not any(_covers(n, m) for n in named))]
    told = [
        m for i, m in enumerate(told) if not m.is_group or not any(_same_ends(m, n) for n in told[:i] if n.is_group)
    ]
    told.sort(key=lambda m: (m.is_group, -m.move.confidence))
    return told[:_MANY]


def _says_whom(group: Merged, floor: float) -> bool:
    """Whether a group is surely one, and more than one bare noun, "employee" or "talent"."""
    planned = group.move.status in (Status.RUMOURED, Status.DENIED)
    if floor >= TOLD and group.move.confidence < (_PLANNED_GROUP if planned else _TOLD_GROUP):
        return False
    return " " in group.move.person or not group.move.person.isascii()


def _same_ends(left: Merged, right: Merged) -> bool:
    return (left.move.from_org, left.move.to_org) == (right.move.from_org, right.move.to_org)


def _covers(named: Merged, group: Merged) -> bool:
    """Whether a named mover goes where the group goes: "hires three from A" whose names the text gives."""
    return all(
        ours is None or (theirs is not None and same_house(theirs, ours))
        for ours, theirs in ((group.from_org, named.from_org), (group.to_org, named.to_org))
    )


def _people(reading: Reading, told: list[Merged]) -> tuple[str, ...]:
    top = [p.name for s in reading.sentences if s.zone in ("title", "lead") for p in s.people if p.sure >= 0.6]
    movers = [m.move.person for m in told if not m.is_group]
    return tuple(dict.fromkeys([*movers, *top]))


def _organisations(reading: Reading) -> tuple[str, ...]:
    top = [o.name for s in reading.sentences if s.zone in ("title", "lead") for o in s.orgs if o.known is not None]
    return tuple(dict.fromkeys(top))


def _evidence(reading: Reading, told: list[Merged]) -> tuple[Span, ...]:
    """Return up to three whole sentences that carry the moves, else those that carry the flags; the title last."""
    spans = [span for m in told for span in m.move.evidence]
    flagged = [s.span for s in reading.sentences if s.of("flag") and s.zone != "body" and s.orgs]
    titles = {s.span for s in reading.sentences if s.zone == "title"}
    quotable = [s for s in dict.fromkeys([*spans, *flagged]) if _EVIDENCE[0] <= s.end - s.start <= _EVIDENCE[1]]
    kept: list[Span] = []
    for span in sorted(quotable, key=lambda s: (s in titles, quotable.index(s))):
        if not any(_says_the_same(reading, span, other) for other in kept):
            kept.append(span)
    return tuple(kept[:3])


def _says_the_same(reading: Reading, span: Span, other: Span) -> bool:
    """Whether nearly every word of `span` stands in `other` as well: the title and the first sentence often repeat."""
    words, others = (set(reading.folded[s.start : s.end].split()) for s in (span, other))
    return len(words & others) >= _REPEATED * len(words)

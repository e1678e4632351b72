"""Moves and flags -> features -> a probability that the text is a talent story, and the reasons for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bot.model import Reason, Span, Status
from bot.moves.attach import Event
from bot.moves.frames import FRAMES, JOINING, LEAVING
from bot.moves.gazetteer import Hit
from bot.moves.merge import Merged, in_story, logistic
from bot.moves.reading import Mention, Reading, Sentence
from bot.moves.watch import Watch

SHORT = 700  # characters; shorter texts have features of their own
_NAMED = 0.6  # how sure a name must be to count beside an organisation
_BEFORE = 30  # characters looked back for a word
_FLAG_ZONES = ("title", "lead", "near")


@dataclass(slots=True)
class Features:
    """Named numbers of one text, and where each came from (the words and their place)."""

    values: dict[str, float] = field(default_factory=dict)
    sources: dict[str, tuple[str, Span]] = field(default_factory=dict)

    def add(self, name: str, value: float, text: str = "", span: Span | None = None) -> None:
        """Raise a feature to `value`; the first source of it stays."""
        if value <= 0:
            return
        self.values[name] = max(self.values.get(name, 0.0), value)
        if span is not None:
            self.sources.setdefault(name, (text, span))


def features(watch: Watch, reading: Reading, moves: list[Merged]) -> Features:
    """Return the features of a text. Each is 0 to 1 (times the weight of the watchlist entry it rests on, 0 to 2)."""
    found = Features()
    found.add("bias", 1.0)
    found.add("short", float(len(reading.text) < SHORT))
    _of_moves(found, moves, len(reading.text) < SHORT, watch.lexicon.scoring.move)
    _of_flags(reading, found)
    _of_context(watch, reading, found)
    if len(reading.text) < SHORT:
        for name in [n for n in found.values if n.startswith(("move.", "flag.", "group.", "weak."))]:
            found.add(f"short.{name}", found.values[name])
    return found


def probability(found: Features, weights: Mapping[str, float]) -> float:
    """Return the logistic of the weighted sum."""
    return logistic(found.values, weights)


def reasons(found: Features, weights: Mapping[str, float], moves: Iterable[Merged]) -> tuple[Reason, ...]:
    """Return why, strongest first: each weighted feature with its words, and each move with its slots."""
    weighted = []
    for name, value in found.values.items():
        weight = weights.get(name, 0.0) * value
        if name == "bias" or not weight:
            continue
        text, span = found.sources.get(name, ("", None))
        weighted.append(Reason(name, text, round(weight, 2), span))
    weighted.sort(key=lambda reason: -abs(reason.weight))
    slots = [_slot_reason(event) for merged in moves for event in merged.events[:2]]
    return (*weighted[:12], *slots[:8])


def _slot_reason(event: Event) -> Reason:
    parts = [f"person={event.mover.name} ({event.mover.via})"]
    parts += [f"{end}={org.name} ({org.via})" for end, org in (("from", event.from_org), ("to", event.to_org)) if org]
    parts += [f"role={event.role}"] if event.role else []
    parts.append(f"status={event.status.value}")
    language = event.trigger.term.language
    rule = f"{language}.{event.kind}.{event.trigger.term.text.replace(' ', '_')}"
    return Reason(rule, " ".join(parts), 0.0, Span(event.trigger.start, event.trigger.end))


# ------------------------------------------------------------------------------------------------ moves


def _of_moves(found: Features, moves: list[Merged], short: bool, weights: Mapping[str, float]) -> None:
    news = [m for m in moves if m.is_news]
    for merged in news:
        event = merged.events[0]
        weight = _weight(merged.orgs)
        span = Span(event.trigger.start, event.trigger.end)
        text = f"{event.mover.name}: {event.trigger.term.text}"
        kind = "group" if merged.is_group else "move"
        name = f"{kind}.{merged.zone}.{_standing(merged)}"
        clear = in_story(merged, 1.0, short, weights).move.confidence  # what it would be worth in a story
        found.add(name, weight * (0.2 + 0.8 * clear), text, span)
        if merged.from_org and merged.to_org:
            found.add("ends.both", weight, text, span)
        if merged.move.role and not merged.is_group:
            found.add("role", weight, merged.move.role, span)
        if merged.mover.known is not None:
            found.add("person.known", 1.0, merged.mover.name, span)
        if merged.move.status is Status.DENIED:
            found.add("status.denied", 1.0)
        found.add(f"event.{event.kind}", 1.0, text, span)
    found.add("moves.many", float(sum(not m.is_group for m in news) > 1))
    if not news and any(not m.is_news for m in moves):
        found.add("moves.past", 1.0)


def _standing(merged: Merged) -> str:
    """Say whether an end is an organisation of AI, a known one, or none that we know."""
    known = [org.known for org in merged.orgs if org.known is not None]
    if any(k.is_ai for k in known):
        return "ai"
    if any(k.kind == "bigtech" for k in known):
        topical = any(e.sentence.of("ai") or e.sentence.of("product") for e in merged.events)
        return "unit" if topical else "bigtech"
    return "known" if known else "unknown"


def _weight(orgs: Iterable[Mention]) -> float:
    """Return the highest weight among watch-listed names; 1 where none is."""
    weights = [org.known.weight for org in orgs if org.known is not None]
    return max(weights, default=1.0)


# ------------------------------------------------------------------------------------------------ flags


def _of_flags(reading: Reading, found: Features) -> None:
    for sentence in reading.sentences:
        if sentence.zone not in _FLAG_ZONES:
            continue
        orgs = _orgs_near(reading, sentence)
        for hit in sentence.of("flag"):
            standing = _flag_standing(orgs, bool(sentence.of("ai")))
            if standing in ("topic", "none") and _has_ai_firm(reading, sentence):
                standing = "ai"
            rank = "flag" if hit.term.strong else "weak"
            name = f"{rank}.{hit.term.value}.{'lead' if sentence.zone == 'near' else sentence.zone}.{standing}"
            value = _weight(orgs) * (0.6 if sentence.zone == "near" or not sentence.orgs else 1.0)
            found.add(name, value, reading.text[hit.start : hit.end], Span(hit.start, hit.end))


def _orgs_near(reading: Reading, sentence: Sentence) -> list[Mention]:
    """Return the organisations of the sentence, else what the text is about."""
    return sentence.orgs or ([reading.focus] if reading.focus else [])


def _has_ai_firm(reading: Reading, sentence: Sentence) -> bool:
    """Whether the sentence, or the title above it, says of a firm that nobody knows that AI is its business."""
    return any(s.of("ai_firm") for s in reading.sentences if s is sentence or s.zone == "title")


def _flag_standing(orgs: list[Mention], topical: bool) -> str:
    known = [org.known for org in orgs if org.known is not None]
    if any(k.is_ai for k in known):
        return "ai"
    if any(k.kind == "bigtech" for k in known):
        return "unit" if topical else "bigtech"  # its unit for AI, or all of it
    return "topic" if topical else "none"


# ------------------------------------------------------------------------------------------------ context


def _of_context(watch: Watch, reading: Reading, found: Features) -> None:
    top = [s for s in reading.sentences if s.zone in ("title", "lead")]
    for sentence in top:
        for org in sentence.orgs:
            if org.known is not None and org.known.is_ai:
                found.add(f"org.{sentence.zone}", min(org.known.weight, 1.0), org.name, Span(org.start, org.end))
        for kind in ("ai", "product", "negative", "people", "keyword"):
            for hit in sentence.of(kind):
                value = watch.keywords.get(hit.term.value, 1.0) if kind == "keyword" else 1.0
                found.add(f"{kind}.{sentence.zone}", value, reading.text[hit.start : hit.end], Span(hit.start, hit.end))
        if any(p.known is not None and not p.known.stands_for for p in sentence.people):
            found.add(f"known_person.{sentence.zone}", 1.0)
        _of_names(found, reading, sentence)
        if any(h.term.strong and not _has_thing(sentence, h) for h in sentence.of("trigger")):
            found.add(f"trigger.{sentence.zone}", 1.0)
    near = [org.known for s in reading.sentences if s.zone in ("title", "lead") for org in s.orgs]
    if not any(s.of("ai") or s.of("product") for s in reading.sentences) and not any(k and k.watched for k in near):
        found.add("no_ai", 1.0)  # whom the user watches, the user knows to be of AI


def _of_names(found: Features, reading: Reading, sentence: Sentence) -> None:
    """Add what stands beside an organisation of AI: somebody's name, a post, a former one, a second employer."""
    known = {org.name: org.known for org in sentence.orgs if org.known is not None}
    past = any(hit.term.value == "historical" for hit in sentence.of("status"))
    if past or not any(k.is_ai for k in known.values()):
        return
    zone = sentence.zone
    if _speaks(reading, sentence):
        found.add(f"beside.speech.{zone}", 1.0)  # somebody may be quoted with a post
    if any(p.sure >= _NAMED and not reading.names_firm(max(0, p.start - _BEFORE), p.start) for p in sentence.people):
        found.add(f"beside.person.{zone}", 1.0)
    for kind in ("role", "former", "status"):
        if sentence.of(kind):
            found.add(f"beside.{kind}.{zone}", 1.0)
    if sum(k.is_ai or k.kind == "bigtech" for k in known.values()) > 1:
        found.add(f"beside.employer.{zone}", 1.0)


def _speaks(reading: Reading, sentence: Sentence) -> bool:
    words = {word.strip(",.:;«»“”\"'") for word in reading.folded[sentence.start : sentence.end].split()}
    return any(not words.isdisjoint(language.words["speech"]) for language in reading.languages)


def _has_thing(sentence: Sentence, trigger: Hit) -> bool:
    """Whether the object of a verb that takes people is a firm or a product: "A taps B for its data centre"."""
    if FRAMES[trigger.term.value].mover != "right":
        return False
    names = [org.start for org in sentence.orgs] + [h.start for h in sentence.of("product")]
    return any(0 <= start - trigger.end <= 1 for start in names)


__all__ = ["JOINING", "LEAVING", "Features", "features", "probability", "reasons"]

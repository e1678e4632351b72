"""Labelled rows + the weights in force -> new weights, what they change, and whether they may be taken. Pure."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.moves.gazetteer import Hit
from bot.moves.judge import Weighed, weigh
from bot.moves.reading import Mention, Sentence
from bot.moves.watch import Watch
from bot.teach.fit import Sample, fit, guess
from bot.teach.measure import LABEL, Counts, average_precision
from bot.teach.rows import Row

FOLDS = 5
_FIRM = 1_000.0  # feedback is no sample of a feed: how common stories are stays as it was
POINT = 0.01  # what the frozen rows may lose
_MOVED = 0.3  # logits from which a moved weight is told
_LONGEST = 4  # words of a proposed phrase


@dataclass(frozen=True, slots=True)
class Quality:
    """How well one set of rows is told apart: counts at the label's threshold, and average precision."""

    counts: Counts
    average_precision: float


@dataclass(frozen=True, slots=True)
class Changed:
    """One row on the other side of the threshold with the new weights."""

    row: Row
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Proposal:
    """A phrase that stands between a person and an organisation in `count` missed rows, and is in no list."""

    language: str
    phrase: str
    count: int


@dataclass(frozen=True, slots=True)
class Lesson:
    """What the rows teach. `after` is of rows that were not fitted on, fold by fold; `frozen` is of our own rows."""

    weights: Mapping[str, float]
    before: Quality
    after: Quality
    frozen_before: Quality
    frozen_after: Quality
    changed: tuple[Changed, ...]
    moved: tuple[tuple[str, float, float], ...]
    proposals: tuple[Proposal, ...]

    @property
    def loses(self) -> bool:
        """Whether our frozen rows lose a point or more of precision, F1 or average precision: then they are refused."""
        figures = (
            (quality.counts.precision, quality.counts.f1, quality.average_precision)
            for quality in (self.frozen_before, self.frozen_after)
        )
        return any(new <= old - POINT for old, new in zip(*figures, strict=True))


def learn(watch: Watch, rows: Sequence[Row], frozen: Sequence[Row], *, strength: float = 1.0) -> Lesson:
    """Return what `rows` teach, held to the weights in force by a prior of `strength`; `frozen` is only measured."""
    old = watch.lexicon.scoring.score
    read = [(row, weigh(watch, row.title, row.body, row.language)) for row in rows]
    samples = [_sample(row, weighed) for row, weighed in read]
    weights = {**old, **fit(samples, old, strength, _FIRM)}
    folds = [{**old, **fit([s for s in samples if s.fold != f], old, strength, _FIRM)} for f in range(FOLDS)]
    before = [guess(s.features, old) if s.features else 0.0 for s in samples]
    after = [guess(s.features, folds[s.fold]) if s.features else 0.0 for s in samples]
    kept = [(row, weigh(watch, row.title, row.body, row.language)) for row in frozen]
    return Lesson(
        weights,
        _quality(zip(before, rows, strict=True)),
        _quality(zip(after, rows, strict=True)),
        _quality((_score(w, old), row) for row, w in kept),
        _quality((_score(w, weights), row) for row, w in kept),
        tuple(
            Changed(row, b, a)
            for row, b, a in zip(rows, before, after, strict=True)
            if (b >= LABEL) is not (a >= LABEL)
        ),
        tuple(
            (name, old.get(name, 0.0), weight)
            for name, weight in sorted(weights.items())
            if abs(weight - old.get(name, 0.0)) > _MOVED
        ),
        _proposals((row, w) for (row, w), score in zip(read, before, strict=True) if row.label and score < LABEL),
    )


def _sample(row: Row, weighed: Weighed | None) -> Sample:
    features = weighed.features.values if weighed is not None else {}
    return Sample(features, row.label, 1.0, zlib.crc32(row.id.encode()) % FOLDS)


def _score(weighed: Weighed | None, weights: Mapping[str, float]) -> float:
    return guess(weighed.features.values, weights) if weighed is not None else 0.0


def _quality(pairs: Iterable[tuple[float, Row]]) -> Quality:
    counts, scores = Counts(), []
    for score, row in pairs:
        counts.add(said=score >= LABEL, true=row.label)
        scores.append((score, row.label))
    return Quality(counts, average_precision(scores))


# ------------------------------------------------------------------------------------------------ proposals


def _proposals(missed: Iterable[tuple[Row, Weighed | None]]) -> tuple[Proposal, ...]:
    """Return what stands between a person and an organisation where no trigger was met, commonest first."""
    counted: Counter[tuple[str, str]] = Counter()
    for _, weighed in missed:
        if weighed is not None:
            found = {
                (weighed.reading.code, phrase)
                for sentence in weighed.reading.sentences
                if sentence.zone in ("title", "lead") and not sentence.of("trigger")
                for phrase in _between(weighed, sentence)
            }
            counted.update(found)
    ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Proposal(code, phrase, count) for (code, phrase), count in ranked)


def _between(weighed: Weighed, sentence: Sentence) -> list[str]:
    names = sorted([*sentence.people, *sentence.orgs], key=lambda m: m.start)
    pairs = [(a, b) for a, b in pairwise(names) if {a.kind, b.kind} == {"person", "org"}]
    phrases = [_phrase(weighed, sentence, left, right) for left, right in pairs]
    return [phrase for phrase in phrases if phrase]


def _phrase(weighed: Weighed, sentence: Sentence, left: Mention, right: Mention) -> str:
    """Return the few words between two names, without posts and known lists; "" where they are too many or none."""
    known: list[Hit] = [h for kind in ("role", "people", "former", "number", "ai") for h in sentence.of(kind)]
    gap = weighed.reading.folded[left.end : right.start]
    if any(left.end <= h.start < right.start for h in known) or any(c in gap for c in ",;:.()"):
        return ""
    words = gap.split()
    return " ".join(words) if 0 < len(words) <= _LONGEST and any(w.isalpha() and len(w) > 2 for w in words) else ""

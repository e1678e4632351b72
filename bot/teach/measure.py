"""Rows + findings -> figures: precision, recall, average precision, moves and kinds. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.model import Finding, Move
from bot.teach.rows import Gold, Row
from bot.text import fold

LABEL = 0.5  # the score from which a text counts as a story
STATED = 0.95  # the confidence from which a move is stated as a fact

_COARSE = {"reported": "said", "confirmed": "said"}


@dataclass(slots=True)
class Counts:
    """How often something was said and right, said and wrong, and missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        """Right among what was said; 1 where nothing was."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """Right among what there was; 1 where there was nothing."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of the two."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    def add(self, *, said: bool, true: bool) -> None:
        """Count one decision."""
        self.right += said and true
        self.wrong += said and not true
        self.missed += true and not said

    def __str__(self) -> str:
        """Say it in one line."""
        return f"P {self.precision:.3f} R {self.recall:.3f} F1 {self.f1:.3f} ({self.right}/{self.wrong}/{self.missed})"


@dataclass(slots=True)
class Figures:
    """What a set of rows shows. `stated` counts moves from confidence .95 on, `statuses` those of right moves."""

    labels: Counts = field(default_factory=Counts)
    moves: Counts = field(default_factory=Counts)
    both_ends: Counts = field(default_factory=Counts)
    stated: Counts = field(default_factory=Counts)
    statuses: Counts = field(default_factory=Counts)
    kinds: dict[str, Counts] = field(default_factory=dict)
    average_precision: float = 0.0
    rows: int = 0

    @property
    def kinds_f1(self) -> float:
        """The mean F1 over the kinds that occur."""
        seen = [c.f1 for c in self.kinds.values() if c.right + c.missed]
        return sum(seen) / len(seen) if seen else 0.0


Canonical = Callable[[str], str]


def measure(pairs: Iterable[tuple[Row, Finding]], canonical: Canonical) -> Figures:
    """Return the figures of findings beside what readers said. `canonical` gives an organisation its one name."""
    found, scores = Figures(), []
    for row, finding in pairs:
        found.rows += 1
        said = finding.score >= LABEL
        found.labels.add(said=said, true=row.label)
        scores.append((finding.score, row.label))
        if row.kinds or not row.label:
            told = {k.value for k in finding.kinds} if said else set()
            for kind in told | row.kinds:
                found.kinds.setdefault(kind, Counts()).add(said=kind in told, true=kind in row.kinds)
        if row.moves is not None:
            _moves(found, row.moves, finding.moves if said else (), canonical)
    found.average_precision = average_precision(scores)
    return found


def average_precision(scores: Sequence[tuple[float, bool]]) -> float:
    """Return the mean precision at each true row, from the highest score down; ties count against."""
    positives, right, area = sum(true for _, true in scores), 0, 0.0
    for rank, (_, true) in enumerate(sorted(scores, key=lambda s: (-s[0], s[1])), 1):
        right += true
        area += true * right / rank
    return area / positives if positives else 1.0


def _moves(found: Figures, gold: Sequence[Gold], told: Sequence[Move], canonical: Canonical) -> None:
    left = list(gold)
    for move in told:
        person = next((g for g in left if same_person(g.person, move.person) and _ends(g, move, canonical)), None)
        right = person is not None
        exact = person is not None and _ends(person, move, canonical, whole=True)
        found.moves.add(said=True, true=right)
        found.both_ends.add(said=True, true=exact)
        if move.confidence >= STATED:
            found.stated.add(said=True, true=right)
        if person is not None:
            left.remove(person)
            found.both_ends.missed += not exact
            found.stated.missed += move.confidence < STATED
            if person.status:
                coarse = [_COARSE.get(s, s) for s in (person.status, move.status.value)]
                found.statuses.add(said=True, true=coarse[0] == coarse[1])
    found.moves.missed += len(left)
    found.both_ends.missed += len(left)
    found.stated.missed += len(left)


def _ends(gold: Gold, move: Move, canonical: Canonical, *, whole: bool = False) -> bool:
    """Whether every end that gold names is right; with `whole` also those that it leaves empty."""
    pairs = ((gold.from_org, move.from_org), (gold.to_org, move.to_org))
    return all(_same_org(ours, theirs, canonical) if ours else (not whole or theirs is None) for ours, theirs in pairs)


def _same_org(gold: str | None, told: str | None, canonical: Canonical) -> bool:
    if gold is None or told is None:
        return gold is told
    ours, theirs = (fold(canonical(name)).replace(" ", "") for name in (gold, told))
    return ours == theirs or (len(ours) > 3 and len(theirs) > 3 and (ours in theirs or theirs in ours))


_COUNTED = re.compile(
    r"\d|team|staff|employees|researchers|engineers|founders|people|group|several|three|four|two|five|six",
    re.IGNORECASE,
)


def same_person(gold: str, told: str) -> bool:
    """Whether two spellings name one person or one group: equal, or one a part of the other.

    A part is made of whole words; in scripts that write names in one run, of two characters or more.
    """
    ours, theirs = fold(gold), fold(told)
    mine, yours = set(ours.split()), set(theirs.split())
    if mine and yours and (mine <= yours or yours <= mine):
        return True
    shorter, longer = sorted((ours, theirs), key=len)
    if len(shorter) > 1 and shorter[0] >= "\u2e80" and shorter in longer:
        return True
    return bool(_COUNTED.search(ours)) and bool(_COUNTED.search(theirs)) and bool(mine & yours)


def by_language(pairs: Iterable[tuple[Row, Finding]], canonical: Canonical) -> Mapping[str, Figures]:
    """Return the figures of each language."""
    groups: dict[str, list[tuple[Row, Finding]]] = {}
    for row, finding in pairs:
        groups.setdefault(row.language, []).append((row, finding))
    return {code: measure(group, canonical) for code, group in groups.items()}

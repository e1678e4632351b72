"""Word sets -> flags: "cuts" near "jobs" is a layoff, however the sentence is built. The sets and patterns are data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from bot.lexicon import Pattern
from bot.moves.gazetteer import Hit, Term
from bot.moves.reading import Reading, Sentence

_HITS = {"@people": "people", "@role": "role", "@number": "number", "@ai": "ai", "@former": "former"}
_Place = tuple[int, int]  # start and end of one part, in characters of the text


def compose(reading: Reading) -> None:
    """Add to each sentence the flags that its words make together. Linear in the words that are in any set."""
    for sentence in reading.sentences:
        if sentence.zone == "body":
            continue  # flags count near the top only
        parts = _parts(sentence)
        if not parts:
            continue
        flags = sentence.hits.setdefault("flag", [])
        said = {hit.term.value for hit in flags if hit.term.strong}
        for language in reading.languages:
            for pattern in language.patterns:
                span = None if pattern.kind in said else _match(pattern, sentence, parts)
                if span is not None:
                    term = Term("flag", " + ".join(pattern.parts), pattern.kind, language.code, strong=pattern.strong)
                    flags.append(Hit(term, *span))
        flags.sort(key=lambda hit: hit.start)


def _parts(sentence: Sentence) -> dict[str, list[_Place]]:
    found: dict[str, list[_Place]] = {}
    for hit in sentence.of("part"):
        found.setdefault(f"{hit.term.language}.{hit.term.value}", []).append((hit.start, hit.end))
    return found


def _match(pattern: Pattern, sentence: Sentence, parts: dict[str, list[_Place]]) -> _Place | None:
    """Return where all parts of `pattern` stand close together, None where they do not."""
    if any(parts.get(f"{pattern.language}.{name}") for name in pattern.without):
        return None
    places: list[list[_Place]] = []
    for part in pattern.parts:
        places.append(list(_places(pattern.language, part, sentence, parts)))
        if not places[-1]:
            return None
    for first in places[0]:
        chosen = [first]
        for others in places[1:]:
            nearest = _nearest(others, chosen, ordered=pattern.ordered)
            if nearest is None:
                break
            chosen.append(nearest)
        if len(chosen) == len(places) and _close(chosen, pattern.reach):
            return min(start for start, _ in chosen), max(end for _, end in chosen)
    return None


def _places(language: str, part: str, sentence: Sentence, parts: dict[str, list[_Place]]) -> Iterator[_Place]:
    """Yield the places of "cut", of "cut|shed" and of "@people", which is a list of the language."""
    for name in part.split("|"):
        if name == "@org":
            yield from ((org.start, org.end) for org in sentence.orgs)
        elif name in _HITS:
            yield from ((hit.start, hit.end) for hit in sentence.of(_HITS[name]))
        else:
            yield from parts.get(f"{language}.{name}", ())


def _nearest(others: Sequence[_Place], chosen: Sequence[_Place], *, ordered: bool) -> _Place | None:
    """Return the place nearest to the last one chosen that overlaps none of them; behind it where order counts."""
    last = chosen[-1]
    free = [p for p in others if all(p[1] <= c[0] or c[1] <= p[0] for c in chosen)]
    if ordered:
        free = [p for p in free if p[0] >= last[1]]
    return min(free, key=lambda p: max(p[0] - last[1], last[0] - p[1]), default=None)


def _close(chosen: Sequence[_Place], reach: int) -> bool:
    ranked = sorted(chosen)
    return all(right[0] - left[1] <= reach for left, right in pairwise(ranked))

"""Known words -> hits: one Aho-Corasick pass over folded text, with word edges of our own in every script."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import ahocorasick

# Letters that Arabic writes onto the next word: and, so, in, for, like, the.
_CLITICS = frozenset({"و", "ف", "ب", "ل", "ك", "ال", "وال", "بال", "لل", "فال", "كال", "ول", "وب"})


@dataclass(frozen=True, slots=True)
class Term:
    """One phrase to look for and what it means.

    `kind` is org, person, product, not, trigger, role, people, number, former, status, negative, ai, anaphor, keyword;
    `value` the canonical name, the class of a trigger or the status. `form` keeps the spelling where capitals matter:
    with `capital` the first letter must be one. `cue` marks forms that count only beside a cue. `rest` is the second
    part of a phrase with a gap, `stem` allows any ending. `via` says how a name was spelt: exact, alias or mangled.
    """

    kind: str
    text: str
    value: str = ""
    language: str = ""
    strong: bool = True
    order: str = ""
    form: str = ""
    capital: bool = False
    cue: bool = False
    rest: str = ""
    stem: bool = False
    via: str = "exact"


@dataclass(frozen=True, slots=True)
class Hit:
    """A term met at characters `start` to `end` of the text."""

    term: Term
    start: int
    end: int


class Gazetteer:
    """All terms in one automaton. Read-only once built; build time and size are linear in the terms."""

    def __init__(
        self,
        terms: Iterable[Term],
        endings: Mapping[str, frozenset[str]] = MappingProxyType({}),
        base: Gazetteer | None = None,
    ) -> None:
        """Build it. `endings` are the case endings that names of organisations take on, by language.

        The terms of `base` are found too: a few terms over many shipped ones take no time to build.
        """
        self.endings = endings
        self.base = base
        groups: dict[str, list[Term]] = {}
        shared: dict[frozenset[str], frozenset[str]] = {}
        for term in terms:
            groups.setdefault(term.text, []).append(term)
        self._automaton = ahocorasick.Automaton()
        for text, group in groups.items():
            codes = frozenset(term.language for term in group)
            self._automaton.add_word(text, (len(text), shared.setdefault(codes, codes), tuple(dict.fromkeys(group))))
        if groups:
            self._automaton.make_automaton()
        self._empty = not groups

    def terms(self) -> Iterator[Term]:
        """Yield its own terms, without those of its base, in no order."""
        for _, _, group in self._automaton.values():
            yield from group

    def scan(self, text: str, folded: str, languages: frozenset[str]) -> Iterator[Hit]:
        """Yield every hit of a term of one of `languages` or of none, in order of its end."""
        if self.base is None:
            yield from self._own(text, folded, languages)
        elif own := list(self._own(text, folded, languages)):
            yield from sorted((*self.base.scan(text, folded, languages), *own), key=lambda hit: hit.end)
        else:
            yield from self.base.scan(text, folded, languages)

    def _own(self, text: str, folded: str, languages: frozenset[str]) -> Iterator[Hit]:
        if self._empty:
            return
        plain, read = _PLAIN, languages | {""}
        for last, (length, codes, group) in self._automaton.iter(folded):
            start, end = last - length + 1, last + 1
            if start and folded[start - 1] in plain and folded[start] in plain:
                continue  # within a word: most hits end here
            if read.isdisjoint(codes) or not left_edge(folded, start):
                continue
            after = folded[end : end + 1]
            closed = not (after in _PLAIN and folded[last] in _PLAIN) and right_edge(folded, end)
            for term in group:
                if term.language and term.language not in languages:
                    continue
                if not (closed or term.stem or (term.kind == "org" and self._declined(folded, start, end, languages))):
                    continue
                if term.capital and not _capital(text, start, end, term.form):
                    continue
                yield Hit(term, start, end if closed else word_end(folded, end))

    def _declined(self, folded: str, start: int, end: int, languages: frozenset[str]) -> bool:
        """Whether a name of four letters or more ends in a case ending: Microsoftu."""
        if end - start < 4:
            return False
        tail = folded[end : word_end(folded, end)]
        return any(tail in self.endings[code] for code in languages if code in self.endings)


_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")


def _capital(text: str, start: int, end: int, form: str) -> bool:
    return text[start].isupper() or text[start:end] == form


# ------------------------------------------------------------------------------------------------ word edges


def script(character: str) -> int:
    """Return the kind of a character: 0 no letter, 1 alphabetic, 2 Han, 3 Hiragana, 4 Katakana, 5 Hangul."""
    code = ord(character)
    if code < 0x900:
        return int(character.isalnum() or 0x64B <= code <= 0x652)
    if code < 0x3040:
        return int(character.isalnum() or (0x900 <= code <= 0x97F and code not in (0x964, 0x965)))
    if code < 0x30A0:
        return 3
    if code < 0x3100:
        return 0 if code in (0x30FB, 0x30A0) else 4
    if 0x3400 <= code < 0xA000 or code >= 0x20000:
        return 2
    return 5 if 0xAC00 <= code < 0xD7B0 else int(character.isalnum())


def left_edge(folded: str, start: int) -> bool:
    """Tell whether a word may begin at `start`."""
    if start == 0 or folded[start - 1] == " ":
        return True
    before = script(folded[start - 1])
    if before == 0 or before in (2, 3) or before != script(folded[start]):
        return True
    return "\u0600" <= folded[start] <= "\u06ff" and _clitic(folded, start)


def _clitic(folded: str, start: int) -> bool:
    begin = start
    while begin > 0 and start - begin < 4 and "\u0600" <= folded[begin - 1] <= "\u06ff":
        begin -= 1
    return folded[begin:start] in _CLITICS


def right_edge(folded: str, end: int) -> bool:
    """Tell whether a word may end at `end`. Hangul words carry their particles, so they may end anywhere."""
    if end >= len(folded) or folded[end] == " ":
        return True
    after = script(folded[end])
    return after == 0 or after in (2, 3, 5) or after != script(folded[end - 1])


def word_end(folded: str, position: int) -> int:
    """Return where the alphabetic word around `position` ends."""
    while position < len(folded) and script(folded[position]) == 1:
        position += 1
    return position


def longest(hits: Iterable[Hit]) -> list[Hit]:
    """Return the hits that no earlier or longer one overlaps, in order."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda h: (h.start, -h.end)):
        if not kept or hit.start >= kept[-1].end:
            kept.append(hit)
    return kept

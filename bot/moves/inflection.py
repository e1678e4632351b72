"""Names as a language bends them: "d'Arthur Mensch", "Yılmaz'ı", "Ивана Петрова" -> the name itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from bot.lexicon import Language

_ELIDED = re.compile(r"^[^\W\d_A-Z]{1,6}['’](?=[^\W\d_a-z])")
_SUFFIX = re.compile(r"(?<=[^\W\d_]{2})['’]([^\W\d_A-Z]{1,5})$")
_VOWELS = frozenset("aeiouyąęóаеёиоуыэюя")
_TELLING = 4  # letters of an ending of a family name that no other case has: -ского, not -ова


def trim(word: str, languages: Sequence[Language]) -> tuple[int, int]:
    """Return where the name begins and ends in `word`, without an elided article before or a case suffix after it."""
    begin, end = 0, len(word)
    if "'" not in word and "’" not in word:
        return begin, end
    elided = _ELIDED.match(word)
    if elided and word[elided.end()].isupper():
        begin = elided.end()
    suffix = _SUFFIX.search(word)
    if suffix and any(suffix.group(1).casefold() in language.after for language in languages):
        end = suffix.start()
    return begin, end


def given_name(word: str, languages: Sequence[Language], given: Collection[str]) -> str:
    """Return the folded given name of which `word` (folded) is a case form, "" if it is none."""
    return next((base for base, _ in _readings(word, languages, given)), "")


def nominative(name: str, languages: Sequence[Language], given: Collection[str]) -> str:
    """Return `name` in the case that a sentence calls its subject by; unchanged where no rule of a language applies."""
    first, *rest = name.split()
    if not rest or not any(language.cases for language in languages):
        return name
    family = rest[-1].casefold()
    known = first.casefold() in given
    readings = _readings(first.casefold(), languages, given)
    best: tuple[str, str, str] | None = (readings[0][0], "", "") if readings and not known else None
    for base, rules in readings:
        for old, new in rules:
            fits = family.endswith(old) and len(family) - len(old) >= 2 and (not known or len(old) >= _TELLING)
            if fits and (best is None or len(old) > len(best[1])):
                best = (base, old, new)
    if best is None:
        return _by_family(first, rest, languages, known=known) or name
    base, old, new = best
    return " ".join([_like(base), *rest[:-1], rest[-1][: len(rest[-1]) - len(old)] + new])


def _by_family(first: str, rest: list[str], languages: Sequence[Language], *, known: bool) -> str:
    """Return the name by its family name alone, where that has an ending of men's names only: -skiego, -ского; else "".

    A given name that no list has and its family name, ending alike after a consonant, are a foreign man's.
    """
    family, given = rest[-1].casefold(), first.casefold()
    for language in languages:
        for old, new in language.cases.get("he_family", ()):
            if not family.endswith(old) or len(family) - len(old) < 2:
                continue
            alike = not known and not new and given.endswith(old) and given[-len(old) - 1] not in _VOWELS
            if len(old) < _TELLING and not (alike and family[-len(old) - 1] not in _VOWELS):
                continue
            for ending, base in language.cases.get("he_given", ()):
                if given.endswith(ending) and not base:
                    bent = rest[-1][: len(rest[-1]) - len(old)] + new
                    return " ".join([first[: len(first) - len(ending)], *rest[:-1], bent])
    return ""


def _like(base: str) -> str:
    return "-".join(part.capitalize() for part in base.split("-"))


def _readings(
    word: str, languages: Sequence[Language], given: Collection[str]
) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    """Return each given name that `word` may be a form of, with the endings that its family name then has."""
    found = []
    for language in languages:
        for who in ("she", "he"):
            for old, new in language.cases.get(f"{who}_given", ()):
                base = word[: len(word) - len(old)] + new
                if word.endswith(old) and (base in given or base.replace("ё", "е") in given):
                    found.append((base, language.cases.get(f"{who}_family", ())))
    return found

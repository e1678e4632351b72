"""Spellings of names: who is known by which, what comes near, and what the matcher can never find in a text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from html import unescape
from typing import TypeVar

from rapidfuzz.fuzz import ratio
from rapidfuzz.process import extract

from bot.lexicon import Lexicon
from bot.lexicon.tables import word_weights
from bot.text import fold, one_line

T = TypeVar("T")

GROUPS = ("organisations", "people", "keywords")
_LEAST = 5  # letters of a name that may be a misspelling of another
_LONG = 10  # letters from which on more than one slip is looked for
_ALIKE = 0.9
_WORTH_A_LOOK = 79.9  # percent of letters in common that one slip in the shortest name leaves, less rounding
_COMMON = 0.5  # words of such a weight or less stand in all kinds of text
_REGEX = re.compile(r"\.[*+?]|\\[bBdDsSwW.]|\[[^\[\]]*\]|\(\?|[|^$]|[)\]][*+?{]|\w[+?]$")
_SHORT_STEM = 2
_QUOTES = "\"'“”„‟«»‘’‚‹›「」"


@dataclass(frozen=True)
class Known:
    """Who is known before any configuration: folded spelling -> canonical name and group."""

    names: Mapping[str, tuple[str, str]]

    @classmethod
    def of(cls, lexicon: Lexicon) -> Known:
        """Return whom `lexicon` knows."""
        return _known(lexicon)

    def canonical(self, name: str) -> str:
        """Return the name that a spelling stands for; one that nobody knows stays."""
        return self.names.get(fold(name), (name, ""))[0]

    def spellings(self, name: str) -> set[str]:
        """Return all folded spellings of whoever is known as `name`."""
        found = self.names.get(fold(name))
        return {spelling for spelling, owner in self.names.items() if owner == found} if found else set()


@lru_cache(maxsize=2)
def _known(lexicon: Lexicon) -> Known:
    names: dict[str, tuple[str, str]] = {}
    for organisation in lexicon.organisations:
        for form in (organisation.name, *organisation.aliases, *organisation.context):
            names.setdefault(fold(form), (organisation.name, "organisations"))
    for person in lexicon.people:
        for form in (person.name, *person.aliases):
            names.setdefault(fold(form), (person.name, "people"))
    return Known(names)


def nearest(word: str, names: Mapping[str, T]) -> T | None:
    """Return what the name next to `word` stands for, None where none is but a slip or two away."""
    mine = _letters(word)
    if len(mine) < _LEAST:
        return None
    listed = list(names)
    near = extract(mine, [*map(_letters, listed)], scorer=ratio, score_cutoff=_WORTH_A_LOOK, limit=None)
    best = max(((_likeness(mine, letters), listed[index]) for letters, _, index in near), default=(0.0, ""))
    return names[best[1]] if best[0] else None


@lru_cache(maxsize=8_192)
def _letters(text: str) -> str:
    """Return the letters and digits of `text` without case and accents: Open-AI and OpenAI are one."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if c.isalnum())


def _likeness(one: str, other: str) -> float:
    """Return how much two names are alike, 0 where they are two names."""
    if len(other) < _LEAST or abs(len(one) - len(other)) > 2:
        return 0.0
    if one == other:
        return 1.0
    if _is_one_slip(one, other):
        return 0.95
    if min(len(one), len(other)) < _LONG:
        return 0.0
    alike = SequenceMatcher(None, one, other, autojunk=False)
    return alike.ratio() if alike.quick_ratio() >= _ALIKE and alike.ratio() >= _ALIKE else 0.0


def _is_one_slip(one: str, other: str) -> bool:
    """Whether a letter is changed, left out, put in, or changed places with the next."""
    short, long = sorted((one, other), key=len)
    start = next((n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) != len(long):
        return len(long) - len(short) == 1 and short[start:] == long[start + 1 :]
    swapped = short[start : start + 2] == long[start : start + 2][::-1] and short[start + 2 :] == long[start + 2 :]
    return short[start + 1 :] == long[start + 1 :] or swapped


def impossible(text: str) -> str:
    """Say why no text can hold these words, and what to write instead; "" if one can."""
    plain = one_line(unescape(text))
    if not any(c.isalnum() for c in text):
        return f"{_shown(text)} is no name: it holds no letter and no digit"
    if text[0] in _QUOTES and text[-1] in _QUOTES and len(text) > 2:
        return (
            f"{text!r} has quotation marks of its own, and can never match: write {text[1:-1]!r}, or use plain quotes"
        )
    if plain != text:
        return f"{_shown(text)} can never match: it holds what texts do not, once they are read; write {plain!r}"
    for word in text.split():
        scripts = _alphabets(word)
        if len(scripts) > 1:
            told = f"{text!r} mixes letters of {' and '.join(scripts)} in one word, which look alike and are not"
            return f"{told}: type {word!r} anew"
    return ""


def no_pattern(text: str) -> str:
    """Say why a keyword is no pattern that the matcher takes, and what to write instead; "" if it is."""
    parts = text.split(" … ")
    if _REGEX.search(text):
        return (
            f"{text!r} is no regular expression: those may take for ever on a long text, so that it is taken letter by "
            "letter. `word*` is any ending, ` … ` a gap; list other variants as aliases"
        )
    if len(parts) > 2:
        return f"{text!r} has {len(parts) - 1} gaps, and can never match: one is taken. Make two keywords of it"
    if "..." in text or text.count("…") != len(parts) - 1 or not all(part.strip(" …") for part in parts):
        return f"{text!r} can never match: write a gap as ` … `, with a word and a space on either side"
    if "*" in text.removesuffix("*") and not (len(parts) == 2 and text.count("*") == 1 and parts[0].endswith("*")):
        return f"{text!r} can never match: `*` stands for any ending, so it goes at the end of the first words only"
    if len(parts) == 2 and parts[1].endswith("*"):
        return f"{text!r} can never match: `*` stands for any ending before a gap, not behind it"
    if text.endswith("*") and len(text) - 1 <= _SHORT_STEM and text.isascii():
        return f"{text!r} matches words in nearly every text: write more of the word"
    return ""


def ordinary(text: str, lexicon: Lexicon) -> str:
    """Return the code of a language in which `text` is one ordinary word, "" where it is none or several words."""
    word = fold(text)
    if not word.isalpha():
        return ""
    for code, language in lexicon.languages.items():
        if word in language.vocabulary or word in language.stopwords:
            return code
    return "en" if word_weights().get(word, 1.0) <= _COMMON else ""


def _alphabets(word: str) -> list[str]:
    """Return the alphabets that look alike and stand in one word: LATIN, CYRILLIC, GREEK."""
    found = {unicodedata.name(c, "").partition(" ")[0] for c in word if c.isalpha()}
    return sorted(script.title() for script in found & {"LATIN", "CYRILLIC", "GREEK"})


def _shown(text: str) -> str:
    """Show also what cannot be seen."""
    return ascii(text) if not text.isprintable() or any(unicodedata.category(c) == "Cf" for c in text) else repr(text)

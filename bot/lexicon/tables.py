"""Fixed tables beside the word lists: weights of words, sounds of letters, owners of media, how texts count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from bot.errors import ConfigError, Problem
from bot.lexicon import parse

_IDF, _PINYIN, _OWNERS, _COUNTING, _SCRIPTS = "idf.txt", "pinyin.txt", "owners.yaml", "counting.yaml", "scripts.yaml"


def _lines(name: str) -> list[str]:
    text = (files("bot.lexicon") / name).read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@cache
def word_weights() -> Mapping[str, float]:
    """Return the weight of each common word and pair of characters, 0 to 1; a word that is not here weighs 1.

    Raises ConfigError naming a line that is no weight.
    """
    table: dict[str, float] = {}
    weight = 0.0
    for line in _lines(_IDF):
        if line.startswith("["):
            try:
                weight = float(line.strip("[]").removesuffix(" pairs"))
            except ValueError as error:
                raise ConfigError((Problem(0, line, "is no weight", _IDF),)) from error
            continue
        for word in line.split():
            table.setdefault(word, weight)
    return MappingProxyType(table)


@cache
def pinyin() -> Mapping[str, str]:
    """Return the syllable of each common Chinese character, without tone."""
    table: dict[str, str] = {}
    for line in _lines(_PINYIN):
        syllable, _, characters = line.partition(" ")
        table.update(dict.fromkeys(characters, syllable))
    return MappingProxyType(table)


@cache
def media_owners() -> Mapping[str, str]:
    """Return the media group behind each known domain."""
    return MappingProxyType(parse(_OWNERS, (files("bot.lexicon") / _OWNERS).read_text("utf-8")))


@dataclass(frozen=True, slots=True)
class Counting:
    """How texts count and date. `scales` and `numerals` map words to numbers, `months` to 1 to 12, `money` to signs."""

    scales: Mapping[str, float]
    numerals: Mapping[str, float]
    months: Mapping[str, int]
    in_month: tuple[str, ...]
    units: tuple[str, ...]
    percent: tuple[str, ...]
    some: tuple[str, ...]
    money: Mapping[str, str]


@cache
def counting() -> Counting:
    """Return how texts count and date, in all languages at once."""
    data = parse(_COUNTING, (files("bot.lexicon") / _COUNTING).read_text("utf-8"))
    return Counting(
        scales=MappingProxyType({w: float(n) for n, words in data["scales"].items() for w in words}),
        numerals=MappingProxyType({w: float(n) for n, words in data["numerals"].items() for w in words}),
        months=MappingProxyType({w: int(n) for n, words in data["months"].items() for w in words}),
        in_month=tuple(data["in_month"]),
        units=tuple(data["units"]),
        percent=tuple(data["percent"]),
        some=tuple(data["some"]),
        money=MappingProxyType({w: sign for sign, words in data["money"].items() for w in words}),
    )


@dataclass(frozen=True, slots=True)
class Scripts:
    """How letters sound: `letters` of alphabets and kana, the others the parts of a Hangul syllable in order."""

    letters: Mapping[str, str]
    first: tuple[str, ...]
    vowel: tuple[str, ...]
    last: tuple[str, ...]


@cache
def scripts() -> Scripts:
    """Return how the letters of other scripts sound in Latin ones."""
    data = parse(_SCRIPTS, (files("bot.lexicon") / _SCRIPTS).read_text("utf-8"))
    letters = {
        pair[0]: pair[1:].replace("-", "")
        for name in ("cyrillic", "arabic", "devanagari", "kana")
        for pair in data[name].split()
    }
    parts = [tuple(p.replace("-", "") for p in data[f"hangul_{part}"].split()) for part in ("first", "vowel", "last")]
    return Scripts(MappingProxyType(letters), *parts)

"""How much a word tells of its story, and how a Chinese character sounds: two fixed tables, read once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from bot.errors import ConfigError, Problem
from bot.lexicon import parse

_IDF, _PINYIN, _OWNERS = "idf.txt", "pinyin.txt", "owners.yaml"


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

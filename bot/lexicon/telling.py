"""How texts say where they have their news from: phrases of `telling.yaml`, folded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from bot.errors import ConfigError, Problem
from bot.lexicon import LANGUAGES, parse
from bot.lexicon import _text as read_text
from bot.text import fold

_NAME = "telling.yaml"
_KINDS = (
    "relay_before",
    "relay_after",
    "media",
    "own",
    "insider",
    "confirms",
    "comment",
    "undone",
    "after_all",
    "old",
    "talks",
    "corrects",
    "started",
)
_LISTS = ("aggregators", "statements", "wires")


@dataclass(frozen=True, slots=True)
class Phrases:
    """The phrases of each kind by language code, the words of outlets' names, and the names of agencies."""

    kinds: Mapping[str, Mapping[str, tuple[str, ...]]]
    aggregators: tuple[str, ...]
    statements: tuple[str, ...]
    wires: tuple[str, ...]

    def of(self, kind: str, language: str) -> tuple[str, ...]:
        """Return the phrases of one kind in one language; English ones serve every text."""
        table = self.kinds[kind]
        return table.get(language, ()) + (() if language == "en" else table.get("en", ()))


@cache
def phrases() -> Phrases:
    """Read and check the shipped file. Raises ConfigError naming what is wrong."""
    data = parse(_NAME, read_text(_NAME))
    for key in data.keys() - {*_KINDS, *_LISTS}:
        raise ConfigError((Problem(0, key, "is no known key", _NAME),))
    kinds: dict[str, Mapping[str, tuple[str, ...]]] = {}
    for kind in _KINDS:
        table = data.get(kind, {})
        for code in table.keys() - set(LANGUAGES):
            raise ConfigError((Problem(0, f"{kind}.{code}", "is no known language", _NAME),))
        kinds[kind] = MappingProxyType({code: tuple(map(fold, rows)) for code, rows in table.items()})
    lists = {key: tuple(map(fold, data.get(key, []))) for key in _LISTS}
    return Phrases(MappingProxyType(kinds), lists["aggregators"], lists["statements"], lists["wires"])

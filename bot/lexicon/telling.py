"""How texts say where they have their news from: phrases of `telling.yaml`, folded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
    "behind",
    "behind_after",
    "negates",
    "offers",
    "joints",
    "starts_own",
    "looks_back",
    "gathers",
)
_ONE_SIDE = frozenset({"relay_before", "relay_after", "behind", "behind_after"})  # a language may have the other only
_FOLDED = ("aggregators", "statements", "wires", "particles", "articles")
_WRITTEN = ("credits", "credits_after")
CUES = frozenset(_KINDS[: _KINDS.index("behind")]) - _ONE_SIDE  # kinds that say something of a whole text


@dataclass(frozen=True, slots=True)
class Phrases:
    """The phrases of each kind by language code, and lists for all languages at once; all folded but `credits`."""

    kinds: Mapping[str, Mapping[str, tuple[str, ...]]]
    aggregators: tuple[str, ...]
    statements: tuple[str, ...]
    wires: tuple[str, ...]
    particles: tuple[str, ...]
    articles: tuple[str, ...]
    credits: tuple[str, ...]
    credits_after: tuple[str, ...]

    def of(self, kind: str, language: str) -> tuple[str, ...]:
        """Return the phrases of one kind in one language; English ones serve every text."""
        table = self.kinds[kind]
        return table.get(language, ()) + (() if language == "en" else table.get("en", ()))

    def in_any(self, kind: str) -> tuple[str, ...]:
        """Return the phrases of one kind in all languages."""
        return tuple(phrase for rows in self.kinds[kind].values() for phrase in rows)


@cache
def phrases() -> Phrases:
    """Read and check the shipped file. Raises ConfigError naming what is wrong."""
    return read_phrases(read_text(_NAME))


def read_phrases(text: str) -> Phrases:
    """Return the phrases of a file's text. Raises ConfigError naming every unknown key, missing language or bad row."""
    data = parse(_NAME, text)
    problems = list(_problems(data))
    if problems:
        raise ConfigError(tuple(Problem(0, key, what, _NAME) for key, what in problems))
    kinds = {
        kind: MappingProxyType({code: tuple(map(fold, rows)) for code, rows in data[kind].items()}) for kind in _KINDS
    }
    folded = {key: tuple(map(fold, data[key])) for key in _FOLDED}
    return Phrases(MappingProxyType(kinds), **folded, **{key: tuple(data[key]) for key in _WRITTEN})


def _problems(data: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield (key, what is wrong with it)."""
    for key in data.keys() - {*_KINDS, *_FOLDED, *_WRITTEN}:
        yield key, "is no known key"
    for key in (*_FOLDED, *_WRITTEN):
        yield from _bad_rows(key, data.get(key))
    for kind in _KINDS:
        table = data.get(kind)
        if not isinstance(table, Mapping):
            yield kind, "is missing, or no table of languages"
            continue
        for code in sorted(table.keys() - set(LANGUAGES)):
            yield f"{kind}.{code}", "is no known language"
        for code in sorted(set(LANGUAGES) - table.keys() if kind not in _ONE_SIDE else ()):
            yield f"{kind}.{code}", "is missing"
        for code, rows in table.items():
            yield from _bad_rows(f"{kind}.{code}", rows)
    for pair in (("relay_before", "relay_after"), ("behind", "behind_after")):
        known = {code for kind in pair if isinstance(table := data.get(kind), Mapping) for code in table}
        for code in sorted(set(LANGUAGES) - known):
            yield f"{pair[0]}.{code}", "is missing, in the other order too"


def _bad_rows(key: str, rows: object) -> Iterator[tuple[str, str]]:
    if not isinstance(rows, Sequence) or isinstance(rows, str) or not rows:
        yield key, "is no list of phrases"
        return
    for row in rows:
        if not isinstance(row, str) or not row.strip():
            yield key, f"{row!r} is no phrase"
    if len(set(map(str, rows))) < len(rows):
        yield key, "has a phrase twice"

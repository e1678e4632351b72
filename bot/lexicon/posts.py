"""Posts: the family of work and the rank that the words of a post say, by a fixed table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from bot.errors import ConfigError, Problem
from bot.lexicon import parse
from bot.text import fold

_FILE = "posts.yaml"
_LATIN = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@cache
def _table() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """Return families and ranks with their words. Raises ConfigError if the file holds anything else."""
    table = parse(_FILE, (files("bot.lexicon") / _FILE).read_text("utf-8"))
    if set(table) != {"families", "ranks"}:
        raise ConfigError((Problem(0, ", ".join(table), "must be families and ranks", _FILE),))
    return table


def families() -> tuple[str, ...]:
    """Return the names of all families."""
    return tuple(_table()["families"])


def ranks() -> tuple[str, ...]:
    """Return the names of all ranks, in the order in which they are looked for."""
    return tuple(_table()["ranks"])


def family_of(post: str) -> str:
    """Return the family of work that a post is of, "" where its words do not say."""
    return _first("families", post)


def rank_of(post: str) -> str:
    """Return the rank of a post, "" where its words do not say."""
    return _first("ranks", post)


def _first(part: str, post: str) -> str:
    folded = fold(post)
    words = _LATIN.findall(folded)
    text = f" {' '.join(words)} "
    return next((name for name, terms in _table()[part].items() if any(_has(text, t) for t in terms)), "")


def _has(text: str, term: str) -> bool:
    stem, starred = term.removesuffix("*"), term.endswith("*")
    if _UNSPACED.search(stem):
        return stem in text
    return f" {stem}" in text if starred else f" {stem} " in text

"""Markers of scripts that glue them to names, or set them behind: 从A, Aから, A에서, A से, لشركة A."""

from __future__ import annotations

import re

from bot.lexicon import Language
from bot.moves.gazetteer import right_edge, script

UNSPACED = frozenset({"zh", "ja"})
BEHIND = frozenset({"ja", "ko", "hi"})  # languages whose markers stand behind the name

_REACH = 40  # characters looked back for a marker
_LONGEST = 10  # characters of the longest marker
_CLAUSE = re.compile(r"[。，；：、,;:（(《「『“]")
_QUOTES = " '\"“”「」『』《》‘’"
_ASIDE = re.compile(r"\s?[（(][^（）()]{0,40}[）)]")


def marker_before(folded: str, language: Language, start: int, floor: int) -> str:
    """Return the slot of the marker that the text before `start` ends with, words of `skip` left out; "" for none."""
    window = _CLAUSE.split(folded[max(floor, start - _REACH) : start])[-1]
    for _ in range(5):
        window = window.rstrip(_QUOTES)
        for length in range(min(_LONGEST, len(window)), 0, -1):
            slot = language.before.get(window[-length:])
            if slot:
                return slot
        skipped = max((len(word) for word in language.skip if window.endswith(word)), default=0)
        if not skipped:
            return ""
        window = window[:-skipped]
    return ""


def case_behind(folded: str, language: Language, end: int) -> str:
    """Return the slot of the particle or postposition behind a name that ends at `end`; "" for none.

    An aside and a word of `skip` (日本法人) may stand between. In alphabets (Devanagari) the particle is a word of its
    own, elsewhere it touches the name.
    """
    aside = _ASIDE.match(folded, end)
    start = aside.end() if aside else end
    start += max((len(unit) for unit in language.skip if folded.startswith(unit, start)), default=0)
    rest = folded[start : start + _LONGEST + 4]
    touching = rest.lstrip("'\"”’」』》)")
    apart = touching.lstrip(" ")
    for length in range(min(_LONGEST, len(apart)), 0, -1):
        slot = language.after.get(apart[:length])
        if slot and (right_edge(apart, length) if script(apart[0]) == 1 else apart == touching):
            return slot
    return ""

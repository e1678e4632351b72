"""Text -> the words, names and numbers that tell one story from another, with fixed weights."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from bot.lexicon.tables import counting, word_weights
from bot.text import fold

LEAD = 600  # characters of the body that are compared
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_PAIRED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_OUTLET = re.compile(r"\s+[|\u2013\u2014-]\s+[^|\u2013\u2014-]{2,40}$")
_MOST_WORDS = 60  # of one lead
_UNNAMED = 1.0

# 1.5 billion, 15億, $100M: a number, then what it is multiplied by.
_NUMBER = re.compile(
    r"(?<![\w.,-])(\d{1,3}(?:[ .,\u00a0]\d{3})+|\d+(?:[.,]\d+)?)\s?(?:(?:[\u20ac$£]|US)\s?)?([^\W\d_]+)?"
)
_SHORT = 2  # letters of abbreviations, which follow digits only


def _any(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=lambda w: (-len(w), w)))


_COUNT = counting()
MONTHS = _COUNT.months
_LONGEST = sorted((w for w in _COUNT.scales if not w.isascii()), key=lambda w: (-len(w), w))
_WRITTEN = _any(w for w, scale in _COUNT.scales.items() if len(w) > _SHORT and scale not in (1e4, 1e8))
_SPELT = re.compile(rf"(?<!\w)({_any(_COUNT.numerals)}) ({_WRITTEN})(?![\w-])")
_PERCENT = re.compile(
    rf"(?<!\w)(\d+(?:[.,]\d+)?|{_any(w for w in _COUNT.numerals if len(w) > 1)})\s?(?:{_any(_COUNT.percent)})"
)
_VAGUE = re.compile(rf"(?:{_any(_COUNT.some)}) ({_WRITTEN})(?!\w)")
_TIME = re.compile(rf"[\s-]*(?:{_any(_COUNT.units)})", re.IGNORECASE)


def weight(word: str) -> float:
    """Return what `word` adds to a likeness: by the shipped table; 1 for what it does not know."""
    return word_weights().get(word, _UNNAMED)


def total(words: Iterable[str]) -> float:
    """Return the weight of all `words`."""
    table = word_weights()
    return sum(table.get(word, _UNNAMED) for word in words)


def headline(title: str) -> str:
    """Return a headline folded, without the outlet at its end."""
    return fold(_OUTLET.sub("", title))


def words_of(folded: str, most: int = _MOST_WORDS) -> tuple[str, ...]:
    """Return the words of a folded text once each, in order; pairs of characters where a script sets no spaces."""
    if not _PAIRED.search(folded):
        words = _WORD.findall(folded.replace("'s", "").replace("’s", ""))
        return tuple(dict.fromkeys(w for w in words if len(w) > 1))[:most]
    found: dict[str, None] = {}
    for match in _WORD.finditer(folded):
        if len(found) >= most:
            break
        word = match.group()
        if _PAIRED.search(word):
            for piece in re.split(r"([\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+)", word):
                if _PAIRED.match(piece):
                    found.update(dict.fromkeys(piece[i : i + 2] for i in range(len(piece) - 1)))
                elif len(piece) > 1:
                    found[piece] = None
        elif len(word) > 1:
            found[_stem(word)] = None
    return tuple(found)


def _stem(word: str) -> str:
    """Return an English word without its genitive: what else a language bends stays, for the tables know the forms."""
    return word.removesuffix("'s").removesuffix("’s")


def numbers_of(text: str) -> frozenset[float]:
    """Return the amounts and counts in `text`, in digits or with a scale in words; years, days and ages left out."""
    found = set()
    for match in _NUMBER.finditer(text):
        unit = (match[2] or "").casefold()
        scale = _scale(unit)
        value = _value(match[1]) * scale
        year = scale == 1 and 1_900 <= value <= 2_100
        dated = scale == 1 and (
            _TIME.match(text, match.end(1)) or unit in MONTHS or _before(text, match.start()) in MONTHS
        )
        if value >= 10 and not year and not dated:
            found.add(value)
    for numeral, unit in _SPELT.findall(text.casefold()):
        found.add(_COUNT.numerals[numeral] * _COUNT.scales[unit])
    return frozenset(found)


def shares_of(folded: str) -> frozenset[str]:
    """Return the percentages in a folded text as "percent:2", and scales without a number as "some:million"."""
    found = {f"percent:{_COUNT.numerals.get(n) or _value(n):g}" for n in _PERCENT.findall(folded)}
    return frozenset(found | {f"some:{_COUNT.scales[unit]:g}" for unit in _VAGUE.findall(folded)})


_MONEY_BEFORE = re.compile(rf"({_any(_COUNT.money)})\s?$", re.IGNORECASE)
_MONEY_BEHIND = re.compile(
    rf"(?:{_any(_COUNT.scales)})?[\s-]?(?:[^\W\d_]{{1,3}}[. ]{{1,2}})?({_any(_COUNT.money)})(?![a-z])", re.IGNORECASE
)
_NOUN_WITHIN = 28  # characters behind a number: "40 of its senior researchers"


def counts_of(text: str, people: Sequence[str]) -> Iterator[str]:
    """Yield what numbers of `text` count: "people:40" before one of the words `people`, "money:$1e+08" for a sum."""
    for match in _NUMBER.finditer(text):
        value = _value(match[1]) * _scale(match[2] or "")
        end = match.end(1)
        sign = _MONEY_BEFORE.search(text, max(0, match.start() - 8), match.start())
        sign = sign or _MONEY_BEHIND.match(text[end : end + 24].lstrip())
        behind = _CLAUSE_END.split(text[end : end + _NOUN_WITHIN])[0].casefold()
        if sign:
            yield f"money:{_COUNT.money[sign[1].casefold()]}{value:.15g}"
        elif value >= 10 and not _TIME.match(text, end) and any(_holds(behind, word) for word in people):
            yield f"people:{value:.15g}"


_CLAUSE_END = re.compile(r"[.,;:!?。，、؛،]\s|[。，、；]|\d")


def value_of(count: str) -> float:
    """Return the number in what `counts_of` gives."""
    return float(count.partition(":")[2].lstrip("".join(_COUNT.money.values())))


def _holds(behind: str, word: str) -> bool:
    if _PAIRED.search(word):
        return word in behind  # no spaces part words
    return re.search(rf"(?<!\w){re.escape(word.casefold())}(?!\w)", behind) is not None


def _scale(unit: str) -> float:
    unit = unit.casefold()
    return _COUNT.scales.get(unit) or next((_COUNT.scales[s] for s in _LONGEST if unit.startswith(s)), 1.0)


def _before(text: str, at: int) -> str:
    words = text[max(0, at - 14) : at].casefold().split()
    return words[-1] if words else ""


def _value(digits: str) -> float:
    if re.fullmatch(r"\d{1,3}(?:[ .,\u00a0]\d{3})+", digits):
        return float(re.sub(r"\D", "", digits))
    return float(digits.replace(",", "."))


def jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    """Return the weight that two sets of words share, of that of both: 0 to 1."""
    shared = total(a & b)
    union = total(a | b)
    return shared / union if union else 0.0

"""Text -> the words, names and numbers that tell one story from another, with fixed weights."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.lexicon.weights import word_weights
from bot.text import fold

LEAD = 600  # characters of the body that are compared
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_PAIRED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_OUTLET = re.compile(r"\s+[|\u2013\u2014-]\s+[^|\u2013\u2014-]{2,40}$")
_MOST_WORDS = 60  # of one lead
_UNNAMED = 1.0

# 1.5 billion, 15億, $100M: a number, then what it is multiplied by.
_NUMBER = re.compile(r"(?<![\w.,-])(\d{1,3}(?:[ .,\u00a0]\d{3})+|\d+(?:[.,]\d+)?)\s?(?:(?:[\u20ac$£]|US)\s?)?([^\W\d_]+)?")
_SCALES = {
    1e3: "k thousand tausend mille mil duizend tysięcy bin тысяч тыс 千 천 ألف हजार mila".split(),
    1e4: "万 萬 만".split(),
    1e6: "m mn mln million millions millionen millionen mio milioni milione millones millón milhões milhão miljoen milionów miliony milion milyon миллионов миллиона миллион млн 百万 مليون ملايين मिलियन".split(),
    1e8: "亿 億 억".split(),
    1e9: "b bn billion billions milliarde milliarden mrd miliardi miliardo milliards milliard bilhões bilhão miljard miliardów miliard milyar миллиардов миллиард млрд 十亿 مليار अरब".split(),
}  # fmt: skip
_SCALE = {word: scale for scale, words in _SCALES.items() for word in words}
_LONGEST = sorted(_SCALE, key=len, reverse=True)


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
    """Return the amounts and counts that stand in digits in `text`, multiplied out; years and days of a month left out."""
    found = set()
    for digits, word in _NUMBER.findall(text):
        value = _value(digits)
        unit = word.casefold()
        scale = _SCALE.get(unit) or next((_SCALE[s] for s in _LONGEST if not s.isascii() and unit.startswith(s)), 1.0)
        value *= scale
        if value >= 10 and not (scale == 1 and (1_900 <= value <= 2_100 or value <= 31)):  # noqa: PLR2004
            found.add(value)
    return frozenset(found)


def _value(digits: str) -> float:
    if re.fullmatch(r"\d{1,3}(?:[ .,\u00a0]\d{3})+", digits):
        return float(re.sub(r"\D", "", digits))
    return float(digits.replace(",", "."))


def jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    """Return the weight that two sets of words share, of that of both: 0 to 1."""
    shared = total(a & b)
    union = total(a | b)
    return shared / union if union else 0.0

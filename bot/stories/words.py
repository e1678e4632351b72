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
_NUMBER = re.compile(
    r"(?<![\w.,-])(\d{1,3}(?:[ .,\u00a0]\d{3})+|\d+(?:[.,]\d+)?)\s?(?:(?:[\u20ac$£]|US)\s?)?([^\W\d_]+)?"
)
_SCALES = {
    1e3: ["k", "thousand", "thousands", "tausend", "mille", "mil", "duizend", "tysięcy", "bin", "тысяч", "тыс", "千", "천", "ألف", "हजार", "mila"],
    1e4: ["万", "萬", "만"],
    1e6: ["m", "mn", "mln", "million", "millions", "millionen", "millionen", "mio", "milioni", "milione", "millones", "millón", "milhões", "milhão", "miljoen", "milionów", "miliony", "milion", "milyon", "миллионов", "миллиона", "миллион", "млн", "百万", "مليون", "ملايين", "मिलियन"],
    1e8: ["亿", "億", "억"],
    1e9: ["b", "bn", "billion", "billions", "milliarde", "milliarden", "mrd", "miliardi", "miliardo", "milliards", "milliard", "bilhões", "bilhão", "miljard", "miliardów", "miliard", "milyar", "миллиардов", "миллиард", "млрд", "十亿", "مليار", "अरब"],
}  # fmt: skip
_SCALE = {word: scale for scale, words in _SCALES.items() for word in words}
_LONGEST = sorted(_SCALE, key=len, reverse=True)


_MONTHS = {
    1: "january januar janvier enero gennaio janeiro januari stycznia ocak января",
    2: "february februar février febrero febbraio fevereiro februari lutego şubat февраля",
    3: "march märz mars marzo março maart marca mart марта",
    4: "april avril abril aprile kwietnia nisan апреля",
    5: "may mai mayo maggio maio mei maja mayıs мая मई",
    6: "june juni juin junio giugno junho czerwca haziran июня",
    7: "july juli juillet julio luglio julho lipca temmuz июля",
    8: "august août agosto augustus sierpnia ağustos августа",
    9: "september septembre septiembre settembre setembro września eylül сентября",
    10: "october oktober octobre octubre ottobre outubro października ekim октября",
    11: "november novembre noviembre novembro listopada kasım ноября",
    12: "december dezember décembre diciembre dicembre dezembro december grudnia aralık декабря",
}
MONTHS = {word: number for number, words in _MONTHS.items() for word in words.split()}
_NUMERALS = {
    word: float(value)
    for value, words in enumerate(
        ["", "one a un une uno una ein eine einer einem um uma een jeden bir один", "two zwei deux dos due dois duas twee dwa iki два", "three drei trois tres tre três drie trzy üç три", "four vier quatre cuatro quattro quatro cztery dört четыре", "five fünf cinq cinco cinque vijf pięć beş пять", "six sechs seis sei zes sześć altı шесть", "seven sieben sept siete sette sete zeven", "eight acht huit ocho otto oito", "nine neun neuf nueve nove negen", "ten zehn dix diez dieci dez tien dziesięć on десять"]
    )
    for word in words.split()
}
_NUMERALS |= {"twenty": 20.0, "thirty": 30.0, "forty": 40.0, "fifty": 50.0, "hundred": 100.0}
_SPELT = re.compile(
    rf"(?<!\w)({'|'.join(sorted(_NUMERALS, key=len, reverse=True))}) ({'|'.join(w for s in (1e3, 1e6, 1e9) for w in sorted(_SCALES[s], key=len, reverse=True) if len(w) > 2)})(?!\w)"
)
_PERCENT = re.compile(
    rf"(?<!\w)(\d+(?:[.,]\d+)?|{'|'.join(w for w in sorted(_NUMERALS, key=len, reverse=True) if len(w) > 1)})\s?(?:%|percent|per cent|prozent|pour cent|por ciento|por cento|per cento|procent|процент|प्रतिशत|퍼센트|パーセント)"
)
_VAGUE = re.compile(
    r"(?:several|many|hundreds of|tens of|dozens of|single-digit|mehrere|plusieurs|varios|diversi|vários|kilka|несколько) (thousands?|thousand|millions?|billions?|millionen|milliarden|millones|milioni|milhões|milionów|миллионов|тысяч|тыс)(?!\w)"
)
_TIME = re.compile(
    r"[\s-]*(?:years?|months?|weeks?|days?|hours?|jahre?n?|monate?n?|wochen|tagen?|ans|mois|semaines|jours|años|meses|semanas|días|anni|mesi|settimane|giorni|anos|dias"
    r"|jaar|maanden|weken|dagen|lat|miesięcy|tygodni|dni|yıl|yaşında|ay|hafta|gün|лет|месяц|недел|дн|年|月|日|歳|岁|歲|年間|년|월|일|세|살|عام|سنة|شهر|يوم|साल|महीने|दिन)",
    re.IGNORECASE,
)


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
    """Return the amounts and counts in `text`, in digits or with a scale in words; years, days and ages left out."""
    found = set()
    for match in _NUMBER.finditer(text):
        unit = (match[2] or "").casefold()
        scale = _SCALE.get(unit) or next((_SCALE[s] for s in _LONGEST if not s.isascii() and unit.startswith(s)), 1.0)
        value = _value(match[1]) * scale
        year = scale == 1 and 1_900 <= value <= 2_100
        dated = scale == 1 and (
            _TIME.match(text, match.end(1)) or unit in MONTHS or _before(text, match.start()) in MONTHS
        )
        if value >= 10 and not year and not dated:
            found.add(value)
    for numeral, unit in _SPELT.findall(text.casefold()):
        found.add(_NUMERALS[numeral] * _SCALE[unit])
    return frozenset(found)


def shares_of(folded: str) -> frozenset[str]:
    """Return the percentages in a folded text as "percent:2", and scales without a number as "some:million"."""
    found = {f"percent:{_NUMERALS.get(n) or _value(n):g}" for n in _PERCENT.findall(folded)}
    return frozenset(found | {f"some:{_SCALE[unit]:g}" for unit in _VAGUE.findall(folded)})


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

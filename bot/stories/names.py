"""Is it the same person? Names across spellings, initials, word orders and scripts.

Only names are compared here. That two people of one name stay two is decided by where they go: see `bot.stories.match`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from bot.lexicon.tables import pinyin, scripts
from bot.lexicon.telling import phrases

_SPECIAL = str.maketrans(
    {"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ə": "a"}
)
_PARTICLES = frozenset(phrases().particles)
_LATIN = re.compile(r"[a-z]")
_HAN = re.compile(r"[\u3400-\u9fff]")
_MIDDLE_DOT = re.compile(r"[·・•‧\s]+")
_PART = 3  # letters from which one name may stand for the whole
_ENOUGH = 4  # letters from which it may differ by one
_ALIKE = 0.62  # share of sounds that two names in two scripts must have in common


@lru_cache(maxsize=20_000)
def plain(name: str) -> tuple[str, ...]:
    """Return the words of a name in Latin letters, without accents: what two spellings of it are compared by.

    A hyphen joins, a dot after an initial goes, small words as in "van der" are left out unless nothing else stays.
    """
    text = unicodedata.normalize("NFKD", romanised(name).casefold().translate(_SPECIAL))
    text = "".join(c for c in text if not unicodedata.combining(c)).replace("-", "").replace("'", "").replace("’", "")
    words = re.findall(r"[a-z0-9]+", text)
    return tuple(w for w in words if w not in _PARTICLES) or tuple(words)


@lru_cache(maxsize=100_000)
def same_name(one: str, other: str) -> bool:
    """Tell whether two spellings can be one person's: in another order, shortened, mangled, in another script."""
    if one == other:
        return True
    a, b = plain(one), plain(other)
    if not a or not b:
        return False
    if set(a) == set(b) or "".join(a) == "".join(b) or ("".join(sorted(a)) == "".join(sorted(b)) and len(a) == len(b)):
        return True
    native = (not is_latin(one), not is_latin(other))
    if native[0] != native[1] or (native[0] and native[1] and script(one) != script(other)):
        return _sounds_alike(one, other, a, b)
    if native[0]:
        return _part_of_native(one, other)
    return _same_latin(a, b)


def _same_latin(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    short, full = sorted((a, b), key=len)
    if len(short) == 1:
        word = short[0]
        if len(full) == 1:
            return len(word) > 5 and _near(word, full[0])
        return len(word) >= _PART and (word in (full[0], full[-1]) or word == "".join(full))
    if _near(short[-1], full[-1]) and _same_given(short[0], full[0]):
        return True
    return _near(short[-1], full[0]) and _near(short[0], full[-1]) and min(map(len, short)) > 1


def _same_given(a: str, b: str) -> bool:
    """Tell whether two first names can be one: equal, an initial, a short form of the other, or a letter off."""
    short, full = sorted((a, b), key=len)
    if len(short) == 1:
        return full.startswith(short)
    return (len(short) > 2 and full.startswith(short)) or _near(a, b)


def _near(a: str, b: str) -> bool:
    """Equal, or one letter off in words long enough for that to be a slip."""
    if a == b:
        return True
    if min(len(a), len(b)) < _ENOUGH or abs(len(a) - len(b)) > 1:
        return False
    allowed = 1 if max(len(a), len(b)) < 9 else 2
    return distance(a, b, allowed) <= allowed


def distance(a: str, b: str, most: int) -> int:
    """Return how many letters must be put in, left out or changed to make `b` of `a`; `most` + 1 for more."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, row = row, [i]
        for j, y in enumerate(b, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y)))
        if min(row) > most:
            return most + 1
    return row[-1]


def _part_of_native(one: str, other: str) -> bool:
    """Tell whether one is a part of the other, parted by a dot or space; a family name in Han says too little."""
    short, full = sorted((one, other), key=len)
    parts = [p for p in _MIDDLE_DOT.split(full) if p]
    return len(parts) > 1 and len(short) > 1 and short in (parts[0], parts[-1])


# ------------------------------------------------------------------------------------------------ scripts


def is_latin(name: str) -> bool:
    """Tell whether a name is written in Latin letters."""
    return script(name) == "latin"


def script(text: str) -> str:
    """Return the script of the first letter: latin, han, kana, hangul, cyrillic, arabic, devanagari or other."""
    for c in text:
        if not c.isalpha():
            continue
        code = ord(c)
        for name, low, high in _RANGES:
            if low <= code <= high:
                return name
        return "other"
    return "other"


_RANGES = (
    ("latin", 0x41, 0x24F),
    ("latin", 0x1E00, 0x1EFF),
    ("cyrillic", 0x400, 0x52F),
    ("arabic", 0x600, 0x6FF),
    ("devanagari", 0x900, 0x97F),
    ("kana", 0x3040, 0x30FF),
    ("han", 0x3400, 0x9FFF),
    ("hangul", 0xAC00, 0xD7AF),
)

_BARE_CONSONANT = re.compile("([\u0915-\u0939])(?=[\u0915-\u0939])")


@lru_cache(maxsize=20_000)
def romanised(name: str) -> str:
    """Return a name in Latin letters, by sound; what is Latin already stays. A Chinese name keeps its word order."""
    kind = script(name)
    if kind in ("latin", "other"):
        return name
    if kind == "han" and not re.search(r"[\u3040-\u30ff]", name):
        return _from_han(name)
    if kind in ("kana", "han"):
        folded = "".join(chr(ord(c) + 0x60) if "\u3041" <= c <= "\u3096" else c for c in name)
        return _MIDDLE_DOT.sub(
            " ", "".join(scripts().letters.get(c, pinyin().get(c, " " if not c.isalnum() else "")) for c in folded)
        )
    if kind == "hangul":
        return "".join(_syllable(c) for c in name)
    if kind == "devanagari":
        name = _BARE_CONSONANT.sub(r"\1अ", name)
    letters = scripts().letters
    return "".join(letters.get(c, c if not c.isalpha() else "") for c in name.casefold())


def _from_han(name: str) -> str:
    """Return how a name sounds: a foreign one part by part at its dots, else family name and given name."""
    parts = [p for p in _MIDDLE_DOT.split(name) if p]
    sounds = ["".join(pinyin().get(c, "") for c in part) for part in parts]
    if len(parts) == 1 and 2 <= len(name) <= 4:
        cut = 2 if len(name) == 4 else 1
        sounds = ["".join(pinyin().get(c, "") for c in piece) for piece in (name[:cut], name[cut:])]
    return " ".join(sounds)


def _syllable(c: str) -> str:
    index = ord(c) - 0xAC00
    if not 0 <= index < 11_172:
        return c if not c.isalpha() else ""
    parts = scripts()
    return parts.first[index // 588] + parts.vowel[index % 588 // 28] + parts.last[index % 28]


# Letters that scripts write for one another, by what they sound like: one letter a class.
_SOUNDS = (
    (re.compile(r"sch|sh|zh|ch|tch|ts|x|j|q(?=i|u)|c(?=[eiy])|z|s|dg"), "S"),
    (re.compile(r"ph|[fvbpw]"), "B"),
    (re.compile(r"ck|kh|gh|[kgcqh]"), "K"),
    (re.compile(r"th|[td]"), "T"),
    (re.compile(r"[lr]"), "L"),
    (re.compile(r"ng|n"), "N"),
    (re.compile(r"m"), "M"),
)
_DOUBLE = re.compile(r"(.)\1+")


@lru_cache(maxsize=20_000)
def skeleton(word: str) -> str:
    """Return the classes of the consonants of a Latin word, doubles once: what survives a transliteration."""
    for pattern, to in _SOUNDS:
        word = pattern.sub(to, word)
    return _DOUBLE.sub(r"\1", re.sub(r"[^A-Z]", "", word))


def _sounds_alike(one: str, other: str, a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    """Compare two names of two scripts by their consonants; a Chinese name must be spelt as it sounds."""
    if any(script(n) == "han" and 2 <= len(n) <= 3 for n in (one, other)) and not re.search(
        r"[\u3040-\u30ff]", one + other
    ):
        joined = "".join(a), "".join(b)
        return joined[0] == joined[1] or "".join(reversed(a)) == joined[1] or joined[0] == "".join(reversed(b))
    if len(a) > 1 and len(b) > 1:
        return any(_skeletons_alike(a, tuple(order)) for order in (b, reversed(b)))
    whole, part = (a, b) if len(a) >= len(b) else (b, a)
    return any(len(skeleton(w)) > 2 and skeleton(w) == skeleton(part[0]) for w in (*whole, "".join(whole)))  # fmt: skip


def _skeletons_alike(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    """First and last words both alike, by the share of sounds they have in common."""
    pairs = ((skeleton(a[0]), skeleton(b[0])), (skeleton(a[-1]), skeleton(b[-1])))
    total = sum(max(len(x), len(y)) for x, y in pairs)
    off = sum(distance(x, y, 9) for x, y in pairs)
    return total > 2 and all(x[:1] == y[:1] or not x or not y for x, y in pairs) and 1 - off / total >= _ALIKE

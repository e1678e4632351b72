"""Where a name stands: behind a word that makes it the backdrop of the news, or where writers are credited."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from bot.lexicon import load
from bot.lexicon.tables import counting
from bot.lexicon.telling import phrases
from bot.text import fold

_FAR = 90  # characters before a name in which a word can put it behind
_NEAR = 24  # characters after it
_WORDS = 8  # between the two
_BENT = 3  # letters of a pronoun from which it may take endings
_STOP = re.compile(r"[.;:!?。；！？\n]")
_COMMA = re.compile(r"[,，、،]")
_LINE, _LINE_END = re.compile(r"\n[ \t]*$"), re.compile(r"[ \t]*\n")
_CREDITED = 28  # characters before a name in which it is credited
_SPACED = "\u2e80"  # from here on scripts set no spaces


def _any(words: Sequence[str]) -> str:
    """Return a pattern of any of `words`, as whole words where the script has spaces."""
    rows = sorted({w.strip() for w in words}, key=lambda w: (-len(w), w))
    if not rows:
        return "(?!)"
    return "|".join(
        ("" if w[0] >= _SPACED else r"(?<!\w)")
        + re.escape(w)
        + ("" if w[-1] >= _SPACED or not w[-1].isalnum() else r"(?!\w)")
        for w in rows
    )


@cache
def _before(language: str) -> re.Pattern[str]:
    return re.compile(_any(phrases().of("behind", language)))


@cache
def _after(language: str) -> re.Pattern[str] | None:
    rows = phrases().kinds["behind_after"].get(language)
    return re.compile("|".join(map(re.escape, rows))) if rows else None


@cache
def _units() -> frozenset[str]:
    return frozenset(counting().units)


@cache
def _pronouns(language: str) -> frozenset[str]:
    table = load().languages.get(language) or load().languages["en"]
    return frozenset(map(fold, table.words["pronouns"]))


def is_behind(text: str, start: int, end: int, language: str) -> bool:
    """Tell whether what stands from `start` to `end` is only what the news comes after: "following the exit of P".

    A comma ends the clause ("after ten years at A, P leaves"), unless the name is an example ("after some left,
    including P"); so do a time ("nach zehn Jahren bei A geht P") and a pronoun that speaks of the name to come
    ("nach seinem Abgang").
    """
    before = _STOP.split(fold(text[max(0, start - _FAR) : start]))[-1]
    cues = list(_before(language).finditer(before))
    if cues and _parts_nothing(_including(language).sub("", before[cues[-1].end() :]), language):
        return True
    pattern = _after(language)
    after = _STOP.split(fold(text[end : end + _NEAR]))[0]
    cue = pattern.search(after) if pattern else None
    return bool(cue and _parts_nothing(after[: cue.start()], language))


def _parts_nothing(between: str, language: str) -> bool:
    words = re.findall(r"\w+", between)
    stems = tuple(p for p in _pronouns(language) if len(p) > _BENT)
    own = _units().union(_pronouns(language)).intersection(words) or any(w.startswith(stems) for w in words)
    return len(words) <= _WORDS and not _COMMA.search(between) and not own


@cache
def _including(language: str) -> re.Pattern[str]:
    table = load().languages.get(language) or load().languages["en"]
    return re.compile(rf"[,，、،]?\s*(?:{_any([fold(w) for w in table.words['including']])})\s*$")


@cache
def fillers(language: str) -> re.Pattern[str]:
    """Return what may stand between two names of a list: commas, small words, posts."""
    table = load().languages.get(language) or load().languages["en"]
    words = [*phrases().of("joints", language), *map(fold, table.words["roles"])]
    return re.compile(rf"[\s,;&、，・•'’-]+|{_any(words)}")


@cache
def _negations(language: str) -> re.Pattern[str]:
    return re.compile(_any(phrases().of("negates", language)))


def is_negated(folded: str, language: str) -> bool:
    """Tell whether a piece of a folded text has a word that says not."""
    return _negations(language).search(folded) is not None


@cache
def _offers(language: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, phrases().of('offers', language)))})\w*(?: \w{{1,4}})? ?$")


def offers(folded: str, language: str) -> bool:
    """Tell whether a folded text ends in a word for an offer: whose name follows makes it."""
    return _offers(language).search(folded) is not None


@cache
def _credits() -> tuple[re.Pattern[str], re.Pattern[str]]:
    known = phrases()
    small = _any([w for w in known.credits if w == fold(w)])
    written = _any([w for w in known.credits if w != fold(w)])
    after = "|".join(map(re.escape, known.credits_after))
    return re.compile(rf"(?:(?i:{small})|{written})\s*[:：/]?\s*$"), re.compile(rf"\s*(?:{after})")


def is_credit(text: str, start: int, end: int) -> bool:
    """Tell whether a name stands where writers and photographers are credited, or alone on a line of the body."""
    before, after = _credits()
    alone = _LINE.search(text[:start]) and _LINE_END.match(text, end)
    return bool(alone or before.search(text[max(0, start - _CREDITED) : start]) or after.match(text, end))

"""Where a text says that it has its news from: the outlets it relays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from bot.lexicon import load
from bot.lexicon.telling import phrases
from bot.stories.names import is_latin, plain, romanised, same_name, skeleton
from bot.stories.words import weight
from bot.text import fold

_REACH = 48  # characters between a cue and the outlet that it speaks of
_CAPITALS = re.compile(
    r"[A-Z\u00c0-\u00de][A-Za-z0-9\u00c0-\u024f&.'’-]*"
    r"(?: (?:(?:of|de|do|da|di|und|and|the|du|la|el) )?[A-Z\u00c0-\u00de][A-Za-z0-9\u00c0-\u024f&.'’-]*)*"
)
_CREDIT = re.compile(r"[(（]([^()（）]{2,12})[)）]")
_TOP = 400  # characters in which an agency is credited


def first_of(words: Iterable[str], folded: str) -> str:
    """Return the first of `words` that stands in a folded text, "" for none."""
    return next((w for w in words if found_in(w, folded) >= 0), "")


def found_in(phrase: str, folded: str, start: int = 0) -> int:
    """Return where a phrase stands at the start of a word, -1 for nowhere; its end may go on: languages bend words."""
    spaced = phrase.strip()
    at = folded.find(spaced, start)
    while at >= 0:
        before = folded[at - 1 : at]
        closed = not phrase.endswith(" ") or not folded[at + len(spaced) : at + len(spaced) + 1].isalnum()
        if closed and (not before.isalnum() or not spaced[0].isalpha() or spaced[0] > "\u2e80" or spaced[0] == "'"):
            return at
        at = folded.find(spaced, at + 1)
    return -1


def relays_of(text: str, language: str, *, skip: Sequence[str], people: Sequence[str]) -> Iterator[str]:
    """Yield the names of the outlets that a text has its news from; never itself, a firm or person of the news."""
    folded = fold(text)
    known = phrases()
    for cue in known.of("relay_before", language):
        at = found_in(cue, folded)
        while at >= 0:
            after = text[at + len(cue) : at + len(cue) + _REACH]
            yield from _outlet_in(after, skip, people, front=True)
            at = found_in(cue, folded, at + 1)
    for cue in known.of("relay_after", language):
        at = folded.find(cue)
        while at >= 0:
            yield from _outlet_in(text[max(0, at - _REACH) : at], skip, people, front=False)
            at = folded.find(cue, at + 1)
    yield from (wire for wire in _credited(folded) if not any(_letters(wire) == _letters(s) for s in skip))
    media = first_of(known.of("media", language), folded)
    if media:
        yield media


def _outlet_in(window: str, skip: Sequence[str], people: Sequence[str], *, front: bool) -> Iterator[str]:
    """Yield the name at the near end of `window`: capitalised words, or what stands there without capitals."""
    window = re.split(r"[.,;:!?。，；：！？\n(（]", window)[0 if front else -1].strip(" \"'“”「」『』《》")
    words = window.split()
    while front and words and fold(words[0]).rstrip("'’") in phrases().articles:
        words = words[1:]
    name = ""
    if words and is_latin(words[0] if front else words[-1]):
        match = _CAPITALS.match(" ".join(words)) if front else None
        if not front:
            ends = [m for m in _CAPITALS.finditer(window) if m.end() >= len(window) - 4]
            match = ends[-1] if ends else None
        name = match.group() if match else ""
    elif words:
        name = " ".join(words[:3] if front else words[-3:])[:24]
    if not name or any(_letters(name) == _letters(s) for s in skip if s) or _is_person(name, people):
        return
    if is_latin(name) and len(name.split()) == 1 and weight(fold(name)) < 0.5:
        return
    yield name


def _credited(folded: str) -> Iterator[str]:
    """Yield the agencies that stand in brackets near the top of a text: "LONDON (Reuters) - "."""
    for match in _CREDIT.finditer(folded[:_TOP]):
        if match[1] in phrases().wires:
            yield match[1]


def _is_person(name: str, people: Sequence[str]) -> bool:
    """Whether a name is that of somebody in the news, or begins with a first name, a post before it left aside."""
    words = name.split()
    while len(words) > 1 and weight(fold(words[0])) < 1:
        words = words[1:]
    if any(same_name(" ".join(words), p) for p in people):
        return True
    return len(words) > 1 and fold(words[0]) in load().names.given and weight(fold(words[-1])) == 1


def _letters(name: str) -> str:
    return "".join(c for c in fold(name) if c.isalnum())


def same_outlet(relayed: str, outlet: str) -> bool:
    """Tell whether a relayed name is that of an outlet: whole, its last word, or as it sounds in another script."""
    a, b = fold(relayed).strip(), fold(outlet).strip()
    if not a or not b:
        return False
    if a in b or b in a:
        return min(len(a), len(b)) > 3 or a == b
    if is_latin(relayed) and is_latin(outlet):
        short = {w for w in plain(relayed) if len(w) > 3 and weight(w) > 0.3}
        return bool(short & set(plain(outlet)))
    x, y = ("".join(skeleton(w) for w in romanised(n).casefold().split()) for n in (relayed, outlet))
    return len(y) > 2 and (y[:5] in x or (len(x) > 3 and x[:5] in y))

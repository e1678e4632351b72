"""How many words between a verb and a name no rule explains: names, posts, markers and fillers are explained."""

from __future__ import annotations

import re

from bot.moves.gazetteer import Hit
from bot.moves.reading import Reading, Sentence

_NAMELIKE = 3  # what a strange word with a capital counts: it may be the true mover
_ASIDE = re.compile(r"\([^()]*\)|^ ?, [^,]*,")
_PLAIN = re.compile(r"[^\W\d_]+(?:['’.\-][^\W\d_]+)*")
EXPLAINED = ("role", "former", "people", "number", "ai", "anaphor", "status", "product", "person")


def strange_words(reading: Reading, sentence: Sentence, start: int, end: int) -> int:
    """Return how many words there are neither names, posts, markers nor fillers. Asides do not count."""
    gap = _ASIDE.sub(lambda m: " " * len(m.group()), reading.folded[start:end])
    marks = [(h.start, h.end) for kind in EXPLAINED for h in sentence.of(kind)]
    marks += [(m.start, m.end) for m in (*sentence.orgs, *sentence.people)]
    marks += [_field_of(reading, role) for role in sentence.of("role")]
    count = 0
    for match in _PLAIN.finditer(gap):
        at = start + match.start()
        if not any(b <= at < e for b, e in marks) and not _small(reading, match.group()):
            count += _NAMELIKE if sentence.zone != "title" and reading.text[at].isupper() else 1
    return count


_FIELD = re.compile(r" [\w&-]+(?: (?:and|&) [\w-]+)?")


def _field_of(reading: Reading, role: Hit) -> tuple[int, int]:
    """Return the characters of the field that a post is for: "safety" in "head of safety"."""
    opened = role.end if role.term.text.endswith((" of", " for")) else -1
    for word in (" of", " for"):
        opened = role.end + len(word) if reading.folded.startswith(word + " ", role.end) else opened
    match = _FIELD.match(reading.folded, opened) if opened >= 0 else None
    return (opened, match.end()) if match else (role.start, role.end)


def _small(reading: Reading, word: str) -> bool:
    word = word.removesuffix("'s")
    return len(word) < 2 or any(word in language.small for language in reading.languages) or word.endswith("ly")

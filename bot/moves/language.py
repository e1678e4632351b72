"""Which language a text is in: by its script, then by its commonest words. No model, no dependency."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from bot.lexicon import Language

_HINT = 0.6  # what an ordinary word says of the language, against a stop word's 1
_SAMPLE = 1_500  # characters looked at
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
# Particles between two parts of a name tell nothing of the language of the text: "Thandeka van der Holt joins".
_PARTICLES = re.compile(
    r"(?<=\w)(?: (?:van|von|der|den|de|di|da|del|della|la|le|el|al|bin|dos|du|ter|ten|zu))+ (?=[A-Z])"
)
_SCRIPTS = (
    ("ja", re.compile("[\u3041-\u3096\u30a1-\u30fa]")),
    ("ko", re.compile("[\uac00-\ud7a3]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("ar", re.compile("[\u0621-\u064a]")),
    ("hi", re.compile("[\u0904-\u0939]")),
    ("ru", re.compile("[\u0410-\u044f]")),
)


_OTHERS = frozenset(code for code, _ in _SCRIPTS)
_NO_ALPHABET_OF_ROME = re.compile("[\u0400-\u04ff\u0600-\u06ff\u0900-\u097f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")


def detect(languages: Mapping[str, Language], text: str, hint: str = "") -> str:
    """Return the code of the language of `text`: the hint where script and words allow it, "en" where nothing tells."""
    sample = text[:_SAMPLE]
    if not _NO_ALPHABET_OF_ROME.search(sample):
        roman = {code: language for code, language in languages.items() if code not in _OTHERS or code == hint}
        return _by_words(roman, sample, hint)
    letters = sum(map(str.isalpha, sample)) or 1
    for code, pattern in _SCRIPTS:
        found = len(pattern.findall(sample))
        if found >= 0.12 * letters or (code in ("ja", "ko") and found >= 0.06 * letters and found > 3):
            return code
    return _by_words(languages, sample, hint)


def _by_words(languages: Mapping[str, Language], sample: str, hint: str) -> str:
    words = Counter(_WORD.findall(_PARTICLES.sub(" ", sample).casefold()))
    seen = frozenset(words)  # sets meet faster than a set and a mapping
    scores = {code: _score(language, words, seen) for code, language in languages.items()}
    hint = hint if hint in scores else ""
    if hint:
        scores[hint] = scores[hint] * 1.3 + 1
    best = max(scores, key=lambda code: (scores[code], code == "en"), default="en")
    return best if scores and scores[best] else "en"


def _score(language: Language, words: Mapping[str, int], seen: frozenset[str]) -> float:
    """Count the words of the language's stop list, and those of its other vocabulary as hints."""
    stops = language.stopwords & seen
    hints = (language.vocabulary & seen) - stops
    return sum(map(words.__getitem__, stops)) + _HINT * sum(map(words.__getitem__, hints))

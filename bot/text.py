"""Text helpers that several rooms need: cleaning, folding, sentences. Pure, and linear in the length of the text."""

from __future__ import annotations

import re
import unicodedata

from bot.model import Span

# Invisible or direction-changing characters: soft hyphen, zero-width, bidi controls, BOM, interlinear, tags, variation.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_SPACES = re.compile(r"[^\S\n]{2,}|[^\S\n ]")  # a single space is what it shall be
_BLANK_LINES = re.compile(r"\s*\n\s*\n\s*")
_LINE_EDGES = re.compile(r" *\n *")
# Two hundred characters in a row, in scripts that set spaces, are no word: what reads words may cost their square.
_WORDLIKE = r"[^\s\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\ufe30-\uffef]"
_ENDLESS_WORD = re.compile(rf"(?<!{_WORDLIKE})({_WORDLIKE}{{200}}){_WORDLIKE}{{100,}}")


def clean(text: str, *, limit: int = 200_000) -> str:
    """Return `text` in NFC without control and invisible characters, white space collapsed, at most `limit` long.

    Paragraphs stay: a blank line between them, and single line breaks inside them. Words without end are cut.
    """
    text = unicodedata.normalize("NFC", text[: 2 * limit])
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n\n")
    if not (text.isascii() and text.isprintable()):
        text = _INVISIBLE.sub("", _CONTROL.sub("", text))
    text = _ENDLESS_WORD.sub(r"\1…", _SPACES.sub(" ", text))
    if "\n" in text:
        text = _LINE_EDGES.sub("\n", _BLANK_LINES.sub("\n\n", text))
    return text.strip()[:limit]


def one_line(text: str, *, limit: int = 1_000) -> str:
    """Return `text` cleaned, on one line."""
    return " ".join(clean(text, limit=4 * limit).split())[:limit]


def fold(text: str) -> str:
    """Return `text` for matching: case and width folded, quotes and dashes unified, of exactly the same length.

    Characters whose folding would change the length stay as they are, so that offsets in one are offsets in the other.
    """
    return text.lower() if text.isascii() else text.translate(_FOLDED)


class _Folded(dict[int, str]):
    """Code point -> its folded character, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        folded = unicodedata.normalize("NFKC", chr(code)).casefold()
        self[code] = folded if len(folded) == 1 else chr(code)
        return self[code]


_FOLDED = _Folded(
    {ord(c): to for c, to in zip("\u2019\u2018\u02bc\u2010\u2011\u2012\u00a0\u0130", "'''--- i", strict=True)}
)


# A sentence ends at . ! ? … before white space or the end, or at a CJK, Arabic or Devanagari stop; closing quotes go
# with it.
_END = re.compile(r"""(?:[.!?…]+["'”’»)\]]*(?=\s|$)|[。！？।؟]+["'”’»」』）)]*)|\n\n""")
_ABBREVIATION = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|prof|sr|jr|st|vs|inc|corp|ltd|co|no|nr|u\.s|u\.k|e\.g|i\.e|approx|dept|gen|sen|rep|gov|sig|dott|ing"
    r"|m|mm|mme|z\.b|d\.h|bzw|usw|ca|etc|al)|\b\w)\.$",
    re.IGNORECASE,
)


def sentences(text: str) -> list[Span]:
    """Return the sentences of `text` as spans without surrounding white space, in order.

    A paragraph break always ends one; an abbreviation or an initial before the dot does not.
    """
    spans: list[Span] = []
    start = 0
    for match in _END.finditer(text):
        if match.group().startswith(".") and _ABBREVIATION.search(
            text, max(start, match.start() - 12), match.start() + 1
        ):
            continue
        _append(spans, text, start, match.end())
        start = match.end()
    _append(spans, text, start, len(text))
    return spans


def _append(spans: list[Span], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if end > start:
        spans.append(Span(start, end))

"""Bytes to text: which charset a feed or page is in, whatever it says. Pure, and linear in the length of the body."""

from __future__ import annotations

import codecs
import re
import unicodedata
from typing import NamedTuple

# The labels that we decode by, as people write them. What is not here (utf-7, punycode, unicode_escape ...) is refused:
# such names decode to something else than text, or make a decoder raise. Source: WHATWG Encoding, its common part.
_KNOWN = {
    "utf-8": "utf-8 utf8 unicode-1-1-utf-8",
    "cp1252": "iso-8859-1 iso8859-1 iso_8859-1 latin1 latin-1 l1 us-ascii ascii windows-1252 cp1252 cp-1252 ansi",
    "iso8859_2": "iso-8859-2 iso8859-2 latin2 latin-2",
    "cp1250": "windows-1250 cp1250",
    "cp1251": "windows-1251 cp1251 win-1251 win1251",
    "koi8_r": "koi8-r koi8",
    "koi8_u": "koi8-u",
    "cp1253": "windows-1253 cp1253",
    "iso8859_5": "iso-8859-5",
    "iso8859_6": "iso-8859-6",
    "iso8859_7": "iso-8859-7 greek",
    "iso8859_8": "iso-8859-8",
    "cp1254": "iso-8859-9 windows-1254 cp1254 latin5",
    "cp1255": "windows-1255 cp1255",
    "cp1256": "windows-1256 cp1256",
    "cp1257": "windows-1257 cp1257 iso-8859-13",
    "cp1258": "windows-1258 cp1258",
    "iso8859_15": "iso-8859-15 iso8859-15 latin9 latin-9",
    "cp874": "windows-874 tis-620 iso-8859-11",
    "cp932": "shift_jis shift-jis sjis x-sjis windows-31j ms_kanji",
    "euc_jp": "euc-jp x-euc-jp",
    "iso2022_jp": "iso-2022-jp",
    "gb18030": "gb2312 gbk gb18030 x-gbk gb_2312-80 euc-cn",
    "big5hkscs": "big5 big5-hkscs x-x-big5 cn-big5",
    "cp949": "euc-kr ks_c_5601-1987 cp949 korean windows-949",
    "utf-16": "utf-16 utf16 ucs-2 iso-10646-ucs-2",
    "utf-16-le": "utf-16le",
    "utf-16-be": "utf-16be",
    "utf-32": "utf-32 utf32 ucs-4",
    "utf-32-le": "utf-32le",
    "utf-32-be": "utf-32be",
}
_CODEC = {label: codec for codec, labels in _KNOWN.items() for label in labels.split()}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# "<" and the character after it, in the wide encodings without a mark
_WIDE = ((b"<\0\0\0", "utf-32-le"), (b"\0\0\0<", "utf-32-be"), (b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))
_HEADER = re.compile(r"charset\s*=\s*[\"']?([^\s;\"']{1,40})", re.IGNORECASE)
_DECLARED = re.compile(
    rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([^"']{1,40})["']|<meta[^>]{0,300}?charset\s*=\s*["']?([^\s"'/>;]{1,40})""",
    re.IGNORECASE,
)
_NO_TEXT = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]|[\xfe\xff]")  # surrogates in UTF-8, and bytes that never are in it
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_GUESSES = ("cp932", "euc_jp", "gb18030", "cp949", "big5hkscs", "cp1251", "koi8_r", "cp1253", "cp1256", "cp1255")
_SAMPLE = 32_768


class Decoded(NamedTuple):
    """Text, and in words what is doubtful about it ("" for nothing)."""

    text: str
    doubt: str = ""


def decode(body: bytes, content_type: str = "") -> Decoded:
    """Return `body` as text.

    A byte order mark wins, then valid UTF-8, whatever a header says; then the header's charset, the one declared in the
    body, and detection. Names that are not on the list of known charsets count as absent. Never raises: what cannot be
    decoded is replaced, and said.
    """
    for mark, codec in _MARKS:
        if body.startswith(mark):
            return Decoded(body[len(mark) :].decode(codec, "replace"))
    head = body[:2_048].lstrip()
    for start, codec in _WIDE:
        if head.startswith(start):
            return Decoded(body.decode(codec, "replace"))
    labels = _labels(body[:2_048], content_type)
    if "iso2022_jp" in labels and b"\x1b$" in body:
        return Decoded(body.decode("iso2022_jp", "replace"))
    try:
        return Decoded(body.decode("utf-8"))
    except UnicodeDecodeError:
        return _not_utf8(body, labels)


def _labels(head: bytes, content_type: str) -> list[str]:
    """Return the codecs named by header and body, in this order, known ones only."""
    named = _HEADER.search(content_type)
    declared = _DECLARED.search(head)
    names = [named[1] if named else "", (declared[1] or declared[2]).decode("latin-1") if declared else ""]
    return [codec for name in names if (codec := _CODEC.get(name.strip().lower()))]


def _not_utf8(body: bytes, labels: list[str]) -> Decoded:
    others = [codec for codec in labels if codec != "utf-8" and not codec.startswith("utf-")]
    latin = _looks_latin(body)
    for codec in others:
        # every body is valid Latin-1: believe that label only where the bytes look like it
        if (codec != "cp1252" or latin) and (text := _strict(body, codec)) is not None:
            return Decoded(text)
    if "utf-8" in labels or not labels:
        text = _NO_TEXT.sub(b"", body).decode("utf-8", "replace")
        if text.count("\ufffd") <= 1 + sum(not c.isascii() for c in text) // 20:
            return Decoded(text.replace("\ufffd", ""), "some bytes are no valid UTF-8")
    guess = "cp1252" if latin else _guess(body)
    doubt = "" if not labels and latin else f"the charset is none that was declared; taken for {guess}"
    return Decoded(body.decode(guess, "replace"), doubt)


def _strict(body: bytes, codec: str) -> str | None:
    try:
        return body.decode(codec)
    except (UnicodeDecodeError, UnicodeError):
        return body.decode("latin-1") if codec == "cp1252" else None


def _looks_latin(body: bytes) -> bool:
    """Tell whether high bytes stand alone among ASCII letters, as in western languages: no script of its own."""
    runs = [len(run) for run in _HIGH_RUN.findall(body[: 8 * _SAMPLE])]
    return 2 * sum(n for n in runs if n <= 2) >= sum(runs)


def _guess(body: bytes) -> str:
    return max(_GUESSES, key=lambda codec: _likeness(body, codec))


def _likeness(body: bytes, codec: str) -> float:
    """Say how much the body looks like language under `codec`: from 0 (not valid) to 1."""
    start = _HIGH_RUN.search(body)
    sample = body[start.start() : start.start() + _SAMPLE] if start else b""
    try:
        text = codecs.getincrementaldecoder(codec)().decode(sample)
    except UnicodeDecodeError:
        return 0.0
    korean = codec == "cp949"
    marks = [_weight(before, c, korean) for before, c in zip(" " + text, text, strict=False) if not c.isascii()]
    return sum(marks) / len(marks) if marks else 0.0


def _weight(before: str, character: str, korean: bool) -> float:
    if "\u3041" <= character <= "\u30fe" or "\uac00" <= character <= "\ud7a3":  # kana, Hangul
        return 1.0
    if "\u4e00" <= character <= "\u9fff":
        return 0.0 if korean else 0.8  # Korean is written without, and Chinese taken for it is full of them
    if unicodedata.category(character) in {"Co", "Cn", "Cc", "So", "Sc"} or "\uff61" <= character <= "\uff9f":
        return -1.0
    if character.isalpha():
        shouting = character.isupper() and before.isalpha() and before.islower()
        return -0.5 if shouting else 0.9 if character.islower() or not character.isupper() else 0.5
    return 0.3

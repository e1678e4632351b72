"""Entries that are written plainly, read straight from their element: a fifth of what feedparser takes for them.

Only what cannot be read in two ways is read here, and to what feedparser would say of it; all else is left to it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from lxml import etree

from bot.feeds import dates
from bot.feeds.document import DROPPED

_ATOM, _RSS1 = "{http://www.w3.org/2005/Atom}", "{http://purl.org/rss/1.0/}"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_DATE = "{http://purl.org/dc/elements/1.1/}date"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_FIELDS: Mapping[str, str] = {
    **{f"{space}title": "title" for space in ("", _RSS1, _ATOM)},
    **{f"{space}link": "link" for space in ("", _RSS1)},
    **{f"{space}description": "summary" for space in ("", _RSS1)},
    "guid": "id",
    _CONTENT: "content",
    "pubDate": "published",
    _DATE: "updated",
    **{f"{_ATOM}{name}": name for name in ("id", "summary", "content", "published", "updated")},
}
_TEXTS = frozenset({"title", "summary", "content"})
_DATES = frozenset({"published", "updated"})
_TYPES = {None: "text/plain", "text": "text/plain", "text/plain": "text/plain", "html": "text/html"}
_TYPES["text/html"] = "text/html"
_LINK = re.compile(r"https?://[\w.-]+(?::\d+)?(?:/[\w.~!$'()*+,;=:@%/-]*)?(?:\?[\w.~!$'()*+,=:@%/?-]*)?", re.ASCII)
_OTHER_LINKS = frozenset({"self", "edit", "replies", "related", "via", "next", "shorturl"})
_SILENT = ("{http://purl.org/rss/1.0/modules/slash/}", "{http://wellformedweb.org/CommentAPI/}")
_CP1252 = {code: bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0)}


def entry(element: etree._Element) -> Mapping[str, Any] | None:
    """Return an RSS or Atom entry as feedparser names its fields; None where it is not written plainly."""
    found: dict[str, Any] = {}
    atom = str(element.tag).startswith(_ATOM)
    for child in element:
        tag = str(child.tag)
        if tag.startswith(_SILENT) or tag.rpartition("}")[2] in DROPPED:
            continue
        if atom and tag == f"{_ATOM}link":
            if child.get("rel") in _OTHER_LINKS:
                continue
            name, text = "link", _href(child)
        else:
            name, text = _FIELDS.get(tag, ""), _value(child, atom=atom)
        if not name or text is None or name in found:
            return None
        if name in _DATES and dates.parse(text) is None:
            return None
        found[name] = text
        if name in _TEXTS:
            kind = _TYPES[child.get("type")] if atom else "text/html"
            found[f"{name}_detail"] = {"type": kind}
    if not _LINK.fullmatch(found.get("link", "")):
        return None
    if "content" in found:
        found["content"] = ({"value": found["content"], "type": found["content_detail"]["type"]},)
    return found


def _value(child: etree._Element, *, atom: bool) -> str | None:
    """Return the text of an element that holds nothing else, and bears no attribute that says how to read it."""
    for name, value in child.attrib.items():
        told = name in {_LANG, "isPermaLink"} or (name == "type" and atom and value in _TYPES)
        if not told:
            return None
    return None if len(child) else _mended((child.text or "").strip())


def _href(child: etree._Element) -> str | None:
    """Return where the link to an entry's page leads, None where it may not be that."""
    if child.get("rel", "alternate") != "alternate" or child.get("type", "text/html") != "text/html":
        return None
    return str(child.get("href", ""))


def _mended(text: str) -> str:
    """Return text without two common faults: UTF-8 read as Latin-1 and encoded again, Windows' codes for dashes."""
    if text.isascii():
        return text
    with suppress(UnicodeError):
        text = text.encode("latin-1").decode("utf-8")
    return text.translate(_CP1252)

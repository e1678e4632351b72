"""OPML: the lists of feeds that readers exchange (http://opml.org/spec2.opml). Imports lxml."""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from bot.charset import decode
from bot.errors import Fate, FeedError, FeedReason


def read(data: bytes) -> list[tuple[str, str]]:
    """Return address and name ("" if it has none) of each feed in an OPML file, once. Raises FeedError."""
    text = decode(data).text
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False, encoding="utf-8")
    start = text.find("<opml")
    root = etree.fromstring(text[start:].encode("utf-8"), parser) if start >= 0 else None
    if root is None:
        raise FeedError(FeedReason.UNREADABLE, "this is no OPML file", Fate.STOP)
    found: dict[str, str] = {}
    for outline in root.iter("{*}outline"):
        named = {str(name).lower(): str(value).strip() for name, value in outline.attrib.items()}
        if url := named.get("xmlurl", ""):
            found.setdefault(url, named.get("title") or named.get("text") or "")
    if not found:
        raise FeedError(FeedReason.UNREADABLE, "this OPML file lists no feed (no outline with xmlUrl)", Fate.STOP)
    return list(found.items())


def write(feeds: Iterable[tuple[str, str]]) -> str:
    """Return an OPML file of feeds given as address and name."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = "Talentwire"
    body = etree.SubElement(root, "body")
    for url, name in feeds:
        etree.SubElement(body, "outline", type="rss", text=name or url, title=name or url, xmlUrl=url)
    return etree.tostring(root, encoding="unicode", pretty_print=True)

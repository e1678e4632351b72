"""A feed's XML, made safe, and cut down to the entries that are wanted. Imports lxml: for worker processes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from html.entities import html5

from lxml import etree

from bot.errors import Fate, FeedError, FeedReason
from bot.feeds.identity import Sketch
from bot.feeds.markup import title_text
from bot.feeds.parked import is_parked
from bot.urls import absolute

KEY = "{urn:talentwire:key}key"  # an element we add to each entry, so as to know it again in feedparser's answer
KEY_NAME = "talentwire_key"  # what feedparser calls that element
_NAMESPACE = {"talentwire": "urn:talentwire:key"}
_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_BASE = "{http://www.w3.org/XML/1998/namespace}base"
# Children of entries that no answer of ours depends on: dropped, since each costs feedparser 50 us, and authors can
# make its patterns run for minutes.
_DROPPED_NAMES = "author creator contributor category subject comments commentRss enclosure thumbnail credit"
DROPPED = frozenset(_DROPPED_NAMES.split())

_FEED_ROOT = re.compile(r"<(?:[A-Za-z][\w.-]{0,30}:)?(?:rss|feed|RDF|rdf)(?=[\s>/])")
_NAME = re.compile(r"[\w.:-]+")
_ANY_ROOT = re.compile(r"<[A-Za-z_]")
_HTML = re.compile(r"<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>]", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{0,200})", re.IGNORECASE)
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|&(?:#(?:[xX]([0-9a-fA-F]{1,6})|(\d{1,7}));|([A-Za-z][A-Za-z0-9]{0,31});)?", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Item:
    """An entry's element, and what its identity rests on."""

    element: etree._Element
    sketch: Sketch


@dataclass(frozen=True, slots=True)
class Document:
    """A well-formed feed: its entries in order, and what it says of itself, as it stands there."""

    root: etree._Element
    items: tuple[Item, ...]
    title: str
    language: str
    ttl: str
    period: str
    frequency: str
    base: str
    hours: tuple[str, ...]
    days: tuple[str, ...]
    broken: str


def body_of(text: str) -> str:
    """Return the feed in `text` from its root element on, without control characters, DOCTYPE and what precedes it.

    Linear in time whatever stands there. Raises FeedError NOT_A_FEED, saying what came instead, or PARKED.
    """
    text = _ILLEGAL.sub("", text)
    root = _FEED_ROOT.search(text)
    html = _HTML.search(text, 0, root.start() if root else len(text))
    if html:
        title = _TITLE.search(text, html.start())
        named = f' titled "{title_text(title[1])[:80]}"' if title and title[1].strip() else ""
        if is_parked(text[html.start() :]):
            raise FeedError(FeedReason.PARKED, f"the page of a parked domain{named} came", Fate.RETRY)
        raise not_a_feed(f"a web page{named}")
    root = root or _ANY_ROOT.search(text)
    if root is None:
        raise not_a_feed(f"text that begins {title_text(text[:200])[:40]!r}")
    return text[root.start() :]


def not_a_feed(what: str) -> FeedError:
    """Return the error for a body that is something else."""
    return FeedError(FeedReason.NOT_A_FEED, f"{what} came where a feed was expected", Fate.RETRY)


def read(text: str, url: str) -> Document | None:
    """Return the feed whose root element `text` begins with; None if it is not well-formed, even after small repairs.

    Nothing is fetched or opened; entities are not expanded, nesting and sizes are bounded by libxml2's own limits.
    """
    broken = ""
    root = _strict(text)
    if isinstance(root, str):
        broken, repaired = root, _REFERENCE.sub(_repaired, text)
        root = _strict(repaired)
        if isinstance(root, str) and (whole := _completed(repaired)):
            root = _strict(whole)
    if isinstance(root, str):
        return None
    elements = list(root.iter("{*}item", "{*}entry"))
    if not elements or any(_inside(element) for element in elements):
        return None
    base = root.get(_BASE) or ""
    base = absolute(url, base) or url
    channel = next(root.iterchildren("{*}channel"), root)
    return Document(
        root,
        tuple(Item(element, _sketch(element, base)) for element in elements),
        title=title_text(_text(channel, "title")),
        language=_text(channel, "language") or root.get(_LANG) or channel.get(_LANG) or "",
        ttl=_text(channel, "ttl"),
        period=_text(channel, "updatePeriod"),
        frequency=_text(channel, "updateFrequency"),
        base=_text(channel, "updateBase"),
        hours=_texts(channel, "skipHours", "hour"),
        days=_texts(channel, "skipDays", "day"),
        broken=broken,
    )


def date_of(item: Item) -> str:
    """Return the date of an entry as it stands there, "" for none."""
    names = ("pubDate", "published", "updated", "date", "issued", "modified")
    return next((text for name in names if (text := _text(item.element, name))), "")


def trimmed(document: Document, wanted: frozenset[int]) -> bytes:
    """Return the feed in UTF-8 with only the entries at the `wanted` positions, each with its position as KEY."""
    for position, item in enumerate(document.items):
        element = item.element
        if position not in wanted:
            _remove(element)
            continue
        for child in list(element):
            if _local_name(child) in DROPPED:
                _remove(child)
        etree.SubElement(element, KEY, nsmap=_NAMESPACE).text = str(position)
    return etree.tostring(document.root, encoding="utf-8")


def _strict(text: str) -> etree._Element | str:
    """Return the root element, or what is wrong."""
    parser = etree.XMLParser(
        recover=False, huge_tree=False, resolve_entities=False, no_network=True, load_dtd=False,
        remove_comments=True, remove_pis=True, encoding="utf-8",
    )  # fmt: skip
    try:
        return etree.fromstring(text.encode("utf-8"), parser)
    except etree.XMLSyntaxError as error:
        return f"not well-formed at line {error.lineno}"


def _completed(text: str) -> str:
    """Return a feed that stops short, cut after its last whole entry and closed; "" if it is not one of those."""
    root = _NAME.match(text, 1)
    ends = [text.rfind(tag) + len(tag) for tag in ("</item>", "</entry>") if tag in text]
    if root is None or not ends or f"</{root[0]}" in text[max(ends) :]:
        return ""
    closing = f"</{root[0]}>"
    return text[: max(ends)] + ("</channel>" + closing if root[0] == "rss" else closing)


def _repaired(match: re.Match[str]) -> str:
    """Return a reference that XML can read: HTML's names as numbers, a bare "&" escaped, impossible ones dropped."""
    hexadecimal, decimal, name = match.groups()
    if match.group().startswith("<"):
        return match.group()
    if name:
        if name in {"amp", "lt", "gt", "quot", "apos"}:
            return match.group()
        characters = html5.get(name + ";")
        return "".join(f"&#{ord(c)};" for c in characters) if characters else f"&amp;{name};"
    if not hexadecimal and not decimal:
        return "&amp;"
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    legal = code in {9, 10, 13} or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000
    return match.group() if legal else ""


def _inside(element: etree._Element) -> bool:
    return any(_local_name(up) in {"item", "entry"} for up in element.iterancestors())


def _local_name(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _sketch(element: etree._Element, base: str) -> Sketch:
    raw_id = link = title = ""
    permanent = False
    for child in element:
        name = _local_name(child)
        if name in {"guid", "id"} and not raw_id:
            raw_id = (child.text or "").strip()
            permanent = name == "guid" and child.get("isPermaLink", "true") == "true"
        elif name == "link" and not link:
            link = _link(child)
        elif name == "title" and not title:
            title = _all_text(child)
    raw_id = raw_id or (element.get(_ABOUT) or "").strip()
    return Sketch(raw_id, link or (raw_id if permanent else ""), title, _hash(element), base)


def _link(child: etree._Element) -> str:
    if child.get("href"):
        return child.get("href", "") if child.get("rel", "alternate") == "alternate" else ""
    return (child.text or "").strip()


def _hash(element: etree._Element) -> str:
    """Hash names, attributes and text of an element and all in it: neither prefixes nor what follows it."""
    parts: list[str] = []
    for node in element.iter():
        parts.append(str(node.tag))
        for pair in node.attrib.items():
            parts.extend(map(str, pair))
        parts += (node.text or "", node.tail or "")
    return sha256("\x1f".join(parts[:-1]).encode()).hexdigest()[:16]


def _text(parent: etree._Element, name: str) -> str:
    child = next(parent.iterchildren("{*}" + name), None)
    return _all_text(child).strip()[:2_000] if child is not None else ""


def _texts(parent: etree._Element, name: str, inner: str) -> tuple[str, ...]:
    found = next(parent.iterchildren("{*}" + name), None)
    return tuple(_all_text(each).strip() for each in found.iterchildren("{*}" + inner)) if found is not None else ()


def _all_text(element: etree._Element) -> str:
    return "".join(str(text) for text in element.itertext())


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)

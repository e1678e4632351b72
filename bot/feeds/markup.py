"""Markup of entries -> plain text. Imports lxml: for worker processes."""

from __future__ import annotations

import html
import re

from lxml import etree

from bot.text import clean, one_line

LIMIT = 1_000_000  # characters of markup that are looked at
_INLINE = "a abbr b bdi bdo big br cite code em font i img ins kbd mark p q s small span strike strong sub sup tt u wbr"
_TAG = re.compile(rf"</?(?:{'|'.join(_INLINE.split())}|div|h[1-6])(?:\s[^<>]{{0,2000}})?/?>", re.IGNORECASE)
_MARKED_UP = re.compile(r"</[a-zA-Z][\w:]*\s*>|<(?:br|p|img|hr|div)\b", re.IGNORECASE)
_SILENT_NAMES = "script style head noscript template iframe object svg math select button form textarea"
_SILENT = frozenset(_SILENT_NAMES.split())
_BLOCK_NAMES = (
    "p div article section header footer aside main ul ol li dl dt dd table tr blockquote pre figure figcaption hr"
    " h1 h2 h3 h4 h5 h6 tbody thead"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())


def title_text(markup: str) -> str:
    """Return a title as text on one line, without the tags and entities that feeds put into it."""
    if "<" in markup:
        markup = _TAG.sub("", markup)
    return one_line(html.unescape(markup) if "&" in markup else markup)


def plain_text(value: str) -> str:
    """Return text that claims to be plain; markup in it is taken out where it obviously is some."""
    return html_text(value) if _MARKED_UP.search(value) else clean(value)


def html_text(markup: str) -> str:
    """Return HTML as text: paragraphs apart by a blank line, no scripts, forms or frames."""
    markup = markup[:LIMIT]
    if "<" not in markup:
        return clean(html.unescape(markup))
    parser = etree.HTMLParser(remove_comments=True, remove_pis=True, no_network=True, recover=True)
    try:
        root = etree.fromstring(f"<div>{markup}</div>", parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    return clean("".join(_pieces(root))) if root is not None else clean(html.unescape(_TAG.sub(" ", markup)))


def _pieces(root: etree._Element) -> list[str]:
    pieces: list[str] = []
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        tag = element.tag
        if event == "start":
            if tag in _SILENT:
                walk.skip_subtree()
            else:
                pieces.append(_break(tag) + (element.text or ""))
        else:
            pieces.append((_break(tag) if tag != "br" else "") + (element.tail or ""))
    return pieces


def _break(tag: object) -> str:
    if tag == "br":
        return "\n"
    return "\n\n" if tag in _BLOCKS else ""

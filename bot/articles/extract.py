"""The bytes of a page -> the text of its article. For worker processes: trafilatura is imported on the first call."""

from __future__ import annotations

import re

from bot.articles import furniture
from bot.charset import decode
from bot.errors import ArticleError, ArticleReason, Fate
from bot.text import clean

PAGE_CAP = 2 * 1024 * 1024  # bytes of a page that are fetched
PAGE_LIMIT = 1_000_000  # characters that are looked at: the time trafilatura takes grows faster than the page
TEXT_LIMIT = 200_000
_MAGIC = (
    (b"%PDF-", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"GIF8", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"RIFF", "a picture or a sound"),
    (b"PK\x03\x04", "an archive or an office document"),
    (b"\x1f\x8b", "an archive"),
    (b"\xd0\xcf\x11\xe0", "an office document"),
)
_BULK = re.compile(r"<(script|style|svg|SCRIPT|STYLE|SVG)\b")
# What publishers mark by as not free (schema.org), in the page's JSON-LD or in its microdata
_NOT_FREE = re.compile(
    r"""["']isAccessibleForFree["']\s*:\s*["']?(?:https?://schema\.org/)?false\b"""
    r"""|itemprop=["']isAccessibleForFree["'][^>]{0,80}content=["']false\b""",
    re.IGNORECASE,
)
PREVIEW = 1_000  # characters of such a page that are used, up to the end of a paragraph: as much as a preview shows
_READABLE_TYPE = re.compile(
    r"(?:text/(?:html|plain|xml)|application/(?:xhtml\+xml|xml)|unknown/unknown)?$", re.IGNORECASE
)


def extract(page: bytes, url: str, content_type: str = "") -> str:
    """Return the text of a page's article, its paragraphs apart by blank lines, without comments and furniture.

    Only the first million characters count, scripts and styles aside. Raises ArticleError: NOT_HTML naming what came
    instead, NO_TEXT where nothing like an article is found.
    """
    what = _not_html(page, content_type)
    if what:
        raise ArticleError(ArticleReason.NOT_HTML, f"{what} came where a page was expected", Fate.GIVE_UP)
    from trafilatura import extract as find

    html = _bounded(decode(page, content_type).text)
    text = find(html, url=url, fast=True, include_comments=False) if "<" in html else html
    paragraphs = furniture.without((text or "").split("\n"), html)  # trafilatura writes one a line
    text = clean("\n\n".join(paragraphs), limit=TEXT_LIMIT)
    if not text:
        raise ArticleError(ArticleReason.NO_TEXT, "no article was found in the page", Fate.GIVE_UP)
    return text


def _not_html(page: bytes, content_type: str) -> str:
    """Return in words what a page is that is none, "" for one that may be."""
    head = page[:1_024].lstrip()
    for magic, words in _MAGIC:
        if head.startswith(magic):
            return words
    kind = content_type.partition(";")[0].strip()
    if not _READABLE_TYPE.match(kind):
        return kind[:60]
    if head.count(b"\0") > len(head) // 2 + 1 or (b"\0" in head and b"<" not in head):
        return "binary data"
    return "" if head else "an empty answer"


def read(page: bytes, url: str, content_type: str = "") -> str:
    """Return what `extract` does; of a page that its publisher marks as not free only the beginning."""
    text = extract(page, url, content_type)
    return _preview(text) if _NOT_FREE.search(_bounded(decode(page, content_type).text)) else text


def _preview(text: str) -> str:
    """Return the first paragraphs of a text, at least one."""
    kept: list[str] = []
    length = 0
    for paragraph in text.split("\n\n"):
        if kept and length + len(paragraph) > PREVIEW:
            break
        kept.append(paragraph[: 2 * PREVIEW])
        length += len(paragraph)
    return "\n\n".join(kept)


def _bounded(html: str) -> str:
    """Return what is looked at of a page; of a long one scripts, styles and drawings are left out, in linear time."""
    if len(html) <= PAGE_LIMIT:
        return html
    kept: list[str] = []
    start = 0
    while opening := _BULK.search(html, start):
        end = html.find(f"</{opening[1]}", opening.end())
        if end < 0:
            break
        kept.append(html[start : opening.start()])
        start = end
    return "".join((*kept, html[start:]))[:PAGE_LIMIT]

"""News sitemaps (https://www.google.com/schemas/sitemap-news/0.9) as feeds. Imports lxml: for worker processes."""

from __future__ import annotations

import re
from hashlib import sha256

from lxml import etree

from bot.errors import Fate, FeedError, FeedReason
from bot.feeds.document import not_a_feed
from bot.feeds.identity import Sketch
from bot.feeds.jsonfeed import JsonFeed, JsonItem

_ROOT = re.compile(r"<(?:[A-Za-z][\w.-]{0,30}:)?(urlset|sitemapindex)(?=[\s>/])")


def is_one(text: str) -> bool:
    """Tell whether `text`, which begins with its root element, is a sitemap or a list of some."""
    return _ROOT.match(text) is not None


def read(text: str, url: str) -> JsonFeed:
    """Return the pages of a news sitemap as entries; pages without news do not count. Raises FeedError."""
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False, encoding="utf-8")
    root = etree.fromstring(text.encode("utf-8"), parser)
    if root is None:
        raise FeedError(FeedReason.UNREADABLE, "a sitemap that cannot be read", Fate.RETRY)
    items = [item for page in root.iterchildren("{*}url") if (item := _item(page, url)) is not None]
    if not items:
        listed = [_text(each, "loc") for each in root.iterchildren("{*}sitemap")]
        what = f"a list of {len(listed)} sitemaps" if listed else "a sitemap without news"
        raise not_a_feed(what)
    about = next(root.iter("{*}publication"), root)  # a broken one names no publication
    return JsonFeed(_text(about, "name"), _text(about, "language"), tuple(items))


def _item(page: etree._Element, url: str) -> JsonItem | None:
    link, news = _text(page, "loc"), next(page.iterchildren("{*}news"), None)
    title = _text(news, "title") if news is not None else ""
    if news is None or not link or not title:
        return None
    keywords, date = _text(news, "keywords"), _text(news, "publication_date") or _text(page, "lastmod")
    content = sha256("\x1f".join((link, title, keywords)).encode()).hexdigest()[:16]
    return JsonItem(Sketch(link, link, title, content, url), title, keywords, html=False, date=date)


def _text(parent: etree._Element, name: str) -> str:
    child = next(parent.iterchildren("{*}" + name), None)
    return "".join(map(str, child.itertext())).strip()[:2_000] if child is not None else ""

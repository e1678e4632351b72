"""Where the feed of a web page may lie. Imports lxml: for worker processes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from bot.charset import decode
from bot.urls import absolute

_TYPES = re.compile(
    r"application/(?:rss|atom|rdf|feed)\+(?:xml|json)|application/json|text/xml|application/xml", re.IGNORECASE
)
_LOOKS = re.compile(r"(?:^|[/.?=_-])(?:rss|atom|feeds?|rdf)(?:$|[/.?&=_-])|\.(?:rss|atom|rdf)$", re.IGNORECASE)
_OTHERS = re.compile(r"comment|podcast|itunes\.apple|spotify", re.IGNORECASE)  # feeds, but not those of the news
_PATHS = ("feed", "rss", "rss.xml", "feed.xml", "atom.xml", "index.xml", "feed.json", "feeds/posts/default")
_MAPS = ("news-sitemap.xml", "sitemap-news.xml", "sitemap_news.xml")
MOST = 24


def candidates(page: bytes, url: str, content_type: str = "") -> list[str]:
    """Return addresses at which a page's feed may lie, the likeliest first.

    That is what it links to, those of comments last, then where feeds often lie. Never raises.
    """
    text = decode(page, content_type).text
    root = None
    if "<" in text:
        parser = etree.HTMLParser(remove_comments=True, no_network=True, recover=True)
        root = etree.fromstring(text[:1_000_000].encode("utf-8", "replace"), parser)
    found = list(_linked(root, url)) if root is not None else []
    found.sort(key=lambda link: bool(_OTHERS.search(link)))
    below = [f"{url.partition('?')[0].rstrip('/')}/{path}" for path in _PATHS[:2]]
    guesses = [*below, *(absolute(url, f"/{path}") for path in (*_PATHS, *_MAPS))]
    return list(dict.fromkeys([*found[: MOST // 2], *(guess for guess in guesses if guess)]))[:MOST]


def news_sitemaps(robots: str) -> list[str]:
    """Return the sitemaps that a robots.txt names and that are of news by their name."""
    named = (line.partition(":")[2].strip() for line in robots.splitlines() if line.lower().startswith("sitemap:"))
    return [address for address in named if "news" in address.lower()][:3]


def _linked(root: etree._Element, url: str) -> Iterator[str]:
    base = next((element.get("href") or "" for element in root.iter("base")), "")
    base = absolute(url, base) or url
    for link in root.iter("link"):
        rels = (link.get("rel") or "").lower().split()
        typed = "alternate" in rels and _TYPES.match(link.get("type") or "")
        address = absolute(base, link.get("href") or "")
        if address and (typed or "feed" in rels):
            yield address
    for anchor in root.iter("a"):
        address = absolute(base, anchor.get("href") or "")
        if address and _LOOKS.search(address.partition("://")[2].partition("/")[2]):
            yield address

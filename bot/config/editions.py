"""Searches for news as addresses of public feeds. Data: bot/lexicon/editions.yaml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from urllib.parse import urlencode

import yaml


@cache
def editions() -> Mapping[str, Mapping[str, str]]:
    """Return hl, gl, ceid (of Google News) and market (of Bing News) by language: constant, so read once."""
    text = (files("bot") / "lexicon" / "editions.yaml").read_text("utf-8")
    return dict(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))  # noqa: S506 - both are safe


def news_feeds(words: str, lang: str) -> Iterator[tuple[str, str]]:
    """Yield name and address of the feeds that search for `words` in news of the language."""
    edition = editions()[lang]
    google = {"q": f"{words} when:7d", "hl": edition["hl"], "gl": edition["gl"], "ceid": edition["ceid"]}
    yield f"Google News: {words}", f"https://news.google.com/rss/search?{urlencode(google)}"
    bing = {"q": words, "format": "rss", "mkt": edition["market"]}
    yield f"Bing News: {words}", f"https://www.bing.com/news/search?{urlencode(bing)}"


def hacker_news_feed(words: str) -> tuple[str, str]:
    """Return name and address of the feed that searches the titles on Hacker News."""
    return f"Hacker News: {words}", f"https://hnrss.org/newest?{urlencode({'q': words, 'search_attrs': 'title'})}"

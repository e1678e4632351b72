"""JSON Feed, versions 1.0 and 1.1 (https://jsonfeed.org/version/1.1). Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from bot.errors import Fate, FeedError, FeedReason
from bot.feeds.identity import Sketch


@dataclass(frozen=True, slots=True)
class JsonItem:
    """One item: what its identity rests on, and its text as written (`html` tells which kind)."""

    sketch: Sketch
    title: str
    content: str
    html: bool
    date: str


@dataclass(frozen=True, slots=True)
class JsonFeed:
    """A JSON Feed as written, its items in order."""

    title: str
    language: str
    items: tuple[JsonItem, ...]


def read(text: str, url: str) -> JsonFeed:
    """Return the JSON Feed in `text`; `url` makes its links absolute. Raises FeedError."""
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FeedError(FeedReason.UNREADABLE, "JSON that cannot be read", Fate.RETRY) from error
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list):
        raise FeedError(FeedReason.NOT_A_FEED, "JSON without items came where a feed was expected", Fate.RETRY)
    return JsonFeed(
        title=_text(feed, "title"),
        language=_text(feed, "language"),
        items=tuple(_item(item, url) for item in items if isinstance(item, dict)),
    )


def _item(item: dict[str, Any], url: str) -> JsonItem:
    content, is_html = _text(item, "content_html"), True
    if not content:
        content, is_html = _text(item, "content_text") or _text(item, "summary"), False
    title = _text(item, "title")
    link = _text(item, "url") or _text(item, "external_url")
    hashed = sha256(json.dumps(item, sort_keys=True).encode()).hexdigest()[:16]
    sketch = Sketch(_text(item, "id").strip(), link, title, hashed, url)
    return JsonItem(sketch, title, content, is_html, _text(item, "date_published") or _text(item, "date_modified"))


def _text(mapping: dict[str, Any], key: str) -> str:
    value = mapping.get(key)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).encode("utf-8", "replace").decode()

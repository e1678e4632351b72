"""The bytes of a feed -> its entries as text. For worker processes: feedparser and lxml come in on the first call."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from bot.charset import decode
from bot.errors import Fate, FeedError, FeedReason
from bot.feeds import dates, identity, jsonfeed
from bot.feeds.identity import Named, Sketch
from bot.feeds.jsonfeed import JsonFeed
from bot.model import ParsedEntry, ParsedFeed, Wishes
from bot.text import clean
from bot.urls import absolute

T = TypeVar("T")

LIMIT = 500
DATES = 20  # of the latest entries, known ones too: enough to tell how often there are some
TEXT_LIMIT = 200_000
_PERIODS = {
    "hourly": timedelta(hours=1), "daily": timedelta(days=1), "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30), "yearly": timedelta(days=365),
}  # fmt: skip
_CHARACTER = re.compile(r"&#(?:[xX]([0-9a-fA-F]{1,8})|([0-9]{1,10}));?")
_DAYS = {name: number for number, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}


def parse(
    body: bytes, url: str, content_type: str = "", known: Mapping[str, str] | None = None, limit: int = LIMIT
) -> ParsedFeed:
    """Return the entries of a feed that are new or changed, and the hashes of all it shows.

    `known` maps raw ids to item hashes as an earlier call returned them in `shown`: an entry with both the same is left
    out, which is what makes a poll cheap. Of a body with more than `limit` entries the newest count and the others are
    as if they were not there. Links are absolute, ids as written, texts plain and within their limits; dates aware UTC.
    Raises FeedError: EMPTY without a body, NOT_A_FEED saying what came, UNREADABLE.
    """
    known = known or {}
    if not body.strip():
        raise FeedError(FeedReason.EMPTY, "an empty body came where a feed was expected", Fate.RETRY)
    text, doubt = decode(body, content_type)
    json = text.lstrip()[:1] in {"{", "["}
    parsed = _json(text, url, known, limit) if json else _xml(text, url, known, limit, doubt)
    # A search that found nothing is a feed all the same; where there were entries, the remark says that they are gone.
    return parsed if parsed.shown else replace(parsed, broken="no entries")


def read(body: bytes, url: str = "", content_type: str = "") -> list[dict[str, object]]:
    """Return all entries as mappings with title, link, date and id, in the order of the feed. Raises FeedError."""
    entries = parse(body, url, content_type).entries
    return [{"title": e.title, "link": e.url, "date": e.published_at, "id": e.raw_id} for e in entries]


def _json(text: str, url: str, known: Mapping[str, str], limit: int) -> ParsedFeed:

    return _simple(jsonfeed.read(text, url), url, known, limit)


def _simple(feed: JsonFeed, url: str, known: Mapping[str, str], limit: int) -> ParsedFeed:
    """Read a feed whose entries have no more than a JSON Feed's."""
    from bot.feeds import markup

    first, last = _window(feed.items, lambda item: item.date, limit)
    items = feed.items[first:last]
    named = identity.name([item.sketch for item in items], known)
    entries = [
        ParsedEntry(
            raw_id=raw_id,
            item_hash=item_hash,
            url=absolute(url, item.sketch.link),
            title=markup.title_text(item.title),
            summary=(markup.html_text if item.html else markup.plain_text)(item.content)[:TEXT_LIMIT],
            published_at=dates.parse(item.date),
        )
        for (raw_id, item_hash), item in zip(named, items, strict=True)
        if raw_id and known.get(raw_id) != item_hash
    ]
    return ParsedFeed(
        title=markup.title_text(feed.title),
        language=_language(feed.language),
        entries=tuple(entries),
        shown=(shown := _shown(named)),
        left_out=len(feed.items) - len(items),
        unknown=(unknown := _unknown(shown, known)),
        dates=_dates(items, lambda item: dates.parse(item.date), whole=unknown == len(shown)),
    )


def _xml(text: str, url: str, known: Mapping[str, str], limit: int, doubt: str) -> ParsedFeed:
    from bot.feeds import document, plain, sitemap

    text = document.body_of(text)
    if sitemap.is_one(text):
        return _simple(sitemap.read(text, url), url, known, limit)
    found = document.read(text, url)
    if found is None:
        return _whole(text, url, known, limit, doubt)
    first, last = _window(found.items, document.date_of, limit)
    named = identity.name([item.sketch for item in found.items[first:last]], known)
    wanted = {
        position: entry
        for position, entry in enumerate(named, first)
        if entry.raw_id and known.get(entry.raw_id) != entry.item_hash
    }
    read = {position: raw for position in wanted if (raw := plain.entry(found.items[position].element)) is not None}
    if odd := frozenset(wanted.keys() - read.keys()):
        for raw in _feedparser(document.trimmed(found, odd), url).entries:
            position = int(dict.get(raw, document.KEY_NAME, "-1"))
            if position in odd:
                read[position] = raw
    entries = [
        _entry(read[position], url, *wanted[position], bare_id=_bare_id(found.items[position].sketch))
        for position in sorted(read)
    ]
    return ParsedFeed(
        title=found.title,
        language=_language(found.language),
        entries=tuple(entries),
        shown=(shown := _shown(named)),
        left_out=len(found.items) - len(named),
        wishes=_wishes(found.ttl, found.period, found.frequency, found.base, found.hours, found.days),
        broken="; ".join(words for words in (found.broken, doubt) if words),
        unknown=(unknown := _unknown(shown, known)),
        dates=_dates(
            found.items[first:last], lambda item: dates.parse(document.date_of(item)), whole=unknown == len(shown)
        ),
    )


def _whole(text: str, url: str, known: Mapping[str, str], limit: int, doubt: str) -> ParsedFeed:
    """Read a feed that is not well-formed: all of it by feedparser, and what is known dropped afterwards."""
    from bot.feeds import markup

    text = _CHARACTER.sub(_possible, text)
    feed = _feedparser(text.encode("utf-8"), "")  # no address: feedparser would make ids of it
    if not feed.entries and not feed.version:
        raise FeedError(FeedReason.NOT_A_FEED, "XML that is no feed came where one was expected", Fate.RETRY)
    first, last = _window(feed.entries, _raw_date, limit)
    raws = feed.entries[first:last]
    ids = [str(dict.get(raw, "id", "") or "") for raw in raws]
    read = [_entry(raw, url, raw_id, "", bare_id=raw_id) for raw, raw_id in zip(raws, ids, strict=True)]
    named = identity.name([Sketch(e.raw_id, e.url, e.title, _text_hash(e), url) for e in read], known)
    entries = [
        replace(entry, raw_id=raw_id, item_hash=item_hash)
        for (raw_id, item_hash), entry in zip(named, read, strict=True)
        if raw_id and known.get(raw_id) != item_hash
    ]
    about = feed.feed
    return ParsedFeed(
        title=markup.title_text(about.get("title", "")),
        language=_language(about.get("language", "")),
        entries=tuple(entries),
        shown=(shown := _shown(named)),
        left_out=len(feed.entries) - len(raws),
        wishes=_wishes(about.get("ttl", ""), about.get("sy_updateperiod", ""), about.get("sy_updatefrequency", "")),
        broken="; ".join(words for words in ("not well-formed", doubt) if words),
        unknown=_unknown(shown, known),
        dates=_dates(read, lambda entry: entry.published_at, whole=True),
    )


def _feedparser(body: bytes, url: str) -> Any:
    """Run feedparser on a stream (what is no stream it may open as a file), without sanitiser and link rewriting."""
    import feedparser

    headers = {"content-type": "application/xml; charset=utf-8", "content-location": url}
    try:
        return feedparser.parse(
            io.BytesIO(body), response_headers=headers, resolve_relative_uris=False, sanitize_html=False
        )
    except Exception as error:  # it raises whatever its parsers do
        words = f"XML that cannot be read ({type(error).__name__})"
        raise FeedError(FeedReason.UNREADABLE, words, Fate.RETRY) from error


def _possible(match: re.Match[str]) -> str:
    """Return a numeric reference if there is such a character: feedparser raises on half of a surrogate pair."""
    hexadecimal, decimal = match.groups()
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    return match.group() if 0 < code < 0xD800 or 0xDFFF < code <= 0x10FFFF else ""


def _entry(raw: Any, url: str, raw_id: str, item_hash: str, *, bare_id: str) -> ParsedEntry:
    from bot.feeds import markup

    source = (raw.get("source") or {}).get("title", "") or raw.get("news_source", "") or ""
    publisher = markup.title_text(source)
    title = markup.title_text(raw.get("title", "") or "")
    return ParsedEntry(
        raw_id=raw_id,
        item_hash=item_hash,
        url=_target(absolute(url, _link(raw, bare_id))),
        title=title.removesuffix(f" - {publisher}") if publisher else title,  # as news searches write it
        summary=_summary(raw),
        published_at=_published(raw),
        publisher=publisher,
    )


def _bare_id(sketch: Sketch) -> str:
    """Return the id of an entry that has no link of its own, "" for one that has."""
    return sketch.raw_id if sketch.link in {"", sketch.raw_id} else ""


def _link(raw: Any, bare_id: str) -> str:
    """Return the link of an entry; an id that feedparser takes for one is none unless it looks like an address."""
    link = raw.get("link", "") or ""
    if bare_id and link == dict.get(raw, "id") and not set(bare_id) & set("/?"):
        return ""
    return f"http://{link}" if link[:4].lower() == "www." else link


def _target(link: str) -> str:
    """Return the page behind a link of Bing News, which carries its address as it is; any other link as it was."""
    parts = urlsplit(link)
    if parts.hostname not in {"www.bing.com", "bing.com"} or parts.path.lower() != "/news/apiclick.aspx":
        return link
    return next(
        (page for name, value in parse_qsl(parts.query) if name == "url" and (page := absolute("", value))), link
    )


def _summary(raw: Any) -> str:
    """Return the longest text of an entry as plain text: its content, if it carries some, else its summary."""
    from bot.feeds import markup

    texts = [(part.get("value") or "", part.get("type") or "") for part in raw.get("content") or ()]
    detail = raw.get("summary_detail") or {}
    texts.append((raw.get("summary") or "", detail.get("type") or ""))
    value, kind = max(texts, key=lambda text: len(text[0]))
    if not value:
        return ""
    plain = kind == "text/plain"
    return clean((markup.plain_text if plain else markup.html_text)(value), limit=TEXT_LIMIT)


def _raw_date(raw: Any) -> str:
    return next((value for key in ("published", "updated", "created") if (value := dict.get(raw, key))), "")


def _published(raw: Any) -> datetime | None:
    """Return the first date that can be read: published, updated, created; read by us, else by feedparser."""
    for key in ("published", "updated", "created"):
        value = dict.get(raw, key)
        date = dates.either(value, dict.get(raw, key + "_parsed")) if value else None
        if date is not None:
            return date
    return None


def _window(items: Sequence[T], date_of: Callable[[T], str], limit: int) -> tuple[int, int]:
    """Return which entries count, as a slice: the first ones, or the last ones where the oldest stand first."""
    if len(items) <= limit:
        return 0, len(items)
    first, last = dates.parse(date_of(items[0])), dates.parse(date_of(items[-1]))
    if first and last and first < last:
        return len(items) - limit, len(items)
    return 0, limit


def _shown(named: Sequence[Named]) -> dict[str, str]:
    return {raw_id: item_hash for raw_id, item_hash in named if raw_id}


def _text_hash(entry: ParsedEntry) -> str:
    date = entry.published_at.isoformat() if entry.published_at else ""
    parts = (entry.raw_id, entry.url, entry.title, entry.summary, date)
    return sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()[:16]


def _unknown(shown: Mapping[str, str], known: Mapping[str, str]) -> int:
    return sum(raw_id not in known for raw_id in shown)


def _dates(items: Sequence[T], date_of: Callable[[T], datetime | None], *, whole: bool) -> tuple[datetime, ...]:
    """Return the dates of the latest entries, of all if `whole`, latest first."""
    if not whole and len(items) > DATES:
        first, last = date_of(items[0]), date_of(items[-1])
        items = items[-DATES:] if first and last and first < last else items[:DATES]
    return tuple(sorted((date for item in items if (date := date_of(item)) is not None), reverse=True))


def _wishes(
    minutes: str, period: str, frequency: str, base: str = "", hours: Sequence[str] = (), days: Sequence[str] = ()
) -> Wishes:
    """Return what the feed asks for.

    An updatePeriod of one hour counts only with an updateBase: it is what blog software writes into every feed. An hour
    24 is midnight, as older versions of RSS have it; where every hour or day is to be skipped, none is.
    Source: RSS 2.0 (ttl, in minutes; skipHours, skipDays); RDF Site Summary 1.0, module Syndication.
    """
    ttl, length = timedelta(minutes=_number(minutes)), _period(period, frequency)
    counted = dates.parse(base) if base.strip() else None
    if length and not counted and (period.strip().lower(), _number(frequency) or 1) == ("hourly", 1):
        length = timedelta()
    skipped = {_number(hour) % 24 for hour in hours if hour.isascii() and hour.isdigit() and int(hour[:3]) <= 24}
    closed = {_DAYS[day[:3].lower()] for day in days if day[:3].lower() in _DAYS}
    return Wishes(
        ttl=max(ttl, length) or None,
        base=counted if length and length >= ttl else None,
        hours=frozenset(skipped) if len(skipped) < 24 else frozenset(),
        days=frozenset(closed) if len(closed) < 7 else frozenset(),
    )


def _period(period: str, frequency: str) -> timedelta:
    length = _PERIODS.get(period.strip().lower(), timedelta())
    return length / (_number(frequency) or 1)


def _number(text: str) -> int:
    text = text.strip()
    return int(text[:7]) if text.isascii() and text.isdigit() else 0


def _language(declared: str) -> str:
    tag = declared.strip().lower().replace("_", "-").partition("-")[0]
    return tag if tag.isascii() and tag.isalpha() and 2 <= len(tag) <= 3 else ""

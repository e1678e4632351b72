"""Feeds from config.yaml and from the packs that it names, each once."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

import yaml

from bot.config.editions import hacker_news_feed, news_feeds
from bot.config.models import Config, FeedConfig
from bot.model import Feed
from bot.urls import canonical, public_host


def feeds_of(config: Config) -> tuple[Feed, ...]:
    """Return the feeds of `config`, its own first, then those of its packs; of two that are one, the first."""
    chosen: dict[str, Feed] = {}
    wanted = (*config.feeds, *(each for pack in config.packs for each in pack_feeds(pack)))
    for feed in (each for one in wanted for each in _expanded(one)):
        chosen.setdefault(
            address_key(feed.url),
            Feed(
                url=feed.url, name=feed.name, owner=feed.owner or owner_of(feed.url), every=feed.every, read=feed.read
            ),
        )
    return tuple(chosen.values())


def _expanded(feed: FeedConfig) -> tuple[FeedConfig, ...]:
    """Return the feeds with an address that `feed` stands for: itself, or those of a search."""
    if feed.url:
        return (feed,)
    found = news_feeds(feed.news, feed.lang or "en") if feed.news else (hacker_news_feed(feed.hn),)
    plain = {"news": "", "hn": "", "lang": None}
    return tuple(feed.model_copy(update={**plain, "url": url, "name": feed.name or name}) for name, url in found)


def pack_names() -> tuple[str, ...]:
    """Return the names of all packs."""
    return tuple(_data("packs.yaml"))


def pack_feeds(name: str) -> tuple[FeedConfig, ...]:
    """Return the feeds of the pack called `name`. Raises KeyError if there is none."""
    return tuple(_pack_feed(row) for row in _data("packs.yaml")[name]["feeds"])


def _pack_feed(row: dict[str, str]) -> FeedConfig:
    """Return one row of a pack; a `query` row becomes a search of the last day in one edition of Google News."""
    if "query" not in row:
        return FeedConfig.model_validate(row)
    edition = {"q": f"{row['query']} when:1d", "hl": row["hl"], "gl": row["gl"], "ceid": row["ceid"]}
    url = f"https://news.google.com/rss/search?{urlencode(edition)}"
    return FeedConfig.model_validate({"url": url, "name": row["name"], "every": row["every"]})


def pack_about(name: str) -> str:
    """Return the sentence that describes a pack."""
    return str(_data("packs.yaml")[name]["about"])


def owner_of(url: str) -> str:
    """Return the media house behind an address, or its host where the house is not known ("" without a host)."""
    host = public_host(url)
    labels = host.split(".")
    owners = _data("owners.yaml")
    domains = (".".join(labels[n:]) for n in range(len(labels)))
    return str(next((owners[domain] for domain in domains if domain in owners), host))


def address_key(url: str) -> str:
    """Return what all spellings of one feed's address share, http or https, with `www.` or without."""
    return canonical(url).partition("://")[2].removeprefix("www.")


@cache
def _data(name: str) -> dict[str, Any]:
    """Return one of our own data files: constant, so reading it once is enough."""
    text = (files("bot") / "lexicon" / name).read_text("utf-8")
    return dict(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))  # noqa: S506 - both are safe

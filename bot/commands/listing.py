"""What commands show of the store, and what they do without the service: lists, health, polls of a file of feeds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.config import Config, feeds_of, store_path
from bot.feeds.condition import ADVICE
from bot.feeds.poll import politeness
from bot.feeds.schedule import brief
from bot.model import Feed
from bot.urls import redact

_ALIVE_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Row:
    """One thing of a list, for people and for machines."""

    line: str
    data: Mapping[str, Any]


def packs() -> list[Row]:
    """Return the packs of feeds that a config may name."""
    from bot.config.packs import pack_about, pack_feeds, pack_names

    return [
        Row(
            f"{name:<24} {len(pack_feeds(name)):>3} feeds  {pack_about(name)}",
            {"name": name, "about": pack_about(name), "feeds": [feed.url for feed in pack_feeds(name)]},
        )
        for name in pack_names()
    ]


def feeds(config: Config, env: Mapping[str, str]) -> list[Row]:
    """Return the feeds of `config` with what the store knows of them, in order of the config."""
    known = _stored_feeds(store_path(config, env))
    return [_feed_row(known.get(feed.url, feed), polled=feed.url in known) for feed in feeds_of(config)]


def _stored_feeds(path: Path) -> dict[str, Feed]:
    from bot.adapters.store import SqliteStore

    if not path.is_file():
        return {}
    store = SqliteStore(path, read_only=True)
    try:
        return {feed.url: feed for feed in store.feeds()}
    finally:
        store.close()


def _feed_row(feed: Feed, *, polled: bool) -> Row:
    state = "stopped" if feed.stopped else "failing" if feed.failures else "ok" if feed.polled_at else "new"
    last = feed.polled_at.strftime("%Y-%m-%d %H:%M") if feed.polled_at else "never"
    due = feed.next_poll_at.strftime("%Y-%m-%d %H:%M") if polled and feed.next_poll_at and not feed.stopped else "-"
    reason = feed.error or feed.why
    facts = _facts(feed)
    return Row(
        f"{state:<8} last {last:<16}  next {due:<16}  {feed.name or redact(feed.url)}"
        + (f"  ({reason})" if reason else "")
        + "".join(f"\n         {line}" for line in (", ".join(facts), _ails(feed)) if line),
        {
            "url": redact(feed.url),
            "name": feed.name,
            "owner": feed.owner,
            "state": state,
            "failures": feed.failures,
            "last_poll": feed.polled_at.isoformat() if feed.polled_at else None,
            "next_poll": feed.next_poll_at.isoformat() if polled and feed.next_poll_at else None,
            "why": feed.why,
            "error": feed.error,
            **_health_data(feed),
        },
    )


def _facts(feed: Feed) -> list[str]:
    """Return what asking this feed has been like, as far as it is known."""
    pace, tally = feed.pace, feed.tally
    facts = [f"an entry each {brief(pace.gap)}"] if pace.gap else []
    facts += [f"shows {brief(pace.reach)} at once"] if pace.reach else []
    facts += [f"{pace.overlap:.0%} known last time"] if pace.overlap is not None else []
    facts += [f"{pace.missed} times entries may have been missed"] if pace.missed else []
    facts += [f"304 to {tally.not_modified / tally.conditional:.0%} of conditional polls"] if tally.conditional else []
    score = politeness(feed)
    facts += [f"politeness {score} of 100"] if score is not None else []
    facts += [f"{tally.polls} polls, {tally.octets / 1e6:.1f} MB"] if tally.polls else []
    return [*facts, f"asked at {redact(feed.address)}"] if feed.address else facts


def _ails(feed: Feed) -> str:
    if feed.condition is None or feed.condition_since is None:
        return ""
    return f"{feed.condition} since {feed.condition_since:%Y-%m-%d %H:%M}: {ADVICE[feed.condition]}"


def _health_data(feed: Feed) -> dict[str, Any]:
    pace, tally = feed.pace, feed.tally
    return {
        "condition": feed.condition,
        "condition_since": feed.condition_since.isoformat() if feed.condition_since else None,
        "rhythm_s": pace.gap.total_seconds() if pace.gap else None,
        "reach_s": pace.reach.total_seconds() if pace.reach else None,
        "overlap": pace.overlap,
        "missed": pace.missed,
        "last_news": pace.news_at.isoformat() if pace.news_at else None,
        "last_alert": pace.told_at.isoformat() if pace.told_at else None,
        "polls": tally.polls,
        "conditional": tally.conditional,
        "not_modified": tally.not_modified,
        "bytes": tally.octets,
        "politeness": politeness(feed),
        "address": redact(feed.where),
    }


def health(config: Config, env: Mapping[str, str]) -> tuple[bool, str, Mapping[str, Any]]:
    """Return whether the service's last tick is young enough, with a line and plain values that say so."""
    from bot.adapters.clock import SystemClock
    from bot.adapters.store import SqliteStore
    from bot.reloading import NOTED
    from bot.service import HEARTBEAT

    path = store_path(config, env)
    if not path.is_file():
        return False, f"no service: {path} does not exist", {"alive": False, "last_tick": None}
    store = SqliteStore(path, read_only=True)
    try:
        noted = store.noted(HEARTBEAT)
        in_force = json.loads(store.noted(NOTED) or "null")
        unwell = [feed for feed in store.feeds() if feed.condition]
    finally:
        store.close()
    if not noted:
        return False, "no service has ticked yet", {"alive": False, "last_tick": None}
    tick = datetime.fromtimestamp(float(noted), UTC)
    age = (SystemClock().now() - tick).total_seconds()
    alive = age <= _ALIVE_WITHIN_S
    word = "alive" if alive else "not alive"
    return (
        alive,
        f"{word}: last tick {age:.0f} s ago"
        + (f"; {len(unwell)} feeds are unwell, see talentwire feeds" if unwell else "")
        + _config_words(in_force),
        {
            "alive": alive,
            "last_tick": tick.isoformat(),
            "age_s": round(age, 1),
            "unwell": {redact(feed.url): feed.condition for feed in unwell},
            "config": in_force,
        },
    )


def _config_words(noted: Mapping[str, Any] | None) -> str:
    """Say which configuration is in force, and what came of an edit that is not."""
    if not noted:
        return ""
    told = f"; config {noted['hash']} in force since {noted['since'][:16].replace('T', ' ')} UTC"
    refused = noted["refused"]
    if not refused:
        return told
    problems = "".join(f"\n  {problem}" for problem in refused["problems"])
    return f"{told}; an edit at {refused['at'][:16].replace('T', ' ')} UTC is refused:{problems}"

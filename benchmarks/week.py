"""A simulated week of polls: what is seen how soon, what is missed, what it costs. No network, a clock of its own.

usage: python -m benchmarks.week [FEEDS] [--news 40] [--seed 1]

The feeds have made-up rhythms like real ones: newsrooms that write by day, blogs with an entry a day to one a month, some
that bring all entries of a day at once, some asleep. Each poll goes through `bot.feeds.poll`, as in the bot.
"""

from __future__ import annotations

import argparse
import heapq
import random
import resource
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from bot.feeds import poll
from bot.feeds.parse import DATES
from bot.feeds.schedule import JITTER, LEAST
from bot.model import Feed, ParsedEntry, ParsedFeed, Response

START = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
WEEK = timedelta(days=7)
BODY, HEAD = 60_000, 400  # bytes of a full answer, gzip left aside, and of a 304


@dataclass
class Source:
    """One feed as it lives: when its entries come out, and how many it shows."""

    feed: Feed
    out: list[float]
    shows: int
    news: bool
    known: dict[str, str] = field(default_factory=dict)
    seen: int = 0


def moments(draw: random.Random, gap_h: float, *, batch: int = 1, by_day: bool = True) -> list[float]:
    """Return when entries come out, from a month before the week to its end."""
    found, at, end = [], START.timestamp() - 40 * 86_400 - gap_h * 3_600 * 30, (START + WEEK).timestamp()
    while at < end:
        at += draw.expovariate(1 / (gap_h * 3_600 * batch * (0.6 if by_day else 1)))
        if by_day and not 6 <= (at % 86_400) / 3_600 < 21:
            continue
        found += [at + n for n in range(batch)]
    return [moment for moment in found if moment < end]


def sources(count: int, news: int, draw: random.Random) -> list[Source]:
    """Return the feeds, newsrooms first; half of these have led to an alert."""
    made = []
    for n in range(count):
        feed = Feed(f"https://site{n}.example/feed")
        if n < news:
            told = START - timedelta(days=3) if n % 2 else None
            feed = replace(feed, pace=replace(feed.pace, told_at=told))
            made.append(Source(feed, moments(draw, draw.uniform(0.3, 1.5)), draw.choice((15, 20, 30, 50)), news=True))
            continue
        gap_h = 10 ** draw.uniform(0.3, 2.9)  # two hours to a month
        batch = 10 if draw.random() < 0.05 else 1
        out = moments(draw, gap_h, batch=batch, by_day=draw.random() < 0.8)
        if draw.random() < 0.1:  # asleep for a month or more
            out = [moment for moment in out if moment < START.timestamp() - 35 * 86_400]
        made.append(Source(feed, out, draw.choice((10, 10, 15, 20, 30)), news=False))
    return made


def ask(source: Source, now: datetime) -> tuple[list[float], int, int]:
    """Poll once; return the seconds from publication to now of what is new, how much was missed, and bytes."""
    latest = bisect_right(source.out, now.timestamp())
    request = poll.request_for(source.feed, now)
    etag = f'"{latest}"'
    if request.headers.get("if-none-match") == etag:
        answer = Response(request, request.url, 304, {"etag": etag}, b"")
        source.feed = poll.result_of(source.feed, answer, None, now).feed
        return [], 0, HEAD
    first = max(0, latest - source.shows)
    dates = {str(n): datetime.fromtimestamp(source.out[n], UTC) for n in range(first, latest)}
    new = [name for name in dates if name not in source.known]
    begun = source.feed.polled_at is not None
    missed = max(0, first - source.seen) if begun else 0
    late = [now.timestamp() - source.out[int(name)] for name in new] if begun else []
    entries = tuple(ParsedEntry(name, "h", "", name, "", dates[name]) for name in new)
    latest_first = tuple(dates.values())[::-1]
    known_dates = latest_first if len(new) == len(dates) else latest_first[:DATES]
    body = ParsedFeed("", "", entries, dict.fromkeys(dates, "h"), unknown=len(new), dates=known_dates)
    answer = Response(request, request.url, 200, {"etag": etag}, etag.encode())
    source.feed = poll.result_of(source.feed, answer, body if poll.wants_parse(source.feed, answer) else None, now).feed
    source.known, source.seen = dict(body.shown), latest
    return late, missed, BODY


def share(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(part * len(values)))] / 60 if values else 0.0


@dataclass
class Figures:
    """What came of it; those of news feeds under True. `late` in seconds, `octets` in bytes.

    `missed` entries were shown between two polls and at none; `avoidable` are those of them that polls at the floor would
    have seen; `too_soon` counts polls sooner than the floor.
    """

    late: dict[bool, list[float]] = field(default_factory=lambda: {True: [], False: []})
    polls: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})
    octets: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})
    entries: int = 0
    missed: int = 0
    avoidable: int = 0
    too_soon: int = 0


def simulate(found: list[Source], days: float = 7) -> Figures:
    """Poll all sources when they fall due, from Monday on."""
    queue = [(START + timedelta(seconds=0.5 * n), n) for n in range(len(found))]
    figures, before = Figures(), dict[int, datetime]()
    while queue and queue[0][0] < START + timedelta(days=days):
        now, n = heapq.heappop(queue)
        source, last = found[n], before.get(n)
        before[n] = now
        delays, lost, size = ask(source, now)
        figures.late[source.news] += delays
        figures.entries += len(delays)
        figures.missed += lost
        figures.polls[source.news] += 1
        figures.octets[source.news] += size
        if last is not None:
            figures.too_soon += now - last < LEAST
            figures.avoidable += lost if now - last > LEAST * (1 + JITTER) else 0
        if source.feed.next_poll_at is not None:
            heapq.heappush(queue, (source.feed.next_poll_at, n))
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("feeds", nargs="?", type=int, default=1_000)
    parser.add_argument("--news", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    told = simulate(sources(chosen.feeds, chosen.news, random.Random(chosen.seed)))
    number = {False: chosen.feeds - chosen.news, True: chosen.news}
    for news, name in ((True, "news feeds"), (False, "other feeds")):
        each = max(1, number[news]) * WEEK.days
        print(
            f"{name:<12} {number[news]:>6}: published to seen p50 {share(told.late[news], 0.5):.0f} min, "
            f"p95 {share(told.late[news], 0.95):.0f} min; {told.polls[news] / each:.1f} polls and "
            f"{told.octets[news] / each / 1e6:.2f} MB a feed and day"
        )
    cpu = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    print(
        f"entries seen {told.entries}, missed {told.missed}, of these {told.avoidable} that a poll at the floor would"
        f" have had; polls sooner than {LEAST}: {told.too_soon}; CPU {cpu:.0f} s"
    )


if __name__ == "__main__":
    main()

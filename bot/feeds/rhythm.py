"""How often a feed brings something new, how far back it shows, and whether something was missed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from bot.model import Feed, Pace, ParsedFeed

LATEST = 40  # dates that the rhythm is taken from
BULK = 0.75  # of the entries shown, the latest: one that stays on top for ever says nothing of how far back they go
MORE = 3.0  # as many times more entries than dates are reckoned with
WIDEN = 1.1  # what a feed shows may shrink at once, and grows no faster than this from poll to poll
RELAX = 1.5  # how much longer the bound after a gap gets with each poll that overlaps
LONGEST = timedelta(days=365)


def learnt(feed: Feed, parsed: ParsedFeed, now: datetime) -> Pace:
    """Return the pace of `feed` after an answer that said `parsed`; of a first answer what its dates tell."""
    pace, shown = feed.pace, len(parsed.shown)
    if not shown:
        return replace(pace, overlap=None)
    news = parsed.unknown > 0
    elapsed = now - (pace.news_at or feed.polled_at or now)
    gap, reach = _dated(parsed.dates, now, shown)
    if gap is None and news and feed.polled_at is not None:
        gap, reach = _counted(pace, elapsed, parsed.unknown, shown)
    missed = is_gap(feed, parsed)
    return replace(
        pace,
        gap=gap or pace.gap,
        reach=_widened(pace.reach, reach),
        bound=_bound(feed, now) if missed else _relaxed(pace.bound),
        overlap=(shown - parsed.unknown) / shown if feed.polled_at else None,
        missed=pace.missed + missed,
        news_at=_last_news(feed, parsed, now) if news else pace.news_at,
    )


def is_gap(feed: Feed, parsed: ParsedFeed) -> bool:
    """Tell whether entries may have come and gone since the last poll: no entry is known, nor as old as that poll."""
    if feed.polled_at is None or feed.pace.news_at is None or not parsed.shown or parsed.unknown < len(parsed.shown):
        return False
    return not parsed.dates or parsed.dates[-1] > feed.polled_at


def _last_news(feed: Feed, parsed: ParsedFeed, now: datetime) -> datetime:
    """Return when there was news last: at the first poll the latest date that is shown, later the poll itself."""
    if feed.polled_at is None and parsed.dates:
        return min(now, parsed.dates[0])
    return now


def _dated(dates: Sequence[datetime], now: datetime, shown: int) -> tuple[timedelta | None, timedelta | None]:
    """Return gap and reach by the dates of entries, latest first; None where these say too little.

    Where there are dates of but the latest entries, the others are taken to go back as evenly.
    """
    moments = list(dict.fromkeys(date for date in dates if date <= now))
    if len(moments) < 3:
        return None, None
    gaps = [later - earlier for later, earlier in pairwise(moments[: LATEST + 1])]
    bulk = moments[max(2, int(BULK * len(moments)))]
    more = max(1.0, min(MORE, shown / len(dates)))
    return min(LONGEST, sorted(gaps)[(len(gaps) - 1) // 2]), min(LONGEST, (moments[0] - bulk) * more)


def _counted(pace: Pace, elapsed: timedelta, fresh: int, shown: int) -> tuple[timedelta, timedelta]:
    """Return gap and reach where entries bear no dates, from how many came since the last news."""
    gap = min(LONGEST, max(elapsed, timedelta(minutes=1)) / fresh)
    return (gap if pace.gap is None else (pace.gap * 3 + gap) / 4), min(LONGEST, gap * shown)


def _widened(before: timedelta | None, reach: timedelta | None) -> timedelta | None:
    if before is None or reach is None:
        return reach or before
    return min(reach, before * WIDEN)


def _bound(feed: Feed, now: datetime) -> timedelta | None:
    """Return half of the interval in which something was missed."""
    return (now - feed.polled_at) / 2 if feed.polled_at else None


def _relaxed(bound: timedelta | None) -> timedelta | None:
    return None if bound is None or bound * RELAX > timedelta(days=1) else bound * RELAX

"""When to ask a feed again, and why. Pure: every decision gets `now`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from bot.errors import BotError, FetchReason
from bot.model import Feed, Wishes, digest

LEAST = timedelta(minutes=15)
MOST = timedelta(days=1)
LEAST_WAIT = timedelta(minutes=1)  # the least and the most that we take a Retry-After for
SLOW = timedelta(hours=1)  # first wait after an answer that a person at the other end must mend
NO_NETWORK_WAIT = timedelta(minutes=2)
JITTER = 0.1

WORTHY = timedelta(days=30)  # so long after an alert a feed is asked as often as is polite
LOOKS = 4  # looks per usual time between two entries of a feed that led to none
CALM = timedelta(hours=1)  # the longest wait for a feed with a rhythm,
ASLEEP = timedelta(hours=4)  # and for one that has brought nothing for long
DOZE = timedelta(days=14)  # how long, at the least; and for so many times its rhythm:
DOZE_TIMES = 8
COVER = 2  # what a feed shows at once covers so many intervals, lest an entry come and go between two polls

_SLOW_STATUSES = frozenset({401, 403, 404, 451})
_DIRECTIVE = re.compile(r'(?:^|,)\s*(max-age|no-cache|no-store)\s*(?:=\s*"?(\d{1,15})"?)?\s*(?=,|$)', re.IGNORECASE)


class Next(NamedTuple):
    """When to ask again and why; `at` is None where a feed is not to be asked again until a person acts."""

    at: datetime | None
    why: str


class _Wait(NamedTuple):
    length: timedelta
    why: str


def after_success(feed: Feed, headers: Mapping[str, str], now: datetime, *, minimum: timedelta = LEAST) -> Next:
    """Say when to ask `feed`, as the answer left it, again after a 200 or 304.

    That is as often as its rhythm and its worth ask for, but no sooner than our floor and its server allow, nor than it
    wishes itself; of its wishes so much is cut as makes a poll overlap the one before. `headers` are the response's,
    names lower-case. The floor is the feed's `every`, never below `minimum`. No later than a day, unless the floor is
    longer. Up to a tenth is added, always the same for one feed and moment of its life, so that feeds drift apart.
    Unreadable values count as absent, so this never raises.
    Source: RFC 9111 sections 4.2.1 (max-age before Expires), 4.2.3 and 5.1 (Age), RSS 2.0 (ttl, skipHours, skipDays),
    RDF Site Summary 1.0, module Syndication.
    """
    floor = max(feed.every or minimum, minimum)
    most = max(MOST, floor)
    wait = max(_own(feed, floor, now), _kept(_wished(feed, floor, now), feed, floor), key=lambda wait: wait.length)
    wait = max(wait, _fresh(feed, headers, now), key=lambda wait: wait.length)
    if wait.length > most:
        return Next(now + most, f"{wait.why}, cut to {brief(most)}")
    due = now + min(most, wait.length * (1 + JITTER * _share(feed, now)))
    open_at = _unskipped(due, feed.wishes)
    if open_at > due:
        return Next(min(open_at, now + most), "hours or days that the feed wants to be left alone in")
    return Next(due, f"{wait.why}, {brief(wait.length)}")


def freshness(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Return for how long from `now` an answer counts as fresh, None where its headers do not say."""
    length, word = _freshness(headers, now)
    return length if word else None


def _own(feed: Feed, floor: timedelta, now: datetime) -> _Wait:
    """Return how long we would wait by ourselves."""
    pace = feed.pace
    if feed.every is not None:
        return _Wait(floor, "own interval")
    if pace.told_at is not None and now - pace.told_at < WORTHY:
        return _Wait(floor, "it led to an alert lately")
    if pace.gap is None:
        return _Wait(floor, "own interval")
    silence = now - pace.news_at if pace.news_at else timedelta()
    asleep = silence > max(DOZE, DOZE_TIMES * pace.gap)
    if asleep:
        return _kept(_Wait(ASLEEP, f"nothing new for {brief(silence)}"), feed, floor)
    return _kept(_Wait(min(CALM, pace.gap / LOOKS), f"an entry each {brief(pace.gap)} or so"), feed, floor)


def _kept(wait: _Wait, feed: Feed, floor: timedelta) -> _Wait:
    """Return `wait`, cut so that what the feed shows at once covers it, but not below the floor."""
    pace = feed.pace
    if pace.reach is not None and pace.reach / COVER < wait.length:
        wait = _Wait(pace.reach / COVER, f"it shows but {brief(pace.reach)} at once")
    if pace.bound is not None and pace.bound < wait.length:
        wait = _Wait(pace.bound, "entries may have been missed")
    return wait if wait.length >= floor else _Wait(floor, wait.why)


def _wished(feed: Feed, floor: timedelta, now: datetime) -> _Wait:
    """Return how long the feed itself wants us to wait."""
    ttl, base = feed.wishes.ttl, feed.wishes.base
    if not ttl:
        return _Wait(timedelta(), "")
    if base is None or ttl <= timedelta():
        return _Wait(ttl, "the feed's own wish")
    ticks = -((base - now - floor) // ttl)  # updates come at base + n * ttl: the first one after the floor
    return _Wait(base + ticks * ttl - now, "the feed's own times of update")


def _unskipped(at: datetime, wishes: Wishes) -> datetime:
    """Return the first moment from `at` on that lies in no hour or day to be skipped, `at` itself where all are."""
    if not wishes.hours and not wishes.days:
        return at
    moment = at
    for _ in range(8 * 24):
        if moment.hour not in wishes.hours and moment.weekday() not in wishes.days:
            return moment
        moment = moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return at


def after_failure(
    feed: Feed,
    problem: int | BotError,
    headers: Mapping[str, str],
    now: datetime,
    *,
    minimum: timedelta = LEAST,
) -> Next:
    """Say when to ask `feed` again after a bad status (`problem` is the code) or an error.

    The wait doubles with each failure in a row (`feed.failures` counts those before this one) up to a day, give or take
    a tenth. 410 stops; 401, 403, 404 and 451 begin at an hour. A Retry-After is kept to, between a minute and a day: no
    request before it. Where the network is down the feed is not to blame, and soon asked again.
    Source: RFC 9110 sections 10.2.3 (Retry-After) and 15.5.11 (410), RFC 6585 (429).
    """
    if problem == 410:
        return Next(None, "the server says it is gone for good (410)")
    if isinstance(problem, BotError) and problem.reason is FetchReason.NO_NETWORK:
        return Next(now + min(max(minimum, LEAST_WAIT), NO_NETWORK_WAIT), "no network")
    floor = max(feed.every or minimum, minimum)
    first = max(floor, SLOW) if problem in _SLOW_STATUSES else floor
    most = max(MOST, floor)
    wait = min(most, first * 2 ** min(feed.failures, 12))
    wait = min(most, max(minimum, wait * (1 + JITTER * (2 * _share(feed, now) - 1))))
    told = retry_after(headers, now) if isinstance(problem, int) else None
    if told is not None and told >= wait:
        return Next(now + told, f"the server asked to wait {brief(told)}")
    return Next(now + wait, f"failure {feed.failures + 1} in a row, waiting {brief(wait)}")


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Return how long the server wants to be left alone, between a minute and a day; None where it does not say.

    Takes seconds or a date; the date counts from the server's own Date, if it sent one.
    """
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        wait = timedelta(seconds=min(int(value[:20]), MOST.total_seconds()))
    elif date := http_date(value):
        wait = date - (http_date(headers.get("date", "")) or now)
    else:
        return None
    return min(MOST, max(LEAST_WAIT, wait)) if wait > timedelta() else None


def http_date(value: str) -> datetime | None:
    """Return an HTTP date as aware UTC, None where it is none."""
    try:
        date = parsedate_to_datetime(value)
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _fresh(feed: Feed, headers: Mapping[str, str], now: datetime) -> _Wait:
    """Return for how long the answer is fresh: a 304 that does not say renews what the last full answer said."""
    length, word = _freshness(headers, now)
    if not word and "no-cache" not in headers.get("cache-control", "") and feed.fresh:
        return _Wait(feed.fresh, "its server's word")
    return _Wait(length, word)


def _freshness(headers: Mapping[str, str], now: datetime) -> tuple[timedelta, str]:
    """Return how much longer the answer counts as fresh, and which header says so."""
    directives = {m[1].lower(): m[2] for m in _DIRECTIVE.finditer(headers.get("cache-control", ""))}
    if "no-cache" in directives or "no-store" in directives:
        return timedelta(), ""
    if seconds := directives.get("max-age"):
        return _seconds(seconds) - _seconds(headers.get("age", "")), "the server's max-age"
    if expires := http_date(headers.get("expires", "")):
        return expires - (http_date(headers.get("date", "")) or now), "the server's Expires"
    return timedelta(), ""


def _seconds(value: str) -> timedelta:
    value = value.strip()
    return (
        timedelta(seconds=min(int(value[:12]), 10 * MOST.total_seconds()))
        if value.isascii() and value.isdigit()
        else timedelta()
    )


def _share(feed: Feed, now: datetime) -> float:
    """Return a number in [0, 1) that is the same for one feed on one day and one count of failures."""
    return int(digest(feed.url, now.date().isoformat(), str(feed.failures), length=8), 16) / 2**32


def brief(interval: timedelta) -> str:
    """Return an interval in one or two units, such as "1 h 30 min"."""
    seconds = max(0, round(interval.total_seconds()))
    days, hours, minutes = seconds // 86_400, seconds // 3_600 % 24, seconds // 60 % 60
    parts = [f"{n} {unit}" for n, unit in ((days, "d"), (hours, "h"), (minutes, "min")) if n]
    return " ".join(parts[:2]) or f"{seconds} s"

"""When a feed is asked again: never sooner than it or its server wants, never out of bounds, and with a reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Fate, FeedError, FeedReason, FetchError, FetchReason
from bot.feeds.schedule import JITTER, LEAST, MOST, NO_NETWORK_WAIT, after_failure, after_success, brief, retry_after
from bot.model import Feed

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
FEED = Feed("https://site.test/feed")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TIMEOUT = FetchError(FetchReason.TIMEOUT, "", Fate.RETRY)


def date(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


def wait(feed: Feed, headers: dict[str, str], ttl: timedelta | None = None) -> timedelta:
    at = after_success(feed, headers, ttl, NOW).at
    assert at is not None
    return at - NOW


@pytest.mark.parametrize(
    ("headers", "ttl", "least"),
    [
        ({}, None, 15 * MINUTE),
        ({"cache-control": "max-age=3600"}, None, HOUR),
        ({"cache-control": 'public, MAX-AGE="3600", must-revalidate'}, None, HOUR),
        ({"cache-control": "max-age=3600", "age": "600"}, None, 50 * MINUTE),  # it was not fresh any more
        ({"cache-control": "max-age=60"}, None, 15 * MINUTE),  # our floor
        ({"cache-control": "no-cache, max-age=3600"}, None, 15 * MINUTE),
        ({"cache-control": "no-store"}, None, 15 * MINUTE),
        ({"cache-control": "s-maxage=3600"}, None, 15 * MINUTE),  # meant for others
        ({"cache-control": "x-max-age=3600"}, None, 15 * MINUTE),
        ({"cache-control": "max-age=-5"}, None, 15 * MINUTE),
        ({"cache-control": "max-age=99999999999999999999"}, None, 15 * MINUTE),  # no number of seconds
        ({"cache-control": "max-age=864000"}, None, DAY),  # cut to a day
        ({"expires": date(NOW + HOUR)}, None, HOUR),
        ({"expires": date(NOW + 2 * HOUR), "date": date(NOW + HOUR)}, None, HOUR),  # by the server's clock
        ({"expires": date(NOW + 5 * HOUR), "cache-control": "max-age=3600"}, None, HOUR),  # max-age wins
        ({"expires": "0"}, None, 15 * MINUTE),
        ({"expires": "-1"}, None, 15 * MINUTE),
        ({}, HOUR, HOUR),  # what the feed itself asks for
        ({"cache-control": "max-age=7200"}, HOUR, 2 * HOUR),  # the latest counts
        ({}, timedelta(days=30), DAY),
    ],
)
def test_the_next_poll_waits_for_the_latest_wish(
    headers: dict[str, str], ttl: timedelta | None, least: timedelta
) -> None:
    assert least <= wait(FEED, headers, ttl) <= min(DAY, least * (1 + JITTER))


@pytest.mark.parametrize(
    ("every", "minimum", "least"),
    [
        (None, LEAST, 15 * MINUTE),
        (HOUR, LEAST, HOUR),
        (MINUTE, LEAST, 15 * MINUTE),  # below the least that is polite
        (MINUTE, MINUTE, MINUTE),  # unless that is allowed
        (timedelta(days=3), LEAST, timedelta(days=3)),  # what the user wants may be longer than a day
    ],
)
def test_the_users_interval_is_a_floor(every: timedelta | None, minimum: timedelta, least: timedelta) -> None:
    due = after_success(Feed(FEED.url, every=every), {}, None, NOW, minimum=minimum)
    assert due.at is not None
    assert least <= due.at - NOW <= least * (1 + JITTER)
    assert "own interval" in due.why


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"retry-after": "120"}, 2 * MINUTE),
        ({"retry-after": " 120 "}, 2 * MINUTE),
        ({"retry-after": "1"}, MINUTE),  # no less than a minute
        ({"retry-after": "99999999999999999999"}, DAY),  # no more than a day
        ({"retry-after": date(NOW + 90 * MINUTE)}, 90 * MINUTE),
        ({"retry-after": date(NOW + 2 * HOUR), "date": date(NOW + HOUR)}, HOUR),  # by the server's clock
        ({"retry-after": date(NOW - DAY)}, None),  # past
        ({"retry-after": "soon; -1"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "٣٠"}, None),  # digits, but not those of HTTP
        ({}, None),
    ],
)
def test_retry_after_is_read_in_both_forms(headers: dict[str, str], expected: timedelta | None) -> None:
    assert retry_after(headers, NOW) == expected


@pytest.mark.parametrize("status", [429, 503])
def test_no_request_comes_before_retry_after(status: int) -> None:
    due = after_failure(FEED, status, {"retry-after": "7200"}, NOW)
    assert due.at == NOW + 2 * HOUR
    assert "asked to wait 2 h" in due.why


def test_failures_double_the_wait_up_to_a_day() -> None:
    waits = [after_failure(Feed(FEED.url, failures=n), TIMEOUT, {}, NOW).at for n in range(12)]
    assert waits[0] is not None
    assert waits[0] - NOW <= 15 * MINUTE * (1 + JITTER)
    for n, at in enumerate(waits):
        assert at is not None
        assert at - NOW <= DAY
        assert at - NOW >= min(DAY, 15 * MINUTE * 2**n) * (1 - JITTER)


def test_gone_stops_and_not_found_slows() -> None:
    assert after_failure(FEED, 410, {"retry-after": "60"}, NOW).at is None
    slow, usual = after_failure(FEED, 404, {}, NOW).at, after_failure(FEED, 500, {}, NOW).at
    assert slow is not None
    assert usual is not None
    assert slow - NOW >= HOUR * (1 - JITTER) > usual - NOW


def test_a_missing_network_is_not_the_feeds_fault() -> None:
    due = after_failure(Feed(FEED.url, failures=9), FetchError(FetchReason.NO_NETWORK, "", Fate.RETRY), {}, NOW)
    assert due == (NOW + NO_NETWORK_WAIT, "no network")


def test_feeds_drift_apart_and_each_is_predictable() -> None:
    feeds = [Feed(f"https://site.test/{n}") for n in range(50)]
    waits = [wait(feed, {}) for feed in feeds]
    assert len(set(waits)) > 40
    assert waits == [wait(feed, {}) for feed in feeds]


_HEADERS = st.dictionaries(
    st.sampled_from(["cache-control", "age", "expires", "date", "retry-after"]),
    st.one_of(
        st.text(max_size=30),
        st.integers(-(10**25), 10**25).map(str),
        st.integers(-(10**9), 10**12).map(lambda n: f"max-age={n}"),
        st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)).map(lambda d: date(d.replace(tzinfo=UTC))),  # noqa: DTZ001
    ),
)
_FEEDS = st.builds(
    Feed,
    st.sampled_from([f"https://site.test/{n}" for n in range(9)]),
    every=st.none() | st.timedeltas(timedelta(seconds=1), timedelta(days=9)),
    failures=st.integers(0, 10_000),
)


@given(_FEEDS, _HEADERS, st.none() | st.timedeltas(timedelta(), timedelta(days=999)))
def test_a_success_is_never_followed_out_of_bounds(feed: Feed, headers: dict[str, str], ttl: timedelta | None) -> None:
    due = after_success(feed, headers, ttl, NOW)
    assert due.at is not None
    assert max(LEAST, feed.every or LEAST) <= due.at - NOW <= max(MOST, feed.every or LEAST)
    assert due.why


@given(
    _FEEDS,
    st.sampled_from([400, 404, 429, 500, 503, TIMEOUT, FeedError(FeedReason.EMPTY, "", Fate.RETRY)]),
    _HEADERS,
)
def test_a_failure_is_never_followed_too_soon(feed: Feed, problem: int | FetchError, headers: dict[str, str]) -> None:
    due = after_failure(feed, problem, headers, NOW)
    assert due.at is not None
    assert LEAST <= due.at - NOW <= max(MOST, feed.every or LEAST)
    asked = retry_after(headers, NOW)
    if problem in {429, 503} and asked is not None:
        assert due.at - NOW >= asked


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        (timedelta(), "0 s"),
        (timedelta(seconds=40), "40 s"),
        (90 * MINUTE, "1 h 30 min"),
        (DAY, "1 d"),
        (25 * HOUR, "1 d 1 h"),
    ],
)
def test_intervals_are_told_briefly(interval: timedelta, words: str) -> None:
    assert brief(interval) == words

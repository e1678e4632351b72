"""When a feed is asked again: never sooner than it or its server wants, never out of bounds, and with a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Fate, FeedError, FeedReason, FetchError, FetchReason
from bot.feeds.schedule import (
    JITTER,
    LEAST,
    MOST,
    NO_NETWORK_WAIT,
    after_failure,
    after_success,
    brief,
    freshness,
    retry_after,
)
from bot.model import Feed, Pace, Wishes

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
FEED = Feed("https://site.test/feed")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TIMEOUT = FetchError(FetchReason.TIMEOUT, "", Fate.RETRY)


def date(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


def wait(feed: Feed, headers: dict[str, str], ttl: timedelta | None = None) -> timedelta:
    at = after_success(replace(feed, wishes=Wishes(ttl=ttl)), headers, NOW).at
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
    due = after_success(Feed(FEED.url, every=every), {}, NOW, minimum=minimum)
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


# ---------------------------------------------------------------------------------------------- rhythm and worth


def paced(**pace: object) -> Feed:
    return Feed(FEED.url, polled_at=NOW, pace=Pace(**{"news_at": NOW - HOUR, **pace}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("feed", "least", "why"),
    [
        (FEED, 15 * MINUTE, "own interval"),  # nothing is known of it yet
        (paced(gap=20 * MINUTE), 15 * MINUTE, "an entry each 20 min"),  # a newsroom
        (paced(gap=2 * HOUR), 30 * MINUTE, "an entry each 2 h"),
        (paced(gap=9 * DAY), HOUR, "an entry each 9 d"),  # a laboratory's blog: still within the hour
        (paced(gap=HOUR, news_at=NOW - 15 * DAY), 4 * HOUR, "nothing new for 15 d"),
        (paced(gap=9 * DAY, news_at=NOW - 15 * DAY), HOUR, "an entry each 9 d"),  # so long is not odd for it
        (paced(gap=9 * DAY, news_at=NOW - 80 * DAY), 4 * HOUR, "nothing new for 80 d"),
        (paced(gap=9 * DAY, told_at=NOW - 29 * DAY), 15 * MINUTE, "alert lately"),  # worth it
        (paced(gap=9 * DAY, told_at=NOW - 31 * DAY), HOUR, "an entry each 9 d"),  # not any more
        (paced(gap=9 * DAY, reach=80 * MINUTE), 40 * MINUTE, "but 1 h 20 min at once"),  # else entries slip through
        (paced(gap=9 * DAY, bound=25 * MINUTE), 25 * MINUTE, "may have been missed"),
        (paced(gap=9 * DAY, bound=5 * MINUTE), 15 * MINUTE, "may have been missed"),  # not below the floor
        (replace(paced(gap=MINUTE), every=2 * HOUR), 2 * HOUR, "own interval"),  # the user knows better
    ],
)
def test_a_feed_is_asked_by_its_rhythm_and_its_worth(feed: Feed, least: timedelta, why: str) -> None:
    due = after_success(feed, {}, NOW)
    assert due.at is not None
    assert least <= due.at - NOW <= least * (1 + JITTER)
    assert why in due.why


@pytest.mark.parametrize(
    ("wishes", "pace", "least"),
    [
        (Wishes(ttl=6 * HOUR), Pace(), 6 * HOUR),
        (Wishes(ttl=6 * HOUR), Pace(reach=2 * HOUR), HOUR),  # its own wish would lose entries
        (Wishes(ttl=6 * HOUR), Pace(bound=30 * MINUTE), 30 * MINUTE),
        (Wishes(ttl=6 * HOUR, base=NOW - 5 * HOUR), Pace(), HOUR),  # its next update is in an hour
        (Wishes(ttl=6 * HOUR, base=NOW + 30 * HOUR), Pace(), 6 * HOUR),
        (Wishes(ttl=6 * HOUR, base=NOW - 12 * HOUR + 5 * MINUTE), Pace(), 6 * HOUR + 5 * MINUTE),  # 5 min are too soon
    ],
)
def test_a_feeds_own_wishes_count_as_far_as_nothing_is_missed(wishes: Wishes, pace: Pace, least: timedelta) -> None:
    at = after_success(Feed(FEED.url, wishes=wishes, pace=pace), {}, NOW).at
    assert at is not None
    assert least <= at - NOW <= least * (1 + JITTER)


def test_what_its_server_calls_fresh_is_not_asked_for_even_if_something_may_be_missed() -> None:
    assert wait(paced(reach=HOUR), {"cache-control": "max-age=7200"}) >= 2 * HOUR


def test_a_304_that_says_nothing_renews_what_the_full_answer_said() -> None:
    fresh = Feed(FEED.url, fresh=3 * HOUR)
    assert wait(fresh, {}) >= 3 * HOUR
    assert wait(fresh, {"cache-control": "max-age=60"}) <= 17 * MINUTE  # it does say
    assert wait(fresh, {"cache-control": "no-cache"}) <= 17 * MINUTE


# NOW is noon of a Wednesday
@pytest.mark.parametrize(
    ("hours", "days", "expected"),
    [
        ({13}, set(), None),  # not now
        ({12}, set(), NOW + HOUR),
        ({12, 13, 14}, set(), NOW + 3 * HOUR),
        (set(), {2}, NOW + 12 * HOUR),
        ({0, 1}, {2}, NOW + 14 * HOUR),
        (set(), {2, 3}, NOW + DAY),  # no later than a day
        (set(range(24)), set(), None),  # all hours: a mistake
    ],
)
def test_hours_and_days_to_be_skipped_are(hours: set[int], days: set[int], expected: datetime | None) -> None:
    due = after_success(Feed(FEED.url, wishes=Wishes(hours=frozenset(hours), days=frozenset(days))), {}, NOW)
    assert due.at is not None
    if expected is None:
        assert due.at < NOW + 17 * MINUTE
    else:
        assert due.at == expected
        assert "left alone" in due.why


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
    wishes=st.builds(
        Wishes,
        ttl=st.none() | st.timedeltas(timedelta(), timedelta(days=400)),
        base=st.none() | st.datetimes(timezones=st.just(UTC)),
        hours=st.frozensets(st.integers(0, 23)),
        days=st.frozensets(st.integers(0, 6)),
    ),
    fresh=st.none() | st.timedeltas(),
    pace=st.builds(
        Pace,
        gap=st.none() | st.timedeltas(timedelta(), timedelta(days=365)),
        reach=st.none() | st.timedeltas(timedelta(), timedelta(days=365)),
        bound=st.none() | st.timedeltas(timedelta(), timedelta(days=1)),
        news_at=st.none() | st.just(NOW - HOUR),
        told_at=st.none() | st.just(NOW - HOUR),
    ),
)


@given(_FEEDS, _HEADERS)
def test_a_success_is_never_followed_out_of_bounds(feed: Feed, headers: dict[str, str]) -> None:
    due = after_success(feed, headers, NOW)
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


def test_an_answer_that_says_nothing_of_its_freshness_has_none():
    assert freshness({}, NOW) is None
    assert freshness({"cache-control": "max-age=60"}, NOW) == timedelta(minutes=1)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(59, "59 s"), (90, "1 min"), (5_400, "1 h 30 min"), (90_060, "1 d 1 h"), (0, "0 s"), (-5, "0 s"), (86_400, "1 d")],
)
def test_an_interval_is_told_in_one_or_two_units(seconds, words):
    assert brief(timedelta(seconds=seconds)) == words


def test_a_failure_says_which_it_is():
    due = after_failure(Feed("https://site.test/feed", failures=2), 500, {}, NOW)
    assert due.why.startswith("failure 3 in a row")

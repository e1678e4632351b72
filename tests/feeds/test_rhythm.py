"""What a feed's entries tell of how often it brings something, and whether something slipped through between two polls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.feeds import poll, rhythm
from bot.feeds.rhythm import is_gap, learnt
from bot.feeds.schedule import LEAST
from bot.model import Feed, Pace, ParsedEntry, ParsedFeed, Request, Response

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
KNOWN = Feed("https://site.test/feed", polled_at=NOW - HOUR, pace=Pace(news_at=NOW - 4 * HOUR))


def parsed(*ages: timedelta, unknown: int = 0, shown: int | None = None) -> ParsedFeed:
    """Return what a body says whose entries are of these ages; dates may be fewer than entries."""
    number = len(ages) if shown is None else shown
    dates = tuple(sorted((NOW - age for age in ages), reverse=True))
    return ParsedFeed("Site", "en", (), {str(n): "h" for n in range(number)}, unknown=unknown, dates=dates)


@pytest.mark.parametrize(
    ("body", "gap", "reach"),
    [
        (parsed(HOUR, 3 * HOUR, 5 * HOUR, 7 * HOUR), 2 * HOUR, 6 * HOUR),
        (parsed(HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR, 900 * DAY), HOUR, 3 * HOUR),  # one stays at the bottom for ever
        (parsed(HOUR, 2 * HOUR, 3 * HOUR, 15 * HOUR, 16 * HOUR, 17 * HOUR), HOUR, 15 * HOUR),  # nobody writes at night
        (parsed(-5 * DAY, HOUR, 3 * HOUR, 5 * HOUR), 2 * HOUR, 4 * HOUR),  # a date in the future is none
        (
            parsed(HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 16 * HOUR),
            2 * HOUR,
            7 * HOUR,
        ),  # the lower one of two in the middle
        (parsed(*(n * HOUR for n in range(1, 9))), HOUR, 6 * HOUR),  # three quarters of eight
        (parsed(*(n * HOUR for n in range(1, 11)), shown=20), HOUR, 14 * HOUR),  # half of them without a date
        (parsed(*[HOUR] * 200), None, None),  # all in one go: nothing can be told from that
        (parsed(HOUR, 2 * HOUR), None, None),
        (parsed(shown=20), None, None),  # no dates, and nothing new
        (parsed(shown=20, unknown=4), HOUR, 20 * HOUR),  # four since the last news four hours ago
        (parsed(shown=0), None, None),
    ],
)
def test_rhythm_and_reach_come_from_dates_or_from_arrivals(
    body: ParsedFeed, gap: timedelta | None, reach: timedelta | None
) -> None:
    pace = learnt(KNOWN, body, NOW)
    assert (pace.gap, pace.reach) == (gap, reach)


def test_what_it_shows_shrinks_at_once_and_grows_slowly() -> None:
    """A burst in the morning is not forgotten by noon: it comes again tomorrow."""
    busy = replace(KNOWN, pace=replace(KNOWN.pace, reach=2 * HOUR))
    calm = parsed(*(n * DAY for n in range(1, 9)))
    assert learnt(busy, calm, NOW).reach == 2 * HOUR * rhythm.WIDEN
    assert learnt(busy, parsed(*(n * MINUTE for n in range(1, 9))), NOW).reach == 6 * MINUTE


@pytest.mark.parametrize(
    ("feed", "body", "missed"),
    [
        (KNOWN, parsed(shown=9, unknown=9), True),  # nothing known, no dates
        (KNOWN, parsed(shown=9, unknown=8), False),  # one is known: so are all before it
        (KNOWN, parsed(MINUTE, 30 * MINUTE, unknown=2), True),  # all are younger than the last poll
        (KNOWN, parsed(MINUTE, 2 * HOUR, unknown=2), False),  # it reaches back behind the last poll: all is there
        (replace(KNOWN, polled_at=None), parsed(shown=9, unknown=9), False),  # the first poll
        (replace(KNOWN, pace=Pace()), parsed(shown=9, unknown=9), False),  # it never had an entry before
        (KNOWN, parsed(shown=0), False),
    ],
)
def test_a_gap_is_where_nothing_is_known_and_nothing_reaches_back(feed: Feed, body: ParsedFeed, missed: bool) -> None:
    assert is_gap(feed, body) is missed
    pace = learnt(feed, body, NOW)
    assert pace.missed == missed
    assert pace.bound == (HOUR / 2 if missed else None)


def test_after_a_gap_the_interval_grows_back_with_each_poll_that_overlaps() -> None:
    feed = replace(KNOWN, pace=replace(KNOWN.pace, bound=HOUR))
    bounds = []
    while feed.pace.bound is not None:
        bounds.append(feed.pace.bound)
        feed = replace(feed, pace=learnt(feed, parsed(shown=9, unknown=1), NOW))
    assert bounds == sorted(bounds)
    assert DAY / rhythm.RELAX <= bounds[-1] <= DAY


def test_the_first_poll_takes_its_last_news_from_the_dates() -> None:
    new = Feed(KNOWN.url)
    assert learnt(new, parsed(40 * DAY, 50 * DAY, unknown=2), NOW).news_at == NOW - 40 * DAY
    assert learnt(new, parsed(-DAY, 50 * DAY, unknown=2), NOW).news_at == NOW
    assert learnt(new, parsed(shown=3, unknown=3), NOW).news_at == NOW
    assert learnt(new, parsed(40 * DAY, unknown=1), NOW).overlap is None


def lived(arrivals: list[datetime], shows: int, until: datetime) -> Iterator[tuple[datetime, Feed, int]]:
    """Poll a feed that shows its latest entries, as the schedule says; yield each poll with the entries it missed."""
    now, feed, seen, known = NOW, Feed(KNOWN.url), 0, {}
    while now < until:
        published = [date for date in arrivals if date <= now]
        window = {str(published.index(date)): date for date in published[-shows:]}
        fresh = [name for name in window if name not in known]
        missed = sum(str(n) not in known and str(n) not in window for n in range(seen, len(published))) if seen else 0
        entries = tuple(ParsedEntry(name, "h", "", name, "", window[name]) for name in fresh)
        dates = tuple(sorted(window.values(), reverse=True))
        body = ParsedFeed("Site", "en", entries, dict.fromkeys(window, "h"), unknown=len(fresh), dates=dates)
        answer = Response(Request(feed.url), feed.url, 200, {}, repr(sorted(window)).encode())
        result = poll.result_of(feed, answer, body if poll.wants_parse(feed, answer) else None, now)
        known |= result.shown
        seen = len(published)
        yield now, result.feed, missed
        assert result.feed.next_poll_at is not None
        now, feed = result.feed.next_poll_at, result.feed


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.integers(16, 600), min_size=20, max_size=60),  # minutes between two entries
    st.integers(10, 30),
)
def test_nothing_is_missed_of_a_feed_whose_window_holds_two_floors(minutes: list[int], shows: int) -> None:
    moments, at = [NOW - n * 3 * HOUR for n in range(shows, 0, -1)], NOW
    for step in minutes:
        at += step * MINUTE
        moments.append(at)
    polls = list(lived(moments, shows, at + DAY))
    assert sum(missed for _, _, missed in polls) == 0
    assert all(later[0] - earlier[0] >= LEAST for earlier, later in pairwise(polls))


def test_one_new_entry_is_news_and_the_others_are_the_overlap() -> None:
    pace = learnt(KNOWN, parsed(HOUR, 3 * HOUR, 5 * HOUR, 7 * HOUR, unknown=1), NOW)
    assert (pace.news_at, pace.overlap) == (NOW, 0.75)
    pace = learnt(KNOWN, parsed(HOUR, 3 * HOUR, 5 * HOUR, 7 * HOUR), NOW)
    assert (pace.news_at, pace.overlap) == (KNOWN.pace.news_at, 1.0)

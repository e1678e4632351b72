"""What ails a feed: told once when it begins and once when it ends, and not for a hiccup."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Fate, FeedError, FeedReason, FetchError, FetchReason
from bot.feeds import poll
from bot.feeds.condition import ADVICE, QUIET, QUIET_TIMES, TRIES, after_answer, after_failure
from bot.model import Condition, Feed, Pace, ParsedEntry, ParsedFeed, Request, Response

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WELL = Feed(
    "https://site.test/feed", title="AI News", polled_at=NOW - HOUR, pace=Pace(gap=6 * HOUR, news_at=NOW - 9 * HOUR)
)


def body(title: str = "AI News", *, shown: int = 5, unknown: int = 0) -> ParsedFeed:
    entries = tuple(ParsedEntry(f"n{n}", "h", "", f"New {n}", "", NOW) for n in range(unknown))
    return ParsedFeed(title, "en", entries, {f"n{n}": "h" for n in range(shown)}, unknown=unknown, dates=(NOW,) * shown)


def sick(condition: Condition, **state: object) -> Feed:
    return replace(WELL, condition=condition, condition_since=NOW - DAY, **state)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("feed", "parsed", "expected"),
    [
        (WELL, body(), None),
        (WELL, body(unknown=2), None),
        (WELL, None, None),
        (WELL, body(shown=0), Condition.EMPTIED),
        (Feed(WELL.url), body(shown=0), None),  # it never had any: a search that finds nothing
        (sick(Condition.EMPTIED), None, Condition.EMPTIED),  # 304: still empty
        (sick(Condition.EMPTIED), body(unknown=1), None),
        *(
            (sick(ill), None, None) for ill in (Condition.FAILING, Condition.WEB_PAGE, Condition.PARKED)
        ),  # 304: well again
        (replace(WELL, pace=Pace(gap=None, news_at=NOW - 90 * DAY)), None, None),  # its rhythm is not known
        (replace(WELL, pace=Pace(gap=DAY, news_at=NOW - 8 * DAY)), None, None),  # eight times as long as usual,
        (replace(WELL, pace=Pace(gap=DAY, news_at=NOW - 8 * DAY - HOUR)), None, Condition.SILENT),  # and more
        (replace(WELL, pace=Pace(gap=6 * HOUR, news_at=NOW - 5 * DAY)), None, Condition.SILENT),
        (replace(WELL, pace=Pace(gap=6 * HOUR, news_at=NOW - 5 * DAY)), body(), Condition.SILENT),
        (replace(WELL, pace=Pace(gap=6 * HOUR, news_at=NOW - 5 * DAY)), body(unknown=1), None),
        (replace(WELL, pace=Pace(gap=9 * DAY, news_at=NOW - 60 * DAY)), None, None),  # it takes its time
        (replace(WELL, pace=Pace(gap=HOUR, news_at=NOW - 3 * DAY)), None, None),  # a long weekend
        (WELL, body("Casino", unknown=5), Condition.STRANGER),
        (WELL, body("Casino", unknown=4), None),  # one is known: it has a new title, that is all
        (WELL, body("AI News and Notes", unknown=5), None),  # akin
        (WELL, body("", unknown=5), None),  # no title is none in another's name
        (replace(WELL, name="Casino"), body("Casino", unknown=5), None),  # so the config calls it
        (Feed(WELL.url), body("Casino", unknown=5), None),  # the first poll
        (sick(Condition.STRANGER), None, Condition.STRANGER),
        (sick(Condition.STRANGER), body("Casino", unknown=1), Condition.STRANGER),
        (sick(Condition.STRANGER), body("AI News", unknown=1), None),
    ],
)
def test_what_ails_a_feed_that_answers(feed: Feed, parsed: ParsedFeed | None, expected: Condition | None) -> None:
    assert after_answer(feed, parsed, NOW) is expected


@pytest.mark.parametrize(
    ("state", "reason", "expected"),
    [
        ({"failures": 1}, "timeout", None),  # a hiccup
        ({"failures": TRIES}, "timeout", None),  # it worked an hour ago
        ({"failures": TRIES, "polled_at": NOW - 2 * DAY}, "timeout", Condition.FAILING),
        ({"failures": TRIES, "polled_at": None}, "timeout", Condition.NEVER),
        ({"failures": TRIES, "polled_at": None}, "not_a_feed", Condition.NEVER),
        ({"failures": TRIES}, "not_a_feed", Condition.WEB_PAGE),
        ({"failures": TRIES}, "parked", Condition.PARKED),
        ({"failures": TRIES, "polled_at": None}, "parked", Condition.PARKED),  # says more than that it never worked
        ({"failures": TRIES - 1}, "parked", None),
        ({"failures": 1}, "not_a_feed", None),
        ({"failures": 1, "stopped": True}, "gone", Condition.GONE),
        ({"failures": 1, "condition": Condition.SILENT}, "timeout", Condition.SILENT),  # a hiccup of a silent feed
    ],
)
def test_what_ails_a_feed_that_fails(state: dict[str, object], reason: str, expected: Condition | None) -> None:
    assert after_failure(replace(WELL, **state), reason, NOW) is expected  # type: ignore[arg-type]


def test_a_strangers_entries_are_held_back_and_the_feed_keeps_its_name() -> None:
    answer = Response(Request(WELL.url), WELL.url, 200, {}, b"other")
    result = poll.result_of(WELL, answer, body("Casino", unknown=5), NOW)
    assert all(entry.baseline for entry in result.entries)
    assert (result.feed.condition, result.feed.condition_since, result.feed.title) == (
        Condition.STRANGER,
        NOW,
        "AI News",
    )
    back = poll.result_of(result.feed, replace(answer, body=b"back"), body(unknown=1), NOW + HOUR)
    assert not any(entry.baseline for entry in back.entries)
    assert back.feed.condition is None


def test_a_condition_keeps_the_time_at_which_it_began() -> None:
    page = FeedError(FeedReason.NOT_A_FEED, "a web page came", Fate.RETRY)
    answer, feed, since = Response(Request(WELL.url), WELL.url, 200, {}, b"<html>"), WELL, []
    for hours in range(5):
        feed = poll.result_of(feed, answer, page, NOW + hours * HOUR).feed
        since.append(feed.condition_since)
    begun = NOW + (TRIES - 1) * HOUR
    assert since == [None] * (TRIES - 1) + [begun] * (6 - TRIES)


def test_without_a_network_no_feed_falls_ill() -> None:
    feed = replace(WELL, polled_at=NOW - 9 * DAY)
    for _ in range(9):
        feed = poll.result_of(feed, FetchError(FetchReason.NO_NETWORK, "", Fate.RETRY), None, NOW).feed
    assert feed.condition is None


def test_there_is_advice_for_everything() -> None:
    assert set(ADVICE) == set(Condition)
    assert QUIET_TIMES * HOUR < QUIET  # a feed of the hour may have a weekend

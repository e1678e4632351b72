"""What one poll asks for, and what each kind of answer means for the feed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import BotError, Fate, FeedError, FeedReason, FetchError, FetchReason
from bot.feeds import poll
from bot.model import Feed, Moved, ParsedEntry, ParsedFeed, PollOutcome, Request, Response, Tally, Wishes

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
OLD = Feed(
    "https://site.test/feed",
    etag='W/"1,2"',
    last_modified="Tue, 08 Jul 2025 12:00:00 GMT",
    body_hash=poll.body_hash(b"old"),
    failures=3,
    polled_at=NOW - timedelta(hours=1),
    full_at=NOW - timedelta(hours=1),
    wishes=Wishes(ttl=timedelta(hours=2)),
    error="before",
)
ENTRY = ParsedEntry("1", "hash", "https://site.test/1", "One", "Text", NOW - timedelta(hours=3))
PARSED = ParsedFeed("Site", "en", (ENTRY,), {"1": "hash"}, wishes=Wishes(ttl=timedelta(hours=4)))


def response(status: int = 200, body: bytes = b"new", **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(Request(OLD.url), OLD.url, status, named, body)


def test_validators_are_sent_as_they_came() -> None:
    headers = poll.request_for(OLD, NOW).headers
    assert headers["if-none-match"] == 'W/"1,2"'
    assert headers["if-modified-since"] == "Tue, 08 Jul 2025 12:00:00 GMT"


def test_once_a_day_they_are_left_out_lest_they_lie() -> None:
    stale = replace(OLD, full_at=NOW - timedelta(days=1))
    assert set(poll.request_for(stale, NOW).headers) == {"accept"}


def test_a_new_feed_sends_none() -> None:
    assert set(poll.request_for(Feed(OLD.url), NOW).headers) == {"accept"}


def test_a_good_answer_renews_the_state() -> None:
    answer = response(etag='"2"', cache_control="max-age=60")
    assert poll.wants_parse(OLD, answer)
    result = poll.result_of(OLD, answer, PARSED, NOW)
    assert result.outcome is PollOutcome.OK
    assert result.shown == {"1": "hash"}
    feed = result.feed
    assert (feed.etag, feed.last_modified, feed.body_hash) == ('"2"', "", poll.body_hash(b"new"))
    assert (feed.failures, feed.error, feed.polled_at, feed.full_at, feed.wishes) == (0, "", NOW, NOW, PARSED.wishes)
    assert feed.next_poll_at is not None
    assert feed.next_poll_at >= NOW + timedelta(hours=4)  # the ttl


def test_validators_that_a_full_answer_does_not_bring_are_forgotten() -> None:
    feed = poll.result_of(OLD, response(), PARSED, NOW).feed
    assert (feed.etag, feed.last_modified) == ("", "")


def test_entries_carry_what_the_feed_says() -> None:
    (entry,) = poll.result_of(OLD, response(), PARSED, NOW).entries
    assert (entry.raw_id, entry.title, entry.summary, entry.url, entry.language) == (
        "1",
        "One",
        "Text",
        ENTRY.url,
        "en",
    )
    assert (entry.seen_at, entry.published_at, entry.baseline) == (NOW, ENTRY.published_at, False)
    assert entry.id == poll.entry_id(OLD.url, "1") != poll.entry_id("https://other.test/", "1")


def test_the_first_answer_is_the_baseline() -> None:
    (entry,) = poll.result_of(Feed(OLD.url), response(), PARSED, NOW).entries
    assert entry.baseline


@pytest.mark.parametrize(
    ("offset", "kept"),
    [
        (timedelta(days=1), True),  # another time zone
        (timedelta(days=3), False),  # the future
        (timedelta(days=-365 * 19), True),
        (timedelta(days=-365 * 21), False),  # before there were feeds
    ],
)
def test_dates_that_cannot_be_are_dropped(offset: timedelta, kept: bool) -> None:
    parsed = replace(PARSED, entries=(replace(ENTRY, published_at=NOW + offset),))
    (entry,) = poll.result_of(OLD, response(), parsed, NOW).entries
    assert (entry.published_at == NOW + offset) if kept else (entry.published_at is None)


def test_not_modified_keeps_what_was_and_renews_the_validators_it_brings() -> None:
    result = poll.result_of(OLD, response(304, b"", etag='"3"'), None, NOW)
    assert result.outcome is PollOutcome.NOT_MODIFIED
    assert (result.feed.etag, result.feed.last_modified, result.feed.body_hash) == (
        '"3"',
        OLD.last_modified,
        OLD.body_hash,
    )
    assert (result.feed.polled_at, result.feed.full_at, result.feed.failures) == (NOW, OLD.full_at, 0)
    assert result.feed.next_poll_at is not None
    assert result.feed.next_poll_at >= NOW + timedelta(hours=2)  # the ttl it had when it was last read


def test_the_same_bytes_need_no_parser() -> None:
    same = response(200, b"old")
    assert not poll.wants_parse(OLD, same)
    result = poll.result_of(OLD, same, None, NOW)
    assert result.outcome is PollOutcome.UNCHANGED
    assert result.feed.full_at == NOW


@pytest.mark.parametrize(
    ("answer", "parsed", "reason"),
    [
        (FetchError(FetchReason.TIMEOUT, "no answer", Fate.RETRY), None, "timeout"),
        (response(500), None, "http_status"),
        (response(204, b""), None, "http_status"),
        (response(404), None, "http_status"),
        (response(410), None, "gone"),
        (response(), FeedError(FeedReason.NOT_A_FEED, "a web page came", Fate.RETRY), "not_a_feed"),
        (response(), FeedError(FeedReason.KILLED, "took more than 5 s", Fate.RETRY), "killed"),
    ],
)
def test_a_failure_changes_nothing_but_the_count_the_words_and_the_time(
    answer: Response | BotError, parsed: BotError | None, reason: str
) -> None:
    result = poll.result_of(OLD, answer, parsed, NOW)
    assert (result.outcome, result.reason, result.entries) == (PollOutcome.FAILED, reason, ())
    feed = result.feed
    assert feed.failures == 4
    assert feed.error
    assert feed.stopped is (reason == "gone")
    kept = ("etag", "last_modified", "body_hash", "polled_at", "full_at", "wishes", "pace")
    assert [getattr(feed, name) for name in kept] == [getattr(OLD, name) for name in kept]


def test_without_a_network_no_feed_is_blamed() -> None:
    result = poll.result_of(OLD, FetchError(FetchReason.NO_NETWORK, "", Fate.RETRY), None, NOW)
    assert result.feed.failures == OLD.failures


def test_a_304_nobody_asked_for_is_a_failure() -> None:
    result = poll.result_of(Feed(OLD.url), response(304, b""), None, NOW)
    assert (result.outcome, result.feed.polled_at) == (PollOutcome.FAILED, None)


def test_a_huge_etag_is_not_kept() -> None:
    assert poll.result_of(OLD, response(etag="x" * 2_000), PARSED, NOW).feed.etag == ""


def test_what_was_left_out_and_broken_is_said() -> None:
    parsed = replace(PARSED, left_out=7, broken="not well-formed at line 3")
    assert poll.result_of(OLD, response(), parsed, NOW).reason == "not well-formed at line 3; 7 older entries left out"


def test_a_body_that_wants_parsing_is_not_forgotten() -> None:
    with pytest.raises(ValueError, match="wants parsing"):
        poll.result_of(OLD, response(), None, NOW)


# ---------------------------------------------------------------------------------------------- moves

NEW = "https://new.test/feed"


def moves(*said: tuple[float, str]) -> Feed:
    """Return OLD after answers so many hours from now, each with the address that it says for good, "" for none."""
    feed = OLD
    for hours, to in said:
        feed = poll.result_of(feed, replace(response(), moved_to=to), PARSED, NOW + timedelta(hours=hours)).feed
    return feed


@pytest.mark.parametrize(
    ("said", "where"),
    [
        (((0, NEW),), OLD.url),  # once is nothing: a maintenance page says that too
        (((0, NEW), (1, NEW), (2, NEW)), OLD.url),  # three times, but not over a day
        (((0, NEW), (24, NEW)), OLD.url),  # a day, but only twice
        (((0, NEW), (12, NEW), (24, NEW)), NEW),
        (((0, NEW), (12, ""), (24, NEW), (25, NEW)), OLD.url),  # it changed its mind in between
        (((0, NEW), (12, "https://newer.test/"), (24, NEW)), OLD.url),
        (((0, NEW), (12, NEW), (24, NEW), (25, "")), NEW),  # the new address answers by itself
    ],
)
def test_a_move_is_believed_after_three_agreeing_answers_over_a_day(
    said: tuple[tuple[float, str], ...], where: str
) -> None:
    feed = moves(*said)
    assert (feed.where, feed.url) == (where, OLD.url)
    assert poll.request_for(feed, NOW).url == where


def test_a_move_onto_something_that_is_no_feed_does_not_count() -> None:
    feed = OLD
    page = FeedError(FeedReason.NOT_A_FEED, "a web page came", Fate.RETRY)
    for hours in (0, 12, 24, 36):
        feed = poll.result_of(feed, replace(response(), moved_to=NEW), page, NOW + timedelta(hours=hours)).feed
    assert (feed.where, feed.moved.times) == (OLD.url, 0)


def test_an_entry_keeps_its_id_when_its_feed_moves() -> None:
    feed = moves((0, NEW), (12, NEW), (24, NEW))
    (entry,) = poll.result_of(feed, response(body=b"newer"), PARSED, NOW + timedelta(days=2)).entries
    assert (entry.id, entry.feed_url) == (poll.entry_id(OLD.url, "1"), OLD.url)


def test_a_new_address_that_fails_is_given_up_for_the_old_one() -> None:
    feed = replace(OLD, address=NEW, failures=0)
    for _ in range(3):
        feed = poll.result_of(feed, response(404), None, NOW).feed
    assert (feed.where, feed.etag, feed.stopped) == (OLD.url, "", False)


def test_a_host_that_says_when_to_come_back_is_left_alone_till_then() -> None:
    result = poll.result_of(OLD, response(429, retry_after="7200"), None, NOW)
    assert result.leave_alone == ("site.test:443", NOW + timedelta(hours=2))
    assert poll.result_of(OLD, response(500), None, NOW).leave_alone is None


def test_what_asking_costs_is_counted() -> None:
    feed = OLD
    conditional = replace(response(304, b""), request=Request(OLD.url, {"if-none-match": "x"}))
    for answer in (response(), conditional, FetchError(FetchReason.TIMEOUT, "", Fate.RETRY)):
        feed = poll.result_of(feed, answer, PARSED, NOW).feed
    assert feed.tally == Tally(since=NOW, polls=3, conditional=1, not_modified=1, octets=3)


@pytest.mark.parametrize(
    ("polls", "conditional", "days", "validators", "score"),
    [
        (96, 95, 0, True, 100),  # the first cannot
        (97, 94, 1, True, 99),  # the first, one of the day, and one that did not though it could
        (101, 50, 0, True, 50),
        (10, 0, 0, True, 0),
        (10, 0, 0, False, None),  # the server gives nothing to say
        (1, 0, 0, True, None),
        (2, 5, 0, True, 100),  # never more
    ],
)
def test_politeness_is_the_share_of_polls_that_said_what_we_have(polls, conditional, days, validators, score):
    feed = Feed(
        OLD.url,
        etag='"a"' if validators else "",
        polled_at=NOW,
        tally=Tally(since=NOW - timedelta(days=days), polls=polls, conditional=conditional),
    )
    assert poll.politeness(feed) == score


def test_a_conditional_poll_that_fails_counts_as_one():
    feed = Feed(OLD.url, etag='"a"', polled_at=NOW, full_at=NOW)
    result = poll.result_of(feed, FetchError(FetchReason.TIMEOUT, "", Fate.RETRY), None, NOW)
    assert (result.feed.tally.polls, result.feed.tally.conditional) == (1, 1)


def test_a_304_for_what_was_never_had_is_a_failure_that_says_so():
    result = poll.result_of(Feed(OLD.url), response(304, b""), None, NOW)
    assert (result.outcome, result.feed.error) == (PollOutcome.FAILED, "answered 304 though nothing was known of it")
    assert poll.result_of(OLD, response(305, b""), None, NOW).feed.error == "answered with status 305"


def test_an_answer_from_where_it_was_asked_forgets_a_move():
    moving = replace(OLD, moved=Moved("https://new.test/feed", 2, NOW - timedelta(days=2)))
    result = poll.result_of(moving, response(304, b""), None, NOW)
    assert (result.feed.moved, result.feed.address) == (Moved(), "")


def test_a_new_address_that_is_gone_for_good_brings_the_old_one_back_at_once():
    astray = replace(OLD, address="https://new.test/feed", failures=2)
    feed = poll.result_of(astray, response(410, b""), None, NOW).feed
    assert (feed.address, feed.stopped, feed.next_poll_at) == ("", False, NOW)

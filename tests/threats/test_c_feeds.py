"""Feeds that exhaust or confuse a parser: each is read, refused or killed, and the next one is read as ever."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable

import pytest

from bot.adapters.workers import ProcessWorkers
from bot.errors import FeedError, FetchError, FetchReason
from bot.feeds.parse import parse
from bot.model import ParsedFeed
from bot.ports import WorkerKilled
from tests.threats.world import Web, World

pytestmark = pytest.mark.proof  # done by `make threats`

MIB = 1 << 20


def feed(workers: ProcessWorkers, web: Web, path: str, seconds: float = 5.0, **query: object) -> ParsedFeed:
    response = web.get(path, **query)
    kind = response.headers.get("content-type", "")
    return workers.call(parse, response.body, response.url, kind, seconds=seconds)


def titles(parsed: ParsedFeed) -> list[str]:
    return [entry.title for entry in parsed.entries]


@pytest.mark.parametrize("kind", ["billion", "quadratic", "parameter", "oneline"])
def test_C1_no_entity_is_expanded(web: Web, workers: ProcessWorkers, kind: str) -> None:
    parsed = feed(workers, web, "/xml-bomb", kind=kind)
    assert titles(parsed) == ["Story 1"]
    assert len(parsed.title) <= 1_000


@pytest.mark.parametrize(
    ("path", "n"),
    [
        ("/xml-newlines", 40_000),
        ("/xml-newlines", 400_000),
        ("/xml-open-entity", 20_000),
        ("/xml-open-entity", 200_000),
    ],
)
def test_C2_what_precedes_the_root_costs_little(web: Web, workers: ProcessWorkers, path: str, n: int) -> None:
    """Ten times as much is still within the second that the smaller one may take."""
    assert titles(feed(workers, web, path, seconds=1.0, n=n)) == ["Story 1"]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/xml-deep", {"n": 20_000}),
        pytest.param("/xml-deep", {}, marks=pytest.mark.proof),
        ("/xml-deep-open", {"n": 20_000}),
        pytest.param("/xml-deep-open", {}, marks=pytest.mark.proof),
        ("/xml-attributes", {"n": 20_000}),
        ("/xml-huge-attribute", {"mb": 2}),
        pytest.param("/xml-huge-attribute", {"mb": 7}, marks=pytest.mark.proof),
        ("/xml-namespaces", {"n": 2_000}),
        pytest.param("/xml-namespaces", {}, marks=pytest.mark.proof),
    ],
)
def test_C3_it_is_read_or_killed_and_the_next_feed_is_read(
    web: Web, workers: ProcessWorkers, path: str, query: dict[str, object]
) -> None:
    beside: list[int] = []
    thread = threading.Thread(target=lambda: beside.append(len(feed(workers, web, "/ok/rss").entries)))
    thread.start()
    begun = time.monotonic()
    with contextlib.suppress(FeedError, WorkerKilled):
        assert titles(feed(workers, web, path, seconds=1.0, **query))[:1] == ["Story 1"]
    assert time.monotonic() - begun < 10
    thread.join()
    assert beside == [2]
    assert len(feed(workers, web, "/ok/rss").entries) == 2


def test_C4_of_very_many_entries_the_first_five_hundred_count(web: Web, workers: ProcessWorkers) -> None:
    parsed = feed(workers, web, "/million-entries", n=5_000)
    assert (len(parsed.entries), parsed.left_out) == (500, 4_500)
    with pytest.raises(FetchError) as caught:
        web.get("/million-entries")
    assert caught.value.reason is FetchReason.TOO_LARGE


@pytest.mark.parametrize("path", ["/style-attribute", "/author-pattern"])
def test_C5_patterns_do_not_backtrack_over_a_feed(web: Web, workers: ProcessWorkers, path: str) -> None:
    assert titles(feed(workers, web, path, n=200_000)) == ["Story 1", "Story 2"]


def test_C5_a_huge_entry_is_capped_and_the_other_is_read(web: Web, workers: ProcessWorkers) -> None:
    parsed = feed(workers, web, "/huge-entry", mb=1)
    assert titles(parsed) == ["Story 1", "huge"]
    assert len(parsed.entries[1].summary) <= 200_000
    with pytest.raises(FetchError):
        web.get("/huge-entry", mb=50)


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"actual": "utf-16", "declared": "utf-16", "http": "none"},
        {"actual": "utf-8", "declared": "windows-1251", "http": "iso-8859-1"},  # valid UTF-8 wins
        {"actual": "koi8-r", "declared": "koi8-r", "http": "none"},
        {"actual": "windows-1251", "declared": "windows-1251", "http": "none"},
    ],
)
def test_C6_the_right_charset_is_found(web: Web, workers: ProcessWorkers, query: dict[str, object]) -> None:
    assert titles(feed(workers, web, "/charset-lie", **query)) == ["Привет мир"]


@pytest.mark.parametrize("kind", ["nul", "high", "punycode", "idna", "zlib", "rot13", "undefined"])
def test_C7_no_name_of_a_charset_breaks_anything(web: Web, workers: ProcessWorkers, kind: str) -> None:
    assert len(feed(workers, web, "/charset-poison", kind=kind).entries) == 1


@pytest.mark.parametrize(("kind", "title"), [("utf-7", "+ADw-b+AD4-"), ("unicode_escape", "\\u003cb\\u003e")])
def test_C7_charsets_that_hide_markup_are_not_decoded(web: Web, workers: ProcessWorkers, kind: str, title: str) -> None:
    assert titles(feed(workers, web, "/charset-poison", kind=kind)) == [title]


def test_C8_control_characters_are_dropped(web: Web, workers: ProcessWorkers) -> None:
    (entry,) = feed(workers, web, "/nul-bytes").entries
    assert entry.title == "Stor[31my 1"
    (entry.title + entry.summary + entry.raw_id + entry.url).encode()


def test_C9_of_a_cut_feed_the_whole_entries_count_and_it_is_marked(make_world: Callable[..., World]) -> None:
    world = make_world(retells=False)
    world.follow(world.url("/truncated-clean"))
    (result,) = world.poll()
    assert [entry.title for entry in result.entries] == ["Story 0", "Story 1"]
    assert result.reason, "it is marked"


@pytest.mark.parametrize("path", ["/html-instead", "/parked", "/empty"])
def test_C10_what_is_no_feed_is_named_and_nothing_is_forgotten(make_world: Callable[..., World], path: str) -> None:
    world = make_world(retells=False)
    good = world.url("/ok/rss", n=3)
    world.follow(good)
    world.poll()
    known = world.store.known_entries(good)
    before = world.feed(good)
    world.lead(good, world.url(path))
    (result,) = world.poll()
    assert result.reason in {"not_a_feed", "empty", "parked"}
    assert {"/html-instead": "web page", "/parked": "", "/empty": "empty body"}[path] in result.feed.error
    after = world.feed(good)
    assert (after.etag, after.body_hash) == (before.etag, before.body_hash)
    assert world.store.known_entries(good) == known != {}


def test_C11_a_json_feed_is_read(make_world: Callable[..., World]) -> None:
    world = make_world(retells=False)
    world.follow(world.url("/ok/json"), world.url("/ok/atom", host="atom.test"))
    results = world.poll()
    assert [[entry.title for entry in result.entries] for result in results] == [["Story"], ["Story"]]

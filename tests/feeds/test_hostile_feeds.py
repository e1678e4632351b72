"""Feeds that exhaust a parser: each is read, refused or killed, and the next feed is read as if nothing had been."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import pytest

from bot.adapters.clock import SystemClock
from bot.adapters.fetcher import HttpFetcher
from bot.adapters.guard import NetworkPolicy
from bot.adapters.politeness import HostSettings
from bot.adapters.workers import ProcessWorkers
from bot.articles.extract import extract
from bot.errors import ArticleError, FeedError, FetchError
from bot.feeds.parse import parse
from bot.model import ParsedFeed, Request
from bot.ports import WorkerKilled
from tests.fakes.hostile_server import HostileServer


@pytest.fixture(scope="module")
def server() -> Iterator[HostileServer]:
    with HostileServer() as running:
        yield running


@pytest.fixture(scope="module")
def fetcher(server: HostileServer) -> Iterator[HttpFetcher]:
    made = HttpFetcher(
        NetworkPolicy.of([f"127.0.0.1:{server.port}"]),
        user_agent="t",
        clock=SystemClock(),
        default=HostSettings(9, 0.0),
    )
    yield made
    made.close()


@pytest.fixture(scope="module")
def workers() -> Iterator[ProcessWorkers]:
    made = ProcessWorkers(2)
    yield made
    made.close()


def feed(workers: ProcessWorkers, fetcher: HttpFetcher, url: str, seconds: float = 5.0) -> ParsedFeed:
    response = fetcher.fetch(Request(url))
    kind = response.headers.get("content-type", "")
    return workers.call(parse, response.body, url, kind, seconds=seconds)


@pytest.mark.parametrize(
    ("path", "query", "titles"),
    [
        ("/xml-bomb", {"kind": "billion"}, ["Story 1"]),  # no entity is expanded
        ("/xml-bomb", {"kind": "quadratic"}, ["Story 1"]),
        ("/xml-bomb", {"kind": "parameter"}, ["Story 1"]),
        ("/xml-bomb", {"kind": "oneline"}, ["Story 1"]),
        ("/xml-external", {}, ["Story 1"]),  # nothing is fetched: see the canary
        ("/xml-newlines", {"n": 400_000}, ["Story 1"]),  # linear in what precedes the root
        ("/xml-open-entity", {"n": 200_000}, ["Story 1"]),
        ("/style-attribute", {}, ["Story 1", "Story 2"]),
        ("/author-pattern", {}, ["Story 1", "Story 2"]),
        ("/xml-huge-attribute", {"mb": 2}, ["Story 1", ""]),
        ("/huge-entry", {"mb": 1}, ["Story 1", "huge"]),
        ("/truncated-clean", {}, ["Story 0", "Story 1"]),  # not the half one
        ("/nul-bytes", {}, ["Stor[31my 1"]),
        ("/charset-lie", {}, ["Привет мир"]),
        ("/charset-lie", {"actual": "utf-16", "declared": "utf-16", "http": "none"}, ["Привет мир"]),
        ("/charset-poison", {"kind": "utf-7"}, ["+ADw-b+AD4-"]),  # not decoded
        ("/charset-poison", {"kind": "unicode_escape"}, ["\\u003cb\\u003e"]),
        ("/log-injection", {}, ["x 2025-07-08 12:00:00 INFO bot: alert posted", "31m red next next turned"]),
    ],
)  # fmt: skip
def test_what_can_be_read_is_read_in_time(
    server: HostileServer,
    fetcher: HttpFetcher,
    workers: ProcessWorkers,
    path: str,
    query: dict[str, object],
    titles: list[str],
) -> None:
    got = [entry.title for entry in feed(workers, fetcher, server.url(path, **query)).entries]
    if path != "/log-injection":
        assert got == titles
    assert all(title.isprintable() for title in got)
    assert server.canary_log == []


@pytest.mark.parametrize("kind", ["nul", "high", "punycode", "idna", "zlib", "rot13", "undefined"])
def test_no_name_of_a_charset_breaks_anything(
    server: HostileServer, fetcher: HttpFetcher, workers: ProcessWorkers, kind: str
) -> None:
    assert len(feed(workers, fetcher, server.url("/charset-poison", kind=kind)).entries) == 1


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/xml-deep", {"n": 20_000}),
        ("/xml-deep-open", {"n": 20_000}),
        ("/xml-attributes", {"n": 20_000}),
        ("/xml-namespaces", {"n": 2_000}),
    ],
)
def test_the_rest_is_killed_or_not_and_the_next_feed_is_read(
    server: HostileServer, fetcher: HttpFetcher, workers: ProcessWorkers, path: str, query: dict[str, object]
) -> None:
    beside: list[int] = []
    thread = threading.Thread(target=lambda: beside.append(len(feed(workers, fetcher, server.url("/ok/rss")).entries)))
    thread.start()
    with contextlib.suppress(FeedError, WorkerKilled):
        feed(workers, fetcher, server.url(path, **query), seconds=1.0)
    thread.join()
    assert beside == [2]
    assert len(feed(workers, fetcher, server.url("/ok/rss")).entries) == 2


def test_of_very_many_entries_the_first_five_hundred_count(
    server: HostileServer, fetcher: HttpFetcher, workers: ProcessWorkers
) -> None:
    parsed = feed(workers, fetcher, server.url("/million-entries", n=5_000))
    assert (len(parsed.entries), parsed.left_out) == (500, 4_500)
    with pytest.raises(FetchError):
        feed(workers, fetcher, server.url("/million-entries", n=60_000))


def test_links_of_entries_are_followable_or_none(
    server: HostileServer, fetcher: HttpFetcher, workers: ProcessWorkers
) -> None:
    urls = [entry.url for entry in feed(workers, fetcher, server.url("/relative-links")).entries]
    base = server.url("")
    assert urls[:4] == [f"{base}/a", f"{base}/b?c=d", "http://example.org/e", "http://example.org/f"]
    assert urls[4:9] == ["", "", "", "http://example.org/g", "http://h"]  # a slash too many is mended
    assert urls[12:] == ["", ""]


def test_odd_dates_hide_no_entry(server: HostileServer, fetcher: HttpFetcher, workers: ProcessWorkers) -> None:
    entries = feed(workers, fetcher, server.url("/dates")).entries
    assert len(entries) == 17
    dated = {entry.title: entry.published_at.isoformat() for entry in entries if entry.published_at}
    assert dated == {
        "Story 5": "2025-07-08T00:00:00+00:00",
        "Story 6": "2025-07-08T00:00:00+00:00",
        "Story 7": "2025-07-08T12:00:00+00:00",
        "Story 8": "2025-07-08T19:00:00+00:00",
        "Story 9": "2025-03-30T01:30:00+00:00",
        "Story 10": "2016-12-31T23:59:59+00:00",
    }


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/deep-html", {"n": 50_000}),
        ("/unique-html", {"n": 4_000}),
        ("/link-html", {"n": 8_000}),
        ("/table-html", {"n": 8_000}),
        ("/break-html", {"n": 20_000}),
        ("/binary-as-html", {"kb": 256}),
    ],
)
def test_pages_that_exhaust_an_extractor_cost_their_own_call(
    server: HostileServer, fetcher: HttpFetcher, workers: ProcessWorkers, path: str, query: dict[str, object]
) -> None:
    response = fetcher.fetch(Request(server.url(path, **query), cap=2 << 20))
    kind = response.headers["content-type"]
    with contextlib.suppress(ArticleError, WorkerKilled):
        workers.call(extract, response.body, response.url, kind, seconds=1.5)
    good = fetcher.fetch(Request(server.url("/ok/article")))
    assert "Zurich" in workers.call(extract, good.body, good.url, kind, seconds=10)

"""The small world serves what its files say, and its expectations speak of each of its entries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest

from bot.config import examine, feeds_of
from bot.demo.world import World, entries, expected, feeds
from bot.model import Kind, Status

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class StoppedClock:
    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0

    def real(self, seconds: float) -> float:
        return seconds


@pytest.fixture
def world() -> Iterator[World]:
    with World(StoppedClock()) as running:
        yield running


def get(world: World, path: str, tag: str = "") -> tuple[int, str, bytes, str]:
    """Return status, type, body and validator of a GET."""
    connection = HTTPConnection(urlsplit(world.url).netloc, timeout=5)
    connection.request("GET", path, headers={"If-None-Match": tag} if tag else {})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, answer.getheader("Content-Type", ""), body, answer.getheader("ETag", "")


def test_the_world_is_a_dozen_feeds_and_twenty_pages_in_eight_languages() -> None:
    assert len(feeds()) >= 12
    assert len({feed.language for feed in feeds()}) >= 8
    assert sum(entry.link == entry.id for entry in entries()) >= 20
    assert {feed.kind for feed in feeds()} == {"rss", "atom", "rdf", "json"}
    assert {feed.fault for feed in feeds()} == {"", "malformed", "gone", "page"}


def test_each_entry_belongs_to_a_feed_and_has_a_page_or_shares_one() -> None:
    names = {feed.name for feed in feeds()}
    ids = [entry.id for entry in entries()]
    assert len(set(ids)) == len(ids)
    for entry in entries():
        assert entry.feed in names
        assert entry.stage in (1, 2, 3)
        assert entry.link in ids
        assert entry.wall or entry.page or entry.link != entry.id


def test_every_feed_that_works_shows_something_before_the_first_poll() -> None:
    shown = {entry.feed for entry in entries() if entry.stage == 1}
    assert shown == {feed.name for feed in feeds() if feed.fault not in ("gone", "page")}


def test_the_expectations_speak_of_each_entry_once() -> None:
    told = expected()
    named = [entry for row in (*told.missed, *told.alerts) for entry in row["entries"]]
    named += [*told.told_already, *told.silent]
    assert sorted(named) == sorted(entry.id for entry in entries())
    stages = {entry.id: entry.stage for entry in entries()}
    for row in told.alerts:
        assert {stages[entry] for entry in row["entries"]} == {row["stage"]}
        assert row.get("status", "reported") in set(Status)
        assert row.get("kind", "hire") in set(Kind)


def test_what_is_missed_lies_within_48_hours_and_one_story_before() -> None:
    ages = {entry.id: entry.age for entry in entries()}
    assert all(ages[entry] < timedelta(hours=48) for row in expected().missed for entry in row["entries"])
    assert ages["whitlock"] > timedelta(hours=48)


def test_an_entry_appears_with_its_stage(world: World) -> None:
    assert b"valcourt-loop" not in get(world, "/feeds/loop.xml")[2]
    assert get(world, "/pages/valcourt-loop")[0] == 404
    assert world.publish(2) > 10
    assert b"valcourt-loop" in get(world, "/feeds/loop.xml")[2]
    assert get(world, "/pages/valcourt-loop")[0] == 200


def test_dates_count_from_the_moment_of_publication(world: World) -> None:
    (halloway,) = ElementTree.fromstring(get(world, "/feeds/loop.xml")[2]).iterfind(".//pubDate")
    assert halloway.text == "Sun, 01 Mar 2026 07:00:00 +0000"


@pytest.mark.parametrize("feed", feeds(), ids=lambda feed: feed.name)
def test_each_feed_is_of_its_kind_or_has_its_fault(world: World, feed: object) -> None:
    world.publish(2)
    status, kind, body, _ = get(world, f"/feeds/{feed.name}")  # type: ignore[attr-defined]
    match feed.fault, feed.kind:  # type: ignore[attr-defined]
        case "gone", _:
            assert status == 410
        case "page", _:
            assert kind.startswith("text/html")
        case "malformed", _:
            with pytest.raises(ElementTree.ParseError):
                ElementTree.fromstring(body)
        case "", "json":
            assert json.loads(body)["items"]
        case _:
            assert len(ElementTree.fromstring(body)) > 0


def test_a_feed_that_has_not_changed_says_so(world: World) -> None:
    tag = get(world, "/feeds/weekly.atom")[3]
    assert get(world, "/feeds/weekly.atom", tag)[0] == 304
    world.publish(2)
    assert get(world, "/feeds/weekly.atom", tag)[0] == 200


def test_a_wall_shows_the_title_and_no_more(world: World) -> None:
    world.publish(2)
    page = get(world, "/pages/odell")[2].decode()
    assert "Odell-Payne" in page
    assert "people familiar" not in page


@pytest.mark.parametrize("path", ["/", "/feeds/none.xml", "/pages/none", "/feeds/../stories.yaml", "/pages/"])
def test_there_is_nothing_else(world: World, path: str) -> None:
    assert get(world, path)[0] == 404


def test_the_configuration_of_the_demo_is_valid_and_names_every_feed(world: World, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(world.config_text(), "utf-8")
    report = examine(path)
    assert (report.errors, report.warnings) == ((), ())
    assert report.config is not None
    assert [feed.url for feed in feeds_of(report.config)] == [f"{world.url}/feeds/{feed.name}" for feed in feeds()]

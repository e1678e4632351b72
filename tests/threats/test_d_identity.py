"""Identity and time: whatever a feed does to its entries, each story is told once, and none is lost."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bot.model import Condition
from bot.service import Service, Threads
from tests.fakes.hostile_server import HostileServer
from tests.threats.world import World, hire

pytestmark = pytest.mark.proof  # done by `make threats`

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def people(world: World) -> list[str]:
    """Return who was told of, one word for each message, in order."""
    return [text.split(":")[0] for text in world.texts()]


def person(n: int) -> str:
    return re.sub(r"Norvane AI hires (.+) from .*", r"\1", hire(n))


def begun(make_world: Callable[..., World], *paths: str, **named: object) -> World:
    """A bot whose first poll, of empty feeds, is behind it; then the feeds are what `paths` say."""
    world = make_world(**named)
    urls = [world.url("/ok/rss", host=f"feed{n}.test", n=0) for n in range(len(paths))]
    world.follow(*urls)
    world.poll()
    for url, path in zip(urls, paths, strict=True):
        world.lead(url, f"http://{url.split('/')[2]}{path}")
    return world


def test_D1_one_id_for_three_stories_in_two_feeds(make_world: Callable[..., World]) -> None:
    world = begun(make_world, "/dup-guids", "/dup-guids")
    results = world.poll()
    assert [len(result.entries) for result in results] == [3, 3]
    assert len({entry.id for result in results for entry in result.entries}) == 6
    world.settle()
    assert sorted(people(world)) == sorted(person(n) for n in range(3)), "of two feeds, one story"
    world.poll(times=2)
    assert len(people(world)) == 3


@pytest.mark.parametrize("path", ["/changing-guids?key=d2", "/changing-links?key=d2"])
@pytest.mark.proof
def test_D2_what_changes_with_each_poll_is_no_identity(make_world: Callable[..., World], path: str) -> None:
    world = begun(make_world, path)
    world.poll(times=10)
    world.settle()
    assert sorted(people(world)) == sorted(person(n) for n in range(3))


def test_D3_an_edited_story_is_told_once(make_world: Callable[..., World]) -> None:
    world = begun(make_world, "/edited-title?key=d3")
    world.poll(times=10)
    world.settle()
    assert people(world) == [person(0)]


@pytest.mark.proof
def test_D4_order_and_absence_change_nothing(make_world: Callable[..., World]) -> None:
    world = begun(make_world, "/reordered?key=d4")
    world.poll(times=20)
    world.settle()
    assert Counter(people(world)) == Counter(person(n) for n in range(10))


def test_D5_without_ids_and_links_each_entry_is_one(make_world: Callable[..., World]) -> None:
    world = begun(make_world, "/no-guid")
    first, second = world.poll(times=2)
    assert len(first.entries) == 4
    assert second.entries == ()
    world.settle()
    assert sorted(people(world)) == sorted(person(n) for n in (1, 2, 3))


def test_D6_an_entry_keeps_its_id_whatever_address_the_feed_has(make_world: Callable[..., World]) -> None:
    """Ids that are no addresses are not made ones by the feed's, which changes here."""
    world = begun(make_world, "/ok/rss?n=3")
    (first,) = world.poll()
    assert {entry.raw_id for entry in first.entries} == {"story-0", "story-1", "story-2"}
    (url,) = (feed.url for feed in world.store.feeds())
    world.lead(url, world.url("/ok/rss", host="secure.test", n=3, moved=1))
    (second,) = world.poll()
    assert (second.reason, second.entries) == ("", ())


@pytest.mark.proof
def test_D7_odd_dates_hide_and_flood_nothing(make_world: Callable[..., World]) -> None:
    world = begun(make_world, "/dates")
    first, *later = world.poll(times=3)
    assert len(first.entries) == 17
    dated = {entry.title: entry.published_at.isoformat() for entry in first.entries if entry.published_at}
    assert dated == {
        hire(5): "2025-07-08T00:00:00+00:00",
        hire(6): "2025-07-08T00:00:00+00:00",
        hire(7): "2025-07-08T12:00:00+00:00",
        hire(8): "2025-07-08T19:00:00+00:00",
        hire(9): "2025-03-30T01:30:00+00:00",
        hire(10): "2016-12-31T23:59:59+00:00",
    }
    assert all(result.entries == () for result in later)
    world.settle()
    assert set(people(world)) >= {person(n) for n in range(17) if n not in {9, 10}}, "what is not dated is new"


@pytest.mark.parametrize("jump", [DAY, -DAY, timedelta(hours=8)], ids=["forward", "back", "after a suspend"])
def test_D8_a_clock_that_jumps_brings_no_burst_and_no_pause(make_world: Callable[..., World], jump: timedelta) -> None:
    world = make_world(retells=False)
    world.follow(*(world.url("/ok/rss", host=f"feed{n}.test") for n in range(20)))
    world.poll()
    service = Service(world.pipeline, world.store, threads=Threads())

    def hour() -> list[int]:
        """Let an hour pass, and return the polls of each minute."""
        polls = []
        for _ in range(60):
            world.clock.advance(60)
            service._tick()
            polls.append(len(world.poll_due()))
        return polls

    before = hour()
    world.clock.step(jump.total_seconds())
    after = hour()
    assert sum(before) >= 20
    assert 20 <= sum(after) <= sum(before) * 1.5, "as often as before"
    assert max(after) <= max(before) + 3, "and no more at a time"


def test_D9_a_move_is_believed_after_a_day_and_told_once(
    make_world: Callable[..., World], caplog: pytest.LogCaptureFixture
) -> None:
    world = make_world(retells=False)
    url = world.url("/moved")
    world.follow(url)
    for n in range(4):
        assert world.feed(url).where == url, n
        world.poll(after=timedelta(hours=10))
    assert world.feed(url).where == world.url("/ok/rss")
    assert world.feed(url).url == url, "the config's address stays its name"
    world.poll(times=2)
    said = [record for record in caplog.records if record.getMessage() == "feed moved"]
    assert len(said) == 1


def test_D9_there_and_back_is_no_move(make_world: Callable[..., World]) -> None:
    world = make_world(retells=False)
    url = world.url("/moved-back-and-forth")
    world.follow(url)
    (result,) = world.poll()
    assert result.reason == "redirects"
    assert (world.feed(url).where, world.feed(url).moved.to) == (url, "")


def test_D10_gone_stops_and_not_found_slows(make_world: Callable[..., World], caplog: pytest.LogCaptureFixture) -> None:
    world = make_world(retells=False)
    gone, lost = world.url("/gone"), world.url("/status", host="lost.test", code=404)
    world.follow(gone, lost)
    world.poll()
    assert (world.feed(gone).stopped, world.feed(gone).condition) == (True, Condition.GONE)
    for _ in range(14):
        world.poll(after=timedelta(hours=12))
    asked = Counter(asked["path"] for asked in world.web.server.log)
    assert asked["/gone"] == 1
    assert 5 <= asked["/status"] <= 12, "a week: an hour, then twice as long each time, up to a day"
    assert world.feed(lost).condition is Condition.NEVER
    told = [record.fields["feed"] for record in caplog.records if record.getMessage() == "feed is unwell"]
    assert len(told) == 2


def test_D11_a_domain_in_other_hands_is_held_back_and_told(
    make_world: Callable[..., World], caplog: pytest.LogCaptureFixture
) -> None:
    world = make_world()
    url = world.url("/hijacked", key="d11")
    world.follow(url)
    world.poll(times=4)
    world.settle()
    assert world.texts() == []
    assert world.feed(url).condition is Condition.STRANGER
    assert world.feed(url).title == "AI news"
    said = [record for record in caplog.records if record.getMessage() == "feed is unwell"]
    assert len(said) == 1


@pytest.mark.proof
def test_D12_a_304_that_lies_is_found_out_within_a_day(make_world: Callable[..., World]) -> None:
    world = make_world()
    url = world.url("/etag-lies", key="d12", stuck=100)
    world.follow(url)
    _, *lied = world.poll(times=20)
    assert {result.outcome for result in lied} == {"not_modified"}
    results = world.poll(times=6)
    assert any(result.entries for result in results)


def test_D12_a_304_nobody_asked_for_is_an_error(make_world: Callable[..., World]) -> None:
    world = make_world()
    world.follow(world.url("/304-first"))
    (result,) = world.poll()
    assert result.outcome == "failed"
    assert "304" in result.feed.error


def test_D13_validators_go_back_byte_for_byte(make_world: Callable[..., World]) -> None:
    world = make_world()
    world.follow(world.url("/etag-echo"))
    results = world.poll(times=3)
    assert [str(result.outcome) for result in results] == ["ok", "not_modified", "not_modified"]


@pytest.mark.proof
def test_D14_a_feed_that_flaps_loses_and_doubles_nothing(make_world: Callable[..., World]) -> None:
    world = begun(make_world, "/flap?key=d14")
    for _ in range(40):
        world.poll(after=timedelta(hours=2))
    world.settle()
    told = Counter(people(world))
    assert max(told.values()) == 1
    asked = len([1 for asked in world.web.server.log if asked["path"] == "/flap"])
    shown = (asked - 1) // 2 + 2
    assert set(told) == {person(n) for n in range(shown)}


@pytest.mark.proof
def test_D15_a_first_run_tells_five_in_one_message(make_world: Callable[..., World]) -> None:
    world = make_world(now=datetime(2025, 7, 7, 7, tzinfo=UTC))
    world.follow(world.url("/backlog", n=300))
    world.poll(times=3)
    world.settle()
    assert world.texts() == []
    (missed,) = world.memory.standing.values()
    assert sum(person(n) in missed.message.text for n in range(300)) == 5


@pytest.mark.proof
def test_D16_after_a_week_all_is_told_once_oldest_first(make_world: Callable[..., World]) -> None:
    world = begun(make_world, "/reordered?key=d16")
    world.poll(times=4)
    world.settle()
    before = people(world)
    (url,) = (feed.url for feed in world.store.feeds())
    world.clock.advance(7 * 86_400)
    world.lead(url, world.url("/ok/rss", host="feed0.test", n=60))
    world.poll()
    world.settle()
    after = people(world)[len(before) :]
    assert Counter(people(world)) == Counter(person(n) for n in range(60)), "each once"
    assert len(after) == 60 - len(set(before))


@pytest.mark.parametrize(
    ("after", "least", "most"),
    [
        ("60", timedelta(minutes=13), timedelta(minutes=17)),  # our own wait is longer
        ("7200", 2 * HOUR, 2 * HOUR),
        ("date", timedelta(minutes=13), timedelta(minutes=17)),
        ("past", timedelta(minutes=13), timedelta(minutes=17)),
        ("huge", DAY, DAY),
        ("junk", timedelta(minutes=13), timedelta(minutes=17)),
        ("none", timedelta(minutes=13), timedelta(minutes=17)),
    ],
)
def test_D17_retry_after_is_kept_between_a_minute_and_a_day(
    make_world: Callable[..., World], after: str, least: timedelta, most: timedelta
) -> None:
    world = make_world(now=datetime.now(UTC))
    url = world.url("/429", after=after)
    world.follow(url)
    (result,) = world.poll(after=timedelta())
    due = result.feed.next_poll_at
    assert due is not None
    assert least <= due - world.clock.now() <= most
    world.clock.advance((least - timedelta(minutes=1)).total_seconds())
    assert world.poll_due() == []


def test_D18_no_cookie_is_kept(hostile: HostileServer, make_world: Callable[..., World]) -> None:
    world = make_world()
    world.follow(world.url("/cookie-loop"))
    (result,) = world.poll()
    assert result.reason == "redirects"
    assert all("cookie" not in asked["headers"] for asked in hostile.log)

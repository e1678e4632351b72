"""The process dies at every step, and is started again: nothing is lost, nothing stands twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.notifier import FakeNotifier, Fault
from tests.pipeline.crash_world import CHANNEL, Bot, Site

HOSTS = ("one.example", "two.example")
BEFORE = {
    "one.example": [("old", "Norvane AI hires Ada Ferrano from Quillstone Labs")],
    "two.example": [("dull", "A new phone is out")],
}
NEWS = {
    "one.example": [
        ("a", "Norvane AI hires Olga Brandero from Palewater Systems"),
        ("b", "Quillstone Labs names Mei Castellick chief scientist, poached from Norvane AI"),
    ],
    "two.example": [
        ("a2", "Palewater Systems loses Olga Brandero to Norvane AI"),
        ("c", "Tobias Vellano leaves Palewater Systems to join Quillstone Labs"),
    ],
}
WANTED = {"Olga Brandero", "Mei Castellick", "Tobias Vellano"}


def play(
    path: Path, *, die_at: int = 0, after: bool = False, faults: tuple[Fault, ...] = ()
) -> tuple[Bot, FakeNotifier]:
    """A first poll, then news, then a quiet day; the process dies once at the store call `die_at` of the news."""
    clock = FakeClock()
    site = Site(clock, {host: list(items) for host, items in BEFORE.items()})
    notifier = FakeNotifier(clock, lag_s=4.0, late_s=6.0)
    bot = Bot(path / "t.db", site, notifier, clock, HOSTS)
    bot.work(bot.start())
    for host, items in NEWS.items():
        site.items[host] = [*items, *site.items[host]]
    clock.advance(3600)
    notifier.faults = list(faults)
    bot.die_at, bot.after = die_at, after
    pipeline = bot.work(bot.start())
    clock.advance(3600)
    bot.work(pipeline, least=3)  # the sweeps
    assert bot.store is not None
    return bot, notifier


def told(notifier: FakeNotifier) -> list[str]:
    """The people of the messages that stand, the first run's apart, one for each message."""
    here = [one.message.text for one in notifier.standing.values() if one.channel == CHANNEL]
    return sorted(name for text in here for name in WANTED if name in text and "missed" not in text.splitlines()[0])


def calls_of_the_news(path: Path) -> int:
    bot, notifier = play(path)
    assert told(notifier) == sorted(WANTED)
    assert bot.deaths == 0
    return bot.calls.index("due_sweeps") + 12  # by then all is said, and rounds without work follow


@pytest.fixture(scope="module")
def calls(tmp_path_factory) -> int:
    return calls_of_the_news(tmp_path_factory.mktemp("calm"))


def check(path: Path, n: int, *, after: bool) -> None:
    bot, notifier = play(path, die_at=n, after=after)
    assert bot.deaths == 1, "it was to die once"
    assert told(notifier) == sorted(WANTED), f"{'after' if after else 'before'} call {n}"
    assert bot.store.unfinished() == 0


@pytest.mark.proof
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("share", range(4))
def test_death_at_any_call_of_the_store_loses_and_doubles_nothing(tmp_path, calls, share, after):
    assert calls > 40
    for n in range(1 + share, calls + 1, 4):
        check(tmp_path / str(n), n, after=after)


@pytest.mark.parametrize(
    "faults",
    [
        (Fault.DIE_BEFORE,),  # counted, but never sent
        (Fault.DIE_AFTER,),  # it stands there, and nobody wrote it down
        (Fault.DIE_AFTER, Fault.DIE_AFTER, Fault.DIE_AFTER),
        (Fault.LOST_AFTER, Fault.DIE_AFTER, Fault.LOST_BEFORE),
        (Fault.LATE, Fault.LATE, Fault.LATE),
        (Fault.DIE_BEFORE, Fault.LATE, Fault.LOST_AFTER, Fault.DIE_AFTER),
    ],
    ids="+".join,
)
def test_death_between_post_and_record_is_found_out_by_looking(tmp_path, faults):
    bot, notifier = play(tmp_path, faults=faults)
    assert told(notifier) == sorted(WANTED)
    assert bot.store.unfinished() == 0
    posts = [key for verb, key in notifier.log if verb == "post"]
    if Fault.LOST_BEFORE not in faults and Fault.DIE_BEFORE not in faults:
        assert len(posts) == len(set(posts)), "what arrived was posted again instead of looked for"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_death_in_the_first_run_tells_what_was_missed_once(tmp_path, after):
    died = 0
    for n in range(1, 40, 2):
        clock = FakeClock()
        site = Site(clock, {host: list(items) for host, items in BEFORE.items()})
        notifier = FakeNotifier(clock, lag_s=4.0)
        (tmp_path / str(n)).mkdir()
        bot = Bot(tmp_path / str(n) / "t.db", site, notifier, clock, HOSTS, die_at=n, after=after)
        bot.work(bot.start(), least=3)
        texts = [one.message.text for one in notifier.standing.values()]
        assert ["Ada Ferrano" in text for text in texts] == [True], f"call {n}"
        died += bot.deaths
    assert died >= 18


def test_two_outlets_are_one_story_and_say_so(tmp_path):
    bot, _ = play(tmp_path)
    one = bot.store.trace("https://one.example/a").story
    two = bot.store.trace("https://two.example/a2").story
    assert one.id == two.id
    assert two.articles == 2


def test_the_first_run_tells_what_was_missed_in_one_message(tmp_path):
    _, notifier = play(tmp_path)
    first = min(notifier.standing.values(), key=lambda one: float(one.ts))
    assert "Ada Ferrano" in first.message.text
    assert json.dumps(list(first.message.blocks)).count("Ada Ferrano")

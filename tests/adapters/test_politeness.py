"""Turns at hosts: never more at once than allowed, never closer together, and nobody left waiting."""

from __future__ import annotations

import itertools
import threading

import pytest

from bot.adapters import politeness as module
from bot.adapters.clock import SystemClock
from bot.adapters.politeness import HostSettings, Politeness, Stopped
from tests.fakes.clock import FakeClock


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("127.0.0.1:8801", 50),  # this port
        ("127.0.0.1:80", 5),  # any other port of the host
        ("[::1]:80", 7),  # with and without brackets
        ("a.test:443", 1),  # the default
    ],
)
def test_settings_go_by_port_then_by_host(key: str, expected: int) -> None:
    hosts = {"127.0.0.1:8801": HostSettings(50), "127.0.0.1": HostSettings(5), "::1": HostSettings(7)}
    assert Politeness(FakeClock(), hosts).settings(key).connections == expected


@pytest.mark.parametrize("connections", [1, 3])
def test_never_more_at_once_than_allowed(connections: int) -> None:
    turns = Politeness(SystemClock(), default=HostSettings(connections, 0.0))
    lock, inside, most = threading.Lock(), [0], [0]
    gate = threading.Barrier(connections)

    def work() -> None:
        with turns.turn("a.test:80", spaced=True):
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            gate.wait(10)  # passes only when as many are inside as may be
            with lock:
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(connections * 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert most[0] == connections


def test_spaced_requests_keep_their_distance_and_others_do_not() -> None:
    clock = FakeClock()
    turns = Politeness(clock, default=HostSettings(2, 10.0))
    with turns.turn("a.test:80", spaced=True):
        pass
    with turns.turn("a.test:80", spaced=False) as waited:
        assert waited == 0.0
    with turns.turn("b.test:80", spaced=True) as waited:  # another host
        assert waited == 0.0
    clock.advance(10.0)
    with turns.turn("a.test:80", spaced=True) as waited:
        assert waited == 0.0


def test_the_wait_is_the_rest_of_the_distance() -> None:
    clock = SystemClock()
    turns = Politeness(clock, default=HostSettings(1, 0.05))
    starts = []
    for _ in range(3):
        with turns.turn("a.test:80", spaced=True):
            starts.append(clock.monotonic())
    assert all(after - before >= 0.049 for before, after in itertools.pairwise(starts))


def test_stop_sends_away_who_waits_and_who_comes() -> None:
    turns = Politeness(SystemClock(), default=HostSettings(1, 0.0))
    gone = threading.Event()

    def wait() -> None:
        with pytest.raises(Stopped), turns.turn("a.test:80", spaced=True):
            pass
        gone.set()

    with turns.turn("a.test:80", spaced=True):
        thread = threading.Thread(target=wait)
        thread.start()
        turns.stop()
        assert gone.wait(5)
    thread.join()
    with pytest.raises(Stopped), turns.turn("b.test:80", spaced=False):
        pass


def test_a_turn_ends_with_an_error_too() -> None:
    turns = Politeness(FakeClock(), default=HostSettings(1, 0.0))
    with pytest.raises(KeyError), turns.turn("a.test:80", spaced=True):
        raise KeyError
    with turns.turn("a.test:80", spaced=True) as waited:
        assert waited == 0.0


def test_idle_hosts_are_forgotten_and_busy_ones_are_not() -> None:
    clock = FakeClock()
    turns = Politeness(clock, default=HostSettings(1, 0.0))
    with turns.turn("busy.test:80", spaced=True):
        for number in range(2_000):
            clock.advance(module.IDLE_S / 100)
            with turns.turn(f"h{number}.test:80", spaced=True):
                pass
        assert len(turns._known) < 300
        assert "busy.test:80" in turns._known

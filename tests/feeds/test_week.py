"""A simulated day of polls of 200 feeds (`benchmarks/week.py`): nothing is missed that politeness allows to see."""

from __future__ import annotations

import random

from benchmarks.week import share, simulate, sources


def test_a_day_of_polls_is_polite_and_misses_nothing() -> None:
    told = simulate(sources(200, 20, random.Random(5)), days=1)
    assert told.entries > 800
    assert (told.missed, told.too_soon) == (0, 0)
    assert share(told.late[True], 0.95) <= 16
    assert share(told.late[False], 0.95) <= 60
    assert told.polls[True] / 20 <= 96  # a quarter of an hour apart at the least
    assert told.polls[False] / 180 <= 40

"""What once failed never fails again, nor do a few hundred changes of it; the long runs are `python -m benchmarks.fuzz`."""

from __future__ import annotations

import random

import pytest

from benchmarks.fuzz import TARGETS, mutated, seeds, tried

CHANGES = {"html": 10, "judge": 3, "config": 20}


@pytest.mark.parametrize("name", [pytest.param(t, marks=[pytest.mark.proof] * (t == "judge")) for t in TARGETS])
def test_no_seed_and_no_change_of_one_raises_what_nobody_foresaw(name: str) -> None:
    rng, kept = random.Random(7), seeds(name)
    assert kept
    for data in (*kept, *(mutated(rng, kept) for _ in range(CHANGES.get(name, 60)))):
        wrong, _ = tried(TARGETS[name], data)
        assert not wrong, f"{data[:200]!r}\n{wrong}"

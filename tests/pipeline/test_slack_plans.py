"""A share of the random fault plans; `make proof` runs all 1,000 (slack_plans.py says what they are)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pipeline import slack_plans
from tests.pipeline.slack_plans import MUTATIONS, SICK, WELL, plan_of

ROOT = Path(__file__).parents[2]
SHARE = 60  # enough for each mutation to show


def plans(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run plans as the command does: their lives are forked, which a process with threads should not do."""
    command = [sys.executable, "-m", "tests.pipeline.slack_plans", "--jobs", "1", *arguments]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=600, check=False)


def test_a_plan_is_a_function_of_its_seed_and_both_channels_get_something():
    assert plan_of(7) == plan_of(7) != plan_of(8)
    for seed in range(50):
        plan = plan_of(seed)
        assert {one.channel for one in plan.owed} == {WELL, SICK}
        assert plan.lag_s <= slack_plans.SETTLE_S / 3
        assert plan.faults


@pytest.mark.proof
def test_some_plans_are_green():
    ran = plans("--plans", "6", "--first", "30")
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.proof
@pytest.mark.parametrize("mutation", MUTATIONS)
def test_without_a_part_of_the_protocol_plans_turn_red_and_name_their_seed(mutation):
    ran = plans("--plans", str(SHARE), "--without", mutation)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "doubled" in ran.stdout
    assert "one alone: python -m tests.pipeline.slack_plans --seed" in ran.stdout

"""Shares of the plans that kill the service and of the system calls that fail (kill_plans.py, syscall_kills.py)."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.store import SqliteStore
from bot.model import Message, Operation, OperationKey, StoryId, Verb
from tests.fakes.clock import NOON
from tests.pipeline.kill_plans import CHANNEL, KINDS, left, plan_of

ROOT = Path(__file__).parents[2]


def ran(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it as the command does: lives are forked, which a process with threads should not do."""
    command = [sys.executable, "-m", f"tests.pipeline.{module}", "--jobs", "1", *arguments]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=600, check=False)


def test_a_plan_is_a_function_of_its_seed_and_each_kind_ends_as_it_says():
    assert plan_of(7) == plan_of(7) != plan_of(10)
    for seed in range(60):
        deaths = plan_of(seed).deaths
        assert 1 <= len(deaths) <= 3
        only = {0: {signal.SIGKILL}, 1: {signal.SIGTERM}}.get(seed % 3, {signal.SIGKILL, signal.SIGTERM})
        assert {death.signal for death in deaths} <= only
        assert seed % 3 == 2 or all(death.full is None for death in deaths), KINDS[seed % 3]
    assert any(plan_of(seed).rival for seed in range(60))


def test_what_is_owed_or_swept_later_keeps_a_life_from_ending(tmp_path):
    at = NOON + timedelta(minutes=1)
    message = Message("told", metadata={"event_type": "talentwire_alert", "event_payload": {"k": "k", "facts": ""}})
    with closing(SqliteStore(tmp_path / "t.db")) as store:
        assert left(store, NOON) == 0, "the first run is not over"
        store.end_first_run([], [], NOON)
        assert left(store, NOON) is None
        store.owe([Operation(OperationKey("k"), CHANNEL, Verb.POST, StoryId(""), message, NOON, at)])
        assert left(store, NOON) == 60


@pytest.mark.proof
def test_killed_and_stopped_at_random_instants_nothing_is_lost_or_twice():
    done = ran("kill_plans", "--plans", "9")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.proof
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not here: apt-get install strace")
def test_ended_or_failing_at_system_calls_nothing_is_lost_or_twice():
    done = ran("syscall_kills", "--every", "60")
    if "may not look at other processes" in done.stderr:
        pytest.skip("this machine lets no process trace another")
    assert done.returncode == 0, done.stdout + done.stderr

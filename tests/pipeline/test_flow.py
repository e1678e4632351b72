"""The whole way over real sockets: the farm's feeds in, the strict Slack's messages out, answers lost on the way."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot import app
from bot.alerts.delivery import Policy
from bot.config import Config
from bot.pipeline import Limits
from bot.service import Service, Threads
from tests.fakes.slack_server import serve

FARM = Path(__file__).parents[2] / "benchmarks" / "farm" / "server.py"
CHANNEL = "C0ALERTS"
FEEDS, NEW, PUBLISHES = 36, 4, 3
SETTLE_S = 0.4  # the fake's history lags a third of that
PATIENCE_S = 60.0
# The farm's made-up organisations: on the test's watchlist, as a user who follows them would put them there.
ORGANISATIONS = (
    "Norvane AI", "Quillstone Labs", "Bright Harbor Research", "Tessera Intelligence", "Palewater Systems",
    "Ostrea Robotics", "Kestrel Compute", "Lumen Forge", "Anvil Mind", "Sable Cognition",
)  # fmt: skip
# Each finds some of the hundred posts; `after` means that the message stands there, and only the answer is lost.
FAULTS = (
    {"method": "chat.postMessage", "skip": 3, "times": 2, "when": "after", "action": "drop"},
    {"method": "chat.postMessage", "skip": 12, "times": 1, "when": "after", "action": "http", "status": 500},
    {"method": "chat.postMessage", "skip": 20, "times": 1, "when": "before", "action": "drop", "reset": True},
    {"method": "chat.postMessage", "skip": 30, "times": 1, "when": "after", "action": "html"},
    {"method": "chat.postMessage", "skip": 45, "times": 2, "when": "after", "action": "cut"},
    {"method": "chat.postMessage", "skip": 60, "times": 1, "when": "before", "action": "http", "status": 503},
)


class Farm:
    def __init__(self, base: str) -> None:
        self.base = base

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(self.base + path, timeout=10) as answer:
            return answer.read()

    def truth(self) -> dict[str, str]:
        """Story key -> the person it is about, each person in one story only."""
        return {row["story"]: row["person"] for row in json.loads(self.get("/_truth"))}

    def urls(self) -> list[str]:
        return self.get("/_urls").decode().split()


@pytest.fixture
def farm() -> Iterator[Farm]:
    options = [
        "--port",
        "0",
        "--epoch",
        "now",
        "--talent",
        ".3",
        "--person-per-story",
        "--crosspost",
        ".1",
        "--entries",
        "10",
        "--seed",
        "7",
    ]
    sizes = ["--min-size", "3000", "--max-size", "9000", "--min-page", "6000", "--max-page", "20000"]
    command = [sys.executable, str(FARM), "--feeds", str(FEEDS), *options, *sizes]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found, "the farm did not start"
        yield Farm(found.group())
        process.terminate()
        process.wait(10)


def config(farm: Farm) -> Config:
    return Config.model_validate(
        {
            "feeds": farm.urls(),
            "watchlist": {"organisations": ORGANISATIONS},
            "slack": {"channel": CHANNEL, "burst": {"most": 1000}},
            "digest": {"daily": None},  # each story is to be a message
            "network": {"allow_private": ["127.0.0.1"], "hosts": {"127.0.0.1": {"connections": 8, "spacing_s": 0}}},
        }
    )


@contextmanager
def service(settings: app.Settings, env: dict[str, str], made: Config) -> Iterator[app.App]:
    with app.opened(made, env, settings) as opened:
        opened.store.sync_feeds(opened.feeds, opened.pipeline.clock.now(), spread_s=0)
        running = Service(opened.pipeline, opened.store, threads=Threads(poll=8, slow=2, pages=8))
        running.start()
        try:
            yield opened
        finally:
            running.stop()


def settle(opened: app.App) -> None:
    """Ask every feed anew and wait until all that comes of it is done."""
    store, clock = opened.store, opened.pipeline.clock
    since = clock.now()
    store.hasten(since)
    until = time.monotonic() + PATIENCE_S
    pause = threading.Event()
    while time.monotonic() < until:
        polled = all(feed.polled_at and feed.polled_at > since for feed in store.feeds())
        if polled and not (store.first_run(since).pending or store.first_run(since).entries_open or store.unfinished()):
            return
        pause.wait(0.05)
    raise AssertionError(f"not done in {PATIENCE_S} s: {store.first_run(since)}, {store.unfinished()} owed")


def is_update(message: dict) -> bool:
    return message["text"].startswith(("More: ", "Confirmed: ", "Denied: ", "Corrected: ", "After all: "))


def is_first_run(message: dict) -> bool:
    return message["text"].startswith("What you missed")


@pytest.mark.proof
def test_every_story_that_was_published_is_told_once(farm, tmp_path):
    policy = Policy(settle_s=SETTLE_S, timeout_s=3.0, sweep_after=(0.5, 1.0), unreachable_retry_s=0.2)
    limits = Limits(least_interval=timedelta(seconds=1), page_retry=timedelta(seconds=0.2), pace_s=0.0)
    settings = app.Settings(store=tmp_path / "t.db", limits=limits, policy=policy)
    made = config(farm)
    with serve() as slack:
        slack.config(post_rate=500, post_burst=50, tier_scale=100, history_lag=SETTLE_S / 3)
        env = {"SLACK_BOT_TOKEN": "xoxb-test", "SLACK_API_URL": slack.api}
        with service(settings, env, made) as opened:
            settle(opened)
        before = farm.truth()
        after: dict[str, str] = {}
        slack.faults(*FAULTS)
        for _ in range(PUBLISHES):
            with service(settings, env, made) as opened:  # a restart each time
                farm.get(f"/_publish?k={NEW}&share=1")
                after |= farm.truth()
                settle(opened)
        with service(settings, env, made) as opened:
            pause = threading.Event()
            while any(operation.sweep_at for operation in opened.store.operations()):
                pause.wait(0.05)
        standing = [message for message in slack.messages(CHANNEL) if not message.get("deleted")]
        met = [call for call in slack.calls("chat.postMessage") if call.get("fault")]

    gained = {person for story, person in after.items() if story not in before}
    people = gained | set(before.values())
    told = Counter(
        person
        for message in standing
        if not is_first_run(message) and not is_update(message)
        for person in people
        if person in message["text"]
    )
    assert len(met) >= 7, "the faults were to be met"
    assert len(gained) >= 100
    assert sum(map(is_first_run, standing)) == 1
    assert {person: n for person, n in told.items() if n != 1} == {}
    assert gained - set(told) == set(), "published, and never told"
    assert set(told) - gained == set(), "told, though it was there before the first poll"

"""The service in threads: a stage that breaks does not stop the others, a dead one shows in health, old things go."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.adapters.slack import SlackNotifier
from bot.adapters.store import SqliteStore
from bot.errors import Fate, StoreError, StoreReason
from bot.model import Message, Operation, OperationKey, OperationState, StoryId, Verb
from bot.service import HEARTBEAT, Service, Threads, finish_all, prune
from bot.stages.polling import drain
from tests.fakes.clock import SharedClock
from tests.fakes.slack_server import BOT_TOKEN, serve
from tests.pipeline.test_pipeline import FEED, HIRE, Scene, rss

FEW = Threads(poll=2, slow=1, pages=1)


@pytest.fixture
def scene(tmp_path):
    store = SqliteStore(tmp_path / "t.db")
    yield Scene(store)
    store.close()


class _Patient:
    """A pipeline with one stage of our own in it; the rest passes through."""

    def __init__(self, pipeline: Any, **stages: Callable[..., object]) -> None:
        self._pipeline = pipeline
        self._stages = stages

    def __getattr__(self, name: str) -> Any:
        return self._stages.get(name) or getattr(self._pipeline, name)


@pytest.mark.parametrize(
    "error",
    [ZeroDivisionError("a bug"), StoreError(StoreReason.DISK, "the disk is full", Fate.RETRY)],
    ids=["bug", "disk"],
)
def test_a_stage_that_breaks_stops_no_other_and_goes_on(scene, monkeypatch, error, caplog):
    monkeypatch.setattr("bot.service.PAUSE_S", 0.01)
    judged, met = threading.Event(), []

    def sift() -> int:
        met.append(1)
        if len(met) == 1:
            raise error
        return 0

    def judge() -> int:
        judged.set()
        return 0

    service = Service(_Patient(scene.pipeline, sift_entries=sift, judge_articles=judge), scene.store, threads=FEW)
    service.start()
    try:
        assert judged.wait(10)
        again = threading.Event()
        for _ in range(200):
            if len(met) > 1:
                break
            again.wait(0.05)
        assert len(met) > 1, "it was not tried again"
    finally:
        service.stop()
    assert [r.levelname for r in caplog.records if r.getMessage() in {"stage broke", "store failed"}] == ["ERROR"]


def test_the_tick_is_noted_while_all_stages_live(scene):
    service = Service(scene.pipeline, scene.store, threads=FEW)
    service.start()
    try:
        noted = threading.Event()
        for _ in range(200):
            if scene.store.noted(HEARTBEAT):
                break
            noted.wait(0.05)
        assert float(scene.store.noted(HEARTBEAT)) == scene.clock.now().timestamp()
    finally:
        service.stop()


def test_news_goes_through_the_threads_on_its_own(scene):
    service = Service(scene.pipeline, scene.store, threads=FEW)
    service.start()
    try:
        scene.web.pages[FEED] = rss(("a", HIRE, "In short."))
        scene.clock.advance(3600)
        scene.store.hasten(scene.clock.now())
        told = threading.Event()
        for _ in range(400):
            if scene.texts():
                break
            told.wait(0.05)
    finally:
        service.stop()
    assert len(scene.texts()) == 1


def test_an_error_in_a_thread_comes_out_of_drain():
    def broken() -> bool:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        drain(broken, 3)


def test_finish_all_waits_for_what_is_due_soon_but_not_for_ever(scene, monkeypatch):
    scene.web.pages[FEED] = rss(("a", HIRE, "In short."))
    scene.poll()
    finish_all(scene.pipeline, scene.store, threads=2, patience_s=0.1)
    assert scene.store.unfinished() == 0
    assert len(scene.texts()) == 1


def test_what_is_older_than_retention_is_forgotten(scene):
    scene.web.pages[FEED] = rss(("a", HIRE, "In short."))
    scene.poll()
    scene.run()
    scene.web.pages[FEED] = rss(("b", "A ferry is late", "Fog."))
    scene.poll()
    scene.clock.advance(timedelta(days=scene.pipeline.config.retention.days + 1).total_seconds())
    prune(scene.pipeline, scene.store)
    assert scene.store.trace("https://news.example/a") is None
    assert scene.store.trace("https://news.example/b") is not None


def test_a_channel_that_slack_keeps_waiting_holds_up_no_other(tmp_path):
    """One channel's calls hang for as long as the test lasts; the other gets all of its messages, in order."""
    clock = SharedClock(speed=20.0)
    with serve(clock=clock) as slack, closing(SqliteStore(tmp_path / "t.db")) as store:
        slack.faults({"method": "chat.postMessage", "channel": "G0PRIVATE", "action": "hold", "times": -1})
        scene = Scene(store)
        notifier = SlackNotifier(BOT_TOKEN, clock=clock, base_url=slack.api, timeout_s=10_000.0)
        pipeline = replace(scene.pipeline, clock=clock, notifier=notifier)
        keys = [f"{n:032x}" for n in range(6)]
        store.owe([post(clock, "G0PRIVATE", f"{9:032x}"), *(post(clock, "C0ALERTS", key) for key in keys)])
        service = Service(pipeline, store, threads=FEW)
        service.start()
        try:
            arrived, waiting = [], threading.Event()
            for _ in range(400):
                arrived = [m["metadata"]["event_payload"]["k"] for m in slack.messages()]
                if len(arrived) == len(keys):
                    break
                waiting.wait(0.05)
            assert arrived == keys
            assert slack.messages("G0PRIVATE") == []
            (stuck,) = [one for one in store.operations() if one.channel == "G0PRIVATE"]
            assert stuck.state is OperationState.SENDING
        finally:
            slack.admin("release", {})
            service.stop()


def post(clock, channel: str, key: str) -> Operation:
    now = clock.now()
    message = Message(key, metadata={"event_type": "talentwire_alert", "event_payload": {"k": key, "facts": ""}})
    return Operation(OperationKey(key), channel, Verb.POST, StoryId(""), message, now, now)

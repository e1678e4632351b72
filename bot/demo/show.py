"""Runs the real service on the small world, says what happens, and checks that it is what should."""

from __future__ import annotations

import logging
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any, TextIO

from bot import app
from bot.adapters.clock import SystemClock
from bot.adapters.store import SqliteStore
from bot.alerts.keys import operation_key
from bot.alerts.upkeep import ALERT
from bot.config import load
from bot.demo.world import World, expected
from bot.model import Operation, Verb
from bot.pipeline import Limits
from bot.service import Service, Threads
from bot.telemetry import set_up

Say = Callable[[str], None]

PATIENCE_S = 25.0
_LOOK_EVERY_S = 0.05
_LIMITS = Limits(least_interval=timedelta(seconds=1), page_retry=timedelta(seconds=1))
_THREADS = Threads(poll=8, slow=2, pages=4)


@dataclass(frozen=True, slots=True)
class Told:
    """What the store says was told: the entries of each story that alerted, and those of the first run's message."""

    alerts: tuple[frozenset[str], ...]
    missed: frozenset[str]
    operations: int


def show(say: Say, *, as_json: bool = False) -> int:
    """Run the demo; returns the exit status: 0 if everything came out as `expected.yaml` says."""
    out: TextIO | None = StringIO() if as_json else None
    talk: Say = (lambda _: None) if as_json else say
    set_up(level=logging.ERROR)
    with World(SystemClock()) as world, tempfile.TemporaryDirectory(prefix="talentwire-demo-") as folder:
        config = Path(folder) / "config.yaml"
        config.write_text(world.config_text(), "utf-8")
        told = _play(world, config, talk, out)
    faults = _faults(told)
    if as_json:
        import json

        say(json.dumps({"alerts": len(told.alerts), "missed": len(told.missed), "faults": faults}, ensure_ascii=False))
        return 1 if faults else 0
    for fault in faults:
        say(f"NOT AS EXPECTED  {fault}")
    if not faults:
        say(f"\nAs expected: {len(told.missed)} stories missed, {len(told.alerts)} alerts, each once.")
        say("Your turn: put your feeds and names into config.yaml, then `talentwire check` and `talentwire run`.")
    return 1 if faults else 0


def _play(world: World, config: Path, say: Say, out: TextIO | None) -> Told:
    say(f"A small world of invented news listens on {world.url}: 13 feeds, eight languages, good ones and bad.\n")
    say("── The bot starts. What the feeds show now is their baseline; the best of it comes in one message.\n")
    with _service(config, out) as store:
        _wait(store, world.clock.now())
        say("\n── News comes out.\n")
        world.publish(2)
        _wait(store, world.clock.now())
    say("\n── Stopped, and started again: nothing is told twice. Follow-ups come in, and one new story.\n")
    with _service(config, out) as store:
        _wait(store, world.clock.now())
        world.publish(3)
        _wait(store, world.clock.now())
        return _told(store, world)


@contextmanager
def _service(config: Path, out: TextIO | None) -> Iterator[SqliteStore]:
    settings = app.Settings(store=config.with_name("talentwire.db"), limits=_LIMITS, out=out)
    with app.opened(load(config), {}, settings) as opened:
        opened.store.sync_feeds(opened.feeds, opened.pipeline.clock.now(), spread_s=0)
        service = Service(opened.pipeline, opened.store, threads=_THREADS)
        service.start()
        try:
            yield opened.store
        finally:
            service.stop()


def _wait(store: SqliteStore, since: datetime) -> None:
    """Have every feed asked now, whatever its rhythm, and wait until all that came of it is done."""
    store.hasten(since)
    pause = threading.Event()
    for _ in range(round(PATIENCE_S / _LOOK_EVERY_S)):
        run = store.first_run(since)
        asked = all(feed.failures or (feed.polled_at and feed.polled_at > since) for feed in store.feeds())
        if asked and not (run.pending or run.entries_open or store.unfinished()):
            return
        pause.wait(_LOOK_EVERY_S)


def _told(store: SqliteStore, world: World) -> Told:
    stories: dict[str, set[str]] = {}
    missed: set[str] = set()
    for url, name in _pages(world):
        trace = store.trace(url)
        if trace is None or trace.story is None or not trace.story.told:
            continue
        if trace.story.baseline:
            missed.add(name)
        else:
            stories.setdefault(trace.story.id, set()).add(name)
    return Told(
        tuple(frozenset(names) for names in stories.values()), frozenset(missed), sum(map(_tells, store.operations()))
    )


def _tells(operation: Operation) -> bool:
    """Whether an operation tells something first: an alert, also one in the thread of its saga, or what was missed."""
    first = operation.key == operation_key(operation.story_id, operation.channel, ALERT)
    return first or operation.verb is Verb.POST


def _pages(world: World) -> list[tuple[str, str]]:
    from bot.demo.world import entries

    return [(f"{world.url}/pages/{entry.link}", entry.id) for entry in entries()]


def _faults(told: Told) -> list[str]:
    """Return what is not as expected.yaml says, in words."""
    wanted = expected()
    faults = [
        *_alert_faults(told, wanted.alerts),
        *_mixing_faults(told, wanted.alerts),
        *_silence_faults(told, wanted),
    ]
    should_miss = {name for row in wanted.missed for name in row["entries"]}
    if told.missed != should_miss:
        faults.append(f"missed: {sorted(told.missed)} instead of {sorted(should_miss)}")
    messages = len(told.alerts) + bool(told.missed)
    if told.operations != messages:
        faults.append(f"{told.operations} messages for {messages} things to tell")
    return faults


def _alert_faults(told: Told, alerts: Sequence[Any]) -> Iterator[str]:
    for row in alerts:
        names = set(row["entries"])
        hits = [story for story in told.alerts if story & names]
        if len(hits) != 1:
            yield f"{sorted(names)}: {len(hits)} alerts instead of one"
        elif not names <= hits[0]:
            yield f"{sorted(names - hits[0])}: not seen to be part of the story of {sorted(names & hits[0])}"


def _mixing_faults(told: Told, alerts: Sequence[Any]) -> Iterator[str]:
    """Two events in one story: the second was not told."""
    for story in told.alerts:
        events = [row["entries"][0] for row in alerts if story & set(row["entries"])]
        if len(events) > 1:
            yield f"{', '.join(events)}: taken for one story"


def _silence_faults(told: Told, wanted: Any) -> Iterator[str]:
    for name in wanted.silent:
        if any(name in story for story in told.alerts):
            yield f"{name}: alerted, though it is not about who moves where"
    for name in wanted.told_already:
        if any(story == {name} for story in told.alerts):
            yield f"{name}: alerted again"

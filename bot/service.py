"""Runs the pipeline: for good (a thread or more a stage, woken by a tick), or once to the end.

A stage works until it finds nothing to do, wakes the next one whenever it did something, and then waits for its bell.
So two hundred hanging feeds never hold up an alert.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.adapters.store import SqliteStore
from bot.errors import StoreError
from bot.pipeline import Pipeline
from bot.stages.polling import OnPoll, drain
from bot.telemetry import event

log = logging.getLogger(__name__)

TICK_S = 1.0
JUMP_S = 60.0  # a wall clock that went so much faster or slower than time itself was set, or the machine slept
HEARTBEAT_S = 10.0
HEARTBEAT = "tick_at"
BACKED_UP = "backed_up_at"
STOP_WITHIN_S = 8.0  # of the ten seconds that a container runtime grants
PAUSE_S = 5.0  # after an error
_DOZE_S = 5.0  # a bell that rang between two looks is not waited for longer than this
PRUNE_EVERY_H = 6


@dataclass(frozen=True, slots=True)
class Threads:
    """How many threads each stage gets; polls of hosts that timed out have a lane of their own."""

    poll: int = 16
    slow: int = 4
    pages: int = 8
    deliver: int = 8  # channels that Slack keeps waiting at a time before others wait, too


@dataclass(slots=True)
class Stage:
    """One kind of work and its threads. `step` does one unit and says whether there was any."""

    name: str
    step: Callable[[], object]
    threads: int
    wakes: Sequence[Stage] = ()
    bells: list[threading.Event] = field(default_factory=list)

    def ring(self) -> None:
        """Wake every thread of the stage."""
        for bell in self.bells:
            bell.set()


class Couriers:
    """Hands out the channels with something due to any number of threads, each channel to one at a time."""

    def __init__(self) -> None:
        self._busy: set[str] = set()
        self._lock = threading.Lock()

    def step(self, pipeline: Pipeline) -> bool:
        """Take one step for one channel that nobody is at; False if there is none."""
        channel = self._take(pipeline)
        if channel is None:
            return False
        try:
            pipeline.deliver_to(channel)
        finally:
            with self._lock:
                self._busy.discard(channel)
        return True

    def _take(self, pipeline: Pipeline) -> str | None:
        with self._lock:  # looked up under the lock: what another thread has just settled is not due any more
            channel = next((one for one in pipeline.due_channels() if one not in self._busy), None)
            if channel is not None:
                self._busy.add(channel)
            return channel


class Service:
    """The pipeline in threads, until `stop`."""

    def __init__(
        self,
        pipeline: Pipeline,
        store: SqliteStore,
        *,
        threads: Threads,
        on_poll: OnPoll | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._store = store
        self._on_poll = on_poll
        self._stopping = threading.Event()
        self._running: list[threading.Thread] = []
        from apscheduler.schedulers.background import BackgroundScheduler  # polls alone do without it

        self._scheduler = BackgroundScheduler(timezone="UTC")
        self._noted_at = float("-inf")
        self._ticked: tuple[datetime, float] | None = None
        self._stages = self._make_stages(threads)

    def _make_stages(self, threads: Threads) -> list[Stage]:
        couriers = Couriers()
        sweep = Stage("sweep", self._sweep, 1)
        deliver = Stage("deliver", lambda: couriers.step(self._pipeline), threads.deliver, (sweep,))
        judge = Stage("judge", self._judge, 1, (deliver,))
        pulse = Stage("pulse", self._pulse, 1)
        pages = Stage("pages", self._read, threads.pages, (judge,))
        sift = Stage("sift", self._sift, 1, (pages, judge))
        fast = Stage("poll", lambda: self._poll(slow=False), threads.poll, (sift, judge))
        slow = Stage("slow", lambda: self._poll(slow=True), threads.slow, (sift, judge))
        return [fast, slow, sift, pages, pulse, judge, sweep, deliver]

    # Each step asks for the pipeline anew: another may have taken its place.

    def _judge(self) -> object:
        """Do the first thing that is to be done: all that decides on stories is one thread's work."""
        p = self._pipeline
        return p.judge_articles() or p.carry_out_orders() or p.release_held() or p.tell_digests() or p.tell_missed()

    def _sift(self) -> object:
        return self._pipeline.sift_entries()

    def _read(self) -> object:
        return self._pipeline.read_page()

    def _pulse(self) -> object:
        return self._pipeline.send_heartbeat()

    def _sweep(self) -> object:
        return self._pipeline.sweep_channels()

    def _poll(self, *, slow: bool) -> bool:
        results = self._pipeline.poll_host(threading.current_thread().name, slow)
        if results and self._on_poll:
            self._on_poll(results)
        return results is not None

    def start(self) -> None:
        """Start all threads and the tick. An earlier process's last tick says nothing about this one."""
        self._store.note(HEARTBEAT, "")
        for stage in self._stages:
            for number in range(stage.threads):
                bell = threading.Event()
                stage.bells.append(bell)
                name = f"{stage.name}-{number}"
                thread = threading.Thread(target=self._loop, args=(stage, bell), name=name, daemon=True)
                self._running.append(thread)
        for thread in self._running:
            thread.start()
        # no job of the scheduler, which goes by the wall clock: set back by a day, it would be silent for a day
        threading.Thread(target=self._tick_on, name="tick", daemon=True).start()
        self._scheduler.add_job(self._prune, "interval", hours=PRUNE_EVERY_H, misfire_grace_time=None, coalesce=True)
        self._scheduler.add_job(self._back_up, "interval", minutes=10, misfire_grace_time=None, coalesce=True)
        self._scheduler.start()

    def renew(self, pipeline: Pipeline) -> None:
        """Go on with another pipeline on the same store: each stage when it has done what it is at, and at once."""
        self._pipeline = pipeline
        for stage in self._stages:
            stage.ring()

    def also(self, job: Callable[[], None], seconds: float) -> None:
        """Do `job`, too, every so many seconds while the service runs."""
        self._scheduler.add_job(job, "interval", seconds=seconds, misfire_grace_time=None, coalesce=True)

    def stop(self) -> None:
        """Let every stage finish what it is at, within bounds. What is left undone is in the store."""
        self._stopping.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        for stage in self._stages:
            stage.ring()
        clock = self._pipeline.clock
        until = clock.monotonic() + STOP_WITHIN_S
        for thread in reversed(self._running):  # the one that talks to Slack first
            thread.join(clock.real(max(0.0, until - clock.monotonic())))
        late = [thread.name for thread in self._running if thread.is_alive()]
        event(log, "service stopped", left_in_flight=", ".join(late) or None)

    def _tick_on(self) -> None:
        while not self._stopping.wait(self._pipeline.clock.real(TICK_S)):
            try:
                self._tick()
            except Exception:  # noqa: BLE001 - health shows it if it stays so
                event(log, "tick broke", level=logging.ERROR, exc_info=True)

    def _tick(self) -> None:
        self._follow_clock()
        for stage in self._stages:
            stage.ring()
        now = self._pipeline.clock.monotonic()
        if now - self._noted_at >= HEARTBEAT_S and all(thread.is_alive() for thread in self._running):
            self._noted_at = now
            self._store.note(HEARTBEAT, repr(self._pipeline.clock.now().timestamp()))

    def _follow_clock(self) -> None:
        """Let what waits go on waiting as long as it would have, where the wall clock jumped."""
        now, monotonic = self._pipeline.clock.now(), self._pipeline.clock.monotonic()
        before, self._ticked = self._ticked, (now, monotonic)
        if before is None:
            return
        jump = (now - before[0]).total_seconds() - (monotonic - before[1])
        if abs(jump) > JUMP_S:
            self._store.shift(jump)
            event(log, "the clock jumped: what waits is put off or forward as much", level=logging.WARNING, jump_s=jump)

    def _prune(self) -> None:
        prune(self._pipeline, self._store)

    def _back_up(self) -> None:
        back_up(self._pipeline, self._store)

    def _loop(self, stage: Stage, bell: threading.Event) -> None:
        real = self._pipeline.clock.real
        while not self._stopping.is_set():
            bell.clear()
            try:
                while not self._stopping.is_set() and stage.step():
                    for following in stage.wakes:
                        following.ring()
            except StoreError as error:
                event(log, "store failed", level=logging.ERROR, stage=stage.name, error=str(error))
                self._stopping.wait(real(PAUSE_S))
            except Exception:  # noqa: BLE001 - a bug in one stage must not stop the others
                event(log, "stage broke", level=logging.ERROR, exc_info=True, stage=stage.name)
                self._stopping.wait(real(PAUSE_S))
            bell.wait(real(_DOZE_S))


def prune(pipeline: Pipeline, store: SqliteStore) -> None:
    """Forget what is older than the config's retention."""
    days = pipeline.config.retention.days
    gone = store.prune(pipeline.clock.now() - timedelta(days=days))
    if gone:
        event(log, "old entries forgotten", entries=gone, days=days)


def back_up(pipeline: Pipeline, store: SqliteStore) -> None:
    """Write a copy of the store where the last one is older than the config wants it."""
    wish, now = pipeline.config.backups, pipeline.clock.now()
    last = float(store.noted(BACKED_UP) or "-inf")
    if not wish.keep or now.timestamp() - last < wish.every.total_seconds():
        return
    try:
        made = store.back_up(store.path.parent / (wish.folder or "backups"), now, keep=wish.keep)
    except StoreError as error:
        event(log, "store not backed up", level=logging.ERROR, error=str(error))
        return
    store.note(BACKED_UP, repr(now.timestamp()))
    event(log, "store backed up", file=str(made), octets=made.stat().st_size)


def finish_all(pipeline: Pipeline, store: SqliteStore, *, threads: int, patience_s: float = 60.0) -> None:
    """Read, judge and deliver until nothing is left, waiting up to `patience_s` for what is only due later."""
    pause = threading.Event()
    clock = pipeline.clock
    until = clock.monotonic() + patience_s
    while True:
        drain(pipeline.sift_entries, 1)
        drain(pipeline.read_page, threads)
        drain(pipeline.judge_articles, 1)
        pipeline.carry_out_orders()
        pipeline.release_held()
        pipeline.tell_digests()
        pipeline.tell_missed()
        drain(pipeline.deliver_alerts, 1)
        pipeline.sweep_channels()
        due = store.next_work(pace_s=pipeline.limits.pace_s)
        if due is None or clock.monotonic() >= until or due - clock.now() > timedelta(seconds=patience_s):
            return
        wait_s = min(max(0.05, (due - clock.now()).total_seconds()), until - clock.monotonic())
        pause.wait(clock.real(wait_s))

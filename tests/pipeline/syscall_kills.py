"""The bot ended, or its disk failing, at every system call by which a replay changes the disk. Needs Linux and strace.

    python -m tests.pipeline.syscall_kills                     # SIGKILL at each call, EIO and ENOSPC at each call
    python -m tests.pipeline.syscall_kills --every 10          # at each tenth
    python -m tests.pipeline.syscall_kills --only EIO --at fdatasync:17  # one of them

A replay is the news of a day through store, protocol and the strict Slack on a socket, all in one thread of one process,
for strace counts by thread and by call. It ends the process at its n-th `pwrite64`, `fdatasync`, `ftruncate`, `unlink`
and so on, or has that call fail; then the bot is started again on what lies on the disk. Green: each story stands in the channel once, none
is missing, nothing is owed.
"""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from ssl import PROTOCOL_TLS_CLIENT, SSLContext
from typing import Any

from bot.adapters.slack import SlackNotifier
from bot.adapters.store import SqliteStore
from bot.adapters.workers import InlineWorkers
from bot.errors import StoreError
from bot.model import Feed
from bot.pipeline import Limits, Pipeline
from bot.telemetry import Counters
from tests.fakes.clock import SharedClock
from tests.fakes.slack_server import BOT_TOKEN, Running
from tests.pipeline.crash_world import CHANNEL, CONFIG, POLICY, Site, watch
from tests.pipeline.kill_plans import left
from tests.pipeline.slack_plans import be_parent, slack_beside

CALLS = "pwrite64,write,fsync,fdatasync,ftruncate,unlink,rename"
EFFECTS = {"SIGKILL": "signal=SIGKILL", "EIO": "error=EIO", "ENOSPC": "error=ENOSPC"}
SPEED = 40.0
PAUSE_S = 5.0  # after an error of the disk, as the service makes
BEFORE = {
    "one.example": [("old", "Norvane AI hires Ada Ferrano from Quillstone Labs")],
    "two.example": [("dull", "A new phone is out")],
}
NEWS = {
    "one.example": [("a", "Norvane AI hires Olga Brandero from Palewater Systems")],
    "two.example": [
        ("a2", "Palewater Systems loses Olga Brandero to Norvane AI"),
        ("c", "Tobias Vellano leaves Palewater Systems to join Quillstone Labs"),
    ],
}
WANTED = ("Olga Brandero", "Tobias Vellano")
TRIES = 4  # of a start on a disk that fails once


@dataclass
class World:
    clock: SharedClock
    slack: Running
    folder: Path
    site: Site

    @property
    def path(self) -> Path:
        return self.folder / "t.db"

    def live(self) -> None:
        """Work in this thread until nothing is left to do; after an error of the disk, pause and go on."""
        with closing(SqliteStore(self.path)) as store:
            pipeline = self._pipeline(store)
            while True:
                try:
                    store.sync_feeds(
                        [Feed(f"https://{host}/feed.xml") for host in BEFORE], self.clock.now(), spread_s=0
                    )
                    self._work(pipeline, store)
                except StoreError:
                    self.clock.skip(PAUSE_S)
                else:
                    return

    def _work(self, pipeline: Pipeline, store: SqliteStore) -> None:
        stages: tuple[Callable[[], Any], ...] = (
            lambda: pipeline.poll_host("w"),
            pipeline.sift_entries,
            pipeline.read_page,
            pipeline.judge_articles,
            pipeline.tell_missed,
            pipeline.deliver_alerts,
            pipeline.sweep_channels,
        )
        while True:
            worked = [bool(stage()) for stage in stages]
            if any(worked):
                continue
            later = left(store, self.clock.now())
            if later is None:
                return
            self.clock.skip(later + 0.01)

    def _pipeline(self, store: SqliteStore) -> Pipeline:
        notifier = SlackNotifier(
            BOT_TOKEN,
            clock=self.clock,
            base_url=self.slack.api,
            timeout_s=POLICY.timeout_s,
            context=SSLContext(PROTOCOL_TLS_CLIENT),
        )
        return Pipeline(
            config=CONFIG,
            watch=watch,
            store=store,
            fetcher=self.site,
            workers=InlineWorkers(),
            notifier=notifier,
            clock=self.clock,
            counters=Counters(),
            policy=POLICY,
            channel=CHANNEL,
            limits=Limits(),
        )


def life(world: World, inject: Sequence[str] | None = None) -> tuple[str, list[str]]:
    """Let the bot live in a process of its own, under strace where told; returns how it ended, and the calls traced."""
    reader, writer = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(writer)
            os.read(reader, 1)
            world.live()
            status = 0
        except StoreError:
            status = 3
        except BaseException:  # noqa: BLE001 - told, and the life counts as broken
            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(reader)
    tracer, trace = None, world.folder / "trace"
    if inject is not None:
        command = ["strace", "-e", f"trace={CALLS}", *inject, "-o", str(trace), "-p", str(pid)]
        tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert tracer.stderr is not None
        line = tracer.stderr.readline()
        if "attached" not in line:
            raise RuntimeError(f"strace may not look at other processes here: {line}")
    os.write(writer, b"1")
    os.close(writer)
    _, status = os.waitpid(pid, 0)
    lines: list[str] = []
    if tracer is not None:
        tracer.communicate(timeout=10)
        lines = [line for line in trace.read_text("utf-8", "replace").splitlines() if "(" in line]
    if os.WIFSIGNALED(status):
        return "killed", lines
    return {0: "ended", 3: "stopped by its disk"}.get(os.WEXITSTATUS(status), "broke"), lines


def play(world: World, template: Path, effect: str, call: str = "", n: int = 0) -> tuple[list[str], str, Counter[str]]:
    """Have the `n`-th `call` hit (0: none); returns what is wrong, how the life ended, and the calls it made."""
    for path in world.folder.glob("t.db*"):
        path.unlink()
    shutil.copy(template, world.path)
    world.slack.admin("reset", {})
    inject = ["-e", f"inject={call}:{EFFECTS[effect]}:when={n}"] if n else []
    how, lines = life(world, inject)
    again = "ended" if n == 0 else ""
    for _ in range(TRIES):
        if again == "ended":
            break
        again, _ = life(world)
    if n and how != "killed" and not any("(INJECTED)" in line for line in lines):
        how = "call not reached"
    wrong = [f"the {word} life {one}" for word, one in (("first", how), ("last", again)) if one == "broke"]
    texts = [message["text"] for message in world.slack.messages(CHANNEL)]
    standing = Counter(name for text in texts for name in WANTED if name in text)
    wrong += [f"lost: {name}" for name in WANTED if not standing[name]]
    wrong += [f"doubled: {name}" for name in WANTED if standing[name] > 1]
    with closing(SqliteStore(world.path)) as store:
        wrong += [f"{one.key} is {one.state}: {one.error}" for one in store.operations() if one.state != "sent"]
    return wrong, how, Counter(line.partition("(")[0] for line in lines)


@contextmanager
def opened_world() -> Iterator[tuple[World, Path]]:
    """Give a world with news, and the store of a bot that has polled its feeds before there were any."""
    logging.disable(logging.CRITICAL)
    clock = SharedClock(SPEED)
    folder = Path(tempfile.mkdtemp(prefix="talentwire-calls-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    try:
        watch()
        with slack_beside(clock) as slack:
            world = World(clock, slack, folder, Site(clock, dict(BEFORE)))  # type: ignore[arg-type] - a clock all the same
            if life(world)[0] != "ended":
                raise RuntimeError("the bot does not even live undisturbed")
            clock.skip(6 * 3_600.0)
            with closing(SqliteStore(world.path)) as store:
                store.hasten(clock.now())
            template = folder / "template"
            shutil.move(world.path, template)
            for host, items in NEWS.items():
                world.site.items[host] = [*items, *BEFORE[host]]
            yield world, template
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def some(share: tuple[str, list[tuple[str, int]]]) -> list[tuple[str, str, list[str], str]]:
    effect, points = share
    with opened_world() as (world, template):
        results = [(f"{call}:{n}", play(world, template, effect, call, n)) for call, n in points]
    return [(effect, point, wrong, how) for point, (wrong, how, _) in results]


def points_of_a_replay() -> list[tuple[str, int]]:
    with opened_world() as (world, template):
        wrong, _, calls = play(world, template, "SIGKILL")
    if wrong:
        raise RuntimeError(f"not even an undisturbed replay tells all: {wrong}")
    return [(call, n) for call, count in sorted(calls.items()) for n in range(1, count + 1)]


def run(effects: Sequence[str], *, every: int, jobs: int, at: str = "") -> bool:
    """Hit each `every`-th call with each of `effects`; returns whether all is green, after printing what is not."""
    with get_context("fork").Pool(jobs, initializer=be_parent) as pool:
        points = pool.apply(points_of_a_replay)
        kinds = ", ".join(f"{count} {call}" for call, count in Counter(call for call, _ in points).items())
        print(f"{len(points)} calls of a replay change the disk ({kinds}); one in {every} is hit", flush=True)
        chosen = points[::every] if not at else [(at.partition(":")[0], int(at.partition(":")[2]))]
        shares = [(effect, chosen[n : n + 20]) for effect in effects for n in range(0, len(chosen), 20)]
        began, red, told = time.monotonic(), 0, Counter[str]()
        for results in pool.imap_unordered(some, shares):
            for effect, point, wrong, how in results:
                told[f"{effect}: {how}"] += 1
                red += bool(wrong)
                if wrong:
                    print(f"{effect} at {point} is red: {'; '.join(wrong)}", flush=True)
    took = time.monotonic() - began
    print("; ".join(f"{name} {count}" for name, count in sorted(told.items())))
    print(
        f"{told.total()} replays, {red} red; {took:.0f} s with {jobs} processes: {told.total() / took * 3600:,.0f} an hour"
    )
    return red == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--only", choices=list(EFFECTS), action="append", help="all of them unless told")
    parser.add_argument("--at", default="", help="only this one, as CALL:N")
    parser.add_argument("--jobs", type=int, default=2)
    chosen = parser.parse_args()
    if shutil.which("strace") is None:
        sys.exit("strace is missing: apt-get install strace")
    sys.exit(not run(chosen.only or list(EFFECTS), every=chosen.every, jobs=chosen.jobs, at=chosen.at))


if __name__ == "__main__":
    main()

"""Polls of a hostile web without end: does the bot's memory stay where it is, do its descriptors and threads?

    python -m benchmarks.soak [--polls 10000]

The poller, the store, the workers and the threads of the service on the routes of the hostile server, each a feed on a
host of its own; the server runs in another process. Left out are routes that only keep a connection waiting (they would
make it a test of patience; `benchmarks.threats` has them); bombs are of 8 MB, and parsing gets a second. The clock skips to the next poll that is
due. Prints the main process's memory, descriptors and threads at each tenth; ends with status 1 if one of them has grown
by more than 5 % since the first tenth.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from subprocess import PIPE, Popen

from bot.polling import poll_all

from bot import app
from bot.config import Config
from bot.model import PollResult
from bot.pipeline import Limits
from bot.service import prune
from tests.fakes.clock import SharedClock
from tests.fakes.hostile_server import ROUTES
from tests.threats.world import resolver

ROOT = Path(__file__).parents[1]
POLLS = 10_000
GROWTH = 0.05
THREADS = 8
WAITING = ("/stall", "/stall-body", "/slowloris", "/slow-header", "/slow-redirects", "/endless")
SMALLER = {"/million-entries": "?n=20000"} | dict.fromkeys(
    ("/gzip-bomb", "/gzip-layers", "/deflate-bomb", "/zstd-bomb", "/huge-entry", "/huge-html"), "?mb=8"
)
LIMITS = Limits(parse_s=1.0)


@dataclass(frozen=True, slots=True)
class Sample:
    """What the main process holds after so many polls."""

    polls: int
    rss_mib: float
    descriptors: int
    threads: int

    @classmethod
    def now(cls, polls: int) -> Sample:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        descriptors = sum(1 for _ in Path("/proc/self/fd").iterdir())
        return cls(polls, pages * os.sysconf("SC_PAGE_SIZE") / 2**20, descriptors, threading.active_count())

    def grown_since(self, first: Sample) -> list[str]:
        """Say what has grown by more than a twentieth."""
        return [
            f"{name}: {before:.0f} -> {after:.0f}"
            for name in ("rss_mib", "descriptors", "threads")
            if (after := getattr(self, name)) > (before := getattr(first, name)) * (1 + GROWTH)
        ]


def soak(port: int, folder: Path, polls: int) -> list[Sample]:
    """Poll until there were `polls`; returns a sample of each tenth, after printing it."""
    routes = [path for path in ROUTES if path not in WAITING]
    feeds = [f"http://r{n}.test:{port}{path}{SMALLER.get(path, '')}" for n, path in enumerate(routes)]
    config = Config.model_validate({"feeds": feeds, "network": {"allow_private": [f"127.0.0.1:{port}"]}})
    clock, samples, outcomes = SharedClock(1.0), [], Counter[str]()
    with (folder / "alerts").open("w") as out:
        settings = app.Settings(store=folder / "t.db", resolver=resolver, out=out, clock=clock, limits=LIMITS)
        with app.opened(config, {}, settings) as opened:
            opened.store.sync_feeds(opened.feeds, clock.now(), spread_s=0)

            def on_poll(results: tuple[PollResult, ...]) -> None:
                outcomes.update(result.reason or str(result.outcome) for result in results)

            began = time.monotonic()
            while outcomes.total() < polls:
                poll_all(opened.pipeline, threads=THREADS, on_poll=on_poll)  # type: ignore[arg-type]
                while opened.pipeline.sift_entries():
                    pass
                clock.skip(timedelta(days=1).total_seconds())  # whatever was told to wait is due again
                if outcomes.total() >= (len(samples) + 1) * polls / 10:
                    prune(opened.pipeline, opened.store)
                    samples.append(Sample.now(outcomes.total()))
                    print(f"{time.monotonic() - began:6.0f} s  {samples[-1]}", flush=True)
    print(f"{len(feeds)} feeds; {', '.join(f'{what} {count}' for what, count in outcomes.most_common())}")
    return samples


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--polls", type=int, default=POLLS)
    chosen = parser.parse_args()
    logging.disable(logging.CRITICAL)
    serving = (
        "from tests.fakes.hostile_server import *; s = HostileServer().__enter__(); print(s.port, flush=True); input()"
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        Popen([sys.executable, "-c", serving], stdin=PIPE, stdout=PIPE, text=True, cwd=ROOT) as server,
    ):
        assert server.stdout is not None
        try:
            samples = soak(int(server.stdout.readline()), Path(folder), chosen.polls)
        finally:
            server.kill()
    grown = samples[-1].grown_since(samples[0])
    print(f"grown by more than 5 %: {'; '.join(grown)}" if grown else "flat: nothing has grown by more than 5 %")
    sys.exit(bool(grown))


if __name__ == "__main__":
    main()

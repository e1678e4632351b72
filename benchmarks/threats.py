"""Every route of the hostile server, done to the real bot: a named outcome each, in time, within 512 MiB for all of it.

    python -m benchmarks.threats

Each route is a feed on a host of its own; those that are pages are read as articles besides. The server runs outside of
what is measured. Memory is limited by a cgroup where this machine lets us make one, else summed up ten times a second
over the bot and all of its workers (PSS).
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from urllib.parse import quote

from bot import app
from bot.config import Config
from bot.pipeline import Limits
from bot.service import drain
from tests.fakes.hostile_server import ROUTES, HostileServer
from tests.threats.world import HIRE, resolver

ROOT = Path(__file__).parents[1]
LIMIT = 512 << 20
THREADS = 4  # few, so that a route's time is its own, not that of the queue for a worker
MIB = 1 << 20
QUERY = {
    "/needs-secret": "?token=good",
    "/stall": "?for=20",
    "/stall-body": "?for=20",
    "/slowloris": "?for=40",
    "/slow-header": "?for=40",
}
QUERY |= {"/gzip-bomb": "?mb=512", "/gzip-layers": "?mb=512", "/deflate-bomb": "?mb=512", "/zstd-bomb": "?mb=512"}
QUERY |= {"/endless": "?mb=512", "/huge-html": "?mb=512"}


@dataclass(slots=True)
class Done:
    """What came of it all: rows (route, read as, outcome, seconds), peaks in MiB, and how memory was measured."""

    rows: list[tuple[str, str, str, float]] = field(default_factory=list)
    main_mib: float = 0.0
    tree_mib: float = 0.0
    measured: str = ""
    killed: int = 0

    @property
    def unnamed(self) -> list[str]:
        met = {path for path, as_what, outcome, _ in self.rows if as_what == "feed" and outcome}
        return sorted(ROUTES.keys() - met) + [row[0] for row in self.rows if not row[2]]

    @property
    def slowest_s(self) -> float:
        return max((seconds for *_, seconds in self.rows), default=0.0)

    def table(self) -> str:
        lines = [
            f"{path:<24} {as_what:<5} {seconds:>6.2f} s  {outcome}" for path, as_what, outcome, seconds in self.rows
        ]
        outcomes = Counter(outcome for *_, outcome, _ in self.rows)
        lines.append(
            f"{len({row[0] for row in self.rows})} routes, {len(self.rows)} outcomes of {len(outcomes)} kinds,"
            f" slowest {self.slowest_s:.1f} s; main process {self.main_mib:.0f} MiB at most,"
            f" all of it {self.tree_mib:.0f} MiB ({self.measured}), {self.killed} killed for memory"
        )
        return "\n".join(lines)


def run() -> Done:
    """Run the bot on all routes in a process of its own."""
    done = Done()
    with HostileServer() as server, tempfile.TemporaryDirectory() as folder, _cell(done) as (join, look):
        env = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "MALLOC_ARENA_MAX": "2",
        }  # the last as the image has it
        command = [sys.executable, "-m", "benchmarks.threats", "--bot", str(server.port), folder]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env, preexec_fn=join) as bot:  # noqa: PLW1509
            assert bot.stdout is not None
            watching = threading.Event()
            watcher = threading.Thread(target=_watch, args=(bot.pid, done, look, watching))
            watcher.start()
            for line in bot.stdout:
                said = json.loads(line)
                if "main_mib" in said:
                    done.main_mib = said["main_mib"]
                else:
                    done.rows.append((said["path"], said["as"], said["outcome"], said["s"]))
            watching.set()
            watcher.join()
        if bot.returncode:
            raise RuntimeError(f"the bot ended with {bot.returncode}")
    done.rows.sort()
    return done


@contextlib.contextmanager
def _cell(done: Done) -> Iterator[tuple[object, object]]:
    """Make a cgroup of 512 MiB; gives what a process calls to join it, and what reads its peak in bytes."""
    for base, limit, peak in (
        (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes", "memory.max_usage_in_bytes"),
        (Path("/sys/fs/cgroup"), "memory.max", "memory.peak"),
    ):
        cell = base / f"talentwire-{os.getpid()}"
        try:
            cell.mkdir()
            (cell / limit).write_text(str(LIMIT))
            (cell / peak).read_text()
        except OSError:
            with contextlib.suppress(OSError):
                cell.rmdir()
            continue
        done.measured = "cgroup"
        yield partial(_join, cell), partial(_octets, cell / peak)
        events = cell / ("memory.oom_control" if "limit_in" in limit else "memory.events")
        done.killed = sum(
            int(line.split()[1]) for line in events.read_text().splitlines() if line.startswith("oom_kill ")
        )
        for _ in range(50):
            with contextlib.suppress(OSError):
                cell.rmdir()
                break
            time.sleep(0.1)
        return
    done.measured = "sum of PSS"
    yield None, None


def _join(cell: Path) -> None:
    (cell / "cgroup.procs").write_text(str(os.getpid()))


def _octets(file: Path) -> int:
    return int(file.read_text())


def _watch(pid: int, done: Done, look: object, enough: threading.Event) -> None:
    while not enough.wait(0.1):
        octets = look() if callable(look) else _tree(pid)
        done.tree_mib = max(done.tree_mib, octets / MIB)


def _tree(pid: int) -> int:
    """Return the memory of a process and all that come of it, shared pages divided."""
    total, open_ = 0, [pid]
    while open_:
        one = open_.pop()
        with contextlib.suppress(OSError, ValueError, IndexError):
            rollup = Path(f"/proc/{one}/smaps_rollup").read_text()
            total += int(rollup.split("\nPss:")[1].split()[0]) * 1024
            for task in Path(f"/proc/{one}/task").iterdir():
                open_ += [int(child) for child in (task / "children").read_text().split()]
    return total


# ---------------------------------------------------------------------------------------------- inside


def _bot(port: int, folder: Path) -> None:
    urls = {f"http://r{n}.test:{port}{path}{QUERY.get(path, '')}": path for n, path in enumerate(ROUTES)}
    pages = [
        f"http://p{n}.test:{port}{path}{QUERY.get(path, '')}"
        for n, path in enumerate(ROUTES)
        if ROUTES[path].group == "html"
    ]
    links = f"http://links.test:{port}/ok/rss?late=1&n={len(pages)}&title={quote(HIRE)}&link={quote(' '.join(pages))}"
    config = Config.model_validate(
        {
            "feeds": [links, *urls],
            "watchlist": {"organisations": ["Norvane AI"]},
            "network": {
                "allow_private": [f"127.0.0.1:{port}"],
                "ignore_robots": [f"p{n}.test" for n in range(len(ROUTES))],
            },
        }
    )
    settings = app.Settings(store=folder / "t.db", resolver=resolver, limits=Limits(pace_s=0.0))
    with (folder / "alerts").open("w") as out, app.opened(config, {}, replace(settings, out=out)) as opened:
        pipeline, store = opened.pipeline, opened.store
        store.sync_feeds(opened.feeds, pipeline.clock.now(), spread_s=0)
        lock = threading.Lock()

        def say(**fields: object) -> None:
            with lock:
                print(json.dumps(fields), flush=True)

        def poll() -> bool:
            begun = time.monotonic()
            results = pipeline.poll_host(threading.current_thread().name)
            for result in results or ():
                if path := urls.get(result.feed.url):
                    outcome = result.reason or f"{result.outcome}, {len(result.entries)} entries"
                    say(path=path, outcome=outcome, s=round(time.monotonic() - begun, 2), **{"as": "feed"})
            return results is not None

        drain(poll, THREADS)
        store.hasten(pipeline.clock.now())
        drain(poll, THREADS)
        drain(pipeline.sift_entries, 1)

        def read() -> bool:
            begun = time.monotonic()
            if not pipeline.read_page():
                return False
            with lock:
                spent.append(time.monotonic() - begun)
            return True

        spent: list[float] = []
        drain(read, 8)
        for page in pages:
            trace = store.trace(page)
            article = trace.article if trace else None
            outcome = (
                ""
                if trace is None
                else f"{article.source} {article.note}".strip()
                if article
                else f"put off: {trace.reason or 'a strike'}"
            )
            say(
                path=page.split("test", 1)[1].partition("/")[2].join(["/", ""]).partition("?")[0],
                outcome=outcome,
                s=round(max(spent), 2),
                **{"as": "page"},
            )
        drain(pipeline.judge_articles, 1)
        drain(pipeline.deliver_alerts, 1)
        status = Path("/proc/self/status")
        if status.exists():
            peak = int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
        else:
            import resource

            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB
        say(main_mib=peak)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--bot"]:
        _bot(int(sys.argv[2]), Path(sys.argv[3]))
    else:
        done = run()
        print(done.table())
        sys.exit(bool(done.unnamed) or done.slowest_s > 20 or done.main_mib > 150 or done.tree_mib > 512)

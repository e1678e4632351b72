"""The figures of docs/benchmarks.md: those that need nothing beside the project, and those of TALENTWIRE_BENCH if set.

    python -m benchmarks [--feeds 1000] [PART...]       parts: help poll talent

CPU is user + system of all processes; it says more than wall seconds on a machine that others use too.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
BOT = [sys.executable, "-m", "bot"]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command, as `used.py` tells it."""

    out: str
    wall_s: float
    cpu_s: float
    rss_mb: float
    status: int


def run(command: list[str]) -> Run:
    told = subprocess.run([sys.executable, str(HERE / "used.py"), *command], capture_output=True, text=True, check=True)
    done = Run(**json.loads(told.stdout))
    if done.status:
        raise SystemExit(f"{' '.join(command)} ended with status {done.status}")
    return done


@contextmanager
def farm(feeds: int) -> Iterator[str]:
    """Serve `feeds` feeds on loopback; yields the base address."""
    with socket.socket() as probe:  # the farm builds its feeds before it listens, so it has to know its port
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    command = [sys.executable, str(HERE / "farm" / "server.py"), "--feeds", str(feeds), "--port", port, "--prebuild"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                yield found.group()
                return
        raise SystemExit("the farm did not start")
    finally:
        process.terminate()
        process.wait(10)


def measure_help() -> None:
    runs = [run([*BOT, "--help"]).cpu_s for _ in range(9)]
    print(f"--help: {1000 * statistics.median(runs):.0f} ms CPU (median of {len(runs)})")


def measure_poll(feeds: int) -> None:
    """Poll the farm cold, then warm (nothing new), then with one new entry in each feed."""
    with farm(feeds) as base, tempfile.TemporaryDirectory() as folder:
        urls = Path(folder, "feeds.txt")
        with urllib.request.urlopen(f"{base}/_urls?from=0&to={feeds}&healthy=1") as answer:
            urls.write_bytes(answer.read())
        command = [*BOT, "poll", "--all", "--json", "--allow-private", "--feeds", str(urls), "--data", folder]
        for name in ("cold", "warm", "one new entry"):
            if name == "one new entry":
                urllib.request.urlopen(f"{base}/_publish?k=1&share=1").close()
            done = run(command)
            told = json.loads(done.out)
            each = 1000 * done.cpu_s / told["feeds"]
            print(
                f"poll, {name}: {each:.2f} s CPU for 1,000 feeds, {done.wall_s:.1f} s wall, {done.rss_mb:.0f} MB; {told}"
            )


def measure_talent() -> None:
    if not os.environ.get("TALENTWIRE_BENCH"):
        print("talent: TALENTWIRE_BENCH is not set, left out")
        return
    subprocess.run([sys.executable, "-m", "benchmarks.talent"], cwd=HERE.parent, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=["help", "poll", "talent", []], default=[])
    parser.add_argument("--feeds", type=int, default=1000)
    chosen = parser.parse_args()
    parts = chosen.parts or ["help", "poll", "talent"]
    if "help" in parts:
        measure_help()
    if "poll" in parts:
        measure_poll(chosen.feeds)
    if "talent" in parts:
        measure_talent()


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Poll the farm with and without faults: do healthy feeds bring the same, and is everybody asked politely?

usage: PYTHONPATH=. python benchmarks/farm/measure_faults.py [--feeds 100] [--faults 0.3] [--polls 4]

Each feed has an origin of its own. After the first poll every feed publishes two entries before each further one. Prints
what the store holds of the healthy feeds in both runs, and what the farm's log says: requests sooner than a Retry-After
allows, warm requests to healthy feeds without validators, and feeds asked more than once in one poll.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sqlite3
import subprocess
import sys
import tempfile
import urllib.request
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).resolve().parent


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read()


def polled(base: str, folder: Path, polls: int) -> list[dict]:
    """Poll so often; return what the farm counted in each poll."""
    urls = folder / "urls"
    urls.write_bytes(get(base + "/_urls"))
    seen = []
    for number in range(polls):
        if number:
            get(f"{base}/_publish?k=2&share=1")
        get(base + "/_reset")
        command = [sys.executable, "-m", "bot", "poll", "--feeds", urls, "--data", folder, "--allow-private", "--all"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=600)
        seen.append(json.loads(get(base + "/_stats?per_feed=1")))
    return seen


def held(folder: Path, urls: list[str]) -> dict[str, tuple[int, str]]:
    """Return of each feed how many entries the store holds, and a hash of all they say."""
    with sqlite3.connect(folder / "talentwire.db") as db:
        rows = db.execute(
            "SELECT f.url, e.raw_id, e.url, e.title, e.summary, e.published_at FROM entries e JOIN feeds f ON f.id = e.feed_id"
            " ORDER BY 1, 2"
        ).fetchall()
    found = defaultdict(list)
    for url, *entry in rows:
        found[url].append(entry)
    return {url: (len(found[url]), hashlib.sha256(repr(found[url]).encode()).hexdigest()) for url in urls}


def too_soon(log: Path, retry_after: int) -> tuple[int, int]:
    """Return how many answers asked us to wait, and how many requests for the same feed came before that."""
    until, asked, sooner = {}, 0, 0
    for line in log.read_text().splitlines():
        at, path, status, *_ = json.loads(line)
        sooner += at < until.get(path, 0)
        if status == 429:
            asked += 1
            until[path] = at + retry_after
    return asked, sooner


def run(chosen: argparse.Namespace, faults: float, folder: Path) -> tuple[dict, list[dict], tuple[int, int]]:
    log = folder / "farm.jsonl"
    options = ["--feeds", chosen.feeds, "--origins", chosen.feeds, "--port", chosen.port, "--log", log, "--slow-s", 2]
    options += ["--hang-s", 40, "--retry-after", 30, "--prebuild", "--epoch", 1_790_000_000, "--max-size", 40_000]
    options += ["--faults", faults] if faults else []
    command = [sys.executable, str(HERE / "server.py"), *map(str, options)]
    farm = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert farm.stdout is not None
    try:
        while "feeds on" not in (line := farm.stdout.readline()):
            if not line:
                raise SystemExit("the farm did not start; is a port taken?")
        base = f"http://127.0.0.1:{chosen.port}"
        seen = polled(base, folder, chosen.polls)
        healthy = get(base + "/_urls?healthy=1").decode().split()
    finally:
        farm.terminate()
        farm.wait(10)
    return held(folder, healthy), seen, too_soon(log, 30)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=100)
    parser.add_argument("--faults", type=float, default=0.3)
    parser.add_argument("--polls", type=int, default=4)
    parser.add_argument("--port", type=int, default=21_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        without, *_ = run(chosen, 0, Path(one))
        healthy, seen, (asked, sooner) = run(chosen, chosen.faults, Path(other))
    same = sum(without[url] == what for url, what in healthy.items())
    entries = sum(count for count, _ in healthy.values())
    fine = [[feed for feed in poll["per_feed"] if not feed["fault"]] for poll in seen]
    warm = [feed for poll in fine[1:] for feed in poll]
    print(f"healthy feeds {len(healthy)}, with {entries} entries; the same as without faults: {same}")
    print(f"answers that asked to wait {asked}; requests sooner than that {sooner}")
    print(
        f"warm requests to healthy feeds {sum(f['hits'] for f in warm)}, conditional {sum(f['conditional'] for f in warm)}"
    )
    most = max(feed["hits"] for poll in seen for feed in poll["per_feed"])
    print(
        f"most requests to one healthy feed in one poll {max(f['hits'] for poll in fine for f in poll)}, to any {most}"
    )


if __name__ == "__main__":
    main()

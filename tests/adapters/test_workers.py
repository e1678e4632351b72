"""Hostile bytes cost their own call and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.adapters.workers import InlineWorkers, ProcessWorkers
from bot.errors import Fate, FeedError, FeedReason
from bot.feeds.parse import parse
from bot.ports import WorkerKilled
from tests.fakes.hostile_server import item, rss


def double(number: int) -> int:
    return 2 * number


def fail() -> None:
    raise FeedError(FeedReason.EMPTY, "nothing in it", Fate.RETRY, 12.5)


def bug() -> None:
    raise KeyError("a bug")


def recurse() -> None:
    recurse()


def grab(size: int) -> int:
    return len(bytearray(size))


def own_limits() -> tuple[int, int]:
    import resource

    return resource.getrlimit(resource.RLIMIT_AS)[0], resource.getrlimit(resource.RLIMIT_CORE)[0]


@pytest.fixture(scope="module")
def workers() -> Iterator[ProcessWorkers]:
    running = ProcessWorkers(2, memory=256 << 20)
    yield running
    running.close()


def killed(workers: ProcessWorkers, function: object, *arguments: object, seconds: float = 10.0) -> str:
    with pytest.raises(WorkerKilled) as caught:
        workers.call(function, *arguments, seconds=seconds)  # type: ignore[arg-type]
    return str(caught.value)


def test_a_call_returns_what_the_function_returns(workers: ProcessWorkers) -> None:
    assert workers.call(double, 21, seconds=10) == 42
    assert workers.call(os.getpid, seconds=10) != os.getpid()


def test_our_errors_come_through_whole(workers: ProcessWorkers) -> None:
    with pytest.raises(FeedError) as caught:
        workers.call(fail, seconds=10)
    error = caught.value
    assert (error.reason, error.detail, error.fate, error.retry_after) == (
        FeedReason.EMPTY,
        "nothing in it",
        Fate.RETRY,
        12.5,
    )


@pytest.mark.parametrize(
    ("function", "arguments", "seconds", "words"),
    [
        (time.sleep, (60,), 0.1, "took more than 0.1 s"),
        (os._exit, (3,), 10, "exit status 3"),
        (signal.raise_signal, (signal.SIGSEGV,), 10, "SIGSEGV"),  # as a library written in C may
        (grab, (1 << 30,), 10, "out of memory"),
        (bug, (), 10, "KeyError"),
        (recurse, (), 10, "RecursionError"),
        (sys.exit, (0,), 10, "SystemExit"),
        (double, (threading.Lock(),), 10, "TypeError"),  # cannot be sent
        (threading.Lock, (), 10, "TypeError"),  # cannot be sent back
    ],
)
def test_whatever_goes_wrong_costs_that_call_alone(
    workers: ProcessWorkers, function: object, arguments: tuple[object, ...], seconds: float, words: str
) -> None:
    assert words in killed(workers, function, *arguments, seconds=seconds)
    assert workers.call(double, 1, seconds=10) == 2


def test_a_call_beside_one_that_is_killed_is_not_hurt(workers: ProcessWorkers) -> None:
    said: list[str] = []
    thread = threading.Thread(target=lambda: said.append(killed(workers, time.sleep, 60, seconds=0.3)))
    thread.start()
    assert [workers.call(double, n, seconds=10) for n in range(20)] == [2 * n for n in range(20)]
    thread.join()
    assert said == ["took more than 0.3 s"]


def test_idle_workers_that_die_are_replaced_unseen(workers: ProcessWorkers) -> None:
    for pid in {workers.call(os.getpid, seconds=10) for _ in range(10)}:
        os.kill(pid, signal.SIGKILL)
    assert workers.call(double, 3, seconds=10) == 6


@pytest.mark.skipif(sys.platform != "linux", reason="macOS has no limit of address space")
def test_workers_are_limited(workers: ProcessWorkers) -> None:
    assert workers.call(own_limits, seconds=10) == (256 << 20, 0)


def test_nothing_is_started_before_the_first_call() -> None:
    idle = ProcessWorkers()
    assert idle._pool is None
    idle.close()
    with pytest.raises(WorkerKilled):
        idle.call(double, 1, seconds=1)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.proof
def test_workers_do_not_outlive_the_main_process(tmp_path: Path) -> None:
    """Even one that is at work, and would not notice: it has its time and no more."""
    started = tmp_path / "started"
    script = (
        "import os, pathlib, signal, sys, threading\nfrom bot.adapters.workers import ProcessWorkers\n"
        "if __name__ == '__main__':\n"
        "    w, started = ProcessWorkers(1), pathlib.Path(sys.argv[1])\n"
        "    print(w.call(os.getpid, seconds=10), flush=True)\n"
        "    work = f'import pathlib, time; pathlib.Path({str(started)!r}).touch(); time.sleep(60)'\n"
        "    threading.Thread(target=w.call, args=(exec, work), kwargs={'seconds': 1}, daemon=True).start()\n"
        "    while not started.exists():\n        pass\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, str(started)], capture_output=True, text=True, check=False, timeout=30
    )
    assert ran.returncode == -signal.SIGKILL
    pid = int(ran.stdout)
    deadline = time.monotonic() + 10
    while _alive(pid) and time.monotonic() < deadline:
        pass
    assert not _alive(pid)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def test_the_main_process_imports_no_parser() -> None:
    script = (
        "import sys\nimport bot.feeds.parse, bot.feeds.poll, bot.articles.extract, bot.articles.quality\n"
        "import bot.adapters.workers, bot.adapters.fetcher\n"
        "print([m for m in ('feedparser', 'lxml', 'trafilatura', 'lxml.etree') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30)
    assert ran.stdout.strip() == "[]"


def test_a_feed_is_parsed_in_a_worker(workers: ProcessWorkers) -> None:
    body = rss(item(i) for i in range(3))
    parsed = workers.call(parse, body, "http://a.test/feed", seconds=10)
    assert [entry.title for entry in parsed.entries] == ["Story 0", "Story 1", "Story 2"]
    again = workers.call(parse, body, "http://a.test/feed", "", parsed.shown, seconds=10)
    assert again.entries == ()


def test_inline_workers_keep_the_seam() -> None:
    inline = InlineWorkers()
    assert inline.call(double, 4, seconds=1) == 8
    with pytest.raises(FeedError):
        inline.call(fail, seconds=1)
    with pytest.raises(WorkerKilled):
        inline.call(bug, seconds=1)

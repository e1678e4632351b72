"""What `talentwire poll` does: asks for the feeds of a file and keeps their entries, and loads nothing else for it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from bot import __version__
from bot.adapters.clock import SystemClock
from bot.adapters.fetcher import HttpFetcher
from bot.adapters.guard import NetworkPolicy
from bot.adapters.politeness import HostSettings
from bot.adapters.store import SqliteStore
from bot.adapters.workers import ProcessWorkers
from bot.errors import ConfigError, FetchError, Problem
from bot.model import Feed
from bot.stages.polling import Poller, poll_all
from bot.telemetry import Counters, progress
from bot.urls import fetchable, host_key


def poll_file(file: Path, folder: Path, *, all_feeds: bool, allow_private: bool, connections: int) -> dict[str, int]:
    """Poll the addresses in `file` (one a line) into the store in `folder`; returns the counts of `poll_all`."""
    urls = _addresses(file)
    private = ("0.0.0.0/0", "::/0") if allow_private else ()
    hosts = {host_key(url): HostSettings(connections, spacing_s=0) for url in urls} if allow_private else {}
    clock = SystemClock()
    now = clock.now()
    with ExitStack() as stack:
        store = SqliteStore(folder / "talentwire.db", hosts=dict.fromkeys(hosts, connections))
        stack.callback(store.close)
        workers = ProcessWorkers(preload=("bot.feeds.parse", "bot.feeds.plain", "bot.feeds.sitemap"))
        stack.callback(workers.close)
        fetcher = HttpFetcher(
            NetworkPolicy.of(private), user_agent=f"talentwire/{__version__}", clock=clock, hosts=hosts
        )
        stack.callback(fetcher.close)
        store.sync_feeds([Feed(url) for url in urls], now, spread_s=0)
        if all_feeds:
            store.hasten(now)
        with progress(store.due_feeds(now), "polling feeds", monotonic=clock.monotonic) as shown:
            poller = Poller(store, fetcher, workers, clock, Counters())
            return poll_all(poller, threads=connections, on_poll=lambda results: shown.step(len(results)))


def _addresses(file: Path) -> Sequence[str]:
    """Return the addresses in `file`. Raises ConfigError with every line that holds none."""
    found: list[str] = []
    problems: list[Problem] = []
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        words = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        raise ConfigError((Problem(0, "", f"cannot be read: {words}", str(file)),)) from None
    for number, line in enumerate(text.splitlines(), start=1):
        url = line.partition(" #")[0].strip()
        if not url or url.startswith("#"):
            continue
        try:
            found.append(fetchable(url, ports=None))
        except FetchError as error:
            problems.append(Problem(number, "", error.detail, str(file)))
    if problems:
        raise ConfigError(tuple(problems))
    return found

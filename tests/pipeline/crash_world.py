"""A scripted world for the crash tests: a few feeds and pages, a store that dies on demand, a bot that is started again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from bot.adapters.store import SqliteStore
from bot.adapters.workers import InlineWorkers
from bot.alerts.delivery import Policy
from bot.config import Config
from bot.lexicon import load
from bot.model import Feed, Request, Response
from bot.moves.judge import Watch, compile_watch
from bot.pipeline import Limits, Pipeline
from bot.telemetry import Counters
from tests.fakes.clock import FakeClock
from tests.fakes.notifier import Died, FakeNotifier

CHANNEL = "C0ALERTS"
CONFIG = Config.model_validate(
    {
        "watchlist": {"organisations": ["Norvane AI", "Quillstone Labs", "Palewater Systems"]},
        "slack": {"channel": CHANNEL, "settle_s": 15},
    }
)
POLICY = Policy(settle_s=15.0, sweep_after=(60.0, 600.0))


@cache
def watch() -> Watch:
    return compile_watch(load(), CONFIG.watchlist)


@dataclass
class Site:
    """The web: feeds whose items are (name, title), and their pages."""

    clock: FakeClock
    items: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    def fetch(self, request: Request) -> Response:
        self.requests.append(request.url)
        _, _, path = request.url.partition("//")
        host, _, rest = path.partition("/")
        body = self._feed(host) if rest == "feed.xml" else self._page(host, rest)
        kind = "application/rss+xml" if rest == "feed.xml" else "text/html; charset=utf-8"
        return Response(request, request.url, 200, {"content-type": kind}, body.encode())

    def _feed(self, host: str) -> str:
        date = self.clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT")
        rows = "".join(
            f"<item><guid>{name}</guid><title>{escape(title)}</title><link>https://{host}/{name}</link>"
            f"<pubDate>{date}</pubDate><description>{escape(title)}, it said.</description></item>"
            for name, title in self.items[host]
        )
        return f"<rss version='2.0'><channel><title>{host}</title>{rows}</channel></rss>"

    def _page(self, host: str, name: str) -> str:
        title = dict(self.items[host])[name]
        text = f"<p>{escape(title)}, the company said on Monday. The move had been expected for some weeks by people there.</p>"
        more = (
            "<p>Nothing else was said about the plans of the group, nor about who else might follow in the months to come.</p>"
            * 4
        )
        return f"<html><head><title>{escape(title)}</title></head><body><article><h1>{escape(title)}</h1>{text}{more}</article></body></html>"


class DyingStore:
    """The real store; the process dies before or after its n-th call."""

    def __init__(self, store: SqliteStore, die_at: int, *, after: bool) -> None:
        self._store = store
        self._die_at = die_at
        self._after = after
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls.append(name)
            dying = len(self.calls) == self._die_at
            if dying and not self._after:
                raise Died
            result = method(*args, **kwargs)
            if dying:
                raise Died
            return result

        return call


@dataclass
class Bot:
    """The bot on one database; `start` makes a new process of it."""

    path: Path
    site: Site
    notifier: FakeNotifier
    clock: FakeClock
    feeds: tuple[str, ...]
    die_at: int = 0
    after: bool = False
    store: SqliteStore | None = None
    calls: list[str] = field(default_factory=list)
    deaths: int = 0

    def start(self) -> Pipeline:
        if self.store is not None:
            self.store.close()
        self.store = SqliteStore(self.path)
        self.store.sync_feeds([Feed(f"https://{host}/feed.xml") for host in self.feeds], self.clock.now(), spread_s=0)
        dying: Any = DyingStore(self.store, self.die_at if not self.deaths else 0, after=self.after)
        self.calls = dying.calls
        return Pipeline(
            config=CONFIG,
            watch=watch,
            store=dying,
            fetcher=self.site,
            workers=InlineWorkers(),
            notifier=self.notifier,
            clock=self.clock,
            counters=Counters(),
            policy=POLICY,
            channel=CHANNEL,
            limits=Limits(least_interval=timedelta(minutes=15)),
        )

    def work(self, pipeline: Pipeline, *, least: int = 2) -> Pipeline:
        """Run all stages to the end, starting anew after a death; returns the pipeline that is alive at the end."""
        rounds = 0
        while rounds < least or self._is_owing():
            try:
                self._round(pipeline)
                self.clock.advance(16)
                rounds += 1
            except Died:
                self.deaths += 1
                pipeline, rounds = self.start(), 0
        return pipeline

    def _is_owing(self) -> bool:
        assert self.store is not None
        return self.store.unfinished() > 0

    def _round(self, pipeline: Pipeline) -> None:
        while pipeline.poll_host("w") is not None:
            pass
        while pipeline.sift_entries():
            pass
        while pipeline.read_page():
            pass
        while pipeline.judge_articles():
            pass
        pipeline.tell_missed()
        for _ in range(10):
            pipeline.deliver_alerts()
            self.clock.advance(1)
        pipeline.sweep_channels()

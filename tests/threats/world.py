"""The bot before the hostile server: real sockets, real store, real workers where asked for; a clock that is moved."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from bot.adapters.clock import SystemClock
from bot.adapters.fetcher import HttpFetcher
from bot.adapters.guard import NetworkPolicy, system_resolver
from bot.adapters.politeness import HostSettings
from bot.adapters.store import SqliteStore
from bot.adapters.workers import InlineWorkers
from bot.alerts.delivery import Policy
from bot.config import Config
from bot.lexicon import load
from bot.model import Feed, PollResult, ReadMode, Request, Response
from bot.moves.judge import compile_watch
from bot.pipeline import Limits, Pipeline
from bot.ports import Clock, Notifier, Workers
from bot.telemetry import Counters
from tests.fakes.clock import FakeClock
from tests.fakes.hostile_server import HostileServer
from tests.fakes.notifier import FakeNotifier
from tests.pipeline.crash_world import CHANNEL, CONFIG, watch

TLS = ssl.create_default_context()
FREE = HostSettings(connections=64, spacing_s=0.0)
THEN = datetime(2025, 7, 8, 18, tzinfo=UTC)  # shortly after what the hostile feeds say was published
CALM = {**CONFIG.model_dump(exclude_unset=True, by_alias=True), "slack": {"channel": CHANNEL, "burst": {"most": 1_000}}}
UNBURST = Config.model_validate(CALM)  # every story a message of its own, so that they can be counted
UNPACED = Limits(pace_s=0.0)
HIRE = "Norvane AI hires Ada Ferrano from Quillstone Labs"
_FIRST = [
    "Ada",
    "Olga",
    "Mei",
    "Tobias",
    "Bo",
    "Ines",
    "Hugo",
    "Lena",
    "Marco",
    "Nina",
    "Petra",
    "Yusuf",
    "Dora",
    "Anton",
    "Greta",
    "Ruben",
    "Sofia",
    "Emil",
    "Vera",
    "Jonas",
]
_LAST = [
    "Ferrano",
    "Brandero",
    "Castellick",
    "Vellano",
    "Orlandez",
    "Pettwick",
    "Solbrand",
    "Quimbly",
    "Tarrow",
    "Ulvane",
    "Norrick",
    "Hellgren",
    "Dufay",
    "Ozolin",
    "Wexler",
]


def resolver(host: str, port: int) -> Sequence[str]:
    """Names under .test lead to the server, metadata's name where it leads in a cloud, numbers where they say."""
    if host.endswith(".test"):
        return ["127.0.0.1"]
    if host == "metadata.google.internal":
        return ["169.254.169.254"]
    if (
        host == "localhost"
        or not any(letter.isalpha() for letter in host.removeprefix("0x"))
        or ":" in host
        or "x" in host
    ):
        return system_resolver(host, port)
    raise socket.gaierror(socket.EAI_NONAME, "no such name here")


def hire(n: int) -> str:
    """Return the n-th of three hundred headlines, each of another person."""
    return f"Norvane AI hires {_FIRST[n % 20]} {_LAST[n // 20 % 15]} from Quillstone Labs"


def retold(body: bytes) -> bytes:
    """Return a body of the server whose stories are hires that the bot looks for."""
    body = re.sub(rb"Story, version (\d+)", rb"Norvane AI hires Ada Ferrano from Quillstone Labs, update \1", body)
    body = re.sub(rb"OpenAI hires engineer number (\d+) from Tesla", rb"Story \1", body)
    return re.sub(rb"Story (\d+)", lambda m: hire(int(m[1])).encode(), body)


class Web:
    """A fetcher that reaches the server by any name under .test, and nothing else."""

    def __init__(self, server: HostileServer, **named: object) -> None:
        self.server = server
        self.fetcher = fetcher(server, **named)

    def url(self, path: str, host: str = "feed.test", **query: object) -> str:
        return f"http://{host}:{self.server.port}{path}" + (f"?{urlencode(query)}" if query else "")

    def get(self, path: str, cap: int = 8 << 20, **query: object) -> Response:
        return self.fetcher.fetch(Request(self.url(path, **query), cap=cap))

    def close(self) -> None:
        self.fetcher.close()


def fetcher(server: HostileServer, **named: object) -> HttpFetcher:
    given: dict[str, object] = {"clock": SystemClock(), "default": FREE, "resolver": resolver, "tls": TLS, **named}
    return HttpFetcher(NetworkPolicy.of([f"127.0.0.1:{server.port}"]), user_agent="t", **given)  # type: ignore[arg-type]


class _Between:
    """Stands between the bot and its fetcher: changes what is told, and who answers."""

    def __init__(self, inner: HttpFetcher, led: dict[str, str], *, retells: bool) -> None:
        self._inner = inner
        self._led = led
        self._retells = retells

    def fetch(self, request: Request) -> Response:
        response = self._inner.fetch(replace(request, url=self._led.get(request.url, request.url)))
        return replace(response, body=retold(response.body)) if self._retells else response


class World:
    """One bot. `notifier` None keeps messages in memory; `retells` makes the server's stories ones to be told."""

    def __init__(
        self,
        server: HostileServer,
        path: Path,
        *,
        notifier: Notifier | None = None,
        workers: Workers | None = None,
        retells: bool = True,
        config: Config = UNBURST,
        now: datetime = THEN,
        limits: Limits = UNPACED,
        **fetching: object,
    ) -> None:
        self.clock = FakeClock(now)
        self.web = Web(server, **fetching)
        self.store = SqliteStore(path)
        self._led: dict[str, str] = {}
        self.memory = FakeNotifier(self.clock)
        self.pipeline = Pipeline(
            config=config,
            watch=watch,
            store=self.store,
            fetcher=_Between(self.web.fetcher, self._led, retells=retells),
            workers=workers or InlineWorkers(),
            notifier=notifier or self.memory,
            clock=self.clock,
            counters=Counters(),
            policy=Policy(settle_s=1.0),
            channel=CHANNEL,
            limits=limits,
        )

    url = property(lambda self: self.web.url)

    def close(self) -> None:
        self.web.close()
        self.store.close()

    def with_clock(self, clock: Clock) -> Pipeline:
        """Return the pipeline on another clock."""
        return replace(self.pipeline, clock=clock)

    def notify(self, notifier: Notifier) -> None:
        """Post by another notifier."""
        self.pipeline = replace(self.pipeline, notifier=notifier)

    def reconfigure(self, config: Config) -> None:
        """Go by another config."""
        made = compile_watch(load(), config.watchlist)
        self.pipeline = replace(self.pipeline, config=config, watch=lambda: made)

    def lead(self, url: str, elsewhere: str) -> None:
        """Let the feed at `url` answer with what stands `elsewhere`."""
        self._led[url] = elsewhere

    def follow(self, *urls: str, read: ReadMode = ReadMode.AUTO) -> None:
        self.store.sync_feeds([Feed(url, read=read) for url in urls], self.clock.now(), spread_s=0)

    def poll(self, *, after: timedelta = timedelta(hours=1), times: int = 1) -> list[PollResult]:
        """Ask all feeds, whatever their rhythm, and do all the work that follows; `times` over."""
        results: list[PollResult] = []
        for _ in range(times):
            self.clock.advance(after.total_seconds())
            self.store.hasten(self.clock.now())
            results += self.poll_due()
        return results

    def poll_due(self) -> list[PollResult]:
        """Ask the feeds that are due, and do all the work that follows."""
        results: list[PollResult] = []
        while (found := self.pipeline.poll_host("w")) is not None:
            results += found
        self.work()
        return results

    def work(self) -> None:
        p = self.pipeline
        for step in (p.sift_entries, p.read_page, p.judge_articles, p.tell_missed, p.deliver_alerts, p.sweep_channels):
            while step():
                pass

    def settle(self) -> None:
        """Let the time pass in which pages are tried again, and do the work."""
        for _ in range(4):
            self.clock.advance(300)
            self.work()

    def feed(self, url: str) -> Feed:
        return next(feed for feed in self.store.feeds() if feed.url == url)

    def texts(self) -> list[str]:
        """Return what stands in the channel, the first run's message apart, oldest first."""
        standing = sorted(self.memory.standing.values(), key=lambda one: float(one.ts))
        return [one.message.text for one in standing if "missed" not in one.message.text.splitlines()[0]]

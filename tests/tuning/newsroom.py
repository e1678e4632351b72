"""A store as the real pipeline leaves it: stories written by us, read from one feed or several, judged with a config."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot import app
from bot.adapters.store import SqliteStore
from bot.alerts.delivery import Policy
from bot.config import Config, feeds_of
from bot.model import Article, Entry, EntryId, Feed, Operation, PollOutcome, PollResult, Source, Verb
from bot.pipeline import Limits, Pipeline
from bot.telemetry import Counters
from tests.fakes.clock import FakeClock
from tests.fakes.notifier import FakeNotifier

LOOP = "https://loop.example/feed.xml"
HERALD = "https://herald.example/feed.xml"
CHANNEL, OTHER = "C0ALERTS", "C0OTHER1"
BASE: Mapping[str, Any] = {
    "feeds": [{"url": LOOP, "name": "The Loop"}, {"url": HERALD, "name": "Herald"}],
    "slack": {"channel": CHANNEL},
    "watchlist": {"organisations": ["Norvane AI", "Quillstone Labs"]},
}


def config(**keys: Any) -> Config:
    return Config.model_validate({**BASE, **keys})


@dataclass(frozen=True)
class Item:
    """One article: title, body, feed, and hours since the one before."""

    title: str
    body: str = ""
    feed: str = LOOP
    after_h: float = 1.0


@dataclass
class Newsroom:
    """Judges items with the real pipeline into a real store."""

    path: Path
    config: Config
    clock: FakeClock = field(default_factory=FakeClock)
    begun: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.store = SqliteStore(self.path)
        watch = app.watch_of(self.config)
        self.notifier = FakeNotifier(self.clock)
        self.pipeline = Pipeline(
            config=self.config,
            watch=lambda: watch,
            store=self.store,
            fetcher=None,  # type: ignore[arg-type]
            workers=None,  # type: ignore[arg-type]
            notifier=self.notifier,
            clock=self.clock,
            counters=Counters(),
            policy=Policy(),
            channel=self.config.slack.channel,
            limits=Limits(pace_s=0.0),
        )
        self.begun = self.clock.now()
        app.remember(self.store, self.config, self.clock)
        self.feeds = {feed.url: feed for feed in (*feeds_of(self.config), Feed(LOOP), Feed(HERALD))}
        self.feeds |= {feed.url: feed for feed in feeds_of(self.config)}
        self.store.sync_feeds(list(self.feeds.values()), self.clock.now(), spread_s=0)

    def read(self, items: Iterable[Item], *, deliver: bool = False) -> None:
        for number, item in enumerate(items):
            self.clock.advance(item.after_h * 3600)
            now = self.clock.now()
            name = f"{number}-{item.feed}"
            entry = Entry(
                EntryId(name), item.feed, name, "h", f"{item.feed.rpartition('/')[0]}/{number}", item.title, item.body, "", now, now,
            )  # fmt: skip
            self.store.hasten(now)
            while (visit := self.store.claim(now, worker="w", lease_s=90.0)) is not None:
                results = [
                    PollResult(_later(feed, now), PollOutcome.OK, (entry,) if feed.url == item.feed else ())
                    for feed in visit.feeds
                ]
                self.store.finish(visit, results, now, slow=False)
            self.store.sift([Article(entry, item.title, item.body, "", Source.PAGE)], [], now)
            self.pipeline.judge_articles()
            while deliver and self.pipeline.deliver_alerts():
                pass

    def told(self) -> set[tuple[str, str, str]]:
        """Return (story, channel, text) of every message that tells a story."""
        return {(one.story_id, one.channel, one.message.text) for one in openings(self.store.operations())}


def openings(operations: Sequence[Operation]) -> list[Operation]:
    from bot.alerts.keys import operation_key

    return [
        one
        for one in operations
        if one.verb in (Verb.POST, Verb.REPLY) and one.key == operation_key(one.story_id, one.channel, "alert")
    ]


def _later(feed: Feed, now: datetime) -> Feed:
    from dataclasses import replace

    return replace(feed, polled_at=now, next_poll_at=now + timedelta(hours=1), failures=0)

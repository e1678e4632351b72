"""The whole bot, top to bottom.

    poll_host()        # due feeds of a host -> new entries                        stages/polling.py
    sift_entries()     # new entries         -> articles of feed text, or pages    stages/reading.py
    read_page()        # a page to read      -> an article
    judge_articles()   # unjudged articles   -> findings, stories, owed operations here, and stages/telling.py
    carry_out_orders() # people's corrections -> stories, owed operations          stages/correcting.py
    release_held()     # what waited         -> owed operations, alone or together stages/holding.py
    tell_digests()     # what was held back  -> a message a day; who won and lost, a message a week
    tell_missed()      # the first run       -> one message: what you missed       stages/first_run.py
    deliver_alerts()   # owed operations     -> Slack, or the terminal             stages/delivering.py
    sweep_channels()   # uncertain ones      -> doubles deleted
    send_heartbeat()   # all is well         -> whoever watches the bot            stages/heartbeat.py

Each stage takes what is ready from the store, works, and commits its result in one transaction. So any stage may run
alone, twice, or after a crash. This file holds the order of the work, and how an article becomes news; how the other
stages go about theirs stands in `bot/stages`, a file each. What things mean is decided in the rooms (feeds, articles,
moves, stories, alerts), by pure functions. Only retrieval runs in parallel.

An error of ours travels as a value: it costs its feed a failure, its entry a strike or its operation an attempt, and
nobody else anything. Any other exception is a bug: logged with its traceback, one strike; the third drops the entry.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.alerts import delivery
from bot.config import Config
from bot.errors import BotError
from bot.model import Article, Feed, PollResult, Preference
from bot.moves.judge import Watch, judge
from bot.placing import Seen, seen
from bot.ports import Clock, Fetcher, Notifier, Store, Workers
from bot.stages.correcting import Corrector
from bot.stages.delivering import Courier
from bot.stages.first_run import FirstRun
from bot.stages.heartbeat import Heartbeat
from bot.stages.holding import Keeper
from bot.stages.polling import Poller
from bot.stages.reading import Reader
from bot.stages.telling import Case, Desk, Outcome
from bot.stories import match, merge
from bot.telemetry import Counters, event
from bot.urls import redact

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds in time: for hostile bytes in a worker, between two polls, two tries of a page, two posts."""

    parse_s: float = 5.0
    extract_s: float = 5.0
    least_interval: timedelta = timedelta(minutes=15)
    page_retry: timedelta = timedelta(seconds=30)
    pace_s: float = 1.0  # between two attempts in one channel: Slack takes about one a second


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The bot: a config, what is compiled of it when first asked for (polls do without), and the seams to the world."""

    config: Config
    watch: Callable[[], Watch]
    store: Store
    fetcher: Fetcher
    workers: Workers
    notifier: Notifier
    clock: Clock
    counters: Counters
    policy: delivery.Policy
    channel: str | None  # where stories go that match no route
    limits: Limits = Limits()
    talks: bool = False  # somebody answers to clicks: alerts get their buttons

    # -------------------------------------------------------------------------------------------- poll

    def poll_host(self, worker: str, slow: bool | None = None) -> tuple[PollResult, ...] | None:
        """Ask the due feeds of one host; returns what came of each, None if no host was due. See `Poller`."""
        limits = self.limits
        poller = Poller(
            self.store, self.fetcher, self.workers, self.clock, self.counters, limits.parse_s, limits.least_interval
        )
        return poller.poll_host(worker, slow)

    # -------------------------------------------------------------------------------------------- read

    def sift_entries(self, limit: int = 100) -> int:
        """Make articles of entries whose feed text is enough, and mark the others' pages to be read."""
        return self._reader.sift_entries(limit)

    def read_page(self) -> bool:
        """Read one page that is wanted; False if none is due. What cannot be had is judged by the feed's text."""
        return self._reader.read_page()

    @property
    def _reader(self) -> Reader:
        return Reader(
            self.watch,
            self.store,
            self.fetcher,
            self.workers,
            self.clock,
            self.counters,
            extract_s=self.limits.extract_s,
            page_retry=self.limits.page_retry,
        )

    # -------------------------------------------------------------------------------------------- judge

    def judge_articles(self, limit: int = 50) -> int:
        """Judge articles in order of arrival: each finding, its story and what is owed for it are one transaction."""
        batch = self.store.unjudged(limit=limit)
        for article, feed, strikes in batch:
            try:
                self._judge(article, feed)
            except BotError:
                raise
            except Exception:  # noqa: BLE001 - see the docstring of this module
                self._reader.poisoned(article.entry, strikes)
        return len(batch)

    def _judge(self, article: Article, feed: Feed) -> None:
        now = self.clock.now()
        finding = judge(self.watch(), article.title, article.body, article.language)
        one = seen(self.watch(), article, feed, finding)
        placement, outcome = self.decided(one, now)
        owed, held = outcome.owed, outcome.held
        self.store.save_finding(article, finding, placement.story, one.traits.keys, owed, now, held)
        self.counters.add("talentwire_articles_judged_total", verdict=placement.verdict.name.lower())
        event(
            log,
            "alert owed" if owed else "alert held" if held else "article judged",
            level=logging.INFO if owed or held else logging.DEBUG,
            entry=redact(article.entry.url),
            score=finding.score,
            verdict=placement.verdict,
            why=placement.why or None,
            action=placement.action,
            news=placement.news or None,
            held=", ".join(f"{one.channel}: {one.reason}" for one in held) or None,
        )

    def decided(self, one: Seen, now: datetime) -> tuple[merge.Placement, Outcome]:
        """Return where a judged article goes, and what is owed or held for it. Writes nothing."""
        wishes = self.store.preferences(now)
        placement = self._place(one, wishes, now)
        if placement.story is None:
            return placement, Outcome()
        return self._desk.told_of(placement, Case(placement.story, one.finding, one.article, one.feed), wishes, now)

    def _place(self, one: Seen, wishes: Sequence[Preference], now: datetime) -> merge.Placement:
        """Find the article's story among those that share a key; what is no talent story may still add to one.

        One about somebody whom a channel follows alerts, there, from the lower threshold on.
        """
        thresholds = self.config.thresholds
        followed = self._desk.following(one.finding, wishes)
        candidates = self.store.candidates(one.traits.keys, now - match.MEMORY)
        placement = merge.place(
            one.article,
            one.finding,
            one.traits,
            candidates,
            digest_at=thresholds.digest,
            alert_at=min(thresholds.digest, thresholds.alert) if followed else thresholds.alert,
            now=now,
            one=one.one,
        )
        story = placement.story
        if placement.verdict is not merge.Verdict.ALERT or story is None:
            return placement
        mute = self._desk.mute_of(Case(story, one.finding, one.article, one.feed), now)
        if mute:
            return replace(placement, story=replace(story, told=False), verdict=merge.Verdict.MUTED, why=mute)
        return placement

    @property
    def _desk(self) -> Desk:
        """What decides who hears what of a story: for judging, and for every stage below that tells one."""
        return Desk(self.config, self.watch, self.store, self.channel, self.talks)

    # -------------------------------------------------------------------------------------------- orders

    def carry_out_orders(self) -> int:
        """Correct what people asked to be corrected: the story, and what its channels were told; returns how many."""
        return Corrector(self.store, self.clock, self._desk).carry_out_orders()

    def forget_again(self) -> None:
        """Take out whom an older database brought back: they are to be forgotten, whatever was restored."""
        Corrector(self.store, self.clock, self._desk).forget_again()

    # -------------------------------------------------------------------------------------------- held back

    def release_held(self) -> int:
        """Tell what waited until now, or let it wait on; returns how much was due."""
        return Keeper(self.config, self.store, self.clock, self._desk).release_held()

    def tell_digests(self) -> bool:
        """Tell what was held back for the day, and who won and lost in the week, once their local time has come."""
        return Keeper(self.config, self.store, self.clock, self._desk).tell_digests()

    # -------------------------------------------------------------------------------------------- the first run

    def tell_missed(self) -> bool:
        """End the first run, once all feeds were asked and what came was judged: the best stories in one message."""
        return FirstRun(self.config, self.store, self.clock, self._desk).tell_missed()

    # -------------------------------------------------------------------------------------------- deliver

    def deliver_alerts(self) -> int:
        """Take one step for each channel with a due operation, one channel after the other; returns how many."""
        channels = self.due_channels()
        for channel in channels:
            self.deliver_to(channel)
        return len(channels)

    def due_channels(self) -> Sequence[str]:
        """Return the channels to which something is due, the one that waits longest first."""
        return self._courier.due_channels()

    def deliver_to(self, channel: str) -> None:
        """Take one step for a channel: its operations come one after another, in the order in which they were owed.

        For one thread at a time for each channel; no channel has to wait for another.
        """
        self._courier.deliver_to(channel)

    def sweep_channels(self) -> int:
        """Look through the channels for doubles of what was tried more than once, and owe their deletion."""
        return self._courier.sweep_channels()

    @property
    def _courier(self) -> Courier:
        return Courier(self.store, self.notifier, self.clock, self.counters, self.policy, self.limits.pace_s)

    # -------------------------------------------------------------------------------------------- heartbeat

    def send_heartbeat(self) -> bool:
        """Ask the heartbeat's address, where one is set, every five minutes while all is well."""
        return Heartbeat(self.config.heartbeat_url, self.store, self.fetcher, self.clock).send()

"""Polls feeds: the first stage of `bot.pipeline`, apart so that what only polls loads nothing that judges.

An error of ours costs its feed a failure; any other exception is a bug, logged with its traceback, and costs the same.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from bot.errors import BotError, Fate, FeedError, FeedReason, FetchReason, StoreError
from bot.feeds import poll, schedule
from bot.feeds.condition import ADVICE
from bot.feeds.parse import parse
from bot.model import Feed, ParsedFeed, PollOutcome, PollResult, Response, Visit
from bot.ports import Clock, Fetcher, Store, WorkerKilled, Workers
from bot.telemetry import Counters, event
from bot.urls import redact

log = logging.getLogger(__name__)

LEASE_S = 90.0

OnPoll = Callable[[Sequence[PollResult]], None]


class Polls(Protocol):
    """What can poll the due feeds of a host: a `Poller`, or the whole pipeline."""

    def poll_host(self, worker: str, slow: bool | None = None) -> tuple[PollResult, ...] | None:
        """See `Poller`."""


@dataclass(frozen=True, slots=True)
class Poller:
    """Asks feeds. `parse_s` bounds a worker's time for one body, `least_interval` is the floor between two polls."""

    store: Store
    fetcher: Fetcher
    workers: Workers
    clock: Clock
    counters: Counters
    parse_s: float = 5.0
    least_interval: timedelta = schedule.LEAST

    def poll_host(self, worker: str, slow: bool | None = None) -> tuple[PollResult, ...] | None:
        """Ask the due feeds of one host; returns what came of each, None if no host was due.

        A host that times out ends the visit: the rest of its feeds stay due, and it is asked in the slow lane. So does
        one that asks to be left alone, and none of its feeds is asked before that time.
        """
        visit = self.store.claim(self.clock.now(), worker=worker, lease_s=LEASE_S, slow=slow)
        if visit is None:
            return None
        results: list[PollResult] = []
        for feed in visit.feeds:
            if not self._still_ours(visit, begun=bool(results)):
                break
            results.append(self._without_forgotten(self._poll_feed(feed)))
            if results[-1].reason == FetchReason.TIMEOUT or results[-1].leave_alone:
                break
        timed_out = any(result.reason == FetchReason.TIMEOUT for result in results)
        if not self.store.finish(visit, results, self.clock.now(), slow=timed_out):
            event(log, "visit lost", level=logging.WARNING, host=visit.host, feeds=len(results))
            return ()
        for before, result in zip(visit.feeds, results, strict=False):
            self._log_poll(result)
            self._log_change(before, result)
        return tuple(results)

    def _without_forgotten(self, result: PollResult) -> PollResult:
        out = self.store.kept_out()
        return replace(result, entries=tuple(map(out.clean, result.entries))) if out else result

    def _still_ours(self, visit: Visit, *, begun: bool) -> bool:
        """Lengthen the lease of a long visit before half of it is gone."""
        now = self.clock.now()
        if not begun or visit.lease_until - now > timedelta(seconds=LEASE_S / 2):
            return True
        return self.store.extend(visit, now, lease_s=LEASE_S)

    def _poll_feed(self, feed: Feed) -> PollResult:
        try:
            return self._ask(feed)
        except StoreError:
            raise
        except Exception as bug:  # noqa: BLE001 - see the docstring of this module
            event(log, "feed broke the bot", level=logging.ERROR, exc_info=True, feed=redact(feed.url))
            error = FeedError(FeedReason.UNREADABLE, f"a bug of ours: {type(bug).__name__}", Fate.RETRY)
            return poll.result_of(feed, error, None, self.clock.now(), minimum=self.least_interval)

    def _ask(self, feed: Feed) -> PollResult:
        least = self.least_interval
        try:
            response = self.fetcher.fetch(poll.request_for(feed, self.clock.now()))
        except BotError as error:
            return poll.result_of(feed, error, None, self.clock.now(), minimum=least)
        if not poll.wants_parse(feed, response):
            return poll.result_of(feed, response, None, self.clock.now(), minimum=least)
        known = self.store.known_entries(feed.url)
        parsed = self._parse(response, known)
        return poll.result_of(feed, response, parsed, self.clock.now(), minimum=least)

    def _parse(self, response: Response, known: Mapping[str, str]) -> ParsedFeed | BotError:
        kind = response.headers.get("content-type", "")
        try:
            return self.workers.call(parse, response.body, response.url, kind, known, seconds=self.parse_s)
        except WorkerKilled as killed:
            return FeedError(FeedReason.KILLED, str(killed), Fate.RETRY)
        except BotError as error:
            return error

    def _log_poll(self, result: PollResult) -> None:
        feed = result.feed
        self.counters.add("talentwire_feed_polls_total", outcome=result.outcome)
        self.counters.add("talentwire_entries_seen_total", len(result.entries))
        failed = result.outcome is PollOutcome.FAILED
        news = failed and feed.failures <= 1 and result.reason != FetchReason.NO_NETWORK  # that is said once, for all
        event(
            log,
            "feed failed" if failed else "feed polled",
            level=logging.WARNING if news else logging.DEBUG,
            feed=redact(feed.url),
            outcome=result.outcome,
            new=len(result.entries),
            error=feed.error or None,
            next=feed.why,
        )

    def _log_change(self, before: Feed, result: PollResult) -> None:
        """Say once what begins to ail a feed, and once that it is over; that it moved; that entries may be missing."""
        feed = result.feed
        if feed.condition is not before.condition:
            ended, advice = feed.condition is None, ADVICE[feed.condition] if feed.condition else None
            event(
                log,
                "feed is well again" if ended else "feed is unwell",
                level=logging.INFO if ended else logging.WARNING,
                feed=redact(feed.url),
                what=feed.condition or before.condition,
                advice=advice,
            )
        if feed.address != before.address:
            to = redact(feed.where)
            event(log, "feed moved", level=logging.WARNING, feed=redact(feed.url), to=to, advice="change the config")
        if result.gap:
            self.counters.add("talentwire_feed_gaps_total")
            every = schedule.brief(feed.polled_at - before.polled_at) if feed.polled_at and before.polled_at else None
            event(
                log,
                "feed shows nothing that was known: entries may have been missed",
                level=logging.WARNING,
                feed=redact(feed.url),
                since_last_poll=every,
                next=feed.why,
            )


def drain(step: Callable[[], object], threads: int) -> None:
    """Call `step` from `threads` threads until each found nothing more to do; the first error is raised."""
    errors: list[BaseException] = []

    def work() -> None:
        try:
            while not errors and step():
                pass
        except BaseException as error:  # noqa: BLE001 - raised again in the calling thread
            errors.append(error)

    workers = [threading.Thread(target=work, name=f"drain-{n}", daemon=True) for n in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if errors:
        raise errors[0]


def poll_all(poller: Polls, *, threads: int, on_poll: OnPoll | None = None) -> dict[str, int]:
    """Poll every feed that is due; returns feeds, not_modified, new and failed as counts."""
    lock = threading.Lock()
    counts = {"feeds": 0, "not_modified": 0, "new": 0, "failed": 0}

    def step() -> bool:
        results = poller.poll_host(threading.current_thread().name)
        if results is None:
            return False
        with lock:
            counts["feeds"] += len(results)
            counts["not_modified"] += sum(r.outcome is PollOutcome.NOT_MODIFIED for r in results)
            counts["new"] += sum(len(r.entries) for r in results)
            counts["failed"] += sum(r.outcome is PollOutcome.FAILED for r in results)
        if on_poll:
            on_poll(results)
        return True

    drain(step, threads)
    return counts

"""What `talentwire feeds add`, `test` and `verify` do: ask for feeds now, beside the service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from urllib.parse import urljoin

from bot import app
from bot.config import Config, feeds_of
from bot.errors import BotError, Fate, FeedError, FeedReason
from bot.feeds import discover, poll
from bot.feeds.parse import parse
from bot.model import Feed, ParsedEntry, ParsedFeed, Response
from bot.moves.judge import Watch, judge
from bot.ports import Fetcher, WorkerKilled, Workers
from bot.telemetry import visible
from bot.urls import redact

SHOWN = 5  # entries of a preview
WITHIN_S = 28.0  # for all feeds of `verify` together: with start and end no more than 30
THREADS = 32
TRIES = 12  # addresses that are asked in search of one page's feed
_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Found:
    """A feed that was asked: its address, after redirects, and what it said."""

    url: str
    parsed: ParsedFeed
    octets: int


@dataclass(frozen=True, slots=True)
class Probe:
    """Asks for feeds and pages."""

    fetcher: Fetcher
    workers: Workers

    def feed(self, url: str) -> Found:
        """Return the feed at `url`. Raises BotError saying what came instead."""
        return self._read(self._get(url))

    def find(self, url: str) -> Found:
        """Return the feed at `url`, or that of the page which lies there. Raises BotError where there is none."""
        response = self._get(url)
        try:
            return self._read(response)
        except FeedError as error:
            if error.reason is not FeedReason.NOT_A_FEED:
                raise
        for candidate in self._candidates(response):
            try:
                found = self.feed(candidate)
            except BotError:
                continue
            if found.parsed.entries:
                return found
        raise FeedError(FeedReason.NOT_A_FEED, f"no feed was found of the page {redact(response.url)}", Fate.GIVE_UP)

    def _candidates(self, page: Response) -> Sequence[str]:
        kind = page.headers.get("content-type", "")
        found: list[str] = self.workers.call(discover.candidates, page.body, page.url, kind, seconds=_SECONDS)
        try:
            robots = self._get(urljoin(page.url, "/robots.txt")).body.decode("utf-8", "replace")
        except BotError:
            robots = ""
        named = discover.news_sitemaps(robots)
        return [*found[: TRIES - len(named)], *named]

    def _get(self, url: str) -> Response:
        response = self.fetcher.fetch(poll.request_for(Feed(url), poll.EPOCH))
        if response.status != 200:
            reason = FeedReason.GONE if response.status == 410 else FeedReason.HTTP_STATUS
            raise FeedError(reason, f"answered with status {response.status}", Fate.RETRY)
        return response

    def _read(self, response: Response) -> Found:
        kind = response.headers.get("content-type", "")
        try:
            parsed = self.workers.call(parse, response.body, response.url, kind, seconds=_SECONDS)
        except WorkerKilled as killed:
            raise FeedError(FeedReason.KILLED, str(killed), Fate.RETRY) from killed
        return Found(response.moved_to or response.request.url, parsed, len(response.body))


def asked(config: Config, url: str) -> Found:
    """Return the feed at `url`, asked for now. Raises BotError saying what came instead."""
    with app.web(config) as (fetcher, workers):
        return Probe(fetcher, workers).feed(url)


def sought(config: Config, url: str) -> Found:
    """Return the feed at `url`, which may lack its https://, or of the page there. Raises BotError if there is none."""
    with app.web(config) as (fetcher, workers):
        return Probe(fetcher, workers).find(url if "://" in url else f"https://{url}")


def preview(config: Config, found: Found) -> list[str]:
    """Return lines that show a feed: its title, its latest entries, and what of it would have alerted."""
    watch, parsed = app.watch_of(config), found.parsed
    latest = sorted(parsed.entries, key=lambda entry: entry.published_at is not None and entry.published_at.timestamp())
    flagged = [entry for entry in parsed.entries if _score(watch, entry, parsed.language) >= config.thresholds.alert]
    return [
        f"{redact(found.url)}",
        f"  {visible(parsed.title) or 'without a title'}: {len(parsed.entries)} entries"
        + (f" ({visible(parsed.broken)})" if parsed.broken else ""),
        *(f"  {_day(entry)}  {visible(entry.title)[:100]}" for entry in reversed(latest[-SHOWN:])),
        f"of these {len(parsed.entries)} entries {len(flagged) or 'none'} would have alerted"
        + (":" if flagged else ""),
        *(f"  {_day(entry)}  {visible(entry.title)[:100]}" for entry in flagged),
    ]


def verify(config: Config) -> Iterator[tuple[Feed, str, bool]]:
    """Ask for all feeds at once; yield each, in order of the config, with what came and whether that was a feed."""
    feeds = feeds_of(config)
    with app.web(config) as (fetcher, workers):
        probe = Probe(fetcher, workers)
        answers = _answers(probe, feeds)
    late = (f"no answer within {WITHIN_S:.0f} s", False)
    yield from ((feed, *answers.get(feed.url, late)) for feed in feeds)


def _answers(probe: Probe, feeds: Sequence[Feed]) -> dict[str, tuple[str, bool]]:
    """Return what came of each feed that answered in time. Threads that hang are left behind: they end with us."""
    waiting, answers = SimpleQueue[Feed](), SimpleQueue[tuple[str, tuple[str, bool]]]()
    for feed in feeds:
        waiting.put(feed)

    def work() -> None:
        with suppress(Empty):
            while True:
                feed = waiting.get_nowait()
                answers.put((feed.url, _said(probe, feed)))

    for _ in range(min(THREADS, len(feeds))):
        Thread(target=work, name="verify", daemon=True).start()
    found: dict[str, tuple[str, bool]] = {}
    until = monotonic() + WITHIN_S
    with suppress(Empty):
        while len(found) < len(feeds):
            url, answer = answers.get(timeout=max(0.0, until - monotonic()))
            found[url] = answer
    return found


def _said(probe: Probe, feed: Feed) -> tuple[str, bool]:
    try:
        found = probe.feed(feed.url)
    except BotError as error:
        return visible(str(error)), False
    except Exception as bug:  # noqa: BLE001 - one feed must not stop the others
        return f"a bug of ours: {type(bug).__name__}", False
    dates = [entry.published_at for entry in found.parsed.entries if entry.published_at]
    latest = f", the latest of {max(dates):%Y-%m-%d}" if dates else ""
    moved = f"; lies at {redact(found.url)} now" if found.url != feed.url else ""
    return f"{len(found.parsed.entries)} entries{latest}, {found.octets:,} bytes{moved}", True


def _score(watch: Watch, entry: ParsedEntry, language: str) -> float:
    return judge(watch, entry.title, entry.summary, language).score


def _day(entry: ParsedEntry) -> str:
    return f"{entry.published_at:%Y-%m-%d}" if entry.published_at else "no date   "

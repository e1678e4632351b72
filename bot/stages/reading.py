"""Makes articles of entries: of the feed's text where that is enough, else of the page behind it.

An error of ours costs a page a try, the last one leaves the feed's text; any other exception is a bug, and a strike.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from bot.articles import quality
from bot.articles.extract import read
from bot.articles.forms import other_form, same_site
from bot.errors import ArticleError, ArticleReason, BotError, Fate
from bot.feeds import schedule
from bot.model import Article, Entry, Feed, ReadMode, Request, Response
from bot.moves.judge import Watch, touches
from bot.ports import Clock, Fetcher, Store, WorkerKilled, Workers
from bot.stages.polling import LEASE_S
from bot.telemetry import Counters, event
from bot.urls import public_host, redact

log = logging.getLogger(__name__)

PAGE_BYTES = 2 * 1024 * 1024
STRIKES = 3
_WITHOUT_PAGE = frozenset({"news.google.com"})  # its links lead to no article, but to a script


class Poison(StrEnum):
    """The reason of an entry that was dropped because of a bug of ours."""

    BUG = "bug"


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads. `extract_s` bounds a worker's time for one page, `page_retry` is the wait before its second try."""

    watch: Callable[[], Watch]
    store: Store
    fetcher: Fetcher
    workers: Workers
    clock: Clock
    counters: Counters
    extract_s: float
    page_retry: timedelta

    def sift_entries(self, limit: int = 100) -> int:
        """Make articles of entries whose feed text is enough, and mark the others' pages to be read."""
        articles: list[Article] = []
        wanted = []
        batch = self.store.unsifted(limit=limit)
        for entry, feed in batch:
            if self._surely_wants_page(entry, feed):
                wanted.append(entry.id)
            else:
                articles.append(quality.article_of(entry, None))
        if batch:
            self.store.sift(articles, wanted, self.clock.now())
        return len(batch)

    def _surely_wants_page(self, entry: Entry, feed: Feed) -> bool:
        """Say what `_wants_page` says; an entry that breaks it goes on to be judged, where bugs are counted."""
        try:
            return self._wants_page(entry, feed)
        except Exception:  # noqa: BLE001 - see the docstring of this module
            event(log, "entry broke the bot", level=logging.ERROR, exc_info=True, entry=redact(entry.url))
            return False

    def _wants_page(self, entry: Entry, feed: Feed) -> bool:
        """Tell whether the page behind an entry is worth a fetch: never for what was there before, or is an edit."""
        if not entry.url or entry.baseline or entry.edits or public_host(entry.url) in _WITHOUT_PAGE:
            return False
        return feed.read is ReadMode.ALWAYS or touches(self.watch(), f"{entry.title}\n\n{entry.summary}")

    def read_page(self) -> bool:
        """Read one page that is wanted; False if none is due. What cannot be had is judged by the feed's text."""
        leased = self.store.lease_unread(self.clock.now(), lease_s=LEASE_S)
        if leased is None:
            return False
        entry, _feed, strikes = leased
        try:
            article = quality.article_of(entry, self.store.kept_out().redacted(self._page_text(entry)))
        except (BotError, WorkerKilled) as error:
            fate = error.fate if isinstance(error, BotError) else Fate.RETRY
            reason = error.reason.value if isinstance(error, BotError) else ArticleReason.KILLED.value
            if fate is Fate.RETRY and strikes + 1 < STRIKES:
                told = timedelta(seconds=error.retry_after or 0) if isinstance(error, BotError) else timedelta()
                again = self.clock.now() + max(told, self.page_retry * 2**strikes)
                self.store.strike(entry.id, reason, again_at=again)
                return True
            article = quality.article_of(entry, None, reason)
        except Exception:  # noqa: BLE001 - see the docstring of this module
            self.poisoned(entry, strikes)
            return True
        self.store.save_article(article, self.clock.now())
        self.counters.add("talentwire_pages_read_total", outcome=article.source)
        event(log, "page read", level=logging.DEBUG, entry=redact(entry.url), source=article.source, note=article.note)
        return True

    def _page_text(self, entry: Entry) -> str:
        """Return the text of an entry's page; where that is no article, of its other form on the same site."""
        young = quality.is_young(entry, self.clock.now())
        page = self._page(entry.url, young=young)
        text, error = self._text(page)
        if quality.is_article(text, entry):
            return text
        quality.check_there(text, young=young)
        other = self._other_text(page)
        if other and quality.is_article(other, entry):
            return other
        if error:
            raise error
        return text

    def _page(self, url: str, *, young: bool = False) -> Response:
        page = Request(url, {"accept": "text/html"}, cap=PAGE_BYTES, spaced=False, obedient=True)
        response = self.fetcher.fetch(page)
        quality.check_status(response.status, schedule.retry_after(response.headers, self.clock.now()), young=young)
        return response

    def _text(self, page: Response) -> tuple[str, ArticleError | None]:
        """Return a page's text, or "" and why there is none."""
        kind = page.headers.get("content-type", "")
        try:
            return self.workers.call(read, page.body, page.url, kind, seconds=self.extract_s), None
        except ArticleError as error:
            return "", error

    def _other_text(self, page: Response) -> str:
        """Return the text of the AMP or canonical form that a page names, "" where there is none to be had."""
        kind = page.headers.get("content-type", "")
        try:
            url = self.workers.call(other_form, page.body, page.url, kind, seconds=self.extract_s)
            other = self._page(url) if url else None
            return self._text(other)[0] if other and same_site(other.url, page.url) else ""
        except (BotError, WorkerKilled):
            return ""

    def poisoned(self, entry: Entry, strikes: int) -> None:
        """Count a bug against the entry that brought it out; the third one drops it."""
        event(
            log, "entry broke the bot", level=logging.ERROR, exc_info=True, entry=redact(entry.url), strikes=strikes + 1
        )
        self.counters.add("talentwire_entries_poisoned_total")
        if strikes + 1 >= STRIKES:
            self.store.drop(entry.id, Poison.BUG)
        else:
            self.store.strike(entry.id, Poison.BUG, again_at=self.clock.now() + self.page_retry)

"""How large the store gets: a year of entries through the real store, with retention, at a scale of its own.

usage: python -m benchmarks.size [FEEDS] [--days 365] [--keep 90]

Each feed has two entries a day (`benchmarks.week` counts 2.0 over ten thousand feeds), a fifth of them with a page of 4 KB; one in
sixty tells a move, is alerted and stays in a story of its own. Texts are drawn from the shipped table of words, so that they
compress like texts. Prints a line every 30 days and, at the end, what ten thousand feeds come to.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.adapters.store import SqliteStore
from bot.lexicon import load
from bot.lexicon.tables import word_weights
from bot.model import (
    Article,
    Entry,
    EntryId,
    Feed,
    Finding,
    Message,
    Operation,
    OperationKey,
    OperationState,
    PollOutcome,
    PollResult,
    Reason,
    Source,
    Verb,
)
from bot.moves.judge import Watch, compile_watch, judge
from bot.placing import marks_of
from bot.stories.merge import place
from bot.stories.traits import traits
from bot.stories.witness import witness

START = datetime(2026, 1, 1, tzinfo=UTC)
A_DAY, ONE_IN_PAGE, ONE_IN_MOVE = 2, 5, 60
DULL = Finding("en", 0.02, (), (), (), (), (Reason("bias", "", -4.0),))
FIRMS = ("OpenAI", "Anthropic", "Google DeepMind", "Mistral AI", "Cohere")


class Year:
    """A store and what is written into it."""

    def __init__(self, folder: Path, feeds: int, seed: int) -> None:
        self.draw = random.Random(seed)
        self.words = [word for word in word_weights() if word.isascii()]
        self.path = folder / "year.db"
        self.store = SqliteStore(self.path)
        self.feeds = [Feed(f"https://site{n // 20}.example/{n}.xml", name=f"Site {n}") for n in range(feeds)]
        self.shown: dict[str, list[Entry]] = {feed.url: [] for feed in self.feeds}
        self.watch: Watch = compile_watch(load())
        self.count = 0
        self.store.sync_feeds(self.feeds, START, spread_s=0)

    def text(self, letters: int) -> str:
        return " ".join(self.draw.choices(self.words, k=letters // 7))

    def entry(self, feed: Feed, now: datetime) -> Entry:
        self.count += 1
        number = f"{self.count:08d}"
        given, family = (self.draw.choice(self.words).capitalize() for _ in range(2))
        source, goal = self.draw.sample(FIRMS, 2)
        moves = self.count % ONE_IN_MOVE == 0
        title = f"{given} {family} leaves {source} to join {goal}" if moves else self.text(70)
        link = f"{feed.url.removesuffix('.xml')}/{now:%Y/%m/%d}/{number}"
        return Entry(
            EntryId(number), feed.url, link, number * 4, link, title, self.text(300), "en", now, now, publisher=""
        )

    def day(self, now: datetime) -> None:
        """Poll each feed, read, judge and alert what is new, and forget what is old."""
        self.store.hasten(now)
        while visit := self.store.claim(now, worker="size", lease_s=60):
            results = []
            for feed in visit.feeds:
                new = [self.entry(feed, now) for _ in range(A_DAY)]
                self.shown[feed.url] = [*self.shown[feed.url], *new][-20:]
                shown = {entry.raw_id: entry.item_hash for entry in self.shown[feed.url]}
                asked = replace(feed, polled_at=now, next_poll_at=now + timedelta(days=1))
                results.append(PollResult(asked, PollOutcome.OK, tuple(new), shown))
            self.store.finish(visit, results, now, slow=False)
        self.store.sift([self.article(entry) for entry, _ in self.store.unsifted(limit=10**9)], (), now)
        for article, _, _ in self.store.unjudged(limit=10**9):
            self.judged(article, now)
        while operation := self.store.first_operation("C0ALERTS", now):
            self.store.settle(
                replace(operation, state=OperationState.SENT, started_at=now, ts=f"{now.timestamp():.6f}")
            )

    def article(self, entry: Entry) -> Article:
        read = int(entry.id) % ONE_IN_PAGE == 0
        body = self.text(4_000) if read else entry.summary
        return Article(entry, entry.title, body, "en", Source.PAGE if read else Source.SUMMARY)

    def judged(self, article: Article, now: datetime) -> None:
        if int(article.entry.id) % ONE_IN_MOVE:
            self.store.save_finding(article, DULL, None, (), (), now)
            return
        finding = judge(self.watch, article.title, article.body, "en")
        marks = marks_of(self.watch, article, finding)
        new = traits(article, finding, marks, owner="Site")
        one = witness(article, finding, marks, new, owner="Site", outlet="Site")
        story = place(article, finding, new, [], digest_at=0.0, alert_at=0.5, now=now, one=one).story
        assert story is not None
        message = Message(article.title, ({"type": "section", "text": self.text(1_500)},), {"k": self.text(200)})
        key = OperationKey(f"k{article.entry.id}")
        owed = Operation(key, "C0ALERTS", Verb.POST, story.id, message, created_at=now, due_at=now)
        self.store.save_finding(article, finding, story, new.keys, [owed], now)

    def octets(self) -> int:
        return self.path.stat().st_size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("feeds", nargs="?", type=int, default=100)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--keep", type=int, default=90)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        year = Year(Path(folder), chosen.feeds, seed=1)
        print("   day    entries   MB")
        for day in range(1, chosen.days + 1):
            now = START + timedelta(days=day)
            year.day(now)
            year.store.prune(now - timedelta(days=chosen.keep))
            if day % 30 == 0 or day == chosen.days:
                print(f"{day:>6}  {year.count:>9,}  {year.octets() / 1e6:>5.1f}", flush=True)
        year.store.close()
        kept = chosen.feeds * A_DAY * min(chosen.keep, chosen.days)
        each = year.octets() / kept
        print(
            f"{each:,.0f} bytes for each entry that is kept; 10,000 feeds: {each * 10_000 * A_DAY * chosen.keep / 1e9:.2f} GB"
        )


if __name__ == "__main__":
    main()

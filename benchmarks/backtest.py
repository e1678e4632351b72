"""How long a backtest takes: a store of 30 days of 30 feeds, and one of 20,000 articles, made of texts written by us.

    python -m benchmarks.backtest [--articles 9000] [--talent 0.05] [--anew]

Builds the store with the bot's own pipeline (which takes longer than all that is measured), then compares the config with
edits of it. CPU seconds of one process, the start of Python and the reading of the lexicon left out. `--anew` judges every
article again, as an edit does that changes a name which every text holds.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path

from bot import app
from bot.adapters.store import SqliteStore
from bot.alerts.delivery import Policy
from bot.commands.backtest import compare
from bot.config import Config, feeds_of
from bot.model import Article, Entry, EntryId, PollOutcome, PollResult, Source
from bot.pipeline import Pipeline
from bot.telemetry import Counters

NOW = datetime(2026, 11, 1, tzinfo=UTC)
DAYS, FEEDS = 30, 30
FIRMS = [
    "OpenAI",
    "Anthropic",
    "Meta",
    "Google DeepMind",
    "Mistral AI",
    "Cohere",
    "xAI",
    "Microsoft",
    "Nvidia",
    "Apple",
    "Hugging Face",
    "Perplexity",
]
UNKNOWN = [
    "Norvane AI",
    "Quillstone Labs",
    "Palewater Systems",
    "Zorvatek",
    "Brightmoor",
    "Tessera Intelligence",
    "Copper Kettle AI",
]
GIVEN = [
    "Ada",
    "Bashir",
    "Imogen",
    "Quenby",
    "Ines",
    "Tariq",
    "Hanna",
    "Mathieu",
    "Viktor",
    "Ewa",
    "Nadia",
    "Yusra",
    "Olu",
    "Priya",
    "Bram",
    "Sana",
    "Leif",
    "Mirela",
]
FAMILY = [
    "Ferrano",
    "Olufemi",
    "Tarrant",
    "Astrand",
    "Valcourt",
    "Mahmood",
    "Wiesbrock",
    "Carrelet",
    "Mihaylov",
    "Sobczak",
    "Halloway",
    "Khatibi",
    "Vole",
    "Dunmore",
]
TALENT = (
    "{a} hires {p} from {b} as head of {f}",
    "{p} leaves {a} to join {b}",
    "{p}, who led {f} at {a}, is said to move to {b}",
    "{a} lays off part of its {f} team",
    "{p} quits {a} and founds a lab of their own",
)
DULL = (
    "{a} shows a model for {f} that runs on a phone",
    "{a} and {b} agree on a price for chips",
    "How {a} wants to make {f} cheaper",
    "Review: the {f} app of {a} after a month",
    "Regulators look at the {f} plans of {a}",
    "What the {f} figures of {a} say of the year",
    "A researcher explains why {f} is harder than it looks",
    "The week in gadgets: lamps, kettles and a {f} toy",
)
FIELDS = ["speech", "vision", "safety", "robotics", "search", "translation", "medicine", "weather", "coding", "maps"]
SENTENCES = (
    "The company said on {d} that the work had taken two years and that more would follow in the spring.",
    "Analysts had expected as much, though not so soon; the shares moved little.",
    "People who tried it found it quicker than the version before, and a little more careless with dates.",
    "In a note to customers {a} promised that prices stay as they are until the end of the year.",
    "{b}, which sells something like it, did not answer questions by the time of writing.",
    "The {f} market has grown by a third since, by the count of an industry group in Brussels.",
    "Several universities run trials with it; results are to be out within months.",
    "Whether that is enough is another question, for the {f} of today is not what it was.",
    "The new office in Lisbon opens in {d}, with room for a hundred desks and a kitchen.",
)


@dataclass(frozen=True)
class Text:
    title: str
    body: str


@cache
def vocabulary() -> list[str]:
    """Return the words of the languages' own table, so that texts differ as those of newsrooms do."""
    lines = (files("bot") / "lexicon" / "idf.txt").read_text("utf-8").splitlines()
    found = [word for line in lines for word in line.split() if word.isascii() and word.isalpha() and len(word) > 4]
    return found[:12_000]  # the English ones


def words(draw: random.Random) -> str:
    """Return a sentence of words that go together by chance."""
    return " ".join(draw.choice(vocabulary()) for _ in range(draw.randint(5, 14))).capitalize() + "."


def text(draw: random.Random, talent: float) -> Text:
    """Return one made-up article of some 1,500 characters."""
    pool = FIRMS if draw.random() < 0.7 else UNKNOWN
    a, b = draw.choice(pool), draw.choice(FIRMS + UNKNOWN)
    person = f"{draw.choice(GIVEN)} {draw.choice(FAMILY)}{draw.choice(('', 'sen', 'wright', 'ova'))}"
    names = {
        "a": a,
        "b": b,
        "p": person,
        "f": draw.choice(FIELDS),
        "d": draw.choice(("Monday", "May", "June", "Friday")),
    }
    telling = draw.random() < talent
    title = (
        draw.choice(TALENT).format(**names) if telling else f"{draw.choice(DULL).format(**names)}: {words(draw)[:50]}"
    )
    body = [f"{title}, it became known."] if telling else []
    body += [f"{draw.choice(SENTENCES).format(**names)} {words(draw)}" for _ in range(draw.randint(5, 12))]
    return Text(title, " ".join(body))


def config(**keys: object) -> Config:
    """Return the config that the store is made with, or an edit of it."""
    base = {
        "feeds": [f"https://site{n}.example/feed.xml" for n in range(FEEDS)],
        "slack": {"channel": "C0ALERTS"},
        "watchlist": {"organisations": ["Norvane AI", "Quillstone Labs"], "people": ["Ada Ferrano"]},
    }
    return Config.model_validate({**base, **keys})


EDITS = {
    "nothing": {},
    "one firm more": {"watchlist": {"organisations": ["Norvane AI", "Quillstone Labs", "Zorvatek"], "people": ["Ada Ferrano"]}},
    "one firm less": {"watchlist": {"organisations": ["Norvane AI"], "people": ["Ada Ferrano"]}},
    "a higher threshold": {"thresholds": {"alert": 0.9}},
    "a mute": {"mute": [{"what": "Meta"}]},
    "a firm that stands in every tenth text": {
        "watchlist": {"organisations": ["Norvane AI", "Quillstone Labs", {"name": "Meta", "weight": 0.5}], "people": ["Ada Ferrano"]}
    },
}  # fmt: skip


class Clock:
    def __init__(self) -> None:
        self.at = NOW - timedelta(days=DAYS)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return 0.0


def build(path: Path, count: int, talent: float) -> None:
    """Make a store in which the pipeline judged `count` articles within thirty days."""
    draw, clock, held = random.Random(7), Clock(), config()
    store = SqliteStore(path)
    store._connection().execute("PRAGMA synchronous = OFF")  # a power cut would cost a benchmark
    watch = app.watch_of(held)
    nowhere: object = None
    pipeline = Pipeline(held, lambda: watch, store, nowhere, nowhere, nowhere, clock, Counters(), Policy(), "C0ALERTS")  # type: ignore[arg-type]
    feeds = feeds_of(held)
    store.sync_feeds(feeds, clock.now(), spread_s=0)
    app.remember(store, held, clock)
    step = timedelta(days=DAYS) / count
    for first in range(0, count, 100):
        articles = []
        for number in range(first, min(first + 100, count)):
            one, feed = text(draw, talent), draw.choice(feeds)
            at = clock.now()
            entry = Entry(
                EntryId(f"{number}"), feed.url, f"{number}", "h", f"{feed.url[:-8]}{number}", one.title, one.body[:200], "en", at, at
            )  # fmt: skip
            articles.append(Article(entry, one.title, one.body, "en", Source.PAGE))
        poll(store, [article.entry for article in articles], clock.now())
        store.sift(articles, [], clock.now())
        for _ in articles:
            clock.at += step
            pipeline.judge_articles(limit=1)
    store.close()


def poll(store: SqliteStore, entries: list[Entry], now: datetime) -> None:
    store.hasten(now)
    while (visit := store.claim(now, worker="w", lease_s=90.0)) is not None:
        results = [
            PollResult(feed, PollOutcome.OK, tuple(e for e in entries if e.feed_url == feed.url))
            for feed in visit.feeds
        ]
        later = [PollResult(_later(r.feed, now), r.outcome, r.entries) for r in results]
        store.finish(visit, later, now, slow=False)


def _later(feed, now):
    return replace(feed, polled_at=now, next_poll_at=now + timedelta(days=1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=9_000)
    parser.add_argument("--talent", type=float, default=0.05, help="share of articles that tell of a move")
    parser.add_argument("--anew", action="store_true", help="judge every article again")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.db"
        begun = time.process_time()
        build(path, chosen.articles, chosen.talent)
        print(
            f"{chosen.articles} articles of {FEEDS} feeds in {DAYS} days, built in {time.process_time() - begun:.0f} s CPU"
        )
        print(f"the store has {path.stat().st_size / 1e6:.0f} MB")
        for name, keys in EDITS.items():
            cpu, wall = time.process_time(), time.perf_counter()
            report = compare(path, config(), config(**keys), NOW - timedelta(days=DAYS + 1), NOW, all_anew=chosen.anew)
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
            rate = report.articles / cpu * 60
            fates = ", ".join(
                f"{sum(row.fate == fate for row in report.rows)} {fate}" for fate in ("gained", "lost", "changed")
            )
            print(
                f"{name:<40} {cpu:5.2f} s CPU, {wall:5.2f} s, {rate:7,.0f} articles a minute; {report.judged} judged again;"
                f" {report.before} alerts, {report.after} after; {fates}"
            )
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()

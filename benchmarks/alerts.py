"""Alerts from the entry to Slack: are they valid, how soon do they stand there, does the memory stay flat.

    TALENTWIRE_BENCH=... python -m benchmarks.alerts payloads    # every positive of the bench through the strict checker
    python -m benchmarks.alerts latency [--rounds 12]            # entry seen -> posted, while 200 hosts hang
    python -m benchmarks.alerts memory [--alerts 10000]          # judged, placed, owed and posted to the strict fake

`latency` runs the real service on loopback: 200 feeds on 200 host names accept and never answer; ten feeds bring news,
whose pages answer after .2 to .9 s. `memory` runs the stages of the pipeline on made-up news that all alert.
"""

from __future__ import annotations

import argparse
import itertools
import json
import logging
import os
import random
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.talent import FILES, rows, watchlist
from bot import app
from bot.adapters.clock import SystemClock
from bot.adapters.slack import SlackNotifier
from bot.adapters.store import SqliteStore
from bot.adapters.workers import InlineWorkers
from bot.alerts import buttons, compose
from bot.alerts.delivery import Policy
from bot.alerts.markup import units
from bot.config import Config
from bot.lexicon import load
from bot.model import Article, Entry, EntryId, Feed, Source
from bot.moves.judge import compile_watch, judge
from bot.pipeline import Limits, Pipeline
from bot.placing import marks_of, owner_of
from bot.service import Service, Threads
from bot.stories import merge
from bot.stories.traits import traits as traits_of
from bot.stories.witness import witness
from bot.telemetry import Counters
from bot.urls import public_host
from tests.fakes.clock import FakeClock
from tests.fakes.slack_blocks import LIMITS, BlockChecker, check_metadata, lint_message
from tests.fakes.slack_server import BOT_TOKEN, serve
from tests.pipeline.crash_world import Site

CHANNEL = "C0ALERTS"
FIRMS = ("Norvane AI", "Quillstone Labs", "Palewater Systems", "Marrowgate AI", "Tessellon Labs", "Harrowick Systems")
HANGING, NEWSROOMS = 200, 10
FIRST = ("Ada", "Olga", "Mei", "Tobias", "Petra", "Ravi", "Ines", "Jonas", "Lucia", "Kenji", "Marta", "Felix")
SYLLABLES = (
    "bra",
    "ven",
    "tor",
    "mil",
    "cas",
    "dul",
    "fer",
    "gor",
    "hol",
    "jan",
    "kel",
    "lor",
    "nes",
    "pol",
    "rud",
    "sal",
)


# -------------------------------------------------------------------------------------------------- payloads


def payloads() -> int:
    root = os.environ.get("TALENTWIRE_BENCH")
    if not root:
        print("payloads: TALENTWIRE_BENCH is not set, left out")
        return 0
    bench = Path(root) / "talent"
    watch, now, bad, count, largest = compile_watch(load(), watchlist(bench)), datetime.now(UTC), 0, 0, 0
    for name in ("dev", "articles", "status"):
        for row in rows(bench / FILES[name]):
            if not row["label"]:
                continue
            for message in messages_of(watch, row, now):
                blocks = json.loads(json.dumps(message.blocks))
                check_metadata(dict(message.metadata))
                size = units(json.dumps(blocks, ensure_ascii=False))
                faults = BlockChecker("message", {}).blocks(blocks) + lint_message({"text": message.text}, blocks)
                count, largest = count + 1, max(largest, size)
                bad += bool(faults or size > LIMITS["blocks_json"])
    print(
        f"payloads: {count} of the positives of the bench, {bad} not valid; the largest has {largest} units of blocks"
    )
    return bad


def messages_of(watch, row, now) -> Iterator[compose.Message]:
    """The alert with buttons, told as a fact and quoted, its plain form, and what is said of it in a thread."""
    entry = Entry(
        EntryId(row["id"]), row["url"], "1", "h", row["url"], row["title"], "", row.get("lang") or "", now, now
    )
    article = Article(entry, row["title"], row.get("text") or "", row.get("lang") or "", Source.PAGE)
    outlet = row.get("source") or public_host(row["url"])
    finding = judge(watch, article.title, article.body, article.language)
    owner = owner_of(article, outlet)
    marks = marks_of(watch, article, finding)
    traits = traits_of(article, finding, marks, owner=owner)
    one = witness(article, finding, marks, traits, owner=owner, outlet=outlet)
    placement = merge.place(
        article,
        replace(finding, score=max(finding.score, 0.9)),
        traits,
        (),
        digest_at=0.5,
        alert_at=0.7,
        now=now,
        one=one,
    )
    story = placement.story
    assert story is not None
    options = {"outlet": outlet, "channel": CHANNEL, "now": now}
    for sure in (0.3, 1.1):
        message = compose.alert(story, finding, article, sure=sure, **options)
        yield buttons.added(message, compose.Told(story, finding, article, outlet, outlet))
        yield compose.plain(message)
        yield compose.news(story, story, finding, article, kind="n", new=placement.news, sure=sure, **options)


# --------------------------------------------------------------------------------------------------- latency


def names(draw: random.Random) -> Iterator[str]:
    """People who do not exist, none twice."""
    seen = set()
    while True:
        name = f"{draw.choice(FIRST)} {''.join(draw.choices(SYLLABLES, k=3)).title()}"
        if name not in seen:
            seen.add(name)
            yield name


def headline(person: str, draw: random.Random) -> str:
    old, new = draw.sample(FIRMS, 2)
    return f"{new} hires {person} from {old}"


@contextmanager
def hanging() -> Iterator[int]:
    """A port that accepts connections and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(1024)
        kept: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    kept.append(listening.accept()[0])
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()[1]


@contextmanager
def newsrooms(site: Site) -> Iterator[int]:
    """The feeds and pages of `site` by host name; pages take a while."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host, path = self.headers["Host"].partition(":")[0], self.path.lstrip("/")
            if path == "robots.txt":
                self.send_error(404)
                return
            feed = path == "feed.xml"
            if not feed:
                time.sleep(random.uniform(0.2, 0.9))
            body = (site._feed(host) if feed else site._page(host, path)).encode()
            body = (
                body.replace(b"https://", b"http://")
                if not feed
                else body.replace(f"https://{host}/".encode(), f"http://{host}:{self.server.server_port}/".encode())
            )
            self.send_response(200)
            self.send_header("Content-Type", "application/rss+xml" if feed else "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()


def latency(rounds: int) -> None:
    draw = random.Random(1)
    people = names(draw)
    hosts = [f"news{n}.example" for n in range(NEWSROOMS)]
    site = Site(SystemClock(), {host: [("old", "A new phone is out")] for host in hosts})
    with serve() as slack, hanging() as deaf, newsrooms(site) as port, tempfile.TemporaryDirectory() as folder:
        feeds = [f"http://{host}:{port}/feed.xml" for host in hosts]
        feeds += [f"http://hangs{n}.example:{deaf}/feed.xml" for n in range(HANGING)]
        config = Config.model_validate(
            {
                "feeds": feeds,
                "watchlist": {"organisations": list(FIRMS)},
                "slack": {"channel": CHANNEL},
                "network": {"allow_private": ["127.0.0.0/8"]},
                "first_run": {"stories": 0},
            }
        )
        env = {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_API_URL": slack.api}
        settings = app.Settings(
            store=Path(folder) / "t.db",
            resolver=lambda *_: ["127.0.0.1"],
            limits=Limits(least_interval=timedelta(seconds=1)),
        )
        with app.opened(config, env, settings) as opened:
            measured(opened, site, slack, people, draw, rounds)


def measured(opened: app.App, site: Site, slack, people, draw, rounds: int) -> None:
    pipeline, store = opened.pipeline, opened.store
    pipeline.watch()
    store.sync_feeds(opened.feeds, pipeline.clock.now(), spread_s=5.0)
    service = Service(pipeline, store, threads=Threads())
    service.start()
    pause = threading.Event()
    while any(feed.polled_at is None for feed in store.feeds() if "news" in feed.url):
        pause.wait(0.5)
    told, seen_at = {}, {}
    for number in range(rounds):
        for host in draw.sample(list(site.items), 2):
            person = next(people)
            site.items[host] = [(f"a{number}-{host}", headline(person, draw)), *site.items[host]]
            told[person] = f"a{number}-{host}"
        with store._transaction() as db:  # all fall due now, those that hang as well
            now = pipeline.clock.now().timestamp()
            db.execute("UPDATE feeds SET next_poll_at = ?", (now,))
            db.execute("UPDATE hosts SET next_due = ?", (now,))
        pause.wait(6.0)
    pause.wait(10.0)
    for row in store._rows("SELECT raw_id, seen_at FROM entries"):
        seen_at[row["raw_id"]] = row["seen_at"]
    owed_at = {one.ts: one.created_at.timestamp() for one in store.operations()}
    taken, waited = [], []
    for message in slack.messages():
        person = next((one for one in told if one in json.dumps(message, ensure_ascii=False)), None)
        if person in told:
            taken.append(float(message["ts"]) - seen_at[told.pop(person)])
            waited.append(float(message["ts"]) - owed_at.get(message["ts"], 0.0))
    hung = sum(feed.failures > 0 for feed in store.feeds())
    service.stop()
    late = sum(name in seen_at for name in told.values())
    taken.sort()
    p95 = taken[int(0.95 * (len(taken) - 1))]
    print(
        f"latency: {len(taken)} alerts, {late} seen and not posted, {len(told) - late} not seen yet, while {hung} feeds hung: seen to posted "
        f"p50 {statistics.median(taken):.1f} s, p95 {p95:.1f} s, longest {taken[-1]:.1f} s, of it owed to posted p50 {statistics.median(waited):.1f} s; load {os.getloadavg()[0]:.0f}"
    )


# ---------------------------------------------------------------------------------------------------- memory


def rss() -> float:
    """Return resident memory of this process in MB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) / 1024


def memory(alerts: int) -> None:
    draw = random.Random(1)
    people = names(draw)
    clock = FakeClock(datetime.now(UTC))
    site = Site(clock, {"one.example": [("old", "A new phone is out")]})
    watch = compile_watch(load(), Config.model_validate({"watchlist": {"organisations": list(FIRMS)}}).watchlist)
    with serve_apart(clock) as slack, tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "t.db")
        pipeline = Pipeline(
            config=Config(),
            watch=lambda: watch,
            store=store,
            fetcher=site,
            workers=InlineWorkers(),
            notifier=SlackNotifier(BOT_TOKEN, clock=clock, base_url=slack.api),
            clock=clock,
            counters=Counters(),
            policy=Policy(),
            channel=CHANNEL,
            limits=Limits(pace_s=0.0),
        )
        store.sync_feeds([Feed("https://one.example/feed.xml")], clock.now(), spread_s=0)
        marks: list[float] = []
        begun, number = time.process_time(), itertools.count()
        for batch in range(alerts // 50 + 1):
            if batch:
                site.items["one.example"] = [(f"n{next(number)}", headline(next(people), draw)) for _ in range(50)]
            clock.advance(2 * 86_400)
            store.hasten(clock.now())
            while pipeline.poll_host("w") is not None or pipeline.sift_entries() or pipeline.read_page():
                pass
            while pipeline.judge_articles() or pipeline.tell_missed():
                pass
            while pipeline.deliver_alerts():
                pass
            if batch % 20 == 0:
                store.prune(clock.now() - timedelta(days=90))
                marks.append(rss())
                print(f"memory: after {batch * 50} alerts {marks[-1]:.0f} MB", flush=True)
        posted = len(slack.calls("chat.postMessage"))
        seconds = time.process_time() - begun
        store.close()
    print(f"memory: {posted} alerts posted, RSS in MB at each 1,000: {' '.join(f'{mark:.0f}' for mark in marks)}")
    print(
        f"memory: {seconds / max(posted, 1) * 1000:.1f} ms CPU an alert, from the feed to Slack; the store pruned to 90 days"
    )


@contextmanager
def serve_apart(clock):
    """The fake in a process of its own, so that what it keeps is not counted."""
    import subprocess
    import sys

    from tests.fakes.slack_server import Running

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tests.fakes.slack_server", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    running = Running()
    running.base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                running.config(post_rate=1e6, post_burst=1e6, tier_scale=1e6)
                break
            except OSError:
                time.sleep(0.1)
        yield running
    finally:
        process.terminate()
        process.wait(5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["payloads", "latency", "memory"])
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--alerts", type=int, default=10_000)
    chosen = parser.parse_args()
    logging.disable(logging.CRITICAL)
    if chosen.part == "payloads":
        raise SystemExit(bool(payloads()))
    if chosen.part == "latency":
        latency(chosen.rounds)
    else:
        memory(chosen.alerts)


if __name__ == "__main__":
    main()

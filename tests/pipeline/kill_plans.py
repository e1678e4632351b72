"""The whole service, killed at random instants and started again: feeds and pages from a server, alerts to a strict Slack.

    python -m tests.pipeline.kill_plans                        # 3 x 1,000; ends with status 1 if one is red
    python -m tests.pipeline.kill_plans --plans 60 --jobs 2    # a share of them
    python -m tests.pipeline.kill_plans --seed 17              # one of them, and what stood in the end

What runs is `bot.app.opened` and `bot.app.run`: all stages in their threads, real sockets, the real store, worker
processes. A plan is made from its seed: how a life ends (seed % 3: SIGKILL, SIGTERM, or one or the other, on a disk that
takes nothing for a while), at which instants, how far Slack's history lags, whether Slack loses answers, and whether
somebody starts a second bot meanwhile. Each life is a process forked from one in which all is imported and the watchlist
compiled, so it works from its first millisecond. Service, Slack and site share a clock of 10 times the machine's speed,
which skips what nobody waits for.

A plan is green if in the end, after the sweep, each story stands in the channel once, none is missing, nothing is owed, a
SIGTERM was obeyed within the ten seconds that a container runtime grants, and the second bot was turned away.
"""

from __future__ import annotations

import argparse
import logging
import os
import resource
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import forkserver, get_context
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from bot import app
from bot.adapters import slack as _slack  # noqa: F401 - what a life would import first
from bot.adapters.store import SqliteStore
from bot.alerts.delivery import Policy
from bot.config import Config
from bot.errors import StoreError, StoreReason
from bot.moves.judge import Watch
from bot.pipeline import Limits
from bot.service import Threads
from tests.fakes.clock import SharedClock
from tests.fakes.slack_server import BOT_TOKEN, Running
from tests.pipeline.slack_plans import be_parent, slack_beside

KINDS = ("SIGKILL", "SIGTERM", "either, and a disk that fails")
PLANS = 3_000
SPEED = 10.0
CHANNEL = "C0ALERTS"
HOSTS = ("one.test", "two.test", "three.test")
BEFORE = {
    "one.test": [("old", "Norvane AI hires Ada Ferrano from Quillstone Labs")],
    "two.test": [("dull", "A new phone is out")],
    "three.test": [("ferry", "A ferry is late again")],
}
NEWS = {
    "one.test": [
        ("a", "Norvane AI hires Olga Brandero from Palewater Systems"),
        ("b", "Quillstone Labs names Mei Castellick chief scientist, poached from Norvane AI"),
    ],
    "two.test": [
        ("a2", "Palewater Systems loses Olga Brandero to Norvane AI"),
        ("c", "Tobias Vellano leaves Palewater Systems to join Quillstone Labs"),
    ],
    "three.test": [("d", "Palewater Systems hires Ines Rovandel from Norvane AI")],
}
WANTED = ("Ines Rovandel", "Mei Castellick", "Olga Brandero", "Tobias Vellano")
STOP_S = 10.0
LIFE_LIMIT_S = 60.0  # of the machine: a life that takes longer hangs
ENDED, BROKE, TURNED_AWAY, NO_DISK = 0, 1, 7, 8


# ------------------------------------------------------------------------------------------------------------ the plan


@dataclass(frozen=True, slots=True)
class Death:
    """`at` is the share of an undisturbed life after which the signal comes; `full`: of it, when the disk is full."""

    signal: signal.Signals
    at: float
    full: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    seed: int
    deaths: tuple[Death, ...]
    lag_s: float
    faults: tuple[dict[str, Any], ...]
    rival: bool


def plan_of(seed: int) -> Plan:
    draw, kind = Random(seed), seed % 3
    signals = ((signal.SIGKILL,), (signal.SIGTERM,), (signal.SIGKILL, signal.SIGTERM))[kind]
    full = [draw.uniform(0, 1) if kind == 2 and draw.random() < 0.7 else None for _ in range(3)]
    deaths = [Death(draw.choice(signals), draw.uniform(0, 1), full[n]) for n in range(draw.randint(1, 3))]
    lag_s = draw.choice((0.0, draw.uniform(0, Policy().settle_s / 3)))
    rules = [
        {
            "method": "chat.postMessage",
            "action": "drop",
            "when": draw.choice(("before", "after")),
            "skip": n,
            "times": 1,
        }
        for n in range(3)
        if draw.random() < 0.2
    ]
    return Plan(seed, tuple(deaths), lag_s, tuple(rules), rival=draw.random() < 0.2)


# ------------------------------------------------------------------------------------------------------------ the site


class Site:
    """Feeds with a page for each entry; asked for /_news it has the news from then on, for /_calm it has not."""

    def __init__(self, clock: SharedClock) -> None:
        self.items, self.clock, self.began = BEFORE, clock, clock.now()
        self.news_at = self.began

    def answer(self, host: str, name: str) -> tuple[str, str] | None:
        if name in ("_news", "_calm"):
            self.items = {one: NEWS[one] + BEFORE[one] for one in HOSTS} if name == "_news" else BEFORE
            self.news_at = self.clock.now()
            return "text/plain", "so be it"
        if name == "feed.xml":
            return "application/rss+xml", self._feed(host)
        title = dict(self.items.get(host, ())).get(name)
        return None if title is None else ("text/html; charset=utf-8", page(title))

    def _feed(self, host: str) -> str:
        rows = "".join(
            f"<item><guid>{name}</guid><title>{escape(title)}</title><link>/{name}</link>"
            f"<pubDate>{self._date(host, name):%a, %d %b %Y %H:%M:%S GMT}</pubDate>"
            f"<description>{escape(title)}, it said.</description></item>"
            for name, title in self.items[host]
        )
        return f"<rss version='2.0'><channel><title>{host}</title>{rows}</channel></rss>"

    def _date(self, host: str, name: str) -> datetime:
        return self.began if name in dict(BEFORE[host]) else self.news_at


def page(title: str) -> str:
    told = f"<p>{escape(title)}, the company said on Monday. The move had been expected for some weeks by people there.</p>"
    more = "<p>Nothing else was said about the plans of the group, nor about who else might follow in the months to come.</p>"
    return f"<html><head><title>{escape(title)}</title></head><body><article><h1>{escape(title)}</h1>{told}{more * 4}</article></body></html>"


def site_until_closed(pipe: Any, clock: SharedClock) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    site = Site(clock)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host = (self.headers.get("host") or "").partition(":")[0]
            found = site.answer(host, urlsplit(self.path).path.removeprefix("/"))
            body = b"" if found is None else found[1].encode()
            self.send_response(404 if found is None else 200)
            self.send_header("content-type", "text/plain" if found is None else found[0])
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def handle(self) -> None:
            with suppress(ConnectionError):  # the bot was killed while it asked
                super().handle()

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        pipe.send(server.server_address[1])
        with suppress(EOFError):
            pipe.recv()
        server.shutdown()


@contextmanager
def site_beside(clock: SharedClock) -> Iterator[int]:
    """Run the site in a process forked from this one; gives its port."""
    near, far = get_context("fork").Pipe()
    process = get_context("fork").Process(target=site_until_closed, args=(far, clock), daemon=True)
    process.start()
    try:
        yield near.recv()
    finally:
        near.send("end")
        process.join(5)


def here(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"]


# ------------------------------------------------------------------------------------------------------------ one life


@dataclass
class World:
    """What the lives of all plans of one process share; `calm_s` is what an undisturbed life takes on this machine."""

    clock: SharedClock
    slack: Running
    port: int
    folder: Path
    calm_s: float = 1.0

    @property
    def path(self) -> Path:
        return self.folder / "t.db"

    def config(self) -> Config:
        return config_of(self.port)

    def ask_site(self, what: str) -> None:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        opener.open(f"http://127.0.0.1:{self.port}/{what}", timeout=10).close()

    def settings(self) -> app.Settings:
        policy = Policy(sweep_after=(60.0, 600.0))
        return app.Settings(store=self.path, resolver=here, policy=policy, clock=self.clock, limits=Limits())

    def env(self) -> Mapping[str, str]:
        return {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_API_URL": self.slack.api}

    def live(self, stopped: threading.Event, opened_at: Callable[[], None] = lambda: None) -> None:
        """Run the service until it is stopped, or nothing is left to do."""
        config = self.config()
        with app.opened(config, self.env(), self.settings()) as built:
            opened_at()
            warmed = replace(built, pipeline=replace(built.pipeline, watch=lambda: compiled(self.port)))
            watcher = threading.Thread(target=self._stop_at_rest, args=(warmed.store, stopped), daemon=True)
            watcher.start()
            app.run(warmed, lambda _: None, stopped=stopped, threads=Threads(poll=4, slow=1, pages=2, deliver=2))
            watcher.join()

    def _stop_at_rest(self, store: SqliteStore, stopped: threading.Event) -> None:
        """Set `stopped` once nothing is left to do, skipping the time in which nothing is due."""
        quiet = 0
        while not stopped.wait(0.02):
            with suppress(StoreError):  # while the disk takes nothing
                later = left(store, self.clock.now())
                quiet = 0 if later == 0 else quiet + 1
                if quiet < 3:
                    continue
                if later is None:
                    stopped.set()
                else:
                    self.clock.skip(later + 0.01)
                quiet = 0


# In one statement, so that nothing is overlooked on its way from one stage to the next: whether there is work at once or
# under way, and when there will be some: a feed that failed is asked again, an operation falls due, a channel is swept.
_LEFT = """
SELECT EXISTS (SELECT 1 FROM feeds WHERE active AND NOT stopped AND next_poll_at <= :now)
    OR EXISTS (SELECT 1 FROM visits)
    OR NOT EXISTS (SELECT 1 FROM meta WHERE key = 'first_run_ended')
    OR EXISTS (SELECT 1 FROM entries WHERE state IN ('new', 'read'))
    OR EXISTS (SELECT 1 FROM entries WHERE state = 'wanted' AND (due_at <= :now OR lease_until > :now)),
    (SELECT min(due) FROM (
        SELECT next_poll_at AS due FROM feeds WHERE active AND NOT stopped AND failures > 0
        UNION ALL SELECT due_at FROM entries WHERE state = 'wanted'
        UNION ALL SELECT max(o.due_at, coalesce((SELECT max(started_at) FROM outbox WHERE channel = o.channel), 0) + 1)
            FROM outbox o WHERE state IN ('pending', 'sending', 'parked')
        UNION ALL SELECT sweep_at FROM outbox WHERE sweep_at IS NOT NULL))
"""


def left(store: SqliteStore, now: datetime) -> float | None:
    """Return in how many seconds there is something to do: 0 for at once, None for nothing left."""
    at_once, due = store._rows(_LEFT, {"now": now.timestamp()})[0]
    if at_once:
        return 0
    return None if due is None else max(0.0, due - now.timestamp())


@cache
def config_of(port: int) -> Config:
    return Config.model_validate(
        {
            "feeds": [{"url": f"http://{host}:{port}/feed.xml"} for host in HOSTS],
            "watchlist": {"organisations": ["Norvane AI", "Quillstone Labs", "Palewater Systems"]},
            "slack": {"channel": CHANNEL, "burst": {"most": 1_000}},
            "network": {"allow_private": [f"127.0.0.1:{port}", *(f"{host}:{port}" for host in HOSTS)]},
            "backups": {"keep": 0},
        }
    )


@cache
def compiled(port: int) -> Watch:
    return app.watch_of(config_of(port))


def forked(work: Callable[[threading.Event], None]) -> int:
    """Do `work` in a process of its own, which ends on SIGTERM as `talentwire run` does; returns its id."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    status = BROKE
    try:
        stopped = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stopped.set())
        forkserver._forkserver.ensure_running = lambda: None  # type: ignore[attr-defined] - its parent's, already warm
        work(stopped)
        status = ENDED
    except StoreError as error:
        status = {StoreReason.LOCKED: TURNED_AWAY, StoreReason.DISK: NO_DISK}.get(error.reason, BROKE)
        if status == BROKE:
            traceback.print_exc()
    except BaseException:  # noqa: BLE001 - told, and the life counts as broken
        traceback.print_exc()
    finally:
        os._exit(status)


def full_for_a_while(world: World, after_s: float) -> None:
    """No file of this process grows beyond what it has, for a while: SQLite is told that the disk is full."""
    time.sleep(after_s)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, before[1]))
    time.sleep(world.calm_s / 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


# ------------------------------------------------------------------------------------------------------- the whole plan


def life(world: World, death: Death | None, *, rival: bool) -> list[str]:
    """Let the service live once, until `death`; returns what happened."""
    reader, writer = os.pipe()

    def work(stopped: threading.Event) -> None:
        if death is not None and death.full is not None:
            after_s = death.full * death.at * world.calm_s
            threading.Thread(target=full_for_a_while, args=(world, after_s), daemon=True).start()
        world.live(stopped, lambda: os.close(writer))

    began = time.monotonic()
    pid = forked(work)
    os.close(writer)
    told = [second(world, reader)] if rival else []
    os.close(reader)
    if death is None:
        return [*told, ending(pid, began + LIFE_LIMIT_S, None)]
    time.sleep(max(0.0, began + death.at * world.calm_s - time.monotonic()))
    os.kill(pid, death.signal)
    return [*told, ending(pid, time.monotonic() + STOP_S, death.signal)]


def second(world: World, reader: int) -> str:
    """Start a second bot on the store of the first once that is open."""
    os.read(reader, 1)  # its end is closed then, or with the process
    how = ending(forked(world.live), time.monotonic() + LIFE_LIMIT_S, None)
    return "second turned away" if how == "turned away" else f"second {how}"


def ending(pid: int, until: float, sent: signal.Signals | None) -> str:
    """Wait for the end of a life; returns how it ended."""
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            break
        if time.monotonic() > until:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return "hung"
        time.sleep(0.002)
    if os.WIFSIGNALED(status):
        return "killed" if os.WTERMSIG(status) == sent else f"died of signal {os.WTERMSIG(status)}"
    words = {ENDED: "ended" if sent is None else "stopped", TURNED_AWAY: "turned away", NO_DISK: "refused a full disk"}
    return words.get(os.WEXITSTATUS(status), "broke")


def play(world: World, plan: Plan, template: Path) -> tuple[list[str], Counter[str]]:
    """Live a plan through to its end; returns what is wrong, and counts of what happened."""
    for path in world.folder.glob("t.db*"):
        path.unlink()
    shutil.copy(template, world.path)
    world.slack.admin("reset", {})
    world.slack.config(history_lag=plan.lag_s)
    world.slack.faults(*(dict(one) for one in plan.faults))
    world.ask_site("_news")
    told: Counter[str] = Counter()
    for number, death in enumerate(plan.deaths):
        told.update(life(world, death, rival=plan.rival and number == 0))
    began = time.monotonic()
    told.update(life(world, None, rival=False))
    if not plan.deaths:
        world.calm_s = time.monotonic() - began
    world.clock.skip(60.0)
    return wrong_in(world, told), told


def wrong_in(world: World, told: Counter[str]) -> list[str]:
    known = {"killed", "stopped", "ended", "refused a full disk", "second turned away", "second ended"}
    wrong = [f"{what}: {count}" for what, count in told.items() if what not in known]
    texts = [message["text"] for message in world.slack.messages(CHANNEL)]
    standing = Counter(name for text in texts for name in WANTED if name in text)
    wrong += [f"lost: {name}" for name in WANTED if not standing[name]]
    wrong += [f"doubled: {name}" for name in WANTED if standing[name] > 1]
    with closing(SqliteStore(world.path)) as store:
        wrong += [f"{one.key} is {one.state}: {one.error}" for one in store.operations() if one.state != "sent"]
    return wrong


@contextmanager
def opened_world() -> Iterator[tuple[World, Path]]:
    """Give a world and the store of a bot that has polled its feeds once, before there were news."""
    clock = SharedClock(SPEED)
    folder = Path(tempfile.mkdtemp(prefix="talentwire-kill-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    try:
        with slack_beside(clock) as slack, site_beside(clock) as port:
            compiled(port)
            world = World(clock, slack, port, folder)
            get_context("forkserver").set_forkserver_preload(
                ["tests.pipeline.slack_plans", "bot.app", *app._PARSE, *app._READ]
            )
            forkserver.ensure_running()
            if life(world, None, rival=False) != ["ended"]:
                raise RuntimeError("the bot does not even live undisturbed")
            clock.skip(timedelta(hours=6).total_seconds())
            template = folder / "template"
            with closing(SqliteStore(world.path)) as store:
                store.hasten(clock.now())
            shutil.move(world.path, template)
            for _ in range(2):  # the second is warm
                wrong, _ = play(world, Plan(-1, (), 0.0, (), rival=False), template)
                if wrong:
                    raise RuntimeError(f"not even an undisturbed life tells all: {wrong}")
            yield world, template
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def some(seeds: Sequence[int]) -> list[tuple[int, list[str], Counter[str]]]:
    """Play plans one after another in a world of their own."""
    logging.disable(logging.CRITICAL)
    with opened_world() as (world, template):
        return [(seed, *play(world, plan_of(seed), template)) for seed in seeds]


def run(seeds: Sequence[int], *, jobs: int, minutes: float | None = None) -> list[int]:
    """Play the plans of `seeds`; returns the seeds of the red ones, after printing what is wrong with each. Ends after `minutes`."""
    done, began, told, red, instants = 0, time.monotonic(), Counter[str](), [], Counter[str]()
    with get_context("fork").Pool(jobs, initializer=be_parent, maxtasksperchild=1) as pool:
        shares = [seeds[n : n + 15] for n in range(0, len(seeds), 15)]
        for results in pool.imap_unordered(some, shares):
            for seed, wrong, counts in results:
                told += counts
                instants[KINDS[seed % 3]] += len(plan_of(seed).deaths)
                if wrong:
                    red.append(seed)
                    print(f"plan {seed} is red: {'; '.join(wrong)}", flush=True)
            done += len(results)
            if minutes is not None and time.monotonic() - began > minutes * 60:
                break
    took = time.monotonic() - began
    print("; ".join(f"{kind}: {count} instants" for kind, count in sorted(instants.items())))
    print("; ".join(f"{name} {count}" for name, count in sorted(told.items())))
    per_hour = told.total() / took * 3600
    print(f"{done} plans, {len(red)} red; {took:.0f} s with {jobs} processes: {per_hour:,.0f} runs an hour")
    if red:
        print(f"one alone: python -m tests.pipeline.kill_plans --seed {min(red)}")
    return sorted(red)


def alone(seed: int) -> bool:
    """Play one plan and tell all of it; returns whether it is red."""
    print(plan_of(seed))
    with opened_world() as (world, template):
        print(f"an undisturbed life takes {world.calm_s:.2f} s")
        wrong, told = play(world, plan_of(seed), template)
        for one in world.slack.messages(CHANNEL):
            print(one["ts"], one["thread_ts"] or "", one["text"].replace("\n", " / "))
    print(dict(told), *wrong or ["green"], sep="\n")
    return bool(wrong)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plans", type=int, default=PLANS)
    parser.add_argument("--first", type=int, default=0, help="seed of the first")
    parser.add_argument("--seed", type=int, help="only this one")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--minutes", type=float, help="end after the plans that were begun by then")
    chosen = parser.parse_args()
    logging.disable(logging.CRITICAL)
    if chosen.seed is not None:
        sys.exit(alone(chosen.seed))
    sys.exit(bool(run(range(chosen.first, chosen.first + chosen.plans), jobs=chosen.jobs, minutes=chosen.minutes)))


if __name__ == "__main__":
    main()

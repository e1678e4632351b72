"""The composition root: reads what was configured, builds what stands behind the seams, and takes it down again.

Only this file knows both the pipeline and the adapters.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from bot import __version__
from bot.adapters.clock import SystemClock
from bot.adapters.fetcher import HttpFetcher
from bot.adapters.guard import NetworkPolicy, Resolver, system_resolver
from bot.adapters.robots import ObedientFetcher
from bot.adapters.store import SqliteStore
from bot.adapters.workers import ProcessWorkers
from bot.alerts.delivery import Policy
from bot.config import Config, feeds_of, history, secret, store_path
from bot.conversation import Conversation
from bot.errors import ConfigError, DeliveryError, DeliveryReason, Problem
from bot.lexicon import load as load_lexicon
from bot.model import Feed, PollResult
from bot.moves.judge import Watch, compile_watch
from bot.pipeline import Limits, Pipeline
from bot.ports import Clock, Notifier
from bot.service import Service, Threads, finish_all, poll_all, prune
from bot.telemetry import Counters, event, progress

if TYPE_CHECKING:
    from bot.adapters.slack_socket import SlackSocket

log = logging.getLogger(__name__)

TERMINAL = "terminal"
TOKEN = "SLACK_BOT_TOKEN"  # noqa: S105 - the name of a variable
APP_TOKEN = "SLACK_APP_TOKEN"  # noqa: S105
# What worker processes import before their first work, so that a new one is quick.
_PARSE = ("bot.feeds.document", "feedparser")
_READ = ("trafilatura",)
FIRST_SPREAD_S = 0.5  # between the first polls of two feeds


@dataclass(frozen=True, slots=True)
class App:
    """Everything that runs, built from one config."""

    config: Config
    feeds: tuple[Feed, ...]
    pipeline: Pipeline
    store: SqliteStore
    notifier: Notifier
    socket: SlackSocket | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What is set on the command line or by tests, beside the config. `listens`: somebody will answer to clicks."""

    store: Path | None = None
    resolver: Resolver = system_resolver
    reads_pages: bool = True
    limits: Limits = field(default_factory=Limits)
    policy: Policy | None = None
    out: TextIO | None = None
    listens: bool = False


def watch_of(config: Config) -> Watch:
    """Return what the config makes the bot look for."""
    return compile_watch(load_lexicon(), config.watchlist)


@contextmanager
def opened(config: Config, env: Mapping[str, str], settings: Settings = Settings()) -> Iterator[App]:
    """Build the app and take it down afterwards.

    Raises ConfigError if alerts have nowhere to go, StoreError if the database cannot be used.
    """
    with ExitStack() as stack:
        clock = SystemClock()
        notifier, channel, policy = _notifier(config, env, settings, clock)
        network = NetworkPolicy.of(config.network.allow_private)
        hosts = {host: limit.connections for host, limit in config.network.hosts.items()}
        store = SqliteStore(settings.store or store_path(config, env), hosts=hosts)
        stack.callback(store.close)
        workers = ProcessWorkers(preload=_PARSE + (_READ if settings.reads_pages else ()))
        stack.callback(workers.close)
        fetcher = HttpFetcher(
            network,
            user_agent=user_agent(config.network.contact),
            clock=clock,
            hosts=config.network.hosts,
            resolver=settings.resolver,
        )
        stack.callback(fetcher.close)
        pipeline = Pipeline(
            config=config if channel != TERMINAL else _for_terminal(config),
            watch=cache(partial(watch_of, config)),
            store=store,
            fetcher=ObedientFetcher(fetcher, clock, ignored=config.network.ignore_robots),
            workers=workers,
            notifier=notifier,
            clock=clock,
            counters=Counters(),
            policy=settings.policy or policy,
            channel=channel,
            limits=settings.limits if channel != TERMINAL else replace(settings.limits, pace_s=0.0),
        )
        pipeline.forget_again()
        remember(store, config, clock)
        socket = _socket(pipeline, env) if settings.listens else None
        if socket is not None:
            pipeline = replace(pipeline, talks=True)
        yield App(config, feeds_of(config), pipeline, store, notifier, socket)


def _for_terminal(config: Config) -> Config:
    """Return the config without channels: all goes to one place."""
    digest = config.digest.model_copy(update={"channel": None})
    quiet = tuple(one for one in config.quiet if one.channel is None)
    return config.model_copy(update={"routes": (), "digest": digest, "quiet": quiet})


def remember(store: SqliteStore, config: Config, clock: Clock) -> None:
    """Note in the store that what is judged from now on is judged with `config`."""
    note = history.noted(store.noted(history.NOTE), config, __version__, clock.now())
    if note is not None:
        store.note(history.NOTE, note)


def _socket(pipeline: Pipeline, env: Mapping[str, str]) -> SlackSocket | None:
    """Return what listens to readers, None without Slack or without an app-level token."""
    token = secret(APP_TOKEN, env)
    if token is None or pipeline.channel == TERMINAL:
        return None
    from bot.adapters.slack import SlackNotifier
    from bot.adapters.slack_socket import SlackSocket

    desk = pipeline.notifier
    if not isinstance(desk, SlackNotifier):
        return None
    conversation = Conversation(
        config=pipeline.config,
        watch=pipeline.watch,
        store=pipeline.store,
        desk=desk,
        clock=pipeline.clock,
        counters=pipeline.counters,
        channel=pipeline.channel,
    )
    return SlackSocket(token, conversation.hear, base_url=env.get("SLACK_API_URL", ""))


@contextmanager
def web(config: Config, settings: Settings = Settings()) -> Iterator[tuple[HttpFetcher, ProcessWorkers]]:
    """Build what gets and reads single addresses, as polite and as careful as the bot, and take it down afterwards."""
    fetcher = HttpFetcher(
        NetworkPolicy.of(config.network.allow_private),
        user_agent=user_agent(config.network.contact),
        clock=SystemClock(),
        hosts=config.network.hosts,
        resolver=settings.resolver,
    )
    workers = ProcessWorkers(2, preload=_PARSE)
    try:
        yield fetcher, workers
    finally:
        workers.close()
        fetcher.close()


def user_agent(contact: str | None) -> str:
    """Return what servers are told of us."""
    return f"talentwire/{__version__}" + (f" (+{contact})" if contact else "")


def _notifier(
    config: Config, env: Mapping[str, str], settings: Settings, clock: Clock
) -> tuple[Notifier, str | None, Policy]:
    """Return where alerts go: Slack with a token, else the terminal."""
    token = secret(TOKEN, env)
    policy = Policy(settle_s=config.slack.settle_s)
    if token is None:
        from bot.adapters.terminal import TerminalNotifier

        return TerminalNotifier(settings.out or sys.stdout), TERMINAL, policy
    if config.slack.channel is None and not config.routes:
        raise ConfigError((Problem(0, "slack.channel", f"is missing, though {TOKEN} is set: where shall alerts go?"),))
    from bot.adapters.slack import SlackNotifier

    notifier = SlackNotifier(token, clock=clock, base_url=env.get("SLACK_API_URL", ""), timeout_s=policy.timeout_s)
    return notifier, config.slack.channel, policy


def replay_notifier(config: Config, env: Mapping[str, str], where: str, clock: Clock) -> Notifier:
    """Return what a replay is sent with: the terminal, or Slack for a channel. Raises ConfigError without a token."""
    if where == TERMINAL:
        from bot.adapters.terminal import TerminalNotifier

        return TerminalNotifier(sys.stdout)
    token = secret(TOKEN, env)
    if token is None:
        raise ConfigError((Problem(0, TOKEN, "is missing: without it there is no channel to replay to"),))
    from bot.adapters.slack import SlackNotifier

    timeout_s = Policy(settle_s=config.slack.settle_s).timeout_s
    return SlackNotifier(token, clock=clock, base_url=env.get("SLACK_API_URL", ""), timeout_s=timeout_s)


def run(
    app: App,
    say: Callable[[str], None],
    *,
    stopped: threading.Event,
    config_path: Path | None = None,
    threads: Threads | None = None,
) -> None:
    """Run the service until `stopped` is set."""
    app.pipeline.watch()  # compiled once, before the threads ask for it
    _introduce(app, say, config_path)
    now = app.pipeline.clock.now()
    app.store.sync_feeds(app.feeds, now, spread_s=FIRST_SPREAD_S * len(app.feeds))
    due = app.store.due_feeds(now + timedelta(seconds=FIRST_SPREAD_S * len(app.feeds)))
    with progress(due, "polling feeds", monotonic=app.pipeline.clock.monotonic) as shown:
        watcher = _PollWatcher(due, shown.step, shown.close)
        service = Service(app.pipeline, app.store, threads=threads or Threads(), on_poll=watcher)
        if stopped.is_set():
            return
        service.start()
        if app.socket:
            app.socket.start()
        try:
            stopped.wait()
        finally:
            say("stopping: what is under way gets a few seconds, the rest is kept")
            if app.socket:
                app.socket.close()
            service.stop()


class _PollWatcher:
    """Shows the first round of polls, and says once when the network is gone and once when it is back."""

    def __init__(self, due: int, step: Callable[[int], None], close: Callable[[], None]) -> None:
        self._left = due
        self._step, self._close = step, close
        self._offline = False
        self._lock = threading.Lock()

    def __call__(self, results: Sequence[PollResult]) -> None:
        with self._lock:
            self._show(len(results))
            offline = all(result.reason == "no_network" for result in results)
            if offline and not self._offline:
                event(
                    log,
                    "no network: nothing can be reached; everything is kept, and tried again by itself",
                    level=logging.WARNING,
                )
            if self._offline and not offline:
                event(log, "network is back")
            self._offline = offline

    def _show(self, polled: int) -> None:
        if self._left <= 0:
            return
        self._step(min(polled, self._left))
        self._left -= polled
        if self._left <= 0:
            self._close()
            event(log, "first round of polls done")


def run_once(app: App, *, threads: int = 16, all_feeds: bool = False) -> dict[str, int]:
    """Run every stage to its end; returns the counts of `poll_all`, and `owed`, the operations left."""
    now = app.pipeline.clock.now()
    app.store.sync_feeds(app.feeds, now, spread_s=0)
    if all_feeds:
        app.store.hasten(now)
    with progress(app.store.due_feeds(now), "polling feeds", monotonic=app.pipeline.clock.monotonic) as shown:
        counts = poll_all(app.pipeline, threads=threads, on_poll=lambda results: shown.step(len(results)))
    finish_all(app.pipeline, app.store, threads=8)
    app.pipeline.send_heartbeat()
    prune(app.pipeline, app.store)
    return {**counts, "owed": app.store.unfinished()}


def run_poll(app: App, *, threads: int, all_feeds: bool) -> dict[str, int]:
    """Poll what is due, and nothing else; returns the counts of `poll_all`."""
    now = app.pipeline.clock.now()
    app.store.sync_feeds(app.feeds, now, spread_s=0)
    if all_feeds:
        app.store.hasten(now)
    with progress(app.store.due_feeds(now), "polling feeds", monotonic=app.pipeline.clock.monotonic) as shown:
        return poll_all(app.pipeline, threads=threads, on_poll=lambda results: shown.step(len(results)))


def _introduce(app: App, say: Callable[[str], None], config_path: Path | None) -> None:
    """Say in a few lines what is on, and where to look next."""
    watchlist = app.config.watchlist
    own = len(watchlist.organisations) + len(watchlist.people) + len(watchlist.keywords)
    packs = f" (packs {', '.join(app.config.packs)} in)" if app.config.packs else ""
    say(f"talentwire {__version__}")
    file = config_path or "built in"
    say(f"  config   {file}: {len(app.feeds)} feeds{packs}; {own} names of your own to watch")
    say(f"  store    {app.store.path}{_first_run(app)}")
    say(f"  alerts   {_where(app)}")
    if app.socket:
        say("  talk     buttons under alerts, and /talentwire in Slack")
    say("  look     talentwire feeds · talentwire why URL · stop with Ctrl-C")


def _first_run(app: App) -> str:
    if not app.store.first_run(app.pipeline.clock.now()).pending:
        return ""
    wish = app.config.first_run
    best = f"; the {wish.stories} best stories of the last {wish.hours} h follow" if wish.stories else ""
    return f" (new: what feeds show now is their baseline{best})"


def _where(app: App) -> str:
    if app.pipeline.channel == TERMINAL:
        return f"this terminal; for Slack set {TOKEN} and slack.channel"
    from bot.adapters.slack import SlackNotifier

    if not isinstance(app.notifier, SlackNotifier):
        return f"channel {app.pipeline.channel}"
    try:
        identity = app.notifier.check()
    except DeliveryError as error:
        if error.reason in {DeliveryReason.TOKEN, DeliveryReason.CHANNEL}:
            raise ConfigError((Problem(0, TOKEN, f"Slack does not take it: {error.detail}"),)) from error
        return f"Slack channel {app.pipeline.channel}; Slack cannot be reached now ({error.reason}), alerts wait"
    return f"Slack channel {app.pipeline.channel}, as {identity.user} in {identity.team}"

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
from typing import TYPE_CHECKING, Any, TextIO

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
from bot.reloading import LOOK_S, Reloader
from bot.service import Service, Threads, finish_all, prune
from bot.stages.polling import poll_all
from bot.telemetry import Counters, event, progress

if TYPE_CHECKING:
    from bot.adapters.slack_socket import SlackSocket
    from bot.config.watching import ConfigFile

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
    """Everything that runs, built from one config; `renewed` builds the pipeline of another on what there is."""

    config: Config
    feeds: tuple[Feed, ...]
    pipeline: Pipeline
    store: SqliteStore
    notifier: Notifier
    socket: SlackSocket | None = None
    renewed: Callable[[Config], Pipeline] | None = None
    waiting: Callable[[], Sequence[str]] = tuple  # what has changed and takes a new start


@dataclass(frozen=True, slots=True)
class Settings:
    """What is set on the command line or by tests, beside the config. `listens`: somebody will answer to clicks.

    A `clock` of another speed makes the whole app live faster, for proofs only: see `SystemClock`.
    """

    store: Path | None = None
    resolver: Resolver = system_resolver
    reads_pages: bool = True
    limits: Limits = field(default_factory=Limits)
    policy: Policy | None = None
    out: TextIO | None = None
    listens: bool = False
    clock: Clock = field(default_factory=SystemClock)


def watch_of(config: Config) -> Watch:
    """Return what the config makes the bot look for."""
    return compile_watch(load_lexicon(), config.watchlist)


@contextmanager
def opened(config: Config, env: Mapping[str, str], settings: Settings = Settings()) -> Iterator[App]:
    """Build the app and take it down afterwards.

    Raises ConfigError if alerts have nowhere to go, StoreError if the database cannot be used.
    """
    with ExitStack() as stack:
        clock = settings.clock
        notifier, channel, policy = _notifier(config, env, settings, clock)
        store = SqliteStore(settings.store or store_path(config, env), hosts=_connections(config))
        stack.callback(store.close)
        workers = ProcessWorkers(preload=_PARSE + (_READ if settings.reads_pages else ()))
        stack.callback(workers.close)
        pipeline = Pipeline(
            config=_routed(config, channel),
            watch=cache(partial(watch_of, config)),
            store=store,
            fetcher=_fetcher(config, settings, clock, stack),
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
        talk = _Talk()
        socket = _socket(pipeline, env, talk) if settings.listens else None
        if socket is not None:
            pipeline = replace(pipeline, talks=True)
        current, tokens = [pipeline], _tokens(env)

        def renewed(new: Config) -> Pipeline:
            current[0] = _renewed(current[0], new, env, settings, stack)
            talk.renew(current[0])
            return current[0]

        def waiting() -> Sequence[str]:
            return [name for name, token in _tokens(env).items() if token != tokens[name]]

        yield App(config, feeds_of(config), pipeline, store, notifier, socket, renewed, waiting)


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


def _socket(pipeline: Pipeline, env: Mapping[str, str], talk: _Talk) -> SlackSocket | None:
    """Return what listens to readers and has them heard by `talk`, None without Slack or an app-level token."""
    token = secret(APP_TOKEN, env)
    if token is None or pipeline.channel == TERMINAL:
        return None
    from bot.adapters.slack import SlackNotifier
    from bot.adapters.slack_socket import SlackSocket

    desk = pipeline.notifier
    if not isinstance(desk, SlackNotifier):
        return None
    talk.conversation = Conversation(
        config=pipeline.config,
        watch=pipeline.watch,
        store=pipeline.store,
        desk=desk,
        clock=pipeline.clock,
        counters=pipeline.counters,
        channel=pipeline.channel,
    )
    return SlackSocket(token, talk.hear, base_url=env.get("SLACK_API_URL", ""))


@contextmanager
def web(config: Config, settings: Settings = Settings()) -> Iterator[tuple[HttpFetcher, ProcessWorkers]]:
    """Build what gets and reads single addresses, as polite and as careful as the bot, and take it down afterwards."""
    fetcher = HttpFetcher(
        NetworkPolicy.of(config.network.allow_private),
        user_agent=user_agent(config.network.contact),
        clock=settings.clock,
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


def _refuse_nowhere(config: Config) -> None:
    if config.slack.channel is None and not config.routes:
        raise ConfigError((Problem(0, "slack.channel", f"is missing, though {TOKEN} is set: where shall alerts go?"),))


def _notifier(
    config: Config, env: Mapping[str, str], settings: Settings, clock: Clock
) -> tuple[Notifier, str | None, Policy]:
    """Return where alerts go: Slack with a token, else the terminal."""
    token = secret(TOKEN, env)
    policy = Policy(settle_s=config.slack.settle_s)
    if token is None:
        from bot.adapters.terminal import TerminalNotifier

        return TerminalNotifier(settings.out or sys.stdout), TERMINAL, policy
    _refuse_nowhere(config)
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
    file: ConfigFile | None = None,
    on_ask: Callable[[Callable[[], None]], None] = lambda _: None,
    threads: Threads | None = None,
) -> None:
    """Run the service until `stopped` is set, by `file` as it stands and as it is edited.

    `on_ask` is given what to call to have an edit looked at at once.
    """
    app.pipeline.watch()  # compiled once, before the threads ask for it
    _introduce(app, say, file)
    now = app.pipeline.clock.now()
    app.store.sync_feeds(app.feeds, now, spread_s=FIRST_SPREAD_S * len(app.feeds))
    due = app.store.due_feeds(now + timedelta(seconds=FIRST_SPREAD_S * len(app.feeds)))
    with progress(due, "polling feeds", monotonic=app.pipeline.clock.monotonic) as shown:
        watcher = _PollWatcher(due, shown.step, shown.close)
        service = Service(app.pipeline, app.store, threads=threads or Threads(), on_poll=watcher)
        if stopped.is_set():
            return
        if file is not None:
            reloader = _reloader(app, service, file)
            service.also(reloader.look, LOOK_S)
            on_ask(reloader.ask)
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


def _tokens(env: Mapping[str, str]) -> Mapping[str, str | None]:
    """Return the tokens as they are now; one that cannot be read is "", for that is none that ever was."""
    found: dict[str, str | None] = {}
    for name in (TOKEN, APP_TOKEN):
        try:
            found[name] = secret(name, env)
        except ConfigError:
            found[name] = ""
    return found


def _connections(config: Config) -> Mapping[str, int]:
    return {host: limit.connections for host, limit in config.network.hosts.items()}


def _routed(config: Config, channel: str | None) -> Config:
    """Return what the pipeline goes by: a terminal has no channels."""
    return config if channel != TERMINAL else _for_terminal(config)


def _fetcher(config: Config, settings: Settings, clock: Clock, stack: ExitStack) -> ObedientFetcher:
    fetcher = HttpFetcher(
        NetworkPolicy.of(config.network.allow_private),
        user_agent=user_agent(config.network.contact),
        clock=clock,
        hosts=config.network.hosts,
        resolver=settings.resolver,
    )
    stack.callback(fetcher.close)  # also one that another has followed: what is under way goes on with it
    return ObedientFetcher(fetcher, clock, ignored=config.network.ignore_robots)


def _renewed(
    before: Pipeline, config: Config, env: Mapping[str, str], settings: Settings, stack: ExitStack
) -> Pipeline:
    """Return the pipeline that goes by `config` on the same store, workers and notifier.

    Raises ConfigError where the config asks for what only a start can do, or would leave alerts with nowhere to go.
    """
    old = before.config
    if settings.store is None and store_path(config, env) != store_path(old, env):
        told = f"was {store_path(old, env)} at the start and cannot change while the bot runs: start it anew"
        raise ConfigError((Problem(0, "store", told),))
    on_terminal = before.channel == TERMINAL
    if not on_terminal:
        _refuse_nowhere(config)
    watch = cache(partial(watch_of, config))
    watch()  # compiled before anybody waits for it
    same_net = config.network == old.network
    return replace(
        before,
        config=_routed(config, before.channel),
        watch=watch,
        fetcher=before.fetcher if same_net else _fetcher(config, settings, before.clock, stack),
        policy=settings.policy or replace(before.policy, settle_s=config.slack.settle_s),
        channel=before.channel if on_terminal else config.slack.channel,
    )


class _Talk:
    """The conversation that readers have with the bot, by the config in force."""

    def __init__(self) -> None:
        self.conversation: Conversation | None = None

    def hear(self, kind: str, envelope_id: str, payload: Mapping[str, Any]) -> None:
        """See `Conversation`."""
        if self.conversation is not None:
            self.conversation.hear(kind, envelope_id, payload)

    def renew(self, pipeline: Pipeline) -> None:
        """Go on by the config of `pipeline`."""
        if self.conversation is not None:
            self.conversation = replace(
                self.conversation, config=pipeline.config, watch=pipeline.watch, channel=pipeline.channel
            )


def _reloader(app: App, service: Service, file: ConfigFile) -> Reloader:
    """Return what has `app` and `service` follow the file that they run by."""

    def take(config: Config) -> None:
        if app.renewed is None:
            return
        pipeline = app.renewed(config)
        feeds, now = feeds_of(config), pipeline.clock.now()
        app.store.allow(_connections(config))
        remember(app.store, config, pipeline.clock)
        app.store.sync_feeds(feeds, now, spread_s=FIRST_SPREAD_S * len(feeds))
        service.renew(pipeline)

    slack = app.pipeline.channel != TERMINAL
    return Reloader(file, take, store=app.store, clock=app.pipeline.clock, slack=slack, waiting=app.waiting)


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


def _introduce(app: App, say: Callable[[str], None], given: ConfigFile | None) -> None:
    """Say in a few lines what is on, and where to look next."""
    watchlist = app.config.watchlist
    own = len(watchlist.organisations) + len(watchlist.people) + len(watchlist.keywords)
    packs = f" (packs {', '.join(app.config.packs)} in)" if app.config.packs else ""
    say(f"talentwire {__version__}")
    file = f"{given.path} ({given.fingerprint})" if given else "built in"
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

"""`talentwire backtest`: what an edit of the configuration would have changed, over what the store holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot import __version__, app
from bot.adapters.store import SqliteStore
from bot.alerts.keys import operation_key
from bot.alerts.upkeep import ALERT
from bot.config import Config, find, history, load, store_path
from bot.errors import ConfigError, DeliveryError, DeliveryReason, Fate
from bot.model import (
    Article,
    Entry,
    EntryId,
    Feed,
    Judged,
    Operation,
    Preference,
    Receipt,
    Source,
    Story,
    StoryId,
    Verb,
)
from bot.placing import seen
from bot.ports import Clock, Notifier
from bot.telemetry import progress
from bot.tuning.changes import differing
from bot.tuning.compare import Side, compare_cases
from bot.tuning.replay import replayed
from bot.tuning.report import Report
from bot.tuning.shelf import Shelf

_TRIES = 5
_EVER = datetime.min.replace(tzinfo=UTC)
_SAMPLE_FEED = "https://stories.example/sample"
NO_STORE = "the store holds no article of that time yet"


def compare(
    store_path: Path,
    old: Config,
    new: Config,
    since: datetime,
    now: datetime,
    *,
    all_anew: bool = False,
    step: Callable[[], None] = lambda: None,
) -> Report:
    """Return what `new` instead of `old` would have changed of what the store knows since then; reads only.

    Where there is no store, or nothing in it, the report says so. Raises StoreError for one that cannot be read.
    """
    if not store_path.is_file():
        return Report(since, now, notes=(NO_STORE,))
    store = SqliteStore(store_path, read_only=True)
    try:
        reigns = history.reigns(store.noted(history.NOTE))
        articles, never = store.judged_count(since)
        if not all_anew and no_edit(old, new):
            report = _unedited(store, since, now, articles)
        else:
            seeds = store.stories_before(since)
            report = _compared(
                store.judged(since),
                (old, new),
                (seeds, store.operations_of(story.id for story, _ in seeds), store.preferences_ever()),
                since=since,
                now=now,
                sure_since=_sure_since(reigns, old),
                all_anew=all_anew,
                step=step,
            )
    finally:
        store.close()
    notes = [*report.notes, *_mixed(reigns, old, since)]
    notes += [f"{never} entries of that time were never judged: given up, or still to be read"] if never else []
    return replace(report, notes=tuple(notes if report.articles else [NO_STORE, *notes]))


def _unedited(store: SqliteStore, since: datetime, now: datetime, articles: int) -> Report:
    """Return the report where no edit lies between the two configurations: what was told stands in the store."""
    owed = store.operations()
    opening = [one for one in owed if one.key == operation_key(one.story_id, one.channel, ALERT)]
    told = {one.story_id for one in opening}
    count = len({one.story_id for one in opening if one.created_at >= since})
    sending = tuple(one for one in owed if one.created_at >= since and one.story_id in told)
    return Report(since, now, articles=articles, before=count, after=count, sending=sending)


def no_edit(*configs: Config) -> bool:
    """Tell whether nothing lies between two configurations that bears on what is told."""
    old, new = (Side(config, app.watch_of(config), Shelf((), (), ())) for config in configs)
    return old.is_same_as(new, differing(old.watch, new.watch))


def sample(old: Config, new: Config, now: datetime) -> Report:
    """Return the same over the bundled stories, written by us: they stand in for a month of news."""
    since = now - timedelta(days=30)
    cases = list(sample_cases(old, since, now))
    report = _compared(cases, (old, new), ((), (), ()), since=since, now=now, sure_since=_EVER, all_anew=False)
    return replace(report, sample=True)


def _compared(
    cases: Iterable[Judged],
    configs: tuple[Config, Config],
    kept: tuple[Sequence[tuple[Story, frozenset[str]]], Sequence[Operation], Sequence[Preference]],
    *,
    since: datetime,
    now: datetime,
    sure_since: datetime,
    all_anew: bool,
    step: Callable[[], None] = lambda: None,
) -> Report:
    old, new = (Side(config, app.watch_of(config), Shelf(*kept)) for config in configs)
    return compare_cases(
        cases,
        old,
        new,
        differing(old.watch, new.watch),
        labels=_labels(old) | _labels(new),
        since=since,
        now=now,
        sure_since=sure_since,
        all_anew=all_anew,
        step=step,
    )


def _labels(side: Side) -> dict[str, str]:
    """Return for each name of a watchlist, as the classifier has it, where it stands in config.yaml."""
    lists = side.config.watchlist
    named = {side.watch.canonical(e.name): f"watchlist.organisations: {e.name}" for e in lists.organisations}
    named |= {side.watch.canonical(e.name): f"watchlist.people: {e.name}" for e in lists.people}
    return {**{e.name: f"watchlist.keywords: {e.name}" for e in lists.keywords}, **named}


def _sure_since(reigns: Iterable[history.Reign], old: Config) -> datetime:
    """Return since when the store's findings are those of `old` and of this version; a store that says nothing is so.

    A text that holds a changed name is judged again with `old`, too, where it was judged before that.
    """
    text = history.text_of(old)
    since: datetime | None = None
    known = tuple(reigns)
    for reign in reversed(known):
        if (reign.text, reign.version) != (text, __version__):
            break
        since = reign.since
    if since is not None:
        return since
    return datetime.max.replace(tzinfo=UTC) if known else _EVER


def _mixed(reigns: tuple[history.Reign, ...], old: Config, since: datetime) -> Iterator[str]:
    """Yield that findings of several configs are mixed, if they are."""
    begun = [reign for reign in reigns if reign.since > since]
    ruling = [*([reign] if (reign := _ruling(reigns, since)) else []), *begun]
    if len({reign.hash for reign in ruling}) > 1:
        last = ruling[-1].since
        yield (
            f"the store's findings of that time come from {len({r.hash for r in ruling})} configurations "
            f"(the last since {last:%Y-%m-%d %H:%M} UTC): articles with a changed name are judged again by both sides, "
            "all others stand as they were judged"
        )
    elif not reigns:
        yield "the store does not say which configuration it was judged with: taken to be the one compared with"
    elif reigns[-1].text != history.text_of(old):
        yield "the store was last judged with another configuration than the one compared with"


def _ruling(reigns: tuple[history.Reign, ...], at: datetime) -> history.Reign | None:
    return next((reign for reign in reversed(reigns) if reign.since <= at), None)


def judged_with(store_path: Path) -> Config | None:
    """Return the configuration that the store's findings were last judged with, None where it does not say."""
    if not store_path.is_file():
        return None
    store = SqliteStore(store_path, read_only=True)
    try:
        reigns = history.reigns(store.noted(history.NOTE))
    finally:
        store.close()
    return reigns[-1].config if reigns else None


def usual(config: Config, env: Mapping[str, str]) -> Config:
    """Return the configuration that `run` would take without -c, `config` where there is none."""
    try:
        return load(find(None, env), feedless=True)
    except ConfigError:
        return config


def store_of(config: Config, env: Mapping[str, str]) -> Path:
    """Return the store that the usual configuration works on: an edited copy may lie elsewhere."""
    place = store_path(usual(config, env), env)
    return place if place.is_file() else store_path(config, env)


def followed(
    store_path: Path, old: Config, new: Config, since: datetime, now: datetime, *, monotonic: Callable[[], float]
) -> Report:
    """Return what `compare` does, with a progress bar on a terminal."""
    count = _count(store_path, since)
    with progress(count, "looking through articles", monotonic=monotonic) as shown:
        return compare(store_path, old, new, since, now, step=shown.step)


def _count(store_path: Path, since: datetime) -> int:
    if not store_path.is_file():
        return 0
    store = SqliteStore(store_path, read_only=True)
    try:
        return store.judged_count(since)[0]
    finally:
        store.close()


# ------------------------------------------------------------------------------------------------ replay


def replayed_to(
    where: str,
    report: Report,
    config: Config,
    env: Mapping[str, str],
    *,
    clock: Clock,
    pause: Callable[[float], object],
) -> str:
    """Send a backtest's messages to the terminal or a channel, with a progress bar; returns in a line what came of it.

    Raises DeliveryError where a person must act first.
    """
    notifier = app.replay_notifier(config, env, where, clock)
    pace = 0.0 if where == app.TERMINAL else 1.0
    with progress(len(report.sending), "replaying", monotonic=clock.monotonic) as shown:
        sent, unsure = replay(report, where, notifier, pace_s=pace, pause=pause, step=shown.step)
    return f"{sent} messages replayed" + (f", {unsure} may not have arrived" if unsure else "")


def replay(
    report: Report,
    where: str,
    notifier: Notifier,
    *,
    pace_s: float,
    pause: Callable[[float], object],
    step: Callable[[], None] = lambda: None,
) -> tuple[int, int]:
    """Send what would have been sent to `where`, marked as a replay; returns how many were sent, and may have been.

    `pause` waits some seconds: `pace_s` between two, and as long as the place asks for. Nothing is recorded anywhere.
    Raises DeliveryError where a person must act first.
    """
    stamps: dict[str, str] = {}
    sent = unsure = 0
    for one in replayed(report.sending, where):
        ready = replace(one, target_ts=stamps.get(one.target, ""))
        if one.verb is Verb.REPLY and not ready.target_ts:
            ready = replace(ready, verb=Verb.POST, target="", broadcast=False)
        receipt = _sent(ready, notifier, pause)
        if receipt is None:
            unsure += 1
        else:
            sent += 1
            stamps[one.key] = receipt.ts
        step()
        pause(pace_s)
    return sent, unsure


def _sent(one: Operation, notifier: Notifier, pause: Callable[[float], object]) -> Receipt | None:
    """Send one message; None where it may not have arrived: a replay is not worth a double."""
    for _ in range(_TRIES):
        try:
            return notifier.apply(one)
        except DeliveryError as error:
            if error.fate is Fate.STOP:
                raise
            if error.reason is not DeliveryReason.RATE_LIMITED:
                return None
            pause(error.retry_after or 1.0)
    return None


# ------------------------------------------------------------------------------------------------ the bundled sample


def sample_cases(config: Config, since: datetime, now: datetime) -> Iterator[Judged]:
    """Yield the bundled stories as a bot with `config` would have judged them, one after another, until `now`."""
    from bot.teach.rows import examples

    side = Side(config, app.watch_of(config), Shelf((), (), ()))
    told = [row for row in examples() if not row.held]
    feed = Feed(_SAMPLE_FEED, name="sample")
    for number, row in enumerate(told, 1):
        at = since + (now - since) * number / (len(told) + 1)
        entry = Entry(
            id=EntryId(f"sample {row.id}"),
            feed_url=feed.url,
            raw_id=row.id,
            item_hash="",
            url=f"https://stories.example/{row.id}",
            title=row.title,
            summary=row.body,
            language=row.language,
            published_at=at,
            seen_at=at,
        )
        article = Article(entry, row.title, row.body, row.language, Source.PAGE)
        one = seen(side.watch, article, feed, side.judged(article))
        decided = side.decided(one, at)
        side.keep(one, decided)
        story = decided[0].story
        yield Judged(article, feed, one.finding, at, story.id if story else StoryId(""), one.traits.keys)

"""The whole bot, top to bottom.

    poll_host()        # due feeds of a host -> new entries (bot/polling.py)
    sift_entries()     # new entries         -> articles of feed text, or pages to read
    read_page()        # a page to read      -> an article
    judge_articles()   # unjudged articles   -> findings, stories, owed operations
    carry_out_orders() # people's corrections -> stories, owed operations
    release_held()     # what waited         -> owed operations, alone or together
    tell_digests()     # what was held back  -> a message a day; who won and lost, a message a week
    tell_missed()      # the first run       -> one message: what you missed
    deliver_alerts()   # owed operations     -> Slack, or the terminal
    sweep_channels()   # uncertain ones      -> doubles deleted
    send_heartbeat()   # all is well         -> whoever watches the bot

Each stage takes what is ready from the store, works, and commits its result in one transaction. So any stage may run
alone, twice, or after a crash. This file holds the order of the work and the fate of failures; what things mean is
decided in the rooms (feeds, articles, moves, stories, alerts), by pure functions. Only retrieval runs in parallel.

An error of ours travels as a value: it costs its feed a failure, its entry a strike or its operation an attempt, and
nobody else anything. Any other exception is a bug: logged with its traceback, one strike; the third drops the entry.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot import forgetting
from bot.alerts import buttons, calm, compose, delivery, digests, route, upkeep
from bot.alerts.keys import FIRST_RUN, key_of
from bot.articles import quality
from bot.articles.extract import read
from bot.articles.forms import other_form, same_site
from bot.config import Config, Manner, Updates
from bot.errors import (
    ArticleError,
    ArticleReason,
    BotError,
    DeliveryError,
    Fate,
    FetchError,
    StoreError,
)
from bot.feeds import schedule
from bot.feeds.condition import ADVICE
from bot.forgetting import KeptOut
from bot.model import (
    DIGEST,
    Action,
    Article,
    Entry,
    Feed,
    Finding,
    Held,
    HeldFor,
    Message,
    Operation,
    OperationState,
    Order,
    OrderVerb,
    PollResult,
    Preference,
    ReadMode,
    Request,
    Response,
    Story,
    StoryId,
    StoryMove,
    Verb,
)
from bot.moves.judge import Watch, judge, touches
from bot.placing import Seen, outlet_of, seen
from bot.polling import LEASE_S, Poller
from bot.ports import Clock, Fetcher, Notifier, Store, WorkerKilled, Workers
from bot.stories import corrections, match, merge
from bot.stories.ledger import Wish, flows, ledger
from bot.telemetry import Counters, event
from bot.urls import public_host, redact

log = logging.getLogger(__name__)

PAGE_BYTES = 2 * 1024 * 1024
STRIKES = 3
_WITHOUT_PAGE = frozenset({"news.google.com"})  # its links lead to no article, but to a script
_MISSED_LOOK = 100  # stories looked at for the first run's message
FIRST_RUN_PATIENCE = timedelta(minutes=10)
LEARN_BACK = timedelta(days=30)  # so far back a channel is read when nothing is known of it
LEARN_OVERLAP = timedelta(hours=1)
HEARTBEAT_EVERY = timedelta(minutes=5)
# Named values in the store: the local day of the last digest, and when the heartbeat was last sent.
_DAILY, _WEEKLY, _HEARTBEAT = "daily_digest", "weekly_digest", "heartbeat_at"
_WEEK = timedelta(days=7)


class Poison(StrEnum):
    """The reason of an entry that was dropped because of a bug of ours."""

    BUG = "bug"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds in time: for hostile bytes in a worker, between two polls, two tries of a page, two posts."""

    parse_s: float = 5.0
    extract_s: float = 5.0
    least_interval: timedelta = timedelta(minutes=15)
    page_retry: timedelta = timedelta(seconds=30)
    pace_s: float = 1.0  # between two attempts in one channel: Slack takes about one a second


@dataclass(frozen=True, slots=True)
class Destination:
    """A channel that is to hear of a story: how its route wants that, and whether it scores enough for an alert."""

    wish: route.Wish = field(default_factory=route.Wish)
    sure: bool = True


@dataclass(slots=True)
class Outcome:
    """What is to be written together: operations that are owed, and what is held or was settled."""

    owed: list[Operation]
    held: list[Held]

    def __bool__(self) -> bool:
        return bool(self.owed or self.held)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The bot: a config, what is compiled of it when first asked for (polls do without), and the seams to the world."""

    config: Config
    watch: Callable[[], Watch]
    store: Store
    fetcher: Fetcher
    workers: Workers
    notifier: Notifier
    clock: Clock
    counters: Counters
    policy: delivery.Policy
    channel: str | None  # where stories go that match no route
    limits: Limits = Limits()
    talks: bool = False  # somebody answers to clicks: alerts get their buttons

    # -------------------------------------------------------------------------------------------- poll

    def poll_host(self, worker: str, slow: bool | None = None) -> tuple[PollResult, ...] | None:
        """Ask the due feeds of one host; returns what came of each, None if no host was due. See `Poller`."""
        limits = self.limits
        poller = Poller(
            self.store, self.fetcher, self.workers, self.clock, self.counters, limits.parse_s, limits.least_interval
        )
        return poller.poll_host(worker, slow)

    # -------------------------------------------------------------------------------------------- read

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
                again = self.clock.now() + max(told, self.limits.page_retry * 2**strikes)
                self.store.strike(entry.id, reason, again_at=again)
                return True
            article = quality.article_of(entry, None, reason)
        except Exception:  # noqa: BLE001 - see the docstring of this module
            self._poisoned(entry, strikes)
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
            return self.workers.call(read, page.body, page.url, kind, seconds=self.limits.extract_s), None
        except ArticleError as error:
            return "", error

    def _other_text(self, page: Response) -> str:
        """Return the text of the AMP or canonical form that a page names, "" where there is none to be had."""
        kind = page.headers.get("content-type", "")
        try:
            url = self.workers.call(other_form, page.body, page.url, kind, seconds=self.limits.extract_s)
            other = self._page(url) if url else None
            return self._text(other)[0] if other and same_site(other.url, page.url) else ""
        except (BotError, WorkerKilled):
            return ""

    def _poisoned(self, entry: Entry, strikes: int) -> None:
        """Count a bug against the entry that brought it out; the third one drops it."""
        event(
            log, "entry broke the bot", level=logging.ERROR, exc_info=True, entry=redact(entry.url), strikes=strikes + 1
        )
        self.counters.add("talentwire_entries_poisoned_total")
        if strikes + 1 >= STRIKES:
            self.store.drop(entry.id, Poison.BUG)
        else:
            self.store.strike(entry.id, Poison.BUG, again_at=self.clock.now() + self.limits.page_retry)

    # -------------------------------------------------------------------------------------------- judge

    def judge_articles(self, limit: int = 50) -> int:
        """Judge articles in order of arrival: each finding, its story and what is owed for it are one transaction."""
        batch = self.store.unjudged(limit=limit)
        for article, feed, strikes in batch:
            try:
                self._judge(article, feed)
            except BotError:
                raise
            except Exception:  # noqa: BLE001 - see the docstring of this module
                self._poisoned(article.entry, strikes)
        return len(batch)

    def _judge(self, article: Article, feed: Feed) -> None:
        now = self.clock.now()
        finding = judge(self.watch(), article.title, article.body, article.language)
        one = seen(self.watch(), article, feed, finding)
        placement, outcome = self.decided(one, now)
        owed, held = outcome.owed, outcome.held
        self.store.save_finding(article, finding, placement.story, one.traits.keys, owed, now, held)
        self.counters.add("talentwire_articles_judged_total", verdict=placement.verdict.name.lower())
        event(
            log,
            "alert owed" if owed else "alert held" if held else "article judged",
            level=logging.INFO if owed or held else logging.DEBUG,
            entry=redact(article.entry.url),
            score=finding.score,
            verdict=placement.verdict,
            why=placement.why or None,
            action=placement.action,
            news=placement.news or None,
            held=", ".join(f"{one.channel}: {one.reason}" for one in held) or None,
        )

    def decided(self, one: Seen, now: datetime) -> tuple[merge.Placement, Outcome]:
        """Return where a judged article goes, and what is owed or held for it. Writes nothing."""
        wishes = self.store.preferences(now)
        placement = self._place(one, wishes, now)
        return self._told_of(placement, one.finding, one.article, one.feed, wishes, now)

    def _told_of(
        self,
        placement: merge.Placement,
        finding: Finding,
        article: Article,
        feed: Feed,
        wishes: Sequence[Preference],
        now: datetime,
    ) -> tuple[merge.Placement, Outcome]:
        """Return what channels are to hear of a placed article, now or later, and the placement as that leaves it."""
        story = placement.story
        if story is None:
            return placement, Outcome([], [])
        told = _told(story, finding, article, feed)
        if placement.verdict is merge.Verdict.ALERT:
            places, mute = self._destinations(story, finding, article, feed, wishes)
            waiting = {row.channel: row for row in self.store.held_of(story.id) if not row.settled_by}
            outcome = self._placed(told, places, now, waiting)
            if not outcome:
                verdict = merge.Verdict.MUTED if mute else merge.Verdict.NO_ROUTE
                placement = replace(placement, story=replace(story, told=False), verdict=verdict, why=mute)
        elif story.told:
            outcome = self._upkeep(placement, told, feed, wishes, now)
        elif placement.verdict is merge.Verdict.QUIET:
            places, _ = self._destinations(story, finding, article, feed, wishes)
            known = {one.channel for one in self.store.held_of(story.id)}
            outcome = self._placed(told, {c: place for c, place in places.items() if c not in known}, now)
        else:
            outcome = Outcome([], [])
        if placement.verdict is merge.Verdict.MUTED:
            outcome.held += self._muted_row(story, placement.why, now)
        return placement, outcome

    def _muted_row(self, story: Story, mute: str, now: datetime) -> list[Held]:
        """Return what the next digest is to know of a story that a mute keeps from being told; once a story."""
        channel = self._digest_channel()
        if channel is None or self.config.digest.daily is None or self.store.held_of(story.id):
            return []
        return [Held(channel, story.id, HeldFor.MUTED, now, note=mute)]

    def _digest_channel(self) -> str | None:
        return self.config.digest.channel or self.channel

    def _digest_of(self, row: Held) -> str:
        """Return where a held story is told: the usual channel's digest may have a channel of its own."""
        apart = row.channel == self.channel and row.reason not in (HeldFor.BURST, HeldFor.QUIET)
        return (self.config.digest.channel if apart else None) or row.channel

    def _place(self, seen_as: Seen, wishes: Sequence[Preference], now: datetime) -> merge.Placement:
        """Find the article's story among those that share a key; what is no talent story may still add to one.

        One about somebody whom a channel follows alerts, there, from the lower threshold on.
        """
        article, feed, finding = seen_as.article, seen_as.feed, seen_as.finding
        thresholds = self.config.thresholds
        followed = self._following(finding, wishes)
        candidates = self.store.candidates(seen_as.traits.keys, now - match.MEMORY)
        placement = merge.place(
            article,
            finding,
            seen_as.traits,
            candidates,
            digest_at=thresholds.digest,
            alert_at=min(thresholds.digest, thresholds.alert) if followed else thresholds.alert,
            now=now,
            one=seen_as.one,
        )
        if placement.verdict is not merge.Verdict.ALERT or placement.story is None:
            return placement
        mute = self._mute_of(placement.story, article, feed, now)
        if mute:
            return replace(placement, story=replace(placement.story, told=False), verdict=merge.Verdict.MUTED, why=mute)
        return placement

    def _mute_of(self, story: Story, article: Article, feed: Feed, now: datetime) -> str:
        return route.muted(self.config.mute, story, article, feed, now, known_as=self.watch().canonical)

    def _routed(self, story: Story, finding: Finding, article: Article, feed: Feed) -> Mapping[str, route.Wish]:
        routes, known_as = self.config.routes, self.watch().canonical
        return route.wishes(routes, self.channel, story, finding, article, feed, known_as=known_as)

    def _following(self, finding: Finding, wishes: Sequence[Preference]) -> tuple[str, ...]:
        names = (*finding.people, *finding.organisations)
        return route.following(wishes, names, known_as=self.watch().canonical)

    def _destinations(
        self,
        story: Story,
        finding: Finding,
        article: Article,
        feed: Feed,
        wishes: Sequence[Preference],
        *,
        sure: bool = False,
    ) -> tuple[Mapping[str, Destination], str]:
        """Return the channels that are to hear of a story, and what muted it in the first of those that are not.

        Below the threshold of alerts it is for those who follow somebody in it, unless it is `sure` to be told.
        """
        sure = sure or finding.score >= self.config.thresholds.alert
        routed = {c: Destination(w, sure) for c, w in self._routed(story, finding, article, feed).items()}
        following = {channel: Destination() for channel in self._following(finding, wishes)}
        places = {c: routed[c] if c in routed and sure else d for c, d in {**routed, **following}.items()}
        mutes = {channel: self._muted_in(channel, wishes, story, article, feed) for channel in places}
        reasons = [route.mute_words(mute) for mute in mutes.values() if mute]
        return {c: place for c, place in places.items() if not mutes[c]}, "".join(reasons[:1])

    def _muted_in(
        self, channel: str, wishes: Sequence[Preference], story: Story, article: Article, feed: Feed
    ) -> Preference | None:
        return route.muted_in(channel, wishes, story, article, feed, known_as=self.watch().canonical)

    def _placed(
        self,
        told: compose.Told,
        places: Mapping[str, Destination],
        now: datetime,
        waiting: Mapping[str, Held] | None = None,
    ) -> Outcome:
        """Return what is owed or held of a story for each of `places`; `waiting` is what waits there already."""
        outcome = Outcome([], [])
        for channel, place in places.items():
            before = (waiting or {}).get(channel)
            decision = self._decided(told, channel, place, before, self._recent(channel, now), now)
            operation = self._opening(told, channel, now) if decision.way is calm.Way.SEND else None
            outcome.owed += [operation] if operation else []
            outcome.held += _held(told.story.id, channel, decision, before, operation, now)
        return outcome

    def _decided(
        self,
        told: compose.Told,
        channel: str,
        place: Destination,
        before: Held | None,
        recent: calm.Recent,
        now: datetime,
    ) -> calm.Decision:
        """Decide whether a story is told to a channel now; `before` is how it waits there, if it does."""
        entry, story = told.article.entry, told.story
        owed = calm.Owed(
            kinds=story.kinds,
            published_at=min(entry.published_at or entry.seen_at, entry.seen_at),
            owed_at=_owed_at(before, now),
            moves=calm.names_mover(story),
            sources=len(story.telling.sources),
            sure=place.sure,
            turned=calm.turned(story),
            wish=place.wish,
        )
        return calm.place(owed, calm.rules_for(self.config, channel), recent, now)

    def _recent(self, channel: str, now: datetime, sent: int = 0) -> calm.Recent:
        """Return what a channel got of late, with `sent` messages that are about to be owed."""
        held = [one.until for one in self.store.waiting() if (one.channel, one.reason) == (channel, HeldFor.BURST)]
        loud = self.store.loud(channel, now - self.config.slack.burst.within)
        return calm.Recent([*loud, *[now] * sent], max((until for until in held if until), default=None))

    def _opening(self, told: compose.Told, channel: str, now: datetime) -> Operation:
        """Return what tells a story: a message in `channel`, in its saga's thread if there is one."""
        story = told.story
        earlier = self.store.saga_operations(story.saga) if story.saga != story.id else ()
        thread, manner = upkeep.thread_of(earlier, channel), self._updates(channel).saga
        return upkeep.opening(self._alert(told, channel, now), story.id, channel, thread, manner, now)

    def _alert(self, told: compose.Told, channel: str, now: datetime) -> Message:
        private = bool(self.config.network.allow_private)
        message = compose.alert(
            told.story,
            told.finding,
            told.article,
            outlet=told.outlet,
            channel=channel,
            now=now,
            kind=upkeep.ALERT,
            private_links=private,
            rows=buttons.rows(told, private_links=private) if self.talks else (),
        )
        limit = self.config.slack.hide_after
        against = self.store.against(told.story.id) if limit and self.talks else 0
        return buttons.hidden(message, told.story, against) if limit and against >= limit else message

    def _updates(self, channel: str) -> Updates:
        return route.updates(self.config.routes, self.config.slack.updates, channel)

    def _upkeep(
        self,
        placement: merge.Placement,
        told: compose.Told,
        feed: Feed,
        wishes: Sequence[Preference],
        now: datetime,
    ) -> Outcome:
        """Return what keeps a told story's messages true after one more article, and says what is new.

        A channel that muted it sees its message change in silence; one that follows it hears of each source. What still
        waits is decided anew, and what stood in a digest is said in that one's thread.
        """
        story, before = told.story, placement.before
        outcome = Outcome([], [])
        if before is None or placement.action is Action.NONE:
            return outcome
        own = upkeep.own_messages(self.store.saga_operations(story.saga), story.id)
        rows = {row.channel: row for row in self.store.held_of(story.id) if row.reason is not HeldFor.MUTED}
        lead = told if story.telling.lead == told.article.entry.id else self._lead(story) or told
        for channel, message in own.items():
            manner, held = self._manner(placement.action, channel, told, feed, wishes, now)
            follows = route.follows_story(channel, wishes, story)
            loud = placement.action is not Action.EDIT or follows
            said = self._news(before, told, channel, placement.news, now) if loud else None
            parent, revision = self._alert(lead, channel, now), told.article.entry.id
            outcome.owed += upkeep.upkeep(message, manner, parent, said, revision, now)
            outcome.held += held
        waiting = {c: row for c, row in rows.items() if not row.settled_by and c not in own}
        again = self._placed(lead, self._places_of(waiting, lead, feed), now, waiting)
        outcome.owed += again.owed
        outcome.held += again.held
        if placement.action is Action.BROADCAST:
            turned = self._turned(before, placement, told, feed, wishes, now, rows=rows, own=own)
            outcome.owed += turned.owed
            outcome.held += turned.held
        return outcome

    def _places_of(self, waiting: Mapping[str, Held], told: compose.Told, feed: Feed) -> Mapping[str, Destination]:
        """Return how the channels where a story waits want it as it stands now."""
        routed = self._routed(told.story, told.finding, told.article, feed)
        sure = told.story.score >= self.config.thresholds.alert
        return {
            channel: Destination(routed.get(channel, route.Wish()), sure or row.reason is not HeldFor.GRADE)
            for channel, row in waiting.items()
        }

    def _turned(
        self,
        before: Story,
        placement: merge.Placement,
        told: compose.Told,
        feed: Feed,
        wishes: Sequence[Preference],
        now: datetime,
        *,
        rows: Mapping[str, Held],
        own: Mapping[str, Operation],
    ) -> Outcome:
        """Return what hears of a change where the story has no message of its own: in a digest's thread, or anew."""
        outcome = Outcome([], [])
        for channel, row in rows.items():
            if row.settled_by in ("", calm.MUTED, calm.DROPPED) or channel in own:
                continue
            where = self._digest_of(row)
            manner, held = self._manner(placement.action, where, told, feed, wishes, now)
            said = self._news(before, told, where, placement.news, now)
            outcome.owed += upkeep.said_below(said, told.story.id, where, row.settled_by, manner, now)
            outcome.held += held
        if not told.article.entry.baseline:  # it may be among what the first run missed, or what a route leads on now
            places, _ = self._destinations(told.story, told.finding, told.article, feed, wishes, sure=True)
            fresh = self._placed(told, {c: p for c, p in places.items() if c not in own and c not in rows}, now)
            outcome.owed += fresh.owed
            outcome.held += fresh.held
        return outcome

    def _manner(
        self,
        action: Action,
        channel: str,
        told: compose.Told,
        feed: Feed,
        wishes: Sequence[Preference],
        now: datetime,
    ) -> tuple[Manner, list[Held]]:
        """Return how a channel sees a change; in its quiet hours in silence, and what it then hears when they end."""
        story = told.story
        muted = self._muted_in(channel, wishes, story, told.article, feed) is not None
        follows = route.follows_story(channel, wishes, story)
        manner = upkeep.manner_of(action, self._updates(channel), muted=muted, follows=follows)
        quiet = calm.quiet_until(calm.rules_for(self.config, channel), story.kinds, now)
        if quiet is None or manner not in (Manner.BROADCAST, Manner.NEW):
            return manner, []
        return Manner.THREAD, [Held(channel, story.id, HeldFor.QUIET, now, quiet)]

    def _news(self, before: Story, told: compose.Told, channel: str, new: str, now: datetime) -> Message:
        return compose.news(
            before,
            told.story,
            told.finding,
            told.article,
            outlet=told.outlet,
            channel=channel,
            kind=f"news {told.article.entry.id}",
            now=now,
            new=new,
            private_links=bool(self.config.network.allow_private),
        )

    # -------------------------------------------------------------------------------------------- orders

    def carry_out_orders(self) -> int:
        """Correct what people asked to be corrected: the story, and what its channels were told; returns how many."""
        orders = self.store.open_orders()
        for order in orders:
            if order.verb is OrderVerb.FORGET:
                self._forget(order)
                continue
            try:
                outcome, stories, owed = self._carried_out(order)
            except StoreError:
                raise
            except Exception as bug:  # noqa: BLE001 - see the docstring of this module; an order is tried once
                event(log, "order broke the bot", level=logging.ERROR, exc_info=True, number=order.number)
                outcome, stories, owed = f"could not be done, for a bug of ours: {type(bug).__name__}", (), ()
            self.store.carry_out(replace(order, outcome=outcome), stories, owed)
            event(log, "order carried out", number=order.number, verb=order.verb, outcome=outcome)
        return len(orders)

    def _carried_out(self, order: Order) -> tuple[str, Sequence[Story], Sequence[Operation]]:
        if order.verb is OrderVerb.REDRAW:
            return self._redrawn(order)
        found = corrections.about(self.store.stories(), order.person, order.story)
        if len(found) != 1:
            return f"{len(found) or 'no'} move{'s' * (len(found) != 1)} fit, nothing was changed", (), ()
        ((before, move),) = found
        now = self.clock.now()
        if order.verb is OrderVerb.RETRACT:
            story, right = corrections.retracted(before, move, now), None
        else:
            story, right = corrections.fixed(before, move, order.fields, now)
        owed = self._corrected(order, story, move, right, now)
        outcome = f"was {corrections.told(move)}; {len(owed)} change{'s' * (len(owed) != 1)} owed to channels"
        return outcome, (story,), owed

    def _redrawn(self, order: Order) -> tuple[str, Sequence[Story], Sequence[Operation]]:
        """Draw the messages of a story anew, in silence."""
        story, now = self.store.story(order.story), self.clock.now()
        lead = self._lead(story) if story else None
        if story is None or lead is None:
            return "that story is not kept any more", (), ()
        owed: list[Operation] = []
        for channel, own in upkeep.own_messages(self.store.saga_operations(story.saga), story.id).items():
            message = self._alert(lead, channel, now)
            owed += upkeep.upkeep(own, Manner.EDIT, message, None, f"order {order.number}", now)
        return f"{len(owed)} message{'s' * (len(owed) != 1)} drawn anew", (), owed

    def _forget(self, order: Order) -> None:
        """Take a person out of all that is kept and posted, and keep them out; or let them in again."""
        names = forgetting.spellings(self.store.stories(), order.person)
        known = self.store.kept_out()
        if order.fields.get("undo"):
            left = known.minus([order.person])
            self.store.erase(left, replace(order, outcome="may be told of again"), ())
            return
        self._erase(known.salted().plus(names), order)

    def _erase(self, out: KeptOut, order: Order | None) -> None:
        left = [(story, forgetting.story_without(story, out)) for story in self.store.stories()]
        gone = {story.id for story, without in left if without is None}
        changed = [story for story, without in left if without is not None and without != story]
        owed = upkeep.withdrawals(self.store.operations(), gone, out, self.clock.now())
        outcome = f"{len(gone)} stories gone, {len(changed)} without the name; {len(owed)} messages change"
        self.store.erase(out, None if order is None else replace(order, outcome=outcome), owed)
        event(log, "a person was forgotten", stories=len(gone), messages=len(owed))

    def forget_again(self) -> None:
        """Take out whom an older database brought back: they are to be forgotten, whatever was restored."""
        out = self.store.kept_out()
        if out and self.store.noted("forgotten") != out.fingerprint:
            self._erase(out, None)

    def _corrected(
        self, order: Order, story: Story, was: StoryMove, right: StoryMove | None, now: datetime
    ) -> tuple[Operation, ...]:
        """Return what shows a correction by hand in every channel that was told of the story."""
        lead = self._lead(story)
        owed: list[Operation] = []
        for channel, own in upkeep.own_messages(self.store.saga_operations(story.saga), story.id).items():
            if lead is not None:
                revision = f"order {order.number}"
                said = compose.by_hand(was, right, story=story, channel=channel, kind=f"news {revision}")
                manner = upkeep.manner_of(Action.BROADCAST, self._updates(channel))
                owed += upkeep.upkeep(own, manner, self._alert(lead, channel, now), said, revision, now)
        return (*owed, *self._corrected_below(order, story, was, right, now))

    def _corrected_below(
        self, order: Order, story: Story, was: StoryMove, right: StoryMove | None, now: datetime
    ) -> Sequence[Operation]:
        """Return what shows a correction by hand in the threads of digests that told the story."""
        own = upkeep.own_messages(self.store.saga_operations(story.saga), story.id)
        owed: list[Operation] = []
        for row in self.store.held_of(story.id):
            if row.settled_by in ("", calm.MUTED, calm.DROPPED) or row.channel in own:
                continue
            where = self._digest_of(row)
            said = compose.by_hand(was, right, story=story, channel=where, kind=f"news order {order.number}")
            manner = upkeep.manner_of(Action.BROADCAST, self._updates(where))
            owed += upkeep.said_below(said, story.id, where, row.settled_by, manner, now)
        return owed

    def _lead(self, story: Story) -> compose.Told | None:
        """Return the article that tells a story, told of the story as it stands now."""
        lead = self.store.lead_article(story)
        if lead is None:
            return None
        article, finding, feed = lead
        return _told(story, finding, article, feed)

    def _post(self, story_id: StoryId, channel: str, message: Message, now: datetime) -> Operation:
        return Operation(
            key=key_of(message),
            channel=channel,
            verb=Verb.POST,
            story_id=story_id,
            message=message,
            created_at=now,
            due_at=now,
        )

    # -------------------------------------------------------------------------------------------- held back

    def release_held(self) -> int:
        """Tell what waited until now, or let it wait on; returns how much was due.

        What waited for the end of a burst or of quiet hours is told together; each channel is one transaction.
        """
        now = self.clock.now()
        due = self.store.held_due(now)
        wishes = self.store.preferences(now) if due else ()
        for channel in dict.fromkeys(row.channel for row in due):
            outcome = self._released(channel, [row for row in due if row.channel == channel], wishes, now)
            self.store.hold(outcome.held, outcome.owed)
            event(log, "held alerts released", channel=channel, due=len(outcome.held), owed=len(outcome.owed))
        return len(due)

    def _released(self, channel: str, rows: Sequence[Held], wishes: Sequence[Preference], now: datetime) -> Outcome:
        outcome = Outcome([], [])
        batch: list[tuple[Held, compose.Told]] = []
        for row in rows:
            told, place, settled = self._known(row, wishes, now)
            if told is None:
                outcome.held.append(settled)
                continue
            as_one = row.reason in (HeldFor.BURST, HeldFor.QUIET) or self._has_message(told.story, channel)
            recent = calm.Recent() if as_one else self._recent(channel, now, len(outcome.owed))
            decision = self._decided(told, channel, place, row, recent, now)
            if decision.way is calm.Way.SEND and as_one:
                batch.append((row, told))
                continue
            operation = self._opening(told, channel, now) if decision.way is calm.Way.SEND else None
            outcome.owed += [operation] if operation else []
            outcome.held += _held(row.story_id, channel, decision, row, operation, now)
        owed = self._as_one(channel, batch, now)
        outcome.owed[:0] = owed
        outcome.held += [replace(row, settled_by=owed[0].key) for row, _ in batch]
        return outcome

    def _known(
        self, row: Held, wishes: Sequence[Preference], now: datetime
    ) -> tuple[compose.Told | None, Destination, Held]:
        """Return the story that waits as it stands now, and how its channel wants it.

        None where it is gone or was muted meanwhile; the third says so.
        """
        story = self.store.story(row.story_id)
        lead = self.store.lead_article(story) if story else None
        if story is None or lead is None:
            return None, Destination(), replace(row, settled_by=calm.DROPPED)
        article, finding, feed = lead
        reader = self._muted_in(row.channel, wishes, story, article, feed)
        mute = self._mute_of(story, article, feed, now) or (route.mute_words(reader) if reader else "")
        if mute:
            return None, Destination(), replace(row, reason=HeldFor.MUTED, note=mute, settled_by=calm.MUTED)
        wish = self._routed(story, finding, article, feed).get(row.channel, route.Wish())
        return _told(story, finding, article, feed), Destination(wish), row

    def _as_one(self, channel: str, batch: Sequence[tuple[Held, compose.Told]], now: datetime) -> Sequence[Operation]:
        """Return what tells the stories of `batch`: one message, or the message of the only one."""
        if not batch:
            return ()
        told_here = [self._has_message(told.story, channel) for _, told in batch]
        reasons = [row.reason for row, _ in batch]
        if not calm.together(reasons, own=any(told_here)):
            return (self._opening(batch[0][1], channel, now),)
        kind = calm.batch_kind([row for row, _ in batch], calm.rules_for(self.config, channel))
        private = bool(self.config.network.allow_private)
        items = [digests.Item(told, row.reason) for row, told in batch]
        quiet = HeldFor.QUIET in reasons

        def composed(kind: str) -> Sequence[Message]:
            return digests.gathered(items, channel=channel, kind=kind, quiet=quiet, private_links=private)

        messages = composed(kind)
        if self.store.knows(key_of(messages[0])):  # hours that were changed since: that morning was told already
            messages = composed(f"{kind} {batch[0][0].number}")
        return self._in_a_thread(channel, messages, now)

    def _has_message(self, story: Story, channel: str) -> bool:
        return channel in upkeep.own_messages(self.store.saga_operations(story.saga), story.id)

    def _in_a_thread(self, channel: str, messages: Sequence[Message], now: datetime) -> Sequence[Operation]:
        """Return what posts the first of `messages`, and the others below it."""
        first = self._post(DIGEST, channel, messages[0], now)
        below = [replace(self._post(DIGEST, channel, m, now), verb=Verb.REPLY, target=first.key) for m in messages[1:]]
        return (first, *below)

    # -------------------------------------------------------------------------------------------- digests

    def tell_digests(self) -> bool:
        """Tell what was held back for the day, and who won and lost in the week, once their local time has come."""
        now, wish = self.clock.now(), self.config.digest
        if wish.daily is None:
            return False
        days = {_DAILY: calm.last_day(wish.daily, self.config.zone, now)}
        if wish.weekly:
            days[_WEEKLY] = calm.last_day(wish.daily, self.config.zone, now, wish.weekly)
        told = False
        for name, day in days.items():
            noted = self.store.noted(name)
            if noted is None:
                self.store.note(name, day.isoformat())
            if not calm.is_due(day, noted):
                continue
            outcome = self._daily(day, now) if name == _DAILY else self._weekly(day, now)
            self.store.hold(outcome.held, outcome.owed, {name: day.isoformat()})
            event(log, "digest owed", digest=name, day=day.isoformat(), messages=len(outcome.owed))
            told = True
        return told

    def _daily(self, day: date, now: datetime) -> Outcome:
        """Return the digests of a day: the main channel's whatever there is, others' where something was held back."""
        wishes = self.store.preferences(now)
        waiting = self.store.waiting()
        rows = [row for row in waiting if row.until is None]
        main = self._digest_channel()
        channels = dict.fromkeys([*([main] if main else []), *map(self._digest_of, rows)])
        outcome = Outcome([], [])
        for channel in channels:
            here = [row for row in rows if self._digest_of(row) == channel]
            later = [row.reason for row in waiting if row.until and self._digest_of(row) == channel]
            made = self._daily_in(channel, day, here, later, wishes, now)
            outcome.owed += made.owed
            outcome.held += made.held
        return outcome

    def _daily_in(
        self,
        channel: str,
        day: date,
        rows: Sequence[Held],
        later: Sequence[HeldFor],
        wishes: Sequence[Preference],
        now: datetime,
    ) -> Outcome:
        items, told_rows, settled = [], [], []
        for row in rows:
            if row.reason is HeldFor.MUTED:
                settled.append(replace(row, settled_by=calm.MUTED))
                continue
            told, _, without = self._known(row, wishes, now)
            if told is None:
                settled.append(without)
            else:
                items.append(digests.Item(told, row.reason))
                told_rows.append(row)
        main = channel == self._digest_channel()
        if not items and not main:
            return Outcome([], settled)
        messages = digests.daily(
            day,
            items,
            channel=channel,
            now=now,
            health=self._health() if main else None,
            waiting=later,
            muted=[row.note for row in settled if row.settled_by == calm.MUTED],
            private_links=bool(self.config.network.allow_private),
        )
        if self.store.knows(key_of(messages[0])):  # a store that was set back: what waits is for the next
            return Outcome([], [])
        owed = self._in_a_thread(channel, messages, now)
        return Outcome([*owed], [*settled, *(replace(row, settled_by=owed[0].key) for row in told_rows)])

    def _health(self) -> digests.Health:
        feeds = self.store.feeds()
        sick = [
            digests.SickFeed(_feed_name(f), f.condition, f.condition_since, ADVICE[f.condition])
            for f in feeds
            if f.condition
        ]
        failing = sum(bool(feed.failures) or feed.stopped for feed in feeds)
        return digests.Health(len(feeds), failing, self.store.last_told(), sick)

    def _weekly(self, day: date, now: datetime) -> Outcome:
        """Return the table of the seven days before `day`; nothing for a week without a move."""
        channel, at = self._digest_channel(), self.config.digest.daily
        if channel is None or at is None:
            return Outcome([], [])
        until = calm.instant(day, at, self.config.zone)
        rows = [row for row in ledger(self.store.stories(), Wish(since=until - _WEEK)) if row.first_seen < until]
        firms = [digests.Net(flow.organisation, flow.gains, flow.losses) for flow in flows(rows).firms]
        if not firms:
            return Outcome([], [])
        return Outcome([self._post(DIGEST, channel, digests.weekly(day, firms, channel=channel), now)], [])

    # -------------------------------------------------------------------------------------------- heartbeat

    def send_heartbeat(self) -> bool:
        """Ask the heartbeat's address, where one is set, every five minutes while all is well."""
        url, now = self.config.heartbeat_url, self.clock.now()
        last = self.store.noted(_HEARTBEAT) if url else None
        if not url or (last and 0 <= now.timestamp() - float(last) < HEARTBEAT_EVERY.total_seconds()):
            return False
        if not calm.alive(self.store.pulse(now), now):
            event(log, "heartbeat withheld: polls fail, or an alert is overdue", level=logging.DEBUG)
            return False
        self.store.note(_HEARTBEAT, repr(now.timestamp()))
        try:
            response = self.fetcher.fetch(Request(url, cap=PAGE_BYTES, spaced=False))
            failure = f"status {response.status}" if response.status >= 400 else ""
        except FetchError as error:
            failure = error.reason.value
        if failure:  # its address is a secret: whoever knows it may send heartbeats
            event(log, "heartbeat failed", level=logging.WARNING, host=public_host(url), why=failure)
        return True

    # -------------------------------------------------------------------------------------------- the first run

    def tell_missed(self) -> bool:
        """End the first run, once all feeds were asked and what came was judged: the best stories in one message."""
        now = self.clock.now()
        run = self.store.first_run(now)
        if not run.pending or not run.feeds_answered or run.entries_open:
            return False
        if run.feeds_unasked and now - run.since < FIRST_RUN_PATIENCE:
            return False
        best = self._best_missed(now)
        owed = [
            self._post(FIRST_RUN, channel, self._missed_message(channel, told, now), now)
            for channel, told in best.items()
        ]
        ids = dict.fromkeys(one.story.id for told in best.values() for one in told)
        self.store.end_first_run(list(ids), owed, now)
        event(log, "first run ended", feeds=run.feeds_answered, told=len(ids))
        return True

    def _best_missed(self, now: datetime) -> dict[str, list[compose.Told]]:
        """Return the best stories of the last hours that nothing mutes, by the channels that they go to."""
        wish = self.config.first_run
        found: dict[str, list[compose.Told]] = {}
        wishes = self.store.preferences(now)
        count = 0
        for story, article, finding, feed in self.store.missed(now - timedelta(hours=wish.hours), limit=_MISSED_LOOK):
            if count == wish.stories or story.score < self.config.thresholds.alert:
                break
            muted = self._mute_of(story, article, feed, now)
            channels = () if muted else tuple(self._destinations(story, finding, article, feed, wishes, sure=True)[0])
            count += bool(channels)
            for channel in channels:
                found.setdefault(channel, []).append(_told(story, finding, article, feed))
        return found

    def _missed_message(self, channel: str, told: Sequence[compose.Told], now: datetime) -> Message:
        private = bool(self.config.network.allow_private)
        return compose.missed(told, hours=self.config.first_run.hours, channel=channel, now=now, private_links=private)

    # -------------------------------------------------------------------------------------------- deliver

    def deliver_alerts(self) -> int:
        """Take one step for each channel with a due operation, one channel after the other; returns how many."""
        channels = self.due_channels()
        for channel in channels:
            self.deliver_to(channel)
        return len(channels)

    def due_channels(self) -> Sequence[str]:
        """Return the channels to which something is due, the one that waits longest first."""
        return self.store.due_channels(self.clock.now(), pace_s=self.limits.pace_s)

    def deliver_to(self, channel: str) -> None:
        """Take one step for a channel: its operations come one after another, in the order in which they were owed.

        For one thread at a time for each channel; no channel has to wait for another.
        """
        operation = self.store.first_operation(channel, self.clock.now())
        if operation is None:
            return
        if (since := self.store.unlearnt_since(channel)) is not None:
            self._learn(operation, since)
            return
        if (twin := delivery.twin_of(operation, self.store.learnt(channel))) is not None:
            told, update = delivery.after_twin(operation, twin, self.clock.now())
            self.store.owe([update])
            self.store.settle(told)
            return
        take = self._look_for if operation.state is OperationState.SENDING else self._attempt
        settled = take(operation)
        self.store.settle(settled)
        self._log_operation(settled)

    def _learn(self, waiting: Operation, since: datetime) -> None:
        """Take over what stands of ours in a channel, before the first message of this run.

        A database that was lost, or set back, does not know what it posted; Slack does. Where the channel cannot be
        read for too long, what waits is posted all the same.
        """
        now = self.clock.now()
        try:
            posted = self.notifier.recent(waiting.channel, max(since - LEARN_OVERLAP, now - LEARN_BACK))
        except DeliveryError as error:
            event(log, "channel not learnt", level=logging.WARNING, channel=waiting.channel, error=str(error))
            put_off = delivery.after_learning_failed(waiting, error, now, self.policy)
            if put_off is not None:
                self.store.settle(put_off)
                return
            posted = ()
        count = self.store.learn(waiting.channel, posted)
        event(log, "channel learnt", level=logging.DEBUG, channel=waiting.channel, messages=count)

    def _attempt(self, operation: Operation) -> Operation:
        if delivery.may_stand(operation):
            operation = self._look_for(operation)
            if operation.state is not OperationState.PENDING:
                return operation
        begun = delivery.begin(operation, self.clock.now(), self.policy)
        # Counted before posting: a crash here must cost an attempt, or we could post for ever.
        self.store.settle(begun)
        try:
            receipt = self.notifier.apply(begun)
        except DeliveryError as error:
            return delivery.after_error(begun, error, self.clock.now(), self.policy)
        return delivery.after_receipt(begun, receipt, self.clock.now(), self.policy)

    def _look_for(self, operation: Operation) -> Operation:
        """Look for a message that may have arrived, before anything is sent again."""
        try:
            receipts = self.notifier.find(operation)
        except DeliveryError as error:
            return delivery.after_look_failed(operation, error, self.clock.now(), self.policy)
        return delivery.after_look(operation, receipts, self.clock.now(), self.policy)

    def sweep_channels(self) -> int:
        """Look through the channels for doubles of what was tried more than once, and owe their deletion."""
        due = self.store.due_sweeps(self.clock.now())
        for operation in due:
            try:
                receipts = self.notifier.find(operation)
            except DeliveryError as error:
                self.store.settle(delivery.after_sweep_failed(operation, error, self.clock.now(), self.policy))
                continue
            swept, deletes = delivery.after_sweep(operation, receipts, self.clock.now(), self.policy)
            if deletes:
                self.store.owe(deletes)
                event(log, "doubles found", level=logging.WARNING, channel=operation.channel, doubles=len(deletes))
            self.store.settle(swept)
        return len(due)

    def _log_operation(self, operation: Operation) -> None:
        self.counters.add("talentwire_operations_settled_total", state=operation.state)
        serious = operation.state in {OperationState.DEAD, OperationState.PARKED}
        event(
            log,
            f"operation {operation.state}",
            level=logging.ERROR if serious else logging.INFO,
            key=operation.key[:8],
            channel=operation.channel,
            attempts=operation.attempts,
            error=operation.error or None,
        )


def _held(
    story_id: StoryId,
    channel: str,
    decision: calm.Decision,
    before: Held | None,
    operation: Operation | None,
    now: datetime,
) -> list[Held]:
    """Return what is to be kept of a decision: what waits by it, or what it settled; nothing if neither."""
    if decision.reason and decision.way in (calm.Way.HOLD, calm.Way.DIGEST):
        return [Held(channel, story_id, decision.reason, _owed_at(before, now), decision.until)]
    if before is None:
        return []
    return [replace(before, settled_by=operation.key if operation else calm.DROPPED)]


def _owed_at(before: Held | None, now: datetime) -> datetime:
    """Return since when an alert is owed: what waited below the threshold, or muted, was none before."""
    return before.owed_at if before and before.reason not in (HeldFor.GRADE, HeldFor.MUTED) else now


def _feed_name(feed: Feed) -> str:
    return feed.name or feed.title or redact(feed.url)


def _told(story: Story, finding: Finding, article: Article, feed: Feed) -> compose.Told:
    return compose.Told(story, finding, article, outlet_of(article, feed), route.source_of(article, feed))

"""What channels are to hear of a story, now or later: pure but for what is asked of the store. Writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.alerts import buttons, calm, compose, route, upkeep
from bot.alerts.keys import key_of
from bot.config import Config, Manner, Updates
from bot.model import (
    DIGEST,
    Action,
    Article,
    Feed,
    Finding,
    Held,
    HeldFor,
    Message,
    Operation,
    Preference,
    Story,
    StoryId,
    Verb,
)
from bot.moves.judge import Watch
from bot.placing import outlet_of
from bot.ports import Store
from bot.stories import merge


@dataclass(frozen=True, slots=True)
class Case:
    """A story, and the article that tells it: what routes, mutes and messages look at."""

    story: Story
    finding: Finding
    article: Article
    feed: Feed

    @property
    def told(self) -> compose.Told:
        """The case as messages take it."""
        article, feed = self.article, self.feed
        return compose.Told(self.story, self.finding, article, outlet_of(article, feed), route.source_of(article, feed))


@dataclass(frozen=True, slots=True)
class Destination:
    """A channel that is to hear of a story: how its route wants that, and whether it scores enough for an alert."""

    wish: route.Wish = field(default_factory=route.Wish)
    sure: bool = True


@dataclass(slots=True)
class Outcome:
    """What is to be written together: operations that are owed, and what is held or was settled."""

    owed: list[Operation] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.owed or self.held)

    def add(self, other: Outcome) -> None:
        """Take in what `other` has."""
        self.owed += other.owed
        self.held += other.held


@dataclass(frozen=True, slots=True)
class Desk:
    """Decides who hears what. Stories that match no route go to `channel`; somebody answers to clicks if `talks`."""

    config: Config
    watch: Callable[[], Watch]
    store: Store
    channel: str | None
    talks: bool = False

    # -------------------------------------------------------------------------------------------- one more article

    def told_of(
        self, placement: merge.Placement, case: Case, wishes: Sequence[Preference], now: datetime
    ) -> tuple[merge.Placement, Outcome]:
        """Return what channels are to hear of a placed article, now or later, and the placement as that leaves it."""
        story, outcome = case.story, Outcome()
        if placement.verdict is merge.Verdict.ALERT:
            places, mute = self.destinations(case, wishes)
            waiting = {row.channel: row for row in self.store.held_of(story.id) if not row.settled_by}
            outcome = self._placed(case, places, now, waiting)
            if not outcome:
                verdict = merge.Verdict.MUTED if mute else merge.Verdict.NO_ROUTE
                placement = replace(placement, story=replace(story, told=False), verdict=verdict, why=mute)
        elif story.told:
            outcome = self._upkeep(placement, case, wishes, now)
        elif placement.verdict is merge.Verdict.QUIET:
            places, _ = self.destinations(case, wishes)
            known = {one.channel for one in self.store.held_of(story.id)}
            outcome = self._placed(case, {c: place for c, place in places.items() if c not in known}, now)
        if placement.verdict is merge.Verdict.MUTED:
            outcome.held += self._muted_row(story, placement.why, now)
        return placement, outcome

    def _muted_row(self, story: Story, mute: str, now: datetime) -> list[Held]:
        """Return what the next digest is to know of a story that a mute keeps from being told; once a story."""
        channel = self.digest_channel
        if channel is None or self.config.digest.daily is None or self.store.held_of(story.id):
            return []
        return [Held(channel, story.id, HeldFor.MUTED, now, note=mute)]

    # -------------------------------------------------------------------------------------------- where it goes

    def mute_of(self, case: Case, now: datetime) -> str:
        """Return the mute of the config that keeps a story from everybody, "" if none does."""
        known_as = self.watch().canonical
        return route.muted(self.config.mute, case.story, case.article, case.feed, now, known_as=known_as)

    def muted_in(self, channel: str, wishes: Sequence[Preference], case: Case) -> Preference | None:
        """Return the mute of a channel's readers that keeps a story from it."""
        known_as = self.watch().canonical
        return route.muted_in(channel, wishes, case.story, case.article, case.feed, known_as=known_as)

    def routed(self, case: Case) -> Mapping[str, route.Wish]:
        """Return the channels to which routes lead a story, and how they want it."""
        routes, known_as = self.config.routes, self.watch().canonical
        return route.wishes(routes, self.channel, case.story, case.finding, case.article, case.feed, known_as=known_as)

    def following(self, finding: Finding, wishes: Sequence[Preference]) -> tuple[str, ...]:
        """Return the channels that follow somebody of whom a finding tells."""
        names = (*finding.people, *finding.organisations)
        return route.following(wishes, names, known_as=self.watch().canonical)

    def destinations(
        self, case: Case, wishes: Sequence[Preference], *, sure: bool = False
    ) -> tuple[Mapping[str, Destination], str]:
        """Return the channels that are to hear of a story, and what muted it in the first of those that are not.

        Below the threshold of alerts it is for those who follow somebody in it, unless it is `sure` to be told.
        """
        sure = sure or case.finding.score >= self.config.thresholds.alert
        routed = {c: Destination(w, sure) for c, w in self.routed(case).items()}
        following = {channel: Destination() for channel in self.following(case.finding, wishes)}
        places = {c: routed[c] if c in routed and sure else d for c, d in {**routed, **following}.items()}
        mutes = {channel: self.muted_in(channel, wishes, case) for channel in places}
        reasons = [route.mute_words(mute) for mute in mutes.values() if mute]
        return {c: place for c, place in places.items() if not mutes[c]}, "".join(reasons[:1])

    @property
    def digest_channel(self) -> str | None:
        """The channel of the daily digest."""
        return self.config.digest.channel or self.channel

    def digest_of(self, row: Held) -> str:
        """Return where a held story is told: the usual channel's digest may have a channel of its own."""
        apart = row.channel == self.channel and row.reason not in (HeldFor.BURST, HeldFor.QUIET)
        return (self.config.digest.channel if apart else None) or row.channel

    # -------------------------------------------------------------------------------------------- now or later

    def _placed(
        self,
        case: Case,
        places: Mapping[str, Destination],
        now: datetime,
        waiting: Mapping[str, Held] | None = None,
    ) -> Outcome:
        """Return what is owed or held of a story for each of `places`; `waiting` is what waits there already."""
        outcome = Outcome()
        for channel, place in places.items():
            before = (waiting or {}).get(channel)
            decision = self.decided(case, channel, place, before, self.recent(channel, now), now)
            outcome.add(self.carried(case, channel, decision, before, now))
        return outcome

    def decided(
        self,
        case: Case,
        channel: str,
        place: Destination,
        before: Held | None,
        recent: calm.Recent,
        now: datetime,
    ) -> calm.Decision:
        """Decide whether a story is told to a channel now; `before` is how it waits there, if it does."""
        entry, story = case.article.entry, case.story
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

    def recent(self, channel: str, now: datetime, sent: int = 0) -> calm.Recent:
        """Return what a channel got of late, with `sent` messages that are about to be owed."""
        held = [one.until for one in self.store.waiting() if (one.channel, one.reason) == (channel, HeldFor.BURST)]
        loud = self.store.loud(channel, now - self.config.slack.burst.within)
        return calm.Recent([*loud, *[now] * sent], max((until for until in held if until), default=None))

    def carried(self, case: Case, channel: str, decision: calm.Decision, before: Held | None, now: datetime) -> Outcome:
        """Return what a decision makes owed, and what is to be kept of it: what waits by it, or what it settled."""
        operation = self.opening(case, channel, now) if decision.way is calm.Way.SEND else None
        owed = [operation] if operation else []
        if decision.reason and decision.way in (calm.Way.HOLD, calm.Way.DIGEST):
            return Outcome(owed, [Held(channel, case.story.id, decision.reason, _owed_at(before, now), decision.until)])
        settled_by = operation.key if operation else calm.DROPPED
        return Outcome(owed, [replace(before, settled_by=settled_by)] if before else [])

    # -------------------------------------------------------------------------------------------- messages

    def opening(self, case: Case, channel: str, now: datetime) -> Operation:
        """Return what tells a story: a message in `channel`, in its saga's thread if there is one."""
        story = case.story
        earlier = self.store.saga_operations(story.saga) if story.saga != story.id else ()
        thread, manner = upkeep.thread_of(earlier, channel), self.updates(channel).saga
        return upkeep.opening(self.alert(case, channel, now), story.id, channel, thread, manner, now)

    def alert(self, case: Case, channel: str, now: datetime) -> Message:
        """Return the message that tells a story, with its buttons, or hidden where enough readers were against it."""
        private, told = bool(self.config.network.allow_private), case.told
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

    def updates(self, channel: str) -> Updates:
        """Return how a channel wants to hear of what changes."""
        return route.updates(self.config.routes, self.config.slack.updates, channel)

    def own_messages(self, story: Story) -> Mapping[str, Operation]:
        """Return what stands of a story's own messages, by channel."""
        return upkeep.own_messages(self.store.saga_operations(story.saga), story.id)

    def lead(self, story: Story) -> Case | None:
        """Return the article that tells a story, told of the story as it stands now; None where it is gone."""
        lead = self.store.lead_article(story)
        if lead is None:
            return None
        article, finding, feed = lead
        return Case(story, finding, article, feed)

    # -------------------------------------------------------------------------------------------- upkeep

    def _upkeep(self, placement: merge.Placement, case: Case, wishes: Sequence[Preference], now: datetime) -> Outcome:
        """Return what keeps a told story's messages true after one more article, and says what is new.

        A channel that muted it sees its message change in silence; one that follows it hears of each source. What still
        waits is decided anew, and what stood in a digest is said in that one's thread.
        """
        story, before, outcome = case.story, placement.before, Outcome()
        if before is None or placement.action is Action.NONE:
            return outcome
        own = self.own_messages(story)
        rows = {row.channel: row for row in self.store.held_of(story.id) if row.reason is not HeldFor.MUTED}
        lead = case if story.telling.lead == case.article.entry.id else self.lead(story) or case
        for channel, message in own.items():
            manner, held = self._manner(placement.action, channel, case, wishes, now)
            loud = placement.action is not Action.EDIT or route.follows_story(channel, wishes, story)
            said = self._news(before, case, channel, placement.news, now) if loud else None
            parent, revision = self.alert(lead, channel, now), case.article.entry.id
            outcome.add(Outcome([*upkeep.upkeep(message, manner, parent, said, revision, now)], held))
        waiting = {c: row for c, row in rows.items() if not row.settled_by and c not in own}
        places = self._places_of(waiting, replace(lead, feed=case.feed))  # by the routes of the feed that spoke last
        outcome.add(self._placed(lead, places, now, waiting))
        if placement.action is Action.BROADCAST:
            for where, digest in self.in_digests(rows.values(), own):
                manner, held = self._manner(placement.action, where, case, wishes, now)
                said = self._news(before, case, where, placement.news, now)
                outcome.add(Outcome([*upkeep.said_below(said, story.id, where, digest, manner, now)], held))
            outcome.add(self._turned_anew(case, {*own, *rows}, wishes, now))
        return outcome

    def _places_of(self, waiting: Mapping[str, Held], case: Case) -> Mapping[str, Destination]:
        """Return how the channels where a story waits want it as it stands now."""
        routed = self.routed(case)
        sure = case.story.score >= self.config.thresholds.alert
        return {
            channel: Destination(routed.get(channel, route.Wish()), sure or row.reason is not HeldFor.GRADE)
            for channel, row in waiting.items()
        }

    def in_digests(self, rows: Iterable[Held], own: Container[str]) -> Sequence[tuple[str, str]]:
        """Return the channels where the story of `rows` stood in a digest, and its key; those in `own` saw it alone."""
        apart = ("", calm.MUTED, calm.DROPPED)
        return [
            (self.digest_of(row), row.settled_by)
            for row in rows
            if row.settled_by not in apart and row.channel not in own
        ]

    def _turned_anew(self, case: Case, known: Container[str], wishes: Sequence[Preference], now: datetime) -> Outcome:
        """Return what tells a story that turned to channels that do not know it.

        It may be among what the first run missed, or what a route leads there only now.
        """
        if case.article.entry.baseline:
            return Outcome()
        places, _ = self.destinations(case, wishes, sure=True)
        return self._placed(case, {c: place for c, place in places.items() if c not in known}, now)

    def _manner(
        self, action: Action, channel: str, case: Case, wishes: Sequence[Preference], now: datetime
    ) -> tuple[Manner, list[Held]]:
        """Return how a channel sees a change; in its quiet hours in silence, and what it then hears when they end."""
        story = case.story
        muted = self.muted_in(channel, wishes, case) is not None
        follows = route.follows_story(channel, wishes, story)
        manner = upkeep.manner_of(action, self.updates(channel), muted=muted, follows=follows)
        quiet = calm.quiet_until(calm.rules_for(self.config, channel), story.kinds, now)
        if quiet is None or manner not in (Manner.BROADCAST, Manner.NEW):
            return manner, []
        return Manner.THREAD, [Held(channel, story.id, HeldFor.QUIET, now, quiet)]

    def _news(self, before: Story, case: Case, channel: str, new: str, now: datetime) -> Message:
        return compose.news(
            before,
            case.story,
            case.finding,
            case.article,
            outlet=case.told.outlet,
            channel=channel,
            kind=f"news {case.article.entry.id}",
            now=now,
            new=new,
            private_links=bool(self.config.network.allow_private),
        )


def post(story_id: StoryId, channel: str, message: Message, now: datetime) -> Operation:
    """Return what posts a message."""
    return Operation(
        key=key_of(message),
        channel=channel,
        verb=Verb.POST,
        story_id=story_id,
        message=message,
        created_at=now,
        due_at=now,
    )


def post_thread(channel: str, messages: Sequence[Message], now: datetime) -> Sequence[Operation]:
    """Return what posts the first of `messages`, a digest, and the others below it."""
    first = post(DIGEST, channel, messages[0], now)
    below = [replace(post(DIGEST, channel, m, now), verb=Verb.REPLY, target=first.key) for m in messages[1:]]
    return (first, *below)


def _owed_at(before: Held | None, now: datetime) -> datetime:
    """Return since when an alert is owed: what waited below the threshold, or muted, was none before."""
    return before.owed_at if before and before.reason not in (HeldFor.GRADE, HeldFor.MUTED) else now

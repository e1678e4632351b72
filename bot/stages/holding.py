"""Tells what was held back: once it waited long enough, or in the day's digest; and who won and lost in the week."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot.alerts import calm, digests, route
from bot.alerts.keys import key_of
from bot.config import Config
from bot.feeds.condition import ADVICE
from bot.model import DIGEST, Feed, Held, HeldFor, Message, Operation, Preference
from bot.ports import Clock, Store
from bot.stages.telling import Case, Desk, Destination, Outcome, post, post_thread
from bot.stories.ledger import Wish, flows, ledger
from bot.telemetry import event
from bot.urls import redact

log = logging.getLogger(__name__)

# Named values in the store: the local day of the last digest of each kind.
_DAILY, _WEEKLY = "daily_digest", "weekly_digest"
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Keeper:
    """Lets go of what waits; how a story that waits is told, the desk knows."""

    config: Config
    store: Store
    clock: Clock
    desk: Desk

    # -------------------------------------------------------------------------------------------- what waited

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
        outcome = Outcome()
        batch: list[tuple[Held, Case]] = []
        for row in rows:
            case, place, settled = self._known(row, wishes, now)
            if case is None:
                outcome.held.append(settled)
                continue
            as_one = row.reason in (HeldFor.BURST, HeldFor.QUIET) or channel in self.desk.own_messages(case.story)
            recent = calm.Recent() if as_one else self.desk.recent(channel, now, len(outcome.owed))
            decision = self.desk.decided(case, channel, place, row, recent, now)
            if decision.way is calm.Way.SEND and as_one:
                batch.append((row, case))
            else:
                outcome.add(self.desk.carried(case, channel, decision, row, now))
        owed = self._as_one(channel, batch, now)
        outcome.owed[:0] = owed
        outcome.held += [replace(row, settled_by=owed[0].key) for row, _ in batch]
        return outcome

    def _known(self, row: Held, wishes: Sequence[Preference], now: datetime) -> tuple[Case | None, Destination, Held]:
        """Return the story that waits as it stands now, and how its channel wants it.

        None where it is gone or was muted meanwhile; the third says so.
        """
        story = self.store.story(row.story_id)
        case = self.desk.lead(story) if story else None
        if case is None:
            return None, Destination(), replace(row, settled_by=calm.DROPPED)
        reader = self.desk.muted_in(row.channel, wishes, case)
        mute = self.desk.mute_of(case, now) or (route.mute_words(reader) if reader else "")
        if mute:
            return None, Destination(), replace(row, reason=HeldFor.MUTED, note=mute, settled_by=calm.MUTED)
        return case, Destination(self.desk.routed(case).get(row.channel, route.Wish())), row

    def _as_one(self, channel: str, batch: Sequence[tuple[Held, Case]], now: datetime) -> Sequence[Operation]:
        """Return what tells the stories of `batch`: one message, or the message of the only one."""
        if not batch:
            return ()
        told_here = [channel in self.desk.own_messages(case.story) for _, case in batch]
        reasons = [row.reason for row, _ in batch]
        if not calm.together(reasons, own=any(told_here)):
            return (self.desk.opening(batch[0][1], channel, now),)
        kind = calm.batch_kind([row for row, _ in batch], calm.rules_for(self.config, channel))
        private = bool(self.config.network.allow_private)
        items = [digests.Item(case.told, row.reason) for row, case in batch]
        quiet = HeldFor.QUIET in reasons

        def composed(kind: str) -> Sequence[Message]:
            return digests.gathered(items, channel=channel, kind=kind, quiet=quiet, private_links=private)

        messages = composed(kind)
        if self.store.knows(key_of(messages[0])):  # hours that were changed since: that morning was told already
            messages = composed(f"{kind} {batch[0][0].number}")
        return post_thread(channel, messages, now)

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
        main = self.desk.digest_channel
        channels = dict.fromkeys([*([main] if main else []), *map(self.desk.digest_of, rows)])
        outcome = Outcome()
        for channel in channels:
            here = [row for row in rows if self.desk.digest_of(row) == channel]
            later = [row.reason for row in waiting if row.until and self.desk.digest_of(row) == channel]
            outcome.add(self._daily_in(channel, day, here, later, wishes, now))
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
            case, _, without = self._known(row, wishes, now)
            if case is None:
                settled.append(without)
            else:
                items.append(digests.Item(case.told, row.reason))
                told_rows.append(row)
        main = channel == self.desk.digest_channel
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
            return Outcome()
        owed = post_thread(channel, messages, now)
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
        channel, at = self.desk.digest_channel, self.config.digest.daily
        if channel is None or at is None:
            return Outcome()
        until = calm.instant(day, at, self.config.zone)
        rows = [row for row in ledger(self.store.stories(), Wish(since=until - _WEEK)) if row.first_seen < until]
        firms = [digests.Net(flow.organisation, flow.gains, flow.losses) for flow in flows(rows).firms]
        if not firms:
            return Outcome()
        return Outcome([post(DIGEST, channel, digests.weekly(day, firms, channel=channel), now)], [])


def _feed_name(feed: Feed) -> str:
    return feed.name or feed.title or redact(feed.url)

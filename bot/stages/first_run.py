"""Ends the first run: what is news to nobody any more is told in one message, not as alerts."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.alerts import compose
from bot.alerts.keys import FIRST_RUN
from bot.config import Config
from bot.model import Message
from bot.ports import Clock, Store
from bot.stages.telling import Case, Desk, post
from bot.telemetry import event

log = logging.getLogger(__name__)

FIRST_RUN_PATIENCE = timedelta(minutes=10)
_MISSED_LOOK = 100  # stories looked at for the first run's message


@dataclass(frozen=True, slots=True)
class FirstRun:
    """Tells what was missed; where a story goes, the desk knows."""

    config: Config
    store: Store
    clock: Clock
    desk: Desk

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
            post(FIRST_RUN, channel, self._missed_message(channel, told, now), now) for channel, told in best.items()
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
            case = Case(story, finding, article, feed)
            muted = self.desk.mute_of(case, now)
            channels = () if muted else tuple(self.desk.destinations(case, wishes, sure=True)[0])
            count += bool(channels)
            for channel in channels:
                found.setdefault(channel, []).append(case.told)
        return found

    def _missed_message(self, channel: str, told: Sequence[compose.Told], now: datetime) -> Message:
        private = bool(self.config.network.allow_private)
        return compose.missed(told, hours=self.config.first_run.hours, channel=channel, now=now, private_links=private)

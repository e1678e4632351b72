"""What readers do in Slack, top to bottom: hear it, look up what it is about, decide, store, answer.

It is acknowledged before it comes here. What follows from it is stored together with its ids in one transaction, so
that a redelivery changes nothing and is not answered again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.alerts import buttons, route
from bot.alerts.compose import Told
from bot.config import Config
from bot.errors import DeliveryError
from bot.model import PreferenceVerb, Trace
from bot.moves.judge import Watch
from bot.ports import Clock, Desk, Store
from bot.talk import home, replies
from bot.talk.decide import CHANGING, Known, decide
from bot.talk.heard import Heard, heard
from bot.talk.replies import FEEDBACK, Health
from bot.telemetry import Counters, event

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Conversation:
    """The bot as readers talk to it; `channel` is where stories go that match no route."""

    config: Config
    watch: Callable[[], Watch]
    store: Store
    desk: Desk
    clock: Clock
    counters: Counters
    channel: str | None

    def hear(self, kind: str, envelope_id: str, payload: Mapping[str, Any]) -> None:
        """Act on one envelope from Slack. Raises StoreError; whoever cannot be answered finds out by asking again."""
        said = heard(kind, envelope_id, payload)
        if said is None:
            event(log, "not understood", level=logging.DEBUG, kind=kind)
            return
        now = self.clock.now()
        decision = decide(said, self._known(said, now), now)
        fresh = self.store.hear(said.ids, decision.changes, now)
        self.counters.add("talentwire_words_heard_total", outcome="new" if fresh else "again")
        event(log, "reader heard" if fresh else "heard again", verb=said.verb, user=said.user, channel=said.channel)
        if not fresh:
            return
        if decision.dialog and not self._asked(said, decision.dialog):
            self._answer(said, replies.TOO_LATE.payload())
        if decision.answer:
            self._answer(said, decision.answer.payload())
        if said.home:
            self._show_home(said, now)

    def _asked(self, said: Heard, dialog: Mapping[str, Any]) -> bool:
        try:
            self.desk.ask(said.trigger, dialog)
        except DeliveryError as error:
            event(log, "dialog not opened", level=logging.WARNING, verb=said.verb, error=str(error))
            return False
        return True

    def _show_home(self, said: Heard, now: datetime) -> None:
        told = sorted((one for one in self.store.stories() if one.told), key=lambda one: one.last_seen, reverse=True)
        unwell = [feed for feed in self.store.feeds() if feed.condition or feed.stopped or feed.failures]
        page = home.Home(self.config, self._health(now), unwell, self.store.preferences(now), told[: home.MAX_TOLD])
        try:
            self.desk.show_home(said.user, home.view(page))
        except DeliveryError as error:
            event(log, "home not shown", level=logging.WARNING, error=str(error))

    def _answer(self, said: Heard, payload: Mapping[str, Any]) -> None:
        if not said.answer_to:
            return
        try:
            self.desk.answer(said.answer_to, payload)
        except DeliveryError as error:
            event(log, "reader not answered", level=logging.WARNING, verb=said.verb, error=str(error))

    def _known(self, said: Heard, now: datetime) -> Known:
        """Look up what `said` is about, and nothing else."""
        channel = self._channel(said)
        told = self._told(said.story) if said.story else None
        about = said.story or _feedback_about(said)
        against = self.store.against(about, but=said.user)
        return Known(
            config=self.config,
            channel=channel,
            may_change=self._may_change(channel, said.user) if said.verb in CHANGING else None,
            against=against,
            own=self.store.against(about) - against,
            preferences=self.store.preferences(now),
            told=told,
            trace=self._trace(said, told),
            stories=self.store.stories() if said.verb == "moves" else (),
            health=self._health(now) if said.verb == "status" else None,
            known_as=self.watch().canonical,
        )

    def _channel(self, said: Heard) -> str:
        """Return the channel that a change is for: where it was asked, if alerts go there, else the usual one."""
        known = [c for c in (self.channel, *(r.channel for r in self.config.routes)) if c]
        if said.channel in known or said.story or (said.home and said.channel):
            return said.channel
        return known[0] if known else ""

    def _may_change(self, channel: str, user: str) -> bool | None:
        wanted = self.config.slack.may_change
        if "everybody" in wanted or user in wanted:
            return True
        if "members" not in wanted or not channel:
            return False
        try:
            return self.desk.is_member(channel, user)
        except DeliveryError as error:
            event(log, "members not known", level=logging.WARNING, channel=channel, error=str(error))
            return None

    def _told(self, story_id: str) -> Told | None:
        story = self.store.story(story_id)
        lead = self.store.lead_article(story) if story else None
        if story is None or lead is None:
            return None
        article, finding, feed = lead
        return Told(story, finding, article, article.entry.publisher or feed.name, route.source_of(article, feed))

    def _trace(self, said: Heard, told: Told | None) -> Trace | None:
        if said.link:
            return self.store.trace(said.link)
        if said.verb == buttons.WHY and told:
            return self.store.trace(told.article.entry.url)
        return None

    def _health(self, now: datetime) -> Health:
        feeds = self.store.feeds()
        return Health(
            feeds=len(feeds),
            failing=sum(bool(feed.failures) and not feed.stopped for feed in feeds),
            stopped=sum(feed.stopped for feed in feeds),
            last_told=self.store.last_told(),
            owed=self.store.unfinished(),
            mutes=sum(
                wish.verb in (PreferenceVerb.MUTE, PreferenceVerb.FOLLOW) for wish in self.store.preferences(now)
            ),
        )


def _feedback_about(said: Heard) -> str:
    """Return the story whose feedback is taken back, "" where none is."""
    kind, _, story = said.choice.partition(":")
    return story if said.verb == buttons.UNDO and kind == FEEDBACK else ""

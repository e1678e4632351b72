"""Carries out what people order: a story corrected, its messages drawn anew, a person forgotten.

An order is tried once: a bug is logged with its traceback, and is what the order says came of it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot import forgetting
from bot.alerts import compose, upkeep
from bot.config import Manner
from bot.errors import StoreError
from bot.forgetting import KeptOut
from bot.model import Action, Operation, Order, OrderVerb, Story, StoryMove
from bot.ports import Clock, Store
from bot.stages.telling import Desk
from bot.stories import corrections
from bot.telemetry import event

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Corrector:
    """Corrects what is kept and what was told; how a channel hears of a story, the desk knows."""

    store: Store
    clock: Clock
    desk: Desk

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
        lead = self.desk.lead(story) if story else None
        if story is None or lead is None:
            return "that story is not kept any more", (), ()
        owed: list[Operation] = []
        for channel, own in self.desk.own_messages(story).items():
            message = self.desk.alert(lead, channel, now)
            owed += upkeep.upkeep(own, Manner.EDIT, message, None, f"order {order.number}", now)
        return f"{len(owed)} message{'s' * (len(owed) != 1)} drawn anew", (), owed

    def _corrected(
        self, order: Order, story: Story, was: StoryMove, right: StoryMove | None, now: datetime
    ) -> tuple[Operation, ...]:
        """Return what shows a correction by hand in every channel that was told of the story."""
        lead = self.desk.lead(story)
        owed: list[Operation] = []
        for channel, own in self.desk.own_messages(story).items():
            if lead is not None:
                revision = f"order {order.number}"
                said = compose.by_hand(was, right, story=story, channel=channel, kind=f"news {revision}")
                manner = upkeep.manner_of(Action.BROADCAST, self.desk.updates(channel))
                owed += upkeep.upkeep(own, manner, self.desk.alert(lead, channel, now), said, revision, now)
        return (*owed, *self._corrected_below(order, story, was, right, now))

    def _corrected_below(
        self, order: Order, story: Story, was: StoryMove, right: StoryMove | None, now: datetime
    ) -> Sequence[Operation]:
        """Return what shows a correction by hand in the threads of digests that told the story."""
        owed: list[Operation] = []
        for where, digest in self.desk.in_digests(self.store.held_of(story.id), self.desk.own_messages(story)):
            said = compose.by_hand(was, right, story=story, channel=where, kind=f"news order {order.number}")
            manner = upkeep.manner_of(Action.BROADCAST, self.desk.updates(where))
            owed += upkeep.said_below(said, story.id, where, digest, manner, now)
        return owed

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

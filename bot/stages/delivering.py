"""Delivers owed operations: looks first wherever a message may stand already, posts, and deletes doubles.

An error of ours costs its operation an attempt, and no other channel anything.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.alerts import delivery
from bot.errors import DeliveryError
from bot.model import Operation, OperationState
from bot.ports import Clock, Notifier, Store
from bot.telemetry import Counters, event

log = logging.getLogger(__name__)

LEARN_BACK = timedelta(days=30)  # so far back a channel is read when nothing is known of it
LEARN_OVERLAP = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Courier:
    """Takes what is owed to channels. `pace_s` is the least time between two attempts in one of them."""

    store: Store
    notifier: Notifier
    clock: Clock
    counters: Counters
    policy: delivery.Policy
    pace_s: float

    def due_channels(self) -> Sequence[str]:
        """Return the channels to which something is due, the one that waits longest first."""
        return self.store.due_channels(self.clock.now(), pace_s=self.pace_s)

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

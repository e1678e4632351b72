"""The loop around the delivery protocol, over a store in memory that outlives each death of the process."""

from __future__ import annotations

from random import Random

from bot.alerts import delivery
from bot.alerts.delivery import Policy
from bot.errors import DeliveryError
from bot.model import Operation, OperationState
from bot.ports import Notifier
from tests.fakes.clock import FakeClock
from tests.fakes.notifier import Died

OPEN = (OperationState.PENDING, OperationState.SENDING, OperationState.PARKED)


class Outbox:
    """One channel's operations. With `crash_rate` it dies before or after some of its writes."""

    def __init__(self, notifier: Notifier, clock: FakeClock, policy: Policy, rng: Random) -> None:
        self.notifier, self.clock, self.policy, self.rng = notifier, clock, policy, rng
        self.rows: dict[str, Operation] = {}
        self.crash_rate = 0.0
        self.wait = clock.advance

    def owe(self, *operations: Operation) -> None:
        for op in operations:
            self.rows.setdefault(op.key, op)

    def settle(self, op: Operation) -> None:
        if self.rng.random() < self.crash_rate:
            raise Died  # before the write
        self.rows[op.key] = op
        if self.rng.random() < self.crash_rate:
            raise Died  # after it

    def first(self) -> Operation | None:
        unfinished = [op for op in self.rows.values() if op.state in OPEN]
        return unfinished[0] if unfinished and unfinished[0].due_at <= self.clock.now() else None

    def step(self) -> bool:
        """Do one thing that is due; False if nothing was."""
        now = self.clock.now()
        if (op := self.first()) is not None:
            self.look(op) if op.state is OperationState.SENDING else self.attempt(op)
            return True
        sweeps = [op for op in self.rows.values() if op.sweep_at is not None and op.sweep_at <= now]
        for op in sweeps:
            self.sweep(op)
        return bool(sweeps)

    def attempt(self, op: Operation) -> None:
        op = delivery.begin(op, self.clock.now(), self.policy)
        self.settle(op)
        try:
            receipt = self.notifier.apply(op)
        except DeliveryError as failure:
            self.settle(delivery.after_error(op, failure, self.clock.now(), self.policy))
        else:
            self.settle(delivery.after_receipt(op, receipt, self.clock.now(), self.policy))

    def look(self, op: Operation) -> None:
        try:
            receipts = self.notifier.find(op)
        except DeliveryError as failure:
            self.settle(delivery.after_look_failed(op, failure, self.clock.now(), self.policy))
        else:
            self.settle(delivery.after_look(op, receipts, self.clock.now(), self.policy))

    def sweep(self, op: Operation) -> None:
        try:
            receipts = self.notifier.find(op)
        except DeliveryError as failure:
            self.settle(delivery.after_sweep_failed(op, failure, self.clock.now(), self.policy))
            return
        swept, deletions = delivery.after_sweep(op, receipts, self.clock.now(), self.policy)
        self.owe(*deletions)
        self.settle(swept)

    def run(self) -> None:
        """Run, and start again after each death, until nothing is owed and nothing is left to sweep."""
        for _ in range(5_000):
            try:
                if not self.step():
                    times = [op.due_at for op in self.rows.values() if op.state in OPEN][:1]
                    times += [op.sweep_at for op in self.rows.values() if op.sweep_at is not None]
                    if not times:
                        return
                    self.wait(max(0.001, (min(times) - self.clock.now()).total_seconds()))
            except Died:
                self.wait(2.0)
        raise AssertionError("the outbox never came to rest")

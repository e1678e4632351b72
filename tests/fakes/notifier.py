"""A place where messages stand, in memory: it can lose answers, take a message late, and show it late.

It keeps the rules of Slack that delivery depends on: a message is found by the key it was posted with, however often it
was posted; changing and deleting go by timestamp; a reply is looked for in its thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.errors import DeliveryError, DeliveryReason, Fate
from bot.model import Message, Operation, OperationKey, Posted, Receipt, Verb
from bot.ports import Clock


class Fault(StrEnum):
    """What happens to one call."""

    NONE = "none"
    LOST_BEFORE = "lost before"  # nothing arrived, and nobody knows
    LOST_AFTER = "lost after"  # it arrived, but nobody knows
    LATE = "late"  # it arrives after the caller has given up
    DIE_BEFORE = "die before"  # the process dies, nothing arrived
    DIE_AFTER = "die after"  # the process dies, it arrived


class Died(BaseException):
    """The process died here. No handler of errors may catch it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A message in a channel. `visible_at` is in seconds of the wall clock."""

    channel: str
    ts: str
    key: str
    thread: str
    message: Message
    visible_at: float


class FakeNotifier:
    """Each call takes the next of `faults`, a Fault or a DeliveryError; when they are used up, all goes well.

    `lag_s` is how long a message that stands is not found yet, `late_s` how late a late one arrives.
    """

    def __init__(self, clock: Clock, *, lag_s: float = 0.0, late_s: float = 5.0) -> None:
        self._clock = clock
        self._lag_s = lag_s
        self._late_s = late_s
        self._count = 0
        self.faults: list[Fault | DeliveryError] = []
        self.find_faults: list[DeliveryError] = []
        self.standing: dict[tuple[str, str], Standing] = {}
        self.log: list[tuple[str, str]] = []  # verb or "find", key

    def apply(self, operation: Operation) -> Receipt:
        self.log.append((operation.verb.value, operation.key))
        fault = self.faults.pop(0) if self.faults else Fault.NONE
        if isinstance(fault, DeliveryError):
            raise fault
        if operation.verb is not Verb.POST and not operation.target_ts:
            raise DeliveryError(DeliveryReason.GONE, "its message was never posted", Fate.GIVE_UP)
        if fault is Fault.DIE_BEFORE:
            raise Died
        receipt = None if fault is Fault.LOST_BEFORE else self._carry_out(operation, late=fault is Fault.LATE)
        if fault is Fault.DIE_AFTER:
            raise Died
        if receipt is None or fault is not Fault.NONE:
            raise DeliveryError(DeliveryReason.UNKNOWN, fault.value, Fate.RETRY)
        return receipt

    def find(self, operation: Operation) -> Sequence[Receipt]:
        self.log.append(("find", operation.key))
        if self.find_faults:
            raise self.find_faults.pop(0)
        if operation.verb not in (Verb.POST, Verb.REPLY):
            return ()
        now = self._clock.now().timestamp()
        found = [
            Receipt(standing.channel, standing.ts)
            for standing in self.standing.values()
            if (standing.channel, standing.key) == (operation.channel, operation.key)
            and standing.visible_at <= now
            and standing.thread == (operation.target_ts if operation.verb is Verb.REPLY else "")
        ]
        return sorted(found, key=lambda receipt: float(receipt.ts))

    def recent(self, channel: str, since: datetime) -> Sequence[Posted]:
        if self.find_faults:
            raise self.find_faults.pop(0)
        found = [
            Posted(
                channel,
                one.ts,
                OperationKey(one.key),
                tuple(one.message.metadata["event_payload"]["facts"].split()),
                one.thread,
            )
            for one in self.standing.values()
            if one.channel == channel and float(one.ts) >= since.timestamp()
        ]
        return sorted(found, key=lambda one: float(one.ts))

    def _carry_out(self, operation: Operation, *, late: bool) -> Receipt:
        carry: dict[Verb, Callable[[Operation], Receipt]] = {Verb.UPDATE: self._update, Verb.DELETE: self._delete}
        if operation.verb in carry:
            return carry[operation.verb](operation)
        self._count += 1
        arrives = self._clock.now().timestamp() + (self._late_s if late else 0.0)
        ts = f"{arrives + self._count / 1e6:.6f}"
        thread = operation.target_ts if operation.verb is Verb.REPLY else ""
        self.standing[operation.channel, ts] = Standing(
            operation.channel, ts, operation.key, thread, operation.message, arrives + self._lag_s
        )
        return Receipt(operation.channel, ts)

    def _update(self, operation: Operation) -> Receipt:
        where = (operation.channel, operation.target_ts)
        if where not in self.standing:
            raise DeliveryError(DeliveryReason.GONE, "no such message", Fate.GIVE_UP)
        self.standing[where] = replace(self.standing[where], message=operation.message)
        return Receipt(*where)

    def _delete(self, operation: Operation) -> Receipt:
        where = (operation.channel, operation.target_ts)
        if self.standing.pop(where, None) is None:
            raise DeliveryError(DeliveryReason.GONE, "no such message", Fate.GIVE_UP)
        return Receipt(*where)

    def keys(self, channel: str) -> list[str]:
        """Return the keys of what stands in `channel`, in order."""
        here = [standing for standing in self.standing.values() if standing.channel == channel]
        return [standing.key for standing in sorted(here, key=lambda standing: float(standing.ts))]

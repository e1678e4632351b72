"""The delivery protocol as decisions: an operation, what happened to it, and what it becomes.

    begin ──> notifier.apply ──> after_receipt | after_error
      ^            (crash)               │ may have arrived
      │               └──> after_look | after_look_failed <──┘
      └───────────── not there, twice ───┘        after_sweep | after_sweep_failed: doubles, later

The rule behind it: an attempt is counted before it is made, and an operation that may have arrived is looked for by its
key before it is posted again. With that nothing is lost, and once the sweeps ran each key stands in its channel once,
as long as the outbox survives, the channel becomes postable again, its history can be read, and a message that Slack
took shows in it at some time. An update or a deletion may be repeated without looking.

Every operation that waits says in `error` what for: a `Decision`, then the error behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from bot.alerts.compose import plain, without_charts
from bot.alerts.keys import FIRST_RUN, facts_of
from bot.errors import DeliveryError, DeliveryReason
from bot.model import DIGEST, Message, Operation, OperationKey, OperationState, Receipt, Verb, digest

LOOKS = 2  # look-ups, a settle time apart, that must find nothing before an operation is posted again
MAX_WAIT_S = 86_400.0  # no answer of a server makes us wait longer
_IDEMPOTENT = frozenset({Verb.UPDATE, Verb.DELETE})


class Decision(StrEnum):
    """What was decided on an operation, in the words of its `error`."""

    WAIT = "waiting"  # certainly not there; tried again later
    LOOK = "looking"  # may be there; looked for before anything else
    RESEND = "not found"  # looked for, not there; posted again
    RESEND_UNSEEN = "not looked for"  # the channel could not be read for too long; posted again all the same
    HOLD = "held"  # the same, but kept back
    SIMPLIFY = "made plain"  # refused for what it says; posted again without its charts, then as plain text
    PARK = "parked"  # the channel takes nothing until a person mends it
    ALONE = "without its thread"  # the thread is gone; posted as a message of its own
    DROP = "given up"  # refused even as plain text, or the message it is about is gone


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient we are. All numbers are seconds, but `simplify_after`, which counts attempts.

    `settle_s` is how long a message that Slack took may need to show in the history. After `ambiguous_max_wait_s` of a
    history that cannot be read, `on_unknown` says whether to post again or to hold. `sweep_after` are the times, after
    an operation of several attempts was settled, at which its channel is looked through for doubles.
    """

    settle_s: float = 15.0
    timeout_s: float = 10.0
    ambiguous_max_wait_s: float = 600.0
    on_unknown: Literal["resend", "hold"] = "resend"
    sweep_after: tuple[float, ...] = (60.0, 600.0, 86_400.0)
    sweep_give_up_s: float = 7 * 86_400.0
    unreachable_retry_s: float = 30.0
    park_retry_s: float = 300.0
    simplify_after: int = 10


def begin(operation: Operation, now: datetime, policy: Policy) -> Operation:
    """Return `operation` as it must be stored before its next attempt. `due_at` is when to look if we die in it."""
    # counted before posting: a crash here must cost an attempt, or its message would never be looked for
    return replace(
        operation,
        state=OperationState.SENDING,
        attempts=operation.attempts + 1,
        looks=0,
        started_at=now,
        due_at=_after(now, policy.timeout_s + policy.settle_s),
    )


def may_stand(operation: Operation) -> bool:
    """Tell whether an operation that is to be attempted may stand there by now, and so is looked for once more.

    Time has passed since it was looked for: a back-off, or a death and a restart. Not where nobody could look.
    """
    unseen = operation.error.startswith(Decision.RESEND_UNSEEN.value)
    return operation.attempts > 0 and operation.verb not in _IDEMPOTENT and not unseen


def after_receipt(operation: Operation, receipt: Receipt, now: datetime, policy: Policy) -> Operation:
    """Return `operation` as sent; one that took several attempts is swept later."""
    sweep = operation.verb not in _IDEMPOTENT and operation.attempts > 1 and policy.sweep_after
    return replace(
        operation,
        state=OperationState.SENT,
        ts=receipt.ts,
        looks=0,
        sweep_at=_after(now, policy.sweep_after[0]) if sweep else None,
        error="",
    )


def after_error(operation: Operation, error: DeliveryError, now: datetime, policy: Policy) -> Operation:
    """Return what becomes of `operation` after an attempt that failed, or whose answer was lost."""
    if error.reason is DeliveryReason.UNKNOWN:
        return _after_unknown(operation, error, now, policy)
    operation = replace(operation, attempts=max(0, operation.attempts - 1))  # that one certainly did not arrive
    if error.reason is DeliveryReason.GONE:
        return _after_gone(operation, error, now)
    if error.reason is DeliveryReason.REFUSED:
        return _after_refusal(operation, error, now)
    if error.reason in (DeliveryReason.CHANNEL, DeliveryReason.TOKEN):
        return _retry(operation, Decision.PARK, error, now, policy.park_retry_s)
    wait = policy.unreachable_retry_s if error.reason is DeliveryReason.UNREACHABLE else 1.0
    return _retry(operation, Decision.WAIT, error, now, wait)


def _after_unknown(operation: Operation, error: DeliveryError, now: datetime, policy: Policy) -> Operation:
    if operation.verb in _IDEMPOTENT:
        wait = _backoff(operation, policy)
        return _wait(operation, OperationState.PENDING, Decision.WAIT, error, now, wait)
    operation = replace(operation, looks=0)
    return _wait(operation, OperationState.SENDING, Decision.LOOK, error, now, policy.settle_s)


def _after_gone(operation: Operation, error: DeliveryError, now: datetime) -> Operation:
    if operation.verb is Verb.DELETE:
        return replace(operation, state=OperationState.SENT, error="")
    if operation.broadcast:
        # what the whole channel was to see does not go down with a thread that somebody deleted
        alone = replace(operation, verb=Verb.POST, target="", target_ts="", broadcast=False, looks=0)
        return _retry(alone, Decision.ALONE, error, now, 0.0)
    return replace(operation, state=OperationState.DEAD, error=_words(Decision.DROP, error))


def _after_refusal(operation: Operation, error: DeliveryError, now: datetime) -> Operation:
    if operation.plain or operation.verb is Verb.DELETE:
        return replace(operation, state=OperationState.DEAD, error=_words(Decision.DROP, error))
    bare = without_charts(operation.message)
    if bare != operation.message:  # not every workspace takes them
        return _retry(replace(operation, message=bare), Decision.SIMPLIFY, error, now, 0.0)
    simple = replace(operation, plain=True, message=plain(operation.message))
    return _retry(simple, Decision.SIMPLIFY, error, now, 0.0)


def after_look(operation: Operation, receipts: Sequence[Receipt], now: datetime, policy: Policy) -> Operation:
    """Return what becomes of `operation` after its channel was looked through and `receipts` were found."""
    if receipts:
        found = after_receipt(operation, _kept(receipts), now, policy)
        return replace(found, sweep_at=now) if len(receipts) > 1 else found
    looks = operation.looks + 1
    if looks < LOOKS and operation.verb not in _IDEMPOTENT:
        return replace(operation, looks=looks, due_at=_after(now, policy.settle_s))
    if operation.attempts >= policy.simplify_after and not operation.plain:
        operation = replace(operation, plain=True, message=plain(operation.message))
    return replace(
        operation,
        state=OperationState.PENDING,
        looks=looks,
        due_at=_after(now, _backoff(operation, policy)),
        error=Decision.RESEND.value,
    )


def after_look_failed(operation: Operation, error: DeliveryError, now: datetime, policy: Policy) -> Operation:
    """Return what becomes of `operation` when its channel could not be looked through.

    Where nothing can be posted either (no network, no such channel) it waits without end; else after
    `policy.ambiguous_max_wait_s` it is posted again, or held.
    """
    if error.reason is DeliveryReason.GONE:  # the thread it was sent to was deleted
        return _after_gone(operation, error, now)
    waited = (now - (operation.started_at or operation.created_at)).total_seconds()
    pause = min(max(waited, policy.settle_s, 1.0), policy.park_retry_s)
    if error.reason in (DeliveryReason.UNREACHABLE, DeliveryReason.CHANNEL) or waited < policy.ambiguous_max_wait_s:
        return _wait(operation, OperationState.SENDING, Decision.LOOK, error, now, pause)
    if policy.on_unknown == "hold":
        return _wait(operation, OperationState.SENDING, Decision.HOLD, error, now, policy.park_retry_s)
    return _wait(operation, OperationState.PENDING, Decision.RESEND_UNSEEN, error, now, 0.0)


def twin_of(operation: Operation, learnt: Sequence[Operation]) -> Operation | None:
    """Return the message, taken over from the channel, that tells a fact of what `operation` is about to post.

    Only for what this database never tried, and tells a story of its own: a reply says what is new, and the first run's
    message and digests have stories of all kinds.
    """
    tried = operation.attempts and operation.started_at is not None
    of_many = operation.story_id in (FIRST_RUN, DIGEST)
    if tried or operation.verb is not Verb.POST or not learnt or of_many:
        return None
    facts = set(facts_of(operation.message))
    return next((one for one in learnt if not facts.isdisjoint(facts_of(one.message))), None)


def after_twin(operation: Operation, twin: Operation, now: datetime) -> tuple[Operation, Operation]:
    """Return `operation` as told already by the message of `twin`, and what brings that message up to date."""
    told = replace(operation, state=OperationState.SENT, ts=twin.ts, attempts=0, error="")
    update = Operation(
        key=OperationKey(digest(operation.key, twin.ts, "twin")),
        channel=operation.channel,
        verb=Verb.UPDATE,
        story_id=operation.story_id,
        message=operation.message,
        created_at=now,
        due_at=now,
        target=operation.key,
        target_ts=twin.ts,
    )
    return told, update


def after_learning_failed(
    operation: Operation, error: DeliveryError, now: datetime, policy: Policy
) -> Operation | None:
    """Return what becomes of the operation that waits for its channel to be learnt; None if it has waited long enough.

    Where nothing can be posted either it waits without end.
    """
    waited = (now - operation.created_at).total_seconds()
    hopeless = error.reason in (DeliveryReason.UNREACHABLE, DeliveryReason.CHANNEL, DeliveryReason.TOKEN)
    if not hopeless and waited >= policy.ambiguous_max_wait_s:
        return None
    pause = policy.park_retry_s if hopeless else max(policy.settle_s, 1.0)
    state = OperationState.PARKED if hopeless and operation.state is not OperationState.SENDING else operation.state
    return _wait(operation, state, Decision.LOOK, error, now, pause)


def after_sweep(
    operation: Operation, receipts: Sequence[Receipt], now: datetime, policy: Policy
) -> tuple[Operation, tuple[Operation, ...]]:
    """Return `operation` with its next sweep, and the deletions of all messages with its key but one.

    The one that people answered stays, else the one that we know, which got our edits and replies. The deletions are
    owed before `operation` is settled: their keys are functions of what they delete, so owing them twice is owing them
    once.
    """
    sweeps = operation.looks + 1
    times = policy.sweep_after
    again = _after(now, times[sweeps] - times[sweeps - 1]) if sweeps < len(times) else None
    if not receipts:
        return replace(operation, looks=sweeps, sweep_at=again), ()
    kept = _kept(receipts, known=operation.ts)
    doubles = tuple(_deletion(operation, receipt, now) for receipt in receipts if receipt.ts != kept.ts)
    return replace(operation, ts=kept.ts, looks=sweeps, sweep_at=again), doubles


def after_sweep_failed(operation: Operation, error: DeliveryError, now: datetime, policy: Policy) -> Operation:
    """Return `operation` with the next try of its sweep; none once it is a week old."""
    age = (now - operation.created_at).total_seconds()
    pause = max(policy.park_retry_s, error.retry_after or 0.0)
    return replace(operation, sweep_at=None if age > policy.sweep_give_up_s else _after(now, pause))


def _kept(receipts: Sequence[Receipt], known: str = "") -> Receipt:
    return min(receipts, key=lambda receipt: (not receipt.engaged, receipt.ts != known, float(receipt.ts)))


def _deletion(operation: Operation, receipt: Receipt, now: datetime) -> Operation:
    return Operation(
        key=OperationKey(digest(operation.key, receipt.ts, "double")),
        channel=operation.channel,
        verb=Verb.DELETE,
        story_id=operation.story_id,
        message=Message(text=""),
        created_at=now,
        due_at=now,
        target_ts=receipt.ts,
    )


def _retry(operation: Operation, decision: Decision, error: DeliveryError, now: datetime, wait_s: float) -> Operation:
    """Try again later; where an earlier attempt may still have arrived, look first."""
    if operation.attempts and operation.verb not in _IDEMPOTENT:
        state = OperationState.SENDING
        operation = replace(operation, looks=0)
    else:
        state = OperationState.PARKED if decision is Decision.PARK else OperationState.PENDING
    return _wait(operation, state, decision, error, now, wait_s)


def _wait(
    operation: Operation, state: OperationState, decision: Decision, error: DeliveryError, now: datetime, wait_s: float
) -> Operation:
    due_at = _after(now, max(wait_s, error.retry_after or 0.0))
    return replace(operation, state=state, due_at=due_at, error=_words(decision, error))


def _backoff(operation: Operation, policy: Policy) -> float:
    """Return seconds before the next attempt: none before the second, then doubling up to `park_retry_s`."""
    doublings = min(operation.attempts - 2, 16)
    return 0.0 if doublings < 0 else min(policy.park_retry_s, max(policy.settle_s, 1.0) * 2.0**doublings)


def _after(now: datetime, seconds: float) -> datetime:
    return now + timedelta(seconds=min(seconds, MAX_WAIT_S))


def _words(decision: Decision, error: DeliveryError) -> str:
    return f"{decision.value}: {error}"

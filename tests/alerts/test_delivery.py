"""The delivery protocol: each transition by name, and the laws that hold whatever goes wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.alerts import delivery
from bot.alerts.delivery import Decision, Policy
from bot.errors import DeliveryError, DeliveryReason, Fate
from bot.model import Message, Operation, OperationKey, OperationState, Receipt, StoryId, Verb
from tests.fakes.clock import NOON, FakeClock
from tests.fakes.notifier import FakeNotifier, Fault
from tests.fakes.outbox import Outbox

POLICY = Policy()
MESSAGE = Message("A: B → C", ({"type": "divider"},), {"event_type": "t", "event_payload": {"k": "k1"}})


def operation(verb: Verb = Verb.POST, **changes: object) -> Operation:
    target = "" if verb is Verb.POST else "1.000001"
    made = Operation(OperationKey("k1"), "C1", verb, StoryId("s"), MESSAGE, NOON, NOON, target_ts=target)
    return replace(made, **changes)


def error(reason: DeliveryReason, retry_after: float | None = None) -> DeliveryError:
    return DeliveryError(reason, "test", Fate.RETRY, retry_after)


def failed(reason: DeliveryReason, verb: Verb = Verb.POST, *, attempts: int = 0, **changes: object) -> Operation:
    """An operation after one more attempt that failed for `reason` at noon."""
    begun = delivery.begin(operation(verb, attempts=attempts, **changes), NOON, POLICY)
    return delivery.after_error(begun, error(reason), NOON, POLICY)


def waits(op: Operation) -> float:
    return (op.due_at - NOON).total_seconds()


def test_an_attempt_is_counted_before_it_is_made_and_says_when_to_look_if_we_die_in_it():
    begun = delivery.begin(operation(), NOON, POLICY)
    assert (begun.state, begun.attempts, begun.started_at, waits(begun)) == (OperationState.SENDING, 1, NOON, 25.0)


S, P, PARKED, DEAD, SENT = (
    OperationState.SENDING,
    OperationState.PENDING,
    OperationState.PARKED,
    OperationState.DEAD,
    OperationState.SENT,
)
R = DeliveryReason


@pytest.mark.parametrize(
    ("reason", "verb", "earlier", "state", "attempts", "wait", "decision"),
    [
        # first attempt of a post
        (R.UNKNOWN, Verb.POST, 0, S, 1, 15.0, Decision.LOOK),  # may be there: looked for once it must have settled
        (R.RATE_LIMITED, Verb.POST, 0, P, 0, 1.0, Decision.WAIT),  # certainly not there
        (R.UNREACHABLE, Verb.POST, 0, P, 0, 30.0, Decision.WAIT),  # certainly not there
        (R.REFUSED, Verb.POST, 0, P, 0, 0.0, Decision.SIMPLIFY),  # at once, as plain text
        (R.CHANNEL, Verb.POST, 0, PARKED, 0, 300.0, Decision.PARK),  # a person has to mend it
        (R.TOKEN, Verb.POST, 0, PARKED, 0, 300.0, Decision.PARK),
        # after an attempt that may have arrived, even a certain failure is looked for first
        (R.RATE_LIMITED, Verb.POST, 1, S, 1, 1.0, Decision.WAIT),
        (R.UNREACHABLE, Verb.REPLY, 1, S, 1, 30.0, Decision.WAIT),
        (R.CHANNEL, Verb.POST, 1, S, 1, 300.0, Decision.PARK),
        (R.REFUSED, Verb.POST, 1, S, 1, 0.0, Decision.SIMPLIFY),
        # changing and deleting may be repeated: never looked for
        (R.UNKNOWN, Verb.UPDATE, 0, P, 1, 0.0, Decision.WAIT),
        (R.UNKNOWN, Verb.DELETE, 2, P, 3, 30.0, Decision.WAIT),  # backing off
        (R.CHANNEL, Verb.UPDATE, 1, PARKED, 1, 300.0, Decision.PARK),
        # the message it is about is gone
        (R.GONE, Verb.UPDATE, 0, DEAD, 0, 0.0, Decision.DROP),
        (R.GONE, Verb.REPLY, 0, DEAD, 0, 0.0, Decision.DROP),
        (R.REFUSED, Verb.DELETE, 0, DEAD, 0, 0.0, Decision.DROP),
    ],
)
def test_what_becomes_of_a_failed_attempt(reason, verb, earlier, state, attempts, wait, decision):
    after = failed(reason, verb, attempts=earlier)
    assert (after.state, after.attempts) == (state, attempts)
    assert after.error.startswith(decision.value)
    if state is not DEAD:
        assert waits(after) == wait


def test_a_deletion_of_what_is_gone_is_done():
    assert failed(R.GONE, Verb.DELETE).state is SENT


def test_refused_for_what_it_says_is_sent_plain_once_and_then_given_up():
    once = failed(R.REFUSED)
    assert once.plain
    assert once.message.blocks == ()
    assert once.message.metadata == MESSAGE.metadata
    twice = delivery.after_error(delivery.begin(once, NOON, POLICY), error(R.REFUSED), NOON, POLICY)
    assert twice.state is DEAD
    assert "refused" in twice.error


@given(
    reason=st.sampled_from([r for r in DeliveryReason if r is not R.GONE]),
    verb=st.sampled_from(Verb),
    attempts=st.integers(0, 30),
    seconds=st.floats(0, 86_400),
)
def test_no_back_off_is_shorter_than_retry_after(reason, verb, attempts, seconds):
    begun = delivery.begin(operation(verb, attempts=attempts), NOON, POLICY)
    after = delivery.after_error(begun, error(reason, seconds), NOON, POLICY)
    looked = delivery.after_look_failed(begun, error(reason, seconds), NOON, POLICY)
    for op in (after, looked):
        assert op.state in (DEAD, SENT) or op.due_at >= NOON + timedelta(seconds=seconds) - timedelta(microseconds=1)


def test_an_operation_is_posted_again_only_after_two_looks_that_found_nothing():
    sending = failed(R.UNKNOWN)
    once = delivery.after_look(sending, (), NOON, POLICY)
    assert (once.state, once.looks, waits(once)) == (S, 1, 15.0)
    twice = delivery.after_look(once, (), NOON, POLICY)
    assert (twice.state, twice.attempts, waits(twice)) == (P, 1, 0.0)


def test_attempts_that_never_show_up_back_off_and_in_the_end_go_plain():
    op, pauses = operation(), []
    for _ in range(12):
        op = delivery.after_error(delivery.begin(op, NOON, POLICY), error(R.UNKNOWN), NOON, POLICY)
        op = delivery.after_look(delivery.after_look(op, (), NOON, POLICY), (), NOON, POLICY)
        pauses.append(waits(op))
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (0.0, 300.0)
    assert op.plain


def test_found_is_sent_with_the_earliest_timestamp():
    found = (Receipt("C1", "20.000001"), Receipt("C1", "9.000001"))
    sent = delivery.after_look(failed(R.UNKNOWN), found, NOON, POLICY)
    assert (sent.state, sent.ts, sent.error) == (SENT, "9.000001", "")
    assert sent.sweep_at == NOON  # there are two: swept at once


@pytest.mark.parametrize(
    ("attempts", "sweep"),
    [
        (0, None),  # one attempt, with its answer: no double can be
        (1, NOON + timedelta(seconds=60)),
    ],
)
def test_only_what_took_several_attempts_is_swept(attempts, sweep):
    begun = delivery.begin(operation(attempts=attempts), NOON, POLICY)
    assert delivery.after_receipt(begun, Receipt("C1", "5.0"), NOON, POLICY).sweep_at == sweep


@pytest.mark.parametrize(
    ("reason", "minutes", "on_unknown", "state", "decision"),
    [
        (R.UNKNOWN, 1, "resend", S, Decision.LOOK),  # still within the ten minutes
        (R.UNKNOWN, 10, "resend", P, Decision.RESEND_UNSEEN),
        (R.TOKEN, 10, "resend", P, Decision.RESEND_UNSEEN),  # the right to read histories is missing
        (R.UNKNOWN, 10, "hold", S, Decision.HOLD),
        (R.UNREACHABLE, 600, "resend", S, Decision.LOOK),  # nothing can be posted either: wait for the network
        (R.CHANNEL, 600, "resend", S, Decision.LOOK),  # nor to a channel that is archived
        (R.GONE, 0, "resend", DEAD, Decision.DROP),  # the thread was deleted
    ],
)
def test_a_channel_that_cannot_be_read(reason, minutes, on_unknown, state, decision):
    sending = failed(R.UNKNOWN)
    now = NOON + timedelta(minutes=minutes)
    after = delivery.after_look_failed(sending, error(reason), now, replace(POLICY, on_unknown=on_unknown))
    assert after.state is state
    assert after.error.startswith(decision.value)


def test_a_sweep_deletes_all_but_the_message_that_we_know_and_comes_again():
    sent = delivery.after_receipt(operation(attempts=2), Receipt("C1", "30.0"), NOON, POLICY)
    receipts = [Receipt("C1", ts) for ts in ("10.0", "30.0", "40.0")]
    swept, deletions = delivery.after_sweep(sent, receipts, NOON, POLICY)
    assert swept.ts == "30.0"  # our edits and replies went there
    assert [(d.verb, d.channel, d.target_ts) for d in deletions] == [
        (Verb.DELETE, "C1", "10.0"),
        (Verb.DELETE, "C1", "40.0"),
    ]
    assert swept.sweep_at == NOON + timedelta(seconds=540)
    again, same = delivery.after_sweep(sent, receipts, NOON, POLICY)
    assert [d.key for d in same] == [d.key for d in deletions]  # owing them twice is owing them once
    assert again == swept


def test_a_sweep_keeps_the_message_that_people_answered():
    sent = delivery.after_receipt(operation(attempts=2), Receipt("C1", "10.0"), NOON, POLICY)
    receipts = [Receipt("C1", "10.0"), Receipt("C1", "20.0", engaged=True)]
    swept, deletions = delivery.after_sweep(sent, receipts, NOON, POLICY)
    assert swept.ts == "20.0"
    assert [d.target_ts for d in deletions] == ["10.0"]


def test_sweeps_end_after_the_last_and_with_a_channel_that_stays_unreadable():
    op = delivery.after_receipt(operation(attempts=2), Receipt("C1", "1.0"), NOON, POLICY)
    times = []
    while op.sweep_at is not None:
        times.append((op.sweep_at - NOON).total_seconds())
        op, _ = delivery.after_sweep(op, [Receipt("C1", "1.0")], op.sweep_at, POLICY)
    assert times == [60.0, 600.0, 86_400.0]
    unread = delivery.after_receipt(operation(attempts=2), Receipt("C1", "1.0"), NOON, POLICY)
    soon = delivery.after_sweep_failed(unread, error(R.RATE_LIMITED, 900), NOON, POLICY)
    assert soon.sweep_at == NOON + timedelta(seconds=900)
    assert delivery.after_sweep_failed(unread, error(R.CHANNEL), NOON + timedelta(days=8), POLICY).sweep_at is None


# ------------------------------------------------------------------------------------ the law, under random faults


HARMLESS = [R.RATE_LIMITED, R.UNREACHABLE, R.CHANNEL, R.TOKEN]
FAULTS = st.one_of(
    st.sampled_from(Fault),
    st.builds(error, st.sampled_from(HARMLESS), st.sampled_from([None, 0.5, 3.0, 40.0])),
)


def run_plan(faults, find_faults, *, lag_s, late_s, crash_rate, seed, policy=POLICY, count=6):
    clock = FakeClock()
    notifier = FakeNotifier(clock, lag_s=lag_s, late_s=late_s)
    notifier.faults, notifier.find_faults = list(faults), list(find_faults)
    outbox = Outbox(notifier, clock, policy, Random(seed))
    for number in range(count):
        key = OperationKey(f"k{number}")
        outbox.owe(operation(key=key, message=replace(MESSAGE, metadata={"event_payload": {"k": key}})))
    outbox.crash_rate = crash_rate
    outbox.run()
    return outbox, notifier


@settings(max_examples=200, deadline=None)
@given(
    faults=st.lists(FAULTS, max_size=20),
    find_faults=st.lists(st.builds(error, st.sampled_from([R.UNREACHABLE, R.RATE_LIMITED])), max_size=3),
    lag_s=st.floats(0, 5),
    late_s=st.floats(0, 300),  # some arrive long after we looked: these are what the sweep is for
    crash_rate=st.sampled_from([0.0, 0.05, 0.2]),
    seed=st.integers(0, 2**32),
)
def test_nothing_is_lost_and_after_the_sweep_each_key_stands_once(faults, find_faults, lag_s, late_s, crash_rate, seed):
    outbox, notifier = run_plan(faults, find_faults, lag_s=lag_s, late_s=late_s, crash_rate=crash_rate, seed=seed)
    assert sorted(notifier.keys("C1")) == [f"k{n}" for n in range(6)]
    posts = [op for op in outbox.rows.values() if op.verb is Verb.POST]
    assert all((op.channel, op.ts) in notifier.standing for op in posts)  # and each row knows its own message


@settings(max_examples=100, deadline=None)
@given(
    faults=st.lists(st.sampled_from([f for f in Fault if f is not Fault.LATE]), max_size=20),
    lag_s=st.floats(0, 5),
    crash_rate=st.sampled_from([0.0, 0.2]),
    seed=st.integers(0, 2**32),
)
def test_without_late_arrivals_no_double_is_ever_seen_and_order_holds(faults, lag_s, crash_rate, seed):
    """What shows within the settle time is never posted twice, so there is nothing to sweep."""
    outbox, notifier = run_plan(faults, (), lag_s=lag_s, late_s=0.0, crash_rate=crash_rate, seed=seed)
    assert notifier.keys("C1") == [f"k{n}" for n in range(6)]
    assert not [op for op in outbox.rows.values() if op.verb is Verb.DELETE]


@pytest.mark.parametrize(
    ("made", "looked_for"),
    [
        (operation(), False),  # never tried
        (operation(attempts=1, state=P), True),  # looked for before, but time has passed: a back-off, a restart
        (operation(Verb.REPLY, attempts=2, state=P), True),
        (operation(Verb.UPDATE, attempts=1, state=P), False),  # may be repeated
        (operation(attempts=1, state=P, error=f"{Decision.RESEND_UNSEEN}: unknown"), False),  # nobody can look
        (operation(attempts=1, state=P, error=Decision.RESEND.value), True),
    ],
)
def test_what_may_stand_by_now_is_looked_for_right_before_it_is_sent_again(made, looked_for):
    assert delivery.may_stand(made) is looked_for

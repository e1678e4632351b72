"""What the delivery protocol relies on holds for every place where messages stand, the fake one included."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.adapters.slack import SlackNotifier
from bot.adapters.terminal import TerminalNotifier
from bot.errors import DeliveryError, DeliveryReason, Fate
from bot.model import Message, Operation, OperationKey, StoryId, Verb
from bot.ports import Notifier
from tests.fakes.clock import FakeClock
from tests.fakes.notifier import FakeNotifier, Fault
from tests.fakes.slack_server import BOT_TOKEN, Running, serve

CHANNEL = "C0ALERTS"


class FakePlace:
    """A FakeNotifier and what is needed to arrange for trouble."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.notifier = FakeNotifier(self.clock)

    def next_call(self, fault: str) -> None:
        faults = {
            "lost before": Fault.LOST_BEFORE,
            "lost after": Fault.LOST_AFTER,
            "rate limit": DeliveryError(DeliveryReason.RATE_LIMITED, "", Fate.RETRY, 7.0),
            "no channel": DeliveryError(DeliveryReason.CHANNEL, "", Fate.STOP),
        }
        self.notifier.faults.append(faults[fault])

    def texts(self) -> list[str]:
        return [standing.message.text for standing in self.notifier.standing.values()]


class SlackPlace:
    """A SlackNotifier, and a strict Slack on a socket."""

    def __init__(self, server: Running) -> None:
        self.clock, self.server = FakeClock(), server
        self.notifier = SlackNotifier(BOT_TOKEN, clock=self.clock, base_url=server.api, timeout_s=5.0)

    def next_call(self, fault: str) -> None:
        rules = {
            "lost before": {"action": "drop"},
            "lost after": {"action": "drop", "when": "after", "reset": True},
            "rate limit": {"action": "ratelimit", "retry_after": 7},
            "no channel": {"action": "error", "error": "not_in_channel"},
        }
        self.server.faults(rules[fault])

    def texts(self) -> list[str]:
        return [message["text"] for message in self.server.messages(CHANNEL)]


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with serve() as running:
        yield running


@pytest.fixture(params=["fake", "slack"])
def place(request: pytest.FixtureRequest) -> FakePlace | SlackPlace:
    if request.param == "fake":
        return FakePlace()
    server: Running = request.getfixturevalue("server")
    server.admin("reset", {})
    server.config(post_rate=1000, post_burst=1000)
    return SlackPlace(server)


def post(place, key: str = "k1", text: str = "one", **changes: object) -> Operation:
    now = place.clock.now()
    message = Message(text, metadata={"event_type": "talentwire_alert", "event_payload": {"k": key}})
    made = Operation(OperationKey(key), CHANNEL, Verb.POST, StoryId("s"), message, now, now, started_at=now, attempts=1)
    return replace(made, **changes)


def reason(call, *arguments) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        call(*arguments)
    return caught.value


def test_what_was_posted_is_found_by_its_key_where_the_receipt_says(place):
    receipt = place.notifier.apply(post(place))
    place.notifier.apply(post(place, "k2"))
    assert receipt.channel == CHANNEL
    assert [found.ts for found in place.notifier.find(post(place))] == [receipt.ts]


def test_nothing_is_found_of_what_was_never_posted(place):
    assert place.notifier.find(post(place)) == []


def test_an_answer_lost_after_arrival_is_unknown_and_the_message_is_found(place):
    place.next_call("lost after")
    assert reason(place.notifier.apply, post(place)).reason is DeliveryReason.UNKNOWN
    assert len(place.notifier.find(post(place))) == 1
    assert place.texts() == ["one"]  # posted once: nothing below repeats a call


def test_a_call_lost_before_arrival_is_unknown_too_and_nothing_is_found(place):
    place.next_call("lost before")
    assert reason(place.notifier.apply, post(place)).reason is DeliveryReason.UNKNOWN
    assert place.notifier.find(post(place)) == []
    assert place.texts() == []


def test_doubles_are_found_earliest_first(place):
    first, second = place.notifier.apply(post(place)), place.notifier.apply(post(place))
    assert [found.ts for found in place.notifier.find(post(place))] == [first.ts, second.ts]


def test_an_update_changes_the_message_in_place_and_leaves_it_findable(place):
    receipt = place.notifier.apply(post(place))
    update = post(place, "k1-update", "two", verb=Verb.UPDATE, target_ts=receipt.ts)
    assert place.notifier.apply(update).ts == receipt.ts
    assert place.notifier.apply(update).ts == receipt.ts  # may be repeated
    assert place.texts() == ["two"]
    assert [found.ts for found in place.notifier.find(post(place))] == [receipt.ts]
    assert list(place.notifier.find(update)) == []  # never looked for


def test_what_is_deleted_is_gone_and_deleting_it_again_says_so(place):
    receipt = place.notifier.apply(post(place))
    delete = post(place, "k1-delete", verb=Verb.DELETE, target_ts=receipt.ts)
    place.notifier.apply(delete)
    assert place.texts() == []
    assert reason(place.notifier.apply, delete).reason is DeliveryReason.GONE
    update = post(place, "k1-update", verb=Verb.UPDATE, target_ts=receipt.ts)
    assert reason(place.notifier.apply, update).reason is DeliveryReason.GONE


def test_a_reply_is_found_in_its_thread(place):
    parent = place.notifier.apply(post(place))
    reply = post(place, "k1-reply", "more", verb=Verb.REPLY, target_ts=parent.ts)
    place.next_call("lost after")
    assert reason(place.notifier.apply, reply).reason is DeliveryReason.UNKNOWN
    assert len(place.notifier.find(reply)) == 1
    assert [found.ts for found in place.notifier.find(post(place))] == [parent.ts]


@pytest.mark.parametrize("verb", [Verb.UPDATE, Verb.REPLY, Verb.DELETE])
def test_nothing_is_done_to_a_message_that_was_never_posted(place, verb):
    assert reason(place.notifier.apply, post(place, verb=verb)).reason is DeliveryReason.GONE


def test_a_rate_limit_says_how_long_to_wait_and_nothing_arrived(place):
    place.next_call("rate limit")
    error = reason(place.notifier.apply, post(place))
    assert (error.reason, error.retry_after) == (DeliveryReason.RATE_LIMITED, 7.0)
    assert place.texts() == []


def test_a_channel_that_takes_nothing_is_told_apart(place):
    place.next_call("no channel")
    error = reason(place.notifier.apply, post(place))
    assert (error.reason, error.fate) == (DeliveryReason.CHANNEL, Fate.STOP)


def test_a_terminal_says_where_it_drew_and_finds_nothing_again():
    stream = io.StringIO()
    notifier: Notifier = TerminalNotifier(stream)
    place = FakePlace()
    assert notifier.apply(post(place)).channel == CHANNEL
    assert "one" in stream.getvalue()
    assert list(notifier.find(post(place))) == []


def test_a_terminal_that_fails_may_have_drawn_part_of_it():
    stream = io.StringIO()
    stream.close()
    assert reason(TerminalNotifier(stream).apply, post(FakePlace())).reason is DeliveryReason.UNKNOWN

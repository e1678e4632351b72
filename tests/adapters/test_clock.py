"""One speed for the bot and for Slack: everything that takes time shrinks together."""

from __future__ import annotations

import time
from datetime import timedelta
from ssl import PROTOCOL_TLS_CLIENT, SSLContext

import pytest

from bot.adapters.clock import SystemClock
from bot.adapters.slack import SlackNotifier
from bot.errors import DeliveryError, DeliveryReason
from bot.model import Message, Operation, OperationKey, StoryId, Verb
from tests.fakes.clock import SharedClock
from tests.fakes.slack_server import BOT_TOKEN, serve


def test_two_clocks_of_one_speed_and_origin_show_the_same_time_and_go_so_much_faster():
    origin = time.time()
    one, other = SystemClock(1000.0, origin), SystemClock(1000.0, origin)
    began = one.monotonic()
    assert abs(one.now() - other.now()) < timedelta(seconds=60)
    time.sleep(0.02)
    assert one.monotonic() - began >= 20.0
    assert one.real(15.0) == 0.015
    assert SystemClock().real(15.0) == 15.0
    with pytest.raises(ValueError, match="forward"):
        SystemClock(0.0)


def post(clock, key: str) -> Operation:
    message = Message(key, metadata={"event_type": "talentwire_alert", "event_payload": {"k": key}})
    now = clock.now()
    return Operation(
        OperationKey(key), "C0ALERTS", Verb.POST, StoryId("s"), message, now, now, attempts=1, started_at=now
    )


def test_lag_rate_late_answers_and_timeouts_are_told_in_the_shared_seconds():
    clock = SharedClock(speed=50.0)
    with serve(clock=clock) as slack:
        notifier = SlackNotifier(BOT_TOKEN, clock=clock, base_url=slack.api, timeout_s=10.0)
        slack.config(history_lag=5.0)
        lagging = post(clock, "lagging")
        notifier.apply(lagging)
        assert not notifier.find(lagging)
        clock.skip(5.0)
        assert len(notifier.find(lagging)) == 1

        slack.faults({"method": "chat.postMessage", "action": "ratelimit", "retry_after": 30})
        with pytest.raises(DeliveryError) as caught:
            notifier.apply(post(clock, "early"))
        assert (caught.value.reason, caught.value.retry_after) == (DeliveryReason.RATE_LIMITED, 30.0)
        clock.skip(30.0)
        notifier.apply(post(clock, "early"))
        assert not slack.admin("state")["early_retries"]

        slack.faults({"method": "chat.postMessage", "action": "drop", "late": 20.0})
        late = post(clock, "late")
        clock.skip(2.0)
        with pytest.raises(DeliveryError):
            notifier.apply(late)
        asked_at = clock.now().timestamp()
        clock.skip(100.0)  # over the moment at which it was stored
        (found,) = notifier.find(late)
        assert asked_at + 19 < float(found.ts) < asked_at + 21

        slack.faults({"method": "chat.postMessage", "action": "slow", "seconds": 60.0})
        began = time.monotonic()
        with pytest.raises(DeliveryError):
            notifier.apply(post(clock, "silent"))
        assert time.monotonic() - began < 2.0  # ten seconds of the shared time, a fifth of one of the machine's


def test_the_date_of_a_proxys_page_does_not_mislead_the_look_up():
    """Slack's clock is months from the machine's here; the page of an html fault carries the machine's."""
    clock = SharedClock(speed=50.0)
    with serve(clock=clock) as slack:
        notifier = SlackNotifier(BOT_TOKEN, clock=clock, base_url=slack.api, context=SSLContext(PROTOCOL_TLS_CLIENT))
        notifier.check()
        slack.faults({"method": "chat.postMessage", "action": "html", "when": "after", "status": 502})
        lost = post(clock, "lost")
        with pytest.raises(DeliveryError):
            notifier.apply(lost)
        assert len(notifier.find(lost)) == 1

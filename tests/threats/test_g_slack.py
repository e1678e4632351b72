"""A Slack that fails, against the strict stand-in: each message stands once, in order, and none is lost."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator
from random import Random

import pytest

from bot.adapters.slack import SlackNotifier
from bot.model import Message, Operation, OperationKey, OperationState, StoryId, Verb
from tests.fakes.slack_server import Running, serve
from tests.threats.world import World

pytestmark = pytest.mark.proof  # done by `make threats`

CHANNEL, OTHER = "C0ALERTS", "C0OTHER"


@pytest.fixture(scope="module")
def _slack() -> Iterator[Running]:
    with serve() as running:
        yield running


class Desk:
    """A bot that owes messages, and the Slack that it owes them to; time passes for both."""

    def __init__(self, world: World, slack: Running) -> None:
        self.world, self.slack = world, slack

    def owe(self, count: int, channel: str = CHANNEL, first: int = 0) -> None:
        now = self.world.clock.now()
        for n in range(first, first + count):
            key = f"{channel}-{n:03}"
            message = Message(f"text {n}", metadata={"event_type": "talentwire_alert", "event_payload": {"k": key}})
            made = Operation(
                key=OperationKey(key),
                channel=channel,
                verb=Verb.POST,
                story_id=StoryId(key),
                message=message,
                created_at=now,
                due_at=now,
            )
            self.world.store.owe([made])

    def work(self, steps: int = 30, each: float = 5.0) -> None:
        for _ in range(steps):
            self.world.pipeline.deliver_alerts()
            self.world.pipeline.sweep_channels()
            self.wait(each)

    def wait(self, seconds: float) -> None:
        self.world.clock.advance(seconds)
        self.slack.advance(seconds)

    def keys(self, channel: str = CHANNEL) -> list[str]:
        return [m["metadata"]["event_payload"]["k"] for m in self.slack.messages(channel) if "metadata" in m]

    def states(self) -> dict[str, OperationState]:
        return {one.key: one.state for one in self.world.store.operations()}


def wanted(count: int, channel: str = CHANNEL) -> list[str]:
    return [f"{channel}-{n:03}" for n in range(count)]


@pytest.fixture
def desk(make_world: Callable[..., World], _slack: Running) -> Desk:
    _slack.admin("reset", {})
    _slack.config(post_rate=1000, post_burst=1000, tier_scale=100.0)
    world = make_world()
    notifier = SlackNotifier(
        "xoxb-test",
        clock=world.clock,
        base_url=_slack.api,
        timeout_s=5.0,
        context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
    )
    world.notify(notifier)
    return Desk(world, _slack)


def test_G1_a_rate_limit_is_waited_for_and_the_order_holds(desk: Desk) -> None:
    desk.slack.faults({"method": "chat.postMessage", "skip": 1, "times": 2, "action": "ratelimit", "retry_after": 30})
    desk.owe(4)
    desk.work()
    assert desk.keys() == wanted(4)
    assert desk.slack.admin("state")["early_retries"] == []


@pytest.mark.parametrize(
    "rule",
    [
        {"action": "http", "status": 503},
        {"action": "html"},
        {"action": "drop"},
        {"action": "drop", "reset": True},
        {"action": "error", "error": "internal_error"},
    ],
    ids=str,
)
def test_G2_what_failed_before_it_was_accepted_is_posted_once(desk: Desk, rule: dict[str, object]) -> None:
    desk.slack.faults({"method": "chat.postMessage", "times": 2, **rule})
    desk.owe(3)
    desk.work()
    assert desk.keys() == wanted(3)


LOST = [
    {"action": "drop", "when": "after"},
    {"action": "drop", "when": "after", "reset": True},
    {"action": "http", "status": 500, "when": "after"},
    {"action": "html", "when": "after"},
    {"action": "cut", "when": "after"},
    {"action": "error", "error": "fatal_error", "when": "after"},
]


@pytest.mark.parametrize("rule", LOST, ids=str)
def test_G3_a_lost_answer_posts_nothing_twice(desk: Desk, rule: dict[str, object]) -> None:
    desk.slack.faults({"method": "chat.postMessage", "times": 2, **rule})
    desk.owe(3)
    desk.work()
    assert desk.keys() == wanted(3)
    assert len(desk.slack.calls("chat.postMessage")) == 3, "it was looked for, not posted again"


@pytest.mark.proof
def test_G3_two_hundred_plans_of_lost_answers(desk: Desk) -> None:
    for seed in range(200):
        rng = Random(seed)
        desk.slack.admin("reset", {})
        desk.slack.config(post_rate=1000, post_burst=1000, tier_scale=100.0)
        rules = [rng.choice(LOST) | {"method": "chat.postMessage", "skip": rng.randint(0, 3)} for _ in range(4)]
        desk.slack.faults(*rules)
        desk.owe(4, first=10 * seed)
        desk.work(steps=14, each=8.0)
        assert desk.keys() == [f"{CHANNEL}-{n:03}" for n in range(10 * seed, 10 * seed + 4)], seed


def test_G4_while_the_channel_cannot_be_read_nothing_is_posted_again(desk: Desk) -> None:
    desk.owe(1)
    desk.work(steps=2)
    desk.slack.config(history_restricted=True)
    desk.slack.faults({"method": "chat.postMessage", "action": "drop", "when": "after"})
    desk.owe(1, first=1)
    desk.work(steps=10)
    assert desk.keys() == wanted(2)
    assert desk.states()[wanted(2)[1]] is not OperationState.SENT, "nobody knows that yet"
    desk.slack.config(history_restricted=False)
    desk.work(steps=40, each=60)
    assert desk.keys() == wanted(2)
    assert desk.states()[wanted(2)[1]] is OperationState.SENT


def test_G4_a_channel_that_shows_late_is_looked_at_again(desk: Desk) -> None:
    desk.slack.config(history_lag=0.9)
    desk.slack.faults({"method": "chat.postMessage", "action": "drop", "when": "after"})
    desk.owe(2)
    desk.work()
    assert desk.keys() == wanted(2)


def test_G4_what_stays_unknown_is_said(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.owe(1)
    desk.work(steps=2)
    desk.slack.config(history_restricted=True)
    desk.slack.faults({"method": "chat.postMessage", "action": "drop", "when": "after"})
    desk.owe(1, first=1)
    desk.work(steps=200, each=3_600)
    state = desk.states()[wanted(2)[1]]
    assert state in {OperationState.PARKED, OperationState.DEAD, OperationState.SENT}
    assert desk.keys() == wanted(2)
    if state is not OperationState.SENT:
        assert any(record.levelname == "ERROR" for record in caplog.records)


@pytest.mark.parametrize("error", ["token_revoked", "missing_scope", "is_archived", "not_in_channel"])
def test_G5_what_a_person_must_mend_is_kept_and_holds_up_no_other_channel(desk: Desk, error: str) -> None:
    desk.slack.faults({"method": "chat.postMessage", "channel": CHANNEL, "times": 3, "action": "error", "error": error})
    desk.owe(2)
    desk.owe(2, channel="G0PRIVATE")
    desk.work(steps=60, each=120)
    assert desk.keys("G0PRIVATE") == wanted(2, "G0PRIVATE")
    desk.work(steps=60, each=1_800)
    assert desk.keys() == wanted(2), "posted by itself once it is mended"


@pytest.mark.parametrize("error", ["invalid_blocks", "msg_too_long", "msg_blocks_too_long"])
def test_G6_what_slack_refuses_is_sent_plain(desk: Desk, error: str, caplog: pytest.LogCaptureFixture) -> None:
    desk.slack.faults({"method": "chat.postMessage", "action": "error", "error": error})
    desk.owe(2)
    desk.work()
    assert desk.keys() == wanted(2)
    assert not desk.slack.messages()[0].get("blocks")


@pytest.mark.proof
def test_G7_nothing_that_a_feed_writes_pings_or_hides(desk: Desk, hostile: object) -> None:
    """Sixteen titles, from the feed to what the strict Slack took."""
    world, slack = desk.world, desk.slack
    for n, path in enumerate(("/slack-injection?story=1", "/long-title")):
        url = world.url("/ok/rss", host=f"feed{n}.test", n=0)
        world.follow(url)
        world.poll()
        world.lead(url, f"{world.url('', host=f'feed{n}.test')}{path}")
        world.poll()
        world.settle()
        desk.work(steps=40, each=2)
    owed = [one for one in world.store.operations() if one.verb is Verb.POST]
    assert all(one.state is OperationState.SENT for one in owed), "Slack took them all as they are"
    assert not any(one.reason for one in owed if one.error), [one.error for one in owed]
    standing = slack.messages()
    assert len(standing) >= 10
    assert [message["lint"] for message in standing if message["lint"]] == [], (
        "no mention, no false label, no control or direction character"
    )
    shown = json.dumps(slack.messages(), ensure_ascii=False)
    for bad in ("<!", "<@", "<#", "<https://evil", "\u202e", "\u200b"):
        assert bad not in shown.replace("<!date^", "")


def test_G8_a_slow_slack_stops_no_poll_and_the_queue_is_on_disk(desk: Desk) -> None:
    from bot.service import Service, Threads

    world = desk.world
    desk.owe(300)
    desk.slack.faults({"method": "chat.postMessage", "times": -1, "action": "slow", "seconds": 1})
    feeds = [world.url("/ok/rss", host=f"feed{n}.test") for n in range(8)]
    world.follow(*feeds)
    polled: list[str] = []
    service = Service(
        world.pipeline,
        world.store,
        threads=Threads(poll=2, slow=1, pages=1),
        on_poll=lambda results: polled.extend(r.feed.url for r in results),
    )
    service.start()
    try:
        import threading

        waiting = threading.Event()
        for _ in range(100):
            if len(polled) == len(feeds):
                break
            waiting.wait(0.05)
    finally:
        service.stop()
    assert sorted(polled) == sorted(feeds)
    assert world.store.unfinished() > 290

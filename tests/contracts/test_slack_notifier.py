"""SlackNotifier against a strict Slack on a socket that fails as networks do."""

from __future__ import annotations

import http.client
import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from urllib.error import URLError

import pytest
import slack_sdk.errors
from slack_sdk.errors import SlackClientError

from bot.adapters.deadline import DeadlineOpener
from bot.adapters.slack import SlackNotifier
from bot.alerts.delivery import Policy
from bot.errors import ConfigError, DeliveryError, DeliveryReason, Fate
from bot.model import Message, Operation, OperationKey, OperationState, StoryId, Verb
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import Outbox
from tests.fakes.slack_server import Running, serve

CHANNEL = "C0ALERTS"
TOKEN = "xoxb-test"
R = DeliveryReason


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with serve() as running:
        yield running


@pytest.fixture
def slack(server: Running) -> Running:
    server.admin("reset", {})
    server.config(post_rate=1000, post_burst=1000)
    return server


def notifier(slack: Running | str, *, token: str = TOKEN, timeout_s: float = 5.0, clock=None, **options):
    base = slack if isinstance(slack, str) else slack.api
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # without reading all the roots for each
    return SlackNotifier(
        token, clock=clock or FakeClock(), base_url=base, timeout_s=timeout_s, context=context, **options
    )


def operation(key: str = "k1", channel: str = CHANNEL, now=None, **changes) -> Operation:
    now = now or FakeClock().now()
    message = Message(f"text of {key}", metadata={"event_type": "talentwire_alert", "event_payload": {"k": key}})
    made = {"channel": channel, "verb": Verb.POST, "message": message, "attempts": 1, "started_at": now} | changes
    return Operation(key=OperationKey(key), story_id=StoryId("s"), created_at=now, due_at=now, **made)


def failure(call, *arguments) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        call(*arguments)
    return caught.value


# --------------------------------------------------------------------------------- what is known of a failed attempt


@pytest.mark.parametrize(
    ("rule", "reason", "stored"),
    [
        ({"action": "drop"}, R.UNKNOWN, 0),
        ({"action": "drop", "reset": True}, R.UNKNOWN, 0),
        ({"action": "drop", "when": "after"}, R.UNKNOWN, 1),
        ({"action": "drop", "when": "after", "reset": True}, R.UNKNOWN, 1),
        ({"action": "cut", "when": "after"}, R.UNKNOWN, 1),  # half a JSON
        ({"action": "http", "status": 500}, R.UNKNOWN, 0),
        ({"action": "http", "status": 503, "when": "after"}, R.UNKNOWN, 1),
        ({"action": "html"}, R.UNKNOWN, 0),  # a page under status 200
        ({"action": "html", "when": "after"}, R.UNKNOWN, 1),
        ({"action": "html", "status": 403}, R.UNKNOWN, 0),  # of a proxy, say: it may have passed the request on
        ({"action": "redirect", "to": "https://e.example/"}, R.UNKNOWN, 0),  # not followed
        ({"action": "error", "error": "fatal_error", "when": "after"}, R.UNKNOWN, 1),  # so says its documentation
        ({"action": "error", "error": "internal_error"}, R.UNKNOWN, 0),
        ({"action": "error", "error": "service_unavailable"}, R.UNKNOWN, 0),
        ({"action": "error", "error": "a_word_of_tomorrow"}, R.UNKNOWN, 0),
        ({"action": "error", "error": "<b>Not a word</b>"}, R.UNKNOWN, 0),
        ({"action": "ratelimit"}, R.RATE_LIMITED, 0),
        ({"action": "http", "status": 429}, R.RATE_LIMITED, 0),  # whatever its body
        ({"action": "error", "error": "rate_limited"}, R.RATE_LIMITED, 0),
        ({"action": "revoke"}, R.TOKEN, 0),
        ({"action": "error", "error": "missing_scope"}, R.TOKEN, 0),
        ({"action": "error", "error": "invalid_auth"}, R.TOKEN, 0),  # not one of the invalid_ that refuse a text
        ({"action": "error", "error": "is_archived"}, R.CHANNEL, 0),
        ({"action": "error", "error": "restricted_action"}, R.CHANNEL, 0),
        ({"action": "error", "error": "invalid_blocks"}, R.REFUSED, 0),
        ({"action": "error", "error": "msg_too_long"}, R.REFUSED, 0),
        ({"action": "error", "error": "metadata_too_large"}, R.REFUSED, 0),
        ({"action": "error", "error": "no_text"}, R.REFUSED, 0),
        ({"action": "error", "error": "thread_not_found"}, R.GONE, 0),
    ],
)
def test_the_reason_of_a_failure(slack, rule, reason, stored):
    slack.faults(rule)
    error = failure(notifier(slack).apply, operation())
    assert error.reason is reason
    assert len(slack.messages()) == stored
    assert len(slack.calls("chat.postMessage")) == 1  # never repeated below the protocol
    assert "<b>" not in str(error)


@pytest.mark.parametrize(
    ("channel", "reason"),
    [
        ("C0OTHER", R.CHANNEL),  # not a member: could be posted to with chat:write.public, but never read
        ("C0OLD", R.CHANNEL),
        ("G0SECRET", R.CHANNEL),
        ("C0NOPE", R.CHANNEL),
    ],
)
def test_channels_that_take_nothing(slack, channel, reason):
    error = failure(notifier(slack).apply, operation(channel=channel))
    assert (error.reason, error.fate) == (reason, Fate.STOP)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("3", 3.0), ("0", 0.0), ("99999999", 86_400.0), ("soon", None), ("-5", None), ("1e9", None)],
)
def test_retry_after_is_read_or_left(slack, header, seconds):
    slack.faults({"action": "http", "status": 503, "retry_after": header})
    error = failure(notifier(slack).apply, operation())
    assert (error.reason, error.retry_after) == (R.UNKNOWN, seconds)


def test_slacks_own_rate_limit_tells_how_long(slack):
    slack.config(post_rate=1, post_burst=1)
    clock = FakeClock()
    sender = notifier(slack, clock=clock)
    sender.apply(operation("k1"))
    error = failure(sender.apply, operation("k2"))
    assert (error.reason, error.retry_after) == (R.RATE_LIMITED, 1.0)
    slack.advance(1)
    clock.advance(1)
    sender.apply(operation("k2"))
    assert slack.admin("state")["early_retries"] == []


def test_a_method_that_is_limited_is_not_called_before_its_time(slack):
    """Slack counts the reading of histories over all channels; each would ask anew."""
    clock = FakeClock()
    slack.faults({"method": "conversations.history", "action": "ratelimit", "retry_after": 20})
    sender = notifier(slack, clock=clock)
    assert failure(sender.find, operation()).retry_after == 20.0
    clock.advance(5)
    error = failure(sender.find, operation(channel="G0PRIVATE"))
    assert (error.reason, error.retry_after) == (R.RATE_LIMITED, 15.0)
    sender.apply(operation())  # posts have limits of their own
    clock.advance(15)
    assert len(slack.calls("conversations.history")) == 1
    slack.advance(20)
    assert len(sender.find(operation())) == 1


def test_a_refused_connection_is_certain():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    error = failure(notifier(f"http://127.0.0.1:{port}/api/").apply, operation())
    assert error.reason is R.UNREACHABLE
    assert "the connection was refused" in str(error)


# What the libraries below may raise, and what we know then. A class of slack_sdk that is not here fails the test.
RAISED = {
    URLError(socket.gaierror(-2, "no such name")): R.UNREACHABLE,
    URLError(ConnectionRefusedError()): R.UNREACHABLE,
    URLError(ssl.SSLCertVerificationError()): R.UNREACHABLE,
    URLError(ssl.SSLError()): R.UNKNOWN,
    URLError(TimeoutError()): R.UNKNOWN,
    URLError(ConnectionResetError()): R.UNKNOWN,
    URLError("words"): R.UNKNOWN,
    ConnectionRefusedError(): R.UNKNOWN,  # not while connecting: then it comes in a URLError
    http.client.RemoteDisconnected(): R.UNKNOWN,
    http.client.IncompleteRead(b""): R.UNKNOWN,
    http.client.BadStatusLine("x"): R.UNKNOWN,
    TimeoutError(): R.UNKNOWN,
    UnicodeDecodeError("utf-8", b"", 0, 1, "x"): R.UNKNOWN,
    ValueError(f"Invalid header value b'Bearer {TOKEN}'"): R.UNKNOWN,
    RuntimeError("a bug"): R.UNKNOWN,
    slack_sdk.errors.BotUserAccessError(): R.UNKNOWN,
    slack_sdk.errors.SlackRequestError(): R.UNKNOWN,
    slack_sdk.errors.SlackApiError("x", {"error": "is_archived"}): R.UNKNOWN,  # without a response: nothing is known
    slack_sdk.errors.SlackTokenRotationError(None): R.UNKNOWN,
    slack_sdk.errors.SlackClientNotConnectedError(): R.UNKNOWN,
    slack_sdk.errors.SlackObjectFormationError(): R.UNKNOWN,
    slack_sdk.errors.SlackClientConfigurationError(): R.UNKNOWN,
}


@pytest.mark.parametrize("raised", RAISED, ids=lambda error: type(error).__name__)
def test_whatever_the_libraries_raise_is_told_apart(slack, monkeypatch, raised):
    def fail(*_):
        raise raised

    monkeypatch.setattr(DeadlineOpener, "open", fail)
    error = failure(notifier(slack).apply, operation())
    assert error.reason is RAISED[raised]
    assert TOKEN not in str(error)
    assert error.__cause__ is None  # nor in what a traceback would print


def test_every_exception_of_slack_sdk_is_in_the_table():
    known = {type(raised) for raised in RAISED}
    classes = [c for c in vars(slack_sdk.errors).values() if isinstance(c, type) and issubclass(c, Exception)]
    assert SlackClientError in classes
    assert {c for c in classes if c is not SlackClientError} <= known


# --------------------------------------------------------------------------------------------------- one deadline


def test_a_dripping_answer_ends_at_the_deadline_and_leaves_no_thread(slack):
    """By urllib's own timeout, which starts anew with each byte, it would never end."""
    slack.faults({"action": "drip", "when": "after", "times": -1, "method": "chat.postMessage"})
    threads = threading.active_count()
    for _ in range(3):
        assert failure(notifier(slack, timeout_s=0.2).apply, operation()).reason is R.UNKNOWN
    assert threading.active_count() == threads


def test_silence_ends_at_the_deadline(slack):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, and never says a word
        base = f"http://127.0.0.1:{silent.getsockname()[1]}/api/"
        assert failure(notifier(base, timeout_s=0.2).apply, operation()).reason is R.UNKNOWN
        secure = base.replace("http:", "https:")  # nor in the handshake
        assert failure(notifier(secure, timeout_s=0.2).apply, operation()).reason is R.UNKNOWN


def test_name_lookups_that_hang_are_certain_failures_and_bounded_in_number(monkeypatch):
    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: release.wait(20) and [])
    sender = notifier("http://slack.example/api/", timeout_s=0.05)
    threads = threading.active_count()
    reasons = {failure(sender.apply, operation()).reason for _ in range(8)}
    hanging = threading.active_count() - threads
    release.set()
    assert reasons == {R.UNREACHABLE}
    assert hanging <= 4


def test_a_name_with_several_addresses_is_tried_at_each(slack, monkeypatch):
    port = int(slack.base.rsplit(":", 1)[1])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        closed = probe.getsockname()
    tcp = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(*tcp, closed), (*tcp, ("127.0.0.1", port))])
    assert notifier(f"http://slack.example:{port}/api/").apply(operation()).channel == CHANNEL


def test_a_late_message_is_found_once_it_is_there(slack):
    """The caller has long given up when Slack takes the message: a look at once finds nothing, a later one does."""
    slack.faults({"action": "hold", "method": "chat.postMessage"})
    sender = notifier(slack, timeout_s=0.2)
    assert failure(sender.apply, operation()).reason is R.UNKNOWN
    sender = notifier(slack)
    assert sender.find(operation()) == []
    slack.admin("release", {})
    assert _until(lambda: sender.find(operation()))


def _until(condition, tries: int = 500):
    return any(condition() for _ in range(tries))


# ------------------------------------------------------------------------------------------------------- looking


def test_only_our_own_messages_with_event_type_and_key_count(slack):
    sender = notifier(slack)
    sender.apply(operation("k1"))
    sender.apply(operation("k2"))
    metadata = {"event_type": "talentwire_alert", "event_payload": {"k": "k1"}}
    slack.admin("post_as_user", {"channel": CHANNEL, "text": "x", "metadata": metadata})  # somebody copied our key
    other = Message("x", metadata={"event_type": "something_else", "event_payload": {"k": "k1"}})
    sender.apply(operation("k1", message=other))
    assert len(sender.find(operation("k1"))) == 1


def test_a_look_goes_through_all_pages_and_since_shortly_before_the_attempt(slack):
    clock, sender = FakeClock(), notifier(slack)
    receipt = sender.apply(operation("k0"))
    for number in range(1, 8):
        sender.apply(operation(f"k{number}"))
    slack.config(history_page=3)
    assert [found.ts for found in sender.find(operation("k0"))] == [receipt.ts]
    slack.advance(3_600)
    clock.advance(3_600)
    late = notifier(slack, clock=clock)
    assert late.find(operation("k0", now=clock.now())) == []  # the attempt was an hour after that message
    first_of_two = operation("k0", now=clock.now() - timedelta(hours=1), started_at=clock.now(), attempts=2)
    assert len(late.find(first_of_two)) == 1  # the first attempt may have been any time since the operation was made


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_clock_that_is_wrong_by_hours_is_seen_in_slacks_date(slack, hours):
    slack.config(ahead=hours * 3_600.0)
    sender = notifier(slack)
    receipt = sender.apply(operation())
    assert [found.ts for found in sender.find(operation())] == [receipt.ts]


def test_history_that_lags_shows_the_message_later(slack):
    slack.config(history_lag=5)
    sender = notifier(slack)
    sender.apply(operation())
    assert sender.find(operation()) == []
    slack.advance(6)
    assert len(sender.find(operation())) == 1


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"action": "ratelimit"}, R.RATE_LIMITED),
        ({"action": "error", "error": "missing_scope"}, R.TOKEN),
        ({"action": "error", "error": "not_in_channel"}, R.CHANNEL),
        ({"action": "http", "status": 500}, R.UNKNOWN),
        ({"action": "html"}, R.UNKNOWN),
    ],
)
def test_a_channel_that_cannot_be_read_is_not_an_empty_one(slack, rule, reason):
    slack.faults({"method": "conversations.history", **rule})
    assert failure(notifier(slack).find, operation()).reason is reason


def test_a_thread_whose_parent_is_gone_says_so(slack):
    reply = operation("k2", verb=Verb.REPLY, target_ts="1.000001")
    assert failure(notifier(slack).find, reply).reason is R.GONE


def test_people_who_answered_mark_the_message_to_keep(slack):
    sender = notifier(slack)
    first, second = sender.apply(operation()), sender.apply(operation())
    slack.admin("react", {"channel": CHANNEL, "timestamp": second.ts, "name": "eyes"})
    assert [(f.ts, f.engaged) for f in sender.find(operation())] == [(first.ts, False), (second.ts, True)]


# ------------------------------------------------------------------------------------------------ what it sends


def test_what_is_posted_is_clean_and_shows_no_previews(slack):
    notifier(slack).apply(operation())
    stored = slack.messages()[0]
    assert stored["lint"] == []
    assert stored["metadata"]["event_payload"]["k"] == "k1"


def test_a_message_that_could_not_be_found_again_is_not_posted(slack):
    with pytest.raises(ValueError, match="another key"):
        notifier(slack).apply(operation("k1", message=Message("x", metadata={})))
    assert slack.messages() == []


def test_an_update_that_was_made_plain_drops_the_blocks(slack):
    blocks = ({"type": "section", "text": {"type": "mrkdwn", "text": "one"}},)
    metadata = {"event_type": "talentwire_alert", "event_payload": {"k": "k1"}}
    sender = notifier(slack)
    receipt = sender.apply(operation(message=Message("one", blocks, metadata)))
    sender.apply(operation("k2", message=Message("two"), verb=Verb.UPDATE, target_ts=receipt.ts))
    stored = slack.messages()[0]
    assert (stored["text"], stored["blocks"], stored["metadata"]) == ("two", None, metadata)


# ------------------------------------------------------------------------------------------- identity and secrets


def test_check_says_who_we_are_and_what_we_may(slack):
    identity = notifier(slack).check()
    assert (identity.team, identity.bot_id) == ("Fake", "B0BOT")
    assert "chat:write" in identity.scopes


def test_a_wrong_token_is_told_at_the_check(slack):
    error = failure(notifier(slack, token="xoxb-wrong").check)
    assert (error.reason, error.fate) == (R.TOKEN, Fate.STOP)


@pytest.mark.parametrize("token", ["", "xoxb-1\n", "xoxb 1", "xoxb-é"])
def test_a_token_that_cannot_be_one_is_told_before_any_call_and_not_shown(slack, token):
    with pytest.raises(ConfigError) as caught:
        notifier(slack, token=token)
    assert "SLACK_BOT_TOKEN" in str(caught.value)
    assert not token.strip() or token.strip() not in str(caught.value)


def test_an_address_that_is_neither_http_nor_https_is_told():
    with pytest.raises(ConfigError, match="SLACK_API_URL"):
        notifier("file:///etc/")


def test_the_environments_proxy_is_not_used_but_one_that_was_asked_for_is(slack, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    notifier(slack).apply(operation())
    error = failure(notifier(slack, proxy="http://127.0.0.1:1").apply, operation())
    assert error.reason is R.UNREACHABLE


def test_no_token_in_anything_that_is_shown(slack, caplog):
    caplog.set_level(logging.DEBUG)
    secret = "xoxb-planted-secret"
    sender = notifier(slack, token=secret)
    shown = [repr(sender), str(failure(sender.apply, operation())), str(failure(sender.check))]
    slack.faults({"action": "html"}, {"action": "drop"})
    shown += [str(failure(sender.apply, operation())), str(failure(sender.apply, operation())), caplog.text]
    assert secret not in "\n".join(shown)
    assert "text of k1" not in caplog.text


# ------------------------------------------------------------------------------------------ the whole protocol


PLANS = [
    {"action": "drop"},
    {"action": "drop", "when": "after"},
    {"action": "drop", "when": "after", "reset": True},
    {"action": "http", "status": 500},
    {"action": "http", "status": 503, "when": "after", "retry_after": 2},
    {"action": "html", "when": "after"},
    {"action": "cut", "when": "after"},
    {"action": "ratelimit", "retry_after": 3},
    {"action": "error", "error": "fatal_error", "when": "after"},
    {"action": "error", "error": "is_archived"},
]


def run_plan(slack: Running, seed: int) -> None:
    rng, clock = Random(seed), FakeClock()
    slack.admin("reset", {})
    slack.config(tier_scale=100.0, history_lag=rng.uniform(0, 5))
    faults = [rng.choice(PLANS) | {"method": "chat.postMessage", "skip": rng.randint(0, 2)} for _ in range(10)]
    faults += [rng.choice(PLANS[3:4] + PLANS[7:8]) | {"method": "conversations.history"} for _ in range(2)]
    slack.faults(*faults)
    outbox = Outbox(notifier(slack, clock=clock), clock, Policy(), rng)

    def wait(seconds: float) -> None:
        clock.advance(seconds)
        slack.advance(seconds)

    outbox.wait = wait
    for number in range(6):
        outbox.owe(operation(f"k{number}", attempts=0, started_at=None))
    outbox.crash_rate = 0.05
    outbox.run()
    keys = [message["metadata"]["event_payload"]["k"] for message in slack.messages()]
    assert keys == [f"k{number}" for number in range(6)]  # each once, and in order: all shows within the settle time
    assert all(op.state is OperationState.SENT for op in outbox.rows.values())
    assert slack.admin("state")["early_retries"] == []


@pytest.mark.parametrize("seed", range(8))
def test_under_faults_each_alert_stands_once_and_in_order(slack, seed):
    run_plan(slack, seed)


@pytest.mark.proof
def test_under_two_hundred_plans_each_alert_stands_once_and_in_order(slack):
    for seed in range(1_000, 1_200):
        run_plan(slack, seed)

"""The manifest that users install the app from: every scope is needed, and they are enough."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from bot.adapters.slack import SlackNotifier
from bot.errors import DeliveryError, DeliveryReason
from bot.model import Message, Operation, OperationKey, StoryId, Verb
from tests.fakes.clock import FakeClock
from tests.fakes.slack_server import BOT_TOKEN, Running, serve

MANIFEST = yaml.safe_load((Path(__file__).parents[2] / "slack-manifest.yaml").read_text(encoding="utf-8"))
SCOPES = MANIFEST["oauth_config"]["scopes"]["bot"]


@pytest.fixture(scope="module")
def slack() -> Iterator[Running]:
    with serve() as running:
        yield running


def everything(slack: Running, scopes: list[str]) -> None:
    """Do all that the bot does in Slack, in a public and in a private channel."""
    slack.admin("reset", {})
    slack.config(scopes=scopes, post_rate=1000, post_burst=1000)
    clock = FakeClock()
    notifier = SlackNotifier(BOT_TOKEN, clock=clock, base_url=slack.api)
    for channel in ("C0ALERTS", "G0PRIVATE"):

        def operation(key: str, verb: Verb, target_ts: str = "", where: str = channel) -> Operation:
            message = Message(key, metadata={"event_type": "talentwire_alert", "event_payload": {"k": key}})
            now = clock.now()
            return Operation(OperationKey(key), where, verb, StoryId("s"), message, now, now, target_ts=target_ts)

        notifier.check()
        posted = notifier.apply(operation("k1", Verb.POST))
        reply = operation("k2", Verb.REPLY, posted.ts)
        notifier.apply(reply)
        notifier.apply(operation("k3", Verb.UPDATE, posted.ts))
        assert len(notifier.find(operation("k1", Verb.POST))) == len(notifier.find(reply)) == 1
        notifier.apply(operation("k4", Verb.DELETE, posted.ts))


def test_the_scopes_of_the_manifest_are_enough(slack):
    everything(slack, SCOPES)


@pytest.mark.parametrize("left_out", SCOPES)
def test_no_scope_of_the_manifest_is_unused(slack, left_out):
    with pytest.raises(DeliveryError) as caught:
        everything(slack, [scope for scope in SCOPES if scope != left_out])
    assert caught.value.reason is DeliveryReason.TOKEN


def test_nothing_is_switched_on_that_nobody_answers():
    assert set(MANIFEST["features"]) == {"bot_user"}
    assert not any(MANIFEST["settings"][key] for key in ("org_deploy_enabled", "socket_mode_enabled"))
    assert not MANIFEST["settings"]["interactivity"]["is_enabled"]
    assert "event_subscriptions" not in MANIFEST["settings"]


def test_the_texts_keep_slacks_limits():
    """Source: docs.slack.dev, app manifest reference: name 35, description 140, display name 80 characters."""
    information = MANIFEST["display_information"]
    assert len(information["name"]) <= 35
    assert len(information["description"]) <= 140
    assert len(MANIFEST["features"]["bot_user"]["display_name"]) <= 80

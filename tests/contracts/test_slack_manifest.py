"""The manifest that users install the app from: every scope is needed, and they are enough."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from bot.adapters.slack import SlackNotifier
from bot.errors import DeliveryError, DeliveryReason
from bot.model import Message, Operation, OperationKey, StoryId, Verb
from bot.talk.heard import heard
from tests.fakes.clock import FakeClock
from tests.fakes.slack_server import BOT_TOKEN, Running, serve

MANIFEST = yaml.safe_load((Path(__file__).parents[2] / "slack-manifest.yaml").read_text(encoding="utf-8"))
SCOPES = MANIFEST["oauth_config"]["scopes"]["bot"]
COMMANDS = "commands"  # what Slack wants before it offers a command or a shortcut: no call of ours needs it


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
    notifier.show_home("U0HUMAN", {"type": "home", "blocks": []})
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
        assert notifier.is_member(channel, "U0HUMAN")


def test_the_scopes_of_the_manifest_are_enough(slack):
    everything(slack, SCOPES)


@pytest.mark.parametrize("left_out", [scope for scope in SCOPES if scope != COMMANDS])
def test_no_scope_of_the_manifest_is_unused(slack, left_out):
    with pytest.raises(DeliveryError) as caught:
        everything(slack, [scope for scope in SCOPES if scope != left_out])
    assert caught.value.reason is DeliveryReason.TOKEN


def test_each_scope_has_its_reason():
    text = (Path(__file__).parents[2] / "slack-manifest.yaml").read_text(encoding="utf-8")
    assert re.findall(r"^#   ([a-z]+(?::[a-z]+)?) +\S", text, re.MULTILINE) == SCOPES


def test_nothing_is_switched_on_that_nobody_answers():
    """What is offered is heard: the very command and shortcut of the manifest become something that a reader did."""
    features = MANIFEST["features"]
    assert set(features) == {"app_home", "bot_user", "slash_commands", "shortcuts"}
    assert COMMANDS in SCOPES
    for command in features["slash_commands"]:
        typed = {"command": command["command"], "user_id": "U1", "text": "status"}
        assert heard("slash_commands", "e", typed).verb == "status"
    for shortcut in features["shortcuts"]:
        chosen = {"type": f"{shortcut['type']}_action", "callback_id": shortcut["callback_id"], "user": {"id": "U1"}}
        assert heard("interactive", "e", chosen).verb == "missed"
    assert MANIFEST["settings"]["interactivity"]["is_enabled"]
    assert MANIFEST["settings"]["socket_mode_enabled"]
    assert not MANIFEST["settings"]["org_deploy_enabled"]
    for name in MANIFEST["settings"]["event_subscriptions"]["bot_events"]:
        happened = {"event": {"type": name, "user": "U1", "tab": "home"}}
        assert heard("events_api", "e", happened).verb == "app_home"
    assert features["app_home"] == {"home_tab_enabled": True, "messages_tab_enabled": False}


def test_the_texts_keep_slacks_limits():
    """Source: docs.slack.dev, app manifest reference: name 35, description 140, display name 80 characters."""
    information = MANIFEST["display_information"]
    assert len(information["name"]) <= 35
    assert len(information["description"]) <= 140
    assert len(MANIFEST["features"]["bot_user"]["display_name"]) <= 80
    assert all(len(one["command"]) <= 32 for one in MANIFEST["features"]["slash_commands"])
    assert all(len(one["name"]) <= 24 for one in MANIFEST["features"]["shortcuts"])

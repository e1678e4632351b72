"""`talentwire doctor` against a Slack that is as strict as Slack: each thing that may be wrong is named, with its click."""

from __future__ import annotations

import json
from collections.abc import Iterator
from ssl import PROTOCOL_TLS_CLIENT, SSLContext

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.commands.doctor import SCOPES, Doctor, Finding, data
from bot.config import Config
from tests.contracts.test_slack_manifest import SCOPES as MANIFEST_SCOPES
from tests.fakes.clock import SharedClock
from tests.fakes.slack_server import Running, serve

TLS = SSLContext(PROTOCOL_TLS_CLIENT)  # without reading all the roots for each
CONFIG = Config.model_validate({"slack": {"channel": "C0ALERTS"}})


@pytest.fixture(scope="module")
def clock() -> SharedClock:
    return SharedClock(speed=10.0)


@pytest.fixture(scope="module")
def server(clock) -> Iterator[Running]:
    with serve(clock=clock) as running:
        yield running


@pytest.fixture
def slack(server: Running) -> Running:
    server.admin("reset", {})
    server.config(scopes=list(SCOPES))
    return server


def examined(
    slack: Running, clock: SharedClock, *, channel: str = "", lag: bool = False, config=CONFIG, **env
) -> tuple[list[Finding], list[str]]:
    said: list[str] = []
    tokens = {"SLACK_BOT_TOKEN": "xoxb-test", "SLACK_APP_TOKEN": "xapp-test", "SLACK_API_URL": slack.api} | env
    doctor = Doctor(tokens, config, clock, clock.skip, said.append, channel=channel, lag=lag, tls=TLS)
    return list(doctor.examine()), said


def test_all_is_well_and_nothing_is_left_behind(slack, clock):
    found, said = examined(slack, clock)
    assert [one.check for one in found] == ["token", "sign in", "scopes", "channel", "messages", "socket"]
    assert all(one.ok for one in found), found
    assert said == ["a test message will stand in C0ALERTS for a moment, and be deleted again"]
    assert slack.messages() == []
    assert len(slack.calls("chat.postMessage")) == 1


def test_the_channel_may_be_another(slack, clock):
    found, said = examined(slack, clock, channel="G0PRIVATE")
    assert all(one.ok for one in found)
    assert "G0PRIVATE" in said[0]
    assert [c["args"]["channel"] for c in slack.calls("chat.postMessage")] == ["G0PRIVATE"]


WITHOUT_HISTORY = [scope for scope in SCOPES if scope != "channels:history"]


@pytest.mark.parametrize(
    ("change", "env", "channel", "check", "words", "click"),
    [
        ({}, {"SLACK_BOT_TOKEN": ""}, "", "token", "not set", "Bot User OAuth Token"),
        ({}, {"SLACK_BOT_TOKEN": "xapp-test"}, "", "token", "app-level token", "Bot User OAuth Token"),
        ({}, {"SLACK_BOT_TOKEN": "xoxp-1"}, "", "token", "a user's token", "Bot User OAuth Token"),
        ({}, {"SLACK_BOT_TOKEN": "https://hooks.slack.com/services/x"}, "", "token", "incoming webhook", "OAuth"),
        ({}, {"SLACK_BOT_TOKEN": "xoxb-other"}, "", "sign in", "invalid_auth", "Bot User OAuth Token"),
        ({"tokens": {"xoxb-test": "revoked"}}, {}, "", "sign in", "token_revoked", "Reinstall"),
        ({"scopes": WITHOUT_HISTORY}, {}, "", "scopes", "missing: channels:history", "Add an OAuth Scope"),
        ({"scopes": WITHOUT_HISTORY}, {}, "", "read back", "channels:history is needed", "Add an OAuth Scope"),
        ({"scopes": ["channels:read"]}, {}, "", "post", "chat:write is needed", "Add an OAuth Scope"),
        ({}, {}, "C0OTHER", "channel", "not in #other", "/invite"),
        ({}, {}, "G0SECRET", "channel", "channel_not_found", "Channel ID"),
        ({}, {}, "C0NOPE", "channel", "channel_not_found", "Channel ID"),
        ({}, {}, "C0OLD", "channel", "archived", "Unarchive"),
        ({}, {"SLACK_APP_TOKEN": "xoxb-test"}, "", "socket", "no app-level token", "connections:write"),
        ({"tokens": {"xapp-test": "revoked"}}, {}, "", "socket", "token_revoked", "connections:write"),
    ],
)
def test_each_failure_says_what_to_click(slack, clock, change, env, channel, check, words, click):
    slack.config(**change)
    found, _ = examined(slack, clock, channel=channel, **env)
    (bad,) = [one for one in found if one.check == check]
    assert not bad.ok
    assert words in bad.words
    assert click in bad.click
    assert not data(found)["ok"]
    assert slack.messages() == []  # also where it could not be read back


def test_without_an_app_token_all_else_is_well(slack, clock):
    found, _ = examined(slack, clock, SLACK_APP_TOKEN="")
    assert found[-1].skipped
    assert all(one.ok for one in found)


@pytest.mark.proof
@pytest.mark.parametrize(
    ("lag_s", "settle_s", "ok", "proposed"),
    [
        (0.0, 15, True, 5),  # the least that is proposed
        (6.0, 15, False, 18),  # three times the longest that was seen, and more than is set
    ],
)
def test_the_lag_of_the_history_proposes_a_settle_time(slack, clock, lag_s, settle_s, ok, proposed):
    slack.config(history_lag=lag_s)
    config = Config.model_validate({"slack": {"channel": "C0ALERTS", "settle_s": settle_s}})
    found, said = examined(slack, clock, lag=True, config=config)
    (lag,) = [one for one in found if one.check == "lag"]
    told = int(lag.words.split("settle_s: ")[1].split(" ")[0])
    assert lag.ok is ok
    assert proposed <= told <= proposed + 12  # the looks are more than a second apart
    assert said == ["20 test messages, one a second, will stand in C0ALERTS for a moment, and be deleted again"]
    assert slack.messages() == []
    assert not [c for c in slack.calls("chat.postMessage") if not c["stored"]], "faster than Slack takes it"


def test_it_asks_for_the_scopes_of_the_manifest():
    assert list(SCOPES) == MANIFEST_SCOPES


def test_the_command_ends_with_a_status_and_speaks_json(slack, clock, tmp_path, monkeypatch):
    file = tmp_path / "config.yaml"
    file.write_text("feeds: [https://one.example/feed]\nslack: {channel: C0OTHER}\n", encoding="utf-8")
    for name, value in (("SLACK_BOT_TOKEN", "xoxb-test"), ("SLACK_API_URL", slack.api)):
        monkeypatch.setenv(name, value)
    told = CliRunner().invoke(main, ["doctor", "-c", str(file)])
    assert told.exit_code == 1
    assert "NO  channel" in told.output
    assert "click: in Slack, in the channel: /invite @talentwire" in told.output
    machine = CliRunner().invoke(main, ["doctor", "-c", str(file), "--channel", "C0ALERTS", "--json"])
    assert machine.exit_code == 0
    assert json.loads(machine.stdout)["ok"]


def test_check_online_asks_slack_as_well_where_a_token_is_set(slack, clock, tmp_path, monkeypatch):
    file = tmp_path / "config.yaml"
    file.write_text("slack: {channel: C0OTHER}\nfeeds: [{url: https://one.invalid/feed}]\n", encoding="utf-8")
    for name, value in (("SLACK_BOT_TOKEN", "xoxb-test"), ("SLACK_API_URL", slack.api)):
        monkeypatch.setenv(name, value)
    told = CliRunner().invoke(main, ["check", str(file), "--online", "--json"])
    assert told.exit_code == 1
    answers = {row["check"]: row["ok"] for row in json.loads(told.stdout)["doctor"]}
    assert (answers["sign in"], answers["channel"]) == (True, False)

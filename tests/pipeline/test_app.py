"""What the composition root says and refuses: the start, the network gone and back, Slack's answer to the token."""

from __future__ import annotations

import io
import re
import threading

import pytest

from bot import app
from bot.config import Config
from bot.errors import ConfigError
from bot.model import Feed, PollOutcome, PollResult
from tests.fakes.slack_server import serve

OFFLINE = PollResult(Feed("https://a.example/f"), PollOutcome.FAILED, reason="no_network")
FINE = PollResult(Feed("https://a.example/f"), PollOutcome.NOT_MODIFIED)


def test_the_network_is_missed_once_and_greeted_once(caplog):
    caplog.set_level("INFO", logger="bot")
    steps = []
    watcher = app._PollWatcher(2, steps.append, lambda: None)
    for results in ((OFFLINE,), (OFFLINE, OFFLINE), (FINE,), (FINE,)):
        watcher(results)
    said = [record.getMessage() for record in caplog.records]
    assert [words.partition(":")[0] for words in said] == ["no network", "first round of polls done", "network is back"]
    assert sum(steps) == 2


def introduced(config: Config, env: dict[str, str], tmp_path) -> list[str]:
    lines: list[str] = []
    stopped = threading.Event()
    stopped.set()
    with app.opened(config, env, app.Settings(store=tmp_path / "t.db", out=io.StringIO())) as opened:
        app.run(opened, lines.append, stopped=stopped)
    return lines


def test_the_start_says_what_is_on_and_where_to_look(tmp_path):
    lines = introduced(Config.model_validate({"feeds": [], "watchlist": {"people": ["Ada Ferrano"]}}), {}, tmp_path)
    assert len(lines) <= 7
    told = "\n".join(lines)
    for words in (
        "0 feeds",
        "1 names of your own",
        str(tmp_path / "t.db"),
        "baseline",
        "this terminal",
        "talentwire why",
    ):
        assert words in told


def slack_config(channel: str = "C0ALERTS") -> Config:
    return Config.model_validate({"slack": {"channel": channel}})


def test_with_a_token_the_start_says_who_slack_takes_us_for(tmp_path):
    with serve() as slack:
        lines = introduced(slack_config(), {"SLACK_BOT_TOKEN": "xoxb-test", "SLACK_API_URL": slack.api}, tmp_path)
    assert any(re.search(r"Slack channel C0ALERTS, as \w+ in \w+$", line) for line in lines), lines


def test_a_token_that_slack_refuses_is_told_before_any_poll(tmp_path):
    with serve() as slack, pytest.raises(ConfigError) as caught:
        introduced(slack_config(), {"SLACK_BOT_TOKEN": "xoxb-wrong", "SLACK_API_URL": slack.api}, tmp_path)
    assert "SLACK_BOT_TOKEN" in str(caught.value)
    assert "xoxb-wrong" not in str(caught.value)


def test_a_slack_that_cannot_be_reached_stops_nothing(tmp_path):
    lines = introduced(
        slack_config(), {"SLACK_BOT_TOKEN": "xoxb-test", "SLACK_API_URL": "http://127.0.0.1:9/api/"}, tmp_path
    )
    assert any("alerts wait" in line for line in lines)

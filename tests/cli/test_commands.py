"""The commands as a new user meets them: what they print, and their exit status."""

from __future__ import annotations

import csv
import importlib
import json
import os
import pkgutil
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import click
import pytest
from click.testing import CliRunner, Result

import bot.cli
from bot.adapters.clock import SystemClock
from bot.cli import main
from bot.commands import feeds as verifying
from bot.commands.feeds import Found
from bot.demo.world import World
from bot.model import Feed, ParsedFeed

HIRE = "Norvane AI hires Ada Ferrano from OpenAI"


def talentwire(*arguments: str | Path, text: str | bytes | None = None) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments], input=text)


@pytest.fixture
def config(tmp_path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(
        f"feeds: [https://news.example/feed.xml]\nwatchlist: {{organisations: [Norvane AI]}}\nstore: {tmp_path}/t.db\n"
    )
    return path


@pytest.fixture
def world():
    with World(SystemClock()) as opened:
        yield opened


@pytest.fixture
def world_config(world, tmp_path) -> Path:
    path = tmp_path / "world.yaml"
    path.write_text(f"{world.config_text()}\nstore: {tmp_path}/world.db\n", "utf-8")
    return path


def test_a_feed_is_tested_added_verified_exported_and_removed(world, world_config):
    """The config's comments outlive all of it."""
    world_config.write_text(f"# mine\n{world_config.read_text('utf-8')}", "utf-8")
    before, feed = world_config.read_text("utf-8"), f"{world.url}/feeds/loop.xml"
    tested = talentwire("feeds", "test", feed, "-c", world_config)
    assert tested.exit_code == 0, tested.output
    assert re.search(r"\d+ entries", tested.output)
    assert talentwire("feeds", "remove", feed, "-c", world_config).exit_code == 0
    assert feed not in world_config.read_text("utf-8")
    assert talentwire("feeds", "remove", feed, "-c", world_config).exit_code == 1
    assert talentwire("feeds", "add", feed, "-c", world_config, "--dry-run").exit_code == 0
    assert feed not in world_config.read_text("utf-8")
    assert talentwire("feeds", "add", feed, "-c", world_config).exit_code == 0
    assert world_config.read_text("utf-8").startswith("# mine\n")
    assert sorted(re.findall(r"http\S+\.\w+", world_config.read_text("utf-8"))) == sorted(
        re.findall(r"http\S+\.\w+", before)
    )
    exported = talentwire("feeds", "export", "-c", world_config).output
    assert feed in exported
    page = talentwire("feeds", "test", f"{world.url}/nothing", "-c", world_config)
    assert page.exit_code == 1


def test_all_feeds_are_verified(world, world_config):
    result = talentwire("feeds", "verify", "-c", world_config, "--json")
    rows = json.loads(result.stdout)
    assert (result.exit_code, len(rows), sum(not row["ok"] for row in rows)) == (1, 13, 2)
    assert {"entries" in row["came"] for row in rows if row["ok"]} == {True}


def test_one_fetch_that_hangs_does_not_hold_up_verify(monkeypatch):
    """The others' answers come, and nothing is left that would keep the process from ending."""
    hangs = threading.Event()

    class Probe:
        def feed(self, url: str) -> Found:
            if "hangs" in url:
                hangs.wait()
            if "breaks" in url:
                raise ZeroDivisionError
            return Found(url, ParsedFeed("", "", (), {}), 7)

    monkeypatch.setattr(verifying, "WITHIN_S", 0.1)
    before = set(threading.enumerate())
    names = [f"https://{name}.example/f" for name in ("hangs", "a", "breaks", "b")]
    answers = verifying._answers(Probe(), [Feed(name) for name in names])
    assert {url: fine for url, (_, fine) in answers.items()} == {names[1]: True, names[2]: False, names[3]: True}
    assert all(thread.daemon for thread in set(threading.enumerate()) - before)
    hangs.set()


@pytest.mark.parametrize("name", sorted(main.commands["feeds"].commands))
def test_every_command_for_feeds_has_a_help_with_an_example(name):
    result = talentwire("feeds", name, "--help")
    assert re.search(r"Example: +talentwire feeds " + name, result.output), result.output


def test_an_opml_file_is_imported_once(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("feeds:\n  - https://a.example/f  # the first\n\n# the rest\npacks: []\n")
    file = tmp_path / "list.opml"
    file.write_text(
        '<opml><body><outline text="x"><outline text="B" xmlUrl="https://b.example/f"/></outline><outline xmlUrl="https://a.example/f"/></body></opml>'
    )
    assert "1 of 2 feeds added" in talentwire("feeds", "import", file, "-c", path).output
    assert "0 of 2 feeds added" in talentwire("feeds", "import", file, "-c", path).output
    assert path.read_text() == (
        "feeds:\n  - https://a.example/f  # the first\n  - {url: https://b.example/f, name: B}\n\n# the rest\npacks: []\n"
    )


def test_feeds_list_prints_what_feeds_prints(config):
    assert talentwire("feeds", "list", "-c", config).output == talentwire("feeds", "-c", config).output != ""


def commands() -> list[str]:
    return sorted(main.commands)


@pytest.mark.parametrize("name", commands())
def test_every_command_has_a_help_with_an_example(name):
    result = talentwire(name, "--help")
    assert result.exit_code == 0
    assert re.search(r"Examples?: +.*talentwire " + name, result.output), result.output


def test_commands_for_builders_are_not_in_the_help():
    listed = set(re.findall(r"^  ([a-z]+)  ", talentwire("--help").output, re.MULTILINE))
    assert {"run", "why", "moves"} <= listed
    assert listed.isdisjoint({"poll", "classify", "group", "extract", "parse", "health", "teach"})


def test_every_command_of_the_package_is_on_the_command_line():
    modules = [importlib.import_module(f"bot.cli.{found.name}") for found in pkgutil.iter_modules(bot.cli.__path__)]
    written = {id(value) for module in modules for value in vars(module).values() if isinstance(value, click.Command)}
    groups = [command for command in main.commands.values() if isinstance(command, click.Group)]
    reached = {id(command) for group in (main, *groups) for command in group.commands.values()}
    assert written == reached


def test_help_imports_next_to_nothing():
    code = "import sys, bot.cli; print(*sorted(m for m in sys.modules if m.partition('.')[0] in sys.argv[1:]))"
    heavy = ["httpx", "trafilatura", "lxml", "feedparser", "pydantic", "slack_sdk", "apscheduler", "sqlite3", "yaml"]
    told = subprocess.run([sys.executable, "-c", code, *heavy], capture_output=True, text=True, check=True)
    assert told.stdout.split() == []


# ---------------------------------------------------------------------------------------------- check


def test_check_of_a_right_file(config):
    result = talentwire("check", config)
    assert (result.exit_code, result.output) == (0, f"{config} is right: 1 feeds, 0 warnings\n")


def test_check_names_all_faults_with_their_lines(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("feeds: [https://a.example/f]\nwatchlst: {}\nthresholds:\n  alert: high\n")
    result = talentwire("check", path)
    assert result.exit_code == 2
    assert f"{path}:2:1: watchlst" in result.output
    assert "watchlist" in result.output
    assert f"{path}:4:3: thresholds.alert" in result.output
    rows = json.loads(talentwire("check", path, "--json").output)["errors"]
    assert [row["line"] for row in rows] == [2, 4]


def test_check_names_doubts_apart_and_ends_well(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("feeds: [https://a.example/f]\nwatchlist: {organisations: [OpenAl]}\n")
    result = talentwire("check", path)
    assert result.exit_code == 0
    assert (
        f"warning  {path}:2:29: watchlist.organisations[0]: 'OpenAl' is not known: did you mean OpenAI?"
        in result.output
    )
    assert result.output.endswith(f"{path} is right: 1 feeds, 1 warning\n")
    (row,) = json.loads(talentwire("check", path, "--json").output)["warnings"]
    assert (row["line"], row["column"], row["key"]) == (2, 29, "watchlist.organisations[0]")


def test_check_says_what_run_would_say_of_the_tokens(config, monkeypatch):
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    result = talentwire("check", config)
    assert result.exit_code == 2
    assert "slack.channel: is missing, though SLACK_BOT_TOKEN is set" in result.output
    monkeypatch.setenv("SLACK_APP_TOKEN_FILE", "/nowhere/token")
    assert "SLACK_APP_TOKEN_FILE: names /nowhere/token" in talentwire("check", config).output


def test_check_online_asks_the_feeds_too(world, world_config):
    result = talentwire("check", world_config, "--online", "--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["ok"], told["errors"]) == (1, False, [])
    assert (len(told["feeds"]), sum(not row["ok"] for row in told["feeds"])) == (13, 2)


def test_other_commands_say_the_same_of_a_broken_file(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("feeds: [https://a.example/f]\nwatchlst: {}\n")
    result = talentwire("feeds", "-c", path)
    assert result.exit_code == 2
    assert f"{path}:2:1: watchlst" in result.output


def test_no_configuration_at_all_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = talentwire("once")
    assert result.exit_code == 2
    assert "config.yaml" in result.output


# ---------------------------------------------------------------------------------------------- watch, mute


def test_watch_add_shows_the_edit_and_its_doubts_asks_and_writes(config):
    before = config.read_text()
    shown = talentwire("watch", "add", "OpenAl", "--alias", "Window", "-c", config, text="n\n")
    assert shown.exit_code == 0
    assert "aliases: [Window]" in shown.output
    assert "did you mean OpenAI?" in shown.output
    assert "ordinary word" in shown.output
    assert config.read_text() == before, "the answer was no"
    assert talentwire("watch", "add", "Ilya Sutskever", "--yes", "-c", config).exit_code == 0
    assert talentwire("watch", "add", "Quillhof", "--weight", "2", "-c", config, text="y\n").exit_code == 0
    again = talentwire("watch", "add", "quillhof", "--weight", "2", "--yes", "-c", config)
    assert (again.exit_code, "already" in again.output) == (1, True)
    rows = json.loads(talentwire("watch", "list", "-c", config, "--json").output)
    assert [(row["kind"], row["name"], row["from"], row["until"]) for row in rows] == [
        ("organisation", "Norvane AI", f"{config}:2", None),
        ("organisation", "Quillhof", f"{config}:2", None),
        ("person", "Ilya Sutskever", f"{config}:2", None),  # known as a person
    ]
    assert "weight 2" in talentwire("watch", "list", "-c", config).output
    assert "known anyway" in talentwire("watch", "list", "--known", "-c", config).output
    assert talentwire("watch", "remove", "quillhof", "--yes", "-c", config).exit_code == 0
    assert talentwire("watch", "remove", "quillhof", "--yes", "-c", config).exit_code == 1


def test_without_an_answer_nothing_is_written(config):
    before = config.read_text()
    assert talentwire("mute", "add", "x.example", "-c", config).exit_code == 1
    assert config.read_text() == before


def test_where_the_file_cannot_be_changed_the_lines_to_paste_are_printed(config, monkeypatch):
    """Root may write anywhere, so that the refusal of the file system is planted."""
    before = config.read_text()

    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "write_text", refuse)
    result = talentwire("mute", "add", "x.example", "--until", "2026-12-31", "--yes", "-c", config)
    assert result.exit_code == 1
    assert "Read-only file system" in result.output
    assert result.output.endswith("under `mute`:\nmute:\n  - {what: x.example, until: 2026-12-31}\n")
    assert config.read_text() == before
    result = talentwire("watch", "add", "Quillhof", "--yes", "-c", config)
    assert (result.exit_code, "under `watchlist.organisations`" in result.output) == (1, True)
    assert "in the place of:" in result.output


def test_lists_name_what_readers_asked_for_in_slack_and_how_long(config):
    from bot.adapters.store import SqliteStore
    from bot.model import Preference, PreferenceVerb, Subject

    now = SystemClock().now()
    store = SqliteStore(config.parent / "t.db")
    for verb, subject, label in (
        (PreferenceVerb.FOLLOW, Subject.PERSON, "Ada Ferrano"),
        (PreferenceVerb.MUTE, Subject.SOURCE, "loop.example"),
    ):
        store.prefer(Preference(0, verb, subject, label, label, "C0ALERTS", "U0ADA", now, now + timedelta(days=7)))
    store.note("config", json.dumps({"hash": "0123456789ab", "since": now.isoformat(), "refused": None}))
    store.close()
    watched, muted = (talentwire(command, "list", "-c", config).output for command in ("watch", "mute"))
    assert re.search(r"person +Ada Ferrano +until 20\S+ \S+ UTC +Slack, by U0ADA  \(in C0ALERTS\)", watched)
    assert re.search(r"source +loop.example +until", muted)
    assert "loop.example" not in watched
    assert "another state of this file" in watched
    assert "0123456789ab" in watched


def test_mutes_are_listed_with_their_end_also_when_it_has_come(config):
    for day in ("2020-01-01", "2199-12-31"):
        assert talentwire("mute", "add", f"{day}.example", "--until", day, "--yes", "-c", config).exit_code == 0
    over, lasting = talentwire("mute", "list", "-c", config).stdout.splitlines()
    assert over.endswith("(over)")
    assert "until 2200-01-01 00:00 UTC" in lasting
    assert talentwire("mute", "remove", "2020-01-01.example", "--yes", "-c", config).exit_code == 0
    assert talentwire("mute", "remove", "2020-01-01.example", "--yes", "-c", config).exit_code == 1


# ---------------------------------------------------------------------------------------------- classify, group, why


def test_classify_streams_one_line_for_each_in_order(config):
    rows = [
        {"id": "a", "title": HIRE, "text": "The company said so."},
        {"id": 7, "title": "A ferry is late", "text": "Fog."},
        {"id": "c", "title": "", "text": ""},
    ]
    result = talentwire("classify", "-c", config, text="\n".join(map(json.dumps, rows)) + "\n\n")
    out = [json.loads(line) for line in result.output.splitlines()]
    assert [row["id"] for row in out] == ["a", 7, "c"]
    assert [row["label"] for row in out] == [True, False, False]
    (move,) = out[0]["moves"]
    assert (move["person"], move["from"], move["to"]) == ("Ada Ferrano", "OpenAI", "Norvane AI")
    assert set(move) == {"person", "from", "to", "role", "status", "confidence"}


@pytest.mark.parametrize("line", ["{not json", "[1, 2]", '"text"'])
def test_a_bad_line_is_named(line):
    result = talentwire("classify", text=f'{{"id": 1, "title": "x"}}\n{line}\n')
    assert result.exit_code == 1
    assert ":2:" in result.output


def test_group_puts_two_reports_of_one_hire_together(config):
    rows = [
        {"id": "a", "title": HIRE, "text": f"{HIRE}, it said.", "published": "2026-03-01T10:00:00Z", "outlet": "One"},
        {
            "id": "b",
            "title": "OpenAI loses Ada Ferrano to Norvane AI",
            "text": "",
            "published": "2026-03-01T12:00:00Z",
            "outlet": "Two",
        },
        {"id": "c", "title": "A ferry is late", "text": "Fog.", "published": "2026-03-01T13:00:00Z"},
    ]
    result = talentwire("group", "-c", config, text="\n".join(map(json.dumps, rows)))
    out = [json.loads(line) for line in result.output.splitlines()]
    assert out[0]["story"] == out[1]["story"] is not None
    assert [row["action"] for row in out] == ["new_alert", "edit_in_place", "new_alert"]
    assert out[1]["sources"] == 2
    assert out[1]["moves"][0]["person"] == "Ada Ferrano"
    assert out[2]["story"] != out[0]["story"]
    assert out[2]["verdict"] == "a story, but below the threshold of alerts"


def test_why_of_a_text_shows_the_move_the_reasons_and_the_marked_words(config):
    result = talentwire("why", "-c", config, "--text", f"{HIRE}\nThe company said so on Monday.")
    assert result.exit_code == 0
    assert "alert: scores" in result.output
    assert "Ada Ferrano: OpenAI -> Norvane AI" in result.output
    assert "[" in result.output.partition("text:")[2]


def test_why_not_says_how_far_it_is_from_counting(config):
    result = talentwire("why", "-c", config, "--text", "A ferry is late")
    assert re.search(r"not about talent: scores 0\.\d\d, 0\.\d\d below 0\.50", result.output)


def test_why_reads_a_file(config, tmp_path):
    page = tmp_path / "page.html"
    page.write_text(
        f"<html><body><article><h1>{HIRE}</h1><p>{HIRE}, it said on Monday. {'More was not said. ' * 20}</p></article></body></html>"
    )
    assert "Ada Ferrano" in talentwire("why", "-c", config, page).output


def test_why_of_a_file_that_is_not_there_is_said(config, tmp_path):
    result = talentwire("why", "-c", config, tmp_path / "none.txt")
    assert result.exit_code == 1
    assert "none.txt" in result.output


def test_why_wants_something_to_explain():
    assert talentwire("why").exit_code == 2


# ---------------------------------------------------------------------------------------------- parse, extract


def test_parse_prints_entries(world):
    feed = world.answer("/feeds/loop.xml").body
    result = talentwire("parse", "--url", "https://loop.example/feed.xml", text=feed)
    rows = [json.loads(line) for line in result.output.splitlines()]
    assert rows
    assert set(rows[0]) == {"id", "link", "title", "date", "summary"}


def test_parse_of_no_feed_says_what_came(world):
    result = talentwire("parse", text=b"<html><body>Moved</body></html>")
    assert result.exit_code == 1
    assert "talentwire: " in result.output


def test_extract_prints_the_article(world):
    result = talentwire("extract", text=world.answer("/pages/halloway").body)
    assert "Priya Halloway" in result.output
    assert "<p>" not in result.output


# ---------------------------------------------------------------------------------------------- feeds, poll, once, health


def test_once_does_everything_and_ends(world, world_config):
    result = talentwire("once", "-c", world_config, "--log-level", "error")
    assert result.exit_code == 0, result.output
    assert "What you missed" in result.output
    assert re.search(r"13 feeds polled: 0 not modified, 2 failed; \d+ new entries; 0 alerts still owed", result.output)
    listed = json.loads(talentwire("feeds", "-c", world_config, "--json").output)
    assert {row["state"] for row in listed} == {"ok", "failing", "stopped"}
    assert all(row["why"] for row in listed if row["state"] != "stopped")


def test_why_of_an_entry_tells_what_became_of_it(world, world_config):
    talentwire("once", "-c", world_config, "--log-level", "error")
    result = talentwire("why", "-c", world_config, f"{world.url}/pages/halloway")
    assert "before the feed's first poll" in result.output
    assert "scores 1.00, alerts begin at 0.75" in result.output
    assert "Priya Halloway" in result.output
    told = json.loads(talentwire("why", "-c", world_config, f"{world.url}/pages/halloway", "--json").output)
    assert told["story"]


def test_poll_polls_a_file_of_addresses(world, tmp_path):
    file = tmp_path / "feeds.txt"
    names = ("loop.xml", "weekly.atom", "otter.json", "kikai.rdf", "moved.xml")
    file.write_text("# the small world\n" + "".join(f"{world.url}/feeds/{name}\n" for name in names))
    arguments = ("poll", "--feeds", file, "--data", tmp_path / "data", "--allow-private", "--all", "--json")
    first, second = (json.loads(talentwire(*arguments).stdout) for _ in range(2))
    assert (first["feeds"], first["failed"], first["not_modified"]) == (5, 1, 0)
    assert first["new"] > 0
    assert (second["feeds"], second["not_modified"], second["new"]) == (4, 4, 0), "the failed one waits"


def test_poll_refuses_inner_addresses_unless_told(world, tmp_path):
    file = tmp_path / "feeds.txt"
    file.write_text(f"{world.url}/feeds/loop.xml\n")
    told = json.loads(talentwire("poll", "--feeds", file, "--data", tmp_path / "data", "--json").stdout)
    assert told["failed"] == 1


def test_poll_names_the_lines_that_are_no_addresses(tmp_path):
    file = tmp_path / "feeds.txt"
    file.write_text("https://a.example/feed\nfile:///etc/passwd\n\nnot an address\n")
    result = talentwire("poll", "--feeds", file, "--data", tmp_path)
    assert result.exit_code == 2
    assert f"{file}:2" in result.output
    assert f"{file}:4" in result.output


def test_health_without_a_service_is_bad(config):
    assert talentwire("health", "-c", config).exit_code == 1


# ---------------------------------------------------------------------------------------------- run, for real


class Running:
    """`talentwire run` as a process of its own."""

    def __init__(self, config: Path) -> None:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "bot", "run", "-c", str(config)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
        )
        self.lines: list[str] = []
        self.news = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            for line in stream:
                with self.news:
                    self.lines.append(line)
                    self.news.notify_all()

    def wait_for(self, words: str) -> None:
        with self.news:
            assert self.news.wait_for(lambda: any(words in line for line in self.lines), 30), "".join(self.lines)


def test_run_tells_what_is_on_alerts_takes_edits_is_healthy_keeps_others_out_and_stops_when_told(world, world_config):
    running = Running(world_config)
    try:
        running.wait_for("talentwire feeds · talentwire why URL")
        running.wait_for("What you missed")
        assert any("alerts   this terminal" in line for line in running.lines)
        second = talentwire("once", "-c", world_config)
        assert second.exit_code == 1
        assert "another instance" in second.output
        assert talentwire("health", "-c", world_config).exit_code == 0
        right = world_config.read_text("utf-8")
        for text, words in (
            (f"{right}\nmute: [{{what: OpenAI}}]\n", "mute +1 -0"),
            ("feeds: [", "config stays as it was"),
        ):
            world_config.write_text(text, "utf-8")
            running.process.send_signal(signal.SIGHUP)
            running.wait_for(words)
        copy = world_config.with_name("copy.yaml")
        copy.write_text(right, "utf-8")
        health = talentwire("health", "-c", copy)
        assert (health.exit_code, "is refused:\n" in health.output) == (0, True), health.output
        told = json.loads(talentwire("health", "-c", copy, "--json").output)["config"]
        assert len(told["hash"]) == 12
        assert ":1:" in told["refused"]["problems"][0]
    finally:
        running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(10) == 0
    running.wait_for("service stopped")


def test_a_slack_token_without_a_channel_is_refused_at_the_start(config, monkeypatch):
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-planted-secret")
    result = talentwire("once", "-c", config)
    assert result.exit_code == 2
    assert "slack.channel" in result.output
    assert "planted" not in result.output


# ---------------------------------------------------------------------------------------------- moves


@pytest.fixture(scope="module")
def told_world(tmp_path_factory) -> Iterator[Path]:
    """A configuration whose store has met the feeds of the demo world."""
    folder = tmp_path_factory.mktemp("told")
    with World(SystemClock()) as world:
        path = folder / "world.yaml"
        path.write_text(f"{world.config_text()}\nstore: {folder}/world.db\n", "utf-8")
        assert talentwire("once", "-c", path, "--log-level", "error").exit_code == 0
        yield path


def test_the_ledger_lists_moves_in_four_forms(told_world):
    rows = json.loads(talentwire("moves", "-c", told_world, "--format", "json").output)
    assert rows
    assert {"person", "from", "to", "role", "status", "sources", "first_seen"} <= rows[0].keys()
    table = talentwire("moves", "-c", told_world).output.splitlines()
    assert len(table) == len(rows) + 1
    assert rows[0]["person"][:20] in table[1]
    lines = list(csv.DictReader(talentwire("moves", "-c", told_world, "--format", "csv").output.splitlines()))
    assert [line["person"] for line in lines] == [row["person"] for row in rows]
    feed = ElementTree.fromstring(talentwire("moves", "-c", told_world, "--format", "atom").output)
    assert len(feed.findall("{http://www.w3.org/2005/Atom}entry")) == len(rows)


def test_the_ledger_is_asked_by_firm_under_any_of_its_names(told_world):
    rows = json.loads(talentwire("moves", "-c", told_world, "--format", "json").output)
    target = next(row["to"] for row in rows if row["to"])
    found = json.loads(talentwire("moves", "-c", told_world, "--to", target.upper(), "--format", "json").output)
    assert found == [row for row in rows if row["to"] == target]


def test_flows_and_sources_of_the_ledger(told_world):
    flows = json.loads(talentwire("moves", "-c", told_world, "--flows", "--format", "json").output)
    assert sum(f["net"] for f in flows["organisations"]) == sum(
        f["gains"] - f["losses"] for f in flows["organisations"]
    )
    assert "gains" in talentwire("moves", "-c", told_world, "--flows").output
    sources = json.loads(talentwire("moves", "-c", told_world, "--sources", "--format", "json").output)
    assert sum(s["first"] for s in sources) > 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--since", "yesterday"], "neither a time"),
        (["--kind", "marriage"], "none of hire"),
        (["--status", "sure"], "none of confirmed"),
        (["--role-family", "gardening"], "none of board"),
        (["--flows", "--format", "csv"], "table or json"),
    ],
)
def test_a_wish_that_means_nothing_is_refused(config, options, words):
    result = talentwire("moves", "-c", config, *options)
    assert result.exit_code == 2
    assert words in result.output


@pytest.fixture(scope="module")
def dumped(told_world, tmp_path_factory) -> Path:
    """An export of what the demo world told."""
    path = tmp_path_factory.mktemp("dumped") / "dump.jsonl"
    assert talentwire("export", path, "-c", told_world).exit_code == 0
    return path


@pytest.fixture
def told_copy(told_world, tmp_path) -> Path:
    """A store of its own with what the demo world told."""
    with closing(sqlite3.connect(told_world.parent / "world.db")) as db:
        db.execute("VACUUM INTO ?", (str(tmp_path / "world.db"),))
    path = tmp_path / "copy.yaml"
    path.write_text(told_world.read_text("utf-8").replace(str(told_world.parent), str(tmp_path)), "utf-8")
    return path


def ledger_of(path: Path) -> list[dict]:
    return json.loads(talentwire("moves", "-c", path, "--format", "json").stdout)


def test_an_export_fills_a_new_store_with_the_same(told_world, dumped, config, tmp_path):
    assert talentwire("import", dumped, "-c", config).exit_code == 0
    assert ledger_of(config) == ledger_of(told_world) != []
    again = tmp_path / "again.jsonl"
    talentwire("export", again, "-c", config)
    assert again.read_text("utf-8") == dumped.read_text("utf-8")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda lines: lines[:-1], "a part is missing"),  # the transfer broke off
        (lambda lines: [*lines[:5], *lines[6:]], "a part is missing"),  # a row was lost
        (lambda lines: ["{}", *lines[1:]], "1: this is no dump"),  # something else
        (lambda lines: [lines[0].replace('"schema": ', '"schema": 9'), *lines[1:]], "upgrade"),  # another version's
        (lambda lines: [lines[0], '{"table": "orders; DROP", "row": {}}', lines[-1]], "2: no row of a table"),
        (lambda lines: [lines[0], '{"table": "meta", "row": {"key, x": 1}}', lines[-1]], "2: no row of a table"),
        (lambda lines: [lines[0], "}", lines[-1]], "2: no JSON"),
    ],
)
def test_a_dump_that_is_not_whole_fills_nothing(dumped, tmp_path, config, change, words):
    lines = dumped.read_text("utf-8").splitlines()
    bad = tmp_path / "bad.jsonl"
    bad.write_text("\n".join(change(lines)), "utf-8")
    result = talentwire("import", bad, "-c", config)
    assert result.exit_code == 1
    assert words in result.output
    assert ledger_of(config) == []


def test_a_dump_goes_into_a_new_store_only(told_copy, dumped):
    result = talentwire("import", dumped, "-c", told_copy)
    assert result.exit_code == 1
    assert "not empty" in result.output


def test_a_move_is_corrected_and_struck_out_from_the_command_line(told_copy):
    first = ledger_of(told_copy)[0]
    result = talentwire(
        "moves", "fix", first["person"], "--story", first["story"], "--role", "chief fixer", "-c", told_copy
    )
    assert result.exit_code == 0, result.output
    assert result.output.startswith("was ")
    key = (first["story"], first["person"])
    assert {(row["story"], row["person"]): row["role"] for row in ledger_of(told_copy)}[key] == "chief fixer"
    result = talentwire("moves", "retract", first["person"], "--story", first["story"], "-c", told_copy)
    assert result.exit_code == 0, result.output
    assert first["person"] not in [row["person"] for row in ledger_of(told_copy) if row["story"] == first["story"]]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fix", "Nobody Known", "--to", "OpenAI"], "no move fits"),
        (["fix", "Nobody Known"], "say what is right"),
        (["retract", "Nobody Known"], "no move fits"),
        (["fix", "Nobody Known", "--status", "sure"], "not one of"),
    ],
)
def test_an_order_that_means_nothing_is_refused(told_copy, arguments, words):
    result = talentwire("moves", *arguments, "-c", told_copy)
    assert result.exit_code == 2
    assert words in result.output


def test_a_person_is_forgotten_from_the_command_line(told_copy):
    person = ledger_of(told_copy)[0]["person"]
    told_copy.write_text(told_copy.read_text("utf-8") + f"\n# {person}\n", "utf-8")
    result = talentwire("forget", person, "--yes", "-c", told_copy)
    assert result.exit_code == 0, result.output
    assert "stories gone" in result.output
    assert "names them" in result.output, "the configuration still does"
    assert person not in [row["person"] for row in ledger_of(told_copy)]
    assert talentwire("forget", "Ada", "-c", told_copy).exit_code == 2, "a single word"
    assert talentwire("forget", person, "-c", told_copy, text="n\n").exit_code == 1, "asked first"


@pytest.mark.proof
def test_a_running_bot_carries_out_the_order(told_copy, tmp_path):
    first = ledger_of(told_copy)[0]
    running = Running(told_copy)
    try:
        running.wait_for("talentwire feeds · talentwire why URL")
        result = talentwire(
            "moves", "fix", first["person"], "--story", first["story"], "--role", "adviser", "-c", told_copy
        )
    finally:
        running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(10) == 0
    assert result.exit_code == 0, result.output
    assert "was " in result.output


def test_a_ledger_without_a_store_says_so(config):
    result = talentwire("moves", "-c", config)
    assert result.exit_code == 0
    assert "knows no story yet" in result.output

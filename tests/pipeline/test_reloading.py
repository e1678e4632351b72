"""An edit of the file that the service runs by: taken whole or refused whole, with entries in flight."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from bot import app
from bot.adapters.store import SqliteStore
from bot.config.watching import REST_S, read_config
from bot.errors import ConfigError, Fate, StoreError, StoreReason
from bot.model import Request
from bot.reloading import NOTED, Reloader
from bot.service import Service, Threads
from tests.fakes.clock import FakeClock
from tests.fakes.fetcher import Page
from tests.pipeline.test_pipeline import FEED, HIRE, STORY, Scene, page, rss

OWNER, OTHER = "C0OWNER00", "C0OTHER00"
OLD = f"""feeds: [{FEED}]
watchlist: {{organisations: [Norvane AI, Quillstone Labs]}}
slack: {{channel: C0ALERTS, owner: {OWNER}}}
"""
ROUTED = f"{OLD}routes: [{{channel: {OTHER}, organisations: [Norvane AI]}}]\n"


def in_place(path: Path, text: str) -> None:
    path.write_text(text)


def by_rename(path: Path, text: str) -> None:
    made = path.with_suffix(".swp")
    made.write_text(text)
    made.replace(path)


def by_link(path: Path, text: str) -> None:
    """As Kubernetes does: a link above the file leads to another folder."""
    data = path.parent / "..data"
    made = path.parent / f"..{len(text)}"
    made.mkdir()
    (made / path.name).write_text(text)
    (path.parent / "..tmp").symlink_to(made.name)
    (path.parent / "..tmp").replace(data)


class Running:
    """The real service in its threads, by a real file, on a real store; the web and Slack are in memory."""

    def __init__(self, folder: Path) -> None:
        (folder / "..1").mkdir()
        self.path = folder / "config.yaml"
        (folder / "..1" / self.path.name).write_text(OLD)
        (folder / "..data").symlink_to("..1")
        self.path.symlink_to("..data/config.yaml")
        self.file = read_config(self.path)
        self.scene = Scene(SqliteStore(folder / "t.db"))
        self.store, self.clock, self.web = self.scene.store, self.scene.clock, self.scene.web
        self.pipeline = replace(self.scene.pipeline, config=self.file.config)
        self.service = Service(self.pipeline, self.store, threads=Threads(poll=2, slow=1, pages=2))
        self.stack = ExitStack()
        self.env: dict[str, str] = {}
        self.opened = app.App(
            self.file.config, (), self.pipeline, self.store, self.scene.notifier, None, self._renewed, self._waiting
        )
        self.waiting: list[str] = []
        self.reloader: Reloader = app._reloader(self.opened, self.service, self.file)

    def _waiting(self) -> list[str]:
        return self.waiting

    def _renewed(self, config):
        return app._renewed(self.service._pipeline, config, self.env, app.Settings(), self.stack)

    def publish(self, name: str, title: str) -> None:
        self.web.pages[FEED] = rss((name, title, "In short."))
        self.clock.advance(3600)
        self.store.hasten(self.clock.now())
        self.service._tick()

    def edit(self, text: str, write: Callable[[Path, str], None] = in_place) -> None:
        write(self.path, text)
        if write is by_signal:
            self.reloader.ask()
        self.reloader.look()
        self.clock.advance(REST_S)
        self.reloader.look()

    def told(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for one in list(self.scene.notifier.standing.values()):
            found.setdefault(one.channel, []).append(one.message.text)
        return found

    def wait_for(self, condition: Callable[[], object]) -> None:
        pause = threading.Event()
        for _ in range(500):
            if condition():
                return
            pause.wait(0.02)
        raise AssertionError(f"in vain; told: {self.told()}")

    def noted(self) -> dict:
        return json.loads(self.store.noted(NOTED) or "null")


@pytest.fixture
def running(tmp_path, caplog) -> Iterator[Running]:
    caplog.set_level(logging.INFO, logger="bot")
    (tmp_path / "config").mkdir()
    made = Running(tmp_path / "config")
    made.service.start()
    yield made
    made.service.stop()
    made.stack.close()
    made.store.close()


def said(caplog) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.getMessage().startswith("config")]


def by_signal(path: Path, text: str) -> None:
    """In place; who sends SIGHUP does not wait for the file to come to rest."""
    path.write_text(text)


@pytest.mark.parametrize("write", [in_place, by_rename, by_link, by_signal])
def test_an_edit_holds_at_once_and_nothing_in_flight_is_lost(running, write, caplog):
    entered, go = threading.Event(), threading.Event()

    def slowly(_: Request) -> Page:
        entered.set()
        assert go.wait(10)
        return page()

    running.web.pages[STORY] = slowly
    running.publish("a", HIRE)
    assert entered.wait(10), "its page is being read"
    running.edit(ROUTED, write)
    assert said(caplog) == ["config taken"]
    go.set()
    running.wait_for(running.told)
    assert {channel: len(texts) for channel, texts in running.told().items()} == {OTHER: 1}, "judged by the new config"
    noted = running.noted()
    assert (noted["hash"], noted["refused"]) == (read_config(running.path).fingerprint, None)


def test_a_broken_edit_is_refused_whole_and_told_to_log_health_and_owner(running, caplog):
    """Its first half alone would be right: a route that would hold, and a threshold that nobody can mean."""
    running.edit(f"{ROUTED}thresholds: {{alert: 7, digets: 0.1}}\n")
    assert [record.getMessage() for record in caplog.get_records("setup")][-1] == "config in force"
    assert said(caplog) == ["config refused", "config refused", "config stays as it was"]
    noted = running.noted()
    assert noted["hash"] == running.file.fingerprint
    assert [":5:" in problem for problem in noted["refused"]["problems"]] == [True, True]
    running.publish("a", HIRE)
    running.wait_for(lambda: len(running.told()) == 2)
    assert OTHER not in running.told()
    (text,) = running.told()[OWNER]
    assert "did you mean digest?" in text
    assert "less than or equal to 1" in text
    running.edit(ROUTED)
    running.wait_for(lambda: len(running.told()[OWNER]) == 2)
    assert running.noted()["refused"] is None
    assert said(caplog)[3:] == ["config taken"]


def test_an_emptied_file_is_never_an_empty_config(running, caplog):
    running.edit("")
    assert said(caplog) == [], "an editor may be writing it"
    for _ in range(40):
        running.clock.advance(1)
        running.reloader.look()
    assert said(caplog) == ["config refused", "config stays as it was"]
    assert "nothing to poll" in running.noted()["refused"]["problems"][0]
    assert [feed.url for feed in running.store.feeds()] == [FEED]


def test_feeds_come_and_go_with_an_edit(running):
    second = "https://second.example/feed.xml"
    running.web.pages[second] = rss(("x", "A phone is out", "A phone."), host="second.example")
    running.edit(OLD.replace(FEED, f"{FEED}, {second}"))
    running.clock.advance(60)
    running.service._tick()
    running.wait_for(lambda: any(feed.polled_at and feed.url == second for feed in running.store.feeds()))
    running.edit(OLD)
    assert [feed.url for feed in running.store.feeds()] == [FEED]


def test_mutes_thresholds_and_the_watchlist_hold_for_the_next_article(running):
    running.edit(f"{OLD}mute: [{{what: Norvane AI}}]\n")
    running.publish("a", HIRE)
    running.wait_for(lambda: running.store.trace(STORY) and running.store.trace(STORY).finding)
    assert running.told() == {}
    running.edit(OLD.replace("Norvane AI", "Palewater Systems"))
    running.web.pages["https://news.example/b"] = Page(status=410)
    running.publish("b", "Palewater Systems hires Bo Quint from Quillstone Labs")
    running.wait_for(running.told)
    (text,) = running.told()["C0ALERTS"]
    assert "Bo Quint" in text


def test_what_only_a_start_can_do_is_refused_with_all_the_rest(running, caplog):
    running.edit(f"{ROUTED}store: /elsewhere/t.db\n")
    assert "start it anew" in running.noted()["refused"]["problems"][0]
    assert running.service._pipeline.config == running.file.config
    running.edit(OLD.replace("channel: C0ALERTS, ", ""))
    assert "where shall alerts go" in running.noted()["refused"]["problems"][0]
    running.waiting.append("SLACK_BOT_TOKEN")
    running.edit(ROUTED)
    assert "changed, but waits for a new start" in [record.getMessage() for record in caplog.records]


def test_who_asks_gets_an_answer_at_once_whatever_it_is(running, caplog):
    running.reloader.ask()
    running.reloader.look()
    assert said(caplog) == ["config unchanged"]
    in_place(running.path, ROUTED)
    running.reloader.ask()
    running.reloader.look()
    assert said(caplog)[1:] == ["config taken"]
    assert running.service._pipeline.config.routes[0].channel == OTHER


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="only Linux shows a deleted file under a name")
def test_a_file_that_was_replaced_beneath_its_mount_is_missed_once(tmp_path, caplog):
    """A mount of one file keeps showing the old one, which has no name any more: as an open file that was deleted."""
    path = tmp_path / "config.yaml"
    path.write_text(OLD)
    store = SqliteStore(tmp_path / "t.db")
    with path.open() as mounted:
        file = replace(read_config(path), path=Path(f"/proc/self/fd/{mounted.fileno()}"))
        reloader = Reloader(file, lambda _: None, store=store, clock=FakeClock(), slack=False)
        reloader.look()
        assert "refused" not in str(said(caplog))
        path.unlink()
        for _ in range(3):
            reloader.look()
    assert said(caplog).count("config refused") == 1
    assert "mount the file's folder" in json.loads(store.noted(NOTED) or "")["refused"]["problems"][0]
    store.close()


def test_an_edit_taken_back_ends_the_complaint(running, caplog):
    running.edit("feeds: [\n")
    running.edit(OLD)
    assert running.noted()["refused"] is None
    assert said(caplog)[-1] == "config unchanged"


def test_a_store_that_fails_for_a_moment_only_puts_it_off(running, monkeypatch, caplog):
    full = StoreError(StoreReason.DISK, "the disk is full", Fate.RETRY)
    with monkeypatch.context() as patch:
        patch.setattr(running.store, "sync_feeds", lambda *_, **__: (_ for _ in ()).throw(full))
        running.edit(ROUTED)
        assert said(caplog) == ["config waits"]
    running.reloader.look()
    assert said(caplog)[1:] == ["config taken"]


def test_a_bug_of_ours_is_told_once_and_the_old_config_stays(running, monkeypatch, caplog):
    monkeypatch.setattr("bot.reloading.understood", lambda *_: 1 / 0)
    running.edit(ROUTED)
    running.reloader.look()
    assert said(caplog) == ["config broke the bot"]


def test_the_real_app_is_built_anew_on_what_there_is(tmp_path):
    """Another net, another watchlist: a new fetcher and watch, the same store, workers and notifier."""
    path = tmp_path / "config.yaml"
    path.write_text(OLD)
    old = read_config(path).config
    with app.opened(old, {}, app.Settings(store=tmp_path / "t.db", out=io.StringIO())) as opened:
        assert opened.renewed is not None
        same = opened.renewed(old)
        assert same.fetcher is opened.pipeline.fetcher
        path.write_text(f"{ROUTED}network: {{contact: me@example.com}}\n")
        new = opened.renewed(read_config(path).config)
        assert new.fetcher is not same.fetcher
        assert (new.store, new.workers, new.notifier) == (same.store, same.workers, same.notifier)
        assert new.config.routes == (), "a terminal has none"


def test_a_token_that_was_changed_in_its_file_is_known_to_wait(tmp_path):
    token = tmp_path / "token"
    token.write_text("xoxb-1")
    (tmp_path / "config.yaml").write_text(OLD)
    config = read_config(tmp_path / "config.yaml").config
    with app.opened(config, {"SLACK_BOT_TOKEN_FILE": str(token)}, app.Settings(store=tmp_path / "t.db")) as opened:
        assert opened.waiting() == []
        token.write_text("xoxb-2")
        assert opened.waiting() == ["SLACK_BOT_TOKEN"]


def test_a_file_that_cannot_be_used_at_the_start_is_told_whole(tmp_path):
    (tmp_path / "config.yaml").write_text("feds: []\nslack: {chanel: x}\n")
    with pytest.raises(ConfigError) as caught:
        read_config(tmp_path / "config.yaml")
    assert len(caught.value.problems) == 3
    with pytest.raises(ConfigError, match="No such file"):
        read_config(tmp_path / "nowhere.yaml")

"""Copies of the store: made beside a bot at work, whole or not at all, kept in a row, put back without losing what is there."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from shutil import copyfile

import pytest
from click.testing import CliRunner

from bot.adapters import backup
from bot.adapters.store import SqliteStore
from bot.cli import main
from bot.errors import StoreError, StoreReason
from bot.service import back_up
from tests.adapters.test_store import entry, poll
from tests.pipeline.test_pipeline import Scene

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path):
    opened = SqliteStore(tmp_path / "t.db")
    yield opened
    opened.close()


def titles(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return {title for (title,) in database.execute("SELECT title FROM entries")}


def test_a_copy_holds_what_was_committed_while_a_write_is_under_way(store, tmp_path):
    poll(store, entry(1))
    with store._transaction() as db:
        db.execute("UPDATE entries SET title = 'half done'")
        backup.copy(store.path, tmp_path / "copy.db")
    assert titles(tmp_path / "copy.db") == {"Title 1"}
    assert [p.name for p in tmp_path.glob("copy.db*")] == ["copy.db"]


def test_the_copy_of_a_broken_store_is_refused_and_the_last_good_one_stays(store, tmp_path):
    poll(store, *(entry(n) for n in range(200)))
    store.close()
    backup.copy(store.path, tmp_path / "copy.db")
    whole = store.path.read_bytes()
    store.path.write_bytes(whole[:4096] + b"\xff" * 8192 + whole[12288:])
    with pytest.raises(StoreError) as caught:
        backup.copy(store.path, tmp_path / "copy.db")
    assert caught.value.reason is StoreReason.DAMAGED
    assert str(store.path) in str(caught.value)  # the copy is not what is broken
    assert len(titles(tmp_path / "copy.db")) == 200
    assert [p.name for p in tmp_path.glob("copy.db*")] == ["copy.db"]


def test_a_store_that_is_no_database_is_named_not_its_copy(tmp_path):
    (tmp_path / "store.db").write_bytes(b"no database" * 100)
    with pytest.raises(StoreError, match=r"store\.db: file is not a database"):
        backup.copy(tmp_path / "store.db", tmp_path / "copy.db")


def test_only_the_newest_copies_are_kept_and_other_files_are_left_alone(store, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "t-notes.txt").write_text("mine")
    for day in range(5):
        store.back_up(folder, NOW + timedelta(days=day), keep=2)
    names = sorted(p.name for p in folder.iterdir())
    assert names == ["t-20260304T030000Z.db", "t-20260305T030000Z.db", "t-notes.txt"]


@pytest.mark.parametrize(
    ("after", "copies", "why"),
    [
        (timedelta(hours=23), 1, "not yet"),
        (timedelta(hours=25), 2, "a day is over"),
        (timedelta(days=-30), 1, "a clock that was ahead: the copy bears a later time, and the next is due then"),
    ],
)
def test_the_bot_makes_copies_by_itself(tmp_path, after, copies, why):
    store = SqliteStore(tmp_path / "t.db")
    scene = Scene(store)
    back_up(scene.pipeline, store)
    scene.clock.advance(after.total_seconds())
    back_up(scene.pipeline, store)
    store.close()
    assert len(backup.made(tmp_path / "t.db", tmp_path / "backups")) == copies, why


def test_a_disk_that_takes_no_copy_is_told_and_nothing_else_stops(tmp_path, caplog):
    store = SqliteStore(tmp_path / "t.db")
    (tmp_path / "backups").write_text("a file, where a folder is wanted")
    back_up(Scene(store).pipeline, store)
    store.close()
    assert "store not backed up" in caplog.text


def _config(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(f"store: {tmp_path}/t.db\n", "utf-8")
    return path


def _call(*arguments: object):
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_a_backup_is_put_back_and_what_was_there_is_moved_aside(store, tmp_path):
    config = _config(tmp_path)
    poll(store, entry(1))
    made = _call("backup", tmp_path / "copy.db", "-c", config)
    assert made.exit_code == 0, made.output
    assert _call("backup", tmp_path / "copy.db", "-c", config).exit_code == 2, "a file that is there stays"
    poll(store, entry(2))

    running = _call("restore", tmp_path / "copy.db", "--yes", "-c", config)
    assert running.exit_code == 1
    assert "another instance" in running.output
    store.close()

    assert _call("restore", tmp_path / "copy.db", "--yes", "-c", config).exit_code == 0
    assert titles(store.path) == {"Title 1"}
    (aside,) = (p for p in tmp_path.glob("t.db.before-*Z"))
    assert titles(aside) == {"Title 1", "Title 2"}
    SqliteStore(store.path).close()


def test_what_a_killed_bot_left_beside_its_store_goes_with_it(store, tmp_path):
    """A write-ahead log that stayed would be taken for that of the store that was put back."""
    poll(store, entry(1))
    backup.copy(store.path, tmp_path / "copy.db")
    poll(store, entry(2))
    killed = tmp_path / "killed" / "t.db"
    killed.parent.mkdir()
    for suffix in ("", "-wal"):
        copyfile(f"{store.path}{suffix}", f"{killed}{suffix}")
    aside = backup.restore(tmp_path / "copy.db", killed, NOW)
    assert titles(killed) == {"Title 1"}
    assert aside is not None
    assert titles(aside) == {"Title 1", "Title 2"}


@pytest.mark.parametrize(
    ("content", "word"),
    [(b"no database at all" * 100, "not a database"), (b"", "none of this bot")],
    ids=["junk", "empty"],
)
def test_what_is_no_backup_replaces_nothing(store, tmp_path, content, word):
    poll(store, entry(1))
    store.close()
    (tmp_path / "bad.db").write_bytes(content)
    result = _call("restore", tmp_path / "bad.db", "--yes", "-c", _config(tmp_path))
    assert (result.exit_code, word in result.output) == (1, True), result.output
    assert titles(store.path) == {"Title 1"}


def test_what_is_forgotten_gives_the_disk_back(store, tmp_path):
    poll(store, *(entry(n, summary=token_hex(1_000)) for n in range(400)))
    poll(store)  # the feed shows none of them any more
    with closing(sqlite3.connect(store.path)) as database:
        before = database.execute("PRAGMA page_count").fetchone()[0]
        store.prune(NOW + timedelta(days=400))
        after = database.execute("PRAGMA page_count").fetchone()[0]
        free = database.execute("PRAGMA freelist_count").fetchone()[0]
    assert after < before / 2
    assert free * 10 <= after

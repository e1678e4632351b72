"""A person who is to be forgotten is gone from everything, stays out, and no backup brings them back."""

from __future__ import annotations

import json
import shutil
import sqlite3
import zlib
from contextlib import closing
from dataclasses import replace

import pytest

from bot.adapters.store import SqliteStore
from bot.forgetting import KeptOut, finding_without, is_full, spellings
from bot.model import OrderVerb
from tests.pipeline.test_life_of_a_message import REPORT, Newsroom, newsroom  # noqa: F401 - the fixture
from tests.pipeline.test_pipeline import scene  # noqa: F401 - the fixture

OTHER = "Norvane AI hires Bo Castellan from Quillstone Labs"


def everything(path) -> str:
    """Return all text in a database, unpacked."""
    with closing(sqlite3.connect(path)) as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        cells = [cell for table in tables for row in db.execute(f"SELECT * FROM {table}") for cell in row]
    return "\n".join(zlib.decompress(c).decode() if isinstance(c, bytes) else str(c) for c in cells)


def test_they_are_gone_from_the_store_and_from_the_channel_and_others_stay(newsroom):  # noqa: F811
    newsroom.publish(REPORT, "Herald")
    newsroom.publish(OTHER, "Courier", f"{OTHER}. Ada Ferrano had left earlier.")
    assert len(newsroom.parents()) + len(newsroom.replies()) == 2
    done = newsroom.ask(OrderVerb.FORGET)
    assert "1 stories gone" in done.outcome
    text = everything(newsroom.scene.store.path)
    assert "Ferrano" not in text
    assert "ferrano" not in text
    assert "Bo Castellan" in text
    standing = json.dumps(newsroom.parents() + newsroom.replies(), ensure_ascii=False)
    assert "Ferrano" not in standing
    assert "Castellan" in standing


def test_the_files_hold_no_trace_of_the_name(newsroom):  # noqa: F811
    newsroom.publish(REPORT, "Herald")
    newsroom.ask(OrderVerb.FORGET)
    folder = newsroom.scene.store.path.parent
    assert [file.name for file in folder.iterdir() if b"errano" in file.read_bytes().lower()] == []
    assert (folder / "t.db.forgotten").stat().st_mode & 0o077 == 0


def test_what_readers_said_of_them_goes(newsroom):  # noqa: F811
    newsroom.publish(OTHER, "Herald")
    path = newsroom.scene.store.path
    item = zlib.compress(json.dumps({"title": REPORT}).encode())
    other = zlib.compress(json.dumps({"title": OTHER}).encode())
    with closing(sqlite3.connect(path)) as db, db:
        db.executemany("INSERT INTO feedback VALUES ('not_relevant', ?, 'U1', 0, ?)", [("a", item), ("b", other)])
        mute = "INSERT INTO preferences (verb, subject, what, label, channel, asked_by, asked_at)"
        db.execute(f"{mute} VALUES ('mute', 'person', 'Ada Ferrano', 'Ada Ferrano', 'C1', 'U1', 0)")
    newsroom.ask(OrderVerb.FORGET)
    text = everything(path)
    assert "Ada Ferrano" not in text
    assert text.count("not_relevant") == 1, "what is said of others stays"


def test_they_stay_out(newsroom):  # noqa: F811
    newsroom.publish(OTHER, "Herald")
    newsroom.ask(OrderVerb.FORGET)
    newsroom.publish(REPORT, "Courier")
    newsroom.publish("Talent war goes on", "Gazette", f"{OTHER} after ADA FERRANO left.")
    assert "errano" not in everything(newsroom.scene.store.path).lower()
    assert "errano" not in json.dumps(newsroom.parents() + newsroom.replies()).lower()


def test_a_restored_backup_does_not_bring_them_back(newsroom, tmp_path):  # noqa: F811
    newsroom.publish(REPORT, "Herald")
    store = newsroom.scene.store
    backup = tmp_path / "backup.db"
    with closing(sqlite3.connect(store.path)) as db, closing(sqlite3.connect(backup)) as copy:
        db.backup(copy)
    newsroom.ask(OrderVerb.FORGET)
    store.close()
    for old in store.path.parent.glob("t.db-*"):
        old.unlink()
    shutil.copy(backup, store.path)
    assert "Ferrano" in everything(store.path), "the backup has them"
    restored = SqliteStore(store.path)
    replace(newsroom.scene.pipeline, store=restored).forget_again()
    restored.close()
    assert "Ferrano" not in everything(store.path)


def test_undo_lets_them_in_again(newsroom):  # noqa: F811
    newsroom.publish(OTHER, "Herald")
    newsroom.ask(OrderVerb.FORGET)
    newsroom.ask(OrderVerb.FORGET, undo="yes")
    newsroom.publish(REPORT, "Courier")
    assert "Ada Ferrano" in everything(newsroom.scene.store.path)


NAMES = KeptOut("salt").plus(["Ada Ferrano", "김철수", "李开复", "Jean-Luc Picot", "Мира Петрова"])


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Ada Ferrano joins", "███ ███████ joins"),  # words
        ("ADA  FERRANO's move", "███  ███████'s move"),  # case, spaces, possessive
        ("Adam Ferrano joins", "Adam Ferrano joins"),  # another name
        ("Ada Ferranova joins", "Ada Ferranova joins"),  # longer than the name
        ("Ada joins Ferrano & Co", "Ada joins Ferrano & Co"),  # the parts apart
        ("김철수는 떠났다", "███는 떠났다"),  # Korean, a particle grown on
        ("前谷歌高管李开复加入", "前谷歌高管███加入"),  # Chinese, no spaces
        ("Jean-Luc Picot left", "████████ █████ left"),  # hyphen
        ("ушла Мира Петрова.", "ушла ████ ███████."),  # Cyrillic
    ],
)
def test_names_are_blacked_out_letter_by_letter(text, clean):
    assert NAMES.redacted(text) == clean
    assert len(clean) == len(text)


@pytest.mark.parametrize(
    ("name", "full"), [("Ada Ferrano", True), ("Ada", False), ("李开复", True), ("  Ferrano ", False)]
)
def test_a_single_word_may_be_many_peoples(name, full):
    assert is_full(name) is full


def test_every_full_spelling_that_the_stories_know_is_forgotten(newsroom):  # noqa: F811
    newsroom.publish(REPORT, "Herald")
    (story,) = newsroom.scene.store.stories()
    assert "Ada Ferrano" in spellings([story], "ada ferrano")
    assert spellings([story], "Bo Castellan") == ("Bo Castellan",)


def test_a_finding_loses_what_names_them(newsroom):  # noqa: F811
    newsroom.publish(REPORT, "Herald")
    finding = newsroom.scene.store.trace("https://news.example/s0").finding
    assert finding.moves
    assert finding_without(finding, NAMES).moves == ()

"""A store of every earlier version, with a posted story in it, goes on in this one: nothing lost, nothing told again."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.adapters import schema
from bot.adapters.store import SqliteStore
from bot.model import OperationState
from tests.pipeline.test_pipeline import FEED, HIRE, STORY, Scene, rss


def as_of(version: int, store: Path, target: Path) -> None:
    """Write what a bot of schema `version` would have had of `store`: its tables, with the columns that they had then."""
    with closing(sqlite3.connect(target)) as old:
        for step in schema._STEPS[:version]:
            old.executescript(step)
        old.execute("ATTACH ? AS new", (str(store),))
        for (table,) in old.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall():
            had = {row[1] for row in old.execute(f"PRAGMA main.table_info({table})")}
            has = {row[1] for row in old.execute(f"PRAGMA new.table_info({table})")}
            columns = ", ".join(sorted(had & has))
            old.execute(f"INSERT OR REPLACE INTO main.{table} ({columns}) SELECT {columns} FROM new.{table}")
        old.execute(f"PRAGMA main.user_version = {version}")
        old.commit()


@pytest.mark.parametrize("version", range(1, schema.VERSION))
def test_a_store_of_an_earlier_version_goes_on(tmp_path, version):
    scene = Scene(SqliteStore(tmp_path / "now.db"))
    scene.web.pages[FEED] = rss(("a", HIRE, "In short."))
    scene.poll()
    scene.run()
    before = scene.store.trace(STORY)
    (told,) = scene.texts()
    scene.store.close()
    as_of(version, tmp_path / "now.db", tmp_path / "old.db")

    scene.with_store(SqliteStore(tmp_path / "old.db"))
    scene.poll()
    scene.run()
    after = scene.store.trace(STORY)
    assert (after.article.title, after.article.body) == (before.article.title, before.article.body)
    assert after.finding == before.finding
    assert [(o.key, o.state, o.ts) for o in after.operations] == [
        (o.key, OperationState.SENT, o.ts) for o in before.operations
    ]
    assert scene.texts() == [told]
    scene.store.close()
    with closing(sqlite3.connect(tmp_path / f"old.db.v{version}")) as kept:  # for whoever goes back
        assert kept.execute("PRAGMA user_version").fetchone() == (version,)
        assert kept.execute("SELECT count(*) FROM stories").fetchone() == (1,)

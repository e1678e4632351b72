"""A disk that turns read-only while the bot works: nothing is posted that could not be written down, and all of it later."""

from __future__ import annotations

from contextlib import closing

import pytest

from bot.adapters.store import SqliteStore
from bot.errors import Fate, StoreError, StoreReason
from tests.pipeline.test_pipeline import FEED, HIRE, Scene, rss


def test_on_a_read_only_disk_nothing_is_posted_and_nothing_is_lost(tmp_path):
    with closing(SqliteStore(tmp_path / "t.db")) as store:
        scene = Scene(store)
        scene.web.pages[FEED] = rss(("a", HIRE, "In short."))
        scene.clock.advance(3600)
        store.hasten(scene.clock.now())
        p = scene.pipeline
        for stage in (lambda: p.poll_host("w"), p.sift_entries, p.read_page, p.judge_articles, p.deliver_alerts):
            store._connection().execute("PRAGMA query_only = ON")  # each write is answered as by such a disk
            with pytest.raises(StoreError) as caught:
                stage()
            assert (caught.value.reason, caught.value.fate) == (StoreReason.DISK, Fate.RETRY)
            assert scene.texts() == []
            store._connection().execute("PRAGMA query_only = OFF")
            scene.clock.advance(120)  # what was claimed is free again
            while stage():
                pass
        assert len(scene.texts()) == 1

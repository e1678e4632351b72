"""A database that was lost, or set back to an earlier day, posts nothing again: Slack is the log."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from bot.adapters.store import SqliteStore
from bot.errors import DeliveryError, DeliveryReason, Fate
from bot.model import Feed, OperationState, Verb
from tests.fakes.fetcher import Page
from tests.pipeline.test_life_of_a_message import CONFIRMED, REPORT, RUMOUR, Newsroom, newsroom  # noqa: F401
from tests.pipeline.test_pipeline import FEED, Scene, rss, scene  # noqa: F401 - the fixture


@pytest.fixture
def reborn(newsroom, tmp_path) -> Iterator[Newsroom]:  # noqa: F811
    """A newsroom whose bot gets a new, empty database as soon as it is asked for one."""
    stores = []

    def begin_anew(path=tmp_path / "new.db") -> Newsroom:
        store = SqliteStore(path)
        stores.append(store)
        scene = newsroom.scene  # noqa: F811
        scene.store = store
        scene.pipeline = replace(scene.pipeline, store=store)
        return newsroom

    yield begin_anew
    for store in stores:
        store.close()


def first_poll(room: Newsroom) -> None:
    """The first poll of a new database: what stands in the feed is its baseline."""
    scene = room.scene  # noqa: F811
    room.items = ""
    scene.web.pages[FEED] = rss(("old", "A phone is out", "A phone."))
    scene.store.sync_feeds([Feed(FEED)], scene.clock.now(), spread_s=0)
    scene.poll()
    scene.run()


def test_a_lost_database_does_not_tell_a_story_again(newsroom, reborn):  # noqa: F811
    newsroom.publish(REPORT, "Herald")
    assert len(newsroom.parents()) == 1
    room = reborn()
    first_poll(room)  # what was told is out of the feed by now
    room.publish("Norvane AI hires Ada Ferrano from Quillstone Labs", "Courier")
    assert len(room.parents()) == 1, "another article, the same move: Slack knows it"
    told = [o for o in room.scene.store.operations() if o.story_id and o.verb is Verb.POST]
    assert [(o.state, o.attempts) for o in told if o.story_id != "first run"] == [(OperationState.SENT, 0)]


def test_what_the_old_database_posted_is_kept_up_to_date_by_the_new_one(newsroom, reborn):  # noqa: F811
    newsroom.publish(RUMOUR, "Herald")
    room = reborn()
    first_poll(room)  # what was told is out of the feed by now
    room.publish(RUMOUR, "Gazette")
    room.publish(CONFIRMED, "Courier")
    assert len(room.parents()) == 1
    assert "rumoured → confirmed" in room.parents()[0]
    assert len(room.replies()) == 1


def test_a_new_story_is_told_all_the_same(newsroom, reborn):  # noqa: F811
    newsroom.publish(REPORT, "Herald")
    room = reborn()
    first_poll(room)  # what was told is out of the feed by now
    room.publish("Quillstone Labs hires Bo Castellan from Norvane AI", "Courier")
    assert len(room.parents()) + len(room.replies()) == 2


def test_a_database_set_back_posts_nothing_again(newsroom, reborn, tmp_path):  # noqa: F811
    backup = tmp_path / "backup.db"
    with closing(sqlite3.connect(newsroom.scene.store.path)) as db, closing(sqlite3.connect(backup)) as copy:
        db.backup(copy)
    newsroom.publish(RUMOUR, "Herald")
    newsroom.publish(CONFIRMED, "Courier")
    before = len(newsroom.parents()), len(newsroom.replies())
    room = reborn(backup)
    room.scene.poll()
    room.run()
    assert (len(room.parents()), len(room.replies())) == before == (1, 1)
    assert "rumoured → confirmed" in room.parents()[0]


def test_nothing_is_posted_before_the_channel_was_read_but_not_for_ever(newsroom):  # noqa: F811
    lost = DeliveryError(DeliveryReason.UNKNOWN, "no answer", Fate.RETRY)
    scene = newsroom.scene  # noqa: F811
    scene.store.note("learnt:C0ALERTS", "")
    scene.notifier.find_faults = [lost] * 1000
    scene.web.pages[FEED] = rss(("a", REPORT, REPORT))
    scene.web.pages["https://news.example/a"] = Page(status=410)
    scene.poll()
    scene.run()
    assert newsroom.parents() == []
    for _ in range(50):
        scene.clock.advance(20)
        scene.run()
    assert len(newsroom.parents()) == 1

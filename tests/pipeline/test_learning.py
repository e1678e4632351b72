"""A database that was lost, or set back to an earlier day, posts nothing again: Slack is the log."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from bot.adapters.store import SqliteStore
from bot.errors import DeliveryError, DeliveryReason, Fate
from bot.model import Feed, Message, Operation, OperationKey, OperationState, Posted, StoryId, Verb
from tests.fakes.clock import NOON
from tests.fakes.fetcher import Page
from tests.pipeline.crash_world import CHANNEL
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


def posted(ts: str, key: str = "k1") -> Posted:
    return Posted(CHANNEL, ts, OperationKey(key), (), "")


def owed(key: str) -> Operation:
    message = Message(key, metadata={"event_type": "talentwire_alert", "event_payload": {"k": key, "facts": ""}})
    return Operation(OperationKey(key), CHANNEL, Verb.POST, StoryId("s"), message, NOON, NOON)


def test_what_stands_twice_when_a_channel_is_learnt_is_swept_at_once(tmp_path):
    with closing(SqliteStore(tmp_path / "t.db")) as store:
        store.learn(CHANNEL, [posted("10.0"), posted("20.0"), posted("30.0", "k2")])
        assert [one.key for one in store.due_sweeps(NOON)] == ["k1"]


@pytest.mark.parametrize(
    ("known", "stands", "attempts"),
    [
        ((), [posted("10.0", "other")], 1),  # a life that we do not know may have been at it
        ((), [], 0),  # a new channel: nobody was
        (("sent",), [posted("10.0", "other")], 0),  # our own outbox says that it was not tried
    ],
)
def test_what_is_owed_to_a_channel_with_a_past_that_nobody_knows_counts_as_tried(tmp_path, known, stands, attempts):
    with closing(SqliteStore(tmp_path / "t.db")) as store:
        store.owe([replace(owed(key), state=OperationState.SENT, ts="1.0") for key in known])
        store.owe([owed("k1")])
        store.learn(CHANNEL, stands)
        (one,) = [one for one in store.operations() if one.key == "k1"]
        assert one.attempts == attempts
        assert one.state is (OperationState.SENDING if attempts else OperationState.PENDING)

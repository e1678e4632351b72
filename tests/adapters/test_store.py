"""The store on real SQLite: claims and fences, entries that change, the outbox, retention, damage."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters import rows, schema
from bot.adapters.store import SqliteStore
from bot.adapters.visits import FEEDS_A_VISIT
from bot.errors import Fate, StoreError, StoreReason
from bot.model import (
    Action,
    Article,
    Change,
    Condition,
    Entry,
    EntryId,
    Feed,
    Finding,
    Kind,
    Message,
    Move,
    Moved,
    Operation,
    OperationKey,
    OperationState,
    Pace,
    PollOutcome,
    PollResult,
    Reason,
    Source,
    Span,
    Status,
    Story,
    StoryId,
    StoryMove,
    Tally,
    Telling,
    Traits,
    Verb,
    Visit,
    Vote,
    Wishes,
)
from bot.urls import host_key

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LEASE = 60.0


@pytest.fixture
def store(tmp_path: Path):
    opened = SqliteStore(tmp_path / "t.db")
    yield opened
    opened.close()


def later(**delta: float) -> datetime:
    return NOW + timedelta(**delta)


def feed(n: int = 1, host: str = "news.example") -> Feed:
    return Feed(f"https://{host}/{n}.xml", name=f"Feed {n}")


def entry(n: int = 1, of: Feed | None = None, **fields: object) -> Entry:
    base = Entry(
        id=EntryId(f"e{n}"),
        feed_url=(of or feed()).url,
        raw_id=f"raw-{n}",
        item_hash="h1",
        url=f"https://news.example/story/{n}",
        title=f"Title {n}",
        summary=f"Summary {n} ¿ü漢字?",
        language="en",
        published_at=NOW - timedelta(hours=1),
        seen_at=NOW,
        publisher="The Paper",
    )
    return replace(base, **fields)


def polled(of: Feed, *entries: Entry, **state: object) -> PollResult:
    new = replace(of, polled_at=NOW, next_poll_at=later(hours=1), **state)
    return PollResult(new, PollOutcome.OK, entries, {e.raw_id: e.item_hash for e in entries})


def poll(store: SqliteStore, *entries: Entry, of: Feed | None = None, at: datetime = NOW) -> None:
    of = of or feed()
    store.sync_feeds([of], at, spread_s=0)
    store.hasten(at)
    visit = store.claim(at, worker="w", lease_s=LEASE)
    assert visit is not None
    assert store.finish(visit, [polled(of, *entries)], at, slow=False)


def article(of: Entry, body: str | None = None) -> Article:
    return Article(
        of, of.title, of.summary if body is None else body, "en", Source.SUMMARY if body is None else Source.PAGE
    )


FINDING = Finding(
    language="en",
    score=0.91,
    kinds=(Kind.HIRE, Kind.POACH),
    moves=(
        Move("Ada Byron", "Norvane AI", "Quillstone Labs", "chief scientist", Status.REPORTED, 0.97, (Span(0, 5),)),
    ),
    people=("Ada Byron",),
    organisations=("Norvane AI", "Quillstone Labs"),
    reasons=(Reason("en.HIRE.svo", "hires", 2.2, Span(3, 8)), Reason("bias", "", -1.0)),
    evidence=(Span(0, 10),),
)

STORY = Story(
    id=StoryId("s1"),
    headline="Title 1",
    url="https://news.example/story/1",
    first_seen=NOW,
    last_seen=NOW,
    people=("Ada Byron",),
    organisations=("Norvane AI",),
    kinds=(Kind.HIRE,),
    score=0.91,
)


def operation(key: str = "k1", channel: str = "C0ALERTS", **fields: object) -> Operation:
    base = Operation(
        key=OperationKey(key),
        channel=channel,
        verb=Verb.POST,
        story_id=StoryId("s1"),
        message=Message("text", ({"type": "section"},), {"event_type": "x"}),
        created_at=NOW,
        due_at=NOW,
    )
    return replace(base, **fields)


# ---------------------------------------------------------------------------------------------- claims and fences


def test_a_claim_hands_out_the_due_feeds_of_one_host(store):
    store.sync_feeds([feed(1), feed(2), feed(3, "other.example")], NOW, spread_s=0)
    first, second = (store.claim(NOW, worker="w", lease_s=LEASE) for _ in range(2))
    assert {f.url for f in first.feeds} == {feed(1).url, feed(2).url}
    assert [f.url for f in second.feeds] == [feed(3, "other.example").url]
    assert store.claim(NOW, worker="w", lease_s=LEASE) is None


def test_a_host_gets_as_many_visits_at_a_time_as_it_has_connections(tmp_path):
    store = SqliteStore(tmp_path / "t.db", hosts={"big.example": 2})
    store.sync_feeds([feed(n, "big.example") for n in range(3 * FEEDS_A_VISIT)], NOW, spread_s=0)
    visits = [store.claim(NOW, worker="w", lease_s=LEASE) for _ in range(3)]
    assert [len(v.feeds) if v else None for v in visits] == [FEEDS_A_VISIT, FEEDS_A_VISIT, None]
    assert not {f.url for f in visits[0].feeds} & {f.url for f in visits[1].feeds}
    store.close()


def test_who_lost_the_lease_writes_nothing(store):
    store.sync_feeds([feed()], NOW, spread_s=0)
    lost = store.claim(NOW, worker="slow", lease_s=LEASE)
    held = store.claim(later(seconds=LEASE + 1), worker="quick", lease_s=LEASE)
    assert [f.url for f in held.feeds] == [feed().url]
    assert store.finish(lost, [polled(feed(), entry(1))], later(seconds=62), slow=False) is False
    assert store.unsifted(limit=9) == []
    assert store.finish(held, [polled(feed(), entry(2))], later(seconds=63), slow=False) is True
    assert [e.id for e, _ in store.unsifted(limit=9)] == ["e2"]


def test_a_lease_can_be_lengthened_while_it_holds(store):
    store.sync_feeds([feed()], NOW, spread_s=0)
    visit = store.claim(NOW, worker="w", lease_s=LEASE)
    assert store.extend(visit, later(seconds=50), lease_s=LEASE)
    assert store.claim(later(seconds=100), worker="v", lease_s=LEASE) is None
    assert not store.extend(visit, later(seconds=200), lease_s=LEASE)


def test_what_a_dead_process_had_claimed_is_free_at_the_next_start(tmp_path):
    store = SqliteStore(tmp_path / "t.db")
    store.sync_feeds([feed()], NOW, spread_s=0)
    assert store.claim(NOW, worker="w", lease_s=LEASE)
    store.close()
    store = SqliteStore(tmp_path / "t.db")
    store.sync_feeds([feed()], NOW, spread_s=0)
    assert store.claim(NOW, worker="w", lease_s=LEASE)
    store.close()


def test_a_page_that_a_dead_process_was_reading_is_read_at_the_next_start(tmp_path):
    store = SqliteStore(tmp_path / "t.db")
    poll(store, entry(1))
    store.sift([], [EntryId("e1")], NOW)
    assert store.lease_unread(NOW, lease_s=LEASE)
    store.close()
    store = SqliteStore(tmp_path / "t.db")
    assert store.lease_unread(NOW, lease_s=LEASE), "not only when the lease lapses"
    store.close()


def test_slow_hosts_have_a_lane_of_their_own(store):
    store.sync_feeds([feed(), feed(2, "slow.example")], NOW, spread_s=0)
    visit = next(
        v for v in (store.claim(NOW, worker="w", lease_s=LEASE) for _ in range(2)) if v.host.startswith("slow")
    )
    store.finish(visit, [], NOW, slow=True)
    assert store.claim(NOW, worker="w", lease_s=LEASE, slow=False) is None
    again = store.claim(NOW, worker="w", lease_s=LEASE, slow=True)
    assert again.host.startswith("slow.example")


def test_feeds_left_out_of_a_visit_stay_due(store):
    store.sync_feeds([feed(1), feed(2)], NOW, spread_s=0)
    visit = store.claim(NOW, worker="w", lease_s=LEASE)
    store.finish(visit, [polled(visit.feeds[0])], NOW, slow=False)
    assert [f.url for f in store.claim(NOW, worker="w", lease_s=LEASE).feeds] == [visit.feeds[1].url]


def test_first_polls_are_spread(store):
    store.sync_feeds([feed(n, f"h{n}.example") for n in range(4)], NOW, spread_s=60)
    assert store.due_feeds(NOW) == 1
    assert store.due_feeds(later(seconds=31)) == 3


def test_a_feed_that_left_the_config_is_not_polled_and_comes_back_with_its_state(store):
    poll(store, entry(1))
    store.sync_feeds([feed(2, "b.example")], NOW, spread_s=0)
    assert [f.url for f in store.feeds()] == [feed(2, "b.example").url]
    store.sync_feeds([feed()], NOW, spread_s=0)
    assert store.feeds()[0].polled_at == NOW
    assert store.known_entries(feed().url) == {"raw-1": "h1"}


def test_hasten_leaves_those_alone_that_were_told_to_wait(store):
    """A failing feed keeps its due time (Retry-After, back-off), a stopped one (410) stays stopped."""
    feeds = [feed(n, f"h{n}.example") for n in range(3)]
    store.sync_feeds(feeds, NOW, spread_s=0)
    for state in ({}, {"failures": 1}, {"stopped": True}):
        visit = store.claim(NOW, worker="w", lease_s=LEASE)
        store.finish(visit, [polled(visit.feeds[0], **state)], NOW, slow=False)
    assert store.hasten(NOW) == 1
    assert store.due_feeds(NOW) == 1


def test_a_feed_comes_back_as_it_was_written(store):
    store.sync_feeds([feed()], NOW, spread_s=0)
    visit = store.claim(NOW, worker="w", lease_s=LEASE)
    kept = replace(
        visit.feeds[0],
        etag='W/"ä, b"',
        last_modified="Sun, 01 Mar 2026",
        body_hash="x",
        failures=2,
        polled_at=NOW,
        next_poll_at=later(hours=2),
        why="its ttl",
        error="broken",
        wishes=Wishes(timedelta(minutes=30), NOW, frozenset({2, 3}), frozenset({6})),
        fresh=timedelta(minutes=5),
        full_at=NOW,
        title="News of the Example",
        address="https://new.example/feed",
        moved=Moved("https://newer.example/feed", 2, NOW),
        pace=Pace(timedelta(hours=1), timedelta(hours=9), timedelta(hours=2), 0.5, 3, NOW),
        tally=Tally(NOW, 9, 8, 7, 60_000),
        condition=Condition.SILENT,
        condition_since=NOW,
    )
    store.finish(visit, [PollResult(kept, PollOutcome.NOT_MODIFIED)], NOW, slow=False)
    assert store.feeds() == [kept]


def test_a_host_that_asks_to_be_left_alone_is(store):
    """All of its feeds and pages wait, whoever would hasten them; other hosts do not."""
    feeds = [feed(1), feed(2), feed(3, "other.example")]
    store.sync_feeds(feeds, NOW, spread_s=0)
    visit = store.claim(NOW, worker="w", lease_s=LEASE)
    until = later(hours=2)
    waits = replace(visit.feeds[0], failures=1, next_poll_at=until)
    alone = (host_key(feeds[0].url), until)
    store.finish(visit, [PollResult(waits, PollOutcome.FAILED, leave_alone=alone)], NOW, slow=False)
    store.hasten(NOW)
    assert [f.url for f in store.claim(NOW, worker="w", lease_s=LEASE).feeds] == [feeds[2].url]
    assert store.claim(later(seconds=LEASE / 2), worker="w", lease_s=LEASE) is None
    visits = [store.claim(until, worker="w", lease_s=LEASE) for _ in range(2)]  # the other one's lease has lapsed
    assert {f.url for visit in visits for f in visit.feeds} == {f.url for f in feeds}


def test_the_page_of_a_host_that_is_left_alone_waits(store):
    poll(store, entry(1))
    store.sift([], [entry(1).id], NOW)
    visit = Visit("", "none", (), NOW)
    with store._transaction() as db:
        db.execute("INSERT INTO visits VALUES ('none', '', 'w', ?)", (later(hours=1).timestamp(),))
    result = PollResult(feed(), PollOutcome.FAILED, leave_alone=(host_key(entry(1).url), later(hours=1)))
    assert store.finish(visit, [result], NOW, slow=False)
    assert store.lease_unread(later(minutes=59), lease_s=LEASE) is None
    assert store.next_work() == later(hours=1)
    assert store.lease_unread(later(hours=1), lease_s=LEASE) is not None


def test_a_feed_that_led_to_an_alert_is_remembered_as_worth_it(store):
    poll(store, entry(1), entry(2))
    store.sift([article(entry(1)), article(entry(2))], [], NOW)
    store.save_finding(article(entry(2)), FINDING, STORY, ["k"], [], later(hours=1))
    assert store.feeds()[0].pace.told_at is None
    store.save_finding(article(entry(1)), FINDING, STORY, ["k"], [operation(1)], later(hours=2))
    assert store.feeds()[0].pace.told_at == later(hours=2)
    poll(store, at=later(days=2))  # what a poll writes does not touch it
    assert store.feeds()[0].pace.told_at == later(hours=2)


def test_feeds_of_the_second_version_come_along(tmp_path):
    connection = sqlite3.connect(tmp_path / "t.db")
    connection.executescript(f"{schema._STEPS[0]};{schema._STEPS[1]}; PRAGMA user_version = 2;")
    moment = NOW.timestamp()
    connection.execute(
        "INSERT INTO feeds (url, host, etag, ttl_s, polled_at, next_poll_at) VALUES (?, ?, '\"1\"', 1800, ?, ?)",
        (feed().url, host_key(feed().url), moment, moment),
    )
    connection.execute("INSERT INTO hosts (host, next_due) VALUES (?, ?)", (host_key(feed().url), moment))
    connection.execute("INSERT INTO shown VALUES (1, 'r', 'h', NULL)")
    connection.execute(
        "INSERT INTO entries (id, feed_id, raw_id, item_hash, url, page, host, title, summary, language, publisher,"
        " seen_at, published_at, baseline, state) VALUES ('e', 1, 'r', 'h', '', '', '', 'T', x'', 'en', '', ?, ?, 0, 'judged')",
        (moment, moment - 3600),
    )
    connection.commit()
    connection.close()
    store = SqliteStore(tmp_path / "t.db")
    (kept,) = store.feeds()
    assert (kept.etag, kept.wishes, kept.polled_at) == ('"1"', Wishes(timedelta(minutes=30)), NOW)
    assert (kept.pace, kept.moved, kept.condition) == (Pace(news_at=later(hours=-1)), Moved(), None)
    assert store.known_entries(feed().url) == {"r": "h"}
    assert store.claim(NOW, worker="w", lease_s=LEASE).feeds == (kept,)
    store.close()


# ---------------------------------------------------------------------------------------------- entries


def test_an_entry_goes_its_way_once(store):
    poll(store, entry(1), entry(2))
    (one, of), (two, _) = store.unsifted(limit=9)
    assert one == entry(1)
    assert of.url == feed().url
    store.sift([article(one)], [two.id], NOW)
    assert store.unsifted(limit=9) == []
    leased, _, strikes = store.lease_unread(NOW, lease_s=LEASE)
    assert (leased, strikes) == (two, 0)
    assert store.lease_unread(NOW, lease_s=LEASE) is None
    store.save_article(article(two, "The page's text"), NOW)
    assert [a.body for a, _, _ in store.unjudged(limit=9)] == [entry(1).summary, "The page's text"]
    store.save_finding(article(one), FINDING, STORY, ["k"], [], NOW)
    store.save_finding(article(two), replace(FINDING, score=0.1), None, [], [], NOW)
    assert store.unjudged(limit=9) == []
    assert store.lead_article(STORY)[:2] == (article(one), FINDING)


def test_a_page_whose_reader_died_is_read_again_when_the_lease_lapsed(store):
    poll(store, entry(1))
    store.sift([], [EntryId("e1")], NOW)
    assert store.lease_unread(NOW, lease_s=LEASE)
    assert store.lease_unread(later(seconds=LEASE + 1), lease_s=LEASE)


def test_strikes_count_and_put_off(store):
    poll(store, entry(1))
    store.sift([], [EntryId("e1")], NOW)
    store.lease_unread(NOW, lease_s=LEASE)
    store.strike(EntryId("e1"), "timeout", again_at=later(seconds=30))
    assert store.lease_unread(later(seconds=29), lease_s=LEASE) is None
    assert store.lease_unread(later(seconds=30), lease_s=LEASE)[2] == 1


@pytest.mark.parametrize(
    ("change", "judged_again"),
    [
        ({"item_hash": "h2"}, False),  # a counter in the item moved, the text did not
        ({"item_hash": "h2", "title": "Title 1, corrected"}, True),  # the text may say something new now
        ({"item_hash": "h2", "summary": "More"}, True),
    ],
)
def test_an_edit_is_judged_again_if_its_text_changed_and_no_story_came_of_it(store, change, judged_again):
    poll(store, entry(1))
    store.sift([article(entry(1))], [], NOW)
    store.save_finding(article(entry(1)), replace(FINDING, score=0.1), None, [], [], NOW)
    poll(store, entry(1, **change))
    assert [e.edits for e, _ in store.unsifted(limit=9)] == ([1] if judged_again else [])


def test_an_edit_of_an_entry_with_a_story_changes_nothing_but_its_text(store):
    poll(store, entry(1))
    store.sift([article(entry(1))], [], NOW)
    store.save_finding(article(entry(1)), FINDING, STORY, [], [], NOW)
    poll(store, entry(1, item_hash="h2", title="Other words"))
    assert store.unsifted(limit=9) == []
    assert store.trace(entry(1).url).entry.title == "Other words"


def test_what_a_feed_stops_showing_is_known_until_retention_ends(store):
    poll(store, entry(1), entry(2))
    poll(store, entry(2), at=later(hours=2))
    assert set(store.known_entries(feed().url)) == {"raw-1", "raw-2"}
    store.prune(later(hours=3))
    assert set(store.known_entries(feed().url)) == {"raw-2"}
    assert store.trace(entry(1).url) is None
    assert store.trace(entry(2).url) is not None, "the feed still shows it: forgotten, it would come back as new"


# ---------------------------------------------------------------------------------------------- stories and outbox


def test_candidates_share_a_key_and_are_recent(store):
    poll(store, entry(1))
    store.sift([article(entry(1))], [], NOW)
    store.save_finding(article(entry(1)), FINDING, STORY, ["person:ada", "word:quill"], [], NOW)
    assert store.candidates(["person:ada", "x"], later(days=-7)) == [(STORY, frozenset({"person:ada", "word:quill"}))]
    assert store.candidates(["x"], later(days=-7)) == []
    assert store.candidates(["person:ada"], later(days=1)) == []


def test_verdict_story_and_alert_are_one_transaction(store):
    poll(store, entry(1))
    store.sift([article(entry(1))], [], NOW)
    broken = replace(operation(), message=Message("x", ({"bad": object()},)))
    with pytest.raises(TypeError):
        store.save_finding(article(entry(1)), FINDING, STORY, ["k"], [broken], NOW)
    assert len(store.unjudged(limit=9)) == 1
    assert store.candidates(["k"], later(days=-7)) == []


def test_owing_twice_is_owing_once(store):
    store.owe([operation(), operation(due_at=later(hours=1))])
    assert [o.due_at for o in store.operations()] == [NOW]


def test_a_channel_gets_its_operations_in_order_and_no_channel_waits_for_another(store):
    store.owe([operation("a"), operation("b"), operation("c", "C0OTHER")])
    store.settle(operation("a", due_at=later(minutes=5), state=OperationState.SENDING))
    assert store.due_channels(NOW) == ["C0OTHER"], "b waits for a"
    assert store.first_operation("C0ALERTS", NOW) is None
    assert store.first_operation("C0ALERTS", later(minutes=5)).key == "a"
    store.settle(operation("a", state=OperationState.SENT, ts="1.1"))
    assert store.first_operation("C0ALERTS", NOW).key == "b"
    store.settle(operation("b", state=OperationState.DEAD))
    store.settle(operation("c", "C0OTHER", state=OperationState.SENT))
    assert store.due_channels(later(days=1)) == []
    assert store.unfinished() == 0


def test_a_channel_is_posted_to_at_its_pace(store):
    store.owe([operation("a"), operation("b")])
    store.settle(operation("a", state=OperationState.SENT, started_at=NOW))
    assert store.due_channels(later(seconds=0.9), pace_s=1.0) == []
    assert store.due_channels(later(seconds=1.0), pace_s=1.0) == ["C0ALERTS"]


def test_the_target_of_an_update_is_the_message_its_operation_left(store):
    store.owe([operation("a"), operation("b", verb=Verb.REPLY, target="a")])
    store.settle(operation("a", state=OperationState.SENT, ts="17.5"))
    assert store.first_operation("C0ALERTS", NOW).target_ts == "17.5"


def test_an_operation_comes_back_as_it_was_written(store):
    full = operation(
        target="t",
        target_ts="1.2",
        state=OperationState.SENDING,
        attempts=2,
        looks=1,
        plain=True,
        started_at=NOW,
        ts="3.4",
        sweep_at=later(minutes=1),
        error="looking",
    )
    store.owe([operation()])
    store.settle(full)
    assert store.operations() == [full]
    assert store.due_sweeps(later(minutes=1)) == [full]
    assert store.due_sweeps(NOW) == []


def test_the_best_baseline_stories_are_missed_and_told_once(store):
    entries = [entry(n, baseline=True) for n in range(1, 5)]
    poll(store, *entries)
    store.sift([article(e) for e in entries], [], NOW)
    for n, (e, score) in enumerate(zip(entries, (0.8, 0.95, 0.9, 0.99), strict=True)):
        story = replace(STORY, id=StoryId(f"s{n}"), score=score, baseline=True)
        if n == 3:
            story = replace(story, first_seen=later(hours=-72))
        store.save_finding(article(e), replace(FINDING, score=score), story, [], [], NOW)
    best = store.missed(later(hours=-48), limit=2)
    assert [story.score for story, *_ in best] == [0.95, 0.9]
    assert store.first_run(NOW).pending
    store.end_first_run([story.id for story, *_ in best], [operation()], NOW)
    assert [story.score for story, *_ in store.missed(later(hours=-48), limit=9)] == [0.8]
    assert not store.first_run(NOW).pending
    assert len(store.operations()) == 1


# ---------------------------------------------------------------------------------------------- the file


def test_a_second_instance_is_told_and_the_lock_dies_with_its_owner(tmp_path):
    first = SqliteStore(tmp_path / "t.db")
    with pytest.raises(StoreError) as caught:
        SqliteStore(tmp_path / "t.db")
    assert caught.value.reason is StoreReason.LOCKED
    first.close()
    SqliteStore(tmp_path / "t.db").close()


def test_a_reader_needs_no_lock(store, tmp_path):
    store.note("tick_at", "1.5")
    reader = SqliteStore(tmp_path / "t.db", read_only=True)
    assert reader.noted("tick_at") == "1.5"
    with pytest.raises(StoreError):
        reader.note("tick_at", "2")
    reader.close()


@pytest.mark.parametrize("damage", ["garbage", "cut", "overwritten"])
def test_a_damaged_database_is_named_and_never_replaced_by_an_empty_one(tmp_path, damage):
    path = tmp_path / "t.db"
    store = SqliteStore(path)
    poll(store, *(entry(n) for n in range(200)))
    store.close()
    whole = path.read_bytes()
    path.write_bytes(
        {
            "garbage": b"this is no database" * 500,
            "cut": whole[: len(whole) // 3],
            "overwritten": whole[:4096] + b"\xff" * 8192 + whole[12288:],
        }[damage]
    )
    before = path.read_bytes()
    with pytest.raises(StoreError) as caught:
        SqliteStore(path)
    assert caught.value.reason is StoreReason.DAMAGED
    assert str(path) in str(caught.value)
    assert path.read_bytes() == before


def test_stories_of_the_first_version_come_along(tmp_path):
    connection = sqlite3.connect(tmp_path / "t.db")
    connection.executescript(f"{schema._STEPS[0]}; PRAGMA user_version = 1;")
    seen = later(hours=1).timestamp()
    connection.execute(
        "INSERT INTO stories VALUES ('s', 'Ada Quill joins Lumen', '', ?, ?, '[\"Ada Quill\"]', '[]', '[]', '[]', .9, 1, 1, 0)",
        (seen, seen),
    )
    connection.execute("INSERT INTO story_keys VALUES ('person:ada', 's')")
    connection.commit()
    connection.close()
    store = SqliteStore(tmp_path / "t.db")
    ((story, keys),) = store.candidates(["person:ada"], later(days=-7))
    assert (story.id, story.saga, story.told, story.telling) == ("s", "s", True, Telling())
    assert keys == {"person:ada"}
    store.close()
    with closing(sqlite3.connect(tmp_path / "t.db.v1")) as before:  # as it was, for whoever goes back
        assert before.execute("PRAGMA user_version").fetchone() == (1,)
        assert before.execute("SELECT id FROM stories").fetchall() == [("s",)]
        assert before.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_database_that_cannot_be_copied_is_not_changed(tmp_path):
    with closing(sqlite3.connect(tmp_path / "t.db")) as connection:
        connection.executescript(f"{schema._STEPS[0]}; PRAGMA user_version = 1;")
    (tmp_path / "t.db.v1.part").mkdir()  # in the way of the copy
    with pytest.raises(StoreError) as caught:
        SqliteStore(tmp_path / "t.db")
    assert (caught.value.reason, caught.value.fate) == (StoreReason.DISK, Fate.STOP)
    assert "t.db.v1" in str(caught.value)
    with closing(sqlite3.connect(tmp_path / "t.db")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)


def test_a_new_database_and_one_of_this_version_leave_no_copy(tmp_path):
    SqliteStore(tmp_path / "t.db").close()
    SqliteStore(tmp_path / "t.db").close()
    assert not list(tmp_path.glob("t.db.v*"))


def test_what_a_story_tells_is_kept_whole(store):
    traits = Traits(
        title=frozenset({"quill"}),
        numbers=frozenset({4e7}),
        movers=(("Ada Quill", "阿达·奎尔"),),
        ends=(("Ada Quill", "", "lumen"),),
        speaks=True,
        at=later(hours=1).timestamp(),
        keys=("name:quill",),
    )
    move = StoryMove(
        ("Ada Quill",), "", "Lumen", "", Status.RUMOURED, 1.0, "Gazette", votes=(Vote("to", "Lumen", 0.9),)
    )
    telling = Telling(
        moves=(move,),
        sources=("Gazette",),
        outlets=("Gazette",),
        facts=("number:40000000",),
        status=Status.REPORTED,
        changes=(Change(1.0, "Gazette", Action.NEW_ALERT, "the first article"),),
        members=(traits,),
        changed_at=1.0,
    )
    assert rows.telling_of(rows.telling_json(telling)) == telling


def test_a_common_key_leads_to_the_latest_stories_only(store):
    poll(store, *(entry(n) for n in range(1, 61)))
    store.sift([article(entry(n)) for n in range(1, 61)], [], NOW)
    for n in range(1, 61):
        story = replace(STORY, id=f"s{n}", last_seen=later(minutes=n))
        store.save_finding(article(entry(n)), FINDING, story, ["org:lumen", f"word:{n}"], (), later(minutes=n))
    found = [story.id for story, _ in store.candidates(["org:lumen", "word:60"], later(days=-7))]
    assert found[0] == "s60"
    assert len(found) <= 24
    assert "s1" not in found


def test_a_database_of_a_later_version_is_refused(tmp_path):
    SqliteStore(tmp_path / "t.db").close()
    connection = sqlite3.connect(tmp_path / "t.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError) as caught:
        SqliteStore(tmp_path / "t.db")
    assert caught.value.reason is StoreReason.NEWER


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError) as caught:
        SqliteStore(tmp_path / "file" / "t.db")
    assert caught.value.reason is StoreReason.DISK


def test_a_visit_can_be_made_by_hand_for_a_lost_token(store):
    """`finish` trusts the token alone, never what the visit says of itself."""
    store.sync_feeds([feed()], NOW, spread_s=0)
    forged = Visit("news.example:443", "no such token", (feed(),), later(hours=1))
    assert store.finish(forged, [polled(feed(), entry(1))], NOW, slow=False) is False


def test_threads_that_ended_leave_no_connection_behind(store):
    for _ in range(20):
        thread = threading.Thread(target=store.due_feeds, args=(NOW,))
        thread.start()
        thread.join()
    assert len(store._opened) <= 2


def test_a_closed_store_does_not_open_again(tmp_path):
    store = SqliteStore(tmp_path / "t.db")
    store.close()
    with pytest.raises(StoreError):
        store.due_feeds(NOW)


def test_a_host_has_as_many_pages_read_at_a_time_as_it_has_connections(store):
    entries = [entry(n, url=f"https://slow.example/{n}") for n in range(3)] + [entry(9, url="https://quick.example/9")]
    poll(store, *entries)
    store.sift([], [e.id for e in entries], NOW)
    leased = [store.lease_unread(NOW, lease_s=LEASE) for _ in range(3)]
    assert [one[0].url if one else None for one in leased] == [
        "https://slow.example/0",
        "https://quick.example/9",
        None,
    ]
    store.save_article(article(leased[0][0], "text"), NOW)
    assert store.lease_unread(NOW, lease_s=LEASE)[0].url == "https://slow.example/1"


def test_an_edit_does_not_take_the_page_from_who_was_to_read_it(store):
    poll(store, entry(1))
    store.sift([], [EntryId("e1")], NOW)
    poll(store, entry(1, item_hash="h2", title="Other words"))
    leased = store.lease_unread(NOW, lease_s=LEASE)[0]
    assert (leased.title, leased.edits) == ("Other words", 0)


def test_a_feed_that_was_stopped_is_asked_again_once_it_was_taken_out_and_put_back(store):
    store.sync_feeds([feed()], NOW, spread_s=0)
    visit = store.claim(NOW, worker="w", lease_s=LEASE)
    store.finish(visit, [polled(visit.feeds[0], stopped=True)], NOW, slow=False)
    store.sync_feeds([feed()], NOW, spread_s=0)
    assert store.due_feeds(later(days=2)) == 0, "a restart is no reason"
    store.sync_feeds([], NOW, spread_s=0)
    store.sync_feeds([feed()], NOW, spread_s=0)
    assert store.due_feeds(later(days=2)) == 1


def test_a_clock_that_was_ahead_puts_nothing_off_for_ever(store):
    poll(store, entry(1), at=later(days=900))
    store.sync_feeds([feed()], NOW, spread_s=0)
    assert store.due_feeds(later(days=1)) == 1
    store.owe([operation("a", state=OperationState.SENT, started_at=later(days=900)), operation("b")])
    assert store.due_channels(NOW, pace_s=1.0) == ["C0ALERTS"]


def test_next_work_keeps_to_the_pace(store):
    store.owe([operation("a", state=OperationState.SENT, started_at=NOW), operation("b")])
    assert store.next_work(pace_s=1.0) == later(seconds=1)


def test_entries_of_a_feed_that_left_the_config_are_forgotten_in_time(store):
    poll(store, entry(1))
    store.sync_feeds([], NOW, spread_s=0)
    assert store.prune(later(days=1)) == 1


def test_an_entry_is_found_by_any_spelling_of_its_address(store):
    poll(store, entry(1))
    assert store.trace(f"{entry(1).url}?utm_source=x#top").entry.id == "e1"


@pytest.mark.parametrize(("made", "reason"), [("empty", StoreReason.OLDER), ("foreign", StoreReason.DAMAGED)])
def test_a_file_that_is_no_store_of_ours_is_named(tmp_path, made, reason):
    path = tmp_path / "t.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE feeds (x)" if made == "foreign" else "PRAGMA user_version = 0")
    connection.close()
    path.touch()
    with pytest.raises(StoreError) as caught:
        SqliteStore(path, read_only=made == "empty")
    assert caught.value.reason is reason

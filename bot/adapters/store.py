"""The store: one SQLite file that holds everything the bot knows. See `bot.ports.Store` for what each method promises.

WAL with synchronous=FULL, so that what was committed survives a power cut; a connection per thread, one writer at a
time. A lock file beside the database keeps a second instance out and dies with its owner.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from bot.adapters import backup, dump, erasing, forgotten, lock, outbox, rows, schema, visits, wishes
from bot.errors import Fate, StoreError, StoreReason
from bot.forgetting import KeptOut
from bot.model import (
    Article,
    Changes,
    Entry,
    EntryId,
    Feed,
    Feedback,
    Finding,
    FirstRun,
    Held,
    HeldFor,
    Judged,
    Operation,
    OperationKey,
    Order,
    PollResult,
    Posted,
    Preference,
    Pulse,
    Story,
    StoryId,
    Trace,
    Visit,
)
from bot.urls import canonical

_DISK = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
}
_ALERTS = (HeldFor.HOLD, HeldFor.SOURCES, HeldFor.QUIET, HeldFor.BURST)  # that wait, but will be told
_LATEST = 48  # stories looked at under one key
_MOST = 24  # stories that come back
_STEP = 4_096  # pages given back to the disk at a time
_BATCH = 400  # articles read at a time when looking back
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}

# What is waited for, by table; nothing in it means that nothing is.
_WAITING = {
    "hosts": ("next_due", "alone_until"),
    "visits": ("lease_until",),
    "feeds": ("next_poll_at",),
    "entries": ("due_at", "lease_until"),
    "outbox": ("due_at", "sweep_at"),
}


class SqliteStore:
    """`bot.ports.Store` on SQLite."""

    def __init__(
        self, path: Path, *, read_only: bool = False, guest: bool = False, hosts: Mapping[str, int] | None = None
    ) -> None:
        """Open (and make, or migrate) the database at `path`; `path`.lock is its lock.

        A `guest` only leaves orders beside the bot that has the lock. `hosts` maps a host or host:port to its number of
        connections; any other has one. Raises StoreError: LOCKED if another instance has it, DAMAGED, NEWER, or DISK.
        """
        self.path = path
        self._read_only = read_only
        self._visits_only = read_only or guest
        self._connections_of = dict(hosts or {})
        self._local = threading.local()
        self._opened: dict[threading.Thread, sqlite3.Connection] = {}
        self._closed = False
        self._forgotten = path.with_name(f"{path.name}.forgotten")
        self._kept_out: KeptOut | None = None
        self._writing = threading.Lock()
        self._opening = threading.Lock()
        self._lock_file = -1
        if self._visits_only:
            if not self.path.is_file():
                raise StoreError(StoreReason.DISK, f"{self.path}: there is no database yet", Fate.STOP)
        else:
            lock.refuse_network(path)
            self._lock_file = lock.take(path)
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    # -- connections

    def _prepare(self) -> None:
        with self._mapped():
            connection = self._connection()
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            if version > schema.VERSION:
                raise StoreError(
                    StoreReason.NEWER, f"{self.path}: made by a later version (schema {version})", Fate.STOP
                )
            if self._visits_only:
                if version < schema.VERSION:
                    words = f"{self.path}: not brought to this version yet (schema {version}); run the bot once"
                    raise StoreError(StoreReason.OLDER, words, Fate.STOP)
                return
            verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if verdict != "ok":
                raise StoreError(StoreReason.DAMAGED, f"{self.path}: {verdict}", Fate.STOP)
            if version == 0 and connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
                raise StoreError(StoreReason.DAMAGED, f"{self.path}: a database, but none of this bot", Fate.STOP)
            if 0 < version < schema.VERSION:
                self._set_aside(version)
            schema.migrate(connection)
            # Nobody else is at work (the lock is ours): what an earlier process had claimed is free.
            with self._transaction() as db:
                db.execute("UPDATE feeds SET visit = NULL WHERE visit IS NOT NULL")
                db.execute("DELETE FROM visits")
                db.execute("UPDATE entries SET lease_until = 0 WHERE state = 'wanted' AND lease_until > 0")
                db.execute("DELETE FROM meta WHERE key LIKE ?", (f"{outbox.LEARNT}%",))

    def _set_aside(self, version: int) -> None:
        """Copy the database before it is changed to a later version: whole and on the disk, or nothing is changed.

        The copy is what a user needs who goes back to the version before. One that stands there already stays.
        """
        kept = self.path.with_name(f"{self.path.name}.v{version}")
        if kept.exists():
            return
        try:
            backup.copy(self.path, kept)
        except StoreError as error:
            words = f"{kept}: no copy could be made before the change to a later version: {error}"
            raise StoreError(StoreReason.DISK, words, Fate.STOP) from error

    def _connection(self) -> sqlite3.Connection:
        if self._closed:
            raise StoreError(StoreReason.LOCKED, f"{self.path}: closed", Fate.STOP)
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            uri = f"{self.path.absolute().as_uri()}?mode={'ro' if self._read_only else 'rwc'}"
            connection = sqlite3.connect(uri, uri=True, timeout=30, isolation_level=None, check_same_thread=False)
            connection.row_factory = sqlite3.Row
            if not self._read_only:
                if self.path.stat().st_size == 0:
                    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # or the file could never shrink
                connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA cache_size = -2000")
            self._local.connection = connection
            self._keep(connection)
        return connection

    def _keep(self, connection: sqlite3.Connection) -> None:
        """Remember this thread's connection, and close those of threads that have ended."""
        with self._opening:
            for thread in [thread for thread in self._opened if not thread.is_alive()]:
                self._opened.pop(thread).close()
            self._opened[threading.current_thread()] = connection

    def close(self) -> None:
        """Close every connection and let the lock go; whoever still asks gets a StoreError."""
        self._closed = True
        with self._writing, self._opening:
            for connection in self._opened.values():
                connection.close()
            self._opened.clear()
            self._local = threading.local()
        if self._lock_file >= 0:
            os.close(self._lock_file)
            self._lock_file = -1

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        """Turn SQLite's errors into StoreError, by code."""
        try:
            yield
        except sqlite3.Error as error:
            code = (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
            if code in _DAMAGED:
                raise StoreError(StoreReason.DAMAGED, f"{self.path}: {error}", Fate.STOP) from error
            if code in _DISK:
                raise StoreError(StoreReason.DISK, f"{self.path}: {error}", Fate.RETRY) from error
            if code in _BUSY:
                raise StoreError(StoreReason.LOCKED, f"{self.path}: {error}", Fate.RETRY) from error
            raise

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the one write transaction: everything in it happens, or nothing."""
        with self._mapped():
            connection = self._connection()
            with self._writing:
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                    connection.execute("COMMIT")
                except BaseException:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Have this thread's connection outside of a transaction."""
        with self._mapped():
            yield self._connection()

    def _rows(self, sql: str, values: Sequence[object] | Mapping[str, object] = ()) -> list[sqlite3.Row]:
        with self._reading() as db:
            return db.execute(sql, values).fetchall()

    def _row(self, sql: str, values: Sequence[object] = ()) -> sqlite3.Row | None:
        found = self._rows(sql, values)
        return found[0] if found else None

    # -- what the process knows of itself

    def note(self, key: str, value: str) -> None:
        """Keep one named value, such as the time of the last tick."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value)
            )

    def noted(self, key: str) -> str | None:
        """Return the value kept under `key`."""
        row = self._row("SELECT value FROM meta WHERE key = ?", (key,))
        return None if row is None else str(row["value"])

    # -- feeds

    def sync_feeds(self, feeds: Sequence[Feed], now: datetime, *, spread_s: float) -> None:
        """See `Store`. New feeds fall due evenly over `spread_s`, in the order given."""
        with self._transaction() as db:
            visits.sync_feeds(db, feeds, now, spread_s=spread_s, connections_of=self._connections)

    def hasten(self, now: datetime) -> int:
        """Make every feed due that is neither stopped nor failing: a failing one keeps the time it was told to wait."""
        with self._transaction() as db:
            return visits.hasten(db, now)

    def shift(self, seconds: float) -> None:
        """Move every moment that something waits for: the wall clock jumped by so many seconds, and no time passed."""
        with self._transaction() as db:
            for table, columns in _WAITING.items():
                sets = ", ".join(f"{name} = CASE WHEN {name} > 0 THEN {name} + :by ELSE {name} END" for name in columns)
                db.execute(f"UPDATE {table} SET {sets}", {"by": seconds})

    def claim(self, now: datetime, *, worker: str, lease_s: float, slow: bool | None = None) -> Visit | None:
        """See `Store`."""
        with self._reading() as db:
            if not visits.anything_to_claim(db, now, slow=slow):
                return None  # the usual case, without taking the write lock
        with self._transaction() as db:
            return visits.claim(db, now, worker=worker, lease_s=lease_s, slow=slow)

    def extend(self, visit: Visit, now: datetime, *, lease_s: float) -> bool:
        """Lengthen a lease that still holds; False if it was lost."""
        with self._transaction() as db:
            return visits.extend(db, visit, now, lease_s=lease_s)

    def known_entries(self, feed_url: str) -> Mapping[str, str]:
        """See `Store`."""
        with self._reading() as db:
            return visits.known_entries(db, feed_url)

    def finish(self, visit: Visit, results: Sequence[PollResult], now: datetime, *, slow: bool) -> bool:
        """See `Store`."""
        with self._transaction() as db:
            return visits.finish(db, visit, results, now, slow=slow, connections_of=self._connections)

    def due_feeds(self, now: datetime) -> int:
        """Return how many feeds are due."""
        with self._reading() as db:
            return visits.due_feeds(db, now)

    def feeds(self) -> Sequence[Feed]:
        """Return the feeds of the config, in order of address."""
        with self._reading() as db:
            return visits.feeds(db)

    # -- entries and articles

    def unsifted(self, *, limit: int) -> Sequence[tuple[Entry, Feed]]:
        """See `Store`."""
        found = self._rows(
            f"SELECT {rows.ENTRY_COLUMNS}, f.id AS feed_id FROM entries e JOIN feeds f ON f.id = e.feed_id"
            " WHERE e.state = 'new' ORDER BY e.seq LIMIT ?",
            (limit,),
        )
        return self._with_feeds(found)

    def _with_feeds(self, found: Sequence[sqlite3.Row]) -> list[tuple[Entry, Feed]]:
        feeds = {
            number: rows.feed_of(self._rows("SELECT * FROM feeds WHERE id = ?", (number,))[0])
            for number in {row["feed_id"] for row in found}
        }
        return [(rows.entry_of(row), feeds[row["feed_id"]]) for row in found]

    def sift(self, articles: Sequence[Article], wanted: Sequence[EntryId], now: datetime) -> None:
        """See `Store`."""
        with self._transaction() as db:
            for article in articles:
                _write_article(db, article, now)
            db.executemany(
                "UPDATE entries SET state = 'wanted', due_at = 0 WHERE id = ? AND state = 'new'", [(i,) for i in wanted]
            )

    def lease_unread(self, now: datetime, *, lease_s: float) -> tuple[Entry, Feed, int] | None:
        """See `Store`."""
        moment = now.timestamp()
        due = "SELECT 1 FROM entries WHERE state = 'wanted' AND due_at <= ? AND lease_until <= ? LIMIT 1"
        if self._row(due, (moment, moment)) is None:
            return None  # the usual case, without taking the write lock
        with self._transaction() as db:
            leased = "SELECT host, count(*) AS n FROM entries WHERE state = 'wanted' AND lease_until > ? GROUP BY host"
            busy = [r["host"] for r in db.execute(leased, (moment,)) if r["n"] >= self._connections(r["host"])]
            busy += [r["host"] for r in db.execute("SELECT host FROM hosts WHERE alone_until > ?", (moment,))]
            row = db.execute(
                f"SELECT {rows.ENTRY_COLUMNS}, e.strikes, f.id AS feed_id FROM entries e"
                " JOIN feeds f ON f.id = e.feed_id WHERE e.state = 'wanted' AND e.due_at <= ? AND e.lease_until <= ?"
                f" AND e.host NOT IN ({','.join('?' * len(busy))}) ORDER BY e.due_at, e.seq LIMIT 1",
                (moment, moment, *busy),
            ).fetchone()
            if row is None:
                return None
            db.execute("UPDATE entries SET lease_until = ? WHERE id = ?", (moment + lease_s, row["id"]))
        ((entry, feed),) = self._with_feeds([row])
        return entry, feed, int(row["strikes"])

    def allow(self, hosts: Mapping[str, int]) -> None:
        """Set how many connections hosts take from now on; those of feeds follow with the next `sync_feeds`."""
        self._connections_of = dict(hosts)

    def _connections(self, host: str) -> int:
        return self._connections_of.get(host, self._connections_of.get(host.rpartition(":")[0], 1))

    def strike(self, entry_id: EntryId, reason: str, *, again_at: datetime) -> None:
        """See `Store`."""
        with self._transaction() as db:
            db.execute(
                "UPDATE entries SET strikes = strikes + 1, reason = ?, due_at = ?, lease_until = 0 WHERE id = ?",
                (reason, again_at.timestamp(), entry_id),
            )

    def drop(self, entry_id: EntryId, reason: str) -> None:
        """See `Store`."""
        with self._transaction() as db:
            db.execute("UPDATE entries SET state = 'dropped', reason = ? WHERE id = ?", (reason, entry_id))

    def save_article(self, article: Article, now: datetime) -> None:
        """See `Store`."""
        with self._transaction() as db:
            _write_article(db, article, now)

    def unjudged(self, *, limit: int) -> Sequence[tuple[Article, Feed, int]]:
        """See `Store`."""
        found = self._rows(
            f"SELECT {rows.ENTRY_COLUMNS}, {rows.ARTICLE_COLUMNS}, e.strikes, f.id AS feed_id FROM entries e"
            " JOIN feeds f ON f.id = e.feed_id JOIN articles a ON a.entry_id = e.id"
            " WHERE e.state = 'read' ORDER BY min(coalesce(e.published_at, e.seen_at), e.seen_at), e.seq LIMIT ?",
            (limit,),
        )
        feeds = [feed for _, feed in self._with_feeds(found)]
        return [(rows.article_of(row), feed, row["strikes"]) for row, feed in zip(found, feeds, strict=True)]

    # -- stories

    def candidates(self, keys: Sequence[str], since: datetime) -> Sequence[tuple[Story, frozenset[str]]]:
        """See `Store`."""
        if not keys:
            return []
        latest = " UNION ALL ".join(
            ["SELECT * FROM (SELECT story_id FROM story_keys WHERE key = ? ORDER BY seen DESC LIMIT ?)"] * len(keys)
        )
        found = self._rows(
            f"SELECT {rows.STORY_COLUMNS}, (SELECT json_group_array(key) FROM story_keys WHERE story_id = s.id) AS keys"
            f" FROM (SELECT story_id, count(*) AS shared FROM ({latest}) GROUP BY story_id)"
            " JOIN stories s ON s.id = story_id"
            " WHERE s.last_seen >= ? ORDER BY shared DESC, s.last_seen DESC, s.id LIMIT ?",
            (*(value for key in keys for value in (key, _LATEST)), since.timestamp(), _MOST),
        )
        return [(rows.story_of(row), frozenset(json.loads(row["keys"]))) for row in found]

    def stories(self) -> Sequence[Story]:
        """See `Store`."""
        found = self._rows(f"SELECT {rows.STORY_COLUMNS} FROM stories s ORDER BY s.first_seen, s.id")
        return [rows.story_of(row) for row in found]

    def saga_operations(self, saga: str) -> Sequence[Operation]:
        """See `Store`."""
        with self._reading() as db:
            return outbox.saga_operations(db, saga)

    # -- orders

    def ask(self, order: Order) -> Order:
        """Add an order to those to be carried out; returns it with its number."""
        with self._transaction() as db:
            return wishes.ask(db, order)

    def order(self, number: int) -> Order | None:
        """Return the order with this number, None if there is none."""
        with self._reading() as db:
            return wishes.order(db, number)

    def open_orders(self) -> Sequence[Order]:
        """See `Store`."""
        with self._reading() as db:
            return wishes.open_orders(db)

    def carry_out(self, order: Order, stories: Sequence[Story], owed: Sequence[Operation]) -> None:
        """See `Store`."""
        with self._transaction() as db:
            for story in stories:
                _write_story(db, story)
            outbox.owe(db, owed)
            db.execute("UPDATE orders SET outcome = ? WHERE number = ?", (order.outcome, order.number))

    # -- the forgotten

    def kept_out(self) -> KeptOut:
        """See `Store`."""
        if self._kept_out is None:
            self._kept_out = forgotten.read(self._forgotten)
        return self._kept_out

    def erase(self, out: KeptOut, order: Order | None, owed: Sequence[Operation]) -> None:
        """See `Store`."""
        forgotten.write(self._forgotten, out)  # first: whatever happens now, the next start goes on with it
        self._kept_out = out
        with self._mapped():
            self._connection().execute("PRAGMA secure_delete = ON")
        with self._transaction() as db:
            outbox.owe(db, owed)
            erasing.erase(db, out)
            if order is not None:
                db.execute(
                    "UPDATE orders SET outcome = ?, person = '', fields = '{}' WHERE number = ?",
                    (order.outcome, order.number),
                )
            db.execute("INSERT OR REPLACE INTO meta VALUES ('forgotten', ?)", (out.fingerprint,))
        with self._mapped():
            self._connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    # -- what readers asked for

    def preferences(self, at: datetime) -> Sequence[Preference]:
        """See `Store`."""
        with self._reading() as db:
            return wishes.preferences(db, at)

    def prefer(self, preference: Preference) -> Preference:
        """Keep a mute or a follow; returns it with its number. What the channel had asked for the same ends."""
        with self._transaction() as db:
            return wishes.prefer(db, preference)

    def end_preference(self, number: int, now: datetime) -> Preference | None:
        """End a mute or a follow that holds; returns it as it was, None if none with this number holds."""
        with self._transaction() as db:
            return wishes.end_preference(db, number, now)

    def hear(self, ids: Sequence[str], changes: Changes, now: datetime) -> bool:
        """See `Store`."""
        with self._transaction() as db:
            return wishes.hear(db, ids, changes, now)

    def feedback(self) -> Sequence[Feedback]:
        """Return all that readers said, the earliest first."""
        with self._reading() as db:
            return wishes.feedback(db)

    def against(self, story_id: str, *, but: str = "") -> int:
        """See `Store`."""
        with self._reading() as db:
            return wishes.against(db, story_id, but=but)

    def story(self, story_id: str) -> Story | None:
        """See `Store`."""
        row = self._row(f"SELECT {rows.STORY_COLUMNS} FROM stories s WHERE s.id = ?", (story_id,))
        return None if row is None else rows.story_of(row)

    def last_told(self) -> datetime | None:
        """See `Store`."""
        with self._reading() as db:
            return outbox.last_told(db)

    def save_finding(
        self,
        article: Article,
        finding: Finding,
        story: Story | None,
        keys: Sequence[str],
        owed: Sequence[Operation],
        now: datetime,
        held: Sequence[Held] = (),
    ) -> None:
        """See `Store`."""
        with self._transaction() as db:
            entry_id = article.entry.id
            db.execute(
                "INSERT OR REPLACE INTO findings (entry_id, score, finding, judged_at, keys) VALUES (?, ?, ?, ?, ?)",
                (
                    entry_id,
                    finding.score,
                    rows.finding_json(finding),
                    now.timestamp(),
                    None if story else rows.keys_json(keys),
                ),
            )
            db.execute(
                "UPDATE entries SET state = 'judged', story_id = ? WHERE id = ?",
                (story.id if story else None, entry_id),
            )
            if story is not None:
                _write_story(db, story)
                db.executemany(
                    "INSERT OR IGNORE INTO story_keys (key, story_id, seen) VALUES (?, ?, ?)",
                    [(key, story.id, now.timestamp()) for key in keys],
                )
            outbox.owe(db, owed)
            _hold(db, held)
            if owed or any(one.reason in _ALERTS for one in held):  # this feed is worth asking often
                db.execute(
                    "UPDATE feeds SET told_at = ? WHERE id = (SELECT feed_id FROM entries WHERE id = ?)",
                    (now.timestamp(), entry_id),
                )

    def first_run(self, now: datetime) -> FirstRun:
        """See `Store`."""
        row = self._rows(
            "SELECT (SELECT count(*) FROM feeds WHERE active AND NOT stopped AND asked_at IS NULL) AS unasked,"
            " (SELECT count(*) FROM feeds WHERE active AND polled_at IS NOT NULL) AS answered,"
            " (SELECT count(*) FROM entries WHERE state = 'new')"
            " + (SELECT count(*) FROM entries WHERE state = 'wanted')"
            " + (SELECT count(*) FROM entries WHERE state = 'read') AS open"
        )[0]
        since = self.noted("first_run_since")
        return FirstRun(
            pending=self.noted("first_run_ended") is None,
            feeds_unasked=row["unasked"],
            feeds_answered=row["answered"],
            entries_open=row["open"],
            since=now if since is None else rows.sure_moment(float(since)),
        )

    def missed(self, since: datetime, *, limit: int) -> Sequence[tuple[Story, Article, Finding, Feed]]:
        """See `Store`."""
        found = self._rows(
            f"SELECT {rows.STORY_COLUMNS} FROM stories s WHERE s.baseline AND NOT s.told AND s.first_seen >= ?"
            " ORDER BY s.score DESC, s.first_seen DESC, s.id LIMIT ?",
            (since.timestamp(), limit),
        )
        leads = [(story, self.lead_article(story)) for story in map(rows.story_of, found)]
        return [(story, *lead) for story, lead in leads if lead is not None]

    def lead_article(self, story: Story) -> tuple[Article, Finding, Feed] | None:
        """See `Store`."""
        found = self._rows(
            f"SELECT {rows.ENTRY_COLUMNS}, {rows.ARTICLE_COLUMNS}, g.finding, f.id AS feed_id FROM entries e"
            " JOIN feeds f ON f.id = e.feed_id JOIN articles a ON a.entry_id = e.id"
            " JOIN findings g ON g.entry_id = e.id WHERE e.story_id = ?"
            " ORDER BY e.id = ? DESC, g.score DESC, e.seq LIMIT 1",
            (story.id, story.telling.lead),
        )
        for (_, feed), row in zip(self._with_feeds(found), found, strict=True):
            return rows.article_of(row), rows.finding_of(row["finding"]), feed
        return None

    # -- looking back

    def judged(self, since: datetime) -> Iterator[Judged]:
        """Yield every article judged since then, with its finding, in the order in which they were judged."""
        found = self._rows(
            "SELECT g.entry_id FROM findings g JOIN entries e ON e.id = g.entry_id"
            " WHERE g.judged_at >= ? AND e.state = 'judged' ORDER BY g.judged_at, e.seq",
            (since.timestamp(),),
        )
        feeds = {row["id"]: rows.feed_of(row) for row in self._rows("SELECT * FROM feeds")}
        for first in range(0, len(found), _BATCH):
            ids = [row["entry_id"] for row in found[first : first + _BATCH]]
            batch = self._rows(
                f"SELECT {rows.ENTRY_COLUMNS}, {rows.ARTICLE_COLUMNS}, g.finding, g.judged_at, g.keys, e.story_id,"
                " f.id AS feed_id FROM entries e JOIN feeds f ON f.id = e.feed_id JOIN articles a ON a.entry_id = e.id"
                f" JOIN findings g ON g.entry_id = e.id WHERE e.id IN ({','.join('?' * len(ids))})",
                ids,
            )
            by_id = {row["id"]: row for row in batch}
            yield from (rows.judged_of(by_id[i], feeds[by_id[i]["feed_id"]]) for i in ids if i in by_id)

    def judged_count(self, since: datetime) -> tuple[int, int]:
        """Return how many articles were judged since then, and how many entries seen since then never were."""
        row = self._rows(
            "SELECT (SELECT count(*) FROM findings WHERE judged_at >= :since) AS judged,"
            " (SELECT count(*) FROM entries WHERE seen_at >= :since AND state <> 'judged') AS never",
            {"since": since.timestamp()},
        )[0]
        return row["judged"], row["never"]

    def stories_before(self, since: datetime) -> Sequence[tuple[Story, frozenset[str]]]:
        """Return all stories but those whose articles were all judged since then, each with its keys."""
        found = self._rows(
            f"SELECT {rows.STORY_COLUMNS}, (SELECT json_group_array(key) FROM story_keys WHERE story_id = s.id) AS keys"
            " FROM stories s WHERE s.id NOT IN (SELECT e.story_id FROM entries e JOIN findings g ON g.entry_id = e.id"
            " WHERE e.story_id IS NOT NULL GROUP BY e.story_id HAVING min(g.judged_at) >= ?)",
            (since.timestamp(),),
        )
        return [(rows.story_of(row), frozenset(json.loads(row["keys"]))) for row in found]

    def operations_of(self, stories: Iterable[StoryId]) -> Sequence[Operation]:
        """Return the posts and replies that tell of some stories, in the order in which they were owed."""
        with self._reading() as db:
            return outbox.operations_of(db, stories)

    def preferences_ever(self) -> Sequence[Preference]:
        """Return the mutes and follows of readers that are kept, those that have ended too."""
        with self._reading() as db:
            return wishes.preferences_ever(db)

    def trace(self, url: str) -> Trace | None:
        """Return what became of the latest entry with this address, None if there was none."""
        row = self._row(
            f"SELECT {rows.ENTRY_COLUMNS}, e.state, e.reason, e.story_id, f.id AS feed_id FROM entries e"
            " JOIN feeds f ON f.id = e.feed_id WHERE e.page = ? ORDER BY e.seq DESC LIMIT 1",
            (canonical(url),),
        )
        if row is None:
            return None
        read = self._row(
            f"SELECT {rows.ENTRY_COLUMNS}, {rows.ARTICLE_COLUMNS}, g.finding, g.judged_at FROM entries e"
            " JOIN feeds f ON f.id = e.feed_id JOIN articles a ON a.entry_id = e.id"
            " LEFT JOIN findings g ON g.entry_id = e.id WHERE e.id = ?",
            (row["id"],),
        )
        story = self._row(f"SELECT {rows.STORY_COLUMNS} FROM stories s WHERE s.id = ?", (row["story_id"],))
        owed = self._rows("SELECT * FROM outbox WHERE story_id = ? ORDER BY seq", (row["story_id"],))
        held = () if story is None else tuple(self.held_of(StoryId(story["id"])))
        ((entry, feed),) = self._with_feeds([row])
        judged_at = None if read is None else rows.moment(read["judged_at"])
        return Trace(
            entry=entry,
            state=row["state"],
            reason=row["reason"],
            article=None if read is None else rows.article_of(read),
            finding=None if read is None or read["finding"] is None else rows.finding_of(read["finding"]),
            story=None if story is None else rows.story_of(story),
            operations=tuple(rows.operation_of(one) for one in owed),
            feed=feed,
            judged_at=judged_at,
            preferences=() if judged_at is None else tuple(self.preferences(judged_at)),
            held=held,
        )

    def end_first_run(self, told: Sequence[StoryId], owed: Sequence[Operation], now: datetime) -> None:
        """See `Store`."""
        with self._transaction() as db:
            db.executemany("UPDATE stories SET told = 1 WHERE id = ?", [(story_id,) for story_id in told])
            outbox.owe(db, owed)
            db.execute("INSERT OR REPLACE INTO meta VALUES ('first_run_ended', ?)", (repr(now.timestamp()),))

    # -- what is held back

    def hold(self, held: Sequence[Held], owed: Sequence[Operation], notes: Mapping[str, str] | None = None) -> None:
        """See `Store`."""
        with self._transaction() as db:
            outbox.owe(db, owed)
            _hold(db, held)
            db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list((notes or {}).items()))

    def waiting(self) -> Sequence[Held]:
        """See `Store`."""
        return [rows.held_of(row) for row in self._rows("SELECT * FROM held WHERE settled_by = '' ORDER BY number")]

    def held_due(self, now: datetime) -> Sequence[Held]:
        """See `Store`."""
        found = self._rows(
            "SELECT * FROM held WHERE settled_by = '' AND until <= ? ORDER BY number", (now.timestamp(),)
        )
        return [rows.held_of(row) for row in found]

    def held_of(self, story_id: StoryId) -> Sequence[Held]:
        """See `Store`."""
        found = self._rows("SELECT * FROM held WHERE story_id = ? ORDER BY number", (story_id,))
        return [rows.held_of(row) for row in found]

    def loud(self, channel: str, since: datetime) -> Sequence[datetime]:
        """See `Store`."""
        with self._reading() as db:
            return outbox.loud(db, channel, since)

    def knows(self, key: OperationKey) -> bool:
        """See `Store`."""
        with self._reading() as db:
            return outbox.knows(db, key)

    def pulse(self, now: datetime) -> Pulse:
        """See `Store`."""
        row = self._rows(
            "SELECT max(polled_at) AS polled, max(asked_at) AS asked,"
            " min(CASE WHEN NOT stopped AND visit IS NULL THEN max(next_poll_at,"
            " coalesce((SELECT alone_until FROM hosts h WHERE h.host = feeds.host), 0)) END) AS due"
            " FROM feeds WHERE active"
        )[0]
        owed = self._rows(
            "SELECT min(at) AS at FROM (SELECT min(created_at) AS at FROM outbox"
            " WHERE state IN ('pending', 'sending', 'parked')"
            " UNION ALL SELECT min(until) FROM held WHERE settled_by = '' AND until <= ?)",
            (now.timestamp(),),
        )[0]
        moments = (rows.moment(value) for value in (row["polled"], row["asked"], row["due"], owed["at"]))
        return Pulse(*moments)

    # -- outbox

    def due_channels(self, now: datetime, *, pace_s: float = 0.0) -> Sequence[str]:
        """See `Store`."""
        with self._reading() as db:
            return outbox.due_channels(db, now, pace_s=pace_s)

    def next_work(self, *, pace_s: float = 0.0) -> datetime | None:
        """Return when the next page is due to be read or the next operation to be tried, None if there is neither.

        Operations of parked channels wait for a person and do not count.
        """
        row = self._rows(
            "SELECT min(due) AS due FROM"
            " (SELECT min(max(due_at, lease_until,"
            " coalesce((SELECT alone_until FROM hosts h WHERE h.host = e.host), 0))) AS due"
            " FROM entries e WHERE state = 'wanted' UNION ALL SELECT"
            " max(o.due_at, coalesce((SELECT max(started_at) FROM outbox WHERE channel = o.channel), 0) + ?)"
            " FROM outbox o WHERE o.state IN ('pending', 'sending') AND o.seq ="
            " (SELECT min(seq) FROM outbox WHERE channel = o.channel AND state IN ('pending', 'sending', 'parked')))",
            (pace_s,),
        )[0]
        return rows.moment(row["due"])

    def first_operation(self, channel: str, now: datetime) -> Operation | None:
        """See `Store`."""
        with self._reading() as db:
            return outbox.first_operation(db, channel, now)

    def unlearnt_since(self, channel: str) -> datetime | None:
        """See `Store`."""
        with self._reading() as db:
            return outbox.unlearnt_since(db, channel)

    def learn(self, channel: str, posted: Sequence[Posted]) -> int:
        """See `Store`."""
        with self._transaction() as db:
            return outbox.learn(db, channel, posted)

    def learnt(self, channel: str) -> Sequence[Operation]:
        """See `Store`."""
        with self._reading() as db:
            return outbox.learnt(db, channel)

    def settle(self, operation: Operation) -> None:
        """See `Store`."""
        with self._transaction() as db:
            outbox.settle(db, operation)

    def due_sweeps(self, now: datetime) -> Sequence[Operation]:
        """See `Store`."""
        with self._reading() as db:
            return outbox.due_sweeps(db, now)

    def owe(self, operations: Sequence[Operation]) -> None:
        """See `Store`."""
        with self._transaction() as db:
            outbox.owe(db, operations)

    def operations(self) -> Sequence[Operation]:
        """Return the whole outbox, oldest first."""
        with self._reading() as db:
            return outbox.operations(db)

    def unfinished(self) -> int:
        """Return how many operations are still owed."""
        with self._reading() as db:
            return outbox.unfinished(db)

    def export(self, sink: IO[str]) -> int:
        """Write the whole store to `sink` as JSON lines (see `dump`); returns the number of rows."""
        with self._mapped():
            return dump.write(self._connection(), sink)

    def load(self, source: Iterable[str], name: str) -> int:
        """Fill this new store from the lines of an export called `name`: all of it, or nothing. Raises StoreError."""
        with self._transaction() as db:
            return dump.load(db, source, name)

    def prune(self, before: datetime) -> int:
        """Forget entries seen before then with all that hangs on them, and what feeds no longer show; returns how many.

        Operations still owed, and entries a feed still shows, stay.
        """
        limit = before.timestamp()
        with self._transaction() as db:
            db.execute("DELETE FROM shown WHERE gone_at < ?", (limit,))
            gone = db.execute(
                "DELETE FROM entries WHERE seen_at < ? AND NOT EXISTS"
                " (SELECT 1 FROM shown JOIN feeds ON feeds.id = shown.feed_id AND feeds.active"
                " WHERE shown.feed_id = entries.feed_id AND shown.raw_id = entries.raw_id)",
                (limit,),
            ).rowcount
            for table in ("articles", "findings"):
                db.execute(f"DELETE FROM {table} WHERE entry_id NOT IN (SELECT id FROM entries)")
            db.execute(
                "DELETE FROM stories WHERE last_seen < ? AND id NOT IN"
                " (SELECT story_id FROM entries WHERE story_id IS NOT NULL)",
                (limit,),
            )
            db.execute("DELETE FROM preferences WHERE until < ?", (limit,))
            db.execute("DELETE FROM heard WHERE at < ?", (limit,))
            db.execute("DELETE FROM held WHERE owed_at < ? AND settled_by <> ''", (limit,))
            db.execute("DELETE FROM feedback WHERE given_at < ?", (limit,))
            db.execute("DELETE FROM story_keys WHERE story_id NOT IN (SELECT id FROM stories)")
            db.execute(
                "DELETE FROM outbox WHERE created_at < ? AND sweep_at IS NULL AND state IN ('sent', 'dead')", (limit,)
            )
        self._shrink()
        return gone

    def _shrink(self) -> None:
        """Give the disk back what is free, in short steps, while more than a tenth of the file is."""
        while True:
            with self._mapped(), self._writing:
                connection = self._connection()
                free = int(connection.execute("PRAGMA freelist_count").fetchone()[0])
                pages = int(connection.execute("PRAGMA page_count").fetchone()[0])
                if free * 10 <= pages or not connection.execute("PRAGMA auto_vacuum").fetchone()[0]:
                    return
                connection.execute(f"PRAGMA incremental_vacuum({_STEP})").fetchall()

    def back_up(self, folder: Path, now: datetime, *, keep: int) -> Path:
        """Write a copy of the store into `folder`, and keep the newest `keep`; returns its path. Raises StoreError."""
        return backup.make(self.path, folder, now, keep=keep)


def _write_article(db: sqlite3.Connection, article: Article, now: datetime) -> None:
    db.execute("INSERT OR REPLACE INTO articles VALUES (?, ?, ?, ?, ?, ?, ?)", rows.article_values(article, now))
    db.execute("UPDATE entries SET state = 'read', reason = ? WHERE id = ?", (article.note, article.entry.id))


def _write_story(db: sqlite3.Connection, story: Story) -> None:
    values = rows.story_values(story)
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    db.execute(f"INSERT OR REPLACE INTO stories ({names}) VALUES ({marks})", values)


def _hold(db: sqlite3.Connection, held: Sequence[Held]) -> None:
    """Write what waits and what was settled: at most one row waits for a channel and a story."""
    for one in held:
        waits = "channel = ? AND story_id = ? AND settled_by = ''"
        state = (one.reason, one.owed_at.timestamp(), rows.seconds(one.until), one.note, one.settled_by)
        values = (*state, one.channel, one.story_id)
        changed = db.execute(
            f"UPDATE held SET reason = ?, owed_at = ?, until = ?, note = ?, settled_by = ? WHERE {waits}", values
        ).rowcount
        if not changed and not one.number:
            db.execute(
                "INSERT INTO held (reason, owed_at, until, note, settled_by, channel, story_id)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                values,
            )

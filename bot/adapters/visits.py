"""Feeds and their hosts: who may be asked when, who asks, and what came of it.

Functions on the store's connection; those that write run inside its transaction. `Store` is `bot.ports.Store`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from bot.adapters import rows
from bot.model import Entry, Feed, PollOutcome, PollResult, Visit
from bot.urls import canonical, host_key

FEEDS_A_VISIT = 20
_LONGEST_WAIT = timedelta(days=1)  # no feed waits longer, unless its own `every` says so


def sync_feeds(
    db: sqlite3.Connection,
    feeds: Sequence[Feed],
    now: datetime,
    *,
    spread_s: float,
    connections_of: Callable[[str], int],
) -> None:
    """See `Store`. New feeds fall due evenly over `spread_s`, in the order given."""
    db.execute("UPDATE feeds SET active = -1 WHERE active")
    for number, feed in enumerate(feeds):
        due = now.timestamp() + spread_s * number / max(1, len(feeds))
        every = None if feed.every is None else feed.every.total_seconds()
        db.execute(
            "INSERT INTO feeds (url, host, name, owner, every_s, read, next_poll_at, why)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, 'first poll')"
            " ON CONFLICT (url) DO UPDATE SET active = 1, name = excluded.name, owner = excluded.owner,"
            " every_s = excluded.every_s, read = excluded.read,"
            " host = CASE WHEN address = '' THEN excluded.host ELSE host END,"
            # taken out of the config and put back: a person wants it asked again
            " stopped = CASE WHEN active = 0 THEN 0 ELSE stopped END,"
            " title = CASE WHEN active = 0 THEN '' ELSE title END,"
            # a clock that was ahead must not put it off for ever
            " next_poll_at = min(next_poll_at, ?)",
            (feed.url, host_key(feed.url), feed.name, feed.owner, every, feed.read, due, _latest(feed, now)),
        )
    db.execute("UPDATE feeds SET active = 0 WHERE active = -1")
    db.execute("INSERT OR IGNORE INTO hosts (host) SELECT DISTINCT host FROM feeds")
    for row in db.execute("SELECT host FROM hosts").fetchall():
        host = row["host"]
        connections = connections_of(host)
        db.execute(
            "UPDATE hosts SET connections = ? WHERE host = ? AND connections <> ?",
            (connections, host, connections),
        )
        _refresh_host(db, host)
    db.execute("INSERT OR IGNORE INTO meta VALUES ('first_run_since', ?)", (repr(now.timestamp()),))


def hasten(db: sqlite3.Connection, now: datetime) -> int:
    """Make every feed due that is neither stopped nor failing: a failing one keeps the time it was told to wait."""
    changed = db.execute(
        "UPDATE feeds SET next_poll_at = ? WHERE active AND NOT stopped AND failures = 0 AND next_poll_at > ?",
        (now.timestamp(), now.timestamp()),
    ).rowcount
    for row in db.execute("SELECT host FROM hosts").fetchall():
        _refresh_host(db, row["host"])
    return changed


def anything_to_claim(db: sqlite3.Connection, now: datetime, *, slow: bool | None) -> bool:
    """Tell whether `claim` would find something to do; needs no transaction."""
    moment = now.timestamp()
    return (
        db.execute(_due_host(slow), (moment, moment)).fetchone() is not None
        or db.execute("SELECT 1 FROM visits WHERE lease_until <= ?", (moment,)).fetchone() is not None
    )


def claim(
    db: sqlite3.Connection, now: datetime, *, worker: str, lease_s: float, slow: bool | None = None
) -> Visit | None:
    """See `Store`."""
    moment = now.timestamp()
    _end_lapsed_visits(db, moment)
    host = db.execute(_due_host(slow), (moment, moment)).fetchone()
    if host is None:
        return None
    found = db.execute(
        "SELECT * FROM feeds WHERE host = ? AND next_poll_at <= ? AND active AND NOT stopped AND visit IS NULL"
        " ORDER BY next_poll_at LIMIT ?",
        (host["host"], moment, FEEDS_A_VISIT),
    ).fetchall()
    token = uuid4().hex
    until = moment + lease_s
    db.execute("INSERT INTO visits VALUES (?, ?, ?, ?)", (token, host["host"], worker, until))
    db.executemany("UPDATE feeds SET visit = ? WHERE id = ?", [(token, row["id"]) for row in found])
    _refresh_host(db, host["host"])
    return Visit(host["host"], token, tuple(rows.feed_of(row) for row in found), rows.sure_moment(until))


def _due_host(slow: bool | None) -> str:
    lane = "" if slow is None else f" AND slow = {int(slow)}"
    return (
        "SELECT host FROM hosts h WHERE next_due <= ?" + lane + " AND connections >"
        " (SELECT count(*) FROM visits v WHERE v.host = h.host AND v.lease_until > ?) ORDER BY next_due LIMIT 1"
    )


def extend(db: sqlite3.Connection, visit: Visit, now: datetime, *, lease_s: float) -> bool:
    """Lengthen a lease that still holds; False if it was lost."""
    return (
        db.execute(
            "UPDATE visits SET lease_until = ? WHERE token = ? AND lease_until > ?",
            (now.timestamp() + lease_s, visit.token, now.timestamp()),
        ).rowcount
        == 1
    )


def known_entries(db: sqlite3.Connection, feed_url: str) -> Mapping[str, str]:
    """See `Store`."""
    found = db.execute(
        "SELECT raw_id, item_hash FROM shown JOIN feeds ON feeds.id = feed_id WHERE feeds.url = ?", (feed_url,)
    )
    return {row["raw_id"]: row["item_hash"] for row in found}


def finish(
    db: sqlite3.Connection,
    visit: Visit,
    results: Sequence[PollResult],
    now: datetime,
    *,
    slow: bool,
    connections_of: Callable[[str], int],
) -> bool:
    """See `Store`."""
    # The fence: whoever lost the lease writes nothing, for another may have polled these feeds since.
    if db.execute("DELETE FROM visits WHERE token = ?", (visit.token,)).rowcount != 1:
        return False
    for result in results:
        _write_poll(db, result, now)
    db.execute("UPDATE feeds SET visit = NULL WHERE visit = ?", (visit.token,))
    db.execute("UPDATE hosts SET slow = ? WHERE host = ? AND slow <> ?", (int(slow), visit.host, int(slow)))
    others = {host_key(result.feed.where) for result in results}
    others |= {result.leave_alone[0] for result in results if result.leave_alone}
    for host in {visit.host} | others:
        db.execute("INSERT OR IGNORE INTO hosts (host, connections) VALUES (?, ?)", (host, connections_of(host)))
        _refresh_host(db, host)
    return True


def due_feeds(db: sqlite3.Connection, now: datetime) -> int:
    """Return how many feeds are due."""
    row = db.execute(
        "SELECT count(*) AS n FROM feeds WHERE active AND NOT stopped AND next_poll_at <= ?", (now.timestamp(),)
    ).fetchone()
    return int(row["n"])


def feeds(db: sqlite3.Connection) -> Sequence[Feed]:
    """Return the feeds of the config, in order of address."""
    return [rows.feed_of(row) for row in db.execute("SELECT * FROM feeds WHERE active ORDER BY url")]


def _refresh_host(db: sqlite3.Connection, host: str) -> None:
    db.execute(
        "UPDATE hosts SET next_due = (SELECT max(min(next_poll_at), alone_until) FROM feeds WHERE host = :host"
        " AND active AND NOT stopped AND visit IS NULL HAVING min(next_poll_at) IS NOT NULL) WHERE host = :host",
        {"host": host},
    )


def _end_lapsed_visits(db: sqlite3.Connection, moment: float) -> None:
    for row in db.execute("SELECT token, host FROM visits WHERE lease_until <= ?", (moment,)).fetchall():
        db.execute("DELETE FROM visits WHERE token = ?", (row["token"],))
        db.execute("UPDATE feeds SET visit = NULL WHERE visit = ?", (row["token"],))
        _refresh_host(db, row["host"])


def _write_poll(db: sqlite3.Connection, result: PollResult, now: datetime) -> None:
    feed = result.feed
    number = db.execute("SELECT id FROM feeds WHERE url = ?", (feed.url,)).fetchone()["id"]
    values = {**rows.feed_values(feed, now), "host": host_key(feed.where)}
    sets = ", ".join(f"{name} = :{name}" for name in values)
    db.execute(f"UPDATE feeds SET {sets} WHERE id = :id", {**values, "id": number})
    if result.leave_alone is not None:
        host, until = result.leave_alone
        db.execute(
            "INSERT INTO hosts (host, alone_until) VALUES (?, ?)"
            " ON CONFLICT DO UPDATE SET alone_until = max(alone_until, excluded.alone_until)",
            (host, until.timestamp()),
        )
    if result.outcome is PollOutcome.OK:
        _write_shown(db, number, result.shown, now)
    for entry in result.entries:
        _write_entry(db, number, entry)


def _write_shown(db: sqlite3.Connection, feed: int, shown: Mapping[str, str], now: datetime) -> None:
    """Bring the feed's known entries up to date, touching only the rows that differ."""
    known = {
        row["raw_id"]: (row["item_hash"], row["gone_at"])
        for row in db.execute("SELECT raw_id, item_hash, gone_at FROM shown WHERE feed_id = ?", (feed,))
    }
    db.executemany(
        "INSERT INTO shown (feed_id, raw_id, item_hash) VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET item_hash = excluded.item_hash, gone_at = NULL",
        [(feed, raw_id, item_hash) for raw_id, item_hash in shown.items() if known.get(raw_id) != (item_hash, None)],
    )
    db.executemany(
        "UPDATE shown SET gone_at = ? WHERE feed_id = ? AND raw_id = ?",
        [
            (now.timestamp(), feed, raw_id)
            for raw_id, (_, gone) in known.items()
            if gone is None and raw_id not in shown
        ],
    )


def _write_entry(db: sqlite3.Connection, feed: int, entry: Entry) -> None:
    """Add an entry; one that is known is an edit: judged again if its text changed and no story came of it yet."""
    changed = "(state IN ('read', 'judged', 'dropped') AND (title <> excluded.title OR summary <> excluded.summary))"
    db.execute(
        "INSERT INTO entries (id, feed_id, raw_id, item_hash, url, page, host, title, summary, language, published_at,"
        " seen_at, baseline, publisher, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'new')"
        " ON CONFLICT (id) DO UPDATE SET"
        f" state = CASE WHEN story_id IS NULL AND {changed} THEN 'new' ELSE state END, edits = edits + {changed},"
        " item_hash = excluded.item_hash, url = excluded.url, page = excluded.page, host = excluded.host,"
        " title = excluded.title, summary = excluded.summary,"
        " language = excluded.language, published_at = excluded.published_at, publisher = excluded.publisher",
        (
            entry.id,
            feed,
            entry.raw_id,
            entry.item_hash,
            entry.url,
            canonical(entry.url) if entry.url else "",
            host_key(entry.url) if entry.url else "",
            entry.title,
            rows.pack(entry.summary),
            entry.language,
            rows.seconds(entry.published_at),
            entry.seen_at.timestamp(),
            int(entry.baseline),
            entry.publisher,
        ),
    )


def _latest(feed: Feed, now: datetime) -> float:
    """Return the latest moment at which a feed may fall due again."""
    return (now + max(_LONGEST_WAIT, feed.every or _LONGEST_WAIT)).timestamp()

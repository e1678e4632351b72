"""What people ask of the bot and say of it: orders, mutes and follows, clicks and feedback.

Functions on the store's connection; those that write run inside its transaction. `Store` is `bot.ports.Store`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.adapters import outbox, rows
from bot.model import Changes, Feedback, FeedbackKind, Order, Preference

_OPPOSITES = {
    FeedbackKind.NOT_RELEVANT: FeedbackKind.RELEVANT,
    FeedbackKind.RELEVANT: FeedbackKind.NOT_RELEVANT,
}


def ask(db: sqlite3.Connection, order: Order) -> Order:
    """Add an order to those to be carried out; returns it with its number."""
    fields = rows.dumps(dict(order.fields))
    number = db.execute(
        "INSERT INTO orders (verb, person, story, fields, asked_by, asked_at) VALUES (?, ?, ?, ?, ?, ?)",
        (order.verb, order.person, order.story, fields, order.by, order.asked_at.timestamp()),
    ).lastrowid
    return replace(order, number=int(number or 0))


def order(db: sqlite3.Connection, number: int) -> Order | None:
    """Return the order with this number, None if there is none."""
    row = db.execute("SELECT * FROM orders WHERE number = ?", (number,)).fetchone()
    return None if row is None else rows.order_of(row)


def open_orders(db: sqlite3.Connection) -> Sequence[Order]:
    """See `Store`."""
    return [rows.order_of(row) for row in db.execute("SELECT * FROM orders WHERE outcome = '' ORDER BY number")]


def prefer(db: sqlite3.Connection, wish: Preference) -> Preference:
    """Keep a mute or a follow; returns it with its number. What the channel had asked for the same ends."""
    at = wish.asked_at.timestamp()
    db.execute(
        "UPDATE preferences SET until = ? WHERE verb = ? AND subject = ? AND what = ? AND channel = ?"
        " AND coalesce(until, 1e12) > ?",
        (at, wish.verb, wish.subject, wish.what, wish.channel, at),
    )
    number = db.execute(
        "INSERT INTO preferences (verb, subject, what, label, channel, asked_by, asked_at, until)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (wish.verb, wish.subject, wish.what, wish.label, wish.channel, wish.by, at, rows.seconds(wish.until)),
    ).lastrowid
    return replace(wish, number=int(number or 0))


def end_preference(db: sqlite3.Connection, number: int, now: datetime) -> Preference | None:
    """End a mute or a follow that holds; returns it as it was, None if none with this number holds."""
    row = db.execute(
        "SELECT * FROM preferences WHERE number = ? AND coalesce(until, 1e12) > ?", (number, now.timestamp())
    ).fetchone()
    db.execute("UPDATE preferences SET until = ? WHERE number = ?", (now.timestamp(), number)) if row else None
    return None if row is None else rows.preference_of(row)


def preferences(db: sqlite3.Connection, at: datetime) -> Sequence[Preference]:
    """See `Store`."""
    found = db.execute(
        "SELECT * FROM preferences WHERE asked_at <= ? AND coalesce(until, 1e12) > ? ORDER BY number",
        (at.timestamp(), at.timestamp()),
    )
    return [rows.preference_of(row) for row in found]


def preferences_ever(db: sqlite3.Connection) -> Sequence[Preference]:
    """Return the mutes and follows of readers that are kept, those that have ended too."""
    return [rows.preference_of(row) for row in db.execute("SELECT * FROM preferences ORDER BY number")]


def hear(db: sqlite3.Connection, ids: Sequence[str], changes: Changes, now: datetime) -> bool:
    """See `Store`."""
    marks = ",".join("?" * len(ids))
    if db.execute(f"SELECT 1 FROM heard WHERE id IN ({marks})", tuple(ids)).fetchone():
        return False
    db.executemany("INSERT INTO heard VALUES (?, ?)", [(one, now.timestamp()) for one in ids])
    _change(db, changes, now)
    return True


def _change(db: sqlite3.Connection, changes: Changes, now: datetime) -> None:
    """Write what a reader asked for."""
    if changes.preference:
        prefer(db, changes.preference)
    if changes.ended:
        end_preference(db, changes.ended, now)
    if changes.order:
        ask(db, changes.order)
    if changes.feedback:
        opposite = _OPPOSITES.get(changes.feedback.kind, "")  # the last word counts
        said = (changes.feedback.about, changes.feedback.by, opposite)
        db.execute("DELETE FROM feedback WHERE about = ? AND given_by = ? AND kind = ?", said)
        db.execute("INSERT OR REPLACE INTO feedback VALUES (?, ?, ?, ?, ?)", rows.feedback_values(changes.feedback))
    if changes.unsaid:
        db.execute("DELETE FROM feedback WHERE about = ? AND given_by = ?", changes.unsaid)
    outbox.owe(db, changes.owed)


def feedback(db: sqlite3.Connection) -> Sequence[Feedback]:
    """Return all that readers said, the earliest first."""
    return [rows.feedback_of(row) for row in db.execute("SELECT * FROM feedback ORDER BY given_at, about, given_by")]


def against(db: sqlite3.Connection, story_id: str, *, but: str = "") -> int:
    """See `Store`."""
    row = db.execute(
        "SELECT coalesce(sum(CASE kind WHEN 'not_relevant' THEN 1 ELSE -1 END), 0) AS count FROM feedback"
        " WHERE about = ? AND given_by <> ? AND kind IN ('not_relevant', 'relevant')",
        (story_id, but),
    ).fetchone()
    return int(row["count"])

"""Takes forgotten people out of every table. Runs inside the store's transaction."""

from __future__ import annotations

import sqlite3

from bot import forgetting
from bot.adapters import rows
from bot.forgetting import KeptOut
from bot.model import Story


def erase(db: sqlite3.Connection, out: KeptOut) -> None:
    """Rewrite all that names somebody whom `out` knows.

    An entry that names them in its title or address loses its texts, article and finding; it stays as a mark that it
    was read. Elsewhere the names are blacked out.
    """
    _entries(db, out)
    _articles(db, out)
    _stories(db, out)
    _outbox(db, out)
    _said(db, out)
    db.execute("DELETE FROM held WHERE story_id NOT IN (SELECT id FROM stories)")
    for row in db.execute("SELECT number, note FROM held WHERE note <> ''").fetchall():
        if out.names(row["note"]):
            db.execute("UPDATE held SET note = '' WHERE number = ?", (row["number"],))
    db.execute("UPDATE findings SET keys = NULL")  # words of names among them; they can be made again
    for row in db.execute("SELECT value FROM meta WHERE key = 'configs'").fetchall():
        if out.names(row["value"]):  # on a watchlist of then
            db.execute("DELETE FROM meta WHERE key = 'configs'")
    for row in db.execute("SELECT number, person, fields FROM orders").fetchall():
        if out.names(row["person"], row["fields"]):
            db.execute("UPDATE orders SET person = '', fields = '{}' WHERE number = ?", (row["number"],))


def _entries(db: sqlite3.Connection, out: KeptOut) -> None:
    found = db.execute(f"SELECT {rows.ENTRY_COLUMNS} FROM entries e JOIN feeds f ON f.id = e.feed_id").fetchall()
    for row in found:
        entry = rows.entry_of(row)
        clean = out.clean(entry)
        if clean is entry:
            continue
        db.execute(
            "UPDATE entries SET title = ?, summary = ?, url = ?, page = CASE ? WHEN '' THEN '' ELSE page END,"
            " publisher = ? WHERE id = ?",
            (clean.title, rows.pack(clean.summary), clean.url, clean.url, clean.publisher, clean.id),
        )
        if not clean.title:
            for table in ("articles", "findings"):
                db.execute(f"DELETE FROM {table} WHERE entry_id = ?", (entry.id,))
    gone = db.execute("SELECT feed_id, raw_id FROM shown WHERE gone_at IS NOT NULL").fetchall()
    named = [(row["feed_id"], row["raw_id"]) for row in gone if out.name_in_head("", row["raw_id"])]
    db.executemany("DELETE FROM shown WHERE feed_id = ? AND raw_id = ?", named)


def _articles(db: sqlite3.Connection, out: KeptOut) -> None:
    for row in db.execute("SELECT entry_id, title, body FROM articles").fetchall():
        body = None if row["body"] is None else rows.unpack(row["body"])
        title, clean = out.redacted(row["title"]), None if body is None else out.redacted(body)
        if (title, clean) != (row["title"], body):
            packed = None if clean is None else rows.pack(clean)
            db.execute("UPDATE articles SET title = ?, body = ? WHERE entry_id = ?", (title, packed, row["entry_id"]))
    for row in db.execute("SELECT entry_id, finding FROM findings").fetchall():
        finding = rows.finding_of(row["finding"])
        without = forgetting.finding_without(finding, out)
        if without != finding:
            values = (rows.finding_json(without), row["entry_id"])
            db.execute("UPDATE findings SET finding = ? WHERE entry_id = ?", values)


def _stories(db: sqlite3.Connection, out: KeptOut) -> None:
    for row in db.execute(f"SELECT {rows.STORY_COLUMNS} FROM stories s").fetchall():
        story = rows.story_of(row)
        without = forgetting.story_without(story, out)
        if without is None:
            db.execute("DELETE FROM stories WHERE id = ?", (story.id,))
            db.execute("DELETE FROM story_keys WHERE story_id = ?", (story.id,))
            db.execute("UPDATE entries SET story_id = NULL WHERE story_id = ?", (story.id,))
        elif without != story:
            _write(db, without)
            words = forgetting.name_words(story, out)
            keys = db.execute("SELECT key FROM story_keys WHERE story_id = ?", (story.id,)).fetchall()
            named = [(story.id, row["key"]) for row in keys if row["key"].rpartition(":")[2] in words]
            db.executemany("DELETE FROM story_keys WHERE story_id = ? AND key = ?", named)
    keys = db.execute("SELECT DISTINCT key FROM story_keys").fetchall()
    db.executemany("DELETE FROM story_keys WHERE key = ?", [(row["key"],) for row in keys if out.names(row["key"])])


def _write(db: sqlite3.Connection, story: Story) -> None:
    values = rows.story_values(story)
    sets = ", ".join(f"{name} = :{name}" for name in values)
    db.execute(f"UPDATE stories SET {sets} WHERE id = :id", values)


def _outbox(db: sqlite3.Connection, out: KeptOut) -> None:
    for row in db.execute("SELECT seq, message FROM outbox").fetchall():
        message = rows.message_of(row["message"])
        without = forgetting.message_without(message, out)
        if without != message:
            db.execute("UPDATE outbox SET message = ? WHERE seq = ?", (rows.message_json(without), row["seq"]))


def _said(db: sqlite3.Connection, out: KeptOut) -> None:
    """Take out what readers said about them: what they judged, and what they mute or follow."""
    for row in db.execute("SELECT about, given_by, kind, item FROM feedback").fetchall():
        if out.names(rows.unpack(row["item"])) or out.name_in_head("", row["about"]):
            db.execute(
                "DELETE FROM feedback WHERE about = ? AND given_by = ? AND kind = ?",
                (row["about"], row["given_by"], row["kind"]),
            )
    for row in db.execute("SELECT number, what, label FROM preferences").fetchall():
        if out.names(row["what"], row["label"]):
            db.execute("DELETE FROM preferences WHERE number = ?", (row["number"],))

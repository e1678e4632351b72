"""What is owed to channels: which operation is next, what came of it, what is looked for, what a channel taught us.

Functions on the store's connection; those that write run inside its transaction. `Store` is `bot.ports.Store`.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from bot.adapters import rows
from bot.model import DIGEST, Message, Operation, OperationKey, OperationState, Posted, StoryId, Verb

LEARNT = "learnt:"  # channels whose messages were taken over in this run
_OPEN_STATES = tuple(str(s) for s in (OperationState.PENDING, OperationState.SENDING, OperationState.PARKED))


def owe(db: sqlite3.Connection, operations: Sequence[Operation]) -> None:
    """Add operations. An update that nobody has tried yet is overtaken by a later one of the same message."""
    for operation in operations:
        if operation.verb is Verb.UPDATE:
            db.execute(
                "DELETE FROM outbox WHERE target = ? AND verb = 'update' AND state = 'pending' AND attempts = 0",
                (operation.target,),
            )
        values = rows.operation_values(operation)
        names = ", ".join(values)
        marks = ", ".join(f":{name}" for name in values)
        db.execute(f"INSERT OR IGNORE INTO outbox ({names}) VALUES ({marks})", values)


def due_channels(db: sqlite3.Connection, now: datetime, *, pace_s: float = 0.0) -> Sequence[str]:
    """See `Store`."""
    found = db.execute(
        "SELECT channel, min(seq) AS first FROM outbox WHERE state IN ('pending', 'sending', 'parked')"
        " GROUP BY channel HAVING (SELECT due_at FROM outbox o WHERE o.seq = first) <= :now"
        " AND coalesce((SELECT max(started_at) FROM outbox o WHERE o.channel = outbox.channel"
        " AND o.started_at <= :now), 0) <= :since"
        " ORDER BY first",
        {"now": now.timestamp(), "since": now.timestamp() - pace_s},
    )
    return [row["channel"] for row in found]


def first_operation(db: sqlite3.Connection, channel: str, now: datetime) -> Operation | None:
    """See `Store`."""
    row = db.execute(
        "SELECT * FROM outbox WHERE channel = ? AND state IN ('pending', 'sending', 'parked') ORDER BY seq LIMIT 1",
        (channel,),
    ).fetchone()
    if row is None or row["due_at"] > now.timestamp():
        return None
    operation = rows.operation_of(row)
    if operation.target and not operation.target_ts:
        target = db.execute("SELECT ts FROM outbox WHERE key = ?", (operation.target,)).fetchone()
        operation = replace(operation, target_ts="" if target is None else target["ts"])
    return operation


def saga_operations(db: sqlite3.Connection, saga: str) -> Sequence[Operation]:
    """See `Store`."""
    found = db.execute(
        "SELECT o.* FROM outbox o JOIN stories s ON s.id = o.story_id"
        " WHERE s.saga = ? AND o.verb IN ('post', 'reply') ORDER BY o.seq",
        (saga,),
    )
    return [rows.operation_of(row) for row in found]


def operations_of(db: sqlite3.Connection, stories: Iterable[StoryId]) -> Sequence[Operation]:
    """Return the posts and replies that tell of some stories, in the order in which they were owed."""
    wanted = rows.dumps(sorted(stories))
    found = db.execute(
        "SELECT * FROM outbox WHERE verb IN ('post', 'reply') AND story_id IN (SELECT value FROM json_each(?))"
        " ORDER BY seq",
        (wanted,),
    )
    return [rows.operation_of(row) for row in found]


def operations(db: sqlite3.Connection) -> Sequence[Operation]:
    """Return the whole outbox, oldest first."""
    return [rows.operation_of(row) for row in db.execute("SELECT * FROM outbox ORDER BY seq")]


def unfinished(db: sqlite3.Connection) -> int:
    """Return how many operations are still owed."""
    marks = ",".join("?" * len(_OPEN_STATES))
    return int(db.execute(f"SELECT count(*) AS n FROM outbox WHERE state IN ({marks})", _OPEN_STATES).fetchone()["n"])


def knows(db: sqlite3.Connection, key: OperationKey) -> bool:
    """See `Store`."""
    return db.execute("SELECT 1 FROM outbox WHERE key = ?", (key,)).fetchone() is not None


def loud(db: sqlite3.Connection, channel: str, since: datetime) -> Sequence[datetime]:
    """See `Store`."""
    found = db.execute(
        "SELECT created_at FROM outbox WHERE channel = ? AND created_at > ? AND (verb = 'post' OR broadcast)"
        " AND state <> 'dead' ORDER BY created_at",
        (channel, since.timestamp()),
    )
    return [rows.sure_moment(row["created_at"]) for row in found]


def last_told(db: sqlite3.Connection) -> datetime | None:
    """See `Store`."""
    row = db.execute(
        "SELECT max(started_at) AS at FROM outbox WHERE state = 'sent' AND verb IN ('post', 'reply') AND story_id <> ?",
        (DIGEST,),
    ).fetchone()
    return rows.moment(row["at"])


def due_sweeps(db: sqlite3.Connection, now: datetime) -> Sequence[Operation]:
    """See `Store`."""
    found = db.execute("SELECT * FROM outbox WHERE sweep_at <= ? ORDER BY sweep_at, seq", (now.timestamp(),))
    return [rows.operation_of(row) for row in found]


def settle(db: sqlite3.Connection, operation: Operation) -> None:
    """See `Store`."""
    values = rows.operation_values(operation)
    names = [name for name in values if name != "key"]
    db.execute(f"UPDATE outbox SET {', '.join(f'{n} = :{n}' for n in names)} WHERE key = :key", values)


def unlearnt_since(db: sqlite3.Connection, channel: str) -> datetime | None:
    """See `Store`."""
    done = db.execute("SELECT value FROM meta WHERE key = ?", (f"{LEARNT}{channel}",)).fetchone()
    if done is not None and done["value"]:
        return None
    row = db.execute("SELECT max(created_at) AS last FROM outbox WHERE channel = ? AND ts <> ''", (channel,)).fetchone()
    return rows.sure_moment(row["last"] or 0.0)


def learn(db: sqlite3.Connection, channel: str, posted: Sequence[Posted]) -> int:
    """See `Store`."""
    count = 0
    blank = db.execute("SELECT 1 FROM outbox WHERE channel = ? AND ts <> '' LIMIT 1", (channel,)).fetchone() is None
    for one in posted:
        known = db.execute("SELECT attempts, ts FROM outbox WHERE key = ?", (one.key,)).fetchone()
        if known is None:
            owe(db, [_taken_over(one)])
        elif not known["attempts"] and not known["ts"]:  # what was tried is looked for by delivery itself
            values = (OperationState.SENT, one.ts, one.key)
            db.execute("UPDATE outbox SET state = ?, ts = ?, error = '' WHERE key = ?", values)
        else:
            continue
        count += 1
    if blank and posted:
        _doubt_owed(db, channel)
    keys = Counter(one.key for one in posted)
    doubled = [(OperationState.SENT, key) for key, number in keys.items() if number > 1]
    db.executemany("UPDATE outbox SET sweep_at = 0, looks = 0 WHERE state = ? AND key = ?", doubled)
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, 'yes')", (f"{LEARNT}{channel}",))
    return count


def learnt(db: sqlite3.Connection, channel: str) -> Sequence[Operation]:
    """See `Store`."""
    found = db.execute("SELECT * FROM outbox WHERE channel = ? AND story_id = '' ORDER BY seq", (channel,))
    return [rows.operation_of(row) for row in found]


def _doubt_owed(db: sqlite3.Connection, channel: str) -> None:
    """Count one attempt, of a life that this database does not know, for what is owed to a channel."""
    db.execute(
        "UPDATE outbox SET state = ?, attempts = 1 WHERE channel = ? AND verb IN (?, ?) AND state = ? AND attempts = 0",
        (OperationState.SENDING, channel, Verb.POST, Verb.REPLY, OperationState.PENDING),
    )


def _taken_over(one: Posted) -> Operation:
    """Return the operation that must have posted a message of ours; its story is not known."""
    at = rows.sure_moment(float(one.ts))
    payload = {"k": one.key, "v": 1, "facts": " ".join(one.facts)}
    return Operation(
        key=one.key,
        channel=one.channel,
        verb=Verb.REPLY if one.thread else Verb.POST,
        story_id=StoryId(""),
        message=Message("", metadata={"event_payload": payload}),
        created_at=at,
        due_at=at,
        target_ts=one.thread,
        state=OperationState.SENT,
        attempts=1,
        ts=one.ts,
    )

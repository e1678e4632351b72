"""The whole store as JSON lines, and back: to look into, to move, to keep where SQLite cannot be read.

The first line says what it is, the last how many rows stand between; each of those is one row: {"table": name,
"row": {column: value}}. Compressed texts are written as {"text": "..."}.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any

from bot.adapters import rows, schema
from bot.errors import Fate, StoreError, StoreReason

FORMAT = "talentwire store"
# In this order no row comes before what it names. What an instance had claimed for itself is not carried over.
TABLES = ("meta", "hosts", "feeds", "shown", "entries", "articles", "findings", "stories", "story_keys", "outbox")
_LATER = ("orders",)


def tables(db: sqlite3.Connection) -> tuple[str, ...]:
    """Return the tables that are carried over: all but the visits of a running instance."""
    found = {
        row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    }
    known = (*TABLES, *_LATER)
    return tuple(t for t in known if t in found) + tuple(sorted(found - {*known, "visits"}))


def lines(db: sqlite3.Connection) -> Iterator[str]:
    """Yield the lines of a dump, as they are at the moment of the first."""
    db.execute("BEGIN")
    count = 0
    try:
        yield json.dumps({"format": FORMAT, "schema": schema.VERSION})
        for table in tables(db):
            for row in db.execute(f"SELECT * FROM {table}"):
                values = {name: _plain(row[name]) for name in row.keys()}  # noqa: SIM118 - a sqlite3.Row
                yield json.dumps({"table": table, "row": values}, ensure_ascii=False)
                count += 1
        yield json.dumps({"rows": count})
    finally:
        db.execute("ROLLBACK")


def _plain(value: object) -> object:
    return {"text": rows.unpack(value)} if isinstance(value, bytes) else value


def load(db: sqlite3.Connection, source: Iterable[str], name: str) -> int:
    """Write the rows of a dump into an empty database, inside a transaction; returns how many.

    Raises StoreError naming the line that is wrong; a dump of another schema is refused.
    """
    allowed = {table: _columns(db, table) for table in tables(db)}
    for table in allowed:
        if table != "meta" and db.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone():
            raise StoreError(
                StoreReason.LOCKED, f"{name}: the store is not empty; a dump goes into a new one", Fate.STOP
            )
    count, ended = 0, False
    for number, line in enumerate(source, start=1):
        where = f"{name}:{number}"
        record = _record(line, where)
        if number == 1:
            _check_head(record, where)
        elif "rows" in record:
            ended = record["rows"] == count
        else:
            _insert(db, allowed, record, where)
            count += 1
    if not ended:
        raise StoreError(StoreReason.DAMAGED, f"{name}: it does not end as it should: a part is missing", Fate.STOP)
    return count


def _insert(db: sqlite3.Connection, allowed: Mapping[str, frozenset[str]], record: dict[str, Any], where: str) -> None:
    table, row = str(record.get("table")), record.get("row")
    if table not in allowed or not isinstance(row, dict) or not set(row) <= allowed[table]:
        raise StoreError(StoreReason.DAMAGED, f"{where}: no row of a table of this version", Fate.STOP)
    marks = ", ".join(f":{column}" for column in row)
    values = {column: _stored(value) for column, value in row.items()}
    try:
        db.execute(f"INSERT OR REPLACE INTO {table} ({', '.join(row)}) VALUES ({marks})", values)
    except sqlite3.Error as error:
        raise StoreError(StoreReason.DAMAGED, f"{where}: {error}", Fate.STOP) from error


def _record(line: str, where: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise StoreError(StoreReason.DAMAGED, f"{where}: no JSON: {error}", Fate.STOP) from error
    if not isinstance(record, dict):
        raise StoreError(StoreReason.DAMAGED, f"{where}: no JSON object", Fate.STOP)
    return record


def _check_head(record: dict[str, Any], where: str) -> None:
    if record.get("format") != FORMAT:
        raise StoreError(StoreReason.DAMAGED, f"{where}: this is no dump of a store", Fate.STOP)
    if record.get("schema") != schema.VERSION:
        words = f"made with schema {record.get('schema')}, this version has {schema.VERSION}"
        raise StoreError(StoreReason.NEWER, f"{where}: {words}; import it with that version, then upgrade", Fate.STOP)


def _stored(value: object) -> object:
    return rows.pack(str(value["text"])) if isinstance(value, dict) and "text" in value else value


def _columns(db: sqlite3.Connection, table: str) -> frozenset[str]:
    return frozenset(row["name"] for row in db.execute(f"PRAGMA table_info({table})"))


def write(db: sqlite3.Connection, sink: IO[str]) -> int:
    """Write a dump of `db` to `sink`; returns the number of rows."""
    count = -2  # its first and last line are no rows
    for line in lines(db):
        sink.write(line + "\n")
        count += 1
    return count

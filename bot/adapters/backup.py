"""Copies of the store: made whole beside the running bot, kept in a row, and put back."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from bot.adapters import schema
from bot.errors import Fate, StoreError, StoreReason

_SIDE_FILES = ("-wal", "-shm")


def copy(source: Path, target: Path) -> None:
    """Copy the database at `source`, whoever works on it, to `target`: whole, checked and on the disk, or not at all.

    Raises StoreError: DISK where there is no room or `target` cannot be written, DAMAGED where the source is broken.
    """
    half = target.with_name(f"{target.name}.part")
    with _mapped(target, source), _removed_on_error(half):
        target.parent.mkdir(parents=True, exist_ok=True)
        half.unlink(missing_ok=True)
        source_uri = f"{source.absolute().as_uri()}?mode=ro"
        with (
            closing(sqlite3.connect(source_uri, uri=True, timeout=30)) as origin,
            closing(sqlite3.connect(half)) as written,
        ):
            origin.backup(written)
            written.execute("PRAGMA journal_mode = DELETE")
        check(half, told=source)
        _sync(half)
        half.replace(target)
        _sync(target.parent)


def check(path: Path, told: Path | None = None) -> int:
    """Return the schema version of the sound database at `path`. Raises StoreError: DAMAGED, NEWER or DISK.

    `told` is the file that a message names instead: what `path` is a copy of.
    """
    told = told or path
    if not path.is_file():
        raise StoreError(StoreReason.DISK, f"{path}: there is no such file", Fate.STOP)
    with _mapped(path, told), closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
        verdict = database.execute("PRAGMA quick_check(1)").fetchone()[0]
        version = int(database.execute("PRAGMA user_version").fetchone()[0])
        ours = database.execute("SELECT 1 FROM sqlite_master WHERE name = 'outbox'").fetchone()
    if verdict != "ok":
        raise StoreError(StoreReason.DAMAGED, f"{told}: {verdict}", Fate.STOP)
    if not ours:
        raise StoreError(StoreReason.DAMAGED, f"{told}: a database, but none of this bot", Fate.STOP)
    if version > schema.VERSION:
        raise StoreError(StoreReason.NEWER, f"{told}: made by a later version (schema {version})", Fate.STOP)
    return version


def restore(backup: Path, store: Path, now: datetime) -> Path | None:
    """Put a copy of `backup` in the place of `store`, which nobody may be at work on; return where the old one went.

    What stands there is moved aside with its side files, never removed. Raises StoreError, and then nothing is changed.
    """
    check(backup)
    fresh = store.with_name(f"{store.name}.restored")
    copy(backup, fresh)
    aside = None
    with _mapped(store):
        if store.exists():
            aside = store.with_name(f"{store.name}.before-{now:%Y%m%dT%H%M%SZ}")
            for suffix in ("", *_SIDE_FILES):
                with suppress(FileNotFoundError):
                    store.with_name(store.name + suffix).rename(aside.with_name(aside.name + suffix))
        fresh.replace(store)
        _sync(store.parent)
    return aside


def make(store: Path, folder: Path, now: datetime, *, keep: int) -> Path:
    """Write a copy of `store` into `folder`, named after the moment, and remove all but the newest `keep`."""
    target = folder / f"{store.stem}-{now:%Y%m%dT%H%M%SZ}.db"
    copy(store, target)
    for old in made(store, folder)[:-keep]:
        with suppress(OSError):
            old.unlink()
    return target


def made(store: Path, folder: Path) -> list[Path]:
    """Return the copies of `store` in `folder`, the oldest first."""
    return sorted(folder.glob(f"{store.stem}-[0-9]*T[0-9]*Z.db"))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _removed_on_error(half: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with suppress(OSError):
            half.unlink(missing_ok=True)
        raise


@contextmanager
def _mapped(path: Path, read: Path | None = None) -> Iterator[None]:
    """Turn the errors of SQLite and of the disk into StoreError; `read`, if given, is what may be damaged."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
        damaged = code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
        reason = StoreReason.DAMAGED if damaged else StoreReason.DISK
        raise StoreError(reason, f"{(damaged and read) or path}: {error}", Fate.STOP) from error
    except OSError as error:
        raise StoreError(StoreReason.DISK, f"{path}: {error.strerror or error}", Fate.STOP) from error

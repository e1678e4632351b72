"""The lock of a store: a file beside the database that keeps a second instance out and dies with its owner."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.adapters import disk
from bot.errors import Fate, StoreError, StoreReason


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock of the store at `path`, so that no bot works on it. Raises StoreError: LOCKED where one does."""
    refuse_network(path)
    descriptor = take(path)
    try:
        yield
    finally:
        os.close(descriptor)


def take(path: Path) -> int:
    """Take the lock of the database at `path`; the descriptor holds it. Raises StoreError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(StoreReason.DISK, f"{path}: {error.strerror}", Fate.STOP) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise StoreError(StoreReason.LOCKED, f"{path}: another instance is at work here", Fate.STOP) from error
    return descriptor


def refuse_network(path: Path) -> None:
    """Raise StoreError for a database on a network's file system, where two instances could work on it at once."""
    if kind := disk.network_kind(path):
        words = f"{path}: lies on a network's file system ({kind}), where a database breaks; use a local disk"
        raise StoreError(StoreReason.DISK, words, Fate.STOP)

"""The file of who is to be forgotten: beside the database, so that a backup of that brings nobody back.

One line "salt HEX", then one line "LENGTH HASH" a spelling (see `bot.forgetting.KeptOut`).
"""

from __future__ import annotations

import os
from pathlib import Path

from bot.errors import Fate, StoreError, StoreReason
from bot.forgetting import KeptOut


def read(path: Path) -> KeptOut:
    """Return what the file at `path` holds, nothing where there is none. Raises StoreError naming a wrong line."""
    try:
        lines = path.read_text("ascii").splitlines()
    except FileNotFoundError:
        return KeptOut()
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(StoreReason.DISK, f"{path}: {error}", Fate.STOP) from error
    salt = ""
    hashes: dict[str, set[str]] = {}
    for number, line in enumerate(lines, start=1):
        size, _, value = line.strip().partition(" ")
        if size == "salt" and value:
            salt = value
        elif size[:1] in ("w", "c") and size[1:].isdigit() and 0 < int(size[1:]) < 100 and value:
            hashes.setdefault(size, set()).add(value)
        elif line.strip():
            raise StoreError(StoreReason.DAMAGED, f"{path}:{number}: neither a salt nor a hash of a name", Fate.STOP)
    if hashes and not salt:
        raise StoreError(StoreReason.DAMAGED, f"{path}: the line with the salt is missing", Fate.STOP)
    return KeptOut(salt, {size: frozenset(known) for size, known in hashes.items()})


def write(path: Path, out: KeptOut) -> None:
    """Write the file whole, or not at all. Raises StoreError."""
    lines = [
        f"salt {out.salt}",
        *(f"{size} {one}" for size, known in sorted(out.hashes.items()) for one in sorted(known)),
    ]
    half = path.with_name(f"{path.name}.part")
    try:
        with half.open("w", encoding="ascii") as file:
            half.chmod(0o600)
            file.write("\n".join(lines) + "\n")
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
    except OSError as error:
        raise StoreError(StoreReason.DISK, f"{path}: {error}", Fate.STOP) from error

"""The list of faults, as docs/threats.md has it: one row each, which tests named after its id must fill."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "threats.md"
_ROW = re.compile(r"^\| ([A-I]\d{1,2}) \| (.+?) \| (.+?) \|(.*)\|$", re.MULTILINE)
_ID = re.compile(r"^test_([A-I]\d{1,2})_")


@dataclass(frozen=True, slots=True)
class Threat:
    """One fault: what happens, what the bot must do, and the routes of the hostile server that do it."""

    id: str
    fault: str
    must: str
    routes: tuple[str, ...]


def threats() -> dict[str, Threat]:
    """Return the catalogue by id."""
    rows = [
        Threat(key, fault, must, _routes(shown)) for key, fault, must, shown in _ROW.findall(PAGE.read_text("utf-8"))
    ]
    return {row.id: row for row in rows}


def _routes(shown: str) -> tuple[str, ...]:
    return tuple(re.findall(r"`(/[^`]*)`", shown))


def id_of(test: str) -> str:
    """Return the id that a test is named after, "" if none."""
    found = _ID.match(test)
    return found[1] if found else ""

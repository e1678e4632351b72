"""Which configs a store's findings were judged with: text <-> what is kept of them, in the store's notes. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from bot.config.models import Config, validated
from bot.model import digest

NOTE = "configs"  # the name of the store's note
_KEPT = 50


@dataclass(frozen=True, slots=True)
class Reign:
    """One config in force: since when, by which version of the bot, its hash and its text (JSON)."""

    since: datetime
    version: str
    hash: str
    text: str

    @property
    def config(self) -> Config | None:
        """The config, None where this version would not take it any more."""
        try:
            return validated(json.loads(self.text))
        except (ValidationError, ValueError):
            return None


def text_of(config: Config) -> str:
    """Return a config as JSON that makes the same config again; where the store lies is no part of it."""
    data = config.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude={"store"})
    for feed in data.get("feeds", ()):
        if not feed.get("url"):
            feed.pop("url", None)  # a search has none
    return json.dumps(data, ensure_ascii=False, sort_keys=True)


def reigns(note: str | None) -> tuple[Reign, ...]:
    """Return what a store's note says, the earliest first; nothing where there is none."""
    rows: list[dict[str, Any]] = json.loads(note) if note else []
    return tuple(Reign(datetime.fromtimestamp(r["since"], UTC), r["version"], r["hash"], r["text"]) for r in rows)


def noted(note: str | None, config: Config, version: str, now: datetime) -> str | None:
    """Return the note with `config` in force from now on; None where it is already."""
    text = text_of(config)
    known = reigns(note)
    if known and (known[-1].hash, known[-1].version) == (digest(text), version):
        return None
    kept = (*known, Reign(now, version, digest(text), text))[-_KEPT:]
    rows = [{"since": r.since.timestamp(), "version": r.version, "hash": r.hash, "text": r.text} for r in kept]
    return json.dumps(rows, ensure_ascii=False)

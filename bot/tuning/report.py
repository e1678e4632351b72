"""What a backtest found, in lines for people and in plain values for machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.model import Operation
from bot.urls import redact

_SHOWN = 40  # rows of each kind in the lines for people
_TITLE = 100


class Fate(StrEnum):
    """What an edit does to an alert."""

    GAINED = "gained"
    LOST = "lost"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Row:
    """One alert that an edit gives, takes or changes: `why` in words, `by` the entries of the config that decide it."""

    fate: Fate
    at: datetime
    title: str
    url: str
    outlet: str
    channels: tuple[str, ...]
    score: float
    kinds: tuple[str, ...]
    why: str
    by: tuple[str, ...]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What an edit would have changed from `since` to `now`.

    `articles` were compared, `judged` of them judged again. `before` and `after` count the alerts of each side. `by`
    has for each entry of the config that differs how many articles hold it. `notes` say what could not be seen.
    `sending` is what would have been sent with the edit, in order. `sample` says that no store was looked at.
    """

    since: datetime
    now: datetime
    articles: int = 0
    judged: int = 0
    before: int = 0
    after: int = 0
    rows: tuple[Row, ...] = ()
    by: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()
    sending: tuple[Operation, ...] = ()
    sample: bool = False

    def of(self, fate: Fate) -> tuple[Row, ...]:
        """Return the rows of one kind, in order of time."""
        return tuple(row for row in self.rows if row.fate is fate)

    @property
    def counts(self) -> tuple[tuple[str, int, int, int, int], ...]:
        """For each entry of the config: articles with it, alerts gained, lost and changed by it; most rows first."""
        counted = {fate: Counter(by for row in self.of(fate) for by in row.by) for fate in Fate}
        held = dict(self.by)
        names = dict.fromkeys([*(by for row in self.rows for by in row.by), *held])
        gained, lost, changed = (counted[fate] for fate in Fate)
        found = [(name, held.get(name, 0), gained[name], lost[name], changed[name]) for name in names]
        return tuple(sorted(found, key=lambda row: (-sum(row[2:]), -row[1])))

    def lines(self, *, brief: bool = False) -> Iterator[str]:
        """Yield the report for people: totals, what each entry does, each alert, and what was not seen."""
        days = f"{(self.now - self.since).total_seconds() / 86_400:.0f} days"
        place = "the bundled sample of invented stories" if self.sample else "the store"
        yield (
            f"{days} of {place}: {self.articles} article{'s' * (self.articles != 1)}, {self.judged} judged again; "
            f"{self.before} alert{'s' * (self.before != 1)} as it was, {self.after} with the edit"
        )
        yield ", ".join(f"{len(self.of(fate))} {fate}" for fate in Fate)
        yield from self._by_entry()
        if not brief:
            for fate in Fate:
                yield from _listed(fate, self.of(fate))
        yield from (f"note: {note}" for note in self.notes)

    def _by_entry(self) -> Iterator[str]:
        for name, held, gained, lost, changed in self.counts:
            parts = [f"{n} {word}" for n, word in ((gained, "gained"), (lost, "lost"), (changed, "changed")) if n]
            articles = f"in {held} article{'' if held == 1 else 's'}" if held else ""
            yield f"  {name}: {', '.join(part for part in (articles, *parts) if part) or 'changes nothing'}"

    def data(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return {
            "since": self.since.isoformat(timespec="seconds"),
            "until": self.now.isoformat(timespec="seconds"),
            "sample": self.sample,
            "articles": self.articles,
            "judged_again": self.judged,
            "alerts_before": self.before,
            "alerts_after": self.after,
            "entries": [
                {"entry": name, "articles": held, "gained": gained, "lost": lost, "changed": changed}
                for name, held, gained, lost, changed in self.counts
            ],
            **{fate.value: [_plain(row) for row in self.of(fate)] for fate in Fate},
            "notes": list(self.notes),
        }


def _listed(fate: Fate, rows: Sequence[Row]) -> Iterator[str]:
    if rows:
        yield ""
        yield f"{fate}:"
    for row in rows[:_SHOWN]:
        mark = {Fate.GAINED: "+", Fate.LOST: "-", Fate.CHANGED: "~"}[fate]
        title = row.title if len(row.title) <= _TITLE else f"{row.title[: _TITLE - 1]}…"
        yield f"{mark} {row.at:%Y-%m-%d}  {title}  ({row.outlet})"
        yield f"    {row.why}; by {', '.join(row.by) or 'what came before it'}"
    if len(rows) > _SHOWN:
        yield f"  and {len(rows) - _SHOWN} more; --json and --html have all"


def _plain(row: Row) -> dict[str, Any]:
    return {
        "at": row.at.isoformat(timespec="seconds"),
        "title": row.title,
        "url": redact(row.url),
        "outlet": row.outlet,
        "channels": list(row.channels),
        "score": round(row.score, 4),
        "kinds": list(row.kinds),
        "why": row.why,
        "by": list(row.by),
        "text": row.text,
    }

"""`talentwire hits`: what each entry of the watchlist and each feed was good for, of what the store holds."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from bot import app
from bot.adapters.store import SqliteStore
from bot.commands.ledger import safe_cell
from bot.config import Config
from bot.tuning.hits import COLUMNS, Hits
from bot.tuning.hits import hits as counted


def hits(store_path: Path, config: Config, since: datetime) -> Sequence[Hits]:
    """Return the hits of every entry and feed of `config` since then; zeros where there is no store. Reads only."""
    watch = app.watch_of(config)
    if not store_path.is_file():
        return counted((), config, watch, (), ())
    store = SqliteStore(store_path, read_only=True)
    try:
        return counted(store.judged(since), config, watch, store.stories(), store.feedback())
    finally:
        store.close()


def as_csv(found: Sequence[Hits]) -> str:
    """Return CSV with a header."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([safe_cell(str(cell)) for cell in one.cells()] for one in found)
    return sink.getvalue()

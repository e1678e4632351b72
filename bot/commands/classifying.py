"""`talentwire classify`: texts in, verdicts out, one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot import app
from bot.commands.explain import as_json
from bot.config import Config
from bot.moves.judge import judge


def classified(items: Iterable[Mapping[str, Any]], config: Config) -> Iterator[dict[str, Any]]:
    """Yield the verdict on each of {id, title, text, lang?}, in order, as they come."""
    watch = app.watch_of(config)
    for row in items:
        finding = judge(watch, row.get("title") or "", row.get("text") or "", row.get("lang") or "")
        yield {"id": row.get("id"), **as_json(finding, config.thresholds)}

"""What an edit of the configuration changes, in a few words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.config.models import Config, Section


def differences(old: Config, new: Config) -> tuple[str, ...]:
    """Return what is different in `new`, such as `feeds +1 -2`, `thresholds.alert 0.75 -> 0.8`, `mute +1`."""
    return tuple(_between(old, new, ""))


def _between(old: Section, new: Section, above: str) -> Iterator[str]:
    for name in type(new).model_fields:
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield from _told(f"{above}{name.rstrip('_')}", before, after)


def _told(key: str, before: Any, after: Any) -> Iterator[str]:
    if isinstance(before, Section) and type(before) is type(after):
        yield from _between(before, after, f"{key}.")
    elif isinstance(before, tuple) and isinstance(after, tuple):
        gained = sum(item not in before for item in after)
        lost = sum(item not in after for item in before)
        yield f"{key} +{gained} -{lost}" if gained or lost else f"{key} in another order"
    elif isinstance(before, int | float | str | None) and isinstance(after, int | float | str | None):
        yield f"{key} {_value(before)} -> {_value(after)}"
    else:
        yield f"{key} changed"


def _value(value: object) -> str:
    return "unset" if value in (None, "") else str(value)

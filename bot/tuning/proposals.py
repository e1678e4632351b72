"""Hits -> changes of the configuration that readers' clicks speak for: shown as a diff, never made unasked. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import unified_diff

from bot.tuning.hits import FEED, Hits

_CLICKS = 3  # "not relevant" clicks from which something is proposed
_SHARE = 0.5  # of the alerts that readers have to have found not relevant
_QUIETER = 0.5  # what the weight of such an entry is multiplied by


@dataclass(frozen=True, slots=True)
class Change:
    """One change of config.yaml: a lower weight for an entry of the watchlist, or a mute for a feed (weight None)."""

    what: str
    weight: float | None
    why: str


def proposals(found: Iterable[Hits], weights: Mapping[str, float]) -> Iterator[Change]:
    """Yield what clicks speak for. `weights` are those of the watchlist by name.

    An entry that half of its alerts were not relevant for counts half as much; a feed of that kind is muted.
    """
    for one in found:
        if one.not_relevant < _CLICKS or one.not_relevant < _SHARE * one.alerts:
            continue
        why = f"{one.not_relevant} clicks on not relevant for {one.alerts} alerts"
        if one.kind == FEED:
            yield Change(one.about, None, why)
        elif weights.get(one.about):
            yield Change(one.about, round(weights[one.about] * _QUIETER, 2), why)


def diff(name: str, before: str, after: str) -> list[str]:
    """Return the unified diff that makes `after` of `before`, for `patch` and for readers."""
    lines = unified_diff(before.splitlines(), after.splitlines(), f"a/{name}", f"b/{name}", lineterm="")
    return list(lines)

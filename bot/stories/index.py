"""Stories by key, in memory: which of them could an article belong to?"""

from __future__ import annotations

from collections.abc import Sequence

_LATEST = 48  # stories kept under one key: a common name leads to the latest of them
_MOST = 24  # stories that are compared
_LOOKED_AT = 240  # entries looked at in all, those under the rarest keys first
_ALONE = ("entry:", "link:", "text:", "headline:", "name:", "sound:")  # keys of which one is worth two others


class Index:
    """Keys -> stories, the latest under each key: memory is bounded by the keys of a story, time by the caps above."""

    def __init__(self) -> None:
        """Make an empty one."""
        self._under: dict[str, list[str]] = {}
        self._times: dict[str, int] = {}  # how often a key was met: which are rare

    def near(self, keys: Sequence[str]) -> list[str]:
        """Return the stories that share keys, those with the most and the rarest first."""
        met = sorted((self._times[key], key) for key in keys if key in self._under)
        shared: dict[str, float] = {}
        left = _LOOKED_AT
        for times, key in met:
            worth = (2.0 if key.startswith(_ALONE) else 1.0) / (8 + times)
            latest = self._under[key][-min(_LATEST, left) :]
            for story in latest:
                shared[story] = shared.get(story, 0.0) + worth
            left -= len(latest)
            if left <= 0:
                break
        return sorted(shared, key=shared.__getitem__, reverse=True)[:_MOST]

    def add(self, story: str, keys: Sequence[str]) -> None:
        """Put a story under `keys`; where it stands already it stays."""
        for key in keys:
            under = self._under.get(key)
            if under is None:
                self._under[key], self._times[key] = [story], 1
            elif story not in under[-8:]:
                under.append(story)
                self._times[key] += 1
                if len(under) > 2 * _LATEST:
                    del under[:-_LATEST]

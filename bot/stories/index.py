"""Stories by key, in memory: which of them could an article belong to?"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence

_LATEST = 48  # stories kept under one key: a common name leads to the latest of them
_MOST = 24  # stories that are compared
_ALONE = ("entry", "link", "text", "headline", "name", "sound")  # kinds of keys of which one is enough


class Index:
    """Keys -> stories, the latest under each key: memory is bounded by the keys of a story, time by the caps above."""

    def __init__(self) -> None:
        """Make an empty one."""
        self._under: dict[str, deque[str]] = {}

    def near(self, keys: Sequence[str]) -> list[str]:
        """Return the stories that share keys, those with the most and the rarest first."""
        shared: Counter[str] = Counter()
        for key in keys:
            under = self._under.get(key)
            if under:
                worth = (2.0 if key.startswith(_ALONE) else 1.0) / (1 + len(under) / 8)
                for story in under:
                    shared[story] += worth  # type: ignore[assignment]
        return [story for story, _ in shared.most_common(_MOST)]

    def add(self, story: str, keys: Sequence[str]) -> None:
        """Put a story under `keys`; where it stands already it stays."""
        for key in keys:
            under = self._under.setdefault(key, deque(maxlen=_LATEST))
            if story not in under:
                under.append(story)

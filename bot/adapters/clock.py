"""The real clock, and the same clock at another speed."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """The machine's time: the only place that reads it.

    With a `speed` other than one, which only proofs hand in at the start of the app, this clock goes so many times as
    fast, from `origin` on (seconds of the machine's wall clock, the moment at which both show the same time). Every
    wait of ours asks `real` how long it has to be, so pauses, timeouts and settle times shrink together and keep their
    ratios. Clocks of one speed and one origin show the same time, in all processes of a machine.
    """

    def __init__(self, speed: float = 1.0, origin: float = 0.0) -> None:
        if not speed > 0:
            raise ValueError("a clock has to go forward")
        self._speed = speed
        self._origin = origin

    def now(self) -> datetime:
        """Return the wall-clock time, aware, in UTC."""
        return datetime.fromtimestamp(self._origin + (time.time() - self._origin) * self._speed, UTC)

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        return time.monotonic() * self._speed

    def real(self, seconds: float) -> float:
        """Return how many seconds of the machine pass while so many of this clock do."""
        return seconds / self._speed

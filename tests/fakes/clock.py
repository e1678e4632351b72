"""Clocks for tests: one that stands still until it is moved, and one that several processes share."""

from __future__ import annotations

import mmap
import struct
import time
from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


class FakeClock:
    """`advance` moves wall-clock and monotonic time together; `step` the wall clock alone, as a correction does."""

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now
        self._monotonic = 1_000.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def real(self, seconds: float) -> float:
        return seconds

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds

    def step(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


class SharedClock:
    """One time for this process and all that it forks: `speed` times the machine's, and what was skipped.

    Whoever knows that nothing happens until a moment skips to it instead of waiting: a message's settle time then costs
    nothing, and its ratio to lag, timeout and Retry-After stays what it is.
    """

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._origin = time.monotonic()
        self._skipped = mmap.mmap(-1, 8)

    def monotonic(self) -> float:
        (skipped,) = struct.unpack("d", self._skipped[:8])
        return 1_000.0 + (time.monotonic() - self._origin) * self._speed + float(skipped)

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.monotonic())

    def real(self, seconds: float) -> float:
        return seconds / self._speed

    def skip(self, seconds: float) -> None:
        (skipped,) = struct.unpack("d", self._skipped[:8])
        self._skipped[:8] = struct.pack("d", skipped + max(0.0, seconds))

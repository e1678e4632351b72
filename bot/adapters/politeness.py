"""How many connections a host sees from us, and how far apart its feeds are asked for."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from bot.ports import Clock

IDLE_S = 600.0  # a host nobody asked for that long is forgotten


class HostLimits(Protocol):
    """`connections` at a time, and the least seconds from the start of one spaced request to the start of the next."""

    @property
    def connections(self) -> int:
        """Return how many at a time."""

    @property
    def spacing_s(self) -> float:
        """Return seconds."""


@dataclass(frozen=True, slots=True)
class HostSettings:
    """HostLimits, by default one connection and a second."""

    connections: int = 1
    spacing_s: float = 1.0


class Stopped(Exception):  # noqa: N818 - an event, told as one
    """No more turns are given: the bot is stopping."""


@dataclass(slots=True)
class _Host:
    settings: HostLimits
    free: threading.Condition
    active: int = 0
    waiting: int = 0
    open_at: float = 0.0
    last_s: float = 0.0


@dataclass(slots=True)
class Politeness:
    """Gives turns at hosts, in no particular order, to any number of threads.

    `hosts` overrides the defaults, by "host:port" or by host for all its ports. What is remembered may be forgotten: a
    restart only means that each host is asked a moment earlier.
    """

    clock: Clock
    hosts: Mapping[str, HostLimits] = field(default_factory=dict)
    default: HostLimits = field(default_factory=HostSettings)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _known: dict[str, _Host] = field(default_factory=dict)
    _stopped: bool = False

    def settings(self, key: str) -> HostLimits:
        """Return what holds for a "host:port"."""
        host = key.rpartition(":")[0]
        return self.hosts.get(key) or self.hosts.get(host.strip("[]")) or self.hosts.get(host) or self.default

    @contextmanager
    def turn(self, key: str, *, spaced: bool) -> Iterator[float]:
        """Wait for a free connection to `key`, and if `spaced` for the distance to the last request; yield the seconds.

        Raises Stopped once `stop` was called.
        """
        waited = self._enter(key, spaced=spaced)
        try:
            yield waited
        finally:
            self._leave(key)

    def stop(self) -> None:
        """Send all who wait away; turns already given run to their end."""
        with self._lock:
            self._stopped = True
            for host in self._known.values():
                host.free.notify_all()

    def _enter(self, key: str, *, spaced: bool) -> float:
        started = self.clock.monotonic()
        with self._lock:
            host = self._host(key, started)
            host.waiting += 1
            try:
                while (delay := self._delay(host, spaced=spaced)) is not None:
                    host.free.wait(self.clock.real(delay) or None)
                now = self.clock.monotonic()
                host.active += 1
                host.last_s = now
                if spaced:
                    host.open_at = now + host.settings.spacing_s
            finally:
                host.waiting -= 1
        return now - started

    def _delay(self, host: _Host, *, spaced: bool) -> float | None:
        """Return how long to wait before looking again: None for not at all, 0 until somebody leaves."""
        if self._stopped:
            raise Stopped
        if host.active >= host.settings.connections:
            return 0.0
        wait = host.open_at - self.clock.monotonic() if spaced else 0.0
        return wait if wait > 0 else None

    def _leave(self, key: str) -> None:
        with self._lock:
            host = self._known[key]
            host.active -= 1
            host.last_s = self.clock.monotonic()
            host.free.notify_all()

    def _host(self, key: str, now: float) -> _Host:
        if key not in self._known:
            self._forget(now)
            self._known[key] = _Host(self.settings(key), threading.Condition(self._lock), last_s=now)
        return self._known[key]

    def _forget(self, now: float) -> None:
        if len(self._known) % 64:  # a walk over all hosts, now and then
            return
        for key, host in list(self._known.items()):
            if not host.active and not host.waiting and now - host.last_s > max(IDLE_S, host.settings.spacing_s):
                del self._known[key]

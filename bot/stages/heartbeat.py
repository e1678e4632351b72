"""Tells whoever watches the bot that all is well."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from bot.alerts import calm
from bot.errors import FetchError
from bot.model import Request
from bot.ports import Clock, Fetcher, Store
from bot.stages.reading import PAGE_BYTES
from bot.telemetry import event
from bot.urls import public_host

log = logging.getLogger(__name__)

HEARTBEAT_EVERY = timedelta(minutes=5)
_HEARTBEAT = "heartbeat_at"  # the store's name for when it was last sent


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Asks `url`, a secret, None where nobody watches."""

    url: str | None
    store: Store
    fetcher: Fetcher
    clock: Clock

    def send(self) -> bool:
        """Ask the heartbeat's address, where one is set, every five minutes while all is well."""
        url, now = self.url, self.clock.now()
        last = self.store.noted(_HEARTBEAT) if url else None
        if not url or (last and 0 <= now.timestamp() - float(last) < HEARTBEAT_EVERY.total_seconds()):
            return False
        if not calm.alive(self.store.pulse(now), now):
            event(log, "heartbeat withheld: polls fail, or an alert is overdue", level=logging.DEBUG)
            return False
        self.store.note(_HEARTBEAT, repr(now.timestamp()))
        try:
            response = self.fetcher.fetch(Request(url, cap=PAGE_BYTES, spaced=False))
            failure = f"status {response.status}" if response.status >= 400 else ""
        except FetchError as error:
            failure = error.reason.value
        if failure:  # its address is a secret: whoever knows it may send heartbeats
            event(log, "heartbeat failed", level=logging.WARNING, host=public_host(url), why=failure)
        return True

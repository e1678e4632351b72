"""A server that says on each connection what a test wants, and a fetcher that may reach it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bot.adapters.clock import SystemClock
from bot.adapters.fetcher import HttpFetcher
from bot.adapters.guard import NetworkPolicy
from bot.adapters.politeness import HostSettings

TLS = ssl.create_default_context()


@contextmanager
def serving(*talks: Callable[[socket.socket], object]) -> Iterator[tuple[int, HttpFetcher]]:
    """Serve one connection after another, each by its own talk; gives the port and the fetcher."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(10)
    port = listener.getsockname()[1]

    def serve() -> None:
        with listener:
            for talk in talks:
                connection, _ = listener.accept()
                with connection:
                    talk(connection)

    thread = threading.Thread(target=serve)
    thread.start()
    policy = NetworkPolicy.of([f"127.0.0.1:{port}"])
    fetcher = HttpFetcher(policy, user_agent="t", clock=SystemClock(), default=HostSettings(64, 0.0), tls=TLS)
    try:
        yield port, fetcher
    finally:
        fetcher.close()
        thread.join()

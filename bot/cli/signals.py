"""What signals mean to a command that runs until it is stopped."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def stop_on_signals() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set: before all else, since a container's first process ignores them."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    return stopped


def ask_on_hangup(ask: Callable[[], None], *, stopped: threading.Event) -> None:
    """Have SIGHUP call `ask`; where it says that the terminal was closed, it ends the bot as it always did."""
    terminal = os.isatty(0)

    def hang_up(*_: object) -> None:
        if terminal and not _has_terminal():
            stopped.set()
        else:
            ask()

    signal.signal(signal.SIGHUP, hang_up)


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True

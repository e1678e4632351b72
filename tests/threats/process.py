"""The bot as a process of its own, for tests: the real service on a config, hurried, with names under .test led here.

    python -m tests.threats.process CONFIG STORE [--rss FILE]

Ends on SIGTERM as `talentwire run` does.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path

from bot import app
from bot.alerts.delivery import Policy
from bot.config import load
from bot.pipeline import Limits
from bot.service import Threads
from bot.telemetry import set_up
from tests.threats.world import resolver


def main() -> None:
    config, store = load(Path(sys.argv[1])), Path(sys.argv[2])
    set_up(sys.stderr)
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    limits = Limits(least_interval=timedelta(seconds=1), page_retry=timedelta(seconds=0.2), pace_s=0.05)
    policy = Policy(settle_s=0.5, sweep_after=(1.0,))
    settings = app.Settings(store=store, resolver=resolver, limits=limits, policy=policy)
    with app.opened(config, os.environ, settings) as opened:
        opened.store.sync_feeds(opened.feeds, opened.pipeline.clock.now(), spread_s=0)
        opened.store.hasten(opened.pipeline.clock.now())
        print("ready", flush=True)
        app.run(opened, lambda line: None, stopped=stopped, threads=Threads(poll=4, slow=1, pages=2))
    print("ended", flush=True)


if __name__ == "__main__":
    main()

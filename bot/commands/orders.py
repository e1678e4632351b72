"""Orders of a person on the command line: carried out at once, or by the bot that has the store."""

from __future__ import annotations

import getpass
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from bot import forgetting
from bot.app import Settings, opened, watch_of
from bot.config import Config, store_path
from bot.errors import StoreError, StoreReason
from bot.model import Order, OrderVerb, Story, StoryMove
from bot.stories.corrections import about, told
from bot.text import fold

PATIENCE_S = 15.0  # that a running bot is waited for
_LOOK_S = 0.2
NOT_YET = "noted; the bot that runs on this store has not carried it out yet"


def order(
    verb: OrderVerb, person: str, now: datetime, *, story: str = "", fields: Mapping[str, str] | None = None
) -> Order:
    """Return an order of whoever runs this command."""
    return Order(0, verb, person, story, dict(fields or {}), _who(), now)


def correction(
    config: Config, verb: OrderVerb, person: str, now: datetime, *, story: str, fields: Mapping[str, str]
) -> Order:
    """Return an order on one move; organisations in `fields` get the names that the bot knows them by."""
    names = watch_of(config).canonical
    right = {name: names(value) if name in ("from", "to") else value for name, value in fields.items()}
    return order(verb, person, now, story=story, fields=right)


def _who() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user without a name, as in a container
        return "the command line"


def carry_out(config: Config, env: Mapping[str, str], asked: Order) -> str:
    """Have `asked` carried out, and return what came of it; "" if a running bot has not done it within 15 seconds.

    Raises StoreError.
    """
    try:
        with opened(config, env, Settings(reads_pages=False)) as app:
            number = app.store.ask(asked).number
            app.pipeline.carry_out_orders()
            done = app.store.order(number)
            return done.outcome if done else ""
    except StoreError as error:
        if error.reason is not StoreReason.LOCKED:
            raise
    return _by_the_bot(config, env, asked)


def _by_the_bot(config: Config, env: Mapping[str, str], asked: Order) -> str:
    """Leave the order with the bot that runs, and wait for it."""
    from bot.adapters.store import SqliteStore

    store = SqliteStore(store_path(config, env), guest=True)
    try:
        number = store.ask(asked).number
        pause = threading.Event()
        for _ in range(round(PATIENCE_S / _LOOK_S)):
            done = store.order(number)
            if done is None or done.outcome:
                return done.outcome if done else ""
            pause.wait(_LOOK_S)
        return ""
    finally:
        store.close()


def choices(stories: Sequence[Story], person: str, story: str) -> list[tuple[Story, StoryMove]]:
    """Return the moves that an order on `person` would mean."""
    return about(stories, person, story)


def unclear(person: str, found: Sequence[tuple[Story, StoryMove]]) -> list[str]:
    """Return lines that say why no move, or more than one, is meant; one line a move, with what names its story."""
    head = f"{len(found)} moves fit {person!r}: name one of them" if found else f"no move fits {person!r}"
    lines = [f"  --story {story.id[:8]}  {move.person[0]}: {told(move)}  ({story.headline})" for story, move in found]
    return [head, *lines]


def is_full_name(name: str) -> bool:
    """Tell whether a name is more than one plain word."""
    return forgetting.is_full(name)


def elsewhere(person: str, config_file: Path, store: Path) -> list[str]:
    """Return where else a forgotten person may still stand: places that only people change."""
    found = []
    with suppress(OSError, UnicodeDecodeError):
        for number, line in enumerate(config_file.read_text("utf-8").splitlines(), start=1):
            if fold(person) in fold(line):
                found.append(f"{config_file}:{number}: names them; take it out, then nobody looks for them")
    copies = sorted(store.parent.glob(f"{store.name}.v*"))
    return found + [f"{copy}: the copy made before an upgrade still has them; delete it" for copy in copies]

"""An edit of config.yaml while the bot runs: taken whole, or refused whole and told.

The file is looked at again and again, so that no way of writing it is missed: in place, by a rename, by the swap of a
link above it, as Kubernetes does. SIGHUP has it looked at at once.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.adapters.store import SqliteStore
from bot.alerts import markup
from bot.alerts.keys import metadata, operation_key
from bot.config import Config
from bot.config.differences import differences
from bot.config.watching import ConfigFile, FileWatch, fingerprint, understood
from bot.errors import ConfigError, Problem, StoreError
from bot.model import Message, Operation, StoryId, Verb
from bot.ports import Clock
from bot.telemetry import event, redact, visible

log = logging.getLogger(__name__)

LOOK_S = 1.0
NOTED = "config"  # in the store: what `health` says of the configuration
_SHOWN = 10  # problems in a message
_LENGTH = 300
_CUT_LOOSE = (
    "was replaced outside, which a mount of the file alone does not show: start the container anew, and mount the "
    "file's folder, or write it in place"
)
_STORY = StoryId("config")  # stands for a story in what the owner is told

Take = Callable[[Config], None]


class Reloader:
    """Keeps what runs by the file. `take` puts a config in force, or raises ConfigError and changes nothing."""

    def __init__(
        self,
        file: ConfigFile,
        take: Take,
        *,
        store: SqliteStore,
        clock: Clock,
        slack: bool,
        waiting: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        """`file` is in force; with `slack`, its `slack.owner` is told what is refused.

        `waiting` says what beside the file has changed and waits for a start.
        """
        self._file = file
        self._take = take
        self._store = store
        self._clock = clock
        self._slack = slack
        self._waiting = waiting
        self._watch = FileWatch(file.path, file.data)
        self._since = clock.now()
        self._refused = False
        self._cut_loose = False
        self._asked = threading.Event()
        self._note(None)
        event(log, "config in force", file=str(file.path), hash=file.fingerprint)

    def ask(self) -> None:
        """Have the next look taken at its word: the file is as its writer wants it."""
        self._asked.set()

    def look(self) -> None:
        """Look at the file once. Never raises: what goes wrong is said, and the config in force stays."""
        asked = self._asked.is_set()
        if asked:
            self._asked.clear()
        try:
            self._look(asked=asked)
        except StoreError as error:  # not heeded: the next look tries again
            event(log, "config waits", level=logging.ERROR, error=str(error))
        except Exception:  # noqa: BLE001 - a bug of ours must not end the looking
            event(log, "config broke the bot", level=logging.ERROR, exc_info=True)

    def _look(self, *, asked: bool) -> None:
        try:
            data = self._watch.look(self._clock.monotonic(), whole=self._file.data, at_once=asked)
        except OSError as error:
            self._refuse("", (Problem(0, "", f"cannot be read: {error.strerror}", str(self._file.path)),))
            return
        if data is None:
            self._say_if_cut_loose()
            return
        try:
            self._read(data, asked=asked)
        except StoreError:
            raise
        except BaseException:
            self._watch.heed(data)
            raise
        self._watch.heed(data)

    def _say_if_cut_loose(self) -> None:
        if self._cut_loose or not self._watch.is_cut_loose:
            return
        self._cut_loose = True
        self._refuse("", (Problem(0, "", _CUT_LOOSE, str(self._file.path)),))

    def _read(self, data: bytes, *, asked: bool) -> None:
        for name in self._waiting():
            event(log, "changed, but waits for a new start", level=logging.WARNING, what=name)
        if data == self._file.data:
            self._unchanged(asked=asked)
        else:
            try:
                file = understood(self._file.path, data)
                self._take(file.config)
            except ConfigError as error:
                self._refuse(fingerprint(data), error.problems)
            else:
                self._taken(file)

    def _unchanged(self, *, asked: bool) -> None:
        if self._refused:
            self._mended()
        if self._refused or asked:
            event(log, "config unchanged", file=str(self._file.path), hash=self._file.fingerprint)
        self._refused = False
        self._note(None)

    def _taken(self, file: ConfigFile) -> None:
        changes = differences(self._file.config, file.config)
        self._file, self._since = file, self._clock.now()
        if self._refused:
            self._mended()
        self._refused = False
        self._note(None)
        told = ", ".join(changes) or "nothing but its layout"
        event(log, "config taken", file=str(file.path), hash=file.fingerprint, changes=redact(told))

    def _refuse(self, refused: str, problems: Sequence[Problem]) -> None:
        now = self._clock.now()
        for problem in problems:
            event(log, "config refused", level=logging.ERROR, hash=refused or None, problem=str(problem))
        self._refused = True
        words = [visible(redact(str(problem))) for problem in problems]
        self._note({"hash": refused, "at": now.isoformat(), "problems": words[:_SHOWN]})
        more = [f"and {len(words) - _SHOWN} more"] if len(words) > _SHOWN else []
        told = f"An edit of the configuration cannot be used; that of {self._since:%Y-%m-%d %H:%M} UTC stays in force."
        lines = [markup.escape(f"- {line}", limit=_LENGTH) for line in words[:_SHOWN] + more]
        self._tell("\n".join([told, *lines]), now)
        event(log, "config stays as it was", level=logging.WARNING, hash=self._file.fingerprint, since=str(self._since))

    def _mended(self) -> None:
        self._tell(f"The configuration is right again; {self._file.fingerprint} is in force.", self._clock.now())

    def _note(self, refused: Mapping[str, Any] | None) -> None:
        told = {"file": str(self._file.path), "hash": self._file.fingerprint, "since": self._since.isoformat()}
        self._store.note(NOTED, json.dumps({**told, "refused": refused}, ensure_ascii=False))

    def _tell(self, text: str, now: datetime) -> None:
        """Owe the owner a message, if there is one, through all that a real one goes through."""
        channel = self._file.config.slack.owner
        if not (self._slack and channel):
            return
        key = operation_key(_STORY, channel, now.isoformat())
        message = Message(text, metadata=metadata(key, ()))
        self._store.owe([Operation(key, channel, Verb.POST, _STORY, message, now, now)])

"""A configuration file that may become another while it is in use, by whatever means, and is not believed too early."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from bot.config.loading import judged
from bot.config.models import Config
from bot.errors import ConfigError, Problem

REST_S = 2.0  # what a file has to stay the same for before it is believed
CUT_REST_S = 30.0  # the same where it looks cut off: somebody may be writing it
GONE_S = 30.0  # after which a file that is not there is missed: some write a new one and rename it
_MOST = 1_000_001


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A configuration and the bytes that it was read from."""

    path: Path
    data: bytes
    config: Config

    @property
    def fingerprint(self) -> str:
        """The first 12 hex digits of the SHA-256 of the file, as `sha256sum` prints it."""
        return fingerprint(self.data)


def fingerprint(data: bytes) -> str:
    """Return what tells one state of a file from another: 12 hex digits."""
    return hashlib.sha256(data).hexdigest()[:12]


def read_config(path: Path) -> ConfigFile:
    """Return what is in `path`. Raises ConfigError with every problem."""
    try:
        data = _read(path)
    except OSError as error:
        raise ConfigError((Problem(0, "", f"cannot be read: {error.strerror}", str(path)),)) from None
    return understood(path, data)


def understood(path: Path, data: bytes) -> ConfigFile:
    """Return what `data`, read from `path`, says. Raises ConfigError with every problem."""
    report = judged(data, path)
    if report.config is None:
        raise ConfigError(report.errors)
    return ConfigFile(path, data, report.config)


class FileWatch:
    """Says when a file has become another and has come to rest. Times are seconds of a monotonic clock."""

    def __init__(self, path: Path, known: bytes) -> None:
        """`known` is what was read from `path` before."""
        self._path = path
        self._known = known  # what was last said, or told before
        self._mark: tuple[int, ...] = ()
        self._coming: bytes | None = None
        self._since = 0.0
        self._gone_since: float | None = None

    def look(self, now: float, *, whole: bytes, at_once: bool = False) -> bytes | None:
        """Return what the file holds once that is new and at rest; None if there is nothing to say.

        `whole` is what is in force: a file that is the beginning of it looks cut off, as does an empty one. `at_once`
        does not wait, and says also what is not new. Raises OSError, once, for a file that stays away.
        """
        try:
            mark = _mark(self._path)
            if mark == self._mark and self._coming is None and not at_once:
                return None
            data = _read(self._path)
        except OSError:
            self._missed(now, at_once=at_once)
            return None
        self._gone_since = None
        if data != self._coming and not at_once:
            self._mark, self._coming, self._since = mark, data, now
        if data == self._known and not at_once:
            self._coming = None
            return None
        looks_cut = not data.strip() or (whole.startswith(data) and data != whole)
        if not at_once and now - self._since < (CUT_REST_S if looks_cut else REST_S):
            return None
        return data

    @property
    def is_cut_loose(self) -> bool:
        """Whether the file was replaced beneath a mount that still shows the old one: no edit will ever be seen."""
        try:
            return self._path.stat().st_nlink == 0
        except OSError:
            return False

    def heed(self, data: bytes) -> None:
        """Note that what `look` returned was acted on, so that it is not said again."""
        self._known, self._coming = data, None

    def _missed(self, now: float, *, at_once: bool) -> None:
        self._mark, self._coming = (), None
        if self._gone_since is None:
            self._gone_since = now
        if at_once or 0 <= now - self._gone_since >= GONE_S:
            self._gone_since = float("inf")  # said
            raise FileNotFoundError(2, "No such file, or it may not be read", str(self._path))


def _mark(path: Path) -> tuple[int, ...]:
    """Return what changes with the file that `path` leads to, through whatever links."""
    seen = path.stat()
    return seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MOST)

"""What the bot says of itself: log lines, counters, progress.

A log line is one event: a short past-tense phrase and fields. On a terminal it is readable, elsewhere JSON with `ts`,
`level` and `event` first. Secrets are struck out here, in the formatter, so that no caller can forget to.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, TextIO

_LIMIT = 2_000  # characters of one field

# Slack tokens and webhooks, bearer tokens, user:password@ and secret-looking query values.
_SECRETS = (
    (re.compile(r"\b(xox[a-z](?:\.xox[a-z])?|xapp)-[A-Za-z0-9-]+"), r"\1-***"),
    (re.compile(r"(hooks\.slack\.com/)[A-Za-z0-9/_-]+"), r"\1***"),
    (re.compile(r"\b(bearer|basic) +[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE), r"\1 ***"),
    (re.compile(r"(?<=://)[^\s/?#@]{1,500}@"), "***@"),
    (
        re.compile(
            r"([?&;][\w.-]{0,40}(?:token|secret|passw|pwd|auth|session|signature|api-?_?key|key|sig|code)[\w.-]{0,20}=)"
            r"[^\s&;#\"']+",
            re.IGNORECASE,
        ),
        r"\1***",
    ),
)
# What could forge a line, move the cursor or turn the text around: controls, line separators, bidi, surrogates, tags.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)


def redact(text: str, known: Iterable[str] = ()) -> str:
    """Return `text` with everything struck out that looks like a secret, and every secret in `known`."""
    for secret in known:
        text = text.replace(secret, "***")
    for pattern, put in _SECRETS:
        text = pattern.sub(put, text)
    return text


def visible(text: str) -> str:
    """Return `text` on one line, characters that could forge a line or steer a terminal written as escapes."""
    return _UNSAFE.sub(lambda match: json.dumps(match.group())[1:-1], text)


def event(
    logger: logging.Logger, name: str, /, *, level: int = logging.INFO, exc_info: bool = False, **fields: object
) -> None:
    """Log the event `name`, such as "feed polled", with its fields; `exc_info` adds the traceback at hand."""
    logger.log(level, "%s", name, exc_info=exc_info, extra={"fields": fields})


class _Formatter(logging.Formatter):
    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__()
        self._secrets = secrets

    def _fields(self, record: logging.LogRecord) -> dict[str, Any]:
        """Return the record's fields as JSON values, without secrets and of bounded length."""
        fields = dict(getattr(record, "fields", {}))
        if not record.name.startswith("bot"):
            fields["logger"] = record.name
        return {str(key): self._value(value) for key, value in fields.items() if value is not None}

    def _value(self, value: object) -> object:
        if isinstance(value, bool | int):
            return value
        if isinstance(value, float):
            return round(value, 3)
        text = self._clean(str(value))
        return text if len(text) <= _LIMIT else f"{text[:_LIMIT]}..."

    def _clean(self, text: str) -> str:
        return redact(text, self._secrets)


class JsonFormatter(_Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = {"ts": at, "level": record.levelname.lower(), "event": self._clean(record.getMessage())}
        line = {**line, **{key: value for key, value in self._fields(record).items() if key not in line}}
        if record.exc_info:
            line["traceback"] = self._clean(self.formatException(record.exc_info))
        return visible(json.dumps(line, ensure_ascii=False))


class LineFormatter(_Formatter):
    """A line for a reader: time, level unless it is info, event, key=value."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a traceback follows it, indented."""
        at = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        level = "" if record.levelno == logging.INFO else f" {record.levelname}"
        told = " ".join(f"{key}={_quoted(value)}" for key, value in self._fields(record).items())
        line = visible(f"{at}{level} {self._clean(record.getMessage())} {told}".rstrip())
        if record.exc_info:
            trace = self._clean(self.formatException(record.exc_info))
            line = "\n    ".join([line, *(visible(part) for part in trace.splitlines())])
        return line


def _quoted(value: object) -> str:
    text = str(value)
    return text if text and not re.search(r"[\s\"=]", text) else json.dumps(text, ensure_ascii=False)


class _TerminalHandler(logging.StreamHandler[TextIO]):
    """Wipes a progress bar off the line before it writes."""

    terminator = "\n"

    def format(self, record: logging.LogRecord) -> str:
        return f"\r\x1b[K{super().format(record)}"


def set_up(
    stream: TextIO | None = None,
    *,
    level: int = logging.INFO,
    secrets: Iterable[str] = (),
    terminal: bool | None = None,
) -> None:
    """Send all log lines to `stream` (stderr): readable if it is a terminal, else JSON. Our own from `level` on.

    `secrets` are struck out wherever they turn up; `terminal` overrides what the stream says of itself.
    """
    stream = sys.stderr if stream is None else stream
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")
    known = tuple(sorted((secret for secret in secrets if secret), key=len, reverse=True))
    if stream.isatty() if terminal is None else terminal:
        handler: logging.Handler = _TerminalHandler(stream)
        handler.setFormatter(LineFormatter(known))
    else:
        handler = logging.StreamHandler(stream)
        handler.setFormatter(JsonFormatter(known))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("bot").setLevel(level)
    logging.captureWarnings(True)


Labels = tuple[tuple[str, str], ...]


class Counters:
    """Numbers that only grow, by name and labels. Safe from many threads.

    A name is `talentwire_<noun>_<verb>_total`; label values come from our enums, never from a feed.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[tuple[str, Labels], int] = {}

    def add(self, name: str, by: int = 1, /, **labels: str) -> None:
        """Count `by` more."""
        key = (name, tuple(sorted(labels.items())))
        with self._lock:
            self._values[key] = self._values.get(key, 0) + by

    def value(self, name: str, /, **labels: str) -> int:
        """Return the count of exactly these labels."""
        with self._lock:
            return self._values.get((name, tuple(sorted(labels.items()))), 0)

    def snapshot(self) -> Mapping[tuple[str, Labels], int]:
        """Return all counts as they are now, in order of name."""
        with self._lock:
            return MappingProxyType(dict(sorted(self._values.items())))


class Progress:
    """How far a long piece of work has come: a bar on a terminal, elsewhere a log line now and then."""

    WIDTH = 30
    EVERY_S = 10.0

    def __init__(self, total: int, name: str, *, stream: TextIO, monotonic: Callable[[], float]) -> None:
        self.total = total
        self.name = name
        self._stream = stream
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._done = 0
        self._told_at = monotonic()

    def step(self, by: int = 1) -> None:
        """Count `by` units as done and show it."""
        with self._lock:
            self._done += by
            if self._stream.isatty():
                self._draw()
            elif self._monotonic() - self._told_at >= self.EVERY_S:
                self._told_at = self._monotonic()
                event(logging.getLogger(__name__), self.name, done=self._done, of=self.total)

    def close(self) -> None:
        """Take the bar off the terminal."""
        with self._lock:
            if self._stream.isatty():
                self._stream.write("\r\x1b[K")
                self._stream.flush()

    def _draw(self) -> None:
        filled = self.WIDTH * min(self._done, self.total) // max(self.total, 1)
        bar = "#" * filled + "-" * (self.WIDTH - filled)
        self._stream.write(f"\r\x1b[K{self.name} [{bar}] {self._done}/{self.total}")
        self._stream.flush()


@contextmanager
def progress(
    total: int, name: str, *, monotonic: Callable[[], float], stream: TextIO | None = None
) -> Iterator[Progress]:
    """Show the progress of `total` units while the block runs; `name` is such as "polling feeds"."""
    shown = Progress(total, name, stream=sys.stderr if stream is None else stream, monotonic=monotonic)
    try:
        yield shown
    finally:
        shown.close()

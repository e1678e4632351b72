"""What may go wrong, and the fate of each.

    BotError
    ├── ConfigError      the configuration cannot be used: exit status 2
    ├── FetchError       a URL could not be had
    ├── FeedError        a body is no readable feed
    ├── ArticleError     a page gave no text
    ├── StoreError       the database cannot be used
    └── DeliveryError    a channel did not take a message, or may have

Adapters turn foreign errors into these by type and status, never by reading their words. `pipeline` looks only at
the fate.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Fate(StrEnum):
    """What happens next."""

    RETRY = "retry"  # later, by itself
    GIVE_UP = "give_up"  # on this item
    STOP = "stop"  # until a person acts


class BotError(Exception):
    """Base of all errors of ours. `retry_after` is in seconds, None where nobody said."""

    def __init__(self, reason: StrEnum, detail: str, fate: Fate, retry_after: float | None = None) -> None:
        super().__init__(f"{reason.value}: {detail}" if detail else reason.value)
        self.reason = reason
        self.detail = detail
        self.fate = fate
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[Any, ...]:
        """Errors cross the border of worker processes whole."""
        return (_rebuild, (type(self), self.reason, self.detail, self.fate, self.retry_after))


def _rebuild(cls: type[BotError], reason: StrEnum, detail: str, fate: Fate, retry_after: float | None) -> BotError:
    error = cls.__new__(cls)
    BotError.__init__(error, reason, detail, fate, retry_after)
    return error


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a configuration. `line` and `column` count from 1, 0 where it has none; `key` is dotted."""

    line: int
    key: str
    message: str
    file: str = ""
    column: int = 0

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        return ": ".join(part for part in (place, self.key, self.message) if part)


class ConfigReason(StrEnum):
    """Why a configuration cannot be used."""

    INVALID = "invalid"


class ConfigError(BotError):
    """Names every problem of the configuration at once, in order of line."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(ConfigReason.INVALID, "\n".join(str(p) for p in problems), Fate.STOP)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(str(p) for p in self.problems)

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.problems,))


class FetchReason(StrEnum):
    """Why a URL could not be had. A status of 400 and above is no FetchError: it is an answer."""

    BAD_URL = "bad_url"
    FORBIDDEN_ADDRESS = "forbidden_address"
    NO_NETWORK = "no_network"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"
    BAD_ENCODING = "bad_encoding"
    TOO_LARGE = "too_large"
    REDIRECTS = "redirects"
    ROBOTS = "robots"  # robots.txt asks not to


class FetchError(BotError):
    """A URL could not be had."""


class FeedReason(StrEnum):
    """Why a body gave no entries, or a poll failed."""

    HTTP_STATUS = "http_status"
    GONE = "gone"
    NOT_A_FEED = "not_a_feed"
    PARKED = "parked"  # a page that sells the domain, or says that it ran out
    EMPTY = "empty"
    UNREADABLE = "unreadable"
    KILLED = "killed"  # the worker ran out of time or memory


class FeedError(BotError):
    """A body is no readable feed."""


class ArticleReason(StrEnum):
    """Why a page gave no text."""

    HTTP_STATUS = "http_status"
    NOT_HTML = "not_html"
    NO_TEXT = "no_text"
    WALL = "wall"
    STUB = "stub"
    KILLED = "killed"


class ArticleError(BotError):
    """A page gave no text."""


class StoreReason(StrEnum):
    """Why the database cannot be used."""

    LOCKED = "locked"  # by another instance
    DAMAGED = "damaged"
    NEWER = "newer"  # made by a later version
    OLDER = "older"  # to be read only, and not brought to this version yet
    DISK = "disk"  # full, read-only, or failing


class StoreError(BotError):
    """The database cannot be used."""


class DeliveryReason(StrEnum):
    """Why a message may not stand in its channel."""

    RATE_LIMITED = "rate_limited"
    UNREACHABLE = "unreachable"  # certain: nothing was sent
    UNKNOWN = "unknown"  # it may have arrived
    REFUSED = "refused"  # for what it says
    CHANNEL = "channel"  # the channel cannot be posted to
    TOKEN = "token"  # noqa: S105 - the token is not accepted, or lacks a scope
    GONE = "gone"  # the message to change is not there any more


class DeliveryError(BotError):
    """A channel did not take a message, or may have. Only UNKNOWN leaves it open whether it arrived."""

"""Alerts on a terminal or in a log: the very message that Slack would get, drawn as text."""

from __future__ import annotations

import os
import re
import shutil
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TextIO

from bot.errors import DeliveryError, DeliveryReason, Fate
from bot.model import Message, Operation, Posted, Receipt, Verb

_MAX_WIDTH = 100
_BOLD, _DIM, _RESET = "\x1b[1m", "\x1b[2m", "\x1b[0m"
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069]")
_LINK = re.compile(r"<(https?://[^<>|]+)\|([^<>]*)>")
_DATE = re.compile(r"<!date\^[^<>|]*\|([^<>|]*)>")
_BARE = re.compile(r"<(https?://[^<>|]+)>")
_BOLD_TEXT = re.compile(r"(?<!\S)\*([^*\n]+)\*(?=[\s:,.;]|$)")
_NOTES = {Verb.UPDATE: "(changed) ", Verb.REPLY: "↳ ", Verb.DELETE: "(withdrawn) ", Verb.POST: ""}


class TerminalNotifier:
    """Draws each message on `stream`, once; what it drew it cannot find again.

    Colours only on a terminal without NO_COLOR; as wide as the terminal, at most 100 columns. Control characters of the
    content are removed before anything of ours is added, so that no text can drive the terminal.
    """

    def __init__(self, stream: TextIO, *, width: int | None = None, color: bool | None = None) -> None:
        tty = _is_tty(stream)
        self._stream = stream
        self._width = width or (min(shutil.get_terminal_size().columns, _MAX_WIDTH) if tty else _MAX_WIDTH)
        self._color = (tty and not os.environ.get("NO_COLOR")) if color is None else color

    def apply(self, operation: Operation) -> Receipt:
        """Draw the message of `operation`. Raises DeliveryError UNKNOWN if the stream fails: part of it may be out."""
        note = _NOTES[operation.verb]
        text = render(operation.message, width=self._width, color=self._color, note=note)
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        try:
            self._stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
            self._stream.flush()
        except (OSError, ValueError) as error:
            raise DeliveryError(DeliveryReason.UNKNOWN, f"terminal: {type(error).__name__}", Fate.RETRY) from error
        started = operation.started_at or operation.created_at
        return Receipt(operation.channel, operation.target_ts or f"{started.timestamp():.6f}")

    def find(self, operation: Operation) -> Sequence[Receipt]:  # noqa: ARG002 - the seam's shape
        """Return nothing: a terminal cannot be read back."""
        return ()

    def recent(self, channel: str, since: datetime) -> Sequence[Posted]:  # noqa: ARG002 - the seam's shape
        """Return nothing: a terminal cannot be read back."""
        return ()


def render(message: Message, *, width: int = _MAX_WIDTH, color: bool = False, note: str = "") -> str:
    """Return `message` as lines of at most `width` columns, links and words that do not break excepted."""
    if not message.blocks:
        return "\n".join(_wrap(_plain(note + message.text, color=color), width, "", ""))
    lines: list[str] = []
    for number, (kind, markup) in enumerate(_texts(message.blocks)):
        lines += _drawn(kind, note + markup if number == 0 else markup, width, color=color, first=number == 0)
    return "\n".join(lines)


def _texts(blocks: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield kind and mrkdwn of everything in `blocks` that is text."""
    for block in blocks:
        if block["type"] in ("section", "header") and "text" in block:
            yield block["type"], block["text"]["text"]
        if block["type"] == "table":
            yield "section", _table([[str(cell.get("text", "")) for cell in row] for row in block["rows"]])
        for element in (*block.get("fields", ()), *block.get("elements", ())):
            if isinstance(element.get("text"), str):
                yield block["type"], element["text"]


def _table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as lines whose columns stand below each other, all but the first to the right."""
    widths = [max(columns(cell) for cell in column) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            " " * (width - columns(cell)) * (number > 0) + cell + " " * (width - columns(cell)) * (number == 0)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def _drawn(kind: str, markup: str, width: int, *, color: bool, first: bool) -> Iterator[str]:
    margin = "● " if first else "  "
    for line in markup.split("\n"):
        quoted = line.startswith("> ")
        text = _plain(line.removeprefix("> "), color=color)
        prefix = margin + ("│ " if quoted else "")
        rest = "  " + ("│ " if quoted else "")
        for drawn in _wrap(text, width, prefix, rest):
            yield f"{_DIM}{drawn}{_RESET}" if color and kind == "context" else drawn
        margin = "  "


def _plain(markup: str, *, color: bool) -> str:
    """Return mrkdwn as readable text: links with their address, dates and entities as words."""
    text = _CONTROL.sub("", markup)
    text = _DATE.sub(r"\1", _LINK.sub(_linked, text))
    text = _BARE.sub(r"\1", text)
    text = _BOLD_TEXT.sub(rf"{_BOLD}\1{_RESET}" if color else r"\1", text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _linked(match: re.Match[str]) -> str:
    address, label = match.groups()
    return address if label in address else f"{label} ({address})"


def _wrap(text: str, width: int, first: str, rest: str) -> list[str]:
    """Break `text` at spaces, and between wide characters, so that no line is wider than `width` where that can be."""
    lines, line, used = [], first, columns(first)
    start = True
    for word in _words(text):
        size = columns(word)
        if not start and used + size > width and word.strip():
            lines.append(line.rstrip())
            line, used, start = rest, columns(rest), True
        if start and not word.strip():
            continue
        line, used, start = line + word, used + size, False
    return [*lines, line.rstrip()]


def _words(text: str) -> list[str]:
    """Split into runs of spaces, wide characters one by one, and words."""
    return re.findall(
        r"\s+|[\u2e80-\u9fff\uac00-\ud7af\uff00-\uff60\U00020000-\U0003ffff]|[^\s\u2e80-\u9fff\uac00-\ud7af\uff00-\uff60\U00020000-\U0003ffff]+",
        text,
    )


_ANSI = re.compile(r"\x1b\[\d+m")


def columns(text: str) -> int:
    """Return how many columns of a terminal `text` takes: two for wide characters, none for marks and colours."""
    return sum(_columns(c) for c in _ANSI.sub("", text))


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def _is_tty(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False

"""YAML text -> plain values and the line of each, refusing whatever makes YAML dangerous or surprising.

Anchors, aliases, tags, duplicate keys, second documents, deep nesting and large files are refused.
Plain scalars follow YAML 1.2: `no`, `on` and `12:30` are text, as is a date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from bot.errors import Problem

MAX_BYTES = 1_000_000
_MAX_DEPTH = 20
_MAX_NODES = 50_000
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Place = tuple[str | int, ...]


class _Loader(_Base):  # type: ignore[misc]
    """A safe loader that knows only null, true, false, integers and decimals beside text."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?(?:0|[1-9][0-9]{0,17})", list("-+0123456789")),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]{1,3})?", list("-+.0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), _first)


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML mapping as plain values. `places` maps the path of a key or list item to its line and column, from 1."""

    values: dict[str, Any]
    places: dict[Place, tuple[int, int]]
    problems: tuple[Problem, ...] = ()

    def place(self, path: Place) -> tuple[int, int]:
        """Return the line and column of `path`, or of the nearest thing above it."""
        return next((self.places[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self.places), (1, 1))

    def line(self, path: Place) -> int:
        """Return the line of `path`, or of the nearest thing above it."""
        return self.place(path)[0]


def read_document(data: bytes, name: str) -> Document:
    """Return what `data` says; `problems` holds what was refused, with `name` as the file."""
    try:
        root = _composed(_decoded(data))
    except _Refused as error:
        return Document({}, {}, (Problem(error.line, "", str(error), name, error.column),))
    if root is None:
        return Document({}, {})
    walk = _Walk(name)
    values = walk.value(root, ())
    return Document(values, walk.places, tuple(walk.problems))


def dotted(path: Place) -> str:
    """Write a path as `feeds[3].url`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


class _Refused(Exception):  # noqa: N818 - never leaves this file
    def __init__(self, line: int, message: str, column: int = 0) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


def _decoded(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise _Refused(0, f"is larger than {MAX_BYTES:,} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        told = f"is not UTF-8: byte {data[error.start]:#04x} at offset {error.start}; save the file as UTF-8"
        raise _Refused(line, told) from None


def _composed(text: str) -> yaml.MappingNode | None:
    """Return the root, None if there is none. What the second pass builds is small, for the first has looked."""
    try:
        _refuse_dangers(yaml.parse(text, Loader=_Loader))
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        told = " ".join(part for part in (error.context, error.problem) if part)
        if mark and error.context_mark and error.context_mark.line != mark.line:
            told += f", begun on line {error.context_mark.line + 1}"
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise _Refused(line, f"is no valid YAML: {_plainer(text, mark, told)}", column) from None
    except yaml.reader.ReaderError as error:
        raise _Refused(text[: error.position].count("\n") + 1, "holds a control character") from None
    except yaml.YAMLError as error:
        raise _Refused(1, f"is no valid YAML: {error}") from None
    if root is not None and not isinstance(root, yaml.MappingNode):
        raise _Refused(root.start_mark.line + 1, "should hold `key: value` lines")
    return root


def _plainer(text: str, mark: Any, told: str) -> str:
    """Add what most often stands behind a syntax error."""
    lines = text.splitlines()
    line = lines[mark.line] if mark and mark.line < len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return f"{told} (a tab: indent with spaces)"
    if "mapping values are not allowed" in told:
        return f"{told} (indent keys like their neighbours; put text that holds `: ` in quotes)"
    if "cannot start any token" in told and line[mark.column : mark.column + 1]:
        return f"{told} ({line[mark.column]}: put text that begins with it in quotes)"
    return told


def _refuse_dangers(events: Iterator[yaml.Event]) -> None:
    depth = nodes = documents = 0
    for event in events:
        line, column = _at(event) if event.start_mark else (1, 1)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _Refused(line, "uses an anchor (&) or alias (*): put text that begins with these in quotes", column)
        if getattr(event, "tag", None):
            raise _Refused(line, "uses a tag (!): put text that begins with it in quotes", column)
        documents += isinstance(event, yaml.DocumentStartEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        nodes += isinstance(event, yaml.NodeEvent)
        if documents > 1:
            raise _Refused(line, "holds a second document (---)", column)
        if depth > _MAX_DEPTH:
            raise _Refused(line, f"is nested deeper than {_MAX_DEPTH} levels", column)
        if nodes > _MAX_NODES:
            raise _Refused(line, f"holds more than {_MAX_NODES:,} values", column)


def _at(node: Any) -> tuple[int, int]:
    """Return line and column, from 1, of a node or an event."""
    return node.start_mark.line + 1, node.start_mark.column + 1


class _Walk:
    """Turns nodes into values, noting places and duplicate keys on the way."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.places: dict[Place, tuple[int, int]] = {}
        self.problems: list[Problem] = []

    def value(self, node: yaml.Node, path: Place) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self.places[(*path, index)] = _at(item)
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: Place) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            place = _at(key_node)
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            here: Place = (*path, key or "?")
            if key is None:
                self._problem(place, path, "has a key that is no plain text")
            elif key in values:
                self._problem(place, here, f"stands twice; first on line {self.places[here][0]}: keep one")
            else:
                self.places[here] = place
                values[key] = self.value(value_node, here)
        return values

    def _problem(self, place: tuple[int, int], path: Place, message: str) -> None:
        self.problems.append(Problem(place[0], dotted(path), message, self.name, place[1]))


def _scalar(node: yaml.Node) -> object:
    kind = node.tag.rpartition(":")[2]
    if kind == "null":
        return None
    if kind == "bool":
        return node.value.lower() == "true"
    if kind in {"int", "float"}:
        return int(node.value) if kind == "int" else float(node.value)
    return node.value

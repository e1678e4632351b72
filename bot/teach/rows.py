"""Labelled rows: our own examples, which ship with the bot, and files of feedback. All are checked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from bot.errors import ConfigError, Problem
from bot.lexicon import Lexicon, parse
from bot.model import Kind, Status

_YES = {"yes": True, "no": False, "true": True, "false": False, True: True, False: False}


@dataclass(frozen=True, slots=True)
class Gold:
    """One move as a reader found it: names as the text writes them, None where it does not say."""

    person: str
    from_org: str | None = None
    to_org: str | None = None
    role: str | None = None
    status: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled text. `moves` is None where nobody gave them; `held` rows are measured, never tuned on."""

    id: str
    language: str
    title: str
    body: str
    label: bool
    kinds: frozenset[str] = frozenset()
    moves: tuple[Gold, ...] | None = ()
    held: bool = False


def examples() -> tuple[Row, ...]:
    """Return our own stories of bot/lexicon/examples, the held ones too. Raises ConfigError with file and key."""
    folder = files("bot.lexicon") / "examples"
    found: list[Row] = []
    for place, held in ((folder, False), (folder / "held", True)):
        for file in sorted(place.iterdir(), key=lambda f: f.name):
            if file.name.endswith(".yaml"):
                found += _examples(file.name, file.read_text("utf-8"), held=held)
    return tuple(found)


def _examples(name: str, text: str, *, held: bool) -> Iterator[Row]:
    data = parse(name, text)
    for index, raw in enumerate(data["examples"]):
        yield _row(raw, data["lang"], f"examples[{index}]", name, held=held)


def lexicon_examples(lexicon: Lexicon) -> Iterator[Row]:
    """Yield the examples that the language files carry, in the form of rows. They leave statuses and roles unsaid."""
    for code, language in lexicon.languages.items():
        for index, example in enumerate(language.tests):
            label = bool(example.moves) if example.label is None else example.label
            moves = tuple(Gold(person, source, goal) for person, source, goal in example.moves)
            yield Row(f"{code}-test-{index}", code, example.text, "", label, moves=moves)


def from_file(path: Path) -> tuple[Row, ...]:
    """Return the rows of a JSONL file: id, title, text (or body), lang, label, and where known kinds and moves.

    Rows whose label is null are left out. Raises ConfigError naming file, line and key.
    """
    rows = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            raw = json.loads(line)
        except ValueError as error:
            raise ConfigError((Problem(number, "", f"is no JSON: {error}", path.name),)) from error
        if not isinstance(raw, dict):
            raise ConfigError((Problem(number, "", "must be an object", path.name),))
        if raw.get("label") is not None:
            rows.append(_row(raw, str(raw.get("lang") or ""), "", path.name, line=number))
    return tuple(rows)


def _row(raw: Mapping[str, Any], language: str, key: str, name: str, *, held: bool = False, line: int = 0) -> Row:
    def fail(what: str, message: str) -> ConfigError:
        return ConfigError((Problem(line, f"{key}.{what}".strip("."), message, name),))

    for needed in ("id", "title"):
        if not isinstance(raw.get(needed), str) or not raw[needed].strip():
            raise fail(needed, "must be a text")
    if raw.get("label") not in _YES:
        raise fail("label", f"{raw.get('label')!r} is neither yes nor no")
    kinds = frozenset(str(kind) for kind in raw.get("kinds") or ())
    if unknown := kinds - {kind.value for kind in Kind}:
        raise fail("kinds", f"{min(unknown)!r} is no kind")
    moves = raw.get("moves", ())
    gold = None if moves is None else tuple(_gold(move, fail) for move in moves)
    body = str(raw.get("body") or raw.get("text") or "")
    return Row(raw["id"], language, raw["title"], body, _YES[raw["label"]], kinds, gold, held)


def _gold(move: Any, fail: Any) -> Gold:
    if not isinstance(move, dict) or not move.get("person"):
        raise fail("moves", "each needs a person")
    status = str(move.get("status") or "")
    if status and status not in {s.value for s in Status}:
        raise fail("moves", f"{status!r} is no status")
    return Gold(str(move["person"]), move.get("from") or None, move.get("to") or None, move.get("role") or None, status)

"""Labelled rows: our own examples, which ship with the bot, and files of feedback. All are checked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from bot.errors import ConfigError, Problem
from bot.lexicon import Lexicon, parse
from bot.model import Feedback, FeedbackKind, Kind, Status

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
    whole = _Place(name)
    for index, raw in enumerate(whole.rows(data, "examples")):
        yield _row(raw, whole.text(data, "lang"), _Place(name, key=f"examples[{index}]"), held=held)


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
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError((Problem(0, "", f"cannot be read: {error}", path.name),)) from error
    rows = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            raw = json.loads(line)
        except ValueError as error:
            raise ConfigError((Problem(number, "", f"is no JSON: {error}", path.name),)) from error
        place = _Place(path.name, number)
        if not isinstance(raw, dict):
            raise place.fault("", "must be an object")
        if raw.get("label") is not None:
            rows.append(_row({"moves": None, **raw}, place.text(raw, "lang"), place))
    return tuple(rows)


_LABELS = {FeedbackKind.NOT_RELEVANT: False, FeedbackKind.RELEVANT: True, FeedbackKind.MISSED: True}


def from_feedback(said: Iterable[Feedback]) -> tuple[Row, ...]:
    """Return what readers said of articles as rows: one for each article, labelled as most of them say.

    Those that no feed has shown, and those on which readers are evenly split, are left out.
    """
    votes: dict[str, list[Feedback]] = {}
    for one in said:
        if one.kind in _LABELS and one.title:
            votes.setdefault(one.url or one.about, []).append(one)
    found = []
    for key, given in votes.items():
        balance = sum(1 if _LABELS[one.kind] else -1 for one in given)
        if balance:
            last = given[-1]
            found.append(Row(key, last.language, last.title, last.text, balance > 0, moves=None))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a row stands, for what is wrong with it."""

    file: str
    line: int = 0
    key: str = ""

    def fault(self, key: str, message: str) -> ConfigError:
        return ConfigError((Problem(self.line, f"{self.key}.{key}".strip("."), message, self.file),))

    def text(self, raw: Mapping[str, Any], key: str) -> str:
        """Return the text under `key`, "" where there is none."""
        value = raw.get(key)
        if value is not None and not isinstance(value, str):
            raise self.fault(key, "must be a text")
        return value or ""

    def rows(self, raw: Mapping[str, Any], key: str) -> list[Any]:
        value = raw.get(key) or []
        if not isinstance(value, list):
            raise self.fault(key, "must be a list")
        return value


def _row(raw: Mapping[str, Any], language: str, place: _Place, *, held: bool = False) -> Row:
    for needed in ("id", "title"):
        if not place.text(raw, needed).strip():
            raise place.fault(needed, "must be a text")
    label = raw.get("label")
    if not isinstance(label, bool | str) or label not in _YES:
        raise place.fault("label", f"{label!r} is neither yes nor no")
    kinds = frozenset(str(kind) for kind in place.rows(raw, "kinds"))
    if unknown := kinds - {kind.value for kind in Kind}:
        raise place.fault("kinds", f"{min(unknown)!r} is no kind")
    unsaid = "moves" in raw and raw["moves"] is None
    moves = None if unsaid else tuple(_gold(move, place) for move in place.rows(raw, "moves"))
    body = place.text(raw, "body") or place.text(raw, "text")
    return Row(raw["id"], language, raw["title"], body, _YES[label], kinds, moves, held)


def _gold(move: Any, place: _Place) -> Gold:
    if not isinstance(move, dict) or not place.text(move, "person"):
        raise place.fault("moves", "each needs a person")
    status = place.text(move, "status")
    if status and status not in {s.value for s in Status}:
        raise place.fault("moves", f"{status!r} is no status")
    source, goal, role = (place.text(move, key) or None for key in ("from", "to", "role"))
    return Gold(place.text(move, "person"), source, goal, role, status)

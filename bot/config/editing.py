"""Changes config.yaml for its writer: comments, order and layout stay.

An `Edit` is planned first, so that what it would do can be shown, and then written, or printed where it cannot be.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from difflib import ndiff
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.tokens import CommentToken

from bot.config.loading import examine, judged
from bot.config.models import Config
from bot.config.packs import address_key
from bot.errors import ConfigError, Problem
from bot.text import fold


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to become of the file at `path`, below `key`: its new text, and what it means before and after."""

    path: Path
    key: str
    before: str
    text: str
    old: Config
    new: Config

    def lines(self) -> list[str]:
        """Return the lines that come and go, with + and - before them."""
        pairs = ndiff(self.before.splitlines(), self.text.splitlines())
        return [line.rstrip() for line in pairs if line[:2] in ("+ ", "- ") and line[2:].strip()]

    def write(self) -> None:
        """Put the new file in the place of the old one. Raises ConfigError where it cannot be written."""
        _replace(self.path, self.text)


@dataclass(frozen=True, slots=True)
class Wish:
    """An entry for the watchlist. `group` is organisations, people or keywords."""

    group: str
    name: str
    aliases: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    weight: float = 1.0


def watch(path: Path, wish: Wish) -> Edit | None:
    """Plan an entry of the watchlist; of one that is there already, what is new. None if nothing is.

    Raises ConfigError if the file is wrong or would be.
    """
    yaml, document = _opened(path)
    listed: Any = (document.get("watchlist") or {}).get(wish.group) or ()
    place = _place(listed, wish.name, "name")
    item = {"name": wish.name} if place is None else _as_map(listed[place], "name")
    _add_to(item, "aliases", wish.aliases)
    _add_to(item, "not", wish.hides)
    if wish.weight != item.get("weight", 1.0):
        item["weight"] = int(wish.weight) if wish.weight.is_integer() else wish.weight
    if place is None:
        entry = item["name"] if set(item) == {"name"} else _mapping(**item)
        _added(document, ("watchlist", wish.group), [entry])
    elif set(item) != {"name"}:
        listed[place] = item if isinstance(item, CommentedMap) else _mapping(**item)
    return _edit(path, f"watchlist.{wish.group}", yaml, document)


def unwatch(path: Path, name: str) -> Edit | None:
    """Plan to take an entry out of the watchlist, by its name in any case; None if there is none."""
    yaml, document = _opened(path)
    for group in ("organisations", "people", "keywords"):
        listed = (document.get("watchlist") or {}).get(group) or ()
        if (place := _place(listed, name, "name")) is not None:
            _removed(document["watchlist"], group, place)
            return _edit(path, f"watchlist.{group}", yaml, document)
    return None


def mute(path: Path, what: str, until: str = "") -> Edit | None:
    """Plan a mute; one that is there already gets the new end. None if nothing changes."""
    yaml, document = _opened(path)
    listed: Any = document.get("mute") or ()
    place = _place(listed, what, "what")
    end = _day(until)
    if place is None:
        _added(document, ("mute",), [_mapping(what=what, until=end) if until else _mapping(what=what)])
    elif until:
        listed[place]["until"] = end
    else:
        listed[place].pop("until", None)
    return _edit(path, "mute", yaml, document)


def unmute(path: Path, what: str) -> Edit | None:
    """Plan to take a mute out; None if there is none."""
    yaml, document = _opened(path)
    if (place := _place(document.get("mute") or (), what, "what")) is None:
        return None
    _removed(document, "mute", place)
    return _edit(path, "mute", yaml, document)


def add_feeds(path: Path, feeds: Sequence[tuple[str, str]]) -> list[str]:
    """Write feeds, given as address and name ("" for none), behind those in `path`; returns the addresses that are new.

    Raises ConfigError, and changes nothing, if the file is wrong or would be.
    """
    yaml, document = _opened(path)
    listed = document.get("feeds")
    known = {address_key(_url(item)) for item in listed or ()}
    new = [(url, name) for url, name in dict(feeds).items() if address_key(url) not in known]
    if not new:
        return []
    _added(document, ("feeds",), [_mapping(url=url, name=name) if name else url for url, name in new])
    _saved(path, yaml, document)
    return [url for url, _ in new]


def remove_feed(path: Path, url: str) -> bool:
    """Take a feed out of `path`; False if it does not stand there. Raises ConfigError as `add_feeds` does."""
    yaml, document = _opened(path)
    listed = document.get("feeds")
    if not isinstance(listed, CommentedSeq):
        return False
    place = next((n for n, item in enumerate(listed) if address_key(_url(item)) == address_key(url)), None)
    if place is None:
        return False
    _removed(document, "feeds", place)
    _saved(path, yaml, document)
    return True


def tuned(path: Path, weights: Mapping[str, float], mutes: Sequence[str]) -> tuple[str, str]:
    """Return the text of `path`, and the text with new weights for entries of its watchlist and with further mutes.

    Writes nothing. Raises ConfigError if the file is wrong.
    """
    yaml, document = _opened(path)
    lists = document.get("watchlist") or {}
    for kind in ("organisations", "people", "keywords"):
        listed: Any = lists.get(kind) or []
        for place, item in enumerate(listed):
            name = str(item.get("name") if isinstance(item, dict) else item)
            if name in weights and isinstance(item, dict):
                item["weight"] = weights[name]
            elif name in weights:
                listed[place] = _mapping(name=name, weight=weights[name])
    for what in mutes:
        if document.get("mute"):
            _appended(document["mute"], [_mapping(what=what)])
        else:
            document["mute"] = [_mapping(what=what)]
    text = StringIO()
    yaml.dump(document, text)
    return path.read_text("utf-8-sig"), text.getvalue()


def edited(path: Path, text: str) -> Config:
    """Return the configuration that `text` would be in the place of `path`. Raises ConfigError if it is wrong."""
    report = judged(text.encode(), path, feedless=True)
    if report.config is None:
        raise ConfigError(report.errors)
    return report.config


def accept(path: Path, text: str) -> None:
    """Put `text` in the place of what stands in `path`. Raises ConfigError, and changes nothing, if it is wrong."""
    _replace(path, text)


def _opened(path: Path) -> tuple[YAML, Any]:
    report = examine(path, feedless=True)
    if report.config is None:
        raise ConfigError(report.errors)
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 10_000
    yaml.brace_single_entry_mapping_in_flow_sequence = True  # [{what: y}] stays as it is
    text = path.read_text("utf-8-sig")
    indent = _dash_indent(text.splitlines())
    yaml.indent(mapping=2, sequence=indent + 2, offset=indent)
    return yaml, yaml.load(text) or {}


def _dash_indent(lines: Sequence[str]) -> int:
    """Return how far the dashes of lists stand to the right of the key above them, as the first list has it."""
    above = 0
    for line in lines:
        indent, text = len(line) - len(line.lstrip()), line.strip()
        if text.startswith("- "):
            return indent - above
        if text and not text.startswith("#"):
            above = indent
    return 2


def _mapping(**values: Any) -> CommentedMap:
    """Return a mapping that stands on one line."""
    item = CommentedMap()
    for key, value in values.items():
        item[key] = _in_a_row(value) if isinstance(value, list | tuple) else value
    item.fa.set_flow_style()
    return item


def _in_a_row(values: Sequence[Any]) -> CommentedSeq:
    row = CommentedSeq(values)
    row.fa.set_flow_style()
    return row


def _as_map(item: Any, key: str) -> Any:
    return item if isinstance(item, CommentedMap) else {key: item}


def _add_to(item: Any, key: str, texts: Sequence[str]) -> None:
    """Add to the list at `key` what does not stand there yet."""
    have = list(item.get(key) or ())
    new = [text for text in dict.fromkeys(texts) if text not in have]
    if new and isinstance(item.get(key), CommentedSeq) and have:
        _appended(item[key], new)
    elif new:
        item[key] = _in_a_row(new)


def _place(listed: Sequence[Any], name: str, key: str) -> int | None:
    names = [item.get(key) if isinstance(item, dict) else item for item in listed]
    return next((n for n, each in enumerate(names) if isinstance(each, str) and fold(each) == fold(name)), None)


def _day(until: str) -> date | str:
    """Return a day as such, so that it is written without quotes."""
    try:
        return date.fromisoformat(until) if len(until) == len("2026-12-31") else until
    except ValueError:
        return until


def _added(mapping: CommentedMap, keys: Sequence[str], items: list[Any]) -> None:
    """Put items at the end of the list that `keys` lead to, and make on the way there what is missing."""
    key, *further = keys
    if further and mapping.get(key):
        _added(mapping[key], further, items)
    elif not further and mapping.get(key):
        _appended(mapping[key], items)
    else:
        value: Any = CommentedSeq(items)
        for name in reversed(further):
            value = CommentedMap({name: value})
        _set(mapping, key, value)


def _set(mapping: CommentedMap, key: str, value: Any) -> None:
    """Give an empty or new key a value; what follows it, or the mapping, stays where it is."""
    if mapping.fa.flow_style() or not mapping:
        mapping[key] = value
        return
    comments, last, slot = (mapping.ca.items, key, 2) if key in mapping else _tail(mapping)
    kept, moved = _parted(comments.pop(last, None), slot)
    if kept is not None:
        comments[last] = kept
    mapping[key] = value
    if moved is not None:
        _hang(moved, value)


def _hang(comment: CommentToken, node: Any) -> None:
    """Put a comment behind the last line of a list or mapping."""
    comments, last, slot = _tail(node)
    comments[last] = [None] * 4
    comments[last][slot] = comment


def _url(item: Any) -> str:
    value = item.get("url", "") if isinstance(item, dict) else item
    return value if isinstance(value, str) else ""


def _appended(listed: CommentedSeq, items: list[Any]) -> None:
    """Put items at the end, before the comment and blank line that part the list from what follows it."""
    if not listed or listed.fa.flow_style():
        listed.extend(items)
        return
    comments, key, slot = _tail(listed)
    kept, moved = _parted(comments.pop(key, None), slot)
    if kept is not None:
        comments[key] = kept
    listed.extend(items)
    if moved is not None:
        _hang(moved, listed)


def _removed(mapping: CommentedMap, key: str, place: int) -> None:
    """Take an item out of the list at `key`; what follows the list stays where it is."""
    listed = mapping[key]
    last = place == len(listed) - 1
    comments, at, slot = _tail(listed)
    _, moved = _parted(comments.get(at), slot) if last else (None, None)
    del listed[place]
    if not listed:
        _emptied(mapping, key, moved)
        return
    if moved is None:
        return
    comments, at, slot = _tail(listed)
    if (own := comments.get(at)) and own[slot] is not None:
        own[slot].value = own[slot].value.rstrip("\n") + moved.value
    else:
        _hang(moved, listed)


def _emptied(mapping: CommentedMap, key: str, moved: Any) -> None:
    """Write a list that has nothing left as [], with the comments above its first item and behind its last."""
    listed, own = mapping[key], mapping.ca.items.get(key) or [None] * 4
    above = "".join(f"{' ' * token.column}{token.value}" for token in own[3] or ())
    below = (moved.value.removeprefix("\n") if moved else "") + "".join(t.value for t in listed.ca.end or ())
    mapping[key] = _in_a_row(())
    if above or below:
        mark = moved.start_mark if moved else listed.ca.end[0].start_mark if listed.ca.end else own[3][0].start_mark
        head = own[2].value.rstrip("\n") if own[2] else ""
        mapping.ca.items[key] = [None, None, CommentToken(f"{head}\n{above}{below}", mark, mark), None]


def _tail(node: Any) -> tuple[Any, Any, int]:
    """Return where the comment after the last line of a list or mapping hangs: at it, or at what stands last in it."""
    last: Any = len(node) - 1 if isinstance(node, CommentedSeq) else list(node)[-1]
    inner = node[last]
    if isinstance(inner, CommentedMap | CommentedSeq) and inner and not inner.fa.flow_style():
        return _tail(inner)
    return node.ca.items, last, 0 if isinstance(node, CommentedSeq) else 2


def _parted(comment: Any, slot: int) -> tuple[Any, Any]:
    """Part what follows an item into the comment on its own line, and the token of the lines below it; either None."""
    token: Any = comment[slot] if comment else None
    own, newline, below = token.value.partition("\n") if token else ("", "", "")
    if not below:
        return comment, None
    rest = CommentToken("\n" + below, token.start_mark, token.end_mark)
    if not own:
        return None, rest
    mine = [*comment]
    mine[slot] = CommentToken(own + newline, token.start_mark, token.end_mark)
    return mine, rest


def _edit(path: Path, key: str, yaml: YAML, document: Any) -> Edit | None:
    """Return what `document` makes of the file, None if nothing. Raises ConfigError where that would be wrong."""
    text = StringIO()
    yaml.dump(document, text)
    before = path.read_text("utf-8-sig")
    if text.getvalue() == before:
        return None
    old, new = examine(path, feedless=True), judged(text.getvalue().encode(), path, feedless=True)
    if old.config is None or new.config is None:
        raise ConfigError(old.errors or new.errors)
    return Edit(path, key, before, text.getvalue(), old.config, new.config) if old.config != new.config else None


def _saved(path: Path, yaml: YAML, document: Any) -> None:
    edit = _edit(path, "feeds", yaml, document)
    if edit is not None:
        edit.write()


def _replace(path: Path, text: str) -> None:
    """Put a new text in the place of the old one, also behind a link, and in place where a mount forbids that.

    Raises ConfigError, and changes nothing, if it is wrong or cannot be written.
    """
    report = judged(text.encode(), path, feedless=True)
    if report.config is None:
        raise ConfigError(report.errors)
    real = path.resolve()
    made = real.with_name(f"{real.name}.new")
    try:
        try:
            made.write_text(text, "utf-8")
            made.chmod(real.stat().st_mode & 0o777)
            os.replace(made, real)  # noqa: PTH105 - the same in fewer words
        except OSError:
            real.write_text(text, "utf-8")
    except OSError as error:
        raise ConfigError((Problem(0, "", f"cannot be changed: {error.strerror}", str(path)),)) from error
    finally:
        with suppress(OSError):
            made.unlink(missing_ok=True)

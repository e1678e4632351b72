"""Changes config.yaml for its writer: comments, order and layout stay."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
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
    items: list[Any] = [_named(url, name) if name else url for url, name in new]
    if isinstance(listed, CommentedSeq) and listed:
        _appended(listed, items)
    else:
        document["feeds"] = items
    _write(path, yaml, document)
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
    _removed(listed, place)
    _write(path, yaml, document)
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
    text = path.read_text("utf-8-sig")
    dashes = [line for line in text.splitlines() if line.lstrip().startswith("- ")]
    indent = len(dashes[0]) - len(dashes[0].lstrip()) if dashes else 2
    yaml.indent(mapping=2, sequence=indent + 2, offset=indent)
    return yaml, yaml.load(text) or {}


def _named(url: str, name: str) -> CommentedMap:
    return _mapping(url=url, name=name)


def _mapping(**values: object) -> CommentedMap:
    item = CommentedMap(values)
    item.fa.set_flow_style()  # on one line
    return item


def _url(item: Any) -> str:
    value = item.get("url", "") if isinstance(item, dict) else item
    return value if isinstance(value, str) else ""


def _appended(listed: CommentedSeq, items: list[Any]) -> None:
    """Put items at the end, before the comment and blank line that part the list from what follows it."""
    comments, key, slot = _tail(listed)
    kept, moved = _parted(comments.pop(key, None), slot)
    if kept is not None:
        comments[key] = kept
    listed.extend(items)
    if moved is not None:
        listed.ca.items[len(listed) - 1] = [moved, None]


def _removed(listed: CommentedSeq, place: int) -> None:
    """Take an item out; what follows the list stays where it is."""
    last = place == len(listed) - 1
    comments, key, slot = _tail(listed)
    _, moved = _parted(comments.get(key), slot) if last else (None, None)
    del listed[place]
    if moved is None or not listed:
        return
    comments, key, slot = _tail(listed)
    if (own := comments.get(key)) and own[slot] is not None:
        own[slot].value = own[slot].value.rstrip("\n") + moved.value
    else:
        listed.ca.items[len(listed) - 1] = [moved, None]


def _tail(listed: CommentedSeq) -> tuple[Any, Any, int]:
    """Return where the comment after the last item hangs: at the list, or at the last key of a mapping in lines."""
    last = listed[-1]
    if isinstance(last, CommentedMap) and last and not last.fa.flow_style():
        return last.ca.items, list(last)[-1], 2
    return listed.ca.items, len(listed) - 1, 0


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


def _write(path: Path, yaml: YAML, document: Any) -> None:
    """Put the new file in the place of the old one, once it has shown to be right."""
    text = StringIO()
    yaml.dump(document, text)
    _replace(path, text.getvalue())


def _replace(path: Path, text: str) -> None:
    made = path.with_name(f"{path.name}.new")
    try:
        made.write_text(text, "utf-8")
        report = examine(made, feedless=True)
        if report.config is None:
            raise ConfigError(report.errors)
        made.chmod(path.stat().st_mode & 0o777)
        try:
            os.replace(made, path)  # noqa: PTH105 - the same in fewer words
        except OSError:  # a file that is mounted by itself cannot be replaced
            path.write_text(text, "utf-8")
    except OSError as error:
        raise ConfigError((Problem(0, "", f"cannot be changed: {error.strerror}", str(path)),)) from error
    finally:
        with suppress(OSError):
            made.unlink(missing_ok=True)

"""`watch` and `mute`: what is in force and who said so, and edits of the file that are shown before they are made."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from bot.adapters.clock import SystemClock
from bot.adapters.store import SqliteStore
from bot.commands.listing import Row
from bot.config import Config, scrutinise, store_path
from bot.config.document import Document
from bot.config.doubts import doubts
from bot.config.editing import Edit
from bot.config.loading import judged
from bot.config.spellings import GROUPS, Known
from bot.config.watching import fingerprint
from bot.errors import ConfigError
from bot.lexicon import load as load_lexicon
from bot.model import Preference, PreferenceVerb, Subject
from bot.reloading import NOTED
from bot.talk.proposals import is_open
from bot.text import fold

KINDS = {"organisation": "organisations", "person": "people", "keyword": "keywords"}
_WORDS = {group: kind for kind, group in KINDS.items()}
BACK = timedelta(days=30)  # what an edit is tried on


def group_of(name: str, kind: str | None) -> str:
    """Return the list of the watchlist that `name` goes to: by `kind`, else as it is known, else organisations."""
    if kind:
        return KINDS[kind]
    found = Known.of(load_lexicon()).names.get(fold(name))
    return found[1] if found else "organisations"


# ---------------------------------------------------------------------------------------------- before an edit is made


def preview(edit: Edit, env: Mapping[str, str]) -> list[str]:
    """Return what an edit would write, what is doubtful about it, and what it would have changed."""
    return [*edit.lines(), *_new_doubts(edit), *_backtest(edit, env)]


def _new_doubts(edit: Edit) -> Iterator[str]:
    """Yield what `check` would say of the new file, and does not say of the old one."""
    now, lexicon, name = SystemClock().now(), load_lexicon(), str(edit.path)
    known = {problem.message for problem in scrutinise(edit.path, lexicon, now).warnings}
    document = judged(edit.text.encode(), edit.path, feedless=True).document
    for problem in doubts(document or Document({}, {}), name, lexicon, now):
        if problem.message not in known:
            yield f"warning  {problem}"


def _backtest(edit: Edit, env: Mapping[str, str]) -> Sequence[str]:
    """Return what the edit would have changed in what the store holds."""
    from bot.commands.backtest import compare

    now = SystemClock().now()
    return list(compare(store_path(edit.old, env), edit.old, edit.new, now - BACK, now).lines())


def put(edit: Edit) -> str:
    """Write an edit; returns "" or, where the file cannot be changed, what to do by hand."""
    try:
        edit.write()
    except ConfigError as error:
        return by_hand(edit, error.problems[0].message)
    return ""


def by_hand(edit: Edit, why: str) -> str:
    """Return the lines to paste, under the keys that they belong to."""
    told = [f"{edit.path} {why}. Put this into it by hand, under `{edit.key}`:"]
    told += [line[2:] for line in edit.lines() if line.startswith("+ ")]
    gone = [line[2:] for line in edit.lines() if line.startswith("- ")]
    return "\n".join([*told, *(["in the place of:", *gone] if gone else [])])


# ---------------------------------------------------------------------------------------------- what is in force


def watched(config: Config, path: Path, env: Mapping[str, str], *, known: bool = False) -> list[Row]:
    """Return whom the bot watches: by the file, by readers in Slack, and with `known` by what it comes with."""
    rows = list(_watched_by_file(config, path))
    asked = _preferences(config, env)
    rows += [_asked(one) for one in asked if one.verb is PreferenceVerb.FOLLOW]
    rows += [_proposed(one) for one in asked if is_open(one, config.watchlist)]
    if known:
        pairs = dict.fromkeys(Known.of(load_lexicon()).names.values())
        rows += [_row(_WORDS[group], name, "", "known anyway", None) for name, group in pairs]
    return rows


def _watched_by_file(config: Config, path: Path) -> Iterator[Row]:
    document = _document(path)
    for group in GROUPS:
        for index, entry in enumerate(getattr(config.watchlist, group)):
            facts = [f"also {', '.join(entry.aliases)}"] if entry.aliases else []
            facts += [f"not {', '.join(entry.not_)}"] if entry.not_ else []
            facts += [f"weight {entry.weight:g}"] if entry.weight != 1 else []
            source = f"{path}:{document.line(('watchlist', group, index))}"
            yield _row(_WORDS[group], entry.name, "; ".join(facts), source, None)


def muted(config: Config, path: Path, env: Mapping[str, str]) -> list[Row]:
    """Return what does not alert: by the file, also where it is over, and by readers in Slack."""
    document, now = _document(path), SystemClock().now()
    rows = [
        _row(
            "mute",
            mute.what,
            "over" if mute.until and mute.until <= now else "",
            f"{path}:{document.line(('mute', index))}",
            mute.until,
        )
        for index, mute in enumerate(config.mute)
    ]
    return rows + [_asked(one) for one in _preferences(config, env) if one.verb is PreferenceVerb.MUTE]


def in_force(config: Config, path: Path, env: Mapping[str, str]) -> str:
    """Say where the bot that runs goes by another state of the file than it is in now; "" where it does not."""
    noted = json.loads(_noted(config, env) or "null")
    if not noted or noted["hash"] == fingerprint(path.read_bytes()):
        return ""
    told = f"the bot went by another state of this file when it last ran: {noted['hash']}, since {noted['since'][:16]}"
    return f"{told}; an edit was refused, see talentwire health" if noted["refused"] else told


def _document(path: Path) -> Document:
    return judged(path.read_bytes(), path, feedless=True).document or Document({}, {})


def _noted(config: Config, env: Mapping[str, str]) -> str | None:
    place = store_path(config, env)
    if not place.is_file():
        return None
    store = SqliteStore(place, read_only=True)
    try:
        return store.noted(NOTED)
    finally:
        store.close()


def _preferences(config: Config, env: Mapping[str, str]) -> Sequence[Preference]:
    place = store_path(config, env)
    if not place.is_file():
        return ()
    store = SqliteStore(place, read_only=True)
    try:
        return store.preferences(SystemClock().now())
    finally:
        store.close()


def _asked(wish: Preference) -> Row:
    kind = "name" if wish.subject is Subject.ANY else str(wish.subject)
    return _row(kind, wish.label, f"in {wish.channel}", f"Slack, by {wish.by}", wish.until)


def _proposed(wish: Preference) -> Row:
    """Return the row of a name that a reader would have watched, or watched no more."""
    kind = "name" if wish.subject is Subject.ANY else str(wish.subject)
    facts = "not watched yet" if wish.verb is PreferenceVerb.WATCH else "to be watched no more"
    return _row(kind, wish.label, facts, f"Slack proposal, by {wish.by}", wish.until)


def _row(kind: str, name: str, facts: str, source: str, until: datetime | None) -> Row:
    end = f"until {until:%Y-%m-%d %H:%M} UTC" if until else "for good"
    line = f"{kind:<13} {name:<28} {end:<27} {source}" + (f"  ({facts})" if facts else "")
    return Row(
        line,
        {"kind": kind, "name": name, "facts": facts, "from": source, "until": until.isoformat() if until else None},
    )

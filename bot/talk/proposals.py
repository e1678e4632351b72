"""What readers would have on the watchlist: lines for whoever writes config.yaml, which nobody in Slack changes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from bot.alerts.markup import escape
from bot.config import Watchlist
from bot.model import Preference, PreferenceVerb
from bot.text import fold

LISTS = ("organisations", "people", "keywords")


def standing(watchlist: Watchlist, name: str) -> str:
    """Return which list of the watchlist holds `name`, "" for none."""
    wanted = fold(name)
    return next((kind for kind in LISTS if any(fold(one.name) == wanted for one in getattr(watchlist, kind))), "")


def is_open(wish: Preference, watchlist: Watchlist) -> bool:
    """Tell whether a wish is a proposal that the config does not fulfil yet."""
    if wish.verb is PreferenceVerb.WATCH:
        return not standing(watchlist, wish.what)
    return wish.verb is PreferenceVerb.UNWATCH and bool(standing(watchlist, wish.what))


def diff(wishes: Sequence[Preference], watchlist: Watchlist) -> str:
    """Return what config.yaml would have to become for all of `wishes`, as a diff of it; "" for nothing."""
    lines = dict.fromkeys(line for wish in wishes for line in _lines(wish, watchlist))
    sections: dict[str, list[str]] = {}
    for kind, line in lines:
        sections.setdefault(kind, []).append(line)
    if not sections:
        return ""
    known = any(getattr(watchlist, kind) for kind in LISTS)
    shown = ["  watchlist:" if known else "+ watchlist:"]
    for kind, changed in sections.items():
        shown += [f"{' ' if getattr(watchlist, kind) else '+'}   {kind}:", *changed]
    return "\n".join(shown)


def as_markup(diff: str) -> str:
    """Return a diff to be shown as it stands: only what somebody wrote in it is escaped."""
    parts = (_MARGIN.match(line) for line in diff.split("\n"))
    return "\n".join(f"{part[1]}{escape(part[2], limit=300)}" for part in parts if part)


_MARGIN = re.compile(r"([+-]? *(?:- )?)(.*)")


def _lines(wish: Preference, watchlist: Watchlist) -> Iterator[tuple[str, str]]:
    if not is_open(wish, watchlist):
        return
    quoted = json.dumps(wish.what, ensure_ascii=False)
    if wish.verb is PreferenceVerb.WATCH:
        yield ("people" if wish.subject == "person" else "organisations"), f"+     - {quoted}"
    else:
        yield standing(watchlist, wish.what), f"-     - {quoted}"

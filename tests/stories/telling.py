"""Items as the group command takes them, with invented people and firms, and what it makes of them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from bot.app import watch_of
from bot.commands.grouping import grouped
from bot.config import Config
from bot.moves.judge import Watch

FIRMS = ("Norvane AI", "Quillstone Labs", "Ostrea Robotics", "Kestrel Compute", "Palewater Systems", "Lumen Forge")


@cache
def config() -> Config:
    return Config.model_validate({"watchlist": {"organisations": list(FIRMS)}})


@cache
def watch() -> Watch:
    return watch_of(config())


def item(n: int, title: str, text: str = "", *, at: str = "2026-03-02T09:00", lang: str = "en", **more: Any) -> dict:
    """Return item number `n`; its outlet and owner are its own unless given."""
    outlet = more.pop("outlet", f"Gazette {n}")
    return {
        "id": f"i{n}",
        "title": title,
        "text": text,
        "lang": lang,
        "published": f"{at}:00Z",
        "outlet": outlet,
        "owner": more.pop("owner", outlet),
        "url": more.pop("url", f"https://gazette{n}.example/{n}"),
        **more,
    }


def tell(items: Iterable[dict]) -> list[dict]:
    """Return the state after each of `items`."""
    return list(grouped(items, config(), watch()))


def stories(out: Iterable[dict]) -> set[frozenset[str]]:
    """Return the groups of ids that belong together."""
    groups: dict[str, set[str]] = {}
    for row in out:
        groups.setdefault(row["story"], set()).add(row["id"])
    return {frozenset(group) for group in groups.values()}

"""A watchlist as the classifier asks for one, without a configuration around it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Name:
    """One entry."""

    name: str
    aliases: tuple[str, ...] = ()
    not_: tuple[str, ...] = ()
    weight: float = 1.0


@dataclass(frozen=True)
class Names:
    """All entries."""

    organisations: tuple[Name, ...] = ()
    people: tuple[Name, ...] = ()
    keywords: tuple[Name, ...] = ()

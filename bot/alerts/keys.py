"""What a message is found by again: its key, and hashes of the facts it told.

Both stand in the metadata of every message we post, where they outlive our database; so none of this may ever change:
docs/slack-metadata.md.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from bot.model import Message, Move, OperationKey, StoryId, digest

EVENT_TYPE = "talentwire_alert"
VERSION = 1
MAX_FACTS = 10
FACT_LENGTH = 12
FIRST_RUN = StoryId("first run")  # stands for the stories of the message that ends the first run


def operation_key(story_id: StoryId, channel: str, kind: str) -> OperationKey:
    """Return the key of what `channel` gets told of a story: 32 hex digits.

    `kind` tells apart the messages that one story may cause there: "alert", "missed", an update's revision.
    """
    return OperationKey(digest(story_id, channel, kind))


def move_fact(person: str, from_org: str | None, to_org: str | None) -> str:
    """Return the hash of a move, 12 hex digits; the case, width and spacing of the names do not matter."""
    names = (_folded(name or "") for name in (person, from_org, to_org))
    return digest("move", *names, length=FACT_LENGTH)


def link_fact(canonical_url: str) -> str:
    """Return the hash of a page, 12 hex digits; http and https are one page."""
    _, mark, rest = canonical_url.partition("://")
    return digest("link", rest if mark else canonical_url, length=FACT_LENGTH)


def facts(moves: Sequence[Move], canonical_urls: Sequence[str]) -> tuple[str, ...]:
    """Return the hashes of what a message tells, at most ten: pages first, then moves, none twice."""
    links = [link_fact(url) for url in canonical_urls if url]
    told = [move_fact(move.person, move.from_org, move.to_org) for move in moves]
    return tuple(dict.fromkeys(links[: MAX_FACTS // 2] + told + links[MAX_FACTS // 2 :]))[:MAX_FACTS]


def metadata(key: OperationKey, told: Sequence[str]) -> Mapping[str, Any]:
    """Return the metadata of a message: `facts` is one string, since a list of strings is no documented value."""
    return {
        "event_type": EVENT_TYPE,
        "event_payload": {"k": key, "v": VERSION, "facts": " ".join(told[:MAX_FACTS])},
    }


def key_of(message: Message) -> OperationKey:
    """Return the key that a message carries. Raises KeyError for one that carries none."""
    return OperationKey(message.metadata["event_payload"]["k"])


def facts_of(message: Message) -> tuple[str, ...]:
    """Return the hashes of the facts that a message carries."""
    return tuple(str(message.metadata.get("event_payload", {}).get("facts", "")).split())


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).split())

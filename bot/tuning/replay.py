"""What would have been sent -> messages that say so themselves, and that nothing of ours takes for an alert."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from bot.alerts.markup import escape
from bot.model import Message, Operation, OperationKey, Verb, digest

EVENT_TYPE = "talentwire_replay"  # of no alert: what looks for ours passes it by


def replayed(operations: Iterable[Operation], channel: str) -> Iterator[Operation]:
    """Yield what tells something as operations in `channel`, marked; a reply stays in the thread of what it answers.

    Changes in place are left out: each message is shown as it would first have been read. None is in the outbox.
    """
    known: set[OperationKey] = set()
    for one in operations:
        if one.verb not in (Verb.POST, Verb.REPLY):
            continue
        key = OperationKey(digest("replay", one.key, channel))
        target = OperationKey(digest("replay", one.target, channel)) if one.target else OperationKey("")
        threaded = target in known
        known.add(key)
        yield replace(
            one,
            key=key,
            channel=channel,
            verb=Verb.REPLY if threaded else Verb.POST,
            message=marked(one, key),
            target=target if threaded else "",
            target_ts="",
            broadcast=one.broadcast and threaded,
        )


def marked(one: Operation, key: OperationKey) -> Message:
    """Return the message of an operation that says, in its text and at its head, that it is a replay."""
    at = f"{one.created_at:%Y-%m-%d %H:%M} UTC"
    words = f"Replay: would have been sent on {at}" + (f" to {one.channel}" if one.channel else "")
    head = {
        "type": "context",
        "elements": [{"type": "mrkdwn", "text": f"*{escape(words, limit=200)}*", "verbatim": True}],
    }
    return Message(
        text=f"[Replay of {at}] {one.message.text}",
        blocks=(head, *one.message.blocks),
        metadata={"event_type": EVENT_TYPE, "event_payload": {"replay": key, "v": 1}},
    )

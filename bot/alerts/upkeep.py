"""One story, one message, kept true: what is owed to the channels that were told of a story when it changes. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from bot import forgetting
from bot.alerts.keys import key_of, operation_key
from bot.config import Manner, Updates
from bot.forgetting import KeptOut
from bot.model import Action, Message, Operation, OperationState, StoryId, Verb

ALERT = "alert"  # the kind of the message that tells a story, in its key


def own_messages(operations: Iterable[Operation], story_id: StoryId) -> Mapping[str, Operation]:
    """Return by channel the operation whose message tells the story, of those that were not given up."""
    return {
        one.channel: one
        for one in operations
        if one.key == operation_key(story_id, one.channel, ALERT) and one.state is not OperationState.DEAD
    }


def thread_of(operations: Iterable[Operation], channel: str) -> str:
    """Return the key of the first message of a saga in `channel`, "" if there is none: its thread takes the rest."""
    posts = (one for one in operations if one.channel == channel and one.verb is Verb.POST)
    return next((one.key for one in posts if one.state is not OperationState.DEAD), "")


def manner_of(action: Action, updates: Updates, *, muted: bool = False, follows: bool = False) -> Manner:
    """Return how a channel wants to see what an article did to a story that it knows.

    Of one that it muted it hears nothing, though its message stays true; of one that it follows, all.
    """
    wishes = {Action.BROADCAST: updates.change, Action.REPLY: updates.fact, Action.EDIT: updates.source}
    wish = wishes.get(action, Manner.NONE)
    if muted:
        return Manner.NONE if wish is Manner.NONE else Manner.EDIT
    return Manner.THREAD if follows and wish in (Manner.NONE, Manner.EDIT) and action in wishes else wish


def opening(message: Message, story_id: StoryId, channel: str, thread: str, manner: Manner, now: datetime) -> Operation:
    """Return the operation that tells a new story: a message of its own, or in the thread of its saga."""
    threaded = bool(thread) and manner in (Manner.THREAD, Manner.BROADCAST)
    return Operation(
        key=key_of(message),
        channel=channel,
        verb=Verb.REPLY if threaded else Verb.POST,
        story_id=story_id,
        message=message,
        created_at=now,
        due_at=now,
        target=thread if threaded else "",
        broadcast=threaded and manner is Manner.BROADCAST,
    )


def upkeep(
    own: Operation, manner: Manner, parent: Message, said: Message | None, revision: str, now: datetime
) -> Sequence[Operation]:
    """Return what brings the message of `own` up to date, and what is said about it.

    `parent` is the message as it shall read now, `said` what is new. `revision` tells one update from the next.
    """
    if manner is Manner.NONE:
        return ()
    update = Operation(
        key=operation_key(own.story_id, own.channel, f"update {revision}"),
        channel=own.channel,
        verb=Verb.UPDATE,
        story_id=own.story_id,
        message=parent,
        created_at=now,
        due_at=now,
        target=own.key,
    )
    if said is None or manner is Manner.EDIT:
        return (update,)
    thread = own.key if own.verb is Verb.POST else own.target
    return (update, opening(said, own.story_id, own.channel, thread, manner, now))


def said_below(
    said: Message, story_id: StoryId, channel: str, thread: str, manner: Manner, now: datetime
) -> Sequence[Operation]:
    """Return what says something of a story that stood in a digest, whose key is `thread`: its line stays as it is."""
    if manner in (Manner.NONE, Manner.EDIT):
        return ()
    return (opening(said, story_id, channel, thread, manner, now),)


def withdrawals(
    operations: Iterable[Operation], gone: Collection[StoryId], out: KeptOut, now: datetime
) -> Sequence[Operation]:
    """Return what takes forgotten people out of the channels.

    Messages that name them are deleted where their story goes (`gone`), else the names are blacked out.
    """
    owed = []
    for one in operations:
        without = forgetting.message_without(one.message, out)
        if one.verb not in (Verb.POST, Verb.REPLY) or one.state is OperationState.DEAD or without == one.message:
            continue
        verb = Verb.DELETE if one.story_id in gone else Verb.UPDATE
        owed.append(
            Operation(
                key=operation_key(one.story_id, one.channel, f"forget {one.key} {out.fingerprint}"),
                channel=one.channel,
                verb=verb,
                story_id=one.story_id,
                message=Message("") if verb is Verb.DELETE else without,
                created_at=now,
                due_at=now,
                target=one.key,
            )
        )
    return owed

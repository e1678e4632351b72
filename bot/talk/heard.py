"""What Slack sends over the socket -> what a reader did. Everything in it may be missing, or of another type."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.alerts.buttons import story_of
from bot.text import one_line

COMMAND = "/talentwire"
REPORT = "report_missed"  # the message shortcut's callback_id
FIX = "fix"  # the dialog's callback_id
HOME = "app_home"
WRITTEN = "value"  # the action_id of what is written into a dialog
_HOME_BLOCK = "home."  # then the channel that a button on the home page is for
_LINK = re.compile(r"<(https?://[^<>|\s]+)(?:\|[^<>]*)?>|(https?://[^<>|\s]+)")
_REFERENCE = re.compile(r"<(?:https?://)?([^<>|]*)(?:\|([^<>]*))?>")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_MAX_WORDS = 1_000


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing that a reader did: `verb` says what, `user` and `channel` are Slack's ids.

    `ids` are what a redelivery of it is known by. `story` is the story whose button it was, `choice` what that sends,
    `words` what was typed after the verb, `link` the first address in it. The answer goes to `answer_to`, where Slack
    gave an address for one. `trigger` opens a dialog, within three seconds; `fields` is what was written into one.
    `home` says that it was done on the app's home page.
    """

    ids: tuple[str, ...]
    verb: str
    user: str
    channel: str = ""
    story: str = ""
    choice: str = ""
    words: str = ""
    link: str = ""
    answer_to: str = ""
    trigger: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    home: bool = False


def home_block(channel: str, number: int) -> str:
    """Return the id of a row of buttons on the home page that are for `channel`."""
    return f"{_HOME_BLOCK}{channel}.{number}"


def heard(kind: str, envelope_id: str, payload: Mapping[str, Any]) -> Heard | None:
    """Return what an envelope of this `kind` tells, None for nothing of ours."""
    if kind == "slash_commands":
        return _command(envelope_id, payload)
    if kind == "events_api":
        return _opened(envelope_id, payload)
    if kind != "interactive":
        return None
    shapes = {"message_action": _shortcut, "view_submission": _submission}
    return shapes.get(_text(payload, "type"), _action)(envelope_id, payload)


def _action(envelope_id: str, payload: Mapping[str, Any]) -> Heard | None:
    actions = payload.get("actions")
    first = actions[0] if isinstance(actions, list) and actions else None
    action = first if isinstance(first, Mapping) else {}
    verb, user = _text(action, "action_id"), _text(payload, "user", "id")
    if payload.get("type") != "block_actions" or not verb or not user:
        return None
    stamp = _text(action, "action_ts")
    return Heard(
        ids=(f"envelope {envelope_id}", *((f"action {user} {verb} {stamp}",) if stamp else ())),
        verb=verb,
        user=user,
        channel=_text(payload, "channel", "id") or _home_channel(_text(action, "block_id")),
        story=story_of(_text(action, "block_id")),
        choice=_text(action, "selected_option", "value") or _text(action, "value"),
        answer_to=_text(payload, "response_url"),
        trigger=_text(payload, "trigger_id"),
        home=_text(payload, "view", "type") == "home",
    )


def _home_channel(block_id: str) -> str:
    return block_id.removeprefix(_HOME_BLOCK).partition(".")[0] if block_id.startswith(_HOME_BLOCK) else ""


def _opened(envelope_id: str, payload: Mapping[str, Any]) -> Heard | None:
    """Return that somebody looks at the home page."""
    user, event = _text(payload, "event", "user"), _text(payload, "event_id")
    if _text(payload, "event", "type") != "app_home_opened" or _text(payload, "event", "tab") != "home" or not user:
        return None
    return Heard(
        ids=(f"envelope {envelope_id}", *((f"event {event}",) if event else ())), verb=HOME, user=user, home=True
    )


def _submission(envelope_id: str, payload: Mapping[str, Any]) -> Heard | None:
    """Return what was written into the dialog; where it belongs stands in what we gave the dialog along."""
    user, view = _text(payload, "user", "id"), payload.get("view")
    if _text(view, "callback_id") != FIX or not user:
        return None
    try:
        along = json.loads(_text(view, "private_metadata"))
    except ValueError:
        return None
    state = view.get("state") if isinstance(view, Mapping) else None
    values = state.get("values") if isinstance(state, Mapping) else None
    named = _text(view, "id")
    return Heard(
        ids=(f"envelope {envelope_id}", *((f"view {named}",) if named else ())),
        verb=FIX,
        user=user,
        channel=_text(along, "channel"),
        story=_text(along, "story"),
        choice=_text(along, "move"),
        answer_to=_text(along, "answer_to"),
        fields={name: one_line(_text(values, name, WRITTEN, "value"), limit=200) for name in ("person", "from", "to")},
    )


def _command(envelope_id: str, payload: Mapping[str, Any]) -> Heard | None:
    user, typed = _text(payload, "user_id"), _text(payload, "text")[:_MAX_WORDS]
    if _text(payload, "command") != COMMAND or not user:
        return None
    verb, _, rest = typed.strip().partition(" ")
    return Heard(
        ids=(f"envelope {envelope_id}", *_trigger(payload)),
        verb=verb.casefold() or "help",
        user=user,
        channel=_text(payload, "channel_id"),
        words=_words(rest),
        link=_link(rest),
        answer_to=_text(payload, "response_url"),
    )


def _shortcut(envelope_id: str, payload: Mapping[str, Any]) -> Heard | None:
    user = _text(payload, "user", "id")
    if payload.get("callback_id") != REPORT or not user:
        return None
    return Heard(
        ids=(f"envelope {envelope_id}", *_trigger(payload)),
        verb="missed",
        user=user,
        channel=_text(payload, "channel", "id"),
        link=_link(_text(payload, "message", "text")[:40_000]),
        answer_to=_text(payload, "response_url"),
    )


def _trigger(payload: Mapping[str, Any]) -> tuple[str, ...]:
    trigger = _text(payload, "trigger_id")
    return (f"trigger {trigger}",) if trigger else ()


def _text(value: Any, *path: str) -> str:
    """Return the text that lies under `path`, "" where there is none."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else ""


def _link(text: str) -> str:
    found = _LINK.search(text)
    return _unescaped(found[1] or found[2]) if found else ""


def _words(text: str) -> str:
    """Return typed words as plain text on one line: what Slack made links of as it was typed."""
    return one_line(_unescaped(_REFERENCE.sub(lambda m: m[2] or m[1], text)))


def _unescaped(text: str) -> str:
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text

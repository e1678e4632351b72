"""The dialog in which a reader says what is right: a view of Slack's, with what belongs to it given along."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.alerts.buttons import hashed, plain
from bot.model import StoryMove
from bot.talk.heard import FIX, WRITTEN

View = Mapping[str, Any]

_LONGEST = 150  # characters that may be written into a field
_ASKED = {
    "person": ("Who", "Empty: this move did not happen, and is struck out."),
    "from": ("From", "Empty: nobody knows."),
    "to": ("To", "Empty: nobody knows."),
}


def dialog(move: StoryMove, wrong: str, *, story: str, channel: str, answer_to: str) -> View:
    """Return the dialog for a move of a story; the field that is called `wrong` stands empty.

    The answer to what is written goes to `answer_to`: the dialog itself brings no address for one.
    """
    told = {"person": move.person[0], "from": move.from_org, "to": move.to_org, wrong: ""}
    along = {"story": story, "move": hashed(move.person[0]), "channel": channel, "answer_to": answer_to}
    return {
        "type": "modal",
        "callback_id": FIX,
        "private_metadata": json.dumps(along),
        "title": plain("Wrong fact"),
        "submit": plain("Correct"),
        "close": plain("Cancel"),
        "blocks": [_field(name, told[name]) for name in _ASKED],
    }


def _field(name: str, told: str) -> View:
    label, hint = _ASKED[name]
    written = {"type": "plain_text_input", "action_id": WRITTEN, "max_length": _LONGEST}
    filled = {**written, "initial_value": told[:_LONGEST]} if told else written
    return {
        "type": "input",
        "block_id": name,
        "optional": True,
        "label": plain(label),
        "hint": plain(hint),
        "element": filled,
    }

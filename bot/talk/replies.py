"""What the one who asked is answered, in Slack's markup; whatever a feed or a reader wrote is escaped."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.alerts.buttons import UNDO, button, hashed
from bot.alerts.markup import date, escape, link, shorten
from bot.config import Mute
from bot.model import Preference, PreferenceVerb, StoryMove, Subject
from bot.stories.ledger import LedgerRow
from bot.talk.heard import COMMAND
from bot.talk.proposals import as_markup

GONE = "That story is not kept any more, so nothing was changed."
CHANGED = "The message has changed since it was drawn, so nothing was changed. Please try again."
FEEDBACK = "feedback"
MAX_TEXT = 2_900
MAX_LISTED = 20
_HELP = (
    ("help", "this list"),
    ("status", "how the feeds are, and when the last alert was"),
    ("test", "posts a test message into the channel"),
    ("moves NAME", "who moved, by person or organisation"),
    ("mute NAME for 3d", "no alerts about a person, an organisation or a host; a week if no time is given"),
    ("mutes", "what is muted and followed here, until when, and how to undo it"),
    ("unmute NUMBER", "ends a mute or a follow"),
    ("watch add NAME", "proposes a name for the watchlist of config.yaml; `watch remove NAME` likewise"),
    ("follow NAME", "alerts about somebody from a lower score on, for 90 days"),
    ("why LINK", "what became of an article, and why"),
    ("missed LINK", "tells the bot that this should have been an alert"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What only the one who asked sees: `text` in markup; `undo` is what a button to take it back sends."""

    text: str
    undo: str = ""
    undos: tuple[tuple[str, str], ...] = ()  # label and value of further such buttons

    def payload(self) -> dict[str, Any]:
        """Return what is sent to the address that Slack gave for the answer."""
        text = shorten(self.text, MAX_TEXT)
        undos = (*((("Undo", self.undo),) if self.undo else ()), *self.undos)
        rows = [{"type": "actions", "elements": [button(UNDO, label, value=value)]} for label, value in undos]
        blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}, *rows]
        return {"response_type": "ephemeral", "replace_original": False, "text": text, "blocks": blocks}


@dataclass(frozen=True, slots=True)
class Health:
    """How the bot is: feeds and how many of them fail or stopped, when it last told something, what it still owes."""

    feeds: int
    failing: int
    stopped: int
    last_told: datetime | None
    owed: int
    mutes: int


TOO_LATE = Answer(
    "Slack waits three seconds for a dialog, and it took longer, so nothing was changed. Please try again."
)


def kept(wish: Preference) -> Answer:
    """Return the confirmation of a mute or a follow; a followed name comes with the lines that make it last."""
    name = escape(wish.label, limit=200)
    until = f"until {date(wish.until)}" if wish.until else "for good"
    where = f"in {wish.channel}"
    if wish.verb is PreferenceVerb.MUTE:
        return Answer(f"Muted {until} {where}: {name}", undo=undo_value(wish))
    if wish.subject is Subject.STORY:
        words = f"Following {until} {where}: “{name}”. Each new source and fact comes into its thread; to be notified "
        return Answer(words + "choose “Get notified about new replies” in the message's menu.", undo=undo_value(wish))
    quoted = escape(json.dumps(wish.what, ensure_ascii=False), limit=220)
    lines = f"+ watchlist:\n+   organisations: [{quoted}]   # or people:"
    return Answer(
        f"Following {until} {where}: {name}. To watch for good, put this into config.yaml:\n```{lines}```",
        undo=undo_value(wish),
    )


def undo_value(wish: Preference) -> str:
    """Return what the button sends that ends a mute or a follow: ids and hashes, not what it is called."""
    return f"{wish.verb}:{wish.subject}:{hashed(wish.what)}"


def ended(wish: Preference) -> Answer:
    """Return the confirmation that a mute or a follow ended."""
    return Answer(f"Ended: {described(wish)}")


def described(wish: Preference) -> str:
    """Return a mute, follow or proposal in words: what, until when, by whom."""
    until = f"until {date(wish.until)}" if wish.until else "for good"
    proposal = wish.verb in (PreferenceVerb.WATCH, PreferenceVerb.UNWATCH)
    verb, end = (f"proposed to {wish.verb}", "") if proposal else (wish.verb, f" {until}")
    return f"{verb} {escape(wish.label, limit=150)}{end}, by {escape(wish.by, limit=30)}"


def listed(here: Sequence[Preference], of_config: Sequence[Mute]) -> Answer:
    """Return what is muted and followed in a channel, each with its end and a button that undoes it."""
    lines = [f"{wish.number}. {described(wish)}" for wish in here[:MAX_LISTED]]
    lines += [f"and {len(here) - MAX_LISTED} more"] if len(here) > MAX_LISTED else []
    lines += [f"in config.yaml: mute {escape(mute.what, limit=150)}" for mute in of_config[:MAX_LISTED]]
    undos = tuple((f"Undo {wish.number}", undo_value(wish)) for wish in here[:MAX_LISTED])
    return Answer("\n".join(lines) or "Nothing is muted or followed here.", undos=undos)


def proposed(diff: str, wish: Preference | None = None) -> Answer:
    """Return what config.yaml would have to become: Slack changes nothing there."""
    if not diff:
        return Answer(f"Nothing is proposed. For example: `{COMMAND} watch add Norvane AI`")
    lines = as_markup(diff)
    first = "Noted as a proposal" if wish else "Proposed"
    words = f"{first}. Whoever keeps config.yaml can paste this; the home page of the app shows it, too:\n```{lines}```"
    return Answer(words, undo=undo_value(wish) if wish else "")


def corrected(move: StoryMove, right: Mapping[str, str]) -> Answer:
    """Return the confirmation that a move is set right, or struck out where nothing is right about it."""
    name = escape(move.person[0], limit=120)
    if not right:
        return Answer(
            f"The move of {name} is retracted: the message says so in a moment, and no article brings it back."
        )
    said = ", ".join(f"{field}: {escape(value, limit=120) or 'unknown'}" for field, value in right.items())
    return Answer(f"{name} is corrected ({said}): the message says so in a moment, and no article changes it back.")


def unseen(url: str, *, noted: bool = False) -> Answer:
    """Return that no feed has shown an address, and what would help."""
    shown = link(url) or "that address"
    first = "Noted as missed. " if noted else ""
    return Answer(f"{first}No feed has shown {shown}. A feed of that site under `feeds` in config.yaml would bring it.")


def lines(found: Sequence[str], *, markup: str = "") -> Answer:
    """Return plain lines, then `markup`."""
    return Answer("\n".join([*(escape(line, limit=600) for line in found), *([markup] if markup else [])]))


def moves(asked: str, rows: Sequence[LedgerRow], count: int) -> Answer:
    """Return moves, latest first."""
    if not rows:
        return Answer(f"No move of “{escape(asked, limit=200)}” is known.")
    told = [
        f"{row.first_seen:%Y-%m-%d} *{escape(row.person, limit=100)}*: {escape(row.from_org or '?', limit=100)} → "
        f"{escape(row.to_org or '?', limit=100)} ({row.status})"
        for row in rows
    ]
    more = [f"and {count - len(rows)} more: `talentwire moves` has all"] if count > len(rows) else []
    return Answer("\n".join([*told, *more]))


def status(health: Health) -> Answer:
    """Return in a few lines how the bot is."""
    last = f"last alert {date(health.last_told)}" if health.last_told else "no alert yet"
    stopped = f", {health.stopped} stopped" if health.stopped else ""
    return Answer(
        f"{health.feeds} feeds, {health.failing} failing{stopped}\n{last}, {health.owed} owed\n"
        f"{health.mutes} mutes and follows: `{COMMAND} mutes`"
    )


def help_text(unknown: str = "") -> Answer:
    """Return what may be asked."""
    first = [f"There is no “{escape(unknown, limit=60)}” here."] if unknown else []
    return Answer("\n".join([*first, *(f"`{COMMAND} {verb}` {about}" for verb, about in _HELP)]))

"""The row of buttons under an alert. What they send back are ids and hashes, never what a feed wrote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.alerts.compose import Block, Told
from bot.alerts.markup import address, escape, is_inside, shorten, without_emoji
from bot.model import Message, Story, StoryMove, Subject, digest
from bot.text import fold, one_line

# What an action is known by when it comes back.
OPEN, NOT_RELEVANT, WRONG, MUTE, FOLLOW, WHY, UNDO, SHOW = (
    "open",
    "not_relevant",
    "wrong_fact",
    "mute",
    "follow",
    "why",
    "undo",
    "show",
)
DUPLICATE = "duplicate"
PERIODS = {"d": "a day", "w": "a week", "g": "for good"}
SUBJECTS = {"s": Subject.SOURCE, "o": Subject.ORGANISATION, "p": Subject.PERSON, "t": Subject.STORY}
MAX_MOVERS = 3  # whose facts are offered to be corrected
_PREFIX = "alert."
_LABEL = 75  # units of a label


@dataclass(frozen=True, slots=True)
class _Offer:
    """How much a row offers: organisations and people to be muted, moves to be called wrong, a link."""

    organisations: int
    people: int
    moves: int
    opens: bool = True


_ALL = _Offer(2, 2, 3)
_OFFERS = (_ALL, _Offer(1, 1, 2), _Offer(1, 1, 1), _Offer(1, 0, 1), _Offer(0, 0, 1), _Offer(0, 0, 1, opens=False))


def rows(told: Told, *, private_links: bool = False) -> tuple[Block, ...]:
    """Return the row of buttons under an alert, from all that it may offer to the least, for want of room.

    Open, Not relevant, Wrong fact, Mute, Follow, Why. What it offers no longer may still be typed as a command.
    """
    return (*(_row(told, offer, private_links=private_links) for offer in _OFFERS), _bare_row(told))


def _row(told: Told, offer: _Offer, *, private_links: bool) -> Block:
    story = told.story
    return {
        "type": "actions",
        "block_id": _PREFIX + story.id,
        "elements": [
            *(_open(told, private_links=private_links) if offer.opens else ()),
            _button(NOT_RELEVANT, "Not relevant"),
            _menu(WRONG, "Wrong fact…", _wrong(story, offer.moves)),
            _menu(MUTE, "Mute…", _mutable(story, told.source, offer)),
            _button(FOLLOW, "Follow"),
            _button(WHY, "Why"),
        ],
    }


def _bare_row(told: Told) -> Block:
    few = [_button(NOT_RELEVANT, "Not relevant"), _button(FOLLOW, "Follow"), _button(WHY, "Why")]
    return {"type": "actions", "block_id": _PREFIX + told.story.id, "elements": few}


def hidden(message: Message, story: Story, readers: int) -> Message:
    """Return `message` on one line, as readers wanted it who called it not relevant, with a button that shows it."""
    who = f"{readers} reader{'s' * (readers != 1)}"
    words = f"Hidden: {who} called this not relevant: “{escape(story.headline, limit=150)}”"
    line = {"type": "context", "elements": [{"type": "mrkdwn", "text": words, "verbatim": True}]}
    show = {"type": "actions", "block_id": _PREFIX + story.id, "elements": [_button(SHOW, "Show again")]}
    return replace(message, text=words, blocks=(line, show))


def story_of(block_id: str) -> str:
    """Return the id of the story that a row of buttons stands under, "" where it is none of ours."""
    return block_id.removeprefix(_PREFIX) if block_id.startswith(_PREFIX) else ""


def _button(action: str, text: str) -> Block:
    return {"type": "button", "action_id": action, "text": _ours(text)}


def button(action: str, text: str, *, value: str = "", label: str = "") -> Block:
    """Return a button; `label` is what a screen reader says instead of `text`."""
    shown: dict[str, Any] = {"type": "button", "action_id": action, "text": plain(text)}
    if value:
        shown["value"] = value
    return shown | ({"accessibility_label": label} if label else {})


def plain(text: str) -> Block:
    """Return `text` as a plain label, on one line and short enough: nothing in it is markup or an emoji."""
    return _ours(shorten(without_emoji(one_line(text, limit=200)), _LABEL) or "?")


def _ours(text: str) -> Block:
    """Return words that need no care as a label."""
    return {"type": "plain_text", "text": text}


def hashed(name: str) -> str:
    """Return what a name is known by in what a button sends: eight hex digits."""
    return digest("name", fold(name), length=8)


def mutable(story: Story, source: str, offer: _Offer = _ALL) -> Iterator[tuple[Subject, str]]:
    """Yield what may be muted under an alert: its source, its organisations and people, the story."""
    if source:
        yield Subject.SOURCE, source
    moves = story.telling.moves[:MAX_MOVERS]
    organisations = [name for move in moves for name in (move.from_org, move.to_org) if name]
    people = [move.person[0] for move in moves if not move.group]
    for name in list(dict.fromkeys((*organisations, *story.organisations)))[: offer.organisations]:
        yield Subject.ORGANISATION, name
    for name in list(dict.fromkeys((*people, *story.people)))[: offer.people]:
        yield Subject.PERSON, name
    yield Subject.STORY, story.id


def mute_value(subject: Subject, name: str, period: str) -> str:
    """Return what an option to mute sends: `o:1a2b3c4d:w`."""
    letter = next(letter for letter, one in SUBJECTS.items() if one is subject)
    return f"{letter}:{hashed(name)}:{period}"


def movers(story: Story) -> Sequence[StoryMove]:
    """Return the moves whose facts may be called wrong under an alert."""
    return story.telling.moves[:MAX_MOVERS]


def _open(told: Told, *, private_links: bool) -> Iterator[Block]:
    url = address(told.article.entry.url or told.story.url)
    if url and (private_links or not is_inside(url)):
        yield {**_button(OPEN, "Open"), "url": url}


def _menu(action: str, text: str, groups: Sequence[Block]) -> Block:
    return {"type": "static_select", "action_id": action, "placeholder": _ours(text), **_choices(groups)}


def _choices(groups: Sequence[Block]) -> Block:
    """Return groups of options; of facts of one move only, the options alone: what they are of is plain."""
    if any(group["label"] for group in groups):
        return {"option_groups": list(groups)}
    return {"options": [option for group in groups for option in group["options"]]}


def _wrong(story: Story, most: int) -> list[Block]:
    groups = []
    moves = movers(story)[:most]
    for move in moves:
        ends = {"from": move.from_org, "to": move.to_org}
        facts = {"person": f"not {move.person[0]}"} | {end: f"not {end} {name}" for end, name in ends.items() if name}
        options = [_option(words, f"{hashed(move.person[0])}:{fact}") for fact, words in facts.items()]
        groups.append(_group(move.person[0] if len(moves) > 1 else "", options))
    return [*groups, _group("The message" if len(moves) > 1 else "", [_option("told here before", DUPLICATE)])]


def _mutable(story: Story, source: str, offer: _Offer) -> list[Block]:
    groups = []
    for subject, name in mutable(story, source, offer):
        label = "This story" if subject is Subject.STORY else name
        options = [
            {"text": _ours(words), "value": mute_value(subject, name, period)} for period, words in PERIODS.items()
        ]
        groups.append(_group(label, options))
    return groups


def _group(label: str, options: Sequence[Block]) -> Block:
    return {"label": plain(label) if label else {}, "options": list(options)}


def _option(text: str, value: str) -> Block:
    return {"text": plain(text), "value": value}

"""The row of buttons under an alert. What they send back are ids and hashes, never what a feed wrote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from bot.alerts.compose import Block, Told
from bot.alerts.markup import address, host, is_inside, shorten
from bot.model import Message, Story, StoryMove, Subject, digest
from bot.text import fold, one_line

# What an action is known by when it comes back.
OPEN, NOT_RELEVANT, WRONG, MUTE, FOLLOW, WHY, UNDO = (
    "open",
    "not_relevant",
    "wrong_fact",
    "mute",
    "follow",
    "why",
    "undo",
)
DUPLICATE = "duplicate"
PERIODS = {"day": "for a day", "week": "for a week", "good": "for good"}
MAX_NAMES = 2  # organisations and people offered to be muted
MAX_MOVERS = 3  # whose facts are offered to be corrected
_PREFIX = "alert."
_LABEL = 75  # units of a label


def added(message: Message, told: Told, *, private_links: bool = False) -> Message:
    """Return `message`, which tells `told`, with its row of buttons."""
    return replace(message, blocks=(*message.blocks, row(told, private_links=private_links)))


def row(told: Told, *, private_links: bool = False) -> Block:
    """Return the row: Open, Not relevant, Wrong fact, Mute, Follow, Why."""
    story = told.story
    return {
        "type": "actions",
        "block_id": _PREFIX + story.id,
        "elements": [
            *_open(told, private_links=private_links),
            button(NOT_RELEVANT, "Not relevant"),
            _menu(WRONG, "Wrong fact…", _wrong(story)),
            _menu(MUTE, "Mute…", _mutable(story, told.source)),
            button(FOLLOW, "Follow", label="Follow this story: hear of each new source and fact in its thread"),
            button(WHY, "Why"),
        ],
    }


def story_of(block_id: str) -> str:
    """Return the id of the story that a row of buttons stands under, "" where it is none of ours."""
    return block_id.removeprefix(_PREFIX) if block_id.startswith(_PREFIX) else ""


def button(action: str, text: str, *, value: str = "", label: str = "") -> Block:
    """Return a button; `label` is what a screen reader says instead of `text`."""
    shown: dict[str, Any] = {"type": "button", "action_id": action, "text": plain(text)}
    if value:
        shown["value"] = value
    return shown | ({"accessibility_label": label} if label else {})


def plain(text: str) -> Block:
    """Return `text` as a plain label, on one line and short enough: nothing in it is markup or an emoji."""
    return {"type": "plain_text", "text": shorten(one_line(text, limit=200), _LABEL) or "?", "emoji": False}


def hashed(name: str) -> str:
    """Return what a name is known by in what a button sends: eight hex digits."""
    return digest("name", fold(name), length=8)


def mutable(story: Story, source: str) -> Iterator[tuple[Subject, str]]:
    """Yield what may be muted under an alert: its source, its organisations and people, and the story itself."""
    if source:
        yield Subject.SOURCE, source
    moves = story.telling.moves[:MAX_MOVERS]
    organisations = [name for move in moves for name in (move.from_org, move.to_org) if name]
    people = [move.person[0] for move in moves if not move.group]
    for name in list(dict.fromkeys((*organisations, *story.organisations)))[:MAX_NAMES]:
        yield Subject.ORGANISATION, name
    for name in list(dict.fromkeys((*people, *story.people)))[:MAX_NAMES]:
        yield Subject.PERSON, name
    yield Subject.STORY, story.id


def movers(story: Story) -> Sequence[StoryMove]:
    """Return the moves whose facts may be called wrong under an alert."""
    return story.telling.moves[:MAX_MOVERS]


def _open(told: Told, *, private_links: bool) -> Iterator[Block]:
    url = address(told.article.entry.url or told.story.url)
    if url and (private_links or not is_inside(url)):
        label = shorten(f"Open the article at {host(url)}", _LABEL)
        yield {**button(OPEN, "Open", label=label), "url": url}


def _menu(action: str, text: str, groups: Sequence[Block]) -> Block:
    return {"type": "static_select", "action_id": action, "placeholder": plain(text), "option_groups": list(groups)}


def _wrong(story: Story) -> list[Block]:
    groups = []
    for move in movers(story):
        facts = {"person": "is not who it is about", "from": f"not from {move.from_org}", "to": f"not to {move.to_org}"}
        known = [f for f in facts if f == "person" or (f == "from" and move.from_org) or (f == "to" and move.to_org)]
        options = [_option(facts[fact], f"{hashed(move.person[0])}:{fact}") for fact in known]
        groups.append(_group(move.person[0], options))
    return [*groups, _group("The whole message", [_option("was told here before", DUPLICATE)])]


def _mutable(story: Story, source: str) -> list[Block]:
    groups = []
    for subject, name in mutable(story, source):
        label = "This story" if subject is Subject.STORY else name
        options = [_option(words, f"{subject}:{hashed(name)}:{period}") for period, words in PERIODS.items()]
        groups.append(_group(label, options))
    return groups


def _group(label: str, options: Sequence[Block]) -> Block:
    return {"label": plain(label), "options": list(options)}


def _option(text: str, value: str) -> Block:
    return {"text": plain(text), "value": value}

"""What a person says of a move goes before what articles say: it is corrected or struck out, and stays so. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.model import Action, Change, Status, Story, StoryMove, Telling
from bot.stories.traits import same_group
from bot.stories.witness import Witness
from bot.text import fold

FIELDS = ("person", "from", "to", "role", "status")
_ATTRIBUTES = {"from": "from_org", "to": "to_org"}
_MOST_CHANGES = 40


def about(stories: Iterable[Story], person: str, story: str = "") -> list[tuple[Story, StoryMove]]:
    """Return the moves of `person` (a spelling met, or a whole part of it) in stories whose id begins with `story`.

    Where a story has denied one move of a person and tells another, the other is meant.
    """
    wanted = f" {fold(person)} "
    found = []
    for one in stories:
        if one.id.startswith(story):
            moves = [m for m in one.telling.moves if any(wanted in f" {fold(name)} " for name in m.person)]
            standing = [m for m in moves if m.status is not Status.DENIED]
            found += [(one, move) for move in standing or moves]
    return found


def fixed(story: Story, move: StoryMove, fields: Mapping[str, str], at: datetime) -> tuple[Story, StoryMove]:
    """Return `story` with the `fields` (see FIELDS) of one of its moves set by hand, and that move.

    Raises ValueError for no field, or one that there is not.
    """
    if not fields or not set(fields) <= set(FIELDS):
        raise ValueError(f"a correction needs one or more of {', '.join(FIELDS)}")
    values: dict[str, object] = {_ATTRIBUTES.get(name, name): value for name, value in fields.items()}
    if "person" in fields:
        values["person"] = tuple(dict.fromkeys((fields["person"], *move.person)))
    if "status" in fields:
        values |= {"status": Status(fields["status"]), "since": at.timestamp(), "by": ""}
    right = replace(move, **values, fixed=tuple(dict.fromkeys((*move.fixed, *fields))))  # type: ignore[arg-type]
    moves = tuple(right if one is move else one for one in story.telling.moves)
    telling = replace(story.telling, moves=moves)
    return _changed(story, telling, f"{right.person[0]}: corrected, was {told(move)}", at), right


def retracted(story: Story, move: StoryMove, at: datetime) -> Story:
    """Return `story` without one of its moves, which no article brings back."""
    moves = tuple(one for one in story.telling.moves if one is not move)
    telling = replace(story.telling, moves=moves, retracted=(*story.telling.retracted, move))
    return _changed(story, telling, f"{move.person[0]}: retracted, was {told(move)}", at)


def told(move: StoryMove) -> str:
    """Return the ends, the post and the status of a move in words: "A → B · role, reported"."""
    way = f"{move.from_org or '?'} → {move.to_org or '?'}"
    return f"{way} · {move.role}, {move.status}" if move.role else f"{way}, {move.status}"


def _changed(story: Story, telling: Telling, why: str, at: datetime) -> Story:
    change = Change(at.timestamp(), "", Action.BROADCAST, why)
    telling = replace(telling, changes=(*telling.changes, change)[-_MOST_CHANGES:], changed_at=at.timestamp())
    movers = tuple(move.person[0] for move in telling.moves if not move.group)
    goals = tuple(dict.fromkeys(move.to_org for move in telling.moves if move.to_org))
    return replace(story, telling=telling, people=movers or story.people, destinations=goals)


def without_retracted(one: Witness, told_so_far: Telling) -> Witness:
    """Return what an article claims but for what was struck out of its story."""
    struck = [move.person for move in told_so_far.retracted]
    if not struck:
        return one
    return replace(one, claims=tuple(c for c in one.claims if not any(same_group(c.person, p) for p in struck)))


def held(before: Sequence[StoryMove], after: Sequence[StoryMove]) -> tuple[StoryMove, ...]:
    """Return the moves `after` an article, with what was fixed by hand as it was `before`."""
    kept = {field: [m for m in before if field in m.fixed] for field in FIELDS}
    if not any(kept.values()):
        return tuple(after)
    return tuple(_held(move, kept) for move in after)


def _held(move: StoryMove, kept: Mapping[str, Sequence[StoryMove]]) -> StoryMove:
    for field, moves in kept.items():
        old = next((m for m in moves if same_group(m.person, move.person)), None)
        if old is None:
            continue
        name = _ATTRIBUTES.get(field, field)
        values = {name: getattr(old, name), "fixed": old.fixed}
        if field == "status":
            values |= {"since": old.since, "by": old.by}
        if field == "person":
            values["person"] = tuple(dict.fromkeys((*old.person, *move.person)))
        move = replace(move, **values)
    return move

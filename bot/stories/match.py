"""Is it the same event? Keys bring the stories that could be; likeness of texts and people decides.

The evidence is what two articles share: the link, the text, the people, the firms, the words. No statistics of a corpus
enter, so that what was decided once is decided the same way again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from bot.model import Story, Traits
from bot.stories.names import same_name, script
from bot.stories.traits import DAY, WINDOW, akin, bosses, holds, named_in, same_group
from bot.stories.words import jaccard, total


def features(a: Traits, b: Traits) -> dict[str, float]:
    """Return what speaks for and against two articles telling of one event; the order of the two does not matter."""
    one = a.language == b.language
    whole_a, whole_b = a.title | a.lead, b.title | b.lead
    covers = sorted((_share(a.title, whole_b), _share(b.title, whole_a)))
    na, nb = a.names - b.organisations, b.names - a.organisations
    shared = [(p, q) for p in a.movers for q in b.movers if same_group(p, q)]
    found = [] if shared else [*_found_in(a, b), *_found_in(b, a)]
    named = "named" in found
    native = any(script(x) != "latin" and x in q for p, q in shared for x in p)
    people = any(holds(b.people, p) for p in a.people if not bosses().intersection(p))
    orgs = a.organisations & b.organisations
    ends = _ends(a, b)
    later = a if a.at > b.at else b
    if ends in ("conflict", "back", "late") and orgs and later.turns:
        ends = ""  # the later one takes back what the other told
    names = na & nb
    numbers = a.numbers & b.numbers
    anything = bool(shared or named or people or names or numbers)
    days = abs(a.at - b.at) / 86_400
    rare = bool(orgs and a.kinds & b.kinds & _RARE) and days < 3 and not (a.movers and b.movers and not shared)
    return {
        "bias": 1.0,
        "title": jaccard(a.title, b.title) if one else 0.0,
        "whole": jaccard(whole_a, whole_b) if one else 0.0,
        "cover": covers[1] if one else 0.0,
        "cover_min": covers[0] if one else 0.0,
        "language": float(not one),
        "alone": float(one and not anything),
        "cross_alone": float(not one and not anything),
        "cross_bare": float(not one and not anything and not a.kinds & b.kinds and not a.acts & b.acts),
        "names": len(names) / (min(len(na), len(nb)) + 1) if names else 0.0,
        "names_no": float(bool(na and nb and not names)),
        "movers": float(bool(shared)),
        "native": float(native),
        "pair": float(bool(shared) and len(orgs) > 1),
        "answer": float(_answers(a, b)),
        "movers_no": float(bool(a.movers and b.movers and not shared)),
        "mover_named": float(named),
        "mover_gone": float(bool(a.movers or b.movers) and not shared and not named),
        "gone": float(bool(found) and not named),
        "people": float(people),
        "title_org": float(bool(a.title_organisations & b.title_organisations)),
        "org": len(orgs) / (min(len(a.organisations), len(b.organisations)) + 0.5) if orgs else 0.0,
        "org_no": float(bool(a.organisations and b.organisations and not orgs)),
        "number": float(bool(numbers)),
        "number_no": float(bool(a.numbers and b.numbers and not numbers and not rare)),
        "kinds": len(a.kinds & b.kinds) / len(a.kinds | b.kinds) if a.kinds and b.kinds else 0.0,
        "kinds_no": float(bool(a.kinds and b.kinds and not a.kinds & b.kinds)),
        "acts": float(bool(a.acts & b.acts)),
        "acts_no": float(bool(a.acts and b.acts and not a.acts & b.acts)),
        "lead_only": float(bool(shared) and a.named_in_title != b.named_in_title),
        "both_lead": float(bool(shared) and not (a.named_in_title or b.named_in_title)),
        "team_no": float(_team_and_person(a, b)),
        "rare_kind": float(rare),
        "next": float(days > 1 and _another_thing(a, b)),
        "founded": float(bool(shared) and days > 1.5 and _founds(a) != _founds(b)),
        "days": 0.0 if shared else days,
        "days_mover": days if shared else 0.0,
        "goal_same": float(ends in ("same", "unsaid")),
        "goal_no": float(ends == "conflict"),
        "back": float(ends == "back"),
        "left": float(ends == "left"),
        "late": float(ends == "late"),
    }


def _of_two_firms(a: Traits, b: Traits) -> bool:
    """Whether nobody moves and the headlines are of firms that the other text does not know."""
    return bool(
        not (a.movers or b.movers)
        and a.title_organisations
        and b.title_organisations
        and not any(akin(x, y) for x in a.title_organisations for y in b.organisations)
        and not any(akin(x, y) for x in a.organisations for y in b.title_organisations)
    )


def _found_in(one: Traits, other: Traits) -> Iterator[str]:
    """Yield how `other` names the movers of `one`: named, or gone where its news merely comes after them."""
    for person in one.movers:
        if holds(other.gone, person):
            yield "gone"
        elif holds(other.people, person) or named_in(person, other.text, (*other.movers, *other.people)):
            yield "named"


_NOISY = frozenset({"acquihire", "trend", "past"})  # of headlines of every kind
_RARE = frozenset({"layoff", "hiring_freeze", "reorg", "acquihire", "legal", "retention", "compensation"})


def _another_thing(a: Traits, b: Traits) -> bool:
    """Whether one headline looks back, or one is of a person's move and the other of something else."""
    x, y = a.acts - {"past", "acquihire"}, b.acts - {"past", "acquihire"}
    moves = any("person" in acts and one.movers for one, acts in ((a, x), (b, y)))
    return ("past" in a.acts) != ("past" in b.acts) or bool(x and y and not x & y and moves)


def _founds(one: Traits) -> bool:
    return "founding" in one.kinds or "found" in one.acts


def _team_and_person(a: Traits, b: Traits) -> bool:
    """Whether one headline is of what somebody named does and the other of what becomes of a team or firm."""
    x, y = a.acts - _NOISY, b.acts - _NOISY
    if not x or not y or x & y:
        return False
    return any(
        bool(one.movers) and "person" in acts and not other.movers and not others & {"person", "found"}
        for one, acts, other, others in ((a, x, b, y), (b, y, a, x))
    )


def _answers(a: Traits, b: Traits) -> bool:
    """Whether a firm says something within two days of news about it, and neither names anybody."""
    first, then = sorted((a, b), key=lambda t: t.at)
    return (
        then.speaks
        and not first.speaks
        and not a.movers
        and not b.movers
        and then.organisations <= first.title_organisations
        and bool(then.organisations)
        and then.at - first.at < 2 * DAY
    )


def _share(title: frozenset[str], whole: frozenset[str]) -> float:
    weights = total(title)
    return total(title & whole) / weights if weights else 0.0


def _ends(a: Traits, b: Traits) -> str:
    """Say how the moves of people in both fit: same, left (where the other went), back, conflict, late, unsaid."""
    first, then = sorted((a, b), key=lambda t: (t.at, t.ends))
    found = ""
    for who, source, goal in first.ends:
        for other, source2, goal2 in then.ends:
            if same_name(who, other):
                how = _fit((source, goal), (source2, goal2), then.at - first.at)
                if how in ("same", "left", "back", "conflict"):
                    return how
                found = how or found
    return found


def _fit(first: tuple[str, str], then: tuple[str, str], apart: float) -> str:
    """Compare two (from, to) of one person, `apart` seconds; an end that is not told fits any."""
    (source, goal), (source2, goal2) = first, then
    if goal and goal == goal2:
        return "same"
    if goal2 and source2 == goal2 and source != goal:
        return "left"  # a new post inside
    if goal and source2 == goal:
        return "left" if goal2 else "back"
    if goal2 and goal2 == source:
        return "back"
    if goal and goal2:
        return "" if akin(goal, goal2) else "conflict"
    if goal2 and apart > 1.5 * DAY:
        return "late"
    return "unsaid" if source == source2 or not source or not source2 else ""


class Sameness(StrEnum):
    """Why two articles are about one event."""

    LINK = "same link"
    TEXT = "same text"
    HEADLINE = "same headline"
    LIKE = "tells the same"


# What each feature adds, in logits: set by hand, then fitted with these as prior on pairs of articles.
WEIGHTS: dict[str, float] = {
    "bias": -1.84,
    "title": 1.01,
    "whole": 2.01,
    "cover": 2.44,
    "cover_min": 0.96,
    "language": 2.66,
    "alone": -0.65,
    "cross_alone": -1.40,
    "cross_bare": -2.0,
    "names": 2.32,
    "names_no": -0.55,
    "movers": 2.70,
    "native": 1.50,
    "pair": 1.26,
    "answer": 1.96,
    "movers_no": -2.40,
    "mover_named": 1.56,
    "mover_gone": -0.30,
    "gone": -0.53,
    "people": -0.32,
    "title_org": 0.57,
    "org": 1.93,
    "org_no": -1.96,
    "number": 0.86,
    "number_no": -0.51,
    "kinds": 1.09,
    "kinds_no": 0.23,
    "acts": 0.02,
    "acts_no": -1.14,
    "lead_only": -1.43,
    "both_lead": -0.35,
    "team_no": -2.51,
    "rare_kind": 0.55,
    "next": -2.55,
    "founded": -1.45,
    "days": -0.89,
    "days_mover": -0.50,
    "goal_same": 0.75,
    "goal_no": -2.62,
    "back": -2.50,
    "left": -2.99,
    "late": -1.56,
}
THRESHOLD = 0.5
_SURE_SAME = 20.0
_NOT_THIS = 3.0
MEMORY = timedelta(days=400)  # how long the people of a story are remembered: an anniversary is no news
SAGA = timedelta(days=30)  # within that long stories of the same people belong together
_LONG = 100 * DAY  # within that long what was announced may still be called off
_ALIKE = 0.3  # likeness of headlines from which one can take back what the other told, though neither names anybody
_SAME_WORDS = 0.3  # likeness of headlines or texts that tell of one thing where nobody moves
_COVERED = 0.65  # share of a headline that the other text has
_DIGITS = re.compile(r"\d+")
_FAR = 4.0  # days that count at most where the same people do the same


def likeness(a: Traits, b: Traits, *, fresh: bool = False) -> float:
    """Return how likely two articles tell of one event, in logits, whichever came first.

    `fresh` says that the story of one of them went on within a month of the other.
    """
    far = abs(a.at - b.at) > WINDOW.total_seconds() + DAY / 2
    if far and not _may_be_told_again(a, b, fresh=fresh):
        return -_SURE_SAME
    found = features(a, b)
    if (found["goal_no"] and found["org_no"]) or _is_next(a, b):
        return -_SURE_SAME  # two of one name; or somebody goes on from where the other has them go
    if found["movers_no"] and a.named_in_title and b.named_in_title and not (_moves_in(a, b) or _moves_in(b, a)):
        return -_SURE_SAME  # each headline names somebody, and the other has them nowhere among those who move
    if found["mover_gone"] and not (a.kinds and b.kinds) and not found["title"] and not found["cover"]:
        return -_SURE_SAME  # one side tells of people, the other of nothing that people do, in other words
    bare = _is_bare(a) + _is_bare(b)
    named = found["movers"] or found["mover_named"] or found["answer"]
    if (bare == 2 or (bare == 1 and (far or not named))) and not _told_alike(a, b, found):
        return -_SURE_SAME  # of nobody and nothing that people do: only another telling in like words is the same
    if _of_two_firms(a, b):
        return -_SURE_SAME  # two firms do the same on one day
    if found["cross_alone"] and found["kinds_no"]:
        return -_SURE_SAME  # two languages, nothing in common but a firm, and other things done
    if found["next"] and (found["language"] or found["kinds_no"]):
        return -_SURE_SAME  # another thing done, and no kind in common or no words that could outweigh it
    if far and (found["goal_no"] or found["back"] or found["late"]):
        return -_SURE_SAME
    later = max(a, b, key=lambda t: t.at)
    found["days"] = min(found["days"], 1.0 if far and (later.turns or later.speaks or found["mover_named"]) else _FAR)
    found["days_mover"] = min(found["days_mover"], _FAR)
    return sum(WEIGHTS[name] * value for name, value in found.items() if value)


def _is_bare(one: Traits) -> bool:
    """Whether an article says nothing of people who move and of nothing that is done to staff."""
    return not (one.movers or one.kinds or one.acts)


def _told_alike(a: Traits, b: Traits, found: dict[str, float]) -> bool:
    """Whether two articles use the same words and are no parts of a series, as "answers for 5 March" and "6 March"."""
    counts = [set(_DIGITS.findall(one.text.partition("\n")[0])) for one in (a, b)]
    series = counts[0] and counts[1] and not counts[0] & counts[1]
    alike = max(found["title"], found["whole"]) >= _SAME_WORDS or found["cover"] >= _COVERED or found["language"] > 0
    return not series and alike


def _moves_in(one: Traits, other: Traits) -> bool:
    """Whether a mover of `one` moves in `other` too, though its headline names somebody else."""
    return any(same_group((person,), group) for group in one.movers for person, _, _ in other.ends)


def _may_be_told_again(a: Traits, b: Traits, *, fresh: bool) -> bool:
    """Whether the later of two articles a week or more apart can be of the earlier event.

    It names the same people with a firm of theirs within a month, or later with both; or takes something back.
    """
    first, then = sorted((a, b), key=lambda t: t.at)
    apart = then.at - first.at
    shared = first.organisations & then.organisations
    people = any(same_group(p, q) for p in a.movers for q in b.movers) or any(
        named_in(p, then.text, (*then.movers, *then.people)) for p in first.movers
    )
    if then.old:
        return people and bool(shared)
    if apart > SAGA.total_seconds() and not fresh:
        return people and then.turns and len(shared) > 1 and apart < _LONG
    return bool(shared) and (people or (then.turns and jaccard(a.title, b.title) >= _ALIKE))


def same_event(new: Traits, story: Story, story_keys: frozenset[str], now: datetime) -> tuple[Sameness, float] | None:
    """Return why an article with traits `new` belongs to `story` and how surely, or None if it does not."""
    shared = story_keys.intersection(new.keys)
    kinds = {key.partition(":")[0] for key in shared}
    recent = now - story.last_seen < WINDOW
    for prefix, why in (
        ("entry", Sameness.LINK),
        ("link", Sameness.LINK),
        ("text", Sameness.TEXT),
        ("headline", Sameness.HEADLINE),
    ):
        if prefix in kinds and (recent or why is not Sameness.HEADLINE):
            return why, _SURE_SAME
    if _is_of_others(new, story.telling.members) or any(_is_next(new, member) for member in story.telling.members):
        return None
    fresh = any(abs(new.at - member.at) <= SAGA.total_seconds() for member in story.telling.members)
    found = [likeness(new, member, fresh=fresh) for member in story.telling.members]
    best = max(found, default=-_SURE_SAME)
    nobody = not new.movers and not any(member.movers for member in story.telling.members)
    if nobody and len(found) > 1:  # without people one like article is not enough: stories would grow into topics
        best = (best + sum(max(score, -_NOT_THIS) for score in found) / len(found)) / 2
    return (Sameness.LIKE, round(best, 3)) if best >= THRESHOLD else None


def _is_next(a: Traits, b: Traits) -> bool:
    """Whether somebody goes on from where the other article has them go, or sets something up days after they left."""
    first, then = sorted((a, b), key=lambda t: t.at)
    told = "founding" in first.kinds or "found" in first.acts or then.acts & {"person", "reorg"}
    sets_up = "found" in then.acts and not told and then.at - first.at > 1.5 * DAY
    return _ends(a, b) == "left" or (sets_up and any(holds(first.movers, p) for p in then.movers))


def _is_of_others(new: Traits, members: Sequence[Traits]) -> bool:
    """Whether a headline names a mover, those of a story name movers, and neither side has a word of the other's."""
    named = [m for m in members if m.named_in_title and m.movers]
    if not named or not new.named_in_title or not new.movers:
        return False
    people = (*new.movers, *new.people)
    return not any(
        holds((*m.movers, *m.people), p) or named_in(p, m.text, (*m.movers, *m.people))
        for m in named
        for p in new.movers
    ) and not any(holds(people, p) or named_in(p, new.text, people) for m in named for p in m.movers)


def best_match(
    new: Traits, candidates: Sequence[tuple[Story, frozenset[str]]], now: datetime
) -> tuple[Story, Sameness] | None:
    """Return the story that an article with traits `new` belongs to: the likeliest, of equals the latest."""
    found = [(story, *why) for story, keys in candidates if (why := same_event(new, story, keys, now))]
    best = min(found, key=lambda row: (-row[2], -row[0].last_seen.timestamp(), row[0].id), default=None)
    return (best[0], best[1]) if best else None


def saga_of(new: Traits, candidates: Sequence[tuple[Story, frozenset[str]]], now: datetime) -> str:
    """Return the saga of the latest story of the last month with the same people or move of firms, "" for none."""
    people = [p for p in (*new.movers, *new.people) if not bosses().intersection(p) or p in new.movers]
    ways = {(source, goal) for _, source, goal in new.ends if source and goal}
    near = [
        story
        for story, _ in candidates
        if now - story.last_seen <= SAGA
        and any(
            holds(member.movers, p) or ways & {(source, goal) for _, source, goal in member.ends}
            for member in story.telling.members
            for p in (people or [("",)])
        )
    ]
    latest = max(near, key=lambda s: (s.last_seen, s.id), default=None)
    return latest.saga or latest.id if latest else ""

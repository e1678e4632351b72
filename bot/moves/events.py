"""Mentions + triggers -> events, sentence by sentence: how each verb attaches, and verbs that are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from bot.lexicon import FREE
from bot.model import Status
from bot.moves.affiliations import Affiliation, affiliations, role_as
from bot.moves.attach import Attachment, Event
from bot.moves.distance import strange_words
from bot.moves.frames import FRAMES, LEAVING
from bot.moves.free_order import FreeAttachment
from bot.moves.gazetteer import Hit, Term
from bot.moves.native_order import SPECIAL
from bot.moves.reading import Mention, Reading, Sentence
from bot.moves.status import event_status
from bot.moves.watch import Watch


def events(watch: Watch, reading: Reading) -> list[Event]:
    """Return the events of title, lead and near text, in order. A trigger without a mover is none."""
    found: list[Event] = []
    near = [(s, affiliations(reading, s)) for s in reading.sentences if s.zone != "body"]
    elsewhere = _posts_by_name(near)
    for sentence, own in near:
        posts = {**{p: elsewhere[p.name] for p in sentence.people if p.name in elsewhere}, **own}
        for trigger in sentence.of("trigger"):
            if _is_noun(reading, sentence, trigger):
                continue
            kind = _kind(watch, trigger)
            found += kind(watch, reading, sentence, trigger, posts).events()
        found += _gapped(reading, sentence, [e for e in found if e.sentence is sentence])
        found += _verbless(reading, sentence, [e for e in found if e.sentence is sentence])
    return found + _bridged(watch, reading, near, found) + _meant(watch, reading, near, found)


def _meant(
    watch: Watch,
    reading: Reading,
    near: Sequence[tuple[Sentence, dict[Mention, Affiliation]]],
    found: Sequence[Event],
) -> list[Event]:
    """Return what the lead tells of a description, told of the only person whom title and lead name.

    "A sues ex-employee P" - "The employee, who was hired by B, ...". Only where nothing is told of a named person.
    """
    top = [(sentence, posts) for sentence, posts in near if sentence.zone in ("title", "lead")]
    if any(e.mover.kind == "person" for e in found):
        return []
    people = {
        person.name: (person, posts.get(person))
        for sentence, posts in reversed(top)
        for person in sentence.people
        if person.sure >= _SURE and len(person.name.split()) > 1 and not (person.known and person.known.stands_for)
    }
    told = [e for e in found if e.sentence.zone == "lead" and e.mover.kind == "group" and _is_one(reading, e.mover)]
    if len(people) != 1 or not told:
        return []
    person, post = next(iter(people.values()))
    meant = []
    for event in told:
        mover = replace(person, start=event.mover.start, end=event.mover.end, via="bridged", sure=min(person.sure, 0.8))
        posts = {mover: replace(post, elsewhere=True)} if post is not None else {}
        again = _kind(watch, event.trigger)(watch, reading, event.sentence, event.trigger, posts).of(mover)
        meant += [again] if again is not None else []
    return meant


def _is_one(reading: Reading, group: Mention) -> bool:
    """Whether a group is but one, of whom the text speaks as known: "the employee", "der Forscher"."""
    before = reading.folded[max(0, group.start - 8) : group.start].split()[-1:]
    definite = bool(before) and any(before[0] in g.words["definite"] for g in reading.languages)
    noun = group.name.casefold().split()[-1]
    one = any(noun in g.words["roles"] or noun in g.words["individuals"] for g in reading.languages)
    return definite and one and not any(c.isdigit() for c in group.name)


def _bridged(
    watch: Watch,
    reading: Reading,
    near: Sequence[tuple[Sentence, dict[Mention, Affiliation]]],
    found: Sequence[Event],
) -> list[Event]:
    """Return the title's events told of those whom only the lead names: "A's chemist goes" - "P, who led ..., said".

    Only where neither title nor lead tells any move of a named person.
    """
    if any(e.mover.kind == "person" and e.sentence.zone in ("title", "lead") for e in found):
        return []
    titles = [(sentence, posts) for sentence, posts in near if sentence.zone == "title"]
    leads = [(sentence, posts) for sentence, posts in near if sentence.zone == "lead"][:_BRIDGE]
    bridged: list[Event] = []
    for sentence, posts in titles:
        named = any(person.sure > _DOUBTED for person in sentence.people)
        for trigger in sentence.of("trigger"):
            if not trigger.term.strong or _is_noun(reading, sentence, trigger) or named:
                continue
            group = next((e.mover for e in found if e.trigger is trigger and e.mover.kind == "group"), None)
            for person, post in _named_in(reading, sentence, group, leads):
                at = sentence.start if FRAMES[trigger.term.value].mover == "left" else trigger.end
                at = group.start if group is not None else at
                mover = replace(person, start=at, end=at, via="bridged", sure=min(person.sure, 0.8))
                kept = replace(post, elsewhere=True) if post is not None else None
                own = {**posts, mover: kept} if kept is not None else posts
                event = _kind(watch, trigger)(watch, reading, sentence, trigger, own).of(mover)
                bridged += [event] if event is not None else []
    return bridged


_BRIDGE = 2  # sentences of the lead in which whom the title means is named
_OPENING = 60  # characters within which a sentence about somebody names them


def _named_in(
    reading: Reading,
    title: Sentence,
    group: Mention | None,
    leads: Sequence[tuple[Sentence, dict[Mention, Affiliation]]],
) -> list[tuple[Mention, Affiliation | None]]:
    """Return whom the title means: who has a post at a firm of the title, or opens the lead as the only full name."""
    firms = {org.name for org in title.orgs}
    people = [
        (person, posts.get(person), sentence)
        for sentence, posts in leads
        for person in sentence.people
        if person.sure >= _SURE
        and len(person.name.split()) > 1
        and not (person.known and person.known.stands_for)
        and not _reports(reading, person)
    ]
    names = {person.name for person, _, _ in people}
    words = set(reading.folded[title.start : title.end].split())
    fits = [
        (person, post)
        for person, post, sentence in people
        if (post is not None and post.org is not None and post.org.name in firms)
        or (post is not None and words.intersection(post.role.casefold().split()))
        or ((len(names) == 1 or _is_plural(group)) and person.start - sentence.start < _OPENING)
    ]
    first = list({person.name: (person, post) for person, post in reversed(fits)}.values())[::-1]
    return first if _is_plural(group) else first[:1]


def _reports(reading: Reading, person: Mention) -> bool:
    """Whether a person only reports what others do: "with P reporting that A hired"."""
    words = reading.folded[person.end : person.end + _OPENING].split()[:2]
    return any(" ".join(words) == phrase for g in reading.languages for phrase in g.words["relays"])


_SURE, _DOUBTED = 0.75, 0.4  # of a name


def _is_plural(group: Mention | None) -> bool:
    """Whether a group is several people, by its last word or a digit."""
    return group is not None and (group.name.endswith("s") or any(c.isdigit() for c in group.name))


def _is_noun(reading: Reading, sentence: Sentence, trigger: Hit) -> bool:
    """Whether an article makes a noun of the verb: "the hire follows", "her latest move to"."""
    term = trigger.term
    if term.language != "en" or term.order == "noun" or term.text.split()[0].endswith(("ing", "ed")):
        return False
    before = reading.folded[max(sentence.start, trigger.start - 10) : trigger.start].split()[-1:]
    if _is_owned_noun(reading, sentence, trigger):
        return True
    return bool(before) and any(before[0] in language.words["determiners"] for language in reading.languages)


def _is_owned_noun(reading: Reading, sentence: Sentence, trigger: Hit) -> bool:
    """Whether a firm has what another firm's name describes: "B's A hires", those whom B took from A."""
    described = next((o for o in sentence.orgs if o.end == trigger.start - 1), None)
    if described is None:
        return False
    owner = next((o for o in sentence.orgs if o.end < described.start <= o.end + 3), None)
    return owner is not None and reading.folded[owner.end : described.start].strip() in ("'s", "’s")


def _gapped(reading: Reading, sentence: Sentence, told: Sequence[Event]) -> list[Event]:
    """Return the events of those whose verb is left out: "P takes over as chief and Q as president"."""
    movers = {event.mover.name for event in told}
    likely = [e for e in told if e.mover.kind == "person" and e.status is not Status.HISTORICAL]
    found = []
    for person in sentence.people:
        before = next((e for e in reversed(likely) if max(e.mover.end, e.trigger.end) <= person.start), None)
        if before is None or person.name in movers:
            continue
        gap = reading.folded[max(before.mover.end, before.trigger.end) : person.start].split()
        joined = bool(gap) and any(gap[-1] in language.conjunctions for language in reading.languages)
        role = role_as(reading, sentence, person.end) if joined else ""
        if not role:
            continue
        event = replace(before, mover=person, role=role, new_role=True, gap=1, from_org=None, how={"to": "gap"})
        if before.kind in LEAVING:  # "P leaves, with Q as president": both at the firm that P leaves
            event = replace(event, kind="become", to_org=before.from_org, from_org=before.from_org)
            event = replace(event, how={"to": "gap", "from": "gap"})
        found.append(event)
    return found


def _verbless(reading: Reading, sentence: Sentence, told: Sequence[Event]) -> list[Event]:
    """Return the moves that no verb tells: "From A to B: P", "P: A → B", "P — из A в B"."""
    if told or any(h.term.order != "noun" for h in sentence.of("trigger")) or sentence.end - sentence.start > _LINE:
        return []
    found = []
    for left, right in pairwise(sentence.orgs):
        between = reading.folded[left.end : right.start]
        if left.name == right.name or not _leads_on(reading, sentence, left, right, between):
            continue
        people = [p for p in sentence.people if p.sure >= _SURE]
        near = [p for p in people if _beside(reading, sentence, p, left.start, right.end)]
        mover = min(near, key=lambda p: min(abs(p.end - left.start), abs(p.start - right.end)), default=None)
        if mover is None or (mover.known is not None and mover.known.stands_for):
            continue
        trigger = Hit(
            Term("trigger", f"… {between.strip()} …", "move", reading.code, strong=False), left.end, right.start
        )
        status = event_status(reading, sentence, trigger)
        ends = {"from": "marker", "to": "marker"}
        found.append(Event("move", mover, left, right, "", status, sentence, trigger, mover.sure * 0.7, 0, ends))
    return found


_LINE = 160  # characters of a sentence that can do without a verb
_ARROWS = frozenset({"→", "➡", "➔", "⇒", "->", "-->", "=>", ">", ">>"})
_LONGEST_STEP = 24  # characters between the two firms of a move without a verb
_ROOM = 60  # characters between such firms and the name


def _leads_on(reading: Reading, sentence: Sentence, left: Mention, right: Mention, between: str) -> bool:
    """Whether two firms are where somebody comes from and goes to: "from A to B", "A'dan B'ye", "A → B"."""
    if between.strip() in _ARROWS:
        return True
    if len(between) > _LONGEST_STEP or any(left.end <= h.start < right.start for h in sentence.of("trigger")):
        return False
    source = reading.marker(left.start, sentence.start) or reading.postposition(left.end)
    goal = reading.marker(right.start, left.end) or reading.postposition(right.end)
    return source in ("source", "of") and goal == "goal" and not any(c in between for c in ",;:.()")


def _beside(reading: Reading, sentence: Sentence, person: Mention, start: int, end: int) -> bool:
    """Whether nothing strange stands between a name and two firms that lead from one to the other."""
    first, last = (person.end, start) if person.end <= start else (end, person.start)
    return 0 <= last - first <= _ROOM and not strange_words(reading, sentence, first, last)


def _posts_by_name(near: Sequence[tuple[Sentence, dict[Mention, Affiliation]]]) -> dict[str, Affiliation]:
    """Return the first post with an organisation that any sentence gives each person."""
    found: dict[str, Affiliation] = {}
    for _, posts in near:
        for person, post in posts.items():
            if post.org is not None:
                found.setdefault(person.name, replace(post, role="", elsewhere=True))
    return found


def _kind(watch: Watch, trigger: Hit) -> type[Attachment]:
    """Return how a verb attaches: in its language's own way, in a free order, or around itself as in English."""
    term = trigger.term
    if term.language in SPECIAL:
        return SPECIAL[term.language]
    free = term.order in FREE or (term.order == "noun" and watch.lexicon.languages[term.language].is_free)
    return FreeAttachment if free else Attachment

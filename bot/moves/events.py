"""Mentions + triggers -> events, sentence by sentence: how each verb attaches, and verbs that are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.lexicon import FREE
from bot.model import Status
from bot.moves.affiliations import Affiliation, affiliations, role_as
from bot.moves.attach import Attachment, Event
from bot.moves.frames import LEAVING
from bot.moves.free_order import FreeAttachment
from bot.moves.gazetteer import Hit
from bot.moves.native_order import SPECIAL
from bot.moves.reading import Mention, Reading, Sentence
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
    return found


def _is_noun(reading: Reading, sentence: Sentence, trigger: Hit) -> bool:
    """Whether an article makes a noun of the verb: "the hire follows", "her latest move to"."""
    term = trigger.term
    if term.language != "en" or term.order == "noun" or term.text.split()[0].endswith(("ing", "ed")):
        return False
    before = reading.folded[max(sentence.start, trigger.start - 10) : trigger.start].split()[-1:]
    return bool(before) and any(before[0] in language.words["determiners"] for language in reading.languages)


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

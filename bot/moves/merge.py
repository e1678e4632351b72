"""Events -> moves: what a text says of one person, put together, with a probability of its own."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.model import Move, Span, Status
from bot.moves.attach import Event
from bot.moves.frames import JOINING, LEAVING
from bot.moves.reading import Mention, Reading, Sentence
from bot.text import fold

_GIVEN = 0.5  # how sure one lone word is that is a given name
_CLEAN_NAME = 0.7  # how sure a name must be for a move to be read cleanly
ZONES = ("title", "lead", "near", "body")


@dataclass(frozen=True, slots=True)
class Merged:
    """The events of one mover, best first, and the move they make. `zone` is the best place it is told in."""

    mover: Mention
    events: tuple[Event, ...]
    move: Move
    zone: str
    from_org: Mention | None
    to_org: Mention | None
    features: Mapping[str, float]

    @property
    def is_group(self) -> bool:
        """Whether the mover is "three researchers" and not a name."""
        return self.mover.kind == "group"

    @property
    def is_news(self) -> bool:
        """Whether it is told as news, not as somebody's past."""
        return self.move.status is not Status.HISTORICAL

    @property
    def orgs(self) -> tuple[Mention, ...]:
        """The organisations at its ends."""
        return tuple(org for org in (self.from_org, self.to_org) if org is not None)


@dataclass(frozen=True, slots=True)
class Headline:
    """Whom and which organisations the title names, by canonical name."""

    people: frozenset[str]
    organisations: frozenset[str]


def merge(events: Sequence[Event], reading: Reading, weights: Mapping[str, float]) -> list[Merged]:
    """Return one merged move a mover, in order of first telling; movers without any organisation are left out."""
    by_mover: dict[str, list[Event]] = {}
    for event in events:
        by_mover.setdefault(event.mover.name.casefold(), []).append(event)
    title = [s for s in reading.sentences if s.zone == "title"]
    headline = Headline(
        frozenset(p.name for s in title for p in s.people), frozenset(o.name for s in title for o in s.orgs)
    )
    merged = [_merged(group, reading, headline, weights) for group in by_mover.values()]
    return _with_roster(_ranked(_behind(_described([m for m in merged if m.orgs]))), weights)


def _ranked(merged: list[Merged]) -> list[Merged]:
    """Say of each named move that is news whether the text tells it first, whether no other; of a group likewise.

    Those whom one verb names together, "P and Q join A", are told first together.
    """
    named = [m for m in merged if m.is_news and not m.is_group]
    start = min((_told_at(m) for m in named), default=-1)
    groups = [m for m in merged if m.is_news and m.is_group]
    planned = (Status.RUMOURED, Status.DENIED)
    only = groups[0] if len(groups) == 1 and not named and groups[0].move.status not in planned else None
    return [
        replace(
            m,
            features={
                **m.features,
                "first": float(m.is_news and not m.is_group and _told_at(m) == start),
                "alone": float(m.is_news and not m.is_group and len(named) == 1),
                "alone.group": float(m is only),
            },
        )
        for m in merged
    ]


def _told_at(merged: Merged) -> int:
    return min(e.trigger.start for e in merged.events)


def _described(merged: list[Merged]) -> list[Merged]:
    """Give the only named mover the end that is told of a description: "P goes to B" - "the manager at A leaves"."""
    named = [m for m in merged if m.is_news and not m.is_group]
    groups = [m for m in merged if m.is_news and m.is_group and len(m.orgs) == 1]
    if len(named) != 1 or len(groups) != 1 or len(named[0].orgs) != 1:
        return merged
    one, group = named[0], groups[0]
    many = any(c.isdigit() for c in group.mover.name) or " " in group.mover.name
    if many or one.orgs[0].name == group.orgs[0].name or (one.from_org is None) == (group.from_org is None):
        return merged
    from_org, to_org = one.from_org or group.from_org, one.to_org or group.to_org
    if from_org is None or to_org is None:
        return merged
    move = replace(one.move, from_org=from_org.name, to_org=to_org.name)
    features = {**one.features, "described": 1.0, "both_ends": 1.0}
    whole = replace(one, move=move, from_org=from_org, to_org=to_org, features=features)
    return [whole if m is one else m for m in merged]


def _behind(merged: list[Merged]) -> list[Merged]:
    """Put moves in the past that are only told as the background of another named one, or of what the text reports."""
    news = any(m.is_news and not m.is_group and not all(e.background for e in m.events) for m in merged)
    return [
        replace(m, move=replace(m.move, status=Status.HISTORICAL)) if _dates(m) or (news and _all_behind(m)) else m
        for m in merged
    ]


def _all_behind(merged: Merged) -> bool:
    return all(e.background for e in merged.events)


def _dates(merged: Merged) -> bool:
    """Whether a title names a move by a noun, and the body only tells what came before or after it."""
    body = [e for e in merged.events if e.sentence.zone != "title"]
    nouns = all(e.trigger.term.order == "noun" for e in merged.events)
    return 0 < len(body) < len(merged.events) and nouns and all(e.background for e in body)


def _with_roster(merged: list[Merged], weights: Mapping[str, float]) -> list[Merged]:
    """Let named movers come from where a group comes from: "hires three from A", and names further down."""
    groups = [m for m in merged if m.is_group and m.from_org is not None and m.to_org is not None and m.is_news]
    found = []
    for one in merged:
        group = next((g for g in groups if one.to_org and g.to_org and same_house(one.to_org, g.to_org)), None)
        if group is not None and group.from_org is not None and not one.is_group and one.from_org is None:
            features = {**one.features, "from.roster": 1.0, "both_ends": 1.0}
            move = replace(one.move, from_org=group.from_org.name, confidence=round(logistic(features, weights), 3))
            one = replace(one, from_org=group.from_org, move=move, features=features)  # noqa: PLW2901
        found.append(one)
    return found


def same_house(unit: Mention, owner: Mention) -> bool:
    """Whether both are one organisation, or the first is a unit of the second."""
    return unit.name == owner.name or (unit.known is not None and unit.known.parent == owner.name)


def logistic(features: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Return the logistic of the weighted sum of `features`, a probability."""
    total = sum(weights.get(name, 0.0) * value for name, value in features.items())
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def certain(confidence: float, line: Mapping[str, float]) -> float:
    """Return how often a move of this probability, by its weights, proved right on texts that had no part in them."""
    odds = math.log(max(confidence, 1e-6) / max(1 - confidence, 1e-6))
    return logistic({"slope": odds, "offset": 1.0}, line)


def in_story(merged: Merged, score: float, short: bool, weights: Mapping[str, float]) -> Merged:
    """Return `merged` with the confidence it has in a text, `short` or not, that is a story by `score`."""
    features = {**merged.features, "story": score, "short": float(short)}
    features["no_ai_org.story"] = features.get("no_ai_org", 0.0) * score
    if features.get("clean") and features.get("no_rival") and not features.get("differ"):
        features["sound"] = score
        features["sound.title"] = score * features.get("title.mover", 0.0)
    return replace(
        merged, move=replace(merged.move, confidence=round(logistic(features, weights), 3)), features=features
    )


def _order(event: Event) -> tuple[bool, int, bool, bool, int]:
    weak = not event.trigger.term.strong
    zone = ZONES.index(event.sentence.zone)
    return (event.status is Status.HISTORICAL, zone, weak, event.guessed, event.trigger.start)


def _merged(group: list[Event], reading: Reading, headline: Headline, weights: Mapping[str, float]) -> Merged:
    ranked = sorted(group, key=_order)
    current = [e for e in ranked if e.status is not Status.HISTORICAL] or ranked
    to_event = _first(current, JOINING | {"leave", "lose", "departure", "stay"}, "to")
    past = [e for e in ranked if e not in current and e.sentence is current[0].sentence]  # "joins B after leaving A"
    from_event = _first(current, LEAVING, "from") or _first(current, JOINING | {"stay"}, "from")
    from_event = from_event or _first(past, LEAVING, "from")
    to_org = to_event.to_org if to_event else None
    from_org = from_event.from_org if from_event else None
    inside = from_event is not None and from_event.how.get("from") == "inside"
    if from_org and to_org and from_org.name == to_org.name and not inside and not _stays_inside(current):
        near = from_event is not None and from_event.how.get("from") == "nearby"
        leaves = ranked[0].kind in LEAVING and from_event is not None and not from_event.guessed and not near
        if not leaves and ((from_event and (from_event.guessed or near)) or not (to_event and to_event.guessed)):
            other = _first(
                [e for e in current if e.from_org is not None and e.from_org.name != to_org.name], JOINING, "from"
            )
            from_org = other.from_org if other is not None else None
        else:
            to_org = None
    zone = min((e.sentence.zone for e in current), key=ZONES.index)
    best = next(iter(current))
    mover = max((e.mover for e in current), key=lambda m: m.sure)
    status = _status(current)
    features = _features(current, mover, from_org, to_org, zone, status)
    features |= _in_headline(headline, current, mover, from_org, to_org)
    features |= _completeness(reading, current, mover, from_org, to_org)
    confidence = logistic(features, weights)
    move = Move(
        person=mover.name,
        from_org=from_org.name if from_org else None,
        to_org=to_org.name if to_org else None,
        role=_tidy(reading, _without_as(reading, _role(current) or "") or None, from_org, to_org),
        status=status,
        confidence=round(confidence, 3),
        evidence=tuple(dict.fromkeys(Span(e.sentence.start, e.sentence.end) for e in current)),
        written=_written(reading, mover),
        takes_up=any(e.role == _new_role(current) and _is_introduced(reading, e) for e in current),
    )
    return Merged(mover, (best, *[e for e in ranked if e is not best]), move, zone, from_org, to_org, features)


def _first(events: Iterable[Event], kinds: frozenset[str] | set[str], end: str) -> Event | None:
    found = [e for e in events if e.kind in kinds and (e.to_org if end == "to" else e.from_org) is not None]
    return next((e for e in found if not e.guessed), found[0] if found else None)


def _stays_inside(events: Sequence[Event]) -> bool:
    return all(e.kind in ("appoint", "become", "arrival") for e in events)


def _role(events: Sequence[Event]) -> str | None:
    """Return the post taken up, else one that the mover has or had."""
    new = _new_role(events)
    if new is not None:
        return new
    for kinds in (JOINING, LEAVING | {"stay"}):
        for event in events:
            if event.kind in kinds and event.role:
                return event.role
    return None


def _new_role(events: Sequence[Event]) -> str | None:
    return next((e.role for e in events if e.kind in JOINING and e.role and e.new_role), None)


_ARTICLE = 5  # characters between a verb and the post right behind it


def _is_introduced(reading: Reading, event: Event) -> bool:
    """Tell whether the text itself says that the post is the one taken up: "as VP", "named VP"."""
    at = reading.folded.find(fold(event.role), event.sentence.start, event.sentence.end) if event.role else -1
    if at < 0:
        return False
    if _without_as(reading, event.role) != event.role:
        return True
    before, after = reading.folded[event.sentence.start : at].rstrip(), reading.folded[at + len(event.role) :].lstrip()
    for language in reading.languages:
        behind = language.as_is_behind
        said = after.startswith if behind else f" {before}".endswith
        if any(said(phrase if behind or not phrase.isascii() else f" {phrase}") for phrase in language.as_):
            return True
    verb = event.trigger
    starts = (verb.end, *((event.mover.end,) if event.mover.start >= verb.end else ()))  # "named VP", "named P VP"
    verbal = event.kind in ("appoint", "become") and verb.term.order != "noun"
    return verbal and any(0 <= at - start <= _ARTICLE for start in starts)


def _without_as(reading: Reading, role: str) -> str:
    """Return a post without the word for "as" that is written in one with it."""
    phrases = (p for g in reading.languages if not g.as_is_behind for p in g.as_ if not p.isascii())
    longest = max((p for p in phrases if role.startswith(p) and len(role) > len(p)), key=len, default="")
    return role.removeprefix(longest) if longest and not role[len(longest)].isspace() else role


def _tidy(reading: Reading, role: str | None, *ends: Mention | None) -> str | None:
    """Return a post without what does not belong to it: the firm before it, praise, a dangling "of", a case ending."""
    if not role:
        return role
    lists = [language.words for language in reading.languages]
    text = role
    for phrase in (phrase for words in lists for phrase in words["counting_in"]):
        text = text.rpartition(f" {phrase} ")[2]
    for name in (org.name for org in ends if org is not None):
        if len(text) > len(name) + 1 and fold(text).startswith(fold(name)):
            text = text[len(name) :].lstrip(" '’-的")
    words = text.split()
    while len(words) > 1 and any(words[0].casefold() in language.words["puffs"] for language in reading.languages):
        words = words[1:]
    while len(words) > 1 and _is_link(reading, words[-1]):
        words = words[:-1]
    text = " ".join(words)
    stem, mark, ending = text.replace("’", "'").rpartition("'")
    if mark and any(ending in table["behind_apostrophe"] for table in lists):
        text = text[: len(stem)]
    for phrase in (phrase for table in lists for phrase in table["of_the"]):
        text = text.replace(f" {phrase} ", f" {phrase.split()[0]} ")
    return text or None


def _is_link(reading: Reading, word: str) -> bool:
    """Whether a word in small letters only leads on to another: "head of", "jefa de la"."""
    return word.islower() and any(
        word in language.stopwords or word in language.before or word in language.conjunctions
        for language in reading.languages
    )


def _written(reading: Reading, mover: Mention) -> str:
    """Return the fullest form in which the text itself writes a known name, "" where that is the canonical one."""
    if mover.known is None:
        return ""
    same = [p for s in reading.sentences for p in s.people if p.name == mover.name and p.via == "exact"]
    forms = [reading.text[p.start : p.end] for p in same]
    full = [form for form in forms if len(form.split()) > 1 or not form.isascii()]
    best = max(full, key=len, default="")
    return best if best and fold(best) != fold(mover.name) else ""


def _in_headline(
    headline: Headline, events: Sequence[Event], mover: Mention, from_org: Mention | None, to_org: Mention | None
) -> dict[str, float]:
    """Say how the move stands to the title: what the title is about is what an article reports."""
    ends = [org.name for org in (from_org, to_org) if org is not None]
    shared = sum(name in headline.organisations for name in ends)
    return {
        "title.mover": float(mover.name in headline.people),
        "title.other_people": float(bool(headline.people) and mover.name not in headline.people),
        "title.end": float(shared > 0),
        "title.ends": float(shared > 1),
        "title.other_orgs": float(bool(headline.organisations) and not shared),
        "title.whole": float(headline.people == {mover.name} and bool(shared) and headline.organisations <= set(ends)),
        "depth": min(1.0, min(e.sentence.start for e in events) / 1_300),
    }


def _completeness(
    reading: Reading, events: Sequence[Event], mover: Mention, from_org: Mention | None, to_org: Mention | None
) -> dict[str, float]:
    """Say whether an end may be missing, or be another than the one found: who else stands near, who else is named."""
    ends = {org.name for org in (from_org, to_org) if org is not None}
    half = from_org is None or to_org is None
    title = [org.name for s in reading.sentences if s.zone == "title" for org in s.orgs if _employs(org)]
    own = [org.name for org in events[0].sentence.orgs if _employs(org)]
    about = {e.sentence.start for e in events}
    beside = [
        org.name
        for s in reading.sentences
        if s.zone in ("title", "lead") and s.start not in about and any(p.name == mover.name for p in s.people)
        for org in s.orgs
        if _employs(org)
    ]
    told = {e.sentence.start for e in events if {_end(e, "from"), _end(e, "to")} - {None} == ends}
    others = {_end(e, end) for e in events for end in ("from", "to")} - ends - {None}
    rivals = {
        org.name for s in reading.sentences if s.zone in ("title", "lead") for org in s.orgs if _employs(org)
    } - ends
    strangers = {p.name for e in events for p in _strangers(e, mover)}
    others_named = {p.name for s in reading.sentences if s.zone != "body" for p in _others(s, mover)}
    return {
        "only_person": float(not others_named),
        "half.rival": float(half and bool(rivals)),
        "noun": float(all(e.trigger.term.order == "noun" for e in events)),
        "no_rival": float(not rivals),
        "rivals.many": float(len(rivals) > 1),
        "no_stranger": float(not strangers),
        "spare.title": float(half and not ends.issuperset(title)),
        "spare.sentence": float(half and not ends.issuperset(own)),
        "spare.beside": float(half and not ends.issuperset(beside)),
        f"half.{events[0].kind}": float(half and events[0].kind in _WANT_BOTH),
        "half.to_only": float(from_org is None),
        "agree": float(len(told) > 1),
        "differ": float(bool(others)),
    }


def _others(sentence: Sentence, mover: Mention) -> list[Mention]:
    """Return who else is surely named there; a part of the mover's own name is nobody else."""
    own = set(mover.name.casefold().split())
    return [p for p in sentence.people if p.sure >= _GIVEN and own.isdisjoint(p.name.casefold().split())]


def _strangers(event: Event, mover: Mention) -> list[Mention]:
    """Return who else is named in the sentence of an event, but for those of whom its verb tells the same."""
    return [p for p in _others(event.sentence, mover) if p.name not in event.mates]


_WANT_BOTH = frozenset({"poach", "move", "stay", "hire", "appoint", "become"})


def _employs(org: Mention) -> bool:
    return org.known is not None and org.known.kind != "platform"


def _status(events: Sequence[Event]) -> Status:
    """Let the title's denial or rumour stand; else the surest word in the text about this mover."""
    first = events[0].status
    if first in (Status.DENIED, Status.RUMOURED, Status.HISTORICAL):
        return first
    said = {event.status for event in events}
    return Status.CONFIRMED if Status.CONFIRMED in said else first


def _features(
    events: Sequence[Event], mover: Mention, from_org: Mention | None, to_org: Mention | None, zone: str, status: Status
) -> dict[str, float]:
    orgs = [org for org in (from_org, to_org) if org is not None]
    clean = [e for e in events if _is_clean(e)]
    shape = _shape(mover)
    if shape == "boss" and any(e.mates for e in events):
        shape = "exact"  # "P and Q will join A": who speaks for a firm is not named with others by its doings
    if shape == "single" and any(e.sentence.zone == "title" and e.gap == 0 and _opens(e) for e in events):
        shape = "opening"
    if shape == "group" and any(h.start <= mover.start < h.end for e in events for h in e.sentence.of("number")):
        shape = "counted"
    return {
        "bias": 1.0,
        "clean": float(bool(clean)),
        "clean.twice": float(len({e.sentence.start for e in clean}) > 1),
        "clean.both_ends": float(any(len(e.how) > 1 for e in clean)),
        "clean.title": float(any(e.sentence.zone == "title" for e in clean)),
        f"zone.{zone}": 1.0,
        f"person.{shape}": 1.0,
        f"gap.{min([3, *(event.gap for event in events)])}": 1.0,
        **{f"from.{how}": 1.0 for how in _how(events, "from", from_org) or (["past"] if from_org else [])},
        **{f"to.{how}": 1.0 for how in _how(events, "to", to_org)},
        "both_ends": float(from_org is not None and to_org is not None),
        "unknown_org": float(any(org.known is None for org in orgs)),
        "no_ai_org": float(not any(org.known is not None and org.known.is_ai for org in orgs)),
        "told_twice": float(len(events) > 1),
        "weak": float(all(not event.trigger.term.strong for event in events)),
        "named_early": float(any(event.sentence.start == 0 for event in events)),
        "long_sentence": float(min(e.sentence.end - e.sentence.start for e in events) > 240),
        f"kind.{events[0].kind}": 1.0,
        f"status.{status.value}": 1.0,
    }


def _opens(event: Event) -> bool:
    """Whether a sentence begins with the mover, and a strong verb follows."""
    return event.mover.start == event.sentence.start and event.trigger.term.strong


def _is_clean(event: Event) -> bool:
    """Whether nothing about the reading is a guess: a known or given name right beside a strong verb, ends marked."""
    named = event.mover.kind == "person" and event.mover.sure >= _CLEAN_NAME and _shape(event.mover) != "boss"
    ends = bool(event.how) and all(how in ("marker", "bare", "subject", "post") for how in event.how.values())
    said = event.status not in (Status.HISTORICAL, Status.DENIED)
    return named and ends and said and event.gap == 0 and event.trigger.term.strong


def _shape(mover: Mention) -> str:
    """Say what makes the mover a person: a known name, a given name, the shape of two unknown words, one word ..."""
    if mover.kind == "group":
        return "group"
    if mover.known is not None and mover.known.stands_for:
        return "boss"
    if mover.via == "handle" and " " not in mover.name:
        return "bare_handle"
    if mover.via == "single" and mover.sure >= _GIVEN:
        return "mononym"
    if mover.via == "shape":
        return "given" if mover.sure > 0.9 else "titled" if mover.sure <= 0.7 else "shape"
    return mover.via


def _how(events: Sequence[Event], end: str, org: Mention | None) -> list[str]:
    """Return what filled this end of the move, the surest of its events' words; [] where nothing did."""
    filled = [e.how.get(end) for e in events if org is not None and _end(e, end) == org.name]
    told = [how for how in filled if how]
    return [how for how in _TOLD_BY if how in told][:1] or told[:1]


_TOLD_BY = ("marker", "bare", "subject", "post")  # what an end is surest by, best first


def _end(event: Event, end: str) -> str | None:
    org = event.from_org if end == "from" else event.to_org
    return org.name if org is not None else None

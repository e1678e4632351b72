"""Article -> claims: of whom it says what, as it was read, with guesses where it was read too little of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.lexicon import Language, load
from bot.model import Article, Finding, Mark, Status, Traits
from bot.stories.clauses import fillers, offers
from bot.stories.names import is_latin
from bot.stories.traits import in_full, is_credited, named_in, same_group, surely_named
from bot.stories.words import LEAD, weight
from bot.text import fold, sentences


@dataclass(frozen=True, slots=True)
class Claim:
    """What one telling says of one mover. `weight` is its vote; an end that it does not name is ""."""

    person: tuple[str, ...]
    from_org: str
    to_org: str
    role: str
    status: Status
    weight: float
    group: bool = False
    guessed: bool = False


def _claims(article: Article, finding: Finding, traits: Traits) -> Iterator[Claim]:
    title = len(article.title)
    for move in (m for m in finding.moves if is_group(m.person, finding.language) or m in surely_named(finding.moves)):
        if move.status is Status.HISTORICAL or move.confidence < 0.3:
            continue
        in_title = any(span.start < title for span in move.evidence)
        groups = (*traits.movers, *traits.people)
        if is_credited(article.text, move.person):
            continue
        name = in_full(move.person, article.text[:LEAD])
        person = next((g for g in groups if same_group(g, (name,))), (name,))
        if name not in person:
            person = (name, *person)
        yield Claim(
            person=person,
            from_org=move.from_org or "",
            to_org=move.to_org or "",
            role=move.role or "",
            status=move.status,
            weight=round(move.confidence * (1.5 if in_title else 1.0), 3),
            group=is_group(move.person, finding.language),
        )


def claims_of(article: Article, finding: Finding, marks: Sequence[Mark], traits: Traits) -> tuple[Claim, ...]:
    """Return the claims, a post taken for the one person that the text names, and guesses for movers without any."""
    claims = tuple(_claims(article, finding, traits))
    named = [c for c in claims if not c.group]
    posts = [c for c in claims if c.group and not any(ch.isdigit() for ch in c.person[0])]
    missing = [p for p in traits.movers if not any(same_group(p, c.person) for c in named)]
    if len(posts) == 1 and not named and len(missing) == 1:
        return (replace(posts[0], person=missing[0], group=False),)
    acts = any(m.kind in ("trigger", "status") for m in marks)
    guesses = [claim for p in missing if acts and (claim := guess(p, article, marks, finding.language))]
    listed = [claim for c in (*named, *guesses) for claim in in_one_list(c, article, marks, traits, finding.language)]
    found = [*named, *guesses]
    for claim in listed:
        if not any(same_group(claim.person, c.person) for c in found):
            found.append(claim)
    if found:
        return (*found, *(c for c in claims if c.group))
    if not claims and "layoff" in traits.acts | traits.kinds:
        return tuple(staff(article, marks, traits))
    return claims or tuple(whole_team(article, marks))


def is_group(person: str, language: str = "en") -> bool:
    """Tell whether a mover is some people or a post and no name: "three researchers", "founder"."""
    words = fold(person).split()
    table = load().languages.get(language)
    if table is not None and any(
        fold(person) in map(fold, table.words[key]) for key in ("roles", "people_nouns", "former")
    ):
        return True
    if not words or not is_latin(person):
        return False
    plural = len(words) > 1 and weight(words[-1]) < 0.5
    return words[0][0].isdigit() or all(weight(w) < 1 for w in words) or plural or person[0].islower()


_NEAR = 14  # characters between a name and the organisation that says whose it is


def guess(person: Sequence[str], article: Article, marks: Sequence[Mark], language: str) -> Claim | None:
    """Return where a person comes from and goes to, by the words before the organisations beside their name."""
    text = article.text
    table = load().languages.get(language) or load().languages["en"]
    spans = [s for s in sentences(text[: LEAD * 2]) if named_in(person, fold(text[s.start : s.end]))]
    wanted = [*spans, *(s for s in sentences(article.title)[:1] if s not in spans)]
    slots = [
        (_slot(text, mark, person, span.start, table, language), mark.value)
        for span in wanted
        for mark in marks
        if mark.kind == "org" and span.start <= mark.start < span.end
    ]
    source, goal = (next((name for slot, name in slots if slot == end), "") for end in ("from", "to"))
    loose = list(dict.fromkeys(name for slot, name in slots if not slot and name not in (source, goal)))
    leaving = any(m.kind == "trigger" and m.value in ("leave", "lose", "oust", "departure") for m in marks)
    if loose and not goal and (source or not leaving):
        goal = loose.pop(0)
    if loose and not source:
        source = loose.pop(0)
    if source == goal:
        goal = ""
    if not source and not goal:
        return None
    return Claim(tuple(person), source, goal, "", Status.REPORTED, 0.2, guessed=True)


def _slot(text: str, mark: Mark, person: Sequence[str], floor: int, table: Language, language: str) -> str:
    """Return from or to, as the word before an organisation or its place beside the person says; else ""."""
    before, after = fold(text[max(floor, mark.start - 24) : mark.start]), fold(text[mark.end : mark.end + _NEAR])
    if named_in(person, fold(text[max(floor, mark.start - 40) : mark.start])):
        gap = re.split(r"[^\W_]*(?:" + "|".join(re.escape(fold(p).split()[-1]) for p in person) + ")", before)[-1]
        if len(gap) < _NEAR and not fillers(language).sub("", gap):
            return "from"
    if after.startswith(("'s ", "’s ")) or any(
        fold(p).startswith(after.strip()[:4]) for p in person if after.strip()[:4]
    ):
        return "from"
    glued = after.lstrip("'’\"”」』 ")
    behind = next((slot for size in range(min(8, len(glued)), 0, -1) if (slot := table.after.get(glued[:size]))), "")
    if behind:
        return {"source": "from", "goal": "to", "of": "from"}.get(behind, "")
    if offers(before, language):
        return "to"
    words = [w for w in re.findall(r"[^\W_]+(?:['’][^\W_]+)?|d'", before) if w not in table.skip]
    if not words:
        return ""
    slot = table.before.get(" ".join(words[-2:])) or table.before.get(words[-1]) or ""
    return {"source": "from", "goal": "to", "place": "", "of": "from"}.get(slot, "")


def in_one_list(claim: Claim, article: Article, marks: Sequence[Mark], traits: Traits, language: str) -> list[Claim]:
    """Return claims for those named in one list with a mover, as "P of A, Q and R of B"."""
    text = article.text[: LEAD * 2]
    people = [p for p in (*traits.movers, *traits.people) if not same_group(p, claim.person)]
    places = sorted((at, p) for p in (claim.person, *people) if (at := _at(text, p)) >= 0)
    mine = next((i for i, (_, p) in enumerate(places) if p == claim.person), -1)
    if mine < 0:
        return []
    low, high = mine, mine
    while low > 0 and _joined(text, places[low - 1], places[low], marks, language):
        low -= 1
    while high + 1 < len(places) and _joined(text, places[high], places[high + 1], marks, language):
        high += 1
    table = load().languages.get(language) or load().languages["en"]
    found: list[Claim] = []
    source = claim.from_org
    for index in range(high, low - 1, -1):
        at, person = places[index]
        if index == mine:
            source = claim.from_org or source
            continue
        own = next(
            (
                m.value
                for m in marks
                if m.kind == "org" and 0 <= m.start - at < 60 and _slot(text, m, person, at, table, language) == "from"
            ),
            "",
        )
        source = own or source
        found.append(
            replace(claim, person=person, from_org=source, weight=claim.weight * 0.5, role="", guessed=claim.guessed)
        )
    return found


def _joined(
    text: str, one: tuple[int, Sequence[str]], other: tuple[int, Sequence[str]], marks: Sequence[Mark], language: str
) -> bool:
    """Whether only organisations, commas and small words stand between two names."""
    start = one[0] + max((len(n) for n in one[1] if text.startswith(n, one[0])), default=len(one[1][0].split()[-1]))
    between = text[start : other[0]]
    if len(between) > 60 or "." in between or "\n" in between:
        return False
    for mark in marks:
        kind = mark.kind in ("org", "role") or (mark.kind == "trigger" and mark.value in ("become", "appoint"))
        if kind and start <= mark.start and mark.end <= other[0]:
            between = between.replace(text[mark.start : mark.end], " ")
    return not fillers(language).sub("", fold(between))


def _at(text: str, person: Sequence[str]) -> int:
    return min((at for name in person if (at := text.find(name)) >= 0), default=-1)


_TEAM = re.compile(r"(?:[Tt]he )?((?:[A-Z][\w-]+ ){1,3})team\b")


def whole_team(article: Article, marks: Sequence[Mark]) -> Iterator[Claim]:
    """Yield the claim that the team of a firm in the headline goes to another: "the Acme team"."""
    match = _TEAM.search(article.text[: LEAD * 2])
    name = match[1].strip() if match else ""
    others = [m.value for m in marks if m.kind == "org" and m.end <= LEAD and fold(m.value) != fold(name)]
    if name in article.title and name and others:
        yield Claim((f"{name} team",), name, others[0], "", Status.REPORTED, 0.2, group=True, guessed=True)


def staff(article: Article, marks: Sequence[Mark], traits: Traits) -> Iterator[Claim]:
    """Yield the claim that people without names leave the organisation of the headline."""
    orgs = [m.value for m in marks if m.kind == "org" and m.end <= len(article.title)]
    if orgs:
        count = next((f"{n:.15g} " for n in sorted(traits.numbers, reverse=True)), "")
        yield Claim((f"{count}employees",), orgs[0], "", "", Status.REPORTED, 0.2, group=True, guessed=True)

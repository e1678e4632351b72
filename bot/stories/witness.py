"""Article -> telling: who says it, from where they have it, and what they claim of whom.

Whether an article is a source of its own, a relay or a copy; what it says became of moves; which facts it brings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.lexicon import Language, load
from bot.lexicon.telling import phrases
from bot.model import Article, Finding, Mark, Status, Traits
from bot.stories.match import bosses, in_full, is_name, named_in, org_key, same_group
from bot.stories.names import is_latin
from bot.stories.relays import first_of, relays_of
from bot.stories.words import LEAD, MONTHS, numbers_of, shares_of, weight
from bot.text import fold, sentences

_DAY_MONTH = re.compile(
    r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|er|º|\.)?(?: de| di)? ([^\W\d_]{3,12})|([^\W\d_]{3,12}) (\d{1,2})(?!\d)"
)
_CJK_DATE = re.compile(r"(\d{1,2})[月월]\s?(\d{1,2})[日일]")
_MONTH_YEAR = re.compile(r"(?:^|(?<=\W))([^\W\d_]{3,12}) (20\d\d)")


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


@dataclass(frozen=True, slots=True)
class Witness:
    """One article as a witness. `own` says that it knows by itself, `mangled` that it reads like a machine's work.

    `relays` are the names of those it has its news from; `speaks` that a firm or person of the story speaks itself.
    `cues` are the kinds of phrases in it. `facts` are numbers, dates and roles, each with what it is.
    """

    owner: str
    outlet: str
    language: str
    claims: tuple[Claim, ...] = ()
    relays: tuple[str, ...] = ()
    cues: frozenset[str] = frozenset()
    speaks: bool = False
    own: bool = False
    mangled: bool = False
    aggregator: bool = False
    facts: frozenset[str] = frozenset()
    numbers: frozenset[float] = frozenset()
    text: str = ""
    sentences: tuple[str, ...] = ()
    people: tuple[tuple[str, ...], ...] = ()
    roles: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    organisations: Mapping[str, str] = field(default_factory=dict)  # key -> as it is shown


def witness(
    article: Article, finding: Finding, marks: Sequence[Mark], traits: Traits, *, owner: str, outlet: str
) -> Witness:
    """Return `article` as a witness; `owner` is the media group or the company behind `outlet`."""
    text = f"{article.title}\n\n{article.body[: LEAD * 2]}"
    folded = fold(text)
    language = finding.language
    known = phrases()
    named = " ".join((fold(outlet), fold(owner)))
    statement = any(word in named for word in known.statements)
    orgs = {org_key(m.value): m.value for m in marks if m.kind == "org"}
    orgs |= {org_key(o): o for m in finding.moves for o in (m.from_org, m.to_org) if o}
    orgs |= {org_key(o): o for o in finding.organisations}
    speaks = (
        statement or org_key(owner) in orgs or any(same_group((owner,), p) for p in (*traits.movers, *traits.people))
    )
    cues = frozenset(
        kind
        for kind in known.kinds
        if kind not in ("relay_before", "relay_after") and first_of(known.of(kind, language), folded)
    )
    relays = (
        ()
        if speaks
        else tuple(
            relays_of(text, language, skip=(outlet, owner, *orgs.values()), people=[m.person for m in finding.moves])
        )
    )
    own = "own" in cues or names_itself(folded, outlet)
    return Witness(
        owner=owner,
        outlet=outlet,
        language=language,
        claims=_with_guesses(article, finding, marks, traits, tuple(_claims(article, finding, traits))),
        relays=relays,
        cues=cues - {"media"} if speaks else cues,
        speaks=speaks,
        own=own and not relays,
        mangled=_reads_mangled(marks),
        aggregator=any(word in named for word in known.aggregators),
        facts=frozenset(dates_of(folded)) | shares_of(folded),
        people=tuple(
            p for p in (*traits.movers, *traits.people) if is_name(p[0]) and len(p[0]) > 1 and not _is_boss(p)
        ),
        roles=frozenset(
            fold(text[m.start : m.end]) for m in _marks_in(marks, article, "role") if _beside_mover(text, m, traits)
        ),
        numbers=numbers_of(text),
        text=folded,
        sentences=tuple(folded[s.start : s.end] for s in sentences(text)),
        kinds=frozenset(k.value for k in finding.kinds),
        organisations=orgs,
    )


def _is_boss(person: Sequence[str]) -> bool:
    return bool(bosses().intersection(person)) or (len(person[0].split()) < 2 and is_latin(person[0]))


def _marks_in(marks: Sequence[Mark], article: Article, kind: str) -> list[Mark]:
    return [m for m in marks if m.kind == kind and m.end <= len(article.title) + 2 + LEAD]


def _beside_mover(text: str, mark: Mark, traits: Traits) -> bool:
    """Whether a post stands in the sentence of a mover, and not right before somebody else's name."""
    start = max(text.rfind(stop, 0, mark.start) for stop in (". ", "。", "\n"))
    ends = [at for stop in (". ", "。", "\n") if (at := text.find(stop, mark.end)) >= 0]
    sentence = fold(text[max(0, start) : min(ends, default=len(text))])
    return any(named_in(p, sentence) for p in traits.movers)


def names_itself(folded: str, outlet: str) -> bool:
    """Tell whether an article names its own outlet, by its name or by the last word of it: "told the Herald"."""
    whole = fold(outlet)
    last = whole.split()[-1] if whole else ""
    return bool(whole) and (
        whole in folded or (len(last) > 4 and re.search(rf"(?<!\w){re.escape(last)}(?!\w)", folded) is not None)
    )


def _reads_mangled(marks: Sequence[Mark]) -> bool:
    """Whether known names stand there as translation machines write them."""
    return any(m.kind == "mangled" for m in marks)


def _claims(article: Article, finding: Finding, traits: Traits) -> Iterator[Claim]:
    title = len(article.title)
    for move in finding.moves:
        if move.status is Status.HISTORICAL or move.confidence < 0.3:
            continue
        in_title = any(span.start < title for span in move.evidence)
        groups = (*traits.movers, *traits.people)
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


def _with_guesses(
    article: Article, finding: Finding, marks: Sequence[Mark], traits: Traits, claims: tuple[Claim, ...]
) -> tuple[Claim, ...]:
    """Return the claims, a post taken for the one person that the text names, and guesses for movers without any."""
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
    return claims


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
_OFFER = re.compile(
    r"(?:offers?|bids?|proposals?|offres?|ofertas?|offert[ae]|angebote?|propost[ae]s?|bod|teklif\w*|предложени\w+|عرضا?)"
    r"(?: \w{1,4})? ?$"
)
_AND = "and|of|at|from|und|von|bei|et|de|d'|chez|e|di|da|y|del|en|van|z|i|w|ve|и|из|و|من|और|के|ex|former"
_FILLER = re.compile(rf"[\s,;&、，・和及与與와과]+|(?<!\w)(?:{_AND})(?!\w)")


def guess(person: Sequence[str], article: Article, marks: Sequence[Mark], language: str) -> Claim | None:
    """Return where a person comes from and goes to, by the words before the organisations beside their name."""
    text = article.text
    table = load().languages.get(language) or load().languages["en"]
    spans = [s for s in sentences(text[: LEAD * 2]) if named_in(person, fold(text[s.start : s.end]))]
    wanted = [*spans, *(s for s in sentences(article.title)[:1] if s not in spans)]
    source = goal = ""
    loose: list[str] = []
    for span in wanted:
        for mark in marks:
            if mark.kind != "org" or not span.start <= mark.start < span.end:
                continue
            slot = _slot(text, mark, person, span.start, table)
            if slot == "from" and not source:
                source = mark.value
            elif slot == "to" and not goal:
                goal = mark.value
            elif not slot:
                loose.append(mark.value)
    loose = [o for o in dict.fromkeys(loose) if o not in (source, goal)]
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


def _slot(text: str, mark: Mark, person: Sequence[str], floor: int, table: Language) -> str:
    """Return from or to, as the word before an organisation or its place beside the person says; else ""."""
    before, after = fold(text[max(floor, mark.start - 24) : mark.start]), fold(text[mark.end : mark.end + _NEAR])
    if named_in(person, fold(text[max(floor, mark.start - 40) : mark.start])):
        gap = re.split(r"[^\W_]*(?:" + "|".join(re.escape(fold(p).split()[-1]) for p in person) + ")", before)[-1]
        if len(gap) < _NEAR and not _FILLER.sub("", gap).strip():
            return "from"
    if after.startswith(("'s ", "’s ")) or any(
        fold(p).startswith(after.strip()[:4]) for p in person if after.strip()[:4]
    ):
        return "from"
    glued = after.lstrip("'’\"”」』 ")
    behind = next((slot for size in range(min(8, len(glued)), 0, -1) if (slot := table.after.get(glued[:size]))), "")
    if behind:
        return {"source": "from", "goal": "to", "of": "from"}.get(behind, "")
    if _OFFER.search(before):
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
    while low > 0 and _joined(text, places[low - 1], places[low], marks):
        low -= 1
    while high + 1 < len(places) and _joined(text, places[high], places[high + 1], marks):
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
                if m.kind == "org" and 0 <= m.start - at < 60 and _slot(text, m, person, at, table) == "from"
            ),
            "",
        )
        source = own or source
        found.append(
            replace(claim, person=person, from_org=source, weight=claim.weight * 0.5, role="", guessed=claim.guessed)
        )
    return found


def _joined(text: str, one: tuple[int, Sequence[str]], other: tuple[int, Sequence[str]], marks: Sequence[Mark]) -> bool:
    """Whether only organisations, commas and small words stand between two names."""
    start = one[0] + max((len(n) for n in one[1] if text.startswith(n, one[0])), default=len(one[1][0].split()[-1]))
    between = text[start : other[0]]
    if len(between) > 60 or "." in between or "\n" in between:
        return False
    for mark in marks:
        if mark.kind == "org" and start <= mark.start and mark.end <= other[0]:
            between = between.replace(text[mark.start : mark.end], " ")
    return not _FILLER.sub("", fold(between)).strip(" ,")


def _at(text: str, person: Sequence[str]) -> int:
    return min((at for name in person if (at := text.find(name)) >= 0), default=-1)


def staff(article: Article, marks: Sequence[Mark], traits: Traits) -> Iterator[Claim]:
    """Yield the claim that people without names leave the organisation of the headline."""
    orgs = [m.value for m in marks if m.kind == "org" and m.end <= len(article.title)]
    if orgs:
        count = next((f"{n:.15g} " for n in sorted(traits.numbers, reverse=True)), "")
        yield Claim((f"{count}employees",), orgs[0], "", "", Status.REPORTED, 0.2, group=True, guessed=True)


def dates_of(folded: str) -> Iterator[str]:
    """Yield the dates in a folded text as "date:month-day" and "date:month-year", whatever the language."""
    for day, month, month2, day2 in _DAY_MONTH.findall(folded):
        number = MONTHS.get(month or month2)
        if number and 1 <= int(day or day2) <= 31:
            yield f"date:{number}-{int(day or day2)}"
    for month, day in _CJK_DATE.findall(folded):
        yield f"date:{int(month)}-{int(day)}"
    for month, year in _MONTH_YEAR.findall(folded):
        if month in MONTHS:
            yield f"date:{MONTHS[month]}-{year}"


def sentences_on(one: Witness, person: Sequence[str], goal: str = "") -> tuple[str, ...]:
    """Return the folded sentences that name a person or where they are said to go, or all of them where none does."""
    goal = fold(goal)
    found = tuple(s for s in one.sentences if named_in(person, s, one.people) or (goal and goal in s))
    return found or one.sentences

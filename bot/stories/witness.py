"""Article -> telling: who says it, from where they have it, and what they claim of whom.

Whether an article is a source of its own, a relay or a copy; what it says became of the moves of a story; which facts it brings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.lexicon.telling import phrases
from bot.model import Article, Finding, Mark, Status, Traits
from bot.stories.match import _name as org_key
from bot.stories.match import named_in, same_group
from bot.stories.names import is_latin, plain, romanised, skeleton
from bot.stories.words import LEAD, numbers_of, weight
from bot.text import fold, sentences

_REACH = 48  # characters between a cue and the outlet that it speaks of
_CAPITALS = re.compile(r"[A-Z\u00c0-\u00de][\w\u00c0-\u024f&.’'-]*(?: (?:of|de|do|da|di|und|and|the|du|la|el)?\s?[A-Z\u00c0-\u00de][\w\u00c0-\u024f&.’'-]*)*")
_ARTICLES = frozenset("the le la les el los las il lo gli o a os as der die das den dem het de l".split())
_MONTHS = {
    1: "january januar janvier enero gennaio janeiro januari stycznia ocak января",
    2: "february februar février febrero febbraio fevereiro februari lutego şubat февраля",
    3: "march märz mars marzo março maart marca mart марта",
    4: "april avril abril aprile kwietnia nisan апреля",
    5: "may mai mayo maggio maio mei maja mayıs мая मई",
    6: "june juni juin junio giugno junho czerwca haziran июня",
    7: "july juli juillet julio luglio julho lipca temmuz июля",
    8: "august août agosto augustus sierpnia ağustos августа",
    9: "september septembre septiembre settembre setembro września eylül сентября",
    10: "october oktober octobre octubre ottobre outubro października ekim октября",
    11: "november novembre noviembre novembro listopada kasım ноября",
    12: "december dezember décembre diciembre dicembre dezembro december grudnia aralık декабря",
}
_MONTH = {word: number for number, words in _MONTHS.items() for word in words.split()}
_DAY_MONTH = re.compile(r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|er|º|\.)?(?: de| di)? ([^\W\d_]{3,12})|([^\W\d_]{3,12}) (\d{1,2})(?!\d)")
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


@dataclass(frozen=True, slots=True)
class Witness:
    """One article as a witness. `own` says that it shows its own knowledge, `mangled` that it reads like a machine's translation.

    `relays` are the names of those it has its news from; `speaks` that an organisation or person of the story speaks itself.
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
    kinds: frozenset[str] = frozenset()
    organisations: Mapping[str, str] = field(default_factory=dict)  # key -> as it is shown


def witness(article: Article, finding: Finding, marks: Sequence[Mark], traits: Traits, *, owner: str, outlet: str) -> Witness:
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
    speaks = statement or org_key(owner) in orgs or any(same_group((owner,), p) for p in (*traits.movers, *traits.people))
    cues = frozenset(
        kind for kind in known.kinds if kind not in ("relay_before", "relay_after") and _first(known.of(kind, language), folded)
    )
    relays = () if speaks else tuple(relays_of(text, language, skip=(outlet, owner, *orgs.values()), people=(*traits.movers, *traits.people)))
    own = "own" in cues or names_itself(folded, outlet)
    return Witness(
        owner=owner,
        outlet=outlet,
        language=language,
        claims=tuple(_claims(article, finding, traits)),
        relays=relays,
        cues=cues - {"media"} if speaks else cues,
        speaks=speaks,
        own=own and not relays,
        mangled=_reads_mangled(marks),
        aggregator=any(word in named for word in known.aggregators),
        facts=frozenset(dates_of(folded)),
        numbers=numbers_of(text),
        text=folded,
        sentences=tuple(folded[s.start : s.end] for s in sentences(text)),
        kinds=frozenset(k.value for k in finding.kinds),
        organisations=orgs,
    )


def _first(words: Iterable[str], folded: str) -> str:
    return next((w for w in words if found_in(w, folded) >= 0), "")


def found_in(phrase: str, folded: str, start: int = 0) -> int:
    """Return where a phrase begins at the start of a word, -1 for nowhere; its end may go on, for languages bend words."""
    spaced = phrase.strip()
    at = folded.find(spaced, start)
    while at >= 0:
        before = folded[at - 1 : at]
        closed = not phrase.endswith(" ") or not folded[at + len(spaced) : at + len(spaced) + 1].isalnum()
        if closed and (not before.isalnum() or not spaced[0].isalpha() or spaced[0] > "\u2e80" or spaced[0] == "'"):
            return at
        at = folded.find(spaced, at + 1)
    return -1


def names_itself(folded: str, outlet: str) -> bool:
    """Tell whether an article names its own outlet, by its name or by the last word of it: "told the Herald"."""
    whole = fold(outlet)
    last = whole.split()[-1] if whole else ""
    return bool(whole) and (whole in folded or (len(last) > 4 and re.search(rf"(?<!\w){re.escape(last)}(?!\w)", folded) is not None))


def relays_of(text: str, language: str, *, skip: Sequence[str], people: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the names of the outlets that a text says it has its news from; never itself, a firm or person of the news."""
    folded = fold(text)
    known = phrases()
    for cue in known.of("relay_before", language):
        at = found_in(cue, folded)
        while at >= 0:
            after = text[at + len(cue) : at + len(cue) + _REACH]
            yield from _outlet_in(after, skip, people, front=True)
            at = found_in(cue, folded, at + 1)
    for cue in known.of("relay_after", language):
        at = folded.find(cue)
        while at >= 0:
            yield from _outlet_in(text[max(0, at - _REACH) : at], skip, people, front=False)
            at = folded.find(cue, at + 1)
    media = _first(known.of("media", language), folded)
    if media:
        yield media


def _outlet_in(window: str, skip: Sequence[str], people: Sequence[Sequence[str]], *, front: bool) -> Iterator[str]:
    """Yield the name at the near end of `window`: capitalised words, or what stands there in a script without capitals."""
    window = re.split(r"[.,;:!?。，；：！？\n(（]", window)[0 if front else -1].strip(" \"'“”「」『』《》")
    words = window.split()
    while front and words and fold(words[0]).rstrip("'’") in _ARTICLES:
        words = words[1:]
    name = ""
    if words and is_latin(words[0] if front else words[-1]):
        match = _CAPITALS.match(" ".join(words)) if front else None
        if not front:
            ends = [m for m in _CAPITALS.finditer(window) if m.end() >= len(window) - 4]
            match = ends[-1] if ends else None
        name = match.group() if match else ""
    elif words:
        name = " ".join(words[:3] if front else words[-3:])[:24]
    if not name or any(fold(name) == fold(s) or org_key(name) == org_key(s) for s in skip if s):
        return
    if any(named_in((name,), fold(" ".join(p))) or same_group((name,), p) for p in people):
        return
    if is_latin(name) and len(name.split()) == 1 and weight(fold(name)) < 0.5:
        return
    yield name


def same_outlet(relayed: str, outlet: str) -> bool:
    """Tell whether a relayed name is that of an outlet: whole, its last word, or as it sounds in another script."""
    a, b = fold(relayed).strip(), fold(outlet).strip()
    if not a or not b:
        return False
    if a in b or b in a:
        return min(len(a), len(b)) > 3 or a == b
    if is_latin(relayed) and is_latin(outlet):
        short = {w for w in plain(relayed) if len(w) > 3 and weight(w) > 0.3}
        return bool(short & set(plain(outlet)))
    x, y = ("".join(skeleton(w) for w in romanised(n).casefold().split()) for n in (relayed, outlet))
    return len(y) > 2 and (y[:5] in x or (len(x) > 3 and x[:5] in y))


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
        person = next((g for g in groups if same_group(g, (move.person,))), (move.person,))
        if move.person not in person:
            person = (move.person, *person)
        yield Claim(
            person=person,
            from_org=move.from_org or "",
            to_org=move.to_org or "",
            role=move.role or "",
            status=move.status,
            weight=round(move.confidence * (1.5 if in_title else 1.0), 3),
            group=is_group(move.person),
        )


def is_group(person: str) -> bool:
    """Tell whether a mover is some people and no name: "three researchers", "Acme team"."""
    words = fold(person).split()
    if not is_latin(person):
        return False
    return bool(words) and (words[0][0].isdigit() or all(weight(w) < 1 for w in words) or weight(words[-1]) < 0.5 and len(words) > 1)


def dates_of(folded: str) -> Iterator[str]:
    """Yield the dates in a folded text as "date:month-day" and "date:month-year", whatever the language."""
    for day, month, month2, day2 in _DAY_MONTH.findall(folded):
        number = _MONTH.get(month or month2)
        if number and 1 <= int(day or day2) <= 31:
            yield f"date:{number}-{int(day or day2)}"
    for month, day in _CJK_DATE.findall(folded):
        yield f"date:{int(month)}-{int(day)}"
    for month, year in _MONTH_YEAR.findall(folded):
        if month in _MONTH:
            yield f"date:{_MONTH[month]}-{year}"


def sentences_on(one: Witness, person: Sequence[str]) -> tuple[str, ...]:
    """Return the folded sentences that name a person, or all of them where none does."""
    found = tuple(s for s in one.sentences if named_in(person, s))
    return found or one.sentences


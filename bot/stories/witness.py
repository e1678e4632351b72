"""Article -> witness: who says it, from where they have it, and what they claim of whom.

Whether an article is a source of its own, a relay or a copy; what it says became of moves; which facts it brings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.lexicon import load
from bot.lexicon.telling import CUES, phrases
from bot.model import Article, Finding, Mark, Traits
from bot.stories.claims import Claim, claims_of
from bot.stories.names import is_latin
from bot.stories.relays import first_of, relays_of
from bot.stories.traits import bosses, is_name, named_in, org_key, same_group
from bot.stories.words import LEAD, MONTHS, counts_of, numbers_of, shares_of, value_of
from bot.text import fold, sentences

_DAY_MONTH = re.compile(
    r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|er|º|\.)?(?: de| di)? ([^\W\d_]{3,12})|([^\W\d_]{3,12}) (\d{1,2})(?!\d)"
)
_CJK_DATE = re.compile(r"(\d{1,2})[月월]\s?(\d{1,2})[日일]")
_MONTH_YEAR = re.compile(r"(?:^|(?<=\W))([^\W\d_]{3,12}) (20\d\d)")


@dataclass(frozen=True, slots=True)
class Witness:
    """One article as a witness. `own` says that it knows by itself, `mangled` that it reads like a machine's work.

    `relays` are the names of those it has its news from; `speaks` that a firm or person of the story speaks itself.
    `cues` are the kinds of phrases in it. `facts` are dates, shares, sums and counts of people, each with what it is;
    `counted` are those whose number stands in the headline.
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
    counted: frozenset[str] = frozenset()
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
    people = (*(m.person for m in finding.moves), *(m.value for m in marks if m.kind == "person"))
    aggregator = any(word in named for word in known.aggregators) or _gathers(article.title, language)
    speaks = not aggregator and (
        statement or org_key(owner) in orgs or any(same_group((owner,), p) for p in (*traits.movers, *traits.people))
    )
    cues = frozenset(kind for kind in CUES if first_of(known.of(kind, language), folded))
    relays = () if speaks else tuple(relays_of(text, language, skip=(outlet, owner, *orgs.values()), people=people))
    counts = frozenset(_counts(text, language))
    own = bool(cues & {"own", "comment"}) or names_itself(folded, outlet)
    return Witness(
        owner=owner,
        outlet=outlet,
        language=language,
        claims=claims_of(article, finding, marks, traits),
        relays=relays,
        cues=cues - {"media"} if speaks else cues,
        speaks=speaks,
        own=own and not relays,
        mangled=_reads_mangled(marks),
        aggregator=aggregator,
        facts=frozenset(dates_of(folded)) | shares_of(folded) | counts,
        counted=frozenset(fact for fact in counts if value_of(fact) in numbers_of(article.title)),
        people=tuple(
            p for p in (*traits.movers, *traits.people) if is_name(p[0]) and len(p[0]) > 1 and not _is_boss(p)
        ),
        roles=frozenset(
            fold(text[m.start : m.end]) for m in _marks_in(marks, article, "role") if _beside_mover(text, m, traits)
        ),
        text=folded,
        sentences=tuple(folded[s.start : s.end] for s in sentences(text)),
        kinds=frozenset(k.value for k in finding.kinds),
        organisations=orgs,
    )


def _counts(text: str, language: str) -> Iterator[str]:
    table = load().languages.get(language)
    return counts_of(text, table.words["people_nouns"] if table else ())


def _gathers(title: str, language: str) -> bool:
    """Whether a headline is that of a newsletter or of a week's news in one."""
    return first_of(phrases().of("gathers", language), fold(title)) != ""


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

"""Article -> traits: whom it is about, which firms, words and numbers, and the keys under which it is looked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache

from bot.lexicon import load
from bot.lexicon.tables import media_owners
from bot.lexicon.telling import phrases
from bot.model import Article, Finding, Mark, Move, Status, Traits, digest
from bot.stories.clauses import fillers, is_behind, is_credit
from bot.stories.names import plain, same_name, script, skeleton
from bot.stories.relays import first_of, relays_of
from bot.stories.words import LEAD, headline, numbers_of, weight, words_of
from bot.text import fold
from bot.urls import canonical

WINDOW = timedelta(days=7)
DAY = 86_400
_LONG_TITLE = 25  # characters from which equal headlines mean one article
_LONG_TEXT = 280  # characters from which equal texts mean a copy and not a common phrase
_SURE = 0.3  # confidence from which a move counts
_TEAM = 0.4  # weight of the last word up to which a name is that of some people: "Acme Team"
_OF_PEOPLE = frozenset({"trigger", "flag", "status", "role", "person"})  # marks of texts that tell of people at work
_LIST = 60  # characters between two names of one list
_WORD = re.compile(r"[^\W_]+")
_LETTER = r"[A-Za-z0-9_\u00c0-\u024f'’-]"
_CAPITAL = rf"[A-Z\u00c0-\u00de\u0100-\u017d]{_LETTER}*"
_SMALL = "|".join(phrases().particles)
_NAME = re.compile(
    rf"(?<![A-Za-z0-9_@\u00c0-\u024f])({_CAPITAL})((?: [A-Z]\.)?(?: (?:{_SMALL})){{0,2}}(?: {_CAPITAL}){{1,2}})"
)
_SINGLE = re.compile(rf"(?<![A-Za-z0-9_@\u00c0-\u024f]){_CAPITAL}|@\w{{3,}}", re.ASCII)
_NATIVE = r"[\u0400-\u052f\u0600-\u06ff\u0900-\u097f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af·・\-]"
_NATIVE_NAME = rf"{_NATIVE}{{2,14}}(?:[ \u00a0]{_NATIVE}{{2,14}}){{0,2}}"
_GLOSS = re.compile(
    rf"(?P<native>{_NATIVE_NAME})\s?[（(](?P<latin>{_CAPITAL}(?:[ -]{_CAPITAL}){{1,3}})[）)]"
    rf"|(?P<latin2>{_CAPITAL}(?:[ -]{_LETTER}+){{1,3}})\s?[（(](?P<native2>{_NATIVE_NAME})[）)]"
)
# What a headline says is done, where two headlines of one event use one word or another for it.
_ACTS = dict.fromkeys(
    ["join", "move", "hire", "poach", "leave", "lose", "oust", "appoint", "become", "arrival", "departure", "stay"],
    "person",
)
_SAID = (("starts_own", "found"), ("looks_back", "past"))  # what words of a headline say beside its verbs
_ACTS |= {"found": "found", "team": "reorg", "drive": "trend", "retention": "pay", "compensation": "pay"}


def traits(article: Article, finding: Finding, marks: Sequence[Mark] = (), *, owner: str = "") -> Traits:
    """Return what `article` is compared by. Background moves are no traits of the event.

    `owner` is who stands behind the outlet: a firm that speaks for itself need not name itself.
    """
    title, top = article.title, article.body[:LEAD]
    cut = len(title) + 2 + LEAD
    news = [replace(m, person=in_full(m.person, f"{title}\n{top}")) for m in headline_moves(article, finding)]
    glosses = [*glosses_of(f"{title}\n{top}"), *_as_written(article.text, finding, marks)]
    orgs = {org_key(m.value) for m in marks if m.kind == "org" and m.start < cut} | {
        org_key(o) for o in finding.organisations
    }
    orgs |= {org_key(o) for m in news for o in (m.from_org, m.to_org) if o}
    if owner and is_organisation(owner):
        orgs.add(org_key(owner))
    title_orgs = {org_key(m.value) for m in marks if m.kind == "org" and m.end <= len(title)}
    movers = _groups((m.person for m in news if is_name(m.person) and not _is_post(m.person)), glosses)
    others = [
        article.entry.publisher,
        owner,
        *relays_of(f"{title}\n{top}", finding.language, skip=(), people=[m.person for m in news]),
    ]
    outlets = [fold(o) for o in others if o]
    named = tuple(
        p
        for p in _people(title, top, finding, marks, glosses)
        if holds(movers, p) or not any(fold(p[0]) in o or o in fold(p[0]) for o in outlets if len(o) > 3)
    )
    writers = [p for p in named if not holds(movers, p) and any(is_credited(f"{title}\n{top}", name) for name in p)]
    named = tuple(p for p in named if p not in writers)
    front = [p for _, p in _in_front(f"{title}\n{top}", (*movers, *named), finding.language)]
    acts = _acts(title, marks, finding.language)
    done = finding.kinds or acts or any(m.kind in _OF_PEOPLE and m.start < cut for m in marks)
    leading = _leading(title, top, movers, named if done else (), finding.language)
    org_words = _org_words(article.text, marks)
    chiefs = _boss_words() - {fold(w) for p in (*leading, *movers) for name in p for w in name.split()}
    title_words = frozenset(words_of(headline(title))) - org_words
    lead_words = frozenset(words_of(fold(_without(top, title)))) - title_words - org_words
    common = chiefs | _outlet_words()
    bare = map(_bare, _SINGLE.findall(f"{title} {top}"))
    names = frozenset(w for w in bare if len(w) > 1 and weight(w) == 1) - org_words - common
    result = Traits(
        title=title_words,
        lead=lead_words,
        names=names,
        numbers=numbers_of(f"{title} {top}"),
        movers=leading,
        people=tuple(p for p in (*movers, *named) if not holds(leading, p)),
        gone=tuple(p for p in (*movers, *named) if _position(f"{title}\n{top}", p) >= 0 and not holds(front, p)),
        organisations=frozenset(orgs),
        title_organisations=frozenset(title_orgs),
        ends=_ends(f"{title}\n{top}", news, finding.language),
        weak=bool(leading)
        and not any(holds(movers, p) for p in leading)
        and all(_position(title, p) < 0 for p in leading),
        kinds=frozenset(k.value for k in finding.kinds),
        acts=acts,
        text=fold(f"{title}\n{top}"),
        speaks=bool(owner)
        and (is_organisation(owner) or first_of(phrases().statements, fold(article.entry.publisher)) != ""),
        turns=_turns(fold(f"{title}\n{top}"), finding.language),
        old=bool(first_of(phrases().of("old", finding.language), fold(f"{title}\n{top}"))),
        named_in_title=any(_position(title, p) >= 0 for p in leading),
        language=finding.language,
        at=_told_at(article),
    )
    return _with_keys(result, article)


def _ends(text: str, news: Sequence[Move], language: str) -> tuple[tuple[str, str, str], ...]:
    """Return (person, from, to) of moves that are news; one that the news merely comes after is none."""
    named = [m for m in news if is_name(m.person)]
    front = {name for _, person in _in_front(text, {(m.person,) for m in named}, language) for name in person}
    return tuple(
        (m.person, org_key(m.from_org or ""), org_key(m.to_org or ""))
        for m in named
        if m.person in front or _position(text, (m.person,)) < 0
    )


def _acts(title: str, marks: Sequence[Mark], language: str) -> frozenset[str]:
    """Return what a headline says is done, and not what that comes after, unless it says nothing else."""
    told = [m for m in marks if m.kind in ("trigger", "flag") and m.end <= len(title)]
    front = [m for m in told if not is_behind(title, m.start, m.end, language)]
    folded = fold(title)
    says = {act for kind, act in _SAID if first_of(phrases().of(kind, language), folded)}
    return frozenset(_ACTS.get(m.value, m.value) for m in front or told) | says


def _as_written(text: str, finding: Finding, marks: Sequence[Mark]) -> list[tuple[str, str]]:
    """Return the names of known people as the text writes them, each with the name they are known under."""
    pairs = [(m.written, m.person) for m in finding.moves if m.written]
    pairs += [(text[m.start : m.end], m.value) for m in marks if m.kind == "person"]
    whole = [(here, name) for here, name in pairs if script(here) != "latin" or " " in here]
    return list(dict.fromkeys((here, name) for here, name in whole if fold(here) != fold(name)))


def _turns(folded: str, language: str) -> bool:
    """Whether a text says that something announced is off, was wrong, or is on after all."""
    known = phrases()
    return any(first_of(known.of(kind, language), folded) for kind in ("undone", "corrects", "after_all"))


@cache
def bosses() -> frozenset[str]:
    """Those who stand for their firm: named in every second story about it, so that they tell none from another."""
    return frozenset(p.name for p in load().people if p.stands_for)


@cache
def _outlet_words() -> frozenset[str]:
    """Return the names of outlets that are one word: every second text names one."""
    return frozenset(domain.split(".")[0] for domain in media_owners()) | frozenset(phrases().wires)


@cache
def _boss_words() -> frozenset[str]:
    return frozenset(fold(word) for name in bosses() for word in name.split())


def _bare(word: str) -> str:
    return fold(word).removesuffix("'s").lstrip("@")


def _org_words(text: str, marks: Sequence[Mark]) -> frozenset[str]:
    """Return the words of the names of known organisations: they are compared as organisations, not as words."""
    return frozenset(w for m in marks if m.kind == "org" for w in words_of(fold(text[m.start : m.end])))


def _told_at(article: Article) -> float:
    """Return when an article came out, in seconds: as it says, if that is believable, else when it was seen."""
    entry = article.entry
    said = entry.published_at or (entry.seen_at - WINDOW if entry.baseline else entry.seen_at)
    believable = said <= entry.seen_at and (entry.baseline or entry.seen_at - said <= 2 * WINDOW)
    return (said if believable else entry.seen_at).timestamp()


@cache
def _organisations() -> frozenset[str]:
    return frozenset(org_key(form) for o in load().organisations for form in (o.name, *o.aliases))


def is_organisation(name: str) -> bool:
    """Tell whether a name is that of an organisation known without any configuration."""
    return org_key(name) in _organisations()


@cache
def _parents() -> Mapping[str, str]:
    return {org_key(o.name): org_key(o.parent) for o in load().organisations if o.parent}


def akin(one: str, other: str) -> bool:
    """Tell whether two keys are of one organisation, or of one and the owner of it."""
    return one == other or _parents().get(one) == other or _parents().get(other) == one


def _without(body: str, title: str) -> str:
    """Return the body without the title that it may begin with."""
    return body.removeprefix(title)


def _with_keys(one: Traits, article: Article) -> Traits:
    """Return the traits with the keys to look for: what copies share, names, organisations, rare words."""
    entry = article.entry
    title = " ".join(_WORD.findall(headline(article.title)))
    keys = [f"entry:{entry.id}"]
    if len(title) >= _LONG_TITLE:
        keys.append(f"headline:{digest(title, length=16)}")
    if entry.url:
        keys.append(f"link:{digest(canonical(entry.url), length=16)}")
    if len(article.body) >= _LONG_TEXT:
        keys.append(f"text:{digest(' '.join(_WORD.findall(fold(article.body))), length=16)}")
    for person in (*one.movers, *one.people)[:6]:
        keys += [key for spelling in person[:3] for key in name_keys(spelling)]
    keys += [f"org:{org}" for org in sorted(one.title_organisations or one.organisations)[:4]]
    keys += [f"number:{n:.6g}" for n in sorted(one.numbers) if n >= 100][:3]
    return replace(one, keys=tuple(dict.fromkeys([*keys, *word_keys(one)])))


def name_keys(spelling: str) -> list[str]:
    """Return keys that spellings of one name share: its longest words, and how it begins to sound."""
    words = sorted(plain(spelling), key=lambda w: (-len(w), w))
    sounds = "".join(sorted(skeleton(w)[:2] for w in words))
    return [f"name:{w}" for w in words[:2] if len(w) > 2] + ([f"sound:{sounds}"] if len(sounds) > 2 else [])


def word_keys(one: Traits) -> list[str]:
    """Return keys of the rarest words: first those of the headline, then of the lead."""
    ranked = [sorted(words, key=lambda w: (-weight(w), -len(w), w)) for words in (one.title, one.lead)]
    return [f"word:{w}" for w in (*ranked[0][:6], *ranked[1][:8]) if weight(w) >= 0.5]


def headline_moves(article: Article, finding: Finding) -> list[Move]:
    """Return the moves that the event is: those the headline tells, or, where it tells none, all that are news."""
    news = surely_named([m for m in finding.moves if m.status is not Status.HISTORICAL and m.confidence >= _SURE])
    told = [m for m in news if any(span.start < len(article.title) for span in m.evidence)]
    return told or news


def surely_named(moves: Sequence[Move]) -> list[Move]:
    """Return moves without those of one unknown word, where others have a whole name: headlines have capitals."""
    whole = [m for m in moves if " " in m.person or script(m.person) != "latin"]
    known = {p.name for p in load().people}
    parts = {word for m in whole for word in m.person.split()}
    return [m for m in moves if m in whole or m.person in parts or m.person in known] if whole else list(moves)


def is_name(person: str) -> bool:
    """Tell whether a mover is a person with a name, not "three researchers"."""
    words = person.split()
    if script(person) != "latin":
        return True
    return (
        bool(words)
        and words[0][:1].isupper()
        and (len(words) > 1 or weight(fold(person)) == 1)
        and not person[0].isdigit()
        and words[-1][:1].isupper()
        and weight(fold(words[-1])) > _TEAM
    )


def _is_post(person: str) -> bool:
    return all(weight(word) < 1 for word in fold(person).split())


def glosses_of(text: str) -> list[tuple[str, str]]:
    """Return names that a text gives in two scripts, as 姚顺雨 (Yao Shunyu): (native, Latin)."""
    found = []
    for match in _GLOSS.finditer(text):
        native, latin = match["native"] or match["native2"], match["latin"] or match["latin2"]
        pieces = native.split()
        for n in [native, *pieces] if len(pieces) > 1 else [native]:
            for size in range(len(n), 1, -1) if script(n) in ("han", "hangul", "kana") and " " not in n else (len(n),):
                if same_name(n[-size:], latin):
                    found.append((n[-size:], latin))
                    break
    return found


def _groups(names: Iterable[str], glosses: Sequence[tuple[str, str]]) -> tuple[tuple[str, ...], ...]:
    groups: list[list[str]] = []
    for name in dict.fromkeys(names):
        spellings = [name, *(other for pair in glosses if name in pair for other in pair if other != name)]
        for group in groups:
            if any(same_name(a, b) for a in group for b in spellings):
                group.extend(s for s in spellings if s not in group)
                break
        else:
            groups.append(spellings)
    return tuple(tuple(g) for g in groups)


def _people(
    title: str, top: str, finding: Finding, marks: Sequence[Mark], glosses: Sequence[tuple[str, str]]
) -> tuple[tuple[str, ...], ...]:
    cut = len(title) + 2 + LEAD
    known = [m.value for m in marks if m.kind == "person" and m.start < cut]
    given = load().names.given
    found = []
    shouted, body = _is_title_case(title), fold(_without(top, title))
    for line in (title, top):
        for match in _NAME.finditer(line):
            name = _trimmed(match.group())
            first, last = fold(name).split()[0], fold(name).split()[-1]
            if first == last or first not in given or weight(first) < 1 or weight(last) < 1 or is_organisation(last):
                continue
            if not (shouted and line is title) or last in body:
                found.append(name)
    return _groups([*finding.people, *known, *found, *(latin for _, latin in glosses)], glosses)


def _leading(
    title: str, top: str, movers: tuple[tuple[str, ...], ...], named: tuple[tuple[str, ...], ...], language: str
) -> tuple[tuple[str, ...], ...]:
    """Return the people that the news is about: the movers of the headline, else of the first sentence that has one.

    Where nobody is known to move, it is whom the headline names, bosses left aside, else who is named at the start.
    """
    chiefs = bosses()
    text = f"{title}\n{top}"
    for pool in (
        movers,
        tuple(
            p
            for p in named
            if not chiefs.intersection(p) and any((is_name(n) and " " in n.strip()) or script(n) != "latin" for n in p)
        ),
    ):
        front = _in_front(text, pool, language)
        in_title = tuple(p for position, p in front if position < len(title))
        if in_title:
            return in_title
        if not front:
            continue
        first = front[0][0]
        if pool is not movers and first > len(title) + 160:
            continue
        end = min(
            (e for mark in (". ", "。", "\n", "! ", "？") if (e := text.find(mark, first)) > 0), default=len(text)
        )
        return tuple(p for position, p in front if position <= end)
    return ()


def _in_front(text: str, people: Iterable[tuple[str, ...]], language: str) -> list[tuple[int, tuple[str, ...]]]:
    """Return (where first named, who) in order, without writers and those whom the news merely comes after."""
    places = sorted((*span, person) for person in people if (span := _span(text, person))[0] >= 0)
    found = []
    behind = -1  # where the last name ends that is behind: who stands in one list with it is too
    for start, end, person in places:
        if is_credit(text, start, end):
            continue
        listed = 0 <= behind <= start < behind + _LIST and not fillers(language).sub("", fold(text[behind:start]))
        if listed or is_behind(text, start, end, language):
            behind = end
        else:
            found.append((start, person))
    return found


def is_credited(text: str, person: str) -> bool:
    """Tell whether a person is first named as who wrote a text or took its picture."""
    start, end = _span(text, (person,))
    return start >= 0 and is_credit(text, start, end)


def _span(text: str, person: Sequence[str]) -> tuple[int, int]:
    """Return where a person is first named, by full name or by the last word of it; -1, -1 for nowhere."""
    found = [
        (at, -len(form))
        for name in person
        for form in (name, name.split()[-1])
        if len(form) > 2 - (script(form) != "latin") and (at := text.find(form)) >= 0
    ]
    at, length = min(found, default=(-1, 0))
    return at, at - length


def _position(text: str, person: Sequence[str]) -> int:
    return _span(text, person)[0]


def in_full(person: str, text: str) -> str:
    """Return a person that is named by one word with the first name that stands before it somewhere in `text`."""
    if " " in person or script(person) != "latin":
        return person
    given = load().names.given
    for match in re.finditer(rf"({_CAPITAL})((?: [A-Z]\.)?) {re.escape(person)}(?![A-Za-z])", text):
        if fold(match[1]) in given:
            return f"{match[1]}{match[2]} {person}"
    return person


def _is_title_case(title: str) -> bool:
    words = [w for w in re.findall(r"[A-Za-z][\w'’-]*", title) if len(w) > 3]
    return sum(1 for w in words if w[0].isupper()) > 0.7 * len(words)


def _trimmed(name: str) -> str:
    """Return a run of capitalised words up to a genitive, at most first name, middle and family name."""
    kept = []
    for word in name.split():
        bare = re.sub(r"['’]s$", "", word)
        kept.append(bare)
        if bare != word:
            break
    full = len(kept) > 2 and not (kept[1].endswith(".") or kept[1].islower())
    return " ".join(kept[:2] if full else kept)


def holds(groups: Iterable[Sequence[str]], one: Sequence[str]) -> bool:
    """Tell whether one of `groups` of spellings can be the person of another."""
    return any(same_group(group, one) for group in groups)


def same_group(one: Sequence[str], other: Sequence[str]) -> bool:
    """Tell whether two groups of spellings can be one person's."""
    return any(same_name(a, b) for a in one for b in other)


def org_key(organisation: str) -> str:
    """Return what spellings of an organisation are compared by: its letters and digits, folded."""
    return "".join(_WORD.findall(fold(organisation)))


def named_in(person: Sequence[str], folded: str, others: Iterable[Sequence[str]] = ()) -> bool:
    """Tell whether a folded text names a person: by a whole spelling, or by a family name that is no common word.

    `others` are the people that the text names: a family name that is one of theirs is not this person's.
    """
    taken = {plain(name)[-1] for other in others if not same_group(person, other) for name in other if plain(name)}
    for spelling in person:
        whole = fold(spelling)
        if len(whole) > 1 and whole in folded and (" " in whole or script(whole) != "latin"):
            return True
        last = whole.split()[-1]
        distinct = len(last) > 4 and script(last) == "latin" and weight(last) == 1 and last not in taken
        if distinct and re.search(rf"(?<![^\W_]){re.escape(last)}(?![^\W_])", folded):
            return True
    return False

"""Is it the same event? Keys bring the stories that could be, and rules with names decide.

The evidence is what two articles share: the link, the text, the movers, the organisations, the words of the headline.
No statistics of a corpus enter, so that what was decided once is decided the same way again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta

from bot.lexicon import load
from bot.model import Article, Finding, Mark, Move, Status, Traits, digest
from bot.stories.names import plain, same_name, script, skeleton
from bot.stories.words import LEAD, headline, numbers_of, weight, words_of
from bot.text import fold
from bot.urls import canonical

WINDOW = timedelta(days=7)
_LONG_TEXT = 280  # characters from which equal texts mean a copy and not a common phrase
_SURE = 0.3  # confidence from which a move counts

_WORD = re.compile(r"[^\W_]+")
_LETTER = r"[A-Za-z0-9_\u00c0-\u024f'’-]"
_CAPITAL = rf"[A-Z\u00c0-\u00de\u0100-\u017d]{_LETTER}*"
_NAME = re.compile(rf"(?<![A-Za-z0-9_@\u00c0-\u024f])({_CAPITAL})((?: [A-Z]\.)?(?: (?:de|da|di|van|von|der|den|al|bin|el|la)){{0,2}}(?: {_CAPITAL}){{1,2}})")
_SINGLE = re.compile(rf"(?<![A-Za-z0-9_@\u00c0-\u024f]){_CAPITAL}|@\w{{3,}}", re.ASCII)
_NATIVE = r"[\u0400-\u052f\u0600-\u06ff\u0900-\u097f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af·・\-]"
_GLOSS = re.compile(
    rf"(?P<native>{_NATIVE}{{2,14}}(?:[ \u00a0]{_NATIVE}{{2,14}}){{0,2}})\s?[（(](?P<latin>{_CAPITAL}(?:[ -]{_CAPITAL}){{1,3}})[）)]"
    rf"|(?P<latin2>{_CAPITAL}(?:[ -]{_LETTER}+){{1,3}})\s?[（(](?P<native2>{_NATIVE}{{2,14}}(?:[ \u00a0]{_NATIVE}{{2,14}}){{0,2}})[）)]"
)


# What a headline says is done, where two headlines of one event use one word or another for it.
_ACTS = dict.fromkeys("join move hire poach leave lose oust appoint become arrival departure stay".split(), "person")
_ACTS |= {"found": "found", "team": "reorg", "drive": "trend", "retention": "pay", "compensation": "pay"}


def traits(article: Article, finding: Finding, marks: Sequence[Mark] = ()) -> Traits:
    """Return what `article` is compared by. Background moves are no traits of the event."""
    title, top = article.title, article.body[:LEAD]
    cut = len(title) + 2 + LEAD
    news = headline_moves(article, finding)
    glosses = glosses_of(f"{title}\n{top}")
    orgs = {_name(m.value) for m in marks if m.kind == "org" and m.start < cut} | {_name(o) for o in finding.organisations}
    orgs |= {_name(o) for m in news for o in (m.from_org, m.to_org) if o}
    title_orgs = {_name(m.value) for m in marks if m.kind == "org" and m.end <= len(title)}
    movers = _groups((m.person for m in news if is_name(m.person) and not _is_post(m.person)), glosses)
    named = _people(title, top, finding, marks, glosses)
    leading = _leading(title, top, movers, named)
    org_words = _org_words(article.text, marks)
    title_words = frozenset(words_of(headline(title))) - org_words
    lead_words = frozenset(words_of(fold(_without(top, title)))) - title_words - org_words
    names = frozenset(fold(w) for w in _SINGLE.findall(f"{title} {top}") if weight(fold(w).removesuffix("'s")) == 1)
    result = Traits(
        title=title_words,
        lead=lead_words,
        names=names,
        numbers=numbers_of(f"{title} {top}"),
        movers=leading,
        people=tuple(p for p in (*movers, *named) if not _holds(leading, p)),
        organisations=frozenset(orgs),
        title_organisations=frozenset(title_orgs),
        ends=tuple((m.person, _name(m.from_org or ""), _name(m.to_org or "")) for m in news if is_name(m.person)),
        kinds=frozenset(k.value for k in finding.kinds),
        acts=frozenset(_ACTS.get(m.value, m.value) for m in marks if m.kind in ("trigger", "flag") and m.end <= len(title)),
        named_in_title=any(0 <= _position(title, p) for p in leading),
        language=finding.language,
        at=(article.entry.published_at or article.entry.seen_at).timestamp(),
    )
    return _with_keys(result, article)


def _org_words(text: str, marks: Sequence[Mark]) -> frozenset[str]:
    """Return the words of the names of known organisations: they are compared as organisations, not as words."""
    return frozenset(w for m in marks if m.kind == "org" for w in words_of(fold(text[m.start : m.end])))


def _without(body: str, title: str) -> str:
    """Return the body without the title that it may begin with."""
    return body[len(title) :] if body.startswith(title) else body


def _with_keys(one: Traits, article: Article) -> Traits:
    from dataclasses import replace

    entry = article.entry
    title = " ".join(_WORD.findall(headline(article.title)))
    keys = [f"entry:{entry.id}", f"headline:{digest(title, length=16)}"]
    if entry.url:
        keys.append(f"link:{digest(canonical(entry.url), length=16)}")
    if len(article.body) >= _LONG_TEXT:
        keys.append(f"text:{digest(' '.join(_WORD.findall(fold(article.body))), length=16)}")
    return replace(one, keys=tuple(dict.fromkeys(keys)))


def headline_moves(article: Article, finding: Finding) -> list[Move]:
    """Return the moves that the event is: those the headline tells, or, where it tells none, all that are news."""
    news = [m for m in finding.moves if m.status is not Status.HISTORICAL and m.confidence >= _SURE]
    told = [m for m in news if any(span.start < len(article.title) for span in m.evidence)]
    return told or news


def is_name(person: str) -> bool:
    """Tell whether a mover is a person with a name, not "three researchers"."""
    words = person.split()
    if script(person) != "latin":
        return True
    return bool(words) and words[0][:1].isupper() and (len(words) > 1 or weight(fold(person)) == 1) and not person[0].isdigit() and words[-1][:1].isupper()


def _is_post(person: str) -> bool:
    return all(weight(word) < 1 for word in fold(person).split())


def glosses_of(text: str) -> list[tuple[str, str]]:
    """Return names that a text gives in two scripts, as 姚顺雨 (Yao Shunyu): (native, Latin)."""
    found = []
    for match in _GLOSS.finditer(text):
        native, latin = match["native"] or match["native2"], match["latin"] or match["latin2"]
        pieces = native.split()
        for n in ([native, *pieces] if len(pieces) > 1 else [native]):
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


def _people(title: str, top: str, finding: Finding, marks: Sequence[Mark], glosses: Sequence[tuple[str, str]]) -> tuple[tuple[str, ...], ...]:
    cut = len(title) + 2 + LEAD
    known = [m.value for m in marks if m.kind == "person" and m.start < cut]
    given = load().names.given
    found = []
    shouted = _is_title_case(title)
    for line in (title, top):
        for match in _NAME.finditer(line):
            name = _trimmed(match.group())
            first, last = fold(name).split()[0], fold(name).split()[-1]
            if first == last or first not in given or weight(first) < 1 or weight(last) < 1:
                continue
            if not (shouted and line is title) or last in fold(top):
                found.append(name)
    return _groups([*finding.people, *known, *found, *(latin for _, latin in glosses)], glosses)


_BEHIND = re.compile(
    r"(?:following|after|follows|followed|since|like|including|along with|joins|besides|as well as|same week as"
    r"|dopo|nach|après|tras|después de|depois de|na|po|sonra|после|بعد|के बाद)(?: \S+){0,7}\s*$"
)
_BEHIND_NATIVE = re.compile(r"(?:继|繼|在|随着)[^，。,]{0,24}$")


def _leading(
    title: str, top: str, movers: tuple[tuple[str, ...], ...], named: tuple[tuple[str, ...], ...]
) -> tuple[tuple[str, ...], ...]:
    """Return the people that the news is about: the movers of the headline, else of the first sentence that has one.

    Where nobody is known to move, it is whom the headline names, bosses left aside, else who is named right at the start.
    """
    bosses = {p.name for p in load().people if p.stands_for}
    text = f"{title}\n{top}"
    for pool in (movers, tuple(p for p in named if not bosses.intersection(p) and any(is_name(n) and " " in n.strip() or script(n) != "latin" for n in p))):
        at = sorted((position, person) for person in pool if (position := _position(text, person)) >= 0)
        in_title = tuple(p for position, p in at if position < len(title) and not _is_behind(text, position))
        if in_title:
            return in_title
        front = [(position, p) for position, p in at if not _is_behind(text, position)]
        if not front:
            continue
        first = front[0][0]
        if pool is not movers and first > len(title) + 160:
            continue
        end = min((e for mark in (". ", "。", "\n", "! ", "？") if (e := text.find(mark, first)) > 0), default=len(text))
        return tuple(p for position, p in front if position <= end)
    return movers


def _is_behind(text: str, position: int) -> bool:
    """Whether words right before a name say that it is what the news comes after: "following the exit of P"."""
    before = fold(text[max(0, position - 60) : position])
    before = re.split(r"[.;:!?。；！？\n]", before)[-1]
    return bool(_BEHIND.search(before) or _BEHIND_NATIVE.search(before))


def _position(text: str, person: Sequence[str]) -> int:
    """Return where a person is first named, by full name or by the last word of it; -1 for nowhere."""
    found = [at for name in person for form in (name, name.split()[-1]) if len(form) > 2 - (script(form) != "latin") and (at := text.find(form)) >= 0]
    return min(found, default=-1)


def _is_title_case(title: str) -> bool:
    words = [w for w in re.findall(r"[A-Za-z][\w'’-]*", title) if len(w) > 3]
    return sum(w[0].isupper() for w in words) > 0.7 * len(words)


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


def _holds(groups: Iterable[Sequence[str]], one: Sequence[str]) -> bool:
    return any(same_group(group, one) for group in groups)


def same_group(one: Sequence[str], other: Sequence[str]) -> bool:
    """Tell whether two groups of spellings can be one person's."""
    return any(same_name(a, b) for a in one for b in other)


def _name(organisation: str) -> str:
    return "".join(_WORD.findall(fold(organisation)))


def features(a: Traits, b: Traits) -> dict[str, float]:
    """Return what speaks for and against two articles telling of one event."""
    from bot.stories.words import jaccard, total

    whole_a, whole_b = a.title | a.lead, b.title | b.lead
    one = a.language == b.language
    ta, tb = total(a.title), total(b.title)
    cover = max(total(a.title & whole_b) / ta if ta else 0, total(b.title & whole_a) / tb if tb else 0)
    cover_min = min(total(a.title & whole_b) / ta if ta else 0, total(b.title & whole_a) / tb if tb else 0)
    na, nb = _proper(a), _proper(b)
    shared_movers = sum(_holds(b.movers, m) for m in a.movers)
    known_a, known_b = (*a.movers, *a.people), (*b.movers, *b.people)
    mover_named = any(_holds(b.people, m) for m in a.movers) or any(_holds(a.people, m) for m in b.movers)
    people = any(_holds(b.people, p) for p in a.people)
    orgs = a.organisations & b.organisations
    ends = _ends(a, b)
    f = {
        "bias": 1.0,
        "title": jaccard(a.title, b.title) if one else 0.0,
        "whole": jaccard(whole_a, whole_b) if one else 0.0,
        "cover": cover if one else 0.0,
        "cover_min": cover_min if one else 0.0,
        "language": float(not one),
        "names": len(na & nb) / (min(len(na), len(nb)) + 1) if na and nb else 0.0,
        "names_no": float(bool(na and nb and not na & nb)),
        "movers": float(shared_movers > 0),
        "movers_no": float(bool(a.movers and b.movers and not shared_movers)),
        "mover_named": float(mover_named and not shared_movers),
        "mover_gone": float(not mover_named and not shared_movers and bool((a.movers and known_b) or (b.movers and known_a))),
        "people": float(people),
        "title_org": float(bool(a.title_organisations & b.title_organisations)),
        "org": len(orgs) / (min(len(a.organisations), len(b.organisations)) + 0.5) if orgs else 0.0,
        "org_no": float(bool(a.organisations and b.organisations and not orgs)),
        "number": float(len({n for n in a.numbers & b.numbers})>0),
        "number_no": float(bool(a.numbers and b.numbers and not a.numbers & b.numbers)),
        "kinds": len(a.kinds & b.kinds) / len(a.kinds | b.kinds) if a.kinds and b.kinds else 0.0,
        "kinds_no": float(bool(a.kinds and b.kinds and not a.kinds & b.kinds)),
        "acts_no": float(bool(a.acts and b.acts and not a.acts & b.acts)),
        "lead_only": float(shared_movers > 0 and (a.named_in_title != b.named_in_title)),
        "both_lead": float(shared_movers > 0 and not (a.named_in_title or b.named_in_title)),
        "days": abs(a.at - b.at) / 86_400,
        "goal_same": float(ends == "same"), "goal_no": float(ends == "conflict"), "back": float(ends == "back"), "late": float(ends == "late"),
    }
    return f


def _proper(one: Traits) -> frozenset[str]:
    return frozenset(n.removesuffix("'s").removesuffix("’s").lstrip("@") for n in one.names) - one.organisations


def _ends(a: Traits, b: Traits) -> str:
    found = ""
    for who, source, goal in a.ends:
        for other, source2, goal2 in b.ends:
            if not same_name(who, other):
                continue
            if goal and goal2 and goal == goal2:
                return "same"
            if goal and goal2:
                return "back" if source2 == goal or source == goal2 else "conflict"
            if (source and source == goal2) or (source2 and source2 == goal):
                return "back"
            if source == source2:
                found = "same"
            if abs(a.at - b.at) > 86_400 * 1.5 and (goal or goal2):
                found = "late"
    return found


def best_match(new, candidates, now):
    return None

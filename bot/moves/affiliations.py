"""Where the people of a sentence work or worked, and as what: "former VP at Tesla", "OpenAI's research chief P"."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from bot.moves.gazetteer import Hit
from bot.moves.native import CODES, firm_before, is_post_of, role_behind, role_text, touches
from bot.moves.reading import Mention, Reading, Sentence

_STOP = re.compile(r"[;:.!?—]| - | – ")
_LISTED = re.compile(r"^ ?(?:\([^()]{0,80}\))? ?(?:,|&|and|,? and)? ?$")
_LIST_GAP = 40  # characters between two names of a list, with a post
_APPOSITION = re.compile(r"^\s?[,(（，、،–—-]")


@dataclass(frozen=True, slots=True)
class Affiliation:
    """One person's post as the sentence gives it. `role` is "" where it names none, `org` None likewise."""

    org: Mention | None
    role: str
    former: bool
    owned: bool = False  # "hires A and its chief P": the organisation is what a possessive stands for
    elsewhere: bool = False  # another sentence says so


def affiliations(reading: Reading, sentence: Sentence) -> dict[Mention, Affiliation]:
    """Return what the words right before or after each person say of their post."""
    found: dict[Mention, Affiliation] = {}
    for person in sentence.people:
        affiliation = _before(reading, sentence, person)
        after = _after(reading, sentence, person)
        touching = firm_before(reading, sentence, person)
        if touching is not None and (affiliation is None or affiliation.org is None):
            role = affiliation.role if affiliation else role_behind(reading, sentence, person)
            affiliation = Affiliation(touching, role, False)
        if after and affiliation is None:
            affiliation = after
        elif after and affiliation is not None and affiliation.org is None and after.org is not None:
            affiliation = Affiliation(after.org, affiliation.role or after.role, after.former)
        if affiliation is not None:
            found[person] = affiliation
    _share_plural(reading, sentence, found)
    _share_firm(reading, sentence, found)
    return found


def _share_firm(reading: Reading, sentence: Sentence, found: dict[Mention, Affiliation]) -> None:
    """Let a bare post in a list be one at the firm named before it: "A's founder P, president Q and"."""
    if reading.code in CODES:
        return
    for left, right in zip(sentence.people, sentence.people[1:], strict=False):
        first, second = found.get(left), found.get(right)
        if first is None or second is None or first.org is None or second.org is not None or not second.role:
            continue
        gap = reading.folded[left.end : right.start]
        if (
            gap[:1] == ","
            and len(gap) < _LIST_GAP
            and not _STOP.search(gap)
            and not any(left.end <= h.start < right.start for h in sentence.of("trigger"))
        ):
            found[right] = replace(second, org=first.org)


def _share_plural(reading: Reading, sentence: Sentence, found: dict[Mention, Affiliation]) -> None:
    """Give each of "researchers P, Q and R" the post that the noun before the list says of all."""
    if reading.code in CODES:
        return
    role, last = "", -1
    for person in sentence.people:
        noun = next((h for h in sentence.of("people") if _bare(reading, h.end, person.start)), None)
        one = _singular(reading, noun) if noun is not None else ""
        gap = reading.folded[last : person.start] if last >= 0 else ""
        if one:
            role = one
        elif not _LISTED.match(gap):
            role = ""
        if role and (person not in found or not found[person].role):
            old = found.get(person)
            found[person] = replace(old, role=role) if old is not None else Affiliation(None, role, False)
        last = person.end


def _singular(reading: Reading, noun: Hit) -> str:
    """Return the post of one of those whom a plural names, "" where the lists have none: researchers -> researcher."""
    word = reading.folded[noun.start : noun.end]
    stem = word.removesuffix("s")
    known = stem != word and any(stem in language.words["roles"] for language in reading.languages)
    return stem if known else ""


def _before(reading: Reading, sentence: Sentence, person: Mention) -> Affiliation | None:
    """Read "former Tesla VP P", "OpenAI's P", "ex-Meta researcher P", "chief scientist P"."""
    floor = max(
        [sentence.start, person.start - 90]
        + [p.end for p in sentence.people if p.end <= person.start]
        + [h.end for h in sentence.of("trigger") if h.end <= person.start]
    )
    floor = max(floor, _after_last(_STOP, reading.text, floor, person.start))
    roles = [h for h in sentence.of("role") if floor <= h.start and h.end <= person.start]
    orgs = [o for o in sentence.orgs if floor <= o.start and o.end <= person.start]
    former = [h for h in sentence.of("former") if floor <= h.start and h.end <= person.start]
    close = roles and (_bare(reading, roles[-1].end, person.start) or _is_field(reading, roles[-1], person.start))
    for org in reversed(orgs):
        gap = reading.folded[org.end : person.start]
        inner = [h for h in roles if h.start >= org.end]
        outer = [h for h in roles if h.end <= org.start]
        past = [h for h in former if h.start >= org.end]
        possessive = gap in ("'s ", "’s ", "の", "의 ", "的")
        possessive = possessive or (bool(past) and touches(reading, past[-1].end, person.start))
        called = bool(inner) or any(h.start >= org.end and h.end <= person.start for h in sentence.of("people"))
        held = gap.startswith(("'s ", "’s ")) and called  # "A's star researcher, P"
        named = called and "," not in (gap.rstrip(" ,") if held else gap) and not _markers_in(reading, gap)
        if named and reading.code in CODES:
            named = bool(inner) and is_post_of(reading, org, gap) and _bare(reading, inner[-1].end, person.start)
        phrase = bool(outer) and _bare(reading, org.end, person.start)
        ex = bool(former) and gap in (" ", "") and former[-1].end <= org.start
        if possessive or named or phrase or ex:
            chosen = inner or outer
            start = org.end if inner else (former[-1].end if former else floor)
            role = _role_text(reading, chosen, start, person.start if inner else org.start)
            return Affiliation(org, role, bool(past) or any(h.end <= org.start + 1 for h in former))
    owner = _owner(reading, sentence, roles[0].start, floor) if close else None
    if owner is not None:
        return Affiliation(owner, _role_text(reading, roles, floor, person.start), bool(former), owned=True)
    if close:
        return Affiliation(None, _role_text(reading, roles, floor, person.start), bool(former))
    return None


def _after(reading: Reading, sentence: Sentence, person: Mention) -> Affiliation | None:
    """Read "P, former VP at Tesla,", "P (ex-Meta)", "P of Mila", "P, who led research at xAI,"."""
    text = reading.folded
    limit = min([sentence.end, person.end + 110] + [p.start for p in sentence.people if p.start >= person.end])
    apposition = bool(_APPOSITION.match(text[person.end : person.end + 2])) and not _goes_on(reading, person.end)
    closing = text.find(")", person.end, limit) if text[person.end : person.end + 2] in (" (", "(", "（") else -1
    limit = closing if closing > 0 else limit
    events = [h.start for h in sentence.of("trigger") if person.end <= h.start < limit]
    limit = min([limit, *events]) if not _relative(text, person.end) else limit
    roles = [h for h in sentence.of("role") if person.end <= h.start < limit]
    former = any(person.end <= h.start < limit for h in sentence.of("former")) or _relative(text, person.end)
    org = next((o for o in sentence.orgs if person.end <= o.start < limit), None)
    behind = role_behind(reading, sentence, person)
    if behind:
        return Affiliation(firm_before(reading, sentence, person), behind, former)
    leader = _leader(reading, sentence, person, limit)
    if org is None:
        role = _role_text(reading, roles, person.end, limit) if apposition and roles else leader
        return Affiliation(None, role, former) if role else None
    marker = reading.marker(org.start, person.end)
    gap = text[person.end : org.start]
    if gap in ("'s ", "’s "):
        return Affiliation(org, "", False)  # "buys P's B"
    # in native scripts a comma parts clauses
    listed = reading.code in CODES and text[person.end : person.end + 1] in (",", "，", "、")
    if apposition and not listed and (roles or former or marker in ("source", "place", "of") or len(gap) <= 3):
        inside = bool(roles) and roles[0].start >= org.end  # "P, B's head of safety"
        start, end = (org.end, limit) if inside else (person.end, org.start)
        return Affiliation(org, _role_text(reading, roles, start, end) or leader, former)
    if len(gap) <= 6 and marker in ("of", "source", "place") and "," not in gap:
        return Affiliation(org, "", False)
    return None


def _goes_on(reading: Reading, end: int) -> bool:
    """Whether behind the comma others follow: "P, as well as his partner Q"."""
    rest = reading.folded[end : end + 24].lstrip(" ,")
    return any(rest.startswith(f"{phrase} ") for language in reading.languages for phrase in language.words["besides"])


def _leader(reading: Reading, sentence: Sentence, person: Mention, limit: int) -> str:
    """Read "P, who led A's models team": head of models team."""
    text = reading.folded
    if not _relative(text, person.end):
        return ""
    words = text[person.end : limit].replace(",", " ").split()[1:5]
    led = next((w for w in words if any(w in language.words["led"] for language in reading.languages)), None)
    at = text.find(f" {led} ", person.end, limit) if led else -1
    return _field(reading, sentence, at + len(led) + 2, min(limit, sentence.end)) if led and at >= 0 else ""


def led_field(reading: Reading, sentence: Sentence, trigger: Hit, limit: int) -> str:
    """Return the post of who is "to lead A's models team": head of models team; "" where nothing is led."""
    last = trigger.term.text.rpartition(" ")[2]
    leads = any(last in language.words["leads"] for language in reading.languages)
    return _field(reading, sentence, trigger.end, limit) if leads else ""


_FIELD_END = re.compile(
    r"[,;:.()!?\n—–]|\s(?:at|in|from|as|with|after|before|by|who|that|which|to|under|while|where|when|following|has|is|was|will)\b"
)


def _field(reading: Reading, sentence: Sentence, start: int, end: int) -> str:
    """Return "head of X" where the words from `start` name a unit or something of AI, without owners and articles."""
    chunk = _FIELD_END.split(reading.text[start:end])[0]
    stop = start + len(chunk)
    owner = next((o for o in reversed(sentence.orgs) if start <= o.start and o.end <= stop), None)
    if owner is not None and reading.text[owner.end : owner.end + 2] in ("'s", "’s"):
        chunk = reading.text[owner.end + 2 : stop]
    head, joined, rest = chunk.partition(" and ")
    if joined and not any(w.casefold() in _units(reading) or w[0].isupper() for w in rest.split()):
        chunk = head  # "lead frontier models and go on working"
    words = chunk.strip(" \"“”'‘’").split()
    while words and _is_small(reading, words[0]) and not _is_topic(reading, words[0]):
        words = words[1:]
    units = _units(reading)
    if len(words) == 1 and not _is_topic(reading, words[0]):
        return ""  # "to lead its team" names no post
    topical = any(start <= h.start < stop for kind in ("ai", "product") for h in sentence.of(kind))
    if not 0 < len(words) <= _LONGEST_FIELD or not (
        topical or units.intersection(w.casefold().strip("\"”’'") for w in words)
    ):
        return ""
    return f"head of {' '.join(words)}"[:90]


def _units(reading: Reading) -> set[str]:
    return {word for language in reading.languages for word in language.sets.get("unit", ())}


def _is_topic(reading: Reading, word: str) -> bool:
    return any(word.casefold() in language.words["ai_terms"] for language in reading.languages)


_LONGEST_FIELD = 7  # words


def _relative(text: str, end: int) -> bool:
    return text[end : end + 8].lstrip(" ,").startswith("who ") and text[end : end + 1] in (" ", ",")


def _after_last(pattern: re.Pattern[str], text: str, start: int, end: int) -> int:
    position = start
    for match in pattern.finditer(text, start, end):
        if text[match.end() : match.end() + 1].isspace() or match.group() != ".":
            position = match.end()
    return position


def _bare(reading: Reading, start: int, end: int) -> bool:
    """Tell whether nothing but space, a comma, a quote or 's stands there."""
    return reading.folded[start:end].strip(" ,'’s\"“”：:·の的、의") == ""


_FIELD = re.compile(r"(?: of| for)? [\w&-]+(?: [\w&-]+){0,2} $")


def _is_field(reading: Reading, role: Hit, end: int) -> bool:
    """Tell whether nothing but the field of the post stands between it and `end`: "head of safety P"."""
    gap = reading.folded[role.end : end]
    opened = role.term.text.endswith((" of", " for")) or gap.startswith((" of ", " for "))
    return opened and bool(_FIELD.match(gap))


_OWNERS = frozenset({"its", "their", "startup's", "company's", "firm's", "lab's"})


def _owner(reading: Reading, sentence: Sentence, end: int, floor: int) -> Mention | None:
    """Return the organisation that a possessive right before a post means: "buys A and hires its chief P"."""
    words = reading.folded[floor:end].replace("’", "'").split()[-3:]
    if not _OWNERS.intersection(words):
        return None
    near = [o for o in reversed(sentence.orgs) if end - 90 < o.end <= end]
    actor = next((o for o in near[:1] if _acts(reading, sentence, o, end)), None)
    if actor is None:
        return next(iter(near), None)
    other = next((o for o in near if o.name != actor.name), None)
    focus = reading.focus
    return other or (focus if focus is not None and focus.name != actor.name else None)


def _acts(reading: Reading, sentence: Sentence, org: Mention, end: int) -> bool:
    """Whether `org` does the hiring, so that the post is at another firm: "A instead hiring the startup's chief P"."""
    hires = [h for h in sentence.of("trigger") if org.end <= h.start < end and h.term.value in ("hire", "poach")]
    if not hires or reading.marker(org.start, sentence.start) in ("of", "source", "goal"):
        return False
    words = reading.folded[org.end : hires[0].start].split()
    joined = any(word in language.conjunctions for word in words for language in reading.languages)
    return len(words) < 3 and not joined


def _markers_in(reading: Reading, gap: str) -> bool:
    words = gap.split()
    return any(
        language.before.get(word) in ("source", "goal", "agent") for word in words for language in reading.languages
    )


def _role_text(reading: Reading, roles: list[Hit], start: int, end: int) -> str:
    """Return the words of the post around `roles` between `start` and `end`, without articles and names of firms."""
    if not roles:
        return ""
    if reading.code in CODES:
        return role_text(reading, start, roles)
    left = re.sub(r"^['’]\w{1,4}\b", "", reading.text[start : roles[0].start]).lstrip("'’s").lstrip(" ,(-の的의")
    left = re.split(r"""[,;:“”"()]|['’]s\s""", left)[-1]
    words = left.split()
    owned = max(
        (i for i, w in enumerate(words) if any(w.casefold() in g.words["pronouns"] for g in reading.languages)),
        default=-1,
    )
    words = words[owned + 1 :]
    while words and len(words[0]) == 1 and words[0].islower():
        words = words[1:]
    while words and (_is_small(reading, words[0]) or words[0][-1] in ",."):
        words = words[1:]
    right = reading.text[roles[-1].end : end]
    right = re.split(r"[,;:().\"“”]|\s(?:at|in|who|to|and|from|after|before|as|with|on|by|is|has|was|will)\b", right)[0]
    head = reading.text[roles[0].start : roles[-1].end]
    open_head = head.casefold().endswith((" of", " for"))  # "head of" is a post whose field follows
    tail = right.rstrip() if open_head or right.strip().casefold().startswith(("of ", "for ", "de ", "für ")) else ""
    if tail and len(tail.split()) > 7:
        tail = ""
    return " ".join([*words[-4:], head + tail]).strip(" ,-")[:90]


def _is_small(reading: Reading, word: str) -> bool:
    folded = word.casefold().strip("'’,")
    folded = folded.removesuffix("'s").removesuffix("’s")
    return any(
        folded in language.skip
        or folded in language.before
        or folded in language.words["former"]
        or folded in language.passive
        or folded in language.conjunctions
        for language in reading.languages
    )


def role_as(reading: Reading, sentence: Sentence, position: int) -> str:
    """Return the post that "as ROLE" right at `position` names, "" where there is none."""
    after = reading.folded[position : position + 24].lstrip()
    begins = any(after.startswith(f"{phrase} ") for language in reading.languages for phrase in language.as_)
    nexts = [p.start for p in sentence.people if p.start >= position]
    return role_after(reading, sentence, position, min([sentence.end, *nexts])) if begins else ""


def role_after(reading: Reading, sentence: Sentence, position: int, limit: int) -> str:
    """Return the post named by "as ROLE", or by a role right at `position`; "" where there is none."""
    verbs = [h for h in sentence.of("trigger") if h.term.order != "noun"]
    roles = [h for h in sentence.of("role") if position <= h.start < min(limit, position + 90)]
    roles = [h for h in roles if not any(v.start < h.end and h.start < v.end for v in verbs)]  # "to lead"
    for hit in roles:
        before = reading.folded[position : hit.start]
        introduced = any(f" {phrase} " in f" {before} " for language in reading.languages for phrase in language.as_)
        if introduced or (len(before.split()) <= 4 and not _STOP.search(before)):
            start = position
            for language in reading.languages:
                for phrase in language.as_:
                    found = f" {before} ".rfind(f" {phrase} ")
                    if found >= 0:
                        start = max(start, position + found + len(phrase))
            run = [hit]
            for other in roles[roles.index(hit) + 1 :]:
                if other.start - run[-1].end > 4:
                    break
                run.append(other)
            return _role_text(reading, run, start, limit)
    return ""

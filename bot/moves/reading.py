"""Text -> reading: its sentences with the organisations, people, groups, triggers and markers in each."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field, replace

from bot.lexicon import Language
from bot.model import Span
from bot.moves.gazetteer import Hit, left_edge, longest, right_edge
from bot.moves.glued import BEHIND, UNSPACED, case_behind, marker_before
from bot.moves.watch import Known, Watch
from bot.text import fold, sentences

LEAD = 500  # characters of the body that count as its lead
_FAMILY_NAME = re.compile(r" ([A-Z][a-z\u00df-\u024f]{2,})\b")
_OPENING = ' "«„“‚'  # the quotes that a firm's own name may stand in: из «Яндекса»
_AFTER = 10  # characters of the longest particle or postposition
_LONG_TITLE = 20  # characters from which a title within the body is one said again
NEAR = 1_300  # characters of the body in which moves are news; deeper ones are background


@dataclass(frozen=True, slots=True)
class Mention:
    """A name or a group at characters `start` to `end`. `sure` is our trust in it being one, 0 to 1.

    `kind` is org, person or group; `via` exact, mangled, surname, shape, single (one word), handle,
    author ("I"), role or post (a group named by what it does), firm (its whole staff) or anaphor. Names of
    organisations that
    nobody told us of have `known` None.
    """

    kind: str
    name: str
    start: int
    end: int
    via: str = "exact"
    sure: float = 1.0
    known: Known | None = None


@dataclass(slots=True)
class Sentence:
    """One sentence and what stands in it, each list in order of position. `zone` is title, lead, near or body."""

    start: int
    end: int
    zone: str
    orgs: list[Mention] = field(default_factory=list)
    people: list[Mention] = field(default_factory=list)
    groups: list[Mention] = field(default_factory=list)
    hits: dict[str, list[Hit]] = field(default_factory=dict)

    @property
    def span(self) -> Span:
        """Where it stands in the text."""
        return Span(self.start, self.end)

    def of(self, kind: str) -> list[Hit]:
        """Return its hits of one kind."""
        return self.hits.get(kind, [])


@dataclass(slots=True)
class Reading:
    """A text as read. `languages` are those whose words count in it; `title` its length in characters."""

    text: str
    folded: str
    title: int
    code: str
    languages: tuple[Language, ...]
    sentences: list[Sentence]
    focus: Mention | None = None

    def marker(self, start: int, floor: int) -> str:
        """Return the slot that the words before `start` give to a name there, "" for none. Looks back to `floor`."""
        if self.code in UNSPACED:
            return marker_before(self.folded, self.languages[0], start, floor)
        words = _words_before(self.folded, start, floor)
        for index in reversed(range(len(words))):
            word = words[index]
            pair = f"{words[index - 1]} {word}" if index else word  # "years at" says more than "at"
            for language in self.languages:
                slot = language.before.get(pair) or language.before.get(word)
                if slot:
                    return slot
            if not any(word in language.skip for language in self.languages):
                return ""
        return ""

    def names_firm(self, start: int, end: int) -> bool:
        """Whether the text from `start` to `end` closes with a word for a firm, whose name follows: "law firm P"."""
        before = self.folded[start:end].rstrip()
        return any(before.endswith(word) for language in self.languages for word in language.words["firms"])

    def postposition(self, end: int) -> str:
        """Return the slot that a particle or case ending at `end` gives to the name before it, "" for none."""
        if self.code in BEHIND:
            return case_behind(self.folded, self.languages[0], end)
        window = self.folded[end : end + 18]
        rest = window.lstrip("'’\"”」』 )")
        glued = window[:1] in ("'", "’")
        for language in self.languages:
            for length in range(min(_AFTER, len(rest)), 0, -1):
                slot = language.after.get(rest[:length])
                if slot and rest[:1] < "\u0250" and not (right_edge(rest, length) and (glued or length > 3)):
                    continue  # an alphabet's suffix is a whole one, and stands behind its apostrophe
                if slot:
                    return slot
        return ""


def _words_before(folded: str, start: int, floor: int) -> list[str]:
    window = folded[max(floor, start - 60) : start].rstrip(_OPENING)
    for stop in (";", ":", ". ", "—", "(", "“"):
        window = window.rpartition(stop)[2]
    if "," in window:
        window = window.rpartition(",")[2]
    return window.replace('"', " ").split()[-7:]


def read(watch: Watch, title: str, text: str, folded: str, code: str, hits: list[Hit]) -> Reading:
    """Return the text as read, with the gazetteer's `hits` in `folded`. People are found by `bot.moves.people`."""
    languages = tuple(watch.lexicon.languages[c] for c in dict.fromkeys((code, "en")))
    reading = Reading(text, folded, len(title), code, languages, _sentences(text, title))
    by_kind = _sorted_hits(hits, folded, reading)
    _place(reading, by_kind)
    for mention in _organisations(watch, reading, by_kind):
        _sentence_at(reading, mention.start).orgs.append(mention)
    reading.focus = _focus(reading)
    return reading


def _sentences(text: str, title: str) -> list[Sentence]:
    found: list[Sentence] = []
    body = len(title) + 2
    for span in sentences(text):
        start = span.start
        again = text.find(title, start, span.end) if start >= body and len(title) > _LONG_TITLE else -1
        if again >= 0 and not _goes_on(text, again + len(title)):
            start = again + len(title)  # the body says the title again, often behind a byline
            while start < span.end and text[start] in " :;,.|-–—…!?\n":
                start += 1
            if start >= span.end:
                continue
        found.append(Sentence(start, span.end, _zone(start, body)))
    return found or [Sentence(0, len(text), "title")]


def _goes_on(text: str, position: int) -> bool:
    """Whether the sentence goes on there: the body's first sentence may begin with the words of the title."""
    rest = text[position : position + 2].lstrip()
    return rest[:1].islower() or rest[:1] in ("'", "’", ",")


def _zone(start: int, body: int) -> str:
    if start < body - 2:
        return "title"
    if start < body + LEAD:
        return "lead"
    return "near" if start < body + NEAR else "body"


def _sorted_hits(hits: list[Hit], folded: str, reading: Reading) -> dict[str, list[Hit]]:
    """Return hits by kind, overlaps settled. Names win over products, `not` hides what lies in it."""
    groups: dict[str, list[Hit]] = {}
    for hit in hits:
        if reading.code != "en" and _is_own_word(reading, hit):
            continue
        if not hit.term.rest or _has_rest(hit, folded, reading):
            groups.setdefault(hit.term.kind, []).append(hit)
    hidden = groups.pop("not", [])
    names = longest(
        hit
        for kind in ("org", "person", "product")
        for hit in groups.pop(kind, [])
        if not any(n.start <= hit.start and hit.end <= n.end for n in hidden)
    )
    for hit in names:
        groups.setdefault(hit.term.kind, []).append(hit)
    for kind in ("trigger", "flag"):
        groups[kind] = _phrases(groups.get(kind, []), names)
    for kind in ("role", "people", "former", "number", "anaphor", "status", "ai", "first_person", "programme"):
        groups[kind] = longest(groups.get(kind, []))
    return groups


def _phrases(hits: list[Hit], names: list[Hit]) -> list[Hit]:
    """Return the longest phrases that are no part of a name."""
    inside = {id(h) for h in hits for n in names if n.start <= h.start and h.end <= n.end}
    return longest(h for h in hits if id(h) not in inside)


def _is_own_word(reading: Reading, hit: Hit) -> bool:
    """Whether an English term is a small word of the text's own language: "ai" in Italian, "is" in Dutch."""
    own = hit.term.language == "en" and hit.term.text in reading.languages[0].stopwords
    return own and not reading.text[hit.start].isupper()


def _has_rest(hit: Hit, folded: str, reading: Reading) -> bool:
    """Whether the second half of a phrase with a gap follows in the same sentence."""
    end, rest = min(hit.end + 90, _sentence_at(reading, hit.start).end), hit.term.rest
    at = folded.find(rest, hit.end, end)
    while at >= 0 and not (left_edge(folded, at) and right_edge(folded, at + len(rest))):
        at = folded.find(rest, at + 1, end)
    return at >= 0


def _sentence_at(reading: Reading, position: int) -> Sentence:
    index = bisect_right(reading.sentences, position, key=lambda s: s.start) - 1
    return reading.sentences[max(index, 0)]


def _place(reading: Reading, by_kind: dict[str, list[Hit]]) -> None:
    for kind, hits in by_kind.items():
        if kind == "org":
            continue
        for hit in sorted(hits, key=lambda h: h.start):
            sentence = _sentence_at(reading, hit.start)
            if sentence.start <= hit.start < sentence.end:
                sentence.hits.setdefault(kind, []).append(hit)


# ------------------------------------------------------------------------------------------------ organisations


def _organisations(watch: Watch, reading: Reading, by_kind: dict[str, list[Hit]]) -> list[Mention]:
    hits = by_kind.get("org", [])
    plain = {hit.term.value for hit in hits if not hit.term.cue}
    topical = bool(by_kind.get("ai") or by_kind.get("product")) or any(
        watch.organisations[name].is_ai for name in plain
    )
    found = []
    for hit in hits:
        if _is_small_word(reading, hit):
            continue
        if (
            hit.term.cue
            and hit.term.value not in plain
            and not (
                (topical and _has_cue(reading, hit)) or follows_verb(reading.folded, by_kind.get("trigger", []), hit)
            )
        ):
            continue
        if hit.term.cue and _is_first_name(watch, reading, hit):
            continue
        known = watch.organisations[hit.term.value]
        sure = 0.85 if hit.term.via == "mangled" or hit.term.cue else 1.0
        found.append(Mention("org", known.name, hit.start, hit.end, hit.term.via, sure, known))
    return found


def _is_small_word(reading: Reading, hit: Hit) -> bool:
    """Whether a name in small letters is a small word of the text's language: "mit" in German."""
    written = reading.text[hit.start : hit.end]
    return written.islower() and hit.term.text in reading.languages[0].stopwords


def _is_first_name(watch: Watch, reading: Reading, hit: Hit) -> bool:
    """Whether an ordinary word is a first name: a family name follows, and it is a given name or a post precedes.

    So in "engineer Sana Morano"; but not in "engineer at Sana", nor in "Sana Labs".
    """
    family = _FAMILY_NAME.match(reading.text, hit.end)
    if family is None or any(fold(family[1]) in language.ordinary for language in reading.languages):
        return False
    sentence = _sentence_at(reading, hit.start)
    titled = any(other.end == hit.start - 1 for other in (*sentence.of("role"), *sentence.of("people")))
    return titled or reading.folded[hit.start : hit.end] in watch.lexicon.names.given


_GO_ON = (" for ", " to ", " as ", " after ", " from ", " via ", " with ", " and ", " in ", " at ", " (", " -")


def follows_verb(folded: str, triggers: list[Hit], hit: Hit) -> bool:
    """Whether an ordinary word is what somebody joins or leaves: it stands right after such a verb, and ends there."""
    after = folded[hit.end : hit.end + 1]
    ends = after in ("", ".", ",", ";", ":", ")", "\n") or folded.startswith(_GO_ON, hit.end)
    return ends and any(
        t.end == hit.start - 1 and t.term.value in ("join", "move", "arrival", "leave", "poach", "hire")
        for t in triggers
    )


def _has_cue(reading: Reading, hit: Hit) -> bool:
    """Whether an ordinary word is used as an employer: after a preposition or trigger, or before 's or a role."""
    sentence = _sentence_at(reading, hit.start)
    after = reading.folded[hit.end : hit.end + 3]
    if after.startswith(("'s ", "’s ")):
        return True
    near = [*sentence.of("trigger"), *sentence.of("role")]
    if any(0 <= hit.start - other.end <= 2 or 0 <= other.start - hit.end <= 2 for other in near):
        return True
    return reading.marker(hit.start, sentence.start) in ("source", "goal", "place") or bool(
        reading.postposition(hit.end) if reading.code in ("ja", "ko", "tr", "hi") else ""
    )


def _focus(reading: Reading) -> Mention | None:
    """Return what "the company" means where nothing nearer does: the first organisation of title or lead."""
    for zone in ("title", "lead"):
        orgs = [org for s in reading.sentences if s.zone == zone for org in s.orgs if org.known]
        first = next((org for org in orgs if org.known and org.known.is_ai), None) or (orgs[0] if orgs else None)
        if first is not None:
            return replace(first, via="anaphor", sure=0.6)
    return None

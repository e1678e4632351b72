"""Stories into messages: what a channel reads, within Slack's limits, with nothing in it that a feed could steer.

A message states as a fact only what we are sure of; else it quotes the headline and names who wrote it. Every notifier
draws the same message.
"""

from __future__ import annotations

import calendar
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from bot.alerts import keys, reasons
from bot.alerts.markup import date, escape, host, isolated, left_to_right, link, shorten, units, without_dates
from bot.model import (
    Action,
    Article,
    Finding,
    Kind,
    Message,
    Move,
    OperationKey,
    Span,
    Status,
    Story,
    StoryId,
    StoryMove,
    digest,
)
from bot.text import fold, one_line

SURE = 0.95  # from this confidence on a move is told as a fact
MAX_BLOCKS = 2_900  # units of the blocks of an alert as JSON; Slack refuses somewhere above 13,000
MAX_MISSED_BLOCKS = 9_000
MAX_TEXT = 3_000
MAX_PLAIN = 3_700  # whatever stands in the text of a part of a digest
MAX_QUOTES = 3  # sentences
MAX_QUOTED = 400  # characters of all quoted sentences together
MAX_CLAIM = 240  # characters of the sentence that stands for a headline
MAX_LINES = 4  # of movers
MAX_LINE = 1_700  # of a story in a digest
CHART = "data_visualization"  # a block
MAX_NAMES = 5  # in one line
MAX_MISSED = 5  # stories
MAX_TURNS = 3  # of a story's past
MORE = "More"
_CUT = 450  # units of a part of an alert that fits in no other way

_UNTRUE = frozenset({Status.DENIED, Status.HISTORICAL})
_NOTES = {
    "wall": "page behind a wall",
    "stub": "page without an article",
    "no_text": "page without an article",
    "not_html": "page is no text",
    "killed": "page could not be read",
}
_NO_PAGE = "page could not be had"
_CLAIMS = frozenset({Kind.TREND, Kind.COMPENSATION})  # told by a sentence: their headlines tend to name a subject only
_LANGUAGES = {
    "ar": "Arabic", "bg": "Bulgarian", "ca": "Catalan", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek",
    "es": "Spanish", "et": "Estonian", "fa": "Persian", "fi": "Finnish", "fr": "French", "he": "Hebrew", "hi": "Hindi",
    "hr": "Croatian", "hu": "Hungarian", "id": "Indonesian", "it": "Italian", "ja": "Japanese", "ko": "Korean",
    "lt": "Lithuanian", "lv": "Latvian", "nl": "Dutch", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese",
    "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sl": "Slovenian", "sr": "Serbian", "sv": "Swedish",
    "th": "Thai", "tr": "Turkish", "uk": "Ukrainian", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip

Block = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """One story as told by one article; `outlet` is the name of who published it, `source` what mutes that."""

    story: Story
    finding: Finding
    article: Article
    outlet: str
    source: str = ""


def alert(
    story: Story,
    finding: Finding,
    article: Article,
    *,
    outlet: str,
    channel: str,
    now: datetime,
    sure: float = SURE,
    kind: str = "alert",
    private_links: bool = False,
    rows: Sequence[Block] = (),
) -> Message:
    """Return the message that tells `channel` of `story`, from one of its articles.

    `story.url` is the canonical address of the story, `outlet` the name of who published the article ("" where nobody
    knows). `kind` goes into the key (`keys.operation_key`). `private_links` allows links into inner networks. `rows`
    are the buttons, from all of them to the fewest: with them stands a "Why", so it is not said.
    """
    told = Told(story, finding, article, outlet)
    lines = _facts(told, sure)
    claim = _claim(told) if not lines else None
    lead = _drawn(lines) or _headline(told, claim)
    quotes = _quotes(told, headline_shown=not lines and claim is None, but=claim)
    context = _context(told, now, private_links=private_links)
    past, why = "\n".join((*_disputed(story), *_past(story))), "" if rows else reasons.told(finding.reasons)
    evidence = [section(f"> {quotes}")] if quotes else []
    history = [small(past)] if past else []
    tails: list[tuple[Block, ...]] = [(row,) for row in rows] or [()]
    bodies = (
        (section(lead), *evidence, small(context), *history, *([small(why)] if why else [])),
        (section(lead), *evidence, small(context), *history),
        (section(lead), *evidence, small(context)),
        (section(lead), small(context)),
        (section(lead, _CUT), small(context, _CUT)),
    )
    return Message(
        text=_fallback(told, lines, claim, private_links=private_links),
        blocks=_first_fitting(MAX_BLOCKS, *((*body, *tail) for body in bodies for tail in tails)),
        metadata=keys.metadata(
            keys.operation_key(story.id, channel, kind), keys.facts(finding.moves, (story.url, article.entry.url))
        ),
    )


def news(
    before: Story,
    story: Story,
    finding: Finding,
    article: Article,
    *,
    outlet: str,
    channel: str,
    kind: str,
    now: datetime,
    new: str = "",
    sure: float = SURE,
    private_links: bool = False,
) -> Message:
    """Return what is said in the thread of a story that an article changed from `before`, or added to.

    It begins with what became of it ("Confirmed", "Denied", "Corrected", "More"). `new` are the facts that it adds, as
    `stories.merge.Placement.news` has them; `kind` goes into the key.
    """
    told = Told(story, finding, article, outlet)
    word = _turn(before, story)
    lines = {} if word == MORE else _facts(told, sure)  # else the message above says the same
    fact = _drawn(lines)
    quotes = _quotes(told, headline_shown=not fact)
    was = _was(before, story)
    added = "; ".join(_added(new)) if word == MORE else ""
    parts = (
        f"was {was}" if was else "",
        f"new: {added}" if added else "",
        _context(told, now, private_links=private_links),
    )
    blocks = (
        section(f"*{word}*: {fact or _headline(told)}" if "\n" not in fact else f"*{word}*\n{fact}"),
        *([section(f"> {quotes}")] if quotes else []),
        small(" · ".join(part for part in parts if part)),
    )
    fallback = f"{word}: {_fallback(told, lines, private_links=private_links)}"
    return Message(
        text=shorten(fallback, MAX_TEXT),
        blocks=_first_fitting(MAX_BLOCKS, blocks, (blocks[0], blocks[-1])),
        metadata=keys.metadata(
            keys.operation_key(story.id, channel, kind), keys.facts(finding.moves, (article.entry.url,))
        ),
    )


def by_hand(before: StoryMove, after: StoryMove | None, *, story: Story, channel: str, kind: str) -> Message:
    """Return what is said in the thread where a person corrected a move, or struck it out (`after` is None)."""
    if after is None:
        words = f"*Retracted*: ~{_name(before.person[0])}: {_story_way(before)}~"
        spoken = f"Retracted: {_name(before.person[0])}: {_story_way(before, spoken=True)}"
    else:
        was = [_name(before.person[0])] if before.person[0] != after.person[0] else []
        was += [_story_way(before)] if _story_way(before) != _story_way(after) else []
        was += [before.status.value] if before.status is not after.status else []
        words = f"*Corrected*: *{_name(after.person[0])}*: {_story_way(after)} ({after.status})"
        words += f"\nwas {' · '.join(was)}" if was else ""
        spoken = f"Corrected: {_name(after.person[0])}: {_story_way(after, spoken=True)} ({after.status})"
    return Message(
        text=shorten(spoken, MAX_TEXT),
        blocks=(section(words),),
        metadata=keys.metadata(keys.operation_key(story.id, channel, kind), ()),
    )


def missed(
    items: Sequence[Told], *, now: datetime, hours: float, channel: str, sure: float = SURE, private_links: bool = False
) -> Message:
    """Return the "what you missed" message: the first five of `items`, told in the last `hours` before `now`."""
    shown = items[:MAX_MISSED]
    title = f"What you missed in the last {hours:g} hours" if shown else f"Nothing missed in the last {hours:g} hours"
    facts = [_facts(item, sure) for item in shown]
    claims = [None if lines else _claim(item) for item, lines in zip(shown, facts, strict=True)]
    leads = [
        _one_line(_drawn(lines) or _headline(item, claim))
        for item, lines, claim in zip(shown, facts, claims, strict=True)
    ]
    lines = [
        _fallback(item, lines, claim, private_links=private_links)
        for item, lines, claim in zip(shown, facts, claims, strict=True)
    ]
    contexts = [_context(item, now, private_links=private_links) for item in shown]
    stories = [f"{n}. {lead}\n{context}" for n, (lead, context) in enumerate(zip(leads, contexts, strict=True), 1)]
    blocks = (section(f"*{title}*"), *(section(story) for story in stories))
    return Message(
        text=shorten("\n".join([title, *(f"{n}. {line}" for n, line in enumerate(lines, 1))]), MAX_TEXT),
        blocks=_first_fitting(MAX_MISSED_BLOCKS, *(blocks[:n] for n in range(len(blocks), 0, -1))),
        metadata=keys.metadata(_missed_key(shown, channel), _missed_facts(shown)),
    )


def line(told: Told, *, sure: float = SURE, private_links: bool = False) -> tuple[str, str]:
    """Return a story in one line, in markup and in plain words: who, from, to, status, outlet and link."""
    lines = _facts(told, sure)
    claim = None if lines else _claim(told)
    status = "" if any(way.note for way in lines) else _status(told)
    if lines:
        source = _source(told, private_links=private_links)
    else:  # the headline names the outlet
        source = link(told.article.entry.url or told.story.url, private=private_links)
    lead = _one_line(_drawn(lines)) or _headline(told, claim)
    parts = (lead, f"({status})" if status else "", f"— {source}" if source else "")
    plain_words = _fallback(told, lines, claim, private_links=private_links)
    return shorten(" ".join(part for part in parts if part), MAX_LINE), shorten(plain_words, MAX_LINE)


def without_charts(message: Message) -> Message:
    """Return `message` without the blocks that not every workspace takes."""
    return replace(message, blocks=tuple(block for block in message.blocks if block["type"] != CHART))


def plain(message: Message) -> Message:
    """Return `message` as short plain text with the same metadata: what is left when its blocks are refused."""
    return replace(message, text=shorten(without_dates(message.text), MAX_PLAIN), blocks=())


def _missed_key(items: Sequence[Told], channel: str) -> OperationKey:
    return keys.operation_key(StoryId(digest(*sorted(item.story.id for item in items))), channel, "missed")


def _missed_facts(items: Sequence[Told]) -> tuple[str, ...]:
    return keys.facts([move for item in items for move in item.finding.moves[:1]], [item.story.url for item in items])


# -- the fact, or the headline


@dataclass(frozen=True, slots=True)
class _Way:
    """Where people go: what is known of it, in markup. `note` is what is known against it, which strikes it out."""

    source: str
    target: str
    role: str
    note: str = ""
    struck: bool = False

    def drawn(self) -> str:
        """Return "A → B · role"."""
        way = " → ".join((self.source or "", self.target or "?")).strip()
        way = self.target if self.source == self.target else way
        way = f"{way} · {self.role}" if self.role else way
        return (f"~{way}~" if self.struck else way) + self._noted()

    def spoken(self) -> str:
        """Return "from A to B, role": arrows are skipped, or spelt out, by what reads aloud."""
        at = self.source == self.target
        ends = (f"at {self.source}",) if at else (f"from {self.source}", f"to {self.target}")
        way = " ".join(words for words, end in zip(ends, (self.source, self.target), strict=False) if end)
        return (f"{way}, {self.role}" if self.role else way) + self._noted()

    def _noted(self) -> str:
        return f" ({self.note})" if self.note else ""


_Lines = Mapping[_Way, Sequence[str]]  # each way with the names of those who go it


def _facts(told: Told, sure: float) -> _Lines:
    """Return the moves that are sure. Movers who share all else share a line."""
    lines: dict[_Way, list[str]] = {}
    for person, way in _sure_moves(told, sure):
        names = lines.setdefault(way, [])
        if (name := _name(person)) not in names:
            names.append(name)
    return lines


def _drawn(lines: _Lines) -> str:
    """Return the moves a line each, "" if there are none."""
    listed = [left_to_right(f"{_listing([f'*{n}*' for n in names])}: {way.drawn()}") for way, names in lines.items()]
    if len(listed) > 1:
        more = [f"• and {len(listed) - MAX_LINES} more"] if len(listed) > MAX_LINES else []
        listed = [*(f"• {line}" for line in listed[:MAX_LINES]), *more]
    return "\n".join(listed)


def _spoken(lines: _Lines) -> str:
    """Return the moves in words, on one line."""
    listed = [f"{_listing(names)}: {way.spoken()}" for way, names in lines.items()]
    more = [f"and {len(listed) - MAX_LINES} more"] if len(listed) > MAX_LINES else []
    return left_to_right("; ".join([*listed[:MAX_LINES], *more]))


def _sure_moves(told: Told, sure: float) -> Iterator[tuple[str, _Way]]:
    """Yield who and where, for each move that may be stated.

    What the article says is held against what the story knows by now: where they disagree on an end, that is left out;
    what a person set by hand goes before both. A post is stated only where the text says that it is the one taken up.
    """
    telling = told.story.telling
    stated: list[StoryMove] = []
    for move in told.finding.moves:
        struck = _known_in(telling.retracted, move.person)
        known = struck or _known_in(telling.moves, move.person)
        if move.status in _UNTRUE or not move.person or move.confidence < sure:
            continue
        if known:
            stated.append(known)
        way = _way(*_agreed(move, known))
        if way and struck:
            yield move.person, replace(way, struck=True, note="retracted")
        elif way:
            person = known.person[0] if known and "person" in known.fixed else move.person
            yield person, _standing(way, known.status if known else move.status)
    for known in telling.moves:
        if known not in stated and (way := _way(*_set_by_hand(known))):
            yield known.person[0], _standing(way, known.status)


def _set_by_hand(known: StoryMove) -> tuple[str, str, str]:
    """Return from, to and role of a move, each only if a person set it: of the rest nobody is sure."""
    values = {"from": known.from_org, "to": known.to_org, "role": known.role}
    source, target, role = (value if field in known.fixed else "" for field, value in values.items())
    return source, target, role


def _standing(way: _Way, status: Status) -> _Way:
    note = status.value if status in (Status.RUMOURED, Status.DENIED) else ""
    return replace(way, struck=status is Status.DENIED, note=note)


def _known_in(moves: Sequence[StoryMove], person: str) -> StoryMove | None:
    """Return what is known of a person's move; what was corrected goes before what it corrects."""
    name = fold(person)
    about = [m for m in moves if any(fold(spelling) == name for spelling in m.person)]
    return min(about, key=lambda m: m.status is Status.DENIED, default=None)


def _agreed(move: Move, known: StoryMove | None) -> tuple[str, str, str]:
    """Return from, to and role of a move; an end on which the story's articles disagree is ""."""
    post = move.role or "" if move.takes_up else ""
    if known is None:
        return move.from_org or "", move.to_org or "", post

    def end(field: str, own: str, fused: str) -> str:
        if field in known.fixed:
            return fused
        return own if not fused or fold(own) == fold(fused) else ""

    role = known.role if "role" in known.fixed else post
    return end("from", move.from_org or "", known.from_org), end("to", move.to_org or "", known.to_org), role


def _story_way(move: StoryMove, *, spoken: bool = False) -> str:
    way = _way(move.from_org, move.to_org, move.role if "role" in move.fixed else "")
    return "" if way is None else way.spoken() if spoken else way.drawn()


def _way(source: str, target: str, role: str) -> _Way | None:
    """Return what is known of where from and where to, None if that says nothing."""
    way = _Way(_name(source), _name(target), isolated(escape(role, limit=160)))
    return way if way.source or way.target else None


def _name(name: str) -> str:
    return isolated(escape(name, limit=120))


def _listing(names: Sequence[str]) -> str:
    more = [f"{len(names) - MAX_NAMES} more"] if len(names) > MAX_NAMES else []
    return ", ".join([*names[:MAX_NAMES], *more])


def _headline(told: Told, claim: Span | None = None, *, sourced: bool = True) -> str:
    """Return the quoted headline, or `claim` in its place, with its outlet, after what is known to be wrong with it."""
    words, source = _quoted(told, claim), _outlet(told) if sourced else ""
    words = f"{words} — {source}" if source else words
    telling = told.story.telling
    if telling.retracted and not telling.moves:
        return f"*Retracted*: ~{words}~"
    return f"*Since denied*: {words}" if _turned(told) else words


def _outlet(told: Told) -> str:
    return escape(told.outlet, limit=80) or host(told.article.entry.url)


def _claim(told: Told) -> Span | None:
    """Return the sentence that says what a story on a trend or on pay claims, None for other stories."""
    if not _CLAIMS.intersection(told.finding.kinds[:1]):
        return None
    body = [span for span in told.finding.evidence if span.start >= len(told.article.title)]
    return next((span for span in body if 0 < len(_sentence(told, span)) <= MAX_CLAIM), None)


def _turned(told: Told) -> bool:
    """Tell whether the story was denied after the article that tells it said otherwise."""
    own = _status_of(told.finding)
    return own is not None and own not in _UNTRUE and _standing_status(told) is Status.DENIED


def _quoted(told: Told, claim: Span | None) -> str:
    title = told.article.title or told.story.headline
    words = escape(_sentence(told, claim) if claim else title, limit=400)
    return f"“{words}”" if words else "A story without a headline"


# -- the rest

_SCORED = re.compile(r"^(?:\([^()]{0,60}\))?[\s:;,.\u2013\u2014-]+")  # what stands before a sentence and is none of it
_LOOSE = re.compile(r"(?<!\s)\s+([,.])(?=\s|$)")  # a space that a link left behind


def _sentence(told: Told, span: Span) -> str:
    """Return a sentence of the article as it may be quoted, on one line."""
    return _LOOSE.sub(r"\1", _SCORED.sub("", one_line(told.article.text[span.start : span.end])))


def _quotes(told: Told, *, headline_shown: bool, but: Span | None = None) -> str:
    """Return up to three whole sentences that carry the finding, in the order of the article, `but` one."""
    article, room = told.article, MAX_QUOTED
    # The first sentences tell the headline again, and more of it.
    headline_shown = headline_shown or any(span.end > len(article.title) for span in told.finding.evidence)
    chosen: list[tuple[Span, str]] = []
    for span in told.finding.evidence:
        words = _sentence(told, span)
        is_title = span.end <= len(article.title)
        if not words or span == but or (is_title and headline_shown) or any(words == known for _, known in chosen):
            continue
        if len(words) <= room and len(chosen) < MAX_QUOTES:
            chosen.append((span, words))
            room -= len(words) + len(_LEFT_OUT)
    if not chosen and but is None and told.finding.evidence:
        return _cut_quote(told, headline_shown=headline_shown)
    return escape(_joined(article, sorted(chosen)), limit=3 * MAX_QUOTED)


_LEFT_OUT = " … "


def _joined(article: Article, chosen: Sequence[tuple[Span, str]]) -> str:
    """Return sentences one after another; where some between them were left out, that shows."""
    text = "".join(words for _, words in chosen[:1])
    for (before, _), (span, words) in pairwise(chosen):
        together = not article.text[before.end : span.start].strip()
        text += (" " if together else _LEFT_OUT) + words
    return text


def _cut_quote(told: Told, *, headline_shown: bool) -> str:
    """Return the start of the best sentence, where not one is short enough to be quoted whole."""
    best = told.finding.evidence[0]
    if headline_shown and best.end <= len(told.article.title):
        return ""
    return escape(_sentence(told, best), limit=MAX_QUOTED)


def _context(told: Told, now: datetime, *, private_links: bool) -> str:
    entry = told.article.entry
    published = entry.published_at if entry.published_at and entry.published_at <= now else entry.seen_at
    note = one_line(told.article.note)
    parts = (
        _status(told),
        _corroboration(told),
        _source(told, private_links=private_links),
        date(published),
        _language(told.finding.language or told.article.language),
        f"from the feed's text: {_NOTES.get(note, _NO_PAGE)}" if note else "",
    )
    return " · ".join(part for part in parts if part)


def _status(told: Told) -> str:
    """Return how sure the news is, and who made it so, where that was somebody else."""
    status = _standing_status(told)
    known = _lead_move(told)
    by = known.by if known and len(told.story.telling.changes) > 1 and "status" not in known.fixed else ""
    settled = status in (Status.CONFIRMED, Status.DENIED) and by and fold(by) != fold(told.outlet)
    return f"{status} by {escape(by, limit=80)}" if settled else status.value


def _standing_status(told: Told) -> Status:
    known = _lead_move(told)
    return known.status if known else _status_of(told.finding) or told.story.telling.status


def _lead_move(told: Told) -> StoryMove | None:
    """Return what the story knows of the move that its article is surest of."""
    surest = sorted(told.finding.moves, key=lambda move: -move.confidence)
    return _known_in(told.story.telling.moves, surest[0].person) if surest else None


def _status_of(finding: Finding) -> Status | None:
    moves = sorted(finding.moves, key=lambda move: -move.confidence)
    return moves[0].status if moves else None


def _corroboration(told: Told) -> str:
    """Return how many independent sources tell it; one is marked as such, unless it is those concerned themselves."""
    count = len(told.story.telling.sources)
    if count > 1:
        return f"{count} independent sources"
    return "single source" if count == 1 and _standing_status(told) in (Status.RUMOURED, Status.REPORTED) else ""


_ENDS = {"from": "where from", "to": "where to", "when": "when"}


def _disputed(story: Story) -> Iterator[str]:
    """Yield where the sources of a story disagree, and who says what."""
    for move in story.telling.moves:
        for told in () if move.fixed else move.disputed:
            end, _, answers = told.partition(": ")
            whom = "" if len(story.telling.moves) == 1 else f" of {_name(move.person[0])}"
            yield f"Sources disagree on {_ENDS[end]}{whom}: {escape(answers, limit=300)}"


def _past(story: Story) -> Iterator[str]:
    """Yield what the story's status and facts were before, a line each, the latest changes only."""
    turns = [c for c in story.telling.changes if c.action is Action.BROADCAST]
    for change in turns[-MAX_TURNS:]:
        by = f" ({escape(change.by, limit=80)})" if change.by else ""
        yield f"{date(datetime.fromtimestamp(change.at, UTC))}: {escape(change.why.replace('->', '→'), limit=200)}{by}"


def _turn(before: Story, story: Story) -> str:
    """Return in a word what an article made of a story."""
    pairs = list(_pairs(before, story))
    known = {m.person[0] for m in before.telling.moves}
    turned = [(old.status, new.status) for old, new in pairs if old and old.status is not new.status]
    if not pairs and story.telling.status is not before.telling.status:
        turned = [(before.telling.status, story.telling.status)]
    if any(old is None and new.person[0] in known for old, new in pairs):
        return "Corrected"  # the same person, somewhere else
    if any(now is Status.DENIED for _, now in turned):
        return "Denied"
    if any(then is Status.DENIED for then, _ in turned):
        return "After all"
    return "Confirmed" if any(now is Status.CONFIRMED for _, now in turned) else MORE


def _pairs(before: Story, story: Story) -> Iterator[tuple[StoryMove | None, StoryMove]]:
    """Yield each move of a story with what it was before: of one person's moves the one to the same place."""
    for new in story.telling.moves:
        mine = [m for m in before.telling.moves if m.person[0] == new.person[0]]
        now = [m for m in story.telling.moves if m.person[0] == new.person[0]]
        same = [m for m in mine if m.to_org == new.to_org] or (mine if len(mine) == len(now) == 1 else [])
        yield (same[0] if same else None), new


_FACTS = "people|money|percent|some|date|role|person|a further person"
_FACT = re.compile(rf"(?:^|, )({_FACTS}):\s*(.+?)(?=, (?:{_FACTS}):|$)")
_SCALES = ((1e9, " billion"), (1e6, " million"), (1e3, " thousand"))


def _added(new: str) -> Iterator[str]:
    """Yield the facts that an article adds, each in a few words."""
    for name, value in _FACT.findall(new):
        if name == "date":
            month, _, rest = value.partition("-")
            yield f"{calendar.month_name[int(month)]} {rest}"
        elif name == "role":
            yield f"post: {escape(value.partition(':')[2], limit=120)}"
        elif name in ("person", "a further person"):
            yield f"also {_name(value)}"
        elif name == "people":
            yield f"{float(value):,.15g} people"
        elif name == "money":
            yield f"{value[0]}{_amount(float(value[1:]))}"
        elif name == "percent":
            yield f"{escape(value, limit=40)} %"


def _amount(value: float) -> str:
    scale, word = next((pair for pair in _SCALES if value >= pair[0]), (1.0, ""))
    return f"{value / scale:,.4g}{word}"


def _was(before: Story, story: Story) -> str:
    """Return the status that a story had before, "" where it is the same."""
    gone = [old.status for old, new in _pairs(before, story) if old and old.status is not new.status]
    if not before.telling.moves and before.telling.status is not story.telling.status:
        gone = [before.telling.status]
    return gone[0].value if gone else ""


def _source(told: Told, *, private_links: bool) -> str:
    """Return the outlet and the link, whose label is the real host."""
    url = told.article.entry.url or told.story.url
    outlet, linked = isolated(escape(told.outlet, limit=80)), link(url, private=private_links)
    same = fold(told.outlet[:200]).removeprefix("www.") == host(url)
    return linked if linked and (same or not outlet) else " · ".join(part for part in (outlet, linked) if part)


def _language(code: str) -> str:
    tag = code.lower().partition("-")[0]
    return "" if tag in ("", "en") else f"in {_LANGUAGES.get(tag) or escape(tag, limit=20)}"


def _fallback(told: Told, lines: _Lines, claim: Span | None = None, *, private_links: bool) -> str:
    """Return who, from, to, status, outlet and link in one line: what a notification and a screen reader say."""
    source = _source(told, private_links=private_links)
    status = "" if any(way.note for way in lines) else _status(told)
    words = _spoken(lines) or _headline(told, claim, sourced=False)
    parts = (words.replace("*", "").replace("~", ""), f"({status})" if status else "", f"— {source}" if source else "")
    return shorten(" ".join(part for part in parts if part), MAX_TEXT)


def _one_line(lead: str) -> str:
    return "; ".join(line.removeprefix("• ") for line in lead.splitlines())


# -- blocks


def section(markup: str, limit: int = 2_800) -> Block:
    """Return a block of markup."""
    return {"type": "section", "text": _mrkdwn(markup, limit)}


def small(markup: str, limit: int = 2_800) -> Block:
    """Return a block of small print."""
    return {"type": "context", "elements": [_mrkdwn(markup, limit)]}


def _mrkdwn(markup: str, limit: int) -> Block:
    # verbatim: else Slack makes links of bare names in it, such as openai.com
    return {"type": "mrkdwn", "text": shorten(markup, limit), "verbatim": True}


def _first_fitting(limit: int, *choices: Sequence[Block]) -> tuple[Block, ...]:
    """Return the first of `choices` whose JSON is at most `limit` units long, or the last."""
    sizes = (units(json.dumps(choice, ensure_ascii=False)) for choice in choices)
    return tuple(next((choice for choice, size in zip(choices, sizes, strict=True) if size <= limit), choices[-1]))

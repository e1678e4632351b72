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
from typing import Any

from bot.alerts import keys, reasons
from bot.alerts.markup import date, escape, host, link, shorten, units, without_dates
from bot.model import (
    Action,
    Article,
    Finding,
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
MAX_LINES = 4  # of movers
MAX_LINE = 1_700  # of a story in a digest
CHART = "data_visualization"  # a block
MAX_MISSED = 5  # stories
MAX_TURNS = 3  # of a story's past
MORE = "More"

_UNTRUE = frozenset({Status.DENIED, Status.HISTORICAL})
_NOTES = {
    "wall": "page behind a wall",
    "stub": "page without an article",
    "no_text": "page without an article",
    "not_html": "page is no text",
    "killed": "page could not be read",
}
_NO_PAGE = "page could not be had"
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
) -> Message:
    """Return the message that tells `channel` of `story`, from one of its articles.

    `story.url` is the canonical address of the story, `outlet` the name of who published the article ("" where nobody
    knows). `kind` goes into the key (`keys.operation_key`). `private_links` allows links into inner networks.
    """
    told = Told(story, finding, article, outlet)
    fact = _fact(told, sure)
    quotes = _quotes(told, headline_shown=not fact)
    context = _context(told, now, private_links=private_links)
    why = reasons.told(finding.reasons)
    lead = fact or _headline(told)
    past = "\n".join(_past(story))
    required = (section(lead), small(context))
    full = (
        section(lead),
        *([section(f"> {quotes}")] if quotes else []),
        small(context),
        *([small(past)] if past else []),
        *([small(why)] if why else []),
    )
    return Message(
        text=_fallback(told, fact, private_links=private_links),
        blocks=_first_fitting(MAX_BLOCKS, full, full[:-1] if why else full, required),
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
    fact = "" if word == MORE else _fact(told, sure)  # else the message above says the same
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
    fallback = f"{word}: {_fallback(told, fact, private_links=private_links)}"
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
    else:
        was = [_name(before.person[0])] if before.person[0] != after.person[0] else []
        was += [_story_way(before)] if _story_way(before) != _story_way(after) else []
        was += [before.status.value] if before.status is not after.status else []
        words = f"*Corrected*: *{_name(after.person[0])}*: {_story_way(after)} ({after.status})"
        words += f"\nwas {' · '.join(was)}" if was else ""
    return Message(
        text=shorten(words.replace("*", "").replace("~", ""), MAX_TEXT),
        blocks=(section(words),),
        metadata=keys.metadata(keys.operation_key(story.id, channel, kind), ()),
    )


def missed(
    items: Sequence[Told], *, now: datetime, hours: float, channel: str, sure: float = SURE, private_links: bool = False
) -> Message:
    """Return the "what you missed" message: the first five of `items`, told in the last `hours` before `now`."""
    shown = items[:MAX_MISSED]
    title = f"What you missed in the last {hours:g} hours" if shown else f"Nothing missed in the last {hours:g} hours"
    leads = [_one_line(_fact(item, sure) or _headline(item)) for item in shown]
    lines = [_fallback(item, _fact(item, sure), private_links=private_links) for item in shown]
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
    fact = _fact(told, sure)
    status = "" if "(rumoured)" in fact or "(denied)" in fact else _status(told)
    if fact:
        source = _source(told, private_links=private_links)
    else:  # the headline names the outlet
        source = link(told.article.entry.url or told.story.url, private=private_links)
    parts = (_one_line(fact) or _headline(told), f"({status})" if status else "", f"— {source}" if source else "")
    plain_words = _fallback(told, fact, private_links=private_links)
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


def _fact(told: Told, sure: float) -> str:
    """Return the moves that are sure, one line each, "" if there are none. Movers who share all else share a line."""
    lines: dict[tuple[str, str], list[str]] = {}
    for person, way, suffix in _sure_moves(told, sure):
        names = lines.setdefault((way, suffix), [])
        if (name := f"*{_name(person)}*") not in names:
            names.append(name)
    listed = [f"{_listing(names)}: {way}{suffix}" for (way, suffix), names in lines.items()]
    if len(listed) < 2:
        return "".join(listed)
    more = [f"• and {len(listed) - MAX_LINES} more"] if len(listed) > MAX_LINES else []
    return "\n".join([*(f"• {line}" for line in listed[:MAX_LINES]), *more])


def _sure_moves(told: Told, sure: float) -> Iterator[tuple[str, str, str]]:
    """Yield person, way and what stands behind it, for each move that may be stated.

    What the article says is held against what the story knows by now: where they disagree on an end, that is left out;
    what a person set by hand goes before both.
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
            yield move.person, f"~{way}~", " (retracted)"
        elif way:
            yield (known.person[0] if known and "person" in known.fixed else move.person), *_standing(way, move, known)
    for known in telling.moves:
        if known not in stated and (way := _way(*_set_by_hand(known))):
            yield known.person[0], way, _suffix(known.status)


def _set_by_hand(known: StoryMove) -> tuple[str, str, str]:
    """Return from, to and role of a move, each only if a person set it: of the rest nobody is sure."""
    values = {"from": known.from_org, "to": known.to_org, "role": known.role}
    source, target, role = (value if field in known.fixed else "" for field, value in values.items())
    return source, target, role


def _standing(way: str, move: Move, known: StoryMove | None) -> tuple[str, str]:
    status = known.status if known else move.status
    return (f"~{way}~", " (denied)") if status is Status.DENIED else (way, _suffix(status))


def _suffix(status: Status) -> str:
    return f" ({status})" if status in (Status.RUMOURED, Status.DENIED) else ""


def _known_in(moves: Sequence[StoryMove], person: str) -> StoryMove | None:
    """Return what is known of a person's move; what was corrected goes before what it corrects."""
    name = fold(person)
    about = [m for m in moves if any(fold(spelling) == name for spelling in m.person)]
    return min(about, key=lambda m: m.status is Status.DENIED, default=None)


def _agreed(move: Move, known: StoryMove | None) -> tuple[str, str, str]:
    """Return from, to and role of a move; an end on which the story's articles disagree is ""."""
    if known is None:
        return move.from_org or "", move.to_org or "", move.role or ""

    def end(field: str, own: str, fused: str) -> str:
        if field in known.fixed:
            return fused
        return own if not fused or fold(own) == fold(fused) else ""

    role = known.role if "role" in known.fixed else move.role or ""
    return end("from", move.from_org or "", known.from_org), end("to", move.to_org or "", known.to_org), role


def _story_way(move: StoryMove) -> str:
    return _way(move.from_org, move.to_org, move.role)


def _way(source: str, target: str, role: str) -> str:
    """Return "A → B · role" with what is known of it, "" if that says nothing of where to or from."""
    source, target, role = _name(source), _name(target), escape(role, limit=160)
    if not (source or target):
        return ""
    if source and target:
        way = source if source == target else f"{source} → {target}"
    else:
        way = f"{source} → ?" if source else f"→ {target}"
    return f"{way} · {role}" if role else way


def _name(name: str) -> str:
    return escape(name, limit=120)


def _listing(names: Sequence[str]) -> str:
    more = [f"{len(names) - 5} more"] if len(names) > 5 else []
    return ", ".join([*names[:5], *more])


def _headline(told: Told) -> str:
    """Return the quoted headline with its outlet, after what is known to be wrong with it."""
    source = escape(told.outlet, limit=80) or host(told.article.entry.url)
    words = f"{_quoted(told)} — {source}" if source else _quoted(told)
    telling = told.story.telling
    if telling.retracted and not telling.moves:
        return f"*Retracted*: ~{words}~"
    return f"*Since denied*: {words}" if _turned(told) else words


def _turned(told: Told) -> bool:
    """Tell whether the story was denied after the article that tells it said otherwise."""
    own = _status_of(told.finding)
    return own is not None and own not in _UNTRUE and _standing_status(told) is Status.DENIED


def _quoted(told: Told) -> str:
    words = escape(told.article.title or told.story.headline, limit=400)
    return f"“{words}”" if words else "A story without a headline"


# -- the rest


def _quotes(told: Told, *, headline_shown: bool) -> str:
    """Return up to three whole sentences that carry the finding, in the order of the article."""
    article, room = told.article, MAX_QUOTED
    # The first sentences tell the headline again, and more of it.
    headline_shown = headline_shown or any(span.end > len(article.title) for span in told.finding.evidence)
    chosen: list[tuple[Span, str]] = []
    for span in told.finding.evidence:
        words = one_line(article.text[span.start : span.end])
        is_title = span.end <= len(article.title)
        if not words or (is_title and headline_shown) or any(words == known for _, known in chosen):
            continue
        if len(words) <= room and len(chosen) < MAX_QUOTES:
            chosen.append((span, words))
            room -= len(words)
    if not chosen and told.finding.evidence:
        return _cut_quote(told, headline_shown=headline_shown)
    return escape(" ".join(words for _, words in sorted(chosen)), limit=3 * MAX_QUOTED)


def _cut_quote(told: Told, *, headline_shown: bool) -> str:
    """Return the start of the best sentence, where not one is short enough to be quoted whole."""
    best = told.finding.evidence[0]
    if headline_shown and best.end <= len(told.article.title):
        return ""
    return escape(told.article.text[best.start : best.end], limit=MAX_QUOTED)


def _context(told: Told, now: datetime, *, private_links: bool) -> str:
    entry = told.article.entry
    published = entry.published_at if entry.published_at and entry.published_at <= now else entry.seen_at
    kinds = ", ".join(kind.value.replace("_", " ") for kind in told.finding.kinds[:3])
    note = one_line(told.article.note)
    parts = (
        _status(told),
        _corroboration(told),
        kinds,
        _source(told, private_links=private_links),
        date(published),
        _language(told.finding.language or told.article.language),
        f"from the feed's text: {_NOTES.get(note, _NO_PAGE)}" if note else "",
    )
    return " · ".join(part for part in parts if part)


def _status(told: Told) -> str:
    """Return how sure the news is, and who made it so, where that was somebody else."""
    status = _standing_status(told)
    if status is None:
        return ""
    known = _lead_move(told)
    by = known.by if known and len(told.story.telling.changes) > 1 and "status" not in known.fixed else ""
    settled = status in (Status.CONFIRMED, Status.DENIED) and by and fold(by) != fold(told.outlet)
    return f"{status} by {escape(by, limit=80)}" if settled else status.value


def _standing_status(told: Told) -> Status | None:
    known = _lead_move(told)
    return known.status if known else _status_of(told.finding)


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


_FACTS = "number|percent|some|date|role|person|a further person"
_FACT = re.compile(rf"(?:^|, )({_FACTS}):\s*(.+?)(?=, (?:{_FACTS}):|$)")


def _added(new: str) -> Iterator[str]:
    """Yield the facts that an article adds, each in a few words."""
    for name, value in _FACT.findall(new):
        if name == "date":
            month, _, rest = value.partition("-")
            yield f"{calendar.month_name[int(month)]} {rest}"
        elif name == "role":
            yield f"post: {escape(value.partition(':')[2], limit=120)}"
        elif name in ("person", "a further person"):
            yield f"also {escape(value, limit=120)}"
        elif name == "number":
            yield f"{float(value):,.15g}"
        elif name == "percent":
            yield f"{escape(value, limit=40)} %"


def _was(before: Story, story: Story) -> str:
    """Return the status that a story had before, "" where it is the same."""
    gone = [old.status for old, new in _pairs(before, story) if old and old.status is not new.status]
    if not before.telling.moves and before.telling.status is not story.telling.status:
        gone = [before.telling.status]
    return gone[0].value if gone else ""


def _source(told: Told, *, private_links: bool) -> str:
    """Return the outlet and the link, whose label is the real host."""
    url = told.article.entry.url or told.story.url
    outlet, linked = escape(told.outlet, limit=80), link(url, private=private_links)
    same = fold(told.outlet[:200]).removeprefix("www.") == host(url)
    return linked if linked and (same or not outlet) else " · ".join(part for part in (outlet, linked) if part)


def _language(code: str) -> str:
    tag = code.lower().partition("-")[0]
    return "" if tag in ("", "en") else f"in {_LANGUAGES.get(tag) or escape(tag, limit=20)}"


def _fallback(told: Told, fact: str, *, private_links: bool) -> str:
    """Return who, from, to, status, outlet and link in one line: what a notification and a screen reader say."""
    source = _source(told, private_links=private_links)
    status = "" if "(rumoured)" in fact or "(denied)" in fact else _status(told)
    told_words = (_one_line(fact) or _headline(told).partition(" — ")[0]).replace("*", "").replace("~", "")
    parts = (told_words, f"({status})" if status else "", f"— {source}" if source else "")
    return shorten(" ".join(part for part in parts if part), MAX_TEXT)


def _one_line(lead: str) -> str:
    return "; ".join(line.removeprefix("• ") for line in lead.splitlines())


# -- blocks


def section(markup: str) -> Block:
    """Return a block of markup."""
    return {"type": "section", "text": _mrkdwn(markup, 2_800)}


def small(markup: str) -> Block:
    """Return a block of small print."""
    return {"type": "context", "elements": [_mrkdwn(markup, 2_800)]}


def _mrkdwn(markup: str, limit: int) -> Block:
    # verbatim: else Slack makes links of bare names in it, such as openai.com
    return {"type": "mrkdwn", "text": shorten(markup, limit), "verbatim": True}


def _first_fitting(limit: int, *choices: Sequence[Block]) -> tuple[Block, ...]:
    """Return the first of `choices` whose JSON is at most `limit` units long, or the last."""
    sizes = (units(json.dumps(choice, ensure_ascii=False)) for choice in choices)
    return tuple(next((choice for choice, size in zip(choices, sizes, strict=True) if size <= limit), choices[-1]))

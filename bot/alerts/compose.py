"""Stories into messages: what a channel reads, within Slack's limits, with nothing in it that a feed could steer.

A message states as a fact only what we are sure of; else it quotes the headline and names who wrote it. Every notifier
draws the same message.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.alerts import keys, reasons
from bot.alerts.markup import date, escape, host, link, shorten, units, without_dates
from bot.model import Article, Finding, Message, Move, OperationKey, Span, Status, Story, StoryId, digest
from bot.text import fold, one_line

SURE = 0.95  # from this confidence on a move is told as a fact
MAX_BLOCKS = 2_900  # units of the blocks of an alert as JSON; Slack refuses somewhere above 13,000
MAX_MISSED_BLOCKS = 9_000
MAX_TEXT = 3_000
MAX_PLAIN = 2_000
MAX_QUOTES = 3  # sentences
MAX_QUOTED = 400  # characters of all quoted sentences together
MAX_LINES = 4  # of movers
MAX_MISSED = 5  # stories

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
    """One story as told by one article; `outlet` is the name of who published it."""

    story: Story
    finding: Finding
    article: Article
    outlet: str


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
    required = (_section(lead), _small(context))
    full = (
        _section(lead),
        *([_section(f"> {quotes}")] if quotes else []),
        _small(context),
        *([_small(why)] if why else []),
    )
    return Message(
        text=_fallback(told, fact, private_links=private_links),
        blocks=_first_fitting(MAX_BLOCKS, full, full[:-1] if why else full, required),
        metadata=keys.metadata(
            keys.operation_key(story.id, channel, kind), keys.facts(finding.moves, (story.url, article.entry.url))
        ),
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
    blocks = (_section(f"*{title}*"), *(_section(story) for story in stories))
    return Message(
        text=shorten("\n".join([title, *(f"{n}. {line}" for n, line in enumerate(lines, 1))]), MAX_TEXT),
        blocks=_first_fitting(MAX_MISSED_BLOCKS, *(blocks[:n] for n in range(len(blocks), 0, -1))),
        metadata=keys.metadata(_missed_key(shown, channel), _missed_facts(shown)),
    )


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
    for move in told.finding.moves:
        way = _way(move)
        if way and move.confidence >= sure and move.status not in _UNTRUE:
            suffix = " (rumoured)" if move.status is Status.RUMOURED else ""
            names = lines.setdefault((way, suffix), [])
            if (name := f"*{_name(move.person)}*") not in names:
                names.append(name)
    listed = [f"{_listing(names)}: {way}{suffix}" for (way, suffix), names in lines.items()]
    if len(listed) < 2:
        return "".join(listed)
    more = [f"• and {len(listed) - MAX_LINES} more"] if len(listed) > MAX_LINES else []
    return "\n".join([*(f"• {line}" for line in listed[:MAX_LINES]), *more])


def _way(move: Move) -> str:
    """Return "A → B · role" with what is known of it, "" if that says nothing of where to or from."""
    source, target = _name(move.from_org or ""), _name(move.to_org or "")
    role = escape(move.role or "", limit=160)
    if not move.person or not (source or target):
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
    """Return the quoted headline with its outlet."""
    source = escape(told.outlet, limit=80) or host(told.article.entry.url)
    return f"{_quoted(told)} — {source}" if source else _quoted(told)


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
        _status(told.finding),
        kinds,
        _source(told, private_links=private_links),
        date(published),
        _language(told.finding.language or told.article.language),
        f"from the feed's text: {_NOTES.get(note, _NO_PAGE)}" if note else "",
    )
    return " · ".join(part for part in parts if part)


def _status(finding: Finding) -> str:
    moves = sorted(finding.moves, key=lambda move: -move.confidence)
    return moves[0].status.value if moves else ""


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
    status = "" if "(rumoured)" in fact else _status(told.finding)
    told_words = _one_line(fact).replace("*", "") or _quoted(told)
    parts = (told_words, f"({status})" if status else "", f"— {source}" if source else "")
    return shorten(" ".join(part for part in parts if part), MAX_TEXT)


def _one_line(lead: str) -> str:
    return "; ".join(line.removeprefix("• ") for line in lead.splitlines())


# -- blocks


def _section(markup: str) -> Block:
    return {"type": "section", "text": _mrkdwn(markup, 2_800)}


def _small(markup: str) -> Block:
    return {"type": "context", "elements": [_mrkdwn(markup, 2_800)]}


def _mrkdwn(markup: str, limit: int) -> Block:
    # verbatim: else Slack makes links of bare names in it, such as openai.com
    return {"type": "mrkdwn", "text": shorten(markup, limit), "verbatim": True}


def _first_fitting(limit: int, *choices: Sequence[Block]) -> tuple[Block, ...]:
    """Return the first of `choices` whose JSON is at most `limit` units long, or the last."""
    sizes = (units(json.dumps(choice, ensure_ascii=False)) for choice in choices)
    return tuple(next((choice for choice, size in zip(choices, sizes, strict=True) if size <= limit), choices[-1]))

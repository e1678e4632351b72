"""Many stories in one message: what came at once, what was held overnight, the day, the week. Within Slack's limits.

What does not fit into one message goes on in its thread: every line is told. Digests carry no facts in their metadata,
since none of their stories is told by them alone.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from bot.alerts.calm import HELD_WORDS
from bot.alerts.compose import CHART, MAX_PLAIN, Block, Told, line, section, small
from bot.alerts.keys import metadata, operation_key
from bot.alerts.markup import escape, shorten, units
from bot.model import DIGEST, HeldFor, Message
from bot.text import one_line

MAX_TEXT = 3_400  # units of the plain words of one message without its headings; so much stays without its blocks
MAX_MARKUP = 7_500  # units of its lines as JSON; Slack refuses blocks of somewhere above 13,000
MAX_SECTION = 2_700
MAX_SICK = 10  # feeds
MAX_FIRMS = 15  # of the weekly table
MAX_BARS = 10  # of its chart
_LABEL = 20  # units under a bar
_BRIEF = 80  # units of a name

_HEADINGS: Mapping[HeldFor, str] = {
    HeldFor.KIND: "Kept for the digest by their kind",
    HeldFor.GRADE: "Less sure than alerts are",
    HeldFor.SOURCES: "Told by too few independent sources",
    HeldFor.DENIED: "Denied or struck out before they were told",
    HeldFor.OLD: "Published more than two weeks ago",
}


@dataclass(frozen=True, slots=True)
class Item:
    """A story in a digest, and why it stands there."""

    told: Told
    reason: HeldFor


@dataclass(frozen=True, slots=True)
class SickFeed:
    """A feed that is unwell: its name, what ails it since when, and what to do."""

    name: str
    what: str
    since: datetime | None
    advice: str


@dataclass(frozen=True, slots=True)
class Health:
    """What a reader has to know to trust that silence means no news."""

    feeds: int
    failing: int
    last_told: datetime | None
    sick: Sequence[SickFeed] = ()


@dataclass(frozen=True, slots=True)
class Net:
    """How many people an organisation won and lost."""

    organisation: str
    gains: int
    losses: int

    @property
    def net(self) -> int:
        """Gains without losses."""
        return self.gains - self.losses


@dataclass(frozen=True, slots=True)
class _Line:
    heading: str
    markup: str
    plain: str


def gathered(
    items: Sequence[Item], *, channel: str, kind: str, quiet: bool, private_links: bool = False
) -> Sequence[Message]:
    """Return what tells the stories that came at once, or in the `quiet` hours: a message, what follows in its thread.

    `kind` goes into the key. The stories are told in the order given.
    """
    why = "while this channel was quiet" if quiet else "within minutes, too many for messages of their own"
    title = f"{_count(len(items), 'story', 'stories')} {why}"
    return _parts(f"*{title}*", title, (), _lines(items, private_links=private_links), channel=channel, kind=kind)


def daily(
    day: date,
    items: Sequence[Item],
    *,
    channel: str,
    now: datetime,
    health: Health | None,
    waiting: Sequence[HeldFor] = (),
    muted: Sequence[str] = (),
    private_links: bool = False,
) -> Sequence[Message]:
    """Return the digest of `day`: what was held back and why, in groups, the oldest first, and how the bot is.

    `waiting` says for what else waits, `muted` by what stories were muted since the last digest.
    """
    title = f"Daily digest, {day:%A} {day.day} {day:%B}"
    order = list(_HEADINGS)
    held = sorted(items, key=lambda item: (order.index(item.reason), _published(item.told)))
    groups = [
        one
        for reason, group in groupby(held, key=lambda item: item.reason)
        for one in _lines(list(group), heading=_HEADINGS[reason], private_links=private_links)
    ]
    notes = [*_health(health, now), *([] if items else ["Nothing was held back."]), *_rest(waiting, muted)]
    return _parts(f"*{title}*", title, notes, groups, channel=channel, kind=daily_kind(day))


def daily_kind(day: date) -> str:
    """Return what tells apart the daily digest of `day` in its key."""
    return f"daily {day.isoformat()}"


def weekly_kind(day: date) -> str:
    """Return the same for the digest of the week that ends with `day`."""
    return f"weekly {day.isoformat()}"


def weekly(day: date, firms: Sequence[Net], *, channel: str) -> Message:
    """Return who gained and who lost people in the seven days before `day`, as a chart and a table."""
    first = day - timedelta(days=7)
    title = f"Who gained, who lost: the week from {first.day} {first:%B}"
    shown = sorted(firms, key=lambda firm: (-firm.net, -firm.gains, firm.organisation))
    shown = _ends(shown, MAX_FIRMS)
    rows = [("Organisation", "won", "lost", "net")]
    rows += [(one_line(f.organisation, limit=_BRIEF), str(f.gains), str(f.losses), _signed(f.net)) for f in shown]
    left = f"; {len(firms) - len(shown)} more are left out" if len(firms) > len(shown) else ""
    note = f"Moves that were reported or confirmed; rumours do not count{left}."
    told = [f"{escape(name, limit=_BRIEF)}: won {won}, lost {lost}, net {net}" for name, won, lost, net in rows[1:]]
    return Message(
        text=shorten("\n".join([title, *told, note]), MAX_PLAIN),
        blocks=(section(f"*{title}*"), _chart(first, _ends(shown, MAX_BARS)), _table(rows), small(note)),
        metadata=metadata(operation_key(DIGEST, channel, weekly_kind(day)), ()),
    )


def _ends(firms: Sequence[Net], most: int) -> list[Net]:
    """Return the first and the last of `firms`: who won most and who lost most."""
    half = most // 2
    return list(firms) if len(firms) <= most else [*firms[: most - half], *firms[-half:]]


def _chart(first: date, firms: Sequence[Net]) -> Block:
    names = _labels([firm.organisation for firm in firms])
    series = {"won": [firm.gains for firm in firms], "lost": [firm.losses for firm in firms]}
    return {
        "type": CHART,
        "title": f"Won and lost, the week from {first.day} {first:%B}",
        "chart": {
            "type": "bar",
            "series": [
                {"name": name, "data": [{"label": n, "value": v} for n, v in zip(names, values, strict=True)]}
                for name, values in series.items()
            ],
            "axis_config": {"categories": names},
        },
    }


def _labels(names: Sequence[str]) -> list[str]:
    """Return names short enough for an axis, no two the same."""
    found: list[str] = []
    for number, name in enumerate(names, start=1):
        short = shorten(one_line(name, limit=_BRIEF), _LABEL) or "?"
        found.append(f"{short[: _LABEL - 5]} ({number})" if short in found else short)
    return found


def _table(rows: Sequence[Sequence[str]]) -> Block:
    return {
        "type": "table",
        "rows": [[{"type": "raw_text", "text": cell} for cell in row] for row in rows],
        "column_settings": [{"is_wrapped": True}, *({"align": "right"} for _ in rows[0][1:])],
    }


def _signed(number: int) -> str:
    return f"+{number}" if number > 0 else f"−{-number}" if number < 0 else "0"


# -- lines and parts


def _lines(items: Sequence[Item], *, heading: str = "", private_links: bool) -> list[_Line]:
    told = (line(item.told, private_links=private_links) for item in items)
    return [_Line(heading, f"• {markup}", f"• {plain}") for markup, plain in told]


def _published(told: Told) -> datetime:
    entry = told.article.entry
    return min(entry.published_at or entry.seen_at, entry.seen_at)


def _parts(
    title: str, plain_title: str, notes: Sequence[str], lines: Sequence[_Line], *, channel: str, kind: str
) -> Sequence[Message]:
    """Return as many messages as the lines need: the first has title and notes."""
    first = units("\n".join((plain_title, *notes)))
    pages = list(_pages(lines, MAX_TEXT - first)) or [[]]
    made = []
    for number, page in enumerate(pages, start=1):
        head = [section(title), *([small("\n".join(notes))] if notes else [])] if number == 1 else []
        words = [plain_title, *notes] if number == 1 else []
        for heading, group in groupby(page, key=lambda one: one.heading):
            here = list(group)
            head += _sections(heading, [one.markup for one in here])
            words += [*([f"{heading}:"] if heading else []), *(one.plain for one in here)]
        key = operation_key(DIGEST, channel, kind if number == 1 else f"{kind} part {number}")
        made.append(Message("\n".join(words), tuple(head), metadata(key, ())))
    return made


def _pages(lines: Sequence[_Line], room: int) -> Iterator[list[_Line]]:
    """Yield the lines of each message; the first has `room` units left for words."""
    page: list[_Line] = []
    words, markup = 0, 0
    for one in lines:
        size, weight = units(one.plain) + 1, units(json.dumps(one.markup, ensure_ascii=False)) + 100
        if (page or room < MAX_TEXT) and (words + size > room or markup + weight > MAX_MARKUP):
            yield page
            page, words, markup, room = [], 0, 0, MAX_TEXT
        page.append(one)
        words, markup = words + size, markup + weight
    if page:
        yield page


def _sections(heading: str, lines: Sequence[str]) -> list[Block]:
    """Return blocks with the lines below their heading."""
    blocks: list[Block] = []
    held = [f"*{heading}*"] if heading else []
    for one in lines:
        if held and units("\n".join((*held, one))) > MAX_SECTION:
            blocks.append(section("\n".join(held)))
            held = []
        held.append(one)
    return [*blocks, section("\n".join(held))]


# -- what else a reader has to know


def _health(health: Health | None, now: datetime) -> Iterator[str]:
    """Yield the line that says that the bot lives, and one for each feed that is unwell."""
    if health is None:
        return
    last = f"last alert {_ago(now - health.last_told)} ago" if health.last_told else "no alert yet"
    yield f"{_count(health.feeds, 'feed', 'feeds')}, {health.failing} failing, {last}"
    for feed in health.sick[:MAX_SICK]:
        since = f" since {feed.since.day} {feed.since:%B}" if feed.since else ""
        yield f"• {escape(feed.name, limit=_BRIEF)}: {feed.what.replace('_', ' ')}{since}; {feed.advice}"
    if len(health.sick) > MAX_SICK:
        yield f"• {len(health.sick) - MAX_SICK} more: `talentwire feeds` shows them"


def _rest(waiting: Sequence[HeldFor], muted: Sequence[str]) -> Iterator[str]:
    if waiting:
        counts = Counter(HELD_WORDS[reason] for reason in waiting)
        yield f"Still waiting: {', '.join(f'{count} ({words})' for words, count in counts.most_common())}"
    if muted:
        counts = Counter(escape(words, limit=_BRIEF) or "a mute" for words in muted)  # its name may be forgotten
        named = ", ".join(f"{count} by {words}" for words, count in counts.most_common(5))
        yield f"Muted: {_count(len(muted), 'story', 'stories')} ({named})"


def _ago(length: timedelta) -> str:
    minutes = max(0, int(length.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"

"""Draws an alert as Slack shows it, from the very message that Slack would get.

python -m bot.demo.picture FILE.svg
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import escape, unescape

from bot.alerts import compose
from bot.app import watch_of
from bot.config import Config
from bot.demo.world import entries
from bot.model import Article, Entry, EntryId, Message, ParsedEntry, Source
from bot.moves.judge import judge
from bot.stories import merge
from bot.stories.traits import traits

_WIDTH, _LEFT, _LINE, _TOP = 760, 76, 21, 58
_COLUMNS = {"section": 82, "context": 104}
_LINK = re.compile(r"<https?://[^<>|]+\|([^<>]*)>")
_DATE = re.compile(r"<!date\^[^<>|]*\|([^<>]*)>")
_BOLD = re.compile(r"\*([^*\n]+)\*")


def example() -> Message:
    """Return the alert of one story of the demo's world, as if it had come out twelve minutes ago."""
    story = next(entry for entry in entries() if entry.id == "valcourt-loop")
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    url = "https://the-loop.example/valcourt"
    parsed = ParsedEntry(story.id, "", url, story.title, story.summary, now - timedelta(minutes=12))
    entry = Entry(
        id=EntryId(parsed.raw_id),
        feed_url="https://the-loop.example/feed",
        raw_id=parsed.raw_id,
        item_hash="",
        url=url,
        title=parsed.title,
        summary=parsed.summary,
        language="en",
        published_at=parsed.published_at,
        seen_at=now,
    )
    article = Article(entry, entry.title, "\n\n".join(story.page), "en", Source.PAGE)
    config = Config.model_validate(
        {"watchlist": {"organisations": ["Paper Lantern Labs"], "people": ["Ines Valcourt"]}}
    )
    finding = judge(watch_of(config), article.title, article.body, article.language)
    thresholds = config.thresholds
    placement = merge.place(
        article,
        finding,
        traits(article, finding),
        (),
        digest_at=thresholds.digest,
        alert_at=thresholds.alert,
        now=now,
    )
    if placement.story is None:
        raise ValueError("the example is no story")
    return compose.alert(placement.story, finding, article, outlet="The Loop", channel="C0123456789", now=now)


def svg(message: Message) -> str:
    """Return a picture of `message`."""
    body = "\n".join(_lines(message))
    height = _TOP + _LINE * body.count("<text") + 14
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}" '
        f'font-family="Lato, Helvetica, Arial, sans-serif" role="img">\n'
        f"<title>{escape(_readable(message.text))}</title>\n"
        f'<rect width="{_WIDTH}" height="{height}" rx="8" fill="#fff" stroke="#ddd"/>\n'
        '<rect x="20" y="18" width="40" height="40" rx="6" fill="#1a1d21"/>\n'
        '<text x="40" y="45" font-size="20" text-anchor="middle" fill="#fff">⇄</text>\n'
        f'<text x="{_LEFT}" y="34" font-size="16" fill="#1d1c1d">'
        '<tspan font-weight="700">talentwire</tspan>'
        '<tspan dx="8" font-size="12" fill="#616061">APP</tspan>'
        '<tspan dx="8" font-size="12" fill="#616061">12:00</tspan></text>\n'
        f"{body}\n</svg>\n"
    )


def _lines(message: Message) -> Iterator[str]:
    """Yield an SVG element for each line of the message."""
    y = _TOP
    for block in message.blocks:
        kind = block["type"]
        markup = block["text"]["text"] if kind == "section" else block["elements"][0]["text"]
        quoted = markup.startswith("> ")
        look = 'font-size="12.5" fill="#616061"' if kind == "context" else 'font-size="15" fill="#1d1c1d"'
        for line in textwrap.wrap(_readable(markup.removeprefix("> ")), _COLUMNS[kind]):
            if quoted:
                yield f'<rect x="{_LEFT}" y="{y - 15}" width="4" height="{_LINE}" fill="#ddd"/>'
            yield f'<text x="{_LEFT + 14 * quoted}" y="{y}" {look}>{_bold(line)}</text>'
            y += _LINE


def _readable(markup: str) -> str:
    return unescape(_LINK.sub(r"\1", _DATE.sub(r"\1", markup)))


def _bold(line: str) -> str:
    return _BOLD.sub(r'<tspan font-weight="700">\1</tspan>', escape(line))


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(svg(example()), "utf-8")

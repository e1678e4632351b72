"""Text in Slack's mrkdwn: what a feed wrote can neither ping, nor link, nor format, nor hide.

All lengths are UTF-16 units, which is what Slack counts in.
Source: docs.slack.dev, "Formatting message text" (escaping, links, dates); characters * _ ~ ` have no escape there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import quote, urlsplit

from bot import addresses
from bot.errors import FetchError
from bot.text import one_line
from bot.urls import fetchable

MAX_URL = 1_500  # of a link: two more of the size of a message would not fit beside it

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# Look-alikes for what formats: Slack knows no escape, and a zero-width character beside them may even help formatting.
_LOOKALIKES = {"*": "∗", "_": "ˍ", "~": "∼", "`": "'"}
# Inside a word these format nothing, and handles such as sam_altman stay as they are.
_FORMATTING = re.compile(r"`|(?<![^\W_])[*_~]|[*_~](?![^\W_])")
_SHORTCODE = re.compile(r":(?=[a-z0-9_+'-]+:)", re.IGNORECASE)
_CUT_WORD = re.compile(r"[*_~]+…$")  # was inside a word until the cut
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
_PILED_MARKS = re.compile(
    "([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u20d0-\u20ff\ufe20-\ufe2f]{3})[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
_TOKEN = re.compile(r"<[^<>]*>|&(?:amp|lt|gt);|.", re.DOTALL)
_UNSAFE_IN_URL = re.compile(r"[ |<>\"^`{}]")


def units(text: str) -> int:
    """Return the length of `text` in UTF-16 units."""
    return len(text) + sum(c > "\uffff" for c in text)


def escape(text: str, *, limit: int) -> str:
    """Return feed-derived `text` on one line, as text and nothing else, at most `limit` units long when escaped."""
    line = _PILED_MARKS.sub(r"\1", one_line(text, limit=2 * limit))
    line = _FORMATTING.sub(lambda m: _LOOKALIKES[m.group()], without_emoji(line))
    short = shorten("".join(_ENTITIES.get(c, c) for c in line), limit)
    return _CUT_WORD.sub("…", short)


def isolated(markup: str) -> str:
    """Return `markup` so that letters that run from right to left turn nothing around it, such as an arrow.

    Source: Unicode Standard Annex 9, first strong isolate. What runs from left to right stays as it is.
    """
    return f"\u2068{markup}\u2069" if _RIGHT_TO_LEFT.search(markup) else markup


def left_to_right(line: str) -> str:
    """Return a line of ours so that it runs from left to right even where it begins with an isolated name."""
    return f"\u200e{line}" if "\u2068" in line else line


def without_emoji(text: str) -> str:
    """Return `text` so that no :code: in it becomes a picture."""
    return _SHORTCODE.sub("∶", text)


def shorten(markup: str, limit: int) -> str:
    """Return `markup`, cut before the first entity, link or character that would not fit, with an ellipsis."""
    if units(markup) <= limit:
        return markup
    kept = "".join(_fitting(markup, limit - 1 - ("\u2068" in markup)))
    space = kept.rfind(" ")
    if space > len(kept) - 40 and space > 0 and ">" not in kept[space:]:
        kept = kept[:space]
    open_ends = kept.count("\u2068") - kept.count("\u2069")
    return kept.rstrip() + "…" + "\u2069" * open_ends


def _fitting(markup: str, limit: int) -> Iterator[str]:
    size = 0
    for match in _TOKEN.finditer(markup):
        size += units(match.group())
        if size > limit:
            return
        yield match.group()


def address(url: str) -> str:
    """Return `url` as it may stand in a message, "" where it is no http(s) address or too long."""
    try:
        safe = fetchable(_UNSAFE_IN_URL.sub(lambda m: quote(m.group(), safe=""), url.strip()), ports=None)
    except FetchError:
        return ""
    return safe if len(safe.replace("&", "&amp;")) <= MAX_URL else ""  # as long as it is once escaped


def host(url: str) -> str:
    """Return the host of an address in ASCII, with a port that is not the usual one: letters that only look alike show.

    "" where there is no host.
    """
    safe = address(url)
    return urlsplit(safe).netloc.removeprefix("www.") if safe else ""


def is_inside(url: str) -> bool:
    """Tell whether the host of `url` is, by its looks, one of an inner network. Nothing is resolved."""
    return addresses.is_inside(urlsplit(url).hostname or "")


def link(url: str, *, private: bool = False) -> str:
    """Return a link whose label is its real host; the bare address where it must not be a link; "" where it is none.

    `private` allows links into inner networks.
    """
    safe = address(url)
    if not safe:
        return ""
    if is_inside(safe) and not private:
        return escape(safe.partition("://")[2], limit=200)
    return f"<{safe.replace('&', '&amp;')}|{host(safe)}>"


def date(moment: datetime) -> str:
    """Return `moment` (aware) as Slack shows it in each reader's own zone and words."""
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}} {{time}}|{moment:%Y-%m-%d %H:%M} UTC>"


def without_dates(markup: str) -> str:
    """Return `markup` with each date as the plain words it falls back on."""
    return re.sub(r"<!date\^[^<>|]*\|([^<>|]*)>", r"\1", markup)

"""Is it an article, a stub of one, or a wall before it? And which text is judged then. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from bot.articles.walls import MISSING, WALLS
from bot.errors import ArticleError, ArticleReason, Fate
from bot.model import Article, Entry, Quality, Source
from bot.text import fold, one_line

STUB_CHARACTERS = 280  # an article's text is longer than this, or it does not tell more than its headline
BARE_WALL = 600  # one phrase of a wall makes a text shorter than this a wall,
WALL_CHARACTERS = 1_800  # two make one that is shorter than this; longer ones are articles that mention cookies

PATIENCE = timedelta(minutes=10)  # the longest that a page is waited for
YOUNG = timedelta(hours=1)  # so long after its entry came out a page may not be up yet,
NOT_YET = timedelta(minutes=2)  # and is tried again after this long, twice
A_SENTENCE = 5  # longer words, from which on a summary says something
COVERED = 0.8  # of the summary's words, from which on the page tells all of it

_WORD = re.compile(r"[^\W_]{2,}")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\u0e00-\u0e7f]")
_DENSITY = 2.5  # characters of alphabetic text that say as much as one of these


def quality(text: str, *, title: str, summary: str) -> tuple[Quality, str]:
    """Return what the text of a page is, and in words why ("" for an article).

    A wall is short and carries the words of one, without telling what the feed's `title` and `summary` tell. A stub is
    too short to tell more than they do, or has nothing to do with them, whatever its length.
    """
    length = _length(text)
    folded = " ".join(fold(text).split())
    if length < WALL_CHARACTERS and (wall := _wall(folded, 1 if length < BARE_WALL else 2)):
        return Quality.WALL, wall
    if length < STUB_CHARACTERS or length < 0.8 * _length(summary):
        return Quality.STUB, "a page with too little text"
    if _stranger(folded, fold(title)):
        return Quality.STUB, "a page about something else"
    return Quality.ARTICLE, ""


def is_young(entry: Entry, now: datetime) -> bool:
    """Tell whether an entry is so new that its page may not be up yet: feeds are at times ahead of their sites."""
    return now - (entry.published_at or entry.seen_at) <= YOUNG


def check_there(text: str, *, young: bool) -> None:
    """Raise ArticleError RETRY where a page says, with a good status, that it is not there, and may be soon."""
    if young and _length(text) < BARE_WALL and _wall(" ".join(fold(text).split()), 1) == MISSING:
        raise ArticleError(ArticleReason.WALL, "the page is not there yet", Fate.RETRY, NOT_YET.total_seconds())


def is_article(text: str, entry: Entry) -> bool:
    """Tell whether a page's text is the article of an entry."""
    return quality(text, title=entry.title, summary=entry.summary)[0] is Quality.ARTICLE


def check_status(status: int, wait: timedelta | None = None, *, young: bool = False) -> None:
    """Raise ArticleError where the status of an answer says that there is no page, for now or for good.

    `wait` is how long the server asked to be left alone: news that would be old by then does without the page. A page
    that is not found and may not be up yet, being `young`, is tried again.
    """
    if status == 200:
        return
    not_yet = young and status == 404
    passing = (not_yet or status in {408, 425, 429} or status >= 500) and (wait is None or wait <= PATIENCE)
    words = f"the page answered with status {status}"
    wait = wait or (NOT_YET if not_yet else None)
    seconds = wait.total_seconds() if wait else None
    raise ArticleError(ArticleReason.HTTP_STATUS, words, Fate.RETRY if passing else Fate.GIVE_UP, seconds)


def article_of(entry: Entry, page_text: str | None = None, note: str = "") -> Article:
    """Return the article of an entry: of its page's text where that is one, else of what the feed says.

    `page_text` None means that there is no page text, and `note` is the reason ("" where none was wanted). What the
    feed says and the page does not goes before the page's text, since not all of a page may have been found.
    """
    if page_text is not None:
        verdict, _ = quality(page_text, title=entry.title, summary=entry.summary)
        if verdict is Quality.ARTICLE:
            body = _with_summary(page_text, entry.summary)
            return Article(entry, one_line(entry.title), body, entry.language, Source.PAGE)
        note = (ArticleReason.WALL if verdict is Quality.WALL else ArticleReason.STUB).value
    return Article(entry, one_line(entry.title), entry.summary, entry.language, Source.SUMMARY, note)


def _with_summary(page_text: str, summary: str) -> str:
    """Return the page's text, behind the summary unless that says little which the page does not say too."""
    told = _words(fold(summary))
    covered = len(told & _words(fold(page_text))) >= COVERED * len(told)
    return page_text if covered or len(told) < A_SENTENCE else f"{summary}\n\n{page_text}"


def _words(folded: str) -> set[str]:
    """Return the longer words of a text; pairs of characters in scripts without spaces."""
    return {word for word in _WORD.findall(folded) if len(word) > 3 and not _CJK.search(word)} | {
        folded[i : i + 2] for i in range(len(folded) - 1) if _CJK.match(folded[i]) and _CJK.match(folded[i + 1])
    }


def _wall(folded: str, least: int) -> str:
    """Return the kind of wall of which `least` phrases are there, "" for none."""
    return next((what for what, phrases in WALLS.items() if sum(phrase in folded for phrase in phrases) >= least), "")


def _length(text: str) -> float:
    """Characters, those of scripts that write a word in one or two of them counted by what they say."""
    return len(text) + (_DENSITY - 1) * len(_CJK.findall(text[:4_000]))


def _stranger(folded: str, title: str) -> bool:
    """Tell whether a text shares not one longer word with a title that has several."""
    words = _words(title)
    return len(words) >= (4 if _CJK.search(title) else 3) and not any(word in folded for word in words)

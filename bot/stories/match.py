"""Is it the same event? Keys bring the stories that could be, and rules with names decide.

The evidence is what two articles share: the link, the text, the movers, the organisations, the words of the headline.
No statistics of a corpus enter, so that what was decided once is decided the same way again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.model import Article, Finding, Move, Status, Story, digest
from bot.text import fold
from bot.urls import canonical

WINDOW = timedelta(days=7)
# A departure whose destination comes out within a day is one event; later, the destination is news.
_DESTINATION_IS_NEWS_AFTER = timedelta(hours=24)
_LONG_TEXT = 280  # characters from which equal texts mean a copy and not a common phrase
_SAME_HEADLINE = 0.5
_SIMILAR_HEADLINE = 0.34

_WORD = re.compile(r"[^\W_]+")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_OUTLET = re.compile(r"\s+[|\u2013\u2014-]\s+[^|\u2013\u2014-]{2,40}$")


class Sameness(StrEnum):
    """Why two articles are about one event."""

    LINK = "same link"
    TEXT = "same text"
    HEADLINE = "same headline"
    MOVERS = "same people and organisations"
    WORDS = "headlines alike"


@dataclass(frozen=True, slots=True)
class Traits:
    """What an article is compared by: folded movers, people, organisations and destinations; words of its headline."""

    movers: frozenset[str]
    people: frozenset[str]
    organisations: frozenset[str]
    destinations: frozenset[str]
    words: frozenset[str]
    keys: tuple[str, ...]


def traits(article: Article, finding: Finding) -> Traits:
    """Return what `article` is compared by. Background moves are no traits of the event."""
    news = headline_moves(article, finding)
    movers = frozenset(_person(m.person) for m in news)
    organisations = frozenset(_name(o) for m in news for o in (m.from_org, m.to_org) if o) or frozenset(
        map(_name, finding.organisations)
    )
    people = movers or frozenset(map(_person, finding.people))
    words = headline_words(article.title)
    title = " ".join(_WORD.findall(fold(_OUTLET.sub("", article.title))))
    keys = [f"entry:{article.entry.id}", f"headline:{digest(title, length=16)}"]
    if article.entry.url:
        keys.append(f"link:{digest(canonical(article.entry.url), length=16)}")
    if len(article.body) >= _LONG_TEXT:
        keys.append(f"text:{digest(' '.join(_WORD.findall(fold(article.body))), length=16)}")
    keys += [f"person:{name}" for name in sorted(people)]
    keys += [f"word:{word}" for word in sorted(words, key=lambda w: (-len(w), w))[:8]]
    return Traits(
        movers=movers,
        people=people,
        organisations=organisations,
        destinations=frozenset(_name(m.to_org) for m in news if m.to_org),
        words=words,
        keys=tuple(dict.fromkeys(keys)),
    )


def headline_moves(article: Article, finding: Finding) -> list[Move]:
    """Return the moves that the event is: those the headline tells, or, where it tells none, all that are news."""
    news = [m for m in finding.moves if m.status is not Status.HISTORICAL]
    told = [m for m in news if any(span.start < len(article.title) for span in m.evidence)]
    return told or news


def headline_words(title: str) -> frozenset[str]:
    """Return the words that make a headline itself: folded, four letters or more; pairs of characters in CJK."""
    folded = fold(_OUTLET.sub("", title))
    words = {w for w in _WORD.findall(folded) if len(w) > 3 and not _CJK.search(w)}
    for run in re.findall(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2,}", folded):
        words |= {run[i : i + 2] for i in range(len(run) - 1)}
    return frozenset(words)


def same_event(new: Traits, story: Story, story_keys: frozenset[str], now: datetime) -> Sameness | None:
    """Return why an article with traits `new` belongs to `story`, or None if it does not."""
    shared = story_keys.intersection(new.keys)
    for prefix, why in (("entry:", Sameness.LINK), ("link:", Sameness.LINK), ("text:", Sameness.TEXT)):
        if any(key.startswith(prefix) for key in shared):
            return why
    if any(key.startswith("headline:") for key in shared) and now - story.last_seen < timedelta(days=2):
        return Sameness.HEADLINE
    people = frozenset(map(_person, story.people))
    organisations = frozenset(map(_name, story.organisations))
    if new.people and people:
        return _same_movers(new, story, people, organisations, now)
    return _same_words(new, story, organisations)


def _same_movers(
    new: Traits, story: Story, people: frozenset[str], organisations: frozenset[str], now: datetime
) -> Sameness | None:
    """People of the headline decide where both sides have them: none shared means another event."""
    if not _overlap(new.people, people):
        return None
    if new.organisations and organisations and not new.organisations & organisations:
        return None
    destinations = frozenset(map(_name, story.destinations))
    if new.destinations and destinations and not new.destinations & destinations:
        return None
    late = now - story.first_seen > _DESTINATION_IS_NEWS_AFTER
    if new.destinations and not destinations and late:
        return None
    return Sameness.MOVERS


def _same_words(new: Traits, story: Story, organisations: frozenset[str]) -> Sameness | None:
    """Where one side names nobody, the headlines must be alike, and more so if they share no organisation."""
    words = headline_words(story.headline)
    union = new.words | words
    alike = len(new.words & words) / len(union) if union else 0.0
    needed = _SIMILAR_HEADLINE if new.organisations & organisations else _SAME_HEADLINE
    return Sameness.WORDS if alike >= needed else None


def best_match(
    new: Traits, candidates: Sequence[tuple[Story, frozenset[str]]], now: datetime
) -> tuple[Story, Sameness] | None:
    """Return the story that an article with traits `new` belongs to: the surest reason first, then the latest story."""
    order = list(Sameness)
    found = [(story, why) for story, keys in candidates if (why := same_event(new, story, keys, now))]
    return min(found, key=lambda pair: (order.index(pair[1]), -pair[0].last_seen.timestamp(), pair[0].id), default=None)


def _name(organisation: str) -> str:
    return "".join(_WORD.findall(fold(organisation)))


def _person(name: str) -> str:
    return " ".join(_WORD.findall(fold(name)))


def _overlap(left: frozenset[str], right: frozenset[str]) -> bool:
    """Tell whether two sets of people share one: the same name, or a lone first or last name of it."""
    if left & right:
        return True
    return any(_partial(a, b) for a in left for b in right)


def _partial(one: str, other: str) -> bool:
    short, full = sorted((one.split(), other.split()), key=len)
    return len(short) == 1 < len(full) and short[0] in (full[0], full[-1])

"""Article -> what is compared and what is claimed: the one way that the pipeline and the commands take to a story."""

from __future__ import annotations

from dataclasses import dataclass

from bot.lexicon.tables import media_owners
from bot.model import Article, Feed, Finding, Mark, Traits
from bot.moves.judge import Watch
from bot.stories.traits import traits
from bot.stories.witness import Witness, witness
from bot.text import fold
from bot.urls import public_host

_KINDS = frozenset({"org", "person", "status", "trigger", "flag", "role"})
_DEPTH = 2_000  # characters of a text in which marks are looked for


@dataclass(frozen=True, slots=True)
class Seen:
    """A judged article as stories see it: what it is compared by, and what it claims as a witness."""

    article: Article
    feed: Feed
    finding: Finding
    traits: Traits
    one: Witness


def seen(watch: Watch, article: Article, feed: Feed, finding: Finding) -> Seen:
    """Return an article that came in `feed` and was judged with `watch` as stories see it."""
    outlet = outlet_of(article, feed)
    owner = feed.owner or owner_of(article, outlet)
    marks = marks_of(watch, article, finding)
    new = traits(article, finding, marks, owner=owner)
    return Seen(article, feed, finding, new, witness(article, finding, marks, new, owner=owner, outlet=outlet))


def outlet_of(article: Article, feed: Feed) -> str:
    """Return the name of who published an article."""
    return article.entry.publisher or feed.name or feed.title or public_host(article.entry.url or feed.url)


def marks_of(watch: Watch, article: Article, finding: Finding) -> tuple[Mark, ...]:
    """Return the known words near the top of `article`, in order; ordinary words that are names too are left out."""
    text = article.text[:_DEPTH]
    hits = watch.gazetteer.scan(text, fold(text), frozenset((finding.language, "en")))
    found = [h for h in hits if h.term.kind in _KINDS and not h.term.cue]
    marks = [Mark(h.term.kind, h.term.value, h.start, h.end) for h in found]
    proper = {(h.start, h.end) for h in found if h.term.via != "mangled"}
    marks += [
        Mark("mangled", h.term.value, h.start, h.end)
        for h in found
        if h.term.via == "mangled" and (h.start, h.end) not in proper and text[h.start : h.end] != h.term.value
    ]
    return tuple(marks)


def owner_of(article: Article, outlet: str) -> str:
    """Return the media group or company behind an article: by its address or its outlet; an unknown one is its own."""
    domain = public_host(article.entry.url or article.entry.feed_url)
    owners = media_owners()
    while "." in domain:
        if domain in owners:
            return owners[domain]
        domain = domain.partition(".")[2]
    return outlet or public_host(article.entry.url or article.entry.feed_url)

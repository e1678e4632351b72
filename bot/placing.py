"""Article -> what is compared and what is claimed: the one way that the pipeline and the commands take to a story."""

from __future__ import annotations

from bot.model import Article, Finding, Mark
from bot.moves.judge import Watch
from bot.text import fold

_KINDS = frozenset({"org", "person", "status", "trigger", "flag", "role"})
_DEPTH = 2_000  # characters of a text in which marks are looked for


def marks_of(watch: Watch, article: Article, finding: Finding) -> tuple[Mark, ...]:
    """Return the known words near the top of `article`, in order; ordinary words that are names too are left out."""
    text = article.text[:_DEPTH]
    hits = watch.gazetteer.scan(text, fold(text), frozenset((finding.language, "en")))
    return tuple(
        Mark(h.term.kind, h.term.value, h.start, h.end) for h in hits if h.term.kind in _KINDS and not h.term.cue
    )

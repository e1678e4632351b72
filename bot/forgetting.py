"""People who are to be forgotten: taken out of what is kept, and kept out of what comes in. Pure.

Their names are not kept, only keyed hashes of each spelling, so that texts can be looked through for them but nobody
can read them. A name in a text is blacked out letter by letter, so that everything else keeps its place.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.model import Entry, Finding, Message, Move, Span, Story, StoryMove, Telling, Traits, digest
from bot.text import fold

BLACK = "█"
_TOKEN = re.compile(r"[^\W_]+(?:[\u0300-\u036f\u0900-\u0903\u093a-\u094f\u064b-\u0652][^\W_]*)*")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")  # names stand in longer runs of letters
_DIGITS = 32


@dataclass(frozen=True, slots=True)
class KeptOut:
    """The hashes of forgotten names by length: "w2" for two words, "c3" for three letters of an unspaced script."""

    salt: str = ""
    hashes: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(self.hashes.values())

    def salted(self) -> KeptOut:
        """Return these with a salt, a new one where there is none."""
        return self if self.salt else KeptOut(secrets.token_hex(16), self.hashes)

    @property
    def fingerprint(self) -> str:
        """What tells two such lists apart."""
        return digest(self.salt, *(one for _, known in sorted(self.hashes.items()) for one in sorted(known)))

    def plus(self, names: Iterable[str]) -> KeptOut:
        """Return these and `names`."""
        table = {size: set(known) for size, known in self.hashes.items()}
        for name in names:
            size, words = _measured(name)
            if words:
                table.setdefault(size, set()).add(self._hash(words))
        return KeptOut(self.salt, {size: frozenset(known) for size, known in table.items()})

    def minus(self, names: Iterable[str]) -> KeptOut:
        """Return these without `names`."""
        gone = {self._hash(_measured(name)[1]) for name in names}
        return KeptOut(self.salt, {size: known - gone for size, known in self.hashes.items()})

    def spans(self, text: str) -> list[Span]:
        """Return where `text` has a forgotten name."""
        return [span for span, words, known in self._windows(text) if self._hash(words) in known]

    def names(self, *texts: str) -> bool:
        """Tell whether any of `texts` has a forgotten name."""
        return any(self.spans(text) for text in texts if text)

    def redacted(self, text: str) -> str:
        """Return `text` of the same length with forgotten names blacked out."""
        for span in self.spans(text) if self else ():
            black = "".join(c if c.isspace() else BLACK for c in text[span.start : span.end])
            text = text[: span.start] + black + text[span.end :]
        return text

    def clean(self, entry: Entry) -> Entry:
        """Return an entry as it may be kept: empty if title or address names somebody, else with names blacked out."""
        if not self or not self.names(entry.title, _words_of(entry.url), entry.summary, entry.publisher):
            return entry
        if self.name_in_head(entry.title, entry.url):
            return replace(entry, title="", summary="", url="", publisher="")
        return replace(entry, summary=self.redacted(entry.summary), publisher=self.redacted(entry.publisher))

    def name_in_head(self, title: str, url: str) -> bool:
        """Tell whether a title, or the words of an address, has a forgotten name."""
        return bool(self) and self.names(title, _words_of(url))

    def _hash(self, words: str) -> str:
        return hmac.new(self.salt.encode(), words.encode(), hashlib.sha256).hexdigest()[:_DIGITS]

    def _windows(self, text: str) -> Iterator[tuple[Span, str, frozenset[str]]]:
        """Yield every run of words or letters that is as long as a forgotten name, with the hashes of that length."""
        tokens = [(m.start(), m.end(), fold(m.group())) for m in _TOKEN.finditer(text)]
        for size, known in self.hashes.items():
            count = int(size[1:])
            if not known:
                continue
            if size[0] == "w":
                for first in range(len(tokens) - count + 1):
                    window = tokens[first : first + count]
                    yield Span(window[0][0], window[-1][1]), " ".join(words for _, _, words in window), known
                continue
            for run in _UNSPACED.finditer(text):
                for start in range(run.start(), run.end() - count + 1):
                    yield Span(start, start + count), fold(text[start : start + count]), known


def _measured(name: str) -> tuple[str, str]:
    """Return the size of a name, and the name as it is hashed."""
    words = [fold(m.group()) for m in _TOKEN.finditer(name)]
    if len(words) == 1 and _UNSPACED.fullmatch(words[0]):
        return f"c{len(words[0])}", words[0]
    return f"w{len(words)}", " ".join(words)


def _words_of(url: str) -> str:
    return re.sub(r"[-_+/.=&?%]+", " ", url.partition("://")[2])


def spellings(stories: Iterable[Story], name: str) -> tuple[str, ...]:
    """Return `name` and every other full spelling under which the stories know that person."""
    wanted = fold(name)
    groups = [move.person for story in stories for move in (*story.telling.moves, *story.telling.retracted)]
    found = [n for group in groups if any(fold(one) == wanted for one in group) for n in group]
    return tuple(dict.fromkeys((name, *(n for n in found if is_full(n)))))


def is_full(name: str) -> bool:
    """Tell whether a spelling is more than one plain word, which could be many people's."""
    return len(fold(name).split()) > 1 or _UNSPACED.fullmatch(fold(name)) is not None


def story_without(story: Story, out: KeptOut) -> Story | None:
    """Return `story` as it may be kept, None if it is about forgotten people alone; itself if it names nobody."""
    moves = tuple(m for m in story.telling.moves if not out.names(*m.person))
    people = tuple(p for p in story.people if not out.names(p))
    named = len(moves) < len(story.telling.moves) or len(people) < len(story.people) or out.names(story.headline)
    if named and not moves and not people:
        return None
    headline = out.redacted(story.headline)
    url = "" if out.names(_words_of(story.url)) else story.url
    return replace(
        story, headline=headline, url=url, people=people, telling=_telling_without(story.telling, moves, out)
    )


def name_words(story: Story, out: KeptOut) -> frozenset[str]:
    """Return the folded words of the forgotten names that stand in what a story is found by."""
    groups = [
        *(m.person for m in story.telling.moves),
        *(g for t in story.telling.members for g in (*t.movers, *t.people)),
    ]
    names = [name for group in groups if out.names(*group) for name in group]
    names += [t.text[span.start : span.end] for t in story.telling.members for span in out.spans(t.text)]
    return frozenset(word for name in names for word in fold(name).split())


def _telling_without(telling: Telling, moves: tuple[StoryMove, ...], out: KeptOut) -> Telling:
    return replace(
        telling,
        moves=moves,
        retracted=tuple(m for m in telling.retracted if not out.names(*m.person)),
        facts=tuple(f for f in telling.facts if not out.names(f)),
        sources=tuple(s for s in telling.sources if not out.names(s)),
        outlets=tuple(s for s in telling.outlets if not out.names(s)),
        changes=tuple(replace(c, why=out.redacted(c.why), by=out.redacted(c.by)) for c in telling.changes),
        members=tuple(_traits_without(t, out) for t in telling.members),
    )


def _traits_without(traits: Traits, out: KeptOut) -> Traits:
    """Return what an article is compared by without forgotten names, nor the words they are made of."""
    if not out.names(traits.text, *(n for group in (*traits.movers, *traits.people) for n in group)):
        return traits
    groups = (*traits.movers, *traits.people)
    words = {w for group in groups for name in group if out.names(name) for w in fold(name).split()}
    words |= {w for span in out.spans(traits.text) for w in traits.text[span.start : span.end].split()}
    return replace(
        traits,
        title=traits.title - words,
        lead=traits.lead - words,
        names=frozenset(n for n in traits.names - words if not out.names(n)),
        movers=tuple(g for g in traits.movers if not out.names(*g)),
        people=tuple(g for g in traits.people if not out.names(*g)),
        ends=tuple(e for e in traits.ends if not out.names(e[0])),
        text=out.redacted(traits.text),
        keys=(),
    )


def finding_without(finding: Finding, out: KeptOut) -> Finding:
    """Return `finding` without moves, people and reasons that name somebody forgotten."""

    def stays(move: Move) -> bool:
        return not out.names(move.person, move.written)

    return replace(
        finding,
        moves=tuple(filter(stays, finding.moves)),
        people=tuple(p for p in finding.people if not out.names(p)),
        reasons=tuple(r for r in finding.reasons if not out.names(r.text)),
    )


def message_without(message: Message, out: KeptOut) -> Message:
    """Return `message` with forgotten names blacked out wherever they stand; its metadata holds none."""

    def clean(value: Any) -> Any:
        if isinstance(value, str):
            return out.redacted(value)
        if isinstance(value, Mapping):
            return {key: clean(one) for key, one in value.items()}
        return [clean(one) for one in value] if isinstance(value, Sequence) else value

    return replace(message, text=out.redacted(message.text), blocks=tuple(clean(block) for block in message.blocks))

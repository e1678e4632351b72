"""Which entry is which, from poll to poll, whatever a feed does to its ids. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bot.model import digest
from bot.text import fold
from bot.urls import absolute, canonical

_ID_LIMIT = 512
_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class Sketch:
    """What identity rests on, all as written: id, link, title ("" for none), and a hash of the whole entry.

    `url` is what a relative link is relative to.
    """

    raw_id: str
    link: str
    title: str
    content: str
    url: str

    def page(self) -> str:
        """Return the one spelling of the link, "" for none."""
        link = absolute(self.url, self.link)
        return canonical(link) if link else ""

    def base(self) -> str:
        """Return what the entry is called at first: its id, else its page, else its title, else all it says."""
        name = self.raw_id or self.page() or self.title or self.content
        return name if len(name) <= _ID_LIMIT else digest(name)

    def looks(self) -> tuple[str, str]:
        """Return hashes of title and link, "" for what is not there."""
        title, page = " ".join(fold(self.title).split()), self.page()
        return (digest(title, length=8) if title else "", digest(page, length=8) if page else "")


class Named(NamedTuple):
    """An entry's name in its feed ("" for one that stands there twice) and its hash, the looks included."""

    raw_id: str
    item_hash: str


def name(sketches: Sequence[Sketch], known: Mapping[str, str]) -> list[Named]:
    """Return what each entry of a body is called.

    `known` is raw id -> item hash of the feed's entries so far. An entry keeps its id while its title or its link stays
    the same. An id used again for quite another entry (title and link changed), or by several entries of one body, gets
    a suffix. An entry sent again under a new id keeps its old one, if that has left the body.
    Source of the rules: feeds that reuse, share, or change ids flood a channel or hide news.
    """
    bases = [sketch.base() for sketch in sketches]
    counts = Counter(bases)
    left: dict[tuple[str, str], str] | None = None
    named: list[Named] = []
    taken: set[str] = set()
    for sketch, base in zip(sketches, bases, strict=True):
        if counts[base] == 1 and _content(known.get(base, "")) == sketch.content:
            chosen = Named(base, known[base])  # nothing changed: the common case, and it must cost nothing
        else:
            if left is None:
                left = _left(known, counts)
            looks = sketch.looks()
            raw_id = _choose(sketch, base, looks, known, shared=counts[base] > 1, left=left)
            chosen = Named(raw_id, ".".join((sketch.content, *looks)))
        named.append(chosen if chosen.raw_id not in taken else Named("", ""))
        taken.add(chosen.raw_id)
    return named


def _choose(
    sketch: Sketch,
    base: str,
    looks: tuple[str, str],
    known: Mapping[str, str],
    *,
    shared: bool,
    left: dict[tuple[str, str], str],
) -> str:
    suffixed = base + _SEPARATOR + ".".join(looks if looks[0] else (sketch.content,))
    if suffixed in known:
        return suffixed
    if base in known:
        before = _looks(known[base])
        if shared:
            return base if before == looks else suffixed
        reused = all(before) and all(looks) and before[0] != looks[0] and before[1] != looks[1]
        return suffixed if reused else base
    if all(looks) and looks in left:
        return left.pop(looks)
    return suffixed if shared else base


def _left(known: Mapping[str, str], present: Mapping[str, int]) -> dict[tuple[str, str], str]:
    """Return the known entries that are not in the body under their own id, by looks."""
    ids = (raw_id for raw_id in known if raw_id.partition(_SEPARATOR)[0] not in present)
    gone = {_looks(known[raw_id]): raw_id for raw_id in ids}
    return {looks: raw_id for looks, raw_id in gone.items() if all(looks)}


def _content(item_hash: str) -> str:
    return item_hash.partition(".")[0]


def _looks(item_hash: str) -> tuple[str, str]:
    _, title, link = (*item_hash.split("."), "", "")[:3]
    return title, link

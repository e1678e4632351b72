"""Which entry is which, from poll to poll, whatever a feed does to its ids. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.model import digest
from bot.text import fold
from bot.urls import canonical

_ID_LIMIT = 512
_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class Sketch:
    """What identity rests on: the id as written ("" for none), the absolute link, the title, and a hash of it all."""

    raw_id: str
    link: str
    title: str
    content: str

    @property
    def base(self) -> str:
        """What the entry is called at first: its id, else its page, else its title, else all it says."""
        name = self.raw_id or (canonical(self.link) if self.link else "") or self.title or self.content
        return name if len(name) <= _ID_LIMIT else digest(name)

    @property
    def looks(self) -> tuple[str, str]:
        """Hashes of title and link, "" for what is not there."""
        title, link = " ".join(fold(self.title).split()), canonical(self.link) if self.link else ""
        return (digest(title, length=8) if title else "", digest(link, length=8) if link else "")

    @property
    def item_hash(self) -> str:
        """The hash of the whole item, with those of title and link beside it, by which a reused id is told."""
        return ".".join((self.content, *self.looks))


def name(sketches: Sequence[Sketch], known: Mapping[str, str]) -> list[str]:
    """Return what each entry of a body is called, "" for one that stands there twice.

    `known` is raw id -> item hash of the feed's entries so far. An entry keeps its id while its title or its link stays
    the same. An id used again for quite another entry (title and link changed), or by several entries of one body, gets
    a suffix. An entry sent again under a new id keeps its old one, if that has left the body.
    Source of the rules: feeds that reuse, share, or change ids flood a channel or hide news.
    """
    bases = [sketch.base for sketch in sketches]
    shared = {base for base, count in Counter(bases).items() if count > 1}
    present = set(bases)
    gone = {looks: raw_id for raw_id, looks in _looks(known).items() if all(looks) and raw_id not in present}
    names: list[str] = []
    taken: set[str] = set()
    for sketch, base in zip(sketches, bases, strict=True):
        chosen = _choose(sketch, base, known, shared=base in shared, gone=gone)
        names.append("" if chosen in taken else chosen)
        taken.add(chosen)
    return names


def _looks(known: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    return {raw_id: _looks_of(item_hash) for raw_id, item_hash in known.items()}


def _looks_of(item_hash: str) -> tuple[str, str]:
    _, title, link = (*item_hash.split("."), "", "")[:3]
    return title, link


def _choose(
    sketch: Sketch, base: str, known: Mapping[str, str], *, shared: bool, gone: dict[tuple[str, str], str]
) -> str:
    looks = sketch.looks
    suffixed = base + _SEPARATOR + ".".join(looks if looks[0] else (sketch.content,))
    if suffixed in known:
        return suffixed
    if base in known:
        before = _looks_of(known[base])
        if shared:
            return base if before == looks else suffixed
        reused = all(before) and all(looks) and before[0] != looks[0] and before[1] != looks[1]
        return suffixed if reused else base
    if all(looks) and looks in gone:
        return gone.pop(looks)
    return suffixed if shared else base

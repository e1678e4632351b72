"""Two watches -> which texts they could judge differently, and for which names: by the classifier's own index.

A watch judges by its terms and by what it knows of their names. So a text without any term that only one of the two
has, and without any name of which they know different things, is judged alike by both: tests/moves and tests/tuning
hold it to that. What a name is known by (other spellings, case endings, a firm's chief) is a term like any other.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from bot.moves.gazetteer import Gazetteer, Term
from bot.moves.watch import Known, Watch
from bot.text import fold

_HANDLE = re.compile(r"@ ?([^\W\d]\w{2,24})")
_HEAD = 3  # letters with which a handle and the name it stands for begin alike
_NAMES = frozenset({"org", "person", "keyword", "not"})  # kinds of terms that stand for a name


@dataclass(frozen=True, slots=True)
class Differing:
    """The names on which two watches differ: a text that holds none of them is judged alike by both.

    `names` maps what a term stands for to the name that was changed: the chief of a changed firm to the firm. `heads`
    are the first letters of changed people, which handles (@adaferrano) are known by.
    """

    gazetteer: Gazetteer
    languages: frozenset[str]
    names: Mapping[str, str]
    heads: Mapping[str, str]

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.names)

    def found_in(self, text: str) -> tuple[str, ...]:
        """Return the changed names that `text` may hold, in order; none means that both watches judge it alike."""
        if not self.names:
            return ()
        found = [self.names[hit.term.value] for hit in self.gazetteer.scan(text, fold(text), self.languages)]
        if self.heads and "@" in text:
            heads = (_head(handle) for handle in _HANDLE.findall(text))
            found += [self.heads[head] for head in heads if head in self.heads]
        return tuple(dict.fromkeys(found))


def differing(old: Watch, new: Watch) -> Differing:
    """Return the names on which two watches over one lexicon differ, in some milliseconds to 0.1 s."""
    terms = set(old.gazetteer.terms()) ^ set(new.gazetteer.terms())
    changed = {term.value for term in terms} | _unlike(old.keywords, new.keywords)
    firms = _unlike(old.organisations, new.organisations)
    people = _unlike(old.people, new.people)
    names = {name: name for name in changed | firms | people}
    for person in (*old.people.values(), *new.people.values()):
        if person.stands_for in firms:  # who acts for a firm brings in what is known of it
            names.setdefault(person.name, person.stands_for)
    squashed = {name for name in names if name in old.people or name in new.people}
    return Differing(
        gazetteer=Gazetteer((*terms, *terms_of(names, old, new)), new.gazetteer.endings),
        languages=frozenset(new.lexicon.languages),
        names=names,
        heads={_head(name): names[name] for name in sorted(squashed)},
    )


def _unlike(old: Mapping[str, Known] | Mapping[str, float], new: Mapping[str, Known] | Mapping[str, float]) -> set[str]:
    """Return the names of which two tables say different things."""
    return {name for name in (*old, *new) if old.get(name) != new.get(name)}


def terms_of(names: Collection[str], *watches: Watch) -> Iterator[Term]:
    """Yield every term of the watches that stands for one of `names`, however it is written."""
    own = [watch.gazetteer for watch in watches]
    bases = {id(base): base for base in (gazetteer.base for gazetteer in own) if base is not None}
    for gazetteer in (*own, *bases.values()) if names else ():
        for term in gazetteer.terms():
            if term.value in names and term.kind in _NAMES:
                yield term


def _head(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalpha())[:_HEAD]

"""What can be used, but is hardly meant: names misspelt, entries that never match, aliases that are ordinary words.

All of it works on plain values, so that it stands beside the errors of a file that cannot be used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from ipaddress import ip_network
from typing import Any

from bot.config.document import Document, Place, dotted
from bot.config.models import Thresholds, parse_until
from bot.config.packs import address_key, pack_feeds, pack_names
from bot.config.spellings import GROUPS, Known, impossible, nearest, no_pattern, ordinary
from bot.errors import Problem
from bot.lexicon import LANGUAGES, Lexicon
from bot.text import fold


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the watchlist as it stands in the file. `spellings` and `hides` are places with their text."""

    group: str
    place: Place
    name: str
    spellings: tuple[tuple[Place, str], ...]
    hides: tuple[tuple[Place, str], ...]
    weight: object


def doubts(document: Document, name: str, lexicon: Lexicon, now: datetime) -> list[Problem]:
    """Return everything in `document` that is allowed and hardly meant, with `name` as the file."""
    return list(_Doubts(document, name, Known.of(lexicon), lexicon, now).all())


class _Doubts:
    def __init__(self, document: Document, name: str, known: Known, lexicon: Lexicon, now: datetime) -> None:
        self.document = document
        self.values = document.values
        self.name = name
        self.known = known
        self.lexicon = lexicon
        self.now = now

    def all(self) -> Iterator[Problem]:
        for entry in self.entries:
            yield from self._spellings(entry)
            yield from self._hidden(entry)
            yield from self._weight(entry)
        yield from self._taken_twice()
        yield from self._routes()
        yield from self._mutes()
        yield from self._feeds()
        yield from self._network()

    def _say(self, place: Place, message: str) -> Problem:
        line, column = self.document.place(place)
        return Problem(line, dotted(place), message, self.name, column)

    # ---------------------------------------------------------------------------------------- what the file holds

    def _at(self, *place: str) -> Any:
        at: Any = self.values
        for part in place:
            at = at.get(part) if isinstance(at, dict) else None
        return at

    def _items(self, *place: str) -> Iterator[tuple[Place, Any]]:
        found = self._at(*place)
        for index, item in enumerate(found if isinstance(found, list) else ()):
            yield (*place, index), item

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The entries of the watchlist that have a name."""
        return tuple(
            entry
            for group in GROUPS
            for place, item in self._items("watchlist", group)
            if (entry := _entry(place, item))
        )

    @cached_property
    def own(self) -> Mapping[str, tuple[str, str]]:
        """Folded spelling -> name and group, of the file's own entries."""
        return {fold(text): (entry.name, entry.group) for entry in self.entries for _, text in entry.spellings}

    # ---------------------------------------------------------------------------------------- the watchlist

    def _spellings(self, entry: Entry) -> Iterator[Problem]:
        for place, text in entry.spellings:
            told = impossible(text) or self._odd(entry, text)
            if told:
                yield self._say(place, told)
        for place, text in entry.hides:
            if told := impossible(text):
                yield self._say(place, told)

    def _odd(self, entry: Entry, text: str) -> str:
        if entry.group == "keywords":
            return no_pattern(text) or self._in_every_text(text)
        if "*" in text or "…" in text:
            return (
                f"{text!r} is taken letter by letter, so that it can never match: patterns go under watchlist.keywords"
            )
        return self._other(entry, text) or self._misspelt(entry, text) or self._ordinary(entry, text)

    def _in_every_text(self, text: str) -> str:
        if fold(text) in self.lexicon.languages["en"].stopwords:
            return f"{text!r} stands in nearly every text, and so says nothing: write what is special to your subject"
        return ""

    def _other(self, entry: Entry, text: str) -> str:
        """Say that a spelling belongs to somebody else who is known anyway, or to the other list."""
        name, group = self.known.names.get(fold(text), ("", entry.group))
        if group != entry.group:
            kind = "a person" if group == "people" else "an organisation"
            return f"{text!r} is known as {kind}: put it under watchlist.{group}"
        if name and name != self.known.canonical(entry.name):
            return f"{text!r} is known as a spelling of {name}, and stays one: take it out here"
        return ""

    def _misspelt(self, entry: Entry, text: str) -> str:
        near = nearest(text, self.known.names)
        if not near or near[0] == self.known.canonical(entry.name):  # a misspelling may be an alias
            return ""
        return f"{text!r} is not known: did you mean {near[0]}? Where it is somebody else, leave it as it is"

    def _ordinary(self, entry: Entry, text: str) -> str:
        if fold(text) in self.known.names:
            return ""
        if entry.group == "people" and fold(text) in self.lexicon.names.given:
            return f"{text!r} is a first name of many: write the whole name, as texts do"
        language = ordinary(text, self.lexicon)
        if not language:
            return ""
        told = f"{text!r} is an ordinary word ({language}), and will be found where nobody is meant"
        return f"{told}: it needs context. Write the longer name that texts use, or list under `not` what it is not"

    def _hidden(self, entry: Entry) -> Iterator[Problem]:
        """Name what `not` hides wholly, and what it does not hide at all."""
        if not entry.hides:
            return
        hides = {fold(text): place for place, text in entry.hides}
        for place, text in entry.spellings:
            if fold(text) in hides:
                line = self.document.line(hides[fold(text)])
                yield self._say(
                    place,
                    f"{text!r} can never match: its own `not` on line {line} hides it; write there the "
                    "longer phrase that means something else",
                )
        mine = {fold(text) for _, text in entry.spellings} | self.known.spellings(entry.name)
        for place, text in entry.hides:
            if not any(spelling.rstrip("*") in fold(text) for spelling in mine):
                told = f"{text!r} holds no spelling of {entry.name}, and so hides nothing: write the whole phrase"
                yield self._say(place, told)

    def _weight(self, entry: Entry) -> Iterator[Problem]:
        if entry.weight != 0 or isinstance(entry.weight, bool):
            return
        if entry.group == "keywords" or fold(entry.name) not in self.known.names:
            yield self._say((*entry.place, "weight"), f"with weight 0 {entry.name!r} counts for nothing: leave it out")

    def _taken_twice(self) -> Iterator[Problem]:
        """Name spellings that stand in two entries, or twice in one. Names that are the same are named elsewhere."""
        first: dict[tuple[str, str], tuple[Place, Entry]] = {}
        for entry in self.entries:
            for place, text in entry.spellings:
                key = (entry.group, fold(text))
                if key not in first:
                    first[key] = (place, entry)
                    continue
                other, owner = first[key]
                both_names = fold(owner.name) == fold(entry.name) == fold(text) and owner is not entry
                if not both_names:
                    where = "in this entry" if owner is entry else f"as a spelling of {owner.name}"
                    line = self.document.line(other)
                    yield self._say(place, f"{text!r} stands {where} already, on line {line}: keep one")

    # ---------------------------------------------------------------------------------------- routes, mutes

    def _routes(self) -> Iterator[Problem]:
        seen: dict[str, Place] = {}
        for place, route in self._items("routes"):
            if not isinstance(route, dict):
                continue
            for group in ("organisations", "people"):
                yield from self._wanted(place, route, group)
            yield from self._languages(place, route)
            yield from self._least_score(place, route)
            if repr(route) in seen:
                yield self._say(
                    place, f"is the same route as on line {self.document.line(seen[repr(route)])}: keep one"
                )
            seen.setdefault(repr(route), place)
        if seen and isinstance(self._at("slack"), dict | None) and not self._at("slack", "channel"):
            told = "stories that match no route go nowhere: give slack.channel, if they are to be told"
            yield self._say(("routes",), told)

    def _wanted(self, place: Place, route: dict[str, Any], group: str) -> Iterator[Problem]:
        names = [name for name in _texts(route.get(group)) if name]
        silent = [self._silenced(name) for name in names]
        for index, name in enumerate(names):
            told = impossible(name) or self._unknown(name, group)
            if told:
                yield self._say((*place, group, index), told)
        if names and all(silent):
            told = f"can never match: {'it is' if len(names) == 1 else 'all of them are'} muted on line {silent[0]}"
            yield self._say((*place, group), told)

    def _unknown(self, name: str, group: str = "") -> str:
        """Say what a name that nobody knows was likely meant to be; whom texts name by themselves, may be routed."""
        known = {**self.known.names, **self.own}
        if fold(name) in known:
            other = known[fold(name)][1]
            wrong = group and other in ("organisations", "people") and other != group
            return f"{name!r} is known as one of the {other}: write it under `{other}`" if wrong else ""
        near = nearest(name, known)
        return f"{name!r} is neither known nor on the watchlist: did you mean {near[0]}?" if near else ""

    def _languages(self, place: Place, route: dict[str, Any]) -> Iterator[Problem]:
        for index, code in enumerate(_texts(route.get("languages"))):
            if code.islower() and 2 <= len(code) <= 3 and code not in LANGUAGES:
                told = f"{code!r} is no language that the bot reads, so that it can never match: {', '.join(LANGUAGES)}"
                yield self._say((*place, "languages", index), told)

    def _least_score(self, place: Place, route: dict[str, Any]) -> Iterator[Problem]:
        least, alert = route.get("min_score"), self._at("thresholds", "alert")
        alert = alert if isinstance(alert, int | float) else Thresholds().alert
        if isinstance(least, int | float) and not isinstance(least, bool) and 0 < least <= alert:
            told = f"{least:g} changes nothing: only stories from thresholds.alert on, {alert:g}, are told at all"
            yield self._say((*place, "min_score"), told)

    def _mutes(self) -> Iterator[Problem]:
        seen: dict[str, Place] = {}
        for place, item in self._items("mute"):
            what = item.get("what") if isinstance(item, dict) else None
            if not isinstance(what, str) or not what:
                continue
            told = impossible(what) or ("" if "." in what or "/" in what else self._unknown(what))
            if told:
                yield self._say((*place, "what"), told)
            if fold(what) in seen:
                yield self._say(
                    place, f"{what!r} is muted on line {self.document.line(seen[fold(what)])} already: keep one"
                )
            seen.setdefault(fold(what), place)
            yield from self._over(place, item)
            yield from self._wanted_and_muted(place, what)

    def _over(self, place: Place, item: dict[str, Any]) -> Iterator[Problem]:
        if (until := _moment(item.get("until"))) and until <= self.now:
            yield self._say((*place, "until"), f"is over since {until:%Y-%m-%d}, and mutes nothing: take it out")

    def _wanted_and_muted(self, place: Place, what: str) -> Iterator[Problem]:
        name = self._name(what)
        for entry in self.entries:
            if self._name(entry.name) == name and entry.group != "keywords":
                line = self.document.line(entry.place)
                yield self._say(
                    place, f"{what!r} is on the watchlist, line {line}, too: while it is muted, nothing is told"
                )

    def _silenced(self, name: str) -> int:
        """Return the line of the mute that silences `name` for good, 0 if there is none."""
        for place, item in self._items("mute"):
            what = item.get("what") if isinstance(item, dict) else None
            if isinstance(what, str) and item.get("until") is None and self._name(what) == self._name(name):
                return self.document.line(place)
        return 0

    def _name(self, spelling: str) -> str:
        own = self.own.get(fold(spelling), (spelling, ""))[0]
        return fold(self.known.canonical(own))

    # ---------------------------------------------------------------------------------------- feeds, network

    def _feeds(self) -> Iterator[Problem]:
        """Name searches and packs that stand twice; addresses are looked at where the file is loaded."""
        for section in ("feeds", "packs"):
            seen: dict[object, Place] = {}
            for place, item in self._items(section):
                key = _search(item) if section == "feeds" else item
                if not key or not isinstance(key, str | tuple):
                    continue
                if key in seen:
                    told = f"is the same {'search' if section == 'feeds' else 'pack'} as on line"
                    yield self._say(place, f"{told} {self.document.line(seen[key])}: keep one")
                seen.setdefault(key, place)
        yield from self._also_in_packs()

    def _also_in_packs(self) -> Iterator[Problem]:
        """Name plain addresses that a pack brings anyway; one with settings of its own goes before the pack's."""
        packed = {
            address_key(feed.url): str(name)
            for _, name in self._items("packs")
            if name in pack_names()
            for feed in pack_feeds(name)
        }
        for place, item in self._items("feeds"):
            if isinstance(item, str) and (name := packed.get(address_key(item))):
                yield self._say(place, f"is a feed of the pack {name} too: it is polled once, so leave it out here")

    def _network(self) -> Iterator[Problem]:
        for place, item in self._items("network", "allow_private"):
            if _is_everything(item):
                yield self._say(
                    place, f"{item} lets feeds and pages reach all of your net: list single hosts or networks"
                )


def _entry(place: Place, item: Any) -> Entry | None:
    if isinstance(item, str) and item:
        return Entry(str(place[1]), place, item, ((place, item),), (), 1)
    if not isinstance(item, dict) or not isinstance(item.get("name"), str) or not item["name"]:
        return None
    many = {
        key: tuple(((*place, key, index), text) for index, text in enumerate(_texts(item.get(key))) if text)
        for key in ("aliases", "not")
    }
    spellings = (((*place, "name"), item["name"]), *many["aliases"])
    return Entry(str(place[1]), place, item["name"], spellings, many["not"], item.get("weight", 1))


def _texts(value: Any) -> list[str]:
    """Return the texts of a list; "" for whatever else stands in it, so that places stay right."""
    return [item if isinstance(item, str) else "" for item in value] if isinstance(value, list) else []


def _moment(value: Any) -> datetime | None:
    try:
        found = parse_until(value)
    except ValueError:
        return None
    return found if isinstance(found, datetime) else None


def _search(item: Any) -> tuple[str, ...] | None:
    """Return what makes two searches one, None for a feed with an address."""
    if not isinstance(item, dict):
        return None
    for key in ("news", "hn"):
        if isinstance(item.get(key), str):
            return key, " ".join(fold(item[key]).split()), str(item.get("lang") or "en")
    return None


def _is_everything(item: Any) -> bool:
    try:
        return ip_network(item).prefixlen == 0
    except ValueError:
        return False


__all__ = ["doubts"]

"""What the bot knows before any configuration: names, trigger phrases per language, weights. Data, checked here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import yaml

from bot.errors import ConfigError, Problem
from bot.model import Kind

LANGUAGES = ("en", "it", "de", "fr", "es", "pt", "nl", "pl", "tr", "ru", "ja", "zh", "ko", "ar", "hi")

# What a trigger announces. Events have a mover; flags speak of a whole team, of pay, of the market.
EVENTS = (
    "join",
    "move",
    "hire",
    "poach",
    "leave",
    "lose",
    "oust",
    "appoint",
    "become",
    "found",
    "arrival",
    "departure",
    "stay",
)
FLAGS = ("layoff", "freeze", "acquihire", "compensation", "retention", "trend", "reorg", "legal", "drive", "team")
FREE = ("free", "bracket")
ORDERS = ("svo", "sov", "noun", *FREE)
STATUSES = ("denied", "rumoured", "reported", "confirmed", "historical")
SLOTS = ("source", "goal", "place", "of", "agent", "other")
_WORD_LISTS = (
    "former",
    "roles",
    "ai_firms",
    "people_nouns",
    "numbers",
    "negatives",
    "ai_terms",
    "anaphors",
    "org_words",
    "speech",
    "pronouns",
    "first_person",
    "negations",
    "programmes",
    "including",
    "boards",
    "spells",
    "clauses",
    "definite",
    "loyal",
    "member",
    "relays",
    "individuals",
    "founders",
    "firms",
    "places",
    "background",
    "alongside",
    "teams",
    "counting_in",
    "of_the",
    "behind_apostrophe",
    "own_post",
    "board_seat",
    "gone",
    "inside",
    "leads",
    "led",
    "besides",
    "modals",
    "hedges",
    "sparks",
    "dates",
    "determiners",
    "needs_post",
    "puffs",
    "objects",
    "relatives",
)


@dataclass(frozen=True, slots=True)
class Organisation:
    """A known employer. `context` forms count only beside a cue; `not_` are longer words that mean something else."""

    name: str
    kind: str
    aliases: tuple[str, ...] = ()
    mangled: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    not_: tuple[str, ...] = ()
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """A known person. `stands_for` is the organisation that a headline means by naming them as the one who hires."""

    name: str
    aliases: tuple[str, ...] = ()
    mangled: tuple[str, ...] = ()
    stands_for: str = ""


@dataclass(frozen=True, slots=True)
class Triggers:
    """Phrases of a class. `order` is where the mover stands: svo around the verb, sov before it, noun in its genitive.

    A free verb has it on either side; bracket is free with the auxiliary far from its participle.
    `a … b` is a phrase with a gap inside one sentence, a trailing `*` a stem. Weak phrases need a person's name.
    """

    kind: str
    order: str
    strong: tuple[str, ...]
    weak: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A flag made of words of several sets that stand close together, at most `reach` characters apart.

    A part is the name of a set, several joined by `|`, or one of @people, @role, @number, @ai, @former (lists of the
    language) and @org. `ordered` parts stand in that order; none of `without` may stand in the sentence.
    """

    kind: str
    language: str
    parts: tuple[str, ...]
    without: tuple[str, ...] = ()
    ordered: bool = False
    strong: bool = True
    reach: int = 45


@dataclass(frozen=True, slots=True)
class Example:
    """One example of a language file: its moves as (person, from, to), None where the text does not say."""

    text: str
    moves: tuple[tuple[str, str | None, str | None], ...]
    status: str = ""
    label: bool | None = None


@dataclass(frozen=True)
class Language:
    """How one language says that somebody moves. `before` and `after` map a marker word to its slot.

    `small` are all words that may stand between a verb and its mover without parting them.
    """

    code: str
    stopwords: frozenset[str]
    ordinary: frozenset[str]
    triggers: tuple[Triggers, ...]
    before: Mapping[str, str]
    after: Mapping[str, str]
    skip: frozenset[str]
    small: frozenset[str]
    passive: frozenset[str]
    conjunctions: frozenset[str]
    as_: tuple[str, ...]
    words: Mapping[str, tuple[str, ...]]
    status: Mapping[str, tuple[str, ...]]
    tests: tuple[Example, ...]
    sets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # words that patterns put together
    patterns: tuple[Pattern, ...] = ()
    endings: frozenset[str] = frozenset()  # case endings that names of organisations take on
    bent: tuple[tuple[str, str], ...] = ()  # endings of such names that change: (a, y) for Meta, Mety
    as_is_behind: bool = False  # its words for "as" follow the post
    noun_endings: tuple[str, ...] = ()  # of ordinary nouns, in a language that writes them with capitals
    cases: Mapping[str, tuple[tuple[str, str], ...]] = field(
        default_factory=dict
    )  # he_given ... -> (ending, nominative)

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """All words that tell the language, folded: those of its phrases and the ordinary ones."""
        phrases = [phrase for block in self.triggers for phrase in block.strong + block.weak]
        phrases += [phrase for key in ("roles", "people_nouns", "former") for phrase in self.words[key]]
        return self.ordinary | {word.casefold() for phrase in phrases for word in phrase.split()}

    @cached_property
    def is_free(self) -> bool:
        """Whether its verbs take their mover on either side."""
        return any(block.order in FREE for block in self.triggers)

    @property
    def by_is_from(self) -> bool:
        """Whether one word says both from whom and by whom, as von and da do: after a passive it names who acts."""
        return "agent" not in self.before.values()


@dataclass(frozen=True, slots=True)
class Names:
    """Given and family names by script, folded."""

    given: frozenset[str]
    also_words: frozenset[str]
    family_han: frozenset[str]
    family_kanji: frozenset[str]
    given_kanji: frozenset[str]
    family_hangul: frozenset[str]
    leading: frozenset[str]  # family names that stand first in Latin letters too: Nguyen, Trần


@dataclass(frozen=True, slots=True)
class Scoring:
    """Weights in logits. `score` decides on a story, `move` on one move being right in person and organisations.

    `kinds` has a table for each kind that a story may report. `certainty` is the line (slope, offset; logits) that
    turns the sum of a move's weights into how often such moves were right among those that the weights had not seen.
    """

    score: Mapping[str, float]
    move: Mapping[str, float]
    certainty: Mapping[str, float]
    kinds: Mapping[Kind, Mapping[str, float]]


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """Everything that is known before the watchlist. One is equal to itself only, so that work on it can be kept."""

    organisations: tuple[Organisation, ...]
    people: tuple[Person, ...]
    products: tuple[str, ...]
    languages: Mapping[str, Language]
    names: Names
    scoring: Scoring
    native: Mapping[str, frozenset[str]] = field(default_factory=dict)  # name lists of scripts without capitals


@cache
def load() -> Lexicon:
    """Read and check the shipped files. Raises ConfigError naming file, line or key; takes about 0.1 s."""
    organisations = _read("orgs.yaml")
    people = _read("people.yaml")
    return Lexicon(
        organisations=tuple(
            _organisation(row, f"orgs[{i}]") for i, row in enumerate(_rows(organisations, "orgs", "orgs.yaml"))
        ),
        people=tuple(_person(row, f"people[{i}]") for i, row in enumerate(_rows(people, "people", "people.yaml"))),
        products=_strings(organisations.get("products", []), "orgs.yaml", "products"),
        languages=MappingProxyType({code: read_language(f"{code}.yaml", _text(f"{code}.yaml")) for code in LANGUAGES}),
        names=_names(_read("names.yaml")),
        scoring=_scoring(_read("scoring.yaml"), _read("kinds.yaml")),
        native=_native(_read("native_names.yaml")),
    )


# ------------------------------------------------------------------------------------------------ yaml, strings only


class _Loader(yaml.CBaseLoader):
    """Strings only (`no` stays a word); tags mean nothing, so that none is looked up for tens of thousands of words."""

    def resolve(self, *_: object) -> str:
        """Return a tag, which nobody reads."""
        return "str"

    def descend_resolver(self, *_: object) -> None:
        """Do nothing: there is nothing to resolve by path."""

    def ascend_resolver(self) -> None:
        """Do nothing: there is nothing to resolve by path."""


def _value(node: yaml.Node | None) -> Any:
    """Return what `node` holds: strings, lists and mappings; refuses a key twice in one mapping."""
    if isinstance(node, yaml.SequenceNode):
        return [item.value if type(item) is yaml.ScalarNode else _value(item) for item in node.value]
    if not isinstance(node, yaml.MappingNode):
        return node.value if node is not None else None
    table: dict[Any, Any] = {}
    for key, value in node.value:
        if key.value in table:
            raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} stands twice", key.start_mark)
        table[key.value] = _value(value)
    return table


def parse(name: str, text: str) -> dict[str, Any]:
    """Return the mapping in `text`, all scalars as strings. Raises ConfigError with file and line."""
    try:
        data = _value(_Loader(text).get_single_node())
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise ConfigError((Problem(line, "", error.problem or "cannot be read", name),)) from error
    if not isinstance(data, dict):
        raise ConfigError((Problem(1, "", "must be a mapping", name),))
    return data


def _text(name: str) -> str:
    return (files(__name__) / name).read_text("utf-8")


def _read(name: str) -> dict[str, Any]:
    return parse(name, _text(name))


def _fail(name: str, key: str, message: str) -> ConfigError:
    return ConfigError((Problem(0, key, message, name),))


def _strings(value: object, name: str, key: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
        raise _fail(name, key, "must be a list of words or phrases")
    if len(set(value)) != len(value):
        twice = sorted({v for v in value if value.count(v) > 1})
        raise _fail(name, key, f"{twice[0]!r} stands twice")
    return tuple(value)


def _block(value: object, name: str, key: str) -> frozenset[str]:
    if not isinstance(value, str):
        raise _fail(name, key, "must be words separated by white space")
    return frozenset(value.split())


def _rows(data: dict[str, Any], key: str, name: str) -> list[dict[str, Any]]:
    rows = data.get(key)
    if not isinstance(rows, list) or not all(isinstance(row, dict) and row.get("name") for row in rows):
        raise _fail(name, key, "must be a list of entries with a name")
    names = [row["name"] for row in rows]
    for entry in names:
        if names.count(entry) > 1:
            raise _fail(name, key, f"{entry!r} stands twice")
    return rows


def _only(row: dict[str, Any], allowed: set[str], name: str, key: str) -> None:
    for unknown in row.keys() - allowed:
        raise _fail(name, f"{key}.{unknown}", "is no known key")


# ------------------------------------------------------------------------------------------------ names


def _organisation(row: dict[str, Any], key: str) -> Organisation:
    name = "orgs.yaml"
    _only(row, {"name", "kind", "aliases", "mangled", "context", "not", "parent"}, name, key)
    lists = {k: _strings(row.get(k, []), name, f"{key}.{k}") for k in ("aliases", "mangled", "context", "not")}
    return Organisation(
        row["name"],
        row.get("kind", "company"),
        lists["aliases"],
        lists["mangled"],
        lists["context"],
        lists["not"],
        row.get("parent", ""),
    )


def _person(row: dict[str, Any], key: str) -> Person:
    name = "people.yaml"
    _only(row, {"name", "aliases", "mangled", "stands_for"}, name, key)
    lists = {k: _strings(row.get(k, []), name, f"{key}.{k}") for k in ("aliases", "mangled")}
    return Person(row["name"], lists["aliases"], lists["mangled"], row.get("stands_for", ""))


def _names(data: dict[str, Any]) -> Names:
    block = {key: _block(value, "names.yaml", key) for key, value in data.items()}
    given = block["latin"] | block["cyrillic"] | block["greek"] | block["arabic"] | block["devanagari"]
    return Names(
        given,
        block["also_words"],
        block["family_han"],
        block["family_kanji"],
        block["given_kanji"],
        block["family_hangul"],
        block["leading"],
    )


def _native(data: dict[str, Any]) -> Mapping[str, frozenset[str]]:
    return MappingProxyType({key: _block(value, "native_names.yaml", key) for key, value in data.items()})


def _scoring(data: dict[str, Any], kinds: dict[str, Any]) -> Scoring:
    return Scoring(
        _weights(data, "score", "scoring.yaml"),
        _weights(data, "move", "scoring.yaml"),
        _weights(data, "certainty", "scoring.yaml"),
        MappingProxyType({kind: _weights(kinds, kind.value, "kinds.yaml") for kind in Kind}),
    )


def _weights(data: dict[str, Any], key: str, file: str) -> Mapping[str, float]:
    try:
        return MappingProxyType({feature: float(weight) for feature, weight in data[key].items()})
    except (KeyError, AttributeError, ValueError) as error:
        raise _fail(file, key, "must map features to numbers") from error


# ------------------------------------------------------------------------------------------------ languages

_LANGUAGE_KEYS = {
    "lang",
    "stopwords",
    "ordinary",
    "triggers",
    "before",
    "after",
    "skip",
    "fillers",
    "passive",
    "conjunctions",
    "as",
    "as_behind",
    "status",
    "tests",
    "sets",
    "patterns",
    "endings",
    "noun_endings",
    "cases",
    *_WORD_LISTS,
}


def read_language(name: str, text: str) -> Language:
    """Return the language file `text`. Raises ConfigError for unknown keys, doubles and phrases of two classes."""
    data = parse(name, text)
    _only(data, _LANGUAGE_KEYS, name, "")
    skip, stopwords = (_block(data.get(key, ""), name, key) for key in ("skip", "stopwords"))
    before, passive = _markers(data.get("before", {}), name, "before"), _block(data.get("passive", ""), name, "passive")
    fillers = _block(data.get("fillers", ""), name, "fillers") | _block(
        data.get("conjunctions", ""), name, "conjunctions"
    )
    triggers = tuple(_triggers(row, name, f"triggers[{i}]") for i, row in enumerate(data.get("triggers", [])))
    _one_class_each(triggers, name)
    sets = _sets(data.get("sets", {}), name)
    return Language(
        code=data["lang"],
        stopwords=stopwords,
        ordinary=_block(data.get("ordinary", ""), name, "ordinary"),
        triggers=triggers,
        before=before,
        after=_markers(data.get("after", {}), name, "after"),
        skip=skip,
        small=skip | stopwords | before.keys() | passive | fillers,
        passive=passive,
        conjunctions=_block(data.get("conjunctions", ""), name, "conjunctions"),
        as_=(*_strings(data.get("as", []), name, "as"), *_strings(data.get("as_behind", []), name, "as_behind")),
        as_is_behind="as_behind" in data,
        words=MappingProxyType({key: _strings(data.get(key, []), name, key) for key in _WORD_LISTS}),
        status=_status(data.get("status", {}), name),
        tests=tuple(_example(row, name, f"tests[{i}]") for i, row in enumerate(data.get("tests", []))),
        sets=sets,
        patterns=tuple(
            _pattern(row, data["lang"], sets, name, f"patterns[{i}]") for i, row in enumerate(data.get("patterns", []))
        ),
        endings=frozenset(e for e in _block(data.get("endings", ""), name, "endings") if ">" not in e),
        bent=_rules(" ".join(e for e in data.get("endings", "").split() if ">" in e), name, "endings"),
        noun_endings=tuple(sorted(_block(data.get("noun_endings", ""), name, "noun_endings"))),
        cases=_cases(data.get("cases", {}), name),
    )


def _sets(data: object, name: str) -> Mapping[str, tuple[str, ...]]:
    if not isinstance(data, dict):
        raise _fail(name, "sets", "must map names to lists of words")
    return MappingProxyType({key: _strings(value, name, f"sets.{key}") for key, value in data.items()})


_LISTS_OF_PARTS = frozenset({"@people", "@role", "@number", "@ai", "@former", "@org"})


def _pattern(row: dict[str, Any], code: str, sets: Mapping[str, tuple[str, ...]], name: str, key: str) -> Pattern:
    _only(row, {"class", "parts", "without", "ordered", "rank", "reach"}, name, key)
    if row.get("class") not in FLAGS:
        raise _fail(name, f"{key}.class", f"{row.get('class')!r} is no class of flag")
    parts, without = (_strings(row.get(k, []), name, f"{key}.{k}") for k in ("parts", "without"))
    for part in (*parts, *without):
        for one in part.split("|"):
            if one not in sets and one not in _LISTS_OF_PARTS:
                raise _fail(name, f"{key}.parts", f"{one!r} is no set")
    if not parts or not row.get("reach", "45").isdigit() or row.get("rank", "strong") not in ("strong", "weak"):
        raise _fail(name, key, "needs parts; reach is a number of characters, rank strong or weak")
    return Pattern(
        row["class"],
        code,
        parts,
        without,
        ordered=row.get("ordered") == "yes",
        strong=row.get("rank", "strong") == "strong",
        reach=int(row.get("reach", "45")),
    )


def _cases(data: dict[str, Any], name: str) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Return the endings of declined names, "ого>ий" as ("ого", "ий"), longest first."""
    _only(data, {"he_given", "he_family", "she_given", "she_family"}, name, "cases")
    return MappingProxyType({key: _rules(rules, name, f"cases.{key}") for key, rules in data.items()})


def _rules(text: object, name: str, key: str) -> tuple[tuple[str, str], ...]:
    """Return "ого>ий а>" as pairs, the longest ending first."""
    pairs = []
    for rule in _block(text, name, key):
        old, arrow, new = rule.partition(">")
        if not arrow or not old:
            raise _fail(name, key, f"{rule!r} must read ending>ending")
        pairs.append((old, new))
    return tuple(sorted(pairs, key=lambda pair: (-len(pair[0]), pair)))


def _triggers(row: dict[str, Any], name: str, key: str) -> Triggers:
    _only(row, {"class", "order", "strong", "weak"}, name, key)
    if row.get("class") not in EVENTS + FLAGS:
        raise _fail(name, f"{key}.class", f"{row.get('class')!r} is no class of trigger")
    order = row.get("order", "svo")
    if order not in ORDERS:
        raise _fail(name, f"{key}.order", f"{order!r} is no order")
    strong, weak = (_strings(row.get(k, []), name, f"{key}.{k}") for k in ("strong", "weak"))
    return Triggers(row["class"], order, strong, weak)


def _one_class_each(triggers: tuple[Triggers, ...], name: str) -> None:
    seen: dict[str, str] = {}
    for block in triggers:
        for phrase in block.strong + block.weak:
            if phrase in seen:
                raise _fail(name, f"triggers.{block.kind}", f"{phrase!r} stands under {seen[phrase]} too")
            seen[phrase] = block.kind


def _markers(data: dict[str, Any], name: str, key: str) -> Mapping[str, str]:
    _only(data, set(SLOTS) | {"object", "subject"}, name, key)
    table: dict[str, str] = {}
    for slot, words in data.items():
        for word in _strings(words, name, f"{key}.{slot}"):
            if word in table:
                raise _fail(name, f"{key}.{slot}", f"{word!r} stands under {table[word]} too")
            table[word] = slot
    return MappingProxyType(table)


def _status(data: dict[str, Any], name: str) -> Mapping[str, tuple[str, ...]]:
    _only(data, set(STATUSES), name, "status")
    return MappingProxyType({key: _strings(value, name, f"status.{key}") for key, value in data.items()})


def _example(row: dict[str, Any], name: str, key: str) -> Example:
    _only(row, {"text", "moves", "status", "label"}, name, key)
    moves = tuple((move["person"], move.get("from") or None, move.get("to") or None) for move in row.get("moves", []))
    label = {"yes": True, "no": False}.get(row.get("label", ""))
    return Example(row["text"], moves, row.get("status", ""), label)

"""Lexicon + watchlist -> watch: what to look for, ready to be used on any number of texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Protocol

from bot.lexicon import EVENTS, Language, Lexicon, Organisation, Person, Triggers
from bot.moves.gazetteer import Gazetteer, Term
from bot.text import fold

AI_KINDS = frozenset({"lab", "neolab", "startup", "institute", "watched"})


class Entry(Protocol):
    """A name that the user cares for. `weight` scales what it adds to a score, 0 to 2."""

    @property
    def name(self) -> str:
        """The canonical name."""

    @property
    def aliases(self) -> Sequence[str]:
        """Other spellings."""

    @property
    def not_(self) -> Sequence[str]:
        """Longer words that contain a spelling and mean something else."""

    @property
    def weight(self) -> float:
        """0 for nothing, 1 as it is, 2 for twice as much."""


class Watchlist(Protocol):
    """The user's own names, as bot.config reads them."""

    @property
    def organisations(self) -> Sequence[Entry]:
        """Employers to follow."""

    @property
    def people(self) -> Sequence[Entry]:
        """People to follow."""

    @property
    def keywords(self) -> Sequence[Entry]:
        """Phrases that make a text interesting."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one canonical name."""

    name: str
    kind: str
    weight: float = 1.0
    watched: bool = False
    parent: str = ""
    stands_for: str = ""

    @property
    def is_ai(self) -> bool:
        """Whether its business is AI, or the user watches it."""
        return self.watched or self.kind in AI_KINDS


@dataclass(frozen=True, slots=True)
class Watch:
    """A compiled watch: automaton, what is known of each name, languages and weights. Immutable and shared freely."""

    gazetteer: Gazetteer
    organisations: Mapping[str, Known]
    people: Mapping[str, Known]
    keywords: Mapping[str, float]
    lexicon: Lexicon
    squashed: Mapping[str, str] = field(default_factory=dict)  # letters of a name or handle in one run -> the name
    org_words: frozenset[str] = field(default_factory=frozenset)
    ordinary: Mapping[str, frozenset[str]] = field(default_factory=dict)
    forms: Mapping[str, str] = field(default_factory=dict)  # folded spelling of an organisation or person -> its name

    def canonical(self, name: str) -> str:
        """Return the name that a spelling stands for: Google DeepMind for "deepmind"; one nobody knows stays."""
        return self.forms.get(fold(name.strip()), name)


def compile_watch(lexicon: Lexicon, watchlist: Watchlist | None = None) -> Watch:
    """Return what texts are judged by; names that the lexicon knows keep its canonical form.

    Takes some 0.4 s for a lexicon, and some milliseconds for every further watchlist over it.
    """
    shipped, canonical = _shipped(lexicon)
    return shipped if watchlist is None else _Addition(shipped, canonical).of(watchlist)


@lru_cache(maxsize=4)
def _shipped(lexicon: Lexicon) -> tuple[Watch, Mapping[str, str]]:
    """Return the watch of the lexicon alone, and the folded spelling of each name that stands in it as such."""
    builder = _Builder(lexicon)
    return builder.build(), builder.canonical


class _Builder:
    """Collects the terms of a lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.terms: list[Term] = []
        self.canonical: dict[str, str] = {}
        self.organisations: dict[str, Known] = {}
        self.people: dict[str, Known] = {}
        for organisation in lexicon.organisations:
            self._organisation(organisation)
        for person in lexicon.people:
            self._person(person)
        self._surnames()
        self.terms += [Term("product", fold(p), p, form=p, capital=p[0].isupper()) for p in lexicon.products]
        for language in lexicon.languages.values():
            self.terms += _language_terms(language)

    def _organisation(self, org: Organisation) -> None:
        self.organisations[org.name] = Known(org.name, org.kind, parent=org.parent)
        plain = [form for form in (org.name, *org.aliases) if form not in org.context]
        self.terms += [_name_term("org", form, org.name, via="exact") for form in plain]
        self.terms += [_name_term("org", form, org.name, via="mangled") for form in org.mangled]
        self.terms += [
            Term("org", fold(form), org.name, form=form, capital=form[0].isupper(), cue=True) for form in org.context
        ]
        self.terms += [Term("not", fold(form), org.name) for form in org.not_]
        self.terms += _declined(self.lexicon, plain, org.name)
        for form in (org.name, *org.aliases, *org.context):
            self.canonical.setdefault(fold(form), org.name)

    def _person(self, person: Person) -> None:
        self.people[person.name] = Known(person.name, "person", stands_for=person.stands_for)
        for form in (person.name, *person.aliases):
            self.terms.append(_name_term("person", form, person.name, via="exact"))
            self.canonical.setdefault(fold(form), person.name)
        self.terms += [_name_term("person", form, person.name, via="mangled") for form in person.mangled]

    def _surnames(self) -> None:
        """Rare family names stand for their owner: Karpathy does, Wang does not."""
        owners: dict[str, list[str]] = {}
        for name in self.people:
            owners.setdefault(fold(name.split()[-1]), []).append(name)
        taken = self.lexicon.names.given | self.lexicon.languages["en"].ordinary
        for surname, names in owners.items():
            if len(names) == 1 and len(surname) >= 6 and surname not in taken and " " in names[0]:
                form = names[0].split()[-1]
                self.terms.append(Term("person", surname, names[0], form=form, capital=True, via="surname"))

    def build(self) -> Watch:
        languages = self.lexicon.languages
        return Watch(
            gazetteer=Gazetteer((term for term in self.terms if term.text), _endings(self.lexicon)),
            organisations=self.organisations,
            people=self.people,
            keywords={},
            lexicon=self.lexicon,
            forms={**_forms(self.terms), **self.canonical},
            squashed=_squashed(self.people, self.terms),
            org_words=frozenset(word for language in languages.values() for word in language.words["org_words"]),
            ordinary={code: _ordinary(language) for code, language in languages.items()},
        )


class _Addition:
    """Adds a user's names to what is shipped."""

    def __init__(self, shipped: Watch, canonical: Mapping[str, str]) -> None:
        self.shipped = shipped
        self.canonical = canonical
        self.terms: list[Term] = []
        self.organisations = dict(shipped.organisations)
        self.people = dict(shipped.people)
        self.keywords: dict[str, float] = {}

    def of(self, watchlist: Watchlist) -> Watch:
        for entry in watchlist.organisations:
            self._watch(entry, "org", self.organisations)
        for entry in watchlist.people:
            self._watch(entry, "person", self.people)
        for entry in (each for each in watchlist.keywords if each.weight):
            self.keywords[entry.name] = entry.weight
            self.terms += [_phrase("keyword", form, entry.name, "") for form in (entry.name, *entry.aliases)]
            self.terms += [Term("not", fold(form), entry.name) for form in entry.not_]
        terms = [term for term in self.terms if term.text]
        return replace(
            self.shipped,
            gazetteer=Gazetteer(terms, _endings(self.shipped.lexicon), self.shipped.gazetteer),
            organisations=self.organisations,
            people=self.people,
            keywords=self.keywords,
            forms={**self.shipped.forms, **_forms(terms), **self.canonical},
            squashed={**self.shipped.squashed, **_squashed(self.people, terms)},
        )

    def _watch(self, entry: Entry, kind: str, table: dict[str, Known]) -> None:
        name = self.canonical.get(fold(entry.name), entry.name)
        known = table.get(name) or Known(name, "watched" if kind == "org" else "person")
        table[name] = Known(name, known.kind, entry.weight, True, known.parent, known.stands_for)
        for form in (entry.name, *entry.aliases):
            if form.strip() and self.canonical.get(fold(form)) != name:
                self.terms.append(_name_term(kind, form.strip(), name, via="exact"))
                self.terms += _declined(self.shipped.lexicon, [form.strip()] if kind == "org" else [], name)
        self.terms += [Term("not", fold(form), name) for form in entry.not_]


def _declined(lexicon: Lexicon, forms: Sequence[str], name: str) -> Iterator[Term]:
    """Yield the cases in which a name changes its own end: Meta, Mety, Metę."""
    for language in lexicon.languages.values():
        for old, new in language.bent:
            for form in forms:
                if form.endswith(old) and len(form) > 3 and " " not in form:
                    bent = form[: -len(old)] + new
                    yield Term("org", fold(bent), name, language.code, form=bent, capital=True)


def _endings(lexicon: Lexicon) -> Mapping[str, frozenset[str]]:
    return {code: language.endings for code, language in lexicon.languages.items() if language.endings}


def _forms(terms: Sequence[Term]) -> dict[str, str]:
    return {term.text: term.value for term in terms if term.kind in ("org", "person")}


def _squashed(people: Iterable[str], terms: Iterable[Term]) -> dict[str, str]:
    """Return the names by their letters, and by those of their handles."""
    handles = {_run(t.text): t.value for t in terms if t.kind == "person" and t.text.startswith("@")}
    return {**handles, **{_run(name): name for name in people if " " in name}}


def _run(name: str) -> str:
    """Return the letters of a name or handle in one run."""
    return "".join(filter(str.isalpha, name.casefold()))


def _name_term(kind: str, form: str, name: str, *, via: str) -> Term:
    """Short plain names need their capital, long or oddly written ones are found in any case."""
    odd = any(c.isupper() or c.isdigit() for c in form[1:]) or not form[0].isupper()
    capital = not odd and len(form) < 8 and kind == "org"
    return Term(kind, fold(form), name, form=form, capital=capital, via=via)


def _ordinary(language: Language) -> frozenset[str]:
    """Words that no person's name contains: given ones, and every word of the phrases of the language."""
    words = set(language.ordinary | language.stopwords | language.skip)
    for phrases in (*language.words.values(), *language.status.values()):
        for phrase in phrases:
            words.update(fold(phrase).replace("'s", "").split())
    for block in language.triggers:
        for phrase in block.strong + block.weak:
            words.update(fold(phrase).replace("…", " ").split())
    words.update(word for marker in (*language.before, *language.after) for word in marker.split())
    return frozenset(words)


_KIND_OF_LIST = {
    "former": "former",
    "roles": "role",
    "people_nouns": "people",
    "numbers": "number",
    "negatives": "negative",
    "ai_terms": "ai",
    "anaphors": "anaphor",
    "first_person": "first_person",
    "programmes": "programme",
    "ai_firms": "ai_firm",
    "places": "place",
}


def _language_terms(language: Language) -> Iterator[Term]:
    for key, kind in _KIND_OF_LIST.items():
        for phrase in language.words[key]:
            yield _phrase(kind, phrase, "", language.code)
    for status, phrases in language.status.items():
        for phrase in phrases:
            yield _phrase("status", phrase, status, language.code)
    for name, words in language.sets.items():
        for word in words:
            yield _phrase("part", word, name, language.code)
    for block in language.triggers:
        yield from _trigger_terms(block, language.code)


def _trigger_terms(block: Triggers, code: str) -> Iterator[Term]:
    kind = "trigger" if block.kind in EVENTS else "flag"
    for strong, phrases in ((True, block.strong), (False, block.weak)):
        for phrase in phrases:
            yield _phrase(kind, phrase, block.kind, code, strong=strong, order=block.order)


def _phrase(kind: str, phrase: str, value: str, code: str, *, strong: bool = True, order: str = "") -> Term:
    first, _, rest = fold(phrase).partition(" … ")
    stem = first.endswith("*")
    return Term(kind, first.rstrip("*"), value, code, strong=strong, order=order, rest=rest, stem=stem)

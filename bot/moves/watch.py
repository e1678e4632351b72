"""Lexicon + watchlist -> watch: what to look for, ready to be used on any number of texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
    squashed: Mapping[str, str] = field(default_factory=dict)  # letters of a person's name in one run -> the name
    org_words: frozenset[str] = field(default_factory=frozenset)
    ordinary: Mapping[str, frozenset[str]] = field(default_factory=dict)
    forms: Mapping[str, str] = field(default_factory=dict)  # folded spelling of an organisation or person -> its name

    def canonical(self, name: str) -> str:
        """Return the name that a spelling stands for: Google DeepMind for "deepmind"; one nobody knows stays."""
        return self.forms.get(fold(name.strip()), name)


def compile_watch(lexicon: Lexicon, watchlist: Watchlist | None = None) -> Watch:
    """Return what texts are judged by, in some 0.3 s; names that the lexicon knows keep its canonical form."""
    builder = _Builder(lexicon)
    if watchlist is not None:
        builder.add(watchlist)
    return builder.build()


class _Builder:
    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.terms: list[Term] = []
        self.canonical: dict[str, str] = {}
        self.organisations: dict[str, Known] = {}
        self.people: dict[str, Known] = {}
        self.keywords: dict[str, float] = {}
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
        self._declined(plain, org.name)
        for form in (org.name, *org.aliases, *org.context):
            self.canonical.setdefault(fold(form), org.name)

    def _declined(self, forms: Sequence[str], name: str) -> None:
        """Add the cases in which a name changes its own end: Meta, Mety, Metę."""
        for language in self.lexicon.languages.values():
            for old, new in language.bent:
                self.terms += [
                    Term(
                        "org", fold(f[: -len(old)] + new), name, language.code, form=f[: -len(old)] + new, capital=True
                    )
                    for f in forms
                    if f.endswith(old) and len(f) > 3 and " " not in f
                ]

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

    def add(self, watchlist: Watchlist) -> None:
        for entry in watchlist.organisations:
            self._watch(entry, "org", self.organisations)
        for entry in watchlist.people:
            self._watch(entry, "person", self.people)
        for entry in watchlist.keywords:
            self.keywords[entry.name] = entry.weight
            self.terms += [_phrase("keyword", form, entry.name, "") for form in (entry.name, *entry.aliases)]
            self.terms += [Term("not", fold(form), entry.name) for form in entry.not_]

    def _watch(self, entry: Entry, kind: str, table: dict[str, Known]) -> None:
        name = self.canonical.get(fold(entry.name), entry.name)
        known = table.get(name) or Known(name, "watched" if kind == "org" else "person")
        table[name] = Known(name, known.kind, entry.weight, True, known.parent, known.stands_for)
        for form in (entry.name, *entry.aliases):
            if form.strip() and self.canonical.get(fold(form)) != name:
                self.terms.append(_name_term(kind, form.strip(), name, via="exact"))
                self._declined([form.strip()] if kind == "org" else [], name)
        self.terms += [Term("not", fold(form), name) for form in entry.not_]

    def build(self) -> Watch:
        languages = self.lexicon.languages
        return Watch(
            gazetteer=Gazetteer(
                (term for term in self.terms if term.text),
                {code: language.endings for code, language in languages.items() if language.endings},
            ),
            organisations=self.organisations,
            people=self.people,
            keywords=self.keywords,
            lexicon=self.lexicon,
            forms={**{t.text: t.value for t in self.terms if t.kind in ("org", "person")}, **self.canonical},
            squashed={"".join(filter(str.isalpha, name.casefold())): name for name in self.people if " " in name},
            org_words=frozenset(word for language in languages.values() for word in language.words["org_words"]),
            ordinary={code: _ordinary(language) for code, language in languages.items()},
        )


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

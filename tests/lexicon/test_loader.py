"""The loader takes words as words, and refuses what is wrong with its place: file, line or key."""

from __future__ import annotations

import pytest

from bot.errors import ConfigError
from bot.lexicon import EVENTS, FLAGS, LANGUAGES, load, parse, read_language


def test_a_word_that_yaml_takes_for_a_truth_value_stays_a_word() -> None:
    data = parse("xx.yaml", "words: [no, yes, off, 1, null, 2024-01-01]")
    assert data["words"] == ["no", "yes", "off", "1", "null", "2024-01-01"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "lang: xx\nlang: yy\n",
            ("xx.yaml", "'lang' stands twice"),
        ),  # a key of one mapping twice: the first would be lost
        ("lang: xx\nskip: [a\n", ("xx.yaml:3",)),  # broken YAML names its line
        ("- a\n- b\n", ("xx.yaml", "must be a mapping")),
        ("lang: xx\nverbs: [a]\n", ("xx.yaml", "verbs", "no known key")),
        ("lang: xx\nroles: chief\n", ("xx.yaml", "roles", "must be a list")),
        ("lang: xx\nroles: [chief, {a: b}]\n", ("xx.yaml", "roles", "must be a list")),
        ("lang: xx\nroles: [chief, '  ']\n", ("xx.yaml", "roles", "must be a list")),
        ("lang: xx\nroles: [chief, chief]\n", ("xx.yaml", "roles", "'chief' stands twice")),
        ("lang: xx\nskip: [a, b]\n", ("xx.yaml", "skip", "separated by white space")),
        ("lang: xx\ntriggers: [{class: jump, strong: [x]}]\n", ("xx.yaml", "triggers[0].class", "'jump'")),
        ("lang: xx\ntriggers: [{class: join, order: vos}]\n", ("xx.yaml", "triggers[0].order", "'vos'")),
        ("lang: xx\ntriggers: [{class: join, loud: [x]}]\n", ("xx.yaml", "triggers[0].loud", "no known key")),
        (
            "lang: xx\ntriggers: [{class: join, strong: [goes]}, {class: leave, weak: [goes]}]\n",
            ("xx.yaml", "triggers.leave", "'goes' stands under join too"),
        ),
        (
            "lang: xx\nbefore: {source: [from], goal: [from]}\n",
            ("xx.yaml", "before.goal", "'from' stands under source"),
        ),
        ("lang: xx\nbefore: {origin: [from]}\n", ("xx.yaml", "before.origin", "no known key")),
        ("lang: xx\nstatus: {likely: [maybe]}\n", ("xx.yaml", "status.likely", "no known key")),
        ("lang: xx\ntests: [{text: a, movers: []}]\n", ("xx.yaml", "tests[0].movers", "no known key")),
    ],
)
def test_a_broken_language_file_is_refused_with_its_place(text: str, said: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError) as caught:
        read_language("xx.yaml", text)
    message = str(caught.value)
    assert all(part in message for part in said), message


def test_every_language_is_there_and_english_is_whole() -> None:
    lexicon = load()
    assert tuple(lexicon.languages) == LANGUAGES
    classes = {block.kind for block in lexicon.languages["en"].triggers}
    assert classes == {*EVENTS, *FLAGS}
    assert len(lexicon.languages["en"].tests) >= 25


def test_names_are_unique_over_organisations_and_people() -> None:
    lexicon = load()
    for rows in (lexicon.organisations, lexicon.people):
        names = [row.name for row in rows]
        assert len(names) == len(set(names))


def test_whoever_stands_for_an_organisation_stands_for_a_known_one() -> None:
    lexicon = load()
    known = {row.name for row in lexicon.organisations}
    assert {p.stands_for for p in lexicon.people if p.stands_for} <= known
    assert {o.parent for o in lexicon.organisations if o.parent} <= known


def test_no_place_is_a_given_name() -> None:
    lexicon = load()
    places = {word.casefold() for language in lexicon.languages.values() for word in language.words["places"]}
    assert places
    assert not places & lexicon.names.given, "what looks like a place hides a person: Austin Reyes"


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_word_fills_two_parts_of_a_pattern_about_pay(code: str) -> None:
    language = load().languages[code]
    about_pay = [p for p in language.patterns if p.kind in ("compensation", "retention")]
    assert about_pay
    for pattern in about_pay:
        words = [w for part in pattern.parts for name in part.split("|") for w in language.sets.get(name, ())]
        assert len(words) == len(set(words)), "one amount would do for sum and for pay"

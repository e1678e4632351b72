"""Names in their cases, with elided articles and suffixes, become the names themselves."""

from __future__ import annotations

import pytest

from bot.errors import ConfigError
from bot.lexicon import Lexicon, load, read_language
from bot.moves.inflection import given_name, nominative, trim
from bot.moves.judge import compile_watch, judge


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return load()


@pytest.mark.parametrize(
    ("code", "bent", "name"),
    [
        ("ru", "Марину Белецкую", "Марина Белецкая"),  # accusative of a woman
        ("ru", "Марину Петрову", "Марина Петрова"),  # could be a man's dative: the commoner case wins
        ("ru", "Никиту Петрова", "Никита Петров"),  # a man's name in -a: the family name decides
        ("ru", "Николая Стрельцова", "Николай Стрельцов"),
        ("ru", "Семёна Крюкова", "Семён Крюков"),  # listed with е, written with ё
        ("ru", "Хорсана Бендала", "Хорсан Бендал"),  # a foreign name that no list has
        ("ru", "Анна Петрова", "Анна Петрова"),  # a nominative stays
        ("pl", "Annę Kosowską", "Anna Kosowska"),
        ("pl", "Jana Kowalskiego", "Jan Kowalski"),  # Jana is a woman's name, -skiego a man's
        ("pl", "Wiesława Drozdowskiego", "Wiesław Drozdowski"),
        ("pl", "Anna Nowak", "Anna Nowak"),
        ("it", "Anna Petrova", "Anna Petrova"),  # a language without cases touches nothing
        ("ru", "Анна", "Анна"),
    ],
)
def test_a_declined_name_is_told_in_the_nominative(lexicon: Lexicon, code: str, bent: str, name: str) -> None:
    languages = (lexicon.languages[code], lexicon.languages["en"])
    assert nominative(bent, languages, lexicon.names.given) == name


@pytest.mark.parametrize(
    ("code", "word", "name"),
    [
        ("tr", "Yılmaz'ı", "Yılmaz"),
        ("tr", "Yılmaz’ın", "Yılmaz"),
        ("fr", "d'Apolline", "Apolline"),
        ("it", "dell'Ottavia", "Ottavia"),
        ("en", "O'Brien", "O'Brien"),  # an apostrophe inside a name
        ("fr", "D'Angelo", "D'Angelo"),
        ("en", "Yılmaz'ı", "Yılmaz'ı"),  # no suffix of this language
    ],
)
def test_articles_and_suffixes_are_cut_off(lexicon: Lexicon, code: str, word: str, name: str) -> None:
    begin, end = trim(word, (lexicon.languages[code],))
    assert word[begin:end] == name


def test_a_case_form_counts_as_a_given_name(lexicon: Lexicon) -> None:
    assert given_name("ивана", (lexicon.languages["ru"],), lexicon.names.given) == "иван"
    assert given_name("ивана", (lexicon.languages["it"],), lexicon.names.given) == ""


@pytest.mark.parametrize(
    ("text", "organisation"),
    [
        ("Jadwiga Maj odchodzi z Microsoftu", "Microsoft"),  # an ending is added
        ("Jadwiga Maj odchodzi z Nvidii", "Nvidia"),  # the name changes its own end
        ("Jadwiga Maj odchodzi z OpenAI", "OpenAI"),
    ],
)
def test_a_declined_firm_is_found(lexicon: Lexicon, text: str, organisation: str) -> None:
    moves = judge(compile_watch(lexicon), text, "", "pl").moves
    assert [(move.person, move.from_org) for move in moves] == [("Jadwiga Maj", organisation)]


def test_endings_of_one_language_do_not_count_in_another(lexicon: Lexicon) -> None:
    finding = judge(compile_watch(lexicon), "The microsoftu sentence is English and hires nobody", "", "en")
    assert "Microsoft" not in finding.organisations


def test_a_rule_without_its_arrow_is_refused() -> None:
    with pytest.raises(ConfigError, match="must read ending>ending"):
        read_language("xx.yaml", "lang: xx\ncases: {he_given: а}\n")

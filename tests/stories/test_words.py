"""Numbers, shares, words and relays: what a text brings, in many languages; a reason each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.lexicon.tables import counting, pinyin, scripts, word_weights
from bot.lexicon.telling import phrases
from bot.stories.relays import relays_of, same_outlet
from bot.stories.words import jaccard, numbers_of, shares_of, words_of
from bot.text import fold


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("a package of 40 million dollars", {40e6}),
        ("worth $1.5bn over six years", {1.5e9}),  # sign and abbreviation
        ("1,5 Milliarden Euro", {1.5e9}),  # decimal comma
        ("1.200 Stellen", {1_200}),  # point of thousands
        ("15亿美元", {15e8}),
        ("300万人", {3e6}),
        ("about one billion", {1e9}),  # in words
        ("24 people", {24}),
        ("a woman of 24 years", set()),  # an age
        ("on 12 May 2026", set()),  # a date
        ("in 2026", set()),  # a year
        ("3 people", set()),  # too small to tell stories apart
    ],
)
def test_numbers(text, numbers):
    assert numbers_of(text) == numbers


def test_shares_and_vague_amounts():
    assert shares_of("a grant of two percent, or 2 %, of several million") == {"percent:2", "some:1e+06"}


@pytest.mark.parametrize(
    ("language", "text", "relays"),
    [
        ("en", "She leaves, according to the Evening Lantern.", ["Evening Lantern"]),
        ("en", "She leaves, the Evening Lantern reports.", ["Evening Lantern"]),
        ("en", "She leaves, according to Norvane AI.", []),  # a firm of the news
        ("en", "She leaves, according to people familiar with the matter.", []),  # nobody by name
        ("en", "According to Mirela Castovan the work is done.", []),  # a person of the news
        ("en", "According to Chief Executive Ruth Abelard the work is done.", []),  # a post, a first name
        ("en", "LONDON (Reuters) - She leaves for good.", ["reuters"]),  # an agency in brackets
        ("de", "Sie geht, berichtet die Abendlaterne.", ["Abendlaterne"]),
        ("fr", "Elle part, selon Le Fanal du Soir.", ["Fanal du Soir"]),
        ("es", "Se va, según El Farol.", ["Farol"]),
        ("zh", "据Evening Lantern报道，她将离职。", ["Evening Lantern报道"]),
    ],
)
def test_relays(language, text, relays):
    found = list(relays_of(text, language, skip=("Norvane AI",), people=["Mirela Castovan"]))
    assert [r.partition("报道")[0] for r in found][: len(relays)] == [r.partition("报道")[0] for r in relays]
    assert bool(found) is bool(relays)


@pytest.mark.parametrize(
    ("relayed", "outlet", "same"),
    [
        ("Evening Lantern", "The Evening Lantern", True),
        ("Lantern", "Evening Lantern", True),  # short
        ("イブニング・ランタン", "Evening Lantern", True),  # kana
        ("Evening Lantern", "Morning Post", False),
        ("", "Morning Post", False),
    ],
)
def test_a_relayed_name_is_known_in_any_script(relayed, outlet, same):
    assert same_outlet(relayed, outlet) is same


def test_words_are_whole_in_alphabets_and_pairs_where_no_spaces_are_set():
    assert set(words_of(fold("OpenAI hires Ruth's team"))) == {"openai", "hires", "ruth", "team"}
    assert set(words_of("加入公司")) == {"加入", "入公", "公司"}


@given(st.frozensets(st.text(min_size=1, max_size=8)), st.frozensets(st.text(min_size=1, max_size=8)))
def test_likeness_of_words_lies_between_none_and_all(one, other):
    assert 0 <= jaccard(one, other) <= 1
    assert jaccard(one, other) == pytest.approx(jaccard(other, one))


def test_the_shipped_tables_are_whole():
    assert all(0 < weight <= 1 for weight in word_weights().values())
    assert word_weights()["the"] < word_weights()["company"] + 0.2 < 1
    assert pinyin()["林"] == "lin"
    assert {1e3, 1e6, 1e9} <= set(counting().scales.values())
    assert len(scripts().first) == 19
    assert len(scripts().vowel) == 21
    assert len(scripts().last) == 28
    assert all(len(table) >= 2 for table in phrases().kinds.values())

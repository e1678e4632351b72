"""Flags that words of several sets make together, the language files that say which, and keywords with endings and gaps."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest

from bot.errors import ConfigError
from bot.lexicon import Lexicon, Pattern, load, read_language
from bot.moves.judge import compile_watch, judge, weigh
from tests.fakes.watchlist import Name, Names


def with_pattern(pattern: Pattern) -> Lexicon:
    """Return the shipped lexicon with English alone, which has two sets of made-up words and this one pattern."""
    lexicon = load()
    sets = MappingProxyType({"one": ("zorb", "zorb*"), "two": ("quell",), "never": ("blimp",)})
    english = replace(lexicon.languages["en"], sets=sets, patterns=(pattern,))
    return replace(lexicon, languages=MappingProxyType({"en": english}))


def flagged(pattern: Pattern, text: str) -> bool:
    weighed = weigh(compile_watch(with_pattern(pattern)), text, "", "en")
    assert weighed is not None
    return any(h.term.value == "freeze" for s in weighed.reading.sentences for h in s.of("flag"))


PLAIN = Pattern("freeze", "en", ("one", "two"), reach=12)


@pytest.mark.parametrize(
    ("pattern", "text", "made", "why"),
    [
        (PLAIN, "OpenAI zorb the quell", True, "both parts, close together"),
        (PLAIN, "OpenAI quell the zorbing", True, "in either order, with any ending of a stem"),
        (PLAIN, "OpenAI zorb the very long-winded and quell", False, "too far apart"),
        (PLAIN, "OpenAI zorb. Anthropic quell", False, "not in one sentence"),
        (PLAIN, "OpenAI zorb the zorb", False, "one part twice is not two parts"),
        (replace(PLAIN, ordered=True), "OpenAI quell the zorb", False, "an ordered pattern in the wrong order"),
        (replace(PLAIN, ordered=True), "OpenAI zorb the quell", True, "an ordered pattern in its order"),
        (replace(PLAIN, without=("never",)), "OpenAI zorb the quell, blimp", False, "a word that forbids it"),
        (replace(PLAIN, parts=("one", "@org")), "Cohere zorb", True, "a part may be any organisation"),
        (replace(PLAIN, parts=("two|one", "@people")), "OpenAI zorb engineers", True, "either of two sets, and people"),
    ],
)
def test_parts_make_a_flag_where_they_stand_together(pattern: Pattern, text: str, made: bool, why: str) -> None:
    assert flagged(pattern, text) is made, why


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("sets: {a: [x]}\npatterns: [{class: layoff, parts: [b]}]", "'b' is no set"),
        ("sets: {a: [x]}\npatterns: [{class: join, parts: [a]}]", "'join' is no class of flag"),
        ("sets: {a: [x]}\npatterns: [{class: layoff, parts: [a], reach: near}]", "reach is a number"),
        ("sets: {a: [x, x]}", "'x' stands twice"),
    ],
)
def test_a_bad_pattern_is_named(body: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_language("xx.yaml", f"lang: xx\n{body}\n")


@pytest.mark.parametrize(
    ("keyword", "title", "met", "why"),
    [
        ("orchid*", "Three orchidists meet", True, "any ending"),
        ("orchid*", "Three suborchid notes", False, "a word begins where a word begins"),
        ("orchid", "Three orchidists meet", False, "without a star the word ends"),
        ("orchid … clause", "The orchid has a new clause", True, "a gap inside one sentence"),
        ("orchid … clause", "The orchid. A clause", False, "no gap over a full stop"),
    ],
)
def test_keywords_may_have_endings_and_gaps(keyword: str, title: str, met: bool, why: str) -> None:
    watch = compile_watch(load(), Names(keywords=(Name(keyword),)))
    rules = [reason.rule for reason in judge(watch, title, "").reasons]
    weighed = weigh(watch, title, "")
    found = weighed is not None and any(s.of("keyword") for s in weighed.reading.sentences)
    assert found is met, (why, rules)

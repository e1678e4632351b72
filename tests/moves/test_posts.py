"""A post is the one taken up only where the text says so; what somebody was before is no news of where they go."""

from __future__ import annotations

import pytest

from bot.lexicon import load
from bot.moves.judge import Watch, compile_watch, judge


@pytest.fixture(scope="module")
def watch() -> Watch:
    return compile_watch(load())


@pytest.mark.parametrize(
    ("language", "text", "takes_up"),
    [
        ("en", "Anthropic has hired Mirela Castovan from OpenAI as chief scientist.", True),
        ("en", "Anthropic has named Mirela Castovan chief scientist.", True),
        ("en", "OpenAI co-founder Mirela Castovan leaves for Anthropic.", False),  # what she was
        ("en", "Anthropic hires Mirela Castovan, a researcher at OpenAI.", False),
        ("de", "Mirela Castovan wechselt als Forschungschefin von OpenAI zu Anthropic.", True),
        ("it", "Mirela Castovan passa da Anthropic a OpenAI come direttrice scientifica.", True),
        ("zh", "王小明离开OpenAI，加入Anthropic，出任首席科学家。", True),
    ],
)
def test_a_post_is_taken_up_where_the_text_says_so(watch, language, text, takes_up):
    (move, *_) = judge(watch, text, "", language).moves
    assert move.role
    assert move.takes_up is takes_up


def test_the_word_before_a_post_is_no_part_of_it(watch):
    (move,) = judge(watch, "王小明离开OpenAI，加入Anthropic，出任首席科学家。", "", "zh").moves
    assert move.role == "首席科学家"

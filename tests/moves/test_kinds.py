"""Kinds: a weighted sum of named features decides on each, and the surest is told first."""

from __future__ import annotations

import math

import pytest

from bot.errors import ConfigError
from bot.lexicon import _weights, load
from bot.model import Kind
from bot.moves.judge import Watch, compile_watch, weigh
from bot.moves.kinds import HARDLY, features_of_kinds, kinds, told_from

TEXT = "Cohere splits its research organisation into two teams"


@pytest.fixture(scope="module")
def watch() -> Watch:
    return compile_watch(load())


def odds(probability: float) -> float:
    return math.log(probability / (1 - probability))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Cohere pauses hiring", {"flag.freeze.title": 1.0}),  # a sure phrase beside a firm
        ("Kestrel pauses hiring. It builds AI.", {"flag.freeze.title": 0.4}),  # beside none that we know
        ("Ada Quill leaves Cohere", {"verb.leave": 1.0, "named": 1.0}),  # a verb in the title, and somebody
        (TEXT, {"part.rearrange": 1.0, "part.unit": 1.0}),  # words of a pattern
    ],
)
def test_what_speaks_for_kinds(watch: Watch, text: str, expected: dict[str, float]) -> None:
    title, _, body = text.partition(". ")
    weighed = weigh(watch, title, body, "en")
    assert weighed is not None
    found = features_of_kinds(weighed.reading, weighed.features, weighed.merged)
    assert {name: found.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("score", "reorg", "layoff", "hire", "told"),
    [
        (0.9, 0.25, 0.21, 0.0, (Kind.REORG, Kind.LAYOFF)),  # surest first
        (0.9, 0.21, 0.25, 0.0, (Kind.LAYOFF, Kind.REORG)),
        (0.9, 0.19, 0.0, 0.0, ()),  # too unsure
        (0.9, 0.0, 0.0, 0.25, ()),  # what is common must be surer
        (0.9, 0.0, 0.0, 0.31, (Kind.HIRE,)),
        (HARDLY - 0.01, 0.9, 0.9, 0.9, ()),  # hardly a story at all
    ],
)
def test_a_kind_is_told_from_a_probability_on(
    watch: Watch, score: float, reorg: float, layoff: float, hire: float, told: tuple[Kind, ...]
) -> None:
    weighed = weigh(watch, TEXT, "", "en")
    assert weighed is not None
    chances = {Kind.REORG: reorg, Kind.LAYOFF: layoff, Kind.HIRE: hire}
    weights = {kind: {"bias": odds(chance) if chance else -9.0} for kind, chance in chances.items()}
    assert kinds(weighed.reading, weighed.features, (), score, weights) == told


def test_what_is_common_must_be_surer() -> None:
    assert told_from(Kind.HIRE) > told_from(Kind.TREND)


@pytest.mark.parametrize("table", [{}, {"trend": {"bias": "much"}}, {"trend": "3"}])
def test_weights_of_a_kind_must_be_numbers(table: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=r"kinds\.yaml"):
        _weights(table, "trend", "kinds.yaml")

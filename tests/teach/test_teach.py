"""Teaching: what labelled rows change, when weights are refused, and what is proposed. Our own rows only."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot.commands.teaching import teach, written
from bot.config import Config
from bot.errors import ConfigError
from bot.lexicon import load, parse
from bot.model import Finding
from bot.moves.judge import compile_watch, judge
from bot.teach.fit import Sample, fit, guess
from bot.teach.lesson import Lesson, Quality, learn
from bot.teach.measure import Counts, average_precision, measure, same_person
from bot.teach.rows import Row, examples, from_file

FROZEN = tuple(row for row in examples() if row.language == "en")[:60]


def test_weights_stay_where_nothing_is_said() -> None:
    assert fit([], {"a": 1.0}, 1.0) == {}
    weights = fit([Sample({"a": 1.0}, positive=True)], {"a": 1.0, "b": 2.0}, 1000.0)
    assert weights["a"] == pytest.approx(1.0, abs=0.01)


def test_what_rows_say_moves_a_weight_their_way() -> None:
    up = fit([Sample({"a": 1.0}, positive=True)] * 20, {"a": 0.0}, 1.0)["a"]
    down = fit([Sample({"a": 1.0}, positive=False)] * 20, {"a": 0.0}, 1.0)["a"]
    assert up > 1 > -1 > down
    assert guess({"a": 1.0}, {"a": up}) > 0.8


def test_ties_count_against_average_precision() -> None:
    assert average_precision([(0.9, True), (0.9, False)]) == 0.5
    assert average_precision([(0.9, True), (0.1, False)]) == 1.0


@pytest.mark.parametrize(
    ("gold", "told", "same", "why"),
    [
        ("Ada Lindt", "Ada Lindt", True, "equal"),
        ("Lindt", "Ada Lindt", True, "a family name is a part of the whole"),
        ("Ada Lindt", "Ida Brandt", False, "another person"),
        ("Ada Lindt", "Lind", False, "half a word is no part"),
        ("早坂由梨奈", "早坂", True, "a family name, where names are written in one run"),
        ("three researchers", "3 researchers", True, "one group, counted in words and in digits"),
    ],
)
def test_names_are_compared_as_readers_would(gold: str, told: str, same: bool, why: str) -> None:
    assert same_person(gold, told) is same, why


def test_rows_that_teach_the_opposite_are_refused() -> None:
    watch = compile_watch(load())
    rows = [
        Row(f"r{i}", "en", f"OpenAI hires {name} Lindqvist from Anthropic", "", label=False)
        for i, name in enumerate(["Petra", "Olof", "Hanna", "Iris", "Nils", "Karin", "Sven", "Maja"] * 8)
    ]
    lesson = learn(watch, rows, FROZEN)
    assert lesson.loses
    assert len(lesson.changed) > 0.8 * len(rows)
    assert not learn(watch, [replace(row, label=True) for row in rows], FROZEN).loses  # what the bot says anyway


def test_a_missed_verb_is_proposed() -> None:
    row = Row("r", "en", "Ingrid Holmqvist zorbles across Anthropic", "", label=True)
    lesson = learn(compile_watch(load()), [row], FROZEN)
    assert [(p.language, p.phrase) for p in lesson.proposals] == [("en", "zorbles across")]


@pytest.mark.proof
def test_the_command_reports_and_writes_what_can_be_read_back(tmp_path: Path) -> None:
    file, out = tmp_path / "rows.jsonl", tmp_path / "scoring.yaml"
    lines = [{"id": r.id, "title": r.title, "text": r.body, "lang": r.language, "label": r.label} for r in FROZEN[:20]]
    file.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    status, report = teach(Config.model_validate({}), file, strength=50.0, out=out)
    assert status == 0
    assert any(line.startswith("  frozen  before") for line in report)
    assert set(parse("scoring.yaml", out.read_text("utf-8"))) == {"score", "move", "certainty"}
    assert "bias" in written(load().scoring.score, load().scoring)


def test_a_bad_row_is_named_by_file_line_and_key(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"id": "a", "title": "b", "label": "maybe"}\n', "utf-8")
    with pytest.raises(ConfigError) as caught:
        from_file(file)
    problem = caught.value.problems[0]
    assert (problem.line, problem.key) == (1, "label")
    assert "maybe" in problem.message


def test_weights_that_bring_noise_are_refused_though_they_find_more() -> None:
    before = Quality(Counts(right=50, wrong=1, missed=50), 0.90)
    after = Quality(Counts(right=80, wrong=8, missed=20), 0.93)
    assert after.counts.f1 > before.counts.f1
    assert Lesson({}, before, after, before, after, (), (), ()).loses
    assert not Lesson({}, before, before, before, before, (), (), ()).loses


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('{"id": "a", "title": "b", "label": ["yes"]}', "label"),
        ('{"id": "a", "title": 3, "label": "yes"}', "title"),
        ('{"id": "a", "title": "b", "label": "yes", "kinds": "hire"}', "kinds"),
        ('{"id": "a", "title": "b", "label": "yes", "kinds": ["hired"]}', "kinds"),
        ('{"id": "a", "title": "b", "label": "yes", "moves": [{"to": "c"}]}', "moves"),
        ('{"id": "a", "title": "b", "label": "yes", "moves": [{"person": "c", "status": "sure"}]}', "moves"),
        ("[]", ""),
        ("{", ""),
    ],
)
def test_what_is_wrong_with_a_row_is_said(tmp_path: Path, line: str, key: str) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"id": "x", "title": "y", "label": null}\n' + line + "\n", "utf-8")
    with pytest.raises(ConfigError) as caught:
        from_file(file)
    assert (caught.value.problems[0].line, caught.value.problems[0].key) == (2, key)


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"rows\.jsonl"):
        from_file(file)


def test_moves_that_nobody_gave_are_unknown_not_none(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(
        '{"id": "a", "title": "b", "label": "yes"}\n{"id": "c", "title": "d", "label": "no", "moves": []}', "utf-8"
    )
    assert [row.moves for row in from_file(file)] == [None, ()]


def test_a_finding_that_says_nothing_misses_everything() -> None:
    row = next(r for r in examples() if r.moves)
    figures = measure([(row, Finding("en", 0.0, (), (), (), (), ()))], lambda name: name)
    assert figures.labels.missed == 1
    assert figures.moves.missed == len(row.moves or ())


def test_flags_are_made_of_words_that_stand_together() -> None:
    watch = compile_watch(load())
    together = judge(watch, "Cohere trims a fifth of its annotation payroll", "")
    apart = judge(watch, "Cohere trims its price list for a fifth time", "")
    assert "layoff" in [k.value for k in together.kinds]
    assert "layoff" not in [k.value for k in apart.kinds]

"""Each language file carries its own examples. They all hold, and no language has an empty corner."""

from __future__ import annotations

import pytest

from bot.lexicon import EVENTS, FLAGS, LANGUAGES, Example, load
from bot.model import Finding, Move
from bot.moves.judge import Watch, compile_watch, judge

# Classes that a language has nothing for, each with its reason. Anything else that is empty fails.
EMPTY: dict[str, frozenset[str]] = {}


@pytest.fixture(scope="module")
def watch() -> Watch:
    return compile_watch(load())


def faults(example: Example, finding: Finding) -> list[str]:
    """Return what is wrong with a finding. An end that the example leaves out is not asked for."""
    found: list[str] = []
    wanted = bool(example.moves) if example.label is None else example.label
    if (finding.score >= 0.5) is not wanted:
        found.append(f"score {finding.score}")
    left = list(finding.moves)
    for person, source, goal in example.moves:
        move = next((m for m in left if m.person == person), None)
        if move is None:
            found.append(f"{person} is missing")
            continue
        left.remove(move)
        found += wrong(move, source, goal, example.status)
    found += [f"{m.person} is too much" for m in left if m.person[0].isupper()]  # groups of people may be told as well
    return found


def wrong(move: Move, source: str | None, goal: str | None, status: str) -> list[str]:
    found = []
    if source is not None and move.from_org != source:
        found.append(f"from {move.from_org}, not {source}")
    if goal is not None and move.to_org != goal:
        found.append(f"to {move.to_org}, not {goal}")
    if status and move.status != status:
        found.append(f"status {move.status}, not {status}")
    return found


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_example_of_a_language_is_read_right(code: str, watch: Watch) -> None:
    language = watch.lexicon.languages[code]
    bad = {e.text: found for e in language.tests if (found := faults(e, judge(watch, e.text, "", code)))}
    assert not bad, "\n".join(f"{text}: {', '.join(found)}" for text, found in bad.items())


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_class_of_trigger_is_empty(code: str, watch: Watch) -> None:
    language = watch.lexicon.languages[code]
    counts = dict.fromkeys((*EVENTS, *FLAGS), 0)
    for block in language.triggers:
        counts[block.kind] += len(block.strong) + len(block.weak)
    print(code, f"examples={len(language.tests)}", *(f"{kind}={count}" for kind, count in counts.items()))
    assert {kind for kind, count in counts.items() if not count} == EMPTY.get(code, frozenset())


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_language_has_examples_of_both_kinds(code: str, watch: Watch) -> None:
    tests = watch.lexicon.languages[code].tests
    assert len(tests) >= (25 if code == "en" else 18)
    assert any(not e.moves and not e.label for e in tests), "an example of what is no story"
    assert any(e.moves for e in tests), "an example of a move"

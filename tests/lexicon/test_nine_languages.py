"""Every example in the files of nine languages is read as it says; the files keep their promises."""

from __future__ import annotations

import pytest

from bot.lexicon import Example, load
from bot.moves.judge import Watch, compile_watch, judge

CODES = ("it", "de", "fr", "es", "pt", "nl", "pl", "tr", "ru")
LEXICON = load()
EXAMPLES = [(code, example) for code in CODES for example in LEXICON.languages[code].tests]


@pytest.fixture(scope="module")
def watch() -> Watch:
    return compile_watch(LEXICON)


@pytest.mark.parametrize(("code", "example"), EXAMPLES, ids=[f"{code}: {e.text[:60]}" for code, e in EXAMPLES])
def test_an_example_is_read_as_it_says(watch: Watch, code: str, example: Example) -> None:
    finding = judge(watch, example.text, "", code)
    found = {move.person: move for move in finding.moves}
    for person, source, goal in example.moves:
        assert person in found
        assert source in (None, found[person].from_org)
        assert goal in (None, found[person].to_org)
        assert example.status in ("", found[person].status.value)
    if not example.moves:
        assert not [person for person in found if person[0].isupper()]
    wanted = bool(example.moves) if example.label is None else example.label
    assert (finding.score >= 0.5) is wanted


@pytest.mark.parametrize("code", CODES)
def test_a_language_has_examples_for_and_against(code: str) -> None:
    tests = LEXICON.languages[code].tests
    assert len(tests) >= 12
    assert sum(not test.moves for test in tests) >= 4


@pytest.mark.parametrize("code", CODES)
def test_every_kind_of_trigger_has_words(code: str) -> None:
    filled = {block.kind for block in LEXICON.languages[code].triggers if block.strong}
    english = {block.kind for block in LEXICON.languages["en"].triggers if block.strong}
    assert english - filled == set()

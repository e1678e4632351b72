"""What readers said becomes rows that `teach` learns from."""

from __future__ import annotations

from datetime import timedelta

import pytest
from click.testing import CliRunner

from bot.adapters.store import SqliteStore
from bot.cli import main
from bot.model import Changes, Feedback, FeedbackKind
from bot.teach.rows import from_feedback
from tests.fakes.clock import NOON

NO, MISSED, WRONG = FeedbackKind.NOT_RELEVANT, FeedbackKind.MISSED, FeedbackKind.WRONG_FACT
SHOW = FeedbackKind.RELEVANT


def said(kind: FeedbackKind, by: str, title: str = "A title") -> Feedback:
    return Feedback(kind, "s1", "https://a.example/x", title, "Its text.", "en", 0.8, {}, by, NOON)


@pytest.mark.parametrize(
    ("given", "labels"),
    [
        ([said(NO, "U1")], [False]),
        ([said(MISSED, "U1")], [True]),
        ([said(SHOW, "U1")], [True]),  # wanted back after others had hidden it
        ([said(NO, "U1"), said(NO, "U2"), said(MISSED, "U3")], [False]),  # what most say, in one row
        ([said(NO, "U1"), said(MISSED, "U2")], []),  # evenly split
        ([said(WRONG, "U1")], []),  # says nothing of whether it belongs here
        ([said(MISSED, "U1", title="")], []),  # no feed has shown it: there is no text
    ],
)
def test_readers_words_become_labelled_rows(given, labels):
    assert [row.label for row in from_feedback(given)] == labels


@pytest.mark.parametrize(
    ("given", "against"),
    [
        ([], 0),
        ([said(NO, "U1"), said(NO, "U2"), said(MISSED, "U3"), said(WRONG, "U4")], 2),
        ([said(NO, "U1"), said(NO, "U1")], 1),  # one reader is one
        ([said(NO, "U1"), said(SHOW, "U2")], 0),
        ([said(NO, "U1"), said(SHOW, "U1")], -1),  # the last word of a reader counts
        ([said(SHOW, "U1"), said(NO, "U1")], 1),
    ],
)
def test_how_many_readers_are_against_a_story_and_for_how_long(tmp_path, given, against):
    store = SqliteStore(tmp_path / "t.db")
    for number, one in enumerate(given):
        store.hear((str(number),), Changes(feedback=one), NOON)
    assert store.against("s1") == against
    assert store.against("s1", but="U1") == sum({NO: 1, SHOW: -1}.get(one.kind, 0) for one in given if one.by != "U1")
    store.prune(NOON + timedelta(seconds=1))
    assert store.feedback() == []
    assert store.against("s1") == 0
    store.close()


def test_teach_reads_the_feedback_of_the_store(tmp_path):
    store = SqliteStore(tmp_path / "t.db")
    assert store.hear(("one",), Changes(feedback=said(WRONG, "U1")), NOON)
    store.close()
    config = tmp_path / "config.yaml"
    config.write_text(f"feeds: [https://a.example/f]\nstore: {tmp_path}/t.db\n")
    result = CliRunner().invoke(main, ["teach", "--feedback", "-c", str(config)])
    assert (result.exit_code, result.output) == (1, "t.db: no labelled row\n")
    assert CliRunner().invoke(main, ["teach"]).exit_code == 2

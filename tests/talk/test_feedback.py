"""What readers said becomes rows that `teach` learns from."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from bot.adapters.store import SqliteStore
from bot.cli import main
from bot.model import Changes, Feedback, FeedbackKind
from bot.teach.rows import from_feedback
from tests.fakes.clock import NOON

NO, MISSED, WRONG = FeedbackKind.NOT_RELEVANT, FeedbackKind.MISSED, FeedbackKind.WRONG_FACT


def said(kind: FeedbackKind, by: str, title: str = "A title") -> Feedback:
    return Feedback(kind, "s1", "https://a.example/x", title, "Its text.", "en", 0.8, {}, by, NOON)


@pytest.mark.parametrize(
    ("given", "labels"),
    [
        ([said(NO, "U1")], [False]),
        ([said(MISSED, "U1")], [True]),
        ([said(NO, "U1"), said(NO, "U2"), said(MISSED, "U3")], [False]),  # what most say, in one row
        ([said(NO, "U1"), said(MISSED, "U2")], []),  # evenly split
        ([said(WRONG, "U1")], []),  # says nothing of whether it belongs here
        ([said(MISSED, "U1", title="")], []),  # no feed has shown it: there is no text
    ],
)
def test_readers_words_become_labelled_rows(given, labels):
    assert [row.label for row in from_feedback(given)] == labels


def test_teach_reads_the_feedback_of_the_store(tmp_path):
    store = SqliteStore(tmp_path / "t.db")
    assert store.hear(("one",), Changes(feedback=said(WRONG, "U1")), NOON)
    store.close()
    config = tmp_path / "config.yaml"
    config.write_text(f"feeds: [https://a.example/f]\nstore: {tmp_path}/t.db\n")
    result = CliRunner().invoke(main, ["teach", "--feedback", "-c", str(config)])
    assert (result.exit_code, result.output) == (1, "t.db: no labelled row\n")
    assert CliRunner().invoke(main, ["teach"]).exit_code == 2

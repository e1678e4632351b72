"""Why, in the words of a reader: a row for each kind of rule."""

from __future__ import annotations

import pytest

from bot.alerts.reasons import told
from bot.model import Reason


@pytest.mark.parametrize(
    ("rule", "found", "words"),
    [
        ("move.title.ai", "Ada Ferrano: hires", "Why: “Ada Ferrano: hires” in the headline"),
        ("short.move.lead.bigtech", "joins", "Why: “joins” in the first lines"),  # short items say it the same way
        ("flag.layoff.title.ai", "lays off", "Why: layoffs: “lays off” in the headline"),
        ("event.poach", "Ada Ferrano: poaches", "Why: poaching"),
        ("ends.both", "Ada Ferrano: hires", "Why: where from and where to are both named"),
        ("person.known", "Ada Ferrano", "Why: a known name (“Ada Ferrano”)"),
        ("move.title.ai", "<!channel> *x*", None),  # never live markup
        ("bias", "", ""),  # says nothing to people
        ("no_such_rule.of.ours", "x", ""),
    ],
)
def test_a_reason_in_words(rule, found, words):
    line = told((Reason(rule, found, 1.0),))
    if words is None:
        assert "<!channel>" not in line
        assert "*x*" not in line
    else:
        assert line == words


def test_the_strongest_three_speak_and_what_speaks_against_does_not():
    reasons = [
        Reason("role", "", 0.4),
        Reason("move.title.ai", "hires", 4.8),
        Reason("ends.both", "", 0.8),
        Reason("event.poach", "", -3.0),
        Reason("person.known", "Ada", 0.6),
    ]
    assert (
        told(reasons) == "Why: “hires” in the headline · where from and where to are both named · a known name (“Ada”)"
    )


def test_every_weight_of_the_lexicon_that_speaks_for_a_story_has_words():
    """A new rule without words would leave alerts without a why."""
    from bot.lexicon import load

    silent = {"bias", "short"}  # what every text, or every short one, begins with
    scoring = load().scoring.score
    mute = [
        rule
        for rule, weight in scoring.items()
        if weight >= 2 and rule not in silent and not told((Reason(rule, "x", weight),))
    ]
    assert mute == []

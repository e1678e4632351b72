"""What a thread is told of a story that changed: in one word, by what it was and what it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.alerts import compose
from bot.model import Move, Status, StoryMove, Telling
from bot.stories.corrections import about
from tests.alerts.cases import article, finding, story
from tests.fakes.clock import NOON

TO_B = StoryMove(("Ada Ferrano",), "A", "B", "", Status.REPORTED, 0.0, "Herald")
CONFIRMED = replace(TO_B, status=Status.CONFIRMED)
DENIED = replace(TO_B, status=Status.DENIED)
TO_C = replace(TO_B, to_org="C", status=Status.CONFIRMED)


def told(*moves: StoryMove):
    return replace(story(), telling=Telling(moves=moves))


@pytest.mark.parametrize(
    ("before", "after", "word", "was"),
    [
        ((TO_B,), (CONFIRMED,), "Confirmed", "reported"),
        ((TO_B,), (DENIED,), "Denied", "reported"),
        ((DENIED,), (CONFIRMED,), "After all", "denied"),
        ((TO_B,), (DENIED, TO_C), "Corrected", "reported"),  # the same person, somewhere else
        ((DENIED, TO_C), (DENIED, TO_C), "More", ""),  # what was corrected before is no news again
        ((replace(TO_B, to_org=""),), (CONFIRMED,), "Confirmed", "reported"),  # an end was filled in as well
        ((TO_B,), (TO_B, replace(TO_B, person=("Bo Castellan",))), "More", ""),  # a further person
    ],
)
def test_what_became_of_it_in_a_word(before, after, word, was):
    assert compose._turn(told(*before), told(*after)) == word
    assert compose._was(told(*before), told(*after)) == was


@pytest.mark.parametrize(
    ("confidence", "fixed", "line"),
    [
        (0.6, {"to_org": "C", "fixed": ("to",)}, "*Ada Ferrano*: → C"),  # only what a person set: of A nobody is sure
        (0.6, {"role": "chief", "fixed": ("role",)}, ""),  # a post without a place says too little
        (0.6, {}, ""),
        (0.99, {"to_org": "C", "fixed": ("to",)}, "*Ada Ferrano*: A → C"),
    ],
)
def test_what_was_set_by_hand_makes_nothing_else_sure(confidence, fixed, line):
    found = finding(Move("Ada Ferrano", "A", "B", None, Status.REPORTED, confidence))
    message = compose.alert(
        told(replace(TO_B, **fixed)), found, article(), outlet="Herald", channel="C0ALERTS", now=NOON
    )
    lead = message.blocks[0]["text"]["text"]
    assert lead == line if line else lead.startswith("“")


def test_an_order_means_the_move_that_stands_not_the_one_it_corrects():
    assert [m.to_org for _, m in about([told(DENIED, TO_C)], "Ada Ferrano")] == ["C"]
    assert [m.to_org for _, m in about([told(DENIED)], "Ada Ferrano")] == ["B"], "where nothing else is told"

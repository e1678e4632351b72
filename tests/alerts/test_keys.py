"""Keys and fact hashes: they outlive the database in the metadata of posted messages, so they may never change."""

from __future__ import annotations

import pytest

from bot.alerts import keys
from bot.model import Message, Move, OperationKey, Status, StoryId
from tests.fakes.slack_blocks import check_metadata


def test_values_that_stand_in_channels_already_do_not_change():
    """If this fails, messages posted by earlier versions are not found any more: mend the code, not the test."""
    assert keys.operation_key(StoryId("story-1"), "C0123456789", "alert") == "6dfadffc7ba5ca6038e3548d5c06a475"
    assert keys.move_fact("David Lau", "Tesla", "OpenAI") == "b50c4367a9e7"
    assert keys.move_fact("David Lau", None, "OpenAI") == "a33ab3784ea1"
    assert keys.link_fact("https://a.example/x") == "0196f93b6f7a"
    assert keys.metadata(OperationKey("k"), ("f1", "f2")) == {
        "event_type": "talentwire_alert",
        "event_payload": {"k": "k", "v": 1, "facts": "f1 f2"},
    }


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("David Lau", "Tesla", "OpenAI"), ("DAVID LAU", "tesla", "openai"), True),  # case
        (("David Lau", "Tesla", "OpenAI"), ("Ｄavid  Lau ", "Tesla", "OpenAI"), True),  # width and spacing
        (("Jürgen Weiß", None, "xAI"), ("Ju\u0308rgen WEISS", None, "xAI"), True),  # composition; ß
        (("David Lau", "Tesla", None), ("David Lau", None, "Tesla"), False),  # from is not to
        (("David Lau", None, None), ("David", "Lau", None), False),  # parts do not run into each other
    ],
)
def test_spelling_does_not_matter_and_roles_do(one, other, same):
    assert (keys.move_fact(*one) == keys.move_fact(*other)) is same


def test_pages_differ_by_path_case_but_not_by_scheme():
    assert keys.link_fact("https://a.example/x") == keys.link_fact("http://a.example/x")
    assert keys.link_fact("https://a.example/x") != keys.link_fact("https://a.example/X")


def test_at_most_ten_facts_each_once_the_pages_first():
    moves = [Move(f"P{n}", "A", "B", None, Status.REPORTED, 0.9) for n in range(20)]
    told = keys.facts([*moves, *moves], ["https://a.example/", "http://a.example/"])
    assert len(told) == len(set(told)) == 10
    assert told[0] == keys.link_fact("https://a.example/")


def test_the_metadata_is_what_slack_documents():
    """A list of strings would not be: values are scalars, flat objects, or lists of flat objects."""
    metadata = keys.metadata(OperationKey("a" * 32), ["f" * 12] * 30)
    assert check_metadata(dict(metadata)) == metadata
    assert keys.key_of(Message("", metadata=metadata)) == "a" * 32
    assert len(str(metadata)) < 300

"""The row of buttons: what it offers, what it sends back, and that Slack takes it whatever a feed wrote."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.alerts import buttons, compose
from bot.alerts.markup import units
from bot.model import Status, StoryMove, Subject, Telling
from tests.alerts.cases import DANA, article, finding, story
from tests.alerts.test_compose import faults

DANA_MOVE = StoryMove(("Dana Whitfield",), "Example Motors", "Sample AI", "VP", Status.CONFIRMED, 0.0, "The Paper")


def told(*moves: StoryMove, source: str = "paper.example", url: str = "https://www.paper.example/a", **changes):
    about = replace(story(), telling=Telling(moves=moves), **changes)
    return compose.Told(about, finding(DANA), article(url=url), "The Paper", source)


def alert(one: compose.Told):
    return compose.alert(
        one.story,
        one.finding,
        one.article,
        outlet=one.outlet,
        channel="C1",
        now=one.story.last_seen,
        rows=buttons.rows(one),
    )


def element(message, action):
    return next((e for e in message.blocks[-1]["elements"] if e["action_id"] == action), None)


def options(message, action) -> dict[str, list[tuple[str, str]]]:
    menu = element(message, action) or {"options": []}
    groups = [(g["label"]["text"], g["options"]) for g in menu.get("option_groups", ())] or [("", menu["options"])]
    return {label: [(o["text"]["text"], o["value"]) for o in chosen] for label, chosen in groups}


def test_the_row_offers_six_things_in_order():
    message = alert(told(DANA_MOVE))
    assert [e["action_id"] for e in message.blocks[-1]["elements"]] == [
        "open", "not_relevant", "wrong_fact", "mute", "follow", "why",
    ]  # fmt: skip
    assert buttons.story_of(message.blocks[-1]["block_id"]) == "s1"


def test_a_mute_names_source_organisations_people_and_story_for_three_periods():
    shown = options(alert(told(DANA_MOVE, source="p.ex")), buttons.MUTE)
    assert list(shown) == ["p.ex", "Example Motors", "Dana Whitfield", "This story"]
    assert [words for words, _ in shown["Example Motors"]] == ["a day", "a week", "for good"]
    assert shown["Example Motors"][1][1] == f"o:{buttons.hashed('Example Motors')}:w"


def test_the_facts_that_may_be_wrong_are_those_that_are_told():
    shown = options(alert(told(replace(DANA_MOVE, from_org=""))), buttons.WRONG)
    assert [words for words, _ in shown[""]] == ["not Dana Whitfield", "not to Sample AI", "told here before"]


def test_the_facts_of_several_movers_stand_under_their_names():
    found = next(row for row in buttons.rows(told(DANA_MOVE, replace(DANA_MOVE, person=("Li Na",)))))
    (menu,) = (e for e in found["elements"] if e["action_id"] == buttons.WRONG)
    assert [g["label"]["text"] for g in menu["option_groups"]] == ["Dana Whitfield", "Li Na", "The message"]


@pytest.mark.parametrize(
    ("url", "opens"),
    [
        ("https://www.paper.example/a?b=1&c=2", "https://www.paper.example/a?b=1&c=2"),
        ("javascript:alert(1)", None),
        ("http://127.0.0.1:8080/a", None),  # an inner network is shown, never opened
    ],
)
def test_open_leads_to_the_article_or_nowhere(url, opens):
    found = element(alert(told(url=url)), buttons.OPEN)
    assert (found and found["url"]) == opens


HOSTILE = {
    "mention": "<!channel> <@U0BOSS>",
    "link": "<https://evil.example|openai.com>",
    "markup": "*bold* _it_ ~no~ `code`",
    "bidi": "\u202eevil\u202c \u2066x\u2069",
    "zero width": "A\u200bd\u200da \ufeff",
    "emoji code": ":rotating_light: :skull:",
    "line breaks": "a\nb\r\nc\u2028d",
    "nothing": "\u200b",
    "astral": "😀" * 400,
    "long": "x" * 100_000,
    "quotes": '"}],"value":"evil',
    "colons": "person:00000000:good",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_that_a_feed_wrote_gets_into_a_value_or_breaks_the_row(name):
    text = HOSTILE[name]
    move = replace(DANA_MOVE, person=(text,), from_org=text + "1", to_org=text + "2")
    message = alert(told(move, source=text, people=(text,), organisations=(text,)))
    assert faults(message) == []
    for action in (buttons.MUTE, buttons.WRONG):
        for label, rows in options(message, action).items():
            assert not re.search("[\u0000-\u001f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]", label)
            assert all(re.fullmatch(r"[a-z]+:[0-9a-f]{8}:[a-z]+|[0-9a-f]{8}:[a-z]+|duplicate", v) for _, v in rows)
    assert ":skull:" not in json.dumps(message.blocks[-1])


NAMES = st.text(max_size=120) | st.builds(lambda t: t * 200, st.text(min_size=1, max_size=3))


@settings(max_examples=40, deadline=None)
@given(people=st.lists(NAMES, max_size=6), organisations=st.lists(NAMES, max_size=6), source=NAMES)
def test_any_names_give_an_alert_of_at_most_three_thousand_characters(people, organisations, source):
    moves = tuple(replace(DANA_MOVE, person=(p,), from_org=p, to_org=source) for p in people if p)
    one = told(*moves, source=source, people=tuple(people), organisations=tuple(organisations))
    message = alert(one)
    assert faults(message) == []
    assert units(json.dumps(message.blocks, ensure_ascii=False)) <= 3_000


def test_what_may_be_muted_is_found_again_by_its_hash():
    one = told(DANA_MOVE).story
    known = {buttons.hashed(name): (subject, name) for subject, name in buttons.mutable(one, "paper.example")}
    assert known[buttons.hashed("DANA whitfield")] == (Subject.PERSON, "Dana Whitfield")
    assert len(known) == 5

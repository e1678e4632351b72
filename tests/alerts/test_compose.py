"""Stories into messages: the fact where we are sure, the quoted headline where not, always within Slack's limits.

The payloads of the table stand in golden/, to be read; `UPDATE_GOLDEN=1 pytest tests/alerts` writes them anew.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.alerts import buttons, compose, keys
from bot.alerts.markup import units
from bot.model import Finding, Kind, Move, Reason, Source, Span, Status, StoryId
from tests.alerts import golden
from tests.alerts.cases import (
    CASES,
    DANA,
    alert,
    article,
    finding,
    shown,
    story,
    telling_of,
    told,
)
from tests.fakes.clock import NOON
from tests.fakes.slack_blocks import LIMITS, BlockChecker, check_metadata, lint_message


def markups(message) -> list[str]:
    return [b["text"]["text"] if "text" in b else b["elements"][0]["text"] for b in message.blocks]


def faults(message) -> list:
    """Everything the strict checker finds wrong."""
    blocks = json.loads(json.dumps(message.blocks))
    check_metadata(dict(message.metadata))
    arguments = {"text": message.text}
    found = BlockChecker("message", {}).blocks(blocks) + lint_message(arguments, blocks)
    size = units(json.dumps(blocks, ensure_ascii=False))
    return found + ([f"{size} units of blocks"] if size > LIMITS["blocks_json"] else [])


@pytest.mark.parametrize("name", CASES)
def test_the_message_is_the_golden_one_and_slack_would_take_it(name):
    message = CASES[name]()
    assert faults(message) == []
    assert units(json.dumps(message.blocks, ensure_ascii=False)) <= 3_000 or name == "missed"
    assert golden.path(name).read_text(encoding="utf-8") == golden.written(message)


def test_every_golden_payload_has_its_case():
    assert {path.stem for path in golden.FOLDER.glob("*.json")} == set(CASES)
    assert len(CASES) >= 30


def lead_of(*moves: Move) -> str:
    return markups(alert(finding(*moves)))[0]


HOUSE = replace(DANA, role=None)


@pytest.mark.parametrize(
    ("moves", "line"),
    [
        ((DANA,), "*Dana Whitfield*: Example Motors → Sample AI · VP engineering"),
        ((replace(DANA, confidence=0.94),), "“Dana Whitfield joins Sample AI” — The Paper"),
        ((replace(DANA, takes_up=False),), "*Dana Whitfield*: Example Motors → Sample AI"),  # a post that she had
        (
            (DANA, replace(HOUSE, person="Li Na", from_org="Other Lab")),
            "• *Dana Whitfield*: Example Motors → Sample AI · VP engineering\n• *Li Na*: Other Lab → Sample AI",
        ),
        ((HOUSE, replace(HOUSE, person="Li Na")), "*Dana Whitfield*, *Li Na*: Example Motors → Sample AI"),
        ((HOUSE, replace(HOUSE, person="Li Na", confidence=0.6)), "*Dana Whitfield*: Example Motors → Sample AI"),
        ((replace(HOUSE, from_org=None),), "*Dana Whitfield*: → Sample AI"),
        ((replace(HOUSE, to_org=None),), "*Dana Whitfield*: Example Motors → ?"),
        ((replace(DANA, from_org="Sample AI"),), "*Dana Whitfield*: Sample AI · VP engineering"),
        ((replace(HOUSE, status=Status.RUMOURED),), "*Dana Whitfield*: Example Motors → Sample AI (rumoured)"),
        ((replace(HOUSE, status=Status.DENIED),), "“Dana Whitfield joins Sample AI” — The Paper"),
        # from right to left, in a line of ours that is not
        ((replace(HOUSE, person="נועה"),), "\u200e*\u2068נועה\u2069*: Example Motors → Sample AI"),
    ],
)
def test_the_first_line(moves, line):
    assert lead_of(*moves) == line


@pytest.mark.parametrize(
    ("kinds", "line"),
    [
        ((Kind.TREND,), "“They were told on Thursday.” — The Paper"),  # what the article claims, not its subject
        ((Kind.COMPENSATION, Kind.LAYOFF), "“They were told on Thursday.” — The Paper"),
        ((Kind.LAYOFF, Kind.TREND), "“Brain swap” — The Paper"),  # what a story is about comes first
    ],
)
def test_a_trend_or_pay_story_is_told_by_the_sentence_that_makes_its_claim(kinds, line):
    message = shown(told("Brain swap", "They were told on Thursday.", kinds=kinds))
    assert markups(message)[0] == line


def test_what_stands_before_a_sentence_and_loose_spaces_are_not_quoted():
    message = shown(told("Brain swap", "(Score: 20, Comments: 5): Lamp AI , a lab , hires .", kinds=(Kind.TREND,)))
    assert markups(message)[0] == "“Lamp AI, a lab, hires.” — The Paper"


def test_the_text_alone_says_who_from_to_status_outlet_and_link():
    # in words: what reads aloud skips an arrow, or spells it out
    assert alert(finding(DANA)).text == (
        "Dana Whitfield: from Example Motors to Sample AI, VP engineering (confirmed) — The Paper · "
        "<https://www.paper.example/a|paper.example>"
    )


def test_the_context_names_status_outlet_host_age_language_and_what_was_read():
    context = markups(
        alert(finding(DANA, language="pt-br"), article(source=Source.SUMMARY, note="wall"), outlet="The Paper")
    )[-2]
    assert context.split(" · ") == [
        "confirmed",
        "The Paper",
        "<https://www.paper.example/a|paper.example>",
        "<!date^1782906780^{date_short_pretty} {time}|2026-07-01 11:53 UTC>",
        "in Portuguese",
        "from the feed's text: page behind a wall",
    ]


def test_a_date_in_the_future_is_not_believed():
    context = markups(alert(finding(DANA), article(published_at=NOON + timedelta(days=3))))[-2]
    assert "2026-07-01 12:00 UTC" in context


def test_an_outlet_that_is_the_host_is_not_said_twice():
    assert markups(alert(finding(DANA), outlet="paper.example"))[-2].count("paper.example>") == 1
    assert " · paper.example · " not in markups(alert(finding(DANA), outlet="paper.example"))[-2]


def test_quotes_are_whole_sentences_up_to_four_hundred_characters():
    long, short = "A" + " bb" * 132 + " end.", "Short one."
    body = f"{long} {short} Third sentence of it."
    told = article(body=body)
    found = finding(DANA, text=told.text, evidence=3)
    assert markups(alert(found, told))[1] == "> Short one. Third sentence of it."
    only_long = replace(found, evidence=found.evidence[:1])
    cut = markups(alert(only_long, told))[1]
    assert cut.endswith("…")
    assert len(cut) <= 402


def test_the_headline_is_not_quoted_twice():
    told = article()
    title_only = replace(finding(), evidence=(Span(0, 20),))
    assert len(alert(title_only, told).blocks) == 3  # headline, context, why
    assert len(alert(replace(title_only, moves=(DANA,)), told).blocks) == 4  # with a fact above, it is evidence


def test_metadata_finds_the_message_again():
    message = alert(finding(DANA))
    assert keys.key_of(message) == keys.operation_key(StoryId("s1"), "C1", "alert")
    facts = message.metadata["event_payload"]["facts"].split()
    assert keys.move_fact("dana whitfield", "Example motors", "SAMPLE AI") in facts
    assert keys.link_fact("https://paper.example/a") in facts
    assert compose.plain(message).metadata == message.metadata


def test_missed_tells_five_and_its_key_does_not_depend_on_their_order():
    items = [compose.Told(replace(story(), id=StoryId(f"s{n}")), finding(DANA), article(), "P") for n in range(5)]
    one = compose.missed(items, now=NOON, hours=48, channel="C1")
    other = compose.missed(items[::-1], now=NOON, hours=48, channel="C1")
    assert keys.key_of(one) == keys.key_of(other)
    assert len(compose.missed([*items, *items], now=NOON, hours=48, channel="C1").blocks) == 1 + 5


ANY = st.text(max_size=200)
LONG = st.one_of(ANY, st.builds(lambda t, n: t * n, st.text(min_size=1, max_size=4), st.integers(1, 1_000)))
URLS = st.one_of(LONG, LONG.map(lambda t: f"https://a.example/{t}"))
MOVES = st.builds(
    Move, LONG, st.none() | LONG, st.none() | LONG, st.none() | LONG, st.sampled_from(Status), st.floats(0, 1)
)


def test_a_hundred_thousand_characters_everywhere_are_cut():
    long = "<&*王😀 " * 20_000
    told = article(long, long, f"https://a.example/{long}", note=long)
    found = finding(replace(DANA, person=long, role=long), text="x", reasons=(Reason(long, long, 1.0),), language=long)
    message = alert(found, told, long)
    assert faults(message) == []
    assert units(json.dumps(message.blocks, ensure_ascii=False)) <= 3_000


@settings(max_examples=40, deadline=None)
@given(
    title=LONG,
    body=LONG,
    url=URLS,
    outlet=LONG,
    moves=st.lists(MOVES, max_size=8),
    kinds=st.lists(st.sampled_from(Kind), max_size=13),
    reasons=st.lists(st.builds(Reason, LONG, LONG, st.floats(-5, 5)), max_size=5),
    spans=st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), max_size=5),
    language=ANY,
    note=LONG,
)
def test_any_text_of_any_length_gives_a_message_slack_takes(
    title, body, url, outlet, moves, kinds, reasons, spans, language, note
):
    told = article(title, body, url, note=note)
    size = len(told.text)
    evidence = tuple(Span(min(a, b, size), min(max(a, b), size)) for a, b in spans)
    found = Finding(language, 0.9, tuple(kinds), tuple(moves), (), (), tuple(reasons), evidence)
    one = compose.Told(replace(story(), headline=title, url=url), found, told, outlet, source=outlet)
    message = alert(found, told, outlet, sure=0.5, rows=buttons.rows(one) if len(moves) % 2 else ())
    assert faults(message) == []
    assert units(json.dumps(message.blocks, ensure_ascii=False)) <= 3_000
    assert faults(compose.plain(message)) == []
    items = [compose.Told(story(), found, told, outlet)] * 5
    assert faults(compose.missed(items, now=NOON, hours=48, channel="C1")) == []


def test_where_sources_disagree_is_said_with_who_says_what():
    telling = telling_of(DANA, sources=2)
    disputed = ("when: 2026-07 (says The Paper) or 2026-06 (says <!channel>)",)
    known = replace(telling, moves=(replace(telling.moves[0], disputed=disputed), *telling.moves[1:]))
    message = compose.alert(
        replace(story(), telling=known), finding(DANA), article(), outlet="The Paper", channel="C1", now=NOON
    )
    said = "Sources disagree on when: 2026-07 (says The Paper) or 2026-06 (says &lt;!channel&gt;)"
    assert said in "\n".join(markups(message))
    by_hand = replace(known, moves=(replace(known.moves[0], fixed=("to",)), *known.moves[1:]))
    message = compose.alert(
        replace(story(), telling=by_hand), finding(DANA), article(), outlet="The Paper", channel="C1", now=NOON
    )
    assert "disagree" not in "\n".join(markups(message)), "a person settled it"

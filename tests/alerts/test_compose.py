"""Stories into messages: the fact where we are sure, the quoted headline where not, always within Slack's limits.

The payloads of the table stand in golden/, to be read; `UPDATE_GOLDEN=1 pytest tests/alerts` writes them anew.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.alerts import buttons, compose, keys
from bot.alerts.markup import units
from bot.model import (
    Article,
    Entry,
    EntryId,
    Finding,
    Kind,
    Move,
    Reason,
    Source,
    Span,
    Status,
    Story,
    StoryId,
    StoryMove,
    Telling,
)
from bot.text import sentences
from tests.fakes.clock import NOON
from tests.fakes.slack_blocks import LIMITS, BlockChecker, check_metadata, lint_message

GOLDEN = Path(__file__).parent / "golden"
BODY = (
    "Dana Whitfield, who led driver assistance at Example Motors, is joining Sample AI. "
    "She starts on Monday and reports to the chief scientist. The company confirmed the move. "
    "Shares did not move. Nobody else is leaving."
)
MOVE = StoryMove(("Dana Whitfield",), "Example Motors", "Sample AI", "", Status.CONFIRMED, 0.0, "The Paper")
DANA = Move("Dana Whitfield", "Example Motors", "Sample AI", "VP engineering", Status.CONFIRMED, 0.98)


def article(title="Dana Whitfield joins Sample AI", body=BODY, url="https://www.paper.example/a", **changes) -> Article:
    published = changes.pop("published_at", NOON - timedelta(minutes=7))
    entry = Entry(EntryId("e1"), "https://paper.example/rss", "1", "h", url, title, "", "en", published, NOON)
    return replace(Article(entry, title, body, "en", Source.PAGE), **changes)


def finding(*moves: Move, text: str = "", evidence: int = 1, **changes) -> Finding:
    spans = tuple(sentences(text or article().text)[1 : 1 + evidence])
    reasons = (
        Reason("move.title.ai", "is joining", 2.1),
        Reason("org.title", "Sample AI", 1.2),
        Reason("past", "", -0.5),
    )
    return replace(Finding("en", 0.97, (Kind.HIRE,), moves, (), (), reasons, spans), **changes)


def story(url="https://paper.example/a") -> Story:
    return Story(StoryId("s1"), "Headline of the story", url, NOON, NOON, (), (), (Kind.HIRE,), 0.97)


def alert(found: Finding, told: Article | None = None, outlet: str = "The Paper", **options):
    return compose.alert(story(), found, told or article(), outlet=outlet, channel="C1", now=NOON, **options)


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


CASES = {
    # a sure move is told as a fact
    "one_mover": lambda: alert(finding(DANA)),
    # below the threshold nothing is claimed: the headline is quoted, with who wrote it
    "not_sure": lambda: alert(finding(replace(DANA, confidence=0.94))),
    # one line each where they go different ways
    "two_ways": lambda: alert(finding(DANA, replace(DANA, person="Li Na", from_org="Other Lab", role=None))),
    # who share the way share the line
    "same_way": lambda: alert(finding(DANA, replace(DANA, person="Li Na"), replace(DANA, person="Ana Cruz"))),
    # a doubtful one among sure ones is left out
    "one_of_two_sure": lambda: alert(finding(DANA, replace(DANA, person="Li Na", confidence=0.6))),
    "only_to": lambda: alert(finding(replace(DANA, from_org=None))),
    "only_from": lambda: alert(finding(replace(DANA, to_org=None, role=None), kinds=(Kind.DEPARTURE,))),
    # a new role in the same house is no journey
    "promoted": lambda: alert(finding(replace(DANA, from_org="Sample AI"), kinds=(Kind.APPOINTMENT,))),
    # a rumour says so on the first line, which is all that a notification shows
    "rumoured": lambda: alert(finding(replace(DANA, status=Status.RUMOURED))),
    # a move that is denied is no fact
    "denied": lambda: alert(finding(replace(DANA, status=Status.DENIED))),
    # a story without movers
    "layoff": lambda: alert(
        finding(kinds=(Kind.LAYOFF, Kind.REORG)), article("Sample AI lets go of a third of its recruiters")
    ),
    # another language: its mark, its own words
    "italian": lambda: alert(
        finding(DANA, text="Titolo\n\nDana Whitfield passa a Sample AI. Comincia lunedì.", evidence=2, language="it"),
        article("Titolo", "Dana Whitfield passa a Sample AI. Comincia lunedì.", language="it"),
    ),
    "chinese": lambda: alert(
        finding(
            replace(DANA, person="王小明", from_org="甲公司", to_org="乙实验室", role="副总裁"),
            text="标题\n\n王小明离开甲公司，加入乙实验室。他周一上任。",
            language="zh-hans",
        ),
        article("标题", "王小明离开甲公司，加入乙实验室。他周一上任。", url="https://新闻.example/a"),
    ),
    # the page could not be read
    "behind_a_wall": lambda: alert(finding(DANA), article(source=Source.SUMMARY, note="wall")),
    # what the feed wrote tries everything
    "hostile": lambda: alert(
        finding(text="x"),
        article(
            "<!channel> *URGENT* <https://evil.example|openai.com> \u202e:red_circle: & more",
            url="https://evil.example/x|openai.com>",
        ),
        outlet="openai.com <@U1>",
    ),
    # no link that could be followed: the outlet alone
    "no_link": lambda: alert(finding(DANA), article(url="javascript:alert(1)")),
    # an inner address is shown, not linked
    "inner_link": lambda: alert(finding(DANA), article(url="http://127.0.0.1:8080/a")),
    # three sentences at most, in the order of the article
    "three_sentences": lambda: alert(finding(DANA, evidence=5)),
    "missed": lambda: compose.missed(
        [compose.Told(replace(story(), id=StoryId(f"s{n}")), finding(DANA), article(), "The Paper") for n in range(7)],
        now=NOON,
        hours=48,
        channel="C1",
    ),
    "missed_nothing": lambda: compose.missed([], now=NOON, hours=48, channel="C1"),
    # with what readers may answer, where somebody listens
    "buttons": lambda: buttons.added(
        alert(finding(DANA)),
        compose.Told(replace(story(), telling=Telling(moves=(MOVE,))), finding(DANA), article(), "", "paper.example"),
    ),
    "plain": lambda: compose.plain(CASES["two_ways"]()),
}


@pytest.mark.parametrize("name", CASES)
def test_the_message_is_the_golden_one_and_slack_would_take_it(name):
    message = CASES[name]()
    assert faults(message) == []
    shown = {"text": message.text, "blocks": message.blocks, "metadata": message.metadata}
    written = json.dumps(shown, ensure_ascii=False, indent=2) + "\n"
    path = GOLDEN / f"{name}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(written, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == written


def test_every_golden_payload_has_its_case():
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(CASES)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("one_mover", "*Dana Whitfield*: Example Motors → Sample AI · VP engineering"),
        ("not_sure", "“Dana Whitfield joins Sample AI” — The Paper"),
        (
            "two_ways",
            "• *Dana Whitfield*: Example Motors → Sample AI · VP engineering\n• *Li Na*: Other Lab → Sample AI",
        ),
        ("same_way", "*Dana Whitfield*, *Li Na*, *Ana Cruz*: Example Motors → Sample AI · VP engineering"),
        ("one_of_two_sure", "*Dana Whitfield*: Example Motors → Sample AI · VP engineering"),
        ("only_to", "*Dana Whitfield*: → Sample AI · VP engineering"),
        ("only_from", "*Dana Whitfield*: Example Motors → ?"),
        ("promoted", "*Dana Whitfield*: Sample AI · VP engineering"),
        ("rumoured", "*Dana Whitfield*: Example Motors → Sample AI · VP engineering (rumoured)"),
        ("denied", "“Dana Whitfield joins Sample AI” — The Paper"),
    ],
)
def test_the_first_line(name, line):
    assert markups(CASES[name]())[0] == line


def test_the_text_alone_says_who_from_to_status_outlet_and_link():
    assert CASES["one_mover"]().text == (
        "Dana Whitfield: Example Motors → Sample AI · VP engineering (confirmed) — The Paper · "
        "<https://www.paper.example/a|paper.example>"
    )


def test_the_context_names_status_kind_outlet_host_age_language_and_what_was_read():
    context = markups(
        alert(finding(DANA, language="pt-br"), article(source=Source.SUMMARY, note="wall"), outlet="The Paper")
    )[-2]
    assert context.split(" · ") == [
        "confirmed",
        "hire",
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
    long, short = "A" + "b" * 395 + " end.", "Short one."
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
    message = CASES["one_mover"]()
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
    assert len(CASES["missed"]().blocks) == 1 + 5


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
    message = alert(found, told, outlet, sure=0.5)
    assert faults(message) == []
    assert units(json.dumps(message.blocks, ensure_ascii=False)) <= 3_000
    assert faults(compose.plain(message)) == []
    items = [compose.Told(story(), found, told, outlet)] * 5
    assert faults(compose.missed(items, now=NOON, hours=48, channel="C1")) == []

"""What a terminal shows is the very message that Slack would get, as text that cannot drive the terminal."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.terminal import TerminalNotifier, columns, render
from bot.model import Message, Operation, OperationKey, StoryId, Verb
from tests.fakes.clock import NOON

LINK = "<https://www.a.example/x?a=1&amp;b=2|a.example>"


def section(markup: str) -> dict:
    return {"type": "section", "text": {"type": "mrkdwn", "text": markup}}


def context(markup: str) -> dict:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": markup}]}


MESSAGE = Message(
    "fallback",
    (section("*Dana*: A &amp; B → C"), section("> She starts on Monday."), context(f"confirmed · {LINK} · in Italian")),
)


def operation(message: Message = MESSAGE, verb: Verb = Verb.POST) -> Operation:
    return Operation(OperationKey("k"), "C1", verb, StoryId("s"), message, NOON, NOON)


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_blocks_are_drawn_as_text():
    assert render(MESSAGE) == (
        "● Dana: A & B → C\n  │ She starts on Monday.\n  confirmed · https://www.a.example/x?a=1&b=2 · in Italian"
    )


def test_a_message_without_blocks_is_drawn_from_its_text():
    assert render(Message(f"Dana: A → C — {LINK}")) == "Dana: A → C — https://www.a.example/x?a=1&b=2"


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        ("<!date^1782907500^{date_short_pretty} {time}|2026-07-01 12:05 UTC>", "2026-07-01 12:05 UTC"),
        ("<https://e.example/x|a.example>", "a.example (https://e.example/x)"),  # a label never hides the address
        ("&lt;!channel&gt; &amp;lt;", "<!channel> &lt;"),  # unescaped once
        ("a\x1b[2Jb\x1b]0;title\x07c\x9bd\x08", "a[2Jb]0;titlecd"),  # nothing drives the terminal
        ("a\u202eb\u200bc\td", "abcd"),  # nothing is turned round or hidden
        ("5*3*2", "5*3*2"),
    ],
)
def test_markup_becomes_plain_words(markup, shown):
    assert render(Message("", (section(markup),))) == f"● {shown}"


@pytest.mark.parametrize(
    ("stream", "no_color", "colored"),
    [
        (Tty(), None, True),
        (Tty(), "1", False),  # no-color.org
        (Tty(), "", True),  # set, but empty: as if it were not
        (io.StringIO(), None, False),  # a file or a pipe
    ],
)
def test_colours_only_on_a_terminal_that_wants_them(monkeypatch, stream, no_color, colored):
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_color is not None:
        monkeypatch.setenv("NO_COLOR", no_color)
    TerminalNotifier(stream).apply(operation())
    assert ("\x1b[1mDana\x1b[0m" in stream.getvalue()) is colored
    assert ("\x1b" in stream.getvalue()) is colored


@pytest.mark.parametrize(
    ("verb", "start"),
    [(Verb.POST, "● Dana"), (Verb.UPDATE, "● (changed) Dana"), (Verb.REPLY, "● ↳ Dana")],
)
def test_what_is_no_new_message_says_so(verb, start):
    stream = io.StringIO()
    TerminalNotifier(stream).apply(operation(verb=verb))
    assert stream.getvalue().startswith(start)


def test_a_terminal_that_cannot_show_all_letters_gets_what_it_can():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    TerminalNotifier(stream).apply(operation())
    assert b"Dana: A & B ? C" in raw.getvalue()


TEXTS = st.text(alphabet=st.one_of(st.sampled_from(" \n王小明가*<>|&\x1b\u0301😀"), st.characters()), max_size=200)


@given(text=TEXTS, width=st.integers(20, 120))
def test_no_line_is_wider_than_the_terminal_and_no_control_character_comes_through(text, width):
    for kind in (section, context):
        drawn = render(Message("", (kind(text),)), width=width)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", drawn)
        for line in drawn.split("\n"):
            assert columns(line) <= width or len(line.split()) <= 2  # one word that does not break


def test_wide_characters_break_anywhere_and_count_twice():
    lines = render(Message("", (section("王" * 30),)), width=22).split("\n")
    assert [columns(line) for line in lines] == [22, 22, 22]


def test_the_columns_of_a_table_stand_below_each_other():
    rows = [("Firm", "won"), ("甲公司", "12"), ("A", "3")]
    table = {"type": "table", "rows": [[{"type": "raw_text", "text": cell} for cell in row] for row in rows]}
    drawn = render(Message("fallback", (section("Week"), table)))
    assert drawn.splitlines() == ["● Week", "  Firm    won", "  甲公司   12", "  A         3"]

"""Feed text in mrkdwn: it can neither ping, nor link, nor format, nor hide."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts import markup
from tests.fakes.slack_blocks import lint_text

HOSTILE = st.text(alphabet=st.one_of(st.sampled_from("<>&|*_~`!@#^:.\n \u202e\u200b"), st.characters()), max_size=400)
BITS = st.sampled_from(
    ["<!channel>", "<@U123>", "<https://e.example|openai.com>", "&amp;", "&lt;", "*b*", ":red_circle:"]
)
TEXTS = st.one_of(HOSTILE, st.lists(st.one_of(BITS, HOSTILE), max_size=8).map("".join))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("AT&T <b>hires</b>", "AT&amp;T &lt;b&gt;hires&lt;/b&gt;"),  # escaped once
        ("&lt;!channel&gt;", "&amp;lt;!channel&amp;gt;"),  # what looks escaped already is text too
        ("<!channel> <@U123> <#C1>", "&lt;!channel&gt; &lt;@U123&gt; &lt;#C1&gt;"),  # no ping
        ("*bold* _it_ ~s~ `c`", "∗bold∗ ˍitˍ ∼s∼ 'c'"),  # no formatting
        ("sam_altman and 5*3", "sam_altman and 5*3"),  # inside a word nothing formats
        (":rotating_light: 10:30:45", "∶rotating_light: 10∶30:45"),  # no picture; a time reads the same
        ("a\n\n> b\u202e\u200bc", "a &gt; bc"),  # one line; nothing hidden, nothing turned round
        ("z" + "\u0301" * 50, "ź\u0301\u0301\u0301"),  # piled marks would cover the lines above
    ],
)
def test_feed_text_is_text(text, shown):
    assert markup.escape(text, limit=200) == shown


@given(text=TEXTS, limit=st.integers(2, 300))
def test_escaping_leaves_no_live_mention_link_or_formatting(text, limit):
    escaped = markup.escape(text, limit=limit)
    assert lint_text(escaped, "") == []
    assert not re.search(r"[<>\n`]|(?<![^\W_])[*_~]|[*_~](?![^\W_])", escaped)
    assert markup.units(escaped) <= limit


@given(text=TEXTS)
def test_escaping_reads_as_the_text_did(text):
    """Unescaped, every letter and digit is still there, in order."""
    escaped = markup.escape(text, limit=5_000).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    kept = [c for c in markup.one_line(text) if c.isalnum() and c != "ˍ"]  # stands for the underscore
    assert [c for c in escaped if c.isalnum() and c != "ˍ"] == kept


@given(limit=st.integers(1, 120), bits=st.lists(st.one_of(BITS, st.just("&gt; "), st.just("😀"))))
def test_a_cut_never_goes_through_an_entity_or_a_link(limit, bits):
    safe = " <https://a.example/|a.example> ".join(markup.escape(bit, limit=100) for bit in bits)
    short = markup.shorten(safe, limit)
    assert lint_text(short, "") == []
    assert markup.units(short) <= limit


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ("https://www.a.example/x?a=1&b=2", "<https://www.a.example/x?a=1&amp;b=2|a.example>"),
        ("http://a.example:8080/", "<http://a.example:8080/|a.example:8080>"),  # a port that is not the usual one shows
        ("https://a.example/x|y>z<w q", "<https://a.example/x%7Cy%3Ez%3Cw%20q|a.example>"),  # cannot end the link early
        ("https://a.example/%E2%80%AE", "<https://a.example/%E2%80%AE|a.example>"),
        ("https://оpenai.com/", "<https://xn--penai-iye.com/|xn--penai-iye.com>"),  # Cyrillic о: shows what it is
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("file:///etc/passwd", ""),
        ("tag:a.example,2026:1", ""),
        ("https://openai.com@e.example/", ""),  # a user that looks like a host
        ("https://a.example/" + "x" * 3_000, ""),
        ("/relative", ""),
        ("", ""),
    ],
)
def test_a_link_shows_its_real_host(url, linked):
    assert markup.link(url) == linked


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8080/x",
        "http://[::1]/x",
        "http://169.254.169.254/x",
        "http://10.0.0.1/x",
        "http://localhost/x",
        "http://intranet/x",
        "http://2130706433/x",  # an address as one number
        "http://0177.0.0.1/x",
        "http://db.internal/x",
    ],
)
def test_an_inner_address_is_shown_but_is_no_link_unless_allowed(url):
    assert "<" not in markup.link(url)
    assert markup.link(url).endswith("/x")
    assert markup.link(url, private=True).startswith("<http://")


@given(url=st.one_of(TEXTS, TEXTS.map(lambda t: f"https://a.example/{t}")))
def test_whatever_the_address_the_link_is_whole_and_names_its_host(url):
    linked = markup.link(url)
    assert lint_text(linked, "") == []
    if linked.startswith("<"):
        target, label = linked[1:-1].split("|")
        assert urlsplit(target).netloc.removeprefix("www.") == label


def test_a_date_is_shown_in_the_readers_zone_with_words_to_fall_back_on():
    shown = markup.date(datetime(2026, 7, 1, 12, 5, tzinfo=UTC))
    assert shown == "<!date^1782907500^{date_short_pretty} {time}|2026-07-01 12:05 UTC>"
    assert lint_text(shown, "") == []
    assert markup.without_dates(f"at {shown}.") == "at 2026-07-01 12:05 UTC."


def test_an_address_counts_as_it_stands_in_the_message():
    short = "https://a.example/?" + "&".join("q" for _ in range(100))
    assert markup.address(short) == short
    assert markup.address("https://a.example/?" + "&" * 400) == ""  # each & is five characters there

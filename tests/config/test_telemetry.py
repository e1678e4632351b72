"""Log lines: one event each, readable or JSON, never with a secret, never forged by what a feed says."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
from collections.abc import Iterator

import pytest

from bot.telemetry import Counters, event, progress, redact, set_up, visible

LOG = logging.getLogger("bot.test")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root, bot = logging.getLogger(), logging.getLogger("bot")
    before = root.handlers[:], root.level, bot.level
    yield
    root.handlers[:], level, bot_level = before[0], before[1], before[2]
    root.setLevel(level)
    bot.setLevel(bot_level)
    logging.captureWarnings(False)


def test_a_line_is_json_with_fixed_keys_first_unless_on_a_terminal() -> None:
    stream = io.StringIO()
    set_up(stream)
    event(LOG, "feed polled", feed="https://a.example.com/f", entries=20, took_s=0.41234, ok=True, error=None)
    line = json.loads(stream.getvalue())
    assert list(line) == ["ts", "level", "event", "feed", "entries", "took_s", "ok"]
    assert (line["level"], line["event"], line["took_s"]) == ("info", "feed polled", 0.412)


def test_a_terminal_gets_a_readable_line() -> None:
    stream = Terminal()
    set_up(stream)
    event(LOG, "feed failed", level=logging.WARNING, feed="x", error="not found here")
    assert stream.getvalue().endswith(' WARNING feed failed feed=x error="not found here"\n')


@pytest.mark.parametrize("terminal", [True, False])
def test_text_of_a_feed_can_neither_begin_a_line_nor_steer_the_terminal(terminal: bool) -> None:
    stream = io.StringIO()
    set_up(stream, terminal=terminal)
    event(LOG, "entry read", title='a\r\n{"ts": 1}\x1b[2J\u202eevil\u2028b\x9bc')
    text = stream.getvalue().removeprefix("\r\x1b[K")
    assert text.count("\n") == 1
    assert not set(text) & set("\r\x1b\u202e\u2028\x9b")


def test_json_text_comes_back_as_it_was() -> None:
    stream = io.StringIO()
    set_up(stream)
    event(LOG, "entry read", title="名前\n\u202e\U000e0041x")
    assert json.loads(stream.getvalue())["title"] == "名前\n\u202e\U000e0041x"


def test_a_traceback_stays_one_json_line_and_is_indented_on_a_terminal() -> None:
    for terminal in (True, False):
        stream = io.StringIO()
        set_up(stream, terminal=terminal)
        LOG.error("stage failed", exc_info=ValueError("xoxb-12-secret\nts=forged"))
        text = stream.getvalue().removeprefix("\r\x1b[K")
        assert "secret" not in text
        lines = text.splitlines()
        assert all(line.startswith("    ") for line in lines[1:])
        assert (len(lines) == 1) is not terminal


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("xoxb-123-abcDEF", "xoxb-***"),
        ("token xapp-1-A0-x!", "token xapp-***!"),
        ("xoxe.xoxp-1-abc", "xoxe.xoxp-***"),
        ("https://hooks.slack.com/services/T0/B0/abc", "https://hooks.slack.com/***"),
        ("Authorization: Bearer abcdefgh.ijk", "Authorization: Bearer ***"),
        ("https://ada:swordfish@a.example.com/f", "https://***@a.example.com/f"),
        ("https://a.example.com/f?x=1&api_key=abc&y=2", "https://a.example.com/f?x=1&api_key=***&y=2"),
        ("https://a.example.com/f?access_token=abc#t", "https://a.example.com/f?access_token=***#t"),
        ("the key to success is 5 > 3", "the key to success is 5 > 3"),  # prose stays
        ("https://a.example.com/f?page=2", "https://a.example.com/f?page=2"),
    ],
)
def test_secrets_are_struck_out(text: str, shown: str) -> None:
    assert redact(text) == shown


def test_secrets_that_are_known_are_struck_out_whatever_they_look_like() -> None:
    stream = io.StringIO()
    set_up(stream, secrets=["swordfish", ""])
    event(LOG, "told swordfish", field="a swordfish b")
    assert "swordfish" not in stream.getvalue()


def test_long_fields_are_cut() -> None:
    stream = io.StringIO()
    set_up(stream)
    event(LOG, "entry read", title="x" * 100_000)
    assert len(stream.getvalue()) < 3_000


def test_what_a_terminal_cannot_show_does_not_end_the_bot() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, "ascii")
    set_up(stream)
    event(LOG, "entry read", title="名前")
    stream.flush()
    assert json.loads(raw.getvalue())["title"] == "名前"


def test_libraries_are_heard_from_warning_on_and_by_name() -> None:
    stream = io.StringIO()
    set_up(stream, level=logging.DEBUG)
    logging.getLogger("httpx").info("GET https://a.example.com")
    logging.getLogger("httpx").warning("odd %s", "answer")
    LOG.debug("seen")
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (first["event"], first["logger"]) == ("odd answer", "httpx")
    assert second["event"] == "seen"


def test_counters_count_exactly_from_many_threads() -> None:
    counters, interval = Counters(), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # so that threads meet in the middle of an addition

    def count() -> None:
        for _ in range(1_000):
            counters.add("talentwire_feed_polls_total", outcome="ok")

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.setswitchinterval(interval)
    counters.add("talentwire_feed_polls_total", 3, outcome="failed")
    assert counters.value("talentwire_feed_polls_total", outcome="ok") == 8_000
    assert list(counters.snapshot().values()) == [3, 8_000]


def test_progress_is_a_bar_on_a_terminal_and_gone_at_the_end() -> None:
    stream = Terminal()
    with progress(4, "polling feeds", monotonic=lambda: 0.0, stream=stream) as shown:
        shown.step(2)
    assert "polling feeds [###############---------------] 2/4" in stream.getvalue()
    assert stream.getvalue().endswith("\r\x1b[K")


def test_progress_in_a_log_is_a_line_every_ten_seconds() -> None:
    log, clock = io.StringIO(), iter([0.0, 1.0, 11.0, 11.0, 12.0])
    set_up(log)
    with progress(9, "polling feeds", monotonic=lambda: next(clock), stream=io.StringIO()) as shown:
        for _ in range(3):
            shown.step()
    (line,) = log.getvalue().splitlines()
    assert (json.loads(line)["done"], json.loads(line)["of"]) == (2, 9)


def test_visible_leaves_ordinary_text_alone() -> None:
    assert visible("Ça va? 名前 – 'ok'") == "Ça va? 名前 – 'ok'"

"""Configuration and environment: what is wrong is told at once and whole; what is odd is lived with."""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

import bot
from bot import app
from bot.config import Config, examine, feeds_of, load
from bot.errors import ConfigError
from bot.lexicon import load as load_lexicon
from bot.moves.judge import compile_watch, judge
from bot.text import clean
from tests.config.test_broken_configs import BROKEN
from tests.fakes.slack_server import serve
from tests.pipeline.crash_world import watch

ROOT = Path(__file__).parents[2]
FEED = "feeds: [https://news.example.com/feed]\n"
BOMB = "a: &a [x]\n" + "".join(
    f"{c}: &{c} [{', '.join([f'*{p}'] * 10)}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (BOMB + FEED, 1),  # 10^8 values
        (FEED + "store: !!python/object/apply:os.system ['touch /tmp/owned']\n", 2),
        (FEED + "store: !!python/name:os.system\n", 2),
        (FEED + "store: !!binary aGk=\n", 2),
        ("packs: " + "x" * 10_000_000, 0),
        ("feeds: " + "[" * 300_000, 1),
        (FEED + "slack: {channel: C0123456789}\nslack: {channel: C9876543210}\n", 3),
    ],
    ids=["anchors", "object", "name", "binary", "10 MB", "deep", "twice"],
)
def test_F1_dangerous_yaml_is_refused_cheaply(tmp_path: Path, text: str, line: int) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text)
    tracemalloc.start()
    begun = time.process_time()
    report = examine(path)
    spent = time.process_time() - begun
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert report.config is None
    assert report.errors[0].line == line
    assert spent < 1.0
    assert peak < 100 << 20


def test_F2_at_least_forty_broken_files_are_tried() -> None:
    assert len(BROKEN) >= 40


def test_F2_a_broken_file_ends_the_command_with_status_2(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("feds: []\nslack: {chanel: C0123456789}\nthresholds: {alert: high}\n")
    ran = _bot("check", str(path))
    assert ran.returncode == 2
    for words in (
        ":1:1: feds",
        "did you mean feeds?",
        ": slack.chanel",
        "did you mean channel?",
        ": thresholds.alert",
    ):
        assert words in ran.stderr + ran.stdout


# What makes patterns backtrack: the same thing very often, and then what does not fit.
NASTY = (
    *(c * 100_000 + "!" for c in "aA1 .,-_/:&<>\"'(["),
    "a@" + "a." * 50_000 + "!",
    "http://" * 14_000,
    "https://a.b/" + "?a=" * 33_000,
    "Aa " * 33_000,
    "A. " * 33_000,
    "&#" * 50_000,
    "<a " * 33_000,
    "<!--" * 25_000,
    "12:34 " * 16_000,
    "\n" * 100_000,
    " \n" * 50_000,
    "a, b and " * 11_000,
    "\u0301" * 100_000,
    "名前" * 50_000,
)


def _patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    """Yield every text pattern that a module of the bot keeps."""
    seen: set[str] = set()
    for found in pkgutil.walk_packages(bot.__path__, "bot."):
        if found.name == "bot.__main__":
            continue
        module = importlib.import_module(found.name)
        for name, value in vars(module).items():
            for pattern in _within(value):
                if pattern.pattern not in seen and isinstance(pattern.pattern, str):
                    seen.add(pattern.pattern)
                    yield f"{found.name}.{name}", pattern


def _within(value: object, depth: int = 3) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth and isinstance(value, tuple | list | set | frozenset):
        for item in value:
            yield from _within(item, depth - 1)
    elif depth and isinstance(value, dict):
        for item in value.values():
            yield from _within(item, depth - 1)


# Patterns that read less, by what they are given: a title, a lead, a command; or that are anchored where they stand.
GIVEN = {
    "bot.stories.words._MONEY_BEHIND": 24,
    "bot.alerts.markup._CUT_WORD": 3_000,
    "bot.commands.ledger._SPAN": 100,
    "bot.stories.claims._TEAM": 1_000,
    "bot.stories.clauses._LINE_END": 1_000,
    "bot.stories.traits._GLOSS": 2_000,
    "bot.stories.words._OUTLET": 1_000,
    "bot.stories.words._TIME": 100,
    "bot.talk.decide._TIMED": 100,
    "bot.text._BLANK_LINES": 1_000,  # white space is collapsed before
    "bot.text._LINE_EDGES": 1_000,
}


@pytest.mark.proof
def test_F3_every_pattern_reads_a_hundred_thousand_characters_at_once() -> None:
    patterns = list(_patterns())
    assert len(patterns) > 150
    assert GIVEN.keys() <= {name for name, _ in patterns}
    slow = [
        f"{name} on {text[:12]!r}: {pattern.pattern[:80]}"
        for name, pattern in patterns
        for text in NASTY
        if not _within_time(pattern, text[: min(10_000, GIVEN.get(name, 10_000))], 0.01)  # a tenth of it, as fast
        and not _within_time(pattern, text[: GIVEN.get(name, 100_000)])
    ]
    assert slow == []


def _late(*_: object) -> None:
    raise TimeoutError


def _within_time(pattern: re.Pattern[str], text: str, seconds: float = 0.1) -> bool:
    """Tell whether finding all of a pattern takes at most so many CPU seconds; tried twice, for a busy machine."""
    signal.signal(signal.SIGPROF, _late)
    for _ in range(2):
        try:
            signal.setitimer(signal.ITIMER_PROF, seconds)
            for _match in pattern.finditer(text):
                pass
            signal.setitimer(signal.ITIMER_PROF, 0)
        except TimeoutError:
            continue
        return True
    return False


@pytest.mark.proof
@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_F3_a_hundred_thousand_characters_are_judged_at_once(text: str) -> None:
    body = f"Norvane AI hires Ada Ferrano from Quillstone Labs. {text[:100_000]}"
    watch()
    begun = time.process_time()
    assert clean(body)
    judge(watch(), "Norvane AI hires Ada Ferrano", clean(body), "en")
    assert time.process_time() - begun < 2.0


@pytest.mark.parametrize("word", ["(a+)+$", "a{1,99999}", "[", "(?P<x>", "\\", ".*.*.*.*"])
def test_F3_words_of_the_user_are_words(word: str) -> None:
    made = compile_watch(load_lexicon(), Config.model_validate({"watchlist": {"keywords": [word]}}).watchlist)
    begun = time.process_time()
    judge(made, "a" * 1_000, "a" * 100_000 + "!", "en")
    judge(made, f"He said {word} twice", "Nothing else.", "en")
    assert time.process_time() - begun < 1.0


def test_F4_one_feed_under_several_spellings_is_polled_once(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    spellings = (
        "https://news.example.com/feed",
        "HTTPS://NEWS.example.com/feed",
        "http://news.example.com:80/feed/",
        "https://www.news.example.com/feed?utm_source=x",
        "https://news.example.com/feed#top",
    )
    path.write_text("feeds:\n" + "".join(f"  - '{url}'\n" for url in spellings))
    report = examine(path)
    assert report.errors == ()
    assert [problem.line for problem in report.warnings] == [3, 4, 5, 6]
    assert report.config is not None
    assert len(feeds_of(report.config)) == 1


@pytest.mark.parametrize(
    ("env", "channel", "words"),
    [
        ({"SLACK_BOT_TOKEN": "xoxb-te\nst"}, "C0ALERTS", "white space"),
        ({"SLACK_BOT_TOKEN": "xapp-test"}, "C0ALERTS", "SLACK_BOT_TOKEN"),  # of another kind
        ({"SLACK_BOT_TOKEN": "xoxb-revoked"}, "C0ALERTS", "SLACK_BOT_TOKEN"),  # Slack knows it no more
        ({"SLACK_BOT_TOKEN": "xoxb-test"}, None, "slack.channel"),
        ({"SLACK_BOT_TOKEN_FILE": "/nowhere/token"}, "C0ALERTS", "cannot be read"),
    ],
    ids=["newline", "kind", "unknown", "no channel", "no file"],
)
def test_F5_a_wrong_token_is_told_before_any_poll(
    tmp_path: Path, env: dict[str, str], channel: str | None, words: str
) -> None:
    config = Config.model_validate({"slack": {"channel": channel} if channel else {}})
    stopped = threading.Event()
    stopped.set()
    with serve() as slack:
        env = {**env, "SLACK_API_URL": slack.api}
        settings = app.Settings(store=tmp_path / "t.db")
        with pytest.raises(ConfigError, match=words) as caught, app.opened(config, env, settings) as opened:
            app.run(opened, lambda _: None, stopped=stopped)
    for token in env.values():
        assert token not in str(caught.value) or token.startswith(("/", "http"))


def test_F5_a_channel_by_its_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(FEED + 'slack: {channel: "#general"}\n')
    assert "channel ID" in str(examine(path).errors[0])


def test_F6_a_file_that_changes_is_taken_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    whole = FEED + "watchlist:\n  people: [Ada Lovelace, Grace Hopper]\nthresholds:\n  alert: 0.8\n"
    path.write_text(whole)
    before = load(path)
    taken = 0
    for length in range(len(FEED), len(whole)):  # as an editor writes it, a character at a time
        path.write_text(whole[:length])
        report = examine(path)
        if report.config is not None:
            taken += 1
            assert not report.errors
    assert taken, "a shorter file may be a right one"
    with pytest.raises(ValueError, match="frozen"):
        before.thresholds.alert = 0.1  # type: ignore[misc]


@pytest.mark.parametrize(
    "env",
    [
        {"LANG": "C", "LC_ALL": "C", "PYTHONIOENCODING": "ascii"},
        {"TZ": "Nowhere/Never"},
        {"TZ": "Asia/Kathmandu", "LC_ALL": "xx_YY.no-such"},
    ],
    ids=["C", "zone", "locale"],
)
@pytest.mark.proof
def test_F7_odd_surroundings_do_not_matter(env: dict[str, str]) -> None:
    ran = _bot("why", "--text", "Mistral AI engage Zoé Ferrand, ex-directrice de recherche chez 名前 Labs", env=env)
    assert ran.returncode == 0, ran.stderr
    assert "Traceback" not in ran.stderr


def _bot(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT), **(env or {})}
    command = [sys.executable, "-m", "bot", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, errors="replace", env=surroundings, cwd=ROOT, timeout=60, check=False
    )

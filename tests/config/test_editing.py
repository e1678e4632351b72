"""config.yaml is changed for its writer, and looks as before save for what was changed."""

from __future__ import annotations

import pytest

from bot.config import load
from bot.config.editing import add_feeds, remove_feed
from bot.errors import ConfigError

TAIL = "\n# whom to watch\nwatchlist:\n  people: []   # nobody yet\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "feeds:\n  # labs\n  - https://a.example/f # one\n",
            "feeds:\n  # labs\n  - https://a.example/f # one\n  - NEW\n",
        ),
        ("feeds:\n- 'https://a.example/f'\n", "feeds:\n- 'https://a.example/f'\n- NEW\n"),
        ("feeds:\n    -   https://a.example/f\n", None),  # its spaces may change
        ("feeds: [https://a.example/f]\n", "feeds: [https://a.example/f, NEW]\n"),
        (
            "feeds:\n  - url: https://a.example/f # one\n    every: 30m # slow\n",
            "feeds:\n  - url: https://a.example/f # one\n    every: 30m # slow\n  - NEW\n",
        ),
        ("feeds: []\n", None),
        ("packs: [lab-blogs]\n", None),
    ],
)
def test_a_feed_is_added_and_all_else_stays(tmp_path, before: str, after: str | None) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(before + TAIL)
    assert add_feeds(path, [("https://b.example/f", "B: the news")]) == ["https://b.example/f"]
    text = path.read_text()
    assert text.count("#") == (before + TAIL).count("#")
    assert [feed.name for feed in load(path).feeds][-1] == "B: the news"
    if after is not None:
        assert text == after.replace("NEW", "{url: https://b.example/f, name: 'B: the news'}") + TAIL
    assert remove_feed(path, "https://b.example/f/")
    if after is not None:
        assert path.read_text() == before + TAIL
    assert not remove_feed(path, "https://b.example/f")


def test_what_stands_there_in_another_spelling_is_not_added(tmp_path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("feeds: [https://www.a.example/f/]\n")
    assert add_feeds(path, [("http://a.example/f", "A")]) == []
    assert path.read_text() == "feeds: [https://www.a.example/f/]\n"


@pytest.mark.parametrize("text", ["feeds: [https://a.example/f]\nfeds: 1\n", "feeds: [\n", "- x\n"])
def test_a_wrong_file_is_not_touched(tmp_path, text: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError):
        add_feeds(path, [("https://b.example/f", "")])
    assert path.read_text() == text


def test_what_would_make_it_wrong_is_not_written(tmp_path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("feeds: [https://a.example/f]\n")
    with pytest.raises(ConfigError):
        add_feeds(path, [("ftp://b.example/f", "")])
    assert path.read_text() == "feeds: [https://a.example/f]\n"
    assert [file.name for file in tmp_path.iterdir()] == ["config.yaml"]

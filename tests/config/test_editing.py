"""config.yaml is changed for its writer, and looks as before save for what was changed."""

from __future__ import annotations

import re

import pytest

from bot.config import load
from bot.config.editing import Edit, Wish, add_feeds, mute, remove_feed, unmute, unwatch, watch
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


FEEDS = "feeds: [https://a.example/f]\n"


def edited(path, text: str, plan) -> str:
    path.write_text(text)
    edit = plan(path)
    assert isinstance(edit, Edit)
    assert path.read_text() == text, "a plan changes nothing"
    edit.write()
    return path.read_text()


WISHES = [
    ("a list in lines", "watchlist:\n  people:\n    # mine\n    - Ada # one\n", "    - Bo\n"),
    ("a list in lines without indent", "watchlist:\n  people:\n  - Ada\n", "  - Bo\n"),
    ("a row", "watchlist: {people: [Ada]}\n", "watchlist: {people: [Ada, Bo]}\n"),
    (
        "an empty row with a comment",
        "watchlist:\n  people: [] # nobody\n",
        "watchlist:\n  people: # nobody\n    - Bo\n",
    ),
    ("no such list", "watchlist:\n  keywords:\n    - x # y\n", "  people:\n    - Bo\n"),
    ("an entry in lines", "watchlist:\n  people:\n    - name: Ada\n      aliases: [A]\n", "    - Bo\n"),
    ("no watchlist", "packs: [lab-blogs] # p\n", None),
]


@pytest.mark.parametrize("tail", ["", "\n# feeds\n", "\n\n# feeds\n\n"], ids=["plain", "comment", "blank lines"])
@pytest.mark.parametrize(("before", "after"), [row[1:] for row in WISHES], ids=[row[0] for row in WISHES])
def test_somebody_is_put_on_the_watchlist_and_taken_off_and_all_else_stays(tmp_path, before, after, tail):
    """What ends with a line break goes on behind it, what does not replaces it."""
    path = tmp_path / "config.yaml"
    text = before + tail + FEEDS
    made = edited(path, text, lambda file: watch(file, Wish("people", "Bo")))
    assert load(path).watchlist.people[-1].name == "Bo"
    assert made.count("#") == text.count("#")
    if after is not None:
        assert (
            re.sub(r"(?<=\S) +#", " #", made)
            == (after if after.startswith("watchlist") else before + after) + tail + FEEDS
        )
    back = edited(path, made, lambda file: unwatch(file, "bo"))
    assert back.count("#") == text.count("#")
    if "people" in before and "[]" not in before:
        assert back == text


def test_an_entry_with_all_that_it_may_have_stands_on_one_line_and_grows(tmp_path):
    path = tmp_path / "config.yaml"
    wish = Wish("organisations", "Norvane AI", ("NVA", "NVA"), ("NVA Corp",), 1.5)
    made = edited(path, FEEDS, lambda file: watch(file, wish))
    line = "    - {name: Norvane AI, aliases: [NVA], not: [NVA Corp], weight: 1.5}\n"
    assert made == f"{FEEDS}watchlist:\n  organisations:\n{line}"
    assert watch(path, Wish("organisations", "norvane ai", ("NVA",), weight=1.5)) is None
    made = edited(path, made, lambda file: watch(file, Wish("organisations", "norvane ai", ("Norva",), weight=1.5)))
    assert made.endswith(line.replace("[NVA],", "[NVA, Norva],"))


def test_a_plain_name_becomes_a_mapping_when_it_gets_an_alias(tmp_path):
    text = f"{FEEDS}watchlist:\n  people:\n    - Ada # first\n    - Bo\n"
    made = edited(tmp_path / "config.yaml", text, lambda file: watch(file, Wish("people", "Ada", ("A. F.",))))
    assert made == text.replace("- Ada #", "- {name: Ada, aliases: [A. F.]} #")


@pytest.mark.parametrize(
    ("text", "until", "made"),
    [
        (f"{FEEDS}mute: []\n#  - example\n", "", f"{FEEDS}mute:\n  - {{what: x.example}}\n#  - example\n"),
        (FEEDS, "2026-12-31", f"{FEEDS}mute:\n  - {{what: x.example, until: 2026-12-31}}\n"),
        (
            f"mute: [{{what: y}}]\n{FEEDS}",
            "2026-12-31T18:00Z",
            f"mute: [{{what: y}}, {{what: x.example, until: 2026-12-31T18:00Z}}]\n{FEEDS}",
        ),
        (f"mute:\n  - what: X.example # c\n\n{FEEDS}", "2026-12-31", None),
        (f"mute:\n  - {{what: x.example, until: 2026-01-01}} # c\n\n{FEEDS}", "", None),
    ],
)
def test_a_mute_is_set_changed_and_lifted(tmp_path, text, until, made):
    path = tmp_path / "config.yaml"
    found = edited(path, text, lambda file: mute(file, "x.example", until))
    if made is not None:
        assert found == made
    config = load(path)
    assert [bool(one.until) for one in config.mute if one.what.lower() == "x.example"] == [bool(until)]
    assert found.count("#") == text.count("#")
    edited(path, found, lambda file: unmute(file, "x.EXAMPLE"))
    assert "x.example" not in [one.what.lower() for one in load(path).mute]
    assert unmute(path, "x.example") is None


def test_comments_about_the_list_outlive_its_last_entry(tmp_path):
    text = f"mute: # why\n  # one\n  - {{what: x}} # mine\n\n# end\n{FEEDS}# last\n"
    made = edited(tmp_path / "config.yaml", text, lambda file: unmute(file, "x"))
    assert [line.strip() for line in made.splitlines() if "#" in line] == [
        "mute: []      # why",
        "# one",
        "# end",
        "# last",
    ]


def test_a_plan_that_would_be_wrong_is_refused(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(FEEDS)
    with pytest.raises(ConfigError, match="begin anew"):
        mute(path, "x", "7d")
    assert path.read_text() == FEEDS


def test_a_link_stays_one_and_what_it_leads_to_is_changed(tmp_path):
    real, path = tmp_path / "real.yaml", tmp_path / "config.yaml"
    real.write_text(FEEDS)
    path.symlink_to(real)
    edit = mute(path, "x")
    assert edit is not None
    edit.write()
    assert path.is_symlink()
    assert "what: x" in real.read_text()


def test_a_file_that_cannot_be_replaced_is_written_in_place(tmp_path, monkeypatch):
    """As one that is mounted by itself."""
    path = tmp_path / "config.yaml"
    path.write_text(FEEDS)
    before = path.stat().st_ino
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError(16, "Device or resource busy")))
    edit = mute(path, "x")
    assert edit is not None
    edit.write()
    assert (path.stat().st_ino, [file.name for file in tmp_path.iterdir()]) == (before, ["config.yaml"])
    assert "what: x" in path.read_text()

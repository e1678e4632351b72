"""When a file has become another, however it is written, and when it is not believed yet. Time is told, never waited for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.config.differences import differences
from bot.config.models import Config
from bot.config.watching import CUT_REST_S, GONE_S, REST_S, FileWatch, fingerprint

OLD, NEW = b"feeds:\n  - https://a.example/f\n  - https://b.example/f\n", b"feeds: [https://c.example/f]\n"


def in_place(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def renamed(path: Path, data: bytes) -> None:
    made = path.with_name("config.yaml~")
    made.write_bytes(data)
    made.replace(path)


def removed_first(path: Path, data: bytes) -> None:
    path.unlink()
    path.write_bytes(data)


WAYS = [in_place, renamed, removed_first]


class Looking:
    def __init__(self, path: Path) -> None:
        path.write_bytes(OLD)
        self.watch = FileWatch(path, OLD)
        self.now = 100.0
        assert self.after(0) is None

    def after(self, seconds: float, **how: bool) -> bytes | None:
        self.now += seconds
        return self.watch.look(self.now, whole=OLD, **how)


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "config.yaml"


@pytest.mark.parametrize("write", WAYS)
def test_a_new_file_is_said_once_it_has_come_to_rest(path, write: Callable[[Path, bytes], None]):
    looking = Looking(path)
    write(path, NEW)
    assert looking.after(1) is None
    assert looking.after(REST_S - 0.1) is None
    assert looking.after(0.1) == NEW
    assert looking.after(1) == NEW, "until it was heeded"
    looking.watch.heed(NEW)
    assert [looking.after(REST_S) for _ in range(3)] == [None] * 3


def test_a_config_map_that_swaps_a_link_above_the_file(tmp_path):
    """..data -> ..1 becomes ..data -> ..2; the file itself is a link through it, and never touched."""
    for name, data in (("..1", OLD), ("..2", NEW)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.yaml").write_bytes(data)
    (tmp_path / "..data").symlink_to("..1")
    path = tmp_path / "config.yaml"
    path.symlink_to("..data/config.yaml")
    watch = FileWatch(path, OLD)
    assert watch.look(0, whole=OLD) is None
    (tmp_path / "..tmp").symlink_to("..2")
    (tmp_path / "..tmp").replace(tmp_path / "..data")
    assert watch.look(1, whole=OLD) is None
    assert watch.look(1 + REST_S, whole=OLD) == NEW


@pytest.mark.parametrize("part", [b"", b"\n", OLD[:20], OLD[:-1]], ids=["empty", "blank", "cut", "nearly all"])
def test_what_looks_cut_off_is_not_believed_for_long(path, part: bytes):
    looking = Looking(path)
    path.write_bytes(part)
    assert [looking.after(REST_S) for _ in range(5)] == [None] * 5
    path.write_bytes(NEW)  # the writer goes on
    assert looking.after(REST_S) is None
    assert looking.after(REST_S) == NEW


def test_what_stays_cut_off_is_what_was_meant(path):
    looking = Looking(path)
    path.write_bytes(OLD[:33])
    assert looking.after(1) is None
    assert looking.after(CUT_REST_S) == OLD[:33]


def test_each_further_write_begins_the_wait_anew(path):
    looking = Looking(path)
    for number in range(5):
        path.write_bytes(NEW + b"#" * number)
        assert looking.after(REST_S) is None
    assert looking.after(REST_S) == NEW + b"####"


def test_a_write_of_the_same_size_and_time_is_seen(path):
    looking = Looking(path)
    before = path.stat()
    path.write_bytes(OLD.replace(b"a.example", b"z.example"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert looking.after(1) is None
    assert looking.after(REST_S) == OLD.replace(b"a.example", b"z.example")


def test_what_changes_back_in_time_or_is_only_touched_is_no_news(path):
    looking = Looking(path)
    path.write_bytes(NEW)
    assert looking.after(1) is None
    path.write_bytes(OLD)
    assert [looking.after(REST_S) for _ in range(3)] == [None] * 3
    path.touch()
    assert [looking.after(REST_S) for _ in range(3)] == [None] * 3


def test_a_file_that_stays_away_is_missed_once(path):
    looking = Looking(path)
    path.unlink()
    assert looking.after(1) is None
    assert looking.after(GONE_S - 1) is None
    with pytest.raises(FileNotFoundError):
        looking.after(1)
    assert looking.after(GONE_S) is None
    path.write_bytes(NEW)
    assert looking.after(1) is None
    assert looking.after(REST_S) == NEW
    path.unlink()
    assert looking.after(1) is None
    with pytest.raises(FileNotFoundError):
        looking.after(GONE_S)


def test_who_asks_is_told_at_once_and_of_anything(path):
    looking = Looking(path)
    assert looking.after(0, at_once=True) == OLD
    path.write_bytes(NEW)
    assert looking.after(0, at_once=True) == NEW
    path.unlink()
    with pytest.raises(FileNotFoundError):
        looking.after(0, at_once=True)


def test_the_fingerprint_is_what_sha256sum_prints():
    assert fingerprint(b"") == "e3b0c44298fc"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ({}, {}, ()),
        ({"packs": ["a"]}, {"packs": ["b", "c"]}, ("packs +2 -1",)),
        ({"packs": ["a", "b"]}, {"packs": ["b", "a"]}, ("packs in another order",)),
        ({}, {"thresholds": {"alert": 0.8}}, ("thresholds.alert 0.75 -> 0.8",)),
        ({"slack": {"channel": "C0123456789"}}, {}, ("slack.channel C0123456789 -> unset",)),
        (
            {"watchlist": {"people": ["Ada"]}},
            {"watchlist": {"people": [{"name": "Ada", "weight": 2}]}},
            ("watchlist.people +1 -1",),
        ),
        ({}, {"network": {"hosts": {"a.example": {"connections": 2}}}}, ("network.hosts changed",)),
    ],
)
def test_what_an_edit_changes_in_a_few_words(old: dict, new: dict, told: tuple[str, ...]):
    assert differences(Config.model_validate(old), Config.model_validate(new)) == told

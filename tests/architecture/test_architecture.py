"""What no other tool checks: one library, one room; pure rooms; reasons used and told; nothing of one machine."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest

from bot import errors

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "bot").rglob("*.py"))
PURE = ("feeds", "articles", "moves", "stories", "alerts", "talk", "tuning")

# library -> where it may be imported: a folder or a file below bot/
ROOMS = {
    "ahocorasick": ("moves/",),
    "apscheduler": ("app.py", "service.py"),
    "click": ("cli/",),
    "feedparser": ("feeds/parse.py",),
    "httpcore": ("adapters/fetcher.py", "adapters/guard.py"),
    "httpx": ("adapters/fetcher.py", "adapters/guard.py"),
    "lxml": ("feeds/", "articles/"),
    "pebble": ("adapters/workers.py",),
    "protego": ("adapters/robots.py",),
    "pydantic": ("config/",),
    "rapidfuzz": ("config/spellings.py", "moves/"),
    "ruamel": ("config/editing.py",),
    "slack_sdk": ("adapters/slack.py", "adapters/slack_socket.py"),
    "sqlite3": ("adapters/",),
    "trafilatura": ("articles/extract.py",),
    "yaml": ("config/", "lexicon/"),
}
# What opens files, sockets and processes, or knows the time.
OUTSIDE = {"asyncio", "glob", "http", "os", "pathlib", "shutil", "signal", "socket", "ssl", "subprocess", "tempfile"}
OUTSIDE |= {"threading", "time", "urllib.request"}
CLOCKS = {"now", "utcnow", "today", "fromtimestamp"}


def place(path: Path) -> str:
    return path.relative_to(ROOT / "bot").as_posix()


def imported(path: Path) -> Iterator[str]:
    """Yield the dotted name of every module that `path` imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def tracked() -> list[Path]:
    """Return all files of the project that are text, as git knows them."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False).stdout.split(b"\0")
    paths = [ROOT / name.decode() for name in names if name]
    if not paths:
        pytest.skip("not a git checkout")
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()[:8_000]]


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_one_library_lives_in_one_room(path: Path) -> None:
    for name in imported(path):
        allowed = ROOMS.get(name.partition(".")[0])
        assert allowed is None or place(path).startswith(allowed), f"{name} belongs to {allowed}"


def test_each_library_that_is_declared_has_a_room_and_is_used() -> None:
    used = {name.partition(".")[0] for path in MODULES for name in imported(path)}
    assert set(ROOMS) <= used


@pytest.mark.parametrize("path", [p for p in MODULES if place(p).startswith(PURE)], ids=place)
def test_a_room_opens_nothing_and_reads_no_clock(path: Path) -> None:
    outside = {name for name in imported(path) if name in OUTSIDE or name.partition(".")[0] in OUTSIDE - {"urllib"}}
    assert not outside
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        assert not (isinstance(called, ast.Name) and called.id in {"open", "print", "input"})
        if (
            isinstance(called, ast.Attribute)
            and isinstance(called.value, ast.Name)
            and called.value.id in {"datetime", "date"}
        ):
            assert called.attr not in CLOCKS or called.attr == "fromtimestamp", f"line {node.lineno} reads the clock"


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_no_module_keeps_state(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        assert not isinstance(node, ast.Global), f"line {node.lineno}"


def reasons() -> list[StrEnum]:
    kinds = [kind for name, kind in vars(errors).items() if name.endswith("Reason") and issubclass(kind, StrEnum)]
    return [reason for kind in kinds for reason in kind]


@pytest.mark.parametrize("reason", reasons(), ids=lambda reason: f"{type(reason).__name__}.{reason.name}")
def test_every_reason_is_raised_somewhere_and_explained(reason: StrEnum) -> None:
    name = f"{type(reason).__name__}.{reason.name}"
    assert any(name in path.read_text("utf-8") for path in MODULES), f"{name} is never used"
    explained = (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert f"`{reason.value}`" in explained, f"docs/operations.md does not explain {reason.value}"


def test_no_file_names_a_path_of_one_machine() -> None:
    pattern = re.compile(r"(?<![\w.])/(?:wor[k]|roo[t]|hom[e]|User[s])/[\w.]")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked()
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_file_pins_hashes_and_names_no_host(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert "://" not in text
    assert "index-url" not in text.replace("--no-emit-index-url", "")
    pins = re.findall(r"^[\w.\[\]-]+==", text, re.MULTILINE)
    blocks = re.split(r"^(?=[\w.\[\]-]+==)", text, flags=re.MULTILINE)[1:]
    assert len(pins) > 20
    assert all("--hash=sha256:" in block for block in blocks)


def test_the_runtime_lock_is_part_of_the_development_lock() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^([\w.\[\]-]+==\S+)", (ROOT / name).read_text("utf-8"), re.MULTILINE))

    assert pins("requirements.lock") <= pins("requirements-dev.lock")

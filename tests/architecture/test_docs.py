"""What the docs name exists: commands, make targets, files, options."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from bot.cli import main

ROOT = Path(__file__).parents[2]
DOCS = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def code(path: Path) -> str:
    """Return what stands in code spans and blocks."""
    text = path.read_text("utf-8")
    return "\n".join(re.findall(r"```\w*\n(.*?)```", text, re.DOTALL) + re.findall(r"`([^`\n]+)`", text))


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_commands_that_the_docs_name_exist(path: Path) -> None:
    assert isinstance(main, click.Group)
    for name in re.findall(r"(?<![\w./-])talentwire ([a-z]+)", code(path)):
        assert name in main.list_commands(click.Context(main)) or name in main.commands, f"talentwire {name}"
    for name in re.findall(r"(?<![\w-])make ([a-z-]+)", code(path)):
        assert name in TARGETS, f"make {name}"


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_files_that_the_docs_link_to_exist(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text("utf-8")):
        assert (path.parent / target).exists(), target


def everything() -> list[click.Command]:
    """Return all commands, those of groups too."""
    found = list(main.commands.values())  # type: ignore[attr-defined]
    return found + [
        below for command in found if isinstance(command, click.Group) for below in command.commands.values()
    ]


def test_commands_of_groups_stand_on_the_commands_page_with_an_example_of_their_own() -> None:
    page = (ROOT / "docs" / "commands.md").read_text("utf-8")
    for name, group in main.commands.items():  # type: ignore[attr-defined]
        for below, command in group.commands.items() if isinstance(group, click.Group) else ():
            assert f"`talentwire {name} {below}" in page, below
            assert f"talentwire {name} {below}" in (command.help or ""), below


def test_options_that_the_commands_page_shows_exist() -> None:
    page = (ROOT / "docs" / "commands.md").read_text("utf-8")
    known = (
        {option for command in everything() for parameter in command.params for option in parameter.opts}
        | {"--help", "--version"}
        | {option for parameter in main.params for option in parameter.opts}
    )
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", page)) <= known


def test_every_command_and_option_stands_on_the_commands_page() -> None:
    page = (ROOT / "docs" / "commands.md").read_text("utf-8")
    for command in everything():
        assert re.search(rf"`talentwire (\w+ )?{command.name}", page), command.name
        for parameter in command.params:
            option = parameter.opts[0]
            assert parameter.param_type_name == "argument" or option in page, f"{command.name} {option}"


def test_help_lists_each_command_in_one_section() -> None:
    """Few commands in each section, each with a line of its own."""
    shown = CliRunner().invoke(main, ["--help"])
    assert shown.exit_code == 0
    sections = re.findall(r"^(To [a-z ]+):\n((?:  \S.*\n?)+)", shown.output, re.MULTILINE)
    rows = [re.findall(r"^  ([a-z]+)  +(.+)$", body, re.MULTILINE) for _, body in sections]
    assert len(rows) == 4
    assert all(1 <= len(section) <= 6 for section in rows)
    assert sorted(name for section in rows for name, _ in section) == sorted(
        name for name, command in main.commands.items() if not command.hidden
    )


def test_every_package_of_the_image_stands_on_the_licences_page() -> None:
    locked = re.findall(
        r"^([a-z0-9._-]+)(?:\[[^]]*\])?==", (ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE
    )
    listed = re.findall(r"^\| (\S+) \| (.+) \|$", (ROOT / "docs" / "licences.md").read_text("utf-8"), re.MULTILINE)[2:]
    assert [name for name, _ in listed] == locked
    assert [name for name, licence in listed if licence in ("", "not stated")] == []

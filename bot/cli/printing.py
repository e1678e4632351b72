"""How commands print: for people or as JSON on standard output, remarks on standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.commands.listing import Row


def aside(words: str) -> None:
    """Say on standard error what is about to happen."""
    click.echo(f"    ({words})", err=True)


def remark(line: str) -> None:
    """Print a line, if there is one, on standard error."""
    if line:
        click.echo(line, err=True)


def print_json(value: object) -> None:
    """Print a value as one line of JSON."""
    import json

    click.echo(json.dumps(value, ensure_ascii=False))


def print_rows(rows: Sequence[Row], *, as_json: bool) -> None:
    """Print a list of things."""
    show([row.data for row in rows], [row.line for row in rows], as_json=as_json)


def show(data: object, lines: Iterable[str], *, as_json: bool) -> None:
    """Print what was found: as `lines` for people, or as `data` for machines."""
    if as_json:
        print_json(data)
    else:
        for line in lines:
            click.echo(line)

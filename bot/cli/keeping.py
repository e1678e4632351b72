"""To look after it: copies of the store, and persons who want out of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from bot.cli.options import config_option, load, text_lines, yes_option


@click.command(short_help="Copy the store, also while the bot runs.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Put it in the place of a file that is there.")
@config_option
def backup(config_file: Path | None, file: Path, force: bool) -> None:
    """Write a copy of the store to FILE: whole, checked and on the disk, or not at all. Works while the bot runs.

    The bot makes copies of its own, too: see `backups` in docs/configuration.md.

    \b
    Example:   talentwire backup /backups/talentwire.db
    """
    from bot.adapters import backup as copies
    from bot.config import store_path

    config, _ = load(config_file, feedless=True)
    path = store_path(config, os.environ)
    if not path.is_file():
        raise click.ClickException(f"{path}: there is no store yet")
    if file.exists() and not force:
        raise click.UsageError(f"{file} is there already; --force puts the copy in its place")
    copies.copy(path, file)
    click.echo(f"{path} copied to {file} ({file.stat().st_size:,} bytes)", err=True)


@click.command(short_help="Put a copy in the place of the store.")
@click.argument("file", type=click.Path(dir_okay=False, exists=True, path_type=Path))
@yes_option
@config_option
def restore(config_file: Path | None, file: Path, yes: bool) -> None:
    """Put a copy of the backup FILE in the place of the store. The bot must not run.

    The store that is there is moved aside, not removed. What was posted since the backup is read from the channels at
    the next start, so that nothing is told twice; whom `talentwire forget` removed stays removed.

    \b
    Example:   talentwire restore backups/talentwire-20260301T030000Z.db
    """
    from bot.adapters import backup as copies
    from bot.adapters.clock import SystemClock
    from bot.adapters.lock import exclusive
    from bot.config import store_path

    config, _ = load(config_file, feedless=True)
    path = store_path(config, os.environ)
    with exclusive(path):
        if not yes and path.exists():
            click.confirm(f"Move {path} aside and put {file} in its place?", abort=True)
        aside = copies.restore(file, path, SystemClock().now())
    click.echo(f"{path} is {file} now" + (f"; what was there is {aside}" if aside else ""), err=True)


@click.command(short_help="Write the whole store as JSON lines.")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path), default="-")
@config_option
def export(config_file: Path | None, file: Path) -> None:
    """Write everything the store knows to FILE (or standard output) as JSON lines. Works while the bot runs.

    \b
    Example:   talentwire export store.jsonl
    """
    from bot.adapters.store import SqliteStore
    from bot.config import store_path

    config, _ = load(config_file, feedless=True)
    store = SqliteStore(store_path(config, os.environ), read_only=True)
    try:
        with click.open_file(str(file), "w", encoding="utf-8", atomic=str(file) != "-") as sink:
            count = store.export(sink)
    finally:
        store.close()
    click.echo(f"{count} rows written", err=True)


@click.command("import", short_help="Fill a new store from an export.")
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
@config_option
def import_(config_file: Path | None, file: Any) -> None:
    """Fill the store that the configuration names, which has to be new, from an export: all of it, or nothing.

    \b
    Example:   talentwire import store.jsonl -c config.yaml
    """
    from bot.adapters.store import SqliteStore
    from bot.config import store_path

    config, _ = load(config_file, feedless=True)
    store = SqliteStore(store_path(config, os.environ))
    try:
        count = store.load(text_lines(file), file.name)
    finally:
        store.close()
    click.echo(f"{count} rows read", err=True)


@click.command(short_help="Remove a person everywhere, and keep them out.")
@click.argument("person")
@click.option("--undo", is_flag=True, help="Let them in again; what was removed does not come back.")
@yes_option
@config_option
def forget(config_file: Path | None, person: str, undo: bool, yes: bool) -> None:
    """Remove PERSON (the full name) from the store and from posted messages, and keep them out from now on.

    Stories about them alone go, with their messages; elsewhere the name is blacked out, in every spelling that the
    ledger knows. Only hashes of the name are kept, in the file *.forgotten beside the database: keep that file when you
    restore a backup. See docs/privacy.md.

    \b
    Example:   talentwire forget "Ada Ferrano"
    """
    from bot.adapters.clock import SystemClock
    from bot.commands import orders
    from bot.config import store_path
    from bot.model import OrderVerb

    config, path = load(config_file, feedless=True)
    if not orders.is_full_name(person):
        raise click.UsageError(f"{person!r} is a single word, which may be many people's: give the full name")
    if not yes and not undo:
        click.confirm(f"Remove {person} for good?", abort=True, err=True)
    asked = orders.order(OrderVerb.FORGET, person, SystemClock().now(), fields={"undo": "yes"} if undo else {})
    click.echo(orders.carry_out(config, os.environ, asked) or orders.NOT_YET)
    for place in () if undo else orders.elsewhere(person, path, store_path(config, os.environ)):
        click.echo(place, err=True)

"""What several commands take: options, the configuration that -c names, times, lines of JSON."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.config import Config

FILE = click.Path(dir_okay=False, path_type=Path)


config_option = click.option(
    "-c",
    "--config",
    "config_file",
    type=FILE,
    help="Configuration. Default: $TALENTWIRE_CONFIG, /config/config.yaml, ./config.yaml.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")
level_option = click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_default=True,
    help="Least serious log lines to show.",
)


def load(config_file: Path | None, *, feedless: bool = False) -> tuple[Config, Path]:
    """Return the configuration that -c or the environment names, and its file. Raises ConfigError."""
    from bot import config

    path = config.find(str(config_file) if config_file else None, os.environ)
    return config.load(path, feedless=feedless), path


def config_or_default(config_file: Path | None, *, feedless: bool = False) -> Config:
    """Return the configuration that -c names; without -c the built-in defaults, whatever the environment names."""
    from bot.config import Config

    return load(config_file, feedless=feedless)[0] if config_file else Config()


def set_up_logs(level: str) -> None:
    """Have log lines of this level and above shown, without the tokens that the environment holds."""
    import logging

    from bot.config import secret
    from bot.telemetry import set_up

    tokens = [secret(name, os.environ) or "" for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN")]
    set_up(level=getattr(logging, level.upper()), secrets=tokens)


def begin_of(text: str, now: datetime) -> datetime:
    """Return the time that --since means."""
    from bot.commands.ledger import moment

    try:
        return moment(text, now)
    except ValueError:
        raise click.UsageError(f"--since: {text!r} is neither a time such as 30d nor a date") from None


def text_lines(file: Any) -> Iterator[str]:
    """Yield the lines of a file; one that is no UTF-8 ends it with the file named."""
    try:
        yield from file
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file.name}: no UTF-8: {error}") from None


def json_rows(file: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects of JSON lines; a bad line ends it with the file and line named."""
    import json

    for number, line in enumerate(text_lines(file), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise click.ClickException(f"{file.name}:{number}: no JSON: {error}") from None
        if not isinstance(row, dict):
            raise click.ClickException(f"{file.name}:{number}: no JSON object")
        yield row

"""The command line: arguments in, exit status out. Each command imports what it needs, so that --help is quick.

Exit status: 0 done; 1 it could not be done (the store, the network, a page); 2 the command line or the configuration is
wrong. docs/commands.md has all commands, also those that --help does not show.
"""

from __future__ import annotations

from typing import Any

import click

from bot import __version__
from bot.cli import asking, building, feeds, keeping, running, steering

# All commands there are: those of --help in the order it shows them, and those it does not show.
_SECTIONS = {
    "To run it": (running.run, running.once, running.demo, running.doctor),
    "To ask it": (asking.why, asking.moves, asking.hits),
    "To steer it": (steering.check, steering.backtest, steering.watch, steering.mute, feeds.feeds),
    "To look after it": (keeping.backup, keeping.restore, keeping.export, keeping.import_, keeping.forget),
}
_UNLISTED = (
    building.teach,
    building.poll,
    building.classify,
    building.group,
    building.extract,
    building.parse,
    building.health,
)
_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class _Commands(click.Group):
    """Turns our errors into one clear line and an exit status, and lists the commands by what they are for."""

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, commands in _SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(command.name or "", command.get_short_help_str()) for command in commands])

    def invoke(self, ctx: click.Context) -> Any:
        from bot.errors import BotError, ConfigError

        try:
            return super().invoke(ctx)
        except ConfigError as error:
            for problem in error.problems:
                click.echo(str(problem), err=True)
            click.echo(f"{len(error.problems)} problem(s) in the configuration", err=True)
            ctx.exit(2)
        except BotError as error:
            from bot.telemetry import redact, visible

            click.echo(f"talentwire: {visible(redact(str(error)))}", err=True)
            ctx.exit(1)


@click.group(
    cls=_Commands,
    commands=[*(command for section in _SECTIONS.values() for command in section), *_UNLISTED],
    context_settings=_CONTEXT,
)
@click.version_option(__version__, prog_name="talentwire")
def main() -> None:
    """Tell a Slack channel who moves where in AI.

    \b
    Begin with:   talentwire demo      a small world of its own, no network, no token
    Then:         talentwire check     is config.yaml right?
                  talentwire run       poll, judge, alert, until stopped
    """

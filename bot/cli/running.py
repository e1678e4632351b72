"""To run it: the service, one round of it, the demo, and whether Slack lets it."""

from __future__ import annotations

import os
import sys
import threading
from functools import partial
from pathlib import Path

import click

from bot.cli.options import config_option, json_option, level_option, load, set_up_logs
from bot.cli.printing import aside, print_json
from bot.cli.signals import ask_on_hangup, stop_on_signals


@click.command(short_help="Poll, judge and alert until stopped.")
@config_option
@level_option
def run(config_file: Path | None, log_level: str) -> None:
    """Poll, judge and alert until stopped (Ctrl-C or SIGTERM).

    An edit of the configuration is taken while it runs, whole or not at all; SIGHUP has it looked at at once.

    With SLACK_BOT_TOKEN (or SLACK_BOT_TOKEN_FILE) and slack.channel alerts go to Slack, else to this terminal. With
    SLACK_APP_TOKEN too, alerts have buttons and /talentwire is answered. What it knows is kept in one file; a second
    instance on the same file ends at once and says so.

    \b
    Example:   talentwire run -c config.yaml
    """
    stopped = stop_on_signals()
    from bot import app
    from bot.config import find
    from bot.config.watching import read_config

    file = read_config(find(str(config_file) if config_file else None, os.environ))
    set_up_logs(log_level)
    with app.opened(file.config, os.environ, app.Settings(listens=True)) as opened:
        say = partial(click.echo, err=True)
        app.run(opened, say, stopped=stopped, file=file, on_ask=partial(ask_on_hangup, stopped=stopped))


@click.command(short_help="Do everything that is due, then end.")
@config_option
@level_option
@json_option
@click.option("--all", "all_feeds", is_flag=True, help="Poll all feeds now, save those told to wait.")
def once(config_file: Path | None, log_level: str, as_json: bool, all_feeds: bool) -> None:
    """Poll, read, judge and alert until nothing is left to do, then end. For cron.

    \b
    Example:   */30 * * * *  talentwire once -c /etc/talentwire/config.yaml
    """
    from bot import app

    config, _ = load(config_file)
    set_up_logs(log_level)
    with app.opened(config, os.environ) as opened:
        counts = app.run_once(opened, all_feeds=all_feeds)
    if as_json:
        print_json(counts)
    else:
        click.echo(
            f"{counts['feeds']} feeds polled: {counts['not_modified']} not modified, {counts['failed']} failed; "
            f"{counts['new']} new entries; {counts['owed']} alerts still owed",
            err=True,
        )


@click.command(short_help="Show what it does, without network or token.")
@json_option
def demo(as_json: bool) -> None:
    """Run the real service on a small bundled world: a dozen feeds in eight languages, good ones and bad.

    You see alerts as Slack would get them, a late follow-up that does not alert again, and a restart without repeats.
    Needs neither network nor token, and takes under 30 seconds.

    \b
    Example:   talentwire demo
    """
    from bot.demo.show import show

    sys.exit(show(click.echo, as_json=as_json))


@click.command(short_help="Does Slack let the bot do what it needs?")
@click.option("--channel", default="", metavar="ID", help="Test in this channel. Default: slack.channel of the config.")
@click.option(
    "--lag", is_flag=True, help="Also measure with 20 messages how late Slack's history is, and propose settle_s."
)
@config_option
@json_option
def doctor(channel: str, lag: bool, config_file: Path | None, as_json: bool) -> None:
    """Try all that the bot needs of Slack, and say for each failure what to click.

    Looks at the tokens' kinds, the scopes, the membership; posts a message, finds it again by its metadata, and deletes
    it; asks whether a socket may be opened. Exit status 0 if all is well, 1 if not.

    \b
    Examples:  talentwire doctor
               talentwire doctor --channel C0123456789 --lag
    """
    from bot.adapters.clock import SystemClock
    from bot.commands import doctor as doctors

    config, _ = load(config_file, feedless=True)
    set_up_logs("warning")
    findings = []
    looking = doctors.Doctor(
        os.environ,
        config,
        SystemClock(),
        pause=threading.Event().wait,
        say=aside,
        channel=channel,
        lag=lag,
    )
    for finding in looking.examine():
        findings.append(finding)
        if not as_json:
            click.echo("\n".join(doctors.lines([finding])))
    if as_json:
        print_json(doctors.data(findings))
    sys.exit(0 if all(finding.ok for finding in findings) else 1)

"""To steer it: try, show and edit what the configuration says. The feeds of it are in feeds.py."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.options import FILE, begin_of, config_option, json_option, load, yes_option
from bot.cli.printing import aside, print_json, print_rows, remark, show
from bot.cli.signals import stop_on_signals

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.config.editing import Edit


@click.command(short_help="Is the configuration right?")
@click.argument("file", required=False, type=FILE)
@json_option
@click.option("--online", is_flag=True, help="Ask all feeds, too, and look whether all else can be reached.")
def check(file: Path | None, as_json: bool, online: bool) -> None:
    """Name every problem of the configuration at once, with line, column and key; warnings apart. Nothing is fetched.

    Warnings are of what can be used and is hardly meant: a name misspelt, an entry that can never match, an alias that
    is an ordinary word, one feed under two addresses.

    Exit status 0 if it can be used, 2 if not; with --online 1 if something does not answer as it should.

    \b
    Example:   talentwire check config.yaml
    """
    from bot.commands import check as checking
    from bot.config import find

    path = find(str(file) if file else None, os.environ)
    report = checking.examined(path, os.environ)
    answers = checking.online(report.config, os.environ, aside) if online and report.config else []
    if as_json:
        print_json(checking.as_json(path, report, answers))
    else:
        for line in checking.lines(path, report, answers):
            click.echo(line)
    sys.exit(2 if report.config is None else 0 if all(answer.fine for answer in answers) else 1)


@click.command(short_help="What an edit of the configuration would have changed.")
@config_option
@click.option("--old", "old_file", type=FILE, help="Compare with this file, not with what the store was judged with.")
@click.option(
    "--since", default="30d", show_default=True, metavar="TIME", help="Look so far back: 30d, 12h, 2026-01-31."
)
@click.option("--brief", is_flag=True, help="Totals and entries only, not every alert.")
@click.option("--html", "page_file", type=FILE, help="Also write a page to hand round.")
@click.option(
    "--replay", default="", metavar="WHERE", help="Send what would have been sent: terminal, or a channel's ID."
)
@click.option("--sample", is_flag=True, help="Look through bundled stories instead of the store.")
@json_option
def backtest(
    config_file: Path | None,
    old_file: Path | None,
    since: str,
    brief: bool,
    page_file: Path | None,
    replay: str,
    sample: bool,
    as_json: bool,
) -> None:
    """Say which alerts an edited configuration would have given, taken or changed, and which of its entries did it.

    The new configuration is -c (or what `run` would take), the old one what the store's findings were judged with. Only
    articles that hold a name on which the two differ are judged again. Nothing is changed anywhere; --replay sends,
    marked as a replay.

    \b
    Example:   talentwire backtest -c edited.yaml --since 30d
               talentwire backtest -c edited.yaml --html report.html
    """
    from bot.adapters.clock import SystemClock
    from bot.commands import backtest as work

    clock = SystemClock()
    now = clock.now()
    begin = begin_of(since, now)
    new, _ = load(config_file)
    place = work.store_of(new, os.environ)
    old = load(old_file)[0] if old_file else work.judged_with(place) or work.usual(new, os.environ)
    if sample:
        report = work.sample(old, new, now)
    else:
        report = work.followed(place, old, new, begin, now, monotonic=clock.monotonic)
    if page_file:
        from bot.tuning.page import backtest as page

        page_file.write_text(page(report), "utf-8")
    if as_json:
        print_json(report.data())
    elif not replay:
        show(None, report.lines(brief=brief), as_json=False)
    if not report.articles:
        click.echo("`talentwire backtest --sample` shows it on stories that come with the bot", err=True)
    if replay:
        told = work.replayed_to(replay, report, new, os.environ, clock=clock, pause=_pause_until_stopped())
        click.echo(told, err=True)


def _pause_until_stopped() -> Callable[[float], None]:
    """Return what waits so many seconds, and aborts the command once it is to stop."""
    stopped = stop_on_signals()

    def pause(seconds: float) -> None:
        if stopped.wait(seconds):
            raise click.Abort

    return pause


@click.group(short_help="Whom the bot watches; add and remove some.")
def watch() -> None:
    """Show whom the bot watches and why, and change the watchlist in config.yaml; its comments and order stay.

    \b
    Examples:  talentwire watch list
               talentwire watch add "Norvane AI" --alias Norvane
    """


@watch.command("add", short_help="Put somebody on the watchlist.")
@click.argument("name")
@click.option("--alias", "aliases", multiple=True, metavar="TEXT", help="Another spelling; may be given again.")
@click.option("--not", "hides", multiple=True, metavar="TEXT", help="A phrase that holds the name and is not meant.")
@click.option("--weight", type=click.FloatRange(0, 2), default=1.0, show_default=True, help="How much it matters.")
@click.option(
    "--as",
    "kind",
    type=click.Choice(["organisation", "person", "keyword"]),
    help="Default: what it is known as, else an organisation.",
)
@yes_option
@config_option
def add_watch(
    config_file: Path | None,
    name: str,
    aliases: tuple[str, ...],
    hides: tuple[str, ...],
    weight: float,
    kind: str | None,
    yes: bool,
) -> None:
    """Put NAME on the watchlist, or more aliases to it, after showing what that would have changed in the last 30 days.

    Where the file cannot be changed, the lines to paste are printed, with status 1.

    \b
    Example:   talentwire watch add "Norvane AI" --alias Norvane
               talentwire watch add "Ada Ferrano" --as person
    """
    from bot.commands import steering
    from bot.config.editing import Wish
    from bot.config.editing import watch as plan

    _, path = load(config_file, feedless=True)
    wish = Wish(steering.group_of(name, kind), name, aliases, hides, weight)
    _carry_out(plan(path, wish), f"{path}: {name} stands under watchlist.{wish.group} already", yes=yes)


@watch.command("remove", short_help="Take somebody off the watchlist.")
@click.argument("name")
@yes_option
@config_option
def remove_watch(config_file: Path | None, name: str, yes: bool) -> None:
    """Take NAME off the watchlist in config.yaml. Whom the bot knows anyway it still knows: mute it, or give weight 0.

    \b
    Example:   talentwire watch remove "Norvane AI"
    """
    from bot.config.editing import unwatch

    _, path = load(config_file, feedless=True)
    _carry_out(unwatch(path, name), f"{path}: {name} is not on its watchlist", yes=yes)


@watch.command("list", short_help="Whom the bot watches, and who said so.")
@click.option("--known", is_flag=True, help="Also whom it knows anyway.")
@config_option
@json_option
def list_watch(config_file: Path | None, known: bool, as_json: bool) -> None:
    """List whom the bot watches: where each entry comes from (file and line, Slack and who, shipped) and when it ends.

    \b
    Example:   talentwire watch list
    """
    from bot.commands import steering

    config, path = load(config_file, feedless=True)
    print_rows(steering.watched(config, path, os.environ, known=known), as_json=as_json)
    remark(steering.in_force(config, path, os.environ))


@click.group(short_help="What shall not alert; add and remove some.")
def mute() -> None:
    """Show what does not alert and why, and change the mutes in config.yaml; its comments and order stay.

    \b
    Examples:  talentwire mute list
               talentwire mute add example-news.com --until 2026-12-31
    """


@mute.command("add", short_help="Mute a name, a host or a feed.")
@click.argument("what")
@click.option("--until", default="", metavar="DAY", help="Last day or moment (UTC) of it. Default: for good.")
@yes_option
@config_option
def add_mute(config_file: Path | None, what: str, until: str, yes: bool) -> None:
    """Mute WHAT in all channels: an organisation, a person, or the host or address of a feed.

    \b
    Example:   talentwire mute add example-news.com --until 2026-12-31
    """
    from bot.config.editing import mute as plan

    _, path = load(config_file, feedless=True)
    _carry_out(plan(path, what, until), f"{path}: {what} is muted so already", yes=yes)


@mute.command("remove", short_help="Let something alert again.")
@click.argument("what")
@yes_option
@config_option
def remove_mute(config_file: Path | None, what: str, yes: bool) -> None:
    """Take the mute of WHAT out of config.yaml. What readers muted in Slack, they unmute there.

    \b
    Example:   talentwire mute remove example-news.com
    """
    from bot.config.editing import unmute

    _, path = load(config_file, feedless=True)
    _carry_out(unmute(path, what), f"{path}: {what} is not muted there", yes=yes)


@mute.command("list", short_help="What is muted, by whom, until when.")
@config_option
@json_option
def list_mute(config_file: Path | None, as_json: bool) -> None:
    """List what does not alert: where each mute comes from (file and line, Slack and who) and when it ends.

    \b
    Example:   talentwire mute list
    """
    from bot.commands import steering

    config, path = load(config_file, feedless=True)
    rows = steering.muted(config, path, os.environ)
    print_rows(rows, as_json=as_json)
    remark("" if rows or as_json else "nothing is muted")
    remark(steering.in_force(config, path, os.environ))


def _carry_out(edit: Edit | None, nothing: str, *, yes: bool) -> None:
    """Show what an edit of the configuration would do, ask, and make it; `nothing` says why there is none to make."""
    from bot.commands import steering

    if edit is None:
        click.echo(nothing, err=True)
        sys.exit(1)
    for line in steering.preview(edit, os.environ):
        click.echo(line)
    if not (yes or click.confirm(f"Write it into {edit.path}?")):
        return
    by_hand = steering.put(edit)
    if by_hand:
        click.echo(by_hand)
        sys.exit(1)
    click.echo(f"{edit.path}: written; a bot that runs takes it by itself", err=True)

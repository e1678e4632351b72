"""The command line: arguments in, exit status out. Each command imports what it needs, so that --help is quick.

Exit status: 0 done; 1 it could not be done (the store, the network, a page); 2 the command line or the configuration is
wrong. docs/commands.md has all commands, also those that --help does not show.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bot.commands.listing import Row
    from bot.config import Config
    from bot.config.editing import Edit
    from bot.model import OrderVerb

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_FILE = click.Path(dir_okay=False, path_type=Path)


_SECTIONS = {
    "To run it": ("run", "once", "demo", "doctor"),
    "To ask it": ("why", "moves", "hits"),
    "To steer it": ("check", "backtest", "watch", "mute", "feeds"),
    "To look after it": ("backup", "restore", "export", "import", "forget"),
}


class _Commands(click.Group):
    """Turns our errors into one clear line and an exit status, and lists the commands by what they are for."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        shown = {name: self.commands[name] for name in self.list_commands(ctx) if not self.commands[name].hidden}
        for title, names in _SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, shown[name].get_short_help_str()) for name in names if name in shown])

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


@click.group(cls=_Commands, context_settings=CONTEXT, invoke_without_command=False)
@click.version_option(__version__, prog_name="talentwire")
def main() -> None:
    """Tell a Slack channel who moves where in AI.

    \b
    Begin with:   talentwire demo      a small world of its own, no network, no token
    Then:         talentwire check     is config.yaml right?
                  talentwire run       poll, judge, alert, until stopped
    """


def _config_option(command: Any) -> Any:
    return click.option(
        "-c",
        "--config",
        "config_file",
        type=_FILE,
        help="Configuration. Default: $TALENTWIRE_CONFIG, /config/config.yaml, ./config.yaml.",
    )(command)


_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
_level_option = click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_default=True,
    help="Least serious log lines to show.",
)


def _load(config_file: Path | None, *, feedless: bool = False) -> tuple[Config, Path]:
    from bot.config import find, load

    path = find(str(config_file) if config_file else None, os.environ)
    return load(path, feedless=feedless), path


def _set_up_logs(level: str) -> None:
    import logging

    from bot.config import secret
    from bot.telemetry import set_up

    tokens = [secret(name, os.environ) or "" for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN")]
    set_up(level=getattr(logging, level.upper()), secrets=tokens)


def _stop_on_signals() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set: before all else, since a container's first process ignores them."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    return stopped


def _ask_on_hangup(ask: Callable[[], None], *, stopped: threading.Event) -> None:
    """Have SIGHUP call `ask`; where it says that the terminal was closed, it ends the bot as it always did."""
    terminal = os.isatty(0)

    def hang_up(*_: object) -> None:
        if terminal and not _has_terminal():
            stopped.set()
        else:
            ask()

    signal.signal(signal.SIGHUP, hang_up)


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _aside(words: str) -> None:
    click.echo(f"    ({words})", err=True)


def _print_json(value: object) -> None:
    import json

    click.echo(json.dumps(value, ensure_ascii=False))


# ---------------------------------------------------------------------------------------------------- for everybody


@main.command(short_help="Poll, judge and alert until stopped.")
@_config_option
@_level_option
def run(config_file: Path | None, log_level: str) -> None:
    """Poll, judge and alert until stopped (Ctrl-C or SIGTERM).

    An edit of the configuration is taken while it runs, whole or not at all; SIGHUP has it looked at at once.

    With SLACK_BOT_TOKEN (or SLACK_BOT_TOKEN_FILE) and slack.channel alerts go to Slack, else to this terminal. With
    SLACK_APP_TOKEN too, alerts have buttons and /talentwire is answered. What it knows is kept in one file; a second
    instance on the same file ends at once and says so.

    \b
    Example:   talentwire run -c config.yaml
    """
    stopped = _stop_on_signals()
    from bot import app
    from bot.config import find
    from bot.config.watching import read_config

    file = read_config(find(str(config_file) if config_file else None, os.environ))
    _set_up_logs(log_level)
    with app.opened(file.config, os.environ, app.Settings(listens=True)) as opened:
        say = partial(click.echo, err=True)
        app.run(opened, say, stopped=stopped, file=file, on_ask=partial(_ask_on_hangup, stopped=stopped))


@main.command(short_help="Do everything that is due, then end.")
@_config_option
@_level_option
@_json_option
@click.option("--all", "all_feeds", is_flag=True, help="Poll all feeds now, save those told to wait.")
def once(config_file: Path | None, log_level: str, as_json: bool, all_feeds: bool) -> None:
    """Poll, read, judge and alert until nothing is left to do, then end. For cron.

    \b
    Example:   */30 * * * *  talentwire once -c /etc/talentwire/config.yaml
    """
    from bot import app

    config, _ = _load(config_file)
    _set_up_logs(log_level)
    with app.opened(config, os.environ) as opened:
        counts = app.run_once(opened, all_feeds=all_feeds)
    if as_json:
        _print_json(counts)
    else:
        click.echo(
            f"{counts['feeds']} feeds polled: {counts['not_modified']} not modified, {counts['failed']} failed; "
            f"{counts['new']} new entries; {counts['owed']} alerts still owed",
            err=True,
        )


@main.command(short_help="Show what it does, without network or token.")
@_json_option
def demo(as_json: bool) -> None:
    """Run the real service on a small bundled world: a dozen feeds in eight languages, good ones and bad.

    You see alerts as Slack would get them, a late follow-up that does not alert again, and a restart without repeats.
    Needs neither network nor token, and takes under 30 seconds.

    \b
    Example:   talentwire demo
    """
    from bot.demo.show import show

    sys.exit(show(click.echo, as_json=as_json))


@main.command(short_help="Is the configuration right?")
@click.argument("file", required=False, type=_FILE)
@_json_option
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
    answers = checking.online(report.config, os.environ, _aside) if online and report.config else []
    if as_json:
        _print_json(checking.as_json(path, report, answers))
    else:
        for line in checking.lines(path, report, answers):
            click.echo(line)
    sys.exit(2 if report.config is None else 0 if all(answer.fine for answer in answers) else 1)


@main.command(short_help="Does Slack let the bot do what it needs?")
@click.option("--channel", default="", metavar="ID", help="Test in this channel. Default: slack.channel of the config.")
@click.option(
    "--lag", is_flag=True, help="Also measure with 20 messages how late Slack's history is, and propose settle_s."
)
@_config_option
@_json_option
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

    config, _ = _load(config_file, feedless=True)
    _set_up_logs("warning")
    findings = []
    looking = doctors.Doctor(
        os.environ,
        config,
        SystemClock(),
        pause=threading.Event().wait,
        say=_aside,
        channel=channel,
        lag=lag,
    )
    for finding in looking.examine():
        findings.append(finding)
        if not as_json:
            click.echo("\n".join(doctors.lines([finding])))
    if as_json:
        _print_json(doctors.data(findings))
    sys.exit(0 if all(finding.ok for finding in findings) else 1)


@main.command(short_help="What was found in a page, a file or a text, and why.")
@click.argument("target", required=False)
@click.option("--text", help="A text to judge: the title, then a line break and the body if there is one.")
@_config_option
@_json_option
def why(target: str | None, text: str | None, config_file: Path | None, as_json: bool) -> None:
    """Say what was found in TARGET and why, or why nothing was.

    TARGET is the address of an entry or a page, or a file (text: title first; or HTML). Of an entry that the bot has
    met, you are told what became of it: where it came from, its story, and the alerts owed or posted for it.

    \b
    Examples:  talentwire why https://example.com/some-story
               talentwire why --text "David Lau leaves Tesla to join OpenAI"
    """
    from bot.commands.why import explain

    if (target is None) == (text is None):
        raise click.UsageError("give an address or a file, or --text")
    config, _ = _load(config_file)
    _set_up_logs("warning")
    status, lines, data = explain(config, os.environ, target=target, text=text)
    if as_json:
        _print_json(data)
    else:
        click.echo("\n".join(lines))
    sys.exit(status)


@main.group(
    short_help="Who moved where: the ledger of all moves.",
    invoke_without_command=True,
    subcommand_metavar="[fix|retract]",
)
@click.option("--from", "from_org", default="", metavar="NAME", help="Only from this organisation.")
@click.option("--to", "to_org", default="", metavar="NAME", help="Only to this organisation.")
@click.option("--person", default="", metavar="NAME", help="Only this person: the whole name or a part of it.")
@click.option("--since", default="", metavar="TIME", help="Only moves first seen since then: 30d, 12h, 2026-01-31.")
@click.option("--kind", default="", help="Only of stories of this kind: hire, departure, poach ...")
@click.option("--status", default="", help="Only confirmed, reported, rumoured, denied or historical ones.")
@click.option("--role-family", default="", help="Only posts of this family: research, engineering, product, safety ...")
@click.option("--flows", "as_flows", is_flag=True, help="Gains, losses and net by organisation, pairs, who came back.")
@click.option("--sources", "as_sources", is_flag=True, help="Which source was first, later, added a fact, changed one.")
@click.option(
    "--format", "form", type=click.Choice(["table", "csv", "json", "atom"]), default="table", show_default=True
)
@_config_option
@click.pass_context
def moves(
    ctx: click.Context, /, config_file: Path | None, as_flows: bool, as_sources: bool, form: str, **wish: str
) -> None:
    """List the moves that the store knows, latest first, each as its story now stands.

    Rumours and denials are listed with their status; --flows counts only what was reported or confirmed.

    \b
    Example:   talentwire moves --to OpenAI --since 90d
               talentwire moves --flows
               talentwire moves fix "Ada Ferrano" --to "Norvane AI"
    """
    if ctx.invoked_subcommand:
        return
    from bot import app
    from bot.adapters.clock import SystemClock
    from bot.commands import ledger as shown
    from bot.config import store_path
    from bot.lexicon.posts import families
    from bot.model import Kind, Status
    from bot.stories.ledger import Wish, flows, ledger, records

    now = SystemClock().now()
    config, _ = _load(config_file, feedless=True)
    names = app.watch_of(config).canonical
    allowed = {"kind": [k.value for k in Kind], "status": [s.value for s in Status], "role_family": list(families())}
    _refuse_unknown(wish, allowed)
    if (as_flows or as_sources) and form not in ("table", "json"):
        raise click.UsageError("--flows and --sources come as table or json")
    try:
        since = shown.moment(wish["since"], now) if wish["since"] else None
    except ValueError:
        raise click.UsageError(f"--since: {wish['since']!r} is neither a time such as 30d nor a date") from None
    asked = Wish(
        person=wish["person"],
        from_org=names(wish["from_org"]),
        to_org=names(wish["to_org"]),
        since=since,
        kind=wish["kind"],
        status=wish["status"],
        family=wish["role_family"],
    )
    told = shown.stories(store_path(config, os.environ))
    found = ledger(told, asked)
    if as_flows:
        counted = flows(found)
        _show(shown.flow_data(counted), shown.flow_lines(counted), form)
    elif as_sources:
        ids = {row.story for row in found}
        by_source = records(story for story in told if story.id in ids)
        _show(shown.record_data(by_source), shown.record_lines(by_source), form)
    elif form == "csv":
        click.echo(shown.as_csv(found), nl=False)
    elif form == "atom":
        click.echo(shown.atom(found, now))
    else:
        _show([shown.plain(row) for row in found], shown.table(found), form)
    if not found:
        click.echo("no move fits" if told else "the store knows no story yet", err=True)


def _refuse_unknown(wish: dict[str, str], allowed: dict[str, list[str]]) -> None:
    for option, values in allowed.items():
        if wish[option] and wish[option] not in values:
            raise click.UsageError(f"--{option.replace('_', '-')}: {wish[option]!r} is none of {', '.join(values)}")


_STORY = click.option("--story", default="", metavar="ID", help="Of this story only: the first digits of its id do.")


@moves.command(short_help="Correct a move, wherever it was told.")
@click.argument("person")
@_STORY
@click.option("--name", "person_", default="", metavar="NAME", help="Who it really is.")
@click.option("--from", "from_", default="", metavar="NAME", help="Where from.")
@click.option("--to", "to_", default="", metavar="NAME", help="Where to.")
@click.option("--role", "role_", default="", metavar="POST", help="As what.")
@click.option(
    "--status",
    "status_",
    type=click.Choice(["", "confirmed", "reported", "rumoured", "denied"]),
    default="",
    help="How sure it is.",
)
@_config_option
def fix(config_file: Path | None, person: str, story: str, **fields: str) -> None:
    """Correct what the ledger says of PERSON's move: in the store and in every message that told it.

    The message then reads right, with "corrected, was ..." below it; no later article changes what was set by hand.
    While the bot runs, it does this itself within seconds; else its messages follow when it runs again.

    \b
    Example:   talentwire moves fix "Ada Ferrano" --to "Norvane AI"
    """
    from bot.model import OrderVerb

    right = {name.rstrip("_"): value for name, value in fields.items() if value}
    if not right:
        raise click.UsageError("say what is right: --name, --from, --to, --role or --status")
    _order(config_file, OrderVerb.FIX, person, story, right)


@moves.command(short_help="Strike out a move, wherever it was told.")
@click.argument("person")
@_STORY
@_config_option
def retract(config_file: Path | None, person: str, story: str) -> None:
    """Strike out PERSON's move: in the store and in every message that told it. No later article brings it back.

    \b
    Example:   talentwire moves retract "Ada Ferrano"
    """
    from bot.model import OrderVerb

    _order(config_file, OrderVerb.RETRACT, person, story, {})


def _order(config_file: Path | None, verb: OrderVerb, person: str, story: str, fields: dict[str, str]) -> None:
    """Have a move corrected, if it is clear which one is meant."""
    from bot import app
    from bot.adapters.clock import SystemClock
    from bot.commands import ledger, orders
    from bot.config import store_path

    config, _ = _load(config_file, feedless=True)
    found = orders.choices(ledger.stories(store_path(config, os.environ)), person, story)
    if len(found) != 1:
        words = [f"{len(found)} moves fit {person!r}: name one of them"] if found else [f"no move fits {person!r}"]
        raise click.UsageError("\n".join([*words, *orders.choice_lines(found)]))
    names = app.watch_of(config).canonical
    right = {name: names(value) if name in ("from", "to") else value for name, value in fields.items()}
    asked = orders.order(verb, person, SystemClock().now(), story=found[0][0].id, fields=right)
    outcome = orders.carry_out(config, os.environ, asked)
    click.echo(outcome or "noted; the bot that runs on this store has not carried it out yet")


def _show(data: object, lines: list[str], form: str) -> None:
    if form == "json":
        _print_json(data)
        return
    for line in lines:
        click.echo(line)


@main.command(short_help="Remove a person everywhere, and keep them out.")
@click.argument("person")
@click.option("--undo", is_flag=True, help="Let them in again; what was removed does not come back.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_config_option
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

    config, path = _load(config_file, feedless=True)
    if not orders.is_full_name(person):
        raise click.UsageError(f"{person!r} is a single word, which may be many people's: give the full name")
    if not yes and not undo:
        click.confirm(f"Remove {person} for good?", abort=True, err=True)
    asked = orders.order(OrderVerb.FORGET, person, SystemClock().now(), fields={"undo": "yes"} if undo else {})
    outcome = orders.carry_out(config, os.environ, asked)
    click.echo(outcome or "noted; the bot that runs on this store has not carried it out yet")
    for place in () if undo else orders.elsewhere(person, path, store_path(config, os.environ)):
        click.echo(place, err=True)


_yes_option = click.option("--yes", is_flag=True, help="Do not ask.")


@main.group(short_help="Whom the bot watches; add and remove some.")
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
@_yes_option
@_config_option
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

    _, path = _load(config_file, feedless=True)
    wish = Wish(steering.group_of(name, kind), name, aliases, hides, weight)
    _carry_out(plan(path, wish), f"{path}: {name} stands under watchlist.{wish.group} already", yes=yes)


@watch.command("remove", short_help="Take somebody off the watchlist.")
@click.argument("name")
@_yes_option
@_config_option
def remove_watch(config_file: Path | None, name: str, yes: bool) -> None:
    """Take NAME off the watchlist in config.yaml. Whom the bot knows anyway it still knows: mute it, or give weight 0.

    \b
    Example:   talentwire watch remove "Norvane AI"
    """
    from bot.config.editing import unwatch

    _, path = _load(config_file, feedless=True)
    _carry_out(unwatch(path, name), f"{path}: {name} is not on its watchlist", yes=yes)


@watch.command("list", short_help="Whom the bot watches, and who said so.")
@click.option("--known", is_flag=True, help="Also whom it knows anyway.")
@_config_option
@_json_option
def list_watch(config_file: Path | None, known: bool, as_json: bool) -> None:
    """List whom the bot watches: where each entry comes from (file and line, Slack and who, shipped) and when it ends.

    \b
    Example:   talentwire watch list
    """
    from bot.commands import steering

    config, path = _load(config_file, feedless=True)
    _print_rows(steering.watched(config, path, os.environ, known=known), as_json=as_json)
    _say(steering.in_force(config, path, os.environ))


@main.group(short_help="What shall not alert; add and remove some.")
def mute() -> None:
    """Show what does not alert and why, and change the mutes in config.yaml; its comments and order stay.

    \b
    Examples:  talentwire mute list
               talentwire mute add example-news.com --until 2026-12-31
    """


@mute.command("add", short_help="Mute a name, a host or a feed.")
@click.argument("what")
@click.option("--until", default="", metavar="DAY", help="Last day or moment (UTC) of it. Default: for good.")
@_yes_option
@_config_option
def add_mute(config_file: Path | None, what: str, until: str, yes: bool) -> None:
    """Mute WHAT in all channels: an organisation, a person, or the host or address of a feed.

    \b
    Example:   talentwire mute add example-news.com --until 2026-12-31
    """
    from bot.config.editing import mute as plan

    _, path = _load(config_file, feedless=True)
    _carry_out(plan(path, what, until), f"{path}: {what} is muted so already", yes=yes)


@mute.command("remove", short_help="Let something alert again.")
@click.argument("what")
@_yes_option
@_config_option
def remove_mute(config_file: Path | None, what: str, yes: bool) -> None:
    """Take the mute of WHAT out of config.yaml. What readers muted in Slack, they unmute there.

    \b
    Example:   talentwire mute remove example-news.com
    """
    from bot.config.editing import unmute

    _, path = _load(config_file, feedless=True)
    _carry_out(unmute(path, what), f"{path}: {what} is not muted there", yes=yes)


@mute.command("list", short_help="What is muted, by whom, until when.")
@_config_option
@_json_option
def list_mute(config_file: Path | None, as_json: bool) -> None:
    """List what does not alert: where each mute comes from (file and line, Slack and who) and when it ends.

    \b
    Example:   talentwire mute list
    """
    from bot.commands import steering

    config, path = _load(config_file, feedless=True)
    _print_rows(steering.muted(config, path, os.environ), as_json=as_json)
    _say(steering.in_force(config, path, os.environ))


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


def _say(line: str) -> None:
    if line:
        click.echo(line, err=True)


def _print_rows(rows: Sequence[Row], *, as_json: bool) -> None:
    if as_json:
        _print_json([row.data for row in rows])
    else:
        for row in rows:
            click.echo(row.line)


@main.group(short_help="The feeds and how they are; add, test, remove some.", invoke_without_command=True)
@_config_option
@_json_option
@click.option("--packs", is_flag=True, help="Show the packs of feeds that the config may name instead.")
@click.pass_context
def feeds(context: click.Context, config_file: Path | None, as_json: bool, packs: bool) -> None:
    """List the feeds of the configuration, or do something with them.

    Each with its last poll, its next one and why it is then, its rhythm, what asking it costs, and what ails it.

    \b
    Example:   talentwire feeds --json
               talentwire feeds add https://techcrunch.com
    """
    if context.invoked_subcommand is None:
        _list_feeds(config_file, as_json=as_json, packs=packs)


def _list_feeds(config_file: Path | None, *, as_json: bool, packs: bool = False) -> None:
    from bot.commands import listing

    rows = listing.packs() if packs else listing.feeds(_load(config_file)[0], os.environ)
    if as_json:
        _print_json([row.data for row in rows])
    else:
        for row in rows:
            click.echo(row.line)


@feeds.command("list", short_help="The feeds and how they are.")
@_config_option
@_json_option
def list_feeds(config_file: Path | None, as_json: bool) -> None:
    """List the feeds: last poll, next poll and why then, rhythm, overlap, bytes, and what is wrong.

    Politeness: how many of 100 polls that could say what we have already did so; the first and one a day need not.

    \b
    Example:   talentwire feeds list
    """
    _list_feeds(config_file, as_json=as_json)


@feeds.command("test", short_help="Ask a feed now and show what comes.")
@click.argument("url")
@_config_option
def test_feed(url: str, config_file: Path | None) -> None:
    """Ask for the feed at URL now, and show its entries and what of them would have alerted. Changes nothing.

    \b
    Example:   talentwire feeds test https://techcrunch.com/feed/
    """
    from bot import app
    from bot.commands.feeds import Probe, preview

    config = _config_or_default(config_file, feedless=True)
    with app.web(config) as (fetcher, workers):
        found = Probe(fetcher, workers).feed(url)
    click.echo("\n".join(preview(config, found)))


@feeds.command("add", short_help="Find the feed of a page, show it, and write it into the configuration.")
@click.argument("url")
@click.option("--name", default="", help="What alerts shall call it. Default: what it calls itself.")
@click.option("--dry-run", is_flag=True, help="Show it only.")
@_config_option
def add_feed(url: str, name: str, dry_run: bool, config_file: Path | None) -> None:
    """Find the feed at URL, or of the page there, show it, and write it into config.yaml; comments there stay.

    The feed of a page is looked for in its links, where feeds often lie, and among its sitemaps of news.

    \b
    Example:   talentwire feeds add https://techcrunch.com
    """
    from bot import app
    from bot.commands.feeds import Probe, preview

    config, path = _load(config_file, feedless=True)
    with app.web(config) as (fetcher, workers):
        found = Probe(fetcher, workers).find(url if "://" in url else f"https://{url}")
    click.echo("\n".join(preview(config, found)))
    if dry_run:
        return
    from bot.config.editing import add_feeds

    new = add_feeds(path, [(found.url, name)])
    click.echo(f"{path}: {'added' if new else 'it stands there already'}", err=True)


@feeds.command("remove", short_help="Take a feed out of the configuration.")
@click.argument("url")
@_config_option
def remove_feed(url: str, config_file: Path | None) -> None:
    """Take the feed at URL out of config.yaml; comments there stay. Status 1 if it does not stand there.

    \b
    Example:   talentwire feeds remove https://techcrunch.com/feed/
    """
    from bot.config.editing import remove_feed as remove

    _, path = _load(config_file, feedless=True)
    gone = remove(path, url)
    click.echo(f"{path}: {'removed' if gone else 'it does not stand there'}", err=True)
    sys.exit(0 if gone else 1)


@feeds.command("import", short_help="Add the feeds of an OPML file.")
@click.argument("file", type=click.File("rb"))
@_config_option
def import_feeds(file: Any, config_file: Path | None) -> None:
    """Write the feeds of an OPML file, as readers export it, into config.yaml; those that stand there stay as they are.

    \b
    Example:   talentwire feeds import subscriptions.opml
    """
    from bot.config.editing import add_feeds
    from bot.feeds.opml import read

    listed = read(file.read())
    _, path = _load(config_file, feedless=True)
    new = add_feeds(path, listed)
    click.echo(f"{path}: {len(new)} of {len(listed)} feeds added", err=True)


@feeds.command("export", short_help="Print the feeds as OPML.")
@_config_option
def export_feeds(config_file: Path | None) -> None:
    """Print all feeds, those of packs and searches too, as OPML for other readers.

    \b
    Example:   talentwire feeds export > feeds.opml
    """
    from bot.config import feeds_of
    from bot.feeds.opml import write

    click.echo(write((feed.url, feed.name) for feed in feeds_of(_load(config_file)[0])), nl=False)


@feeds.command("verify", short_help="Ask all feeds now and say what came of each.")
@_config_option
@_json_option
def verify_feeds(config_file: Path | None, as_json: bool) -> None:
    """Ask for all feeds at once, within 30 seconds, and say of each what came. Changes nothing.

    Exit status 1 if one of them brought no feed.

    \b
    Example:   talentwire feeds verify
    """
    from bot.commands.feeds import verify
    from bot.urls import redact

    config, _ = _load(config_file)
    rows = list(verify(config))
    if as_json:
        _print_json([{"url": redact(feed.url), "ok": fine, "came": came} for feed, came, fine in rows])
    else:
        for feed, came, fine in rows:
            click.echo(f"{'ok  ' if fine else 'FAIL'}  {feed.name or redact(feed.url)}  {came}")
    sys.exit(0 if all(fine for _, _, fine in rows) else 1)


@main.command(short_help="What an edit of the configuration would have changed.")
@_config_option
@click.option("--old", "old_file", type=_FILE, help="Compare with this file, not with what the store was judged with.")
@click.option(
    "--since", default="30d", show_default=True, metavar="TIME", help="Look so far back: 30d, 12h, 2026-01-31."
)
@click.option("--brief", is_flag=True, help="Totals and entries only, not every alert.")
@click.option("--html", "page_file", type=_FILE, help="Also write a page to hand round.")
@click.option(
    "--replay", default="", metavar="WHERE", help="Send what would have been sent: terminal, or a channel's ID."
)
@click.option("--sample", is_flag=True, help="Look through bundled stories instead of the store.")
@_json_option
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
    begin = _since(since, now)
    new, _ = _load(config_file)
    place = _store_of(new)
    old = _load(old_file)[0] if old_file else work.judged_with(place) or _file_or(new)
    if sample:
        report = work.sample(old, new, now)
    else:
        report = work.followed(place, old, new, begin, now, monotonic=clock.monotonic)
    if page_file:
        from bot.tuning.page import backtest as page

        page_file.write_text(page(report), "utf-8")
    if as_json:
        _print_json(report.data())
    elif not replay:
        _show(None, list(report.lines(brief=brief)), "")
    if not report.articles:
        click.echo("`talentwire backtest --sample` shows it on stories that come with the bot", err=True)
    if replay:
        _replay(report, new, replay)


@main.command(short_help="What each watchlist entry and feed was good for.")
@_config_option
@click.option(
    "--since", default="90d", show_default=True, metavar="TIME", help="Count so far back: 30d, 12h, 2026-01-31."
)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@_json_option
def hits(config_file: Path | None, since: str, as_csv: bool, as_json: bool) -> None:
    """Say of each watchlist entry, keyword and feed: articles, alerts, what readers said of them, and the last hit.

    Entries that never hit and feeds that never led to an alert in that time are named below the table.

    \b
    Example:   talentwire hits --since 90d --csv > hits.csv
    """
    from bot.adapters.clock import SystemClock
    from bot.commands import hits as work
    from bot.config import store_path
    from bot.tuning import hits as shown

    now = SystemClock().now()
    begin = _since(since, now)
    days = round((now - begin).total_seconds() / 86_400)
    config, _ = _load(config_file, feedless=True)
    found = work.hits(store_path(config, os.environ), config, begin)
    if as_csv:
        click.echo(work.as_csv(found), nl=False)
        return
    _show(shown.data(found, days), list(shown.lines(found, days)), "json" if as_json else "")


def _replay(report: Any, config: Config, where: str) -> None:
    """Send a backtest's messages to a terminal or a channel."""
    from bot import app
    from bot.adapters.clock import SystemClock
    from bot.commands.backtest import replay
    from bot.telemetry import progress

    clock = SystemClock()
    notifier = app.replay_notifier(config, os.environ, where, clock)
    stopped = _stop_on_signals()

    def pause(seconds: float) -> None:
        if stopped.wait(seconds):
            raise click.Abort

    pace = 0.0 if where == app.TERMINAL else 1.0
    with progress(len(report.sending), "replaying", monotonic=clock.monotonic) as shown:
        sent, unsure = replay(report, where, notifier, pace_s=pace, pause=pause, step=shown.step)
    click.echo(f"{sent} messages replayed" + (f", {unsure} may not have arrived" if unsure else ""), err=True)


def _since(text: str, now: Any) -> Any:
    from bot.commands.ledger import moment

    try:
        return moment(text, now)
    except ValueError:
        raise click.UsageError(f"--since: {text!r} is neither a time such as 30d nor a date") from None


def _store_of(config: Config) -> Path:
    """Return the store that the usual configuration works on: an edited copy may lie elsewhere."""
    from bot.config import store_path

    usual = _file_or(config)
    place = store_path(usual, os.environ)
    return place if place.is_file() else store_path(config, os.environ)


def _file_or(config: Config) -> Config:
    """Return the configuration that `run` would take without -c, `config` where there is none."""
    from bot.errors import ConfigError

    try:
        return _load(None, feedless=True)[0]
    except ConfigError:
        return config


# ---------------------------------------------------------------------------------------------------- for builders


@main.command(hidden=True)
@click.argument("file", type=_FILE, required=False)
@click.option("--feedback", is_flag=True, help="Learn from what readers said in Slack instead of a file.")
@click.option("--out", type=_FILE, help="Write the new weights here, unless our own stories lose by them.")
@click.option("--html", "page_file", type=_FILE, help="Also write the report as a page.")
@click.option("--accept", is_flag=True, help="With --feedback: write the proposed change of the configuration.")
@click.option("--strength", default=1.0, show_default=True, help="How firmly the weights in force are held to.")
@_config_option
def teach(
    file: Path | None,
    feedback: bool,
    out: Path | None,
    page_file: Path | None,
    accept: bool,
    strength: float,
    config_file: Path | None,
) -> None:
    """Say what labelled rows would change. FILE holds a JSON object a line: id, title, text, lang, label.

    With --feedback the rows are the alerts that readers called not relevant and the articles they reported as missed.
    Where clicks speak for a change of the configuration, it is shown as a diff with what it would have changed;
    --accept writes it.

    Offline. The weights are fitted anew with a prior at those in force; old and new are shown side by side on rows that
    were not fitted on. They are refused, with status 1, where our own frozen stories lose a point.

    \b
    Examples:  talentwire teach feedback.jsonl --out scoring.yaml
               talentwire teach --feedback -c config.yaml
    """
    from bot.adapters.clock import SystemClock
    from bot.commands.teaching import as_page, proposed
    from bot.commands.teaching import teach as taught
    from bot.config import store_path
    from bot.config.editing import accept as write

    if (file is None) is not feedback:
        raise click.UsageError("give a file, or --feedback")
    if file is not None and not file.is_file():
        raise click.UsageError(f"{file}: no such file")
    if accept and not feedback:
        raise click.UsageError("--accept goes with --feedback")
    config, path = (_config_or_default(config_file), None) if file else _load(config_file, feedless=True)
    source = file or store_path(config, os.environ)
    status, lines = taught(config, source, stored=feedback, strength=strength, out=out)
    proposal = proposed(path, config, source, SystemClock().now()) if path else None
    for line in (*lines, *(proposal.lines() if proposal else ())):
        click.echo(line)
    if page_file:
        page_file.write_text(as_page(lines, proposal), "utf-8")
    if path and proposal and accept:
        write(path, proposal.text)
        click.echo(f"{path}: changed", err=True)
    sys.exit(status)


@main.command(hidden=True)
@click.option("--feeds", "feeds_file", type=_FILE, required=True, help="One address a line; # begins a comment.")
@click.option(
    "--data", "folder", type=click.Path(file_okay=False, path_type=Path), required=True, help="Where the store is."
)
@click.option("--all", "all_feeds", is_flag=True, help="Ignore due times, but not Retry-After, 410 or back-off.")
@click.option("--allow-private", is_flag=True, help="Allow loopback and private addresses on any port.")
@click.option(
    "--connections",
    type=click.IntRange(1, 100),
    default=16,
    show_default=True,
    help="At a time to one private host, without spacing.",
)
@_json_option
def poll(feeds_file: Path, folder: Path, all_feeds: bool, allow_private: bool, connections: int, as_json: bool) -> None:
    """Poll the feeds in a file, keep their entries, and do nothing else.

    Prints feeds, not modified, new, failed and seconds. Exit status 0 even if feeds failed.

    \b
    Example:   talentwire poll --feeds feeds.txt --data data --all
    """
    import logging
    import time

    from bot.commands import polling
    from bot.telemetry import set_up

    set_up(level=logging.WARNING, secrets=())  # no token is read here
    begun = time.perf_counter()
    counts = polling.poll_file(
        feeds_file, folder, all_feeds=all_feeds, allow_private=allow_private, connections=connections
    )
    told = {**counts, "seconds": round(time.perf_counter() - begun, 3)}
    if as_json:
        _print_json(told)
    else:
        click.echo(" ".join(f"{name}={value}" for name, value in told.items()))


@main.command(hidden=True)
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
@_config_option
def classify(file: Any, config_file: Path | None) -> None:
    """Judge JSON lines {id, title, text, lang?} and print one line each, in order, as they come.

    Out: {id, label, alert, score, kinds, moves: [{person, from, to, role, status, confidence}]}. `label` says that the
    score reaches thresholds.digest, `alert` that it reaches thresholds.alert; a person known under another name than
    the text's has `known_as` too. Without -c the built-in defaults hold.

    \b
    Example:   talentwire classify items.jsonl > verdicts.jsonl
    """
    import json

    from bot import app
    from bot.commands.explain import as_json
    from bot.moves.judge import judge

    config = _config_or_default(config_file)
    watch = app.watch_of(config)
    for row in _rows(file):
        finding = judge(watch, row.get("title") or "", row.get("text") or "", row.get("lang") or "")
        click.echo(json.dumps({"id": row.get("id"), **as_json(finding, config.thresholds)}, ensure_ascii=False))


@main.command(hidden=True)
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
@_config_option
def group(file: Any, config_file: Path | None) -> None:
    """Group JSON lines {id, title, text, lang?, published?, outlet?, owner?, url?}, in order of time, into stories.

    Out, per item and without looking ahead, the state after it: {id, story, saga, action, why, news, verdict, moves,
    sources}. `action` is what a channel would see of it, whatever its score; `verdict` what the bot does with it.

    \b
    Example:   talentwire group items.jsonl
    """
    import json

    from bot.commands.grouping import grouped

    config = _config_or_default(config_file, feedless=True)
    for line in grouped(_rows(file), config):
        click.echo(json.dumps(line, ensure_ascii=False))


@main.command(hidden=True)
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--url", default="", help="Address that the page was had from.")
def extract(file: Any, url: str) -> None:
    """Print the readable text of an HTML page.

    \b
    Example:   talentwire extract page.html
    """
    from bot.articles.extract import extract as extract_text

    click.echo(extract_text(file.read(), url, "text/html"))


@main.command(hidden=True)
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--url", default="", help="Address that the feed was had from, for relative links.")
@click.option("--content-type", default="", help="Its Content-Type header.")
def parse(file: Any, url: str, content_type: str) -> None:
    """Print the entries of a feed as JSON lines {id, link, title, date, summary}.

    \b
    Example:   talentwire parse feed.xml --url https://example.com/feed.xml
    """
    import json

    from bot.feeds.parse import parse as parse_feed

    for entry in parse_feed(file.read(), url, content_type).entries:
        date = entry.published_at.isoformat() if entry.published_at else None
        line = {"id": entry.raw_id, "link": entry.url, "title": entry.title, "date": date, "summary": entry.summary}
        click.echo(json.dumps(line, ensure_ascii=False))


@main.command(short_help="Copy the store, also while the bot runs.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Put it in the place of a file that is there.")
@_config_option
def backup(config_file: Path | None, file: Path, force: bool) -> None:
    """Write a copy of the store to FILE: whole, checked and on the disk, or not at all. Works while the bot runs.

    The bot makes copies of its own, too: see `backups` in docs/configuration.md.

    \b
    Example:   talentwire backup /backups/talentwire.db
    """
    from bot.adapters import backup as copies
    from bot.config import store_path

    config, _ = _load(config_file, feedless=True)
    path = store_path(config, os.environ)
    if not path.is_file():
        raise click.ClickException(f"{path}: there is no store yet")
    if file.exists() and not force:
        raise click.UsageError(f"{file} is there already; --force puts the copy in its place")
    copies.copy(path, file)
    click.echo(f"{path} copied to {file} ({file.stat().st_size:,} bytes)", err=True)


@main.command(short_help="Put a copy in the place of the store.")
@click.argument("file", type=click.Path(dir_okay=False, exists=True, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@_config_option
def restore(config_file: Path | None, file: Path, yes: bool) -> None:
    """Put a copy of the backup FILE in the place of the store. The bot must not run.

    The store that is there is moved aside, not removed. What was posted since the backup is read from the channels at
    the next start, so that nothing is told twice; whom `talentwire forget` removed stays removed.

    \b
    Example:   talentwire restore backups/talentwire-20260301T030000Z.db
    """
    from bot.adapters import backup as copies
    from bot.adapters.clock import SystemClock
    from bot.adapters.store import exclusive
    from bot.config import store_path

    config, _ = _load(config_file, feedless=True)
    path = store_path(config, os.environ)
    with exclusive(path):
        if not yes and path.exists():
            click.confirm(f"Move {path} aside and put {file} in its place?", abort=True)
        aside = copies.restore(file, path, SystemClock().now())
    click.echo(f"{path} is {file} now" + (f"; what was there is {aside}" if aside else ""), err=True)


@main.command(short_help="Write the whole store as JSON lines.")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path), default="-")
@_config_option
def export(config_file: Path | None, file: Path) -> None:
    """Write everything the store knows to FILE (or standard output) as JSON lines. Works while the bot runs.

    \b
    Example:   talentwire export store.jsonl
    """
    from bot.adapters.store import SqliteStore
    from bot.config import store_path

    config, _ = _load(config_file, feedless=True)
    store = SqliteStore(store_path(config, os.environ), read_only=True)
    try:
        with click.open_file(str(file), "w", encoding="utf-8", atomic=str(file) != "-") as sink:
            count = store.export(sink)
    finally:
        store.close()
    click.echo(f"{count} rows written", err=True)


@main.command("import", short_help="Fill a new store from an export.")
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
@_config_option
def import_(config_file: Path | None, file: Any) -> None:
    """Fill the store that the configuration names, which has to be new, from an export: all of it, or nothing.

    \b
    Example:   talentwire import store.jsonl -c config.yaml
    """
    from bot.adapters.store import SqliteStore
    from bot.config import store_path

    config, _ = _load(config_file, feedless=True)
    store = SqliteStore(store_path(config, os.environ))
    try:
        count = store.load(_lines(file), file.name)
    finally:
        store.close()
    click.echo(f"{count} rows read", err=True)


@main.command(hidden=True)
@_config_option
@_json_option
def health(config_file: Path | None, as_json: bool) -> None:
    """Tell whether the service that works on this configuration's store is alive: exit status 0 or 1.

    \b
    Example:   talentwire health
    """
    from bot.commands import listing

    config, _ = _load(config_file)
    alive, line, data = listing.health(config, os.environ)
    if as_json:
        _print_json(data)
    else:
        click.echo(line)
    sys.exit(0 if alive else 1)


def _config_or_default(config_file: Path | None, *, feedless: bool = False) -> Config:
    from bot.config import Config

    return _load(config_file, feedless=feedless)[0] if config_file else Config()


def _lines(file: Any) -> Iterator[str]:
    try:
        yield from file
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file.name}: no UTF-8: {error}") from None


def _rows(file: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects of JSON lines; a bad line ends it with the file and line named."""
    import json

    for number, line in enumerate(_lines(file), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise click.ClickException(f"{file.name}:{number}: no JSON: {error}") from None
        if not isinstance(row, dict):
            raise click.ClickException(f"{file.name}:{number}: no JSON object")
        yield row

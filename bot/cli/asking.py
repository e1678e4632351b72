"""To ask it: why something alerted or not, who moved where, and what was worth watching."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.options import begin_of, config_option, json_option, load, set_up_logs
from bot.cli.printing import print_json, show

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.model import OrderVerb


@click.command(short_help="What was found in a page, a file or a text, and why.")
@click.argument("target", required=False)
@click.option("--text", help="A text to judge: the title, then a line break and the body if there is one.")
@config_option
@json_option
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
    config, _ = load(config_file)
    set_up_logs("warning")
    status, lines, data = explain(config, os.environ, target=target, text=text)
    if as_json:
        print_json(data)
    else:
        click.echo("\n".join(lines))
    sys.exit(status)


@click.group(
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
@config_option
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
    from bot.adapters.clock import SystemClock
    from bot.commands import ledger as shown
    from bot.config import store_path
    from bot.stories.ledger import flows, ledger

    now = SystemClock().now()
    config, _ = load(config_file, feedless=True)
    _refuse_unknown(wish, shown.allowed())
    if (as_flows or as_sources) and form not in ("table", "json"):
        raise click.UsageError("--flows and --sources come as table or json")
    since = begin_of(wish["since"], now) if wish["since"] else None
    told = shown.stories(store_path(config, os.environ))
    found = ledger(told, shown.wish_of(wish, since, config))
    if as_flows:
        counted = flows(found)
        show(shown.flow_data(counted), shown.flow_lines(counted), as_json=form == "json")
    elif as_sources:
        by_source = shown.sources(told, found)
        show(shown.record_data(by_source), shown.record_lines(by_source), as_json=form == "json")
    elif form == "csv":
        click.echo(shown.as_csv(found), nl=False)
    elif form == "atom":
        click.echo(shown.atom(found, now))
    else:
        show([shown.plain(row) for row in found], shown.table(found), as_json=form == "json")
    if not found:
        click.echo("no move fits" if told else "the store knows no story yet", err=True)


def _refuse_unknown(wish: Mapping[str, str], allowed: Mapping[str, Sequence[str]]) -> None:
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
@config_option
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
@config_option
def retract(config_file: Path | None, person: str, story: str) -> None:
    """Strike out PERSON's move: in the store and in every message that told it. No later article brings it back.

    \b
    Example:   talentwire moves retract "Ada Ferrano"
    """
    from bot.model import OrderVerb

    _order(config_file, OrderVerb.RETRACT, person, story, {})


def _order(config_file: Path | None, verb: OrderVerb, person: str, story: str, fields: dict[str, str]) -> None:
    """Have a move corrected, if it is clear which one is meant."""
    from bot.adapters.clock import SystemClock
    from bot.commands import ledger, orders
    from bot.config import store_path

    config, _ = load(config_file, feedless=True)
    found = orders.choices(ledger.stories(store_path(config, os.environ)), person, story)
    if len(found) != 1:
        raise click.UsageError("\n".join(orders.unclear(person, found)))
    asked = orders.correction(config, verb, person, SystemClock().now(), story=found[0][0].id, fields=fields)
    click.echo(orders.carry_out(config, os.environ, asked) or orders.NOT_YET)


@click.command(short_help="What each watchlist entry and feed was good for.")
@config_option
@click.option(
    "--since", default="90d", show_default=True, metavar="TIME", help="Count so far back: 30d, 12h, 2026-01-31."
)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@json_option
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
    begin = begin_of(since, now)
    days = round((now - begin).total_seconds() / 86_400)
    config, _ = load(config_file, feedless=True)
    found = work.hits(store_path(config, os.environ), config, begin)
    if as_csv:
        click.echo(work.as_csv(found), nl=False)
        return
    show(shown.data(found, days), shown.lines(found, days), as_json=as_json)

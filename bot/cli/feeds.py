"""The feeds: how they are, and the list of them in config.yaml (`talentwire feeds`)."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from bot.cli.options import config_option, config_or_default, json_option, load
from bot.cli.printing import print_json, print_rows


@click.group(short_help="The feeds and how they are; add, test, remove some.", invoke_without_command=True)
@config_option
@json_option
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

    rows = listing.packs() if packs else listing.feeds(load(config_file)[0], os.environ)
    print_rows(rows, as_json=as_json)


@feeds.command("list", short_help="The feeds and how they are.")
@config_option
@json_option
def list_feeds(config_file: Path | None, as_json: bool) -> None:
    """List the feeds: last poll, next poll and why then, rhythm, overlap, bytes, and what is wrong.

    Politeness: how many of 100 polls that could say what we have already did so; the first and one a day need not.

    \b
    Example:   talentwire feeds list
    """
    _list_feeds(config_file, as_json=as_json)


@feeds.command("test", short_help="Ask a feed now and show what comes.")
@click.argument("url")
@config_option
def test_feed(url: str, config_file: Path | None) -> None:
    """Ask for the feed at URL now, and show its entries and what of them would have alerted. Changes nothing.

    \b
    Example:   talentwire feeds test https://techcrunch.com/feed/
    """
    from bot.commands.feeds import asked, preview

    config = config_or_default(config_file, feedless=True)
    click.echo("\n".join(preview(config, asked(config, url))))


@feeds.command("add", short_help="Find the feed of a page, show it, and write it into the configuration.")
@click.argument("url")
@click.option("--name", default="", help="What alerts shall call it. Default: what it calls itself.")
@click.option("--dry-run", is_flag=True, help="Show it only.")
@config_option
def add_feed(url: str, name: str, dry_run: bool, config_file: Path | None) -> None:
    """Find the feed at URL, or of the page there, show it, and write it into config.yaml; comments there stay.

    The feed of a page is looked for in its links, where feeds often lie, and among its sitemaps of news.

    \b
    Example:   talentwire feeds add https://techcrunch.com
    """
    from bot.commands.feeds import preview, sought

    config, path = load(config_file, feedless=True)
    found = sought(config, url)
    click.echo("\n".join(preview(config, found)))
    if dry_run:
        return
    from bot.config.editing import add_feeds

    new = add_feeds(path, [(found.url, name)])
    click.echo(f"{path}: {'added' if new else 'it stands there already'}", err=True)


@feeds.command("remove", short_help="Take a feed out of the configuration.")
@click.argument("url")
@config_option
def remove_feed(url: str, config_file: Path | None) -> None:
    """Take the feed at URL out of config.yaml; comments there stay. Status 1 if it does not stand there.

    \b
    Example:   talentwire feeds remove https://techcrunch.com/feed/
    """
    from bot.config.editing import remove_feed as remove

    _, path = load(config_file, feedless=True)
    gone = remove(path, url)
    click.echo(f"{path}: {'removed' if gone else 'it does not stand there'}", err=True)
    sys.exit(0 if gone else 1)


@feeds.command("import", short_help="Add the feeds of an OPML file.")
@click.argument("file", type=click.File("rb"))
@config_option
def import_feeds(file: Any, config_file: Path | None) -> None:
    """Write the feeds of an OPML file, as readers export it, into config.yaml; those that stand there stay as they are.

    \b
    Example:   talentwire feeds import subscriptions.opml
    """
    from bot.config.editing import add_feeds
    from bot.feeds.opml import read

    listed = read(file.read())
    _, path = load(config_file, feedless=True)
    new = add_feeds(path, listed)
    click.echo(f"{path}: {len(new)} of {len(listed)} feeds added", err=True)


@feeds.command("export", short_help="Print the feeds as OPML.")
@config_option
def export_feeds(config_file: Path | None) -> None:
    """Print all feeds, those of packs and searches too, as OPML for other readers.

    \b
    Example:   talentwire feeds export > feeds.opml
    """
    from bot.config import feeds_of
    from bot.feeds.opml import write

    click.echo(write((feed.url, feed.name) for feed in feeds_of(load(config_file)[0])), nl=False)


@feeds.command("verify", short_help="Ask all feeds now and say what came of each.")
@config_option
@json_option
def verify_feeds(config_file: Path | None, as_json: bool) -> None:
    """Ask for all feeds at once, within 30 seconds, and say of each what came. Changes nothing.

    Exit status 1 if one of them brought no feed.

    \b
    Example:   talentwire feeds verify
    """
    from bot.commands.feeds import verify
    from bot.urls import redact

    config, _ = load(config_file)
    rows = list(verify(config))
    if as_json:
        print_json([{"url": redact(feed.url), "ok": fine, "came": came} for feed, came, fine in rows])
    else:
        for feed, came, fine in rows:
            click.echo(f"{'ok  ' if fine else 'FAIL'}  {feed.name or redact(feed.url)}  {came}")
    sys.exit(0 if all(fine for _, _, fine in rows) else 1)

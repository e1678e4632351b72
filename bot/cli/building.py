"""For builders, benchmarks and containers: single steps of the work. --help does not show them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from bot.cli.options import FILE, config_option, config_or_default, json_option, json_rows, load
from bot.cli.printing import print_json


@click.command(hidden=True)
@click.argument("file", type=FILE, required=False)
@click.option("--feedback", is_flag=True, help="Learn from what readers said in Slack instead of a file.")
@click.option("--out", type=FILE, help="Write the new weights here, unless our own stories lose by them.")
@click.option("--html", "page_file", type=FILE, help="Also write the report as a page.")
@click.option("--accept", is_flag=True, help="With --feedback: write the proposed change of the configuration.")
@click.option("--strength", default=1.0, show_default=True, help="How firmly the weights in force are held to.")
@config_option
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
    config, path = (config_or_default(config_file), None) if file else load(config_file, feedless=True)
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


@click.command(hidden=True)
@click.option("--feeds", "feeds_file", type=FILE, required=True, help="One address a line; # begins a comment.")
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
@json_option
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
        print_json(told)
    else:
        click.echo(" ".join(f"{name}={value}" for name, value in told.items()))


@click.command(hidden=True)
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
@config_option
def classify(file: Any, config_file: Path | None) -> None:
    """Judge JSON lines {id, title, text, lang?} and print one line each, in order, as they come.

    Out: {id, label, alert, score, kinds, moves: [{person, from, to, role, status, confidence}]}. `label` says that the
    score reaches thresholds.digest, `alert` that it reaches thresholds.alert; a person known under another name than
    the text's has `known_as` too. Without -c the built-in defaults hold.

    \b
    Example:   talentwire classify items.jsonl > verdicts.jsonl
    """
    from bot.commands.classifying import classified

    config = config_or_default(config_file)
    for line in classified(json_rows(file), config):
        print_json(line)


@click.command(hidden=True)
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
@config_option
def group(file: Any, config_file: Path | None) -> None:
    """Group JSON lines {id, title, text, lang?, published?, outlet?, owner?, url?}, in order of time, into stories.

    Out, per item and without looking ahead, the state after it: {id, story, saga, action, why, news, verdict, moves,
    sources}. `action` is what a channel would see of it, whatever its score; `verdict` what the bot does with it.

    \b
    Example:   talentwire group items.jsonl
    """
    from bot.commands.grouping import grouped

    config = config_or_default(config_file, feedless=True)
    for line in grouped(json_rows(file), config):
        print_json(line)


@click.command(hidden=True)
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--url", default="", help="Address that the page was had from.")
def extract(file: Any, url: str) -> None:
    """Print the readable text of an HTML page.

    \b
    Example:   talentwire extract page.html
    """
    from bot.articles.extract import extract as extract_text

    click.echo(extract_text(file.read(), url, "text/html"))


@click.command(hidden=True)
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--url", default="", help="Address that the feed was had from, for relative links.")
@click.option("--content-type", default="", help="Its Content-Type header.")
def parse(file: Any, url: str, content_type: str) -> None:
    """Print the entries of a feed as JSON lines {id, link, title, date, summary}.

    \b
    Example:   talentwire parse feed.xml --url https://example.com/feed.xml
    """
    from bot.feeds.parse import parse as parse_feed

    for entry in parse_feed(file.read(), url, content_type).entries:
        date = entry.published_at.isoformat() if entry.published_at else None
        print_json(
            {"id": entry.raw_id, "link": entry.url, "title": entry.title, "date": date, "summary": entry.summary}
        )


@click.command(hidden=True)
@config_option
@json_option
def health(config_file: Path | None, as_json: bool) -> None:
    """Tell whether the service that works on this configuration's store is alive: exit status 0 or 1.

    \b
    Example:   talentwire health
    """
    from bot.commands import listing

    config, _ = load(config_file)
    alive, line, data = listing.health(config, os.environ)
    if as_json:
        print_json(data)
    else:
        click.echo(line)
    sys.exit(0 if alive else 1)

"""A report as one page of HTML to hand round: nothing is loaded from anywhere, nothing in it can steer a browser."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from bot.tuning.report import Fate, Report, Row
from bot.urls import fetchable, redact

_STYLE = """
:root { color-scheme: light dark; --ink: #1d1c1d; --paper: #fff; --soft: #616061; --line: #ddd;
  --gained: #1a7f4b; --lost: #b3261e; --changed: #8a5a00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8e8; --paper: #1a1d21; --soft: #ababad; --line: #3a3d42;
  --gained: #5fd39a; --lost: #ff8a80; --changed: #f2c14e; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .3rem .6rem;
  border-bottom: 1px solid var(--line); vertical-align: top }
td.n, th.n { text-align: right } p, li { overflow-wrap: anywhere } .soft { color: var(--soft) } a { color: inherit }
article { border-left: 4px solid var(--line); padding: .2rem 1rem; margin: 1rem 0 } article p { margin: .2rem 0 }
pre { overflow-x: auto; border: 1px solid var(--line); padding: .6rem }
.gained { border-color: var(--gained) } .lost { border-color: var(--lost) } .changed { border-color: var(--changed) }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_HEADS = {Fate.GAINED: "Alerts gained", Fate.LOST: "Alerts lost", Fate.CHANGED: "Alerts changed"}


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head; cells that are numbers stand to the right."""

    head: Sequence[str]
    rows: Sequence[Sequence[object]]


@dataclass(frozen=True, slots=True)
class Code:
    """Lines that stay as they are, such as a diff."""

    lines: Sequence[str]


def page(title: str, parts: Iterable[str | Table | Code]) -> str:
    """Return a whole page. A text is a paragraph; one that begins with "# " is a head. All of it is escaped."""
    return whole(title, (_part(part) for part in parts))


def whole(title: str, body: Iterable[str]) -> str:
    """Return a whole page around elements that are HTML already."""
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>",
            f"<h1>{escape(title)}</h1>",
            *body,
            "</main></body></html>\n",
        )
    )


def _part(part: str | Table | Code) -> str:
    if isinstance(part, Table):
        return table(part)
    if isinstance(part, Code):
        return f"<pre>{escape(chr(10).join(part.lines))}</pre>"
    return f"<h2>{escape(part[2:])}</h2>" if part.startswith("# ") else f"<p>{escape(part)}</p>"


def table(found: Table) -> str:
    """Return a table as HTML."""

    def cell(tag: str, value: object) -> str:
        number = ' class="n"' if isinstance(value, int | float) else ""
        return f"<{tag}{number}>{escape(str(value))}</{tag}>"

    head = "".join(cell("th", value) for value in found.head)
    rows = "\n".join(f"<tr>{''.join(cell('td', value) for value in row)}</tr>" for row in found.rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table>"


def backtest(report: Report) -> str:
    """Return a backtest as a page: totals, what each entry of the config does, and every alert that differs."""
    return whole("Talentwire: what an edit would have changed", _backtest(report))


def _backtest(report: Report) -> Iterator[str]:
    place = "the bundled sample of invented stories" if report.sample else "the store"
    yield (
        f"<p>{report.since:%Y-%m-%d} to {report.now:%Y-%m-%d} in {place}: {report.articles} articles, "
        f"{report.judged} judged again; {report.before} alerts as it was, {report.after} with the edit.</p>"
    )
    if report.counts:
        yield "<h2>By entry of the configuration</h2>"
        yield table(Table(("entry", "articles with it", "gained", "lost", "changed"), report.counts))
    for fate in Fate:
        rows = report.of(fate)
        yield f"<h2>{_HEADS[fate]}: {len(rows)}</h2>"
        yield from (_row(row) for row in rows)
    if report.notes:
        yield "<h2>What could not be seen</h2>"
        yield f"<ul>{''.join(f'<li>{escape(note)}</li>' for note in report.notes)}</ul>"


def _row(row: Row) -> str:
    by = ", ".join(row.by) or "what came before it"
    kinds = ", ".join(kind.replace("_", " ") for kind in row.kinds)
    facts = [f"{row.at:%Y-%m-%d %H:%M} UTC", row.outlet, kinds, f"score {row.score:.2f}", ", ".join(row.channels)]
    return (
        f'<article class="{row.fate}"><p><strong>{_link(row.url, row.title)}</strong></p>'
        f"<p>{escape(row.why)}</p><p>by {escape(by)}</p>"
        f'<p class="soft">{escape(" · ".join(fact for fact in facts if fact))}</p></article>'
    )


def _link(url: str, words: str) -> str:
    """Return a link to a page of the web, else the words alone: an address comes from a stranger."""
    from bot.errors import FetchError

    try:
        safe = fetchable(url)
    except FetchError:
        return escape(words)
    return f'<a rel="noopener noreferrer" href="{escape(redact(safe))}">{escape(words)}</a>'

"""The moves ledger as a table, CSV, JSON or an Atom feed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from bot import app
from bot.config import Config
from bot.lexicon.posts import families
from bot.model import Kind, Status, Story
from bot.stories.ledger import Flows, LedgerRow, Record, Wish, records

COLUMNS = (
    "first_seen",
    "event_date",
    "status",
    "person",
    "from",
    "to",
    "role",
    "family",
    "rank",
    "kinds",
    "sources",
    "disagree",
    "url",
    "headline",
)
_WIDTHS = {"person": 26, "way": 46, "role": 30}
_ATOM = "http://www.w3.org/2005/Atom"
_SPAN = re.compile(r"(\d+)\s*([hdwmy])")
_UNITS = {
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "m": timedelta(days=30),
    "y": timedelta(days=365),
}


def moment(text: str, now: datetime) -> datetime:
    """Return the time that `text` means: "30d" before `now`, or a date. Raises ValueError."""
    span = _SPAN.fullmatch(text.strip().casefold())
    if span:
        return now - int(span[1]) * _UNITS[span[2]]
    parsed = datetime.fromisoformat(text)
    return parsed.replace(tzinfo=now.tzinfo) if parsed.tzinfo is None else parsed


def stories(path: Path) -> Sequence[Story]:
    """Return all stories of the store at `path`; none where there is no store yet. Raises StoreError."""
    from bot.adapters.store import SqliteStore

    if not path.is_file():
        return []
    store = SqliteStore(path, read_only=True)
    try:
        return store.stories()
    finally:
        store.close()


def allowed() -> Mapping[str, Sequence[str]]:
    """Return the values of those wishes that have a closed list of them."""
    return {"kind": [k.value for k in Kind], "status": [s.value for s in Status], "role_family": list(families())}


def wish_of(words: Mapping[str, str], since: datetime | None, config: Config) -> Wish:
    """Return what `words` ask for; organisations get the names that the bot knows them by."""
    names = app.watch_of(config).canonical
    return Wish(
        person=words["person"],
        from_org=names(words["from_org"]),
        to_org=names(words["to_org"]),
        since=since,
        kind=words["kind"],
        status=words["status"],
        family=words["role_family"],
    )


def sources(told: Sequence[Story], found: Sequence[LedgerRow]) -> Sequence[Record]:
    """Return the record of each source in the stories of these moves."""
    ids = {row.story for row in found}
    return records(story for story in told if story.id in ids)


def plain(row: LedgerRow) -> dict[str, Any]:
    """Return a row as plain values."""
    return {
        "first_seen": row.first_seen.isoformat(timespec="seconds"),
        "status": row.status.value,
        "status_since": row.since.isoformat(timespec="seconds"),
        "status_by": row.by,
        "event_date": row.event_date or None,
        "person": row.person,
        "spellings": list(row.spellings),
        "from": row.from_org or None,
        "to": row.to_org or None,
        "role": row.role or None,
        "family": row.family or None,
        "rank": row.rank or None,
        "kinds": [kind.value for kind in row.kinds],
        "sources": list(row.sources),
        "disagree": list(row.disagree),
        "url": row.url,
        "headline": row.headline,
        "story": row.story,
    }


def table(rows: Sequence[LedgerRow]) -> list[str]:
    """Return the lines of a table for people, latest first."""
    head = f"{'seen':<10}  {'when':<10}  {'status':<10}  {'person':<26}  {'from -> to':<46}  {'role':<30}  sources"
    lines = [head]
    for row in rows:
        way = f"{row.from_org or '?'} -> {row.to_org or '?'}" if row.from_org or row.to_org else "?"
        lines.append(
            f"{row.first_seen:%Y-%m-%d}  {row.event_date:<10}  {row.status.value:<10}  {_cut(row.person, 'person')}"
            f"  {_cut(way, 'way')}  {_cut(row.role, 'role')}  {len(row.sources)}"
        )
        lines += [f"{'':<12}sources disagree: {said}" for said in row.disagree]
    return lines


def _cut(text: str, column: str) -> str:
    width = _WIDTHS[column]
    return f"{text if len(text) <= width else text[: width - 1] + '…':<{width}}"


def as_csv(rows: Iterable[LedgerRow]) -> str:
    """Return CSV with a header. A cell that a spreadsheet would take for a formula gets an apostrophe."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        values = plain(row)
        cells = [values[name] for name in COLUMNS]
        writer.writerow([safe_cell("; ".join(c) if isinstance(c, list) else c or "") for c in cells])
    return sink.getvalue()


def safe_cell(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def atom(rows: Sequence[LedgerRow], now: datetime) -> str:
    """Return an Atom feed of the rows, one entry a move."""
    ElementTree.register_namespace("", _ATOM)
    feed = ElementTree.Element(f"{{{_ATOM}}}feed")
    _child(feed, "id", "urn:talentwire:moves")
    _child(feed, "title", "Talentwire: moves")
    _child(feed, "updated", max((row.since for row in rows), default=now).isoformat(timespec="seconds"))
    for row in rows:
        entry = _child(feed, "entry", "")
        way = f"{row.from_org or '?'} → {row.to_org or '?'}"
        _child(entry, "id", f"urn:talentwire:move:{row.story}:{row.person}")
        _child(entry, "title", f"{row.person}: {way}" + (f" · {row.role}" if row.role else ""))
        _child(entry, "updated", row.since.isoformat(timespec="seconds"))
        _child(entry, "published", row.first_seen.isoformat(timespec="seconds"))
        author = _child(entry, "author", "")
        _child(author, "name", row.by or "Talentwire")
        _child(entry, "summary", f"{row.status.value}; {len(row.sources)} source(s); {row.headline}")
        if row.url:
            _child(entry, "link", "").set("href", row.url)
    return ElementTree.tostring(feed, encoding="unicode", xml_declaration=True)


_UNPRINTABLE = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _child(parent: ElementTree.Element, name: str, text: str) -> ElementTree.Element:
    child = ElementTree.SubElement(parent, f"{{{_ATOM}}}{name}")
    child.text = _UNPRINTABLE.sub("", text)
    return child


def flow_lines(found: Flows) -> list[str]:
    """Return gains, losses and net by firm, the pairs, those who came back, and how long people stayed."""
    lines = [f"{'organisation':<34}  gains  losses   net"]
    lines += [f"{f.organisation[:34]:<34}  {f.gains:>5}  {f.losses:>6}  {f.net:>+4}" for f in found.firms]
    if found.pairs:
        lines += ["", "from -> to"]
        lines += [f"{count:>5}  {source} -> {target}" for source, target, count in found.pairs]
    if found.boomerangs:
        lines += ["", "came back"]
        lines += [f"  {row.first_seen:%Y-%m-%d}  {row.person} -> {row.to_org}" for row in found.boomerangs]
    if found.stays:
        lines += ["", "stayed"]
        lines += [f"  {stay.length.days:>5} days  {stay.person} at {stay.organisation}" for stay in found.stays]
    return lines


def flow_data(found: Flows) -> Mapping[str, Any]:
    """Return the flows as plain values."""
    return {
        "organisations": [
            {"organisation": f.organisation, "gains": f.gains, "losses": f.losses, "net": f.net} for f in found.firms
        ],
        "pairs": [{"from": source, "to": target, "moves": count} for source, target, count in found.pairs],
        "boomerangs": [plain(row) for row in found.boomerangs],
        "stays": [
            {
                "person": stay.person,
                "organisation": stay.organisation,
                "joined": stay.joined.isoformat(timespec="seconds"),
                "left": stay.left.isoformat(timespec="seconds"),
                "days": stay.length.days,
            }
            for stay in found.stays
        ],
    }


def record_lines(found: Sequence[Record]) -> list[str]:
    """Return who was first, told later, added a fact, and changed what was told."""
    lines = [f"{'source':<34}  first  later  added  changed  stories"]
    return lines + [
        f"{r.name[:34]:<34}  {r.first:>5}  {r.later:>5}  {r.added:>5}  {r.changed:>7}  {len(r.stories):>7}"
        for r in found
    ]


def record_data(found: Sequence[Record]) -> list[Mapping[str, Any]]:
    """Return the records as plain values."""
    return [
        {
            "source": r.name,
            "first": r.first,
            "later": r.later,
            "added": r.added,
            "changed": r.changed,
            "stories": len(r.stories),
        }
        for r in found
    ]

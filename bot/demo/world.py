"""Serves the small world on loopback: its feeds and pages as files say, with dates that count from now.

    with World(clock) as world:          # stage 1 is out
        ...                              # world.url, world.config_text()
        world.publish(2)

`expected()` tells what a bot that looks on should have said.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from string import Template
from types import TracebackType
from typing import Any, Self
from xml.sax.saxutils import escape

from bot.config.document import read_document
from bot.config.models import parse_duration
from bot.model import digest
from bot.ports import Clock

STAGES = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class WorldEntry:
    """One entry and its page. `age` is how long before its stage it came out; `link` the entry whose page it shows."""

    id: str
    feed: str
    stage: int
    age: timedelta
    title: str
    summary: str
    link: str
    page: tuple[str, ...]
    wall: bool


@dataclass(frozen=True, slots=True)
class WorldFeed:
    """One feed. `fault` is malformed, gone or page, or "" for none."""

    name: str
    kind: str
    title: str
    language: str
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server says."""

    status: int
    kind: str
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Expected:
    """What should come of it: alerts with stage, entries and move, and the entries without an alert of their own."""

    missed: tuple[Mapping[str, Any], ...]
    alerts: tuple[Mapping[str, Any], ...]
    told_already: tuple[str, ...]
    silent: tuple[str, ...]


def expected() -> Expected:
    """Return what a bot that looks on from stage 1 to the last should have said."""
    data = _data("expected.yaml")
    return Expected(*(tuple(data[key]) for key in ("missed", "alerts", "told_already", "silent")))


def entries() -> tuple[WorldEntry, ...]:
    """Return all entries of the world, of every stage."""
    return tuple(_entry(row) for row in _data("stories.yaml")["entries"])


def feeds() -> tuple[WorldFeed, ...]:
    """Return the feeds of the world."""
    return tuple(WorldFeed(name=name, **row) for name, row in _data("feeds.yaml")["feeds"].items())


@dataclass
class World:
    """The server. Stage 1 is out once it has started; a thread of its own answers until it is stopped."""

    clock: Clock
    url: str = ""
    _out: dict[int, datetime] = field(default_factory=dict)
    _server: ThreadingHTTPServer | None = None

    def start(self) -> str:
        """Begin to listen on a free port and publish stage 1. Returns the base address, without closing slash."""
        self.publish(1)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="demo world", daemon=True).start()
        return self.url

    def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def publish(self, stage: int) -> int:
        """Bring the entries of `stage` out now. Returns how many there are; publishing twice changes nothing."""
        self._out.setdefault(stage, self.clock.now())
        return sum(entry.stage == stage for entry in entries())

    def config_text(self) -> str:
        """Return the demo's config.yaml, with the addresses of this world."""
        return _text("config.yaml").replace("BASE/", f"{self.url}/")

    def answer(self, path: str) -> Answer:
        """Return what the server says to a GET of `path`."""
        folder, _, name = path.strip("/").partition("/")
        if folder == "feeds":
            return self._feed_answer(name)
        if folder == "pages":
            return self._page_answer(name)
        return _NOT_FOUND

    def _feed_answer(self, name: str) -> Answer:
        feed = next((each for each in feeds() if each.name == name), None)
        if feed is None:
            return _NOT_FOUND
        if feed.fault == "gone":
            return Answer(410, "text/plain", b"This feed is no more.\n")
        if feed.fault == "page":
            return Answer(200, "text/html; charset=utf-8", _text("moved.html").encode())
        shown = [entry for entry in entries() if entry.feed == name and entry.stage in self._out]
        shown.sort(key=self._published, reverse=True)
        kind, render = _RENDERERS[feed.kind]
        body = render(feed, [self._row(entry) for entry in shown])
        if feed.fault == "malformed":
            body = body.replace("<channel>", "<channel><copyright>&copy; La Capa</copyright>").rpartition("</channel>")[
                0
            ]
        return Answer(200, kind, body.encode())

    def _page_answer(self, name: str) -> Answer:
        entry = next((each for each in entries() if each.id == name and each.stage in self._out), None)
        if entry is None or entry.link != entry.id:
            return _NOT_FOUND
        feed = next(each for each in feeds() if each.name == entry.feed)
        page = Template(_text("wall.html" if entry.wall else "article.html")).substitute(
            language=feed.language,
            title=escape(entry.title),
            outlet=escape(feed.title),
            url=f"{self.url}/pages/{entry.id}",
            published=self._published(entry).isoformat(timespec="seconds"),
            paragraphs="\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in entry.page),
        )
        return Answer(200, "text/html; charset=utf-8", page.encode())

    def _published(self, entry: WorldEntry) -> datetime:
        return self._out[entry.stage] - entry.age

    def _row(self, entry: WorldEntry) -> _Row:
        url = f"{self.url}/pages/{entry.link}"
        return _Row(f"{self.url}/{entry.id}", url, entry.title, entry.summary, self._published(entry))


@dataclass(frozen=True, slots=True)
class _Row:
    """An entry as a feed shows it."""

    id: str
    url: str
    title: str
    summary: str
    at: datetime


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, world: World, *args: Any) -> None:
        self._world = world
        super().__init__(*args)

    def do_GET(self) -> None:
        """Answer, with validators."""
        answer = self._world.answer(self.path)
        tag = f'"{digest(answer.body.decode(), length=16)}"'
        known = answer.status == 200 and self.headers.get("If-None-Match") == tag
        self.send_response(304 if known else answer.status)
        self.send_header("ETag", tag)
        if not known:
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if not known:
            self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class calls it so
        """Say nothing."""


def _rss(feed: WorldFeed, rows: list[_Row]) -> str:
    items = "".join(
        f"<item><guid isPermaLink='false'>{row.id}</guid><link>{row.url}</link><title>{escape(row.title)}</title>"
        f"<description>{escape(row.summary)}</description><pubDate>{format_datetime(row.at)}</pubDate></item>\n"
        for row in rows
    )
    return (
        f"<?xml version='1.0' encoding='UTF-8'?>\n<rss version='2.0'><channel><title>{escape(feed.title)}</title>"
        f"<link>http://127.0.0.1/</link><description/><language>{feed.language}</language>\n{items}</channel></rss>\n"
    )


def _atom(feed: WorldFeed, rows: list[_Row]) -> str:
    items = "".join(
        f"<entry><id>{row.id}</id><link rel='alternate' href='{row.url}'/><title>{escape(row.title)}</title>"
        f"<summary>{escape(row.summary)}</summary><updated>{row.at.isoformat(timespec='seconds')}</updated></entry>\n"
        for row in rows
    )
    return (
        f"<?xml version='1.0' encoding='UTF-8'?>\n<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='{feed.language}'>"
        f"<id>urn:demo:{feed.name}</id><title>{escape(feed.title)}</title>\n{items}</feed>\n"
    )


def _rdf(feed: WorldFeed, rows: list[_Row]) -> str:
    items = "".join(
        f"<item rdf:about='{row.id}'><link>{row.url}</link><title>{escape(row.title)}</title>"
        f"<description>{escape(row.summary)}</description>"
        f"<dc:date>{row.at.isoformat(timespec='seconds')}</dc:date></item>\n"
        for row in rows
    )
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' "
        "xmlns='http://purl.org/rss/1.0/' xmlns:dc='http://purl.org/dc/elements/1.1/'>"
        f"<channel rdf:about='urn:demo:{feed.name}'><title>{escape(feed.title)}</title>"
        f"<dc:language>{feed.language}</dc:language></channel>\n{items}</rdf:RDF>\n"
    )


def _json(feed: WorldFeed, rows: list[_Row]) -> str:
    items = [
        {
            "id": row.id,
            "url": row.url,
            "title": row.title,
            "content_text": row.summary,
            "date_published": row.at.isoformat(timespec="seconds"),
        }
        for row in rows
    ]
    whole = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "language": feed.language,
        "items": items,
    }
    return json.dumps(whole, ensure_ascii=False)


_RENDERERS = {
    "rss": ("application/rss+xml; charset=utf-8", _rss),
    "atom": ("application/atom+xml; charset=utf-8", _atom),
    "rdf": ("application/rdf+xml; charset=utf-8", _rdf),
    "json": ("application/feed+json; charset=utf-8", _json),
}
_NOT_FOUND = Answer(404, "text/plain", b"There is nothing here.\n")


def _entry(row: Mapping[str, Any]) -> WorldEntry:
    return WorldEntry(
        id=row["id"],
        feed=row["feed"],
        stage=row["stage"],
        age=parse_duration(row["age"]),
        title=row["title"],
        summary=row["summary"],
        link=row.get("link", row["id"]),
        page=tuple(row.get("page", ())),
        wall=row.get("wall", False),
    )


def _data(name: str) -> dict[str, Any]:
    document = read_document(_text(name).encode(), name)
    if document.problems:
        raise ValueError("; ".join(map(str, document.problems)))
    return document.values


def _text(name: str) -> str:
    return (files("bot") / "demo" / name).read_text("utf-8")

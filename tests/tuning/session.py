"""A terminal session as a new user would have it: the real commands, a feed or two on loopback, and the strict Slack.

    python -m tests.tuning.session docs/session.md

makes the file anew. Moments, durations, addresses and hashes stand in it as words, so that it is the same each time.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from bot.alerts import buttons
from bot.model import Subject
from tests.fakes.slack_server import APP_TOKEN, BOT_TOKEN, Running, serve

ROOT = Path(__file__).parents[2]
CHANNEL, READER = "C0ALERTS", "U0HUMAN"
PATIENCE_S = 60.0
INTRO = """\
# A first session

Made by `python -m tests.tuning.session docs/session.md` from the default `config.yaml`, with two feeds of invented news in the
place of its feeds; `make proof` makes it anew and compares. The commands and what they say are real. Moments, days, addresses, hashes and
ids stand as words.
"""

NEWS = {  # path of a page: (feed, step at which it comes out, title, body)
    "gallery": ("loop", 1, "OpenAI opens a small gallery in its lobby", "The gallery shows drawings by neighbours."),
    "ferrano": (
        "loop",
        2,
        "Norvane hires Ada Ferrano from Quillstone as head of speech research",
        "Norvane has hired Ada Ferrano from Quillstone as its head of speech research, the company said on Monday.",
    ),
    "tarrant": (
        "herald",
        2,
        "Imogen Tarrant leaves OpenAI to join Anthropic",
        "Imogen Tarrant, who led a safety team at OpenAI, joins Anthropic next month. Both companies confirmed the move.",
    ),
    "ferry": ("herald", 2, "The ferry is late for the third time this week", "Nobody at the pier knew why."),
    "olufemi": (
        "loop",
        3,
        "Bashir Olufemi leaves OpenAI and joins NRVN as chief scientist",
        "Bashir Olufemi leaves OpenAI after six years and joins NRVN as its chief scientist, he wrote on Tuesday.",
    ),
    "astrand": (
        "herald",
        4,
        "Quenby Astrand leaves Google DeepMind to join OpenAI",
        "Quenby Astrand, a researcher of small models, leaves Google DeepMind and joins OpenAI, the lab said.",
    ),
}
FEEDS = {"loop": ("The Loop", "127.0.0.1"), "herald": ("The Herald", "127.0.0.2")}


class Press:
    """Serves the feeds and pages that are out."""

    def __init__(self) -> None:
        self.out: dict[str, datetime] = {}
        press = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                kind, body = press.answer(self.path)
                self.send_response(200 if kind else 404)
                self.send_header("Content-Type", kind or "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.servers = {name: ThreadingHTTPServer((host, 0), Handler) for name, (_, host) in FEEDS.items()}
        for server in self.servers.values():
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

    def url(self, feed: str) -> str:
        """Return the base address of a feed and its pages."""
        host, port = self.servers[feed].server_address[:2]
        return f"http://{host!s}:{port}"

    def close(self) -> None:
        for server in self.servers.values():
            server.shutdown()
            server.server_close()

    def publish(self, step: int) -> None:
        now = datetime.now(UTC)
        self.out |= {name: now for name, row in NEWS.items() if row[1] == step}

    def answer(self, path: str) -> tuple[str, bytes]:
        name = path.strip("/").removesuffix(".xml")
        if name in FEEDS:
            items = "".join(self._item(page) for page in self.out if NEWS[page][0] == name)
            text = f'<rss version="2.0"><channel><title>{FEEDS[name][0]}</title>{items}</channel></rss>'
            return "application/rss+xml", text.encode()
        if name in self.out:
            _, _, title, body = NEWS[name]
            more = "It did not say more about the terms. " * 12
            page = f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1><p>{body}</p><p>{more}</p></article>"
            return "text/html; charset=utf-8", page.encode()
        return "", b"not found"

    def _item(self, page: str) -> str:
        feed, _, title, body = NEWS[page]
        day = format_datetime(self.out[page])
        link = f"<link>{self.url(feed)}/{page}</link><guid>{page}</guid><pubDate>{day}</pubDate>"
        return f"<item><title>{escape(title)}</title>{link}<description>{escape(body)}</description></item>"


class Session:
    """What the user does, written down as it happens."""

    def __init__(self, folder: Path, press: Press, slack: Running) -> None:
        self.folder, self.press, self.slack = folder, press, slack
        self.config, self.lines = folder / "config.yaml", [INTRO]
        self.env = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("SLACK_", "TALENTWIRE_"))},
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "SLACK_API_URL": slack.api,
            "TALENTWIRE_DATA": str(folder),
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "COLUMNS": "120",
        }

    def say(self, text: str) -> None:
        self.lines.append(f"\n{text}\n")

    def show(self, shown: str, said: str) -> None:
        """Write a block of what was typed and what came."""
        block = "\n".join(line.rstrip() for line in self.plain(said).strip("\n").splitlines())
        self.lines.append("\n".join(["", "```console", *([f"$ {shown}"] if shown else []), block, "```", ""]))

    def type(self, command: str, *, answer: str = "", status: int = 0) -> str:
        """Type a command and wait for its end; `answer` is what is typed when it asks."""
        argv = [
            sys.executable,
            "-m",
            "bot",
            *shlex.split(command.replace("https://herald.example", self.press.url("herald")))[1:],
        ]
        done = subprocess.run(
            argv, cwd=self.folder, env=self.env, input=answer, text=True, capture_output=True, timeout=PATIENCE_S * 2, check=False
        )  # fmt: skip
        said = done.stdout + done.stderr
        if done.returncode != status:
            raise AssertionError(f"{command}: status {done.returncode}\n{said}")
        self.show(command, said.replace("[y/N]: ", f"[y/N]: {answer}"))
        return said

    @contextmanager
    def running(self) -> Iterator[list[str]]:
        """Have the bot run in the background; yields what it says."""
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "run"],
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        said: list[str] = []
        reader = threading.Thread(target=lambda: said.extend(process.stdout or ()), daemon=True)
        reader.start()
        try:
            self.until(lambda: self.slack.admin("state")["sockets"], said)
            yield said
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE_S)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            reader.join()
            if process.stdout:
                process.stdout.close()

    def until(self, there: Callable[[], Any], said: list[str]) -> Any:
        ends = time.monotonic() + PATIENCE_S
        while not (found := there()):
            if time.monotonic() > ends:
                raise AssertionError("".join([*self.lines, *said]))
            time.sleep(0.05)
        return found

    def hasten(self) -> None:
        """Let the time until the next look at the feeds pass."""
        with sqlite3.connect(self.folder / "talentwire.db", timeout=30) as db:
            db.execute("UPDATE feeds SET next_poll_at = 0")
            db.execute("UPDATE hosts SET next_due = 0, alone_until = 0")
        db.close()

    def message(self, words: str, said: list[str]) -> dict[str, Any]:
        """Wait for a message in the channel."""
        return self.until(lambda: next((m for m in self.slack.messages(CHANNEL) if words in m["text"]), None), said)

    def answered(self, kind: str, payload: dict[str, Any], said: list[str]) -> dict[str, Any]:
        """Do something in Slack; returns the answer that only its reader sees."""
        count = len(self.slack.admin("state")["responses"])
        self.slack.admin("socket/send", {"type": kind, "payload": payload})
        return self.until(lambda: self.slack.admin("state")["responses"][count:], said)[0]

    def click(self, action: dict[str, Any], said: list[str]) -> dict[str, Any]:
        person = {"type": "block_actions", "user": {"id": READER}, "channel": {"id": CHANNEL}}
        return self.answered("interactive", {**person, "actions": [action]}, said)

    def plain(self, text: str) -> str:
        """Return `text` without what is another each time."""
        for name, (_, host) in FEEDS.items():
            text = text.replace(self.press.url(name), f"https://{name}.example")
            text = re.sub(rf"(?<![/.\d]){re.escape(host)}(:\d+)?", f"{name}.example", text)
        text = text.replace(str(self.folder), "~/talentwire")
        for pattern, word in _CHANGING:
            text = re.sub(pattern, word, text)
        return text

    def text(self) -> str:
        return "".join(self.lines)


_CHANGING = (
    (r"https?://127\.0\.0\.1:\d+", "https://slack.example"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( UTC|Z|\+00:00)?", "DAY TIME"),
    (r"<!date\^[^>]*>", "DAY TIME"),
    (r"\d{4}-\d\d-\d\d", "DAY"),
    (r"\b[0-9a-f]{8,64}\b", "HASH"),
    (r"\b\d+(\.\d+)? (ms|s)\b", "N s"),
    (r"\bpid[= ]\d+", "pid N"),
)


def play(folder: Path, press: Press, slack: Running) -> str:
    """Have the session; returns it."""
    one = Session(folder, press, slack)
    default = (ROOT / "config.yaml").read_text("utf-8")
    feeds = "feeds:\n" + "".join(f"  - {press.url(name)}/{name}.xml\n" for name in FEEDS) + "\n"
    text = re.sub(r"^feeds:\n(?:  .*\n)+\n", lambda _: feeds, default, flags=re.MULTILINE)
    one.config.write_text(f"{text}\nslack:\n  channel: {CHANNEL}\nnetwork:\n  allow_private: [127.0.0.1, 127.0.0.2]\n")
    press.publish(1)
    one.say("Is the file right?")
    one.type("talentwire check")
    one.say("A first look at the feeds. What stands there now is known from then on, and no news.")
    one.type("talentwire once")
    one.say("The bot runs from here on, in another window, and news comes out. Slack shows in #alerts:")
    with one.running() as said:
        press.publish(2)
        one.hasten()
        one.message("Tarrant", said)
        for page in (f"{press.url('loop')}/ferrano", f"{press.url('herald')}/ferry"):
            one.until(partial(_judged, one, page), said)
        one.show("", "\n".join(m["text"] for m in slack.messages(CHANNEL)))
        one.say("Somebody wants to hear of Norvane. What would that have told?")
        one.type('talentwire watch add Norvane --alias "Norvane Research" --alias NRVN', answer="y\n")
        one.until(lambda: any("config taken" in line for line in said), said)
        one.say("The bot that runs has taken it, without a restart:")
        one.show("", "".join(line for line in said if "config taken" in line))
        press.publish(3)
        one.hasten()
        one.message("Olufemi", said)
        one.say("and the next news of Norvane is told:")
        one.show("", one.message("Olufemi", said)["text"])
        _mute(one, said)
        press.publish(4)
        one.hasten()
        url = f"{press.url('herald')}/astrand"
        one.until(lambda: _judged(one, url), said)
        one.say("The next article of The Herald stays unsaid. Why?")
        one.type("talentwire why https://herald.example/astrand")
        _undo(one, said)
    return one.text()


def _mute(one: Session, said: list[str]) -> None:
    told = one.message("Tarrant", said)
    row = next(block for block in told["blocks"] if block["type"] == "actions")
    value = buttons.mute_value(Subject.SOURCE, FEEDS["herald"][1], "w")
    menu = next(each for each in row["elements"] if each["action_id"] == buttons.MUTE)
    (picked,) = [o for group in menu["option_groups"] for o in group["options"] if o["value"] == value]
    action = {"action_id": buttons.MUTE, "block_id": row["block_id"], "action_ts": "1.1", "selected_option": picked}
    answer = one.click(action, said)
    one.say(
        "The Herald is too much this week. In Slack, below one of its alerts: *Mute…*, herald.example, *a week*. Slack shows the reader:"
    )
    one.show("", answer["text"])
    one.type("talentwire mute list")


def _undo(one: Session, said: list[str]) -> None:
    typed = {"command": "/talentwire", "text": "mutes", "user_id": READER, "channel_id": CHANNEL}
    answer = one.answered("slash_commands", typed, said)
    one.say("Undone, in Slack: `/talentwire mutes` lists it, with a button.")
    one.show("", f"/talentwire mutes\n{answer['text']}")
    button = next(b for b in _buttons(answer["blocks"]) if b["action_id"] == buttons.UNDO)
    one.show("", one.click({**button, "block_id": "mutes", "action_ts": "2.1"}, said)["text"])
    one.type("talentwire mute list")


def _buttons(blocks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for block in blocks:
        yield from block.get("elements", ())
        if "accessory" in block:
            yield block["accessory"]


def _judged(one: Session, url: str) -> bool:
    from bot.adapters.store import SqliteStore

    store = SqliteStore(one.folder / "talentwire.db", read_only=True)
    try:
        trace = store.trace(url)
    finally:
        store.close()
    return trace is not None and trace.finding is not None


def make() -> str:
    """Return the session, had anew."""
    with tempfile.TemporaryDirectory(prefix="talentwire-session-") as folder, serve() as slack:
        press = Press()
        try:
            return play(Path(folder), press, slack)
        finally:
            press.close()


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(make(), "utf-8")

"""The golden payloads as Slack draws them, light and dark, on a desktop and on a phone.

python -m tests.alerts.previews [DIRECTORY]     pages, and pictures of them where a Chromium is installed

A likeness to judge wording, order and length by, made from the very payloads; what Slack draws is Slack's own. Charts,
tables and open menus are left out. The picture in the README is readers.png.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.alerts.golden import FOLDER

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
VIEWS = {"desktop": 760, "phone": 390}  # CSS pixels
THEMES = ("light", "dark")
PER_PAGE = 12  # messages
README = ("one_mover", "trend", "reply_confirmed")  # those of the picture in docs/readers.png
_TOKEN = re.compile(r"<!date\^(\d+)\^[^|>]*\|[^>]*>|<(https?://[^|>]+)(?:\|([^>]*))?>")
_STYLES = ((r"\*([^*\n]+)\*", "b"), (r"~([^~\n]+)~", "s"), (r"`([^`\n]+)`", "code"))

STYLE = """
:root { --bg: #fff; --fg: #1d1c1d; --dim: #616061; --line: #dddddd; --link: #1264a3; --button: #fff; --edge: #bbbabb }
.dark { --bg: #1a1d21; --fg: #d1d2d3; --dim: #ababad; --line: #35373b; --link: #1d9bd1; --button: #1a1d21; --edge: #565856 }
body { margin: 0; padding: 12px 16px; background: var(--bg); color: var(--fg); font: 15px/1.46 Lato, Noto Sans, sans-serif }
h2 { margin: 18px 0 6px; border-top: 1px solid var(--line); padding-top: 8px; color: var(--dim); font: 12px monospace }
.message { display: flex; gap: 8px } .icon { flex: 0 0 36px; height: 36px; border-radius: 6px; background: #3f46ad }
.body { min-width: 0; flex: 1 } .name { font-weight: 900 } .name small { color: var(--dim); font-weight: 400; margin-left: 6px }
.section { margin: 3px 0; overflow-wrap: anywhere } .context { margin: 4px 0; color: var(--dim); font-size: 13px }
.quote { border-left: 4px solid var(--line); padding-left: 12px } a { color: var(--link); text-decoration: none }
.actions { display: flex; flex-wrap: wrap; gap: 8px; margin: 6px 0 } .actions span { border: 1px solid var(--edge);
border-radius: 8px; background: var(--button); padding: 3px 12px; font-weight: 700; font-size: 13px }
.notice { margin: 6px 0 0 44px; border: 1px dashed var(--line); border-radius: 8px; padding: 4px 10px; color: var(--dim);
font-size: 12px } p { margin: 0 } .input { margin: 8px 0 } .header { font-weight: 900; font-size: 18px; margin: 10px 0 4px }
"""


def drawn(markup: str) -> str:
    """Return Slack's markup as HTML; a date as a reader in UTC sees it."""
    parts, at = [], 0
    for match in _TOKEN.finditer(markup):
        parts.append(_styled(markup[at : match.start()]))
        if match[1]:
            parts.append(f"{datetime.fromtimestamp(int(match[1]), UTC):%b %-d at %-I:%M %p}")
        else:
            url = html.escape(html.unescape(match[2]), quote=True)
            parts.append(f'<a href="{url}">{html.escape(html.unescape(match[3] or match[2]))}</a>')
        at = match.end()
    return "".join([*parts, _styled(markup[at:])])


def _styled(markup: str) -> str:
    text = html.escape(html.unescape(markup), quote=False)
    for pattern, tag in _STYLES:
        text = re.sub(pattern, rf"<{tag}>\1</{tag}>", text)
    return text


def _lines(markup: str) -> Iterator[str]:
    for line in markup.split("\n"):
        quoted = line.startswith("> ")
        yield f'<p dir="auto" class="{"quote" if quoted else ""}">{drawn(line.removeprefix("> "))}</p>'


def _block(block: dict[str, Any]) -> str:
    kind = block["type"]
    if kind == "section":
        return f'<div class="section">{"".join(_lines(block["text"]["text"]))}</div>'
    if kind == "context":
        return f'<div class="context">{"".join(_lines(block["elements"][0]["text"]))}</div>'
    if kind == "actions":
        labels = (
            (e.get("text") or e["placeholder"])["text"] + " ▾" * ("select" in e["type"]) for e in block["elements"]
        )
        return f'<div class="actions">{"".join(f"<span>{html.escape(label)}</span>" for label in labels)}</div>'
    return f'<div class="{kind}">{html.escape(block["text"]["text"])}</div>' if "text" in block else ""


def message(name: str, payload: dict[str, Any]) -> str:
    """Return one payload as HTML, and below it what a notification and a screen reader get."""
    blocks = "".join(map(_block, payload["blocks"])) or f'<div class="section">{"".join(_lines(payload["text"]))}</div>'
    spoken = re.sub("<[^>]+>", "", drawn(payload["text"]))
    return (
        f'<h2>{name}</h2><div class="message"><div class="icon"></div><div class="body">'
        f'<div class="name">Talentwire <small>APP 12:07 PM</small></div>{blocks}</div></div>'
        f'<div class="notice" dir="auto">{spoken}</div>'
    )


def excerpt(messages: Iterable[dict[str, Any]]) -> str:
    """Return a page with nothing but messages, light and dark side by side."""
    found = [re.sub(r"<h2>.*?</h2>|<div class=\"notice\".*?</div>", "", message("", payload)) for payload in messages]
    look = "flex: 1; padding: 14px; display: flex; flex-direction: column; gap: 16px; background: var(--bg); color: var(--fg)"
    sides = "".join(f'<div class="{theme}" style="{look}">{"".join(found)}</div>' for theme in THEMES)
    return f'<!doctype html><meta charset="utf-8"><style>{STYLE} body {{ padding: 0; display: flex }}</style>{sides}'


def page(messages: dict[str, dict[str, Any]], theme: str) -> str:
    """Return a whole page of messages."""
    body = "".join(message(name, payload) for name, payload in messages.items())
    return f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style><body class="{theme}">{body}</body>'


def picture(browser: str, source: Path, width: int, height: int) -> None:
    """Write the picture of a page beside it. Raises CalledProcessError and TimeoutExpired."""
    with tempfile.TemporaryDirectory() as profile:
        quiet = (
            "--no-first-run --disable-background-networking --disable-component-update --disable-sync --disable-quic"
        )
        subprocess.run(
            [browser, "--headless", "--no-sandbox", "--disable-gpu", *quiet.split(), "--hide-scrollbars",
             f"--user-data-dir={profile}", f"--window-size={width},{height}",
             f"--screenshot={source.with_suffix('.png')}", source.resolve().as_uri()],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip


def main() -> None:
    """Write the pages, and their pictures where that can be done."""
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "build/previews")
    out.mkdir(parents=True, exist_ok=True)
    payloads = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.rglob("*.json"))}
    names = list(payloads)
    pages = []
    for number in range(0, len(names), PER_PAGE):
        chosen = {name: payloads[name] for name in names[number : number + PER_PAGE]}
        for theme in THEMES:
            for view, width in VIEWS.items():
                target = out / f"{view}-{theme}-{number // PER_PAGE + 1}.html"
                target.write_text(page(chosen, theme), encoding="utf-8")
                pages.append((target, width, len(chosen) * (230 if view == "desktop" else 330)))
    chosen = out / "readers.html"
    chosen.write_text(excerpt(payloads[name] for name in README), encoding="utf-8")
    pages.append((chosen, 1_200, 480))
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    for target, width, height in pages if browser else ():
        picture(browser, target, width, height)
    what = "pages and pictures" if browser else "pages; no Chromium is installed, so there are no pictures of them"
    print(f"{len(payloads)} messages in {out}: {len(pages)} {what}")


if __name__ == "__main__":
    main()

"""Golden payloads: the cases as Slack gets them, in files that one can read.

python -m tests.alerts.golden    writes them anew; `git diff tests/alerts/golden` then shows what has changed
"""

from __future__ import annotations

import json
from pathlib import Path

from bot.model import Message
from tests.alerts.cases import CASES

FOLDER = Path(__file__).parent / "golden"


def path(name: str) -> Path:
    return FOLDER / f"{name}.json"


def written(message: Message) -> str:
    """Return a message as its file has it; letters that turn the direction of text are spelt out, to be seen."""
    shown = {"text": message.text, "blocks": message.blocks, "metadata": message.metadata}
    text = json.dumps(shown, ensure_ascii=False, indent=2) + "\n"
    return "".join(f"\\u{ord(c):04x}" if c in "\u200e\u2068\u2069" else c for c in text)


def main() -> None:
    """Write the file of each case, and remove those of cases that are gone."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.json"):
        if old.stem not in CASES:
            old.unlink()
    for name, case in CASES.items():
        path(name).write_text(written(case()), encoding="utf-8")


if __name__ == "__main__":
    main()

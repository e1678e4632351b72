"""Watchlist edits act predictably: an entry changes only items that contain one of its names.

    TALENTWIRE_BENCH=... python -m benchmarks.edits [--entries 12] [--seed 7]

Takes runs of capitalised words and single words from the bench's rows as names, adds each to the watchlist as an organisation, a person
or a keyword, and judges every row with and without it. Adding an entry and removing it are the same comparison. Fails if a row changes
that does not contain the name.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import sys
from pathlib import Path

from benchmarks.talent import FILES, List, Name, rows
from bot.lexicon import load
from bot.model import joined
from bot.moves.judge import Watch, compile_watch, judge
from bot.text import fold

RUN = re.compile(r"[A-Z][a-z]{2,}(?: [A-Z][a-z]{2,}){0,2}")


def with_entry(kind: str, name: str) -> Watch:
    """Return a watch whose list holds this one entry."""
    entry = (Name(name),)
    return compile_watch(
        load(), List((), entry) if kind == "person" else List((), (), entry) if kind == "keyword" else List(entry)
    )


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--entries", type=int, default=12, help="how many entries are tried")
    arguments.add_argument("--seed", type=int, default=7)
    options = arguments.parse_args()
    root = os.environ.get("TALENTWIRE_BENCH")
    if not root or not (Path(root) / "talent" / "dev.jsonl").exists():
        print("TALENTWIRE_BENCH is not set to a directory that holds talent/dev.jsonl: nothing was measured.")
        return 3
    data = [
        (row["title"], row.get("text") or "", row.get("lang") or "")
        for row in rows(Path(root) / "talent" / FILES["dev"])
    ]
    texts = [fold(joined(title, body)) for title, body, _ in data]
    plain = compile_watch(load())
    before = [judge(plain, *row) for row in data]
    draw = random.Random(options.seed)
    broken = changed = 0
    for index in range(options.entries):
        title, body, _ = draw.choice(data)
        found = RUN.findall(joined(title, body))
        if not found:
            continue
        kind, name = ("organisation", "person", "keyword")[index % 3], draw.choice(found)
        watch = with_entry(kind, name)
        for row, text, old in zip(data, texts, before, strict=True):
            if judge(watch, *row) != old:
                changed += 1
                if fold(name) not in text:
                    broken += 1
                    print(f"BROKEN: {kind} {name!r} changes {row[0]!r}")
    print(f"{options.entries} entries x {len(data)} rows: {changed} rows changed, {broken} of them without the name")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

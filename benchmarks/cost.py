"""What judging costs: time an article, memory over the bare process, and ten times the names.

    TALENTWIRE_BENCH=... python -m benchmarks.cost

The texts are the long ones of the bench's articles, cut at 4 KB; without the bench, texts of our own put end to end.
Names for the watchlist are made up of syllables; both sizes judge the same texts in turn, in one process.
"""

from __future__ import annotations

import itertools
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.talent import FILES, List, Name, rows
from bot.lexicon import load
from bot.moves.judge import Watch, compile_watch, judge
from bot.teach.rows import examples

LENGTH = 4096
TEXTS = 300
TURNS = 5
SYLLABLES = (
    "ba",
    "dro",
    "fel",
    "gim",
    "hun",
    "jor",
    "kel",
    "lom",
    "mir",
    "nax",
    "pol",
    "quen",
    "ros",
    "tav",
    "vul",
    "zin",
)
MEMORY = r"""
import re
from bot.lexicon import load
from bot.moves.judge import compile_watch, judge
{more}
print(int(re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1]) / 1024)
"""


def texts() -> list[tuple[str, str]]:
    """Return titles and bodies of about 4 KB."""
    root = os.environ.get("TALENTWIRE_BENCH")
    path = Path(root or ".") / "talent" / FILES["articles"]
    if root and path.exists():
        long = [(row["title"], row["text"] * 2) for row in rows(path) if len(row["text"]) > LENGTH // 2]
    else:
        print("TALENTWIRE_BENCH is not set: our own stories stand in for articles")
        own = [row for row in examples() if row.language == "en"]
        long = [(row.title, " ".join(other.body for other in own[i : i + 12])) for i, row in enumerate(own)]
    return [(title, body[:LENGTH]) for title, body in long[:TEXTS]]


def names(count: int) -> List:
    """Return a watchlist of `count` made-up organisations of two words."""
    words = ("".join(parts).title() for parts in itertools.product(SYLLABLES, repeat=5))
    return List(tuple(Name(f"{word} {word[::-1].title()}") for word in itertools.islice(words, count)))


def seconds(watch: Watch, articles: Sequence[tuple[str, str]]) -> list[float]:
    """Return the CPU seconds that each article took."""
    found = []
    for title, body in articles:
        begun = time.thread_time()
        judge(watch, title, body, "en")
        found.append(time.thread_time() - begun)
    return found


def memory(more: str) -> float:
    """Return the peak of a fresh process in MB, after importing the classifier and running `more`."""
    done = subprocess.run([sys.executable, "-c", MEMORY.format(more=more)], check=True, capture_output=True, text=True)
    return float(done.stdout)


def main() -> int:
    articles = texts()
    plain = compile_watch(load())
    small, large = compile_watch(load(), names(10_000)), compile_watch(load(), names(100_000))
    spent = sorted(itertools.chain.from_iterable(seconds(plain, articles) for _ in range(TURNS)))
    print(
        f"an article of 4 KB: n={len(spent)} p50={1e3 * spent[len(spent) // 2]:.2f} ms p99={1e3 * spent[len(spent) * 99 // 100]:.2f} ms"
    )
    pairs = [(sum(seconds(small, articles)), sum(seconds(large, articles))) for _ in range(TURNS)]
    ratio = statistics.median(big / little for little, big in pairs)
    print(
        f"10,000 -> 100,000 names: {ratio:.2f} times the time of the same {len(articles)} articles, median of {TURNS} pairs"
    )
    bare = memory("")
    judged = memory("judge(compile_watch(load()), 'OpenAI hires Ada Quill', 'Ada Quill joins OpenAI. ' * 150)")
    print(f"memory: {judged - bare:.0f} MB over the bare process with its modules ({bare:.0f} MB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())

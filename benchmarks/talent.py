"""Score the classifier on bench/talent: dev, status_dev, articles_dev and the background stream.

    python -m benchmarks.talent [--set dev|status|articles|background ...] [--out DIR]

The bench is no part of this repository: TALENTWIRE_BENCH names the directory that holds `talent/`. Every figure comes with its n
and, where the scorer gives one, its 90 % band. status_dev and the invented organisations in it are scored with watch.yaml.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import yaml

from bot.lexicon import load
from bot.moves.judge import Watch, compile_watch, judge

DIGEST = 0.5
FILES = {
    "dev": "dev.jsonl",
    "status": "status_dev.jsonl",
    "articles": "articles_dev.jsonl.gz",
    "background": "background.jsonl.gz",
}


@dataclass(frozen=True)
class Name:
    name: str
    aliases: tuple[str, ...] = ()
    not_: tuple[str, ...] = ()
    weight: float = 1.0


@dataclass(frozen=True)
class List:
    organisations: tuple[Name, ...]
    people: tuple[Name, ...] = ()
    keywords: tuple[Name, ...] = ()


def rows(path: Path) -> list[dict]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def watchlist(bench: Path) -> List:
    data = yaml.safe_load((bench / "watch.yaml").read_text("utf-8"))
    return List(tuple(Name(str(name)) for name in data["watchlist"]["organisations"]))


def predict(watch: Watch, row: dict) -> dict:
    finding = judge(watch, row["title"], row.get("text") or "", row.get("lang") or "")
    moves = [
        {
            "person": m.written or m.person,
            "from": m.from_org,
            "to": m.to_org,
            "role": m.role,
            "status": m.status.value,
            "confidence": m.confidence,
        }
        for m in finding.moves
    ]
    return {
        "id": row["id"],
        "label": finding.score >= DIGEST,
        "score": finding.score,
        "kinds": [k.value for k in finding.kinds],
        "moves": moves,
    }


def run(watch: Watch, gold: Path, out: Path) -> tuple[int, list[float]]:
    times = []
    data = rows(gold)
    with out.open("w", encoding="utf-8") as sink:
        for row in data:
            begin = time.perf_counter()
            line = predict(watch, row)
            times.append(time.perf_counter() - begin)
            sink.write(json.dumps(line, ensure_ascii=False) + "\n")
    return len(data), sorted(times)


def scorer(bench: Path) -> ModuleType:
    """Return the bench's own scorer, for how it compares names."""
    spec = importlib.util.spec_from_file_location("talent_score", bench / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def report(bench: Path, name: str, pred: Path) -> None:
    if name == "background":
        labels = [p for p in rows(pred) if p["label"]]
        total = sum(1 for _ in pred.open(encoding="utf-8"))
        print(f"background n={total} false labels={len(labels)} per 10,000={10_000 * len(labels) / total:.2f}")
        return
    command = [sys.executable, str(bench / "score.py"), "--gold", str(bench / FILES[name]), "--pred", str(pred)]
    print(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--set", action="append", choices=list(FILES), help="score only these")
    arguments.add_argument("--out", type=Path, help="keep the predictions here")
    options = arguments.parse_args()
    root = os.environ.get("TALENTWIRE_BENCH")
    if not root or not (Path(root) / "talent" / "dev.jsonl").exists():
        print("TALENTWIRE_BENCH is not set to a directory that holds talent/dev.jsonl: nothing was measured.")
        return 3
    bench = Path(root) / "talent"
    out = options.out or Path(tempfile.mkdtemp(prefix="talent-"))
    out.mkdir(parents=True, exist_ok=True)
    plain, watched = compile_watch(load()), compile_watch(load(), watchlist(bench))
    for name in options.set or FILES:
        pred = out / f"{name}.jsonl"
        count, times = run(watched if name == "status" else plain, bench / FILES[name], pred)
        print(f"== {name}: n={count} p50={1e3 * times[count // 2]:.2f} ms p99={1e3 * times[count * 99 // 100]:.2f} ms")
        report(bench, name, pred)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Score the grouping on bench/talent: stories_dev (same event?) and sequences_dev (status, sources, actions).

    python -m benchmarks.stories                                both scorers' figures, on the `talentwire group` command
    python benchmarks/farm/bench_dedup.py --only ours           its speed, at 10,000 and 100,000 made-up stories

The bench is no part of this repository: TALENTWIRE_BENCH names the directory that holds `talent/`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

SETS = {"stories": "score_stories.py", "sequences": "score_sequences.py"}


def score(bench: Path, name: str, folder: Path) -> None:
    gold = bench / f"{name}_dev.jsonl"
    if not gold.is_file():
        print(f"{name}: {gold.name} is not there")
        return
    told = subprocess.run(
        [sys.executable, "-m", "bot", "group", "--config", str(bench / "watch.yaml"), str(gold)],
        capture_output=True,
        check=True,
    )
    pred = folder / f"{name}.jsonl"
    pred.write_bytes(told.stdout)
    print(f"== {name}", flush=True)
    subprocess.run([sys.executable, str(bench / SETS[name]), "--gold", str(gold), "--pred", str(pred)], check=True)


def main() -> None:
    folder = os.environ.get("TALENTWIRE_BENCH", "")
    if not folder or not Path(folder, "talent").is_dir():
        raise SystemExit("TALENTWIRE_BENCH does not name the directory that holds talent/: nothing is scored")
    with tempfile.TemporaryDirectory() as out:
        for name in SETS:
            score(Path(folder, "talent"), name, Path(out))


if __name__ == "__main__":
    main()

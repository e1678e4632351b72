"""Fit the weights of `bot/stories/match.py` on pairs of articles of bench/talent, with hand-set weights as prior.

    python -m benchmarks.fit_stories        precision and recall left out of the fit (5 folds): of pairs alone, and grouped; then the weights

Pairs published at most 7.5 days apart that share anything; events are weighted down by their size, so that one affair of many
articles does not decide alone. The bench is no part of this repository: TALENTWIRE_BENCH names its directory.
"""

from __future__ import annotations

import json
import math
import os
from collections import Counter
from datetime import date
from itertools import combinations
from pathlib import Path
from zlib import crc32

from bot.app import watch_of
from bot.commands.grouping import _article, grouped
from bot.config import load
from bot.moves.judge import judge
from bot.placing import marks_of
from bot.stories import match
from bot.stories.match import features
from bot.stories.traits import traits

STRENGTH = 3.0  # of the prior
STEPS = 300
FOLDS = 5
APART = 7.5 * 86_400
PRIOR = {
    "bias": -2.5, "title": 1, "whole": 2, "cover": 2.5, "cover_min": 1, "language": 2, "cross_alone": -1.5, "cross_bare": -2.5, "names": 2.5,
    "names_no": -0.5, "movers": 3, "native": 1.5,
    "alone": -0.8, "pair": 1.5, "answer": 2, "movers_no": -3, "mover_named": 0.8,
    "mover_gone": -0.8, "gone": -0.5, "people": 0.3, "title_org": 0.3, "org": 1, "org_no": -2, "number": 1, "number_no": -0.5, "kinds": 1,
    "kinds_no": -0.5, "acts": 0.5, "acts_no": -1.5, "lead_only": -1.5, "both_lead": -0.5, "team_no": -3, "next": -3, "rare_kind": 1.2,
    "founded": -1.5, "days": -0.4, "days_mover": -0.15, "goal_same": 1, "goal_no": -2.5, "back": -2.5, "left": -3, "late": -1.5,
}  # fmt: skip

Row = tuple[dict[str, float], bool, float, int]  # features, one event?, weight, fold


def rows(bench: Path, name: str) -> list[Row]:
    watch = watch_of(load(bench / "watch.yaml", feedless=True))
    read = []
    for line in (bench / f"{name}_dev.jsonl").read_text("utf-8").splitlines():
        item = json.loads(line)
        article = _article(item)
        finding = judge(watch, article.title, article.body, article.language)
        made = traits(article, finding, marks_of(watch, article, finding), owner=item.get("owner") or "")
        event = item.get("event") or item["gold"]["story"]
        read.append((event, crc32((item.get("sequence") or item["published"][:7]).encode()) % FOLDS, made))
    size = Counter(event for event, _, _ in read)
    found = []
    for i, (event, fold, one) in enumerate(read):
        for other_event, _, other in read[:i]:
            if abs(one.at - other.at) > APART:
                continue
            got = features(one, other)
            if got["title"] + got["whole"] <= 0.02 and not any(
                got[key] for key in ("names", "org", "movers", "mover_named")
            ):
                continue
            weight = (2 if event == other_event else 1) / math.sqrt(size[event] * size[other_event])
            found.append((got, event == other_event, weight, fold))
    return found


def fit(pairs: list[Row]) -> dict[str, float]:
    weights = dict.fromkeys(PRIOR, 0.0) | {key: float(value) for key, value in PRIOR.items()}
    speed = dict.fromkeys(PRIOR, 1e-8)
    sparse = [([(key, value) for key, value in got.items() if value], same, weight) for got, same, weight, _ in pairs]
    for step in range(STEPS):
        slope = {key: STRENGTH * (weights[key] - PRIOR[key]) for key in PRIOR}
        for got, same, weight in sparse:
            z = max(-30.0, min(30.0, sum(weights[key] * value for key, value in got)))
            off = (1 / (1 + math.exp(-z)) - same) * weight
            for key, value in got:
                slope[key] += off * value
        for key in PRIOR:
            speed[key] = 0.9 * speed[key] + 0.1 * slope[key] ** 2
            weights[key] -= 0.1 * 0.985**step * slope[key] / math.sqrt(speed[key])
    return weights


def told(scored: list[tuple[float, bool]]) -> str:
    """Return the best F1 with its precision, recall and threshold."""
    hits, best, total = 0, (0.0, 0.0, 0.0, 0.0), sum(same for _, same in scored)
    for n, (score, same) in enumerate(sorted(scored, reverse=True), 1):
        hits += same
        best = max(best, (2 * hits / (n + total), hits / n, hits / total, score))
    return "F1 {:.3f}, precision {:.3f}, recall {:.3f} at {:.2f}".format(*best)


def grouped_apart(bench: Path, fits: list[dict[str, float]]) -> str:
    """Return pairs precision and recall on stories when each fold is grouped with weights fitted on the others."""
    config = load(bench / "watch.yaml", feedless=True)
    watch = watch_of(config)
    items = [json.loads(line) for line in (bench / "stories_dev.jsonl").read_text("utf-8").splitlines()]
    hits = told = wanted = saga = 0
    shipped = dict(match.WEIGHTS)
    for fold, weights in enumerate(fits):
        match.WEIGHTS.update(weights)
        mine = [i for i in items if crc32(i["published"][:7].encode()) % FOLDS == fold]
        story = {row["id"]: row["story"] for row in grouped(mine, config, watch)}
        for one, other in combinations(mine, 2):
            if abs(date.fromisoformat(one["published"][:10]) - date.fromisoformat(other["published"][:10])).days > 7:
                continue
            same, joined = one["event"] == other["event"], story[one["id"]] == story[other["id"]]
            hits, told, wanted = hits + (same and joined), told + joined, wanted + same
            saga += joined and not same and bool(one.get("saga")) and one.get("saga") == other.get("saga")
    match.WEIGHTS.update(shipped)
    return f"precision {hits / told:.3f}, recall {hits / wanted:.3f}, saga confusions {saga}"


def main() -> None:
    folder = os.environ.get("TALENTWIRE_BENCH", "")
    if not folder or not Path(folder, "talent").is_dir():
        raise SystemExit("TALENTWIRE_BENCH does not name the directory that holds talent/: nothing is fitted")
    sets = {name: rows(Path(folder, "talent"), name) for name in ("stories", "sequences")}
    every = [row for pairs in sets.values() for row in pairs]
    fits = [fit([row for row in every if row[3] != fold]) for fold in range(FOLDS)]
    for name, pairs in sets.items():
        scored = [(sum(fits[fold][k] * v for k, v in got.items()), same) for got, same, _, fold in pairs]
        print(
            f"{name}: {len(pairs)} pairs, {sum(same for _, same in scored)} of one event; left out of the fit: {told(scored)}"
        )
    print(f"stories, each fold grouped with the weights of the others: {grouped_apart(Path(folder, 'talent'), fits)}")
    for key, value in fit(every).items():
        print(f'    "{key}": {value:.2f},')


if __name__ == "__main__":
    main()

"""Fit the weights of bot/lexicon/scoring.yaml: maximum a posteriori, with a Gaussian prior at the weights set by hand.

    python -m benchmarks.fit_scoring [--write] [--strength 1.0] [--split rows|source|time]

The bench is no part of this repository: TALENTWIRE_BENCH names the directory that holds `talent/`. Fitted on dev, articles_dev, our own stories and
the part of the background that passes the gate; status_dev and held stories are only measured. Prints what each fold shows that was not fitted on
it, hand weights beside fitted ones, and every weight that moved by more than 0.3. Every example of the language files is fitted on too. Offline, standard library, a minute or two.
"""

from __future__ import annotations

import argparse
import os
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from math import log
from pathlib import Path
from typing import Any

import yaml

from benchmarks.talent import FILES, rows, scorer, watchlist
from bot.lexicon import Lexicon, load
from bot.moves.judge import TOLD, Watch, compile_watch, weigh
from bot.moves.merge import in_story
from bot.moves.score import SHORT, probability
from bot.teach.fit import Sample, fit, guess
from bot.teach.rows import examples, lexicon_examples

HERE = Path(__file__).parent
PRIOR = HERE / "scoring_prior.yaml"
TARGET = HERE.parent / "bot" / "lexicon" / "scoring.yaml"
FOLDS = 5
Canonical = Callable[[str], str]  # any spelling of an organisation -> its name
SPLITS = ("rows", "source", "time")
MOVES_FIRMER = 4.0  # their samples are fewer and their labels less sure: chosen by what was left out, on every set
MIDDLE = "2025-08"  # rows before it and rows after it: about half each
# What a row of a set counts beside a row of dev.
COUNTS = {"examples": 6.0, "stories": 1.0, "background": 8.0, "articles": 2.0}
MOVES_COUNT = {"examples": 0.5}  # the lexicon is made until these are right, so they say little of how often it is
MEASURED = ("status", "held")  # never fitted on
TOLD_AS_IN_A_FEED = ("dev", "articles")  # not chosen to be hard, as our own stories are


def fold_of(row: Mapping[str, Any], split: str) -> int:
    """Return the part that `row` belongs to: one of five at random, its repository's, or the half of its date."""
    if split == "time":
        return int(str(row.get("published") or "") >= MIDDLE)
    key = str(row.get("source") or "").partition(":")[0] if split == "source" else ""
    return zlib.crc32((key or str(row["id"])).encode()) % (FOLDS if split == "rows" else 4 * FOLDS)


def texts_and_moves(
    bench: Path, names: Iterable[str], split: str = "rows"
) -> tuple[list[Sample], list[tuple[Any, ...]]]:
    """Return the samples of all texts that pass the gate, and per text its row, its moves and what they were read from."""
    texts: list[Sample] = []
    told: list[tuple[Any, ...]] = []
    lexicon = load()
    plain, watched = compile_watch(lexicon), compile_watch(lexicon, watchlist(bench))
    for name in names:
        watch: Watch = watched if name == "status" else plain
        for row in rows(bench / FILES[name]):
            label = False if name == "background" else row["label"]
            weighed = weigh(watch, row["title"], row.get("text") or "", row.get("lang") or "")
            if weighed is None or label is None:
                continue
            fold = fold_of(row, split)
            texts.append(Sample(weighed.features.values, label, COUNTS.get(name, 1.0), fold, name))
            if name != "background":
                told.append((row, weighed, fold, name))
    for row, name in own_rows(lexicon):
        weighed = weigh(plain, row["title"], row["text"], row["lang"])
        if weighed is not None:
            fold = fold_of(row, split)
            texts.append(Sample(weighed.features.values, row["label"], COUNTS.get(name, 1.0), fold, name))
            told.append((row, weighed, fold, name))
    return texts, told


def own_rows(lexicon: Lexicon) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield our own rows in the form of the bench's, each with its set: examples of the lexicon, stories, held stories."""
    named = [(row, "examples") for row in lexicon_examples(lexicon)]
    named += [(row, "held" if row.held else "stories") for row in examples()]
    for row, name in named:
        moves = [{"person": m.person, "from": m.from_org, "to": m.to_org} for m in row.moves or ()]
        raw = {"id": row.id, "title": row.title, "text": row.body, "lang": row.language}
        yield {**raw, "label": row.label, "moves": moves}, name


def move_samples(
    told: Iterable[tuple[Any, ...]],
    weights: Mapping[str, float],
    hand: Mapping[str, float],
    judged: Any,
    canonical: Canonical,
) -> list[Sample]:
    """Return a sample a move: right if a gold move has its person and every organisation that gold names."""
    found: list[Sample] = []
    for row, weighed, fold, name in told:
        gold = row.get("moves") or []
        if row["label"] and not gold:
            continue
        score = probability(weighed.features, weights)
        for merged in weighed.merged:
            if not (merged.is_news or merged.zone == "title"):
                continue
            move = in_story(merged, score, len(weighed.reading.text) < SHORT, hand)
            right = _right(move.move, [_in_our_names(row, canonical) for row in gold], judged)
            found.append(Sample(move.features, right, MOVES_COUNT.get(name, 1.0), fold, name))
    return found


def _in_our_names(row: Mapping[str, Any], canonical: Canonical) -> dict[str, Any]:
    """Return a gold move with the organisations that we know under our names: 百川智能 is Baichuan."""
    return {**row, **{end: canonical(row[end]) for end in ("from", "to") if row.get(end)}}


def _right(move: Any, gold: Iterable[Mapping[str, Any]], judged: Any) -> bool:
    ends = {"from": move.from_org, "to": move.to_org}
    for row in gold:
        group = judged.is_group(row["person"]) and judged.is_group(move.person)
        if not (group or any(judged.same_person(row["person"], n) for n in (move.person, move.written) if n)):
            continue
        if all(not row.get(end) or judged.org(row[end]) == judged.org(ends[end]) for end in ends):
            return True
    return False


def report(name: str, samples: list[Sample], guesses: list[float]) -> None:
    """Print average precision, precision, recall and F1 at one half, per set."""
    for part in sorted({s.set for s in samples}):
        pairs = sorted(((g, s.positive) for g, s in zip(guesses, samples, strict=True) if s.set == part), reverse=True)
        positive = sum(p for _, p in pairs) or 1
        right, area = 0, 0.0
        for rank, (_, p) in enumerate(pairs, 1):
            right += p
            area += p * right / rank / positive
        said = [p for g, p in pairs if g >= 0.5]
        precision, recall = sum(said) / max(1, len(said)), sum(said) / positive
        f1 = 2 * precision * recall / max(1e-9, precision + recall)
        sure = [p for g, p in pairs if g >= 0.95]
        print(
            f"{name:<12} {part:<11} n={len(pairs):<6} pos={positive:<4} AP={area:.3f} P={precision:.3f} R={recall:.3f} F1={f1:.3f}"
            f" false={len(said) - sum(said):<3} at .95: P={sum(sure) / max(1, len(sure)):.3f} n={len(sure)}"
        )


def compare(
    title: str, samples: list[Sample], prior: Mapping[str, float], strength: float
) -> tuple[dict[str, float], list[float]]:
    """Print hand weights beside weights fitted without the fold they are tried on; return those fitted on all.

    Returned with what weights say of each sample that its fold had no part in.
    """
    print(f"== {title}")
    report("hand", samples, [guess(s.features, prior) for s in samples])
    unseen = [0.0] * len(samples)
    used = [s for s in samples if s.set not in MEASURED]
    for fold in sorted({s.fold for s in samples}):
        weights = fit([s for s in used if s.fold != fold], prior, strength)
        for index, sample in enumerate(samples):
            if sample.fold == fold:
                unseen[index] = guess(sample.features, weights)
    report("held out", samples, unseen)
    return fit(used, prior, strength), unseen


def certainty(samples: Iterable[Sample], guesses: Iterable[float]) -> dict[str, float]:
    """Return the line in logits that turns unseen guesses on moves of the bench into how often these were right."""
    data = [
        Sample({"slope": log(g / (1 - g)), "offset": 1.0}, s.positive)
        for s, g in zip(samples, guesses, strict=True)
        if s.set in TOLD_AS_IN_A_FEED and g >= TOLD
    ]
    return fit(data, {"slope": 1.0}, 0.02)


def write(tables: Mapping[str, Mapping[str, float]]) -> None:
    """Write the weights under the comment that the file begins with."""
    head = [line for line in TARGET.read_text("utf-8").splitlines() if line.startswith("#")]
    lines = head
    for table, weights in tables.items():
        lines = [*lines, f"{table}:", *(f"  {n}: {w:.2f}" for n, w in sorted(weights.items()) if abs(w) >= 0.005)]
    TARGET.write_text("\n".join(lines) + "\n", "utf-8")


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--write", action="store_true", help="write bot/lexicon/scoring.yaml")
    arguments.add_argument("--strength", type=float, default=1.0, help="how firmly the hand weights are held to")
    arguments.add_argument("--split", choices=SPLITS, default="rows", help="what is left out together")
    options = arguments.parse_args()
    root = os.environ.get("TALENTWIRE_BENCH")
    if not root or not (Path(root) / "talent" / "dev.jsonl").exists():
        print("TALENTWIRE_BENCH is not set to a directory that holds talent/dev.jsonl: nothing was fitted.")
        return 3
    bench = Path(root) / "talent"
    hand = {t: {n: float(w) for n, w in rows_.items()} for t, rows_ in yaml.safe_load(PRIOR.read_text("utf-8")).items()}
    texts, told = texts_and_moves(bench, FILES, options.split)
    score, _ = compare("texts", texts, hand["score"], options.strength)
    firm = options.strength * MOVES_FIRMER
    samples = move_samples(told, score, hand["move"], scorer(bench), compile_watch(load()).canonical)
    moves, unseen = compare("moves", samples, hand["move"], firm)
    line = certainty(samples, unseen)
    print(f"certainty: {line}")
    for table, weights in (("score", score), ("move", moves)):
        for name, weight in sorted(weights.items()):
            if abs(weight - hand[table].get(name, 0.0)) > 0.3:
                print(f"moved {table}.{name}: {hand[table].get(name, 0.0):.2f} -> {weight:.2f}")
    if options.write:
        write({"score": score, "move": moves, "certainty": line})
    return 0


if __name__ == "__main__":
    sys.exit(main())

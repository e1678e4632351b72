"""Fit bot/lexicon/kinds.yaml: for each kind the weights that tell whether a story reports it. The prior is a guess by hand.

    python -m benchmarks.fit_kinds [--write] [--strength 1.5]

TALENTWIRE_BENCH names the directory that holds `talent/`. Fitted on dev, articles_dev and our own stories; status_dev and held
stories are only measured. A row of a fitted set is told by weights that its fold had no part in. Prints macro F1 over kinds with
ten rows or more, then per kind its rows, right, wrong and missed, and F1. Offline, standard library, about a minute.
"""

from __future__ import annotations

import argparse
import os
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.fit_scoring import FOLDS
from benchmarks.talent import FILES, rows, watchlist
from bot.lexicon import Lexicon, load
from bot.model import Kind
from bot.moves.judge import Watch, compile_watch, weigh
from bot.moves.kinds import FLAG_OF_KIND, HARDLY, features_of_kinds, told_from
from bot.moves.merge import in_story
from bot.moves.score import SHORT, probability
from bot.teach.fit import Sample, fit, guess
from bot.teach.rows import examples

TARGET = Path(__file__).parent.parent / "bot" / "lexicon" / "kinds.yaml"
HEAD = "# Weights in logits, fitted by benchmarks/fit_kinds.py: what each named feature of a story adds to the odds that it is of this kind.\n"
FITTED, MEASURED = ("dev", "articles", "own"), ("status", "held")
SHOWN = (("dev", "status"), *((name,) for name in FITTED + MEASURED))
LOOSE = 0.3  # how firmly an intercept is held, beside other weights
SMALL = 0.1  # weights below it say nothing and are left out
COMMON = 10  # rows from which a kind counts in the mean


@dataclass(frozen=True)
class Text:
    """One row as read: its features, its score, and what readers said."""

    set: str
    values: Mapping[str, float]
    score: float
    kinds: frozenset[str]
    fold: int


def prior(kind: Kind) -> dict[str, float]:
    """Return what a kind's own move, phrase and word are worth before any row is seen; anything else is worth nothing."""
    weights = {"bias": -3.0, f"move.{kind.value}": 3.5, f"group.{kind.value}": 2.5}
    flag = FLAG_OF_KIND.get(kind)
    if flag:
        weights |= {f"flag.{flag}.title": 3.0, f"flag.{flag}.lead": 2.0}
        weights |= {f"weak.{flag}.title": 1.0, f"weak.{flag}.lead": 0.5}
    return weights


def texts(bench: Path, lexicon: Lexicon) -> Iterator[Text]:
    """Yield every labelled row; one that the gate shuts out has score 0 and no features."""
    plain, watched = compile_watch(lexicon), compile_watch(lexicon, watchlist(bench))
    for name in ("dev", "articles", "status"):
        for row in rows(bench / FILES[name]):
            if row["label"] is not None:
                said = (row["id"], row["title"], row.get("text") or "", row.get("lang") or "")
                yield _text(watched if name == "status" else plain, name, *said, frozenset(row.get("kinds") or ()))
    for own in examples():
        said = (own.id, own.title, own.body, own.language)
        yield _text(plain, "held" if own.held else "own", *said, own.kinds)


def _text(watch: Watch, name: str, key: str, title: str, body: str, code: str, gold: frozenset[str]) -> Text:
    fold = zlib.crc32(key.encode()) % FOLDS
    weighed = weigh(watch, title, body, code)
    if weighed is None:
        return Text(name, {}, 0.0, gold, fold)
    weights, short = watch.lexicon.scoring, len(weighed.reading.text) < SHORT
    score = round(probability(weighed.features, weights.score), 4)
    moves = [in_story(m, score, short, weights.move) for m in weighed.merged]
    return Text(name, features_of_kinds(weighed.reading, weighed.features, moves), score, gold, fold)


def fitted(found: Iterable[Text], kind: Kind, strength: float) -> dict[str, float]:
    """Return the weights of one kind."""
    samples = [Sample(t.values, kind.value in t.kinds) for t in found if t.set in FITTED and t.score >= HARDLY]
    return fit(samples, prior(kind), strength, strength * LOOSE)


def unseen(found: list[Text], strength: float) -> list[set[str]]:
    """Return the kinds of each text, told by weights that neither it nor its fold had a part in."""
    told: list[set[str]] = [set() for _ in found]
    for kind in Kind:
        tables = {fold: fitted((t for t in found if t.fold != fold), kind, strength) for fold in range(FOLDS)}
        tables[-1] = fitted(found, kind, strength)
        for text, names in zip(found, told, strict=True):
            weights = tables[text.fold if text.set in FITTED else -1]
            if text.score >= HARDLY and guess(text.values, weights) >= told_from(kind):
                names.add(kind.value)
    return told


def report(title: str, found: list[Text], told: list[set[str]]) -> None:
    """Print the figures of some sets."""
    print(f"== {title}")
    for names in SHOWN:
        lines, common = [], []
        for kind in Kind:
            pairs = [
                (kind.value in t.kinds, kind.value in said)
                for t, said in zip(found, told, strict=True)
                if t.set in names
            ]
            right, wrong, missed = (pairs.count(pair) for pair in ((True, True), (False, True), (True, False)))
            f1 = 2 * right / max(1, 2 * right + wrong + missed)
            common += [f1] if right + missed >= COMMON else []
            lines.append(f"{kind.value} n={right + missed} {right}/{wrong}/{missed} {f1:.2f}")
        print(f"{'+'.join(names):<10} macro F1 {sum(common) / max(1, len(common)):.3f} | {' | '.join(lines)}")


def write(tables: Mapping[Kind, Mapping[str, float]]) -> None:
    """Write the weights that say something."""
    lines = [HEAD]
    for kind, table in tables.items():
        kept = {name: weight for name, weight in sorted(table.items()) if abs(weight) >= SMALL}
        lines += [f"{kind.value}:\n", *(f"  {name}: {weight:.2f}\n" for name, weight in kept.items())]
    TARGET.write_text("".join(lines), "utf-8")


def main() -> int:
    """Print the figures; 3 where there is no bench."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--write", action="store_true", help="write bot/lexicon/kinds.yaml")
    arguments.add_argument("--strength", type=float, default=1.5, help="how firmly the prior is held to")
    options = arguments.parse_args()
    root = os.environ.get("TALENTWIRE_BENCH")
    if not root or not (Path(root) / "talent" / "dev.jsonl").exists():
        print("TALENTWIRE_BENCH is not set to a directory that holds talent/dev.jsonl: nothing was fitted.")
        return 3
    found = list(texts(Path(root) / "talent", load()))
    report("told by weights that had no part in the row", found, unseen(found, options.strength))
    tables = {kind: fitted(found, kind, options.strength) for kind in Kind}
    whole = [
        {k.value for k, table in tables.items() if t.score >= HARDLY and guess(t.values, table) >= told_from(k)}
        for t in found
    ]
    report("told by the weights of all fitted rows", found, whole)
    if options.write:
        write(tables)
    return 0


if __name__ == "__main__":
    sys.exit(main())

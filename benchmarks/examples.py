"""Score the classifier on our own stories, written by people who had not seen the word lists.

    python -m benchmarks.examples [--held] [--lang it] [--errors]

`--held` takes the half that nobody tunes on, of which only the figures are shown.
"""

from __future__ import annotations

import argparse
import sys

from bot.lexicon import load
from bot.model import Finding
from bot.moves.judge import compile_watch, judge
from bot.teach.measure import LABEL, Figures, by_language, measure
from bot.teach.rows import Row, examples


def show(name: str, figures: Figures) -> None:
    """Print one line of figures."""
    print(
        f"{name:<6} n={figures.rows:<4} label {figures.labels}  AP {figures.average_precision:.3f}  kinds {figures.kinds_f1:.3f}"
        f"  moves {figures.moves}  both ends F1 {figures.both_ends.f1:.3f}"
        f"  stated P {figures.stated.precision:.3f} R {figures.stated.recall:.3f}  status {figures.statuses.precision:.3f}"
    )


def show_errors(row: Row, finding: Finding) -> None:
    """Print what was said of a row beside what is true."""
    print(f"\n{row.id} {'yes' if row.label else 'no'} {finding.score:.2f}  {row.title} | {row.body[:400]}")
    print(
        f"   gold {sorted(row.kinds)} {[(m.person, m.from_org, m.to_org, m.role, m.status) for m in row.moves or ()]}"
    )
    moves = [(m.person, m.from_org, m.to_org, m.role, m.status.value, m.confidence) for m in finding.moves]
    print(f"   told {[k.value for k in finding.kinds]} {moves}")
    print(f"   why  {[(r.rule, r.text[:30], r.weight) for r in finding.reasons[:6]]}")


def main() -> int:
    """Print the figures; 0."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--held", action="store_true", help="the half that nobody tunes on")
    arguments.add_argument("--lang", action="append", help="only this language")
    arguments.add_argument("--errors", action="store_true", help="print the rows that are wrong (not with --held)")
    options = arguments.parse_args()
    if options.errors and options.held:
        arguments.error("--errors would show the held rows, on which nobody tunes")
    watch = compile_watch(load())
    rows = [r for r in examples() if r.held is options.held and (not options.lang or r.language in options.lang)]
    pairs = [(row, judge(watch, row.title, row.body, row.language)) for row in rows]
    if options.errors:
        for row, finding in pairs:
            one = measure([(row, finding)], watch.canonical)
            if (
                (finding.score >= LABEL) != row.label
                or one.moves.wrong
                or one.moves.missed
                or (row.label and one.kinds_f1 < 1)
            ):
                show_errors(row, finding)
    for code, figures in by_language(pairs, watch.canonical).items():
        show(code, figures)
    everything = measure(pairs, watch.canonical)
    show("all", everything)
    for kind, counts in sorted(everything.kinds.items()):
        print(f"kind {kind:<14} {counts}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

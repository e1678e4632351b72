"""`talentwire teach`: labelled rows -> a report of what they would change, and the new weights where asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bot import app
from bot.commands.backtest import compare
from bot.commands.hits import hits
from bot.config import Config
from bot.config.editing import edited, tuned
from bot.lexicon import Scoring, load
from bot.model import Feedback
from bot.teach.lesson import Lesson, Quality, learn
from bot.teach.rows import examples, from_feedback, from_file, lexicon_examples
from bot.tuning.page import Code, page
from bot.tuning.proposals import diff, proposals
from bot.urls import redact

_LOOK_BACK = timedelta(days=90)
_SHOWN = 20  # changed rows, moved weights and proposals that are printed


def teach(
    config: Config, source: Path, *, strength: float, out: Path | None, stored: bool = False
) -> tuple[int, list[str]]:
    """Learn from the file `source`, or from the feedback in the store `source` if `stored`.

    Return the exit status and the lines of the report. Writes the weights to `out` unless our own rows lose by them.

    Raises ConfigError for a row that cannot be read. 300 rows take some 4 s, most of it for our own 1,500.
    """
    rows = from_feedback(_feedback(source)) if stored else from_file(source)
    if not rows:
        return 1, [f"{source.name}: no labelled row"]
    lesson = learn(app.watch_of(config), rows, (*lexicon_examples(load()), *examples()), strength=strength)
    lines = [*_report(lesson, len(rows))]
    if lesson.loses:
        return 1, [
            *lines,
            "refused: our frozen stories lose a point or more of precision, F1 or average precision",
        ]
    if out is not None:
        out.write_text(written(lesson.weights, load().scoring), "utf-8")
        lines.append(f"weights written to {out}")
    return 0, lines


@dataclass(frozen=True, slots=True)
class Proposed:
    """A change of config.yaml that clicks speak for: why, the new text, its diff, and what it would have changed."""

    why: tuple[str, ...]
    text: str
    diff: tuple[str, ...]
    effect: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """Yield it for people."""
        yield "the clicks speak for this change of the configuration; nothing is changed unless you accept it:"
        yield from (f"  {why}" for why in self.why)
        yield from self.diff
        yield from (f"  {line}" for line in self.effect)


def proposed(path: Path, config: Config, store_path: Path, now: datetime) -> Proposed | None:
    """Return the change of the config in `path` that readers' clicks speak for, None where they speak for none."""
    since = now - _LOOK_BACK
    lists = config.watchlist
    weights = {entry.name: entry.weight for entry in (*lists.organisations, *lists.people, *lists.keywords)}
    changes = list(proposals(hits(store_path, config, since), weights))
    if not changes:
        return None
    quieter = {change.what: change.weight for change in changes if change.weight is not None}
    before, after = tuned(path, quieter, [change.what for change in changes if change.weight is None])
    effect = compare(store_path, config, edited(path, after), since, now).lines(brief=True)
    return Proposed(
        tuple(f"{redact(change.what)}: {change.why}" for change in changes),
        after,
        tuple(diff(path.name, before, after)),
        tuple(effect),
    )


def as_page(lines: Sequence[str], proposal: Proposed | None) -> str:
    """Return the report of a lesson as a page, with the change of the configuration that it proposes."""
    parts: list[str | Code] = [Code(lines)]
    if proposal is not None:
        parts += ["# A change of the configuration", *proposal.why, Code(proposal.diff), *proposal.effect]
        parts.append("Nothing was changed. `talentwire teach --feedback --accept` writes it, `patch` does too.")
    return page("Talentwire: what readers' feedback teaches", parts)


def _feedback(path: Path) -> Sequence[Feedback]:
    from bot.adapters.store import SqliteStore

    store = SqliteStore(path, read_only=True)
    try:
        return store.feedback()
    finally:
        store.close()


def written(score: Mapping[str, float], shipped: Scoring) -> str:
    """Return the text of a weights file, as bot/lexicon/scoring.yaml is one."""
    lines = ["# Weights in logits; made by `talentwire teach` from labelled rows, with a prior at the weights before."]
    for table, weights in (("score", score), ("move", shipped.move), ("certainty", shipped.certainty)):
        lines += [f"{table}:", *(f"  {n}: {w:.2f}" for n, w in sorted(weights.items()) if abs(w) >= 0.005)]
    return "\n".join(lines) + "\n"


def _report(lesson: Lesson, count: int) -> Iterator[str]:
    yield f"{count} labelled rows; new weights are measured on rows they were not fitted on"
    yield f"  rows    before  {_quality(lesson.before)}"
    yield f"          after   {_quality(lesson.after)}"
    yield f"  frozen  before  {_quality(lesson.frozen_before)}"
    yield f"          after   {_quality(lesson.frozen_after)}"
    yield f"{len(lesson.changed)} rows change sides"
    for changed in lesson.changed[:_SHOWN]:
        truth = "yes" if changed.row.label else "no"
        yield f"  {changed.before:.2f} -> {changed.after:.2f}  ({truth})  {changed.row.title[:90]}"
    yield f"{len(lesson.moved)} weights move by more than 0.3"
    for name, old, new in lesson.moved[:_SHOWN]:
        yield f"  {name}: {old:+.2f} -> {new:+.2f}"
    if lesson.proposals:
        yield "phrases between a person and an organisation in missed rows; put each under the class it belongs to:"
    for proposal in lesson.proposals[:_SHOWN]:
        yield f"+++ bot/lexicon/{proposal.language}.yaml"
        yield f"+    weak: [{proposal.phrase}]  # in {proposal.count} missed row(s)"


def _quality(quality: Quality) -> str:
    return f"{quality.counts}  AP {quality.average_precision:.3f}"

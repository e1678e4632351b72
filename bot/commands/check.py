"""What `check` says of a configuration: errors, doubts, and what the world answers if it is asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from bot.adapters.clock import SystemClock
from bot.config import Config, Report, feeds_of, scrutinise, secret
from bot.errors import ConfigError, Problem
from bot.lexicon import load as load_lexicon

TOKENS = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one thing outside answered: `of` is feeds or doctor."""

    of: str
    fine: bool
    line: str
    data: Mapping[str, Any]


def examined(path: Path, env: Mapping[str, str]) -> Report:
    """Return everything that can be said of `path` without asking anybody, the tokens in `env` among it."""
    report = scrutinise(path, load_lexicon(), SystemClock().now())
    around = tuple(_around(report.config, env))
    return replace(report, config=None if around else report.config, errors=(*report.errors, *around))


def _around(config: Config | None, env: Mapping[str, str]) -> Iterator[Problem]:
    """Yield what is wrong with the environment that the file is to be used in."""
    tokens = {}
    for name in TOKENS:
        try:
            tokens[name] = secret(name, env)
        except ConfigError as error:
            yield from error.problems
    if config and tokens.get(TOKENS[0]) and config.slack.channel is None and not config.routes:
        told = f"is missing, though {TOKENS[0]} is set: where shall alerts go? Write the ID of a channel"
        yield Problem(0, "slack.channel", told)


def online(config: Config, env: Mapping[str, str], say: Callable[[str], None]) -> list[Answer]:
    """Ask all feeds now, and Slack where a token is set; `say` tells what is about to happen there."""
    return [*_feeds(config), *(_doctor(config, env, say) if secret(TOKENS[0], env) else ())]


def _doctor(config: Config, env: Mapping[str, str], say: Callable[[str], None]) -> Iterator[Answer]:
    from bot.commands import doctor

    for finding in doctor.Doctor(env, config, SystemClock(), pause=threading.Event().wait, say=say).examine():
        line = "\n".join(doctor.lines([finding]))
        yield Answer("doctor", finding.ok or finding.skipped, line, asdict(finding))


def _feeds(config: Config) -> Iterator[Answer]:
    from bot.commands.feeds import verify
    from bot.urls import redact

    for feed, came, fine in verify(config):
        line = f"{'ok  ' if fine else 'FAIL'}  {feed.name or redact(feed.url)}  {came}"
        yield Answer("feeds", fine, line, {"url": redact(feed.url), "ok": fine, "came": came})


def lines(path: Path, report: Report, answers: Sequence[Answer]) -> list[str]:
    """Return what is printed: a line for each problem and answer, and one that sums it up."""
    told = [f"error    {problem}" for problem in report.errors]
    told += [f"warning  {problem}" for problem in report.warnings]
    told += [answer.line for answer in answers]
    count = _count(report.warnings, "warning")
    if report.config is None:
        return [*told, f"{path} cannot be used: {_count(report.errors, 'error')}, {count}"]
    told.append(f"{path} is right: {len(feeds_of(report.config))} feeds, {count}")
    failing = [answer for answer in answers if not answer.fine]
    return [*told, f"{len(failing)} of {len(answers)} answers show trouble"] if failing else told


def as_json(path: Path, report: Report, answers: Sequence[Answer]) -> dict[str, Any]:
    """Return the same for machines."""
    found: dict[str, Any] = {
        "file": str(path),
        "ok": report.config is not None and all(answer.fine for answer in answers),
        "errors": [_problem(problem) for problem in report.errors],
        "warnings": [_problem(problem) for problem in report.warnings],
    }
    for answer in answers:
        found.setdefault(answer.of, []).append(dict(answer.data))
    return found


def _problem(problem: Problem) -> dict[str, Any]:
    place = {"file": problem.file, "line": problem.line, "column": problem.column}
    return {**place, "key": problem.key, "message": problem.message}


def _count(things: Sequence[object], name: str) -> str:
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"

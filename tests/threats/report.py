"""A pytest plugin for `make threats`: runs the tests named after a fault, and says of each fault whether it holds.

    python -m pytest -p tests.threats.report -n 2 tests

Fails when a test fails, when a fault of docs/threats.md has no test or a test no fault, and when no test of a fault
reached the routes that the page names for it, by the hostile server's own log. What this machine could not run is
printed as such.
"""

from __future__ import annotations

import contextlib
import os
import resource
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.threats.catalogue import id_of, threats

STRICT = "TALENTWIRE_THREATS_STRICT"  # set where everything must run: then what could not is a failure
_reports: dict[str, list[pytest.TestReport]] = defaultdict(list)
_wrong: list[str] = []


def _forget_peak() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak_mib() -> float:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / (1 << 20)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    ours = [item for item in items if id_of(item.name)]
    config.hook.pytest_deselected(items=[item for item in items if not id_of(item.name)])
    items[:] = ours


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    _forget_peak()


def pytest_runtest_teardown(item: pytest.Item) -> None:
    item.user_properties.append(("peak_mib", _peak_mib()))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    name = report.nodeid.rpartition("::")[2]
    if id_of(name):
        _reports[id_of(name)].append(report)


def _of(reports: Iterable[pytest.TestReport], name: str) -> list[object]:
    return [
        value for report in reports if report.when == "teardown" for key, value in report.user_properties if key == name
    ]


def _outcome(reports: list[pytest.TestReport]) -> str:
    if any(report.failed for report in reports):
        return "FAILS"
    if any(report.skipped for report in reports):
        return "NOT RUN" if not any(report.passed and report.when == "call" for report in reports) else "partly"
    return "holds"


def _line(key: str, fault: str, routes: tuple[str, ...]) -> str:
    reports = _reports.get(key, [])
    if not reports:
        _wrong.append(f"{key} has no test")
        return f"{key:<4} NO TEST                       {fault}"
    touched = {path for paths in _of(reports, "routes") for path in paths}  # type: ignore[attr-defined]
    outcome = _outcome(reports)
    missing = [] if outcome == "NOT RUN" else [route for route in routes if route not in touched]
    if missing:
        outcome = "UNTOUCHED"
        _wrong.append(f"{key} never reached {', '.join(missing)}")
    if outcome == "FAILS":
        _wrong.append(f"{key} does not hold")
    if outcome in {"NOT RUN", "partly"} and os.environ.get(STRICT):
        _wrong.append(f"{key} could not be run")
    seconds = sum(report.duration for report in reports)
    peak = max((float(value) for value in _of(reports, "peak_mib")), default=0.0)  # type: ignore[arg-type]
    tests = len({report.nodeid for report in reports})
    return f"{key:<4} {outcome:<9} {tests:>3} tests {seconds:>6.1f} s {peak:>4.0f} MiB  {fault}"


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if hasattr(session.config, "workerinput"):
        return
    known = threats()
    session.config.stash[_LINES] = [_line(row.id, row.fault, row.routes) for row in known.values()]
    _wrong.extend(f"{key} is no fault of docs/threats.md" for key in sorted(_reports.keys() - known.keys()))
    if _wrong and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


_LINES = pytest.StashKey[list[str]]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    terminalreporter.section("threats")
    lines = config.stash.get(_LINES, [])
    for line in lines:
        terminalreporter.write_line(line)
    unrun = [(key, report) for key, reports in _reports.items() for report in reports if report.skipped]
    for key, report in sorted(unrun, key=lambda pair: pair[0]):
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        terminalreporter.write_line(f"!! {key} NOT RUN ON THIS MACHINE: {why}", yellow=True, bold=True)
    for words in _wrong:
        terminalreporter.write_line(f"!! {words}", red=True, bold=True)
    held = sum(" holds " in line for line in lines)
    terminalreporter.write_line(f"{held} of {len(threats())} faults hold, {len(_wrong)} wrong")

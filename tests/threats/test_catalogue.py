"""docs/threats.md and the tests name the same faults."""

from __future__ import annotations

import re
from pathlib import Path

from tests.fakes.hostile_server import ROUTES
from tests.threats.catalogue import id_of, threats

TESTS = Path(__file__).parents[1]


def test_every_fault_has_a_test_and_every_test_a_fault() -> None:
    names = [
        name
        for path in TESTS.rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
    ]
    assert {id_of(name) for name in names} - {""} == set(threats())
    assert len(threats()) == 88


def test_the_routes_of_a_fault_exist() -> None:
    assert {route for row in threats().values() for route in row.routes} <= set(ROUTES)

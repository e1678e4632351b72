"""The session in docs/ is what a new user sees today."""

from __future__ import annotations

import pytest

from tests.tuning.session import ROOT, make


@pytest.mark.proof
def test_the_session_in_docs_is_still_true() -> None:
    assert make() == (ROOT / "docs/session.md").read_text("utf-8")

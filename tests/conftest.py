"""Keeps the surroundings of this machine out of the tests."""

from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)  # how busy a machine is, is no property
settings.load_profile("untimed")

_SURROUNDINGS = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_API_URL", "TALENTWIRE_CONFIG", "TALENTWIRE_DATA")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def _no_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*_SURROUNDINGS, *_PROXIES, *(proxy.lower() for proxy in _PROXIES)):
        monkeypatch.delenv(name, raising=False)

"""Ctrl-C before the command line is read."""

import runpy
import sys
from types import SimpleNamespace

import pytest


def test_ctrl_c_while_modules_are_loaded_shows_no_traceback(monkeypatch):
    def main(**_):
        raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "bot.cli", SimpleNamespace(main=main))
    with pytest.raises(SystemExit, match="Aborted!"):
        runpy.run_module("bot", run_name="__main__")

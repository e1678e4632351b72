"""An edit of the watchlist is tried on what the store holds before it is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.commands import steering
from bot.config.editing import Wish, watch
from tests.tuning.newsroom import CHANNEL, LOOP, Item, Newsroom, config


@pytest.mark.parametrize(("name", "said"), [("Zorvatek", "1 gained"), ("Brightmoor", "0 gained")])
def test_an_edit_is_shown_with_what_it_would_have_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    made = Newsroom(tmp_path / "talentwire.db", config(feeds=[LOOP]))
    made.read([Item("Zorvatek hires Bashir Olufemi as head of research")])
    made.store.close()
    monkeypatch.setattr(steering, "SystemClock", lambda: made.clock)
    file = tmp_path / "config.yaml"
    text = (
        f"feeds: [{LOOP}]\nslack: {{channel: {CHANNEL}}}\nwatchlist:\n  organisations: [Norvane AI, Quillstone Labs]\n"
    )
    file.write_text(text, "utf-8")
    edit = watch(file, Wish("organisations", name, ("ZVK",)))
    assert edit is not None
    shown = steering.preview(edit, {"TALENTWIRE_DATA": str(tmp_path)})
    assert any(said in line for line in shown)
    assert file.read_text("utf-8") == text

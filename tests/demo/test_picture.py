"""The README's picture is drawn from a message as Slack gets it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from bot.demo.picture import example, svg

ROOT = Path(__file__).parents[2]


def words(picture: str) -> str:
    return " ".join(text.strip() for text in ElementTree.fromstring(picture).itertext())


def test_the_picture_says_what_the_message_says() -> None:
    shown = words(svg(example()))
    assert "Ines Valcourt : Google DeepMind → Paper Lantern Labs" in shown
    assert "the-loop.example" in shown
    assert "<" not in shown


def test_the_picture_in_the_docs_shows_the_same_fact() -> None:
    kept = words((ROOT / "docs" / "alert.svg").read_text("utf-8"))
    assert "Ines Valcourt : Google DeepMind → Paper Lantern Labs" in kept

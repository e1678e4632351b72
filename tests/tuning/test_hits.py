"""What entries and feeds were good for, and what readers' clicks speak for."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.adapters.clock import SystemClock
from bot.cli import main
from bot.commands import teaching
from bot.commands.hits import as_csv, hits
from bot.model import Changes, Feedback, FeedbackKind
from bot.tuning.hits import Hits
from bot.tuning.proposals import proposals
from tests.fakes.clock import FakeClock
from tests.tuning.newsroom import CHANNEL, HERALD, LOOP, Item, Newsroom, config

WATCHED = {
    "organisations": ["Norvane AI", {"name": "Quillstone Labs", "not": ["Quillstone Labs Cup"]}, "=Evil & Co"],
    "people": ["Quenby Astrand"],
    "keywords": ["orchid … clause"],
}
NEWS = [
    Item("Norvane AI hires Ada Ferrano from Quillstone Labs"),
    Item("Norvane AI hires Bashir Olufemi"),
    Item("Norvane AI names Imogen Tarrant head of research"),
    Item("The Quillstone Labs Cup is won by a ferry", "", HERALD),
    Item("Norvane AI shows a phone", "An orchid, and no more.", HERALD),
]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    clock = FakeClock(SystemClock().now() - timedelta(days=4))  # the commands look back from today
    made = Newsroom(tmp_path_factory.mktemp("hits") / "t.db", config(watchlist=WATCHED), clock)
    made.read(NEWS)
    for number, story in enumerate(story for story in made.store.stories() if story.told):
        kind = FeedbackKind.WRONG_FACT if number == 0 else FeedbackKind.NOT_RELEVANT
        for user in ("U1", "U2"):
            said = Feedback(kind, story.id, story.url, story.headline, "", "en", 0.9, {}, user, made.clock.now())
            assert made.store.hear([f"{number} {user}"], Changes(feedback=said), made.clock.now())
    yield made
    made.store.close()


def test_each_entry_and_feed_has_its_articles_alerts_and_clicks(room: Newsroom) -> None:
    found = {one.name: one for one in hits(room.path, room.config, room.begun)}
    counts = {name: (one.articles, one.alerts, one.not_relevant, one.wrong_fact) for name, one in found.items()}
    assert counts == {
        "Norvane AI": (4, 3, 4, 2),
        "Quillstone Labs": (1, 1, 0, 2),  # the cup is none of it
        "=Evil & Co": (0, 0, 0, 0),
        "Quenby Astrand": (0, 0, 0, 0),
        "orchid … clause": (0, 0, 0, 0),  # half a phrase is none
        "The Loop": (3, 3, 4, 2),
        "Herald": (2, 0, 0, 0),
    }
    assert found["Norvane AI"].last == room.clock.now()
    assert found["Quenby Astrand"].last is None


def test_csv_is_no_formula(room: Newsroom) -> None:
    rows = list(csv.DictReader(as_csv(hits(room.path, room.config, room.begun)).splitlines()))
    assert [row["name"] for row in rows if "Evil" in row["name"]] == ["'=Evil & Co"]


@pytest.fixture
def file(room: Newsroom, tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(
        f"# ours\nfeeds:\n  - {{url: {LOOP}, name: The Loop}}\n  - {{url: {HERALD}, name: Herald}}\nstore: {room.path}\n"
        f"slack: {{channel: {CHANNEL}}}\nwatchlist:\n  organisations:\n    - Norvane AI  # the big one\n    - Quillstone Labs\n"
    )
    return path


def test_the_command_names_what_never_hit(file: Path) -> None:
    shown = CliRunner().invoke(main, ["hits", "-c", str(file), "--since", "2026-06-01"])
    assert shown.exit_code == 0, shown.output
    assert "feeds that never led to an alert in" in shown.output
    assert shown.output.rstrip().endswith("days: Herald")
    data = json.loads(CliRunner().invoke(main, ["hits", "-c", str(file), "--since", "2026-06-01", "--json"]).output)
    assert data["never_alerted"] == ["Herald"]
    assert data["never_hit"] == []


def test_clicks_propose_a_change_as_a_diff_that_is_written_only_when_accepted(
    room: Newsroom, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teaching, "teach", lambda *_, **__: (0, ["2 labelled rows"]))  # tests/teach has the lesson
    before = file.read_text("utf-8")
    shown = CliRunner().invoke(main, ["teach", "--feedback", "-c", str(file), "--html", str(tmp_path / "t.html")])
    assert "nothing is changed unless you accept it" in shown.output, shown.output
    assert "-    - Norvane AI  # the big one" in shown.output
    assert "+    - {name: Norvane AI, weight: 0.5} # the big one" in shown.output
    assert f"+  - {{what: {LOOP}}}" in shown.output
    assert "4 clicks on not relevant for 3 alerts" in shown.output
    assert file.read_text("utf-8") == before
    page = (tmp_path / "t.html").read_text("utf-8")
    assert "+    - {name: Norvane AI, weight: 0.5}" in page
    assert "labelled rows" in page
    CliRunner().invoke(main, ["teach", "--feedback", "-c", str(file), "--accept"])
    changed = file.read_text("utf-8")
    assert changed.startswith("# ours\n")
    assert "weight: 0.5" in changed
    assert CliRunner().invoke(main, ["check", str(file)]).exit_code == 0
    assert CliRunner().invoke(main, ["teach", "x.jsonl", "--accept"]).exit_code == 2


@pytest.mark.parametrize(
    ("clicks", "alerts", "weight", "changes"),
    [
        (2, 2, 1.0, 0),  # two clicks are two readers' taste
        (3, 7, 1.0, 0),  # most of its alerts were right
        (3, 6, 1.0, 1),
        (9, 9, 0.0, 0),  # it counts nothing already
    ],
)
def test_few_clicks_propose_nothing(clicks: int, alerts: int, weight: float, changes: int) -> None:
    one = Hits("organisation", "A", 9, alerts, clicks, 0, None, "A")
    assert len(list(proposals([one], {"A": weight}))) == changes

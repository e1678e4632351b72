"""Laws of the backtest: no edit, no difference; and never another answer than from judging everything anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import app
from bot.commands.backtest import compare, no_edit
from bot.tuning.report import Report
from tests.tuning.newsroom import LOOP, OTHER, Newsroom, config, openings
from tests.tuning.world import EDITS, items


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    made = Newsroom(tmp_path_factory.mktemp("news") / "t.db", config())
    made.read(items(30))
    yield made
    made.store.close()


def looked_at(room: Newsroom, edit: dict[str, Any], *, all_anew: bool = False) -> Report:
    return compare(room.path, room.config, config(**edit), room.begun, room.clock.now(), all_anew=all_anew)


def found(report: Report) -> tuple[object, ...]:
    rows = sorted((replace(row, by=()) for row in report.rows), key=repr)
    return report.before, report.after, rows, [(one.key, one.message) for one in report.sending]


def told(report: Report) -> set[tuple[str, str, str]]:
    return {(one.story_id, one.channel, one.message.text) for one in openings(report.sending)}


def test_an_edit_of_nothing_changes_nothing_and_sends_what_was_sent(room: Newsroom) -> None:
    report = looked_at(room, {})
    assert (report.rows, report.judged, report.articles) == ((), 0, 30)
    assert told(report) == room.told()
    assert len(room.told()) > 5


@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edit=EDITS)
def test_any_edit_gives_what_judging_everything_anew_gives(room: Newsroom, edit: dict[str, Any]) -> None:
    check_against_all_anew(room, edit)


def check_against_all_anew(room: Newsroom, edit: dict[str, Any]) -> None:
    report, anew = looked_at(room, edit), looked_at(room, edit, all_anew=True)
    if no_edit(room.config, config(**edit)):  # answered from what was stored, which is what was told
        assert (report.rows, anew.rows, told(report)) == ((), (), told(anew))
    else:
        assert found(report) == found(anew)


NEWS = items(8, seed=5)


@pytest.mark.parametrize(
    "edit",
    [
        {"watchlist": {"organisations": ["Norvane AI", "Quillstone Labs", "Zorvatek", "Brightmoor"]}},  # more
        {"watchlist": {"people": ["Quenby Astrand"], "keywords": ["orchid clause"]}, "thresholds": {"digest": 0.3}},
        {"feeds": [LOOP], "mute": [{"what": "Meta"}], "routes": [{"channel": OTHER, "kinds": ["hire"]}]},
    ],
    ids=", ".join,
)
def test_what_would_have_been_sent_is_what_a_bot_with_that_config_sends(tmp_path: Path, edit: dict[str, Any]) -> None:
    check_against_a_second_bot(tmp_path, edit, NEWS)


def check_against_a_second_bot(folder: Path, edit: dict[str, Any], news: list[Any]) -> None:
    old, new = Newsroom(folder / "old.db", config()), Newsroom(folder / "new.db", config(**edit))
    try:
        feeds = {feed.url for feed in app.feeds_of(new.config)}
        old.read(news)
        new.read([item if item.feed in feeds else replace(item, title="A ferry is late", body="") for item in news])
        report = looked_at(old, edit)
        assert told(report) == new.told()
        if not report.rows:
            assert old.told() == new.told()
    finally:
        old.store.close()
        new.store.close()


@pytest.mark.proof
@settings(max_examples=40, deadline=None)
@given(edit=EDITS, seed=st.integers(0, 10_000))
def test_no_edit_at_all_is_told_otherwise_than_a_second_bot_does(tmp_path_factory, edit, seed) -> None:
    check_against_a_second_bot(tmp_path_factory.mktemp("two"), edit, items(16, seed=seed))


@pytest.mark.proof
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edit=EDITS)
def test_no_edit_at_all_differs_from_judging_everything_anew(room: Newsroom, edit: dict[str, Any]) -> None:
    check_against_all_anew(room, edit)

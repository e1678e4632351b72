"""A backtest as its user meets it: what it says, what it cannot see, its page, its replay, and the commands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot import app
from bot.adapters.slack import SlackNotifier
from bot.adapters.store import SqliteStore
from bot.adapters.terminal import TerminalNotifier
from bot.cli import main
from bot.commands.backtest import compare, judged_with, replay, sample
from bot.config import Config, history
from bot.errors import DeliveryError
from bot.model import Order, OrderVerb
from bot.teach import rows
from bot.tuning.page import backtest as page
from bot.tuning.report import Fate, Report, Row
from tests.fakes.clock import FakeClock
from tests.fakes.slack_blocks import lint_message
from tests.fakes.slack_server import BOT_TOKEN, serve
from tests.tuning.newsroom import BASE, CHANNEL, HERALD, LOOP, OTHER, Item, Newsroom, config

HIRE = "Norvane AI hires Ada Ferrano from Quillstone Labs as chief scientist"
ZORVATEK = Item("Zorvatek hires Bashir Olufemi as head of research", "He led <b>speech</b> elsewhere & more.")
NEWS = [
    Item(HIRE),
    ZORVATEK,
    Item("Ada Ferrano joins Norvane AI from Quillstone Labs", "", HERALD),
    Item("Quillstone Labs lays off 40 researchers", "", HERALD, 48.0),
    Item("A ferry is late"),
]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    made = Newsroom(tmp_path_factory.mktemp("news") / "t.db", config())
    made.read(NEWS)
    yield made
    made.store.close()


def look(room: Newsroom, **edit: Any) -> Report:
    return compare(room.path, room.config, config(**edit), room.begun, room.clock.now())


MORE = {"organisations": ["Norvane AI", "Quillstone Labs", {"name": "Zorvatek", "aliases": ["ZVK"]}]}


@pytest.mark.parametrize(
    ("edit", "fate", "title", "why", "by"),
    [
        ({"watchlist": MORE}, "gained", ZORVATEK.title, "scores 0.00, below 0.50", "watchlist.organisations: Zorvatek"),
        ({"watchlist": {"organisations": ["Norvane AI"]}}, "lost", NEWS[3].title, "was: scores 1.00",
         "watchlist.organisations: Quillstone Labs"),
        ({"mute": [{"what": "Ada Ferrano"}]}, "lost", HIRE, "muted (Ada Ferrano)", "mute: Ada Ferrano"),
        ({"feeds": [HERALD]}, "changed", NEWS[2].title, f"was by “{HIRE}”", f"feeds: {LOOP}"),  # the same story, later
        ({"routes": [{"channel": OTHER, "kinds": ["layoff"]}]}, "changed", NEWS[3].title,
         f"goes to {OTHER}; was to {CHANNEL}", "routes"),
        ({"slack": {"channel": OTHER}}, "changed", HIRE, f"goes to {OTHER}", "slack.channel"),
        ({"thresholds": {"alert": 1.0, "digest": 1.0}}, "lost", NEWS[3].title, "below 1.00", "thresholds.digest 0.50 -> 1.00"),
    ],
)  # fmt: skip
def test_an_alert_that_differs_is_told_with_its_reason_and_who_decided(room, edit, fate, title, why, by) -> None:
    (row,) = [row for row in look(room, **edit).rows if row.title == title]
    assert row.fate == fate
    assert why in row.why
    assert by in row.by


def test_entries_are_counted_and_only_what_holds_a_changed_name_is_judged_again(room: Newsroom) -> None:
    report = look(room, watchlist=MORE)
    assert (report.articles, report.judged, report.before, report.after) == (5, 1, 2, 3)
    assert report.counts == (("watchlist.organisations: Zorvatek", 1, 1, 0, 0),)
    assert "+ 2026-07-01  Zorvatek hires" in "\n".join(report.lines())
    assert "Zorvatek hires" not in "\n".join(report.lines(brief=True))


def test_an_alias_a_chief_and_a_handle_bring_in_the_name_that_is_changed(tmp_path: Path) -> None:
    made = Newsroom(tmp_path / "t.db", config())
    texts = ["ZVK hires an engineer", "Altman takes a day off", "It was @quenby_astrand who said it", "OpenAI, again"]
    made.read([Item(text) for text in texts])
    made.store.close()
    new = config(
        watchlist={
            "organisations": [*MORE["organisations"], {"name": "OpenAI", "weight": 2}],
            "people": ["Quenby Astrand"],
        }
    )
    assert compare(made.path, made.config, new, made.begun, made.clock.now()).judged == 4


def test_the_store_says_what_it_was_judged_with_and_that_configs_are_mixed(tmp_path: Path) -> None:
    made = Newsroom(tmp_path / "t.db", config())
    made.read(NEWS[:2])
    again = config(
        watchlist=MORE,
        mute=[{"what": "x", "until": "2027-01-01"}],
        feeds=[*BASE["feeds"], {"news": "hires", "every": "45m"}],
    )
    app.remember(made.store, again, made.clock)
    app.remember(made.store, again, made.clock)  # the same once more says nothing new
    made.store.close()
    assert judged_with(made.path) == again
    assert len(history.reigns(SqliteStore(made.path, read_only=True).noted(history.NOTE))) == 2
    report = compare(made.path, again, config(), made.begun, made.clock.now())
    assert any("come from 2 configurations" in note for note in report.notes)
    # its finding was made without the name: judged with both sides' names, it is lost all the same
    assert [(row.fate, row.title) for row in report.of(Fate.LOST)] == [(Fate.LOST, ZORVATEK.title)]


def test_who_is_forgotten_stands_in_no_config_and_no_key_that_is_kept(tmp_path: Path) -> None:
    made = Newsroom(tmp_path / "t.db", config(watchlist={"people": ["Kestrin Vole"]}))
    made.read([Item("A ferry is late", "Kestrin Vole waits, and nobody else does."), Item(HIRE)])
    assert "Vole" in (made.store.noted(history.NOTE) or "")
    assert any("vole" in " ".join(case.keys or ()) for case in made.store.judged(made.begun))
    made.store.ask(Order(0, OrderVerb.FORGET, "Kestrin Vole", "", {}, "test", made.clock.now()))
    made.pipeline.carry_out_orders()
    out = StringIO()
    made.store.export(out)
    made.store.close()
    assert "vole" not in out.getvalue().lower()


def test_what_could_not_be_seen_is_said(room: Newsroom, tmp_path: Path) -> None:
    notes = look(room, feeds=[LOOP, HERALD, "https://new.example/feed"]).notes
    assert any(note.startswith("1 new feed") for note in notes)
    assert (
        "holds no article" in compare(tmp_path / "none.db", config(), config(), room.begun, room.clock.now()).notes[0]
    )


def test_the_bundled_sample_stands_in_for_a_store(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    few = tuple(row for row in rows.examples() if not row.held and row.label)[:12]
    monkeypatch.setattr(rows, "examples", lambda: few)
    report = sample(Config(), Config.model_validate({"mute": [{"what": "stories.example"}]}), room.clock.now())
    assert report.sample
    assert report.before == len(report.of(Fate.LOST)) > 2
    assert "the bundled sample of invented stories" in next(report.lines())


# ------------------------------------------------------------------------------------------------ the page


class Reader(HTMLParser):
    """Collects tags, attributes and text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action")]
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.words += data


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def test_the_page_is_one_file_in_which_nothing_of_a_feed_lives(room: Newsroom) -> None:
    evil = Row(
        Fate.GAINED, room.begun, "<script>alert(1)</script>", "javascript:alert(1)", '"><img src=x>', (CHANNEL,), 0.9,
        ("hire",), "</style><b>", ("watchlist.people: <i>",),
    )  # fmt: skip
    good = replace(evil, url="https://loop.example/?token=hush", fate=Fate.LOST)
    html = page(Report(room.begun, room.begun + timedelta(days=1), rows=(evil, good), notes=("<u>",)))
    found = read(html)
    assert {"script", "img", "b", "i", "u", "link"}.isdisjoint(found.tags)
    assert found.links == ["https://loop.example/?token=***"]
    assert "<script>alert(1)</script>" in found.words
    assert "prefers-color-scheme: dark" in html
    assert "default-src 'none'" in html


# ------------------------------------------------------------------------------------------------ replay


def test_a_replay_says_so_keeps_slacks_pace_and_is_never_taken_for_an_alert(room: Newsroom) -> None:
    report = look(room, watchlist=MORE)
    before = (room.path.read_bytes(), room.store.operations())
    clock, waits = FakeClock(), []
    with serve() as slack:

        def pause(seconds: float) -> None:
            waits.append(seconds)
            clock.advance(seconds)
            slack.advance(seconds)

        slack.faults({"method": "chat.postMessage", "skip": 1, "times": 1, "action": "ratelimit"})
        notifier = SlackNotifier(BOT_TOKEN, clock=clock, base_url=slack.api)
        assert replay(report, CHANNEL, notifier, pace_s=1.0, pause=pause) == (3, 0)
        messages = slack.messages(CHANNEL)
        assert len(messages) == 3
        assert waits.count(1.0) >= 3
        for message in messages:
            assert message["text"].startswith("[Replay of 2026-07-0")
            assert "Replay: would have been sent on" in message["blocks"][0]["elements"][0]["text"]
            assert lint_message(message, message["blocks"]) == []
            assert message["metadata"]["event_type"] == "talentwire_replay"
            assert "k" not in message["metadata"]["event_payload"]
        assert notifier.recent(CHANNEL, room.begun - timedelta(days=900)) == []
        assert not any(notifier.find(replace(one, started_at=None, attempts=2)) for one in report.sending)
    assert (room.path.read_bytes(), room.store.operations()) == before


def test_a_replay_draws_on_the_terminal_and_an_answer_lost_is_not_sent_again(room: Newsroom) -> None:
    report, out = look(room), StringIO()
    assert replay(report, "terminal", TerminalNotifier(out), pace_s=0, pause=lambda _: None) == (2, 0)
    assert "Replay: would have been sent on" in out.getvalue()
    with serve() as slack:
        slack.config(post_rate=1_000)
        slack.faults({"method": "chat.postMessage", "times": 1, "when": "after", "action": "drop"})
        notifier = SlackNotifier(BOT_TOKEN, clock=FakeClock(), base_url=slack.api)
        assert replay(report, CHANNEL, notifier, pace_s=0, pause=lambda _: None) == (1, 1)
        assert len(slack.messages(CHANNEL)) == 2
        slack.faults({"method": "chat.postMessage", "times": 1, "action": "error", "error": "is_archived"})
        with pytest.raises(DeliveryError):
            replay(report, CHANNEL, notifier, pace_s=0, pause=lambda _: None)


# ------------------------------------------------------------------------------------------------ the commands


def talentwire(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.fixture
def folder(room: Newsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    text = f"feeds: [{{url: {LOOP}, name: The Loop}}, {{url: {HERALD}, name: Herald}}]\nslack: {{channel: {CHANNEL}}}\n"
    text += f"store: {room.path}\nwatchlist: {{organisations: [Norvane AI, Quillstone Labs%s]}}\n"
    (tmp_path / "config.yaml").write_text(text % "")
    (tmp_path / "new.yaml").write_text(text % ", Zorvatek")
    return tmp_path


def test_backtest_compares_a_file_with_what_the_store_was_judged_with(folder: Path) -> None:
    shown = talentwire("backtest", "-c", "new.yaml", "--since", "2026-06-01", "--html", "r.html")
    assert shown.exit_code == 0, shown.output
    assert "1 gained, 0 lost, 0 changed" in shown.output
    assert ZORVATEK.title in read((folder / "r.html").read_text("utf-8")).words
    data = json.loads(talentwire("backtest", "-c", "new.yaml", "--since", "2026-06-01", "--json").output)
    assert [row["title"] for row in data["gained"]] == [ZORVATEK.title]
    assert data["entries"] == [
        {"entry": "watchlist.organisations: Zorvatek", "articles": 1, "gained": 1, "lost": 0, "changed": 0}
    ]
    same = talentwire("backtest", "--since", "2026-06-01")
    assert "0 gained, 0 lost, 0 changed" in same.output
    other = talentwire("backtest", "--old", "new.yaml", "--since", "2026-06-01")
    assert "0 gained, 1 lost, 0 changed" in other.output
    assert talentwire("backtest", "--since", "soon").exit_code == 2
    drawn = talentwire("backtest", "-c", "new.yaml", "--since", "2026-06-01", "--replay", "terminal")
    assert drawn.output.count("Replay: would have been sent") == 3
    assert talentwire("backtest", "--since", "2026-06-01", "--replay", CHANNEL).exit_code == 2  # no token


def test_an_empty_store_offers_the_sample(folder: Path) -> None:
    (folder / "config.yaml").write_text(f"feeds: [{LOOP}]\nstore: none.db\n")
    shown = talentwire("backtest")
    assert shown.exit_code == 0
    assert "holds no article" in shown.output
    assert "backtest --sample" in shown.output

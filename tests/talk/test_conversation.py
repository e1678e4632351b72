"""Readers talk back over a real socket: acknowledged at once, acted on once, answered to the one who asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.adapters.slack import SlackNotifier
from bot.adapters.slack_socket import SlackSocket
from bot.adapters.store import SqliteStore
from bot.alerts import buttons
from bot.conversation import Conversation
from bot.errors import ConfigError
from bot.model import FeedbackKind, Preference, PreferenceVerb, Subject
from tests.fakes.slack_blocks import lint_message
from tests.fakes.slack_server import APP_TOKEN, BOT_TOKEN, Running, serve
from tests.pipeline.crash_world import CHANNEL
from tests.pipeline.test_pipeline import FEED, HIRE, STORY, Scene, page, rss


class Talk:
    """A bot that told one story, its readers, and the Slack between them."""

    def __init__(self, slack: Running, scene: Scene) -> None:
        self.slack, self.scene, self.store = slack, scene, scene.store
        self.handled = threading.Semaphore(0)
        scene.pipeline = replace(scene.pipeline, talks=True)
        scene.web.pages[FEED], scene.web.pages[STORY] = rss(("a", HIRE, "In short.")), page()
        scene.poll()
        scene.run()
        (self.story,) = (story for story in self.store.stories() if story.told)
        p = scene.pipeline
        desk = SlackNotifier(BOT_TOKEN, clock=p.clock, base_url=slack.api)
        self.conversation = Conversation(p.config, p.watch, self.store, desk, p.clock, p.counters, CHANNEL)
        self.socket = SlackSocket(APP_TOKEN, self._hear, base_url=slack.api, ping_s=0.2)

    def _hear(self, *envelope) -> None:
        try:
            self.conversation.hear(*envelope)
        finally:
            self.handled.release()

    def send(self, kind: str, payload: dict, envelope_id: str = "") -> dict:
        """Send an envelope and wait until it was acted on; returns what Slack saw of its acknowledgement."""
        named = {"envelope_id": envelope_id} if envelope_id else {}
        seen = self.slack.admin("socket/send", {"type": kind, "payload": payload, **named})
        assert self.handled.acquire(timeout=10)
        return seen

    def click(
        self, action: str, choice: str = "", *, user: str = "U0HUMAN", envelope: str = "", stamp: str = ""
    ) -> dict:
        picked = (
            {"selected_option": {"value": choice}} if action in (buttons.MUTE, buttons.WRONG) else {"value": choice}
        )
        one = {"action_id": action, "block_id": f"alert.{self.story.id}", "action_ts": stamp, **picked}
        return self.send(
            "interactive",
            {"type": "block_actions", "user": {"id": user}, "channel": {"id": CHANNEL}, "actions": [one]},
            envelope,
        )

    def fix(self, envelope: str = "", **written: str) -> None:
        """Write something into the dialog that was opened last, and send it off."""
        view = self.opened()[-1]
        told = {block["block_id"]: block["element"].get("initial_value") for block in view["blocks"]} | written
        values = {name: {"value": {"type": "plain_text_input", "value": text}} for name, text in told.items()}
        self.send(
            "interactive",
            {"type": "view_submission", "user": {"id": "U0HUMAN"}, "view": view | {"state": {"values": values}}},
            envelope,
        )

    def opened(self) -> list[dict]:
        return self.slack.admin("state")["opened"]

    def look_at_home(self, user: str = "U0HUMAN", event: str = "Ev1") -> dict:
        """Open the home page; returns it."""
        opened = {"type": "app_home_opened", "user": user, "tab": "home"}
        self.send("events_api", {"event": opened, "event_id": event})
        return self.slack.admin("state")["views"].get(user, {})

    def type(self, text: str, *, user: str = "U0HUMAN", channel: str = CHANNEL) -> str:
        """Type a command; returns the text of the answer."""
        self.send("slash_commands", {"command": "/talentwire", "text": text, "user_id": user, "channel_id": channel})
        return self.answers()[-1]["text"]

    def answers(self) -> list[dict]:
        return self.slack.admin("state")["responses"]

    def wishes(self):
        return self.store.preferences(self.scene.clock.now())


@pytest.fixture(scope="module")
def slack() -> Iterator[Running]:
    with serve() as running:
        yield running


@pytest.fixture
def talk(slack: Running, tmp_path) -> Iterator[Talk]:
    slack.admin("reset", {})
    store = SqliteStore(tmp_path / "t.db")
    one = Talk(slack, Scene(store))
    one.socket.start()
    waiting = threading.Event()
    while not slack.admin("state")["sockets"]:
        waiting.wait(0.02)
    yield one
    one.socket.close()
    store.close()


def mute(name: str, period: str = "w", subject: Subject = Subject.ORGANISATION) -> str:
    return buttons.mute_value(subject, name, period)


def test_a_click_is_acknowledged_acted_on_and_confirmed_to_who_made_it(talk):
    seen = talk.click(buttons.MUTE, mute("Norvane AI"))
    assert seen["acked"]
    assert seen["seconds"] < 3
    (wish,) = talk.wishes()
    assert (wish.verb, wish.what, wish.channel, wish.by) == (PreferenceVerb.MUTE, "Norvane AI", CHANNEL, "U0HUMAN")
    assert (wish.until - talk.scene.clock.now()).days == 7
    (answer,) = talk.answers()
    assert answer["response_type"] == "ephemeral"
    assert "Muted until" in answer["text"]
    undo = answer["blocks"][-1]["elements"][0]
    talk.click(undo["action_id"], undo["value"])
    assert talk.wishes() == []


@pytest.mark.parametrize("again", [{"envelope": "e1"}, {"envelope": "e2"}], ids=["same envelope", "another envelope"])
def test_a_redelivery_changes_nothing_and_is_not_answered_again(talk, again):
    talk.click(buttons.FOLLOW, envelope="e1", stamp="1.5")
    seen = talk.click(buttons.FOLLOW, stamp="1.5", **again)
    assert seen["acked"], "or Slack would send it for ever"
    assert [wish.number for wish in talk.wishes()] == [1]
    assert len(talk.answers()) == 1


def test_it_is_acknowledged_while_the_bot_is_busy_with_something_slow(talk):
    talk.slack.faults({"method": "conversations.members", "action": "hold", "when": "before"})
    done = threading.Thread(target=talk.click, args=(buttons.MUTE, mute("Norvane AI")))
    done.start()
    command = {"command": "/talentwire", "text": "help", "user_id": "U1", "channel_id": CHANNEL}
    seen = talk.slack.admin("socket/send", {"type": "slash_commands", "payload": command})
    assert seen["acked"]
    assert seen["seconds"] < 3
    assert talk.answers() == [], "the one before it is still being looked at"
    talk.slack.admin("release", {})
    done.join(10)
    assert talk.handled.acquire(timeout=10)
    assert len(talk.answers()) == 2


def test_it_comes_back_after_a_disconnect(talk):
    talk.slack.admin("socket/disconnect", {})
    waiting = threading.Event()
    while not talk.slack.admin("state")["sockets"]:
        waiting.wait(0.02)
    assert "status" in talk.type("help")


def move_of(talk):
    return next(iter(talk.store.story(talk.story.id).telling.moves), None)


@pytest.mark.parametrize(
    ("wrong", "written", "right"),
    [
        ("to", {}, ("Ada Ferrano", "Quillstone Labs", "")),  # sent off as it opens: what was wrong is taken out
        ("to", {"to": "Tessera Intelligence"}, ("Ada Ferrano", "Quillstone Labs", "Tessera Intelligence")),
        ("from", {"from": "Palewater", "to": "Tessera"}, ("Ada Ferrano", "Palewater", "Tessera")),
        ("person", {"person": "Adele Ferrano"}, ("Adele Ferrano", "Quillstone Labs", "Norvane AI")),
        ("person", {}, None),  # nobody: there was no such move
    ],
)
def test_a_wrong_fact_is_asked_for_in_a_dialog_and_becomes_an_order(talk, wrong, written, right):
    talk.click(buttons.WRONG, f"{buttons.hashed('Ada Ferrano')}:{wrong}")
    assert talk.store.open_orders() == [], "nothing is changed before somebody says what is right"
    talk.fix(**written)
    assert "message says so in a moment" in talk.answers()[-1]["text"]
    talk.scene.pipeline.carry_out_orders()
    talk.scene.run()
    move = move_of(talk)
    assert (move and (move.person[0], move.from_org, move.to_org)) == right
    assert talk.store.feedback()[0].kind is FeedbackKind.WRONG_FACT


def test_a_dialog_that_is_sent_off_twice_is_one_order(talk):
    talk.click(buttons.WRONG, f"{buttons.hashed('Ada Ferrano')}:to")
    talk.fix("e8", to="Tessera")
    talk.fix("e9", to="Tessera")
    assert len(talk.store.open_orders()) == 1


def test_a_dialog_with_nothing_new_in_it_changes_nothing(talk):
    talk.click(buttons.WRONG, f"{buttons.hashed('Ada Ferrano')}:to")
    talk.fix(to="Norvane AI")
    assert talk.store.open_orders() == []
    assert "says already" in talk.answers()[-1]["text"]


def test_a_dialog_that_comes_too_late_is_said_to(talk):
    talk.slack.faults({"method": "views.open", "action": "error", "error": "expired_trigger_id"})
    talk.click(buttons.WRONG, f"{buttons.hashed('Ada Ferrano')}:to")
    assert talk.opened() == []
    assert "try again" in talk.answers()[-1]["text"]


def test_a_duplicate_needs_no_dialog(talk):
    talk.click(buttons.WRONG, buttons.DUPLICATE)
    assert talk.opened() == []
    assert talk.store.feedback()[0].kind is FeedbackKind.DUPLICATE


def test_not_relevant_is_kept_with_the_text_and_what_was_found_and_can_be_taken_back(talk):
    talk.click(buttons.NOT_RELEVANT)
    (said,) = talk.store.feedback()
    assert (said.kind, said.about, said.by, said.title) == (FeedbackKind.NOT_RELEVANT, talk.story.id, "U0HUMAN", HIRE)
    assert said.features
    talk.click(buttons.UNDO, f"feedback:{talk.story.id}")
    assert talk.store.feedback() == []


def shown_text(talk) -> str:
    """Return what Slack shows of the message that tells the story."""
    talk.scene.pipeline.carry_out_orders()
    talk.scene.run()
    return talk.scene.texts()[-1]


def with_slack(talk, **settings):
    talk.scene.with_config(slack={"channel": CHANNEL, "may_change": ["everybody"], **settings})
    talk.conversation = replace(talk.conversation, config=talk.scene.pipeline.config)


def test_one_reader_hides_a_message_from_nobody_unless_config_says_so(talk):
    with_slack(talk)
    for user in ("U1", "U2", "U3"):
        talk.click(buttons.NOT_RELEVANT, user=user)
    assert talk.store.open_orders() == []
    assert "Others still see" in talk.answers()[-1]["text"]


def test_as_many_readers_as_config_says_hide_a_message_and_anyone_shows_it_again(talk):
    with_slack(talk, hide_after=2)
    before = shown_text(talk)
    talk.click(buttons.NOT_RELEVANT, user="U1")
    talk.click(buttons.NOT_RELEVANT, user="U1")
    assert talk.store.open_orders() == [], "one reader is one, however often they click"
    talk.click(buttons.NOT_RELEVANT, user="U2")
    assert shown_text(talk).startswith("Hidden: 2 readers")
    talk.click(buttons.SHOW, user="U3")
    assert shown_text(talk) == before
    talk.click(buttons.NOT_RELEVANT, user="U4")
    assert shown_text(talk).startswith("Hidden: 2 readers")
    talk.click(buttons.UNDO, f"feedback:{talk.story.id}", user="U4")
    assert shown_text(talk) == before


def test_the_home_page_shows_feeds_wishes_alerts_and_who_is_watched(talk):
    talk.type("mute Palewater Systems for 3d")
    talk.type("watch add Tessera Intelligence")
    page = json.dumps(talk.look_at_home(), ensure_ascii=False)
    for words in ("1 feeds, 0 failing", "mute Palewater Systems until", HIRE, "Norvane AI", "Tessera Intelligence"):
        assert words in page


def test_a_mute_is_undone_on_the_home_page_which_is_drawn_anew(talk):
    talk.click(buttons.MUTE, mute("Norvane AI"))
    row = next(block for block in talk.look_at_home()["blocks"] if "accessory" in block)
    undo = {**row["accessory"], "block_id": row["block_id"], "action_ts": "7.1"}
    person = {"type": "block_actions", "user": {"id": "U0HUMAN"}, "view": {"type": "home"}}
    talk.send("interactive", {**person, "actions": [undo], "response_url": ""})
    assert talk.wishes() == []
    assert "Nothing is muted" in json.dumps(talk.slack.admin("state")["views"]["U0HUMAN"])


def test_another_tab_of_the_app_is_no_home_page(talk):
    talk.send("events_api", {"event": {"type": "app_home_opened", "user": "U0HUMAN", "tab": "messages"}})
    assert talk.slack.admin("state")["views"] == {}


def test_a_home_page_of_everything_at_its_longest_is_taken_by_slack(talk):
    now = talk.scene.clock.now()
    for number in range(60):
        what = "<&*_😀" * 30 + str(number)
        talk.store.prefer(Preference(0, PreferenceVerb.MUTE, Subject.ANY, what, what, CHANNEL, "U1", now))
    assert 30 < len(talk.look_at_home()["blocks"]) <= 100


def test_the_watchlist_is_proposed_and_never_written(talk):
    assert '+     - "Tessera Intelligence"' in talk.type("watch add Tessera Intelligence")
    answer = talk.type("watch remove Norvane AI")
    assert '-     - "Norvane AI"' in answer
    assert '+     - "Tessera Intelligence"' in answer, "what others proposed stands beside it"
    assert [(w.verb, w.what) for w in talk.wishes()] == [("watch", "Tessera Intelligence"), ("unwatch", "Norvane AI")]
    assert "does not stand there" in talk.type("watch remove Nobody At All")
    assert "already" in talk.type("watch add norvane ai")
    assert "people:" in talk.type("watch add person Bo Lind")
    assert len(talk.wishes()) == 3
    assert "proposed to watch Tessera" in talk.type("mutes")
    assert "No such" not in talk.type("unmute 1")
    assert "Tessera" not in talk.type("watch")


@pytest.mark.parametrize("wanted", [("members",), ("everybody",), ("U0STRANGER",), ("U0OTHER",)])
def test_who_may_change_things_is_config(talk, wanted):
    slack_config = {"channel": CHANNEL, "may_change": list(wanted)}
    talk.scene.with_config(slack=slack_config)
    talk.conversation = replace(talk.conversation, config=talk.scene.pipeline.config)
    talk.click(buttons.FOLLOW, user="U0STRANGER")
    assert len(talk.wishes()) == (wanted[0] in ("everybody", "U0STRANGER"))
    if not talk.wishes():
        assert "may_change" in talk.answers()[0]["text"]


def test_without_the_list_of_members_nothing_is_changed(talk):
    talk.slack.faults({"method": "conversations.members", "action": "http", "status": 500, "times": -1})
    talk.click(buttons.FOLLOW)
    assert talk.wishes() == []
    assert "did not say who" in talk.answers()[0]["text"]


COMMANDS = [
    ("", "`/talentwire why LINK`"),
    ("dance", "There is no “dance” here"),
    ("status", "1 feeds, 0 failing"),
    ("moves Norvane AI", "*Ada Ferrano*: Quillstone Labs → Norvane AI"),
    ("moves Nobody", "No move"),
    ("mutes", "Nothing is muted"),
    ("mute Palewater Systems for 3d", "Muted until"),
    ("mute Palewater Systems for good", "for good"),
    ("follow Bo Lind", "+ watchlist:"),
    ("unmute 99", "No such mute"),
    (f"why <{STORY}>", f"posted in {CHANNEL}"),
    ("why https://elsewhere.example/x", "No feed has shown"),
    ("missed <https://elsewhere.example/x|x>", "Noted as missed"),
    (f"missed {STORY}", "scores"),
    ("test", "on its way"),
]


def test_commands(talk):
    for typed, answered in COMMANDS:
        assert answered in talk.type(typed), typed


def test_the_test_message_takes_the_way_of_an_alert(talk):
    talk.type("test", channel="C0ELSEWHERE")
    talk.scene.run()
    assert any("This is a test" in text for text in talk.scene.texts())


def test_a_message_is_reported_as_missed_by_its_menu(talk):
    message = {"text": "look: <https://elsewhere.example/y|here>"}
    talk.send(
        "interactive",
        {
            "type": "message_action",
            "callback_id": "report_missed",
            "user": {"id": "U0HUMAN"},
            "channel": {"id": CHANNEL},
            "message": message,
        },
    )
    assert talk.store.feedback()[0].url == "https://elsewhere.example/y"


JUNK = [
    ("interactive", {}),
    ("interactive", {"type": "block_actions", "actions": "x", "user": 3}),
    ("interactive", {"type": "block_actions", "actions": [{"action_id": "mute"}], "user": {"id": "U1"}}),
    ("slash_commands", {"command": "/other"}),
    ("slash_commands", {"command": "/talentwire", "user_id": "U1", "text": "why http://[::1 <<|>>&amp;"}),
    ("events_api", {"event": None}),
    ("unheard_of", {}),
]


def test_what_is_not_ours_or_is_broken_harms_nothing(talk):
    for kind, payload in JUNK:
        assert talk.send(kind, payload)["acked"]
    assert talk.wishes() == []


HOSTILE = ["<!channel> now", "*x* `y` <https://evil.example|openai.com>", "\u202eab\u200b", "😀" * 400, "x" * 5_000]


def test_what_a_reader_types_pings_nobody_and_is_taken_by_slack(talk):
    said = [
        f"{verb} {text}" for verb in ("mute", "follow", "moves", "missed", "watch add", "mutes") for text in HOSTILE
    ]
    for words in said:
        talk.type(words)
    assert len(talk.answers()) == len(said), "Slack would not take one"
    for answer in talk.answers():
        assert lint_message({"text": answer["text"]}, answer["blocks"]) == []


def test_an_answer_goes_to_slack_and_to_nobody_else(talk):
    payload = {"command": "/talentwire", "text": "help", "user_id": "U1", "response_url": "http://evil.example/x"}
    talk.send("slash_commands", payload)
    assert talk.answers() == []


def test_a_token_of_the_wrong_kind_is_told_at_once():
    with pytest.raises(ConfigError):
        SlackSocket(BOT_TOKEN, lambda *_: None)

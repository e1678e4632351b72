"""Readers talk back over a real socket: acknowledged at once, acted on once, answered to the one who asked."""

from __future__ import annotations

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
from bot.model import FeedbackKind, PreferenceVerb, Subject
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
    talk.click(buttons.WRONG, f"{buttons.hashed('Ada Ferrano')}:to", envelope="e1", stamp="1.5")
    seen = talk.click(buttons.WRONG, f"{buttons.hashed('Ada Ferrano')}:to", stamp="1.5", **again)
    assert seen["acked"], "or Slack would send it for ever"
    assert len(talk.store.open_orders()) == 1
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


def test_a_wrong_end_becomes_an_order_that_takes_it_out_of_the_message(talk):
    talk.click(buttons.WRONG, f"{buttons.hashed('Ada Ferrano')}:to")
    talk.scene.pipeline.carry_out_orders()
    talk.scene.run()
    assert talk.store.story(talk.story.id).telling.moves[0].to_org == ""
    assert talk.store.feedback()[0].kind is FeedbackKind.WRONG_FACT


def test_not_relevant_is_kept_with_the_text_and_what_was_found_and_can_be_taken_back(talk):
    talk.click(buttons.NOT_RELEVANT)
    (said,) = talk.store.feedback()
    assert (said.kind, said.about, said.by, said.title) == (FeedbackKind.NOT_RELEVANT, talk.story.id, "U0HUMAN", HIRE)
    assert said.features
    talk.click(buttons.UNDO, f"feedback:{talk.story.id}")
    assert talk.store.feedback() == []


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
    said = [f"{verb} {text}" for verb in ("mute", "follow", "moves", "missed", "dance", "mutes") for text in HOSTILE]
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

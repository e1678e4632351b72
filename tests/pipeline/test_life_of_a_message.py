"""One story, one message, kept true: what a channel sees of a story from the rumour to the correction by hand."""

from __future__ import annotations

import json

import pytest

from bot.errors import DeliveryError, DeliveryReason, Fate
from bot.model import Order, OrderVerb, Verb
from tests.fakes.fetcher import Page
from tests.pipeline.crash_world import CHANNEL
from tests.pipeline.test_pipeline import FEED, Scene, scene  # noqa: F401 - the fixture

RUMOUR = "Norvane AI in talks to hire Ada Ferrano from Quillstone Labs, sources say"
REPORT = "Ada Ferrano leaves Quillstone Labs for Norvane AI"
CONFIRMED = "Quillstone Labs confirms that Ada Ferrano has left to join Norvane AI"
DENIED = "Ada Ferrano denies she is joining Norvane AI, will stay at Quillstone Labs"


class Newsroom:
    """Publishes one story after another in a feed of its own outlet, and lets the bot read and post."""

    def __init__(self, scene: Scene) -> None:  # noqa: F811
        self.scene = scene
        self.items = ""
        self.published = 0

    def publish(self, title: str, outlet: str, text: str = "") -> None:
        name = f"s{self.published}"
        self.published += 1
        self.scene.web.pages[f"https://news.example/{name}"] = Page(status=410)
        self.items += (
            f"<item><guid>{name}</guid><title>{title}</title><link>https://news.example/{name}</link>"
            f"<source url='https://{outlet}.example/feed'>{outlet}</source>"
            f"<description>{text or f'{title}, {outlet} has learned.'}</description></item>"
        )
        body = f"<rss version='2.0'><channel><title>The News</title>{self.items}</channel></rss>"
        self.scene.web.pages[FEED] = Page(body.encode())
        self.scene.clock.advance(3600)
        self.scene.poll()
        self.run()

    def run(self) -> None:
        self.scene.pipeline.carry_out_orders()
        for _ in range(6):
            self.scene.run()
            self.scene.clock.advance(30)

    def ask(self, verb: OrderVerb, **fields: str) -> Order:
        order = self.scene.store.ask(Order(0, verb, "Ada Ferrano", "", fields, "a test", self.scene.clock.now()))
        self.run()
        return self.scene.store.order(order.number)

    def parents(self) -> list[str]:
        return [json.dumps(m.message.blocks, ensure_ascii=False) for m in self._standing() if not m.thread]

    def replies(self) -> list[str]:
        return [json.dumps(m.message.blocks, ensure_ascii=False) for m in self._standing() if m.thread]

    def _standing(self):
        return [m for m in self.scene.notifier.standing.values() if m.channel == CHANNEL]


@pytest.fixture
def newsroom(scene: Scene) -> Newsroom:  # noqa: F811
    return Newsroom(scene)


def test_a_rumour_becomes_a_confirmation_in_place_and_the_channel_hears_of_it_once(newsroom):
    newsroom.publish(RUMOUR, "Herald")
    assert len(newsroom.parents()) == 1
    assert "single source" in newsroom.parents()[0]
    newsroom.publish(CONFIRMED, "Courier")
    (parent,) = newsroom.parents()
    (reply,) = newsroom.replies()
    assert "*Confirmed*" in reply
    assert "was rumoured" in reply
    assert "rumoured → confirmed" in parent
    assert "2 independent sources" in parent
    assert [o.broadcast for o in newsroom.scene.store.operations() if o.verb is Verb.REPLY] == [True]


def test_a_further_source_changes_the_count_and_pings_nobody(newsroom):
    newsroom.publish(REPORT, "Herald")
    newsroom.publish("Norvane AI hires Ada Ferrano of Quillstone Labs", "Courier", "Norvane AI has hired Ada Ferrano.")
    (parent,) = newsroom.parents()
    assert "2 independent sources" in parent
    assert newsroom.replies() == []


def test_a_denial_strikes_out_what_was_told(newsroom):
    newsroom.publish(REPORT, "Herald")
    newsroom.publish(DENIED, "Courier")
    (parent,) = newsroom.parents()
    (reply,) = newsroom.replies()
    assert "*Denied*" in reply
    assert "denied" in parent


@pytest.mark.parametrize(
    ("manner", "parents", "replies", "loud"),
    [
        ("none", 1, 0, False),  # the message stays as it was
        ("edit", 1, 0, False),  # changed in silence
        ("thread", 1, 1, False),  # only those who follow the thread hear of it
        ("broadcast", 1, 1, True),  # the default
        ("new", 2, 0, False),  # a message of its own
    ],
)
def test_a_channel_may_choose_how_it_hears_of_a_change(newsroom, manner, parents, replies, loud):
    newsroom.scene.with_config(slack={"updates": {"change": manner}})
    newsroom.publish(RUMOUR, "Herald")
    newsroom.publish(CONFIRMED, "Courier")
    assert (len(newsroom.parents()), len(newsroom.replies())) == (parents, replies)
    assert any(o.broadcast for o in newsroom.scene.store.operations()) is loud
    changed = "rumoured → confirmed" in newsroom.parents()[0]
    assert changed is (manner != "none")


def test_a_route_has_its_own_wishes(newsroom):
    newsroom.scene.with_config(
        routes=[{"channel": CHANNEL, "organisations": ["Norvane AI"], "updates": {"change": "edit"}}]
    )
    newsroom.publish(RUMOUR, "Herald")
    newsroom.publish(CONFIRMED, "Courier")
    assert (len(newsroom.parents()), newsroom.replies()) == (1, [])


def test_a_correction_by_hand_changes_story_ledger_and_message_and_no_article_undoes_it(newsroom):
    newsroom.publish(REPORT, "Herald")
    done = newsroom.ask(OrderVerb.FIX, to="Tessera Intelligence")
    assert done.outcome.startswith("was Quillstone Labs → Norvane AI")
    (parent,) = newsroom.parents()
    (reply,) = newsroom.replies()
    assert "*Corrected*: *Ada Ferrano*: Quillstone Labs → Tessera Intelligence" in reply
    assert "Quillstone Labs → Tessera Intelligence" in parent
    assert "corrected, was Quillstone Labs → Norvane AI" in parent
    newsroom.publish(CONFIRMED, "Courier")
    (story,) = [s for s in newsroom.scene.store.stories() if s.told]
    assert [(m.from_org, m.to_org) for m in story.telling.moves] == [("Quillstone Labs", "Tessera Intelligence")]
    assert "Quillstone Labs → Tessera Intelligence" in newsroom.parents()[0]


def test_what_was_retracted_is_struck_out_and_does_not_come_back(newsroom):
    newsroom.publish(REPORT, "Herald")
    newsroom.ask(OrderVerb.RETRACT)
    assert "*Retracted*" in newsroom.replies()[0]
    assert "~" in newsroom.parents()[0]
    newsroom.publish("Norvane AI hires Ada Ferrano of Quillstone Labs", "Courier")
    (story,) = [s for s in newsroom.scene.store.stories() if s.told]
    assert story.telling.moves == ()
    assert len(newsroom.parents()) == 1


def test_an_order_that_fits_nothing_changes_nothing_and_says_so(newsroom):
    newsroom.publish(REPORT, "Herald")
    order = Order(0, OrderVerb.RETRACT, "Bo Castellan", "", {}, "a test", newsroom.scene.clock.now())
    order = newsroom.scene.store.ask(order)
    newsroom.run()
    assert newsroom.scene.store.order(order.number).outcome == "no moves fit, nothing was changed"
    assert newsroom.replies() == []


def test_an_order_that_breaks_the_bot_is_closed_and_holds_up_nobody(newsroom):
    newsroom.publish(REPORT, "Herald")
    assert newsroom.ask(OrderVerb.FIX, status="no status").outcome.startswith("could not be done")
    assert newsroom.ask(OrderVerb.FIX, role="head of research").outcome.startswith("was ")


def test_a_broadcast_whose_thread_was_deleted_becomes_a_message_of_its_own(newsroom):
    newsroom.publish(RUMOUR, "Herald")
    gone = DeliveryError(DeliveryReason.GONE, "thread_not_found", Fate.GIVE_UP)
    newsroom.scene.notifier.faults = [gone, gone]  # the update, and the reply
    newsroom.publish(CONFIRMED, "Courier")
    assert any("*Confirmed*" in text for text in newsroom.parents())
    assert newsroom.replies() == []

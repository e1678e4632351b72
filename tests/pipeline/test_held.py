"""What is not told at once: through the real store, into the strict Slack and back; nothing is lost, nothing is told twice."""

from __future__ import annotations

import io
import sqlite3
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from bot.adapters.slack import SlackNotifier
from bot.adapters.store import SqliteStore
from bot.alerts import calm
from bot.config import Config
from bot.errors import Fate, FetchError, FetchReason
from bot.model import Held, HeldFor, OperationState, Order, OrderVerb, StoryId, Verb
from bot.talk.fate import fate
from tests.fakes.fetcher import Page
from tests.fakes.notifier import Died
from tests.fakes.slack_server import Running, serve
from tests.pipeline.crash_world import CHANNEL, CONFIG, DyingStore
from tests.pipeline.test_pipeline import FEED, Scene

FIRMS = (
    "OpenAI",
    "Anthropic",
    "Mistral AI",
    "Cohere",
    "Norvane AI",
    "Quillstone Labs",
    "Palewater Systems",
    "Midjourney",
)
PEOPLE = (
    "Ada Ferrano", "Bo Castellan", "Carla Windrow", "Dana Whitfield", "Emil Sorgenfrei", "Fatima Oduya",
    "Greta Halvorsen", "Hugo Lindqvist", "Irena Novotna", "Jonas Aldermann", "Keiko Marubashi", "Lars Tveit",
)  # fmt: skip
PAIRS = [(a, b) for i, a in enumerate(FIRMS) for b in FIRMS[i + 1 :]]  # each once: two between the same are one saga
LAWSUIT = "Palewater Systems sues Norvane AI over trade secrets taken by former staff"
RUMOUR = "Norvane AI in talks to hire Ada Ferrano from Quillstone Labs, sources say"
CONFIRMED = "Quillstone Labs confirms that Ada Ferrano has left to join Norvane AI"
DENIED = "Ada Ferrano denies she is joining Norvane AI, will stay at Quillstone Labs"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
QUIET = [{"from": "22:00", "to": "07:30", "zone": "Europe/Rome", "urgent": ["layoff"]}]


def move(number: int) -> str:
    to, source = PAIRS[number]
    return f"{to} hires {PEOPLE[number]} from {source}"


class Day:
    """A bot past its first run, whose feed says what a test publishes, and whose clock a test moves."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.items = "<item><guid>old</guid><title>A phone is out</title><description>A phone.</description></item>"
        self.count = 0
        # the digest of the first morning is of no interest
        self.until(scene.clock.now())

    @property
    def store(self) -> SqliteStore:
        return self.scene.store

    def configured(self, **keys: Any) -> Day:
        self.scene.with_config(**keys)
        return self

    def publish(self, *titles: str, outlet: str = "Herald", text: str = "", published: str = "") -> None:
        for title in titles:
            name = f"n{self.count}"
            self.count += 1
            self.scene.web.pages[f"https://news.example/{name}"] = Page(status=410)
            self.items += (
                f"<item><guid>{name}</guid><title>{title}</title><link>https://news.example/{name}</link>{published}"
                f"<source url='https://{outlet}.example/feed'>{outlet}</source>"
                f"<description>{text or f'{title}, {outlet} has learned.'}</description></item>"
            )
        body = f"<rss version='2.0'><channel><title>The News</title>{self.items}</channel></rss>"
        self.scene.web.pages[FEED] = Page(body.encode())
        self.scene.store.hasten(self.scene.clock.now())
        self.scene.pipeline.poll_host("w")
        self.run()

    def run(self) -> None:
        p = self.scene.pipeline
        p.carry_out_orders()
        steps = (p.sift_entries, p.read_page, p.judge_articles, p.release_held, p.tell_digests, p.deliver_alerts)
        for _ in range(2):
            for step in steps:
                while step():
                    pass
            self.scene.clock.advance(31)

    def until(self, moment: datetime) -> None:
        """Let the time pass to `moment`, and work."""
        self.scene.clock.advance(max(0.0, (moment - self.scene.clock.now()).total_seconds()))
        self.run()

    def waiting(self) -> list[HeldFor]:
        return [row.reason for row in self.store.waiting()]

    def posts(self) -> list[str]:
        """The texts of messages that stand in the channel, threads left out, in order."""
        here = [one for one in self.scene.notifier.standing.values() if one.channel == CHANNEL and not one.thread]
        return [one.message.text for one in sorted(here, key=lambda one: float(one.ts))]

    def replies(self) -> list[str]:
        return [one.message.text for one in self.scene.notifier.standing.values() if one.thread]


@pytest.fixture
def day(tmp_path) -> Iterator[Day]:
    store = SqliteStore(tmp_path / "t.db")
    yield Day(Scene(store))
    store.close()


AFTERNOON = datetime(2026, 7, 1, 15, tzinfo=UTC)
NIGHT = datetime(2026, 7, 1, 22, tzinfo=UTC)  # midnight in Rome
MORNING = datetime(2026, 7, 2, 5, 30, tzinfo=UTC)
EIGHT = datetime(2026, 7, 2, 8, tzinfo=UTC)


# -- with the strict Slack


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with serve() as running:
        yield running


class Workspace:
    def __init__(self, day: Day, server: Running) -> None:
        self.server = server
        server.admin("reset", {})
        server.config(post_rate=1000, post_burst=1000)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        notifier = SlackNotifier("xoxb-test", clock=day.scene.clock, base_url=server.api, context=context)
        day.scene.pipeline = replace(day.scene.pipeline, notifier=notifier)

    def standing(self) -> list[dict[str, Any]]:
        return [one for one in self.server.messages(CHANNEL) if not one.get("deleted")]

    def texts(self) -> list[str]:
        return [one["text"] for one in self.standing() if one.get("thread_ts") in (None, one["ts"])]


@pytest.fixture
def slack(day: Day, server: Running) -> Workspace:
    return Workspace(day, server)


def test_slack_gets_five_of_a_burst_as_messages_and_the_rest_as_one(day, slack):
    day.until(AFTERNOON)
    before = len(slack.texts())
    day.publish(*(move(n) for n in range(9)))
    assert len(slack.texts()) - before == 5
    assert day.waiting() == [HeldFor.BURST] * 4
    day.until(AFTERNOON + timedelta(minutes=11))
    *_, digest = slack.texts()
    assert digest.startswith("4 stories within minutes")
    told = " ".join(slack.texts())
    assert all(told.count(f"{person}: ") == 1 for person in PEOPLE[:9])
    assert sorted(PEOPLE[:9], key=told.index) == list(PEOPLE[:9]), "in order"
    assert day.waiting() == []


def test_slack_gets_a_quiet_night_as_one_message_in_the_morning_and_what_is_urgent_at_once(day, slack):
    day.configured(quiet=QUIET)
    day.until(NIGHT)
    before = len(slack.texts())
    day.publish(move(0), move(1), "Palewater Systems lays off 300 employees, a fifth of its staff")
    (urgent,) = slack.texts()[before:]
    assert "lays off" in urgent
    day.until(MORNING - timedelta(minutes=5))
    assert len(slack.texts()) == before + 1
    day.until(MORNING)
    (digest,) = slack.texts()[before + 1 :]
    assert digest.startswith("2 stories while this channel was quiet")
    assert PEOPLE[0] in digest
    assert PEOPLE[1] in digest


def test_slack_gets_the_daily_digest_with_the_line_that_says_that_the_bot_lives(day, slack):
    day.until(AFTERNOON)
    day.publish(move(0))
    day.publish(LAWSUIT)
    assert day.waiting() == [HeldFor.KIND]
    assert not any("sues" in text for text in slack.texts())
    day.until(EIGHT)
    digest = slack.texts()[-1]
    assert digest.startswith("Daily digest, Thursday 2 July\n1 feed, 0 failing, last alert 16 h ago")
    assert "sues Norvane AI" in digest
    day.until(EIGHT + DAY)
    assert slack.texts()[-1].startswith("Daily digest, Friday 3 July\n1 feed, 0 failing, last alert 40 h ago")
    assert "Nothing was held back." in slack.texts()[-1]


@pytest.mark.parametrize(
    ("refusals", "kinds"),
    [
        (0, ["section", "data_visualization", "table", "context"]),
        (1, ["section", "table", "context"]),  # a workspace that takes no charts
        (2, []),  # nor tables: plain words
    ],
)
def test_slack_gets_the_week_as_chart_and_table_or_as_the_table_alone(day, slack, refusals, kinds):
    day.configured(slack={"channel": CHANNEL, "burst": {"most": 100}})
    day.until(AFTERNOON)
    day.publish(*(move(n) for n in range(4)))
    monday = datetime(2026, 7, 6, 8, tzinfo=UTC)
    day.until(monday - HOUR)
    slack.server.faults(
        {"method": "chat.postMessage", "skip": 1, "times": refusals, "action": "error", "error": "invalid_blocks"}
    )
    day.until(monday)
    day.run()
    *_, daily, weekly = slack.standing()
    assert daily["text"].startswith("Daily digest, Monday 6 July")
    assert weekly["text"].startswith("Who gained, who lost: the week from 29 June\nOpenAI: won 4, lost 0, net +4")
    assert [block["type"] for block in weekly.get("blocks") or []] == kinds
    assert len([t for t in slack.texts() if t.startswith("Who gained")]) == 1


# -- what waits


def test_one_that_waited_alone_is_a_message_of_its_own(day):
    day.configured(quiet=QUIET)
    day.until(NIGHT)
    day.publish(move(0))
    assert day.posts() == []
    day.until(MORNING)
    (text,) = day.posts()
    assert text.startswith(PEOPLE[0])


def held_for_20m(**keys: Any) -> dict[str, Any]:
    return {"routes": [{"channel": CHANNEL, "hold": "20m", **keys}]}


def test_a_held_rumour_that_is_confirmed_goes_out_as_what_it_is(day):
    day.configured(**held_for_20m())
    day.until(AFTERNOON)
    day.publish(RUMOUR)
    assert (day.posts(), day.waiting()) == ([], [HeldFor.HOLD])
    day.publish(CONFIRMED, outlet="Courier")
    assert day.posts() == []
    day.until(AFTERNOON + timedelta(minutes=21))
    (text,) = day.posts()
    assert "rumoured" not in text
    assert "confirmed" in text
    assert day.waiting() == []


def test_a_held_rumour_that_is_denied_is_no_alert_but_a_line_in_the_digest(day):
    day.configured(**held_for_20m())
    day.until(AFTERNOON)
    day.publish(RUMOUR)
    day.publish(DENIED, outlet="Courier")
    day.until(AFTERNOON + timedelta(minutes=21))
    assert (day.posts(), day.waiting()) == ([], [HeldFor.DENIED])
    day.until(EIGHT)
    (digest,) = day.posts()
    assert "Denied or struck out before they were told:\n• " in digest


def test_what_was_struck_out_while_it_waited_is_no_alert(day):
    day.configured(**held_for_20m())
    day.until(AFTERNOON)
    day.publish(move(0))
    day.store.ask(Order(0, OrderVerb.RETRACT, PEOPLE[0], "", {}, "a test", AFTERNOON))
    day.until(AFTERNOON + timedelta(minutes=21))
    assert (day.posts(), day.waiting()) == ([], [HeldFor.DENIED])


def test_what_was_muted_while_it_waited_is_told_nowhere_and_counted(day):
    day.configured(**held_for_20m())
    day.until(AFTERNOON)
    day.publish(move(0))
    day.configured(**held_for_20m(), mute=[{"what": "OpenAI"}])
    day.until(AFTERNOON + timedelta(minutes=21))
    assert (day.posts(), day.waiting()) == ([], [])
    day.publish("OpenAI hires Bo Castellan from Cohere")
    day.publish("OpenAI hires Bo Castellan of Cohere as its research chief", outlet="Courier")
    day.configured(**held_for_20m(), mute=[])  # the mute is over, but then it held
    day.until(EIGHT)
    assert "Muted: 1 story (1 by OpenAI)" in day.posts()[0]


def test_a_second_source_lets_it_out_and_a_day_without_one_puts_it_into_the_digest(day):
    day.configured(routes=[{"channel": CHANNEL, "min_sources": 2}])
    day.until(AFTERNOON)
    day.publish(move(0), move(1))
    assert (day.posts(), day.waiting()) == ([], [HeldFor.SOURCES] * 2)
    day.publish(f"{PEOPLE[0]} leaves Anthropic for OpenAI", outlet="Courier", text="He starts in May, OpenAI said.")
    (text,) = day.posts()
    assert PEOPLE[0] in text
    day.until(EIGHT)
    assert "Still waiting: 1 (too few independent sources)" in day.posts()[-1]
    day.until(EIGHT + DAY)
    assert "Told by too few independent sources:\n• Bo Castellan" in day.posts()[-1]
    assert day.waiting() == []


def test_what_is_below_the_threshold_is_a_line_until_it_is_worth_an_alert(day):
    day.configured(thresholds={"alert": 0.9999, "digest": 0.3})
    day.until(AFTERNOON)
    day.publish(RUMOUR)
    assert (day.posts(), day.waiting()) == ([], [HeldFor.GRADE])
    day.until(EIGHT)
    assert "Less sure than alerts are:\n• " in day.posts()[0]
    day.publish("Norvane AI in talks to hire Ada Ferrano from Quillstone Labs", outlet="Gazette")
    day.until(EIGHT + DAY)
    assert "Ada Ferrano" not in day.posts()[1], "told once"
    day.configured(thresholds={"alert": 0.5, "digest": 0.3})
    day.publish(CONFIRMED, outlet="Courier")
    assert day.posts()[2].startswith("Ada Ferrano")


def test_a_line_that_waits_is_none_once_there_is_a_message(day):
    day.configured(thresholds={"alert": 0.9999, "digest": 0.3})
    day.until(AFTERNOON)
    day.publish(RUMOUR)
    day.configured(thresholds={"alert": 0.5, "digest": 0.3})
    day.publish(CONFIRMED, outlet="Courier")
    assert (len(day.posts()), day.waiting()) == (1, [])


def test_what_is_old_is_told_in_one_digest_and_the_rest_oldest_first(day):
    """A bot that was down for a week, and a feed that shows what it missed, the latest first."""
    day.configured(slack={"channel": CHANNEL, "burst": {"most": 3}})
    day.until(AFTERNOON)
    dates = [
        "Wed, 01 Jul 2026 10",
        "Tue, 30 Jun 2026 10",
        "Sun, 28 Jun 2026 10",
        "Sat, 27 Jun 2026 10",
        "Fri, 26 Jun 2026 10",
    ]
    for number, at in enumerate([*dates, "Wed, 17 Jun 2026 10", "Tue, 16 Jun 2026 10"]):
        name, (to, source) = f"w{number}", PAIRS[number]
        day.scene.web.pages[f"https://news.example/{name}"] = Page(status=410)
        title = f"{to} hires {PEOPLE[number]} from {source}"
        day.items += (
            f"<item><guid>{name}</guid><title>{title}</title><link>https://news.example/{name}</link>"
            f"<pubDate>{at}:00:00 GMT</pubDate><description>{title}, it said.</description></item>"
        )
    day.publish()
    assert [text.partition(":")[0] for text in day.posts()] == [PEOPLE[4], PEOPLE[3], PEOPLE[2]]
    day.until(AFTERNOON + timedelta(minutes=11))
    assert day.posts()[3].startswith("2 stories within minutes")
    assert day.posts()[3].index(PEOPLE[1]) < day.posts()[3].index(PEOPLE[0])
    day.until(EIGHT)
    assert f"Published more than two weeks ago:\n• {PEOPLE[6]}" in day.posts()[4]
    assert PEOPLE[5] in day.posts()[4]


def test_what_stood_in_a_digest_and_is_confirmed_is_said_in_its_thread_and_in_the_channel(day):
    day.configured(routes=[{"channel": CHANNEL, "digest": True}])
    day.until(AFTERNOON)
    day.publish(RUMOUR)
    day.until(EIGHT)
    day.publish("Norvane AI in talks to hire Ada Ferrano from Quillstone Labs", outlet="Gazette")
    assert day.replies() == []
    day.publish(CONFIRMED, outlet="Courier")
    (reply,) = day.replies()
    assert reply.startswith("Confirmed: ")
    (said,) = [o for o in day.store.operations() if o.verb is Verb.REPLY]
    (digest,) = [o for o in day.store.operations() if o.message.text.startswith("Daily digest, Thursday")]
    assert (said.broadcast, said.target) == (True, digest.key)
    day.store.ask(Order(0, OrderVerb.RETRACT, "Ada Ferrano", "", {}, "a test", EIGHT))
    day.run()
    assert any(text.startswith("Retracted") for text in day.replies())


def test_a_change_in_the_night_is_silent_and_told_in_the_morning(day):
    day.configured(quiet=QUIET)
    day.until(AFTERNOON)
    day.publish(RUMOUR)
    day.until(NIGHT)
    day.publish(CONFIRMED, outlet="Courier")
    assert not any(o.broadcast for o in day.store.operations())
    assert len(day.replies()) == 1
    day.until(MORNING)
    assert day.posts()[-1].startswith("1 story while this channel was quiet\n• Ada Ferrano")
    assert day.waiting() == []


def test_a_change_that_its_route_still_holds_in_the_morning_is_told_when_that_ends(day):
    day.configured(quiet=QUIET, routes=[{"channel": CHANNEL, "hold": "4h"}])
    day.until(AFTERNOON)
    day.publish(RUMOUR)
    day.until(AFTERNOON + 4 * HOUR + timedelta(minutes=5))
    assert len(day.posts()) == 1
    day.until(NIGHT + 4 * HOUR)
    day.publish(CONFIRMED, outlet="Courier")
    day.until(MORNING)
    assert (len(day.posts()), day.waiting()) == (1, [HeldFor.HOLD])
    day.until(NIGHT + 8 * HOUR + timedelta(minutes=5))
    assert len(day.posts()) == 2
    assert "Ada Ferrano" in day.posts()[1]
    assert day.waiting() == []


def test_routes_send_by_status_source_and_post(day):
    other = "C0SECOND"
    routes = [
        {"channel": CHANNEL, "statuses": ["confirmed"]},
        {"channel": other, "ranks": ["chief"], "families": ["leadership"], "sources": ["Courier"]},
    ]
    day.configured(slack={}, routes=routes)
    day.scene.pipeline = replace(day.scene.pipeline, channel=None)
    day.until(AFTERNOON)
    day.publish(RUMOUR)
    assert day.posts() == []
    day.publish(CONFIRMED, outlet="Gazette")
    assert len(day.posts()) == 1, "a route may begin to fit when a story changes"
    title = "OpenAI names Bo Castellan chief executive"
    day.publish(title, outlet="Herald")
    day.publish(title.replace("Bo Castellan", "Carla Windrow").replace("OpenAI", "Mistral AI"), outlet="Courier")
    elsewhere = [one.message.text for one in day.scene.notifier.standing.values() if one.channel == other]
    assert len(elsewhere) == 1
    assert "Carla Windrow" in elsewhere[0]


def test_a_sick_feed_has_its_line_in_the_digest(day):
    day.until(AFTERNOON)
    day.scene.web.pages[FEED] = Page(b"<html><body>Welcome</body></html>", headers={"content-type": "text/html"})
    while day.scene.clock.now() < EIGHT - HOUR:
        day.scene.clock.advance(HOUR.total_seconds())
        while day.scene.pipeline.poll_host("w") is not None:
            pass
    day.until(EIGHT)
    assert (
        "1 feed, 1 failing, no alert yet\n• The News: web page since 1 July; the feed may have moved" in day.posts()[-1]
    )


def test_a_digest_may_have_a_channel_of_its_own_and_its_thread_is_there(day):
    apart = "C0DIGEST"
    day.configured(digest={"channel": apart}, routes=[{"channel": CHANNEL, "digest": True}])
    day.until(AFTERNOON)
    day.publish(RUMOUR)
    day.until(EIGHT)
    assert day.posts() == []
    (digest,) = day.scene.notifier.standing.values()
    assert digest.channel == apart
    assert "Ada Ferrano" in digest.message.text
    day.publish(CONFIRMED, outlet="Courier")
    (said,) = [one for one in day.scene.notifier.standing.values() if one.message.text.startswith("Confirmed")]
    assert (said.channel, said.thread) == (apart, digest.ts)


def test_without_a_digest_nothing_is_held_back_for_it(day):
    day.configured(digest={"daily": None}, thresholds={"alert": 0.5, "digest": 0.3})
    day.until(AFTERNOON)
    day.publish(LAWSUIT)
    assert (len(day.posts()), day.waiting()) == (1, [])
    day.until(EIGHT + 7 * DAY)
    assert len(day.posts()) == 1


def test_a_new_store_and_an_older_one_begin_without_a_digest_of_the_past(tmp_path):
    store = SqliteStore(tmp_path / "t.db")
    fresh = Day(Scene(store))
    assert fresh.posts() == []
    assert store.noted("daily_digest") == "2026-07-01"
    store.close()


def test_a_story_that_was_forgotten_waits_no_more(day):
    day.configured(**held_for_20m())
    day.until(AFTERNOON)
    day.publish(move(0))
    day.store.ask(Order(0, OrderVerb.FORGET, PEOPLE[0], "", {}, "a test", AFTERNOON))
    day.until(AFTERNOON + timedelta(minutes=21))
    day.until(EIGHT)
    assert PEOPLE[0] not in " ".join(day.posts())
    assert day.waiting() == []


def test_who_was_forgotten_does_not_stand_among_what_muted(day):
    day.configured(mute=[{"what": PEOPLE[0]}])
    day.until(AFTERNOON)
    day.publish(f"OpenAI hires {PEOPLE[0]} and {PEOPLE[1]} from Anthropic")
    assert [(row.reason, row.note) for row in day.store.waiting()] == [(HeldFor.MUTED, PEOPLE[0])]
    day.store.ask(Order(0, OrderVerb.FORGET, PEOPLE[0], "", {}, "a test", AFTERNOON))
    day.run()
    assert PEOPLE[0] not in str(day.store.waiting())
    day.until(EIGHT)
    assert PEOPLE[0] not in day.posts()[0]
    assert "Muted: 1 story (1 by a mute)" in day.posts()[0]


# -- laws


@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.proof) for n in range(1, 7))])
def test_nothing_that_was_held_is_lost_or_told_twice_whatever_the_time_and_the_restarts(tmp_path, seed):
    """Stories at random hours over the week with 25 hours in its Sunday, with restarts: each has one end."""
    rng = Random(seed)
    store = SqliteStore(tmp_path / "t.db")
    scene = Scene(store)
    scene.clock.step((datetime(2026, 10, 22, 5, tzinfo=UTC) - scene.clock.now()).total_seconds())
    day = Day(scene)
    day.configured(
        zone="Europe/Rome",
        quiet=[{"from": "23:00", "to": "02:30"}],
        digest={"daily": "02:30"},
        mute=[{"what": "Midjourney"}],
        slack={"channel": CHANNEL, "burst": {"most": 2}},
        routes=[
            {"channel": CHANNEL, "organisations": ["Anthropic"], "hold": "20m"},
            {"channel": CHANNEL, "organisations": ["Cohere"], "digest": True},
            {"channel": CHANNEL, "min_score": 0.1},
        ],
    )
    titles = [move(n) for n in range(12)]
    while titles:
        batch, titles = titles[:3], titles[3:]
        day.publish(*batch)
        scene.clock.advance(rng.choice([60, 700, 4 * 3600, 11 * 3600]))
        day.run()
        if rng.random() < 0.4:
            config = scene.pipeline.config
            day.store.close()
            scene.store = SqliteStore(tmp_path / "t.db")
            scene.pipeline = replace(scene.pipeline, store=scene.store, config=config)
    for _ in range(30):
        scene.clock.advance(2 * 3600)
        day.run()
    assert day.waiting() == []
    assert all(o.state is OperationState.SENT for o in scene.store.operations())
    stood = [one.message.text for one in scene.notifier.standing.values()]
    muted = [person for number, person in enumerate(PEOPLE) if "Midjourney" in PAIRS[number]]
    for person in PEOPLE:
        assert sum(text.count(f"{person}: ") for text in stood) == (person not in muted), person
    assert sum("Muted: 1 story (1 by Midjourney)" in text for text in stood) == len(muted) == 1
    digests = [text.partition("\n")[0] for text in stood if text.startswith("Daily digest")]
    assert len(set(digests)) == len(digests)
    days = sorted(day_of(text) for text in digests)
    assert days == [days[0] + n * DAY for n in range(len(days))], "no day left out"
    scene.store.close()


def day_of(text: str) -> date:
    words = text.split()
    return datetime.strptime(f"{words[3]} {words[4]} 2026 +0000", "%d %B %Y %z").date()


def test_a_digest_is_owed_once_though_two_starts_look_at_the_same_morning(day, tmp_path):
    day.until(AFTERNOON)
    day.publish(LAWSUIT)
    day.scene.clock.step((EIGHT - day.scene.clock.now()).total_seconds())
    assert day.scene.pipeline.tell_digests()
    assert not day.scene.pipeline.tell_digests()
    # a store that was set back forgets the morning, but not the message: what waits is for the next
    day.store.note("daily_digest", "2026-07-01")
    row = Held(CHANNEL, StoryId(day.store.stories()[-1].id), HeldFor.KIND, AFTERNOON)
    day.store.hold([row], [])
    day.scene.pipeline.tell_digests()
    assert day.waiting() == [HeldFor.KIND]
    day.until(EIGHT + DAY)
    assert len([text for text in day.posts() if text.startswith("Daily digest, Thursday")]) == 1
    assert "sues" in day.posts()[-1]


# -- the heartbeat

BEAT = "https://beat.example/a-secret-7f3Kq9Zt"


def asked(day: Day) -> int:
    return sum(request.url == BEAT for request in day.scene.web.asked)


def test_the_heartbeat_is_sent_while_polls_succeed_and_no_alert_is_stuck(day, caplog):
    day.configured(heartbeat_url=BEAT)
    day.until(AFTERNOON)
    day.scene.web.pages[BEAT] = Page(b"OK")
    beat = day.scene.pipeline.send_heartbeat
    day.publish()
    assert beat()
    assert not beat(), "not again at once"
    day.scene.clock.advance(301)
    assert beat()
    assert asked(day) == 2
    # nobody has polled for long
    day.scene.clock.advance(3 * 3600)
    assert not beat()
    day.publish(move(0))
    assert beat()
    # an alert that is stuck
    stuck = replace(day.store.operations()[-1], state=OperationState.PARKED)
    day.store.settle(stuck)
    day.scene.clock.advance(16 * 60)
    day.store.hasten(day.scene.clock.now())
    day.scene.pipeline.poll_host("w")
    assert not beat()
    day.store.settle(replace(stuck, state=OperationState.SENT))
    assert beat()
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    "answer", [Page(status=500), FetchError(FetchReason.FORBIDDEN_ADDRESS, f"{BEAT} lies inside", Fate.GIVE_UP)]
)
def test_a_heartbeat_that_fails_is_told_without_its_address(day, answer, caplog):
    day.configured(heartbeat_url=BEAT)
    day.until(AFTERNOON)
    day.scene.web.pages[BEAT] = answer
    day.publish()
    assert day.scene.pipeline.send_heartbeat()
    assert "heartbeat failed" in caplog.text
    assert "secret" not in caplog.text
    (record,) = [one for one in caplog.records if one.message == "heartbeat failed"]
    assert record.fields["host"] == "beat.example"
    assert "secret" not in str(record.fields)


def test_quiet_hours_of_one_channel_are_not_those_of_another():
    made = Config.model_validate(
        {**CONFIG.model_dump(exclude_unset=True), "quiet": [{**QUIET[0], "channel": "C0OTHER"}]}
    )
    assert calm.rules_for(made, CHANNEL).quiet is None
    assert calm.rules_for(made, "C0OTHER").zone == "Europe/Rome"


# -- crashes, copies, and what is said of it


@pytest.mark.proof
@pytest.mark.parametrize("step", ["release_held", "tell_digests", "judge_articles"])
def test_a_death_at_any_moment_neither_loses_nor_doubles_what_waited(tmp_path, step):
    """The process dies before, or after, each call of the store in turn; what stands in the end is the same."""
    origin = SqliteStore(tmp_path / "origin.db")
    ready = Day(Scene(origin)).configured(slack={"channel": CHANNEL, "burst": {"most": 1}})
    ready.until(AFTERNOON)
    ready.publish(move(0), move(1), move(2), LAWSUIT)
    assert sorted(ready.waiting()) == [HeldFor.BURST, HeldFor.BURST, HeldFor.KIND]
    ready.scene.clock.step((EIGHT - ready.scene.clock.now()).total_seconds())
    if step == "judge_articles":
        ready.items += "<item><guid>z</guid><title>Cohere hires Lars Tveit from Anthropic</title><description>So.</description></item>"
        ready.scene.web.pages[FEED] = Page(f"<rss version='2.0'><channel>{ready.items}</channel></rss>".encode())
        origin.hasten(ready.scene.clock.now())
        ready.scene.pipeline.poll_host("w")
        ready.scene.pipeline.sift_entries()
    before = dict(ready.scene.notifier.standing)
    copy = tmp_path / "copy.db"
    ends = set()
    for number in range(1, 60):
        for after in (False, True):
            ready.scene.notifier.standing = dict(before)
            for path in tmp_path.glob("copy.db*"):
                path.unlink()
            with sqlite3.connect(copy) as target:
                origin._connection().backup(target)
            target.close()
            store = SqliteStore(copy)
            dying: Any = DyingStore(store, number, after=after)
            with suppress(Died):
                getattr(replace(ready.scene.pipeline, store=dying), step)()
            ended = len(dying.calls) < number
            pipeline = replace(ready.scene.pipeline, store=store)
            for _ in range(3):
                for one in (pipeline.judge_articles, pipeline.release_held, pipeline.tell_digests):
                    while one():
                        pass
                while pipeline.deliver_alerts():
                    pass
            texts = [one.message.text for one in ready.scene.notifier.standing.values()]
            ends.add(tuple(sorted(" ".join(texts).count(name) for name in (*PEOPLE[:3], "Lars Tveit: ", "sues"))))
            assert [text for text in texts if text.startswith("Daily digest, Thursday")]
            assert not store.waiting()
            store.close()
        if ended:
            break
    assert ended
    assert len(ends) == 1, ends
    origin.close()


def test_what_waits_is_carried_over_by_an_export_and_told_by_the_new_store(day, tmp_path):
    day.until(AFTERNOON)
    day.publish(LAWSUIT)
    sink = io.StringIO()
    day.store.export(sink)
    other = SqliteStore(tmp_path / "other.db")
    other.load(sink.getvalue().splitlines(keepends=True), "export")
    assert [row.reason for row in other.waiting()] == [HeldFor.KIND]
    other.close()


def test_what_was_told_is_forgotten_with_time_and_what_waits_is_not(day):
    day.until(AFTERNOON)
    day.publish(LAWSUIT)
    day.until(EIGHT)
    row = Held(CHANNEL, StoryId("another"), HeldFor.HOLD, AFTERNOON, EIGHT + 30 * DAY)
    day.store.hold([row], [])
    day.store.prune(EIGHT + 10 * DAY)
    assert day.waiting() == [HeldFor.HOLD]
    assert [row.settled_by for row in day.store.held_of(StoryId("another"))] == [""]
    assert day.store._rows("SELECT count(*) AS n FROM held")[0]["n"] == 1


def test_why_says_where_a_story_waits_and_where_it_was_told(day):
    day.until(AFTERNOON)
    day.publish(LAWSUIT)

    def told() -> str:
        trace = day.store.trace("https://news.example/n0")
        return "\n".join(fate(trace, day.scene.pipeline.config, CHANNEL, known_as=str))

    assert f"held back in {CHANNEL} for the next daily digest: of a kind for the digest" in told()
    day.until(EIGHT)
    assert f"was held back in {CHANNEL} (of a kind for the digest), and told later" in told()

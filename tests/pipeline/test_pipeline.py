"""The order of the work and the fate of failures: each stage alone, on the real store, with the web in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.adapters.store import SqliteStore
from bot.adapters.workers import InlineWorkers
from bot.alerts.delivery import Policy
from bot.articles.extract import read
from bot.config import Config
from bot.errors import DeliveryError, DeliveryReason, Fate, FetchError, FetchReason
from bot.model import Feed, OperationState, PollOutcome, ReadMode, Source
from bot.moves import judge as judging
from bot.pipeline import Limits, Pipeline
from bot.ports import WorkerKilled
from bot.stages.reading import STRIKES
from bot.telemetry import Counters
from tests.fakes.clock import FakeClock
from tests.fakes.fetcher import FakeFetcher, Page
from tests.fakes.notifier import FakeNotifier
from tests.pipeline.crash_world import CHANNEL, CONFIG, watch

FEED = "https://news.example/feed.xml"
HIRE = "Norvane AI hires Ada Ferrano from Quillstone Labs"
STORY = "https://news.example/a"
TODAY = "<pubDate>Wed, 01 Jul 2026 09:00:00 GMT</pubDate>"
BODY = " ".join(
    [f"{HIRE}, the company said on Monday."] + ["Nobody said more about the plans of the group that day."] * 12
)


def rss(*items: tuple[str, str, str], host: str = "news.example", date: str = "") -> Page:
    rows = "".join(
        f"<item><guid>{name}</guid><title>{title}</title><link>https://{host}/{name}</link><description>{text}</description>{date}</item>"
        for name, title, text in items
    )
    return Page(f"<rss version='2.0'><channel><title>The News</title>{rows}</channel></rss>".encode())


def page(text: str = BODY) -> Page:
    html = f"<html><body><article><h1>{HIRE}</h1><p>{text}</p></article></body></html>"
    return Page(html.encode(), headers={"content-type": "text/html"})


class Scene:
    """A bot whose first poll is behind it, and the web around it."""

    def __init__(self, store: SqliteStore) -> None:
        self.clock = FakeClock()
        self.web = FakeFetcher({FEED: rss(("old", "A phone is out", "A phone.")), STORY: page()})
        self.notifier = FakeNotifier(self.clock)
        self.store = store
        self.pipeline = Pipeline(
            config=CONFIG,
            watch=watch,
            store=store,
            fetcher=self.web,
            workers=InlineWorkers(),
            notifier=self.notifier,
            clock=self.clock,
            counters=Counters(),
            policy=Policy(),
            channel=CHANNEL,
            limits=Limits(pace_s=0.0),
        )
        store.sync_feeds([Feed(FEED)], self.clock.now(), spread_s=0)
        self.poll()
        self.run()

    def poll(self):
        self.clock.advance(3600)
        self.store.hasten(self.clock.now())
        return self.pipeline.poll_host("w")

    def run(self) -> None:
        p = self.pipeline
        for step in (p.sift_entries, p.read_page, p.judge_articles, p.tell_missed, p.deliver_alerts):
            while step():
                pass

    def with_config(self, **keys: object) -> None:
        made = Config.model_validate({**CONFIG.model_dump(exclude_unset=True, by_alias=True), **keys})
        self.pipeline = replace(self.pipeline, config=made)

    def with_store(self, store: SqliteStore) -> None:
        """Go on with another store, as after a restart."""
        self.store = store
        self.pipeline = replace(self.pipeline, store=store)

    def texts(self) -> list[str]:
        return [one.message.text for one in self.notifier.standing.values()]


@pytest.fixture
def scene(tmp_path) -> Iterator[Scene]:
    store = SqliteStore(tmp_path / "t.db")
    yield Scene(store)
    store.close()


def test_news_goes_from_the_feed_to_the_channel(scene):
    scene.web.pages[FEED] = rss(("a", HIRE, "In short."))
    (result,) = scene.poll()
    assert (result.outcome, len(result.entries)) == (PollOutcome.OK, 1)
    scene.run()
    (text,) = scene.texts()
    assert "Ada Ferrano" in text
    trace = scene.store.trace(STORY)
    assert trace.article.source is Source.PAGE
    assert [o.state for o in trace.operations] == [OperationState.SENT]


def test_validators_go_back_byte_for_byte(scene):
    scene.web.pages[FEED] = replace(
        rss(("old", "A phone is out", "A phone.")), headers={"etag": 'W/"a, \xe9"', "last-modified": "Odd date"}
    )
    scene.poll()
    scene.poll()
    assert scene.web.asked[-1].headers["if-none-match"] == 'W/"a, \xe9"'
    assert scene.web.asked[-1].headers["if-modified-since"] == "Odd date"


def test_a_dull_entry_costs_no_fetch_of_its_page(scene):
    scene.web.pages[FEED] = rss(("b", "A ferry is late", "Fog."))
    scene.poll()
    scene.run()
    assert [request.url for request in scene.web.asked if request.url != FEED] == []
    assert scene.store.trace("https://news.example/b").state == "judged"


def test_a_feed_marked_always_has_all_its_pages_read(scene):
    scene.store.sync_feeds([Feed(FEED, read=ReadMode.ALWAYS)], scene.clock.now(), spread_s=0)
    scene.web.pages[FEED] = rss(("b", "A ferry is late", "Fog."))
    scene.web.pages["https://news.example/b"] = page("Fog held the ferry. " * 30)
    scene.poll()
    scene.run()
    assert scene.store.trace("https://news.example/b").article.source is Source.PAGE


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        (Page(status=410), "http_status"),  # gone
        (FetchError(FetchReason.FORBIDDEN_ADDRESS, "inner", Fate.GIVE_UP), "forbidden_address"),  # must not be asked
        (Page(b"%PDF-1.7", headers={"content-type": "text/html"}), "not_html"),  # no page at all
        (page("Subscribe to continue reading. Already a subscriber? Sign in."), "wall"),  # no article on it
    ],
)
def test_where_the_page_gives_nothing_the_feeds_text_is_judged_and_the_alert_says_so(scene, answer, note):
    scene.web.pages[FEED] = rss(("a", HIRE, f"{HIRE}, it said. The group had no comment on the matter."))
    scene.web.pages[STORY] = answer
    scene.poll()
    scene.run()
    trace = scene.store.trace(STORY)
    assert (trace.article.source, trace.article.note) == (Source.SUMMARY, note)
    (standing,) = scene.notifier.standing.values()
    assert "from the feed's text" in json.dumps(standing.message.blocks)


def test_a_passing_fault_is_tried_again_and_after_the_third_strike_the_feeds_text_does(scene):
    scene.web.pages[FEED] = rss(("a", HIRE, "In short."))
    scene.web.pages[STORY] = FetchError(FetchReason.TIMEOUT, "slow", Fate.RETRY)
    scene.poll()
    scene.pipeline.sift_entries()
    for _ in range(STRIKES):
        assert scene.texts() == []
        assert scene.pipeline.read_page()
        assert not scene.pipeline.read_page(), "put off"
        scene.clock.advance(300)
    scene.run()
    assert len([r for r in scene.web.asked if r.url == STORY]) == STRIKES
    assert scene.store.trace(STORY).article.note == "timeout"
    assert len(scene.texts()) == 1


def test_a_killed_extractor_costs_its_entry_strikes_and_nobody_else_anything(scene):
    class Killing(InlineWorkers):
        def call(self, function, *arguments, seconds):
            if function is read and b"Ada Ferrano" in arguments[0]:
                raise WorkerKilled("out of memory")
            return super().call(function, *arguments, seconds=seconds)

    scene.pipeline = replace(scene.pipeline, workers=Killing())
    other = "Quillstone Labs hires Bo Castellan from Norvane AI"
    scene.web.pages[FEED] = rss(("a", HIRE, "In short."), ("b", other, "In short."))
    scene.web.pages["https://news.example/b"] = page(BODY.replace(HIRE, other).replace("Ada Ferrano", "Bo Castellan"))
    scene.web.pages["https://news.example/b"] = Page(
        f"<html><body><article><p>{BODY.replace(HIRE, other)}</p></article></body></html>".encode(),
        headers={"content-type": "text/html"},
    )
    scene.poll()
    scene.run()
    assert len(scene.texts()) == 1
    for _ in range(STRIKES):
        scene.clock.advance(300)
        scene.run()
    assert scene.store.trace(STORY).article.note == "killed"
    assert len(scene.texts()) == 2


def test_a_bug_costs_the_entry_that_brings_it_out_and_the_third_strike_drops_it(scene, monkeypatch, caplog):
    real = judging.judge

    def broken(watch, title, body, language=""):
        if "Ada Ferrano" in title:
            raise ZeroDivisionError
        return real(watch, title, body, language)

    monkeypatch.setattr("bot.pipeline.judge", broken)
    other = "Quillstone Labs hires Bo Castellan from Norvane AI"
    scene.web.pages[FEED] = rss(("a", HIRE, "In short."), ("b", other, "In short."))
    scene.web.pages["https://news.example/b"] = Page(status=410)
    scene.poll()
    scene.run()
    trace = scene.store.trace(STORY)
    assert (trace.state, trace.reason) == ("dropped", "bug")
    assert len([r for r in caplog.records if r.getMessage() == "entry broke the bot"]) == STRIKES
    assert len(scene.texts()) == 1


def test_a_bug_in_a_poll_costs_that_feed_a_failure(scene, monkeypatch):
    monkeypatch.setattr("bot.stages.polling.parse", lambda *_: 1 / 0)
    scene.pipeline = replace(scene.pipeline, workers=_Straight())
    scene.web.pages[FEED] = rss(("a", HIRE, "In short."))
    (result,) = scene.poll()
    assert (result.outcome, result.feed.failures) == (PollOutcome.FAILED, 1)
    assert "a bug of ours" in result.feed.error


class _Straight:
    def call(self, function, *arguments, seconds):
        return function(*arguments)


def test_without_a_network_nobody_is_blamed_and_everything_is_kept(scene):
    before = scene.store.feeds()[0]
    scene.web.pages[FEED] = FetchError(FetchReason.NO_NETWORK, "nothing can be reached", Fate.RETRY)
    (result,) = scene.poll()
    assert result.reason == FetchReason.NO_NETWORK
    after = scene.store.feeds()[0]
    assert (after.failures, after.etag, after.body_hash) == (0, before.etag, before.body_hash)
    assert after.next_poll_at - scene.clock.now() <= timedelta(minutes=5)
    scene.web.pages[FEED] = rss(("a", HIRE, "In short."))
    scene.poll()
    scene.run()
    assert len(scene.texts()) == 1


def test_a_host_that_times_out_ends_the_visit_and_goes_to_the_slow_lane(scene):
    feeds = [f"https://slow.example/{n}.xml" for n in range(3)]
    for url in feeds:
        scene.web.pages[url] = FetchError(FetchReason.TIMEOUT, "slow", Fate.RETRY)
    scene.store.sync_feeds([Feed(url) for url in feeds], scene.clock.now(), spread_s=0)
    assert len(scene.pipeline.poll_host("w", slow=False)) == 1
    assert scene.pipeline.poll_host("w", slow=False) is None
    assert len(scene.pipeline.poll_host("w", slow=True)) == 1
    assert scene.store.due_feeds(scene.clock.now()) == 1


def test_a_mute_holds_back_and_its_end_lets_go(scene):
    scene.with_config(mute=[{"what": "Ada Ferrano", "until": "2026-07-02"}])
    scene.web.pages[FEED] = rss(("a", HIRE, "In short."))
    scene.poll()
    scene.run()
    assert scene.texts() == []
    scene.clock.advance(3 * 86_400)
    second = "https://news.example/a2"
    scene.web.pages[second] = page()
    scene.web.pages[FEED] = rss(("a2", f"{HIRE}, again", "In short."), ("a", HIRE, "In short."))
    scene.poll()
    scene.run()
    assert len(scene.texts()) == 1, "the story was never told"


def test_routes_send_stories_where_they_belong(scene):
    scene.with_config(
        routes=[
            {"channel": "C0NORVANE", "organisations": ["norvane ai"]},
            {"channel": "C0OTHERS", "people": ["Nobody"]},
        ]
    )
    scene.web.pages[FEED] = rss(("a", HIRE, "In short."))
    scene.poll()
    scene.run()
    assert [one.channel for one in scene.notifier.standing.values()] == ["C0NORVANE"]


def test_one_channels_trouble_never_holds_another(scene):
    scene.with_config(routes=[{"channel": "C0BROKEN", "min_score": 0}, {"channel": "C0FINE", "min_score": 0}])
    scene.notifier.faults = [DeliveryError(DeliveryReason.CHANNEL, "not_in_channel", Fate.STOP)]
    scene.web.pages[FEED] = rss(("a", HIRE, "In short."))
    scene.poll()
    scene.run()
    assert [one.channel for one in scene.notifier.standing.values()] == ["C0FINE"]
    assert {o.channel: o.state for o in scene.store.operations()} == {
        "C0BROKEN": OperationState.PARKED,
        "C0FINE": OperationState.SENT,
    }
    scene.clock.advance(3600)
    scene.run()
    assert {one.channel for one in scene.notifier.standing.values()} == {"C0FINE", "C0BROKEN"}, "mended, it catches up"


def test_an_edit_of_a_told_story_does_not_tell_it_again(scene):
    for title in (HIRE, f"{HIRE} (updated)", f"{HIRE} (corrected)"):
        scene.web.pages[FEED] = rss(("a", title, "In short."))
        scene.poll()
        scene.run()
    assert len(scene.texts()) == 1


def test_changing_guids_and_tracking_parameters_do_not_tell_it_again(scene):
    for n in range(10):
        url = f"{STORY}?utm_source=rss{n}"
        scene.web.pages[url] = page()
        scene.web.pages[FEED] = rss((f"a?utm_source=rss{n}", HIRE, "In short."))
        scene.poll()
        scene.run()
    assert len(scene.texts()) == 1


def test_the_first_run_waits_until_all_feeds_were_asked(tmp_path):
    store = SqliteStore(tmp_path / "t.db")
    scene = Scene.__new__(Scene)
    clock = FakeClock()
    web = FakeFetcher(
        {
            FEED: rss(("a", HIRE, HIRE), date=TODAY),
            "https://b.example/feed.xml": rss(("b", "Dull", "Dull"), host="b.example"),
        }
    )
    notifier = FakeNotifier(clock)
    scene.pipeline = Pipeline(
        CONFIG, watch, store, web, InlineWorkers(), notifier, clock, Counters(), Policy(), CHANNEL, Limits(pace_s=0.0)
    )
    scene.clock, scene.store, scene.notifier = clock, store, notifier
    store.sync_feeds([Feed(FEED), Feed("https://b.example/feed.xml")], clock.now(), spread_s=0)
    scene.pipeline.poll_host("w")
    scene.run()
    assert scene.texts() == []
    scene.pipeline.poll_host("w")
    scene.run()
    assert len(scene.texts()) == 1
    assert scene.texts()[0].startswith("What you missed")
    store.close()


def test_first_run_with_no_stories_wanted_says_nothing(tmp_path):
    store = SqliteStore(tmp_path / "t.db")
    clock = FakeClock()
    notifier = FakeNotifier(clock)
    made = Config.model_validate({**CONFIG.model_dump(exclude_unset=True, by_alias=True), "first_run": {"stories": 0}})
    web = FakeFetcher({FEED: rss(("a", HIRE, HIRE), date=TODAY)})
    pipeline = Pipeline(made, watch, store, web, InlineWorkers(), notifier, clock, Counters(), Policy(), CHANNEL)
    store.sync_feeds([Feed(FEED)], clock.now(), spread_s=0)
    pipeline.poll_host("w")
    pipeline.sift_entries()
    pipeline.judge_articles()
    assert pipeline.tell_missed()
    assert store.operations() == []
    assert not pipeline.tell_missed()
    store.close()


def test_the_outlet_is_who_published_the_entry_not_who_gathered_it(scene):
    body = rss(("a", HIRE, "In short.")).body.replace(
        b"</item>", b"<source url='https://gazette.example'>The Gazette</source></item>"
    )
    scene.web.pages[FEED] = Page(body)
    scene.poll()
    scene.run()
    (text,) = scene.texts()
    assert "The Gazette" in text
    assert "The News" not in text


OLD = "<pubDate>Mon, 01 Jun 2026 09:00:00 GMT</pubDate>"


def started(tmp_path, page: Page, **keys: object) -> Scene:
    """A bot after its first poll of a feed that shows `page`."""
    scene = Scene.__new__(Scene)
    scene.clock, scene.store = FakeClock(), SqliteStore(tmp_path / "t.db")
    scene.web, scene.notifier = FakeFetcher({FEED: page}), FakeNotifier(scene.clock)
    made = Config.model_validate({**CONFIG.model_dump(exclude_unset=True, by_alias=True), **keys})
    channel = made.slack.channel
    scene.pipeline = Pipeline(
        made, watch, scene.store, scene.web, InlineWorkers(), scene.notifier, scene.clock, Counters(), Policy(), channel, Limits(pace_s=0.0)
    )  # fmt: skip
    scene.store.sync_feeds([Feed(FEED)], scene.clock.now(), spread_s=0)
    scene.pipeline.poll_host("w")
    scene.run()
    return scene


@pytest.mark.parametrize("what", ["Ada Ferrano", "Norvane AI", "news.example", "www.news.example", FEED])
def test_what_is_muted_is_not_in_the_first_runs_message_either(tmp_path, what):
    scene = started(tmp_path, rss(("a", HIRE, HIRE), date=TODAY), mute=[{"what": what}])
    assert scene.texts() == []
    scene.store.close()


def test_without_a_channel_for_all_the_first_run_goes_where_routes_lead(tmp_path):
    routes = [{"channel": "C0NORVANE", "organisations": ["Norvane AI"]}, {"channel": "C0OTHERS", "people": ["Nobody"]}]
    scene = started(tmp_path, rss(("a", HIRE, HIRE), date=TODAY), slack={}, routes=routes)
    assert [one.channel for one in scene.notifier.standing.values()] == ["C0NORVANE"]
    scene.store.close()


def test_a_story_that_no_route_takes_is_told_once_an_article_comes_that_one_takes(tmp_path):
    scene = started(
        tmp_path,
        rss(("old", "A ferry is late", "Fog."), date=TODAY),
        slack={},
        routes=[{"channel": "C0LAYOFF", "kinds": ["layoff"]}],
    )
    for name, title in (("a", HIRE), ("b", f"{HIRE}, then lays off 40 researchers")):
        scene.web.pages[FEED] = rss((name, title, title))
        scene.web.pages[f"https://news.example/{name}"] = Page(status=410)
        scene.poll()
        scene.run()
        story = scene.store.trace(f"https://news.example/{name}").story
        assert story.told is bool(scene.texts())
    scene.store.close()


def test_an_old_story_does_not_swallow_a_new_one_like_it(tmp_path):
    scene = started(
        tmp_path, rss(("old", "Norvane AI lays off 500 engineers", "Norvane AI lays off 500 engineers."), date=OLD)
    )
    scene.web.pages[FEED] = rss(
        ("new", "Norvane AI lays off 100 more engineers", "Norvane AI lays off 100 more engineers.")
    )
    scene.web.pages["https://news.example/new"] = Page(status=410)
    scene.poll()
    scene.run()
    assert len(scene.texts()) == 1
    scene.store.close()


def test_a_mute_and_a_route_take_any_spelling_of_a_name(scene):
    hire = "Google DeepMind hires Ada Ferrano from Norvane AI"
    scene.web.pages[FEED] = rss(("a", hire, hire))
    scene.web.pages[STORY] = Page(status=410)
    scene.with_config(mute=[{"what": "DeepMind"}])
    scene.poll()
    scene.run()
    assert scene.texts() == []


def test_an_entry_that_breaks_sifting_holds_up_nobody(scene, monkeypatch):
    monkeypatch.setattr("bot.stages.reading.touches", lambda *_: 1 / 0)
    scene.web.pages[FEED] = rss(("a", HIRE, HIRE))
    scene.poll()
    scene.run()
    assert len(scene.texts()) == 1, "judged by the feed's text"


@pytest.fixture
def said(monkeypatch) -> list[str]:
    """What the pipeline logs from now on, whatever other tests did to the loggers."""
    words: list[str] = []
    monkeypatch.setattr("bot.stages.polling.event", lambda _, text, /, **fields: words.append(text))
    return words


def test_what_ails_a_feed_is_said_once_and_that_it_is_over_once(scene, said):
    scene.web.pages[FEED] = Page(b"<html><title>Sorry</title></html>")
    for _ in range(6):
        scene.clock.advance(86_400)
        scene.pipeline.poll_host("w")
    scene.web.pages[FEED] = rss(("old", "A phone is out", "A phone."))
    scene.clock.advance(86_400)
    scene.pipeline.poll_host("w")
    assert [words for words in said if "well" in words] == ["feed is unwell", "feed is well again"]


def test_entries_that_may_have_been_missed_are_an_alarm(scene, said):
    scene.web.pages[FEED] = rss(("a", "One", ""), ("b", "Two", ""))
    (result,) = scene.poll()
    assert result.gap
    assert result.feed.next_poll_at - scene.clock.now() <= timedelta(minutes=33)  # half of the hour before
    assert [words for words in said if "missed" in words] == [
        "feed shows nothing that was known: entries may have been missed"
    ]
    scene.web.pages[FEED] = rss(("b", "Two", ""), ("c", "Three", ""))
    (result,) = scene.poll()
    assert not result.gap
    assert len([words for words in said if "missed" in words]) == 1


def test_a_host_that_asks_to_be_left_alone_is_not_asked_for_its_other_feeds(scene):
    other = "https://news.example/other.xml"
    scene.store.sync_feeds([Feed(FEED), Feed(other)], scene.clock.now(), spread_s=0)
    busy = Page(b"", status=429, headers={"retry-after": "7200"})
    scene.web.pages |= {FEED: busy, other: busy}
    scene.web.asked.clear()
    for _ in range(7):
        scene.poll()
    assert len(scene.web.asked) == 4  # once at each of 0, 2, 4 and 6 hours


def test_a_page_is_not_asked_for_before_its_host_allows(scene):
    scene.web.pages[FEED] = rss(("a", HIRE, "She starts in May."), ("old", "A phone is out", "A phone."))
    scene.web.pages[STORY] = Page(b"", status=503, headers={"retry-after": "300"})
    scene.poll()
    scene.pipeline.sift_entries()
    assert scene.pipeline.read_page()
    scene.clock.advance(299)
    assert not scene.pipeline.read_page()
    scene.clock.advance(1)
    assert scene.pipeline.read_page()


def test_a_page_that_is_not_up_yet_is_read_later(scene):
    scene.web.pages |= {FEED: rss(("a", HIRE, "She starts.")), STORY: Page(b"", status=404)}
    scene.poll()
    scene.run()
    assert scene.texts() == []
    scene.web.pages[STORY] = page("Page not found.")
    scene.clock.advance(120)
    scene.run()
    assert scene.texts() == [], "not there yet, though it says so with a good status"
    scene.web.pages[STORY] = page()
    scene.clock.advance(120)
    scene.run()
    assert len(scene.texts()) == 1


@pytest.mark.parametrize(
    ("other", "asked"),
    [
        ("https://amp.news.example/a", True),
        ("https://elsewhere.example/a", False),  # nobody sends us to another site
    ],
)
def test_the_other_form_of_a_page_is_read_on_the_same_site_only(scene, other, asked):
    stub = f'<html><head><link rel="amphtml" href="{other}"></head><body><p>Loading.</p></body></html>'
    scene.web.pages |= {FEED: rss(("a", HIRE, "She starts.")), STORY: Page(stub.encode()), other: page()}
    scene.poll()
    scene.run()
    assert (other in [request.url for request in scene.web.asked]) is asked
    assert len(scene.texts()) == 1

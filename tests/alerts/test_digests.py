"""Many stories in one message: what stands in it, in what order, within Slack's limits, and nothing left out.

The payloads of the table stand in golden/digests, to be read; `UPDATE_GOLDEN=1 pytest tests/alerts` writes them anew.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.alerts import compose, delivery, digests, keys
from bot.alerts.compose import Told
from bot.alerts.digests import Health, Item, Net, SickFeed
from bot.alerts.markup import units
from bot.errors import DeliveryError, DeliveryReason, Fate
from bot.model import DIGEST, HeldFor, Kind, Message, Operation, OperationState, Status, StoryId, Verb
from tests.alerts.test_compose import DANA, article, faults, finding, story
from tests.fakes.clock import NOON

GOLDEN = Path(__file__).parent / "golden" / "digests"
DAY = date(2026, 7, 1)
HEALTH = Health(
    28,
    2,
    NOON - timedelta(hours=3, minutes=10),
    [
        SickFeed("The *Blog*", "silent", NOON - timedelta(days=9), "look at the site: it may be asleep"),
        SickFeed("news.example/feed", "web_page", NOON - timedelta(days=2), "the feed may have moved"),
    ],
)


def told(number: int, title: str = "", *, sure: bool = True, hours: float = 1, **changes) -> Told:
    page = article(title or f"Headline {number}", url=f"https://www.paper.example/{number}")
    page = replace(page, entry=replace(page.entry, published_at=NOON - timedelta(hours=hours)))
    move = replace(DANA, person=f"Person {number}", confidence=0.98 if sure else 0.5, **changes)
    return Told(replace(story(), id=StoryId(f"s{number}")), finding(move), page, "The Paper", "paper.example")


def item(number: int, reason: HeldFor, title: str = "", **changes) -> Item:
    return Item(told(number, title, **changes), reason)


DAILY = [
    item(1, HeldFor.GRADE, "Sample AI may look for a new research chief", sure=False, hours=20),
    item(2, HeldFor.KIND, "Example Motors sues two who left for Sample AI", sure=False, hours=5),
    item(3, HeldFor.SOURCES, hours=30, status=Status.RUMOURED),
    item(4, HeldFor.DENIED, "Dana Whitfield denies that she leaves", sure=False),
    item(5, HeldFor.OLD, hours=24 * 20),
    item(6, HeldFor.KIND, "Bonuses at Sample AI reach a new height", sure=False, hours=9),
]
FIRMS = [
    Net("Sample AI", 3, 0),
    Net("Quillstone Laboratories of Northern Europe", 1, 1),
    Net("Example <Motors>", 0, 2),
]


def daily(items=DAILY, **options):
    return digests.daily(DAY, items, channel="C1", now=NOON, **{"health": HEALTH, **options})


CASES = {
    "daily": lambda: daily(waiting=[HeldFor.SOURCES, HeldFor.SOURCES], muted=["example-news.com", "Apple"])[0],
    # the line that says that the bot lives is there on a day without news
    "empty": lambda: daily([], health=replace(HEALTH, failing=0, sick=(), last_told=None))[0],
    # another channel's: only what was held back for it
    "other_channel": lambda: daily(DAILY[:1], health=None)[0],
    "burst": lambda: digests.gathered(
        [item(n, HeldFor.BURST, sure=n != 2) for n in (1, 2, 3)], channel="C1", kind="burst x", quiet=False
    )[0],
    "morning": lambda: digests.gathered(
        [item(n, HeldFor.QUIET) for n in (1, 2)], channel="C1", kind="morning 2026-07-01", quiet=True
    )[0],
    "weekly": lambda: digests.weekly(date(2026, 7, 6), FIRMS, channel="C1"),
    "weekly_without_chart": lambda: compose.without_charts(CASES["weekly"]()),
}


@pytest.mark.parametrize("name", CASES)
def test_golden(name):
    message = CASES[name]()
    payload = {"text": message.text, "blocks": list(message.blocks), "metadata": dict(message.metadata)}
    path = GOLDEN / f"{name}.json"
    text = json.dumps(payload, ensure_ascii=False, indent=1) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")
    assert faults(message) == []


def test_every_golden_payload_has_its_case():
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(CASES)


def lines(messages) -> list[str]:
    """Return the stories that the blocks of all parts tell, in order."""
    blocks = [b["text"]["text"] for m in messages for b in m.blocks if b["type"] == "section"]
    return re.findall(r"Person \d+|Headline \d+", "\n".join(blocks))


def test_groups_have_their_order_and_the_oldest_of_a_group_comes_first():
    (message,) = daily()
    shown = re.findall(r"• “?(\w+)", message.text)
    assert shown == ["The", "news", "Bonuses", "Example", "Sample", "Person", "Dana", "Person"]
    heads = re.findall(r"\*(Kept|Less|Told|Denied|Published)", json.dumps(message.blocks, ensure_ascii=False))
    assert heads == ["Kept", "Less", "Told", "Denied", "Published"]


@pytest.mark.parametrize("count", [1, 15, 60, 300])
def test_what_does_not_fit_goes_on_in_the_thread_and_nothing_is_left_out(count):
    items = [item(n, HeldFor.OLD, hours=24 * 20 - n / 100) for n in range(count)]
    parts = daily(items)
    assert lines(parts) == [f"Person {n}" for n in range(count)]
    assert [fault for part in parts for fault in faults(part)] == []
    assert len({keys.key_of(part) for part in parts}) == len(parts)
    # as much is told where Slack takes no blocks at all
    plain = "\n".join(compose.plain(part).text for part in parts)
    assert re.findall(r"Person \d+", plain) == [f"Person {n}" for n in range(count)]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(list(digests._HEADINGS)), st.text(max_size=600), st.integers(0, 1_450), st.booleans()
        ),
        max_size=25,
    ),
    st.integers(0, 14),
)
@settings(max_examples=40, deadline=None)
def test_whatever_feeds_write_each_part_is_what_slack_takes(rows, sick):
    items = []
    for number, (reason, title, length, sure) in enumerate(rows):
        one = told(number, title, sure=sure)
        url = f"https://www.paper.example/{'x' * length}"
        items.append(
            Item(replace(one, article=replace(one.article, entry=replace(one.article.entry, url=url))), reason)
        )
    feeds = [SickFeed('"' * 300, "failing", NOON, "x" * 110)] * sick
    parts = daily(items, health=replace(HEALTH, sick=feeds))
    assert [fault for part in parts for fault in faults(part)] == []
    assert all(units(part.text) <= compose.MAX_PLAIN for part in parts)
    told_here = sum(
        len(re.findall(r"^• ", b["text"]["text"], re.MULTILINE)) for p in parts for b in p.blocks if "text" in b
    )
    assert told_here == len(items)


@pytest.mark.parametrize("count", [1, 10, 40])
def test_the_weekly_table_shows_who_won_most_and_who_lost_most(count):
    firms = [Net(f"A firm whose name is long and ends in {n}", n, count - n) for n in range(count)]
    message = digests.weekly(DAY, firms, channel="C1")
    assert faults(message) == []
    chart, table = message.blocks[1], message.blocks[2]
    shown = [row[0]["text"] for row in table["rows"][1:]]
    assert len(shown) == min(count, digests.MAX_FIRMS)
    assert {shown[0], shown[-1]} == {firms[-1].organisation, firms[0].organisation}
    labels = [point["label"] for point in chart["chart"]["series"][0]["data"]]
    assert len(set(labels)) == len(labels) == min(count, digests.MAX_BARS)


def test_a_chart_that_slack_refuses_leaves_the_table_then_plain_words():
    message = digests.weekly(DAY, FIRMS, channel="C1")
    posted = Operation(keys.key_of(message), "C1", Verb.POST, DIGEST, message, NOON, NOON, attempts=1)
    refused = DeliveryError(DeliveryReason.REFUSED, "invalid_blocks", Fate.GIVE_UP)
    policy = delivery.Policy()
    without = delivery.after_error(posted, refused, NOON, policy)
    assert [b["type"] for b in without.message.blocks] == ["section", "table", "context"]
    assert (without.state, without.plain) == (OperationState.PENDING, False)
    plain = delivery.after_error(replace(without, attempts=1), refused, NOON, policy)
    assert (plain.message.blocks, plain.plain) == ((), True)
    assert "Sample AI: won 3, lost 0, net +3" in plain.message.text
    assert delivery.after_error(replace(plain, attempts=1), refused, NOON, policy).state is OperationState.DEAD


def test_a_message_taken_over_from_slack_is_no_twin_of_a_digest():
    message = daily()[0]
    posted = Operation(keys.key_of(message), "C1", Verb.POST, DIGEST, message, NOON, NOON)
    known = replace(posted, message=Message("", metadata=keys.metadata(posted.key, ["abc"])))
    assert delivery.twin_of(replace(posted, message=known.message), [known]) is None
    assert delivery.twin_of(replace(posted, message=known.message, story_id=StoryId("s")), [known]) is known


@pytest.mark.parametrize(
    ("minutes", "words"), [(-5, "0 min"), (59, "59 min"), (60, "1 h"), (47 * 60 + 59, "47 h"), (48 * 60, "2 days")]
)
def test_how_long_ago_the_last_alert_was(minutes, words):
    health = replace(HEALTH, last_told=NOON - timedelta(minutes=minutes), sick=())
    assert f"28 feeds, 2 failing, last alert {words} ago" in daily([], health=health)[0].text


def test_kinds_that_are_shipped_for_the_digest_are_pay_legal_reorg_and_trend():
    from bot.config import Config

    assert set(Config().digest.kinds) == {Kind.COMPENSATION, Kind.LEGAL, Kind.REORG, Kind.TREND}

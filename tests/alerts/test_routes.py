"""Which channels a story goes to, and how each wants it: a table of cases with their reasons."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.alerts.route import Wish, wishes
from bot.config import Config
from bot.model import Feed, Kind, Status, Telling
from tests.alerts.cases import DANA, MOVE, article, finding, story

ONE, TWO, HOME = "C0ONE000", "C0TWO000", "C0HOME00"
STORY = replace(
    story(),
    people=("Dana Whitfield",),
    organisations=("Example Motors", "Sample AI"),
    kinds=(Kind.HIRE, Kind.POACH),
    telling=Telling(moves=(replace(MOVE, role="vice president of research"),)),
)
FINDING = finding(replace(DANA, role="vice president of research"))
ARTICLE = article(url="https://www.paper.example/a")
FEED = Feed("https://feeds.paper.example/rss")

CASES = [
    ("no route at all", [], {HOME: Wish()}),
    ("a route that fits instead of the usual channel", [{"channel": ONE, "people": ["Dana Whitfield"]}], {ONE: Wish()}),
    ("one that does not", [{"channel": ONE, "people": ["Li Na"]}], {HOME: Wish()}),
    ("every key has to fit", [{"channel": ONE, "people": ["Dana Whitfield"], "languages": ["it"]}], {HOME: Wish()}),
    ("by status", [{"channel": ONE, "statuses": ["confirmed"]}], {ONE: Wish()}),
    ("by another status", [{"channel": ONE, "statuses": ["rumoured", "denied"]}], {HOME: Wish()}),
    ("by the host of the article", [{"channel": ONE, "sources": ["paper.example"]}], {ONE: Wish()}),
    ("by the address of the feed", [{"channel": ONE, "sources": ["https://feeds.paper.example/rss"]}], {ONE: Wish()}),
    ("by another host", [{"channel": ONE, "sources": ["paper.example.com"]}], {HOME: Wish()}),
    ("by family of post", [{"channel": ONE, "families": ["research"]}], {ONE: Wish()}),
    ("by rank", [{"channel": ONE, "ranks": ["vice", "founder"]}], {ONE: Wish()}),
    ("family and rank are those of one post", [{"channel": ONE, "families": ["research"], "ranks": ["chief"]}], {HOME: Wish()}),
    ("by score", [{"channel": ONE, "min_score": 0.99}], {HOME: Wish()}),
    ("who names kinds wants messages", [{"channel": ONE, "kinds": ["poach"]}], {ONE: Wish(digest=False)}),
    ("but may want the digest", [{"channel": ONE, "kinds": ["poach"], "digest": True}], {ONE: Wish(digest=True)}),
    ("held, and from two sources on", [{"channel": ONE, "hold": "20m", "min_sources": 2}], {ONE: Wish(None, timedelta(minutes=20), 2)}),
    ("two channels, each as it likes", [{"channel": ONE, "hold": "1h"}, {"channel": TWO}], {ONE: Wish(None, timedelta(hours=1)), TWO: Wish()}),
    ("of two routes to one channel the first counts", [{"channel": ONE, "hold": "1h"}, {"channel": ONE}], {ONE: Wish(None, timedelta(hours=1))}),
    ("but for the one that is content with fewer sources", [{"channel": ONE, "min_sources": 3}, {"channel": ONE, "people": ["Dana Whitfield"]}], {ONE: Wish()}),
]  # fmt: skip


@pytest.mark.parametrize(("routes", "wanted"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_routes_lead_to_channels(routes, wanted):
    made = Config.model_validate({"routes": routes}).routes
    assert wishes(made, HOME, STORY, FINDING, ARTICLE, FEED) == wanted


def test_a_story_without_movers_has_a_status_of_its_own():
    made = Config.model_validate({"routes": [{"channel": ONE, "statuses": ["rumoured"]}]}).routes
    rumour = replace(STORY, telling=Telling(status=Status.RUMOURED))
    assert wishes(made, None, rumour, FINDING, ARTICLE, FEED) == {ONE: Wish()}
    assert wishes(made, None, STORY, FINDING, ARTICLE, FEED) == {}

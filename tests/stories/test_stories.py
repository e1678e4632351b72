"""Same event or not, and whether the channel hears of it: tables of cases, a reason each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Article, Entry, EntryId, Finding, Kind, Move, Source, Status, Story
from bot.stories.match import same_event
from bot.stories.merge import Verdict, place
from bot.stories.traits import traits
from bot.stories.words import headline

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def article(title: str, body: str = "", url: str = "", n: int = 0, *, baseline: bool = False) -> Article:
    entry = Entry(
        id=EntryId(f"{title}/{url}/{n}"),
        feed_url=f"https://feed{n}.example/",
        raw_id=str(n),
        item_hash="",
        url=url or f"https://outlet{n}.example/{crc32(title.encode())}",
        title=title,
        summary=body,
        language="en",
        published_at=NOW,
        seen_at=NOW,
        baseline=baseline,
    )
    return Article(entry, title, body, "en", Source.SUMMARY)


def finding(*moves: tuple[str, str | None, str | None], people=(), organisations=(), score=0.95) -> Finding:
    return Finding(
        language="en",
        score=score,
        kinds=(Kind.HIRE,),
        moves=tuple(Move(who, a, b, None, Status.REPORTED, 0.9) for who, a, b in moves),
        people=tuple(people),
        organisations=tuple(organisations),
        reasons=(),
    )


def story_of(one: Article, what: Finding, *, now=NOW) -> tuple[Story, frozenset[str]]:
    new = traits(one, what)
    placed = place(one, what, new, [], digest_at=0.5, alert_at=0.75, now=now)
    assert placed.story is not None
    return placed.story, frozenset(new.keys)


LAU = ("David Lau", "Tesla", "OpenAI")
HOUR = timedelta(hours=1)


def test_the_same_link_is_the_same_story_whatever_the_words():
    known, keys = story_of(article("One title", url="https://x.example/a?utm_source=rss"), finding(LAU))
    new = traits(article("All new words", url="https://x.example/a", n=2), finding(("Ann Chow", None, "xAI")))
    assert same_event(new, known, keys, NOW)


def test_the_same_long_text_is_a_copy():
    text = "The wire said that a person went from one laboratory to another laboratory. " * 5
    known, keys = story_of(article("Agency headline", text, n=1), finding(organisations=["Meta"]))
    new = traits(article("Paper's own headline", text.upper(), n=2), finding(organisations=["Meta"]))
    assert same_event(new, known, keys, NOW)


def test_an_outlet_at_the_end_of_a_headline_is_not_part_of_it():
    assert headline("Meta hires three | The Verge") == headline("Meta hires three - TechCrunch")


# ---------------------------------------------------------------------------------------------- placing


def placed(one: Article, what: Finding, *stories, now=NOW):
    return place(one, what, traits(one, what), list(stories), digest_at=0.5, alert_at=0.75, now=now)


def test_below_the_digest_threshold_there_is_no_story():
    assert placed(article("x"), finding(score=0.49)).verdict is Verdict.NO_STORY


def test_a_new_story_alerts_and_its_follow_up_does_not():
    first = placed(article("OpenAI hires David Lau", n=1), finding(LAU))
    assert first.verdict is Verdict.ALERT
    assert first.story.told
    second = article("Lau goes to OpenAI", n=2)
    follow_up = placed(
        second,
        finding(LAU),
        (first.story, frozenset(traits(article("OpenAI hires David Lau", n=1), finding(LAU)).keys)),
    )
    assert follow_up.verdict is Verdict.FOLLOW_UP
    assert follow_up.story.id == first.story.id
    assert follow_up.story.articles == 2


def test_a_weak_story_is_quiet_until_a_strong_article_comes():
    weak = article("OpenAI said to eye David Lau", n=1)
    first = placed(weak, finding(LAU, score=0.6))
    assert first.verdict is Verdict.QUIET
    keys = frozenset(traits(weak, finding(LAU)).keys)
    assert placed(article("David Lau joins OpenAI", n=2), finding(LAU), (first.story, keys)).verdict is Verdict.ALERT


def test_what_was_there_before_the_first_poll_does_not_alert_nor_does_its_follow_up():
    old = article("OpenAI hires David Lau", n=1, baseline=True)
    first = placed(old, finding(LAU))
    assert first.verdict is Verdict.BASELINE
    assert first.story.baseline
    assert not first.story.told
    keys = frozenset(traits(old, finding(LAU)).keys)
    assert placed(article("David Lau at OpenAI", n=2), finding(LAU), (first.story, keys)).verdict is Verdict.BASELINE


def test_a_baseline_story_too_weak_to_alert_does_not_silence_a_strong_one():
    old = article("OpenAI said to eye David Lau", n=1, baseline=True)
    first = placed(old, finding(LAU, score=0.6))
    keys = frozenset(traits(old, finding(LAU)).keys)
    assert placed(article("David Lau joins OpenAI", n=2), finding(LAU), (first.story, keys)).verdict is Verdict.ALERT


def test_the_id_of_a_story_is_a_function_of_its_first_article():
    one = article("x", url="https://x.example/a?utm_source=rss#top")
    assert placed(one, finding(LAU)).story.id == placed(article("y", url="https://x.example/a"), finding(LAU)).story.id


@given(st.permutations(range(4)))
def test_the_order_of_arrival_does_not_change_what_belongs_together(order):
    items = [
        (article("OpenAI hires David Lau", n=0), finding(LAU)),
        (article("Tesla loses David Lau to OpenAI", n=1), finding(LAU)),
        (article("Meta hires Ann Chow", n=2), finding(("Ann Chow", "Apple", "Meta"))),
        (article("Ann Chow swaps Apple for Meta", n=3), finding(("Ann Chow", "Apple", "Meta"))),
    ]
    stories: dict[str, tuple[Story, frozenset[str]]] = {}
    where = {}
    for n in order:
        one, what = items[n]
        result = placed(one, what, *stories.values())
        keys = frozenset(traits(one, what).keys) | stories.get(result.story.id, (None, frozenset()))[1]
        stories[result.story.id] = (result.story, keys)
        where[n] = result.story.id
    assert where[0] == where[1] != where[2] == where[3]


def test_a_story_is_grown_not_rewritten():
    first = placed(article("OpenAI hires David Lau", n=1), finding(LAU)).story
    grown = placed(
        article("x", url=first.url), replace(finding(LAU, score=0.99), kinds=(Kind.POACH,)), (first, frozenset(traits(article("OpenAI hires David Lau", url=first.url), finding(LAU)).keys)), now=NOW + HOUR,
    ).story  # fmt: skip
    assert (grown.headline, grown.first_seen, grown.people) == (first.headline, first.first_seen, first.people)
    assert (grown.last_seen, grown.score, grown.kinds) == (NOW + HOUR, 0.99, (Kind.HIRE, Kind.POACH))


@pytest.mark.parametrize(
    ("published", "first_seen"),
    [
        (NOW - timedelta(hours=30), NOW - timedelta(hours=30)),  # as old as it says
        (NOW + timedelta(hours=5), NOW),  # nobody is ahead of the clock
        (None, NOW - timedelta(days=7)),  # may be of any age: no news of the last days
    ],
)
def test_a_baseline_story_is_as_old_as_its_entry(published, first_seen):
    old = article("OpenAI hires David Lau", n=1, baseline=True)
    old = replace(old, entry=replace(old.entry, published_at=published))
    assert placed(old, finding(LAU)).story.first_seen == first_seen

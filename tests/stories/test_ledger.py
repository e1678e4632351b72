"""The ledger: rows of stories, filters, flows. People and firms are made up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.lexicon.posts import families, family_of, rank_of
from bot.model import Action, Change, Kind, Status, Story, StoryId, StoryMove, Telling
from bot.stories.ledger import Wish, flows, ledger, records

DAY = datetime(2026, 3, 1, tzinfo=UTC)


def move(
    person: str, source: str = "", target: str = "", *, status: Status = Status.REPORTED, role: str = ""
) -> StoryMove:
    names = tuple(person.split("|"))
    return StoryMove(names, source, target, role, status, DAY.timestamp(), "Gazette")


def story(number: int, *moves: StoryMove, day: int = 0, kinds: tuple[Kind, ...] = (Kind.HIRE,)) -> Story:
    at = DAY + timedelta(days=day)
    return Story(
        id=StoryId(f"s{number}"),
        headline=f"Headline {number}",
        url=f"https://news.example/{number}",
        first_seen=at,
        last_seen=at,
        people=(),
        organisations=(),
        kinds=kinds,
        score=0.9,
        telling=Telling(moves=moves, sources=("Gazette", "Courier")),
    )


STORIES = [
    story(1, move("Imogen Tarrant|Tarrant", "Mirevo", "Kestrivo", role="chief scientist"), day=0),
    story(2, move("Pavel Hrubec", "Kestrivo", "Mirevo", status=Status.RUMOURED, role="CFO"), day=1),
    story(3, move("Gwen Okoywick", "Mirevo", "", role="head of safety"), day=2, kinds=(Kind.DEPARTURE,)),
    story(4, move("Gwen Okoywick", "Mirevo", "Vantor"), day=5),
    story(5, move("Imogen Tarrant", "Kestrivo", "Mirevo"), day=400),
]


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (Wish(), ["s5", "s4", "s3", "s2", "s1"]),  # latest first
        (Wish(person="tarrant"), ["s5", "s1"]),  # a part of the name, whatever its case
        (Wish(person="tarr"), []),  # but a whole word of it
        (Wish(from_org="mirevo"), ["s4", "s3", "s1"]),
        (Wish(to_org="Mirevo"), ["s5", "s2"]),
        (Wish(since=DAY + timedelta(days=3)), ["s5", "s4"]),
        (Wish(kind="departure"), ["s3"]),
        (Wish(status="rumoured"), ["s2"]),
        (Wish(family="safety"), ["s3"]),
        (Wish(from_org="Mirevo", family="research"), ["s1"]),  # all wishes hold at once
    ],
)
def test_rows_that_fit_a_wish(wish: Wish, expected: list[str]) -> None:
    assert [row.story for row in ledger(STORIES, wish)] == expected


def test_flows_count_each_move_once_and_no_rumour() -> None:
    found = flows(ledger(STORIES))
    assert {(f.organisation, f.gains, f.losses, f.net) for f in found.firms} == {
        ("Kestrivo", 1, 1, 0),  # a rumoured departure is none
        ("Mirevo", 1, 2, -1),  # the bare departure and the arrival at Vantor are one
        ("Vantor", 1, 0, 1),
    }
    assert set(found.pairs) == {("Mirevo", "Kestrivo", 1), ("Mirevo", "Vantor", 1), ("Kestrivo", "Mirevo", 1)}
    assert sum(f.gains for f in found.firms) == sum(n for _, _, n in found.pairs)
    assert [(row.person, row.to_org) for row in found.boomerangs] == [("Imogen Tarrant", "Mirevo")]
    assert [(stay.person, stay.organisation, stay.length.days) for stay in found.stays] == [
        ("Imogen Tarrant", "Kestrivo", 400)
    ]


def test_a_denied_move_leaves_the_flows() -> None:
    undone = replace(
        STORIES[0], telling=replace(STORIES[0].telling, moves=(move("A", "M", "K", status=Status.DENIED),))
    )
    assert flows(ledger([undone])).firms == ()


def test_groups_and_changes_of_post_are_no_flows() -> None:
    group = replace(move("three researchers", "Mirevo", "Kestrivo"), group=True)
    inside = move("Imogen Tarrant", "Mirevo", "Mirevo", role="CEO")
    assert flows(ledger([story(1, group, inside)])).firms == ()


def test_sources_are_counted_by_what_they_did() -> None:
    changes = (
        Change(1.0, "Gazette", Action.NEW_ALERT, ""),
        Change(2.0, "Courier", Action.EDIT, ""),
        Change(3.0, "Courier", Action.BROADCAST, "confirmed"),
        Change(4.0, "Herald", Action.REPLY, "a new role"),
    )
    told = story(1, move("Imogen Tarrant", "Mirevo", "Kestrivo"))
    found = records([replace(told, telling=replace(told.telling, changes=changes))])
    assert [(r.name, r.first, r.later, r.added, r.changed) for r in found] == [
        ("Gazette", 1, 0, 0, 0),
        ("Courier", 0, 1, 0, 1),
        ("Herald", 0, 0, 1, 0),
    ]


@pytest.mark.parametrize(
    ("post", "family", "rank"),
    [
        ("Chief Scientist", "research", "chief"),
        ("co-founder and CTO", "engineering", "founder"),
        ("VP of Frontier Safety", "safety", "vice"),
        ("vice president of research", "research", "vice"),
        ("head of people", "people", "head"),
        ("board member", "board", "board"),
        ("Forschungsleiterin", "research", "head"),  # one word of German
        ("首席科学家", "research", "chief"),  # no spaces between words
        ("공동창업자", "leadership", "founder"),
        ("CFO", "finance", "chief"),
        ("gardener", "", ""),  # of no family
        ("", "", ""),
    ],
)
def test_posts_have_a_family_and_a_rank(post: str, family: str, rank: str) -> None:
    assert (family_of(post), rank_of(post)) == (family, rank)
    assert family in {"", *families()}

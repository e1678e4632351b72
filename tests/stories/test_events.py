"""One event or two? Pairs of articles in pairs of languages, about invented people and firms; a reason each."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stories.telling import item, stories, tell

HIRE = (
    "Norvane AI hires Mirela Castovan from OpenAI",
    "Mirela Castovan, who led evaluation at OpenAI, joins Norvane AI, the company said.",
)


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        # other words, the same person between the same firms
        (HIRE, ("OpenAI loses evaluation lead", "Mirela Castovan is off to Norvane AI, colleagues say."), True),
        # German, the family name alone in the headline
        (HIRE, ("Castovan wechselt zu Norvane AI", "Mirela Castovan verlässt OpenAI und geht zu Norvane AI.", "de"), True),
        # French
        (HIRE, ("Norvane AI recrute chez OpenAI", "Mirela Castovan quitte OpenAI pour Norvane AI.", "fr"), True),
        # Chinese, the name in Latin letters
        (HIRE, ("OpenAI评估负责人离职", "OpenAI的Mirela Castovan将加入Norvane AI。", "zh"), True),
        # Chinese, the name by its sound, the Latin one in brackets
        (HIRE, ("OpenAI评估负责人离职", "OpenAI的米雷拉·卡斯托万（Mirela Castovan）将加入Norvane AI。", "zh"), True),
        # Korean, the Latin name in brackets
        (HIRE, ("OpenAI 평가 책임자, Norvane AI 합류", "미렐라 카스토반(Mirela Castovan)이 OpenAI를 떠나 Norvane AI로 옮긴다.", "ko"), True),
        # Russian, the name in Cyrillic only
        (HIRE, ("Мирела Кастован уходит из OpenAI", "Мирела Кастован переходит из OpenAI в Norvane AI.", "ru"), True),
        # a letter off, as careless copies have it
        (HIRE, ("Mirela Castowan leaves OpenAI", "Mirela Castowan will work at Norvane AI."), True),
        # first name shortened
        (("Alexander Dromund leaves Anthropic", "Alexander Dromund, a researcher, has left Anthropic."), ("Alex Dromund quits Anthropic", "Alex Dromund is no longer at Anthropic."), True),
        # another person on the same way: the headlines are alike but for the name
        (HIRE, ("Norvane AI hires Ruth Abelard from OpenAI", "Ruth Abelard, who led evaluation at OpenAI, joins Norvane AI, the company said."), False),
        # one family name, two people
        (("Gita Norrwick joins Quillstone Labs from OpenAI", "Gita Norrwick left OpenAI for Quillstone Labs."), ("Clara Norrwick joins Quillstone Labs from OpenAI", "Clara Norrwick left OpenAI for Quillstone Labs."), False),
        # two of one name: nothing but the name in common
        (("Lin Tao leaves OpenAI for Norvane AI", "Lin Tao, an expert on memory, joins Norvane AI from OpenAI."), ("Lin Tao joins Kestrel Compute", "Lin Tao of Palewater Systems is going to Kestrel Compute."), False),
        # the same person moves on
        (HIRE, ("Mirela Castovan leaves Norvane AI for Ostrea Robotics", "Mirela Castovan goes from Norvane AI to Ostrea Robotics.", "en", "2026-03-07T09:00"), False),
        # and back, once she had started
        (HIRE, ("Castovan returns to OpenAI", "Mirela Castovan has left Norvane AI and returned to OpenAI.", "en", "2026-03-08T09:00"), False),
        # one firm, two events without names
        (("Anthropic freezes hiring", "Anthropic has stopped hiring engineers, people familiar with the matter said."), ("Anthropic sues a former contractor", "Anthropic says in a lawsuit that a contractor took files."), False),
        # one event of a firm, nobody named
        (("Ostrea Robotics lays off 120 people", "Ostrea Robotics is cutting 120 jobs in its AI team."), ("Ostrea Robotics cuts 120 jobs", "The layoffs at Ostrea Robotics hit 120 people of the AI team."), True),
        # the same in another language: firm, kind and number carry it
        (("Ostrea Robotics lays off 120 people", "Ostrea Robotics is cutting 120 jobs in its AI team."), ("Ostrea Robotics entlässt 120 Mitarbeiter", "Ostrea Robotics streicht 120 Stellen im KI-Team.", "de"), True),
        # another person on the same way, whose text names the first in passing
        (HIRE, ("Ruth Abelard quitte OpenAI pour Norvane AI", "Ruth Abelard rejoint Norvane AI, qui a recruté plusieurs personnes venues d'OpenAI, dont Mirela Castovan.", "fr"), False),
        # two people to one firm, each in a script of their own
        (HIRE, ("岳听澜离职Kestrel Compute，加盟Norvane AI", "研究员岳听澜已离职Kestrel Compute，加盟Norvane AI。", "zh"), False),
        # the same two firms, and no move at all
        (HIRE, ("OpenAI et Norvane AI s'associent pour une carte", "Les deux entreprises vont entraîner ensemble un modèle.", "fr"), False),
        # nothing to do with one another
        (HIRE, ("A ferry is late", "Fog lay over the strait all morning."), False),
        # no talent story at all, told twice: grouping does not hang on the score
        (("Harbour bridge closed for repairs until May", "The old bridge over the harbour will be closed to traffic until May, the city said."), ("Bridge over harbour closes for repairs", "Repairs close the old harbour bridge to traffic until May, according to the city."), True),
    ],
)  # fmt: skip
def test_pairs(first, second, same):
    def made(n, row):
        title, text, *rest = row
        return item(
            n, title, text, lang=rest[0] if rest else "en", at=rest[1] if len(rest) > 1 else f"2026-03-02T1{n}:00"
        )

    out = tell([made(1, first), made(2, second)])
    assert (out[0]["story"] == out[1]["story"]) is same, out[1]["why"]


def test_a_copy_under_another_address_and_a_tracked_link_are_the_same_article():
    text = (
        HIRE[1]
        + " She takes three colleagues along and starts in May, the firm wrote; her team builds tests for agents. " * 3
    )
    out = tell(
        [
            item(1, HIRE[0], text, url="https://a.example/x?utm_source=rss"),
            item(2, "Something else entirely", "", url="https://a.example/x#top"),
            item(3, "The agency's own headline", text.upper(), url="https://b.example/1"),
        ]
    )
    assert len({row["story"] for row in out}) == 1
    assert [row["why"] for row in out] == ["", "same link", "same text"]


def test_two_people_swap_places():
    out = tell(
        [
            item(1, "Ines Corvath leaves OpenAI for Anthropic", "Ines Corvath goes from OpenAI to Anthropic."),
            item(2, "Paul Ostrander leaves Anthropic for OpenAI", "Paul Ostrander goes from Anthropic to OpenAI."),
            item(3, "Corvath joins Anthropic", "Ines Corvath of OpenAI starts at Anthropic in June."),
            item(4, "Ostrander joins OpenAI", "Paul Ostrander of Anthropic starts at OpenAI in June."),
        ]
    )
    assert stories(out) == {frozenset({"i1", "i3"}), frozenset({"i2", "i4"})}


def test_an_acquihire_told_five_ways():
    out = tell(
        [
            item(
                1,
                "OpenAI buys Lumen Forge for its people",
                "OpenAI takes over Lumen Forge; its 14 engineers join OpenAI.",
            ),
            item(2, "Lumen Forge team joins OpenAI", "The team of Lumen Forge is going to OpenAI in an acqui-hire."),
            item(
                3,
                "OpenAI übernimmt das Team von Lumen Forge",
                "Die 14 Entwickler von Lumen Forge gehen zu OpenAI.",
                lang="de",
            ),
            item(4, "OpenAI收购Lumen Forge团队", "Lumen Forge的14名工程师将加入OpenAI。", lang="zh"),
            item(5, "Why OpenAI bought Lumen Forge", "OpenAI wanted the people of Lumen Forge, 14 engineers in all."),
        ]
    )
    assert len(stories(out)) == 1


def test_a_later_event_of_the_same_people_is_another_story_of_one_saga():
    out = tell(
        [
            item(1, *HIRE),
            item(2, "Mirela Castovan back at OpenAI", "Mirela Castovan has left Norvane AI and returned to OpenAI.", at="2026-03-20T09:00"),
            item(3, "Tomas Veld joins Lumen Forge", "Tomas Veld, once at Google, joins Lumen Forge.", at="2026-03-20T10:00"),
        ]
    )  # fmt: skip
    assert out[0]["story"] != out[1]["story"]
    assert out[0]["saga"] == out[1]["saga"] != out[2]["saga"]


SETTLED = [
    item(1, *HIRE),
    item(2, "OpenAI loses Mirela Castovan to Norvane AI", "Mirela Castovan leaves OpenAI for Norvane AI."),
    item(3, "Castovan wechselt zu Norvane AI", "Mirela Castovan verlässt OpenAI und geht zu Norvane AI.", lang="de"),
    item(4, "Gita Norrwick joins Quillstone Labs from OpenAI", "Gita Norrwick left OpenAI for Quillstone Labs."),
    item(5, "Quillstone Labs hires Gita Norrwick", "Gita Norrwick comes from OpenAI to Quillstone Labs."),
    item(6, "Ostrea Robotics lays off 120 people", "Ostrea Robotics is cutting 120 jobs in its AI team."),
]


@settings(max_examples=20, deadline=None)
@given(st.permutations(SETTLED))
def test_the_order_of_arrival_does_not_change_what_belongs_together(items):
    assert stories(tell(items)) == {frozenset({"i1", "i2", "i3"}), frozenset({"i4", "i5"}), frozenset({"i6"})}


def test_only_what_bridges_two_stories_may_come_too_late():
    """The one exception: an article that is like two others which are not alike joins one, and moves nothing told."""
    ends = [
        item(1, "Two leave OpenAI", "Ines Corvath has left OpenAI for Anthropic."),
        item(2, "Two leave OpenAI for Anthropic", "Ines Corvath and Paul Ostrander have left OpenAI for Anthropic."),
        item(3, "Ostrander goes to Anthropic", "Paul Ostrander has left OpenAI for Anthropic."),
    ]
    for order in permutations(ends):
        assert len(stories(tell(order))) in (1, 2)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.text(max_size=60), st.text(max_size=200), st.sampled_from(("en", "zh", "ar", "xx", ""))),
        max_size=4,
    )
)
def test_whatever_is_written_each_item_has_a_story_and_the_first_of_it_is_new(rows):
    out = tell([item(n, title, text, lang=lang) for n, (title, text, lang) in enumerate(rows)])
    seen: set[str] = set()
    for row in out:
        assert (row["action"] == "new_alert") is (row["story"] not in seen)
        seen.add(row["story"])

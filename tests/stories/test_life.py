"""The life of a story: status, sources and what a channel is to see, item by item; invented people and firms."""

from __future__ import annotations

import pytest

from bot.model import Status, StoryMove, Vote
from bot.stories.fuse import conflicts
from tests.stories.telling import item, tell

FIRST = item(
    1, "Norvane AI may hire Mirela Castovan", "Mirela Castovan of OpenAI may join Norvane AI, two people said."
)
REPORT = item(
    1, "Norvane AI hires Mirela Castovan from OpenAI", "Mirela Castovan has left OpenAI and joins Norvane AI."
)


def actions(*items):
    return [row["action"] for row in tell(items)]


def last(*items):
    return tell(items)[-1]


def statuses(row):
    return {move["person"]: move["status"] for move in row["moves"]}


@pytest.mark.parametrize(
    ("then", "action", "status", "sources"),
    [
        # the firm speaks for itself
        ({"title": "New in the team", "text": "Norvane AI confirms that Mirela Castovan joins from OpenAI.", "outlet": "Company statement", "owner": "Norvane AI"}, "broadcast_change", "confirmed", 2),
        # a newsroom has it from a spokesman
        ({"title": "Norvane AI confirms hire", "text": "A spokesman for Norvane AI confirmed that Mirela Castovan has left OpenAI and is joining."}, "broadcast_change", "confirmed", 2),
        # the person says no
        ({"title": "Not so", "text": "Mirela Castovan: I am not leaving OpenAI, and I will not join Norvane AI.", "outlet": "Personal post", "owner": "Mirela Castovan"}, "broadcast_change", "denied", 2),
        # it is called off a week and a half later
        ({"title": "Castovan stays at OpenAI", "text": "Mirela Castovan has turned down Norvane AI and stays at OpenAI, a colleague said.", "at": "2026-03-13T09:00"}, "broadcast_change", "denied", 2),
        # a colleague confirms: that is a report
        ({"title": "Castovan is going", "text": "A colleague confirmed that Mirela Castovan leaves OpenAI for Norvane AI."}, "edit_in_place", "reported", 2),
        # another newsroom, nothing new
        ({"title": "Castovan to Norvane AI", "text": "Mirela Castovan goes from OpenAI to Norvane AI, people familiar with the matter said."}, "edit_in_place", "reported", 2),
        # an amount is new
        ({"title": "Castovan's price", "text": "Norvane AI pays Mirela Castovan of OpenAI 40 million dollars, people familiar with the matter said."}, "thread_reply", "reported", 2),
        # a start date is new
        ({"title": "Castovan starts in May", "text": "Mirela Castovan of OpenAI starts at Norvane AI on 4 May, people familiar with the matter said."}, "thread_reply", "reported", 2),
        # relayed by name, in another language: no source
        ({"title": "Castovan geht zu Norvane AI", "text": "Mirela Castovan verlässt OpenAI für Norvane AI, berichtet die Gazette 1.", "lang": "de"}, "none", "reported", 1),
        # relayed from an outlet that was never met
        ({"title": "Castovan to Norvane AI", "text": "Mirela Castovan leaves OpenAI for Norvane AI, according to the Evening Lantern."}, "none", "reported", 1),
        # relayed, though the relay adds a number of its own
        ({"title": "Castovan, 40 million", "text": "According to Gazette 1, Mirela Castovan of OpenAI gets 40 million dollars at Norvane AI."}, "none", "reported", 1),
        # another title of the same group
        ({"title": "OpenAI loses Castovan", "text": "Mirela Castovan has gone from OpenAI to Norvane AI.", "owner": "Gazette 1"}, "none", "reported", 1),
        # who passes on what others wrote never counts
        ({"title": "Castovan joins Norvane AI", "text": "Mirela Castovan leaves OpenAI and joins Norvane AI.", "outlet": "Flipboard"}, "none", "reported", 1),
        # an old story told again four weeks later
        ({"title": "Norvane AI grabs Castovan", "text": "Mirela Castovan is leaving OpenAI for Norvane AI.", "at": "2026-03-30T09:00"}, "none", "reported", 1),
        # a year later
        ({"title": "Twelve months later: Castovan", "text": "A year ago Mirela Castovan left OpenAI for Norvane AI.", "at": "2027-03-02T09:00"}, "none", "reported", 1),
        # nobody comments: that is no denial
        ({"title": "Norvane AI on Castovan", "text": "Norvane AI declined to comment on Mirela Castovan of OpenAI, who will work there, people familiar with the matter said."}, "edit_in_place", "reported", 2),
    ],
)  # fmt: skip
def test_the_first_rule_that_fits(then, action, status, sources):
    title, text = then.pop("title"), then.pop("text")
    out = tell([REPORT, item(2, title, text, **{"at": "2026-03-03T09:00", **then})])
    assert out[1]["story"] == out[0]["story"]
    assert (out[1]["action"], statuses(out[1])["Mirela Castovan"], out[1]["sources"]) == (action, status, sources), out[
        1
    ]["news"]


def test_a_rumour_becomes_a_report_without_disturbing_anybody():
    row = last(
        FIRST, item(2, "Castovan to Norvane AI", "Mirela Castovan has left OpenAI for Norvane AI, we have learned.")
    )
    assert (row["action"], statuses(row)) == ("edit_in_place", {"Mirela Castovan": "reported"})


DENIAL = item(
    2, "OpenAI: no truth in it", "OpenAI says that Mirela Castovan will not join Norvane AI.", at="2026-03-04T09:00",
    outlet="Company statement", owner="OpenAI",
)  # fmt: skip


@pytest.mark.parametrize(
    ("title", "text", "at", "status"),
    [
        # a late copy of the first rumour
        ("Castovan se va a Norvane AI", "Según la Gazette 1, Mirela Castovan deja OpenAI por Norvane AI.", "2026-03-05T09:00", "denied"),
        # somebody who has not heard of it
        ("Norvane AI poaches Castovan", "Mirela Castovan is leaving OpenAI for Norvane AI.", "2026-03-06T09:00", "denied"),
        # it is on after all
        ("She goes after all", "Mirela Castovan has now accepted and leaves OpenAI for Norvane AI after all, two people said.", "2026-03-07T09:00", "reported"),
    ],
)  # fmt: skip
def test_a_denial_is_taken_back_on_good_grounds_only(title, text, at, status):
    row = last(FIRST, DENIAL, item(3, title, text, at=at))
    assert statuses(row) == {"Mirela Castovan": status}
    assert (row["action"] == "broadcast_change") is (status != "denied")


def test_a_corrected_destination_denies_the_old_move_and_adds_the_right_one():
    row = last(
        REPORT,
        item(
            2, "To set the record straight", "Mirela Castovan: my time at OpenAI is over, but I do not go to Norvane AI. From May on I work for Kestrel Compute.",
            at="2026-03-03T09:00", outlet="Personal post", owner="Mirela Castovan",
        ),
    )  # fmt: skip
    assert row["action"] == "broadcast_change"
    assert [(m["to"], m["status"]) for m in row["moves"]] == [
        ("Norvane AI", "denied"),
        ("Kestrel Compute", "confirmed"),
    ]


def test_a_further_person_is_a_reply_and_a_move_of_its_own():
    row = last(
        REPORT,
        item(2, "Second one leaves for Norvane AI", "Ruth Abelard and Mirela Castovan have left OpenAI for Norvane AI, people familiar with the matter said."),
    )  # fmt: skip
    assert row["action"] == "thread_reply"
    assert statuses(row) == {"Mirela Castovan": "reported", "Ruth Abelard": "reported"}


def test_one_status_for_each_of_two_people_with_one_family_name():
    row = last(
        item(1, "Cousins leave OpenAI for Quillstone Labs", "Gita Norrwick and Clara Norrwick are leaving OpenAI for Quillstone Labs."),
        item(2, "Quillstone Labs confirms", "Quillstone Labs confirmed that Gita Norrwick joins from OpenAI.", at="2026-03-03T09:00"),
    )  # fmt: skip
    assert statuses(row) == {"Gita Norrwick": "confirmed", "Clara Norrwick": "reported"}


LAYOFF = item(
    1, "Quillstone Labs lays off researchers", "Quillstone Labs is laying off 40 researchers, it told its staff."
)
MORE_LAYOFFS = "Quillstone Labs is laying off 120 researchers, more than the 40 it told its staff of."
JOINS = "Mirela Castovan goes from OpenAI to Norvane AI, a firm of 1,000 employees that has raised 30 million dollars."


@pytest.mark.parametrize(
    ("first", "title", "body", "action"),
    [
        (LAYOFF, "More layoffs at Quillstone Labs", MORE_LAYOFFS, "thread_reply"),  # a layoff is measured in people
        (LAYOFF, "Layoffs at Quillstone Labs", "Quillstone Labs is laying off researchers at a site that cost $30 million.", "edit_in_place"),
        (REPORT, "Castovan to Norvane AI", JOINS, "edit_in_place"),  # how large the new firm is
    ],
)  # fmt: skip
def test_a_number_is_news_where_the_story_is_measured_in_it(first, title, body, action):
    assert last(first, item(2, title, body, outlet="Harbour Wire", owner="Harbour"))["action"] == action


def test_a_team_that_is_bought_and_then_is_not():
    rows = tell(
        [
            item(1, "Anthropic may take over Lumen Forge", "The Lumen Forge team could go to Anthropic, two people said."),
            item(2, "Anthropic to take over Lumen Forge for 30 million", "Anthropic pays 30 million dollars for the Lumen Forge team, we have learned.", at="2026-03-03T09:00"),
            item(3, "Anthropic does not take over Lumen Forge", "Talks with Anthropic have ended. The Lumen Forge team goes on alone.", at="2026-03-10T09:00", outlet="Company statement", owner="Lumen Forge"),
        ]
    )  # fmt: skip
    assert [row["action"] for row in rows] == ["new_alert", "thread_reply", "broadcast_change"]
    assert [row["moves"][0]["status"] for row in rows][::2] == ["rumoured", "denied"]
    assert rows[-1]["sources"] == 3


def test_spellings_of_one_person_are_kept_together():
    row = last(
        item(1, "OpenAI研究员林若溪加入Norvane AI", "林若溪将离开OpenAI，加入Norvane AI。", lang="zh"),
        item(2, "Lin Ruoxi joins Norvane AI", "Lin Ruoxi (林若溪) leaves OpenAI for Norvane AI.", at="2026-03-02T12:00"),
    )  # fmt: skip
    (move,) = row["moves"]
    assert {move["person"], *move["aliases"]} >= {"林若溪", "Lin Ruoxi"}


def test_the_same_group_counts_once_and_a_domain_says_whose_it_is():
    rows = tell(
        [
            {**item(1, REPORT["title"], REPORT["text"], url="https://www.theverge.com/a"), "owner": ""},
            {**item(2, "OpenAI loses Castovan", "Mirela Castovan has gone from OpenAI to Norvane AI, people familiar with the matter said.", url="https://news.nymag.com/b"), "owner": ""},
        ]
    )  # fmt: skip
    assert rows[1]["story"] == rows[0]["story"]
    assert rows[1]["sources"] in (1, 2)


def test_conflicts_stay_conflicts():
    votes = (
        Vote("to", "Norvane AI", 2.0),
        Vote("to", "Kestrel Compute", 1.1),
        Vote("to", "Google", 0.2),
        Vote("from", "OpenAI", 3.0),
    )
    move = StoryMove(("Mirela Castovan",), "OpenAI", "Norvane AI", "", Status.REPORTED, 0.0, "Gazette", votes=votes)
    assert conflicts(move) == ("to: Norvane AI or Kestrel Compute",)

"""When a move takes effect: the one date that its article gives for the person, and what becomes of two answers."""

from __future__ import annotations

import pytest

from tests.stories.telling import item, tell

HIRE = "Ada Ferrano leaves Norvane AI to join Quillstone Labs"
SECOND = "Quillstone Labs poaches Norvane AI's Ada Ferrano"


@pytest.mark.parametrize(
    ("lang", "title", "text", "date", "why"),
    [
        (
            "en",
            HIRE,
            "Ada Ferrano will start on 3 April, the company said.",
            "2026-04-03",
            "a day, the year is this one",
        ),
        ("en", HIRE, "Ada Ferrano will start in April.", "2026-04", "a month alone"),
        ("en", HIRE, "Ada Ferrano will start in January.", "2026-01", "the nearest January: two months ago"),
        ("en", HIRE, "Ada Ferrano starts in January 2027.", "2027-01", "a year that is said"),
        ("en", HIRE, "Ada Ferrano joined Norvane AI in May 2021.", None, "a stay that began years ago"),
        ("en", HIRE, "Ada Ferrano stops in March and starts in June.", None, "two dates: either might be the other's"),
        ("en", HIRE, "Shares of Quillstone Labs fell on 3 April.", None, "a sentence about something else"),
        ("en", HIRE, "Ada Ferrano may march on.", None, "words that are months, too"),
        (
            "de",
            "Ada Ferrano wechselt von Norvane AI zu Quillstone Labs",
            "Ada Ferrano beginnt im April.",
            "2026-04",
            "de",
        ),
        (
            "it",
            "Ada Ferrano lascia Norvane AI per Quillstone Labs",
            "Ada Ferrano inizia il 3 aprile.",
            "2026-04-03",
            "it",
        ),
        (
            "pl",
            "Ada Ferrano odchodzi z Norvane AI do Quillstone Labs",
            "Ada Ferrano zacznie w kwietniu.",
            "2026-04",
            "pl",
        ),
    ],
)
def test_the_one_date_of_the_person_counts(lang, title, text, date, why):
    (move,) = tell([item(1, title, text, lang=lang, at="2026-03-02T09:00")])[-1]["moves"]
    assert move.get("event_date") == date, why


def test_sources_disagree_on_the_month_and_are_named():
    out = tell(
        [
            item(1, HIRE, "Ada Ferrano will start in July.", outlet="Gazette A"),
            item(
                2,
                SECOND,
                "The lab has found her a desk: Ada Ferrano is to start in June.",
                outlet="Courier B",
                at="2026-03-02T11:00",
            ),
        ]
    )
    assert out[0]["story"] == out[1]["story"]
    (move,) = out[-1]["moves"]
    assert move["disagree"] == ["when: 2026-07 (says Gazette A) or 2026-06 (says Courier B)"]


def test_a_day_in_a_month_is_no_disagreement():
    out = tell(
        [
            item(1, HIRE, "Ada Ferrano will start in July.", outlet="Gazette A"),
            item(
                2,
                SECOND,
                "The lab has found her a desk: Ada Ferrano is to start on 6 July.",
                outlet="Courier B",
                at="2026-03-02T11:00",
            ),
        ]
    )
    (move,) = out[-1]["moves"]
    assert (move["event_date"], move.get("disagree", [])) == ("2026-07-06", [])

"""Who goes from where to where: one table a kind of construction, a reason a row. Names and firms are made up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from bot.lexicon import load
from bot.model import Finding, Kind, Status
from bot.moves.judge import Watch, compile_watch, judge


@dataclass(frozen=True)
class Name:
    name: str
    aliases: Sequence[str] = ()
    not_: Sequence[str] = ()
    weight: float = 1.0


@dataclass(frozen=True)
class Names:
    organisations: Sequence[Name]
    people: Sequence[Name] = ()
    keywords: Sequence[Name] = ()


FIRMS = ("Vantor Labs", "Kestrivo", "Quandra Systems", "Mirevo")


@pytest.fixture(scope="module")
def watch() -> Watch:
    return compile_watch(load(), Names([Name(firm) for firm in FIRMS]))


def moves(finding: Finding) -> set[tuple[str, str | None, str | None]]:
    return {(m.person, m.from_org, m.to_org) for m in finding.moves}


PLAIN = [
    ("{p} leaves {a} to join {b} as {r}", True),  # two verbs, one mover
    ("{b} hires {p}, {r} at {a}", True),  # the post in apposition is where one comes from
    ("{a} loses {p} to rival {b}", False),  # the loser is the subject
    ("{p}, formerly {r} at {a}, joins {b}", True),  # a former post in apposition
    ("{b} poaches {r} {p} from {a}", True),  # the post before the name
]


@pytest.mark.parametrize(("form", "has_role"), PLAIN)
@pytest.mark.parametrize("person", ["Gwen Okoywick", "Zoltan Q. Ibarrano", "Mei Kowalssen", "Thandeka van der Holt"])
@pytest.mark.parametrize("role", ["head of safety", "VP of engineering", "chief scientist"])
def test_plain_headlines_are_facts(watch: Watch, form: str, has_role: bool, person: str, role: str) -> None:
    finding = judge(watch, form.format(p=person, a="Vantor Labs", b="Kestrivo", r=role), "")
    assert moves(finding) == {(person, "Vantor Labs", "Kestrivo")}
    assert finding.score >= 0.9
    assert finding.moves[0].confidence >= 0.95
    assert finding.moves[0].role == (role if has_role else None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # a list shares its verb
        (
            "Kestrivo hires Imogen Tarrant, Bashir Olufemi and Pavel Hrubec from Mirevo",
            {
                ("Imogen Tarrant", "Mirevo", "Kestrivo"),
                ("Bashir Olufemi", "Mirevo", "Kestrivo"),
                ("Pavel Hrubec", "Mirevo", "Kestrivo"),
            },
        ),
        # passive: the agent hires
        ("Imogen Tarrant was hired by Kestrivo", {("Imogen Tarrant", None, "Kestrivo")}),
        # the agentive headline without its auxiliary
        ("Imogen Tarrant named chief scientist of Mirevo", {("Imogen Tarrant", None, "Mirevo")}),
        # possessive post
        ("Mirevo's research lead Imogen Tarrant resigns", {("Imogen Tarrant", "Mirevo", None)}),
        # a noun for the event
        ("The departure of Imogen Tarrant from Mirevo was confirmed", {("Imogen Tarrant", "Mirevo", None)}),
        # where one was before, told after "after"
        ("Kestrivo rehires Imogen Tarrant after a year at Mirevo", {("Imogen Tarrant", "Mirevo", "Kestrivo")}),
        # an offer comes from where one would go
        ("Imogen Tarrant leaves Mirevo and accepts an offer from Kestrivo", {("Imogen Tarrant", "Mirevo", "Kestrivo")}),
        # an initial and particles belong to the name
        ("Kestrivo recruits Anneke J. van den Berg from Mirevo", {("Anneke J. van den Berg", "Mirevo", "Kestrivo")}),
    ],
)
def test_constructions(watch: Watch, text: str, expected: set[tuple[str, str | None, str | None]]) -> None:
    finding = judge(watch, text, "")
    assert moves(finding) == expected
    assert finding.score >= 0.5


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Kestrivo confirmed that Imogen Tarrant is joining from Mirevo", Status.CONFIRMED),
        (
            "Imogen Tarrant is in talks to leave Mirevo for Kestrivo, people familiar with the matter said",
            Status.RUMOURED,
        ),
        ("Imogen Tarrant has not left Mirevo for Kestrivo, a spokesperson said", Status.DENIED),
        ("Imogen Tarrant turned down an offer to join Kestrivo and stays at Mirevo", Status.DENIED),
        ("Imogen Tarrant leaves Mirevo for Kestrivo", Status.REPORTED),
    ],
)
def test_a_status_is_that_of_the_event(watch: Watch, text: str, status: Status) -> None:
    finding = judge(watch, text, "")
    assert [m.status for m in finding.moves] == [status]


@pytest.mark.parametrize(
    "text",
    [
        "Kestrivo joins forces with Mirevo on a data centre",  # firms that work together
        "Kestrivo taps Oracle for its training cluster",  # a supplier, not a person
        "Kestrivo hires law firm Hartwell Crane",  # the name is a firm's
        "Mirevo joins the Open Compute alliance",  # an alliance is no employer
        "Mirevo leaves beta with a new assistant",  # a product
        "Imogen Tarrant of Mirevo speaks about safety at a summit in Lisbon",  # a post alone is no news
        "Mirevo retains user data for thirty days",  # retention of data
        "Kestrivo splits its API into two tiers",  # not a team
    ],
)
def test_what_is_no_move(watch: Watch, text: str) -> None:
    finding = judge(watch, text, "")
    assert not finding.moves
    assert finding.score < 0.9


def test_a_text_without_any_known_name_scores_nothing(watch: Watch) -> None:
    finding = judge(watch, "Town council appoints Imogen Tarrant as head of parks", "")
    assert finding.score == 0.0
    assert [reason.rule for reason in finding.reasons] == ["gate"]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Imogen Tarrant joins Kestrivo as vice president of sales", {Kind.HIRE}),  # as something, and yet a hire
        ("Kestrivo poaches Imogen Tarrant from Mirevo", {Kind.HIRE, Kind.POACH}),  # both employers are of AI
        ("Imogen Tarrant joins the Kestrivo board of directors", {Kind.APPOINTMENT}),  # a seat is no job
        ("Mirevo promotes Imogen Tarrant to chief scientist", {Kind.APPOINTMENT}),
        ("Imogen Tarrant resigns from Mirevo", {Kind.DEPARTURE}),
        ("Kestrivo lays off 40 people", {Kind.LAYOFF}),
        ("Mirevo freezes hiring until the spring", {Kind.HIRING_FREEZE}),
    ],
)
def test_kinds(watch: Watch, text: str, kinds: set[Kind]) -> None:
    assert set(judge(watch, text, "").kinds) == kinds


def test_a_title_said_again_is_quoted_once(watch: Watch) -> None:
    title = "Imogen Tarrant leaves Mirevo to join Kestrivo"
    body = "Imogen Tarrant leaves Mirevo to join Kestrivo as head of safety, the company said on Friday. She starts in May."
    finding = judge(watch, title, body)
    text = f"{title}\n\n{body}"
    quoted = [text[span.start : span.end] for span in finding.evidence]
    assert quoted == ["Imogen Tarrant leaves Mirevo to join Kestrivo as head of safety, the company said on Friday."]


def test_a_byline_before_the_title_said_again_is_not_quoted(watch: Watch) -> None:
    title = "Imogen Tarrant leaves Mirevo to join Kestrivo"
    body = f"Posted: 9:14 AM Image Credits: R. Pohl {title} The move was announced on Friday by Kestrivo."
    quoted = [f"{title}\n\n{body}"[s.start : s.end] for s in judge(watch, title, body).evidence]
    assert not any("Image Credits" in sentence for sentence in quoted)

"""Who goes from where to where: one table a kind of construction, a reason a row. Names and firms are made up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from bot.lexicon import load
from bot.model import Finding, Kind, Status
from bot.moves.judge import Watch, compile_watch, judge
from bot.moves.merge import certain


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
        # somebody beside whom one goes goes along
        (
            "Imogen Tarrant joins Kestrivo alongside Pavel Hrubec",
            {("Imogen Tarrant", None, "Kestrivo"), ("Pavel Hrubec", None, "Kestrivo")},
        ),
        # an infinitive behind "is" is no passive
        ("Kestrivo is in talks to hire Imogen Tarrant", {("Imogen Tarrant", None, "Kestrivo")}),
        # a post in a list is only that of who has it
        (
            "Kestrivo has hired Imogen Tarrant, head of safety at Mirevo, and Pavel Hrubec",
            {("Imogen Tarrant", "Mirevo", "Kestrivo"), ("Pavel Hrubec", None, "Kestrivo")},
        ),
        # from another post in the same house
        ("Imogen Tarrant joins a new lab at Kestrivo from her CTO role", {("Imogen Tarrant", "Kestrivo", "Kestrivo")}),
        # who speaks for a firm is as sure a mover as whom the verb names beside him
        (
            "Sam Altman and Greg Brockman will join Kestrivo",
            {("Sam Altman", None, "Kestrivo"), ("Greg Brockman", None, "Kestrivo")},
        ),
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
        "Kestrivo's Mirevo hires reach two dozen",  # those whom one firm took from the other
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


# ------------------------------------------------------------------------------------------------ in articles


@pytest.mark.parametrize(
    ("title", "body", "expected"),
    [
        (
            "Kestrivo hires Mirevo's research star",
            "Mirevo's star researcher, Imogen Tarrant, is leaving the company to work at Kestrivo.",
            ("Imogen Tarrant", "Mirevo", "Kestrivo"),  # a possessive post before a comma; "to work at" is where to
        ),
        (
            "Mirevo loses its safety lead",
            "Co-founder Imogen (Imo) Tarrant announced her departure from Mirevo on Tuesday.",
            ("Imogen (Imo) Tarrant", "Mirevo", None),  # a nickname within the name
        ),
        (
            "Mirevo's Imogen Tarrant leaves",
            "Read on at https://example.org/mirevos-imogen-tarrant-leaves or come back later.",
            ("Imogen Tarrant", "Mirevo", None),  # the small letters of an address make no ordinary words
        ),
        (
            "Mirevo exit: Tarrant Seeks New Shore",
            "Imogen Tarrant announced her departure from Mirevo to join Kestrivo.",
            ("Imogen Tarrant", "Mirevo", "Kestrivo"),  # a headline verb behind a family name is no name
        ),
        (
            "Kestrivo leadership",
            "Imogen Tarrant (ex-Mirevo finance chief) joins as CFO, Kestrivo said.",
            ("Imogen Tarrant", "Mirevo", "Kestrivo"),  # "joins as": whom, the text says elsewhere
        ),
        (
            "Kestrivo instead of Mirevo",
            "Mirevo's deal for Quandra Systems fell apart, with Kestrivo now hiring the startup's CEO Imogen Tarrant.",
            (
                "Imogen Tarrant",
                "Quandra Systems",
                "Kestrivo",
            ),  # "is hiring" is no passive; the startup is not who hires
        ),
    ],
)
def test_moves_of_articles(watch: Watch, title: str, body: str, expected: tuple[str, str | None, str | None]) -> None:
    assert expected in moves(judge(watch, title, body))


@pytest.mark.parametrize(
    ("text", "person", "role"),
    [
        ("Imogen Tarrant is joining Kestrivo as CEO of Kestrivo Health", "Imogen Tarrant", "CEO"),  # between two firms
        ("Mirevo CEO Imogen Tarrant hired as chief scientist by Kestrivo", "Imogen Tarrant", "chief scientist"),
        (
            "Imogen Tarrant joins the Kestrivo board of directors",
            "Imogen Tarrant",
            "board member",
        ),  # a seat, not a board
        ("Imogen Tarrant hired to lead the new robotics division at Kestrivo", "Imogen Tarrant", "head of robotics"),
        (
            "Kestrivo hires Imogen Tarrant , who led Mirevo's speech models team",
            "Imogen Tarrant",
            "head of speech models",
        ),
        ("Kestrivo hires researchers Imogen Tarrant and Pavel Hrubec from Mirevo", "Pavel Hrubec", "researcher"),
        ("Imogen Tarrant takes over as CEO of Kestrivo and Pavel Hrubec as president", "Pavel Hrubec", "president"),
        ("Imogen Tarrant leaves Mirevo, with Pavel Hrubec as interim president", "Pavel Hrubec", "interim president"),
        (
            "Kestrivo hires Mirevo's founder Imogen Tarrant, president Pavel Hrubec and others",
            "Pavel Hrubec",
            "president",
        ),
        ("Mirevo's founder, Imogen Tarrant, announced her resignation as CEO", "Imogen Tarrant", "CEO"),
        (
            "Kestrivo hires star researcher Imogen Tarrant from Mirevo",
            "Imogen Tarrant",
            "researcher",
        ),  # praise is no post
        ("Mirevo CTO Imogen Tarrant leaves", "Imogen Tarrant", "CTO"),  # the firm is no part of the post
        ("Mirevo'nun CEO’su Imogen Tarrant istifa etti", "Imogen Tarrant", "CEO"),  # nor is a case ending
    ],
)
def test_roles(watch: Watch, text: str, person: str, role: str) -> None:
    """The post taken up comes before one left; "head of X" is who is to lead X."""
    found = {m.person: m.role or "" for m in judge(watch, text, "").moves}
    assert found[person].startswith(role)


@pytest.mark.parametrize(
    ("title", "body", "person"),
    [
        # what only dates another move
        (
            "Pavel Hrubec joins Kestrivo",
            "The hire follows other departures from Mirevo such as Imogen Tarrant.",
            "Imogen",
        ),
        # a former employee who tells of it
        (
            "Warning on safety",
            "Ex-Mirevo researcher Imogen Tarrant says she resigned from Mirevo over safety.",
            "Imogen",
        ),
        # who somebody is, in passing
        ("Kestrivo opens an office", "Kestrivo's new chief scientist Imogen Tarrant praised Mirevo.", "Imogen"),
        # what the mover made
        ("A farewell", "Pavel Hrubec, the creator of Tarrant, is leaving Mirevo.", "Tarrant"),
        # who speaks of those hired
        (
            "Kestrivo hires two",
            "Kestrivo has hired Pavel Hrubec and Gwen Okoywick, its founder Imogen Tarrant said.",
            "Imogen",
        ),
        # an object that is a pronoun is not the name behind it
        ("Kestrivo woos", "Kestrivo tried to hire him, a move that Imogen Tarrant noted.", "Imogen"),
        # a verb that says nothing without a post
        ("Riches", "Kestrivo's Imogen Tarrant could become the world's first trillionaire.", "Imogen"),
        # a tier of a product
        ("Kestrivo Pro leaves users waiting", "Kestrivo Pro, leaving many waiting, is delayed.", "Pro"),
        # a plural that nobody counted
        ("Kestrivo plans", "Kestrivo may pay more to poach AI researchers from Mirevo.", "AI researchers"),
    ],
)
def test_what_is_told_of_nobody(watch: Watch, title: str, body: str, person: str) -> None:
    told = [m.person for m in judge(watch, title, body).moves if m.status is not Status.HISTORICAL]
    assert not [name for name in told if name.startswith(person)]


def test_a_left_out_verb_leaves_its_holder_at_the_firm_that_is_left(watch: Watch) -> None:
    finding = judge(watch, "Imogen Tarrant leaves Mirevo, with Pavel Hrubec as president", "")
    assert ("Pavel Hrubec", "Mirevo", "Mirevo") in moves(finding)


def test_a_relative_clause_does_not_put_its_main_clause_in_the_past(watch: Watch) -> None:
    finding = judge(watch, "Kestrivo brings back Imogen Tarrant, who had previously left", "")
    assert [m.status for m in finding.moves] == [Status.REPORTED]


def test_a_known_name_is_also_told_as_the_text_writes_it() -> None:
    watch = compile_watch(
        load(), Names([Name("Kestrivo")], [Name("Imogen Tarrant", ["Tarrant Imogen", "Имоджен Таррант"])])
    )
    move = judge(watch, "Tarrant Imogen leaves Kestrivo", "").moves[0]
    assert (move.person, move.written) == ("Imogen Tarrant", "Tarrant Imogen")
    move = judge(watch, "Имоджен Таррант покидает Kestrivo", "").moves[0]
    assert (move.person, move.written) == ("Imogen Tarrant", "Имоджен Таррант")
    assert judge(watch, "Imogen Tarrant leaves Kestrivo", "").moves[0].written == ""


@pytest.mark.parametrize(
    ("handle", "name"),
    [
        ("@ImogenQCTarrant", "Imogen Tarrant"),  # humps, letters between them dropped
        ("@oliviatarrant", "Olivia Tarrant"),  # small letters that begin with a given name
        ("@tarr4nt", "tarr4nt"),  # no name that we can tell
        ("@oliviajtarrant", "Olivia Tarrant"),  # an initial in between is left out
        ("@ philschmid", "Philipp Schmid"),  # a handle that we know, however it is set
    ],
)
def test_a_handle_is_spelt_out_where_it_is_a_name(watch: Watch, handle: str, name: str) -> None:
    finding = judge(watch, "Personal news", f"{handle} announced leaving Kestrivo to join Mirevo as head of research.")
    assert [m.person for m in finding.moves] == [name]


def test_what_only_dates_something_else_is_a_thing_of_the_past(watch: Watch) -> None:
    body = "Before Imogen Tarrant's sudden departure from Kestrivo, some staff felt that the model was late."
    assert [m.status for m in judge(watch, "Imogen Tarrant's exit from Kestrivo", body).moves] == [Status.HISTORICAL]


def test_certainty_is_how_often_such_moves_were_right() -> None:
    line = {"slope": 2.0, "offset": 1.0}
    assert certain(0.5, line) == pytest.approx(0.731, abs=0.001)  # even odds, and the line's own offset
    assert certain(0.9, line) > certain(0.8, line) > 0.9  # in the order of the weights


def test_the_handle_of_a_firm_is_nobody(watch: Watch) -> None:
    assert not judge(
        watch, "Tools", "Startups like @TarrantHQ and @ImogenAI are joining Kestrivo to share tools."
    ).moves


WHOLE_TEXTS = [
    # no verb: from one firm to the other, the name beside them
    ("From Kestrivo to Mirevo: Imogen Tarrant", "", ("Imogen Tarrant", "Kestrivo", "Mirevo")),
    ("Movers", "Imogen Tarrant: Kestrivo → Mirevo.", ("Imogen Tarrant", "Kestrivo", "Mirevo")),
    # brackets with verbs of their own do not end a list
    (
        "Three leaders leave Kestrivo",
        "Three leaders are leaving Kestrivo: Imogen Tarrant (joining Mirevo), Pascal Quennell and engineer Odile Marsh.",
        ("Odile Marsh", "Kestrivo", None),
    ),
    # the firm that a noun of leaving points to is where one comes back from
    (
        "Kestrivo rehires Imogen Tarrant two weeks after her departure to Mirevo",
        "",
        ("Imogen Tarrant", "Mirevo", "Kestrivo"),
    ),
    # the owner is a firm that no list has
    (
        "Ombrelda's Imogen Tarrant hired as research director at Kestrivo",
        "",
        ("Imogen Tarrant", "Ombrelda", "Kestrivo"),
    ),
    # the firm that is named after its founder
    (
        "Kestrivo woos Imogen Tarrant",
        "Kestrivo tried to buy Imogen Tarrant's Mirevo and then made an offer to her.",
        ("Imogen Tarrant", "Mirevo", "Kestrivo"),
    ),
    # who stays: the only other firm made the offer
    (
        "Imogen Tarrant stays at Kestrivo",
        "Mirevo had offered her three times the salary.",
        ("Imogen Tarrant", "Kestrivo", "Mirevo"),
    ),
    # what a lawsuit is about is told as past and still news; a former employee is one of the plaintiff's
    (
        "Kestrivo sues an ex-employee over trade secrets",
        "Kestrivo claims that former employee Imogen Tarrant copied confidential files before joining Mirevo.",
        ("Imogen Tarrant", "Kestrivo", "Mirevo"),
    ),
    # a description in the lead is the only person named
    (
        "A researcher leaves Kestrivo",
        "It is about Imogen Tarrant. The researcher is joining Mirevo.",
        ("Imogen Tarrant", "Kestrivo", "Mirevo"),
    ),
    # who signs a post is who speaks in it
    (
        "Today is my last day at Kestrivo. I'm leaving after six years.",
        "Posted by Imogen Tarrant (@itarrant)",
        ("Imogen Tarrant", "Kestrivo", None),
    ),
    # a post by the person, whose name the title begins with
    (
        "Tweet from Imogen Tarrant (@itarrant):",
        "I’m joining Kestrivo to lead robotics!",
        ("Imogen Tarrant", None, "Kestrivo"),
    ),
    # a unit of the firm that the title names is where its people go
    (
        "Google hires Mirevo researchers",
        "Imogen Tarrant and Pavel Hrubec are going to Google DeepMind.",
        ("Imogen Tarrant", "Mirevo", "Google DeepMind"),
    ),
    # a family name that stands first is no post before a given name
    ("Kestrivo hires Nguyen Minh Chau", "", ("Nguyen Minh Chau", None, "Kestrivo")),
]


@pytest.mark.parametrize(("title", "body", "expected"), WHOLE_TEXTS)
def test_what_title_and_body_tell_together(
    title: str, body: str, expected: tuple[str, str | None, str | None], watch: Watch
) -> None:
    assert expected in moves(judge(watch, title, body, "en"))


NOT_TOLD = [
    # a team is no description of the only person named
    ("Kestrivo buys Mirevo", "The team will join Kestrivo, while Imogen Tarrant stays independent.", "Imogen Tarrant"),
    # who founded one firm does not leave it by leading another
    ("Kestrivo co-founder Imogen Tarrant will lead Mirevo as chief executive", "", "Kestrivo"),
    # what was led before is not what will be led
    (
        "Mirevo opens a lab",
        "The lab will be led by Imogen Tarrant and Pavel Hrubec, the former heads of Kestrivo and Quandra Systems.",
        "Quandra Systems",
    ),
    # a small word in small letters is no institute
    ("Mirevo: Entwicklerin Imogen Tarrant kündigt", "Sie geht mit sofortiger Wirkung.", "MIT"),
]


@pytest.mark.parametrize(("title", "body", "wrong"), NOT_TOLD)
def test_what_title_and_body_do_not_tell(title: str, body: str, wrong: str, watch: Watch) -> None:
    found = moves(judge(watch, title, body, "de" if "kündigt" in title else "en"))
    assert not any(wrong in (from_org, to_org) or (wrong == person and to_org) for person, from_org, to_org in found)

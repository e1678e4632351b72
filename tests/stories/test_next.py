"""An update of the event, or the next event of the same people? And what may a story grow from? A reason each."""

from __future__ import annotations

import pytest

from bot.errors import ConfigError
from bot.lexicon import LANGUAGES
from bot.lexicon.telling import phrases, read_phrases
from bot.stories.clauses import is_behind, is_credit, is_negated, offers
from bot.stories.traits import akin, org_key
from bot.text import fold
from tests.stories.telling import item, stories, tell

LEFT = ("Petra Lindqvarn leaves Anthropic", "Petra Lindqvarn, head of safety, has left Anthropic, the company said.")


@pytest.mark.parametrize(
    ("first", "then", "days", "same"),
    [
        # one more telling on the next morning
        (LEFT, ("Anthropic's safety head Lindqvarn quits", "Petra Lindqvarn has resigned from Anthropic."), 1, True),
        # where she goes, told three days later
        (LEFT, ("Petra Lindqvarn joins Norvane AI", "Petra Lindqvarn, until last week at Anthropic, goes to Norvane AI."), 1, True),
        # her team is dissolved because of it
        (LEFT, ("Anthropic disbands its safety team", "Following the exit of Petra Lindqvarn, the team at Anthropic is no more."), 2, False),
        # she founds a firm
        (LEFT, ("Petra Lindqvarn plans a startup", "After Anthropic, Petra Lindqvarn is to set up a company of her own."), 4, False),
        # the firm sues her
        (LEFT, ("Anthropic sues its former safety head", "Anthropic accuses Petra Lindqvarn of having taken trade secrets."), 5, False),
        # the firm answers with money
        (LEFT, ("Anthropic raises retention bonuses", "After the departure of Petra Lindqvarn, Anthropic pays staff to stay."), 2, False),
        # an interview at the end of the week
        (LEFT, ("Lindqvarn opens up about the mood in the lab", "In an interview Petra Lindqvarn tells of her years."), 5, False),
        # somebody else goes after her
        (LEFT, ("Bashir Morrowby leaves Anthropic too", "Days after Petra Lindqvarn left, Bashir Morrowby goes as well."), 2, False),
        # a firm and its owner are no two destinations
        (("Petra Lindqvarn joins Google DeepMind", "Petra Lindqvarn of Anthropic goes to Google DeepMind."), ("Petra Lindqvarn goes to Google", "Petra Lindqvarn leaves Anthropic for Google."), 0, True),
        # two firms are
        (("Petra Lindqvarn joins Google DeepMind", "Petra Lindqvarn of Anthropic goes to Google DeepMind."), ("Petra Lindqvarn joins Meta", "Petra Lindqvarn of Mistral AI goes to Meta."), 0, False),
        # parts of a series
        (("Puzzle hints for March 5", "Looking for help with the puzzle of today? Here are the hints."), ("Puzzle hints for March 6", "Looking for help with the puzzle of today? Here are the hints."), 1, False),
        # two offers of one shop
        (("Save 100 dollars on a tablet at Amazon", "The tablet with the big screen is cheaper than ever before at Amazon."), ("Amazon cuts the price of its speaker", "Whoever wants music in the kitchen pays less at Amazon this week."), 0, False),
        # two products of one firm, reviewed by one author
        (("Google's phone is a joy", "It fits the hand.\nGreta Quistgaard\nThe phone of Google has a fine camera, a bright screen and takes a day to empty."), ("Google's watch is a bore", "It hangs on the arm.\nGreta Quistgaard\nWhat Google sells for the wrist counts steps wrongly and forgets appointments."), 0, False),
        # two languages and nothing but the firm in common
        (("OpenAI opens an office", "OpenAI has opened an office in Oslo."), ("OpenAI senkt die Preise", "OpenAI verlangt weniger für sein Modell.", "de"), 0, False),
        # two firms cut as many jobs on one day
        (("Anthropic cuts 200 jobs", "Anthropic is laying off 200 people."), ("Databricks cuts 200 jobs", "Databricks is laying off 200 people in sales."), 0, False),
        # one firm, and the count is put right
        (("Anthropic cuts 200 jobs", "Anthropic is laying off 200 people."), ("Anthropic layoffs hit 250 workers", "Anthropic has laid off 250 people, more than was said at first."), 0, True),
        # a topic does not swallow what happens to people
        (("Apple may use models of Anthropic", "Apple thinks of models of Anthropic and OpenAI for Siri."), ("OpenAI lays off 40 people", "OpenAI is cutting 40 jobs in its device team."), 1, False),
    ],
)  # fmt: skip
def test_an_update_or_the_next_event(first, then, days, same):
    def made(n, row, day):
        title, text, *rest = row
        return item(n, title, text, at=f"2026-03-{2 + day:02}T09:00", lang=rest[0] if rest else "en")

    out = tell([made(1, first, 0), made(2, then, days)])
    assert (out[0]["story"] == out[1]["story"]) is same, out[1]["news"]


def test_deals_and_reviews_do_not_run_together():
    goods = ("laptop", "tablet", "phone", "watch", "speaker", "camera", "headset", "printer")
    out = tell(
        item(
            n,
            f"This Apple {thing} is {20 + n} dollars off at Amazon",
            f"The {thing} of Apple is at its lowest price at Amazon this week.",
            at=f"2026-03-0{2 + n // 2}T09:00",
        )
        for n, thing in enumerate(goods)
    )
    assert max(map(len, stories(out))) <= 2


JOINS = ("Petra Lindqvarn joins Cohere", "Petra Lindqvarn leaves Anthropic for Cohere.")


@pytest.mark.parametrize(
    ("first", "then", "action", "move"),
    [
        # called off in the words that could say it is on again
        (JOINS, ("Lindqvarn stays at Anthropic after all", "Petra Lindqvarn has changed her mind and stays at Anthropic."), "broadcast_change", ("Cohere", "denied")),
        # a rival has another destination: a fact that contradicts
        (JOINS, ("Petra Lindqvarn leaves Anthropic for Mistral AI", "Petra Lindqvarn goes to Mistral AI, people familiar with the matter said."), "thread_reply", None),
        # the destination was not known before
        (LEFT, ("Petra Lindqvarn joins Cohere", "Petra Lindqvarn, who left Anthropic, joins Cohere, we have learned."), "thread_reply", ("Cohere", "reported")),
        # the unit instead of the firm is no other destination
        (("Petra Lindqvarn joins Google", "Petra Lindqvarn leaves Anthropic for Google."), ("Google DeepMind wins Petra Lindqvarn", "It was not Anthropic that could keep her: Petra Lindqvarn works at Google DeepMind from now on, we have learned."), "edit_in_place", None),
        # a newsletter brings nothing of its own, nor further people into the story
        (JOINS, ("This week in AI: moves at Cohere and xAI", "Petra Lindqvarn joined Cohere from Anthropic, and Bashir Morrowby left xAI."), "none", ("Cohere", "reported")),
        (JOINS, ("Wochenrückblick: Wechsel bei Cohere", "Petra Lindqvarn wechselt von Anthropic zu Cohere.", "de"), "none", ("Cohere", "reported")),
    ],
)  # fmt: skip
def test_what_a_later_article_brings(first, then, action, move):
    title, text, *rest = then
    out = tell([item(1, *first), item(2, title, text, at="2026-03-03T09:00", lang=rest[0] if rest else "en")])
    assert out[0]["story"] == out[1]["story"]
    assert out[1]["action"] == action, out[1]["news"]
    if move:
        assert [(m["to"], m["status"]) for m in out[1]["moves"]] == [move]


@pytest.mark.parametrize(
    ("one", "other", "one_house"),
    [
        ("Google DeepMind", "Google", True),
        ("google", "Google DeepMind", True),  # either way
        ("Anthropic", "anthropic", True),
        ("Google DeepMind", "Meta", False),
        ("Google", "Microsoft", False),
    ],
)
def test_a_unit_and_its_owner_are_of_one_house(one, other, one_house):
    assert akin(org_key(one), org_key(other)) is one_house


@pytest.mark.parametrize(
    ("language", "text", "behind"),
    [
        ("en", "The team is gone, following the exit of PERSON.", True),
        ("en", "Days after Acme hired PERSON, another goes.", True),
        ("en", "After ten years at Acme, PERSON leaves.", False),  # the clause is over
        ("en", "After some had left, including PERSON, Acme acts.", True),  # an example of those before
        ("en", "Some have left, including PERSON.", False),
        ("de", "Nach dem Abgang von PERSON löst Acme das Team auf.", True),
        ("de", "Nach zehn Jahren bei Acme geht PERSON.", False),  # a time
        ("de", "Nach seinem Abschied gründet PERSON Acme.", False),  # the name is yet to come
        ("it", "Dopo l'addio di PERSON Acme chiude il gruppo.", True),
        ("fr", "Après le départ de PERSON, Acme réagit.", True),
        ("es", "Tras la salida de PERSON, Acme reacciona.", True),
        ("pt", "Após a saída de PERSON, a Acme reage.", True),
        ("nl", "Na het vertrek van PERSON grijpt Acme in.", True),
        ("pl", "Po odejściu PERSON Acme reaguje.", True),
        ("ru", "После ухода PERSON Acme меняет планы.", True),
        ("tr", "PERSON ayrıldıktan sonra Acme ekibi kapattı.", True),
        ("ja", "PERSON氏の退社を受けてAcmeが動いた。", True),
        ("zh", "继PERSON离职之后，Acme解散团队。", True),
        ("ko", "PERSON의 퇴사에 이어 Acme가 움직였다.", True),
        ("ar", "بعد رحيل PERSON أغلقت Acme الفريق.", True),
        ("hi", "PERSON के जाने के बाद Acme ने टीम बंद की।", True),
        ("tr", "PERSON, Acme'den ayrıldı.", False),
        ("ja", "PERSON氏がAcmeを退社した。", False),
    ],
)
def test_a_name_that_the_news_merely_comes_after(language, text, behind):
    start = text.index("PERSON")
    assert is_behind(text, start, start + len("PERSON"), language) is behind


@pytest.mark.parametrize(
    ("text", "credited"),
    [
        ("Image Credits: PERSON / Agency", True),
        ("By PERSON, our correspondent", True),
        ("She was hired by PERSON", False),  # who does it
        ("Foto: PERSON", True),
        ("记者 PERSON 报道", True),
        ("PERSON 기자", True),
        ("A headline\nPERSON\nThe text", True),  # alone on a line
        ("PERSON leaves Acme", False),
    ],
)
def test_who_wrote_a_text_or_took_its_picture(text, credited):
    start = text.index("PERSON")
    assert is_credit(text, start, start + len("PERSON")) is credited


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_not_and_makes_offers(language):
    for phrase in phrases().kinds["negates"][language]:
        assert is_negated(f"... {phrase} ...", language)
    for phrase in phrases().kinds["offers"][language]:
        assert offers(fold(f"... {phrase} "), language)


def test_a_file_of_phrases_with_faults_names_them_all():
    with pytest.raises(ConfigError) as told:
        read_phrases("unheard: [x]\nown:\n  en: [a, a, '']\n  xx: [b]\nbehind_after:\n  tr: [sonra]\n")
    said = " ".join(map(str, told.value.problems))
    for part in ("unheard", "own.xx", "own.it", "is no phrase", "twice", "negates"):
        assert part in said

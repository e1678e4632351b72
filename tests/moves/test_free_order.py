"""Verbs whose mover stands on either side, verbs in two parts, cases instead of prepositions."""

from __future__ import annotations

import pytest

from bot.lexicon import load
from bot.moves.judge import Watch, compile_watch, judge

Move = tuple[str, str | None, str | None]


@pytest.fixture(scope="module")
def watch() -> Watch:
    return compile_watch(load())


CASES: list[tuple[str, str, list[Move], str]] = [
    (
        "de",
        "Nach Jahren bei Nvidia wechselt Gesine Ebner zu OpenAI",
        [("Gesine Ebner", "Nvidia", "OpenAI")],
        "verb first",
    ),
    ("de", "OpenAI hat Gesine Ebner von Nvidia abgeworben", [("Gesine Ebner", "Nvidia", "OpenAI")], "participle last"),
    ("de", "Gesine Ebner wurde von OpenAI abgeworben", [("Gesine Ebner", None, "OpenAI")], "von after a passive"),
    ("de", "Meta wirbt Gesine Ebner von OpenAI ab", [("Gesine Ebner", "OpenAI", "Meta")], "verb in two parts"),
    (
        "nl",
        "Na acht jaar bij Nvidia stapt Joris Bakker over naar OpenAI",
        [("Joris Bakker", "Nvidia", "OpenAI")],
        "both",
    ),
    ("it", "OpenAI strappa a Nvidia Tancredi Valmori", [("Tancredi Valmori", "Nvidia", "OpenAI")], "taken from: a"),
    ("it", "Tancredi Valmori è stato assunto da OpenAI", [("Tancredi Valmori", None, "OpenAI")], "da after a passive"),
    ("es", "OpenAI ficha a Hilario Cantero", [("Hilario Cantero", None, "OpenAI")], "a before a person"),
    ("es", "Hilario Cantero deja Cohere por OpenAI", [("Hilario Cantero", "Cohere", "OpenAI")], "one for another"),
    ("es", "Hilario Cantero pasa de Cohere a OpenAI", [("Hilario Cantero", "Cohere", "OpenAI")], "de is from whom"),
    (
        "pt",
        "Evandro Quintela troca a Cohere pela OpenAI",
        [("Evandro Quintela", "Cohere", "OpenAI")],
        "a is an article",
    ),
    ("ru", "OpenAI покинул Аркадий Лунин", [("Аркадий Лунин", "OpenAI", None)], "object first"),
    ("ru", "Meta переманила Тимофея Лунина из OpenAI", [("Тимофей Лунин", "OpenAI", "Meta")], "declined object"),
    ("tr", "Meta, Tolga Keskinel'i OpenAI'dan transfer etti", [("Tolga Keskinel", "OpenAI", "Meta")], "suffixes"),
    (
        "tr",
        "OpenAI'dan ayrılan Tolga Keskinel Meta'ya katıldı",
        [("Tolga Keskinel", "OpenAI", "Meta")],
        "participle first",
    ),
]


@pytest.mark.parametrize(("code", "text", "moves", "reason"), CASES, ids=[case[3] + f" ({case[0]})" for case in CASES])
def test_the_mover_and_both_ends_are_read(watch: Watch, code: str, text: str, moves: list[Move], reason: str) -> None:
    found = judge(watch, text, "", code).moves
    assert [(move.person, move.from_org, move.to_org) for move in found] == moves, reason


@pytest.mark.parametrize(
    ("code", "text", "reason"),
    [
        ("it", "Perplexity aderisce al programma OpenAI for Startups, dice Ottavia Neri", "a programme is no employer"),
        ("pt", "A OpenAI contrata engenheiros e Evandro Quintela comemora", "another clause begins"),
        ("tr", "OpenAI yeni bir model tanıttı", "ye of yeni is no suffix"),
        ("pt", "Evandro Quintela se torna a pessoa mais rica, à frente da OpenAI", "to become needs a post"),
        ("de", "OpenAI wirbt für Haber und Söhne", "ab of Haber is no second half of a verb"),
    ],
)
def test_nobody_moves(watch: Watch, code: str, text: str, reason: str) -> None:
    assert judge(watch, text, "", code).moves == (), reason


def test_what_a_list_of_past_moves_tells_is_no_news(watch: Watch) -> None:
    past = "Rafał Tokarz w 2021 roku odszedł z Cohere do OpenAI, a Ewa Sowa we wrześniu opuściła xAI."
    finding = judge(watch, "Wykład o przeszłości", f"Zapisy trwają do piątku. {past}", "pl")
    assert finding.moves == ()


def test_a_family_name_may_be_an_ordinary_word(watch: Watch) -> None:
    assert [m.person for m in judge(watch, "Hanna Lis odeszła z OpenAI", "", "pl").moves] == ["Hanna Lis"]


def test_a_small_word_of_the_language_is_no_term_of_ai(watch: Watch) -> None:
    reasons = judge(watch, "OpenAI parla ai dipendenti del nuovo ufficio di Roma", "", "it").reasons
    assert not any(reason.rule.startswith("ai.") for reason in reasons)


def test_a_firm_of_ai_need_not_be_known(watch: Watch) -> None:
    flags = {r.rule for r in judge(watch, "Le laboratoire d'IA Rivoli supprime 21 postes", "", "fr").reasons}
    assert "flag.layoff.title.ai" in flags


def test_a_title_without_small_words_tells_its_language(watch: Watch) -> None:
    assert judge(watch, "Aleph Alpha verliert Mitgründer Ruprecht Vogelsang an Microsoft", "").language == "de"

"""What can be used and is hardly meant is a warning that says what to write instead; what is meant is none."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.config import WatchEntry, Watchlist, scrutinise
from bot.config.spellings import nearest
from bot.lexicon import load as load_lexicon
from bot.moves.judge import compile_watch, judge

NOW = datetime(2026, 11, 24, tzinfo=UTC)
FEED = "feeds: [https://news.example.com/feed]\n"
SLACK = "slack: {channel: C0123456789}\n"


def watching(group: str, *entries: str) -> str:
    return f"{FEED}watchlist:\n  {group}:\n" + "".join(f"    - {entry}\n" for entry in entries)


def told(folder: Path, text: str) -> list[tuple[int, str, str]]:
    path = folder / "config.yaml"
    path.write_text(text, "utf-8")
    report = scrutinise(path, load_lexicon(), NOW)
    assert all(problem.column for problem in report.warnings)
    return [(problem.line, problem.key, problem.message) for problem in report.warnings]


# (why, the file, (line, key, words) of each warning and no more)
DOUBTFUL: list[tuple[str, str, list[tuple[int, str, str]]]] = [
    (
        "a letter that looks like another",
        watching("organisations", "OpenAl", "Hugging-Face"),
        [
            (4, "watchlist.organisations[0]", "did you mean OpenAI?"),
            (5, "watchlist.organisations[1]", "did you mean Hugging Face?"),
        ],
    ),
    (
        "a letter too much or too few; two of a long name",
        watching("organisations", "Antropic", "Thinkin Machine Lab"),
        [
            (4, "watchlist.organisations[0]", "did you mean Anthropic?"),
            (5, "watchlist.organisations[1]", "did you mean Thinking Machines Lab?"),
        ],
    ),
    ("two letters swapped", watching("people", "Sam Atlman"), [(4, "watchlist.people[0]", "did you mean Sam Altman?")]),
    (
        "a person among the organisations, and the other way about",
        f"{FEED}watchlist: {{organisations: [Sam Altman], people: [OpenAI]}}\n",
        [
            (2, "watchlist.organisations[0]", "put it under watchlist.people"),
            (2, "watchlist.people[0]", "put it under watchlist.organisations"),
        ],
    ),
    (
        "an alias that is an ordinary word in some language, or somebody else",
        watching("organisations", "{name: Norvane AI, aliases: [Window, Fenster, DeepMind]}"),
        [
            (4, "watchlist.organisations[0].aliases[0]", "ordinary word (en)"),
            (4, "watchlist.organisations[0].aliases[1]", "ordinary word (de)"),
            (4, "watchlist.organisations[0].aliases[2]", "spelling of Google DeepMind"),
        ],
    ),
    (
        "a first name stands for many",
        watching("people", "{name: Ada Ferrano, aliases: [Ada]}"),
        [(4, "watchlist.people[0].aliases[0]", "first name of many")],
    ),
    (
        "what no text holds once it is read",
        watching("people", "'!!!'", '"Ada\\u200b Ferrano"', "Ada  Ferrano", "Ada &amp; Co", "“Ada Byron”", "Аda Byron"),
        [
            (4, "watchlist.people[0]", "no letter"),
            (5, "watchlist.people[1]", "write 'Ada Ferrano'"),
            (6, "watchlist.people[2]", "write 'Ada Ferrano'"),
            (7, "watchlist.people[3]", "write 'Ada & Co'"),
            (8, "watchlist.people[4]", "write 'Ada Byron'"),
            (9, "watchlist.people[5]", "Cyrillic and Latin"),
        ],
    ),
    (
        "patterns are for keywords, and are no regular expressions",
        watching("people", "Ferrano*"),
        [(4, "watchlist.people[0]", "patterns go under watchlist.keywords")],
    ),
    (
        "patterns that the matcher does not take, or that are not linear",
        watching(
            "keywords", "'(a+)+$'", "a … b … c", "chief…officer", "'*poach'", "chief … offic*", "… b", "a*", "the"
        ),
        [
            (4, "watchlist.keywords[0]", "no regular expression"),
            (5, "watchlist.keywords[1]", "Make two keywords"),
            (6, "watchlist.keywords[2]", "write a gap as ` … `"),
            (7, "watchlist.keywords[3]", "at the end of the first words"),
            (8, "watchlist.keywords[4]", "before a gap"),
            (9, "watchlist.keywords[5]", "write a gap as ` … `"),
            (10, "watchlist.keywords[6]", "nearly every text"),
            (11, "watchlist.keywords[7]", "nearly every text"),
        ],
    ),
    (
        "hidden by its own `not`; a `not` that hides nothing",
        watching("organisations", "{name: Norvane AI, aliases: [NVA], not: [nva, Wind Corp]}"),
        [
            (4, "watchlist.organisations[0].aliases[0]", "can never match: its own `not`"),
            (4, "watchlist.organisations[0].not[1]", "hides nothing"),
        ],
    ),
    (
        "weight 0 of what is not known anyway",
        f"{FEED}watchlist: {{keywords: [{{name: robots, weight: 0}}], organisations: [{{name: Oracle, weight: 0}}]}}\n",
        [(2, "watchlist.keywords[0].weight", "counts for nothing")],
    ),
    (
        "one spelling of two, and twice in one entry",
        watching(
            "organisations", "{name: Norvane, aliases: [Norva, norva]}", "{name: Zedlab, aliases: [Norva]}", "Norvane"
        ),
        [
            (4, "watchlist.organisations[0].aliases[1]", "in this entry already, on line 4"),
            (5, "watchlist.organisations[1].aliases[0]", "spelling of Norvane already, on line 4"),
            (6, "watchlist.organisations[2]", "stands on line 4 already"),
        ],
    ),
    (
        "a route that knows nobody, by the shipped names and the own ones",
        (
            f"{FEED}{SLACK}watchlist: {{organisations: [Norvane AI]}}\nroutes:\n"
            "  - {channel: C0123456789, organisations: [OpenAl, Norvan AI, Sam Altman]}\n"
        ),
        [
            (5, "routes[0].organisations[0]", "did you mean OpenAI?"),
            (5, "routes[0].organisations[1]", "did you mean Norvane AI?"),
            (5, "routes[0].organisations[2]", "write it under `people`"),
        ],
    ),
    (
        "a route that can never match, or not otherwise",
        (
            f"{FEED}{SLACK}mute: [{{what: Google DeepMind}}]\nroutes:\n  - {{channel: C0123456780, organisations: [DeepMind]}}\n"
            "  - {channel: C0123456781, languages: [sv], min_score: 0.5}\n  - {channel: C0123456781, languages: [sv], min_score: 0.5}\n"
        ),
        [
            (5, "routes[0].organisations", "muted on line 3"),
            (6, "routes[1].languages[0]", "no language that the bot reads"),
            (6, "routes[1].min_score", "changes nothing"),
            (7, "routes[2]", "same route as on line 6"),
            (7, "routes[2].languages[0]", "no language that the bot reads"),
            (7, "routes[2].min_score", "changes nothing"),
        ],
    ),
    (
        "stories that match no route go nowhere",
        f"{FEED}routes: [{{channel: C0123456789, kinds: [layoff]}}]\n",
        [(2, "routes", "give slack.channel")],
    ),
    (
        "mutes: misspelt, over, twice, of somebody who is watched",
        (
            f"{FEED}watchlist: {{people: [Ada Ferrano]}}\nmute:\n  - {{what: OpenAl}}\n  - {{what: a.example, until: 2026-11-22}}\n"
            "  - {what: b.example, until: 2026-11-24}\n  - {what: B.example}\n  - {what: ada ferrano}\n"
        ),
        [
            (4, "mute[0].what", "did you mean OpenAI?"),
            (5, "mute[1].until", "over since 2026-11-23"),
            (7, "mute[3]", "muted on line 6 already"),
            (8, "mute[4]", "on the watchlist, line 2"),
        ],
    ),
    (
        "feeds, searches and packs that are one",
        (
            "feeds:\n  - {news: AI lab}\n  - {news: ai  lab, lang: en}\n  - https://a.example/f\n  - http://www.a.example/f/\n"
            "packs: [lab-blogs, lab-blogs]\n"
        ),
        [
            (3, "feeds[1]", "same search as on line 2"),
            (5, "feeds[3]", "same feed as on line 4"),
            (6, "packs[1]", "same pack as on line 6"),
        ],
    ),
    (
        "a feed that a pack brings anyway, unless it is set otherwise",
        (
            "feeds:\n  - http://openai.com/news/rss.xml\n  - {url: https://deepmind.google/blog/rss.xml, every: 1h}\n"
            "packs: [lab-blogs]\n"
        ),
        [(2, "feeds[0]", "of the pack lab-blogs too")],
    ),
    (
        "the whole of the own net",
        f"{FEED}network: {{allow_private: [0.0.0.0/0]}}\n",
        [(2, "network.allow_private[0]", "all of your net")],
    ),
    (
        "doubts stand beside errors",
        f"{FEED}watchlist: {{organisations: [OpenAl]}}\nthresholds: {{alert: high}}\n",
        [(2, "watchlist.organisations[0]", "did you mean OpenAI?")],
    ),
]


@pytest.mark.parametrize(("text", "faults"), [row[1:] for row in DOUBTFUL], ids=[row[0] for row in DOUBTFUL])
def test_what_is_hardly_meant_is_named_with_its_place(tmp_path: Path, text: str, faults: list[tuple[int, str, str]]):
    found = told(tmp_path, text)
    assert [row[:2] for row in found] == [row[:2] for row in faults], found
    for (_, _, message), (_, _, words) in zip(found, faults, strict=True):
        assert words in message


MEANT = [
    ("names that nobody knows", watching("organisations", "Norvane AI", "Quellhof", "三笠ラボ", "Ёлка Лаб", "C3.ai")),
    ("a misspelling as an alias of whom it means", watching("organisations", "{name: OpenAI, aliases: [OpenAl, Open-AI]}")),
    ("less weight for somebody who is known", watching("organisations", "{name: Oracle, weight: 0}")),
    ("keywords are ordinary words, and patterns", watching("keywords", "robots", "poach*", "chie* … officer", "C++", "vice president")),
    ("a `not` that holds a shipped spelling", watching("organisations", "{name: Google DeepMind, not: [DeepMind Street]}")),
    ("a known person of one name", watching("people", "Andrej Karpathy", "{name: Ada Ferrano, aliases: [Ferrano]}")),
    ("short names have too many neighbours", watching("organisations", "Beta", "xBI")),
    ("a mute of an outlet, one that ends later", f"{FEED}mute: [{{what: The Daily Loop}}, {{what: a.example, until: 2026-11-25}}]\n"),
    ("a route to somebody whom texts name by themselves", f"{FEED}{SLACK}routes: [{{channel: C0123456789, people: [Ada Ferrano]}}]\n"),
]  # fmt: skip


@pytest.mark.parametrize("text", [row[1] for row in MEANT], ids=[row[0] for row in MEANT])
def test_what_is_meant_is_no_doubt(tmp_path: Path, text: str):
    assert told(tmp_path, text) == []


def test_nobody_who_is_known_is_taken_for_a_misspelling_of_another():
    from bot.config.spellings import Known

    known = Known.of(load_lexicon())
    for name in ("OpenAI", "Anthropic", "Mistral AI", "Sam Altman"):
        assert nearest(name, known.names) == known.names[name.lower()]
    assert nearest("Norvane", known.names) is None


@pytest.mark.parametrize("name", ["Quill", "Quillon", "Paper Lantern Labs"])
def test_each_kind_of_slip_is_found_in_names_short_and_long(name: str):
    known = {name: name, "Copper Kettle": "Copper Kettle", "Teal Otter": "Teal Otter"}
    for at in range(len(name)):
        for slip in (f"{name[:at]}x{name[at + 1 :]}", f"{name[:at]}x{name[at:]}"):
            assert nearest(slip, known) == name, slip
    for at in range(len(name) - 1):
        assert nearest(f"{name[:at]}{name[at + 1]}{name[at]}{name[at + 2 :]}", known) == name


def test_a_keyword_hidden_by_its_not_and_one_of_no_weight_open_no_text():
    """Otherwise the warnings about them would be wrong."""

    def seen(entry: WatchEntry, text: str) -> bool:
        watch = compile_watch(load_lexicon(), Watchlist(keywords=(entry,)))
        return judge(watch, text, "", "en").reasons[0].rule != "gate"

    text = "The submarine club names a new head"
    assert seen(WatchEntry(name="submarine"), text)
    assert not seen(WatchEntry(name="submarine", **{"not": ["submarine club"]}), text)
    assert seen(WatchEntry(name="submarine", **{"not": ["submarine club"]}), "The submarine firm names a new head")
    assert not seen(WatchEntry(name="submarine", weight=0), text)

"""A year of a made-up world: who moved is known, and the flows of the ledger must say exactly that."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from bot.model import Status, Story, StoryId, StoryMove, Telling
from bot.stories.ledger import Flows, flows, ledger
from tests.stories.telling import FIRMS, item, tell

GIVEN = (
    "Anneke",
    "Bashir",
    "Chiara",
    "Dmitri",
    "Elif",
    "Farouk",
    "Greta",
    "Hamish",
    "Ingrid",
    "Joaquim",
    "Kirsten",
    "Leandro",
)
FAMILY = (
    "Okoywick",
    "Tarrantino",
    "Hrubecek",
    "Vantervelde",
    "Morrowby",
    "Quistgaard",
    "Ibarrano",
    "Lindqvarn",
    "Ashgrovena",
    "Petrakov",
)
TELLINGS = (
    ("en", "{p} leaves {a} to join {b}", "The researcher told colleagues on Monday."),
    ("en", "{b} hires {p} from {a}", "{p} starts next month, {b} said."),
    ("en", "{a} loses {p} to {b}", "It is a blow for {a}."),
    ("en", "{p}, formerly of {a}, joins {b}", "{b} confirmed the hire."),
    ("it", "{p} lascia {a} per {b}", "Lo ha annunciato l'azienda."),
    ("de", "{p} wechselt von {a} zu {b}", "Das teilte das Unternehmen mit."),
    ("fr", "{p} quitte {a} pour {b}", "L'entreprise l'a confirmé."),
)
START = datetime(2025, 1, 6, 9, tzinfo=UTC)
RETURN_AFTER = 90  # days


def year(seed: int, moves: int = 48) -> tuple[list[dict], Counter[tuple[str, str]], int]:
    """Return the items of a year in order of time, how often each pair of firms saw a move, and how many came back."""
    draw = random.Random(seed)
    people = [f"{given} {family}" for given in GIVEN for family in FAMILY]
    draw.shuffle(people)
    truth: Counter[tuple[str, str]] = Counter()
    items: list[tuple[datetime, dict]] = []
    returns = 0

    def told(person: str, source: str, target: str, day: int) -> None:
        truth[source, target] += 1
        for n, (lang, title, text) in enumerate(draw.sample(TELLINGS, k=draw.choice((1, 2, 3)))):
            at = START + timedelta(days=day, hours=5 * n)
            words = {"p": person, "a": source, "b": target}
            one = item(len(items), title.format(**words), text.format(**words), at=f"{at:%Y-%m-%dT%H:%M}", lang=lang)
            items.append((at, one))

    for _ in range(moves):
        person, day = people.pop(), draw.randrange(0, 250)
        source, target = draw.sample(FIRMS, 2)
        told(person, source, target, day)
        if draw.random() < 0.1:
            told(person, target, source, day + RETURN_AFTER)
            returns += 1
    return [one for _, one in sorted(items, key=lambda pair: pair[0])], truth, returns


def counted(items: list[dict]) -> Flows:
    """Return the flows of the stories as they stand at the end."""
    at = {one["id"]: datetime.fromisoformat(one["published"]) for one in items}
    first: dict[str, datetime] = {}
    last: dict[str, list[dict]] = {}
    for row in tell(items):
        first.setdefault(row["story"], at[row["id"]])
        last[row["story"]] = row["moves"]
    stories = [
        Story(
            StoryId(key), "", "", first[key], first[key], (), (), (), 0.9, telling=Telling(moves=tuple(map(kept, rows)))
        )
        for key, rows in last.items()
    ]
    return flows(ledger(stories))


def kept(row: dict) -> StoryMove:
    return StoryMove((row["person"],), row["from"] or "", row["to"] or "", "", Status(row["status"]), 0.0, "")


@pytest.mark.parametrize("seed", [3, 11])
def test_a_year_of_moves_comes_out_exactly(seed: int) -> None:
    items, truth, returns = year(seed)
    found = counted(items)
    assert {(a, b): n for a, b, n in found.pairs} == dict(truth)
    assert sum(f.gains for f in found.firms) == sum(f.losses for f in found.firms) == truth.total()
    assert len(found.boomerangs) == returns
    assert [stay.length for stay in found.stays] == [timedelta(days=RETURN_AFTER)] * returns

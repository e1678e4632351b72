"""Stories and edits for the laws: short texts of invented people, some names known, some watched, some neither."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import strategies as st

from tests.tuning.newsroom import CHANNEL, HERALD, LOOP, OTHER, Item

ORGANISATIONS = [
    "Norvane AI",
    "Quillstone Labs",
    "Zorvatek",
    "Palewater Systems",
    "OpenAI",
    "Meta",
    "Sana",
    "Brightmoor",
]
PEOPLE = ["Ada Ferrano", "Bashir Olufemi", "Imogen Tarrant", "Quenby Astrand", "Sam Altman", "Kestrin Vole"]
PLAIN = [
    "A ferry is late for the third time this week",
    "{a} shows a new model for long texts",
    "{a} and {b} agree on a price for chips",
    "The kettle market grows, says {p} of {a}",
    "Opinion: what {a} should do about its board",
]
TELLING = [
    "{a} hires {p} from {b} as chief scientist",
    "{p} leaves {a} to join {b}",
    "{p} joins {b}",
    "{a} names {p} head of research",
    "{p} verlässt {a} und wechselt zu {b}",
    "{p} quitte {a} pour rejoindre {b}",
    "{a} lays off 40 researchers after the orchid clause",
    "{p} denies that he leaves {a} for {b}",
    "Altman poaches {p} from {a}",
    "It is official: @quenbyastrand is leaving {a} for {b}",
    "{a} poaches three researchers from {b}, sources say",
]
BODIES = [
    "",
    "{p}, who led the safety team at {a}, will join {b} next month, the company said on Monday. {b} declined to comment.",
    "The company made no further statement. Nobody said more about the plans of the group that day, nor about the orchid clause.",
    "{a} confirmed the news. Its AI researchers had asked for it, said {p}.",
]


def items(count: int, seed: int = 1) -> list[Item]:
    """Return that many articles, some of them of one event, in both feeds."""
    draw = random.Random(seed)
    made: list[Item] = []
    while len(made) < count:
        a, b = draw.sample(ORGANISATIONS, 2)
        names = {"a": a, "b": b, "p": draw.choice(PEOPLE)}
        pool = TELLING if draw.random() < 0.7 else PLAIN
        for _ in range(draw.choice((1, 1, 2, 3))):
            title, body = draw.choice(pool), draw.choice(BODIES)
            feed = draw.choice((LOOP, HERALD))
            made.append(Item(title.format(**names), body.format(**names), feed, draw.choice((0.5, 3.0, 12.0, 40.0))))
    return made[:count]


def entries(pool: list[str]) -> st.SearchStrategy[list[Any]]:
    one = st.sampled_from(pool)
    weighed = st.builds(lambda n, w: {"name": n, "weight": w}, one, st.sampled_from((0.0, 0.5, 1.0, 2.0)))
    aliased = st.builds(lambda n, a: {"name": n, "aliases": [a]}, one, st.sampled_from(pool))
    hidden = st.builds(lambda n: {"name": n, "not": [f"{n} as chief"]}, one)
    return st.lists(st.one_of(one, weighed, aliased, hidden), max_size=4)


EDITS = st.fixed_dictionaries(
    {},
    optional={
        "watchlist": st.fixed_dictionaries(
            {"organisations": entries(ORGANISATIONS), "people": entries(PEOPLE)},
            optional={"keywords": entries(["orchid clause", "kettle*", "poach", "made … statement"])},
        ),
        "thresholds": st.sampled_from([{"alert": 0.6}, {"alert": 0.97}, {"digest": 0.3}, {"digest": 0.7}]),
        "mute": st.sampled_from([[{"what": "Meta"}], [{"what": "Ada Ferrano"}], [{"what": "herald.example"}]]),
        "feeds": st.sampled_from(
            [[LOOP], [HERALD], [{"url": LOOP, "owner": "Press"}, {"url": HERALD, "owner": "Press"}]]
        ),
        "routes": st.sampled_from([[{"channel": OTHER, "kinds": ["hire"]}], [{"channel": OTHER, "people": ["Vole"]}]]),
        "slack": st.sampled_from([{"channel": OTHER}, {"channel": CHANNEL, "updates": {"saga": "new"}}]),
    },
)

"""A number is news only with what it counts, and only where the story is measured in that."""

from __future__ import annotations

import pytest

from bot.lexicon import load
from bot.stories.words import counts_of


@pytest.mark.parametrize(
    ("language", "text", "counts"),
    [
        ("en", "Quillon AI lets go of 40 of its senior researchers.", {"people:40"}),
        ("en", "The lab has rented 1,000 square metres for its researchers.", set()),  # of something else
        ("en", "In 2026, on page 300, it wrote of 15 years of work by employees.", set()),  # a year, a page, a time
        ("en", "It pays up to $2.4 billion. That is 12 million pounds each.", {"money:$2400000000", "money:£12000000"}),
        ("en", "The model has 70 billion parameters and 400 users.", set()),
        ("de", "Nordlicht KI zahlt 30 Millionen Euro und entlässt 120 Forscher.", {"money:€30000000", "people:120"}),
        ("es", "Pagará 40 millones de dólares.", {"money:$40000000"}),
        ("ja", "量子社は従業員を減らす。120人の研究者が去り、30億円を払う。", {"people:120", "money:¥3000000000"}),
        ("ru", "Компания уволила 250 сотрудников.", {"people:250"}),
    ],
)
def test_what_numbers_count(language, text, counts):
    assert set(counts_of(text, load().languages[language].words["people_nouns"])) == counts

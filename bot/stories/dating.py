"""Witness -> when a move takes effect, as its article says: "in July", "on 3 March", "from January 2027"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from bot.lexicon.tables import counting
from bot.stories.traits import named_in
from bot.stories.witness import Witness, dates_of
from bot.stories.words import MONTHS

_BEFORE, _AFTER = timedelta(days=62), timedelta(days=400)  # what lies further off is another event
_IN_MONTH = re.compile(rf"(?<!\w)(?:{'|'.join(counting().in_month)}) ([^\W\d_]{{3,12}})(?! ?\d)(?!\w)")
_CJK_MONTH = re.compile(r"(?<!\d)(\d{1,2})[月월](?!\s?\d)")


def when(one: Witness, person: Sequence[str], at: float, *, group: bool = False) -> str:
    """Return the date that a witness gives for what a person does, "2026-07-03" or "2026-07".

    It is the only date near `at` (seconds) in the sentences that name the person, of a group in the first two; "" where
    none or more than one stands there, since a date that might be another's is none.
    """
    told = one.sentences[:2] if group else [s for s in one.sentences if named_in(person, s, one.people)]
    seen = datetime.fromtimestamp(at, UTC)
    found = {date for sentence in told for date in _near(sentence, seen)}
    days = {date for date in found if len(date) > len("2026-07")}
    found -= {day[: len("2026-07")] for day in days}
    return found.pop() if len(found) == 1 else ""


def _near(sentence: str, seen: datetime) -> Iterator[str]:
    """Yield the dates of a folded sentence that lie about `seen`."""
    for date in dates_of(sentence):
        month, _, rest = date.removeprefix("date:").partition("-")
        yield from _dated(int(month), int(rest), seen) if len(rest) < 4 else _month(int(month), (int(rest),), seen)
    for word in _IN_MONTH.findall(sentence):
        if word in MONTHS:
            yield from _month(MONTHS[word], _years(seen), seen)
    for number in _CJK_MONTH.findall(sentence):
        if 1 <= int(number) <= 12:
            yield from _month(int(number), _years(seen), seen)


def _years(seen: datetime) -> tuple[int, ...]:
    """Return the years that one without a year may mean, the likeliest first."""
    return seen.year, seen.year + 1, seen.year - 1


def _dated(month: int, day: int, seen: datetime) -> Iterator[str]:
    for year in _years(seen):
        try:
            date = datetime(year, month, day, tzinfo=UTC)
        except ValueError:
            continue
        if seen - _BEFORE <= date <= seen + _AFTER / 2:
            yield f"{date:%Y-%m-%d}"
            return


def _month(month: int, years: Sequence[int], seen: datetime) -> Iterator[str]:
    reach = _AFTER if len(years) == 1 else _AFTER / 2
    for year in years:
        first = datetime(year, month, 1, tzinfo=UTC)
        if seen - _BEFORE - timedelta(days=30) <= first <= seen + reach:
            yield f"{first:%Y-%m}"
            return

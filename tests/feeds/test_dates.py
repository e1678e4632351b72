"""Dates as feeds write them; those that cannot be read beyond doubt are none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds import dates


def at(*numbers: int) -> datetime:
    return datetime(*numbers, tzinfo=UTC)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tue, 08 Jul 2025 12:00:00 GMT", at(2025, 7, 8, 12)),
        ("Tue, 08 Jul 2025 12:00:00 +0530", at(2025, 7, 8, 6, 30)),
        ("Tue, 08 Jul 2025 12:00:00 CEST", at(2025, 7, 8, 10)),  # feedparser: 12
        ("Tue, 08 Jul 2025 12:00:00 EST", at(2025, 7, 8, 17)),
        ("Tue, 08 Jul 2025 12:00:00 GMT+8", at(2025, 7, 8, 4)),  # feedparser: None
        ("Tue, 08 Jul 2025 12:00:00 JST", at(2025, 7, 8, 3)),
        ("8 Jul 2025 12:00", at(2025, 7, 8, 12)),
        ("2025-07-08", at(2025, 7, 8)),
        ("2025-07-08T12:00:00", at(2025, 7, 8, 12)),
        ("2025-07-08T12:00:00Z", at(2025, 7, 8, 12)),
        ("2025-07-08T12:00:00.123+02:00", at(2025, 7, 8, 10).replace(microsecond=123_000)),
        ("2025-07-08 12:00:00 +0200", at(2025, 7, 8, 10)),
        ("1751882400", at(2025, 7, 7, 10)),  # feedparser: the year 1751
        ("1751882400000", at(2025, 7, 7, 10)),
        ("2025年07月07日 10:00", at(2025, 7, 7, 10)),  # feedparser: 1 November
        ("2025年7月7日 10時05分", at(2025, 7, 7, 10, 5)),
        ("2025년 7월 7일", at(2025, 7, 7)),
        ("2020/1/10", at(2020, 1, 10)),  # day and month not swapped
        ("2020/1/10 8:05:00", at(2020, 1, 10, 8, 5)),
        ("8 luglio 2025", at(2025, 7, 8)),
        ("mar, 8 lug 2025 12:00:00 +0200", at(2025, 7, 8, 10)),  # "mar" is Tuesday here, not March
        ("8 juillet 2025 à 14:30", at(2025, 7, 8, 14, 30)),
        ("8. März 2025", at(2025, 3, 8)),
        ("8 de julio de 2025", at(2025, 7, 8)),
        ("1 août 2025", at(2025, 8, 1)),
        ("8 июля 2025", at(2025, 7, 8)),
        ("3 мая 2025", at(2025, 5, 3)),
        ("8 Ağustos 2025", at(2025, 8, 8)),
        ("8 października 2025", at(2025, 10, 8)),
        ("8 xyzember 2025", None),  # a month we do not know is none, not another one
        ("Sat, 31 Dec 2016 23:59:60 GMT", at(2016, 12, 31, 23, 59, 59)),  # a leap second
        ("Fri, 31 Dec 9999 23:59:59 GMT", None),
        ("Mon, 01 Jan 0001 00:00:00 GMT", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("yesterday", None),
        ("99999999999999999999", None),
        ("0", None),
        ("-1", None),
        ("Tue, 32 Jul 2025 25:61:61 +9999", None),
        ("2025-07-08T12:00:00+99:99", None),
        ("07/08/2025", None),  # which is the month?
        ("", None),
    ],
)
def test_dates_are_read_as_they_were_meant(text: str, expected: datetime | None) -> None:
    assert dates.parse(text) == expected


@given(st.text(max_size=60))
def test_no_text_raises(text: str) -> None:
    date = dates.parse(text)
    assert date is None or (date.tzinfo is UTC and date >= dates.EARLIEST)


@given(st.datetimes(datetime(1996, 1, 1), datetime(2090, 1, 1)))  # noqa: DTZ001 - the zone follows
def test_what_machines_write_comes_back(moment: datetime) -> None:
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    assert dates.parse(moment.strftime("%a, %d %b %Y %H:%M:%S +0000")) == moment
    assert dates.parse(moment.isoformat()) == moment
    assert dates.parse(f"{moment.year}年{moment.month}月{moment.day}日 {moment:%H:%M:%S}") == moment


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("July 1, 2026 3:05 PM", (2026, 7, 1, 15, 5)),
        ("Wed, 01 Jul 2026 12:05:00 AM GMT", (2026, 7, 1, 0, 5)),
        ("Wed, 01 Jul 2026 12:05 p.m.", (2026, 7, 1, 12, 5)),
        ("Wed, 01 Jul 2026 03:05:00 PM EST", (2026, 7, 1, 20, 5)),
        ("2026. 7. 1. 오후 3:05", (2026, 7, 1, 15, 5)),
        ("2026-07-01 下午 03:05", (2026, 7, 1, 15, 5)),
        ("2026年7月1日 午前 12時05分", (2026, 7, 1, 0, 5)),
        ("20260701T100500Z", (2026, 7, 1, 10, 5)),
        ("20260701T1005+0200", (2026, 7, 1, 8, 5)),
        ("2026-07-01 10:05:00 EST", (2026, 7, 1, 15, 5)),
        ("2026-07-01T10:05:00 CEST", (2026, 7, 1, 8, 5)),
        ("Wed, 01 Jul 2026 24:00:00 GMT", (2026, 7, 2, 0, 0)),
        ("2026-12-31T24:00:00+00:00", (2027, 1, 1, 0, 0)),
        ("01.07.2026 10:05", (2026, 7, 1, 10, 5)),  # with points the day comes first
        ("31.12.2026", (2026, 12, 31, 0, 0)),
        ("07/31/2026 10:05", (2026, 7, 31, 10, 5)),  # there is no 31st month
        ("31/07/2026", (2026, 7, 31, 0, 0)),
        ("07/07/2026", (2026, 7, 7, 0, 0)),  # either way
        ("1 يوليو 2026 10:05", (2026, 7, 1, 10, 5)),
        ("1 أيلول، 2026", (2026, 9, 1, 0, 0)),
        ("١ يوليو ٢٠٢٦", (2026, 7, 1, 0, 0)),
        ("1 जुलाई 2026 10:05", (2026, 7, 1, 10, 5)),
        ("1 मई 2026", (2026, 5, 1, 0, 0)),
        ("1 maart 2026", (2026, 3, 1, 0, 0)),
        ("1 marzo 2026", (2026, 3, 1, 0, 0)),
    ],
)
def test_more_ways_to_write_a_date(text: str, expected: tuple[int, ...]) -> None:
    assert dates.parse(text) == datetime(*expected, tzinfo=UTC)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["07/08/2026", "32.01.2026", "1.13.2026", "2026-07-01 25:00", "13/13/2026"])
def test_what_may_mean_two_days_or_none_is_no_date(text: str) -> None:
    assert dates.parse(text) is None

"""The dates that feeds write. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
_LATEST_YEAR = 2100

# Zones by name, in hours from UTC, that readers of RFC 822 dates do not know or take for UTC.
_ZONES = {
    "CEST": 2, "CET": 1, "MESZ": 2, "MEZ": 1, "EEST": 3, "EET": 2, "WEST": 1, "WET": 0, "BST": 1, "IST": 5.5, "MSK": 3,
    "JST": 9, "KST": 9, "HKT": 8, "SGT": 8, "AWST": 8, "AEST": 10, "AEDT": 11, "ACST": 9.5, "NZST": 12, "NZDT": 13,
    "BRT": -3, "ART": -3, "SAST": 2, "PKT": 5, "WIB": 7, "TRT": 3,
}  # fmt: skip
_ZONE = re.compile(rf"\b(?:{'|'.join(_ZONES)})$")
_GMT_OFFSET = re.compile(r"\b(?:GMT|UTC)\s*([+-])(\d{1,2})(?::?(\d{2}))?$")
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})$")
_EPOCH = re.compile(r"(\d{9,10})(\d{3})?(?:\.\d+)?")
_YEAR_ZERO = re.compile(r"\b0\d{3}\b(?!$)")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}.*)?")
_CLOCK = r"(?:\D{1,12}?(\d{1,2})[:時时시]\s?(\d{2})(?:[:分분]\s?(\d{2}))?)?"
_YEAR_FIRST = re.compile(rf"(\d{{4}})\s?[/.年년-]\s?(\d{{1,2}})\s?[/.月월-]\s?(\d{{1,2}}){_CLOCK}")
_DAY_FIRST = re.compile(
    rf"(?:^|[\s,])(\d{{1,2}})(?:\.|er|º)?\s+(?:de\s+)?([^\W\d]{{3,12}})\.?,?\s+(?:de\s+)?(\d{{4}}){_CLOCK}",
    re.IGNORECASE,
)
# The first letters of month names, enough to tell them apart, in languages that RFC 822 knows nothing of.
_MONTHS = (
    "jan gen ene янв oca led sty sij",
    "feb fev fév фев şub úno lut",
    "mar mär mrt мар bře",
    "apr avr abr апр nis dub kwi",
    "may mag mai maj mei мая май kvě",
    "jun giu juin июн haz čer cze",
    "jul lug juil июл tem čvc lip",
    "aug ago aoû août авг ağu srp sie",
    "sep set сен eyl zář wrz",
    "oct okt ott out окт eki říj paź",
    "nov ноя kas lis",
    "dec dez dic déc dés дек ara pro gru",
)
_MONTH = {name: month for month, names in enumerate(_MONTHS, 1) for name in names.split()}


def parse(text: str) -> datetime | None:
    """Return a date as aware UTC, None where `text` is none that we can read beyond doubt.

    Reads RFC 822 with many zone names, ISO 8601, Unix times in seconds or milliseconds, year-first dates in western and
    East Asian form (never with day and month swapped), and day, month name, year in a dozen languages. What has no zone
    counts as UTC. Years before 1995 and after 2100 are no dates of entries.
    """
    text = " ".join(text.split())[:100]
    if not text:
        return None
    readers = (_iso,) if _ISO.fullmatch(text) else (_epoch, _year_first, _rfc822, _day_first)
    date = next((date for read in readers if (date := read(text)) is not None), None)
    return date if date and date >= EARLIEST and date.year < _LATEST_YEAR else None


def either(text: str, parsed: object) -> datetime | None:
    """Return the date in `text` as we read it, else as feedparser did: `parsed`, a time tuple in UTC or None.

    What has the form of ISO 8601 and is no possible date stays none.
    """
    own = parse(text)
    if own is not None or _ISO.fullmatch(text.strip()) or not isinstance(parsed, Sequence) or len(parsed) < 6:
        return own
    date = _made(*parsed[:6])
    return date if date and date >= EARLIEST and date.year < _LATEST_YEAR else None


def _iso(text: str) -> datetime | None:
    try:
        date = datetime.fromisoformat(text.replace(" +", "+"))
    except ValueError:
        return None
    return _utc(date)


def _epoch(text: str) -> datetime | None:
    match = _EPOCH.fullmatch(text)
    return datetime.fromtimestamp(int(match[1]), UTC) if match else None


def _year_first(text: str) -> datetime | None:
    match = _YEAR_FIRST.match(text)
    if not match:
        return None
    year, month, day, *clock = match.groups()
    return _made(year, month, day, *clock, zone=_zone(text))


def _rfc822(text: str) -> datetime | None:
    if _YEAR_ZERO.search(text):  # the parser would make 2001 of 0001
        return None
    zone = _zone(text)
    bare = _GMT_OFFSET.sub("", _ZONE.sub("", text)) if zone is not None and not _OFFSET.search(text) else text
    bare = _GMT_OFFSET.sub("", text) if _GMT_OFFSET.search(text) else bare
    try:
        date = parsedate_to_datetime(bare.strip())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if date.tzinfo is None and zone is not None:
        return _utc(date.replace(tzinfo=zone))
    return _utc(date)


def _day_first(text: str) -> datetime | None:
    match = _DAY_FIRST.search(text)
    if not match:
        return None
    day, name, year, *clock = match.groups()
    name = name.lower()
    month = next((_MONTH[name[:n]] for n in (4, 3) if name[:n] in _MONTH), None)
    return _made(year, month, day, *clock, zone=_zone(text)) if month else None


def _zone(text: str) -> timezone | None:
    """Return the zone named at the end of a date, None where there is none that we know."""
    if named := _ZONE.search(text):
        return timezone(timedelta(hours=_ZONES[named.group()]))
    offset = _GMT_OFFSET.search(text) or _OFFSET.search(text)
    if not offset:
        return None
    hours, minutes = int(offset[2]), int(offset[3] or 0)
    if hours > 14 or minutes > 59:
        return None
    return timezone((-1 if offset[1] == "-" else 1) * timedelta(hours=hours, minutes=minutes))


def _made(*numbers: object, zone: timezone | None = None) -> datetime | None:
    year, month, day, hour, minute, second = (int(str(n or 0)) for n in (*numbers, 0, 0, 0)[:6])
    try:
        return _utc(datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone or UTC))
    except ValueError:
        return None


def _utc(date: datetime) -> datetime | None:
    try:
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except OverflowError:
        return None

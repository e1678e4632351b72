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
    "BRT": -3, "ART": -3, "SAST": 2, "PKT": 5, "WIB": 7, "TRT": 3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5,
    "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip
_ZONE = re.compile(rf"\b(?:{'|'.join(_ZONES)})$")
_GMT_OFFSET = re.compile(r"\b(?:GMT|UTC)\s*([+-])(\d{1,2})(?::?(\d{2}))?$")
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})$")
_EPOCH = re.compile(r"(\d{9,10})(\d{3})?(?:\.\d+)?")
_YEAR_ZERO = re.compile(r"\b0\d{3}\b(?!$)")
_ISO = re.compile(
    r"\d{4}-(?:\d{2}-\d{2}|W\d{2}-\d)(?:[T ]\d{2}(?::\d{2}.*|Z))?|\d{8}T\d{4}(?:\d{2})?(?:Z|[+-]\d{2}:?\d{2})?"
)
_DAY_OF_YEAR = re.compile(r"(\d{4})-(\d{3})(?=T|$)")
_ZONE_NAME = re.compile(
    r"(?<!\s)\s*(?:\[[\w/+-]{1,40}\]|\s(?:UTC|GMT))$"
)  # behind a time that tells its zone, or is by UTC
# Halves of the day, behind the time (3:05 PM) or before it (오후 3:05), and the end of a day (24:00)
_HALF = re.compile(r"\b(\d{1,2})(:\d{2}(?::\d{2})?)?\s?([ap])\.?m\b\.?", re.IGNORECASE)
_HALF_BEFORE = re.compile(r"(오전|오후|上午|下午|午前|午後)\s?(\d{1,2})(?=[:時时시])")
_SECOND_HALVES = frozenset(["오후", "下午", "午後"])
_MIDNIGHT = re.compile(r"(?<=[ T])24:00(?::00)?(?!\d)")
_CLOCK = r"(?:\D{1,12}?(\d{1,2})[:時时시]\s?(\d{2})(?:[:分분]\s?(\d{2}))?)?"
_YEAR_FIRST = re.compile(rf"(\d{{4}})\s?[/.年년-]\s?(\d{{1,2}})\s?[/.月월-]\s?(\d{{1,2}}){_CLOCK}")
_MONTH_FIRST = re.compile(rf"([A-Za-z]{{3,9}})\.? (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})(?!:){_CLOCK}")
# The name may hold marks that are no letters, as in Hindi.
_DAY_FIRST = re.compile(
    rf"(?:^|[\s,])(\d{{1,2}})(?:\.|er|º)?\s+(?:de\s+)?([^\s\d.,،:/-]{{2,14}})[.,،]?,?\s+(?:de\s+)?(\d{{4}}){_CLOCK}",
    re.IGNORECASE,
)
_COMMON = re.compile(
    r"(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) (?:GMT|([+-])([01]\d)([0-5]\d))"
)
_COMMON_ISO = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:Z|[+-][01]\d:[0-5]\d)")
_ENGLISH = {
    name: month
    for month, name in enumerate(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], start=1
    )
}
# 31.12.2026 begins with the day, wherever it is written so; 12/31/2026 tells only where one number is no month.
_NUMBERS = re.compile(rf"(\d{{1,2}})([./])(\d{{1,2}})\2(\d{{4}}){_CLOCK}")
# The first letters of month names, enough to tell them apart, in languages that RFC 822 knows nothing of.
_MONTHS = (
    "jan gen ene янв oca led sty sij يناير जनवरी",
    "feb fev fév фев şub úno lut فبراير شباط फरवरी फ़रवरी",
    "mar mär mrt maa мар bře مارس آذار मार्च",
    "apr avr abr апр nis dub kwi أبريل ابريل إبريل نيسان अप्रैल",
    "may mag mai maj mei мая май kvě مايو أيار मई",
    "jun giu juin июн haz čer cze يونيو حزيران जून",
    "jul lug juil июл tem čvc lip يوليو تموز जुलाई",
    "aug ago aoû août авг ağu srp sie أغسطس اغسطس آب अगस्त",
    "sep set сен eyl zář wrz سبتمبر أيلول सितंबर सितम्बर",
    "oct okt ott out окт eki říj paź أكتوبر اكتوبر अक्टूबर अक्तूबर",
    "nov ноя kas lis نوفمبر नवंबर नवम्बर",
    "dec dez dic déc dés дек ara pro gru ديسمبر दिसंबर दिसम्बर",
)
_MONTH = {name: month for month, names in enumerate(_MONTHS, 1) for name in names.split()}


def parse(text: str) -> datetime | None:
    """Return a date as aware UTC, None where `text` is none that we can read beyond doubt.

    Reads RFC 822 with many zone names, ISO 8601, Unix times in seconds or milliseconds, year-first dates in western and
    East Asian form (never with day and month swapped), dates in numbers that can mean but one day, and day, month name,
    year in fifteen languages. What has no zone counts as UTC. Years before 1995 and after 2100 are no dates of entries.
    """
    text = " ".join(text.split())[:100]
    if not text:
        return None
    date = _common(text) or _uncommon(_by_24_hours(text))
    return date if date and date >= EARLIEST and date.year < _LATEST_YEAR else None


def _common(text: str) -> datetime | None:
    """Read the two forms that nearly all feeds use, quickly; None for any other."""
    match = _COMMON.fullmatch(text)
    try:
        if match is None:
            return datetime.fromisoformat(text).astimezone(UTC) if _COMMON_ISO.fullmatch(text) else None
        day, month, year, hour, minute, second, sign, hours, minutes = match.groups()
        east = (-1 if sign == "-" else 1) * timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        return datetime(int(year), _ENGLISH[month], int(day), int(hour), int(minute), int(second), tzinfo=UTC) - east
    except (ValueError, KeyError, OverflowError):
        return None


def _uncommon(text: str) -> datetime | None:
    if midnight := _MIDNIGHT.search(text):
        date = parse(f"{text[: midnight.start()]}00:00{text[midnight.end() :]}")
        return date + timedelta(days=1) if date else None
    if counted := _DAY_OF_YEAR.match(text):
        first = _made(counted[1], 1, 1)
        day = first + timedelta(days=int(counted[2]) - 1) if first else None
        return parse(f"{day:%Y-%m-%d}{text[counted.end() :]}") if day and day.year == int(counted[1]) else None
    readers = (_iso,) if _ISO.fullmatch(text) else (_epoch, _year_first, _numbers, _rfc822, _day_first, _month_first)
    date = next((date for read in readers if (date := read(text)) is not None), None)
    return date


def either(text: str, parsed: object) -> datetime | None:
    """Return the date in `text` as we read it, else as feedparser did: `parsed`, a time tuple in UTC or None.

    What has the form of ISO 8601 and is no possible date stays none.
    """
    own = parse(text)
    formal = _ISO.fullmatch(text.strip()) or _DAY_OF_YEAR.match(text.strip())
    if own is not None or formal or not isinstance(parsed, Sequence) or len(parsed) < 6:
        return own
    date = _made(*parsed[:6])
    return date if date and date >= EARLIEST and date.year < _LATEST_YEAR else None


def _by_24_hours(text: str) -> str:
    """Return a date with its time by the 24-hour clock."""
    if _HALF.search(text):
        return _HALF.sub(lambda m: f"{_hour(m[1], second=m[3] in 'pP')}{m[2] or ':00'}", text)
    return _HALF_BEFORE.sub(lambda m: _hour(m[2], second=m[1] in _SECOND_HALVES), text)


def _hour(hour: str, *, second: bool) -> str:
    number = int(hour)
    return f"{number % 12 + 12 * second:02}" if number <= 12 else hour


def _iso(text: str) -> datetime | None:
    text = _ZONE_NAME.sub("", text)
    zone = _ZONE.search(text)
    try:
        date = datetime.fromisoformat((text[: zone.start()] if zone else text).strip().replace(" +", "+"))
    except ValueError:
        return None
    return _utc(date.replace(tzinfo=_zone(text)) if zone and date.tzinfo is None else date)


def _numbers(text: str) -> datetime | None:
    match = _NUMBERS.match(text)
    if not match:
        return None
    first, mark, second, year, *clock = match.groups()
    if mark == "." or int(first) > 12:
        return _made(year, second, first, *clock, zone=_zone(text))
    return _made(year, first, second, *clock, zone=_zone(text)) if int(second) > 12 or first == second else None


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
    month = next((_MONTH[part] for part in (name, name[:4], name[:3]) if part in _MONTH), None)
    return _made(year, month, day, *clock, zone=_zone(text)) if month else None


def _month_first(text: str) -> datetime | None:
    match = _MONTH_FIRST.search(text)
    if not match:
        return None
    name, day, year, *clock = match.groups()
    month = _ENGLISH.get(name[:3].title())
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

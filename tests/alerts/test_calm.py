"""When and where an alert is told: a table of cases with their reasons; local days; signs of life."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.alerts import calm
from bot.alerts.calm import Decision, Owed, Recent, Rules, Way, place
from bot.alerts.route import Wish
from bot.config import Burst, QuietHours, Weekday
from bot.model import Action, Change, HeldFor, Kind, Pulse, Status, Story, StoryId, StoryMove, Telling

ROME = "Europe/Rome"
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)  # 14:00 in Rome
MIN, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
HIRE = Owed((Kind.HIRE,), published_at=NOW, owed_at=NOW)
DIGEST_KINDS = frozenset({Kind.LEGAL, Kind.REORG, Kind.COMPENSATION, Kind.TREND})
NIGHT = QuietHours.model_validate({"from": "22:00", "to": "07:30", "urgent": ["acquihire"]})
RULES = Rules(burst=Burst(most=3), quiet=NIGHT, zone=ROME, kinds=DIGEST_KINDS)
FULL = Recent(loud=[NOW - 9 * MIN, NOW - 5 * MIN, NOW - MIN])
MIDNIGHT = datetime(2026, 7, 1, 22, tzinfo=UTC)  # in Rome
MORNING = datetime(2026, 7, 2, 5, 30, tzinfo=UTC)


def at(owed: Owed, moment: datetime) -> Owed:
    return replace(owed, published_at=moment, owed_at=moment)


def held(reason: HeldFor, until: datetime) -> Decision:
    return Decision(Way.HOLD, reason, until)


def digest(reason: HeldFor) -> Decision:
    return Decision(Way.DIGEST, reason)


SEND = Decision(Way.SEND)
TWO = Wish(min_sources=2)
LATER = Wish(hold=20 * MIN)
CASES = [
    ("a move by day is told at once", HIRE, RULES, Recent(), NOW, SEND),
    # -- the digest
    ("a dispute goes into the digest", replace(HIRE, kinds=(Kind.LEGAL,)), RULES, Recent(), NOW, digest(HeldFor.KIND)),
    ("one that names who moves is a move", replace(HIRE, kinds=(Kind.LEGAL,), moves=True), RULES, Recent(), NOW, SEND),
    ("the surest kind counts", replace(HIRE, kinds=(Kind.LEGAL, Kind.POACH)), RULES, Recent(), NOW, digest(HeldFor.KIND)),
    ("and the surest is for the channel here", replace(HIRE, kinds=(Kind.POACH, Kind.LEGAL)), RULES, Recent(), NOW, SEND),
    ("what is of no kind is told", replace(HIRE, kinds=()), RULES, Recent(), NOW, SEND),
    ("a route wants the dispute told", replace(HIRE, kinds=(Kind.LEGAL,), wish=Wish(digest=False)), RULES, Recent(), NOW, SEND),
    ("a route wants the move in the digest", replace(HIRE, wish=Wish(digest=True)), RULES, Recent(), NOW, digest(HeldFor.KIND)),
    ("without a digest the dispute is told", replace(HIRE, kinds=(Kind.LEGAL,)), replace(RULES, digest=False), Recent(), NOW, SEND),
    ("below the threshold of alerts", replace(HIRE, sure=False), RULES, Recent(), NOW, digest(HeldFor.GRADE)),
    ("the same without a digest", replace(HIRE, sure=False), replace(RULES, digest=False), Recent(), NOW, Decision(Way.NOTHING, HeldFor.GRADE)),
    ("two weeks are not old", replace(HIRE, published_at=NOW - 14 * DAY), RULES, Recent(), NOW, SEND),
    ("more than two weeks are", replace(HIRE, published_at=NOW - 14 * DAY - MIN), RULES, Recent(), NOW, digest(HeldFor.OLD)),
    # -- sources
    ("a relay has no source of its own, and no route asks for one", replace(HIRE, sources=0), RULES, Recent(), NOW, SEND),
    ("one source where two are wanted", replace(HIRE, wish=TWO), RULES, Recent(), NOW, held(HeldFor.SOURCES, NOW + DAY)),
    ("the second one comes", replace(HIRE, wish=TWO, sources=2, owed_at=NOW - HOUR), RULES, Recent(), NOW, SEND),
    ("no second one in a day", replace(HIRE, wish=TWO, owed_at=NOW - DAY), RULES, Recent(), NOW, digest(HeldFor.SOURCES)),
    ("denied while it waited for one", replace(HIRE, wish=TWO, turned=True), RULES, Recent(), NOW, digest(HeldFor.DENIED)),
    # -- a hold
    ("held by its route", replace(HIRE, wish=LATER), RULES, Recent(), NOW, held(HeldFor.HOLD, NOW + 20 * MIN)),
    ("asked again before the end, it waits for the same", replace(HIRE, wish=LATER, owed_at=NOW - 5 * MIN), RULES, Recent(), NOW, held(HeldFor.HOLD, NOW + 15 * MIN)),
    ("at its end it is told", replace(HIRE, wish=LATER, owed_at=NOW - 20 * MIN), RULES, Recent(), NOW, SEND),
    ("denied before its end it is no alert", replace(HIRE, wish=LATER, turned=True), RULES, Recent(), NOW, digest(HeldFor.DENIED)),
    ("denied, but never held: told as what it is", replace(HIRE, turned=True), RULES, Recent(), NOW, SEND),
    ("its end may be in the night", replace(HIRE, wish=LATER, owed_at=MIDNIGHT - 20 * MIN), RULES, Recent(), MIDNIGHT, held(HeldFor.QUIET, MORNING)),
    # -- quiet hours
    ("at night it waits for the morning", at(HIRE, MIDNIGHT), RULES, Recent(), MIDNIGHT, held(HeldFor.QUIET, MORNING)),
    ("an urgent kind does not", at(replace(HIRE, kinds=(Kind.HIRE, Kind.ACQUIHIRE)), MIDNIGHT), RULES, Recent(), MIDNIGHT, SEND),
    ("in the last minute still", at(HIRE, MORNING - MIN), RULES, Recent(), MORNING - MIN, held(HeldFor.QUIET, MORNING)),
    ("when they end, not any more", at(HIRE, MORNING), RULES, Recent(), MORNING, SEND),
    ("a channel without quiet hours", at(HIRE, MIDNIGHT), replace(RULES, quiet=None), Recent(), MIDNIGHT, SEND),
    ("the night goes before the burst", at(HIRE, MIDNIGHT), RULES, Recent([MIDNIGHT] * 3), MIDNIGHT, held(HeldFor.QUIET, MORNING)),
    # -- bursts
    ("the fourth within ten minutes waits until the first is ten minutes old", HIRE, RULES, FULL, NOW, held(HeldFor.BURST, NOW + MIN)),
    ("the third is told", HIRE, RULES, Recent(FULL.loud[1:]), NOW, SEND),
    ("ten minutes later the window is free", HIRE, RULES, Recent([NOW - 10 * MIN, *FULL.loud[1:]]), NOW, SEND),
    ("whatever waits for a burst is joined", HIRE, RULES, Recent((), NOW + 3 * MIN), NOW, held(HeldFor.BURST, NOW + 3 * MIN)),
    ("but not one that is over", HIRE, RULES, Recent((), NOW), NOW, SEND),
]  # fmt: skip


@pytest.mark.parametrize(
    ("owed", "rules", "recent", "now", "wanted"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_when_and_where_an_alert_is_told(owed, rules, recent, now, wanted):
    assert place(owed, rules, recent, now) == wanted


@given(
    kinds=st.sets(st.sampled_from(list(Kind)), max_size=3),
    age=st.integers(0, 40),
    waited=st.integers(0, 3_000),
    hour=st.integers(0, 24 * 400),
    sources=st.integers(0, 3),
    wish=st.builds(Wish, st.sampled_from([None, True, False]), st.sampled_from([0 * MIN, 20 * MIN]), st.integers(1, 3)),
    flags=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    loud=st.lists(st.integers(0, 1_200), max_size=6),
)
@settings(max_examples=150, deadline=None)
def test_every_alert_has_one_end_and_what_waits_waits_for_later(kinds, age, waited, hour, sources, wish, flags, loud):
    now = NOW + hour * HOUR
    sure, turned, has_digest = flags
    owed = Owed(tuple(kinds), now - age * DAY, now - waited * MIN, turned, sources, sure, turned, wish)
    recent = Recent(sorted(now - timedelta(seconds=s) for s in loud))
    rules = replace(RULES, digest=has_digest)
    decision = place(owed, rules, recent, now)
    assert (decision.way is Way.HOLD) == (decision.until is not None)
    assert decision.way is Way.SEND or decision.reason is not None
    assert decision.way is not Way.DIGEST or has_digest
    if decision.until is not None:
        assert decision.until > now
        # asked again at its end it does not wait for the same reason, but in quiet hours of the next day
        again = place(owed, rules, Recent(), decision.until)
        assert again.reason is not decision.reason or again.way is not Way.HOLD


# -- local days

SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)  # Rome: 02:00 -> 03:00, 03:00 -> 02:00


@pytest.mark.parametrize(
    ("day", "local", "utc"),
    [
        (date(2026, 7, 1), time(8), datetime(2026, 7, 1, 6, tzinfo=UTC)),
        (SPRING, time(8), datetime(2026, 3, 29, 6, tzinfo=UTC)),
        # the clock leaves 02:30 out: the moment at which it would have been
        (SPRING, time(2, 30), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        # it shows 02:30 twice: the first of both
        (AUTUMN, time(2, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_time_of_day_is_one_moment_of_each_local_day(day, local, utc):
    assert calm.instant(day, local, ROME) == utc


@given(
    zone=st.sampled_from([ROME, "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia", "UTC"]),
    minute=st.integers(0, 24 * 60 - 1),
    start=st.integers(0, 365 * 24),
    steps=st.lists(st.integers(1, 40 * 60), min_size=20, max_size=60),
)
@settings(max_examples=60, deadline=None)
def test_each_local_day_has_one_digest_whenever_one_looks(zone, minute, start, steps):
    """Days of 23 and 25 hours too, and after any pause: no day twice, none before its time, none left to wait."""
    local = time(minute // 60, minute % 60)
    now = datetime(2026, 1, 1, tzinfo=UTC) + start * HOUR
    noted = calm.last_day(local, zone, now).isoformat()  # as on a first start: nothing is due
    told = []
    for step in steps:
        now += step * MIN
        day = calm.last_day(local, zone, now)
        assert calm.instant(day, local, zone) <= now
        assert calm.instant(day + DAY, local, zone) > now
        if calm.is_due(day, noted):
            told.append(day)
            noted = day.isoformat()
    assert len(set(told)) == len(told)
    assert told == sorted(told)


def test_every_day_of_a_year_has_its_digest_where_one_looks_each_minute_of_the_changing_nights():
    for day in (SPRING, AUTUMN):
        begin = datetime.combine(day - DAY, time(12), ZoneInfo(ROME)).astimezone(UTC)
        noted, told = calm.last_day(time(2, 30), ROME, begin).isoformat(), []
        for minute in range(0, 36 * 60, 5):
            due = calm.last_day(time(2, 30), ROME, begin + minute * MIN)
            if calm.is_due(due, noted):
                told.append((minute, due))
                noted = due.isoformat()
        assert [due for _, due in told] == [day]


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 7, 6, 5, 59, tzinfo=UTC), date(2026, 6, 29)),  # Monday before eight in Rome: last week's
        (datetime(2026, 7, 6, 6, tzinfo=UTC), date(2026, 7, 6)),
        (datetime(2026, 7, 12, 23, tzinfo=UTC), date(2026, 7, 6)),  # a bot that was down tells it late, once
    ],
)
def test_the_weekly_digest_is_of_its_weekday(now, day):
    assert calm.last_day(time(8), ROME, now, Weekday.MONDAY) == day


def test_who_has_just_begun_missed_no_digest():
    assert not calm.is_due(date(2026, 7, 1), None)
    assert not calm.is_due(date(2026, 7, 1), "2026-07-01")
    assert not calm.is_due(date(2026, 7, 1), "2026-07-02"), "a clock or zone that went back tells no day again"
    assert calm.is_due(date(2026, 7, 2), "2026-07-01")


@pytest.mark.parametrize(
    ("begins", "ends", "now", "until"),
    [
        # over midnight: from the evening before, and from this evening
        ("22:00", "07:30", datetime(2026, 7, 1, 4, tzinfo=UTC), datetime(2026, 7, 1, 5, 30, tzinfo=UTC)),
        ("22:00", "07:30", datetime(2026, 7, 1, 20, tzinfo=UTC), MORNING),
        ("22:00", "07:30", datetime(2026, 7, 1, 19, 59, tzinfo=UTC), None),
        # within a day
        ("12:00", "13:30", datetime(2026, 7, 1, 11, tzinfo=UTC), datetime(2026, 7, 1, 11, 30, tzinfo=UTC)),
        # the night with 25 hours: the first 02:30 ends it, and the second does not begin it again
        ("22:00", "02:30", datetime(2026, 10, 25, 0, 29, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("22:00", "02:30", datetime(2026, 10, 25, 1, 15, tzinfo=UTC), None),
        # the night with 23 hours
        ("22:00", "02:30", datetime(2026, 3, 29, 1, 15, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
    ],
)
def test_quiet_hours_end_at_a_moment(begins, ends, now, until):
    quiet = QuietHours.model_validate({"from": begins, "to": ends})
    assert calm.quiet_until(replace(RULES, quiet=quiet), [Kind.HIRE], now) == until


# -- denied meanwhile

MOVE = StoryMove(("Dana Whitfield",), "Example Motors", "Sample AI", "", Status.REPORTED, 0.0, "The Paper")
FIRST = Change(0.0, "The Paper", Action.NEW_ALERT, "first")
TURN = Change(1.0, "The Herald", Action.BROADCAST, "reported -> denied")


def story(*moves: StoryMove, changes=(FIRST,), retracted=(), status=Status.REPORTED) -> Story:
    telling = Telling(moves=moves, changes=changes, retracted=retracted, status=status)
    return Story(StoryId("s"), "", "", NOW, NOW, (), (), (), 0.9, telling=telling)


DENIED = replace(MOVE, status=Status.DENIED)


@pytest.mark.parametrize(
    ("told", "turned"),
    [
        (story(MOVE), False),
        (story(DENIED, changes=(FIRST, TURN)), True),
        (story(DENIED), False),  # it began as a denial: that is the news
        (story(DENIED, MOVE, changes=(FIRST, TURN)), False),  # one of two still goes
        (story(retracted=(MOVE,)), True),
        (story(status=Status.DENIED, changes=(FIRST, TURN)), True),
    ],
)
def test_a_story_turns_when_it_is_denied_after_it_was_told_as_true(told, turned):
    assert calm.turned(told) is turned


# -- signs of life


@pytest.mark.parametrize(
    ("pulse", "alive"),
    [
        (Pulse(), False),  # nothing was ever polled
        (Pulse(polled_at=NOW - MIN, asked_at=NOW - MIN), True),
        (Pulse(polled_at=NOW - 4 * HOUR, asked_at=NOW - 4 * HOUR, feed_due_since=NOW + MIN), True),  # asked rarely
        (Pulse(polled_at=NOW - 2 * HOUR, asked_at=NOW - MIN), False),  # polls fail
        (Pulse(polled_at=NOW - MIN, asked_at=NOW - MIN, feed_due_since=NOW - 15 * MIN), False),  # nobody polls
        (Pulse(polled_at=NOW - MIN, asked_at=NOW - MIN, owed_since=NOW - 14 * MIN), True),
        (Pulse(polled_at=NOW - MIN, asked_at=NOW - MIN, owed_since=NOW - 15 * MIN), False),  # an alert is stuck
    ],
)
def test_the_heartbeat_stops_when_polls_fail_or_an_alert_is_stuck(pulse, alive):
    assert calm.alive(pulse, NOW) is alive

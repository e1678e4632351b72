"""When and where: is an alert told now, held until a moment, or kept for the digest? Pure.

    place      an owed alert -> send | hold until | digest | nothing, with its reason
    together   what was held and may go now -> one message, or each its own
    last_day   -> the local day whose digest is due; quiet_until, instant: local times as moments
    alive      -> does the bot do its work?

Local times are those of a zone: a day of 23 or 25 hours has each time of day once, where the clock shows it twice the
first of both, where it leaves it out the moment at which it would have been.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.alerts.route import Wish
from bot.config import Burst, Config, QuietHours, Weekday
from bot.model import Action, Held, HeldFor, Kind, Pulse, Status, Story

MUTED = "muted"  # in place of a message's key: what settled a held alert was a mute
DROPPED = "dropped"  # the same: its story is gone, or there is no digest that could tell it
OLD = timedelta(days=14)  # what was published longer ago is no alert any more
SOURCES_WAIT = timedelta(days=1)  # so long an alert waits for further sources
OVERDUE = timedelta(minutes=15)  # an alert or a poll that late means that something is wrong
POLLS_FAIL = timedelta(hours=1)  # so long none of all polls may have succeeded

HELD_WORDS: Mapping[HeldFor, str] = {
    HeldFor.HOLD: "its route holds it for a while",
    HeldFor.SOURCES: "too few independent sources",
    HeldFor.QUIET: "quiet hours",
    HeldFor.BURST: "too many at once",
    HeldFor.KIND: "of a kind for the digest",
    HeldFor.GRADE: "less sure than alerts are",
    HeldFor.OLD: "published more than two weeks ago",
    HeldFor.DENIED: "denied or struck out before it was told",
    HeldFor.MUTED: "muted",
}


class Way(StrEnum):
    """What becomes of an alert that is owed."""

    SEND = "send"
    HOLD = "hold"
    DIGEST = "digest"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of an alert and why; `until` goes with HOLD alone."""

    way: Way
    reason: HeldFor | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Owed:
    """An alert as far as it bears on when and where it is told.

    `kinds` are the story's, the surest first; `moves` tells whether somebody who moves is named. `sources` counts
    independent ones. `sure` is False below the threshold of alerts. `turned` says that it was denied
    or struck out after it was first told somewhere. `owed_at` is when it was first owed.
    """

    kinds: Sequence[Kind]
    published_at: datetime
    owed_at: datetime
    moves: bool = False
    sources: int = 1
    sure: bool = True
    turned: bool = False
    wish: Wish = field(default_factory=Wish)


@dataclass(frozen=True, slots=True)
class Rules:
    """How calm a channel is. `digest` tells whether there is a daily digest at all, `zone` is that of `quiet`."""

    burst: Burst = field(default_factory=Burst)
    quiet: QuietHours | None = None
    zone: str = "UTC"
    digest: bool = True
    kinds: frozenset[Kind] = frozenset()


@dataclass(frozen=True, slots=True)
class Recent:
    """What a channel got of late: when its last new messages were owed, and until when a burst is held, if one is."""

    loud: Sequence[datetime] = ()
    burst_until: datetime | None = None


def rules_for(config: Config, channel: str) -> Rules:
    """Return how calm `channel` is to be."""
    quiet = next((one for one in config.quiet if one.channel in (None, channel)), None)
    return Rules(
        burst=config.slack.burst,
        quiet=quiet,
        zone=(quiet.zone if quiet else None) or config.zone,
        digest=config.digest.daily is not None,
        kinds=frozenset(config.digest.kinds),
    )


def place(owed: Owed, rules: Rules, recent: Recent, now: datetime) -> Decision:
    """Return what becomes of an alert now. Asked again when it was held until a moment, it goes on from there."""
    return _not_alone(owed, rules, now) or _not_yet(owed, rules, recent, now) or Decision(Way.SEND)


def _not_alone(owed: Owed, rules: Rules, now: datetime) -> Decision | None:
    """Return for what reason an alert gets no message of its own, however long one waits."""
    if not owed.sure:
        return Decision(Way.DIGEST if rules.digest else Way.NOTHING, HeldFor.GRADE)
    if owed.turned and (owed.wish.hold or owed.wish.min_sources > 1):
        return Decision(Way.DIGEST if rules.digest else Way.NOTHING, HeldFor.DENIED)
    if _few(owed) and now >= owed.owed_at + SOURCES_WAIT:
        return Decision(Way.DIGEST if rules.digest else Way.NOTHING, HeldFor.SOURCES)
    if not rules.digest:
        return None
    if now - owed.published_at > OLD:
        return Decision(Way.DIGEST, HeldFor.OLD)
    of_kind = not owed.moves and owed.kinds[:1] and owed.kinds[0] in rules.kinds
    return Decision(Way.DIGEST, HeldFor.KIND) if _either(owed.wish.digest, bool(of_kind)) else None


def _few(owed: Owed) -> bool:
    """Tell whether a route wants more sources: a first article that merely relays has none of its own."""
    return owed.wish.min_sources > max(1, owed.sources)


def _either(wish: bool | None, default: bool) -> bool:
    return default if wish is None else wish


def _not_yet(owed: Owed, rules: Rules, recent: Recent, now: datetime) -> Decision | None:
    """Return for what reason an alert waits, and until when."""
    if _few(owed):
        return Decision(Way.HOLD, HeldFor.SOURCES, owed.owed_at + SOURCES_WAIT)
    if now < owed.owed_at + owed.wish.hold:
        return Decision(Way.HOLD, HeldFor.HOLD, owed.owed_at + owed.wish.hold)
    quiet = quiet_until(rules, owed.kinds, now)
    if quiet is not None:
        return Decision(Way.HOLD, HeldFor.QUIET, quiet)
    burst = _burst_until(rules.burst, recent, now)
    return Decision(Way.HOLD, HeldFor.BURST, burst) if burst else None


def _burst_until(burst: Burst, recent: Recent, now: datetime) -> datetime | None:
    if recent.burst_until is not None and recent.burst_until > now:
        return recent.burst_until  # goes with those that wait already, so that they stay one message and in order
    loud = [moment for moment in recent.loud if now - burst.within < moment <= now]
    return loud[0] + burst.within if len(loud) >= burst.most else None


def quiet_until(rules: Rules, kinds: Collection[Kind], now: datetime) -> datetime | None:
    """Return when the quiet hours of now end, for a story of `kinds`; None if it may be told."""
    quiet = rules.quiet
    if quiet is None or not set(quiet.urgent).isdisjoint(kinds):
        return None
    today = now.astimezone(ZoneInfo(rules.zone)).date()
    for begins in (today - timedelta(days=1), today):
        ends = begins if quiet.from_ < quiet.to else begins + timedelta(days=1)
        end = instant(ends, quiet.to, rules.zone)
        if instant(begins, quiet.from_, rules.zone) <= now < end:
            return end
    return None


def together(reasons: Sequence[HeldFor], *, own: bool = False) -> bool:
    """Tell whether what waited for `reasons` and may be told now goes into one message: two at least.

    `own` says that one of them has a message of its own already.
    """
    return len(reasons) > 1 or own


def batch_kind(held: Sequence[Held], rules: Rules) -> str:
    """Return what tells apart, in its key, the message that tells `held` together: a morning, or a burst."""
    until = max(one.until or one.owed_at for one in held)
    if any(one.reason is HeldFor.QUIET for one in held):
        return f"morning {until.astimezone(ZoneInfo(rules.zone)).date().isoformat()}"
    return f"burst {until:%Y-%m-%dT%H:%M:%SZ}"


def turned(story: Story) -> bool:
    """Tell whether a story was told as true first, and is denied or struck out by now."""
    moves = story.telling.moves
    struck = bool(story.telling.retracted) and not moves
    denied = all(move.status is Status.DENIED for move in moves) if moves else story.telling.status is Status.DENIED
    return struck or (denied and any(change.action is Action.BROADCAST for change in story.telling.changes))


def names_mover(story: Story) -> bool:
    """Tell whether a story names somebody who moves now."""
    return any(not move.group and move.status is not Status.HISTORICAL for move in story.telling.moves)


# -- local days


def instant(day: date, at: time, zone: str) -> datetime:
    """Return the moment at which it is `at` in `zone` on `day`, in UTC."""
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)


def last_day(at: time, zone: str, now: datetime, weekday: Weekday | None = None) -> date:
    """Return the last local day whose `at` has come; of those on `weekday`, if one is given."""
    day = now.astimezone(ZoneInfo(zone)).date()
    while instant(day, at, zone) > now or (weekday and day.weekday() != list(Weekday).index(weekday)):
        day -= timedelta(days=1)
    return day


def is_due(day: date, noted: str | None) -> bool:
    """Tell whether the digest of `day` is still to be told; `noted` is the last one that was.

    Nothing is due where none was noted: who has just begun missed nothing.
    """
    return noted is not None and day.isoformat() > noted


# -- is it alive?


def alive(pulse: Pulse, now: datetime) -> bool:
    """Tell whether polls are made and succeed, and no alert that is owed is overdue."""
    if pulse.polled_at is None or pulse.asked_at is None:
        return False
    late = [at for at in (pulse.feed_due_since, pulse.owed_since) if at is not None and now - at >= OVERDUE]
    return not late and pulse.asked_at - pulse.polled_at < POLLS_FAIL

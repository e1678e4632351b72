"""What may be set in config.yaml. Descriptions and examples are what editors and the docs show."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)

from bot.config.editions import editions
from bot.errors import FetchError
from bot.lexicon.posts import families, ranks
from bot.model import Kind, ReadMode, Status
from bot.urls import fetchable, redact

LEAST_INTERVAL = timedelta(minutes=15)
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"(\d{1,6})\s*([smhdw])")
_CHANNEL = re.compile(r"[CGD][A-Z0-9]{5,20}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_HOST = re.compile(r"(?!-)[a-z0-9_.-]{1,253}", re.IGNORECASE)


def parse_duration(value: object) -> timedelta:
    """Turn "90s", "15m", "48h", "30d" or "2w" into a timedelta; timedeltas pass. Raises ValueError."""
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{value!r} is no length of time: write a number and a unit, such as 90s, 15m, 48h, 30d or 2w")
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])


def parse_until(value: object) -> object:
    """Turn a day or a moment into an aware UTC datetime; a day lasts until its end. Raises ValueError."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if _DURATION.fullmatch(text):
        raise ValueError(f"{text} would begin anew at each start: write the last day instead, such as 2026-12-31")
    try:
        if len(text) == len("2026-12-31"):
            return datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), UTC)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no date: write 2026-12-31 or 2026-12-31T18:00Z") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def parse_time(value: object) -> time:
    """Turn "08:00" into a time of day; times pass. Raises ValueError."""
    if isinstance(value, time):
        return value
    if not isinstance(value, str) or not _TIME.fullmatch(value.strip()):
        raise ValueError(f"{value!r} is no time of day: write 08:00 or 22:30")
    return time.fromisoformat(value.strip())


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, LookupError):
        raise ValueError(f"{value!r} is no time zone: write one such as Europe/Rome, America/New_York or UTC") from None
    return value


def _web_address(value: str) -> str:
    try:
        fetchable(value.strip(), ports=None)
    except FetchError as error:
        whole = re.fullmatch(r"(?:(?:feed|rss)://)?((?:[\w-]+\.)+[a-z]{2,}(?:/\S*)?)", value.strip(), re.IGNORECASE)
        hint = f"; write https://{redact(whole[1])}" if whole else ""
        raise ValueError(f"{redact(value)} is no web address that can be asked: {error.detail}{hint}") from None
    return value.strip()


def _secret_address(value: str) -> str:
    """Judge an address whose path nobody is to see."""
    try:
        fetchable(value.strip(), ports=None)
    except FetchError:
        raise ValueError("is no web address that can be asked") from None
    return value.strip()


def _address_or_none(value: str) -> str:
    """Let the empty address of a search pass, which stands for others."""
    return _web_address(value) if value else value


def _one_of_three(schema: dict[str, Any]) -> None:
    schema["oneOf"] = [{"required": [key]} for key in ("url", "news", "hn")]
    del schema["required"]


def _channel(value: str) -> str:
    if _CHANNEL.fullmatch(value):
        return value
    raise ValueError(
        f"{value!r} is no channel ID: IDs such as C0123456789 are wanted, since names change. "
        "In Slack, click the channel's name; the ID stands at the foot of 'About'"
    )


def _language(value: str) -> str:
    if _LANGUAGE.fullmatch(value):
        return value
    raise ValueError(f"{value!r} is no language: two small letters are wanted, such as en, it or zh")


def _host_or_network(value: str) -> str:
    with suppress(ValueError):
        return str(ip_network(value))
    with suppress(ValueError):
        return _host_key(value)
    raise ValueError(f"{value!r} is neither a host nor an address or network such as 192.168.1.0/24")


def _contact(value: str) -> str:
    if re.fullmatch(r"(https?://\S+|[^\s@<>()]+@[^\s@<>()]+\.[a-z]{2,})", value, re.IGNORECASE | re.ASCII):
        return value
    raise ValueError(f"{value!r} is neither a web address nor a mail address")


def _host_key(value: str) -> str:
    host, _, port = value.rpartition(":") if re.search(r":\d+$", value) and value.count(":") == 1 else (value, "", "")
    if _HOST.fullmatch(host) and (not port or 0 < int(port) < 65_536):
        return value.lower()
    raise ValueError(f"{value!r} is no host: write news.example.com or 127.0.0.1:8080")


def _interval(value: timedelta) -> timedelta:
    if value >= LEAST_INTERVAL:
        return value
    raise ValueError("is too often: publishers are asked every 15m at most")


def _hourly(value: timedelta) -> timedelta:
    if value >= timedelta(hours=1):
        return value
    raise ValueError("is too often: 1h or more is wanted")


def _text_is(key: str) -> BeforeValidator:
    """Accept plain text where a mapping is wanted, as its `key`."""
    return BeforeValidator(lambda value: {key: value} if isinstance(value, str) else value)


Text = Annotated[str, Field(min_length=1, max_length=500)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Count = Annotated[int, Field(strict=True)]
Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(lambda length: f"{length.total_seconds():.0f}s", when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,6}\s*[smhdw]$"}),
]
TimeOfDay = Annotated[
    time, BeforeValidator(parse_time), WithJsonSchema({"type": "string", "pattern": f"^{_TIME.pattern}$"})
]
Zone = Annotated[str, AfterValidator(_zone), WithJsonSchema({"type": "string"})]
Until = Annotated[datetime, BeforeValidator(parse_until), WithJsonSchema({"type": "string"})]
WebAddress = Annotated[str, Field(max_length=2_000), AfterValidator(_web_address)]
Channel = Annotated[
    str, AfterValidator(_channel), WithJsonSchema({"type": "string", "pattern": f"^{_CHANNEL.pattern}$"})
]
Language = Annotated[
    str, AfterValidator(_language), WithJsonSchema({"type": "string", "pattern": f"^{_LANGUAGE.pattern}$"})
]


class Section(BaseModel):
    """A mapping of config.yaml: frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class FeedConfig(Section):
    """One feed to poll, or one search for news. A plain address does for most."""

    model_config = ConfigDict(json_schema_extra=_one_of_three)

    url: Annotated[str, Field(max_length=2_000), AfterValidator(_address_or_none)] = Field(
        description="Address of the feed.", examples=["https://techcrunch.com/feed/"]
    )
    news: str = Field(
        default="",
        max_length=200,
        description="Instead of `url`: words to search for in Google News and Bing News, as one writes them there.",
        examples=["AI lab hires"],
    )
    lang: Language | None = Field(
        default=None, description="Language of the news searched for. Default: en.", examples=["it"]
    )
    hn: str = Field(
        default="",
        max_length=200,
        description="Instead of `url`: words to search for in the titles on Hacker News.",
        examples=["leaves OpenAI"],
    )
    name: str = Field(
        default="",
        max_length=200,
        description="What alerts call it. Default: what it calls itself.",
        examples=["TechCrunch"],
    )
    every: Annotated[Duration, AfterValidator(_interval)] | None = Field(
        default=None,
        description="Time between two polls, 15m or more, unless its server asks for more still. Default: 15m.",
        examples=["30m"],
    )
    read: ReadMode = Field(
        default=ReadMode.AUTO,
        description="When to fetch the page behind an entry: `auto` where title or summary name somebody known, "
        "a move or AI; `always` for each one.",
        examples=["always"],
    )
    owner: str = Field(
        default="",
        max_length=200,
        description="Media house behind it; two feeds of one house are one source. Default: known for many domains.",
        examples=["Bloomberg"],
    )

    @model_validator(mode="before")
    @classmethod
    def _one_kind(cls, given: Any) -> Any:
        """Refuse what is more than one of an address and a search; one that is none lacks its `url`."""
        if not isinstance(given, dict):
            return given
        if given.get("url") == "":
            raise ValueError("url is empty")
        kinds = [key for key in ("url", "news", "hn") if given.get(key)]
        if len(kinds) > 1:
            raise ValueError(f"{' and '.join(kinds)} exclude each other: make two of it")
        lang = given.get("lang")
        if lang is not None and kinds != ["news"]:
            raise ValueError("lang goes with news only")
        if isinstance(lang, str) and _LANGUAGE.fullmatch(lang) and lang not in editions():
            raise ValueError(f"there is no edition of the news for lang {lang!r}: one of {', '.join(editions())}")
        return {**given, "url": ""} if kinds in (["news"], ["hn"]) else given


class WatchEntry(Section):
    """Somebody or something to watch. A plain name does for most."""

    name: Text = Field(description="The name, as alerts shall write it.", examples=["Thinking Machines Lab"])
    aliases: tuple[Text, ...] = Field(
        default=(), description="Other spellings, in any script.", examples=[["TML", "Thinking Machines"]]
    )
    not_: tuple[Text, ...] = Field(
        default=(),
        alias="not",
        description="Phrases that hold the name but mean something else.",
        examples=[["Thinking Machines Corporation"]],
    )
    weight: Number = Field(
        default=1.0, ge=0, le=2, description="How much it matters: 0 not at all, 1 normal, 2 most.", examples=[1.5]
    )


Watched = Annotated[WatchEntry, _text_is("name")]


class Watchlist(Section):
    """Whom to watch beside the names that the bot knows anyway."""

    organisations: tuple[Watched, ...] = Field(
        default=(),
        description="Companies, labs, institutes.",
        examples=[["OpenAI", {"name": "Mistral AI", "weight": 2}]],
    )
    people: tuple[Watched, ...] = Field(default=(), description="People.", examples=[["Mira Murati"]])
    keywords: tuple[Watched, ...] = Field(
        default=(),
        description="Phrases that make a text more relevant. `poach*` is any ending, `chief … officer` a gap.",
        examples=[["superintelligence", "robot*"]],
    )


class Mute(Section):
    """Something that shall not alert."""

    what: Text = Field(
        description="An organisation, a person, or the host or address of a feed.", examples=["example-news.com"]
    )
    until: Until | None = Field(
        default=None, description="Last day or moment (UTC) of it. Default: for good.", examples=["2026-12-31"]
    )


class Thresholds(Section):
    """How sure the bot has to be, from 0 to 1."""

    alert: Number = Field(default=0.75, gt=0, le=1, description="From this score on a story alerts.", examples=[0.75])
    digest: Number = Field(
        default=0.5, gt=0, le=1, description="From this score on a story counts as being about talent.", examples=[0.5]
    )


class Manner(StrEnum):
    """How a channel is shown what became of a story that it was told."""

    NONE = "none"  # not at all
    EDIT = "edit"  # the message is brought up to date, in silence
    THREAD = "thread"  # and a reply in its thread says what is new
    BROADCAST = "broadcast"  # and that reply stands in the channel, too
    NEW = "new"  # and a message of its own says what is new


class Updates(Section):
    """What a channel sees of a story that it was told, when more comes in. Each is one of none, edit, thread, ..."""

    source: Manner = Field(
        default=Manner.EDIT, description="A further independent source, nothing new.", examples=["none"]
    )
    fact: Manner = Field(
        default=Manner.THREAD,
        description="A new fact: a further person, a date, a number, a post.",
        examples=["edit"],
    )
    change: Manner = Field(
        default=Manner.BROADCAST,
        description="It was confirmed, denied, called off or corrected.",
        examples=["thread"],
    )
    saga: Manner = Field(
        default=Manner.BROADCAST,
        description="A new story about people of an earlier one, within a month: `thread` and `broadcast` put it into "
        "the thread of that, any other makes a message of its own.",
        examples=["new"],
    )


def _family(value: str) -> str:
    return _one_of("family of posts", value, families())


def _rank(value: str) -> str:
    return _one_of("rank", value, ranks())


def _one_of(what: str, value: str, known: tuple[str, ...]) -> str:
    if value in known:
        return value
    raise ValueError(f"{value!r} is no {what}: one of {', '.join(known)}")


def _changer(value: str) -> str:
    if value in ("members", "everybody") or re.fullmatch(r"[UW][A-Z0-9]{2,30}", value):
        return value
    raise ValueError(f"{value!r} is neither members nor everybody nor a user ID such as U0123456789")


class Burst(Section):
    """How many new stories a channel gets as messages within a while; what comes on top is one message."""

    most: Count = Field(default=5, ge=1, le=1_000, description="Messages in that time.", examples=[5])
    within: Duration = Field(
        default_factory=lambda: timedelta(minutes=10), description="That time. Default: 10m.", examples=["10m"]
    )


class SlackConfig(Section):
    """Where alerts go. Without a token (SLACK_BOT_TOKEN, or the file SLACK_BOT_TOKEN_FILE), the terminal."""

    channel: Channel | None = Field(
        default=None, description="ID of the channel. The bot has to be a member of it.", examples=["C0123456789"]
    )
    settle_s: Number = Field(
        default=15.0,
        ge=0,
        le=600,
        description="Seconds after which a message that Slack took is sure to show in the channel's history; "
        "a send without an answer is looked for after that long.",
        examples=[15],
    )
    updates: Updates = Field(
        default_factory=Updates,
        description="What a channel sees of a story that it was told, when more comes in: `none`; `edit` the message "
        "in silence; also a reply in its `thread`; also in the channel (`broadcast`); or a `new` message.",
        examples=[{"change": "thread"}],
    )
    burst: Burst = Field(
        default_factory=Burst,
        description="How many new stories a channel gets as messages within a while; what comes on top is told "
        "together, in one message.",
        examples=[{"most": 5, "within": "10m"}],
    )
    owner: Channel | None = Field(
        default=None,
        description="ID of a channel of yours that is told what ails the bot itself, such as an edit of this file that "
        "cannot be used. The bot has to be a member of it.",
        examples=["C0123456789"],
    )
    may_change: tuple[Annotated[str, AfterValidator(_changer)], ...] = Field(
        default=("members",),
        description="Who may mute, follow, correct and give feedback in Slack: the `members` of the channel that it is "
        "for, `everybody` who sees a message, or people by their user ID.",
        examples=[["members", "U0123456789"]],
    )
    hide_after: Count = Field(
        default=0,
        ge=0,
        le=1_000,
        description="Readers who have to call a message not relevant before it is hidden behind one line for all; a "
        "button shows it again. 0: never.",
        examples=[3],
    )


class Route(Section):
    """Sends the stories that match every key given here to a channel of their own."""

    channel: Channel = Field(description="ID of the channel.", examples=["C0123456789"])
    organisations: tuple[Text, ...] = Field(
        default=(), description="Any of these organisations is in the story.", examples=[["Apple", "Google DeepMind"]]
    )
    people: tuple[Text, ...] = Field(
        default=(), description="Any of these people is in it.", examples=[["Ruoming Pang"]]
    )
    kinds: tuple[Kind, ...] = Field(
        default=(), description="It is of any of these kinds.", examples=[["layoff", "reorg"]]
    )
    statuses: tuple[Status, ...] = Field(
        default=(), description="A move in it is of any of these statuses.", examples=[["confirmed", "reported"]]
    )
    languages: tuple[Language, ...] = Field(
        default=(), description="It is told in any of these languages.", examples=[["it", "fr"]]
    )
    sources: tuple[Text, ...] = Field(
        default=(),
        description="It is told by any of these: a host, an outlet, or the address of a feed.",
        examples=[["theinformation.com"]],
    )
    families: tuple[Annotated[str, AfterValidator(_family)], ...] = Field(
        default=(), description="A post in it is of any of these families of work.", examples=[["research", "safety"]]
    )
    ranks: tuple[Annotated[str, AfterValidator(_rank)], ...] = Field(
        default=(), description="A post in it is of any of these ranks.", examples=[["founder", "chief", "vice"]]
    )
    min_score: Number = Field(
        default=0.0, ge=0, le=1, description="It scores at least this; `thresholds.alert` holds anyway.", examples=[0.9]
    )
    min_sources: Count = Field(
        default=1,
        ge=1,
        le=10,
        description="Told once so many independent sources have it; after a day with fewer, in the digest.",
        examples=[2],
    )
    hold: Duration | None = Field(
        default=None,
        description="Waits so long before it is told, so that the message holds what comes meanwhile; what is denied "
        "by then goes into the digest. Default: told at once.",
        examples=["20m"],
    )
    digest: bool | None = Field(
        default=None,
        description="Whether it goes into the channel's daily digest instead of a message. Default: as `digest.kinds` "
        "says, but a message where `kinds` is given here.",
        examples=[True],
    )
    updates: Updates | None = Field(
        default=None,
        description="What this channel sees of a story when more comes in. Default: `slack.updates`.",
        examples=[{"fact": "edit"}],
    )


class Weekday(StrEnum):
    """A day of the week."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class Digest(Section):
    """What is told once a day, and once a week, instead of at once."""

    channel: Channel | None = Field(
        default=None,
        description="ID of the channel that gets it every day, with what ails the bot. Default: `slack.channel`. "
        "Other channels get one of their own on days on which something was held back for them.",
        examples=["C0123456789"],
    )
    daily: TimeOfDay | None = Field(
        default_factory=lambda: time(8),
        description="When, in `zone`. Default: 08:00. Empty for no digest at all: then nothing is held back for it.",
        examples=["08:00"],
    )
    weekly: Weekday | None = Field(
        default=Weekday.MONDAY,
        description="On which day, at the same time, the table of who gained and who lost; empty for none.",
        examples=["monday"],
    )
    kinds: tuple[Kind, ...] = Field(
        default=(Kind.COMPENSATION, Kind.LEGAL, Kind.REORG, Kind.TREND),
        description="Stories of these kinds go into the digest, unless they name somebody who moves.",
        examples=[["compensation", "legal", "reorg", "trend"]],
    )


class QuietHours(Section):
    """Hours in which a channel hears nothing; what was held back comes together when they end."""

    channel: Channel | None = Field(
        default=None, description="ID of the channel. Default: every channel.", examples=["C0123456789"]
    )
    from_: TimeOfDay = Field(alias="from", description="When they begin.", examples=["22:00"])
    to: TimeOfDay = Field(description="When they end, that day or the next.", examples=["07:30"])
    zone: Zone | None = Field(
        default=None, description="Time zone of both. Default: the `zone` of all.", examples=["Europe/Rome"]
    )
    urgent: tuple[Kind, ...] = Field(
        default=(), description="Stories of any of these kinds are told all the same.", examples=[["acquihire"]]
    )

    @model_validator(mode="after")
    def _some_of_the_day(self) -> QuietHours:
        if self.from_ == self.to:
            raise ValueError("from and to are the same: the whole day would be quiet")
        return self


class HostSettings(Section):
    """How one host may be asked."""

    connections: Count = Field(default=1, ge=1, le=100, description="Connections at a time.", examples=[2])
    spacing_s: Number = Field(
        default=1.0, ge=0, le=3_600, description="Seconds between the start of two requests.", examples=[0.5]
    )


class Network(Section):
    """How the bot behaves towards servers."""

    allow_private: tuple[Annotated[str, AfterValidator(_host_or_network)], ...] = Field(
        default=(),
        description="Hosts, addresses or networks inside your own net that feeds and pages may lie on, on any port or "
        "on `host:port`. All others inside are refused, however they are reached; outside, only ports 80 and 443 "
        "are asked.",
        examples=[["intranet.example.com", "192.168.1.0/24"]],
    )
    hosts: Mapping[Annotated[str, AfterValidator(_host_key)], HostSettings] = Field(
        default_factory=dict,
        description="How to ask single hosts, by `host` or `host:port`. Default: one connection, one second apart.",
        examples=[{"news.example.com": {"connections": 2, "spacing_s": 0.5}}],
    )
    ignore_robots: tuple[Annotated[str, AfterValidator(_host_key)], ...] = Field(
        default=(),
        description="Hosts whose pages are read whatever their robots.txt says, and those below them: your own, or "
        "where the owner allows it. Feeds are made for machines, and are asked for without looking there.",
        examples=[["intranet.example.com"]],
    )
    contact: Annotated[str, AfterValidator(_contact)] | None = Field(
        default=None,
        description="Web or mail address that servers are told, so that their people can reach yours.",
        examples=["ops@example.com"],
    )

    def settings(self, host: str, port: int) -> HostSettings:
        """Return how `host` (lower-case) may be asked on `port`: `host:port` goes before `host`."""
        return self.hosts.get(f"{host}:{port}") or self.hosts.get(host) or HostSettings()


class FirstRun(Section):
    """What a feed's first poll leads to: its entries are the baseline, the best of them go out in one message."""

    stories: Count = Field(
        default=5, ge=0, le=5, description="At most so many stories, up to 5; 0 for no message.", examples=[5]
    )
    hours: Count = Field(default=48, ge=1, le=720, description="Only stories of the last so many hours.", examples=[48])


class Retention(Section):
    """How long things are kept."""

    days: Count = Field(
        default=90,
        ge=2,
        le=3_650,
        description="Days that entries, pages, stories and alerts that were posted are kept.",
        examples=[90],
    )


class Backups(Section):
    """Copies of the store that the bot makes while it runs."""

    every: Annotated[Duration, AfterValidator(_hourly)] = Field(
        default=timedelta(days=1), description="Time between two copies, 1h or more.", examples=["12h"]
    )
    keep: Count = Field(
        default=2, ge=0, le=1_000, description="So many are kept, the newest ones; 0 for none at all.", examples=[7]
    )
    folder: Path | None = Field(
        default=None,
        description="Where they lie; a relative path counts from the store's folder. Default: `backups` beside the "
        "store. Another disk is better.",
        examples=["/backups"],
    )


class Config(Section):
    """All of config.yaml."""

    feeds: tuple[Annotated[FeedConfig, _text_is("url")], ...] = Field(
        default=(),
        description="Feeds to poll: a plain address, or a mapping.",
        examples=[["https://techcrunch.com/feed/", {"url": "https://www.wired.com/feed/rss", "every": "30m"}]],
    )
    packs: tuple[Text, ...] = Field(
        default=(),
        description="Ready-made lists of feeds; `talentwire feeds --packs` shows them.",
        examples=[["news-queries-it", "lab-blogs"]],
    )
    watchlist: Watchlist = Field(
        default_factory=Watchlist,
        description="Whom to watch beside the names that the bot knows anyway.",
        examples=[{"organisations": ["OpenAI"], "people": ["Mira Murati"]}],
    )
    mute: tuple[Mute, ...] = Field(
        default=(),
        description="What shall not alert, for good or for a while.",
        examples=[[{"what": "example-news.com", "until": "2026-12-31"}]],
    )
    thresholds: Thresholds = Field(
        default_factory=Thresholds, description="How sure the bot has to be.", examples=[{"alert": 0.8}]
    )
    slack: SlackConfig = Field(
        default_factory=SlackConfig, description="Where alerts go.", examples=[{"channel": "C0123456789"}]
    )
    routes: tuple[Route, ...] = Field(
        default=(),
        description="Channels for certain stories. A story that matches none of them goes to `slack.channel`.",
        examples=[[{"channel": "C0123456789", "kinds": ["layoff"]}]],
    )
    zone: Zone = Field(
        default="UTC", description="Time zone of all times of day in this file.", examples=["Europe/Rome"]
    )
    digest: Digest = Field(
        default_factory=Digest,
        description="What is told once a day, and once a week, instead of at once.",
        examples=[{"daily": "08:00", "weekly": "monday"}],
    )
    quiet: tuple[QuietHours, ...] = Field(
        default=(),
        description="Hours in which a channel hears nothing; what was held back comes together when they end. Of "
        "several entries for a channel the first counts.",
        examples=[[{"from": "22:00", "to": "07:30"}]],
    )
    heartbeat_url: Annotated[str, Field(max_length=2_000), AfterValidator(_secret_address)] | None = Field(
        default=None,
        description="Asked every five minutes while polls succeed and no alert is overdue by 15 minutes: a service "
        "there can tell you when that stops.",
        examples=["https://hc-ping.example/your-uuid"],
    )
    store: Path | None = Field(
        default=None,
        description="The database file; a relative path counts from this file's folder. "
        "Default: talentwire.db in TALENTWIRE_DATA, ./data or /data.",
        examples=["/var/lib/talentwire/talentwire.db"],
    )
    network: Network = Field(
        default_factory=Network,
        description="How the bot behaves towards servers.",
        examples=[{"contact": "ops@example.com"}],
    )
    first_run: FirstRun = Field(
        default_factory=FirstRun,
        description="What a feed's first poll leads to.",
        examples=[{"stories": 5, "hours": 48}],
    )
    retention: Retention = Field(
        default_factory=Retention, description="How long things are kept.", examples=[{"days": 90}]
    )
    backups: Backups = Field(
        default_factory=Backups,
        description="Copies of the store that the bot makes while it runs.",
        examples=[{"every": "12h", "keep": 7}],
    )


def validated(raw: Mapping[str, Any]) -> Config:
    """Return the Config of plain data. Raises pydantic.ValidationError with every problem."""
    return Config.model_validate(raw)

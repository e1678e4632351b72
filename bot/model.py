"""The nouns of the bot, in the order in which data flows: feed, entry, article, finding, story, operation.

Every record is frozen; times are aware and in UTC; ids are functions of content, so making one twice is making it once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, NewType

EntryId = NewType("EntryId", str)
StoryId = NewType("StoryId", str)
OperationKey = NewType("OperationKey", str)

DIGEST = StoryId("digest")  # stands for the stories of a message that tells many


def digest(*parts: str, length: int = 32) -> str:
    """Return the first `length` hex digits of a SHA-256 over `parts`, which cannot run into each other."""
    return sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:length]


# ------------------------------------------------------------------------------------------------ feeds and entries


class ReadMode(StrEnum):
    """When the page behind an entry is fetched."""

    AUTO = "auto"  # when title or summary carry a known name, a trigger or an AI term
    ALWAYS = "always"


class Condition(StrEnum):
    """What ails a feed, other than one failure that passes: told once when it begins and once when it ends."""

    NEVER = "never_worked"  # not one poll brought a readable answer
    FAILING = "failing"  # it worked once, and has not for long
    WEB_PAGE = "web_page"  # something else comes where a feed was
    PARKED = "parked"  # the domain was let go: its page offers it for sale
    GONE = "gone"  # the server says for good
    EMPTIED = "emptied"  # a feed comes, but without the entries it used to have
    SILENT = "silent"  # nothing new for many times as long as usual
    STRANGER = "stranger"  # another feed under the same address: nothing in it is known, and its title has changed


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a feed brings something new, as far as it bears on when to ask again.

    `gap` is the usual time between two entries, `reach` how far back the entries go that it shows at once. `bound` is
    the longest interval since an answer shared no entry with the one before, None where that is long ago. `overlap` is
    the share of entries of its last full answer that were known, `missed` counts answers that may have left some out.
    `news_at` is when it last showed a new entry, `told_at` when one of its entries last led to an alert.
    """

    gap: timedelta | None = None
    reach: timedelta | None = None
    bound: timedelta | None = None
    overlap: float | None = None
    missed: int = 0
    news_at: datetime | None = None
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a feed itself says of when to ask it.

    `ttl` is the least interval, `base` a moment that its updates are counted from, one each `ttl`. `hours` (0 to 23)
    and `days` (0 is Monday) are those, by UTC, in which it is not to be asked.
    """

    ttl: timedelta | None = None
    base: datetime | None = None
    hours: frozenset[int] = frozenset()
    days: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Moved:
    """Where a feed's server says for good that it lies now: `to`, said `times` times in a row since `since`."""

    to: str = ""
    times: int = 0
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """What asking a feed cost so far: polls, those with validators, those answered with 304, bytes of bodies."""

    since: datetime | None = None
    polls: int = 0
    conditional: int = 0
    not_modified: int = 0
    octets: int = 0


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as configured, and what the store remembers of it.

    `etag` and `last_modified` are the server's own bytes, decoded as latin-1 so that they go back unchanged.
    `body_hash` is the SHA-256 of the last full body. `failures` counts failed polls in a row. `polled_at` is the last
    poll that brought a readable answer: None means that the next one is the feed's first, its baseline.
    `why` says why `next_poll_at` is what it is. `wishes` is what the feed itself asked for when it was last read,
    `fresh` for how long the server called its last full answer fresh, `full_at` when that was: validators are left out
    after a day, lest they lie. `name` is what the config calls it, `title` what it calls itself. `address` is where it
    is really asked, once its server has said often enough that it has moved: `url` stays its name.
    """

    url: str
    name: str = ""
    owner: str = ""
    every: timedelta | None = None
    read: ReadMode = ReadMode.AUTO
    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""
    failures: int = 0
    stopped: bool = False
    polled_at: datetime | None = None
    next_poll_at: datetime | None = None
    why: str = ""
    error: str = ""
    wishes: Wishes = Wishes()
    fresh: timedelta | None = None
    full_at: datetime | None = None
    title: str = ""
    address: str = ""
    moved: Moved = Moved()
    pace: Pace = Pace()
    tally: Tally = Tally()
    condition: Condition | None = None
    condition_since: datetime | None = None

    @property
    def where(self) -> str:
        """The address that is asked."""
        return self.address or self.url


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed, as text.

    `raw_id` is what the feed calls it; `item_hash` covers the raw item element; `edits` counts changes of its text.
    `publisher` is who published it, where the feed gathers entries of others.
    """

    id: EntryId
    feed_url: str
    raw_id: str
    item_hash: str
    url: str
    title: str
    summary: str
    language: str  # as the feed declares it, lower-case primary tag, "" where it does not
    published_at: datetime | None
    seen_at: datetime
    baseline: bool = False  # met in the first poll of its feed
    edits: int = 0
    publisher: str = ""


@dataclass(frozen=True, slots=True)
class ParsedEntry:
    """What a feed says of one entry, before the store knows it. Times are aware UTC or None; for names see Entry."""

    raw_id: str
    item_hash: str
    url: str
    title: str
    summary: str
    published_at: datetime | None
    publisher: str = ""


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """What one body said: its new or changed entries, and the hash of every entry it shows.

    `shown` maps raw id to item hash for all entries, so that what is gone can be forgotten later; `unknown` of them
    were never met before. `dates` are those that the entries shown bear, known ones too, latest first. `broken` says
    what was wrong with a body that could be read all the same.
    """

    title: str
    language: str
    entries: tuple[ParsedEntry, ...]
    shown: Mapping[str, str]
    left_out: int = 0
    wishes: Wishes = Wishes()
    broken: str = ""
    unknown: int = 0
    dates: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Visit:
    """A claim on one host: the holder of `token` may ask these feeds, one after another, until the lease lapses."""

    host: str
    token: str
    feeds: tuple[Feed, ...]
    lease_until: datetime


class PollOutcome(StrEnum):
    """How one poll of one feed ended."""

    OK = "ok"
    NOT_MODIFIED = "not_modified"
    UNCHANGED = "unchanged"  # a full answer with the bytes we had
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PollResult:
    """What `finish` writes for one feed: its new state, its new or changed entries, and what it shows now.

    `gap` tells that entries may have come and gone since the poll before. `leave_alone` is a host (name:port) and until
    when it asked to be left alone: that holds for all of its feeds and pages.
    """

    feed: Feed
    outcome: PollOutcome
    entries: tuple[Entry, ...] = ()
    shown: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    gap: bool = False
    leave_alone: tuple[str, datetime] | None = None


# ------------------------------------------------------------------------------------------------ fetching


@dataclass(frozen=True, slots=True)
class Request:
    """A page or a feed to get.

    `headers` are ours, values decoded as latin-1; `cap` bounds the decoded body in bytes. `spaced` requests keep their
    distance to others at the same host; those for an article's page do not, but share the host's connections.
    `obedient` ones are not made where the host's robots.txt asks not to.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    cap: int = 8 * 1024 * 1024
    spaced: bool = True
    obedient: bool = False


@dataclass(frozen=True, slots=True)
class Response:
    """An answer: `url` after redirects, header names lower-case, body decoded and within the cap (empty on 304).

    `moved_to` is the final address if every redirect on the way was permanent (301, 308), else "".
    """

    request: Request
    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    moved_to: str = ""
    seconds: float = 0.0


# ------------------------------------------------------------------------------------------------ articles


class Source(StrEnum):
    """Where the text of an article came from."""

    PAGE = "page"
    SUMMARY = "summary"


class Quality(StrEnum):
    """What a page turned out to be."""

    ARTICLE = "article"
    STUB = "stub"
    WALL = "wall"


@dataclass(frozen=True, slots=True)
class Article:
    """An entry's readable text. `note` says why the page was not used, where it was wanted ("" where it was not)."""

    entry: Entry
    title: str
    body: str
    language: str
    source: Source
    note: str = ""

    @property
    def text(self) -> str:
        """What is judged, and what every span counts in: title, blank line, body."""
        return joined(self.title, self.body)


def joined(title: str, body: str) -> str:
    """Title, blank line, body: the text that spans count in."""
    return f"{title}\n\n{body}" if body else title


# ------------------------------------------------------------------------------------------------ findings


class Kind(StrEnum):
    """What a talent story reports."""

    HIRE = "hire"
    DEPARTURE = "departure"
    POACH = "poach"
    ACQUIHIRE = "acquihire"
    FOUNDING = "founding"
    RETENTION = "retention"
    COMPENSATION = "compensation"
    LAYOFF = "layoff"
    HIRING_FREEZE = "hiring_freeze"
    REORG = "reorg"
    APPOINTMENT = "appointment"
    LEGAL = "legal"
    TREND = "trend"


class Status(StrEnum):
    """How sure the article itself is of a move."""

    CONFIRMED = "confirmed"
    REPORTED = "reported"
    RUMOURED = "rumoured"
    DENIED = "denied"
    HISTORICAL = "historical"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters `start` to `end` (half-open) of the judged text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Move:
    """Who goes from where to where, as what.

    `confidence` is the probability that person and organisations are right. `written` is the name as the text writes
    it, where that is not `person`: another script, another order of its parts. `takes_up` says that `role` is the post
    taken up, not one that the mover has or had.
    """

    person: str
    from_org: str | None
    to_org: str | None
    role: str | None
    status: Status
    confidence: float
    evidence: tuple[Span, ...] = ()
    written: str = ""
    takes_up: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """One piece of evidence: the rule's id, what it found, where, and what it added to the score (in logits)."""

    rule: str
    text: str
    weight: float
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Our verdict on one text: `score` is a probability; `evidence` are whole sentences that carry it, best first."""

    language: str
    score: float
    kinds: tuple[Kind, ...]
    moves: tuple[Move, ...]
    people: tuple[str, ...]  # of the title and lead, canonical names
    organisations: tuple[str, ...]  # of the title and lead, canonical names
    reasons: tuple[Reason, ...]
    evidence: tuple[Span, ...] = ()


# ------------------------------------------------------------------------------------------------ stories


@dataclass(frozen=True, slots=True)
class Mark:
    """A known word in a text: `kind` is org, person, status, trigger or flag; `value` its canonical name or class."""

    kind: str
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Traits:
    """What an article is compared by, words and organisations folded.

    `movers` are the people the news is about, `people` all others named near the top, each a group of spellings; `gone`
    are those of both whom the news merely comes after.
    `ends` are its moves as (person, from, to), "" for an end that is not told. `acts` are what the headline says is
    done. `speaks` says that a firm or person tells of itself, `turns` that something announced is off or was wrong,
    `old` that it is told again. `text` is its top, folded; `keys` lead to stories that could be the same.
    """

    title: frozenset[str] = frozenset()
    lead: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    numbers: frozenset[float] = frozenset()
    movers: tuple[tuple[str, ...], ...] = ()
    people: tuple[tuple[str, ...], ...] = ()
    gone: tuple[tuple[str, ...], ...] = ()
    organisations: frozenset[str] = frozenset()
    title_organisations: frozenset[str] = frozenset()
    ends: tuple[tuple[str, str, str], ...] = ()
    kinds: frozenset[str] = frozenset()
    acts: frozenset[str] = frozenset()
    named_in_title: bool = False
    text: str = ""
    weak: bool = False
    speaks: bool = False
    turns: bool = False
    old: bool = False
    language: str = ""
    at: float = 0.0
    keys: tuple[str, ...] = ()


class Action(StrEnum):
    """What a channel is to see of an article, the quietest last."""

    NEW_ALERT = "new_alert"  # first article of a story
    BROADCAST = "broadcast_change"  # a move was confirmed, denied, called off or corrected
    REPLY = "thread_reply"  # a new fact
    EDIT = "edit_in_place"  # a further independent source with nothing new
    NONE = "none"  # a copy, a relay, old news


@dataclass(frozen=True, slots=True)
class Vote:
    """What the articles of a story give for one end of a move.

    `end` is from, to or when, `weight` their trust added up, `by` who said so first.
    """

    end: str
    name: str
    weight: float
    by: str = ""


@dataclass(frozen=True, slots=True)
class StoryMove:
    """One mover of a story, as its articles together have it. `person` holds every spelling met, the best first.

    An end that nobody names is "". `status` is the surest so far, `since` (seconds) and `by` say when and from whom.
    `fixed` names the fields that a person set by hand: no article changes them. `disputed` says where the sources
    disagree: "to: Acme (says A) or Bolt (says B)".
    """

    person: tuple[str, ...]
    from_org: str
    to_org: str
    role: str
    status: Status
    since: float
    by: str
    group: bool = False
    votes: tuple[Vote, ...] = ()
    fixed: tuple[str, ...] = ()
    disputed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One step in the life of a story: when (seconds), who said so, what the channel is to see, and why."""

    at: float
    by: str
    action: Action
    why: str


@dataclass(frozen=True, slots=True)
class Telling:
    """What the articles of a story have told so far.

    `sources` are the media groups and speakers that count, `outlets` all names under which they appeared. `facts` are
    numbers, dates and posts. `members` are what its first articles are compared by; `status` counts where nobody is
    named. `changed_at` in seconds. `retracted` are moves that a person struck out: no article brings them back.
    `lead` is the entry of the article that alerts tell the story from: the first, then the last that changed it.
    """

    moves: tuple[StoryMove, ...] = ()
    sources: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    status: Status = Status.REPORTED
    changes: tuple[Change, ...] = ()
    members: tuple[Traits, ...] = ()
    changed_at: float = 0.0
    retracted: tuple[StoryMove, ...] = ()
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """One event, reported by one article or many.

    `people` are the movers (where there are none, the people of the headline). `score` is that of its best article.
    `told` is True once an alert is owed; `baseline` if its first article was met in the first poll of its feed.
    Stories of one `saga` belong together: the same people within a month. `telling` is what its articles say together.
    """

    id: StoryId
    headline: str
    url: str
    first_seen: datetime
    last_seen: datetime
    people: tuple[str, ...]
    organisations: tuple[str, ...]
    kinds: tuple[Kind, ...]
    score: float
    destinations: tuple[str, ...] = ()
    articles: int = 1
    told: bool = False
    baseline: bool = False
    saga: str = ""
    telling: Telling = field(default_factory=Telling)


@dataclass(frozen=True, slots=True)
class FirstRun:
    """How far a new store has come: is the first run still on, were all feeds asked, did any answer, is work left?"""

    pending: bool
    feeds_unasked: int
    feeds_answered: int
    entries_open: int
    since: datetime


# ------------------------------------------------------------------------------------------------ alerts


@dataclass(frozen=True, slots=True)
class Message:
    """What a channel gets to see. `text` says all of it in plain words; `metadata` is what we find it by again."""

    text: str
    blocks: tuple[Mapping[str, Any], ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)


class Verb(StrEnum):
    """What an operation does to a channel."""

    POST = "post"
    UPDATE = "update"
    REPLY = "reply"
    DELETE = "delete"


class OperationState(StrEnum):
    """Where an operation stands. `sending` also covers "sent, but nobody knows whether it arrived"."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    PARKED = "parked"  # the channel cannot be posted to until a person mends it
    DEAD = "dead"  # given up: refused twice for what it says


@dataclass(frozen=True, slots=True)
class Operation:
    """One row of the outbox: something owed to a channel.

    `key` is a function of story, channel and revision; `target` is the key of the operation whose message is updated,
    replied to or deleted ("" for a post), `target_ts` that message's timestamp once known (or given outright). A reply
    with `broadcast` stands in the channel, too.
    `attempts` counts those that may have arrived: each is counted before it is made, taken back if it certainly did
    not. `started_at` is the start of the last. `looks` counts look-ups since then that found nothing, later sweeps.
    Nothing happens before `due_at`. `sweep_at` is when the channel is looked through for doubles, None for never.
    """

    key: OperationKey
    channel: str
    verb: Verb
    story_id: StoryId
    message: Message
    created_at: datetime
    due_at: datetime
    target: str = ""
    target_ts: str = ""
    state: OperationState = OperationState.PENDING
    attempts: int = 0
    looks: int = 0
    plain: bool = False  # already reduced to plain text
    started_at: datetime | None = None
    ts: str = ""
    sweep_at: datetime | None = None
    error: str = ""
    broadcast: bool = False


class HeldFor(StrEnum):
    """Why an alert is not told at once."""

    HOLD = "hold"  # its route holds it for a while
    SOURCES = "sources"  # its route wants more independent sources
    QUIET = "quiet"  # its channel's quiet hours
    BURST = "burst"  # too many at once
    KIND = "kind"  # of kinds that go into the digest
    GRADE = "grade"  # about talent, but below the threshold of alerts
    OLD = "old"  # published weeks ago
    DENIED = "denied"  # denied, or struck out, before it was told
    MUTED = "muted"  # muted in the config, or by the channel's readers


@dataclass(frozen=True, slots=True)
class Held:
    """A story that a channel is owed, but not now.

    It is looked at again at `until`, or goes into the next daily digest where that is None. `owed_at` is when it was
    first owed. `settled_by` is the key of the message that told it, `MUTED` where a mute did away with it, "" while it
    waits. `note` says who or what muted it. `number` counts them, 0 for one that is not stored yet.
    """

    channel: str
    story_id: StoryId
    reason: HeldFor
    owed_at: datetime
    until: datetime | None = None
    note: str = ""
    settled_by: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Pulse:
    """Signs of life: when a poll last succeeded and was last made, since when a feed or an alert is overdue."""

    polled_at: datetime | None = None
    asked_at: datetime | None = None
    feed_due_since: datetime | None = None
    owed_since: datetime | None = None


class OrderVerb(StrEnum):
    """What somebody asked for."""

    FIX = "fix"
    RETRACT = "retract"
    FORGET = "forget"
    REDRAW = "redraw"  # the messages of a story, for what readers think of it


@dataclass(frozen=True, slots=True)
class Order:
    """Something a person asked to be changed in what we know, carried out by whoever runs the bot.

    `number` counts orders. `person` is whom it is about, `story` which one ("" for any), `fields` the new values of a
    fix: person, from, to, role, status. `by` is who asked. `outcome` says what came of it, "" while it is open.
    """

    number: int
    verb: OrderVerb
    person: str
    story: str
    fields: Mapping[str, str]
    by: str
    asked_at: datetime
    outcome: str = ""


class PreferenceVerb(StrEnum):
    """What a channel's readers want more or less of."""

    MUTE = "mute"
    FOLLOW = "follow"
    WATCH = "watch"  # a proposal: config.yaml has the watchlist, and no reader changes that
    UNWATCH = "unwatch"


class Subject(StrEnum):
    """What a mute or a follow is about."""

    SOURCE = "source"
    ORGANISATION = "organisation"
    PERSON = "person"
    STORY = "story"
    ANY = "any"  # a name, a host or a feed, whatever it fits


@dataclass(frozen=True, slots=True)
class Preference:
    """A mute, a follow or a proposal for the watchlist that a reader asked for in Slack, for one channel.

    `number` counts them. `what` is a name, a host, an outlet or the id of a story, `label` what readers call it. `by`
    is the id of who asked. `until` is when it ends, None for never; one that was undone ended then.
    """

    number: int
    verb: PreferenceVerb
    subject: Subject
    what: str
    label: str
    channel: str
    by: str
    asked_at: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """One article as it was judged, and the story that it went into ("" for none).

    `keys` are what it was looked for by among stories, None where they were not kept: those of an article that went
    into a story stand with that.
    """

    article: Article
    feed: Feed
    finding: Finding
    at: datetime
    story_id: StoryId
    keys: tuple[str, ...] | None = None


class FeedbackKind(StrEnum):
    """What a reader says of an alert, or of an article that was none."""

    NOT_RELEVANT = "not_relevant"
    RELEVANT = "relevant"  # shall be shown again, where others had it hidden
    WRONG_FACT = "wrong_fact"
    DUPLICATE = "duplicate"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Feedback:
    """What one reader said, with the text it was said of and what was found in it: rule -> logits.

    `about` is a story's id, or the address of what was missed. One reader says one thing of it once: a later word of
    the same kind replaces the earlier. `title` is "" where no feed has shown the article.
    """

    kind: FeedbackKind
    about: str
    url: str
    title: str
    text: str
    language: str
    score: float
    features: Mapping[str, float]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Changes:
    """What follows from one thing that a reader did, to be stored together.

    `ended` is the number of a mute or follow; `unsaid` is what feedback was about and who takes it back.
    """

    preference: Preference | None = None
    ended: int = 0
    order: Order | None = None
    feedback: Feedback | None = None
    unsaid: tuple[str, str] | None = None
    owed: tuple[Operation, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """All that the store knows of one entry: what was read, what story it went into, what was owed or held for that.

    `judged_at` is when it was last judged, `preferences` what readers wanted at that moment.
    """

    entry: Entry
    state: str
    reason: str
    article: Article | None
    finding: Finding | None
    story: Story | None
    operations: tuple[Operation, ...]
    feed: Feed
    judged_at: datetime | None
    preferences: tuple[Preference, ...]
    held: tuple[Held, ...] = ()


@dataclass(frozen=True, slots=True)
class Posted:
    """A message of ours as it stands in a channel: its key, the hashes of its facts, and its thread ("" for none)."""

    channel: str
    ts: str
    key: OperationKey
    facts: tuple[str, ...] = ()
    thread: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that a message stands in a channel; `engaged` if people answered or reacted to it."""

    channel: str
    ts: str
    engaged: bool = False

"""The seams: what the pipeline needs of the world. `app.py` alone knows what stands behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from bot.forgetting import KeptOut
from bot.model import (
    Article,
    Changes,
    Entry,
    EntryId,
    Feed,
    Finding,
    FirstRun,
    Held,
    Operation,
    OperationKey,
    Order,
    PollResult,
    Posted,
    Preference,
    Pulse,
    Receipt,
    Request,
    Response,
    Story,
    StoryId,
    Trace,
    Visit,
)

T = TypeVar("T")


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> datetime:
        """Return the wall-clock time, aware, in UTC."""

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""

    def real(self, seconds: float) -> float:
        """Return how many seconds of the machine pass while so many of this clock do: how long a wait has to be."""


class Fetcher(Protocol):
    """Gets URLs: safely (addresses judged), politely (per host), within bounds (bytes and seconds)."""

    def fetch(self, request: Request) -> Response:
        """Return the answer, whatever its status. Raises FetchError and nothing else."""


class Workers(Protocol):
    """Runs functions on hostile bytes in processes that can be killed."""

    def call(self, function: Callable[..., T], *arguments: object, seconds: float) -> T:
        """Return `function(*arguments)`; its BotErrors come through. Raises WorkerKilled past the limits."""


class WorkerKilled(Exception):  # noqa: N818 - an event, told as one
    """A worker died or was killed: out of time, out of memory, or a crash."""


class Notifier(Protocol):
    """A place where messages stand: Slack, or a terminal."""

    def apply(self, operation: Operation) -> Receipt:
        """Carry out one attempt of `operation` and say where the message stands.

        Never repeats the call by itself. Raises DeliveryError: UNKNOWN if it may have arrived, any other reason if it
        certainly did not.
        """

    def find(self, operation: Operation) -> Sequence[Receipt]:
        """Return every message of ours that carries the operation's key, earliest first.

        Looks from shortly before `operation.started_at` on. Raises DeliveryError if the channel cannot be read.
        """

    def recent(self, channel: str, since: datetime) -> Sequence[Posted]:
        """Return what stands of ours in `channel` since then, earliest first, replies in threads among it.

        Raises DeliveryError if the channel cannot be read.
        """


class Desk(Protocol):
    """Where readers ask, and are answered: Slack, as far as talking goes. Each raises DeliveryError."""

    def is_member(self, channel: str, user: str) -> bool:
        """Tell whether a person is in a channel."""

    def answer(self, address: str, payload: Mapping[str, object]) -> None:
        """Send what only the one who asked sees to the address that came with the question."""

    def ask(self, trigger: str, view: Mapping[str, object]) -> None:
        """Open a dialog for the one whose click gave `trigger`, at most three seconds ago."""

    def show_home(self, user: str, view: Mapping[str, object]) -> None:
        """Put a page into the app's home as `user` sees it."""


class Store(Protocol):
    """Everything the bot knows. Each method is one transaction: done whole, or not at all (StoreError)."""

    # -- feeds
    def sync_feeds(self, feeds: Sequence[Feed], now: datetime, *, spread_s: float) -> None:
        """Make the stored set of feeds that of the config. New ones fall due within `spread_s` seconds; state stays."""

    def claim(self, now: datetime, *, worker: str, lease_s: float, slow: bool | None = None) -> Visit | None:
        """Lease one host with due feeds to `worker`, oldest due time first; None if nothing is due.

        `slow` picks hosts that timed out last time (True), the others (False) or any (None). At most the host's number
        of connections are leased at a time. A lapsed lease is free again; its token then finishes nothing.
        """

    def extend(self, visit: Visit, now: datetime, *, lease_s: float) -> bool:
        """Lengthen a lease that still holds; False if it was lost."""

    def known_entries(self, feed_url: str) -> Mapping[str, str]:
        """Return raw id -> item hash of the feed's entries."""

    def finish(self, visit: Visit, results: Sequence[PollResult], now: datetime, *, slow: bool) -> bool:
        """Write everything a visit brought and end its lease. False, and nothing written, if the lease was lost."""

    # -- entries and articles
    def unsifted(self, *, limit: int) -> Sequence[tuple[Entry, Feed]]:
        """Return new entries nobody has looked at yet, in order of arrival."""

    def sift(self, articles: Sequence[Article], wanted: Sequence[EntryId], now: datetime) -> None:
        """Keep the articles made of feed text alone; the pages behind `wanted` are to be read."""

    def lease_unread(self, now: datetime, *, lease_s: float) -> tuple[Entry, Feed, int] | None:
        """Claim one entry whose page is due to be read, of a host with a free connection; with it its failures so far.

        The claim lapses after `lease_s` seconds, so that a crash puts the entry off and does not lose it.
        """

    def strike(self, entry_id: EntryId, reason: str, *, again_at: datetime) -> None:
        """Count one failure of an entry and put it off until `again_at`."""

    def drop(self, entry_id: EntryId, reason: str) -> None:
        """Give up on an entry for good, and keep the reason."""

    def save_article(self, article: Article, now: datetime) -> None:
        """Keep the article; the entry is read."""

    def unjudged(self, *, limit: int) -> Sequence[tuple[Article, Feed, int]]:
        """Return articles without a finding, the oldest first, with the failures of each."""

    # -- stories
    def candidates(self, keys: Sequence[str], since: datetime) -> Sequence[tuple[Story, frozenset[str]]]:
        """Return stories seen since then that share one of `keys`, those with the most first, with all keys of each.

        Under a common key only the latest stories are looked at, and no more than a few dozen come back.
        """

    def stories(self) -> Sequence[Story]:
        """Return all stories, the earliest first."""

    def save_finding(
        self,
        article: Article,
        finding: Finding,
        story: Story | None,
        keys: Sequence[str],
        owed: Sequence[Operation],
        now: datetime,
        held: Sequence[Held] = (),
    ) -> None:
        """Write the verdict on an article, its story and what is owed or held for it, together."""

    def saga_operations(self, saga: str) -> Sequence[Operation]:
        """Return the posts and replies that tell of the stories of a saga, in the order in which they were owed."""

    def lead_article(self, story: Story) -> tuple[Article, Finding, Feed] | None:
        """Return the article that a story is told from, else its best; with it its finding and its feed."""

    # -- orders
    def open_orders(self) -> Sequence[Order]:
        """Return what people asked for and nobody has carried out yet, in order."""

    def carry_out(self, order: Order, stories: Sequence[Story], owed: Sequence[Operation]) -> None:
        """Write what an order changed, what is owed for it, and its outcome, together."""

    # -- the forgotten
    def kept_out(self) -> KeptOut:
        """Return who is to be forgotten."""

    def noted(self, key: str) -> str | None:
        """Return the value kept under `key`: "forgotten" is the fingerprint of whom was last erased."""

    def erase(self, out: KeptOut, order: Order | None, owed: Sequence[Operation]) -> None:
        """Make `out` who is to be forgotten, take them out of everything kept, owe `owed` and close `order`."""

    # -- what readers asked for
    def preferences(self, at: datetime) -> Sequence[Preference]:
        """Return the mutes and follows that held at that moment, the earliest first."""

    def hear(self, ids: Sequence[str], changes: Changes, now: datetime) -> bool:
        """Write what follows from what a reader did; False, and nothing written, if one of `ids` was heard before."""

    def story(self, story_id: str) -> Story | None:
        """Return the story with this id, None if there is none."""

    def trace(self, url: str) -> Trace | None:
        """Return what became of the latest entry with this address, None if there was none."""

    def feeds(self) -> Sequence[Feed]:
        """Return the feeds of the config, in order of address."""

    def unfinished(self) -> int:
        """Return how many operations are still owed."""

    def against(self, story_id: str, *, but: str = "") -> int:
        """Return how many readers called a story not relevant, less those who want it shown; `but` one reader."""

    def last_told(self) -> datetime | None:
        """Return when a message other than a digest was last sent, None if none was."""

    def first_run(self, now: datetime) -> FirstRun:
        """Return how far the first run has come."""

    def missed(self, since: datetime, *, limit: int) -> Sequence[tuple[Story, Article, Finding, Feed]]:
        """Return untold baseline stories published since then, best first, each with its best article."""

    def end_first_run(self, told: Sequence[StoryId], owed: Sequence[Operation], now: datetime) -> None:
        """Mark the stories as told, owe the operations and end the first run, together."""

    # -- what is held back
    def hold(self, held: Sequence[Held], owed: Sequence[Operation], notes: Mapping[str, str] | None = None) -> None:
        """Write what waits, what was settled, what is owed for that, and named values, together.

        One that waits takes the place of what waits for the same channel and story already.
        """

    def waiting(self) -> Sequence[Held]:
        """Return all that waits, in the order in which it was owed."""

    def held_due(self, now: datetime) -> Sequence[Held]:
        """Return what waited until now, in the order in which it was owed."""

    def held_of(self, story_id: StoryId) -> Sequence[Held]:
        """Return what waits or waited for a story, in the order in which it was owed."""

    def loud(self, channel: str, since: datetime) -> Sequence[datetime]:
        """Return when the messages that a channel got as new ones since then were owed, the earliest first."""

    def knows(self, key: OperationKey) -> bool:
        """Tell whether the outbox has an operation with this key."""

    def note(self, key: str, value: str) -> None:
        """Keep one named value."""

    def pulse(self, now: datetime) -> Pulse:
        """Return signs of life."""

    # -- outbox
    def due_channels(self, now: datetime, *, pace_s: float = 0.0) -> Sequence[str]:
        """Return channels whose first unfinished operation is due and whose last attempt is `pace_s` or more ago."""

    def first_operation(self, channel: str, now: datetime) -> Operation | None:
        """Return the channel's first unfinished operation if it is due, its `target_ts` filled in where known."""

    def unlearnt_since(self, channel: str) -> datetime | None:
        """Return from when on the channel's own messages are to be learnt in this run; None once they were.

        That is when the last one known to be posted was made (the beginning of time where there is none): what came
        later was posted by a life of ours that this database does not know.
        """

    def learn(self, channel: str, posted: Sequence[Posted]) -> int:
        """Take over messages of ours that the outbox does not know, or does not know to be sent; returns how many.

        Where the outbox knew nothing of a channel in which we did post, an earlier life may have been at what is owed
        to it now when its database was lost: that counts as attempted once, so that it is looked for, and swept. What
        stands twice is swept at once.
        """

    def learnt(self, channel: str) -> Sequence[Operation]:
        """Return what was taken over from the channel."""

    def settle(self, operation: Operation) -> None:
        """Write an operation's new state."""

    def due_sweeps(self, now: datetime) -> Sequence[Operation]:
        """Return operations whose channel is to be looked through for doubles now."""

    def operations(self) -> Sequence[Operation]:
        """Return the whole outbox, oldest first."""

    def owe(self, operations: Sequence[Operation]) -> None:
        """Add operations to the outbox; one whose key is there already is left alone."""

"""Random fault plans for delivery: the real store, protocol and client, a strict Slack on a socket, real kills.

    python -m tests.pipeline.slack_plans                       # all 1,000; ends with status 1 if one is red
    python -m tests.pipeline.slack_plans --seed 17             # one of them, with its faults and what stood in the end
    python -m tests.pipeline.slack_plans --without sweep       # a mutation: look-up, attempt-count or sweep; plans turn red

A plan is made from its seed: what two channels are owed (posts, edits, replies, replies shown in the channel, in two
batches), what Slack does to the calls (answers lost before and after, 5xx, HTML, half answers, silence, 429 storms,
commits after the caller has given up, history that lags by up to a third of the settle time), which of the two channels
is sick, and where the process ends: SIGKILL at a call of the store, SIGKILL by Slack before or after it stored, a stop,
in some plans with its database lost. Each life is a process of its own. All share one clock of 40 times the machine's
speed, which skips what nobody waits for; so lag, Retry-After, timeouts and settle time keep their ratios.

A plan is green if in the end each key stands in its channel once, in the order in which it was owed, each edited message
shows its last edit, nothing is owed, nothing was posted again that had been there to be seen, and Slack was never asked again before its Retry-After was over.
"""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from random import Random
from ssl import PROTOCOL_TLS_CLIENT, SSLContext
from typing import Any

from bot.adapters.slack import SlackNotifier
from bot.adapters.store import SqliteStore
from bot.alerts import delivery
from bot.alerts.keys import metadata
from bot.config import Config
from bot.model import Message, Operation, OperationKey, OperationState, StoryId, Verb
from bot.pipeline import Pipeline
from bot.stages.delivering import Courier
from bot.telemetry import Counters
from tests.fakes.clock import SharedClock
from tests.fakes.slack_server import BOT_TOKEN, Running

PLANS = 1_000
SPEED = 40.0
SETTLE_S = 15.0
POLICY = delivery.Policy(settle_s=SETTLE_S, timeout_s=10.0, sweep_after=(60.0, 600.0))
WELL, SICK = "C0ALERTS", "G0PRIVATE"
MUTATIONS = ("look-up", "attempt-count", "sweep")
BATCH_GAP_S = 90.0
LIFE_LIMIT_S = 60.0  # of the machine: a life that takes longer hangs
FINISHED = 0


# ------------------------------------------------------------------------------------------------------------ the plan


@dataclass(frozen=True, slots=True)
class Owed:
    """One operation of a plan; `batch` says when it is owed, `target` names the operation it changes or answers."""

    key: str
    channel: str
    verb: Verb
    batch: int
    target: str = ""
    broadcast: bool = False


@dataclass(frozen=True, slots=True)
class Life:
    """One process: dies at the `call`-th call of its store (0 for never), or stops after `steps`; `blank`: without the
    database of those before it. `pause_s` pass before it begins."""

    call: int = 0
    after: bool = False
    steps: int = 1_000_000
    blank: bool = False
    pause_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Plan:
    seed: int
    owed: tuple[Owed, ...]
    faults: tuple[dict[str, Any], ...]
    lives: tuple[Life, ...]
    lag_s: float


def plan_of(seed: int) -> Plan:
    draw = Random(seed)
    owed = tuple(one for channel in (WELL, SICK) for one in owed_to(channel, draw))
    faults = [fault(draw, draw.choice((WELL, None))) for _ in range(draw.randint(1, 5))]
    faults += [fault(draw, SICK) for _ in range(draw.randint(2, 7))]
    if draw.random() < 0.3:  # it takes nothing for a while, until somebody mends that
        word = draw.choice(("not_in_channel", "is_archived", "restricted_action"))
        rule = {"method": "chat.postMessage", "channel": SICK, "action": "error", "error": word}
        faults.append(rule | {"skip": draw.randint(0, 2), "times": draw.randint(1, 2)})
    draw.shuffle(faults)
    lives = tuple(life(draw) for _ in range(draw.randint(0, 3)))
    return Plan(seed, owed, tuple(faults), lives, draw.uniform(0, SETTLE_S / 3))


def owed_to(channel: str, draw: Random) -> Iterator[Owed]:
    posts: list[str] = []
    for n in range(draw.randint(4, 6)):
        batch, key = int(n > 2), f"{channel}-{n}"
        kind = draw.choice(("post", "post", "post", "edit", "reply", "broadcast")) if posts else "post"
        target = draw.choice(posts) if posts and kind != "post" else ""
        if kind == "post":
            posts.append(key)
        verb = {"post": Verb.POST, "edit": Verb.UPDATE}.get(kind, Verb.REPLY)
        yield Owed(key, channel, verb, batch, target, broadcast=kind == "broadcast")


def fault(draw: Random, channel: str | None) -> dict[str, Any]:
    """One rule for the fake; most hit posts, some edits, deletions and look-ups."""
    methods = ("chat.postMessage",) * 7 + (
        "chat.update",
        "chat.delete",
        "conversations.history",
        "conversations.replies",
    )
    rule: dict[str, Any] = {"method": draw.choice(methods), "skip": draw.randint(0, 3), "times": 1}
    if channel is not None:
        rule["channel"] = channel
    when = draw.choice(("before", "after", "after"))
    rule |= draw.choice(
        (
            {"action": "drop", "when": when},
            {"action": "drop", "when": when, "reset": True},
            {"action": "drop", "when": "before", "late": draw.uniform(0.1, 1.0) * SETTLE_S},
            {
                "action": "drop",
                "when": "before",
                "late": draw.uniform(1.0, 4.0) * SETTLE_S,
            },  # beyond two settle times, too
            {"action": "http", "status": draw.choice((500, 502, 503, 504)), "when": when},
            {"action": "http", "status": 503, "when": when, "retry_after": draw.randint(1, 30)},
            {"action": "html", "when": when},
            {"action": "cut", "when": "after"},
            {"action": "error", "error": draw.choice(("fatal_error", "internal_error", "new_word")), "when": when},
            {"action": "slow", "seconds": draw.uniform(11.0, 25.0), "when": when},  # silence beyond our patience
            {"action": "ratelimit", "retry_after": draw.randint(1, 20), "times": draw.randint(1, 4)},
            {"action": "ratelimit", "retry_after": draw.randint(1, 20), "times": draw.randint(1, 4)},
            {"action": "kill", "when": when},
            {"action": "kill", "when": "after"},
            {"action": "kill", "when": "before", "late": draw.uniform(0.1, 1.0) * SETTLE_S},
        )
    )
    return rule


def life(draw: Random) -> Life:
    pause_s = draw.choice((0.5, 2.0, 20.0, 120.0))
    if draw.random() < 0.25:
        return Life(steps=draw.randint(1, 15), pause_s=pause_s, blank=draw.random() < 0.2)
    return Life(call=draw.randint(1, 60), after=draw.random() < 0.5, pause_s=pause_s, blank=draw.random() < 0.1)


def operation(one: Owed, began: datetime) -> Operation:
    at = began + timedelta(seconds=one.batch * BATCH_GAP_S)
    return Operation(
        key=OperationKey(one.key),
        channel=one.channel,
        verb=one.verb,
        story_id=StoryId(one.key),
        message=Message(f"text of {one.key}", metadata=metadata(OperationKey(one.key), [])),
        created_at=at,
        due_at=at,
        target=one.target,
        broadcast=one.broadcast,
    )


# ------------------------------------------------------------------------------------------------------- one life of it


class DyingStore:
    """The real store; the process is killed before or after its n-th call."""

    def __init__(self, store: SqliteStore, die_at: int, *, after: bool) -> None:
        self._store, self._die_at, self._after, self._calls = store, die_at, after, 0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self._calls += 1
            if self._calls == self._die_at and not self._after:
                os.kill(os.getpid(), signal.SIGKILL)
            result = method(*args, **kwargs)
            if self._calls == self._die_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return call


@dataclass
class World:
    """What the lives of one plan share."""

    plan: Plan
    slack: Running
    clock: SharedClock
    folder: Path
    mutation: str
    tls: SSLContext
    began: datetime = field(init=False)
    lives: int = 0

    def __post_init__(self) -> None:
        self.began = self.clock.now()

    def pipeline(self, store: Any) -> Pipeline:
        kind = MUTANTS.get(self.mutation, Pipeline)
        notifier = SlackNotifier(
            BOT_TOKEN, clock=self.clock, base_url=self.slack.api, timeout_s=POLICY.timeout_s, context=self.tls
        )
        return kind(
            config=Config(),
            watch=unwanted,
            store=store,
            fetcher=None,  # type: ignore[arg-type]
            workers=None,  # type: ignore[arg-type]
            notifier=notifier,
            clock=self.clock,
            counters=Counters(),
            policy=POLICY,
            channel=WELL,
        )

    def live(self, life: Life) -> None:
        """Deliver until all is said and swept, skipping the time in which nothing is due."""
        with closing(SqliteStore(self.folder / "t.db")) as store:
            pipeline = self.pipeline(DyingStore(store, life.call, after=life.after))
            batches = sorted({one.batch for one in self.plan.owed})
            for _ in range(life.steps):
                while batches and self.owed_at(batches[0]) <= self.clock.now():
                    pipeline.store.owe([operation(o, self.began) for o in self.plan.owed if o.batch == batches[0]])
                    batches.pop(0)
                if pipeline.deliver_alerts() or pipeline.sweep_channels():
                    continue
                moments = [*due(store), *map(self.owed_at, batches[:1])]
                if not moments:
                    return
                self.clock.skip((min(moments) - self.clock.now()).total_seconds() + 0.001)

    def owed_at(self, batch: int) -> datetime:
        return self.began + timedelta(seconds=batch * BATCH_GAP_S)


def unwanted() -> Any:
    raise AssertionError("delivery judges nothing")


def due(store: SqliteStore) -> Iterator[datetime]:
    """When each channel's first operation is due, and each sweep."""
    operations = store.operations()
    states = (OperationState.SENT, OperationState.DEAD)
    for channel in (WELL, SICK):
        here = [one for one in operations if one.channel == channel]
        if first := next((one for one in here if one.state not in states), None):
            last = max((one.started_at for one in here if one.started_at), default=first.due_at - timedelta(seconds=1))
            yield max(first.due_at, last + timedelta(seconds=1))
    yield from (one.sweep_at for one in operations if one.sweep_at is not None)


class BlindCourier(Courier):
    """Posts again at once what may have arrived."""

    def _look_for(self, operation: Operation) -> Operation:
        once = delivery.after_look(operation, (), self.clock.now(), self.policy)
        return delivery.after_look(once, (), self.clock.now(), self.policy)


class ForgetfulCourier(Courier):
    """Writes an attempt down only once it is over."""

    def _attempt(self, operation: Operation) -> Operation:
        begun = delivery.begin(operation, self.clock.now(), self.policy)
        try:
            receipt = self.notifier.apply(begun)
        except delivery.DeliveryError as error:
            return delivery.after_error(begun, error, self.clock.now(), self.policy)
        return delivery.after_receipt(begun, receipt, self.clock.now(), self.policy)


def by(courier: type[Courier]) -> type[Pipeline]:
    """Return a pipeline that delivers by `courier`."""

    class Changed(Pipeline):
        @property
        def _courier(self) -> Courier:
            return courier(self.store, self.notifier, self.clock, self.counters, self.policy, self.limits.pace_s)

    return Changed


class WithoutSweep(Pipeline):
    """Never looks for doubles."""

    def sweep_channels(self) -> int:
        for one in self.store.due_sweeps(self.clock.now()):
            self.store.settle(delivery.replace(one, sweep_at=None))
        return 0


MUTANTS = {"look-up": by(BlindCourier), "attempt-count": by(ForgetfulCourier), "sweep": WithoutSweep}


# ------------------------------------------------------------------------------------------------------- the whole plan


def play(plan: Plan, slack: Running, clock: SharedClock, *, mutation: str = "") -> tuple[list[str], Counter[str]]:
    """Live a plan through to its end; returns what is wrong, and counts of what happened."""
    folder = Path(tempfile.mkdtemp(prefix="talentwire-plan-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    try:
        slack.admin("reset", {})
        slack.config(history_lag=plan.lag_s)
        slack.faults(*(dict(one) for one in plan.faults))
        world = World(plan, slack, clock, folder, mutation, SSLContext(PROTOCOL_TLS_CLIENT))
        deaths = through(world)
        clock.skip(3 * SETTLE_S)
        state = slack.admin("state")
        wrong = faults_of(plan, state, deaths)
        if not deaths["databases lost"]:
            wrong += unlooked(plan, state, slack.admin("calls"))
        with closing(SqliteStore(folder / "t.db")) as store:
            owing = [f"{one.key} is {one.state}: {one.error}" for one in store.operations() if one.state != "sent"]
        return wrong + owing, Counter(deaths) + counted(plan, slack, state)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def through(world: World) -> Counter[str]:
    """Let one life follow on another until one of them finds nothing more to do."""
    told: Counter[str] = Counter()
    lives = [*world.plan.lives, *[Life(pause_s=5.0)] * 30]
    for life in lives:
        if life.blank and all(seen(world, channel) for channel in (WELL, SICK)):
            told["databases lost"] += 1
            for path in world.folder.iterdir():
                path.unlink()
        told["lives"] += 1
        how = forked(world, life)
        told[how] += 1
        if how == "ended" and life.steps > 100 and not life.call:
            return told
        world.clock.skip(life.pause_s)
    told["never came to rest"] += 1
    return told


def seen(world: World, channel: str) -> bool:
    """Whether a channel shows that there was an earlier life; one that does not is taken for new (docs/operations.md)."""
    youngest = world.clock.now().timestamp() - world.plan.lag_s
    return any(float(m["ts"]) < youngest for m in world.slack.messages(channel))


def forked(world: World, life: Life) -> str:
    """Run one life in a process of its own; returns how it went: ended, killed, or broke."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            world.slack.config(pid=os.getpid())
            world.live(life)
            status = FINISHED
        except BaseException:  # noqa: BLE001 - told, and the life counts as broken
            traceback.print_exc()
        finally:
            os._exit(status)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return "killed" if os.WTERMSIG(status) == signal.SIGKILL else "broke"
    return "ended" if os.WEXITSTATUS(status) == FINISHED else "broke"


def faults_of(plan: Plan, state: dict[str, Any], told: Counter[str]) -> list[str]:
    wrong = [f"{what}: {told[what]}" for what in ("broke", "never came to rest") if told[what]]
    wrong += [f"asked again too early: {one}" for one in state["early_retries"]]
    for channel in (WELL, SICK):
        standing = [m for m in state["messages"].get(channel, []) if not m["deleted"]]
        standing.sort(key=lambda m: m["ts"])
        keys = [m["metadata"]["event_payload"]["k"] for m in standing]
        here = [one for one in plan.owed if one.channel == channel]
        wanted = [one.key for one in here if one.verb is not Verb.UPDATE]
        wrong += [f"lost: {key}" for key in wanted if key not in keys]
        wrong += [f"doubled: {key}" for key in wanted if keys.count(key) > 1]
        if sorted(keys) == sorted(wanted) and keys != wanted:
            wrong.append(f"out of order: {keys}")
        texts = {m["metadata"]["event_payload"]["k"]: m["text"] for m in standing}
        last = {one.target: one.key for one in here if one.verb is Verb.UPDATE}
        wrong += [f"not edited: {t} by {key}" for t, key in last.items() if texts.get(t) != f"text of {key}"]
    return wrong


def unlooked(plan: Plan, state: dict[str, Any], calls: list[dict[str, Any]]) -> list[str]:
    """What was posted a second time although the first had been there to be seen for a third of the settle time."""
    posts = [c for c in calls if c["method"] == "chat.postMessage" and c.get("stored") and c["fault"] != "late"]
    asked_at = {c["result"]["ts"]: c["t"] for c in posts}
    wrong = []
    for here in state["messages"].values():
        copies: dict[str, list[str]] = {}
        for message in sorted(here, key=lambda m: m["ts"]):
            copies.setdefault(message["metadata"]["event_payload"]["k"], []).append(message["ts"])
        for key, stored in copies.items():
            seen_from = float(stored[0]) + plan.lag_s + SETTLE_S / 3
            if len(stored) > 1 and seen_from < asked_at.get(stored[1], 0.0):
                wrong.append(f"doubled, and not looked for: {key}")
    return wrong


def counted(plan: Plan, slack: Running, state: dict[str, Any]) -> Counter[str]:
    doubles = sum(m["deleted"] for here in state["messages"].values() for m in here)
    calls = slack.admin("calls")
    hit = Counter(f"fault {c['fault']['action']}" for c in calls if isinstance(c.get("fault"), dict))
    late = sum(c.get("fault") == "late" for c in calls)
    kinds = Counter({"owed": len(plan.owed), "calls": len(calls), "stored late": late, "deleted by the sweep": doubles})
    return kinds + hit


# --------------------------------------------------------------------------------------------------------- many of them


@contextmanager
def slack_beside(clock: SharedClock) -> Iterator[Running]:
    """Run the fake in a process forked from this one, with which it shares the clock."""
    near, far = get_context("fork").Pipe()
    process = get_context("fork").Process(target=serve_until_closed, args=(far, clock), daemon=True)
    process.start()
    running = Running()
    running.base = near.recv()
    try:
        yield running
    finally:
        near.send("end")
        process.join(5)


def serve_until_closed(pipe: Any, clock: SharedClock) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    running = Running(clock=clock).start()
    pipe.send(running.base)
    with suppress(EOFError):
        pipe.recv()
    running.stop()


def some(seeds: list[int], mutation: str) -> list[tuple[int, list[str], Counter[str]]]:
    """Play plans one after another; each gets a clock and a Slack that only they use."""
    clock = SharedClock(SPEED)
    with slack_beside(clock) as slack:
        return [(seed, *play(plan_of(seed), slack, clock, mutation=mutation)) for seed in seeds]


def run(seeds: list[int], *, jobs: int, mutation: str = "", say: Callable[[str], None] = print) -> list[int]:
    """Play the plans of `seeds`; returns the seeds of the red ones, after printing what is wrong with each."""
    began, told, red = time.monotonic(), Counter[str](), []
    with get_context("fork").Pool(jobs, initializer=be_parent) as pool:
        shares = [(seeds[n : n + 10], mutation) for n in range(0, len(seeds), 10)]
        for results in pool.starmap(some, shares, chunksize=1) if jobs == 1 else pool.imap_unordered(starred, shares):
            for seed, wrong, counts in results:
                told += counts
                if wrong:
                    red.append(seed)
                    say(f"plan {seed} is red: {'; '.join(wrong)}")
    took = time.monotonic() - began
    say("  ".join(f"{name} {count}" for name, count in sorted(told.items())))
    per_hour = len(seeds) / took * 3600
    say(f"{len(seeds)} plans, {len(red)} red; {took:.0f} s with {jobs} processes: {per_hour:,.0f} plans an hour")
    if red:
        say(f"one alone: python -m tests.pipeline.slack_plans --seed {min(red)}")
    return sorted(red)


def alone(seed: int, mutation: str) -> bool:
    """Play one plan and tell all of it; returns whether it is red."""
    plan, clock = plan_of(seed), SharedClock(SPEED)
    print(f"{plan}\n")
    with slack_beside(clock) as slack:
        wrong, _ = play(plan, slack, clock, mutation=mutation)
        began = slack.admin("calls")[0]["t"]
        for call in slack.admin("calls"):
            what = call.get("args", {})
            key = (what.get("metadata") or {}).get("event_payload", {}).get("k") or what.get("ts", "")
            key = key or what.get("oldest", "")
            outcome = {**(call.get("result") or {}), "status": call.get("status")}
            print(
                f"{call['t'] - began:8.1f} s  {call['method']} {what.get('channel', '')} {key} {call['fault'] or ''} {outcome}"
            )
        for channel in (WELL, SICK):
            for one in sorted(slack.admin(f"messages?channel={channel}&deleted"), key=lambda m: m["ts"]):
                gone = "deleted" if one["deleted"] else ""
                key = one["metadata"]["event_payload"]["k"]
                print(
                    f"{channel} {float(one['ts']) - began:8.1f} s  {key} in {one['thread_ts'] or 'the channel'} {gone}"
                )
    print("\n".join(wrong) or "green")
    return bool(wrong)


def starred(share: tuple[list[int], str]) -> list[tuple[int, list[str], Counter[str]]]:
    return some(*share)


def be_parent() -> None:
    from multiprocessing import current_process

    current_process()._config["daemon"] = False  # type: ignore[attr-defined] - it has a Slack beside it


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plans", type=int, default=PLANS)
    parser.add_argument("--first", type=int, default=0, help="seed of the first")
    parser.add_argument("--seed", type=int, help="only this one")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--without", choices=MUTATIONS, default="", help="leave out a part of the protocol")
    chosen = parser.parse_args()
    seeds = list(range(chosen.first, chosen.first + chosen.plans)) if chosen.seed is None else [chosen.seed]
    logging.disable(logging.CRITICAL)
    if chosen.seed is not None:
        sys.exit(alone(chosen.seed, chosen.without))
    sys.exit(bool(run(seeds, jobs=min(chosen.jobs, len(seeds)), mutation=chosen.without)))


if __name__ == "__main__":
    main()

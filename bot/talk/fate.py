"""Why was I told this, and why not that? What became of an entry, and which setting would change it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from bot.alerts import route
from bot.alerts.calm import HELD_WORDS, MUTED
from bot.config import Config
from bot.model import Held, Operation, OperationState, Story, Trace, Verb
from bot.urls import redact

_WAITING = {"new": "not looked at yet", "wanted": "its page is still to be read", "read": "not judged yet"}


def fate(trace: Trace, config: Config, channel: str | None, *, known_as: Callable[[str], str]) -> Iterator[str]:
    """Yield in plain words what became of an entry, the last line last; settings are named as config.yaml has them.

    `channel` is where stories go that match no route.
    """
    entry = trace.entry
    feed = trace.feed.name or trace.feed.title or redact(entry.feed_url)
    before = ", before the feed's first poll" if entry.baseline else ""
    yield f"seen in {feed}, {entry.seen_at:%Y-%m-%d %H:%M} UTC{before}"
    if trace.state in _WAITING or trace.state == "dropped" or trace.finding is None:
        yield _WAITING.get(trace.state) or f"given up: {trace.reason or trace.state}"
        return
    if trace.article is not None and trace.article.note:
        yield f"its page could not be used ({trace.article.note}): judged by the feed's own text"
    yield _score(trace.finding.score, config)
    if trace.story is None:
        return
    if not trace.story.told:
        yield from _silence(trace, trace.story, config, channel, known_as)
    elif trace.story.telling.lead not in ("", entry.id):
        yield f"part of a story that is told by another article: “{trace.story.headline}” {redact(trace.story.url)}"
    yield from (_held(one) for one in trace.held)
    yield from (_delivered(operation) for operation in trace.operations if operation.verb in (Verb.POST, Verb.REPLY))


def _score(score: float, config: Config) -> str:
    limits = config.thresholds
    if score >= limits.alert:
        return f"scores {score:.2f}, alerts begin at {limits.alert:.2f}"
    key, limit = ("alert", limits.alert) if score >= limits.digest else ("digest", limits.digest)
    kind = "about talent, but no alert" if key == "alert" else "not about talent"
    lower = math.floor(score * 100) / 100
    change = f"; `thresholds: {{{key}: {lower:.2f}}}` would let it through" if lower > 0 else ""
    return f"{kind}: scores {score:.2f}, {limit - score:.2f} below {limit:.2f}{change}"


def _silence(
    trace: Trace, story: Story, config: Config, channel: str | None, known_as: Callable[[str], str]
) -> Iterator[str]:
    """Yield why a story was not told, as things stood when its article was judged."""
    article, finding, at = trace.article, trace.finding, trace.judged_at
    if article is None or finding is None or at is None or finding.score < config.thresholds.alert:
        return
    if trace.entry.baseline:
        yield "stood in its feed before the first poll: the best of those went out in one message (`first_run`)"
        return
    mute = route.muted(config.mute, story, article, trace.feed, at, known_as=known_as)
    if mute:
        yield f"muted by `mute: [{{what: {mute}}}]` in config.yaml"
        return
    channels = route.wishes(config.routes, channel, story, finding, article, trace.feed, known_as=known_as)
    if not channels:
        yield "no entry of `routes` leads it to a channel, and there is no `slack.channel`"
    for one in channels:
        preference = route.muted_in(one, trace.preferences, story, article, trace.feed, known_as=known_as)
        if preference:
            yield f"{route.mute_words(preference)}; `/talentwire unmute {preference.number}` ends that"


def _held(held: Held) -> str:
    """Say where a story waits, or where it stood instead of in a message of its own."""
    why = HELD_WORDS[held.reason]
    if held.settled_by == MUTED:
        return f"muted in {held.channel}: {held.note}"
    if held.settled_by:
        return f"was held back in {held.channel} ({why}), and told later"
    until = f"until {held.until:%Y-%m-%d %H:%M} UTC" if held.until else "for the next daily digest"
    return f"held back in {held.channel} {until}: {why}"


def _delivered(operation: Operation) -> str:
    where = f"in {operation.channel}"
    if operation.state is OperationState.SENT and operation.started_at:
        how = "a reply" if operation.verb is Verb.REPLY else "posted"
        return f"{how} {where}, {operation.started_at:%Y-%m-%d %H:%M} UTC ({operation.ts})"
    return f"owed {where}: {operation.state}" + (f", {operation.error}" if operation.error else "")

"""One poll of one feed, without the network: what to ask for, and what the answer means. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

from bot.errors import BotError, FeedReason, FetchReason
from bot.feeds import schedule
from bot.model import (
    Entry,
    EntryId,
    Feed,
    ParsedEntry,
    ParsedFeed,
    PollOutcome,
    PollResult,
    Request,
    Response,
    digest,
)

VALIDATOR_LIMIT = 1_024  # characters: a longer ETag is not stored
FULL_EVERY = timedelta(days=1)
OLDEST, NEWEST = timedelta(days=20 * 365), timedelta(days=2)  # dates further off are mistakes
_READABLE = frozenset({200, 203})


def request_for(feed: Feed, now: datetime) -> Request:
    """Return the request for `feed`: with its validators byte for byte, but once a day without them, lest they lie."""
    headers = {
        "accept": "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
    }
    if feed.full_at is None or now - feed.full_at < FULL_EVERY:
        pairs = (("if-none-match", feed.etag), ("if-modified-since", feed.last_modified))
        headers |= {name: value for name, value in pairs if value}
    return Request(feed.url, headers)


def wants_parse(feed: Feed, response: Response) -> bool:
    """Tell whether the body must be parsed: a readable answer with other bytes than last time."""
    return response.status in _READABLE and body_hash(response.body) != feed.body_hash


def body_hash(body: bytes) -> str:
    """Return the SHA-256 of a body in hexadecimal."""
    return sha256(body).hexdigest()


def result_of(
    feed: Feed,
    answer: Response | BotError,
    parsed: ParsedFeed | BotError | None,
    now: datetime,
    *,
    minimum: timedelta = schedule.LEAST,
) -> PollResult:
    """Return what one poll means for `feed`.

    `answer` is the response, or the error of the fetch; `parsed` what its body said, or the error of the parser, and
    needed only where `wants_parse`. Nothing of a failed poll but the count of failures, the error and the due time is
    kept: validators, hash and entries stay.
    """
    if isinstance(answer, BotError):
        return _failed(feed, answer, {}, answer.reason.value, str(answer), now, minimum)
    status, headers = answer.status, answer.headers
    if status == 304 and (feed.etag or feed.last_modified):
        return _succeeded(feed, PollOutcome.NOT_MODIFIED, answer, None, now, minimum)
    if status not in _READABLE:
        words = "answered 304 though nothing was known of it" if status == 304 else f"answered with status {status}"
        reason = FeedReason.GONE if status == 410 else FeedReason.HTTP_STATUS
        return _failed(feed, status, headers, reason.value, words, now, minimum)
    if isinstance(parsed, BotError):
        return _failed(feed, parsed, headers, parsed.reason.value, str(parsed), now, minimum)
    if not wants_parse(feed, answer):
        return _succeeded(feed, PollOutcome.UNCHANGED, answer, None, now, minimum)
    if parsed is None:
        raise ValueError("a body that wants parsing comes with what was parsed, or with the error")
    return _succeeded(feed, PollOutcome.OK, answer, parsed, now, minimum)


def entry_id(feed_url: str, raw_id: str) -> EntryId:
    """Return the id of an entry: two feeds may call different entries the same."""
    return EntryId(digest(feed_url, raw_id))


def _succeeded(
    feed: Feed, outcome: PollOutcome, response: Response, parsed: ParsedFeed | None, now: datetime, minimum: timedelta
) -> PollResult:
    ttl = parsed.ttl if parsed else feed.ttl
    due = schedule.after_success(replace(feed, failures=0), response.headers, ttl, now, minimum=minimum)
    full = outcome is not PollOutcome.NOT_MODIFIED
    state = replace(
        feed,
        etag=_validator(response.headers.get("etag", ""), "" if full else feed.etag),
        last_modified=_validator(response.headers.get("last-modified", ""), "" if full else feed.last_modified),
        body_hash=body_hash(response.body) if full else feed.body_hash,
        failures=0,
        stopped=False,
        polled_at=now,
        next_poll_at=due.at,
        why=due.why,
        error="",
        ttl=ttl,
        full_at=now if full else feed.full_at,
        title=parsed.title if parsed and parsed.title else feed.title,
    )
    if parsed is None:
        return PollResult(state, outcome)
    entries = tuple(_entry(feed, parsed, entry, now) for entry in parsed.entries)
    return PollResult(state, outcome, entries, parsed.shown, _remarks(parsed))


def _failed(
    feed: Feed,
    problem: int | BotError,
    headers: Mapping[str, str],
    reason: str,
    words: str,
    now: datetime,
    minimum: timedelta,
) -> PollResult:
    due = schedule.after_failure(feed, problem, headers, now, minimum=minimum)
    blamed = not (isinstance(problem, BotError) and problem.reason is FetchReason.NO_NETWORK)
    state = replace(
        feed,
        failures=feed.failures + blamed,
        stopped=feed.stopped or due.at is None,
        next_poll_at=due.at,
        why=due.why,
        error=words,
    )
    return PollResult(state, PollOutcome.FAILED, reason=reason)


def _validator(new: str, old: str) -> str:
    """Return the validator for next time: the new one unless it is too long, on a 304 without one the old."""
    if len(new) > VALIDATOR_LIMIT:
        return ""
    return new or old


def _remarks(parsed: ParsedFeed) -> str:
    left_out = f"{parsed.left_out} older entries left out" if parsed.left_out else ""
    return "; ".join(words for words in (parsed.broken, left_out) if words)


def _entry(feed: Feed, parsed: ParsedFeed, entry: ParsedEntry, now: datetime) -> Entry:
    return Entry(
        id=entry_id(feed.url, entry.raw_id),
        feed_url=feed.url,
        raw_id=entry.raw_id,
        item_hash=entry.item_hash,
        url=entry.url,
        title=entry.title,
        summary=entry.summary,
        language=parsed.language,
        published_at=_plausible(entry.published_at, now),
        seen_at=now,
        baseline=feed.polled_at is None,
        publisher=entry.publisher,
    )


def _plausible(date: datetime | None, now: datetime) -> datetime | None:
    """Return the date, unless it lies in the future or before feeds: such an entry dates from when we saw it."""
    return date if date is not None and now - OLDEST <= date <= now + NEWEST else None

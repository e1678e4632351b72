"""Slack as a place where messages stand, through slack_sdk's synchronous client.

Each call is made once, without the SDK's retries: they post a message twice when its answer is lost. What certainly did
not arrive is told apart from what may have; in doubt it may have. Source: docs.slack.dev (errors of each method).
"""

from __future__ import annotations

import json
import logging
import re
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request

from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse, WebClient

from bot.adapters.deadline import DeadlineOpener
from bot.errors import ConfigError, DeliveryError, DeliveryReason, Fate, Problem
from bot.model import Operation, OperationKey, Posted, Receipt, Verb
from bot.ports import Clock

BASE_URL = "https://slack.com/api/"
MAX_RETRY_AFTER_S = 86_400.0
_CLOCK_SKEW = timedelta(seconds=120)
_PAGE = 200  # messages; Slack gives fewer where it restricts the reading of histories
_MAX_PAGES = 500
_MEMBERS = 1_000  # a page
_UNREADABLE = "unreadable answer"
_ANSWER_HOSTS = frozenset({"hooks.slack.com", "hooks.slack-gov.com"})

_FATES = {
    DeliveryReason.RATE_LIMITED: Fate.RETRY,
    DeliveryReason.UNREACHABLE: Fate.RETRY,
    DeliveryReason.UNKNOWN: Fate.RETRY,
    DeliveryReason.REFUSED: Fate.GIVE_UP,
    DeliveryReason.GONE: Fate.GIVE_UP,
    DeliveryReason.CHANNEL: Fate.STOP,
    DeliveryReason.TOKEN: Fate.STOP,
}
# Slack's error words that say for certain that nothing was posted. All others, new ones too, are UNKNOWN: of
# fatal_error and internal_error Slack says itself that part of the operation may have succeeded.
_WORDS = {
    DeliveryReason.RATE_LIMITED: "ratelimited rate_limited",
    DeliveryReason.TOKEN: """not_authed invalid_auth account_inactive token_revoked token_expired no_permission
        missing_scope not_allowed_token_type org_login_required access_denied two_factor_setup_required
        enterprise_is_restricted ekm_access_denied""",
    DeliveryReason.CHANNEL: """channel_not_found not_in_channel is_archived is_inactive invalid_channel
        restricted_action restricted_action_read_only_channel restricted_action_thread_only_channel
        restricted_action_non_threadable_channel restricted_action_thread_locked team_not_found
        team_access_not_granted method_not_supported_for_channel_type messages_tab_disabled channel_type_not_supported
        message_limit_exceeded slack_connect_file_link_sharing_blocked""",
    DeliveryReason.GONE: "message_not_found thread_not_found cannot_reply_to_message thread_locked",
    DeliveryReason.REFUSED: """no_text too_many_attachments too_many_contact_cards markdown_text_conflict block_mismatch
        cant_update_message cant_delete_message edit_window_closed update_failed blocked_file_type
        attachment_payload_limit_exceeded as_user_not_supported missing_argument missing_post_type
        unsupported_media_type unknown_method json_not_object post_contents_invalid""",
}
_REASONS = {word: reason for reason, words in _WORDS.items() for word in words.split()}
_ALERT = "talentwire_alert"  # `bot.alerts.keys.EVENT_TYPE`: no other message of ours is taken for an alert
_REFUSING = ("invalid_", "msg_", "metadata_")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a token speaks as. `bot_id` is what our messages are known by; `scopes` is what it may do."""

    team: str
    user: str
    bot_id: str
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Channel:
    """What Slack says of a channel."""

    name: str
    is_private: bool
    is_member: bool
    is_archived: bool


class SlackNotifier:
    """Posts, changes and deletes messages, and finds them again by the key in their metadata.

    `base_url` is the address that method names are put after; no call takes longer than `timeout_s` seconds in all. The
    environment's proxy is not used, only `proxy`. May be used by several threads. Raises ConfigError for a token that
    cannot be one.
    """

    def __init__(
        self,
        token: str,
        *,
        clock: Clock,
        base_url: str = "",
        timeout_s: float = 10.0,
        proxy: str = "",
        context: ssl.SSLContext | None = None,
    ) -> None:
        if not re.fullmatch(r"[\x21-\x7e]+", token):
            raise ConfigError((Problem(0, "SLACK_BOT_TOKEN", "is empty, or holds characters that no token has"),))
        base = (base_url or BASE_URL).rstrip("/") + "/"
        if not base.startswith(("http://", "https://")):
            raise ConfigError((Problem(0, "SLACK_API_URL", "is neither http nor https"),))
        self._base = base
        self._clock = clock
        self._client = OneCallClient(token, base, clock.real(timeout_s), context or ssl.create_default_context(), proxy)
        self._identity: Identity | None = None
        self._skew = timedelta(0)  # how far Slack's clock is ahead of ours
        self._not_before: dict[tuple[str, str], float] = {}  # method and channel -> monotonic seconds

    def __repr__(self) -> str:
        return f"SlackNotifier({self._base!r})"

    def check(self) -> Identity:
        """Ask Slack who we are. Raises DeliveryError: TOKEN if the token is not accepted."""
        answer, headers = self._call("auth.test", {})
        scopes = str(headers.get("x-oauth-scopes", "")).split(",")
        self._identity = Identity(
            team=str(answer.get("team", "")),
            user=str(answer.get("user", "")),
            bot_id=str(answer.get("bot_id", "")),
            scopes=tuple(scope.strip() for scope in scopes if scope.strip()),
        )
        return self._identity

    def channel(self, channel: str) -> Channel:
        """Ask what a channel is, and whether the bot is in it. Raises DeliveryError."""
        answer, _ = self._call("conversations.info", {"channel": channel})
        found = answer.get("channel")
        if not isinstance(found, dict):
            raise _delivery_error(DeliveryReason.UNKNOWN, "conversations.info: an answer without the channel")
        return Channel(
            name=str(found.get("name", "")),
            is_private=bool(found.get("is_private")),
            is_member=bool(found.get("is_member")),
            is_archived=bool(found.get("is_archived")),
        )

    def apply(self, operation: Operation) -> Receipt:
        """Carry out one attempt of `operation`. Raises DeliveryError: UNKNOWN if it may have arrived."""
        if operation.verb is not Verb.POST and not operation.target_ts:
            raise _delivery_error(DeliveryReason.GONE, f"{operation.verb.value}: its message was never posted")
        method, arguments = _request(operation)
        answer, _ = self._call(method, arguments, as_json=True)
        ts = str(answer.get("ts") or operation.target_ts)
        if not ts:
            raise _delivery_error(DeliveryReason.UNKNOWN, f"{method}: an answer without the message's timestamp")
        return Receipt(str(answer.get("channel") or operation.channel), ts)

    def find(self, operation: Operation) -> Sequence[Receipt]:
        """Return our messages with the operation's key, earliest first; none for updates and deletions.

        Looks from two minutes before the attempt on, or, after several attempts, before the operation was made. Raises
        DeliveryError.
        """
        if operation.verb not in (Verb.POST, Verb.REPLY):
            return ()
        only_attempt = operation.started_at if operation.attempts == 1 else None
        since = only_attempt or operation.created_at
        oldest = (since + self._measured_skew() - _CLOCK_SKEW).timestamp()
        kind = operation.message.metadata.get("event_type")
        found = [
            Receipt(operation.channel, str(message["ts"]), bool(message.get("reply_count") or message.get("reactions")))
            for message in self._ours(operation, oldest)
            if _carries(message, kind, operation.key)
        ]
        return sorted(found, key=lambda receipt: float(receipt.ts))

    def recent(self, channel: str, since: datetime) -> Sequence[Posted]:
        """Return our messages with a key in `channel` since then, earliest first. Raises DeliveryError.

        Replies are found in the threads of messages that are themselves of that time.
        """
        oldest = max(0.0, (since + self._measured_skew() - _CLOCK_SKEW).timestamp())
        arguments = {"channel": channel, "oldest": f"{oldest:.6f}", "limit": _PAGE, "include_all_metadata": True}
        parents = list(self._pages("conversations.history", arguments))
        found = {message["ts"]: message for message in parents}
        for parent in parents:
            if parent.get("reply_count"):
                thread = {**arguments, "ts": parent["ts"]}
                found |= {message["ts"]: message for message in self._pages("conversations.replies", thread)}
        posted = [one for message in found.values() if (one := _posted(channel, message)) is not None]
        return sorted(posted, key=lambda one: float(one.ts))

    def is_member(self, channel: str, user: str) -> bool:
        """Tell whether a person is in a channel. Raises DeliveryError."""
        arguments: dict[str, Any] = {"channel": channel, "limit": _MEMBERS}
        for _ in range(_MAX_PAGES):
            answer, _ = self._call("conversations.members", arguments)
            members = answer.get("members")
            if not isinstance(members, list):
                raise _delivery_error(DeliveryReason.UNKNOWN, "conversations.members: an answer without members")
            if user in members:
                return True
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return False
            arguments = {**arguments, "cursor": cursor}
        raise _delivery_error(DeliveryReason.UNKNOWN, f"conversations.members: more than {_MAX_PAGES} pages")

    def ask(self, trigger: str, view: Mapping[str, Any]) -> None:
        """Open a dialog for the one whose click gave `trigger`. Raises DeliveryError, as where it is too late."""
        self._call("views.open", {"trigger_id": trigger, "view": view}, as_json=True)

    def show_home(self, user: str, view: Mapping[str, Any]) -> None:
        """Put a page into the app's home as `user` sees it. Raises DeliveryError."""
        self._call("views.publish", {"user_id": user, "view": view}, as_json=True)

    def answer(self, address: str, payload: Mapping[str, Any]) -> None:
        """Send an answer to the address that Slack gave for it; to none but Slack's own. Raises DeliveryError."""
        parts, own = urlsplit(address), urlsplit(self._base)
        slacks = parts.scheme == "https" and parts.netloc in _ANSWER_HOSTS
        if not slacks and (parts.scheme, parts.netloc) != (own.scheme, own.netloc):
            raise _delivery_error(DeliveryReason.REFUSED, "an answer is wanted at an address that is not Slack's")
        try:
            self._client.send(address, payload)
        except Exception as error:  # noqa: BLE001 - whatever it is, there is no answer
            raise _delivery_error(_reason_of(error), f"answer: {_kind(error)}") from None

    def _measured_skew(self) -> timedelta:
        if self._identity is None:
            self.check()
        return self._skew

    def _ours(self, operation: Operation, oldest: float) -> Iterator[Mapping[str, Any]]:
        """Yield the messages of ours in a channel, or in a thread, since `oldest`."""
        arguments: dict[str, Any] = {
            "channel": operation.channel,
            "oldest": f"{oldest:.6f}",
            "limit": _PAGE,
            "include_all_metadata": True,
        }
        method = "conversations.history"
        if operation.verb is Verb.REPLY:
            method, arguments = "conversations.replies", {**arguments, "ts": operation.target_ts}
        yield from self._pages(method, arguments)

    def _pages(self, method: str, arguments: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Yield the messages of ours on all pages of an answer."""
        identity = self._identity or self.check()
        for _ in range(_MAX_PAGES):
            answer, _ = self._call(method, arguments)
            messages = answer.get("messages")
            if not isinstance(messages, list):
                raise _delivery_error(DeliveryReason.UNKNOWN, f"{method}: an answer without messages")
            yield from (m for m in messages if isinstance(m, dict) and m.get("bot_id") == identity.bot_id)
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
            arguments = {**arguments, "cursor": cursor}
        raise _delivery_error(DeliveryReason.UNKNOWN, f"{method}: more than {_MAX_PAGES} pages")

    def _call(
        self, method: str, arguments: Mapping[str, Any], *, as_json: bool = False
    ) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        """Return body and headers (names in lower case) of one call. Raises DeliveryError and nothing else."""
        limit = _limit(method, arguments)
        left = self._not_before.get(limit, 0.0) - self._clock.monotonic()
        if left > 0:
            raise _delivery_error(DeliveryReason.RATE_LIMITED, f"{method}: still to wait", left)
        try:
            answer = self._client.once(method, dict(arguments), as_json=as_json)
            body, headers = answer.data, _lower(answer.headers)
        except Exception as error:  # noqa: BLE001 - whatever it is, the request may have left: never "not sent"
            # without its cause: the library's errors may carry the request, and with it the token
            failure = self._mapped(method, error)
            if failure.reason is DeliveryReason.RATE_LIMITED:
                self._not_before[limit] = self._clock.monotonic() + (failure.retry_after or 1.0)
            raise failure from None
        if not isinstance(body, dict):
            raise _delivery_error(DeliveryReason.UNKNOWN, f"{method}: no JSON object")
        self._keep_skew(headers)
        return body, headers

    def _mapped(self, method: str, error: Exception) -> DeliveryError:
        if not isinstance(error, SlackApiError):
            return _delivery_error(_reason_of(error), f"{method}: {_kind(error)}")
        headers = _lower(getattr(error.response, "headers", {}) or {})
        status = getattr(error.response, "status_code", 0)
        word = _word(error.response)
        if word != _UNREADABLE:  # else it is a page of who knows whom, with a clock of its own
            self._keep_skew(headers)
        reason = DeliveryReason.RATE_LIMITED if status == 429 else _reason_of_word(word)
        word += _scopes_of(error.response)
        detail = f"{method}: {word}" if status in (0, 200) else f"{method}: {word} (status {status})"
        return _delivery_error(reason, detail, _seconds(headers.get("retry-after", "")))

    def _keep_skew(self, headers: Mapping[str, str]) -> None:
        try:
            self._skew = parsedate_to_datetime(headers.get("date", "")) - self._clock.now()
        except (ValueError, TypeError, OverflowError):
            return


class OneCallClient(WebClient):
    """The SDK's client with one deadline per call, no retries, no redirects and no proxy that nobody asked for."""

    def __init__(self, token: str, base_url: str, timeout_s: float, context: ssl.SSLContext, proxy: str) -> None:
        self.silent = logging.getLogger("slack_sdk.silenced")
        self.silent.setLevel(logging.CRITICAL + 1)  # the SDK logs whole messages; what went wrong is in our errors
        super().__init__(token=token, base_url=base_url, ssl=context, retry_handlers=[], logger=self.silent)
        self._timeout_s = timeout_s
        self._opener = DeadlineOpener(context, proxy=proxy)

    def once(self, method: str, arguments: dict[str, Any], *, as_json: bool) -> SlackResponse:
        """Call `method`; those that write take JSON, the others a form."""
        return self.api_call(method, json=arguments) if as_json else self.api_call(method, params=arguments)

    def send(self, url: str, payload: Mapping[str, Any]) -> None:
        """Post `payload` as JSON to an address of Slack's that needs no token. Raises what `DeadlineOpener` raises."""
        body = json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace")
        request = Request(url, body, {"Content-Type": "application/json; charset=utf-8"}, method="POST")  # noqa: S310 - the caller checks it
        with self._opener.open(request, self._timeout_s) as answer:
            answer.read()

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:  # noqa: ARG002
        with self._opener.open(req, self._timeout_s) as answer:
            return {"status": answer.status, "headers": answer.headers, "body": answer.read().decode("utf-8")}


def _limit(method: str, arguments: Mapping[str, Any]) -> tuple[str, str]:
    """Return what Slack counts calls by: posts by channel, all else by method."""
    return method, str(arguments.get("channel", "")) if method == "chat.postMessage" else ""


def _request(operation: Operation) -> tuple[str, dict[str, Any]]:
    """Return the method and its arguments. An update leaves the metadata, by which its message is found, as it is."""
    content: dict[str, Any] = {"channel": operation.channel}
    if operation.verb is Verb.DELETE:
        return "chat.delete", {**content, "ts": operation.target_ts}
    message = operation.message
    content["text"] = message.text
    if message.blocks:
        content["blocks"] = [dict(block) for block in message.blocks]
    if operation.verb is Verb.UPDATE:
        return "chat.update", {**content, "ts": operation.target_ts}
    content |= {"metadata": _carried(operation), "unfurl_links": False, "unfurl_media": False}
    if operation.verb is Verb.REPLY:
        content |= {"thread_ts": operation.target_ts, "reply_broadcast": operation.broadcast}
    return "chat.postMessage", content


def _carried(operation: Operation) -> Mapping[str, Any]:
    """Return the metadata of the operation's message. Raises ValueError where it could not be found by it again.

    What is no alert (a replay) carries no key and is not looked for.
    """
    metadata = operation.message.metadata
    kind, key = _metadata({"metadata": metadata})
    if key != operation.key and (kind in (None, _ALERT) or key is not None):
        raise ValueError(f"operation {operation.key} carries another key in its metadata")
    return metadata


def _metadata(message: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return event type and key of a message, each None where it has none."""
    metadata = message.get("metadata")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    payload = metadata.get("event_payload")
    return metadata.get("event_type"), payload.get("k") if isinstance(payload, Mapping) else None


def _carries(message: Mapping[str, Any], kind: object, key: str) -> bool:
    """Tell whether a message carries the key; of what was taken over from a channel the event type is not known."""
    event_type, carried = _metadata(message)
    return carried == key and kind in (None, event_type)


def _posted(channel: str, message: Mapping[str, Any]) -> Posted | None:
    """Return a message of ours with its key and facts, None if it carries none."""
    kind, key = _metadata(message)
    if kind != _ALERT or not isinstance(key, str) or not key:
        return None
    facts = message["metadata"]["event_payload"].get("facts")
    thread = str(message.get("thread_ts") or "")
    return Posted(
        channel=channel,
        ts=str(message["ts"]),
        key=OperationKey(key),
        facts=tuple(facts.split()) if isinstance(facts, str) else (),
        thread="" if thread == str(message["ts"]) else thread,
    )


def _reason_of(error: Exception) -> DeliveryReason:
    """Tell by its type whether a call that got no answer certainly never left."""
    cause = error.reason if isinstance(error, URLError) else None
    sure = (socket.gaierror, ConnectionRefusedError, ssl.SSLCertVerificationError)
    return DeliveryReason.UNREACHABLE if isinstance(cause, sure) else DeliveryReason.UNKNOWN


def _reason_of_word(word: str) -> DeliveryReason:
    refused = DeliveryReason.REFUSED if word.startswith(_REFUSING) else DeliveryReason.UNKNOWN
    return _REASONS.get(word, refused)


def _word(response: Any) -> str:
    """Return Slack's error word, if it is one: an answer may be anything."""
    data = getattr(response, "data", None)
    word = data.get("error") if isinstance(data, dict) else None
    return word if isinstance(word, str) and re.fullmatch(r"[a-z0-9_]{1,80}", word) else _UNREADABLE


def _scopes_of(response: Any) -> str:
    """Return which scope a call wanted, where Slack says so."""
    data = getattr(response, "data", None)
    needed = data.get("needed") if isinstance(data, dict) else None
    return f", {needed} is needed" if isinstance(needed, str) and re.fullmatch(r"[a-z:.,]{1,200}", needed) else ""


_NO_ANSWER: dict[type[Exception], str] = {
    socket.gaierror: "the host's name cannot be resolved",
    ConnectionRefusedError: "the connection was refused",
    ssl.SSLCertVerificationError: "the certificate is not to be trusted",
    TimeoutError: "no answer in time",
    ConnectionError: "the connection broke off",
}


def _kind(error: Exception) -> str:
    cause = error.reason if isinstance(error, URLError) and isinstance(error.reason, Exception) else error
    return next((words for kind, words in _NO_ANSWER.items() if isinstance(cause, kind)), type(cause).__name__)


def _seconds(value: str) -> float | None:
    return min(float(value), MAX_RETRY_AFTER_S) if re.fullmatch(r"\d{1,12}(\.\d{1,6})?", value.strip()) else None


def _lower(headers: Mapping[str, Any]) -> dict[str, str]:
    return {str(name).lower(): str(value) for name, value in headers.items()}


def _delivery_error(reason: DeliveryReason, detail: str, retry_after: float | None = None) -> DeliveryError:
    return DeliveryError(reason, f"slack: {detail}", _FATES[reason], retry_after)

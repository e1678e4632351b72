"""`talentwire doctor`: does Slack let us do what we need, and if not, what to click."""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from ssl import SSLContext

from bot.adapters.slack import Identity, SlackNotifier
from bot.adapters.slack_socket import socket_error
from bot.alerts.keys import metadata
from bot.config import Config, secret
from bot.errors import DeliveryError
from bot.model import Message, Operation, OperationKey, Receipt, StoryId, Verb
from bot.ports import Clock

SCOPES = ("chat:write", "channels:history", "groups:history", "channels:read", "groups:read", "commands")
LAG_MESSAGES = 20
PACE_S = 1.0  # between two calls that Slack counts
LEAST_SETTLE_S = 5
SETTLE_TIMES = 3  # the settle time is so many times the longest lag that was seen
_LOOKS, _LOOK_PACE_S = 25, 1.3  # tries to see a message of ours: Slack allows 50 a minute
_TEXT = "A test message of `talentwire doctor`; it goes away by itself."

_APP = "api.slack.com/apps -> your app"
_WRONG_KINDS = {
    "xapp-": "an app-level token; that one belongs into SLACK_APP_TOKEN",
    "xoxp-": "a user's token: what it posts is the user's, and is not found again",
    "xoxe": "a token for changing app configurations, or one that is rotated",
    "https:": "an incoming webhook: it can neither read nor change messages, so nothing could be looked for",
}
_COPY_BOT = f"{_APP} -> OAuth & Permissions -> copy the Bot User OAuth Token (xoxb-...) into SLACK_BOT_TOKEN"
_COPY_APP = (
    f"{_APP} -> Basic Information -> App-Level Tokens -> Generate, scope connections:write; into SLACK_APP_TOKEN"
)
_REINSTALL = f"{_APP} -> Install App -> Reinstall to Workspace, then copy the new Bot User OAuth Token"
_CLICKS = {  # Slack's word -> what to do; the first that stands in the error's words
    "missing_scope": f"{_APP} -> OAuth & Permissions -> Add an OAuth Scope; then Reinstall to Workspace",
    "token_revoked": _REINSTALL,
    "account_inactive": _REINSTALL,
    "token_expired": f"{_APP} -> OAuth & Permissions -> switch token rotation off, and reinstall",
    "not_allowed_token_type": _COPY_BOT,
    "invalid_auth": _COPY_BOT,
    "not_authed": _COPY_BOT,
    "not_in_channel": "in Slack, in the channel: /invite @talentwire",
    "channel_not_found": "in Slack: the channel's name -> About -> Channel ID; if it is private: /invite @talentwire",
    "is_archived": "in Slack: the channel's name -> Settings -> Unarchive, or set another slack.channel",
    "restricted_action": "in Slack: the channel's name -> Settings -> who can post: let the app do so",
    "ratelimited": "nothing: wait a minute, and try again",
}
_NO_ANSWER = "nothing in Slack: see whether this machine reaches https://slack.com (proxy, firewall, status.slack.com)"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what it was about, whether it is well, in words, and what to click if not. `skipped`: not tried."""

    check: str
    ok: bool
    words: str
    click: str = ""
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class Doctor:
    """Looks at one workspace. `pause` waits so many seconds of the clock; `say` tells what is about to happen."""

    env: Mapping[str, str]
    config: Config
    clock: Clock
    pause: Callable[[float], object]
    say: Callable[[str], None]
    channel: str = ""
    lag: bool = False
    tls: SSLContext | None = None

    def examine(self) -> Iterator[Finding]:
        """Yield the findings one after another; what cannot be tried after a failure is said to be skipped."""
        token = secret("SLACK_BOT_TOKEN", self.env)
        kind = _kind_of(token)
        yield kind
        if token and kind.ok:
            notifier = SlackNotifier(token, clock=self.clock, base_url=self._base, context=self.tls)
            yield from self._workspace(notifier)
        yield self._socket()

    @property
    def _base(self) -> str:
        return self.env.get("SLACK_API_URL", "")

    def _workspace(self, notifier: SlackNotifier) -> Iterator[Finding]:
        try:
            identity = notifier.check()
        except DeliveryError as error:
            yield _failed("sign in", error)
            return
        if not identity.bot_id:
            yield Finding("sign in", ok=False, words="the token is a person's, not a bot's", click=_COPY_BOT)
            return
        yield Finding("sign in", ok=True, words=f"{identity.user} in {identity.team}")
        yield _scopes(identity)
        channel = self.channel or self.config.slack.channel or ""
        if not channel:
            words = "none to test in: set slack.channel, or give --channel"
            yield Finding("channel", ok=False, words=words, click=_CLICKS["channel_not_found"])
            return
        found = self._membership(notifier, channel)
        yield found
        if found.ok:
            yield from self._messages(notifier, channel)

    def _membership(self, notifier: SlackNotifier, channel: str) -> Finding:
        try:
            what = notifier.channel(channel)
        except DeliveryError as error:
            return _failed("channel", error)
        name = f"#{what.name} ({channel}{', private' if what.is_private else ''})"
        if what.is_archived:
            return Finding("channel", ok=False, words=f"{name} is archived", click=_CLICKS["is_archived"])
        if not what.is_member:
            return Finding("channel", ok=False, words=f"the bot is not in {name}", click=_CLICKS["not_in_channel"])
        return Finding("channel", ok=True, words=f"the bot is in {name}")

    def _messages(self, notifier: SlackNotifier, channel: str) -> Iterator[Finding]:
        count = LAG_MESSAGES if self.lag else 1
        what = "a test message" if count == 1 else f"{count} test messages, one a second,"
        self.say(f"{what} will stand in {channel} for a moment, and be deleted again")
        lags: list[float] = []
        for number in range(count):
            finding, lag = self._one_message(notifier, channel)
            if lag is None or number == 0:
                yield finding
            if lag is None:
                return
            lags.append(lag)
            self.pause(PACE_S)
        if self.lag:
            yield _lag_finding(lags, self.config.slack.settle_s)

    def _one_message(self, notifier: SlackNotifier, channel: str) -> tuple[Finding, float | None]:
        """Post, find by the metadata, delete; with it the seconds until it was found, None if something failed."""
        posting = _operation(channel, self.clock.now())
        try:
            receipt = notifier.apply(posting)
        except DeliveryError as error:
            return _failed("post", error), None
        began = self.clock.monotonic()
        try:
            seen = self._until_seen(notifier, posting)
            lag = self.clock.monotonic() - began
        except DeliveryError as error:
            return _also_deleted(notifier, posting, receipt, _failed("read back", error)), None
        words = f"posted, and found again by its metadata after {lag:.1f} s"
        finding = Finding("messages", ok=True, words=words)
        if not seen:
            words = f"a message did not show in the channel's history within {_LOOKS * _LOOK_PACE_S:.0f} s"
            finding = Finding("read back", ok=False, words=words, click="nothing: Slack is slow; raise slack.settle_s")
        finding = _also_deleted(notifier, posting, receipt, finding)
        return finding, lag if finding.ok else None

    def _until_seen(self, notifier: SlackNotifier, posting: Operation) -> bool:
        for _ in range(_LOOKS):
            if notifier.find(posting):
                return True
            self.pause(_LOOK_PACE_S)
        return False

    def _socket(self) -> Finding:
        token = secret("SLACK_APP_TOKEN", self.env)
        if not token:
            words = "SLACK_APP_TOKEN is not set: alerts have no buttons, /talentwire is not answered; all else works"
            return Finding("socket", ok=True, words=words, click=_COPY_APP, skipped=True)
        if not token.startswith("xapp-"):
            return Finding(
                "socket", ok=False, words="SLACK_APP_TOKEN is no app-level token (xapp-...)", click=_COPY_APP
            )
        word = socket_error(token, base_url=self._base, context=self.tls)
        if word:
            socket_mode = f"{_COPY_APP}; {_APP} -> Socket Mode -> Enable"
            return Finding("socket", ok=False, words=f"apps.connections.open: {word}", click=socket_mode)
        return Finding("socket", ok=True, words="a connection for buttons and /talentwire may be opened")


def _kind_of(token: str | None) -> Finding:
    if not token:
        return Finding("token", ok=False, words="SLACK_BOT_TOKEN is not set", click=_COPY_BOT)
    wrong = next((words for start, words in _WRONG_KINDS.items() if token.startswith(start)), "none that Slack gives")
    if not token.startswith("xoxb-"):
        return Finding("token", ok=False, words=f"SLACK_BOT_TOKEN is {wrong}", click=_COPY_BOT)
    return Finding("token", ok=True, words="a bot's")


def _scopes(identity: Identity) -> Finding:
    missing = [scope for scope in SCOPES if scope not in identity.scopes]
    if missing:
        words = f"missing: {', '.join(missing)}; there are: {', '.join(identity.scopes) or 'none'}"
        return Finding("scopes", ok=False, words=words, click=_CLICKS["missing_scope"])
    more = [scope for scope in identity.scopes if scope not in SCOPES]
    return Finding("scopes", ok=True, words=f"all {len(SCOPES)}" + (f"; not needed: {', '.join(more)}" if more else ""))


def _lag_finding(lags: Sequence[float], settle_s: float) -> Finding:
    median, longest = sorted(lags)[len(lags) // 2], max(lags)
    proposed = max(LEAST_SETTLE_S, math.ceil(SETTLE_TIMES * longest))
    words = (
        f"a message showed in the history after {median:.1f} s in the median of {len(lags)}, {longest:.1f} s at most"
    )
    words += f"; settle_s: {proposed} would do, it is {settle_s:g}"
    click = f"config.yaml -> slack: settle_s: {proposed}" if settle_s < proposed else ""
    return Finding("lag", ok=not click, words=words, click=click)


def _operation(channel: str, now: datetime) -> Operation:
    key = OperationKey(secrets.token_hex(16))
    message = Message(_TEXT, metadata=metadata(key, ()))
    return Operation(key, channel, Verb.POST, StoryId(""), message, now, now, attempts=1, started_at=now)


def _also_deleted(notifier: SlackNotifier, posting: Operation, receipt: Receipt, finding: Finding) -> Finding:
    now = posting.created_at
    deletion = Operation(
        OperationKey(f"{posting.key}-"), posting.channel, Verb.DELETE, StoryId(""), Message(""), now, now,
        target_ts=receipt.ts,
    )  # fmt: skip
    try:
        notifier.apply(deletion)
    except DeliveryError as error:
        return _failed("delete", error) if finding.ok else finding
    return finding


def _failed(check: str, error: DeliveryError) -> Finding:
    click = next((click for word, click in _CLICKS.items() if word in error.detail), _NO_ANSWER)
    return Finding(check, ok=False, words=error.detail, click=click)


def lines(findings: Sequence[Finding]) -> list[str]:
    """Return what to print, a line for each check, and one more for what to click."""
    told = []
    for one in findings:
        told.append(f"{'-' if one.skipped else 'ok' if one.ok else 'NO':<3} {one.check:<10} {one.words}")
        if one.click:
            told.append(f"{'':<14} click: {one.click}")
    return told


def data(findings: Sequence[Finding]) -> dict[str, object]:
    """Return the same for machines."""
    rows = [{"check": f.check, "ok": f.ok, "skipped": f.skipped, "words": f.words, "click": f.click} for f in findings]
    return {"ok": all(f.ok for f in findings), "checks": rows}

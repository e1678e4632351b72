"""Slack's Socket Mode: what readers click and type comes in over a connection that we open ourselves.

Every envelope is acknowledged before anything else happens, then handed on in order, one at a time. What Slack sends
while no connection is up it sends again, and it may send a thing twice: whoever is handed it has to bear that.
Source: docs.slack.dev, "Using Socket Mode": acknowledge within three seconds, reconnect after `disconnect`.
"""

from __future__ import annotations

import logging
import queue
import re
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from bot.adapters.slack import BASE_URL, OneCallClient
from bot.errors import ConfigError, Problem
from bot.telemetry import event

log = logging.getLogger(__name__)

Hear = Callable[[str, str, Mapping[str, Any]], None]

_WAITING = 1_000  # envelopes acknowledged and not handled yet
_LONGEST_PAUSE_S = 60.0  # between two tries to connect
_CLOSE_WITHIN_S = 4.0


class SlackSocket:
    """Connects, stays connected, acknowledges, and calls `hear` with kind, envelope id and payload of each envelope.

    `hear` runs in a thread of its own; what it raises is logged. Raises ConfigError for a token that cannot be one.
    """

    def __init__(
        self,
        app_token: str,
        hear: Hear,
        *,
        base_url: str = "",
        timeout_s: float = 10.0,
        ping_s: float = 5.0,
        context: ssl.SSLContext | None = None,
    ) -> None:
        if not re.fullmatch(r"xapp-[\x21-\x7e]+", app_token):
            words = "is no app-level token: those begin with xapp-; they are made under Basic Information"
            raise ConfigError((Problem(0, "SLACK_APP_TOKEN", words),))
        base = (base_url or BASE_URL).rstrip("/") + "/"
        self._hear = hear
        self._stopping = threading.Event()
        self._heard: queue.Queue[SocketModeRequest | None] = queue.Queue(_WAITING)
        web = OneCallClient(app_token, base, timeout_s, context or ssl.create_default_context(), "")
        self._client = _Client(app_token, web, ping_s, self._acknowledge)
        self._threads = [
            threading.Thread(target=self._connect, name="socket", daemon=True),
            threading.Thread(target=self._work, name="talk", daemon=True),
        ]

    def start(self) -> None:
        """Connect, and try again for as long as that fails."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Let the connection go; what was acknowledged is still handled, within bounds."""
        self._stopping.set()
        self._client.hang_up()
        closing = threading.Thread(target=self._client.close, name="socket-close", daemon=True)
        closing.start()
        with suppress(queue.Full):
            self._heard.put_nowait(None)
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(_CLOSE_WITHIN_S)
        closing.join(0.1)  # the library waits for its own threads a second at a time; they end with the process

    @property
    def is_connected(self) -> bool:
        """Tell whether the connection is up."""
        return self._client.is_connected()

    def _connect(self) -> None:
        pause = 1.0
        while not self._stopping.is_set():
            with suppress(Exception):  # said by the client
                self._client.connect()
                return  # from here on the library's monitor reconnects
            self._stopping.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    def _acknowledge(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        """Say that an envelope has come before it is looked at; one that cannot be kept is left for Slack to repeat."""
        if self._heard.full():
            event(log, "too much was said at once", level=logging.WARNING, envelope=request.envelope_id)
            return
        client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
        self._heard.put(request)

    def _work(self) -> None:
        while (request := self._heard.get()) is not None:
            try:
                self._hear(request.type, request.envelope_id, request.payload)
            except Exception:  # noqa: BLE001 - one click that breaks us must not make us deaf
                event(log, "talk broke the bot", level=logging.ERROR, exc_info=True, kind=request.type)


def socket_error(app_token: str, *, base_url: str = "", context: ssl.SSLContext | None = None) -> str:
    """Ask for a socket's address without connecting; returns Slack's word if it gives none, else ""."""
    base = (base_url or BASE_URL).rstrip("/") + "/"
    web = OneCallClient(app_token, base, 10.0, context or ssl.create_default_context(), "")
    try:
        web.apps_connections_open(app_token=app_token)
    except Exception as error:  # noqa: BLE001 - whatever it is, there is no socket
        return _word(error)
    return ""


class _Client(SocketModeClient):
    """The library's client, silent, without a proxy that nobody asked for; failures are said once for each word."""

    def __init__(
        self,
        app_token: str,
        web: OneCallClient,
        ping_s: float,
        listener: Callable[[BaseSocketModeClient, SocketModeRequest], None],
    ) -> None:
        self._said = ""
        super().__init__(app_token, logger=web.silent, web_client=web, ping_interval=ping_s, concurrency=1)
        self.proxy = None
        self.socket_mode_request_listeners.append(listener)

    def issue_new_wss_url(self) -> str:
        """Ask Slack for an address to connect to. Raises ConnectionError."""
        try:
            url = str(self.web_client.apps_connections_open(app_token=self.app_token)["url"])
        except Exception as error:  # noqa: BLE001 - whatever it is, it is tried again
            # without its cause: the library's errors may carry the request, and with it the token
            self._say(_word(error))
            raise ConnectionError("no socket") from None
        self._say("")
        return url

    def hang_up(self) -> None:
        """Wake whoever reads from the connection, so that closing waits for nobody."""
        self.auto_reconnect_enabled = self.default_auto_reconnect_enabled = False
        sock = getattr(self.current_session, "sock", None)
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _say(self, word: str) -> None:
        if word != self._said:
            level = logging.WARNING if word else logging.INFO
            event(log, "socket not opened" if word else "socket opened", level=level, error=word or None)
        self._said = word


def _word(error: Exception) -> str:
    data = getattr(error.response, "data", None) if isinstance(error, SlackApiError) else None
    word = data.get("error") if isinstance(data, dict) else None
    return word if isinstance(word, str) and re.fullmatch(r"[a-z0-9_]{1,80}", word) else type(error).__name__

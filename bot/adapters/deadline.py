"""HTTP calls with one deadline for all of it: resolving, connecting, TLS, sending, and every byte of the answer.

urllib's own timeout starts anew with each read, so an answer that drips holds it up without end.
"""

from __future__ import annotations

import http.client
import io
import queue
import socket
import ssl
import threading
import time
import urllib.request
from collections.abc import Callable
from functools import partial
from ipaddress import ip_address
from typing import Any

_LOOKUPS = 4  # name look-ups under way at a time; one cannot be broken off, only left alone
_MAX_ANSWER = 32 * 1024 * 1024  # bytes

Addresses = list[tuple[Any, ...]]


class Deadline:
    """A moment that does not move, so many seconds from when it is made."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds left. Raises TimeoutError once there are none."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline of the call is over")
        return left


class DeadlineOpener:
    """Opens http and https requests: no redirects, no cookies, no proxy but `proxy`, answers of at most 32 MiB.

    The environment's proxy settings are not looked at. May be used by several threads.
    """

    def __init__(self, context: ssl.SSLContext, *, proxy: str = "") -> None:
        self._context = context
        self._proxy = proxy
        self._slots = threading.BoundedSemaphore(_LOOKUPS)

    def open(self, request: urllib.request.Request, seconds: float) -> http.client.HTTPResponse:
        """Return the answer, its body still to be read; all reads end `seconds` from now.

        Raises what urllib raises: URLError around everything up to the sending of the request, HTTPError for a status
        of 300 and above, OSError and http.client.HTTPException for the rest.
        """
        deadline = Deadline(seconds)
        director = urllib.request.OpenerDirector()
        if self._proxy:
            director.add_handler(urllib.request.ProxyHandler({"http": self._proxy, "https": self._proxy}))
        dial = partial(_dial, self._resolve, deadline)
        director.add_handler(_HttpHandler(dial, deadline))
        director.add_handler(_HttpsHandler(dial, deadline, self._context))
        director.add_handler(urllib.request.HTTPDefaultErrorHandler())
        director.add_handler(urllib.request.HTTPErrorProcessor())
        answer: http.client.HTTPResponse = director.open(request, timeout=seconds)
        return answer

    def _resolve(self, host: str, port: int, deadline: Deadline) -> Addresses:
        """Return the addresses of `host`. Raises socket.gaierror, also where there is no answer in time."""
        if _is_address(host):
            return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        if not self._slots.acquire(timeout=deadline.left()):
            raise socket.gaierror(socket.EAI_AGAIN, "too many look-ups under way")
        answers: queue.SimpleQueue[Addresses | BaseException] = queue.SimpleQueue()
        threading.Thread(target=_look_up, args=(host, port, answers, self._slots), daemon=True).start()
        try:
            answer = answers.get(timeout=deadline.left())
        except (queue.Empty, TimeoutError):
            raise socket.gaierror(socket.EAI_AGAIN, "no answer in time") from None
        if isinstance(answer, BaseException):
            raise answer
        return answer


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _look_up(host: str, port: int, answers: queue.SimpleQueue[Any], slots: threading.BoundedSemaphore) -> None:
    try:
        answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError) as error:
        answers.put(error)
    finally:
        slots.release()


def _dial(
    resolve: Callable[[str, int, Deadline], Addresses],
    deadline: Deadline,
    address: tuple[str, int],
    timeout: object = None,  # noqa: ARG001 - the shape http.client calls it in
    source_address: object = None,  # noqa: ARG001
) -> socket.socket:
    """Connect to the first address of a name that answers; each gets its share of the time. Raises OSError."""
    found = resolve(*address, deadline)
    last: OSError = socket.gaierror(socket.EAI_NONAME, "no address")
    for number, (family, kind, protocol, _, where) in enumerate(found):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(deadline.left() / (len(found) - number))
            sock.connect(where)
            sock.settimeout(deadline.left())  # for the handshake and the sending, which each end within it
        except OSError as error:
            sock.close()
            last = error
        else:
            return sock
    raise last


class _TimedRaw(io.RawIOBase):
    """The incoming bytes of a socket, up to the deadline and the largest answer."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._raw = sock.makefile("rb", buffering=0)
        self._sock = sock
        self._deadline = deadline
        self._size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._deadline.left())
        count: int | None = self._raw.readinto(buffer)
        self._size += count or 0
        if self._size > _MAX_ANSWER:
            raise http.client.HTTPException("the answer is too large")
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *arguments: Any, deadline: Deadline, **options: Any) -> None:
        super().__init__(sock, *arguments, **options)
        self.fp.close()
        self.fp = io.BufferedReader(_TimedRaw(sock, deadline))


def _timed(connection: Any, dial: Callable[..., socket.socket], deadline: Deadline) -> Any:
    # http.client's own two places for it: how to connect, and what reads the answer
    connection._create_connection = dial
    connection.response_class = partial(_TimedResponse, deadline=deadline)
    return connection


class _HttpHandler(urllib.request.HTTPHandler):
    def __init__(self, dial: Callable[..., socket.socket], deadline: Deadline) -> None:
        super().__init__()
        self._make = lambda host, **options: _timed(http.client.HTTPConnection(host, **options), dial, deadline)

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._make, req)


class _HttpsHandler(urllib.request.HTTPSHandler):
    def __init__(self, dial: Callable[..., socket.socket], deadline: Deadline, context: ssl.SSLContext) -> None:
        super().__init__()
        self._make = lambda host, **options: _timed(
            http.client.HTTPSConnection(host, context=context, **options), dial, deadline
        )

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._make, req)

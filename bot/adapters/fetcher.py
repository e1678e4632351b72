"""Gets URLs over HTTP: judged and timed by the guard, in turn by politeness, bounded, and with errors of ours only."""

from __future__ import annotations

import errno
import socket
import ssl
import threading
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx

from bot.adapters.guard import (
    READ_S,
    Budget,
    GuardedBackend,
    NetworkPolicy,
    Resolver,
    system_resolver,
    too_large,
)
from bot.adapters.politeness import HostLimits, HostSettings, Politeness, Stopped
from bot.errors import Fate, FetchError, FetchReason
from bot.model import Request, Response
from bot.ports import Clock
from bot.urls import bad_url, fetchable, host_key, port_of

TOTAL_S = 15.0
MAX_REDIRECTS = 5
HEAD_BYTES = 128 * 1024  # h11 refuses heads over 100 KiB; this is what they may cost on the wire beside the body
HEADER_COUNT = 200
DRAIN_BYTES = 64 * 1024  # of a body nobody wants, so that the connection can be used again
OFFLINE_S = 600.0  # nothing resolved for so long: it is not that one name
OFFLINE_HOSTS = 3
_UNREACHABLE = frozenset({errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL})
_PERMANENT = frozenset({301, 308})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

# Foreign error -> reason. The most special type that fits counts; tests fail on a type that fits none.
REASONS: Mapping[type[Exception], FetchReason] = {
    httpx.TimeoutException: FetchReason.TIMEOUT,
    httpx.NetworkError: FetchReason.CONNECT,
    httpx.ProxyError: FetchReason.CONNECT,
    httpx.ProtocolError: FetchReason.PROTOCOL,
    httpx.UnsupportedProtocol: FetchReason.BAD_URL,
    httpx.InvalidURL: FetchReason.BAD_URL,
    httpx.DecodingError: FetchReason.BAD_ENCODING,
    httpx.TooManyRedirects: FetchReason.REDIRECTS,
    httpx.HTTPError: FetchReason.PROTOCOL,
    httpx.StreamError: FetchReason.PROTOCOL,
    httpx.CookieConflict: FetchReason.PROTOCOL,
    httpcore.TimeoutException: FetchReason.TIMEOUT,
    httpcore.NetworkError: FetchReason.CONNECT,
    httpcore.ProxyError: FetchReason.CONNECT,
    httpcore.UnsupportedProtocol: FetchReason.BAD_URL,
    httpcore.ProtocolError: FetchReason.PROTOCOL,
    httpcore.ConnectionNotAvailable: FetchReason.CONNECT,
}
_WORDS = {
    FetchReason.TIMEOUT: "no answer within the time allowed",
    FetchReason.CONNECT: "the connection broke",
    FetchReason.PROTOCOL: "the answer is not proper HTTP",
    FetchReason.BAD_URL: "the address cannot be asked for",
    FetchReason.BAD_ENCODING: "the body cannot be decoded",
    FetchReason.REDIRECTS: "too many redirects",
}


def translated(error: Exception) -> FetchError:
    """Return our error for one of httpx or httpcore, by type; its words, which may hold an address, are left out."""
    reason = next((REASONS[kind] for kind in type(error).__mro__ if kind in REASONS), FetchReason.PROTOCOL)
    fate = Fate.GIVE_UP if reason is FetchReason.BAD_URL else Fate.RETRY
    return FetchError(reason, _WORDS.get(reason, "the fetch failed"), fate)


class _Transport(httpx.HTTPTransport):
    """httpx's transport, on a pool whose connections are guarded."""

    def __init__(self, pool: httpcore.ConnectionPool) -> None:
        self._pool = pool


@dataclass(frozen=True, slots=True)
class _Lane:
    """What one thread fetches with. httpcore's pools cost the square of their connections: many small ones are best."""

    transport: _Transport
    backend: GuardedBackend
    budget: Budget
    busy: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: dict[str, str]
    body: bytes


class HttpFetcher:
    """The Fetcher over real sockets; safe for any number of threads, each of which has its own few connections.

    At most `total_s` seconds from first connect to last byte, redirects included, and `read_s` of silence; waiting for
    a turn at a host does not count. Cookies, proxies and other wishes of the environment are ignored. `tls` None
    trusts the authorities that httpx ships.
    """

    def __init__(
        self,
        policy: NetworkPolicy,
        *,
        user_agent: str,
        clock: Clock,
        hosts: Mapping[str, HostLimits] | None = None,
        default: HostLimits = HostSettings(),  # noqa: B008 - frozen
        resolver: Resolver = system_resolver,
        total_s: float = TOTAL_S,
        read_s: float = READ_S,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._policy = policy
        self._user_agent = user_agent.encode("latin-1", "replace")
        self._clock = clock
        self._resolver = resolver
        self._total_s = total_s
        self._read_s = read_s
        self._politeness = Politeness(clock, hosts or {}, default)
        self._tls = tls or httpx.create_ssl_context(trust_env=False)
        self._closing = threading.Event()
        self._threads = threading.local()
        self._registry = threading.Lock()
        self._lanes: dict[threading.Thread, _Lane] = {}
        self._resolved_at: float | None = None
        self._unresolved: set[str] = set()  # the first few hosts that failed since one was resolved

    def fetch(self, request: Request) -> Response:
        """Return the answer, whatever its status; from 400 on without its body. Raises FetchError and nothing else."""
        lane = self._lane()
        with lane.busy:
            try:
                return self._follow(request, lane)
            except FetchError as error:
                if self._offline(error, lane.backend.failure):
                    words = "nothing can be reached at all"
                    raise FetchError(FetchReason.NO_NETWORK, words, Fate.RETRY) from error
                raise
            except Stopped:
                raise FetchError(FetchReason.TIMEOUT, "stopped while waiting", Fate.RETRY) from None
            except Exception as error:  # whatever a library raises: one address must not stop the others
                raise translated(error) from error
            finally:
                if self._closing.is_set():
                    lane.transport.close()

    def close(self) -> None:
        """Let no fetch begin, end those under way at their next step, and close all connections."""
        self._closing.set()
        self._politeness.stop()
        with self._registry:
            for lane in self._lanes.values():
                if lane.busy.acquire(timeout=0.01):  # else its own fetch closes it
                    lane.transport.close()
                    lane.busy.release()
            self._lanes.clear()

    # -- redirects

    def _follow(self, request: Request, lane: _Lane) -> Response:
        url, permanent, waited_s = self._checked(request.url), True, 0.0
        started = self._clock.monotonic()
        lane.budget.begin(self._total_s, 0)
        for hop in range(MAX_REDIRECTS + 1):
            with self._politeness.turn(host_key(url), spaced=request.spaced and not hop) as waited:
                waited_s += waited
                lane.budget.pause(waited)
                answer = self._ask(lane, url, request)
            if answer.status not in _REDIRECTS:
                moved_to = url if hop and permanent else ""
                seconds = self._clock.monotonic() - started - waited_s
                return Response(request, url, answer.status, answer.headers, answer.body, moved_to, seconds)
            permanent = permanent and answer.status in _PERMANENT
            url = self._next(url, answer.headers.get("location", ""))
        raise FetchError(FetchReason.REDIRECTS, f"more than {MAX_REDIRECTS} redirects", Fate.RETRY)

    def _next(self, url: str, location: str) -> str:
        if not location:
            raise FetchError(FetchReason.REDIRECTS, "a redirect to nowhere", Fate.RETRY)
        try:
            return self._checked(urljoin(url, location.encode("latin-1").decode("utf-8", "replace").strip()))
        except ValueError:
            raise bad_url("a redirect to what is no address") from None

    def _checked(self, url: str) -> str:
        url = fetchable(url, ports=None)
        port = port_of(urlsplit(url))
        if not self._policy.may_ask(port):
            raise bad_url(f"port {port} is not allowed")
        return url

    # -- one request

    def _ask(self, lane: _Lane, url: str, request: Request) -> _Answer:
        """Ask once; once more where a kept connection turns out to have been closed before anything came."""
        lane.budget.bytes_left = allowed = request.cap + HEAD_BYTES
        opened = lane.backend.opened
        try:
            return self._exchange(lane, url, request)
        except (httpx.NetworkError, httpx.RemoteProtocolError):
            if lane.backend.opened != opened or lane.budget.bytes_left != allowed:
                raise
            return self._exchange(lane, url, request)

    def _exchange(self, lane: _Lane, url: str, request: Request) -> _Answer:
        response = lane.transport.handle_request(
            httpx.Request("GET", url, headers=self._headers(request), extensions={"timeout": {"read": self._read_s}})
        )
        try:
            headers = _headers(response.headers.raw)
            wanted = response.status_code < 300 and response.status_code != 204
            body = _body(response, headers, request.cap) if wanted else _drained(response)
        finally:
            response.close()
        return _Answer(response.status_code, headers, body)

    def _headers(self, request: Request) -> list[tuple[bytes, bytes]]:
        ours = [(b"user-agent", self._user_agent), (b"accept-encoding", b"gzip")]
        given = [
            (name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in request.headers.items()
        ]
        return ours + given

    def _lane(self) -> _Lane:
        lane: _Lane | None = getattr(self._threads, "lane", None)
        if lane is None:
            budget = Budget(self._clock, self._closing)
            backend = GuardedBackend(self._policy, self._resolve, budget)
            pool = httpcore.ConnectionPool(
                ssl_context=self._tls,
                max_connections=4,
                max_keepalive_connections=2,
                keepalive_expiry=10.0,
                network_backend=backend,
            )
            lane = self._threads.lane = _Lane(_Transport(pool), backend, budget)
            self._register(lane)
        return lane

    def _register(self, lane: _Lane) -> None:
        """Remember a thread's lane, and close those of threads that have ended."""
        with self._registry:
            for thread in [thread for thread in self._lanes if not thread.is_alive()]:
                self._lanes.pop(thread).transport.close()
            self._lanes[threading.current_thread()] = lane

    # -- is it them or us?

    def _resolve(self, host: str, port: int) -> list[str]:
        try:
            found = list(self._resolver(host, port))
        except OSError:
            if len(self._unresolved) < OFFLINE_HOSTS:
                self._unresolved.add(host)
            raise
        if found:
            self._resolved_at = self._clock.monotonic()
            self._unresolved.clear()
        return found

    def _offline(self, error: FetchError, cause: OSError | None) -> bool:
        """Tell whether an error shows that nothing can be resolved or routed, rather than this one host."""
        if error.reason not in {FetchReason.DNS, FetchReason.CONNECT}:
            return False
        if isinstance(cause, socket.gaierror):
            since = self._resolved_at
            long = since is None or self._clock.monotonic() - since > OFFLINE_S
            if cause.errno == socket.EAI_AGAIN:
                return long
            # Some resolvers say "no such name" when they cannot ask: that of several hosts in a row none exists is odd.
            if long and len(self._unresolved) >= OFFLINE_HOSTS:
                return True
        unreachable = isinstance(cause, socket.gaierror) or (isinstance(cause, OSError) and cause.errno in _UNREACHABLE)
        return unreachable and not _routed()


def _routed() -> bool:
    """Tell whether this machine has a way out at all. Nothing is sent: a UDP socket only looks up its route."""
    for family, address in ((socket.AF_INET, "198.51.100.1"), (socket.AF_INET6, "2001:db8::1")):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((address, 9))
        except OSError:
            continue
        return True
    return False


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers by lower-case name as latin-1; several of one name are joined, cookies dropped."""
    headers: dict[str, str] = {}
    for count, (name, value) in enumerate(raw):
        if count >= HEADER_COUNT:
            raise FetchError(FetchReason.PROTOCOL, f"more than {HEADER_COUNT} headers", Fate.RETRY)
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        if key != "set-cookie":
            headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def _body(response: httpx.Response, headers: Mapping[str, str], cap: int) -> bytes:
    """Return the decoded body, of `cap` bytes at most: counted as it is decoded, not afterwards."""
    coding = headers.get("content-encoding", "").strip().lower()
    if coding in {"", "identity"}:
        length = headers.get("content-length", "")
        if length.isascii() and length.isdigit() and int(length[:18]) > cap:
            raise too_large()
        return _joined(_pieces(response), cap)
    if coding in {"gzip", "x-gzip"}:
        return _gunzipped(_pieces(response), cap)
    raise FetchError(FetchReason.BAD_ENCODING, "a Content-Encoding that was not asked for", Fate.RETRY)


def _pieces(response: httpx.Response) -> Iterable[bytes]:
    if not isinstance(response.stream, httpx.SyncByteStream):
        raise TypeError("a response of the synchronous transport has a synchronous stream")
    return response.stream


def _joined(pieces: Iterable[bytes], cap: int) -> bytes:
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > cap:
            raise too_large()
    return bytes(body)


def _gunzipped(pieces: Iterable[bytes], cap: int) -> bytes:
    """Return what gzip members hold, one after another. Cut or false ones are an error: half a feed is no feed."""
    body, decoder, begun = bytearray(), zlib.decompressobj(31), False
    try:
        for piece in pieces:
            data = piece
            while data:
                begun = True
                body += decoder.decompress(data, cap + 1 - len(body))
                if len(body) > cap:
                    raise too_large()
                data = decoder.unconsumed_tail
                if decoder.eof:
                    data = decoder.unused_data.lstrip(b"\0")
                    if data:
                        decoder = zlib.decompressobj(31)
    except zlib.error as error:
        raise FetchError(FetchReason.BAD_ENCODING, "the body is not the gzip it says it is", Fate.RETRY) from error
    if begun and not decoder.eof:
        raise FetchError(FetchReason.BAD_ENCODING, "the gzip body is cut off", Fate.RETRY)
    return bytes(body)


def _drained(response: httpx.Response) -> bytes:
    """Read the little there is of a body that nobody wants, so that the connection lives; give up if it is more."""
    left = DRAIN_BYTES
    for piece in _pieces(response):
        left -= len(piece)
        if left < 0:
            break
    return b""

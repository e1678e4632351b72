"""The only way out: each connection is judged by the address it goes to, timed as a whole, and counted in bytes.

httpx stands on an httpcore pool, the pool on the backend here. The backend resolves a name once, refuses it if any of
its addresses is none of the public internet, and connects to an address it has judged: what a name resolves to a moment
later does not matter. Which addresses those are: bot/addresses.py.
"""

from __future__ import annotations

import queue
import socket
import ssl
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

import httpcore

from bot.addresses import Address, Network, is_public
from bot.errors import Fate, FetchError, FetchReason
from bot.ports import Clock
from bot.urls import STANDARD_PORTS

Resolver = Callable[[str, int], Sequence[str]]
"""(host, port) -> IP addresses in text, best first. Raises OSError (socket.gaierror) where there are none."""

CONNECT_S = 5.0
READ_S = 5.0


@dataclass(frozen=True, slots=True)
class Exemption:
    """A host name, or a network, that may be reached though it is private; `port` None means any port."""

    host: str
    network: Network | None
    port: int | None

    @classmethod
    def of(cls, text: str) -> Exemption:
        """Read "host", "host:port", "address", "network/bits", each of the last with ":port" too. Raises ValueError."""
        where, port = _split_port(text.strip().lower())
        try:
            network = ip_network(where.strip("[]"), strict=False)
        except ValueError:
            if not where or not all(part.replace("-", "").replace("_", "").isalnum() for part in where.split(".")):
                raise ValueError(f"{text!r} is neither a host nor a network") from None
            return cls(where, None, port)
        return cls("", network, port)

    def covers(self, host: str, port: int, address: Address) -> bool:
        """Tell whether a connection to `address`, asked for as `host`:`port`, is exempt."""
        if self.port is not None and self.port != port:
            return False
        if self.network is None:
            return self.host == host
        return address.version == self.network.version and address in self.network


def _split_port(text: str) -> tuple[str, int | None]:
    bare_v6 = text.count(":") > 1 and not text.startswith("[")
    where, colon, port = ("", "", "") if bare_v6 else text.rpartition(":")
    if not colon or not port.isdigit():
        return text, None
    if not 0 < int(port) < 65_536:
        raise ValueError(f"{text!r} has no possible port")
    return where, int(port)


@dataclass(frozen=True, slots=True)
class NetworkPolicy:
    """Where we may go: public addresses on `ports`, and what is exempt, on any port the exemption does not exclude."""

    exemptions: tuple[Exemption, ...] = ()
    ports: frozenset[int] = STANDARD_PORTS

    @classmethod
    def of(cls, allow_private: Iterable[str] = (), *, ports: Collection[int] = STANDARD_PORTS) -> NetworkPolicy:
        """Make a policy of configured words: host, address or network, with ":port" or without. Raises ValueError."""
        return cls(tuple(Exemption.of(text) for text in allow_private), frozenset(ports))

    def may_ask(self, port: int) -> bool:
        """Tell whether any address could be reached on `port`, before a name is resolved."""
        return port in self.ports or any(e.port in {None, port} for e in self.exemptions)

    def judge(self, host: str, port: int, addresses: Sequence[str]) -> list[str]:
        """Return the addresses, all of which may be connected to. Raises FetchError FORBIDDEN_ADDRESS if any may not.

        A name with a public and a private address is refused whole: which of the two we meet would be chance.
        """
        for text in addresses:
            if not self._allows(host, port, text):
                raise FetchError(
                    FetchReason.FORBIDDEN_ADDRESS,
                    f"{host} leads to an address of a private network (network.allow_private can allow it)",
                    Fate.GIVE_UP,
                )
        return list(addresses)

    def _allows(self, host: str, port: int, text: str) -> bool:
        try:
            address = ip_address(text)
        except ValueError:
            return False
        if any(exemption.covers(host, port, address) for exemption in self.exemptions):
            return True
        return port in self.ports and is_public(address)


def system_resolver(host: str, port: int) -> list[str]:
    """Resolve as the machine does, each address once, in its order."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(where[0]) for *_, where in found))


class Budget:
    """What one fetch may still use: seconds until its deadline, and bytes from the wire.

    `closing` is shared by all fetches: once set, none goes on.
    """

    __slots__ = ("_clock", "_closing", "_deadline", "bytes_left")

    def __init__(self, clock: Clock, closing: threading.Event) -> None:
        self._clock = clock
        self._closing = closing
        self._deadline = 0.0
        self.bytes_left = 0

    def begin(self, seconds: float, wire_bytes: int) -> None:
        """Start afresh."""
        self._deadline = self._clock.monotonic() + seconds
        self.bytes_left = wire_bytes

    def pause(self, seconds: float) -> None:
        """Put the deadline off: waiting for a turn is not the server's fault."""
        self._deadline += seconds

    def seconds(self, most: float) -> float:
        """Return how long one step may take, in seconds of the machine. Raises FetchError TIMEOUT past the deadline."""
        left = self._deadline - self._clock.monotonic()
        if left <= 0 or self._closing.is_set():
            words = "stopped while waiting" if self._closing.is_set() else "not done within the total time allowed"
            raise FetchError(FetchReason.TIMEOUT, words, Fate.RETRY)
        return self._clock.real(min(most, left))

    def spend(self, count: int) -> None:
        """Count bytes received. Raises FetchError TOO_LARGE past the cap."""
        self.bytes_left -= count
        if self.bytes_left < 0:
            raise too_large()


def too_large() -> FetchError:
    """Return the error for an answer beyond its cap."""
    return FetchError(FetchReason.TOO_LARGE, "the answer is larger than allowed", Fate.RETRY)


class GuardedBackend(httpcore.NetworkBackend):
    """Opens judged connections that live on a budget. For one thread at a time."""

    def __init__(
        self, policy: NetworkPolicy, resolver: Resolver, budget: Budget, *, connect_s: float = CONNECT_S
    ) -> None:
        self._policy = policy
        self._resolver = resolver
        self._budget = budget
        self._connect_s = connect_s
        self.opened = 0  # connections so far
        self.failure: OSError | None = None  # why the last name or connection could not be had: httpcore drops causes

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the interface is httpcore's, the times are ours
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """Connect to the first of the host's addresses that answers. Raises FetchError."""
        self.failure = None
        addresses = self._policy.judge(host, port, self._resolve(host, port))
        for address in addresses:
            try:
                sock = socket.create_connection((address, port), self._budget.seconds(self._connect_s))
            except OSError as error:
                self.failure = error
            else:
                self.opened += 1
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return GuardedStream(sock, self._budget)
        raise connect_error(self.failure)

    def connect_unix_socket(self, *_arguments: Any, **_named: Any) -> httpcore.NetworkStream:
        """Refuse."""
        raise FetchError(FetchReason.FORBIDDEN_ADDRESS, "no sockets of this machine", Fate.GIVE_UP)

    def _resolve(self, host: str, port: int) -> Sequence[str]:
        """Resolve within the budget: a resolver that hangs is left behind in a thread of its own."""
        host = host.strip("[]")
        answer: queue.SimpleQueue[Sequence[str] | OSError] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answer.put(self._resolver(host, port))
            except OSError as error:
                answer.put(error)
            except UnicodeError as error:  # a label too long, say
                answer.put(socket.gaierror(socket.EAI_NONAME, str(error)))

        if _is_address(host):
            ask()
        else:
            threading.Thread(target=ask, name="resolve", daemon=True).start()
        try:
            found = answer.get(timeout=self._budget.seconds(READ_S))
        except queue.Empty:
            raise FetchError(FetchReason.DNS, f"{host} was not resolved in time", Fate.RETRY) from None
        if isinstance(found, OSError):
            self.failure = found
            raise FetchError(FetchReason.DNS, f"{host} cannot be resolved", Fate.RETRY) from found
        if not found:
            raise FetchError(FetchReason.DNS, f"{host} has no address", Fate.RETRY)
        return found


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def connect_error(failure: OSError | None) -> FetchError:
    """Return the error for a connection that could not be opened, by the kind of failure."""
    if isinstance(failure, TimeoutError):
        return FetchError(FetchReason.TIMEOUT, "no connection within the time allowed", Fate.RETRY)
    words = failure.strerror if failure and failure.strerror else "no connection"
    return FetchError(FetchReason.CONNECT, words.lower(), Fate.RETRY)


class GuardedStream(httpcore.NetworkStream):
    """A connection whose every step is held to the budget of the fetch that uses it."""

    def __init__(self, sock: socket.socket, budget: Budget) -> None:
        self._socket = sock
        self._budget = budget

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Receive. Raises FetchError."""
        self._socket.settimeout(self._budget.seconds(READ_S if timeout is None else timeout))
        try:
            data = self._socket.recv(max_bytes)
        except TimeoutError as error:
            raise FetchError(FetchReason.TIMEOUT, "the server fell silent", Fate.RETRY) from error
        except ssl.SSLError as error:
            raise FetchError(FetchReason.TLS, "the encrypted connection broke", Fate.RETRY) from error
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error
        self._budget.spend(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of it. Raises FetchError."""
        view = memoryview(buffer)
        while view:
            self._socket.settimeout(self._budget.seconds(READ_S if timeout is None else timeout))
            try:
                view = view[self._socket.send(view) :]
            except TimeoutError as error:
                raise FetchError(FetchReason.TIMEOUT, "the server takes no request", Fate.RETRY) from error
            except OSError as error:
                raise httpcore.WriteError(str(error)) from error

    def close(self) -> None:
        """Close."""
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Encrypt, with the name checked against the certificate. Raises FetchError."""
        try:
            self._socket.settimeout(self._budget.seconds(CONNECT_S if timeout is None else timeout))
            sock = ssl_context.wrap_socket(self._socket, server_hostname=server_hostname)
        except TimeoutError as error:
            self.close()
            raise FetchError(
                FetchReason.TIMEOUT, "no encrypted connection within the time allowed", Fate.RETRY
            ) from error
        except ssl.SSLCertVerificationError as error:
            self.close()
            raise FetchError(
                FetchReason.TLS, f"certificate refused: {getattr(error, 'verify_message', '')}", Fate.RETRY
            ) from error
        except (OSError, ValueError) as error:
            self.close()
            raise FetchError(FetchReason.TLS, "no encrypted connection could be agreed on", Fate.RETRY) from error
        except FetchError:
            self.close()
            raise
        return GuardedStream(sock, self._budget)

    def get_extra_info(self, info: str) -> Any:
        """Return what the pool asks for: whether the other side has closed an idle connection, and its TLS object."""
        if info == "is_readable":
            return _is_readable(self._socket)
        if info == "ssl_object":
            return getattr(self._socket, "_sslobj", None)
        if info == "socket":
            return self._socket
        return None


def _is_readable(sock: socket.socket) -> bool:
    """Tell whether an idle connection has something to read, which can only be its end. Without waiting."""
    import select

    try:
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        return bool(poll.poll(0))
    except (OSError, ValueError):
        return True

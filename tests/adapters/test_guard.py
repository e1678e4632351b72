"""What is exempt, whose certificate counts, and what a budget is; where the bot must not go: tests/threats."""

from __future__ import annotations

import socket
import ssl
import threading

import pytest

from bot.adapters.clock import SystemClock
from bot.adapters.fetcher import HttpFetcher
from bot.adapters.guard import Budget, Exemption, NetworkPolicy, system_resolver
from bot.adapters.politeness import HostSettings
from bot.errors import FetchError, FetchReason
from bot.model import Request
from tests.fakes.clock import FakeClock
from tests.fakes.hostile_server import HostileServer

TLS = ssl.create_default_context()
CLOSED = NetworkPolicy()
FREE = HostSettings(connections=8, spacing_s=0.0)


def make(policy: NetworkPolicy = CLOSED, resolver: object = system_resolver) -> HttpFetcher:
    return HttpFetcher(policy, user_agent="t", clock=SystemClock(), default=FREE, resolver=resolver, tls=TLS)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("allowed", "host", "port", "addresses", "goes"),
    [
        (["127.0.0.1"], "127.0.0.1", 8801, ["127.0.0.1"], True),  # an address, any port
        (["127.0.0.1:8801"], "127.0.0.1", 8802, ["127.0.0.1"], False),  # another port
        (["127.0.0.0/8"], "feed7.test", 8801, ["127.0.0.1"], True),  # a network, by any name
        (["intranet.test"], "intranet.test", 80, ["10.1.2.3"], True),  # a name, wherever it leads
        (["intranet.test"], "other.test", 80, ["10.1.2.3"], False),  # another name for the same place
        (["10.0.0.0/8"], "feed.test", 80, ["10.1.2.3", "192.168.0.1"], False),  # one of two
        (["10.0.0.0/8"], "feed.test", 8080, ["93.184.216.34"], False),  # an odd port of a public host
        (["[::1]:8801"], "::1", 8801, ["::1"], True),
        (["fd00::/8"], "feed.test", 443, ["fd00::5"], True),
    ],
)
def test_exemptions_open_what_they_name_and_nothing_else(
    allowed: list[str], host: str, port: int, addresses: list[str], goes: bool
) -> None:
    policy = NetworkPolicy.of(allowed)
    if goes:
        assert policy.may_ask(port)
        assert policy.judge(host, port, addresses) == addresses
    else:
        with pytest.raises(FetchError):
            policy.judge(host, port, addresses)


@pytest.mark.parametrize("text", ["", "http://x", "10.0.0.0/33", "a b", "host:99999", "x/24"])
def test_an_exemption_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Exemption.of(text)


def test_the_name_asked_for_is_the_name_checked_in_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection goes to an address; the certificate must still be the name's."""
    seen: list[tuple[object, bool]] = []

    def wrap(self: ssl.SSLContext, sock: socket.socket, **named: object) -> ssl.SSLSocket:
        seen.append((named["server_hostname"], self.check_hostname and self.verify_mode is ssl.CERT_REQUIRED))
        raise ssl.SSLCertVerificationError("wrong name")

    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", wrap)
    with HostileServer() as server:
        fetcher = make(NetworkPolicy.of(["127.0.0.0/8"]), lambda *_: ["127.0.0.1"])
        with pytest.raises(FetchError) as caught:
            fetcher.fetch(Request(f"https://feed.test:{server.port}/"))
    assert caught.value.reason is FetchReason.TLS
    assert seen == [("feed.test", True)]


def test_a_server_that_does_not_speak_tls_is_a_tls_error() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4_096)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    thread = threading.Thread(target=serve)
    thread.start()
    with pytest.raises(FetchError) as caught:
        make(NetworkPolicy.of(["127.0.0.1"])).fetch(Request(f"https://127.0.0.1:{listener.getsockname()[1]}/"))
    thread.join()
    listener.close()
    assert caught.value.reason is FetchReason.TLS


def test_a_budget_is_the_rest_of_the_time_and_of_the_bytes() -> None:
    clock, closing = FakeClock(), threading.Event()
    budget = Budget(clock, closing)
    budget.begin(10.0, 100)
    assert budget.seconds(5.0) == 5.0
    clock.advance(8.0)
    assert budget.seconds(5.0) == 2.0
    budget.pause(1.0)
    assert budget.seconds(5.0) == 3.0
    clock.advance(3.0)
    with pytest.raises(FetchError) as caught:
        budget.seconds(5.0)
    assert caught.value.reason is FetchReason.TIMEOUT
    budget.spend(100)
    with pytest.raises(FetchError) as caught:
        budget.spend(1)
    assert caught.value.reason is FetchReason.TOO_LARGE


def test_no_budget_outlives_the_end() -> None:
    closing = threading.Event()
    budget = Budget(FakeClock(), closing)
    budget.begin(10.0, 100)
    closing.set()
    with pytest.raises(FetchError):
        budget.seconds(1.0)

"""Where the bot must not go, however it is spelt, and wherever a name leads a moment later."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Sequence
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.clock import SystemClock
from bot.adapters.fetcher import HttpFetcher
from bot.adapters.guard import Budget, Exemption, NetworkPolicy, is_public, system_resolver
from bot.adapters.politeness import HostSettings
from bot.errors import FetchError, FetchReason
from bot.model import Request
from tests.fakes.clock import FakeClock
from tests.fakes.hostile_server import INTERNAL_HOSTS, REFUSED_URLS, HostileServer, rebinding_getaddrinfo

TLS = ssl.create_default_context()
CLOSED = NetworkPolicy()
FREE = HostSettings(connections=8, spacing_s=0.0)


def make(policy: NetworkPolicy = CLOSED, resolver: object = system_resolver) -> HttpFetcher:
    return HttpFetcher(policy, user_agent="t", clock=SystemClock(), default=FREE, resolver=resolver, tls=TLS)  # type: ignore[arg-type]


@pytest.fixture
def connects(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every address that a TCP connection is tried to; none is opened."""
    tried: list[object] = []

    def note(address: object, *_: object, **__: object) -> socket.socket:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", note)
    return tried


def resolver(host: str, port: int) -> Sequence[str]:
    """As the machine resolves, but without asking anybody: the one name that is no address leads to metadata."""
    return ["169.254.169.254"] if host == "metadata.google.internal" else system_resolver(host, port)


@pytest.mark.parametrize("host", INTERNAL_HOSTS)
def test_no_spelling_of_an_internal_host_is_connected_to(host: str, connects: list[object]) -> None:
    with pytest.raises(FetchError) as caught:
        make(resolver=resolver).fetch(Request(f"http://{host}/"))
    assert caught.value.reason in {FetchReason.FORBIDDEN_ADDRESS, FetchReason.BAD_URL, FetchReason.DNS}
    assert connects == []


@pytest.mark.parametrize("url", REFUSED_URLS)
def test_what_is_no_web_address_is_refused_before_it_is_resolved(url: str) -> None:
    asked: list[str] = []

    def spy(host: str, _: int) -> list[str]:
        asked.append(host)
        return ["93.184.216.34"]

    with pytest.raises(FetchError) as caught:
        make(resolver=spy).fetch(Request(url))
    assert caught.value.reason is FetchReason.BAD_URL
    assert asked == []


def test_a_name_that_changes_its_address_is_met_where_it_was_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = rebinding_getaddrinfo("feed.test", "93.184.216.34", "127.0.0.1")
    monkeypatch.setattr(socket, "getaddrinfo", answer)
    tried: list[object] = []

    def note(address: object, *_: object, **__: object) -> socket.socket:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", note)
    with pytest.raises(FetchError):
        make().fetch(Request("http://feed.test/"))
    assert answer.asked == 1  # type: ignore[attr-defined]
    assert tried == [("93.184.216.34", 80)]


@pytest.mark.parametrize(
    "order", [("93.184.216.34", "10.0.0.1"), ("10.0.0.1", "93.184.216.34"), ("2606:4700::1", "::1")]
)
def test_a_name_with_one_private_address_is_refused_whole(order: tuple[str, str], connects: list[object]) -> None:
    with pytest.raises(FetchError) as caught:
        make(resolver=lambda *_: list(order)).fetch(Request("http://feed.test/"))
    assert caught.value.reason is FetchReason.FORBIDDEN_ADDRESS
    assert connects == []


@pytest.mark.parametrize("port", [22, 25, 6379, 8080, 11211])
def test_other_ports_are_refused_on_public_hosts(port: int, connects: list[object]) -> None:
    with pytest.raises(FetchError) as caught:
        make(resolver=lambda *_: ["93.184.216.34"]).fetch(Request(f"http://feed.test:{port}/"))
    assert caught.value.reason is FetchReason.BAD_URL
    assert connects == []


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450:4001::1"]
)
def test_the_public_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@given(st.integers(0, 2**32 - 1))
def test_an_ipv4_address_inside_an_ipv6_one_is_never_public(number: int) -> None:
    """Mapped, compatible, NAT64, 6to4, Teredo: refused even where the inner address is public."""
    a, b = number >> 16, number & 0xFFFF
    for spelt in (
        f"::ffff:{a:x}:{b:x}",
        f"::{a:x}:{b:x}",
        f"64:ff9b::{a:x}:{b:x}",
        f"2002:{a:x}:{b:x}::",
        f"2001:0:{a:x}:{b:x}::",
    ):
        assert not is_public(ip_address(spelt))


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

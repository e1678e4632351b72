"""The real fetcher over sockets: redirects, threads, connections, the missing network; hostile answers: tests/threats."""

from __future__ import annotations

import errno
import inspect
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpcore
import httpx
import pytest

from bot.adapters import fetcher as module
from bot.adapters.clock import SystemClock
from bot.adapters.fetcher import HttpFetcher, translated
from bot.adapters.guard import NetworkPolicy
from bot.adapters.politeness import HostSettings
from bot.errors import FetchError, FetchReason
from bot.feeds import poll
from bot.model import Feed, Request
from tests.adapters.serving import serving
from tests.fakes.hostile_server import HostileServer

CAP = 1 << 20
FREE = HostSettings(connections=64, spacing_s=0.0)
TLS = httpx.create_ssl_context(trust_env=False)


@pytest.fixture(scope="module")
def server() -> Iterator[HostileServer]:
    with HostileServer() as running:
        yield running


@pytest.fixture(autouse=True)
def _clean(server: HostileServer) -> None:
    server.forget()


Make = Callable[..., HttpFetcher]


@pytest.fixture
def make(server: HostileServer) -> Iterator[Make]:
    """A maker of fetchers that may reach the server and nothing else, closed at the end."""
    made: list[HttpFetcher] = []

    def maker(**named: object) -> HttpFetcher:
        made.append(_make(server, **named))
        return made[-1]

    yield maker
    for fetcher in made:
        fetcher.close()


def _make(server: HostileServer, **named: object) -> HttpFetcher:
    given: dict[str, object] = {
        "total_s": 5.0,
        "read_s": 5.0,
        "default": FREE,
        "clock": SystemClock(),
        "tls": TLS,
        **named,
    }
    return HttpFetcher(
        NetworkPolicy.of([f"127.0.0.1:{server.port}"]), user_agent="talentwire/1 (+https://x.test)", **given
    )  # type: ignore[arg-type]


def failure(fetcher: HttpFetcher, url: str, cap: int = CAP) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetcher.fetch(Request(url, cap=cap))
    return caught.value


@pytest.mark.parametrize(
    ("path", "query", "reason"),
    [
        ("/redirect-loop", {}, FetchReason.REDIRECTS),
        ("/redirect-chain", {"n": 6}, FetchReason.REDIRECTS),
        ("/redirect-none", {}, FetchReason.REDIRECTS),
        ("/redirect-junk", {}, FetchReason.BAD_URL),
    ],
)
def test_each_fault_has_its_reason(
    server: HostileServer, make: Make, path: str, query: dict[str, object], reason: FetchReason
) -> None:
    assert failure(make(), server.url(path, **query)).reason is reason
    assert server.canary_log == []


def test_a_chain_within_the_limit_is_followed(server: HostileServer, make: Make) -> None:
    response = make().fetch(Request(server.url("/redirect-chain", n=5, code=308)))
    assert response.status == 200
    assert response.moved_to == server.url("/redirect-chain", n=0, code=308)


def test_validators_go_back_byte_for_byte(server: HostileServer, make: Make) -> None:
    fetcher, now = make(), datetime(2026, 7, 1, tzinfo=UTC)
    feed = Feed(server.url("/etag-echo"))
    first = fetcher.fetch(poll.request_for(feed, now))
    feed = Feed(feed.url, etag=first.headers["etag"], last_modified=first.headers["last-modified"])
    assert fetcher.fetch(poll.request_for(feed, now)).status == 304
    sent = server.log[-1]["headers"]
    assert (sent["if-none-match"], sent["if-modified-since"]) == (feed.etag, feed.last_modified)


def test_requests_carry_what_they_should_and_nothing_else(
    server: HostileServer, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proxies and certificates of the environment are ignored."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, server.canary_url)
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent")
    assert make(tls=None).fetch(Request(server.url("/ok/rss"), {"accept": "application/rss+xml"})).status == 200
    headers = server.log[-1]["headers"]
    assert set(headers) == {"host", "user-agent", "accept-encoding", "accept"}
    assert headers["user-agent"] == "talentwire/1 (+https://x.test)"
    assert headers["accept-encoding"] == "gzip"
    assert server.canary_log == []


def test_no_error_repeats_a_secret(server: HostileServer, make: Make) -> None:
    error = failure(make(), server.url("/truncated", token="swordfish-123"))
    text = f"{error!r} {error} {error.detail}"
    assert "swordfish" not in text


def test_fifty_threads_have_fifty_connections_and_one_result_each(server: HostileServer, make: Make) -> None:
    fetcher, statuses = make(), []

    def work() -> None:
        statuses.append(fetcher.fetch(Request(server.url("/ok/rss"))).status)

    threads = [threading.Thread(target=work) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 50


def test_a_closed_fetcher_fetches_no_more_and_ends_what_waits(server: HostileServer, make: Make) -> None:
    fetcher = make(default=HostSettings(1, 3_600.0))
    fetcher.fetch(Request(server.url("/ok/rss")))
    errors: list[FetchError] = []
    waiting = threading.Thread(target=lambda: errors.append(failure(fetcher, server.url("/ok/rss"))))
    waiting.start()
    fetcher.close()
    waiting.join(5)
    assert [error.reason for error in errors] == [FetchReason.TIMEOUT]
    assert len(server.log) == 1


def test_articles_are_not_spaced(server: HostileServer, make: Make) -> None:
    fetcher = make(default=HostSettings(1, 3_600.0))
    fetcher.fetch(Request(server.url("/ok/rss")))
    assert fetcher.fetch(Request(server.url("/ok/article"), spaced=False)).status == 200


def _exceptions(library: object) -> list[type[Exception]]:
    found = {kind for _, kind in inspect.getmembers(library, inspect.isclass) if issubclass(kind, Exception)}
    return sorted(found, key=lambda kind: kind.__name__)


@pytest.mark.parametrize(
    "kind", _exceptions(httpx) + _exceptions(httpcore), ids=lambda k: f"{k.__module__}.{k.__name__}"
)
def test_every_error_of_the_libraries_has_a_reason(kind: type[Exception]) -> None:
    """Fails when a new version brings an error we have not thought of."""
    assert any(ancestor in module.REASONS for ancestor in kind.__mro__)
    assert translated(kind.__new__(kind)).reason in FetchReason


def gai(code: int) -> object:
    def resolver(host: str, port: int) -> list[str]:
        raise socket.gaierror(code, "")

    return resolver


@pytest.mark.parametrize(
    ("code", "routed", "reason"),
    [
        (socket.EAI_AGAIN, True, FetchReason.NO_NETWORK),  # nothing was ever resolved
        (socket.EAI_NONAME, True, FetchReason.DNS),  # this name does not exist
        (socket.EAI_NONAME, False, FetchReason.NO_NETWORK),  # there is no way out at all
    ],
)
def test_no_network_is_told_from_a_bad_name(
    server: HostileServer, make: Make, monkeypatch: pytest.MonkeyPatch, code: int, routed: bool, reason: FetchReason
) -> None:
    monkeypatch.setattr(module, "_routed", lambda: routed)
    assert failure(make(resolver=gai(code)), "http://feed.test/").reason is reason


def test_one_name_that_cannot_be_resolved_is_no_missing_network(server: HostileServer, make: Make) -> None:
    def resolver(host: str, port: int) -> list[str]:
        if host == "good.test":
            return ["127.0.0.1"]
        raise socket.gaierror(socket.EAI_AGAIN, "")

    fetcher = make(resolver=resolver)
    assert fetcher.fetch(Request(f"http://good.test:{server.port}/ok/rss")).status == 200
    assert failure(fetcher, "http://bad.test/").reason is FetchReason.DNS


def test_that_of_several_hosts_none_exists_means_no_network(server: HostileServer, make: Make) -> None:
    fetcher = make(resolver=gai(socket.EAI_NONAME))
    reasons = [failure(fetcher, f"http://{name}.test/").reason for name in "aabcd"]
    offline = FetchReason.NO_NETWORK
    assert reasons == [FetchReason.DNS, FetchReason.DNS, FetchReason.DNS, offline, offline]


@pytest.mark.parametrize(("routed", "reason"), [(True, FetchReason.CONNECT), (False, FetchReason.NO_NETWORK)])
def test_an_unreachable_network_is_ours_only_without_a_route(
    server: HostileServer, make: Make, monkeypatch: pytest.MonkeyPatch, routed: bool, reason: FetchReason
) -> None:
    def refuse(*_: object, **__: object) -> socket.socket:
        raise OSError(errno.ENETUNREACH, "Network is unreachable")

    monkeypatch.setattr(module, "_routed", lambda: routed)
    monkeypatch.setattr(socket, "create_connection", refuse)
    assert failure(make(), server.url("/ok/rss")).reason is reason


def test_a_name_longer_than_names_are_cannot_be_resolved(server: HostileServer, make: Make) -> None:
    assert failure(make(), f"http://{'a' * 70}.test/").reason in {FetchReason.DNS, FetchReason.NO_NETWORK}


OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


def answer(connection: socket.socket) -> None:
    connection.recv(65_536)
    connection.sendall(OK)


def answer_and_hang_up_on_the_next(connection: socket.socket) -> None:
    answer(connection)
    connection.recv(65_536)


@pytest.mark.parametrize("first", [answer, answer_and_hang_up_on_the_next])
def test_a_kept_connection_that_the_server_closed_is_replaced_unseen(first: Callable[[socket.socket], None]) -> None:
    """Closed before the next request, or just as it arrives."""
    with serving(first, answer) as (port, fetcher):
        bodies = [fetcher.fetch(Request(f"http://127.0.0.1:{port}/")).body for _ in range(2)]
    assert bodies == [b"ok", b"ok"]

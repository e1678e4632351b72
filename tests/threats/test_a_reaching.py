"""Being led where it must not go: however an address is spelt, whichever way it comes in, wherever its name leads."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.clock import SystemClock
from bot.adapters.fetcher import HttpFetcher
from bot.adapters.guard import NetworkPolicy, is_public
from bot.articles.extract import read
from bot.config import examine
from bot.errors import FeedError, FetchError, FetchReason
from bot.feeds.parse import parse
from bot.model import Request
from tests.fakes.hostile_server import (
    CANARY_SECRET,
    INTERNAL_HOSTS,
    REFUSED_URLS,
    HostileServer,
    rebinding_getaddrinfo,
)
from tests.threats.world import FREE, HIRE, TLS, Web, World, fetcher, resolver

INNER = {FetchReason.FORBIDDEN_ADDRESS, FetchReason.BAD_URL, FetchReason.DNS}
CLOSED = NetworkPolicy()
PUBLIC = "93.184.216.34"
METADATA = ("169.254.169.254", "[fd00:ec2::254]", "100.100.100.200", "168.63.129.16", "metadata.google.internal")
NUMERALS = tuple(host for host in INTERNAL_HOSTS if host[0] not in "[m" and host.lower().rstrip(".") != "localhost")


def outside(resolve: object, policy: NetworkPolicy = CLOSED) -> HttpFetcher:
    return HttpFetcher(policy, user_agent="t", clock=SystemClock(), default=FREE, resolver=resolve, tls=TLS)  # type: ignore[arg-type]


def refusal(made: HttpFetcher, url: str) -> FetchReason:
    with pytest.raises(FetchError) as caught:
        made.fetch(Request(url))
    return caught.value.reason


# ------------------------------------------------------------------------------- 54 inner hosts, four ways in


@pytest.mark.parametrize("host", INTERNAL_HOSTS)
def test_A1_a_feed_inside_the_net_is_not_reached(
    hostile: HostileServer, web: Web, connects: list[object], tmp_path: Path, host: str
) -> None:
    """Most are refused where they are written; a name that only leads inside, when it is asked."""
    path = tmp_path / "config.yaml"
    path.write_text(f"feeds:\n  - http://{host}/feed\n", "utf-8")
    report = examine(path)
    if host != "metadata.google.internal":  # what a name means is not asked at the start
        assert [(problem.line, problem.key.split(".")[0]) for problem in report.errors] == [(2, "feeds[0]")]
    assert refusal(web.fetcher, f"http://{host}/feed") in INNER
    assert connects == []
    web.get("/ok/rss")  # while others are


def test_A1_what_the_config_lists_is_reached(hostile: HostileServer, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    url = hostile.url("/ok/rss")
    path.write_text(f"feeds: ['{url}']\nnetwork: {{allow_private: ['127.0.0.1:{hostile.port}']}}\n", "utf-8")
    config = examine(path).config
    assert config is not None
    made = outside(resolver, NetworkPolicy.of(config.network.allow_private))
    assert made.fetch(Request(url)).status == 200
    made.close()


def test_A2_an_articles_link_inside_the_net_is_not_followed(world: World, connects: list[object]) -> None:
    world.follow(world.url("/ok/rss", n=len(INTERNAL_HOSTS), late=1, inner=1))
    world.poll(times=2)
    world.settle()
    assert connects == []
    assert len(world.texts()) == len(INTERNAL_HOSTS), "each is told from the feed's text"
    shown = json.dumps([one.message.blocks for one in world.memory.standing.values()], ensure_ascii=False)
    assert "from the feed's text" in shown
    assert "<http" not in shown


@pytest.mark.parametrize("host", INTERNAL_HOSTS)
def test_A3_a_redirect_inside_the_net_is_not_followed(web: Web, connects: list[object], host: str) -> None:
    assert refusal(web.fetcher, web.url("/redirect-to", u=f"http://{host}/")) in INNER
    assert connects == []


def test_A3_every_hop_is_judged_and_what_was_refused_is_no_move(world: World, connects: list[object]) -> None:
    inner = "http://169.254.169.254/latest/"
    second = world.url("/redirect-to", host="second.test", u=inner, code=301)
    feed = world.url("/redirect-to", u=second, code=301)
    world.follow(feed, world.url("/redirect-chain", n=5))
    results = world.poll()
    assert {result.reason for result in results} == {"", "forbidden_address"}
    assert world.feed(feed).moved.to == ""
    assert connects == []
    assert refusal(world.web.fetcher, world.url("/redirect-to")) is FetchReason.BAD_URL  # the inner service's port


@pytest.mark.parametrize("host", INTERNAL_HOSTS)
def test_A4_a_name_that_leads_inside_is_not_reached(connects: list[object], host: str) -> None:
    """The fourth way in: an innocent name, and a resolver that says so."""
    spelt = host.strip("[]").partition("%")[0]
    try:
        leads = list(resolver(spelt, 80))
    except OSError:  # no machine resolves it: then by its letters
        leads = [spelt]
    made = outside(lambda *_: leads)
    assert refusal(made, "http://feed.test/") in INNER
    assert connects == []


def test_A4_rebinding_is_refused(monkeypatch: pytest.MonkeyPatch, connects: list[object]) -> None:
    answer = rebinding_getaddrinfo("feed.example", PUBLIC, "127.0.0.1")
    monkeypatch.setattr(socket, "getaddrinfo", answer)
    made = HttpFetcher(NetworkPolicy(), user_agent="t", clock=SystemClock(), default=FREE, tls=TLS)
    assert refusal(made, "http://feed.example/") is FetchReason.CONNECT
    assert answer.asked == 1  # type: ignore[attr-defined]
    assert connects == [(PUBLIC, 80)]


@pytest.mark.parametrize("order", [(PUBLIC, "10.0.0.1"), ("10.0.0.1", PUBLIC), ("2606:4700::1", "::1")])
def test_A5_a_name_with_one_inner_address_is_refused_whole(order: tuple[str, str], connects: list[object]) -> None:
    assert refusal(outside(lambda *_: list(order)), "http://feed.test/") is FetchReason.FORBIDDEN_ADDRESS
    assert connects == []


@pytest.mark.parametrize("host", NUMERALS)
def test_A6_numerals_are_judged_by_where_they_lead(connects: list[object], host: str) -> None:
    assert refusal(outside(resolver), f"http://{host}/") in {FetchReason.FORBIDDEN_ADDRESS, FetchReason.BAD_URL}
    assert connects == []


@settings(max_examples=200)
@given(st.integers(0, 2**32 - 1))
def test_A7_an_ipv4_address_inside_an_ipv6_one_is_never_public(number: int) -> None:
    """Mapped, compatible, NAT64 twice, 6to4, Teredo, SIIT: refused even where the inner address is public."""
    a, b = number >> 16, number & 0xFFFF
    for spelt in (
        f"::ffff:{a:x}:{b:x}",
        f"::{a:x}:{b:x}",
        f"64:ff9b::{a:x}:{b:x}",
        f"64:ff9b:1::{a:x}:{b:x}",
        f"2002:{a:x}:{b:x}::",
        f"2001:0:{a:x}:{b:x}::",
        f"::ffff:0:{a:x}:{b:x}",
    ):
        assert not is_public(ip_address(spelt))


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", PUBLIC, "2606:4700:4700::1111", "2a00:1450:4001::1"])
def test_A7_the_public_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("host", METADATA)
def test_A8_metadata_services_are_refused(connects: list[object], host: str) -> None:
    assert refusal(outside(resolver), f"http://{host}/latest/meta-data/") is FetchReason.FORBIDDEN_ADDRESS
    assert connects == []


@pytest.mark.parametrize("url", REFUSED_URLS)
def test_A9_what_is_no_web_address_is_refused_before_it_is_resolved(url: str, connects: list[object]) -> None:
    asked: list[str] = []

    def spy(host: str, _: int) -> list[str]:
        asked.append(host)
        return [PUBLIC]

    assert refusal(outside(spy), url) is FetchReason.BAD_URL
    assert (asked, connects) == ([], [])


@pytest.mark.parametrize(
    "to", ["file:///etc/passwd", "gopher://127.0.0.1:6379/_PING", "http+unix://%2Frun%2Fx/", "http://a.test:22/"]
)
def test_A9_nor_is_it_reached_by_a_redirect(web: Web, connects: list[object], to: str) -> None:
    assert refusal(web.fetcher, web.url("/redirect-to", u=to)) is FetchReason.BAD_URL
    assert connects == []


@pytest.mark.parametrize("port", [22, 25, 6379, 8080, 11211])
def test_A9_other_ports_are_refused_on_public_hosts(port: int, connects: list[object]) -> None:
    assert refusal(outside(lambda *_: [PUBLIC]), f"http://feed.test:{port}/") is FetchReason.BAD_URL
    assert connects == []


def test_A10_the_environment_leads_nowhere(
    hostile: HostileServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, connects: list[object]
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, hostile.canary_url)
    (tmp_path / ".netrc").write_text("machine feed.test login ada password swordfish\n")
    (tmp_path / "ca.pem").write_text("no certificate\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    made = fetcher(hostile, tls=None)  # which would read that file
    assert made.fetch(Request(f"http://feed.test:{hostile.port}/ok/rss")).status == 200
    made.close()
    (asked,) = hostile.log
    assert "authorization" not in asked["headers"]
    assert connects == []


@pytest.mark.parametrize("name", ["a readable feed", "/dev/zero", "/etc/hostname", "the canary"])
def test_A11_a_body_that_is_a_path_is_data(web: Web, tmp_path: Path, name: str) -> None:
    real = tmp_path / "feed.xml"
    real.write_text("<rss version='2.0'><channel><title>t</title><item><title>stolen</title></item></channel></rss>")
    path = {"a readable feed": str(real), "the canary": web.server.canary_url}.get(name, name)
    with pytest.raises(FeedError):
        parse(web.get("/body-is-path", p=path).body, web.url("/"), "application/xml")


def test_A12_nothing_that_xml_names_is_fetched_or_opened(web: Web, connects: list[object], tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("swordfish")
    for outer in (web.server.canary_url, f"file://{secret}", str(secret)):
        answer = web.get("/xml-external", u=outer)
        parsed = parse(answer.body, answer.url, answer.headers["content-type"])
        assert [entry.title for entry in parsed.entries] == ["Story 1"]
        assert "swordfish" not in repr(parsed)
        assert CANARY_SECRET not in repr(parsed)
    assert connects == []


def test_A13_a_page_sends_its_reader_nowhere(make_world: Callable[..., World], connects: list[object]) -> None:
    world = make_world()
    page = world.url("/meta-refresh", host="page.test")
    world.follow(world.url("/ok/rss", n=1, late=1, title=HIRE, link=page))
    world.poll(times=2)
    trace = world.store.trace(page)
    assert trace is not None
    assert trace.article.entry.url == page
    assert "Zurich" in read(world.web.get("/meta-refresh").body, page, "text/html")
    (standing,) = world.memory.standing.values()
    assert str(world.web.server.canary_port) not in json.dumps(standing.message.blocks)
    assert connects == []


def test_A14_dangerous_links_are_no_links_in_what_is_posted(make_world: Callable[..., World]) -> None:
    world = make_world()
    feed = world.url("/relative-links", late=1)
    world.follow(feed)
    world.poll(times=2)
    world.settle()
    assert len(world.texts()) == 17, "each is told, whatever its link"
    shown = json.dumps([one.message.blocks for one in world.memory.standing.values()])
    for link in ("javascript:", "data:", "file:", "ftp:", "user:pw", "//127.0.0.1/"):
        assert f"<{link}" not in shown
        assert f'"url": "{link}' not in shown
    assert "<http://127.0.0.1" not in shown
    assert "http://example.org/e" in shown


def test_A15_a_kept_connection_serves_its_own_name_only(hostile: HostileServer) -> None:
    """One server behind two names: the second name is resolved and judged, though a connection is open."""
    asked: list[str] = []
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    accepted: list[socket.socket] = []

    def serve() -> None:
        for _ in range(2):
            connection, _ = listener.accept()
            accepted.append(connection)
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    def answer(connection: socket.socket) -> None:
        while connection.recv(65_536):
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")

    def spy(host: str, _: int) -> list[str]:
        asked.append(host)
        return ["10.0.0.1"] if host == "inner.test" else ["127.0.0.1"]

    threading.Thread(target=serve, daemon=True).start()
    made = outside(spy, NetworkPolicy.of([f"127.0.0.1:{port}"]))
    for host in ("one.test", "one.test", "two.test"):
        assert made.fetch(Request(f"http://{host}:{port}/")).body == b"ok"
    assert refusal(made, f"http://inner.test:{port}/") is FetchReason.FORBIDDEN_ADDRESS
    made.close()
    listener.close()
    for connection in accepted:
        connection.close()
    assert asked == ["one.test", "two.test", "inner.test"]
    assert len(accepted) == 2

"""What every Fetcher promises: the same tests against the fake and against the real one over loopback."""

from __future__ import annotations

import http.server
import ssl
import threading
from collections.abc import Callable, Iterator

import pytest

from bot.adapters.clock import SystemClock
from bot.adapters.fetcher import HttpFetcher
from bot.adapters.guard import NetworkPolicy
from bot.adapters.politeness import HostSettings
from bot.errors import FetchError, FetchReason
from bot.model import Request
from bot.ports import Fetcher
from tests.fakes.fetcher import FakeFetcher, Page

World = Callable[[dict[str, Page]], tuple[Fetcher, str]]
BODY = b"<rss/>" * 100
TLS = ssl.create_default_context()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        page: Page = self.server.pages[self.path]  # type: ignore[attr-defined]
        fresh = bool(page.etag) and self.headers.get("if-none-match") == page.etag
        body = b"" if fresh else page.body
        self.send_response(304 if fresh else page.status)
        for name, value in {**page.headers, **({"ETag": page.etag} if page.etag else {})}.items():
            self.send_header(name, value.replace("BASE", self.server.base))  # type: ignore[attr-defined]
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def _fake(pages: dict[str, Page]) -> tuple[Fetcher, str]:
    base = "http://site.test"
    absolute = {
        base + path: Page(p.body, p.status, {k: v.replace("BASE", base) for k, v in p.headers.items()}, p.etag)
        for path, p in pages.items()
    }
    return FakeFetcher(dict(absolute)), base


@pytest.fixture(params=["fake", "real"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "fake":
        yield _fake
        return
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    port = server.server_address[1]
    fetcher = HttpFetcher(
        NetworkPolicy.of([f"127.0.0.1:{port}"]),
        user_agent="test/1",
        clock=SystemClock(),
        default=HostSettings(4, 0.0),
        tls=TLS,
        resolver=lambda host, _: ["127.0.0.1"] if host == "site.test" else [],
    )

    def make(pages: dict[str, Page]) -> tuple[Fetcher, str]:
        server.pages = pages  # type: ignore[attr-defined]
        server.base = f"http://site.test:{port}"  # type: ignore[attr-defined]
        return fetcher, f"http://site.test:{port}"

    yield make
    fetcher.close()
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_answer_comes_with_lower_case_headers_and_its_body(world: World) -> None:
    fetcher, base = world(
        {"/feed": Page(BODY, headers={"X-Odd": "caf\xe9", "Content-Type": "text/xml"}, etag='W/"a,b"')}
    )
    request = Request(base + "/feed")
    response = fetcher.fetch(request)
    assert (response.status, response.body, response.url) == (200, BODY, base + "/feed")
    assert response.request is request
    assert response.headers["etag"] == 'W/"a,b"'
    assert response.headers["x-odd"] == "caf\xe9"
    assert response.moved_to == ""


def test_validators_sent_back_bring_a_304_without_body(world: World) -> None:
    fetcher, base = world({"/feed": Page(BODY, etag='W/"a,b;c=\\"d"')})
    etag = fetcher.fetch(Request(base + "/feed")).headers["etag"]
    response = fetcher.fetch(Request(base + "/feed", {"if-none-match": etag}))
    assert (response.status, response.body) == (304, b"")


@pytest.mark.parametrize("status", [204, 401, 404, 410, 429, 500, 503])
def test_any_status_is_an_answer(world: World, status: int) -> None:
    fetcher, base = world({"/feed": Page(b"", status, {"Retry-After": "60"})})
    response = fetcher.fetch(Request(base + "/feed"))
    assert (response.status, response.headers["retry-after"]) == (status, "60")


@pytest.mark.parametrize(
    ("codes", "moved"),
    [
        ((301,), True),  # permanent
        ((308, 301), True),  # all of them
        ((301, 302), False),  # one is for now
        ((302, 301), False),
        ((307,), False),
        ((303,), False),
    ],
)
def test_only_redirects_that_are_all_permanent_count_as_moved(
    world: World, codes: tuple[int, ...], moved: bool
) -> None:
    pages = {f"/{i}": Page(b"", code, {"Location": f"BASE/{i + 1}"}) for i, code in enumerate(codes)}
    last = f"/{len(codes)}"
    fetcher, base = world({**pages, last: Page(BODY)})
    response = fetcher.fetch(Request(base + "/0"))
    assert (response.url, response.body) == (base + last, BODY)
    assert response.moved_to == (base + last if moved else "")


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (Page(b"", 302, {"Location": "BASE/feed"}), FetchReason.REDIRECTS),  # for ever
        (Page(b"", 302), FetchReason.REDIRECTS),  # to nowhere
        (Page(b"", 302, {"Location": "file:///etc/passwd"}), FetchReason.BAD_URL),
        (Page(b"", 302, {"Location": "http://user:pw@site.test/"}), FetchReason.BAD_URL),
        (Page(b"", 302, {"Location": "http://nowhere.test/"}), FetchReason.DNS),
        (Page(b"x" * 2_000), FetchReason.TOO_LARGE),
    ],
)
def test_what_cannot_be_had_is_an_error_with_its_reason(world: World, page: Page, reason: FetchReason) -> None:
    fetcher, base = world({"/feed": page})
    with pytest.raises(FetchError) as caught:
        fetcher.fetch(Request(base + "/feed", cap=1_000))
    assert caught.value.reason is reason


def test_a_bad_address_is_refused(world: World) -> None:
    fetcher, _ = world({})
    with pytest.raises(FetchError) as caught:
        fetcher.fetch(Request("ftp://site.test/feed"))
    assert caught.value.reason is FetchReason.BAD_URL

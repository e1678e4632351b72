"""A web made of answers in memory, for tests of what stands above the fetcher."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.errors import Fate, FetchError, FetchReason
from bot.model import Request, Response
from bot.urls import fetchable

MAX_REDIRECTS = 5


@dataclass(frozen=True, slots=True)
class Page:
    """What stands at an address. With `etag` set, a request that carries it gets 304."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    etag: str = ""


Answer = Page | FetchError | Callable[[Request], Page | FetchError]


@dataclass(slots=True)
class FakeFetcher:
    """Answers from `pages`: a page, an error to raise, or a function of the request. `asked` keeps every request.

    It keeps the seam's promises: addresses are judged, redirects followed, bodies capped, only FetchError raised. An
    address that is not there cannot be resolved.
    """

    pages: dict[str, Answer] = field(default_factory=dict)
    asked: list[Request] = field(default_factory=list)

    def fetch(self, request: Request) -> Response:
        url, permanent = fetchable(request.url, ports=None), True
        for hop in range(MAX_REDIRECTS + 1):
            self.asked.append(Request(url, request.headers, request.cap, request.spaced))
            page = self._page(url, request)
            if page.status not in {301, 302, 303, 307, 308}:
                return self._response(request, url, page, moved_to=url if hop and permanent else "")
            permanent = permanent and page.status in {301, 308}
            target = {name.lower(): value for name, value in page.headers.items()}.get("location", "")
            if not target:
                raise FetchError(FetchReason.REDIRECTS, "a redirect to nowhere", Fate.RETRY)
            url = fetchable(target, ports=None)
        raise FetchError(FetchReason.REDIRECTS, "too many redirects", Fate.RETRY)

    def _page(self, url: str, request: Request) -> Page:
        answer = self.pages.get(url, FetchError(FetchReason.DNS, "no such host", Fate.RETRY))
        answer = answer(request) if callable(answer) else answer
        if isinstance(answer, FetchError):
            raise answer
        return answer

    def _response(self, request: Request, url: str, page: Page, *, moved_to: str) -> Response:
        headers = {name.lower(): value for name, value in page.headers.items()}
        if page.etag:
            headers["etag"] = page.etag
            if request.headers.get("if-none-match") == page.etag:
                return Response(request, url, 304, headers, b"", moved_to)
        if len(page.body) > request.cap:
            raise FetchError(FetchReason.TOO_LARGE, "the answer is larger than allowed", Fate.RETRY)
        body = page.body if page.status < 300 else b""
        return Response(request, url, page.status, headers, body, moved_to)

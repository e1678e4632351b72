"""robots.txt: what publishers ask of those who fetch pages by machine (RFC 9309)."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection
from typing import NamedTuple
from urllib.parse import urlsplit

from protego import Protego

from bot.errors import Fate, FetchError, FetchReason
from bot.model import Request, Response
from bot.ports import Clock, Fetcher

AGENT = "talentwire"  # the name that robots.txt may call us by
KEPT_S = 86_400.0
KEPT_FAILED_S = 600.0  # where it could not be had
HOSTS = 2_000  # whose rules are remembered: a restart, or one host more, only means that they are asked for again
CAP = 500 * 1024


class _Rules(NamedTuple):
    until: float
    rules: Protego | None  # None: they cannot be had, so nothing is allowed for now


class ObedientFetcher:
    """A Fetcher that asks robots.txt before requests that want to be obedient; all others go through as they are.

    Hosts in `ignored`, and those below them, are not asked. A refusal is FetchError ROBOTS: GIVE_UP where the rules say
    so, RETRY where they cannot be had just now. Without rules (any 4xx status but 429) all is allowed.
    """

    def __init__(self, fetcher: Fetcher, clock: Clock, *, ignored: Collection[str] = ()) -> None:
        self._fetcher = fetcher
        self._clock = clock
        self._ignored = tuple(host.lower() for host in ignored)
        self._known: OrderedDict[str, _Rules] = OrderedDict()
        self._lock = threading.Lock()

    def fetch(self, request: Request) -> Response:
        """See `Fetcher`. A redirect to where we may not go is not used either."""
        if request.obedient:
            self._ask(request.url)
        response = self._fetcher.fetch(request)
        if request.obedient and response.url != request.url:
            self._ask(response.url)
        return response

    def _ask(self, url: str) -> None:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        if any(host == name or host.endswith(f".{name}") for name in self._ignored):
            return
        rules = self._rules(f"{parts.scheme}://{parts.netloc}".lower())
        if rules is None:
            raise FetchError(FetchReason.ROBOTS, "its host's robots.txt cannot be had", Fate.RETRY)
        if not rules.can_fetch(url, AGENT):
            raise FetchError(FetchReason.ROBOTS, "its host's robots.txt asks not to", Fate.GIVE_UP)

    def _rules(self, origin: str) -> Protego | None:
        now = self._clock.monotonic()
        with self._lock:
            known = self._known.get(origin)
        if known is not None and now < known.until:
            return known.rules
        rules = self._had(origin)
        with self._lock:
            self._known[origin] = _Rules(now + (KEPT_FAILED_S if rules is None else KEPT_S), rules)
            while len(self._known) > HOSTS:
                self._known.popitem(last=False)
        return rules

    def _had(self, origin: str) -> Protego | None:
        try:
            response = self._fetcher.fetch(Request(f"{origin}/robots.txt", {"accept": "text/plain"}, CAP, spaced=False))
        except FetchError as error:
            if error.reason is FetchReason.NO_NETWORK:
                raise
            return Protego.parse("") if error.reason is FetchReason.TOO_LARGE else None
        if response.status == 429 or response.status >= 500:
            return None
        html = response.body.lstrip()[:1] == b"<"  # a page that says, with a good status, that there is none
        return Protego.parse("" if response.status != 200 or html else response.body.decode("utf-8-sig", "replace"))

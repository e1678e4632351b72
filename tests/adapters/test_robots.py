"""robots.txt is kept to, asked for once a day and host, and no page is had without it."""

from __future__ import annotations

import pytest

from bot.adapters import robots
from bot.adapters.robots import ObedientFetcher
from bot.errors import Fate, FetchError, FetchReason
from bot.model import Request
from tests.fakes.clock import FakeClock
from tests.fakes.fetcher import FakeFetcher, Page

SITE = "https://site.test"
RULES = b"User-agent: *\nDisallow: /private\nAllow: /private/open\n\nUser-agent: talentwire\nDisallow: /not-you\n"


def web(rules: object, **pages: Page) -> FakeFetcher:
    found = {f"{SITE}/{name}": page for name, page in pages.items()}
    return FakeFetcher({f"{SITE}/robots.txt": rules, f"{SITE}/a": Page(b"a"), f"{SITE}/not-you/a": Page(b"b"), **found})


def fate(fetcher: ObedientFetcher, path: str) -> Fate | None:
    """Return None where the page was had, else the fate of the refusal."""
    try:
        fetcher.fetch(Request(SITE + path, obedient=True))
    except FetchError as error:
        return error.fate if error.reason is FetchReason.ROBOTS else Fate.STOP
    return None


@pytest.mark.parametrize(
    ("rules", "path", "expected"),
    [
        (Page(RULES), "/a", None),
        (Page(RULES), "/not-you/a", Fate.GIVE_UP),
        (Page(b"User-agent: *\nDisallow: /"), "/a", Fate.GIVE_UP),
        (Page(b"User-agent: *\nDisallow:"), "/a", None),
        (Page(b"User-agent: other\nDisallow: /"), "/a", None),
        (Page(b"\xef\xbb\xbfUser-agent: *\nDisallow: /*a$"), "/a", Fate.GIVE_UP),  # a mark before it, wildcards in it
        (Page(b"<html>Disallow: /", status=200), "/a", None),  # a page that says there is none
        (Page(status=404), "/a", None),
        (Page(status=403), "/a", None),
        (Page(status=500), "/a", Fate.RETRY),  # nobody knows: not now
        (Page(status=429), "/a", Fate.RETRY),
        (FetchError(FetchReason.TIMEOUT, "", Fate.RETRY), "/a", Fate.RETRY),
    ],
)
def test_a_page_is_had_where_robots_txt_allows_it(rules: object, path: str, expected: Fate | None) -> None:
    fetcher = ObedientFetcher(web(rules), FakeClock())
    assert fate(fetcher, path) is expected


def test_the_rules_are_asked_for_once_a_day() -> None:
    inner, clock = web(Page(RULES)), FakeClock()
    fetcher = ObedientFetcher(inner, clock)
    for _ in range(3):
        fate(fetcher, "/a")
    assert [request.url for request in inner.asked].count(f"{SITE}/robots.txt") == 1
    clock.advance(robots.KEPT_S)
    fate(fetcher, "/a")
    assert [request.url for request in inner.asked].count(f"{SITE}/robots.txt") == 2


def test_rules_that_could_not_be_had_are_asked_for_again_soon() -> None:
    inner, clock = web(Page(status=500)), FakeClock()
    fetcher = ObedientFetcher(inner, clock)
    assert fate(fetcher, "/a") is Fate.RETRY
    inner.pages[f"{SITE}/robots.txt"] = Page(RULES)
    assert fate(fetcher, "/a") is Fate.RETRY
    clock.advance(robots.KEPT_FAILED_S)
    assert fate(fetcher, "/a") is None


def test_feeds_are_had_without_it_and_so_are_hosts_that_the_config_lists() -> None:
    inner = web(Page(b"User-agent: *\nDisallow: /"))
    assert ObedientFetcher(inner, FakeClock()).fetch(Request(f"{SITE}/a")).status == 200
    assert fate(ObedientFetcher(inner, FakeClock(), ignored=["site.test"]), "/a") is None
    assert fate(ObedientFetcher(inner, FakeClock(), ignored=["ite.test"]), "/a") is Fate.GIVE_UP
    assert f"{SITE}/robots.txt" in [request.url for request in inner.asked]


def test_a_redirect_to_where_we_may_not_go_is_not_used() -> None:
    away = Page(status=302, headers={"location": "https://other.test/x"})
    inner = web(Page(RULES), away=away)
    inner.pages |= {
        "https://other.test/x": Page(b"x"),
        "https://other.test/robots.txt": Page(b"User-agent: *\nDisallow: /x"),
    }
    assert fate(ObedientFetcher(inner, FakeClock()), "/away") is Fate.GIVE_UP


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(robots, "HOSTS", 3)
    inner = FakeFetcher(
        {f"https://{n}.test/{p}": Page(b"x", status=200 if p else 404) for n in range(9) for p in ("a", "")}
    )
    fetcher = ObedientFetcher(inner, FakeClock())
    inner.pages |= {f"https://{n}.test/robots.txt": Page(status=404) for n in range(9)}
    for n in range(9):
        fetcher.fetch(Request(f"https://{n}.test/a", obedient=True))
    assert len(fetcher._known) == 3

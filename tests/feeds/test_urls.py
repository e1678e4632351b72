"""One spelling for each page; nothing fetched that is no web address; nothing secret shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Fate, FetchError, FetchReason
from bot.urls import LIMIT, absolute, canonical, fetchable, host_key, public_host, redact

_PIECES = st.lists(
    st.sampled_from(
        [
            "http://",
            "https://",
            "HTTP://",
            "a.test",
            "A.Test.",
            ":80",
            ":443",
            ":8080",
            "/",
            "//",
            "..",
            ".",
            "?",
            "&",
            "#",
            "utm_source=x",
            "gclid=1",
            "a=b",
            "a",
            "=",
            "%41",
            "%2f",
            "%zz",
            "%",
            "%C3%A9",
            "é",
            "ü",
            "@",
            "user:pw@",
            " ",
            "\t",
            "\n",
            "[::1]",
            "[",
            "xn--e1afmkfd",
            "пример",
            "x" * 700,
            "�",
            "+",
            ";",
            "fbclid",
            "~",
            "'",
            '"',
            "|",
        ]
    ),
    max_size=14,
).map("".join)


@given(st.one_of(_PIECES, st.text(max_size=60)))
def test_the_canonical_spelling_of_a_canonical_spelling_is_itself(url: str) -> None:
    once = canonical(url)
    assert canonical(once) == once
    assert len(once) <= LIMIT


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://Example.ORG:80/A", "http://example.org/A"),  # case of scheme and host, default port
        ("https://example.org:443/a", "https://example.org/a"),
        ("https://example.org:8443/a", "https://example.org:8443/a"),  # another port stays
        ("https://example.org", "https://example.org/"),  # the root has its slash
        ("https://example.org/a/", "https://example.org/a"),  # nothing else has
        ("https://example.org/a#b", "https://example.org/a"),
        ("https://example.org/a?utm_source=rss&id=7&utm_medium=x", "https://example.org/a?id=7"),
        ("https://example.org/a?fbclid=1&gclid=2", "https://example.org/a"),
        ("https://example.org/a?b=1&a=2", "https://example.org/a?b=1&a=2"),  # order may matter
        ("https://example.org/%7Euser/%e4", "https://example.org/~user/%E4"),  # RFC 3986 6.2.2
        ("https://example.org/%2f", "https://example.org/%2F"),  # an escaped slash is no slash
        ("https://example.org/ö?q=ü", "https://example.org/%C3%B6?q=%C3%BC"),
        ("https://пример.рф/а", "https://xn--e1afmkfd.xn--p1ai/%D0%B0"),
        ("https://user:pw@example.org/a", "https://example.org/a"),
        ("https://example.org./a", "https://example.org/a"),
        (" https://example.org/a\n", "https://example.org/a"),
        ("http://[::1]:8080/a", "http://[::1]:8080/a"),
        ("tag:example.org,2026:1", "tag:example.org,2026:1"),  # no web address: as it was
        ("http://[::1", "http://[::1"),
    ],
)
def test_spellings_of_one_page_are_one(url: str, expected: str) -> None:
    assert canonical(url) == expected


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("/a", "https://site.test/a"),
        ("b?c=d", "https://site.test/feeds/b?c=d"),
        ("//example.org/e", "https://example.org/e"),
        (" http://example.org/f \n", "http://example.org/f"),
        ("http://user:pw@example.org:81/g", "http://example.org:81/g"),  # nobody's password is kept
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("file:///etc/passwd", ""),
        ("ftp://example.org/j", ""),
        ("http:///h", ""),
        ("http://[::1", ""),
        ("http://example.org/a b?c=d e", "http://example.org/a%20b?c=d%20e"),  # as many a feed writes it
        ("/<a>|b", "https://site.test/%3Ca%3E%7Cb"),
        ("http://exa mple.org/", ""),
        ("http://a.org\\@example.org/", ""),
        ("http://example.org:0/", ""),
        ("http://[fe80::1%25lo]/", ""),
        ("http://exa%6dple.org/", ""),
        ("http://exam&lt;ple.org/", ""),
        ("http://" + "a." * 130 + "org/", ""),  # longer than a name may be
        ("", ""),
        ("http://example.org/" + "x" * LIMIT, ""),
    ],
)
def test_a_link_is_an_absolute_web_address_or_none(link: str, expected: str) -> None:
    assert absolute("https://site.test/feeds/rss", link) == expected


@given(st.one_of(st.text(max_size=60), st.builds("http://{}/{}".format, st.text(max_size=20), st.text(max_size=20))))
def test_every_link_that_is_kept_can_be_asked_for(link: str) -> None:
    """What cannot would break the writing of its feed's poll."""
    if kept := absolute("https://site.test/feeds/rss", link):
        assert host_key(kept)
        assert absolute("", kept) == kept


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://example.org/", "neither http"),
        ("https://", "no host"),
        ("https://user@example.org/", "user or password"),
        ("https://example.org:22/", "port 22"),
        ("https://example.org:0/", "port 0"),
        ("https://example.org:99999/", "malformed"),
        ("https://exa mple.org/", "space"),
        ("https://example.org\\@evil.test/", "space"),
        ("https://example.org/\r\nX: y", "space"),
        ("https://example.org/" + "x" * LIMIT, "longer"),
        ("http://[fe80::1%25lo]/", "zone"),
    ],
)
def test_what_may_not_be_fetched_is_named_without_the_address(url: str, words: str) -> None:
    with pytest.raises(FetchError) as caught:
        fetchable(url)
    assert words in caught.value.detail
    assert (caught.value.reason, caught.value.fate) == (FetchReason.BAD_URL, Fate.GIVE_UP)
    assert "example" not in caught.value.detail


@given(_PIECES)
def test_what_may_be_fetched_is_ascii_and_stays_so(url: str) -> None:
    try:
        once = fetchable(url, ports=None)
    except FetchError:
        return
    assert once.isascii()
    assert fetchable(once, ports=None) == once
    assert "#" not in once


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://Example.org/a", "example.org:443"),
        ("http://example.org/a", "example.org:80"),
        ("http://example.org:8080/", "example.org:8080"),
        ("http://[::1]:8080/", "::1:8080"),
    ],
)
def test_politeness_counts_by_host_and_port(url: str, key: str) -> None:
    assert host_key(url) == key


def test_a_reader_knows_a_page_by_its_host() -> None:
    assert public_host("https://www.Example.org:8080/a") == "example.org"
    assert public_host("https://www.openai.com.evil.test/") == "openai.com.evil.test"
    assert public_host("https://оpenai.com/") == "xn--penai-iye.com"  # a Cyrillic letter shows
    assert public_host("mailto:x") == ""


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("https://user:hunter2@example.org/feed", "hunter2"),
        ("https://example.org/feed?token=hunter2&page=3", "hunter2"),
        ("https://example.org/feed?api_key=hunter2", "hunter2"),
        ("https://example.org/feed?k=aB3dE6gH9jK2mN5pQ8rS1tU4", "aB3dE6gH9jK2mN5pQ8rS1tU4"),
        ("https://example.org/feeds/aB3dE6gH9jK2mN5pQ8rS1tU4/rss", "aB3dE6gH9jK2mN5pQ8rS1tU4"),
    ],
)
def test_secrets_of_an_address_are_not_shown(url: str, secret: str) -> None:
    shown = redact(url)
    assert secret not in shown
    assert "example.org" in shown


@given(st.one_of(_PIECES, st.text(max_size=60)))
def test_an_address_in_a_log_is_one_line_of_ascii(url: str) -> None:
    shown = redact(url)
    assert shown.isascii()
    assert shown.isprintable()


def test_ordinary_addresses_are_shown_as_they_are() -> None:
    url = "https://example.org/2026/07/a-researcher-moves-to-another-laboratory?page=3"
    assert redact(url) == url

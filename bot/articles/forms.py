"""Other forms of a page on its own site, for where the one that was asked for is no article."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlsplit

from bot.charset import decode
from bot.urls import absolute, public_host

_LINK = re.compile(r"<link\b([^<>]{1,1000})>", re.IGNORECASE)
_REL = re.compile(r"""\brel\s*=\s*["']?\s*(amphtml|canonical)\s*["'\s>/]?""", re.IGNORECASE)
_HREF = re.compile(r"""\bhref\s*=\s*(?:"([^"]{1,2048})"|'([^']{1,2048})'|([^\s"'<>]{1,2048}))""", re.IGNORECASE)
_HEAD = 400_000  # characters of a page in which its head ends
_PREFIXES = ("amp.", "m.", "mobile.")


def other_form(page: bytes, url: str, content_type: str = "") -> str:
    """Return the address of a page's AMP form, else of its canonical one; "" unless it is another on the same site.

    What a page says of another site is its own word only: nobody may send us to read there.
    """
    html, named = decode(page, content_type).text, dict[str, str]()
    for link in _LINK.finditer(html, 0, _HEAD):
        rel, href = _REL.search(link[1]), _HREF.search(link[1])
        if rel and href:
            address = absolute(url, unescape(href[1] or href[2] or href[3]))
            if address and same_site(address, url) and _page(address) != _page(url):
                named.setdefault(rel[1].lower(), address)
    return named.get("amphtml", "") or named.get("canonical", "")


def same_site(url: str, other: str) -> bool:
    """Tell whether two addresses are of one site: of one host, but for a form of it for telephones."""
    return _site(url) == _site(other)


def _site(url: str) -> str:
    """Return a host without what stands before it for telephones."""
    host = public_host(url)
    return next((host.removeprefix(prefix) for prefix in _PREFIXES if host.startswith(prefix)), host)


def _page(url: str) -> tuple[str, str, str]:
    parts = urlsplit(url)
    return public_host(url), parts.path.rstrip("/"), parts.query

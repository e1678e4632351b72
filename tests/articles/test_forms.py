"""The other form of a page: its AMP form first, and only on the same site."""

from __future__ import annotations

import pytest

from bot.articles.forms import other_form

URL = "https://www.news.example.com/2026/story?id=4"


@pytest.mark.parametrize(
    ("head", "other"),
    [
        (
            '<link rel="amphtml" href="https://amp.news.example.com/2026/story">',
            "https://amp.news.example.com/2026/story",
        ),
        ("<link href='/2026/story/amp' rel='amphtml'>", "https://www.news.example.com/2026/story/amp"),
        ("<link rel=canonical href=https://news.example.com/whole>", "https://news.example.com/whole"),
        # the AMP form first, wherever it stands
        ('<link rel="canonical" href="/a"><link rel="amphtml" href="/b">', "https://www.news.example.com/b"),
        ('<LINK REL="canonical" HREF="/a?x=1&amp;y=2">', "https://www.news.example.com/a?x=1&y=2"),
        # another site, whatever it calls itself
        ('<link rel="canonical" href="https://other.example.org/story">', ""),
        ('<link rel="amphtml" href="https://news.example.com.evil.example.org/story">', ""),
        ('<link rel="amphtml" href="https://evil-news.example.com/story">', ""),
        # the same page
        ('<link rel="canonical" href="https://news.example.com/2026/story/?id=4#top">', ""),
        ('<link rel="alternate" href="/feed">', ""),
        ('<link rel="canonical" href="javascript:alert(1)">', ""),
        ('<link rel="canonical">', ""),
        ("no markup at all", ""),
    ],
)
def test_another_form_is_looked_for_on_the_same_site_only(head: str, other: str) -> None:
    assert other_form(f"<html><head>{head}</head><body>x</body></html>".encode(), URL) == other

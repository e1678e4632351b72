"""Where the feed of a page is found; news sitemaps; OPML."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.adapters.workers import InlineWorkers
from bot.commands.feeds import Probe
from bot.errors import FeedError
from bot.feeds import discover, opml
from bot.feeds.parse import parse
from tests.fakes.fetcher import FakeFetcher, Page

SITE = "https://site.test"
RSS = b"<rss><channel><title>T</title><item><guid>1</guid><title>One</title></item></channel></rss>"
NEWS = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9">
<url><loc>https://site.test/a?x=1&amp;y=2</loc><n:news><n:publication><n:name>The Site</n:name><n:language>it</n:language>
</n:publication><n:publication_date>2026-07-01T10:00:00+02:00</n:publication_date><n:title>Ada &amp; Bob</n:title>
<n:keywords>AI, jobs</n:keywords></n:news></url>
<url><loc>https://site.test/about</loc><lastmod>2026-01-01</lastmod></url>
<url><loc>https://site.test/b</loc><lastmod>2026-07-02</lastmod><n:news><n:title>Due</n:title></n:news></url>"""


@pytest.mark.parametrize(
    ("page", "first"),
    [
        ('<link rel="alternate" type="application/rss+xml" href="/f">', f"{SITE}/f"),
        ('<LINK REL="Alternate" TYPE="application/atom+xml; charset=utf-8" HREF="f">', f"{SITE}/news/f"),
        (
            '<base href="https://cdn.test/"><link rel="alternate" type="application/feed+json" href="f">',
            "https://cdn.test/f",
        ),
        ('<link rel="feed" href="/f">', f"{SITE}/f"),
        ('<link rel="alternate" hreflang="it" href="/it"><a href="/f/rss">RSS</a>', f"{SITE}/f/rss"),
        (
            '<a href="/feedback">no</a><a href="/brand.xml">no</a><a href="/x?format=rss">yes</a>',
            f"{SITE}/x?format=rss",
        ),
        (  # comments are not what is meant
            '<link rel="alternate" type="text/xml" href="/comments/f"><link rel="alternate" type="text/xml" href="/feed">',
            f"{SITE}/feed",
        ),
        ("<p>nothing", f"{SITE}/news/page/feed"),
        ("", f"{SITE}/news/page/feed"),
    ],
)
def test_the_likeliest_place_of_a_feed_comes_first(page: str, first: str) -> None:
    found = discover.candidates(page.encode(), f"{SITE}/news/page", "text/html")
    assert found[0] == first
    assert f"{SITE}/feed" in found
    assert len(found) == len(set(found)) <= discover.MOST


@pytest.mark.parametrize(
    ("pages", "found"),
    [
        ({"/": Page(RSS)}, "/"),  # it is a feed itself
        ({"/": Page(b'<link rel="alternate" type="application/rss+xml" href="/f">'), "/f": Page(RSS)}, "/f"),
        ({"/": Page(b"<html>"), "/rss.xml": Page(b"<html>"), "/feed.xml": Page(RSS)}, "/feed.xml"),
        (
            {
                "/": Page(b"<html>"),
                "/robots.txt": Page(b"Sitemap: https://site.test/m/news.xml"),
                "/m/news.xml": Page(NEWS.encode()),
            },
            "/m/news.xml",
        ),
        (
            {"/": Page(b'<link rel="feed" href="/f">'), "/f": Page(b"<rss><channel/></rss>"), "/feed": Page(RSS)},
            "/feed",
        ),
    ],
)
def test_the_feed_of_a_page_is_found(pages: dict[str, Page], found: str) -> None:
    web = FakeFetcher({SITE + path: page for path, page in pages.items()})
    assert Probe(web, InlineWorkers()).find(f"{SITE}/").url == SITE + found
    assert len(web.asked) <= 16


def test_a_page_without_a_feed_is_told() -> None:
    with pytest.raises(FeedError, match="no feed was found"):
        Probe(FakeFetcher({f"{SITE}/": Page(b"<html>")}), InlineWorkers()).find(f"{SITE}/")


@pytest.mark.parametrize("end", ["</urlset>", "", "<url><loc>https://site.te"], ids=["whole", "open", "cut"])
def test_a_news_sitemap_is_a_feed(end: str) -> None:
    feed = parse((NEWS + end).encode(), f"{SITE}/news.xml")
    assert (feed.title, feed.language) == ("The Site", "it")
    assert [(entry.raw_id, entry.title, entry.summary) for entry in feed.entries] == [
        ("https://site.test/a?x=1&y=2", "Ada & Bob", "AI, jobs"),
        ("https://site.test/b", "Due", ""),
    ]
    assert [entry.published_at for entry in feed.entries] == [
        datetime(2026, 7, 1, 8, tzinfo=UTC),
        datetime(2026, 7, 2, tzinfo=UTC),
    ]
    again = parse((NEWS + end).encode(), f"{SITE}/news.xml", known=feed.shown)
    assert (again.entries, again.unknown) == ((), 0)


def test_a_list_of_sitemaps_is_no_feed() -> None:
    index = b"<sitemapindex><sitemap><loc>https://site.test/1.xml</loc></sitemap></sitemapindex>"
    with pytest.raises(FeedError, match="a list of 1 sitemaps"):
        parse(index, SITE)


def test_a_link_of_bing_news_leads_to_the_page_itself() -> None:
    link = "http://www.bing.com/news/apiclick.aspx?ref=x&amp;url=https%3a%2f%2fsite.test%2fa%3fb%3d1&amp;c=2"
    item = f"<item><title>T</title><link>{link}</link><News:Source>The Site</News:Source></item>"
    body = f"<rss xmlns:News='https://www.bing.com/news/search'><channel><title>B</title>{item}</channel></rss>"
    (entry,) = parse(body.encode(), SITE).entries
    assert (entry.url, entry.publisher) == ("https://site.test/a?b=1", "The Site")


def test_opml_comes_back_as_it_was_written() -> None:
    feeds = [("https://a.test/f?x=1&y=2", 'A <"&> B'), ("https://b.test/f", "")]
    assert opml.read(opml.write(feeds).encode()) == [feeds[0], ("https://b.test/f", "https://b.test/f")]
    with pytest.raises(FeedError):
        opml.read(b"<html>")


def test_opml_without_a_feed_is_said_to_be_so_rather_than_taken_for_done() -> None:
    for cut in (b"<opml><body><outline xmlUrl='", b"<opml><body><outline text='folder'/></body></opml>"):
        with pytest.raises(FeedError, match="lists no feed"):
            opml.read(cut)


def test_half_of_what_is_tried_comes_from_the_page_and_the_rest_from_where_feeds_lie() -> None:
    links = "".join(f'<link rel="alternate" type="application/rss+xml" href="/{n}">' for n in range(40))
    found = discover.candidates(links.encode(), f"{SITE}/blog?x=1")
    assert len(found) == discover.MOST
    assert found[:12] == [f"{SITE}/{n}" for n in range(12)]
    assert found[12:15] == [f"{SITE}/blog/feed", f"{SITE}/blog/rss", f"{SITE}/feed"]
    assert f"{SITE}/blog/rss.xml" not in found
    assert f"{SITE}/news-sitemap.xml" in found


def test_a_robots_txt_names_three_sitemaps_of_news_at_most() -> None:
    lines = ["User-agent: *", "Sitemap: https://site.test/sitemap.xml", "disallow: /news"]
    lines += [f"SITEMAP:  https://site.test/News-{n}.xml " for n in range(5)]
    assert discover.news_sitemaps("\n".join(lines)) == [f"{SITE}/News-{n}.xml" for n in range(3)]


def test_a_sitemap_that_holds_nothing_is_told_and_one_that_cannot_be_read_too() -> None:
    for body, what in (("<urlset></urlset>", "without news"), ("<urlset <<", "without news")):
        with pytest.raises(FeedError, match=what):
            parse(body.encode(), f"{SITE}/news-sitemap.xml")

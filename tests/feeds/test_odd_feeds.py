"""Feeds as the web really has them, a class of oddity a row: what must come out all the same."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.feeds.parse import read

URL = "https://news.example.com/feed"
MARCH = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)


def rss(inside: str, head: str = "", declaration: str = "") -> str:
    return f"{declaration}<rss version='2.0' {head}><channel><title>F</title>{inside}</channel></rss>"


def item(inside: str) -> str:
    return rss(f"<item><title>One</title><link>https://news.example.com/1</link>{inside}</item>")


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Tue, 03 Mar 2026 10:00:00 GMT", MARCH),
        ("Tue, 3 Mar 2026 10:00:00 +0000", MARCH),
        ("Tue,03 Mar 2026 12:00:00 +0200", MARCH),
        ("Mon, 03 Mar 2026 10:00:00 GMT", MARCH),  # the wrong weekday
        ("3 Mar 2026 10:00 Z", MARCH),
        ("Tue, 03 Mar 2026 05:00:00 EST", MARCH),
        ("Tue, 03 Mar 26 10:00:00 GMT", MARCH),  # a year of two digits
        ("Tuesday, 03 March 2026 10:00:00 UTC", MARCH),
        ("2026-03-03T10:00:00Z", MARCH),
        ("2026-03-03 10:00:00+00:00", MARCH),
        ("2026-03-03T10:00:00.123456Z", MARCH.replace(microsecond=0)),
        ("2026-03-03T13:00:00+0300", MARCH),
        ("Di, 03 Mär 2026 11:00:00 +0100", MARCH),
        ("mar., 03 mars 2026 11:00:00 +0100", MARCH),
        ("&#10;  Tue, 03 Mar 2026 10:00:00 GMT  &#10;", MARCH),
        ("2026-03-03T10:00:00 UTC", MARCH),
        ("2026-03-03T11:00:00+01:00[Europe/Rome]", MARCH),
        ("2026-03-03T10Z", MARCH),
        ("2026-062T10:00:00Z", MARCH),  # the day of the year
        ("2026-W10-2T10:00:00Z", MARCH),  # the day of the week of the year
        ("March 3, 2026 10:00", MARCH),
        ("Mar. 3rd, 2026, 10:00 AM", MARCH),
        ("2026-366", None),  # there is none in that year
        ("2026-000", None),
        ("Foo 3, 2026", None),
        ("0000-00-00T00:00:00Z", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates_as_feeds_write_them(date: str, expected: datetime | None) -> None:
    (entry,) = read(item(f"<pubDate>{date}</pubDate>").encode(), URL)
    found = entry["date"]
    assert (found.replace(microsecond=0) if isinstance(found, datetime) else found) == expected


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("utf-8", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("iso-8859-1", "cp1252"),  # what says Latin-1 is Windows'
        ("windows-1252", "cp1252"),
        ("utf-8", "cp1252"),  # a lie
        ("", "utf-8"),
    ],
)
def test_encodings_declared_or_not(declared: str, encoding: str) -> None:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    body = rss("<item><title>Zürich “hires” – naïve café</title><guid>1</guid></item>", declaration=declaration)
    (entry,) = read(body.encode(encoding), URL)
    assert entry["title"] == "Zürich “hires” – naïve café"


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        ("windows-1251", "Яндекс нанимает"),
        ("koi8-r", "Яндекс нанимает"),
        ("gb2312", "研究员离职"),
        ("big5", "研究員離職"),
        ("shift_jis", "研究者が移籍"),
        ("euc-jp", "研究者が移籍"),
        ("euc-kr", "연구원 이직"),
        ("iso-8859-9", "Şirket işe aldı"),
    ],
)
def test_encodings_of_other_scripts(declared: str, text: str) -> None:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>'
    body = rss(f"<item><title>{text}</title><guid>1</guid></item>", declaration=declaration).encode(declared)
    (entry,) = read(body, URL)
    assert entry["title"] == text


@pytest.mark.parametrize(
    ("feed", "ids"),
    [
        # no id anywhere: the link is one, then the title
        (rss("<item><title>A</title><link>/a</link></item><item><title>B</title></item>"), 2),
        (rss("<item><guid>1</guid><title>A</title></item><item><guid>1</guid><title>B</title></item>"), 2),  # one for all
        (rss("<item><guid>1</guid><title>A</title></item><item><guid>1</guid><title>A</title></item>"), 1),  # twice the same
        (rss("<item><guid/><title>A</title></item><item><guid> </guid><title>B</title></item>"), 2),  # empty ones
        (rss("<item><guid><![CDATA[x&y]]></guid><title>A</title></item>"), 1),
        (rss(f"<item><guid>{'x' * 5000}</guid><title>A</title></item>"), 1),  # without end
        (rss("<item><guid isPermaLink='false'>https://a.example/?p=1&amp;x=2</guid><title>A</title></item>"), 1),
        (("<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'>"
         "<item rdf:about='https://a.example/1'><title>A</title><link>https://a.example/1</link></item></rdf:RDF>"), 1),
    ],
)  # fmt: skip
def test_ids_shared_empty_or_without_end(feed: str, ids: int) -> None:
    found = [str(entry["id"]) for entry in read(feed.encode(), URL)]
    assert len(found) == len(set(found)) == ids
    assert all(found)


@pytest.mark.parametrize(
    ("feed", "link"),
    [
        (item("<description>x</description>"), "https://news.example.com/1"),
        (rss("<item><title>A</title><link><![CDATA[ https://news.example.com/a?x=1&y=2 ]]></link></item>"),
         "https://news.example.com/a?x=1&y=2"),
        (rss("<item><title>A</title><link>//cdn.example.com/a</link></item>"), "https://cdn.example.com/a"),
        (rss("<item><title>A</title><link>../a</link></item>"), "https://news.example.com/a"),
        (rss("<item><title>A</title><guid>https://news.example.com/g</guid></item>"), "https://news.example.com/g"),
        (rss("<item><title>A</title><guid isPermaLink='false'>abc</guid></item>"), ""),
        # an id that a link may be made of, beside that very link
        (rss("<item><title>A</title><guid>x</guid><link>/x</link></item>"), "https://news.example.com/x"),
        (rss("<item><title>A</title><guid>4711</guid></item>"), ""),  # a permanent link, it says, but none by its looks
        (rss("<item><title>A</title><guid>/2026/4711</guid></item>"), "https://news.example.com/2026/4711"),
        ("<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>A</title><id>4711</id></entry></feed>", ""),
        ("<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>A</title><id>urn:uuid:1-2</id></entry></feed>", ""),
        (rss("<item><title>A</title><link>javascript:alert(1)</link></item>"), ""),
        (("<feed xmlns='http://www.w3.org/2005/Atom' xml:base='https://base.example/x/'><entry><title>A</title>"
         "<link rel='self' href='https://no.example/'/><link href='b'/><id>1</id></entry></feed>"), "https://base.example/x/b"),
        (("<feed xmlns='http://purl.org/atom/ns#' version='0.3'><entry><title>A</title>"
         "<link rel='alternate' type='text/html' href='https://old.example/a'/></entry></feed>"), "https://old.example/a"),
        ('{"version": "https://jsonfeed.org/version/1", "items": [{"id": 7, "url": "/j", "title": "A"}]}',
         "https://news.example.com/j"),
        ('{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "external_url": "https://x.example/e"}]}',
         "https://x.example/e"),
    ],
)  # fmt: skip
def test_links_of_every_format(feed: str, link: str) -> None:
    (entry,) = read(feed.encode(), URL)
    assert entry["link"] == link


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("A &amp;amp; B", "A & B"),
        ("<![CDATA[A &amp; B]]>", "A & B"),
        ("&lt;i&gt;Ada&lt;/i&gt; hires", "Ada hires"),
        ("1 &lt; 2 and 3 &gt; 2", "1 < 2 and 3 > 2"),
        ("Ada\n   hires\tBo", "Ada hires Bo"),
        ("Ada&nbsp;hires", "Ada hires"),  # HTML's entity, unknown to XML
        ("R&D hires", "R&D hires"),  # not escaped
        ("Ada\u200b hires\ufeff", "Ada hires"),
    ],
)
def test_titles_with_markup_entities_and_the_invisible(title: str, expected: str) -> None:
    (entry,) = read(rss(f"<item><title>{title}</title><guid>1</guid></item>").encode(), URL)
    assert entry["title"] == expected

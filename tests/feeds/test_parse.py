"""Bytes -> entries: all formats, all faults, and the same answer whether all of a feed is read or only what is new."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import FeedError, FeedReason
from bot.feeds.parse import parse, read
from bot.model import ParsedFeed, Wishes

URL = "https://site.test/feeds/main"
JULY = datetime(2025, 7, 8, 12, tzinfo=UTC)

RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom">
<channel><title>Lab &amp; Work</title><link>https://site.test/</link><language>en-GB</language><ttl>90</ttl>
<atom:link rel="self" href="https://site.test/feeds/main"/>
<item><title>Ada Byron &lt;b&gt;joins&lt;/b&gt; the laboratory</title><link>/news/1?utm_source=rss</link>
<guid isPermaLink="false">n-1</guid><pubDate>Tue, 08 Jul 2025 14:00:00 CEST</pubDate>
<author>a@b.test (A. Writer)</author><dc:creator>A. Writer</dc:creator><category>People</category>
<description>&lt;p&gt;She leaves a rival.&lt;/p&gt;&lt;script&gt;x()&lt;/script&gt;</description>
<content:encoded><![CDATA[<p>She leaves a rival &mdash; and takes <a href="x">three</a> people along.</p><p>More.</p>]]></content:encoded>
<media:content url="https://site.test/1.jpg"><media:title>A picture</media:title></media:content></item>
<item><title>Second</title><guid>https://site.test/news/2</guid><pubDate>yesterday</pubDate></item>
<item><description>No title, no link.</description></item>
</channel></rss>"""

ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de" xml:base="https://base.test/x/">
<title type="html">Labor &amp;amp; Arbeit</title><id>urn:feed</id><updated>2025-07-08T12:00:00Z</updated>
<entry><title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Wechsel <em>im</em> Labor</div></title><id>not-a-url</id>
<link rel="enclosure" href="https://site.test/a.mp3"/><link rel="alternate" href="a/1"/>
<updated>2025-07-08T14:00:00+02:00</updated><published>2025-07-08T12:00:00Z</published>
<summary>kurz</summary><content type="html">&lt;p&gt;Eine Forscherin geht.&lt;/p&gt;</content></entry></feed>"""

RDF = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">
<channel rdf:about="https://site.test/"><title>R</title><sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>
</channel><item rdf:about="https://site.test/r1"><title>One</title><link>https://site.test/r1</link><dc:date>2025-07-08</dc:date>
<description>Text</description></item></rdf:RDF>"""

JSON = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "J",
        "language": "it-IT",
        "items": [
            {
                "id": 17,
                "url": "/j1",
                "title": "Uno",
                "content_html": "<p>Una &amp; due</p>",
                "date_published": "2025-07-08T12:00:00Z",
            },
            {
                "id": "b",
                "external_url": "https://other.test/",
                "summary": "due",
                "date_modified": "Tue, 08 Jul 2025 12:00:00 GMT",
            },
        ],
    }
)


def test_rss() -> None:
    feed = parse(RSS.encode(), URL)
    assert (feed.title, feed.language, feed.wishes.ttl, feed.broken) == ("Lab & Work", "en", timedelta(minutes=90), "")
    first, second, third = feed.entries
    assert first.raw_id == "n-1"
    assert first.title == "Ada Byron joins the laboratory"
    assert first.url == "https://site.test/news/1?utm_source=rss"
    assert first.summary == "She leaves a rival — and takes three people along.\n\nMore."
    assert first.published_at == JULY
    assert (second.url, second.published_at) == ("https://site.test/news/2", None)
    assert (third.title, third.url, third.summary) == ("", "", "No title, no link.")
    assert set(feed.shown) == {entry.raw_id for entry in feed.entries}
    assert len(feed.shown) == 3


def test_atom_with_an_id_that_is_no_address_and_a_base() -> None:
    feed = parse(ATOM.encode(), URL)
    (entry,) = feed.entries
    assert (feed.title, feed.language) == ("Labor & Arbeit", "de")
    assert (entry.raw_id, entry.url, entry.published_at) == ("not-a-url", "https://base.test/x/a/1", JULY)
    assert (entry.title, entry.summary) == ("Wechsel im Labor", "Eine Forscherin geht.")


def test_rdf_with_the_interval_it_asks_for() -> None:
    feed = parse(RDF.encode(), URL)
    (entry,) = feed.entries
    assert (entry.raw_id, entry.title, entry.summary) == ("https://site.test/r1", "One", "Text")
    assert feed.wishes.ttl == timedelta(hours=6)


def test_the_interval_that_blog_software_always_writes_is_no_wish() -> None:
    hourly = RDF.replace("daily", "hourly").replace("<sy:updateFrequency>4", "<sy:updateFrequency>1")
    assert parse(hourly.encode(), URL).wishes.ttl is None


def test_json_feed() -> None:
    feed = parse(JSON.encode(), URL, "application/feed+json")
    one, two = feed.entries
    assert (feed.title, feed.language) == ("J", "it")
    assert (one.raw_id, one.url, one.summary, one.published_at) == ("17", "https://site.test/j1", "Una & due", JULY)
    assert (two.raw_id, two.url, two.summary, two.published_at) == ("b", "https://other.test/", "due", JULY)
    assert parse(JSON.encode(), URL, known=feed.shown).entries == ()


@pytest.mark.parametrize("body", [RSS, ATOM, RDF, JSON], ids=["rss", "atom", "rdf", "json"])
def test_only_what_is_new_or_changed_comes_back_and_it_is_the_same(body: str) -> None:
    full = parse(body.encode(), URL)
    for entry in full.entries:
        known = {raw_id: item_hash for raw_id, item_hash in full.shown.items() if raw_id != entry.raw_id}
        again = parse(body.encode(), URL, known=known)
        assert again.entries == (entry,)
        assert again.shown == full.shown
        changed = parse(body.encode(), URL, known={**full.shown, entry.raw_id: "0.0.0"})
        assert [e.item_hash for e in changed.entries] == [entry.item_hash]


_ITEMS = st.lists(
    st.tuples(
        st.sampled_from(["", "a", "b", "c", "d"]),
        st.sampled_from(["", "/1", "/2", "https://site.test/3?x=1&y=2"]),
        st.text(alphabet="xyzé中 <&>'", max_size=8),
        st.sampled_from(["", "Tue, 08 Jul 2025 12:00:00 GMT", "2025-07-08"]),
    ),
    min_size=1,
    max_size=5,
)


def feed_of(items: list[tuple[str, str, str, str]]) -> bytes:
    from xml.sax.saxutils import escape

    fields = ("guid", "link", "title", "pubDate")
    inner = "".join(
        "<item>" + "".join(f"<{k}>{escape(v)}</{k}>" for k, v in zip(fields, item, strict=True) if v) + "</item>"
        for item in items
    )
    return f"<rss version='2.0'><channel><title>t</title>{inner}</channel></rss>".encode()


@settings(max_examples=60, deadline=None)
@given(_ITEMS, st.randoms())
def test_a_trimmed_feed_says_what_the_whole_one_says(items: list[tuple[str, str, str, str]], random: object) -> None:
    body = feed_of(items)
    full = parse(body, URL)
    known = dict(random.sample(sorted(full.shown.items()), random.randint(0, len(full.shown))))  # type: ignore[attr-defined]
    trimmed = parse(body, URL, known=known)
    assert trimmed.entries == tuple(entry for entry in full.entries if entry.raw_id not in known)
    assert trimmed.shown == full.shown


@pytest.mark.parametrize(
    ("body", "titles", "broken"),
    [
        (RSS[: RSS.index("<item><desc")], ["Ada Byron joins the laboratory", "Second"], True),  # cut off
        (RSS.replace("Second", "R & D"), ["Ada Byron joins the laboratory", "R & D", ""], True),  # a bare &
        (RSS.replace("Second", "caf&eacute;"), ["Ada Byron joins the laboratory", "café", ""], True),  # HTML's names
        (
            RSS.replace("Second", "a&#0;b\x0b\x00c"),
            ["Ada Byron joins the laboratory", "abc", ""],
            True,
        ),  # no characters
        ("Warning: deprecated in /x.php\n" + RSS, ["Ada Byron joins the laboratory", "Second", ""], False),
        ("<br />\n<b>Warning</b>: x<br />" + RSS, ["Ada Byron joins the laboratory", "Second", ""], False),
        ("\ufeff\n\n  " + RSS, ["Ada Byron joins the laboratory", "Second", ""], False),
        (
            RSS.replace(' xmlns:media="http://search.yahoo.com/mrss/"', ""),
            ["Ada Byron joins the laboratory", "Second", ""],
            True,
        ),
    ],
    ids=["cut", "ampersand", "entity", "control", "warning", "markup", "blank", "namespace"],
)
def test_broken_feeds_give_their_whole_entries(body: str, titles: list[str], broken: bool) -> None:
    feed = parse(body.encode(), URL)
    assert [entry.title for entry in feed.entries][: len(titles)] == titles
    assert bool(feed.broken) is broken
    assert parse(body.encode(), URL, known=feed.shown).entries == ()
    assert feed.entries[0].raw_id == "n-1"


@pytest.mark.parametrize(
    ("body", "reason", "words"),
    [
        ("", FeedReason.EMPTY, "empty body"),
        (" \n ", FeedReason.EMPTY, "empty body"),
        ("<html><head><title>We moved</title></head>", FeedReason.NOT_A_FEED, 'a web page titled "We moved"'),
        ("<!DOCTYPE html><p>hi <rss></rss>", FeedReason.NOT_A_FEED, "a web page"),
        ("/etc/passwd", FeedReason.NOT_A_FEED, "/etc/passwd"),
        ("https://site.test/", FeedReason.NOT_A_FEED, "text that begins"),
        ('{"a": 1}', FeedReason.NOT_A_FEED, "JSON without items"),
        ('{"items": [', FeedReason.UNREADABLE, "JSON"),
        ("[" * 100_000, FeedReason.UNREADABLE, "JSON"),
        ("<urlset><url><loc>https://site.test/</loc></url></urlset>", FeedReason.NOT_A_FEED, "a sitemap without news"),
        ("<svg><g/></svg>", FeedReason.NOT_A_FEED, "XML that is no feed"),
    ],
)
def test_what_is_no_feed_is_named(body: str, reason: FeedReason, words: str) -> None:
    with pytest.raises(FeedError) as caught:
        parse(body.encode(), URL)
    assert caught.value.reason is reason
    assert words in caught.value.detail


def test_nothing_is_opened_though_the_body_is_the_name_of_a_file(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("feeds") / "feed.xml"
    path.write_text(RSS)
    with pytest.raises(FeedError):
        parse(str(path).encode(), URL)


def long_feed(dates: list[datetime], title: str = "Story") -> bytes:
    items = "".join(
        f"<item><guid>{n}</guid><title>{title} {n}</title><pubDate>{date:%a, %d %b %Y %H:%M:%S} GMT</pubDate></item>"
        for n, date in enumerate(dates)
    )
    return f"<rss version='2.0'><channel><title>t</title>{items}</channel></rss>".encode()


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("cut", [False, True])
def test_of_a_long_feed_the_newest_count_and_stay_the_same_ones(newest_first: bool, cut: bool) -> None:
    dates = [JULY + timedelta(hours=n) for n in range(30)]
    body = long_feed(dates[::-1] if newest_first else dates)
    body = body.removesuffix(b"</channel></rss>") if cut else body
    feed = parse(body, URL, limit=10)
    assert feed.left_out == 20
    assert {entry.published_at for entry in feed.entries} == set(dates[-10:])
    again = parse(body, URL, known=feed.shown, limit=10)
    assert (again.entries, set(again.shown)) == ((), set(feed.shown))


def test_texts_keep_their_limits_and_lose_what_nobody_sees() -> None:
    body = RSS.replace("Second", "no end " * 3_000 + "\u202e\u200b").replace("No title, no link.", "word " * 60_000)
    entries = parse(body.encode(), URL).entries
    assert 990 < len(entries[1].title) <= 1_000
    assert 199_900 < len(entries[2].summary) <= 200_000


def test_a_word_without_end_is_cut_and_a_long_address_is_not() -> None:
    """What reads words may cost the square of one; scripts without spaces have no such words."""
    address, endless, native = f"https://a.test/{'p' * 250}", "A" * 100_000, "名前" * 500
    body = RSS.replace("No title, no link.", f"{address} {endless} {native} end")
    summary = parse(body.encode(), URL).entries[2].summary
    assert summary == f"{address} {'A' * 200}… {native} end"


def test_a_reference_to_half_a_character_breaks_no_feed() -> None:
    body = RSS.replace("Second", "Second &#xD800; &#55296; &#x110000; &#0; title").replace("</channel>", "<open>")
    assert "Second" in " ".join(entry.title for entry in parse(body.encode(), URL).entries)


def test_read_gives_what_a_scorer_wants() -> None:
    first = read(RSS.encode(), url=URL, content_type="text/xml")[0]
    assert first == {
        "title": "Ada Byron joins the laboratory",
        "link": "https://site.test/news/1?utm_source=rss",
        "date": JULY,
        "id": "n-1",
    }


def polls(bodies: list[bytes]) -> tuple[dict[str, str], list[ParsedFeed]]:
    """Poll a feed that shows one body after another; return all entries ever met, and what each poll brought."""
    known: dict[str, str] = {}
    feeds = []
    for body in bodies:
        feeds.append(parse(body, URL, known=known))
        known |= {entry.raw_id: entry.item_hash for entry in feeds[-1].entries}
    return known, feeds


@pytest.mark.parametrize(
    ("path", "times", "entries"),
    [
        ("/changing-guids", 6, 3),  # the same stories under new ids each time
        ("/changing-links", 6, 3),  # tracking parameters that change
        ("/edited-title", 6, 1),
        ("/reordered", 12, 10),  # none twice, none lost
        ("/dup-guids", 3, 3),  # one id for three stories
        ("/etag-changes", 3, 3),
        ("/no-guid", 3, 4),
    ],
)
def test_entries_are_counted_once_whatever_a_feed_does(path: str, times: int, entries: int) -> None:
    import asyncio

    from tests.fakes import hostile_server

    turns = hostile_server.HostileServer()
    bodies = []
    for _ in range(times):
        request = hostile_server.Request("GET", path, {}, {}, b"", turns, asyncio.StreamReader, None)  # type: ignore[arg-type]
        answer = hostile_server.ROUTES[path].call(request)
        bodies.append(answer.body)  # type: ignore[union-attr]
    known, _ = polls(bodies)  # type: ignore[arg-type]
    assert len(known) == entries


@pytest.mark.parametrize(
    ("title", "source", "expected"),
    [
        (
            "Lab hires chief - The Gazette",
            "<source url='https://gazette.example'>The Gazette</source>",
            "Lab hires chief",
        ),  # a news search
        (
            "Lab hires chief",
            "<source url='https://gazette.example'>The Gazette</source>",
            "Lab hires chief",
        ),  # a planet
        ("Lab hires chief - The Gazette", "", "Lab hires chief - The Gazette"),  # nobody says that it is a name
    ],
)
def test_a_feed_of_others_entries_names_who_published_each(title: str, source: str, expected: str) -> None:
    body = f"<rss version='2.0'><channel><title>Search</title><item><guid>1</guid><title>{title}</title>{source}</item></channel></rss>"
    (entry,) = parse(body.encode(), "https://search.example/rss").entries
    assert (entry.title, entry.publisher) == (expected, "The Gazette" if source else "")


@pytest.mark.parametrize(
    "body",
    [
        "<rss version='2.0'><channel><title>x</title></channel></rss>",
        "<feed xmlns='http://www.w3.org/2005/Atom'><title>x</title></feed>",
        '{"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": []}',
    ],
)
def test_a_search_that_found_nothing_is_a_feed_all_the_same(body: str) -> None:
    parsed = parse(body.encode(), "https://search.example/rss")
    assert (parsed.entries, dict(parsed.shown), parsed.broken) == ((), {}, "no entries")


@pytest.mark.parametrize(
    ("inside", "wishes"),
    [
        ("<ttl>60</ttl>", Wishes(timedelta(hours=1))),
        ("<ttl> 60 </ttl>", Wishes(timedelta(hours=1))),
        ("<ttl>0</ttl>", Wishes()),
        ("<ttl>soon</ttl>", Wishes()),
        ("<skipHours><hour>0</hour><hour>23</hour><hour>24</hour></skipHours>", Wishes(hours=frozenset({0, 23}))),
        ("<skipHours><hour>-1</hour><hour>25</hour><hour>x</hour></skipHours>", Wishes()),
        (f"<skipHours>{''.join(f'<hour>{n}</hour>' for n in range(24))}</skipHours>", Wishes()),  # never is a mistake
        (
            "<skipDays><day>Saturday</day><day>sunday</day><day>Caturday</day></skipDays>",
            Wishes(days=frozenset({5, 6})),
        ),
        (
            "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>",
            Wishes(timedelta(hours=6)),
        ),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>1</sy:updateFrequency>", Wishes()),
        (
            "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateBase>2026-01-01T06:30+00:00</sy:updateBase>",
            Wishes(timedelta(days=1), datetime(2026, 1, 1, 6, 30, tzinfo=UTC)),
        ),
        ("<sy:updateBase>2026-01-01T06:30+00:00</sy:updateBase>", Wishes()),  # a base of what?
    ],
)
def test_when_a_feed_wants_to_be_asked_is_read_from_the_feed(inside: str, wishes: Wishes) -> None:
    spaces = "xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'"
    body = f"<rss version='2.0' {spaces}><channel><title>T</title>{inside}<item><title>x</title></item></channel></rss>"
    assert parse(body.encode(), URL).wishes == wishes


def test_dates_of_known_entries_are_told_too_and_who_is_new() -> None:
    def body(first: int) -> bytes:
        rows = (
            f"<item><guid>{n}</guid><title>{n}</title><pubDate>{n:02} Jul 2026 10:00 GMT</pubDate></item>"
            for n in range(first, first - 4, -1)
        )
        return f"<rss><channel><title>T</title>{''.join(rows)}</channel></rss>".encode()

    before = parse(body(9), URL)
    after = parse(body(10), URL, known=before.shown)
    assert [entry.raw_id for entry in after.entries] == ["10"]
    assert (after.unknown, [date.day for date in after.dates]) == (1, [10, 9, 8, 7])
    assert (before.unknown, [date.day for date in before.dates]) == (4, [9, 8, 7, 6])

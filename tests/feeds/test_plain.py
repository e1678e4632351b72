"""An entry written plainly is read to what feedparser makes of it, and one that may be read in two ways is left to it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.feeds import document, plain
from bot.feeds.parse import parse

URL = "https://news.example.com/feed"
LINK = "<link>https://news.example.com/a</link>"
RSS = (
    '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"'
    ' xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>F</title><item>{}</item></channel></rss>'
)
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"><title>F</title><entry>{}</entry></feed>'
RDF = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>F</title></channel><item>{}</item></rdf:RDF>'
)
A_LINK = '<link href="https://news.example.com/a"/>'


def is_plain(feed: str) -> bool:
    found = document.read(feed, URL)
    assert found is not None
    return plain.entry(found.items[0].element) is not None


def both(feed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = parse(feed.encode(), URL)
    with monkeypatch.context() as without:
        without.setattr(plain, "entry", lambda _: None)
        assert parse(feed.encode(), URL) == ours


@pytest.mark.parametrize(
    ("frame", "inside"),
    [
        (RSS, f"<title>One</title>{LINK}<guid>x</guid><pubDate>Tue, 03 Mar 2026 10:00:00 GMT</pubDate>"),
        (RSS, f"<title>A &amp; B</title>{LINK}<description>&lt;p&gt;One&lt;/p&gt; &amp;amp; two</description>"),
        # escaped twice, and markup in a title
        (
            RSS,
            f"<title>AT&amp;amp;T &lt;b&gt;hires&lt;/b&gt;</title>{LINK}<description><![CDATA[<p>x</p>]]></description>",
        ),
        # the longer text counts, in either order
        (RSS, f"{LINK}<description>short</description><content:encoded>much longer text</content:encoded>"),
        (RSS, f"{LINK}<content:encoded>short</content:encoded><description>much longer text</description>"),
        (
            RSS,
            f"{LINK}<title>Z\u00c3\u00bcrich</title><description>a \u0093quote\u0094</description>",
        ),  # two common faults
        (RSS, f"{LINK}<dc:date>2026-03-03T10:00:00Z</dc:date><slash:comments>4</slash:comments><category>x</category>"),
        (RSS, f"{LINK}<dc:date>2026-03-03</dc:date><pubDate>Wed, 04 Mar 2026 10:00:00 GMT</pubDate>"),  # both dates
        (ATOM, f'<title type="html">A &amp;lt; B</title>{A_LINK}<id>x</id><updated>2026-03-03T10:00:00Z</updated>'),
        (ATOM, f'<title>One</title>{A_LINK}<link rel="self" href="https://x.example/s"/><summary>1 &lt; 2</summary>'),
        (ATOM, f'{A_LINK}<content type="html">&lt;p&gt;long text&lt;/p&gt;</content><summary type="text">s</summary>'),
        (RDF, f"<title>One</title>{LINK}<description>Text</description><dc:date>2026-03-03T10:00:00+01:00</dc:date>"),
    ],
)
def test_what_is_plain_is_read_as_feedparser_reads_it(frame, inside, monkeypatch) -> None:
    assert is_plain(frame.format(inside))
    both(frame.format(inside), monkeypatch)


@pytest.mark.parametrize(
    ("frame", "inside", "why"),
    [
        (RSS, f"<title>One</title><title>Two</title>{LINK}", "two titles"),
        (RSS, f"<title>One</title>{LINK}<media:title>Two</media:title>", "another title"),
        (RSS, f"{LINK}<description><p>not escaped</p></description>", "elements in a text"),
        (RSS, f"{LINK}<pubDate>some day</pubDate>", "a date that only feedparser may read"),
        (RSS, "<title>One</title><link>/a</link>", "a link that needs an address before it"),
        (RSS, "<title>One</title><guid>https://news.example.com/a</guid>", "the link may be the guid"),
        (RSS, f'{LINK}<atom:link href="https://x.example/b"/>', "two links"),
        (RSS, f'<title>One</title>{LINK}<source url="https://x.example">X</source>', "a publisher"),
        (RSS, "<link>https://news.example.com/a?x=1&amp;amp;y=2</link>", "a link that feedparser mends"),
        (ATOM, f'{A_LINK}<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">x</div></content>', "XHTML"),
        (ATOM, f'{A_LINK}<content type="text/plain" mode="base64">eA==</content>', "base64"),
        (ATOM, f'{A_LINK}<content src="https://x.example/full"/>', "content that lies elsewhere"),
        (ATOM, '<title>x</title><link rel="alternate" type="application/pdf" href="https://x.example/p"/>', "no page"),
        (ATOM, f'{A_LINK}<content type="application/octet-stream">eA==</content>', "no text"),
    ],
)
def test_what_may_be_read_in_two_ways_is_left_to_feedparser(frame, inside, why, monkeypatch) -> None:
    assert not is_plain(frame.format(inside)), why
    both(frame.format(inside), monkeypatch)


def test_a_feed_with_both_keeps_its_order() -> None:
    feed = RSS.format(f"<title>1</title>{LINK}<guid>1</guid></item><item><title>2</title><guid>2</guid></item>"
                      f"<item><title>3</title>{LINK}<guid>3</guid>")  # fmt: skip
    assert [entry.title for entry in parse(feed.encode(), URL).entries] == ["1", "2", "3"]


_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), max_size=30
)
_MARKED = st.lists(
    st.one_of(_TEXT, st.sampled_from(["&amp;", "<b>", "</b>", "&lt;", "<p>", " ", "\n", "&#8217;"]))
).map("".join)


@settings(max_examples=25, deadline=None)
@given(title=_MARKED, summary=_MARKED, content=_MARKED, atom=st.booleans(), kind=st.sampled_from(["text", "html"]))
def test_whatever_the_texts_they_are_read_alike(title, summary, content, atom, kind) -> None:
    def escaped(text: str) -> str:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    texts = [escaped(text) for text in (title, summary, content)]
    feed = (
        ATOM.format(f'<title type="{kind}">{texts[0]}</title>{A_LINK}<summary type="{kind}">{texts[1]}</summary>')
        if atom
        else RSS.format(f"<title>{texts[0]}</title>{LINK}<description>{texts[1]}</description>"
                        f"<content:encoded>{texts[2]}</content:encoded>")
    )  # fmt: skip
    assert is_plain(feed)
    with pytest.MonkeyPatch.context() as patch:
        both(feed, patch)

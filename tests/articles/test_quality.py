"""Articles, stubs and walls; and whose text is judged."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.articles.quality import article_of, check_status, check_there, is_young, quality
from bot.articles.walls import WALLS
from bot.errors import ArticleError, ArticleReason, Fate
from bot.model import Entry, EntryId, Quality, Source
from bot.text import fold

TITLE = "Ada Byron leaves the laboratory for a rival"
SENTENCE = "Ada Byron, who led the group that trains the largest models, leaves the laboratory for a rival in August. "
ARTICLE = SENTENCE * 4
ENTRY = Entry(
    EntryId("e"), "https://site.test/feed", "1", "h", "https://site.test/1", f" {TITLE}\n", "From the feed.", "en", None,
    datetime(2026, 7, 1, tzinfo=UTC),
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (ARTICLE, Quality.ARTICLE),
        (ARTICLE * 2 + "We and our partners use cookies.", Quality.ARTICLE),  # one phrase below an article
        (ARTICLE * 5 + "Subscribe to continue. Already a subscriber? Cookie settings.", Quality.ARTICLE),  # a long one
        ("She has been removed from her post, the board said; access denied to the press. " * 12, Quality.ARTICLE),
        ("We value your privacy. We and our 842 partners store and access information on your device.", Quality.WALL),
        (ARTICLE[:300] + "Subscribe to continue reading. Already a subscriber? Sign in.", Quality.WALL),
        (ARTICLE * 2 + "This article is for subscribers only. Already a subscriber?", Quality.WALL),  # two phrases
        ("Just a moment... Checking your browser before accessing the site.", Quality.WALL),
        ("Wir und unsere Partner speichern Daten. Alle Cookies akzeptieren", Quality.WALL),
        ("Cet article est réservé aux abonnés. Déjà abonné ? Connectez-vous.", Quality.WALL),
        ("この記事は有料会員限定です。続きを読むにはログインしてください。", Quality.WALL),
        ("Оформите подписку, чтобы читать дальше.", Quality.WALL),
        ("Sorry, the page you are looking for cannot be found.", Quality.WALL),  # a 404 that says 200
        ("feed.example: this domain is for sale. Buy this domain today.", Quality.WALL),
        (SENTENCE, Quality.STUB),
        ("", Quality.STUB),
        (
            "Tomatoes and basil grow well together in a sunny place with water. " * 6,
            Quality.STUB,
        ),  # about something else
        ("研究者の山田さんが別の研究所に移籍した。" * 8, Quality.STUB),  # shares no word with the title
    ],
)
def test_pages_are_told_apart(text: str, verdict: Quality) -> None:
    title = "The board met" if "board" in text else TITLE
    assert quality(text, title=title, summary="She leaves.")[0] is verdict


def test_a_page_that_says_less_than_the_feed_is_a_stub() -> None:
    assert quality(ARTICLE, title=TITLE, summary=ARTICLE * 3)[0] is Quality.STUB


def test_scripts_that_say_more_in_fewer_characters_are_measured_by_what_they_say() -> None:
    text = (
        "研究者の山田花子氏が研究所を離れ、八月から競合他社で新しいチームを率いると二人の関係者が明らかにした。会社は後任を社内から選ぶ。"
        * 3
    )
    assert len(text) < 280
    assert quality(text, title="山田花子氏が研究所を離れる", summary="")[0] is Quality.ARTICLE


def test_phrases_are_written_as_they_are_compared() -> None:
    for phrases in WALLS.values():
        assert [phrase for phrase in phrases if fold(phrase) != phrase or len(phrase) < 4] == []
        assert len(set(phrases)) == len(phrases)


def test_a_page_that_is_an_article_is_judged() -> None:
    article = article_of(ENTRY, ARTICLE)
    assert (article.source, article.note, article.title, article.body) == (Source.PAGE, "", TITLE, ARTICLE)


@pytest.mark.parametrize(
    ("summary", "body"),
    [
        ("Continue reading on our site.", ARTICLE),  # says nothing
        (SENTENCE, ARTICLE),  # the page says it too
        ("Ada Byron leaves the laboratory for a rival in August, with the largest group.", ARTICLE),  # in other words
        (
            "Byron takes twelve colleagues along to Norvane, where she becomes chief scientist.",
            f"Byron takes twelve colleagues along to Norvane, where she becomes chief scientist.\n\n{ARTICLE}",
        ),  # the page does not: some of it was not found
    ],
)
def test_what_only_the_feed_says_is_not_lost(summary: str, body: str) -> None:
    assert article_of(replace(ENTRY, summary=summary), ARTICLE).body == body


def test_a_long_page_without_a_word_of_the_title_is_another() -> None:
    menu = "The satellite operator reviewed its forecast for the coming quarter. " * 60
    assert quality(menu, title=TITLE, summary="")[0] is Quality.STUB


@pytest.mark.parametrize(
    ("page_text", "note", "expected"),
    [
        ("Subscribe to continue reading.", "", "wall"),
        ("Too short.", "", "stub"),
        (None, "killed", "killed"),
        (None, "", ""),  # the page was not wanted
    ],
)
def test_otherwise_the_feeds_text_is_and_the_note_says_why(page_text: str | None, note: str, expected: str) -> None:
    article = article_of(ENTRY, page_text, note)
    assert (article.source, article.body, article.note) == (Source.SUMMARY, "From the feed.", expected)


@pytest.mark.parametrize(
    ("status", "fate"),
    [
        (404, Fate.GIVE_UP),
        (403, Fate.GIVE_UP),
        (410, Fate.GIVE_UP),
        (451, Fate.GIVE_UP),
        (204, Fate.GIVE_UP),
        (429, Fate.RETRY),
        (500, Fate.RETRY),
        (503, Fate.RETRY),
    ],
)
def test_statuses_are_passing_or_final(status: int, fate: Fate) -> None:
    with pytest.raises(ArticleError) as caught:
        check_status(status)
    assert (caught.value.reason, caught.value.fate) == (ArticleReason.HTTP_STATUS, fate)


def test_only_200_is_a_page() -> None:
    check_status(200)


@pytest.mark.parametrize(
    ("status", "young", "fate", "wait"),
    [
        (404, True, Fate.RETRY, 120),  # the feed is ahead of the site
        (404, False, Fate.GIVE_UP, None),
        (410, True, Fate.GIVE_UP, None),  # said to be for good
        (403, True, Fate.GIVE_UP, None),
        (503, True, Fate.RETRY, None),  # soon again, as ever
    ],
)
def test_a_page_that_may_not_be_up_yet_is_tried_again(status, young, fate, wait) -> None:
    with pytest.raises(ArticleError) as raised:
        check_status(status, young=young)
    assert (raised.value.fate, raised.value.retry_after) == (fate, wait)


@pytest.mark.parametrize(
    ("minutes", "published", "young"), [(59, True, True), (61, True, False), (59, False, True), (61, False, False)]
)
def test_young_is_what_came_out_within_the_hour(minutes, published, young) -> None:
    out = ENTRY.seen_at - timedelta(days=2) if not published else ENTRY.seen_at - timedelta(minutes=30)
    entry = replace(ENTRY, published_at=out if published else None)
    assert is_young(entry, (entry.published_at or entry.seen_at) + timedelta(minutes=minutes)) is young


@pytest.mark.parametrize(
    ("text", "young", "raises"),
    [
        ("Error 404: page not found", True, True),
        ("Error 404: page not found", False, False),
        ("Page not found. " + SENTENCE * 8, True, False),  # an article that says so
        ("We value your privacy.", True, False),  # a wall will not go away by itself
        ("", True, False),
    ],
)
def test_a_page_that_says_with_a_good_status_that_it_is_not_there_is_tried_again(text, young, raises) -> None:
    with pytest.raises(ArticleError) if raises else nullcontext() as raised:
        check_there(text, young=young)
    assert not raised or raised.value.fate is Fate.RETRY

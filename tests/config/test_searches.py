"""Searches for news as feeds."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from bot.config import feeds_of, load
from bot.config.editions import editions
from bot.errors import ConfigError


def feeds(tmp_path, text: str):
    path = tmp_path / "config.yaml"
    path.write_text(f"feeds:\n{text}")
    return feeds_of(load(path))


def test_news_are_searched_for_in_two_places_and_in_their_language(tmp_path) -> None:
    google, bing = feeds(tmp_path, '  - {news: "chief scientist & AI", lang: it, every: 1h}\n')
    asked = parse_qs(urlsplit(google.url).query)
    assert urlsplit(google.url).netloc == "news.google.com"
    assert (asked["hl"], asked["gl"], asked["ceid"]) == (["it"], ["IT"], ["IT:it"])
    assert asked["q"] == ["chief scientist & AI when:7d"]
    assert parse_qs(urlsplit(bing.url).query) == {"q": ["chief scientist & AI"], "format": ["rss"], "mkt": ["it-IT"]}
    assert (google.name, google.every, bing.every) == ("Google News: chief scientist & AI", google.every, google.every)


def test_hacker_news_is_searched_by_its_titles(tmp_path) -> None:
    (found,) = feeds(tmp_path, '  - hn: "leaves OpenAI"\n')
    assert found.url == "https://hnrss.org/newest?q=leaves+OpenAI&search_attrs=title"


def test_there_is_an_edition_for_each_language() -> None:
    assert len(editions()) == 15
    assert all(set(edition) == {"hl", "gl", "ceid", "market"} for edition in editions().values())


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ("{news: a, hn: b}", "news and hn exclude each other"),
        ("{url: https://a.example/f, news: b}", "url and news exclude each other"),
        ("{hn: a, lang: it}", "lang goes with news only"),
        ("{news: a, lang: sw}", "there is no edition of the news for lang 'sw'"),
        ("{name: a}", "is missing"),
        ('{url: ""}', "url is empty"),
    ],
)
def test_what_is_no_search_is_refused(tmp_path, item: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        feeds(tmp_path, f"  - {item}\n")

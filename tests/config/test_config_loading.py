"""What a good configuration means: values, warnings, places, packs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.config import Config, data_dir, examine, feeds_of, find, load, store_path
from bot.config.models import HostSettings
from bot.config.packs import address_key, owner_of, pack_about, pack_feeds, pack_names
from bot.errors import ConfigError
from bot.model import Kind, ReadMode

ROOT = Path(__file__).parents[2]
FEED = "feeds: [https://news.example.com/feed]\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(text, "utf-8")
    return path


def test_the_shipped_file_works_as_it_is_and_warns_of_nothing() -> None:
    report = examine(ROOT / "config.yaml")
    assert (report.errors, report.warnings) == ((), ())
    assert report.config is not None
    assert 20 <= len(feeds_of(report.config)) <= 30


def test_plain_values_and_mappings_mean_the_same(tmp_path: Path) -> None:
    text = (
        "feeds:\n  - https://a.example.com/f\n"
        "  - {url: https://b.example.com/f, name: B, every: 5400s, read: always, owner: House}\n"
        "watchlist:\n  organisations: [OpenAI, {name: Mistral, aliases: [ミス], not: [mistral wind], weight: 2}]\n"
        "routes: [{channel: C0123456789, kinds: [layoff], languages: [no], min_score: 1}]\n"
    )
    config = load(write(tmp_path, text))
    plain, full = config.feeds
    assert (plain.url, plain.every, plain.read) == ("https://a.example.com/f", None, ReadMode.AUTO)
    assert (full.name, full.every, full.read, full.owner) == ("B", timedelta(seconds=5400), ReadMode.ALWAYS, "House")
    openai, mistral = config.watchlist.organisations
    assert (openai.name, openai.weight) == ("OpenAI", 1)
    assert (mistral.aliases, mistral.not_, mistral.weight) == (("ミス",), ("mistral wind",), 2)
    assert config.routes[0].kinds == (Kind.LAYOFF,)
    assert config.routes[0].languages == ("no",), "Norwegian is not a truth value"


@pytest.mark.parametrize(
    ("until", "meant"),
    [
        ("2026-12-31", datetime(2027, 1, 1, tzinfo=UTC)),  # a day counts to its end
        ("2026-12-31T18:00Z", datetime(2026, 12, 31, 18, tzinfo=UTC)),
        ("2026-12-31T18:00+02:00", datetime(2026, 12, 31, 16, tzinfo=UTC)),
        ("2026-12-31 18:00", datetime(2026, 12, 31, 18, tzinfo=UTC)),  # no zone: UTC
    ],
)
def test_the_end_of_a_mute(tmp_path: Path, until: str, meant: datetime) -> None:
    config = load(write(tmp_path, f"{FEED}mute: [{{what: example.com, until: {until}}}]\n"))
    assert config.mute[0].until == meant


@pytest.mark.parametrize(
    ("text", "seconds"), [("900s", 900), ("15m", 900), ("48h", 172_800), ("30d", 2_592_000), ("2 w", 1_209_600)]
)
def test_lengths_of_time(tmp_path: Path, text: str, seconds: int) -> None:
    config = load(write(tmp_path, f"feeds: [{{url: https://a.example.com, every: {text}}}]\n"))
    assert config.feeds[0].every == timedelta(seconds=seconds)


def test_nobody_is_asked_more_often_than_every_quarter_of_an_hour(tmp_path: Path) -> None:
    report = examine(write(tmp_path, "feeds: [{url: https://a.example.com, every: 899s}]\n"))
    assert [(problem.line, problem.key) for problem in report.errors] == [(1, "feeds[0].every")]


def test_what_works_but_looks_wrong_is_a_warning(tmp_path: Path) -> None:
    text = (
        "feeds:\n  - https://news.example.com/feed\n  - http://WWW.news.example.com:80/feed/?utm_source=x\n"
        "watchlist:\n  people: [Ada Lovelace, {name: ada lovelace}]\n"
    )
    report = examine(write(tmp_path, text))
    assert report.errors == ()
    told = [(problem.line, problem.key) for problem in report.warnings]
    assert told == [(3, "feeds[1]"), (5, "watchlist.people[1]")]
    assert report.config is not None
    assert len(feeds_of(report.config)) == 1, "one feed under two spellings is polled once"


def test_an_inside_address_is_accepted_where_it_is_listed(tmp_path: Path) -> None:
    text = (
        "feeds: [http://127.0.0.1:8080/f, http://intranet/f, https://a.example.com:8443/f]\n"
        "network:\n  allow_private: [127.0.0.0/8, Intranet, a.example.com:8443]\n"
        "  hosts: {'127.0.0.1:8080': {connections: 50, spacing_s: 0}}\n"
    )
    config = load(write(tmp_path, text))
    assert config.network.settings("127.0.0.1", 8080) == HostSettings(connections=50, spacing_s=0)
    assert config.network.settings("127.0.0.1", 80) == HostSettings(connections=1, spacing_s=1)


def test_settings_of_a_host_hold_on_all_its_ports() -> None:
    network = Config.model_validate({"network": {"hosts": {"News.example.com": {"connections": 3}}}}).network
    assert network.settings("news.example.com", 8443).connections == 3


def test_the_file_is_looked_for_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="no configuration found"):
        find(None, {})
    write(tmp_path, FEED)
    assert find(None, {}) == Path("config.yaml")
    assert find(None, {"TALENTWIRE_CONFIG": "b.yaml"}) == Path("b.yaml")
    assert find("a.yaml", {"TALENTWIRE_CONFIG": "b.yaml"}) == Path("a.yaml")


def test_where_the_store_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert data_dir({"TALENTWIRE_DATA": "/var/x"}) == Path("/var/x")
    (tmp_path / "data").mkdir()
    assert store_path(Config(), {}) == Path("data/talentwire.db")
    config = load(write(tmp_path, f"{FEED}store: state/bot.db\n"))
    assert store_path(config, {"TALENTWIRE_DATA": "/var/x"}) == tmp_path / "state" / "bot.db"


def test_a_config_does_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Config().thresholds.alert = 0.1  # type: ignore[misc]


def test_every_pack_is_well_formed_and_says_what_it_is() -> None:
    assert len(pack_names()) >= 25
    for name in pack_names():
        assert pack_about(name).endswith(".")
        feeds = pack_feeds(name)
        assert feeds
        assert all(feed.name and feed.every for feed in feeds)
        assert len({address_key(feed.url) for feed in feeds}) == len(feeds)


def test_own_feeds_go_before_those_of_packs(tmp_path: Path) -> None:
    text = "feeds: [{url: http://openai.com/news/rss.xml, name: mine}]\npacks: [lab-blogs, lab-blogs]\n"
    feeds = feeds_of(load(write(tmp_path, text)))
    assert feeds[0].name == "mine"
    assert sum("openai.com" in feed.url for feed in feeds) == 1
    assert len(feeds) == len(pack_feeds("lab-blogs"))


def test_a_search_of_a_pack_is_an_address_in_its_edition() -> None:
    (feed,) = pack_feeds("news-queries-it")
    assert feed.url.startswith("https://news.google.com/rss/search?q=%28OpenAI+OR+Meta")
    assert feed.url.endswith("when%3A1d&hl=it&gl=IT&ceid=IT%3Ait")


@pytest.mark.parametrize(
    ("url", "owner"),
    [
        ("https://www.wired.com/feed/rss", "Condé Nast"),
        ("https://feeds.bbci.co.uk/news/rss.xml", "BBC"),
        ("https://blog.example.org/feed", "blog.example.org"),  # not known: its own owner
        ("https://notwired.com/feed", "notwired.com"),  # a longer name is another domain
    ],
)
def test_the_owner_behind_an_address(url: str, owner: str) -> None:
    assert owner_of(url) == owner


def test_a_folder_is_no_store(tmp_path):
    with pytest.raises(ConfigError) as caught:
        store_path(Config(store=tmp_path), {})
    assert "is a folder: name a file in it" in str(caught.value.problems[0])

"""Broken configuration files, and every fault that must be named in each, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config import examine, load
from bot.errors import ConfigError

LAN = "network:\n  allow_private: [192.168.1.0/24]\n"
FEED = "feeds: [https://news.example.com/feed]\n"

# (why it exists, the file, what must be said: (line, key, words) for each fault, and nothing more)
BROKEN: list[tuple[str, bytes | str, list[tuple[int, str, str]]]] = [
    ("an empty file polls nothing", "", [(1, "feeds", "nothing to poll")]),
    ("an empty list polls nothing", "feeds: []\n", [(1, "feeds", "nothing to poll")]),
    (
        "a misspelt key leaves its feeds unread",
        "feds:\n  - https://news.example.com/feed\n",
        [(1, "feds", "did you mean feeds?"), (1, "feeds", "nothing to poll")],
    ),
    (
        "several faults in one entry are told together",
        "feeds:\n  - url: ftp://news.example.com/feed\n    evry: 30m\n    read: alwys\n",
        [
            (2, "feeds[0].url", "neither http nor https"),
            (3, "feeds[0].evry", "did you mean every?"),
            (4, "feeds[0].read", "did you mean always?"),
        ],
    ),
    (
        "a length of time needs a unit, and a known one",
        "feeds:\n  - {url: https://a.example.com, every: 15}\n  - {url: https://b.example.com, every: 3 fortnights}\n",
        [(2, "feeds[0].every", "a number and a unit"), (3, "feeds[1].every", "a number and a unit")],
    ),
    (
        "only the web's own ports are asked outside",
        "feeds: [https://news.example.com:8443/f]\n",
        [(1, "feeds[0]", "port 8443")],
    ),
    (
        "addresses that can never be asked; a password is not repeated",
        "feeds:\n  - https://news example.com/f\n  - https://ada:swordfish@news.example.com/f\n  - https://\n  - http://a.example.com:99999/\n",
        [
            (2, "feeds[0].url", "a space"),
            (3, "feeds[1].url", "https://news.example.com/f is no web address that can be asked: it carries a user"),
            (4, "feeds[2].url", "no host"),
            (5, "feeds[3].url", "malformed"),
        ],
    ),
    (
        "a feed without its address",
        "feeds:\n  - name: Somebody\n  - 7\n",
        [
            (2, "feeds[0].url", "is missing"),
            (3, "feeds[1]", "should be text (put numbers, true and false in quotes) or a mapping, is 7"),
        ],
    ),
    (
        "times of day, their zones, and hours that leave nothing of the day",
        FEED + "zone: Mars/Olympus\ndigest: {daily: 25:00, weekly: someday}\nquiet:\n  - {from: 22:00, to: 22:00}\n"
        "  - {from: 22:00, to: 07:30, zone: Europe}\n",
        [
            (2, "zone", "no time zone"),
            (3, "digest.daily", "no time of day"),
            (3, "digest.weekly", "One of monday"),
            (5, "quiet[0]", "the whole day would be quiet"),
            (6, "quiet[1].zone", "no time zone"),
        ],
    ),
    (
        "a digest that was asked for has a channel to go to",
        FEED + "digest: {daily: 08:00}\nroutes: [{channel: C0123456789, kinds: [layoff]}]\n",
        [(2, "digest", "digest.channel or slack.channel")],
    ),
    (
        "ranks and families of posts are those that the bot tells apart",
        FEED + "routes: [{channel: C0123456789, ranks: [king], families: [research, magic]}]\n",
        [(2, "routes[0].ranks[0]", "one of board"), (2, "routes[0].families[1]", "is no family of posts")],
    ),
    (
        "a heartbeat inside the own net is refused unless listed; its path is not repeated",
        FEED + "heartbeat_url: http://localhost:8080/a-secret-path\n",
        [(2, "heartbeat_url", "localhost lies inside your own net")],
    ),
    (
        "a heartbeat that is no address",
        FEED + "heartbeat_url: ftp://beat.example/a-secret-path\n",
        [(2, "heartbeat_url", "is no web address that can be asked")],
    ),
    (
        "addresses inside the own net are refused, in any spelling, unless listed",
        f"feeds:\n  - http://localhost:8080/f\n  - http://10.0.0.8\n  - http://[::1]/f\n  - http://192.168.1.9/f\n{LAN}",
        [(2, "feeds[0]", "own net"), (3, "feeds[1]", "own net"), (4, "feeds[2]", "own net")],
    ),
    (
        "a name where the channel's ID is wanted",
        f'{FEED}slack:\n  channel: "#ai-news"\nroutes:\n  - channel: general\n',
        [(3, "slack.channel", "channel ID"), (5, "routes[0].channel", "channel ID")],
    ),
    (
        "packs that do not exist",
        "packs:\n  - lab-blog\n  - zzz\n",
        [(2, "packs[0]", "did you mean lab-blogs?"), (3, "packs[1]", "no pack")],
    ),
    (
        "wrong kinds of value",
        f"{FEED}watchlist:\n  organisations: OpenAI\n  people: 7\nthresholds:\n  alert: high\nstore: 7\n",
        [
            (3, "watchlist.organisations", "should be a list"),
            (4, "watchlist.people", "should be a list"),
            (6, "thresholds.alert", "should be a number"),
            (7, "store", "path of a file"),
        ],
    ),
    (
        "truth values and numbers are no names",
        f"{FEED}watchlist:\n  keywords:\n    - true\n    - 42\n    - name:\n",
        [
            (4, "watchlist.keywords[0]", "should be text"),
            (5, "watchlist.keywords[1]", "should be text"),
            (6, "watchlist.keywords[2].name", "is empty"),
        ],
    ),
    (
        "numbers out of range",
        f"{FEED}watchlist:\n  people:\n    - {{name: A, weight: 3}}\nthresholds: {{alert: 9}}\nstore: [a]\n",
        [
            (4, "watchlist.people[0].weight", "less than or equal to 2"),
            (5, "thresholds.alert", "less than or equal to 1"),
            (6, "store", "path of a file"),
        ],
    ),
    (
        "a digest threshold above the alert threshold hides alerts",
        f"{FEED}thresholds:\n  alert: 0.4\n  digest: 0.6\n",
        [(4, "thresholds.digest", "above thresholds.alert")],
    ),
    (
        "a mute that would never end, or no date",
        f"{FEED}mute:\n  - {{what: a, until: 7d}}\n  - {{what: b, until: next week}}\n  - {{until: 2026-12-31}}\n",
        [
            (3, "mute[0].until", "begin anew at each start"),
            (4, "mute[1].until", "no date"),
            (5, "mute[2].what", "is missing"),
        ],
    ),
    (
        "a key in the wrong place is told where it belongs",
        f"{FEED}alert: 0.8\nslack:\n  connections: 3\n",
        [(2, "alert", "thresholds.alert"), (4, "slack.connections", "network.hosts.*.connections")],
    ),
    (
        "hosts and contact",
        f"{FEED}network:\n  contact: me\n  allow_private: [1.0.0.0/99]\n  hosts:\n    a b:\n    c: {{spacing_s: x}}",
        [
            (3, "network.contact", "mail address"),
            (4, "network.allow_private[0]", "neither a host nor"),
            (6, "network.hosts.a b", "no host"),
            (6, "network.hosts.a b", "is empty"),
            (7, "network.hosts.c.spacing_s", "should be a number"),
        ],
    ),
    (
        "a route to kinds and languages that there are not",
        f"{FEED}routes:\n  - channel: C0123456789\n    kinds: [layof]\n    languages: [Italian]\n",
        [(4, "routes[0].kinds[0]", "did you mean layoff?"), (5, "routes[0].languages[0]", "no language")],
    ),
    (
        "a section without content",
        f"{FEED}slack:\nmute:\n",
        [(2, "slack", "is empty"), (3, "mute", "is empty")],
    ),
    (
        "a key given twice, beside another fault",
        f"{FEED}slack: {{channel: C0123456789}}\nslack: {{channel: C9876543210}}\nthreshold: {{}}\n",
        [(3, "slack", "first on line 2"), (4, "threshold", "did you mean thresholds?")],
    ),
    ("a bracket left open", f"{FEED}packs: [lab-blogs\n", [(3, "", "begun on line 2")]),
    ("a tab as indent", "feeds:\n\t- https://news.example.com/feed\n", [(2, "", "indent with spaces")]),
    ("a second document", f"{FEED}---\npacks: []\n", [(2, "", "second document")]),
    ("a list where keys are wanted", "- https://news.example.com/feed\n", [(1, "", "`key: value`")]),
    ("aliases may expand without end", f"a: &a [x]\n{FEED}", [(1, "", "anchor")]),
    ("tags may run code", f"{FEED}store: !!python/object/apply:os.system [ls]\n", [(2, "", "tag")]),
    ("bytes that are no UTF-8", FEED.encode() + b"# caf\xe9\n", [(2, "", "not UTF-8")]),
    ("a control character", f"{FEED}packs: [a\x08]\n", [(2, "", "control character")]),
    ("nested without end", "feeds: " + "[" * 100_000, [(1, "", "nested deeper")]),
    ("values without end", "packs:\n" + "- x\n" * 200_000, [(49_999, "", "more than 50,000")]),
    ("objects of the language", f"{FEED}store: !!python/name:os.system\n", [(2, "", "tag")]),
    ("bytes in disguise", f"{FEED}store: !!binary aGk=\n", [(2, "", "tag")]),
    ("a merge of what is not there", f"{FEED}slack:\n  <<: *base\n", [(3, "", "anchor")]),
    ("a quote left open", f'{FEED}store: "x\n', [(3, "", "")]),
    (
        "metadata, in three spellings",
        "feeds:\n  - http://169.254.169.254/f\n  - http://0xa9fea9fe/f\n  - http://[::ffff:169.254.169.254]/f\n",
        [(2, "feeds[0]", "own net"), (3, "feeds[1]", "own net"), (4, "feeds[2]", "own net")],
    ),
    (
        "schemes that are none of the web's",
        "feeds:\n  - file:///etc/passwd\n  - feed:https://a.example.com/f\n  - /etc/passwd\n",
        [
            (2, "feeds[0].url", "neither http nor https"),
            (3, "feeds[1].url", "neither http nor https"),
            (4, "feeds[2].url", "neither http nor https"),
        ],
    ),
    (
        "numbers that are none",
        f"{FEED}thresholds: {{alert: .nan, digest: -1}}\n",
        [(2, "thresholds.alert", ""), (2, "thresholds.digest", "greater than 0")],
    ),
    ("keys that are no text", f"{FEED}7: x\ntrue: y\n", [(2, "7", ""), (3, "true", "")]),
    ("a file too large to be one", b"packs: " + b"x" * 10_000_000, [(0, "", "larger than 1,000,000 bytes")]),
]


@pytest.mark.parametrize(("text", "faults"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_F2_every_fault_of_a_broken_file_is_named_with_its_line(
    tmp_path: Path, text: bytes | str, faults: list[tuple[int, str, str]]
) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    report = examine(path)
    told = [(problem.line, problem.key) for problem in report.errors]
    assert told == [(line, key) for line, key, _ in faults], "\n".join(map(str, report.errors))
    for problem, (_, _, words) in zip(report.errors, faults, strict=True):
        assert words in problem.message
        assert problem.file == str(path)
        assert len(str(problem)) < 600, "a fault fits on a few lines, whatever stands in the file"
    assert report.config is None
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(caught.value).count("\n") == len(faults) - 1


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere.yaml: cannot be read: No such file"):
        load(tmp_path / "nowhere.yaml")

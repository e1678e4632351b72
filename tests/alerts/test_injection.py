"""Whatever a feed, a page or a reader writes: no ping, no hidden target, no broken payload; a link says its real host.

Each text of naughty.yaml stands at once in every place that others may fill, in messages of every kind.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
import yaml

from bot.alerts import buttons, compose
from bot.config import Mute
from bot.model import Kind, Message, Move, Preference, PreferenceVerb, Reason, Status, StoryMove, Subject, Telling
from bot.stories.ledger import Wish, ledger
from bot.talk import replies
from bot.text import sentences
from tests.alerts.test_compose import article, faults, finding, story
from tests.fakes.clock import NOON
from tests.fakes.slack_blocks import BlockChecker, lint_message

LONG = 100_000
CLASSES = yaml.safe_load((Path(__file__).parent / "naughty.yaml").read_text(encoding="utf-8"))
TEXTS = [
    (kind, text * (LONG // len(text)) if kind == "length" else text)
    for kind, texts in CLASSES.items()
    for text in texts
]
_LINK = re.compile(r"<([^<>]*)>")
_HIDDEN = re.compile(
    "[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


_SET_APART = re.compile("\u200e(?=[*~_]*\u2068)|[\u2068\u2069]")


def messages(text: str) -> Iterator[tuple[str, Message]]:
    """Messages of every kind, with `text` wherever something foreign may stand."""
    move = Move(text, text, text, text, Status.CONFIRMED, 0.98)
    known = StoryMove((text,), text, text, text, Status.CONFIRMED, 0.98, text, disputed=(f"to: {text} or {text}",))
    url = f"https://www.paper.example/{quote(text[:200])}?q={text[:300]}"
    body = f"{text[:20_000]} joins. {text[:20_000]} leaves. The end."
    told_article = replace(article(text, body, url=url), language=text[:2])
    found = replace(
        finding(move, text=told_article.text, kinds=(Kind.HIRE,)),
        evidence=tuple(sentences(told_article.text)[:3]),
        reasons=(Reason("move.title.ai", text, 2.1), Reason("org.title", text, 1.2)),
    )
    rumoured = Telling(moves=(replace(known, status=Status.RUMOURED),), sources=(text, "b"), outlets=(text, text))
    before = replace(story(url), headline=text, people=(text,), organisations=(text,), telling=rumoured)
    after = replace(before, telling=replace(rumoured, moves=(known,), facts=(text[:5_000],)))
    options = {"outlet": text, "channel": "C1", "now": NOON}
    told = compose.Told(after, found, told_article, text, source=text)
    for name, sure in (("fact", 0.5), ("quoted", 1.1)):
        message = compose.alert(after, found, told_article, sure=sure, **options)
        yield f"alert, {name}", message
        yield (
            f"alert, {name}, with buttons",
            compose.alert(after, found, told_article, sure=sure, rows=buttons.rows(told), **options),
        )
        yield f"alert, {name}, plain", compose.plain(message)
        yield (
            f"news, {name}",
            compose.news(before, after, found, told_article, kind="news", new=text[:5_000], sure=sure, **options),
        )
    yield "news, more", compose.news(after, after, found, told_article, kind="more", new=text[:5_000], **options)
    yield (
        "corrected by hand",
        compose.by_hand(known, replace(known, to_org="Sample AI"), story=after, channel="C1", kind="k"),
    )
    yield "retracted by hand", compose.by_hand(known, None, story=after, channel="C1", kind="k")
    yield "missed", compose.missed([told] * 5, now=NOON, hours=48, channel="C1")


def answers(text: str) -> Iterator[tuple[str, replies.Answer]]:
    """All that a reader may be answered, with `text` as what they typed, or as what it is about."""
    known = StoryMove((text,), text, text, text, Status.CONFIRMED, 0.98, text)
    wishes = [
        Preference(n, verb, subject, text, text, "C1", text, NOON, None)
        for n, (verb, subject) in enumerate(
            [
                (PreferenceVerb.MUTE, Subject.ANY),
                (PreferenceVerb.FOLLOW, Subject.STORY),
                (PreferenceVerb.FOLLOW, Subject.ANY),
            ]
        )
    ]
    for wish in wishes:
        yield f"kept {wish.verb} {wish.subject}", replies.kept(wish)
        yield "ended", replies.ended(wish)
    yield "listed", replies.listed(wishes, [Mute.model_construct(what=text)])
    yield "corrected", replies.corrected(known, {"person": text})
    yield "corrected from", replies.corrected(known, {"from": text, "to": ""})
    yield "unseen", replies.unseen(f"https://e.example/{text[:300]}", noted=True)
    yield "unseen, no address", replies.unseen(text)
    yield "lines", replies.lines([text, text])
    yield "moves, none", replies.moves(text, [], 0)
    rows = ledger([replace(story(), telling=Telling(moves=(known,)))], Wish())
    yield "moves", replies.moves(text, rows, 20)
    yield "help", replies.help_text(unknown=text)


def wrong_links(markup: str) -> list[str]:
    """Whatever stands in angle brackets: only our dates, and addresses under the name of their host."""
    found = []
    for inside in _LINK.findall(markup):
        target, _, label = inside.partition("|")
        if inside.startswith("!date^"):
            if target.count("^") != 2:
                found.append(f"a date that links: {inside[:80]}")
            continue
        real = urlsplit(target.replace("&amp;", "&"))
        if real.scheme not in ("http", "https") or label != real.netloc.removeprefix("www."):
            found.append(f"not under its own name: {inside[:80]}")
    return found


def is_hiding(text: str) -> bool:
    """Whether a text holds what nobody sees; names set apart by us, from where their letters run, are no such thing."""
    depth = 0
    for letter in text:
        depth += {"\u2068": 1, "\u2069": -1}.get(letter, 0)
        if depth not in (0, 1):
            return True
    return depth != 0 or _HIDDEN.search(_SET_APART.sub("", text)) is not None


def markups(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if node.get("type") == "mrkdwn":
            yield node["text"]
        for value in node.values():
            yield from markups(value)
    elif isinstance(node, (list, tuple)):
        for value in node:
            yield from markups(value)


def strings(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from strings(value)
    elif isinstance(node, (list, tuple)):
        for value in node:
            yield from strings(value)


@pytest.mark.parametrize("kind", [pytest.param(k, marks=[pytest.mark.proof] * (k == "length")) for k in CLASSES])
def test_no_message_pings_hides_or_breaks(kind):
    seen = set()
    for text in (text for of, text in TEXTS if of == kind):
        for name, message in messages(text):
            where = f"{name}: {text[:40]!r}"
            blocks = json.loads(json.dumps(message.blocks))
            assert not faults(message), where
            assert not [bad for markup in [message.text, *markups(blocks)] for bad in wrong_links(markup)], where
            assert not [one for one in [message.text, *strings(blocks)] if is_hiding(one)], where
            seen.add(name)
    assert len(seen) == 12


@pytest.mark.parametrize("kind", CLASSES)
def test_no_answer_to_a_reader_pings_hides_or_breaks(kind):
    for text in (text for of, text in TEXTS if of == kind):
        for name, answer in answers(text):
            where = f"{name}: {text[:40]!r}"
            payload = json.loads(json.dumps(answer.payload()))
            assert not BlockChecker("message", {}).blocks(payload["blocks"]), where
            assert not lint_message({"text": payload["text"]}, payload["blocks"]), where
            assert not wrong_links(payload["text"]), where
            assert not [one for one in strings(payload["blocks"]) if is_hiding(one)], where


def test_the_link_of_an_alert_names_the_real_host_and_nothing_else():
    message = compose.alert(
        story(),
        finding(),
        article("openai.com hires", url="https://evil.example/openai.com?x=<!channel>|y"),
        outlet="openai.com",
        channel="C1",
        now=NOON,
    )
    (inside,) = [one for one in _LINK.findall(json.dumps(message.blocks)) if not one.startswith("!date")]
    assert inside.startswith("https://evil.example/openai.com?x=%3C!channel%3E%7Cy|")
    assert inside.endswith("|evil.example")


def test_the_checks_see_what_they_are_for():
    assert wrong_links("<https://evil.example|openai.com>")
    assert wrong_links("<!channel>")
    assert wrong_links("<!date^1^{date}^https://evil.example|today>")
    assert not wrong_links("<https://www.paper.example/a?b&amp;c|paper.example> <!date^1^{date}|x>")
    assert _HIDDEN.search("a\u200bb")

"""The app's home page in Slack: how the feeds are, what is muted and followed, what was told last, who is watched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.alerts.buttons import UNDO, button, plain
from bot.alerts.compose import Block
from bot.alerts.markup import date, escape, link, shorten
from bot.config import Config
from bot.model import Feed, Preference, PreferenceVerb, Story
from bot.talk.heard import COMMAND, home_block
from bot.talk.proposals import as_markup, diff, is_open
from bot.talk.replies import Health, described, undo_value

MAX_UNWELL, MAX_WISHES, MAX_TOLD, MAX_NAMES = 10, 30, 5, 40
_MAX_SECTION = 2_900


@dataclass(frozen=True, slots=True)
class Home:
    """What the page shows: all mutes, follows and proposals that hold, feeds that are unwell, stories told last."""

    config: Config
    health: Health
    unwell: Sequence[Feed]
    wishes: Sequence[Preference]
    told: Sequence[Story]


def view(home: Home) -> dict[str, Any]:
    """Return the page as Slack takes it: at most 100 blocks."""
    blocks = [*_feeds(home), *_wishes(home), *_told(home), *_watched(home)]
    return {"type": "home", "blocks": blocks}


def _feeds(home: Home) -> Iterator[Block]:
    health = home.health
    last = f"last alert {date(health.last_told)}" if health.last_told else "no alert yet"
    yield _header("Feeds")
    yield _section(
        f"{health.feeds} feeds, {health.failing} failing, {health.stopped} stopped\n{last}, {health.owed} owed"
    )
    lines = [f"• {_feed(feed)}" for feed in home.unwell[:MAX_UNWELL]]
    lines += [f"and {len(home.unwell) - MAX_UNWELL} more"] if len(home.unwell) > MAX_UNWELL else []
    if lines:
        yield _section("\n".join(lines))


def _feed(feed: Feed) -> str:
    what = feed.condition.value.replace("_", " ") if feed.condition else "stopped" if feed.stopped else "failing"
    since = f" since {date(feed.condition_since)}" if feed.condition_since else ""
    return f"{escape(feed.name or feed.title or feed.url, limit=120)}: {what}{since}"


def _wishes(home: Home) -> Iterator[Block]:
    held = [wish for wish in home.wishes if wish.verb in (PreferenceVerb.MUTE, PreferenceVerb.FOLLOW)]
    yield _header("Mutes and follows")
    if not held and not home.config.mute:
        yield _section(f"Nothing is muted or followed. `{COMMAND} mute NAME for 3d` does.")
    for wish in held[:MAX_WISHES]:
        undo = button(UNDO, "Undo", value=undo_value(wish), label=plain(f"Undo: {wish.verb} {wish.label}")["text"])
        where = {"block_id": home_block(wish.channel, wish.number), "accessory": undo}
        yield {**_section(f"{described(wish)}, in <#{wish.channel}>"), **where}
    if len(held) > MAX_WISHES:
        yield _section(f"and {len(held) - MAX_WISHES} more: `{COMMAND} mutes` in their channels")
    lines = [f"• {escape(mute.what, limit=150)}" for mute in home.config.mute[:MAX_WISHES]]
    if lines:
        yield _section("\n".join(["In config.yaml:", *lines]))


def _told(home: Home) -> Iterator[Block]:
    yield _header("Last alerts")
    lines = [f"• {_story(story)}" for story in home.told[:MAX_TOLD]]
    yield _section("\n".join(lines) or "No alert yet.")


def _story(story: Story) -> str:
    where = link(story.url)
    return " · ".join(part for part in (f"“{escape(story.headline, limit=250)}”", where, date(story.last_seen)) if part)


def _watched(home: Home) -> Iterator[Block]:
    watchlist = home.config.watchlist
    yield _header("Watchlist")
    for kind in ("organisations", "people", "keywords"):
        names = [escape(one.name, limit=80) for one in getattr(watchlist, kind)]
        if names:
            more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
            yield _section(f"{kind.capitalize()}: {', '.join(names[:MAX_NAMES])}{more}")
    proposed = diff([wish for wish in home.wishes if is_open(wish, watchlist)], watchlist)
    if proposed:
        yield _section(f"Proposed, for config.yaml:\n```{as_markup(proposed)}```")
    yield _section(f"`{COMMAND} watch add NAME` and `{COMMAND} watch remove NAME` propose a change.")


def _header(text: str) -> Block:
    return {"type": "header", "text": plain(text)}


def _section(markup: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": shorten(markup, _MAX_SECTION), "verbatim": True}}

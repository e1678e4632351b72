"""What is new since we last told it? Places an article in a story, and says whether the channel should hear of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.model import Action, Article, Finding, Status, Story, StoryId, Traits, digest
from bot.stories.corrections import held, without_retracted
from bot.stories.fuse import begin, carry_on
from bot.stories.match import best_match, saga_of
from bot.stories.traits import WINDOW, headline_moves
from bot.stories.witness import Witness, witness
from bot.urls import canonical


class Verdict(StrEnum):
    """What becomes of a judged article."""

    NO_STORY = "below the threshold"
    ALERT = "a new story"
    FOLLOW_UP = "told already"
    BASELINE = "there before the first poll"
    QUIET = "a story, but below the threshold of alerts"
    MUTED = "muted"
    NO_ROUTE = "no route leads to a channel"


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an article went: its story (None below the threshold), the verdict, and why it was put there.

    `action` is what a channel is to see of it, `news` says in words what for. `before` is the story without it.
    """

    story: Story | None
    verdict: Verdict
    why: str = ""
    action: Action = Action.NONE
    news: str = ""
    before: Story | None = None


def place(
    article: Article,
    finding: Finding,
    new: Traits,
    candidates: Sequence[tuple[Story, frozenset[str]]],
    *,
    digest_at: float,
    alert_at: float,
    now: datetime,
    one: Witness | None = None,
) -> Placement:
    """Place `article` in one of `candidates` or in a story of its own.

    `digest_at` and `alert_at` are the thresholds of `finding.score`; below the first an article can join a story but
    opens none. A story is told once; one that stood in a feed before its first poll is known, unless nothing about it
    was worth an alert. `one` is the article as a witness.
    """
    at = _moment(article, now)
    match = best_match(new, candidates, now)
    if match is None and finding.score < digest_at:
        return Placement(None, Verdict.NO_STORY)
    one = one or witness(
        article,
        finding,
        (),
        new,
        owner=article.entry.publisher or article.entry.feed_url,
        outlet=article.entry.publisher,
    )
    if match is None:
        told, action, news = begin(one, new, new.at)
        story = replace(_new_story(article, finding, at), telling=told)
        story = replace(story, saga=saga_of(new, candidates, now) or story.id)
    else:
        known = match[0].telling
        told, action, news = carry_on(known, without_retracted(one, known), new, new.at)
        told = replace(told, moves=held(known.moves, told.moves))
        if action is Action.BROADCAST and told.moves == known.moves and told.status is known.status:
            action, news = Action.EDIT, "says otherwise than what was set by hand"
        story = replace(_grown(match[0], finding, at), telling=told)
    why = match[1].value if match else ""
    before = match[0] if match else None
    verdict = _verdict(article, finding, story, before, action, digest_at=digest_at, alert_at=alert_at)
    if verdict is Verdict.ALERT or not story.telling.lead or action is Action.BROADCAST:
        story = replace(story, telling=replace(story.telling, lead=article.entry.id))
    story = replace(story, told=True) if verdict is Verdict.ALERT else story
    return Placement(story, verdict, why, action, news, before)


def _verdict(
    article: Article,
    finding: Finding,
    story: Story,
    before: Story | None,
    action: Action,
    *,
    digest_at: float,
    alert_at: float,
) -> Verdict:
    if before is not None and (story.told or finding.score < digest_at):
        return Verdict.FOLLOW_UP
    if before is not None and story.baseline and before.score >= alert_at and action is not Action.BROADCAST:
        return Verdict.BASELINE
    if article.entry.baseline:
        return Verdict.BASELINE
    return Verdict.QUIET if finding.score < alert_at else Verdict.ALERT


def _moment(article: Article, now: datetime) -> datetime:
    """Return when an article counts as seen: now, or what stood in a feed before its first poll, when it came out.

    Without a date that may be of any age: it is no news of the last days.
    """
    entry = article.entry
    return min(entry.published_at or now - WINDOW, now) if entry.baseline else now


def _new_story(article: Article, finding: Finding, at: datetime) -> Story:
    """Make a story of one article; its id is a function of the article alone."""
    entry = article.entry
    source = canonical(entry.url) if entry.url else f"{entry.feed_url}\x1f{article.title}"
    news = headline_moves(article, finding)
    movers = tuple(dict.fromkeys(m.person for m in news))
    ends = tuple(dict.fromkeys(o for m in news for o in (m.from_org, m.to_org) if o))
    return Story(
        id=StoryId(digest("story", source)),
        headline=article.title,
        url=entry.url,
        first_seen=at,
        last_seen=at,
        people=movers or finding.people,
        organisations=ends or finding.organisations,
        kinds=finding.kinds,
        score=finding.score,
        destinations=tuple(dict.fromkeys(m.to_org for m in news if m.to_org)),
        baseline=entry.baseline,
    )


def _grown(story: Story, finding: Finding, at: datetime) -> Story:
    """Return `story` with one more article. Who goes where stays as first told; what was missing is filled in."""
    news = [m for m in finding.moves if m.status is not Status.HISTORICAL]
    people = story.people or tuple(dict.fromkeys(m.person for m in news)) or finding.people
    destinations = story.destinations or tuple(dict.fromkeys(m.to_org for m in news if m.to_org))
    return replace(
        story,
        last_seen=max(at, story.last_seen),
        people=people,
        organisations=story.organisations or finding.organisations,
        kinds=tuple(dict.fromkeys((*story.kinds, *finding.kinds))),
        score=max(story.score, finding.score),
        destinations=destinations,
        articles=story.articles + 1,
    )

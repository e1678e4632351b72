"""What follows from what a reader did: what is to be stored, and what is answered. Pure; `now` comes from outside."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.alerts import buttons, reasons
from bot.alerts.compose import Told
from bot.alerts.keys import metadata, operation_key
from bot.alerts.markup import escape
from bot.config import Config
from bot.model import (
    Changes,
    Feedback,
    FeedbackKind,
    Message,
    Operation,
    Order,
    OrderVerb,
    Preference,
    PreferenceVerb,
    Story,
    StoryId,
    Subject,
    Trace,
    Verb,
)
from bot.stories.ledger import Wish, ledger
from bot.talk import replies
from bot.talk.dialog import View, dialog
from bot.talk.fate import fate
from bot.talk.heard import COMMAND, FIX, HOME, Heard
from bot.talk.proposals import diff, is_open, standing
from bot.talk.replies import Answer, Health

CHANGING = frozenset(
    {
        buttons.NOT_RELEVANT,
        buttons.WRONG,
        buttons.MUTE,
        buttons.FOLLOW,
        buttons.UNDO,
        buttons.SHOW,
        FIX,
        "watch",
        "unmute",
        "unfollow",
        "missed",
        "test",
    }
)
MUTE_FOR, FOLLOW_FOR = timedelta(days=7), timedelta(days=90)
MAX_MOVES = 10
MAX_NAME = 100  # characters of a name for the watchlist
_PERIODS = {"d": timedelta(days=1), "w": timedelta(days=7), "g": None}
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_TIMED = re.compile(r"(.+?)\s+for\s+(?:(good)|(\d{1,4})\s*([hdw])\w*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Known:
    """What the bot knows that a decision may need; what the verb does not need may be left out.

    `channel` is the one that a change is for, "" where there is none. `may_change` says whether the reader may change
    things there, None that nobody could tell. `against` is how many other readers think the story not relevant, less
    those who want it shown; `own` is 1, 0 or -1 for this one. `told` is the story of the button as its article tells
    it, `trace` what became of the entry that was asked about.
    """

    config: Config
    channel: str = ""
    may_change: bool | None = None
    against: int = 0
    own: int = 0
    preferences: Sequence[Preference] = ()
    told: Told | None = None
    trace: Trace | None = None
    stories: Sequence[Story] = ()
    health: Health | None = None
    known_as: Callable[[str], str] = str


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be stored, and what the one who asked is answered or asked in a dialog, None for nothing."""

    answer: Answer | None
    changes: Changes = field(default_factory=Changes)
    dialog: View | None = None


def decide(heard: Heard, known: Known, now: datetime) -> Decision:
    """Return what follows from `heard`. A verb that is none is answered with the help."""
    if heard.verb in (buttons.OPEN, HOME):
        return Decision(None)  # the browser has opened it; the page is drawn for whoever looks at it
    if heard.verb in CHANGING and (heard.words or heard.verb != "watch"):
        refusal = _refusal(known)
        if refusal:
            return Decision(Answer(refusal))
    handler = _HANDLERS.get(heard.verb)
    return handler(heard, known, now) if handler else Decision(replies.help_text(unknown=heard.verb))


def _refusal(known: Known) -> str:
    if not known.channel:
        return "There is no channel that this could be for: config.yaml names none."
    if known.may_change is None:
        return "Slack did not say who is in the channel, so nothing was changed. Please try again in a minute."
    if not known.may_change:
        who = ", ".join(known.config.slack.may_change)
        return f"Nothing was changed: that is for those whom `slack.may_change` names ({escape(who, limit=300)})."
    return ""


# -- mutes and follows


def _mute(heard: Heard, known: Known, now: datetime) -> Decision:
    return _mute_chosen(heard, known, now) if heard.story else _mute_typed(heard, known, now)


def _mute_chosen(heard: Heard, known: Known, now: datetime) -> Decision:
    letter, _, rest = heard.choice.partition(":")
    name, _, period = rest.partition(":")
    subject = buttons.SUBJECTS.get(letter)
    if known.told is None or subject is None or period not in _PERIODS:
        return Decision(Answer(replies.GONE))
    offered = buttons.mutable(known.told.story, known.told.source)
    what = next((w for s, w in offered if s is subject and buttons.hashed(w) == name), None)
    if what is None:
        return Decision(Answer(replies.CHANGED))
    label = known.told.story.headline if subject is Subject.STORY else what
    length = _PERIODS[period]
    until = None if length is None else now + length
    return _kept(Preference(0, PreferenceVerb.MUTE, subject, what, label, known.channel, heard.user, now, until))


def _mute_typed(heard: Heard, known: Known, now: datetime) -> Decision:
    what, until = _timed(heard.words, now, MUTE_FOR)
    if not what:
        return Decision(Answer(f"Whom or what? For example: `{COMMAND} mute example-news.com for 3d`"))
    return _kept(Preference(0, PreferenceVerb.MUTE, Subject.ANY, what, what, known.channel, heard.user, now, until))


def _follow(heard: Heard, known: Known, now: datetime) -> Decision:
    until: datetime | None = now + FOLLOW_FOR
    if heard.story:
        if known.told is None:
            return Decision(Answer(replies.GONE))
        story = known.told.story
        return _kept(
            Preference(
                0, PreferenceVerb.FOLLOW, Subject.STORY, story.id, story.headline, known.channel, heard.user, now, until
            )
        )
    what, until = _timed(heard.words, now, FOLLOW_FOR)
    if not what:
        return Decision(Answer(f"Whom? For example: `{COMMAND} follow Mira Murati`"))
    return _kept(Preference(0, PreferenceVerb.FOLLOW, Subject.ANY, what, what, known.channel, heard.user, now, until))


def _kept(wish: Preference) -> Decision:
    return Decision(replies.kept(wish), Changes(preference=wish))


def _timed(words: str, now: datetime, default: timedelta) -> tuple[str, datetime | None]:
    """Return what was named and until when: "OpenAI for 3d", "OpenAI for good", or for the default."""
    found = _TIMED.fullmatch(words)
    if not found:
        return words[:200], now + default
    length = None if found[2] else int(found[3]) * _UNITS[found[4].lower()]
    return found[1][:200], None if length is None else now + length


def _undo(heard: Heard, known: Known, now: datetime) -> Decision:
    kind, _, rest = heard.choice.partition(":")
    if kind == replies.FEEDBACK:
        order = _redrawn(known, rest, heard.user, known.against + known.own, known.against, now)
        return Decision(Answer("Taken back."), Changes(unsaid=(rest, heard.user), order=order))
    held = next((p for p in known.preferences if _undo_matches(p, heard.choice, known.channel)), None)
    return _ended(held)


def _undo_matches(preference: Preference, value: str, channel: str) -> bool:
    return preference.channel == channel and replies.undo_value(preference) == value


def _unmute(heard: Heard, known: Known, now: datetime) -> Decision:  # noqa: ARG001
    words = heard.words.removeprefix("#").casefold()
    here = [p for p in known.preferences if p.channel == known.channel]
    return _ended(next((p for p in here if words and words in (str(p.number), p.label.casefold())), None))


def _ended(held: Preference | None) -> Decision:
    if held is None:
        return Decision(Answer(f"No such mute or follow holds here. `{COMMAND} mutes` lists those that do."))
    return Decision(replies.ended(held), Changes(ended=held.number))


def _mutes(heard: Heard, known: Known, now: datetime) -> Decision:  # noqa: ARG001
    here = [p for p in known.preferences if p.channel == known.channel]
    proposals = (PreferenceVerb.WATCH, PreferenceVerb.UNWATCH)
    shown = [p for p in here if p.verb not in proposals or is_open(p, known.config.watchlist)]
    return Decision(replies.listed(shown, known.config.mute))


# -- feedback and corrections


def _not_relevant(heard: Heard, known: Known, now: datetime) -> Decision:
    limit, count = known.config.slack.hide_after, known.against + 1
    fate = "Others still see the message."
    if limit:
        fate = f"It is hidden from {limit} readers on who say so; {'now it is' if count >= limit else f'{count} did'}."
    return _noted(heard, known, FeedbackKind.NOT_RELEVANT, f"Noted as not relevant. {fate}", now)


def _show(heard: Heard, known: Known, now: datetime) -> Decision:
    """Show a message again that others had hidden; that is a word for it, as theirs were against it."""
    return _noted(heard, known, FeedbackKind.RELEVANT, "It is shown again in a moment.", now)


_WEIGHT = {FeedbackKind.NOT_RELEVANT: 1, FeedbackKind.RELEVANT: -1}


def _noted(heard: Heard, known: Known, kind: FeedbackKind, words: str, now: datetime) -> Decision:
    if known.told is None:
        return Decision(Answer(replies.GONE))
    story_id = known.told.story.id
    feedback = _feedback(kind, story_id, known.told, heard, now)
    order = _redrawn(
        known, story_id, heard.user, known.against + known.own, known.against + _WEIGHT.get(kind, known.own), now
    )
    return Decision(Answer(words, undo=f"{replies.FEEDBACK}:{story_id}"), Changes(feedback=feedback, order=order))


def _redrawn(known: Known, story: str, by: str, before: int, after: int, now: datetime) -> Order | None:
    """Return the order to draw a story's messages anew where a word more, or less, hides or shows them."""
    limit = known.config.slack.hide_after
    if not limit or (before >= limit) == (after >= limit):
        return None
    return Order(0, OrderVerb.REDRAW, "", story, {}, by, now)


def _feedback(kind: FeedbackKind, about: str, told: Told | Trace, heard: Heard, now: datetime) -> Feedback:
    article, finding = told.article, told.finding
    features: dict[str, float] = {}
    for reason in finding.reasons if finding else ():
        features[reason.rule] = round(features.get(reason.rule, 0.0) + reason.weight, 3)
    return Feedback(
        kind=kind,
        about=about,
        url=article.entry.url if article else "",
        title=article.title if article else "",
        text=article.body if article else "",
        language=(finding.language if finding else "") or (article.language if article else ""),
        score=finding.score if finding else 0.0,
        features=features,
        by=heard.user,
        at=now,
    )


def _wrong(heard: Heard, known: Known, now: datetime) -> Decision:
    """Ask for what is right; a duplicate needs no asking."""
    if known.told is None:
        return Decision(Answer(replies.GONE))
    if heard.choice == buttons.DUPLICATE:
        return _noted(heard, known, FeedbackKind.DUPLICATE, "Noted as told before. Others still see the message.", now)
    story = known.told.story
    name, _, fact = heard.choice.partition(":")
    move = next((m for m in buttons.movers(story) if buttons.hashed(m.person[0]) == name), None)
    if move is None or fact not in ("person", "from", "to"):
        return Decision(Answer(replies.CHANGED))
    asked = dialog(move, fact, story=story.id, channel=known.channel, answer_to=heard.answer_to)
    return Decision(None, dialog=asked)


def _fix(heard: Heard, known: Known, now: datetime) -> Decision:
    """Make an order of what was written into the dialog, as `moves fix` and `moves retract` do."""
    if known.told is None:
        return Decision(Answer(replies.GONE))
    story = known.told.story
    move = next((m for m in story.telling.moves if buttons.hashed(m.person[0]) == heard.choice), None)
    if move is None:
        return Decision(Answer(replies.CHANGED))
    told = {"person": move.person[0], "from": move.from_org, "to": move.to_org}
    fields = {name: heard.fields.get(name, was) for name, was in told.items()}
    right = {name: value for name, value in fields.items() if value != told[name]}
    if not right:
        return Decision(Answer("That is what the message says already, so nothing was changed."))
    verb, right = (OrderVerb.FIX, right) if fields["person"] else (OrderVerb.RETRACT, {})
    order = Order(0, verb, move.person[0], story.id, right, heard.user, now)
    feedback = _feedback(FeedbackKind.WRONG_FACT, story.id, known.told, heard, now)
    return Decision(replies.corrected(move, right), Changes(order=order, feedback=feedback))


# -- the watchlist, which config.yaml has


_PROPOSAL = re.compile(r"(add|remove)\s+(?:(person|organisation)\s+)?(.+)", re.IGNORECASE)


def _watch(heard: Heard, known: Known, now: datetime) -> Decision:
    watchlist = known.config.watchlist
    found = _PROPOSAL.fullmatch(heard.words)
    if not found:
        return Decision(replies.proposed(diff(known.preferences, watchlist)))
    verb = PreferenceVerb.WATCH if found[1].lower() == "add" else PreferenceVerb.UNWATCH
    subject = Subject(found[2].lower()) if found[2] else Subject.ANY
    name = found[3][:MAX_NAME]
    wish = Preference(0, verb, subject, name, name, known.channel, heard.user, now, now + FOLLOW_FOR)
    if not is_open(wish, watchlist):
        where = standing(watchlist, name)
        told = f"stands there already, under {where}" if where else "does not stand there"
        return Decision(Answer(f"Nothing to change on the watchlist: {escape(name, limit=120)} {told}."))
    others = [p for p in known.preferences if is_open(p, watchlist) and p.what != name]
    return Decision(replies.proposed(diff([*others, wish], watchlist), wish), Changes(preference=wish))


def _missed(heard: Heard, known: Known, now: datetime) -> Decision:
    if not heard.link:
        return Decision(Answer(f"Which one? For example: `{COMMAND} missed https://news.example.com/story`"))
    if known.trace is None:
        unseen = Feedback(FeedbackKind.MISSED, heard.link, heard.link, "", "", "", 0.0, {}, heard.user, now)
        return Decision(replies.unseen(heard.link, noted=True), Changes(feedback=unseen))
    feedback = _feedback(FeedbackKind.MISSED, heard.link, known.trace, heard, now)
    lines = _fate(known, known.trace)
    return Decision(replies.lines(["Noted as missed. This is what became of it:", *lines]), Changes(feedback=feedback))


# -- answers alone


def _why(heard: Heard, known: Known, now: datetime) -> Decision:  # noqa: ARG001
    if known.trace is None:
        if heard.story:
            return Decision(Answer(replies.GONE))
        ask = f"Of which one? For example: `{COMMAND} why https://news.example.com/story`"
        return Decision(replies.unseen(heard.link) if heard.link else Answer(ask))
    told = reasons.told(known.trace.finding.reasons) if known.trace.finding else ""
    return Decision(replies.lines(_fate(known, known.trace), markup=told))


def _fate(known: Known, trace: Trace) -> list[str]:
    return list(fate(trace, known.config, known.config.slack.channel, known_as=known.known_as))


def _moves(heard: Heard, known: Known, now: datetime) -> Decision:  # noqa: ARG001
    if not heard.words:
        return Decision(Answer(f"Whose? For example: `{COMMAND} moves OpenAI`"))
    firm = known.known_as(heard.words)
    wishes = (Wish(person=heard.words), Wish(from_org=firm), Wish(to_org=firm))
    rows = {(row.story, row.person): row for wish in wishes for row in ledger(known.stories, wish)}
    latest = sorted(rows.values(), key=lambda row: -row.first_seen.timestamp())
    return Decision(replies.moves(heard.words, latest[:MAX_MOVES], len(latest)))


def _status(heard: Heard, known: Known, now: datetime) -> Decision:  # noqa: ARG001
    return Decision(replies.status(known.health) if known.health else Answer("Nothing is known yet."))


def _help(heard: Heard, known: Known, now: datetime) -> Decision:  # noqa: ARG001
    return Decision(replies.help_text())


def _test(heard: Heard, known: Known, now: datetime) -> Decision:
    """Owe the channel a message, through all that a real one goes through."""
    key = operation_key(StoryId("test"), known.channel, heard.ids[-1])
    message = Message("This is a test of Talentwire: alerts reach this channel.", metadata=metadata(key, ()))
    operation = Operation(key, known.channel, Verb.POST, StoryId("test"), message, now, now)
    words = f"A test message is on its way to {known.channel}."
    return Decision(Answer(words), Changes(owed=(operation,)))


_HANDLERS: dict[str, Callable[[Heard, Known, datetime], Decision]] = {
    buttons.NOT_RELEVANT: _not_relevant,
    buttons.WRONG: _wrong,
    buttons.MUTE: _mute,
    buttons.FOLLOW: _follow,
    buttons.WHY: _why,
    buttons.UNDO: _undo,
    buttons.SHOW: _show,
    FIX: _fix,
    "watch": _watch,
    "unmute": _unmute,
    "unfollow": _unmute,
    "mutes": _mutes,
    "missed": _missed,
    "moves": _moves,
    "status": _status,
    "test": _test,
    "help": _help,
}

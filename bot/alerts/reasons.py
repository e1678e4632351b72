"""The reasons of a finding in a reader's words. The names of rules stay where builders look: in `talentwire why`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.alerts.markup import escape
from bot.model import Reason

_PLACES = {"title": "in the headline", "lead": "in the first lines", "near": "in the text", "body": "in the text"}
_FLAGS = {
    "acquihire": "a team bought with its company",
    "compensation": "pay",
    "drive": "a hiring drive",
    "freeze": "a hiring freeze",
    "layoff": "layoffs",
    "legal": "a dispute over staff",
    "reorg": "a reorganisation",
    "retention": "keeping staff",
    "team": "a new team or lab",
    "trend": "the contest for talent",
}
_EVENTS = {
    "appoint": "an appointment",
    "become": "a new post",
    "found": "a new company or lab",
    "hire": "a hire",
    "join": "somebody joins",
    "leave": "somebody leaves",
    "lose": "somebody is lost",
    "move": "somebody moves",
    "oust": "a dismissal",
    "poach": "poaching",
}
_WHOLE = {
    "ends.both": "where from and where to are both named",
    "role": "a post is named",
    "moves.many": "several people move",
    "moves.past": "an earlier move",
    "org.title": "an organisation in the headline",
    "person.known": "a known name",
}


def told(reasons: Sequence[Reason], *, most: int = 3) -> str:
    """Return the reasons that weighed most for the story, as one line of markup; "" if there are none."""
    best = sorted((reason for reason in reasons if reason.weight > 0), key=lambda reason: -reason.weight)
    words = dict.fromkeys(words for reason in best for words in _words(reason))
    return f"Why: {' · '.join(list(words)[:most])}" if words else ""


def _words(reason: Reason) -> Iterator[str]:
    """Yield what a reader can make of one reason: nothing for a rule that says nothing to people."""
    rule = reason.rule.removeprefix("short.")
    kind, _, rest = rule.partition(".")
    parts = rest.split(".")
    found = f"“{escape(reason.text, limit=80)}”" if reason.text else ""
    if rule in _WHOLE:
        yield f"{_WHOLE[rule]} ({found})" if found and kind in {"person", "org"} else _WHOLE[rule]
    elif kind in {"move", "group"} and found:
        yield f"{found} {_PLACES.get(parts[0], '')}".strip()
    elif kind in {"flag", "weak"} and parts[0] in _FLAGS:
        yield " ".join(words for words in (f"{_FLAGS[parts[0]]}:", found, _PLACES.get(parts[-2], "")) if words)
    elif kind == "keyword" and found:
        yield f"a word to watch: {found}"
    elif kind == "event" and parts[0] in _EVENTS:
        yield _EVENTS[parts[0]]

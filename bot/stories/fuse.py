"""What the articles of a story say together: moves, status, sources; and what a channel is to see of the next one.

The status of a move goes rumoured -> reported -> confirmed -> denied, and back from denied only on good grounds. Who
merely passes on what others wrote changes nothing. Conflicts stay: answers keep their weights and are never averaged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.lexicon.telling import phrases
from bot.model import Action, Change, Status, StoryMove, Telling, Traits, Vote
from bot.stories.claims import Claim
from bot.stories.clauses import is_negated
from bot.stories.dating import when
from bot.stories.relays import found_in, same_outlet
from bot.stories.traits import akin, named_in, org_key, same_group
from bot.stories.witness import Witness, sentences_on
from bot.stories.words import jaccard
from bot.text import fold

_DAY = 86_400
_OLD = 7 * _DAY  # after that long without a change, what says nothing new is old news
_STALE = 21 * _DAY  # after that long only those concerned bring news of it
_COPY = 0.72  # likeness of two texts that are one
_MEMBERS = 8  # articles that a story is compared by
_FACTS = 60
_CHANGES = 40
_TRUST = {True: 2.0, False: 1.0}  # of who speaks for itself, of a newsroom
_COPY_TRUST = 0.8  # of a copy, for who goes where
_CONFLICT = 0.4  # share of the leading answer's weight from which another is a conflict

_RANK = {Status.RUMOURED: 0, Status.REPORTED: 1, Status.CONFIRMED: 2, Status.DENIED: 3, Status.HISTORICAL: 0}


def begin(one: Witness, traits: Traits, at: float) -> tuple[Telling, Action, str]:
    """Return what the first article of a story tells."""
    moves = _weighed(_first_move(claim, one, at) for claim in _whole(one.claims))
    told = Telling(
        moves=moves,
        sources=(one.owner,),
        outlets=_with((), (one.outlet, one.owner)),
        facts=_with((), [*sorted(one.facts), *(f"role:{one.language}:{r}" for r in sorted(one.roles))]),
        status=_event_status(one),
        changes=(Change(at, one.outlet or one.owner, Action.NEW_ALERT, "the first article"),),
        members=(traits,),
        changed_at=at,
    )
    return told, Action.NEW_ALERT, "the first article"


def carry_on(told: Telling, one: Witness, traits: Traits, at: float) -> tuple[Telling, Action, str]:
    """Return the telling with one more article, what a channel is to see of it, and why: the first rule that fits.

    Copies, relays and old news change nothing but the names under which a person is known.
    """
    seen = replace(
        told,
        moves=tuple(_renamed(move, one, traits) for move in told.moves),
        outlets=_with(told.outlets, (one.outlet, one.owner)),
        members=(*told.members, traits)[:_MEMBERS],
    )
    copy = _is_copy(told, one, traits)
    if copy:
        return replace(seen, moves=_weighed(_better_told(m, one) for m in seen.moves)), Action.NONE, copy
    moves, changed, added = _moved(seen.moves, one, at)
    facts = (
        *(f for f in _measures(told, one) if f not in told.facts),
        *(_new_people(told, moves, one) if one.claims or one.kinds else ()),
        *_new_goals(told.moves, one),
        *(() if one.owner in told.sources else _new_roles(told, one)),
    )
    status = _next(told.status, _event_status(one), one) if not moves else told.status
    if status is not told.status and status in (Status.CONFIRMED, Status.DENIED):
        changed = [*changed, f"the event: {told.status} -> {status}"]
    action, why = _action(told, one, changed, added, facts, at)
    if action is Action.NONE:
        return seen, action, why
    told = replace(
        seen,
        moves=_weighed(moves),
        sources=_with(told.sources, (one.owner,)),
        facts=(*told.facts, *facts)[-_FACTS:],
        status=max(status, told.status, key=_RANK.__getitem__),
        changes=(*told.changes, Change(at, one.outlet or one.owner, action, why))[-_CHANGES:],
        changed_at=max(at, told.changed_at),
    )
    return told, action, why


def _action(
    told: Telling, one: Witness, changed: Sequence[str], added: Sequence[str], facts: Sequence[str], at: float
) -> tuple[Action, str]:
    known = _counted(told, one.owner)
    age = at - told.changed_at
    if not one.speaks and ("old" in one.cues or age > _STALE):
        return Action.NONE, "old news"
    if age > _OLD and not one.speaks and not changed and not added and not facts:
        return Action.NONE, "old news"
    if changed:
        return Action.BROADCAST, "; ".join(changed)
    if added or facts:
        return Action.REPLY, ", ".join((*added, *facts))
    if known:
        return Action.NONE, "the same group, nothing new"
    if not one.own and not one.speaks and one.language not in {m.language for m in told.members}:
        return Action.NONE, "a translation"
    return Action.EDIT, "a further source"


def _counted(told: Telling, owner: str) -> bool:
    return owner in told.sources


# ------------------------------------------------------------------------------------------------ copies


def _is_copy(told: Telling, one: Witness, traits: Traits) -> str:
    """Say in what way an article is no witness of its own, "" if it is one."""
    if one.speaks:
        return ""
    if one.aggregator:
        return "passes on what others wrote"
    if "media" in one.cues:
        return "relays other media"
    for name in one.relays:
        if any(same_outlet(name, outlet) for outlet in told.outlets):
            return f"relays {name}"
    if one.relays:
        return f"relays {one.relays[0]}"
    if one.mangled:
        return "a machine's translation"
    for member in told.members:
        same = member.language == traits.language
        if same and jaccard(traits.title | traits.lead, member.title | member.lead) >= _COPY:
            return "the same text"
    return ""


# ------------------------------------------------------------------------------------------------ moves


def _whole(claims: Sequence[Claim]) -> list[Claim]:
    """Return the claims, one a person; a group that named people make up tells only where they come from."""
    kept: list[Claim] = []
    for claim in sorted(claims, key=lambda c: (c.group, -c.weight)):
        if claim.group and any(not c.group for c in kept):
            kept = [replace(c, from_org=c.from_org or claim.from_org) if c.to_org and claim.to_org else c for c in kept]
        elif not any(same_group(claim.person, other.person) for other in kept):
            kept.append(claim)
    return kept


def _in_one_breath(claim: Claim, claims: Sequence[Claim], moves: Sequence[StoryMove]) -> Claim:
    """Return a claim with what the story knows of somebody of whom the same article says the same."""
    for mate in claims:
        if mate is not claim and (mate.from_org, mate.to_org) == (claim.from_org, claim.to_org):
            move = next((m for m in moves if _about(mate, m) and m.status is not Status.DENIED), None)
            if move is not None:
                return replace(claim, from_org=claim.from_org or move.from_org, to_org=claim.to_org or move.to_org)
    return claim


def _first_move(claim: Claim, one: Witness, at: float) -> StoryMove:
    status = _said(claim.person, claim, one, None)
    votes = _votes((), claim, one, at)
    return StoryMove(
        claim.person, claim.from_org, claim.to_org, claim.role, status, at, one.outlet or one.owner, claim.group, votes
    )


def _moved(moves: tuple[StoryMove, ...], one: Witness, at: float) -> tuple[tuple[StoryMove, ...], list[str], list[str]]:
    """Return the moves after one more witness, the changes that a channel must hear of, and the new movers."""
    changed: list[str] = []
    added: list[str] = []
    result: list[StoryMove] = []
    claims = list(_whole(one.claims))
    corrected = _correction(moves, one)
    for move in moves:
        claim = next((c for c in claims if _about(c, move)), None)
        if corrected and corrected[0] is move:
            result.append(replace(move, status=Status.DENIED, since=at, by=one.outlet))
            if corrected[1]:
                result.append(replace(corrected[1], since=at, by=one.outlet))
            changed.append(f"{move.person[0]}: corrected")
            continue
        result.append(_next_move(move, claim, one, at, changed))
    for claim in claims:
        if not any(_about(claim, m) for m in result):
            if claim.group and any(not m.group for m in result):
                continue
            result.append(_first_move(_in_one_breath(claim, claims, moves), one, at))
            added.append(f"a further person: {claim.person[0]}")
    return tuple(result), changed, added


def _better_told(move: StoryMove, one: Witness) -> StoryMove:
    """Return the move with the ends that a copy gives: what it repeats it may say more clearly, but it is no news."""
    claim = next((c for c in one.claims if not c.guessed and _about(c, move)), None)
    if claim is None or move.status is Status.DENIED or _is_way_back(claim, move):
        return move
    votes = _votes(move.votes, replace(claim, weight=claim.weight * _COPY_TRUST), one)
    return _voted(move, votes)


def _about(claim: Claim, move: StoryMove) -> bool:
    if claim.group and move.group:
        return True
    return claim.group == move.group and same_group(claim.person, move.person)


def _next_move(move: StoryMove, claim: Claim | None, one: Witness, at: float, changed: list[str]) -> StoryMove:
    named = named_in(move.person, one.text, one.people) or claim is not None or move.group
    said = _said(move.person, claim, one, move) if named else None
    status = _next(move.status, said, one)
    if status is not move.status:
        if status in (Status.CONFIRMED, Status.DENIED) or move.status is Status.DENIED:
            changed.append(f"{move.person[0]}: {move.status} -> {status}")
        move = replace(move, status=status, since=at, by=one.outlet or one.owner)
    if claim is None or status is Status.DENIED:
        return move
    return replace(_voted(move, _votes(move.votes, claim, one, at)), role=move.role or claim.role)


def _voted(move: StoryMove, votes: tuple[Vote, ...]) -> StoryMove:
    """Return the move with the ends that have the most weight; two texts do not make somebody go where they are."""
    source, goal = _elected(votes, "from"), _elected(votes, "to")
    if goal and goal.name == source.name and not (move.from_org == move.to_org != ""):
        weaker = "from" if source.weight < goal.weight else "to"
        rest = tuple(v for v in votes if v.end != weaker or v.name != goal.name)
        source, goal = _elected(rest, "from"), _elected(rest, "to")
    return replace(move, from_org=source.name or move.from_org, to_org=goal.name or move.to_org, votes=votes)


def _next(old: Status, said: Status | None, one: Witness) -> Status:
    """Return the status after a witness: what was settled stays, unless those concerned say otherwise."""
    if said is None or said is old:
        return old
    if said is Status.DENIED:
        return said
    if old is Status.DENIED:
        turned = "after_all" in one.cues or (one.speaks and said is Status.CONFIRMED)
        return said if turned else old
    return said if _RANK[said] > _RANK[old] else old


def _said(person: Sequence[str], claim: Claim | None, one: Witness, move: StoryMove | None) -> Status:
    """Return the status that a witness gives to what a person does: by the words of the sentences that name them."""
    known = phrases()
    sentences = sentences_on(one, (*person,), move.to_org if move else "")
    text = " ".join(sentences)
    if one.sentences and one.sentences[0] not in sentences:
        text = f"{one.sentences[0]} {text}"
    for phrase in known.of("comment", one.language):
        text = text.replace(phrase.strip(), " ")

    def says(kind: str) -> bool:
        return any(found_in(p, text) >= 0 for p in known.of(kind, one.language))

    back = (
        move is not None
        and claim is not None
        and not claim.guessed
        and not _is_guess(move)
        and _is_way_back(claim, move)
    )
    undone = back or (says("undone") and (move is not None or claim is None or claim.guessed))
    on_again = says("after_all") and (
        move is None or move.status is Status.DENIED
    )  # else "stays after all" calls it off
    if (undone or (claim is not None and claim.status is Status.DENIED)) and not on_again:
        return Status.DENIED
    group = (move is not None and move.group) or (claim is not None and claim.group)
    if one.speaks and (says("confirms") or not group):
        return Status.CONFIRMED
    talks = says("talks")
    insider = says("insider")
    if says("confirms") and not insider and not talks:
        return Status.CONFIRMED
    if talks or (claim is not None and claim.status is Status.RUMOURED):
        return Status.RUMOURED
    return Status.REPORTED


def _is_guess(move: StoryMove) -> bool:
    """Whether no text has told the ends of a move in so many words."""
    return all(v.weight < 0.5 for v in move.votes if v.end != "when")


def _is_way_back(claim: Claim, move: StoryMove) -> bool:
    """Whether a claim has somebody go, or stay, where an announced move would have taken them from."""
    return (
        bool(claim.to_org and move.from_org and move.to_org)
        and org_key(claim.to_org) == org_key(move.from_org)
        and org_key(move.to_org) != org_key(move.from_org)
    )


def _correction(moves: Sequence[StoryMove], one: Witness) -> tuple[StoryMove, StoryMove | None] | None:
    """Return the move whose destination a person or firm corrects, and the right one."""
    if not one.speaks and "corrects" not in one.cues:
        return None
    for move in moves:
        if (
            not move.to_org
            or move.group
            or move.status is Status.DENIED
            or not named_in(move.person, one.text, one.people)
        ):
            continue
        goal = org_key(move.to_org)
        if goal not in one.organisations or not _denied_goal(one, one.organisations[goal]):
            continue
        others = [name for key, name in one.organisations.items() if key not in (goal, org_key(move.from_org))]
        claimed = [
            c.to_org for c in one.claims if same_group(c.person, move.person) and c.to_org and org_key(c.to_org) != goal
        ]
        right = (claimed or others or [""])[0]
        if right:
            status = Status.CONFIRMED if one.speaks else Status.REPORTED
            return move, replace(move, to_org=right, status=status, votes=(Vote("to", right, 2.0),), role="")
    return None


def _denied_goal(one: Witness, name: str) -> bool:
    """Whether a sentence says of an organisation that somebody does not go there."""
    goal = fold(name)
    for sentence in one.sentences:
        before, found, after = sentence.partition(goal)
        if found and (is_negated(before[-40:], one.language) or is_negated(after[:16], one.language)):
            return True
    return False


def _renamed(move: StoryMove, one: Witness, traits: Traits) -> StoryMove:
    """Return the move with the spellings of its person that an article adds."""
    if move.group:
        return move
    groups = (*traits.movers, *traits.people, *(c.person for c in one.claims if not c.group))
    more = [name for g in groups if same_group(g, move.person) for name in g if name not in move.person]
    return replace(move, person=_with(move.person, more)[:8]) if more else move


def _votes(votes: tuple[Vote, ...], claim: Claim, one: Witness, at: float | None = None) -> tuple[Vote, ...]:
    """Return the votes with those of one more claim; a date is told by who knows of it, `at` which time it was."""
    told = [("from", claim.from_org), ("to", claim.to_org)]
    if at is not None:
        told.append(("when", when(one, claim.person, at, group=claim.group)))
    table = {(v.end, v.name): v for v in votes}
    for end, name in told:
        if name:
            vote = table.get((end, name)) or Vote(end, name, 0.0, one.outlet or one.owner)
            table[end, name] = replace(vote, weight=round(vote.weight + claim.weight * _TRUST[one.speaks], 3))
    return tuple(table.values())


def _elected(votes: Iterable[Vote], end: str) -> Vote:
    """Return the answer with the most weight, the first told of equals; one without a name where there is none."""
    return max((v for v in votes if v.end == end), key=lambda v: v.weight, default=Vote(end, "", 0.0))


def _weighed(moves: Iterable[StoryMove]) -> tuple[StoryMove, ...]:
    """Return the moves, each with where its sources disagree."""
    return tuple(replace(move, disputed=conflicts(move)) for move in moves)


def dated(move: StoryMove) -> str:
    """Return when a move takes effect as most of its sources say, "2026-07-03" or "2026-07"; "" where none says."""
    best = _elected(move.votes, "when").name
    return max((v.name for v in move.votes if v.end == "when" and v.name.startswith(best)), key=len, default="")


def conflicts(move: StoryMove) -> tuple[str, ...]:
    """Return where the sources of a move disagree: "to: Acme (says A) or Bolt (says B)", the likelier first."""
    found = []
    for end, differ in (("from", _other_firm), ("to", _other_firm), ("when", _other_date)):
        answers = sorted((v for v in move.votes if v.end == end), key=lambda v: -v.weight)
        rivals = [
            v
            for n, v in enumerate(answers)
            if n == 0 or (v.weight >= _CONFLICT * answers[0].weight and differ(v.name, answers[0].name))
        ]
        if len(rivals) > 1:
            said = (f"{v.name} (says {v.by})" if v.by else v.name for v in rivals)
            found.append(f"{end}: {' or '.join(said)}")
    return tuple(found)


def _other_firm(a: str, b: str) -> bool:
    return not akin(org_key(a), org_key(b))


def _other_date(a: str, b: str) -> bool:
    """Whether neither of two dates is the other told in full: July and 3 July are one."""
    return not a.startswith(b) and not b.startswith(a)


# ------------------------------------------------------------------------------------------------ facts


# What tells how big a story of a kind is; of other kinds such a number is mere background.
_MEASURED_IN = {
    "layoff": ("people", "percent", "some"),
    "reorg": ("people", "percent"),
    "acquihire": ("people", "money", "some"),
    "founding": ("money", "some"),
    "compensation": ("money", "percent", "some"),
    "retention": ("money", "percent", "some"),
}


def _measures(told: Telling, one: Witness) -> list[str]:
    """Return an article's dates, what its headline counts, and what the story's own kind is measured in."""
    kinds = one.kinds.union(*(member.kinds for member in told.members))
    units = {"date", *(unit for kind in kinds for unit in _MEASURED_IN.get(kind, ()))}
    return sorted(fact for fact in one.facts if fact in one.counted or fact.partition(":")[0] in units)


def _new_people(told: Telling, moves: Sequence[StoryMove], one: Witness) -> list[str]:
    """Return the people that no article of the story has named before."""
    known = [*(m.person for m in moves), *(p for m in told.members for p in (*m.movers, *m.people))]
    return [f"person:{p[0]}" for p in one.people if not any(same_group(p, other) for other in known)]


def _new_goals(moves: Sequence[StoryMove], one: Witness) -> list[str]:
    """Return destinations of known movers that no article has told, or that contradict what was told."""
    found = []
    for claim in one.claims:
        mine = [m for m in moves if _about(claim, m)]
        told = [m.to_org for m in mine] + [v.name for m in mine for v in m.votes if v.end == "to"]
        back = any(_is_way_back(claim, m) for m in mine)
        known = any(akin(org_key(goal), org_key(claim.to_org)) for goal in told)
        if mine and claim.to_org and not (known or back or claim.guessed or claim.group):
            found.append(f"to:{claim.to_org}")
    return found


def _new_roles(told: Telling, one: Witness) -> list[str]:
    """Return the posts that no article in the same language has given, where there is one to compare with."""
    own = f"role:{one.language}:"
    compared = any(m.language == one.language for m in told.members)
    bare = not any(m.role for m in told.moves) and not any(f.startswith("role:") for f in told.facts)
    if bare and not compared:
        return [f"{own}{c.role.casefold()}" for c in one.claims if c.role and any(_about(c, m) for m in told.moves)]
    return [f"{own}{role}" for role in sorted(one.roles) if compared and f"{own}{role}" not in told.facts]


def _event_status(one: Witness) -> Status:
    """Return the status of an event without persons, by the words of the whole text."""
    if "undone" in one.cues and one.speaks:
        return Status.DENIED
    if one.speaks or ("confirms" in one.cues and "insider" not in one.cues and "own" not in one.cues):
        return Status.CONFIRMED
    return Status.RUMOURED if "talks" in one.cues else Status.REPORTED


def _with(known: Sequence[str], more: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *(m for m in more if m))))

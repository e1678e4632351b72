"""One trigger in its sentence -> its events: who the mover is, and which organisations stand at the two ends."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.model import Status
from bot.moves.affiliations import Affiliation, led_field, role_after
from bot.moves.distance import strange_words
from bot.moves.frames import FRAMES, JOINING, LEAVING, Frame
from bot.moves.gazetteer import Hit
from bot.moves.reading import Mention, Reading, Sentence
from bot.moves.status import event_status
from bot.moves.watch import Watch

_ROLE_REACH = 40  # characters between a verb and the firm that stands before the post
_LEFT_REACH, RIGHT_REACH = 160, 110  # characters between a verb and its mover
ORG_REACH = 150  # characters between a verb and an organisation of its
_DEPENDENT = 12  # the same where the verb depends on a clause that the mover is the subject of
_STRANGE = 4  # words between a verb and its mover that no rule explains; with more they do not belong together
_OWNS = ("'s", "’s", "' ", "’ ")
_OWNER = re.compile(r"(?<![\w'’.-])([A-Z][\w-]+(?: [A-Z][\w-]+)?)['’]s $")
_SHORT_POST = 16  # characters of a post between two names of a script without spaces
_LONGEST_GAP = 90  # characters between two names of a list
_COMPANION = 16  # characters of the longest phrase for "together with"
_BESIDE = 16  # characters: an auxiliary and an adverb
_GUESSES = frozenset({"context", "stand_in"})
LISTED = re.compile(r"^\s*(?:\([^)]{0,160}\))?\s*(?:,|;|&|/|、|，|和|及|与|と|및|·)?\s*$")


@dataclass(frozen=True, slots=True)
class Event:
    """One trigger with its slots filled. `sure` is how far the attachment itself is to be trusted, 0 to 1.

    `gap` counts the words between mover and verb that no rule explains; `how` says for each end what filled it: marker,
    bare, subject, post, group, stand_in or context (the last two are guesses).
    """

    kind: str
    mover: Mention
    from_org: Mention | None
    to_org: Mention | None
    role: str
    status: Status
    sentence: Sentence
    trigger: Hit
    sure: float
    gap: int = 0
    how: Mapping[str, str] = field(default_factory=dict)
    board: bool = False  # a seat on a board, not a job
    new_role: bool = True  # the post is the one taken up, not one that the mover had
    background: bool = False  # told only to say after or amid what something else happened
    mates: frozenset[str] = frozenset()  # names of those of whom the same verb tells the same

    @property
    def guessed(self) -> bool:
        """Whether an end comes from the context, not from this sentence's own words."""
        return any(how in _GUESSES for how in self.how.values())


@dataclass(slots=True)
class Slots:
    """The ends of a move as they are filled, first come first served, and by what."""

    ends: dict[str, Mention] = field(default_factory=dict)
    how: dict[str, str] = field(default_factory=dict)

    def put(self, end: str, org: Mention | None, how: str) -> None:
        """Fill `end` with `org` unless it is filled already or the other end is the same mention."""
        other = self.ends.get("to" if end == "from" else "from")
        if org is not None and end and end not in self.ends and (other is None or other.start != org.start):
            self.ends[end] = org
            self.how[end] = how

    def drop(self, end: str) -> None:
        """Empty `end` again."""
        del self.ends[end], self.how[end]


@dataclass(slots=True)
class Attachment:
    """One trigger in its sentence."""

    watch: Watch
    reading: Reading
    sentence: Sentence
    trigger: Hit
    posts: dict[Mention, Affiliation]

    @property
    def frame(self) -> Frame:
        """What the class of the trigger says."""
        return FRAMES[self.trigger.term.value]

    @property
    def order(self) -> str:
        """Where the trigger has its mover."""
        return self.trigger.term.order

    def events(self) -> list[Event]:
        """Return one event for each mover."""
        passive = self._passive()
        movers = self._movers(passive)
        found = [event for mover in movers if (event := self._event(mover, passive)) is not None]
        beside = [event for mover in self._companions(movers) if (event := self._event(mover, passive)) is not None]
        found += [replace(event, role="") for event in beside]
        names = frozenset(event.mover.name for event in found)
        return [replace(event, mates=names - {event.mover.name}) for event in found] if len(names) > 1 else found

    def _companions(self, movers: list[Mention]) -> list[Mention]:
        """Return those with whom somebody joins: "P joins A alongside Q"."""
        if self.trigger.term.value not in JOINING or not movers or movers[0].kind != "person":
            return []
        names = {mover.name for mover in movers}
        people = [p for p in self.sentence.people if self._may_move(p)]
        for person in people:
            before = self.reading.folded[max(self.trigger.end, person.start - _COMPANION) : person.start].rstrip()
            if person.start < self.trigger.end or person.name in names or self._speaks(person):
                continue
            beside = any(before.endswith(phrase) for g in self.reading.languages for phrase in g.words["alongside"])
            if beside and not self._crosses(person) and not self.reading.folded.startswith(_OWNS, person.end):
                return [p for p in self._with_list(person, people, step=1) if p.name not in names]
        return []

    def of(self, mover: Mention) -> Event | None:
        """Return the event with a mover whom this sentence does not name."""
        return self._event(mover, self._passive())

    def _event(self, mover: Mention, passive: bool) -> Event | None:
        kind = self.trigger.term.value
        role, new_role = self._role(mover, self.posts.get(mover))
        if not (role and new_role) and any(
            self.trigger.term.text in g.words["needs_post"] for g in self.reading.languages
        ):
            return None  # "becomes the richest man", "named in a lawsuit"
        if kind == "become" and self._describes():
            return None
        slots = self._slots(mover, passive)
        if self._is_of_another(slots.ends.get("from"), mover):
            slots.drop("from")
        post = self.posts.get(mover)
        self._fill(slots, mover, post)
        from_org, to_org = slots.ends.get("from"), slots.ends.get("to")
        if kind in ("join", "hire", "move") and from_org and to_org and from_org.name == to_org.name:
            from_org = None if kind == "hire" else from_org
        status = self._status(mover, post, from_org)
        if kind in ("appoint", "become") and to_org is not None and from_org is None and self._is_inside(role):
            slots.ends["from"], slots.how["from"] = to_org, "inside"
            from_org = to_org
        sure = mover.sure * (1.0 if self.trigger.term.strong else 0.7)
        return Event(
            kind,
            mover,
            from_org,
            to_org,
            role,
            status,
            self.sentence,
            self.trigger,
            sure,
            self._gap(mover),
            dict(slots.how),
            self._is_board(),
            new_role,
            kind in LEAVING and self._is_background(mover),
        )

    def _is_of_another(self, org: Mention | None, mover: Mention) -> bool:
        """Whether `org` is where the one named before `mover` works: "hires P, head of A, and Q"."""
        return org is not None and any(
            post.org is org and person.name != mover.name and person.end <= org.start < mover.start
            for person, post in self.posts.items()
        )

    def _status(self, mover: Mention, post: Affiliation | None, from_org: Mention | None) -> Status:
        """Return how sure the text is of it. What only dates another event is past, as what a former employee did."""
        status = event_status(self.reading, self.sentence, self.trigger)
        if self._is_title_of(mover):
            return Status.HISTORICAL
        if mover.via == "author" and status is Status.REPORTED:
            status = Status.CONFIRMED  # "I'm leaving A"
        if status is Status.DENIED or self.trigger.term.value not in LEAVING:
            return status
        was_there = (
            post is not None and from_org is not None and post.org is not None and post.org.name == from_org.name
        )
        gone = was_there and post is not None and not post.elsewhere and self._is_gone(mover)
        return Status.HISTORICAL if gone else status

    def _describes(self) -> bool:
        """Whether it only says what somebody does: "P, who leads research at A"."""
        before = self.reading.folded[
            max(self.sentence.start, self.trigger.start - _BESIDE) : self.trigger.start
        ].split()[-1:]
        present = any(self.trigger.term.text in language.words["leads"] for language in self.reading.languages)
        return present and bool(before) and any(before[0] in g.words["relatives"] for g in self.reading.languages)

    def _is_title_of(self, mover: Mention) -> bool:
        """Whether the text only says who somebody is: "A's new chief scientist, P, said"."""
        owned = self.reading.folded[self.trigger.start - 3 : self.trigger.start] in ("'s ", "’s ")
        described = self.trigger.term.value == "appoint" and self.order == "noun" and self.trigger.end <= mover.start
        return described and owned and self.sentence.zone != "title"

    def _is_gone(self, mover: Mention) -> bool:
        """Whether the mover is called a former employee: "ex-A researcher P says he left"."""
        near = [h for h in self.sentence.of("former") if -90 < h.start - mover.start < 60]
        return any(h.term.text in language.words["gone"] for h in near for language in self.reading.languages)

    def _is_background(self, mover: Mention) -> bool:
        """Whether a noun only dates something else that happened: "following the exit of P", "amid other exits"."""
        if self.order != "noun":
            return False
        begin = min(self.trigger.start, mover.start)
        window = re.split(r"[.;:,()]", self.reading.folded[max(self.sentence.start, begin - 40) : begin])[-1]
        between = self.reading.folded[mover.end : self.trigger.start] if mover.end < self.trigger.start else ""
        words = [*window.split()[-3:], *between.split()]
        return any(word in language.words["background"] for word in words for language in self.reading.languages)

    def _is_inside(self, role: str) -> bool:
        """Whether who takes a post was there before: "promotes P", "takes over as interim chief"."""
        words = {*self.trigger.term.text.split(), *role.casefold().split()}
        return any(not words.isdisjoint(language.words["inside"]) for language in self.reading.languages)

    def _is_board(self) -> bool:
        """Whether it is a board that is joined: the word stands right behind the verb and its organisation."""
        ends = [self.trigger.end, *(o.end for o in self.sentence.orgs if 0 <= o.start - self.trigger.end < _BESIDE)]
        after = self.reading.folded[self.trigger.end : max(ends) + 2 * _BESIDE]
        joins = self.trigger.term.value in ("join", "hire", "move", "arrival")
        return joins and any(f" {word}" in after for g in self.reading.languages for word in g.words["boards"])

    # -------------------------------------------------------------------------------------------- voice

    def _passive(self) -> bool:
        if self.frame.mover != "right" or self.order == "sov" or self._ends_in_agent():
            return False
        before = self.reading.folded[max(self.sentence.start, self.trigger.start - 24) : self.trigger.start].split()
        first, *rest = self.trigger.term.text.split()
        infinitive = "to" in rest[:-1] or first in self.reading.languages[-1].stopwords
        going_on = self.trigger.term.text.endswith("ing") or (first.endswith("ing") and bool(rest))
        if self.trigger.term.language == "en" and (going_on or infinitive) and before[-1:] != ["being"]:
            return False  # "is now hiring P", "is in talks to hire P"
        if before and any(word in language.passive for word in before[-2:] for language in self.reading.languages):
            return True
        after = self.reading.folded[self.trigger.end : self.trigger.end + 12].split()[:1]
        return bool(after) and any(language.before.get(after[0]) == "agent" for language in self.reading.languages)

    def _ends_in_agent(self) -> bool:
        """Whether the verb's own last word says "by", so that the mover follows: "will be joined by P"."""
        last = self.trigger.term.text.rpartition(" ")[2]
        return any(language.before.get(last) == "agent" for language in self.reading.languages)

    # -------------------------------------------------------------------------------------------- distance

    def _gap(self, mover: Mention) -> int:
        """Return how many words between the verb and `mover` no rule explains."""
        if mover.start < self.trigger.end <= mover.end or mover.start <= self.trigger.start < mover.end:
            return 0
        left, right = (mover, self.trigger) if mover.end <= self.trigger.start else (self.trigger, mover)
        gap = strange_words(self.reading, self.sentence, left.end, right.start)
        return min(gap, 1) if left is mover and gap <= _DEPENDENT and self._depends() else gap

    # -------------------------------------------------------------------------------------------- movers

    def _movers(self, passive: bool) -> list[Mention]:
        people = [p for p in self.sentence.people if self._may_move(p)]
        found = self._pick(people, passive)
        if found:
            return found
        if not self.trigger.term.strong:
            return []
        groups = [
            g
            for g in self.sentence.groups
            if not any(p.start < g.end and g.start < p.end for p in self.sentence.people)
        ]
        picked = self._pick(groups, passive)[:1]
        if picked and (named := self._among(people, picked[0])):
            return named
        firm = self._firm() if not picked else None
        return [firm] if firm is not None else picked

    def _among(self, people: list[Mention], group: Mention) -> list[Mention]:
        """Return those whom a group is said to include: "departures, including P and Q", "four people: P, Q"."""
        first = next((p for p in people if p.start >= max(group.end, self.trigger.end)), None)
        if first is None:
            return []
        start = max(group.end, self.trigger.end)
        post = next((h for h in self.sentence.of("role") if start <= h.start and 0 <= first.start - h.end <= 2), None)
        before = self.reading.folded[start : post.start if post is not None else first.start].rstrip()
        names = before.endswith(":") or any(
            before.endswith(phrase) for g in self.reading.languages for phrase in g.words["including"]
        )
        return self._with_list(first, people, step=1) if names and len(before) < RIGHT_REACH else []

    def _firm(self) -> Mention | None:
        """Return the staff of a firm that itself joins another: "A joins B", where the text speaks of its people."""
        if self.trigger.term.value not in ("join", "move") or self.order != "svo":
            return None
        org = next((o for o in reversed(self.sentence.orgs) if o.end <= self.trigger.start), None)
        after = next((o for o in self.sentence.orgs if o.start >= self.trigger.end), None)
        if org is None or after is None or org.name == after.name or self._is_programme(after):
            return None
        owner = self.reading.folded.startswith(_OWNS, org.end)
        near = not owner and strange_words(self.reading, self.sentence, org.end, self.trigger.start) == 0
        beside = strange_words(self.reading, self.sentence, self.trigger.end, after.start) == 0
        staff = any(s.of("people") or s.of("acquihire") for s in self.reading.sentences if s.zone != "body")
        if not (near and beside and staff) or (org.known is not None and org.known.kind == "bigtech"):
            return None
        return Mention("group", f"{org.name} team", org.start, org.end, "firm", 0.6, org.known)

    def _may_move(self, person: Mention) -> bool:
        if person.via == "single" and not self.trigger.term.strong:
            return False
        return person.sure >= 0.4 and not (person.start < self.trigger.end and self.trigger.start < person.end)

    def _pick(self, people: list[Mention], passive: bool) -> list[Mention]:
        if self.order == "sov":
            return self._pick_before_verb(people)
        if self.order == "noun":
            return self._pick_noun(people)
        if self.frame.mover == "left" or passive:
            return self._left(people)
        right = self._right(people)
        if right or (self.frame.subject == "from" and self.trigger.term.value == "lose"):
            return right
        return self._left(people) if self._participle() else []

    def _participle(self) -> bool:
        """Tell "P named CEO", "P hired by B": the headline drops the auxiliary."""
        return self.reading.folded[: self.trigger.end].endswith(("ed", "en", "ought", "go", "it", "ie", "to"))

    def _left(self, people: list[Mention]) -> list[Mention]:
        for person in reversed([p for p in people if p.end <= self.trigger.start]):
            gap = self.reading.folded[person.end : self.trigger.start]
            if len(gap) > _LEFT_REACH:
                return []
            if self._blocked(person, gap) or self._far(person) or self._other_subject(person):
                continue
            if self._is_works_of(person, people):
                continue
            if "(" in gap and ")" not in gap[gap.rindex("(") :]:
                return [person]  # "Q, P (joining A)": what a bracket says is of the name before it
            return self._with_list(person, people, step=-1)
        return []

    def _is_works_of(self, person: Mention, people: list[Mention]) -> bool:
        """Whether the name is what an earlier person made: "P, the creator of Tesk, is leaving"."""
        if person.known is not None or self.reading.marker(person.start, self.sentence.start) != "of":
            return False
        earlier = next((p for p in reversed(people) if p.end <= person.start), None)
        return earlier is not None and self.reading.folded[earlier.end : person.start].lstrip().startswith(("(", ","))

    def _blocked(self, person: Mention, gap: str) -> bool:
        if gap.startswith(_OWNS):
            return True
        spokesman = person.known is not None and bool(person.known.stands_for) and self.sentence.zone != "title"
        if self._said(gap) or (spokesman and len(gap) > _BESIDE):
            return True
        if self.trigger.term.text.endswith("ing") and not gap.strip():
            return False  # "news about P joining A"
        return self.reading.marker(person.start, self.sentence.start) in ("agent", "other", "goal")

    def _other_subject(self, person: Mention) -> bool:
        """Whether a firm stands right before the verb as its subject: "P announced B joining A"."""
        post = self.posts.get(person)
        return any(
            person.end <= org.start < self.trigger.start
            and not self.reading.folded[org.end : self.trigger.start].strip()
            and not self.reading.marker(org.start, person.end)
            and (post is None or post.org is not org)
            for org in self.sentence.orgs
        )

    def _said(self, gap: str) -> bool:
        """Whether the person before `gap` speaks of others: "P said researchers left", not "P said she left"."""
        words = [word.strip(",.'’\"") for word in gap.split()]
        speech = next(
            (i for i, w in enumerate(words) if any(w in g.words["speech"] for g in self.reading.languages)), None
        )
        if speech is None or words[speech + 1 : speech + 2] == ["to"]:
            return False  # "is said to be leaving" is no speech
        return not any(w in g.words["pronouns"] for w in words[speech:] for g in self.reading.languages)

    def _right(self, people: list[Mention]) -> list[Mention]:
        object_ = self.reading.folded[self.trigger.end : self.trigger.end + 8].replace(",", " ").split()[:1]
        if object_ and any(object_[0] in language.words["objects"] for language in self.reading.languages):
            return []  # "hires him, as P reported"
        for person in (p for p in people if p.start >= self.trigger.end):
            gap = self.reading.folded[self.trigger.end : person.start]
            if (
                len(gap) > RIGHT_REACH
                or self._crosses(person)
                or self.reading.names_firm(self.trigger.end, person.start)
            ):
                return []
            if self.reading.marker(person.start, self.trigger.end) in ("agent", "other", "goal", "source"):
                continue
            return [] if self._far(person) else self._with_list(person, people, step=1)
        return []

    def _far(self, person: Mention) -> bool:
        """Whether too many strange words stand between; those who speak for a firm must stand right beside the verb."""
        spokesman = person.known is not None and bool(person.known.stands_for)
        return self._gap(person) > (0 if spokesman else _STRANGE)

    def _depends(self) -> bool:
        """Whether the verb shares the subject of the clause before: "P copied files before joining A"."""
        before = self.reading.folded[max(self.sentence.start, self.trigger.start - _BESIDE) : self.trigger.start]
        words = before.split()[-3:]
        return any(word in g.words["clauses"] for word in words for g in self.reading.languages)

    def _crosses(self, person: Mention) -> bool:
        """Whether another verb stands between this one and `person`."""
        return any(
            self.trigger.end <= h.start and h.end <= person.start
            for h in self.sentence.of("trigger")
            if h.term.order != "noun"
        )

    def _pick_noun(self, people: list[Mention]) -> list[Mention]:
        for person in reversed([p for p in people if p.end <= self.trigger.start]):
            gap = self.reading.folded[person.end : self.trigger.start]
            firms = any(person.end <= o.start < self.trigger.start for o in self.sentence.orgs)
            if gap.startswith(_OWNS) and len(gap) < 40 and not firms:
                return [person]
            break
        here = replace(people[0], start=self.trigger.start, end=self.trigger.end) if people else None
        if here is not None and (named := self._among(people, here)):
            return named
        following = [p for p in people if 0 <= p.start - self.trigger.end <= 60]
        owner = bool(following) and self.reading.folded.startswith(_OWNS, following[0].end)
        if following and not owner and not self._crosses(following[0]) and self._gap(following[0]) < 2:
            marker = self.reading.marker(following[0].start, self.trigger.start)
            if marker in ("of", "") or self.reading.folded[: self.trigger.end].endswith(" of"):
                return self._with_list(following[0], people, step=1)
        return self._left([p for p in people if self.trigger.start - p.end <= 70])

    def _pick_before_verb(self, people: list[Mention]) -> list[Mention]:
        wanted = "object" if self.frame.mover == "right" else "subject"
        before = [p for p in people if p.end <= self.trigger.start and self.trigger.start - p.end <= _LEFT_REACH]
        marked = [p for p in before if self.reading.postposition(p.end) == wanted]
        pool = marked or [p for p in before if self.reading.postposition(p.end) in ("", "of", "object", "subject")]
        return self._with_list(pool[-1], people, step=-1) if pool else []

    def _with_list(self, person: Mention, people: list[Mention], *, step: int) -> list[Mention]:
        """Return `person` and those listed with them: "P (Tesla), Q and R"."""
        index, chosen = people.index(person), [person]
        while 0 <= index + step < len(people):
            follower = people[index + step]
            left, right = (chosen[-1], follower) if step > 0 else (follower, chosen[-1])
            if not self._listed(self.reading.folded[left.end : right.start], left, right):
                break
            if step > 0 and self._speaks(follower):
                break  # "hires P and Q, its chief R said"
            chosen.append(follower)
            index += step
        return chosen

    def _speaks(self, person: Mention) -> bool:
        """Whether a verb of speech stands right behind the name."""
        after = self.reading.folded[person.end : person.end + _BESIDE].split()[:1]
        return bool(after) and any(
            after[0].strip(".,:;") in language.words["speech"] for language in self.reading.languages
        )

    def _listed(self, gap: str, left: Mention, right: Mention) -> bool:
        words = [word for word in gap.split() if not any(word in g.conjunctions for g in self.reading.languages)]
        short = " ".join(words)
        if LISTED.match(short):
            return True
        if any(
            left.end <= h.start < right.start and not self._is_aside(h, left.end) for h in self.sentence.of("trigger")
        ):
            return False
        if len(gap) > _LONGEST_GAP:
            return False
        gap = gap.lstrip()
        conjunction = any(word in g.conjunctions for word in gap.split()[-4:] for g in self.reading.languages)
        roles = any(left.end <= h.start < right.start for h in (*self.sentence.of("role"), *self.sentence.of("former")))
        if conjunction and roles and not strange_words(self.reading, self.sentence, left.end, right.start):
            return True  # "P and engineer Q"
        if gap[:1] in ("、", "，") and len(gap) < _SHORT_POST:
            return roles
        return gap[:1] in (",", "(") and (conjunction or gap.rstrip()[-1:] == ",") and roles

    def _is_aside(self, hit: Hit, start: int) -> bool:
        """Whether `hit` stands in a bracket that opened behind `start`: "P (joining A), Q and R"."""
        before = self.reading.folded[start : hit.start]
        return before.rfind("(") > before.rfind(")") and ")" in self.reading.folded[hit.end : hit.end + _LONGEST_GAP]

    # -------------------------------------------------------------------------------------------- organisations

    def _slots(self, mover: Mention, passive: bool) -> Slots:
        slots = Slots()
        if self.order == "sov":
            self._before_verb(slots)
            return slots
        self._after_verb(slots)
        if self.frame.subject and not passive:
            org = self._subject(mover)
            slots.put(self.frame.subject, org, "stand_in" if org is not None and org.via == "anaphor" else "subject")
        if self.order == "noun" or self.trigger.term.value in ("join", "move", "leave", "found", "become"):
            self._preposed(slots)
        return slots

    def _after_verb(self, slots: Slots) -> None:
        limit = self._limit()
        previous: tuple[Mention, str] | None = None
        for org in self.sentence.orgs:
            if not self.trigger.end <= org.start < limit or self._is_owner_of_object(org) or self._was_held_at(org):
                continue
            end = self._end_of(org, previous)
            slots.put(end, org, "marker" if self.reading.marker(org.start, self.trigger.start) else "bare")
            previous = (org, end) if end else previous
        if "to" not in slots.ends and self.trigger.term.value in ("join", "found"):
            slots.put("to", self._unheard_of(), "unheard")

    def _is_owner_of_object(self, org: Mention) -> bool:
        """Whether `org` only says whose the object is: "makes an offer to A's P"."""
        owned = self.reading.folded.startswith(_OWNS, org.end)
        return (
            owned
            and self.frame.mover == "right"
            and any(p.start > org.end and a.org is org for p, a in self.posts.items())
        )

    def _was_held_at(self, org: Mention) -> bool:
        """Whether a new post is told beside an old one: "will be led by P and Q, former heads of A and B"."""
        if self.trigger.term.value not in ("appoint", "become"):
            return False
        former = next((h for h in reversed(self.sentence.of("former")) if h.end <= org.start), None)
        if former is None or former.start < self.trigger.end or org.start - former.end > _ROLE_REACH:
            return False
        between = self.reading.folded[former.end : org.start]
        return not re.search(r"[,;:.()]", between) and self.reading.marker(org.start, former.end) in ("of", "place", "")

    def _unheard_of(self) -> Mention | None:
        """Return the capitalised word right after "joins" as a firm that nobody told us of."""
        name = next((p for p in self.sentence.people if p.start >= self.trigger.end), None)
        if name is None or name.known is not None or name.sure > 0.8 or name.via not in ("single", "shape"):
            return None
        gap = self.reading.folded[self.trigger.end : name.start]
        beside = len(gap) < 30 and not strange_words(self.reading, self.sentence, self.trigger.end, name.start)
        return replace(name, kind="org", via="shape", sure=0.5) if beside else None

    def _limit(self) -> int:
        nexts = [h.start for h in self.sentence.of("trigger") if h.start >= self.trigger.end and h.term.order != "noun"]
        return min([self.sentence.end, self.trigger.end + ORG_REACH, *nexts])

    def _end_of(self, org: Mention, previous: tuple[Mention, str] | None) -> str:
        if self._is_programme(org):
            return ""
        marker = self.reading.marker(org.start, self.trigger.start)
        if org.known is not None and org.known.kind == "platform" and marker not in ("source", "goal"):
            return ""
        if self.trigger.term.text.endswith(" from") and self.frame.unmarked == "to":
            marker = self.reading.marker(
                org.start, self.trigger.end
            )  # "accepts an offer from A": that is where one goes
        if marker == "place" and self.trigger.term.value in JOINING and self._after_a_spell(org):
            return "from"
        if marker == "place" and self.trigger.term.value == "leave" and self._after_a_goal(org):
            return "to"
        if marker == "goal" and self.trigger.term.value in ("hire", "poach", "join") and self._after_an_exit(org):
            return "from"
        if marker:
            return self.frame.slots.get(marker, "")
        gap = self.reading.folded[self.trigger.end : org.start]
        if previous is not None:
            return previous[1] if LISTED.match(self.reading.folded[previous[0].end : org.start]) else ""
        people = any(self.trigger.end <= p.start < org.start for p in self.sentence.people)
        if people or len(gap) > 50 or re.search(r"[,;:.()]", gap):
            return ""
        return self.frame.unmarked

    def _after_a_spell(self, org: Mention) -> bool:
        """Whether it is where somebody was before: "A rehires P after six months at B"."""
        words = self.reading.folded[self.trigger.end : org.start].split()
        return any(word in g.words["spells"] for word in words for g in self.reading.languages)

    def _after_a_goal(self, org: Mention) -> bool:
        """Whether a post there is what somebody leaves for: "leaves for a job at A"."""
        gap = self.reading.folded[self.trigger.end : org.start]
        words = gap.split()
        return "," not in gap and any(g.before.get(word) == "goal" for word in words for g in self.reading.languages)

    def _after_an_exit(self, org: Mention) -> bool:
        """Whether a noun sent the mover there before: "rehires P, two weeks after their departure to B"."""
        return any(
            self.trigger.end <= h.start < org.start and h.term.order == "noun" and h.term.value == "departure"
            for h in self.sentence.of("trigger")
        )

    def _is_programme(self, org: Mention) -> bool:
        """Whether the name is only the first word of what is joined: "the B Inception Program"."""
        after = next((h for h in self.sentence.of("programme") if h.start >= org.end), None)
        between = self.reading.folded[org.end : after.start] if after is not None else ""
        if after is None or len(between.split()) > 3 or re.search(r"[,;:.()]", between):
            return False
        return not any(word in language.before for word in between.split() for language in self.reading.languages)

    def _subject(self, mover: Mention) -> Mention | None:
        """Return the organisation that acts: the nearest one before the verb that is nobody's affiliation."""
        taken = {
            id(post.org)
            for person, post in self.posts.items()
            if post.org is not None and person.end <= self.trigger.start
        }
        own = self.posts.get(mover)
        for org in reversed([o for o in self.sentence.orgs if o.end <= self.trigger.start]):
            if self.trigger.start - org.end > ORG_REACH:
                break
            marker = self.reading.marker(org.start, self.sentence.start)
            beside = not strange_words(self.reading, self.sentence, org.end, self.trigger.start)
            free = beside if marker in ("goal", "of") else marker not in ("source", "agent", "other")
            owner = own is not None and own.owned and own.org is org and self.trigger.term.value in ("hire", "poach")
            if id(org) not in taken and free and not owner:
                return org
        return self._stand_in(mover)

    def _stand_in(self, mover: Mention) -> Mention | None:
        """Return the organisation of an executive who acts for it, or what "the company" means."""
        for person in reversed([p for p in self.sentence.people if p.end <= self.trigger.start and p is not mover]):
            if person.known is not None and person.known.stands_for:
                known = self.watch.organisations.get(person.known.stands_for)
                return replace(person, kind="org", name=person.known.stands_for, sure=0.8, known=known)
        if any(h.end <= self.trigger.start for h in self.sentence.of("anaphor")):
            return self.reading.focus
        return None

    def _preposed(self, slots: Slots) -> None:
        """Read "after ten years at A, P joins B" and "from A, P moves to B"; for nouns "B's hiring of P"."""
        for org in (o for o in self.sentence.orgs if o.end <= self.trigger.start):
            if self.trigger.start - org.end > ORG_REACH:
                continue
            marker = self.reading.marker(org.start, self.sentence.start)
            own = any(post.org is org for post in self.posts.values())
            if marker in ("source", "place") and self.trigger.term.value != "become" and not own:
                slots.put("from", org, "marker")

    def _before_verb(self, slots: Slots) -> None:
        before = [
            o for o in self.sentence.orgs if o.end <= self.trigger.start and self.trigger.start - o.end <= ORG_REACH
        ]
        for org in reversed(before):
            case = self.reading.postposition(org.end)
            if case == "subject":
                slots.put(self.frame.subject, org, "subject")
            elif case in self.frame.slots:
                slots.put(self.frame.slots[case], org, "marker")
            elif not case and self.trigger.start - org.end <= 2:
                slots.put(self.frame.unmarked or self.frame.slots.get("goal", ""), org, "bare")
        if self.frame.subject and self.frame.subject not in slots.ends:
            free = [o for o in before if self.reading.postposition(o.end) in ("subject", "")]
            own = next((o for o in free if not any(p.org is o for p in self.posts.values())), None)
            slots.put(self.frame.subject, own, "subject")

    # -------------------------------------------------------------------------------------------- context

    def _fill(self, slots: Slots, mover: Mention, post: Affiliation | None) -> None:
        """Fill empty ends from the mover's post, from "the company", and from what the text is about."""
        kind = self.trigger.term.value
        late = post is not None and post.elsewhere and kind in LEAVING | {"appoint", "become"}
        if post is not None and post.org is not None and not late:
            founded = kind in ("appoint", "become") and self._is_founder(post)
            if not founded or "to" not in slots.ends or slots.ends["to"].name == post.org.name:
                self._fill_from_post(slots, kind, post.org, "elsewhere" if post.elsewhere else "post")
        group = self._group_org(mover) if mover.kind == "group" else None
        if group is not None and kind in JOINING | LEAVING:
            slots.put("from", group, "group")
        offered = kind == "stay" and "to" not in slots.ends  # "persuades P to stay"
        if (kind in LEAVING or offered) and "from" not in slots.ends:
            slots.put("from", *self._context_org(slots))
        if kind in JOINING and "from" not in slots.ends and "to" in slots.ends and self._from_own_post():
            slots.ends["from"], slots.how["from"] = slots.ends["to"], "inside"
        if kind in ("join", "hire", "poach", "appoint") and "from" not in slots.ends:
            slots.put("from", self._owner_nobody_told_of(mover, post), "post")
        if kind in ("join", "hire", "move") and self._was_employed(mover, post):
            focus = self.reading.focus  # "A sues a former employee": one of the firm that the text is about
            same = focus is None or any(org.name == focus.name for org in slots.ends.values())
            slots.put("from", None if same else focus, "context")
        if kind == "stay" and "from" in slots.ends:
            slots.put("to", self._suitor(slots), "context")
        if kind in ("join", "hire", "poach", "appoint", "become") and "to" not in slots.ends:
            open_ended = kind == "join" and not self._anaphor() and not self._joins_nothing()
            slots.put("to", *((None, "") if open_ended else self._context_org(slots)))

    def _from_own_post(self) -> bool:
        """Whether the mover had another post in the same house: "P joins the lab from his role as product chief"."""
        for language in self.reading.languages:
            for phrase in language.words["own_post"]:
                at = self.reading.folded.find(f" {phrase} ", self.trigger.end - 1, self.trigger.end + RIGHT_REACH)
                end = at + len(phrase) + 2
                post = next((h for h in self.sentence.of("role") if at >= 0 and 0 <= h.start - end <= 1), None)
                if post is not None:  # a firm behind it is where that post was: "from his role at A"
                    after = [o for o in self.sentence.orgs if 0 <= o.start - post.end < _COMPANION]
                    return not any(self.reading.marker(o.start, post.end) for o in after)
        return False

    def _was_employed(self, mover: Mention, post: Affiliation | None) -> bool:
        """Whether the mover is called a former employee, without a word on whose: "former employee P"."""
        if post is not None and (post.former or post.org is not None):
            return post.former and post.org is None
        former = [h for h in self.sentence.of("former") if 0 <= mover.start - h.end <= _BESIDE]
        return any(h.end <= p.start and p.end <= mover.start for h in former for p in self.sentence.of("people"))

    def _is_founder(self, post: Affiliation) -> bool:
        """Whether the post is no job that one leaves for another: "A co-founder P will lead B"."""
        words = post.role.casefold().split()
        return any(word in g.words["founders"] for word in words for g in self.reading.languages)

    def _fill_from_post(self, slots: Slots, kind: str, org: Mention, how: str) -> None:
        to_org = slots.ends.get("to")
        if kind in LEAVING or kind == "stay":
            slots.put("from", org, how)
        elif kind in ("appoint", "become") and (to_org is None or to_org.name == org.name):
            slots.put("to", org, how)
            slots.ends.setdefault("from", org)
            slots.how.setdefault("from", how)
        elif to_org is None or to_org.name != org.name:
            slots.put("from", org, how)

    def _owner_nobody_told_of(self, mover: Mention, post: Affiliation | None) -> Mention | None:
        """Return the firm of "Norvane's P joins A" by its capital, where no list has it and no post is told."""
        owned = _OWNER.search(self.reading.text, max(self.sentence.start, mover.start - 40), mover.start)
        if owned is None or (post is not None and post.org is not None) or mover.kind != "person":
            return None
        word, start, end = owned[1], owned.start(1), owned.end(1)
        names = [m for m in (*self.sentence.people, *self.sentence.orgs) if m.via != "single"]
        spans = [(m.start, m.end) for m in names]
        spans += [(h.start, h.end) for h in (*self.sentence.of("place"), *self.sentence.of("product"))]
        taken = any(begin < end and start < stop for begin, stop in spans)
        if taken or word.casefold() in self.watch.ordinary[self.reading.code]:
            return None
        return Mention("org", word, start, end, "shape", 0.5)

    def _suitor(self, slots: Slots) -> Mention | None:
        """Return the only other firm of title and lead: who makes an offer to somebody who stays."""
        known = {
            o.name: o
            for s in self.reading.sentences
            if s.zone in ("title", "lead")
            for o in s.orgs
            if o.known is not None and o.known.kind != "platform" and o.name != slots.ends["from"].name
        }
        return replace(next(iter(known.values())), via="anaphor", sure=0.6) if len(known) == 1 else None

    def _group_org(self, group: Mention) -> Mention | None:
        """Return the firm of "three OpenAI researchers" and of "three researchers from OpenAI"."""
        for org in self.sentence.orgs:
            if group.start <= org.start < group.end or org.start == group.start:
                return org
            if 0 <= org.start - group.end <= 40 and self.reading.marker(org.start, group.end) in (
                "source",
                "of",
                "place",
            ):
                return org
        return None

    def _anaphor(self) -> bool:
        return any(0 <= h.start - self.trigger.end <= 30 for h in self.sentence.of("anaphor"))

    def _context_org(self, slots: Slots) -> tuple[Mention | None, str]:
        """Return the one organisation that the sentence names, else what the text is about, and how it was found."""
        taken = {org.name for org in slots.ends.values()}
        focus = self.reading.focus
        known = [o for o in self.sentence.orgs if o.known is not None and o.known.kind != "platform"]
        if self.trigger.term.value in LEAVING:
            known = [o for o in known if not self._is_of_next(o)]
        same = [o for o in known if o.name not in taken]
        if focus is not None and focus.name not in taken and (self._anaphor() or not same):
            return focus, "context"
        if len({o.name for o in same}) == 1 and not self._anaphor():
            return same[0], "nearby"
        other = [
            o for s in self.reading.sentences if s.zone == "title" for o in s.orgs if o.known and o.name not in taken
        ]
        if not same and taken and len({o.name for o in other}) == 1:
            return replace(other[0], via="anaphor", sure=0.6), "context"  # the second firm of the title
        return None, ""

    def _joins_nothing(self) -> bool:
        """Whether the clause ends with the verb or goes on with a post: "P joins as CFO", where the title says whom."""
        rest = self.reading.folded[self.trigger.end : self.sentence.end].lstrip()
        begins = any(rest.startswith(f"{phrase} ") for language in self.reading.languages for phrase in language.as_)
        return self.trigger.term.language == "en" and begins

    def _is_of_next(self, org: Mention) -> bool:
        """Whether the next verb takes `org`: "P is leaving to join B"."""
        nexts = (h for h in self.sentence.of("trigger") if h.start >= self.trigger.end and h.term.order != "noun")
        after = next(nexts, None)
        if after is None or org.start < after.end:
            return False
        frame = FRAMES[after.term.value]
        marker = self.reading.marker(org.start, after.start)
        return (
            frame.slots.get(marker, "") if marker else frame.unmarked
        ) == "to" and org.start - after.end < ORG_REACH // 3

    def _role(self, mover: Mention, post: Affiliation | None) -> tuple[str, bool]:
        """Return the post, and whether it is the one taken up."""
        limit = min(self.sentence.end, self._limit_of_role())
        kind = self.trigger.term.value
        if kind == "appoint" and self.order == "noun":
            return role_after(self.reading, self.sentence, self._behind_new(), limit), True
        start = self.trigger.end
        if self.frame.mover == "right" and mover.start >= start:
            start = mover.end
        role = ""
        if kind not in LEAVING:
            orgs = [o for o in self.sentence.orgs if 0 <= o.start - start < _ROLE_REACH]
            bounds = [start, *(o.end for o in orgs)]
            stops = [*(o.start for o in orgs), limit]
            found = (role_after(self.reading, self.sentence, a, b) for a, b in zip(bounds, stops, strict=True) if a < b)
            role = next(filter(None, found), "")
        if not role and kind in ("appoint", "become", "leave", "oust", "departure"):
            role = role_after(self.reading, self.sentence, self.trigger.end, limit)
        if not role and kind == "become":
            role = led_field(self.reading, self.sentence, self.trigger, limit)
        if (self._is_board() or role) and not self._has_seat(role):
            role = next((g.words["board_seat"][0] for g in self.reading.languages if g.words["board_seat"]), role)
        if role:
            return role, kind not in LEAVING
        return (post.role if post is not None and self._is_of_end(post) else ""), False

    def _behind_new(self) -> int:
        """Return where the post begins in "new chief" or "interim chief", which are one phrase."""
        return self.trigger.start + len(self.trigger.term.text.split()[0]) + 1

    def _has_seat(self, role: str) -> bool:
        """Whether a role says what somebody is on a board: "board observer", and not "board" alone."""
        words = role.casefold().split()
        boards = {word for g in self.reading.languages for phrase in g.words["boards"] for word in phrase.split()}
        return any(word not in boards and word not in ("its", "the") for word in words)

    def _is_of_end(self, post: Affiliation) -> bool:
        """Whether the post that one leaves is not one at some third firm: "A co-founder P has left B"."""
        if self.trigger.term.value not in LEAVING or post.org is None:
            return True
        named = {o.name for o in self.sentence.orgs if o.start >= self.trigger.end and o.known is not None}
        return not named or post.org.name in named

    def _limit_of_role(self) -> int:
        nexts = [
            h.start for h in self.sentence.of("trigger") if h.start >= self.trigger.end + 30 and h.term.order != "noun"
        ]
        return min([self.sentence.end, self.trigger.end + 160, *nexts])

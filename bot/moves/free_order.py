"""Verbs of languages that take their mover on either side: "wechselt P zu A", "A ha perso P"."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.lexicon import Language
from bot.model import Status
from bot.moves.affiliations import role_after
from bot.moves.attach import LISTED, ORG_REACH, RIGHT_REACH, Attachment, Event, Slots
from bot.moves.distance import strange_words
from bot.moves.frames import LEAVING
from bot.moves.reading import Mention
from bot.moves.status import event_status


class FreeAttachment(Attachment):
    """A trigger of a language whose verbs take their mover on either side: "wechselt P zu A", "A ha perso P"."""

    __slots__ = ()

    @property
    def language(self) -> Language:
        """The language of the trigger."""
        return self.watch.lexicon.languages[self.trigger.term.language]

    def _event(self, mover: Mention, passive: bool) -> Event | None:
        term, end = self.trigger.term, self.trigger.end
        if term.value == "become" and not term.strong and not role_after(self.reading, self.sentence, end, end + 60):
            return None  # "becomes the richest man": a weak word of this kind needs a post
        event = super()._event(mover, passive)
        if event is not None and event.status is not Status.DENIED and self._in_chronicle(mover):
            return replace(event, status=Status.HISTORICAL)
        return event

    def _in_chronicle(self, mover: Mention) -> bool:
        """Whether the sentence tells of others' past first: "P ging 2021 zu A, Q im Mai zu B"."""
        return self.sentence.zone != "title" and any(
            h.end <= mover.start
            and h.term.order != "noun"
            and event_status(self.reading, self.sentence, h) is Status.HISTORICAL
            for h in self.sentence.of("trigger")
            if h is not self.trigger
        )

    def _floor(self) -> int:
        """Return where the clause begins: at the verb before."""
        verbs = (h.end for h in self.sentence.of("trigger") if h.end <= self.trigger.start and h.term.order != "noun")
        return max(verbs, default=self.sentence.start)

    def _passive(self) -> bool:
        if self.frame.mover != "right" or self.order == "noun":
            return False
        if super()._passive():
            return True
        words = self.reading.folded[self._floor() : self.trigger.start].split()
        after = self.reading.folded[self.trigger.end : self.trigger.end + 12].split()[:1]
        return self.order == "bracket" and any(word in self.language.passive for word in (*words, *after))

    # -------------------------------------------------------------------------------------------- movers

    def _pick(self, people: list[Mention], passive: bool) -> list[Mention]:
        if self.order == "noun":
            return self._pick_noun(people)
        if self.frame.mover == "left":
            return self._inverted(people) or self._left(people) or self._right(people)
        if passive or self._closes():
            return self._left(people) or self._right(people)
        return self._right(people) or ([] if self.trigger.term.value == "lose" else self._left(people))

    def _closes(self) -> bool:
        """Whether the clause ends with the verb, as with a participle: what follows is another's."""
        rest = self.reading.folded[self.trigger.end : self.sentence.end].lstrip()
        word = rest.split(maxsplit=1)[0] if rest else ""
        return not word or word[0] in ",.;:!?)»–—-" or word in self.language.conjunctions

    def _inverted(self, people: list[Mention]) -> list[Mention]:
        """Return the mover right behind its verb, where none stands right before it."""
        before = [p for p in people if p.end <= self.trigger.start]
        beside = before and self.reading.folded[before[-1].end : self.trigger.start].strip() == ""
        if beside and not self.reading.marker(before[-1].start, self.sentence.start):
            return []
        after = next((p for p in people if p.start >= self.trigger.end), None)
        if after is None or self._crosses(after) or self.reading.marker(after.start, self.trigger.end):
            return []
        gap = self.reading.folded[self.trigger.end : after.start]
        firm = any(self.trigger.end <= o.start < after.start for o in self.sentence.orgs)
        return [] if firm or "," in gap or self._gap(after) else self._with_list(after, people, step=1)

    def _right(self, people: list[Mention]) -> list[Mention]:
        for person in (p for p in people if p.start >= self.trigger.end):
            gap = self.reading.folded[self.trigger.end : person.start]
            if len(gap) > RIGHT_REACH or self._crosses(person) or self._speech(gap) or self._anew(gap):
                return []
            marker = self.reading.marker(person.start, self.trigger.end)
            if marker in ("agent", "other", "source") or (marker == "goal" and not self._is_object(gap)):
                continue
            return [] if self._far(person) else self._with_list(person, people, step=1)
        return []

    def _is_object(self, gap: str) -> bool:
        """Whether a person after "to" is the verb's object, as in "ficha a P"."""
        return self.frame.mover == "right" and "," not in gap and len(gap) < 50

    def _anew(self, gap: str) -> bool:
        """Whether the person behind `gap` begins a clause: "contrata engenheiros e P disse"."""
        words = gap.split()
        return len(words) > 1 and words[-1] in self.language.conjunctions

    def _speech(self, gap: str) -> bool:
        return any(word.strip(",.:«»“”\"'") in self.language.words["speech"] for word in gap.split())

    def _pick_noun(self, people: list[Mention]) -> list[Mention]:
        before = [p for p in people if p.end <= self.trigger.start]
        if before and self.reading.postposition(before[-1].end) == "of":
            return [before[-1]]
        following = [p for p in people if 0 <= p.start - self.trigger.end <= 60]
        if following and not self._crosses(following[0]):
            gap = self.reading.folded[self.trigger.end : following[0].start]
            marker = self.reading.marker(following[0].start, self.trigger.end)
            post = any(self.trigger.end <= h.start < following[0].start for h in self.sentence.of("role"))
            parted = re.search(r"[;:]", gap) or ("," in gap.rstrip(" ,") if post else "," in gap)
            if marker in ("of", "", "source") and not parted and not self._far(following[0]):
                return self._with_list(following[0], people, step=1)
        return self._left([p for p in before if self.trigger.start - p.end <= 70])

    # -------------------------------------------------------------------------------------------- organisations

    def _slots(self, mover: Mention, passive: bool) -> Slots:
        slots = Slots()
        self._after_verb(slots)
        if slots.ends.get("to") is not None and slots.ends["to"].start == mover.start:
            del slots.ends["to"], slots.how["to"]  # the mover stands behind its verb and was taken for a firm
        self._before(slots, mover)
        if self.frame.subject and not passive:
            org = self._actor(mover) or self._stand_in(mover)
            slots.put(self.frame.subject, org, "stand_in" if org is not None and org.via == "anaphor" else "subject")
        return slots

    def _case(self, org: Mention, floor: int) -> str:
        """Return the slot that its case or preposition gives to `org`, read for this verb."""
        slot = self.reading.postposition(org.end) or self.reading.marker(org.start, floor)
        kind = self.trigger.term.value
        if slot == "source" and self.language.by_is_from and self._passive() and not self._has_goal():
            return "agent"
        if slot == "of" and kind in ("join", "move"):
            return "source" if self._has_goal() or self._comes_from(org) else "goal"
        if kind == "stay" and (slot == "of" or (slot == "place" and self._offered(org))):
            return "goal"  # the offer of A, a post at A; "stays at A" has nothing between
        if slot == "goal" and kind == "poach" and org.start >= self.trigger.end and self._acts():
            return "source"  # what is taken is taken "a A", "à A"
        return slot

    def _comes_from(self, org: Mention) -> bool:
        """Whether the verb itself ends in the word before `org`: "vem da A"."""
        words = self.trigger.term.text.split()
        if any(word in self.language.words["member"] for word in words):
            return False  # "bin Teil von A"
        last = words[-1]
        return org.start - self.trigger.end == 1 and self.language.before.get(last) == "of"

    def _offered(self, org: Mention) -> bool:
        begin = min(self.trigger.end, org.start)
        return strange_words(self.reading, self.sentence, begin, org.start) > 0

    def _acts(self) -> bool:
        return any(o.end <= self.trigger.start for o in self.sentence.orgs)

    def _has_goal(self) -> bool:
        return any(
            "goal" in (self.reading.postposition(o.end), self.reading.marker(o.start, self.sentence.start))
            for o in self.sentence.orgs
        )

    def _end_of(self, org: Mention, previous: tuple[Mention, str] | None) -> str:
        if any(self.trigger.end <= h.start < org.start for h in self.sentence.of("programme")) or self._is_programme(
            org
        ):
            return ""
        case = self._case(org, self.trigger.start)
        if case:
            return self.frame.slots.get(case, "")
        if previous is not None:
            return previous[1] if LISTED.match(self.reading.folded[previous[0].end : org.start]) else ""
        gap = self.reading.folded[self.trigger.end : org.start]
        people = any(self.trigger.end <= p.start < org.start for p in self.sentence.people)
        if not people and self._robbed(org):
            return "from"
        if (people and self.frame.mover == "right") or len(gap) > 60 or re.search(r"[,;:.()]", gap):
            return ""
        return self._unmarked()

    def _robbed(self, org: Mention) -> bool:
        """Whether a bare firm before the person is whom they are taken from: "schnappt A den Forscher P weg"."""
        behind = any(0 <= p.start - org.end < RIGHT_REACH for p in self.sentence.people)
        takes = self.trigger.term.value in ("poach", "hire") and self.order == "bracket"
        return takes and behind and self._acts() and self.reading.folded[org.end : org.end + 1] == " "

    def _unmarked(self) -> str:
        """Return the end that a bare firm is: what one refuses, or swaps for another."""
        phrase = f"{self.trigger.term.text} {self.trigger.term.rest}".split()
        if any(word in self.language.words["loyal"] for word in phrase):
            return "from"
        return {"stay": "to", "move": "from"}.get(self.trigger.term.value, self.frame.unmarked)

    def _before(self, slots: Slots, mover: Mention) -> None:
        """Read what stands before the verb: "von A zu B wechselt P", "A verlässt P", "P hat A verlassen"."""
        floor = self._floor()
        own = {id(post.org) for post in self.posts.values()}
        for org in reversed([o for o in self.sentence.orgs if floor <= o.start and o.end <= self.trigger.start]):
            if self.trigger.start - org.end > ORG_REACH or id(org) in own:
                continue
            case = self._case(org, floor)
            if case == "goal" and self.trigger.term.value in LEAVING and self._apart(org):
                continue
            if case:
                slots.put(self.frame.slots.get(case, "") if case != "of" else "", org, "marker")
            elif (
                self.trigger.start - org.end <= (90 if self.order == "bracket" else 30)
                and not mover.start < org.start < mover.end
            ):
                parted = org.end <= mover.start < self.trigger.end
                found = parted or self.trigger.term.value in ("found", "become")
                slots.put("" if found else self._unmarked(), org, "bare")

    def _apart(self, org: Mention) -> bool:
        """Whether a colon parts `org` from the verb: "a blow for A: P leaves"."""
        return ":" in self.reading.folded[org.end : self.trigger.start]

    def _other_subject(self, person: Mention) -> bool:
        """Tell no: a firm right before the verb is as well its object ("dass P A verlässt")."""
        del person
        return False

    def _actor(self, mover: Mention) -> Mention | None:
        """Return the organisation that acts: before the verb, or between it and its object ("nun holt A P")."""
        own = {id(post.org) for post in self.posts.values()}
        before = [o for o in self.sentence.orgs if 0 <= self.trigger.start - o.end <= ORG_REACH]
        after = [o for o in self.sentence.orgs if self.trigger.end <= o.start < mover.start]
        for org in (*reversed(before), *after):
            if id(org) not in own and self._case(org, self.sentence.start) in ("", "of"):
                return org
        return None

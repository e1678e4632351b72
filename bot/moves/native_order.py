"""Triggers of Chinese, Japanese, Korean, Arabic and Hindi: where mover and organisations stand around their verbs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from bot.lexicon import Language
from bot.moves.affiliations import Affiliation
from bot.moves.attach import LISTED, ORG_REACH, Attachment, Slots
from bot.moves.distance import EXPLAINED, strange_words
from bot.moves.frames import JOINING, LEAVING
from bot.moves.native import case_end, passive_before, role_before, role_text, strange_letters
from bot.moves.reading import Mention

_CLAUSE = 160  # characters before a verb at the end in which its names stand
_NEAR = 60
_GENITIVES = ("의", "の", "के", "की", "का")
_POST = 14  # characters between a firm and the post in it


class VerbLast(Attachment):
    """Verbs at the end, names before them with particles: AがBからPを採用, P가 A를 떠나 B로 이직, P ने A छोड़ा."""

    __slots__ = ()

    def _passive(self) -> bool:
        return False

    def _gap(self, mover: Mention) -> int:
        if self._case(mover) in ("subject", "object") or self.order == "noun":
            return 0
        return min(super()._gap(mover) // 2, 3)

    def _case(self, mention: Mention) -> str:
        """Return the slot of the particle behind a name, "" where the phrase of the trigger itself begins with it."""
        if 0 <= self.trigger.start - mention.end <= 1:
            return ""
        person = mention.kind == "person"  # a post behind a firm is somebody's in it
        return self.reading.postposition(case_end(self.reading, self.sentence, mention) if person else mention.end)

    def _floor(self) -> int:
        """Return where the clause of this verb begins: behind the verb before."""
        verbs = [h.end for h in self.sentence.of("trigger") if h.end <= self.trigger.start and h.term.order != "noun"]
        return max(verbs, default=self.sentence.start)

    # -------------------------------------------------------------------------------------------- movers

    def _pick(self, people: list[Mention], passive: bool) -> list[Mention]:  # noqa: ARG002 - has no passive order
        wanted = "object" if self.frame.mover == "right" else "subject"
        before = [p for p in people if p.end <= self.trigger.start and self.trigger.start - p.end <= _CLAUSE]
        before = [p for p in before if not self._speaks_for_firm(p, wanted)]
        own = [p for p in before if p.start >= self._floor()]
        listed = ("other",) if wanted == "object" else ()  # "P와 다른 인재를 영입": the first of several
        for pool in (own, before):
            marked = [p for p in pool if self._case(p) == wanted]
            loose = [p for p in pool if self._case(p) in ("", "of", "object", "subject", *listed)]
            chosen = marked or loose
            if chosen:
                return self._with_list(chosen[-1], people, step=-1)
        return self._behind(people)

    def _speaks_for_firm(self, person: Mention, wanted: str) -> bool:
        """Whether an executive acts here for the organisation: "저커버그가 ... 영입"."""
        boss = person.known is not None and bool(person.known.stands_for)
        return boss and (wanted == "object" or self.sentence.zone != "title") and self._case(person) != wanted

    def _behind(self, people: list[Mention]) -> list[Mention]:
        """Return the person whom the clause describes: OpenAIを退社した山田氏, 오픈AI를 떠난 김서윤 연구원."""
        if self.trigger.term.value == "become":
            return []  # "Aを統括するP" says who P is, not what is new
        for person in people:
            gap = self.reading.folded[self.trigger.end : person.start]
            if 0 <= person.start - self.trigger.end <= 24 and not re.search("[。、,;]", gap):
                return self._with_list(person, people, step=1)
        return []

    # -------------------------------------------------------------------------------------------- organisations

    def _slots(self, mover: Mention, passive: bool) -> Slots:  # noqa: ARG002
        slots = Slots()
        floor = self._floor()
        near = [
            o for o in self.sentence.orgs if o.end <= self.trigger.start and self.trigger.start - o.end <= ORG_REACH
        ]
        owned = {id(post.org) for post in self.posts.values()}
        for org in reversed([o for o in near if o.start >= floor] or near[-1:]):
            self._put_by_case(slots, org, owned=id(org) in owned)
        if self.trigger.term.value in ("become", "appoint", "hire"):
            slots.put("to", self._firm_of_post(near), "marker")
        if self.frame.subject and self.frame.subject not in slots.ends:
            free = [o for o in near if id(o) not in owned and self._case(o) in ("subject", "")]
            slots.put(self.frame.subject, free[0] if free else self._stand_in(mover), "subject" if free else "stand_in")
        kind = self.trigger.term.value
        end = "from" if kind in LEAVING else "to" if kind in ("join", "become") else ""
        slots.put(end, self._topic(mover, near), "subject")
        if kind in JOINING | LEAVING and "from" not in slots.ends:
            slots.put("from", self._described_by(mover), "post")
        if floor > self.sentence.start:
            for org in near:
                if self._case(org) == "source" and id(org) not in owned:
                    slots.put(self.frame.slots.get("source", ""), org, "marker")
        return slots

    def _firm_of_post(self, near: list[Mention]) -> Mention | None:
        """Return whose post it is: アンソロピック日本法人の代表に就任, 네이버 최고과학자로 선임."""
        for hit in reversed([h for h in self.sentence.of("role") if h.end <= self.trigger.start]):
            if self.reading.postposition(hit.end) != "goal":
                continue
            for org in reversed([o for o in near if 0 <= hit.start - o.end <= _POST]):
                between = self.reading.folded[org.end : hit.start]
                if not re.search("[、。,;()]", between) and self._case(org) in ("", "of", "place"):
                    return org
        return None

    def _topic(self, mover: Mention, near: list[Mention]) -> Mention | None:
        """Return the firm that the sentence is about where the mover is another subject: AはPが退社すると発表."""
        before = [o for o in near if o.end <= mover.start]
        if not before or self._case(before[-1]) != "subject" or self._case(mover) != "subject":
            return None
        return before[-1]

    def _described_by(self, mover: Mention) -> Mention | None:
        """Return the firm of a clause that describes the mover: Aで基盤モデルを担当するP, A에서 추론 연구를 이끈 P."""
        for org in reversed([o for o in self.sentence.orgs if 0 < mover.start - o.end <= _CLAUSE // 4]):
            between = self.reading.folded[org.end : mover.start]
            verbs = any(
                org.end <= h.start < mover.start and h.term.value != "become" for h in self.sentence.of("trigger")
            )
            if not verbs and not re.search("[、。,;|]", between):
                case = self.reading.postposition(org.end)
                unit = case == "" and between.rstrip().endswith(_GENITIVES)
                return org if unit or case in ("place", "of", "source") else None
        return None

    def _put_by_case(self, slots: Slots, org: Mention, *, owned: bool) -> None:
        case = self._case(org)
        if case == "subject" and not owned:
            slots.put(self.frame.subject, org, "subject")
        elif case == "of" and owned:
            return
        elif case in self.frame.slots:
            slots.put(self.frame.slots[case], org, "marker")
        elif not case and self.trigger.start - org.end <= 3 and not owned:
            slots.put(self.frame.unmarked or self.frame.slots.get("goal", ""), org, "bare")

    def _role(self, mover: Mention, post: Affiliation | None) -> tuple[str, bool]:  # noqa: ARG002
        role = role_before(self.reading, self.sentence, self.trigger.start)
        if role:
            return role, self.trigger.term.value not in LEAVING
        return (post.role if post is not None else ""), False


class Chinese(Attachment):
    """Verbs between their names, no spaces, what is done to whom also before the verb: 把P挖走, P被B从A挖走."""

    __slots__ = ()

    def _passive(self) -> bool:
        return self.frame.mover == "right" and passive_before(self.reading, self.sentence, self.trigger)

    def _gap(self, mover: Mention) -> int:
        left, right = sorted(((mover.start, mover.end), (self.trigger.start, self.trigger.end)))
        return self._strange(left[1], right[0])

    def _pick(self, people: list[Mention], passive: bool) -> list[Mention]:
        if self.order == "noun" or self.frame.mover == "left" or passive:
            return self._left(people) or self._described(people)
        held = [p for p in people if p.end <= self.trigger.start and self._is_held(p)]
        if held:
            return self._with_list(held[-1], people, step=-1)
        return self._right(people)

    def _is_held(self, person: Mention) -> bool:
        """Whether 把 or 将 stands before the person, with only their post and firm between."""
        clause = self.reading.folded[max(self.sentence.start, person.start - _CLAUSE) : person.start]
        clause = re.split("[,。;]", clause)[-1]
        at = max(
            (clause.rfind(w) + len(w) for g in self.reading.languages for w in _objects(g) if w in clause), default=0
        )
        return bool(at) and self._strange(person.start - len(clause) + at, person.start) <= 1

    def _is_background(self, mover: Mention) -> bool:
        """Whether the clause only says after what something else happened: 继P辞职后, 随着P离职."""
        if mover.kind == "group":
            return False
        begin = min(mover.start, self.trigger.start)
        clause = re.split("[,。;，；]", self.reading.folded[self.sentence.start : begin])[-1]
        return clause.lstrip().startswith(self.reading.languages[0].words["background"])

    def _strange(self, start: int, end: int) -> int:
        marks = [(h.start, h.end) for kind in (*EXPLAINED, "trigger") for h in self.sentence.of(kind)]
        marks += [(m.start, m.end) for m in (*self.sentence.orgs, *self.sentence.people)]
        return strange_letters(self.reading, marks, start, end)

    def _marked(self, mention: Mention) -> str:
        return self.reading.marker(mention.start, self.sentence.start)

    def _blocked(self, person: Mention, gap: str) -> bool:
        """Whether the person only owns who moves (P的合伙人). Right beside the verb they are its own (对P离职)."""
        if gap.startswith("的"):
            return True
        return not (gap == "" and self._marked(person) == "other") and super()._blocked(person, gap)

    def _described(self, people: list[Mention]) -> list[Mention]:
        """Return the person whom the verb describes: 刚从OpenAI离职的焦可."""
        after = next((p for p in people if 0 <= p.start - self.trigger.end <= 20), None)
        if after is None or self._crosses(after):
            return []
        gap = self.reading.folded[self.trigger.end : after.start]
        roles = [h for h in self.sentence.of("role") if self.trigger.end <= h.start < after.start]
        described = gap.startswith("的") or (bool(roles) and "的" in gap)
        return [after] if described and not re.search("[,。;]", gap) else []

    def _slots(self, mover: Mention, passive: bool) -> Slots:
        slots = Slots()
        self._after_verb(slots)
        floor = self._clause()
        owned = {id(post.org) for post in self.posts.values()}
        for org in reversed([o for o in self.sentence.orgs if floor <= o.start and o.end <= self.trigger.start]):
            case = self._marked(org)
            if case in ("source", "agent", "goal") and id(org) not in owned:
                slots.put(self.frame.slots.get(case, ""), org, "marker")
        if self.frame.subject and not passive and self.order != "noun":
            actor = self._subject(mover)
            stands_in = actor is not None and actor.via == "anaphor"
            slots.put(self.frame.subject, actor, "stand_in" if stands_in else "subject")
        return slots

    def _unheard_of(self) -> Mention | None:
        return _in_latin(super()._unheard_of())

    def _clause(self) -> int:
        """Return where the names of this verb begin: behind the verb before it, but not within "从A…"."""
        verbs = [h.end for h in self.sentence.of("trigger") if h.end <= self.trigger.start]
        return max([self.sentence.start, *verbs])

    def _role(self, mover: Mention, post: Affiliation | None) -> tuple[str, bool]:
        kind = self.trigger.term.value
        end = min([self.sentence.end, self.trigger.end + 80, *(p.start for p in self._others(mover))])
        start = mover.end if 0 <= mover.start - self.trigger.end <= _NEAR else self.trigger.end
        roles = [h for h in self.sentence.of("role") if start <= h.start and h.end <= end]
        if (
            roles
            and kind not in ("hire", "poach", "lose", "stay")
            and not (kind in LEAVING and roles[0].start - start > 6)
        ):
            run = [r for r in roles if r.start - roles[0].end <= 3]
            return role_text(self.reading, max(start, roles[0].start - 12), run[:3]), kind not in LEAVING
        return (post.role if post is not None else ""), False

    def _others(self, mover: Mention) -> list[Mention]:
        return [p for p in self.sentence.people if p is not mover and p.start >= self.trigger.end]

    def _end_of(self, org: Mention, previous: tuple[Mention, str] | None) -> str:
        gap = self.reading.folded[self.trigger.end : org.start]
        if previous is None and re.search("[,。;:]", gap):
            return ""
        return super()._end_of(org, previous)


def _in_latin(name: Mention | None) -> Mention | None:
    """Return a firm nobody told us of only where its name is in capitals: a person's in native script is none."""
    return name if name is not None and name.name[:1].isascii() else None


def _objects(language: Language) -> list[str]:
    return [word for word, slot in language.before.items() if slot == "object"]


class Arabic(Attachment):
    """Verbs before or after their subject: غادر P شركة A, عيّنت B الباحث P, P يغادر A إلى B."""

    __slots__ = ()

    def _pick(self, people: list[Mention], passive: bool) -> list[Mention]:
        if self.order == "noun":
            return self._close_after(people) or self._left(people)
        if self.frame.mover == "left" or passive:
            return self._close_after(people) or self._left(people)
        return self._right(people)

    def _passive(self) -> bool:
        before = self.reading.folded[max(self.sentence.start, self.trigger.start - 12) : self.trigger.start].split()[
            -1:
        ]
        return bool(before) and any(before[0] in g.passive for g in self.reading.languages)

    def _close_after(self, people: list[Mention]) -> list[Mention]:
        """Return the subject right behind its verb, where none stands right before it."""
        before = [p for p in people if p.end <= self.trigger.start]
        if before and strange_words(self.reading, self.sentence, before[-1].end, self.trigger.start) == 0:
            return []
        after = next((p for p in people if p.start >= self.trigger.end), None)
        if after is None or after.start - self.trigger.end > _NEAR or self._crosses(after):
            return []
        if self.reading.marker(after.start, self.trigger.end) in ("agent", "other", "goal", "source"):
            return []
        return [] if self._gap(after) > 1 else self._with_list(after, people, step=1)

    def _slots(self, mover: Mention, passive: bool) -> Slots:
        slots = Slots()
        self._after_verb(slots)
        if self.frame.subject and not passive:
            between = [o for o in self.sentence.orgs if self.trigger.end <= o.start and o.end <= mover.start]
            bare = [o for o in between if not self.reading.marker(o.start, self.trigger.start) and not self._is_post(o)]
            slots.put(self.frame.subject, bare[0] if bare else self._subject(mover), "subject")
        if self.order == "noun" or self.frame.mover == "left":
            self._preposed(slots)
        return slots

    def _unheard_of(self) -> Mention | None:
        return _in_latin(super()._unheard_of())

    def _is_post(self, org: Mention) -> bool:
        return any(post.org is org for post in self.posts.values())

    def _end_of(self, org: Mention, previous: tuple[Mention, str] | None) -> str:
        if self._is_post(org):
            return ""
        marker = self.reading.marker(org.start, self.trigger.start)
        if marker:
            return self.frame.slots.get(marker, "")
        if previous is not None:
            return previous[1] if LISTED.match(self.reading.folded[previous[0].end : org.start]) else ""
        gap = self.reading.folded[self.trigger.end : org.start]
        if len(gap) > _NEAR or re.search("[،.:()]", gap):
            return ""
        return self.frame.unmarked


SPECIAL: Mapping[str, type[Attachment]] = MappingProxyType(
    {"zh": Chinese, "ja": VerbLast, "ko": VerbLast, "hi": VerbLast, "ar": Arabic}
)

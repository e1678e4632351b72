"""Names in scripts without capitals: Han, kana, Hangul, Arabic, Devanagari. A list and a neighbour must vouch for each.

Nothing here guesses from a run of letters alone. A candidate is made of listed family or given names, or of parts
joined by a dot as foreign names are; it may share no character with a word that the lexicon knows; and it must stand
beside a post, a trigger, an organisation, an honorific or a stop. A wrong name is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

from bot.lexicon import Names
from bot.moves.gazetteer import Hit, Term
from bot.moves.glued import UNSPACED
from bot.moves.reading import Mention, Reading, Sentence
from bot.moves.watch import Watch

CODES = frozenset({"zh", "ja", "ko", "ar", "hi"})

_SURE, _LIKELY, _FAIR = 0.95, 0.8, 0.65  # both sides vouch; one does; a stop and an adverb
_KINDS = ("trigger", "flag", "role", "people", "former", "number", "status", "negative", "ai", "product", "anaphor")
_VOUCHING = ("trigger", "role", "former")
_HAN = "\u3400-\u4dbf\u4e00-\u9fff々"
_KANA = "\u30a1-\u30fa\u30fc"
_DOT = "·•‧・"
_HONORIFIC = re.compile(
    r"(?:氏|さん|様|博士|教授|准教授|先生|女士|院士|老师)|\s?(?:씨|님|박사|교수)(?![가-힣]{3})|\s(?:जी|साहब)(?![\u0900-\u0963])"
)
_FOREIGN_HAN = re.compile(f"[{_HAN}]{{1,8}}(?:[{_DOT}][{_HAN}]{{1,8}})+")
_KATAKANA = re.compile(f"(?<![{_KANA}])[{_KANA}]{{2,}}(?:[・＝=][{_KANA}]+|[・＝=][A-Z](?=[・＝=]))+(?![{_KANA}])")
_KATAKANA_SINGLE = re.compile(f"(?<![{_KANA}・＝])[{_KANA}]{{3,}}(?=氏|さん|博士|教授)")
_KANJI = re.compile(f"(?<![{_HAN}])[{_HAN}]{{2,6}}(?:[\u3041-\u3096]{{2,3}}(?=氏|さん))?")
_KANJI_APART = re.compile(f"(?<![{_HAN}])[{_HAN}]{{1,3}}[ 　][{_HAN}ぁ-ゖ]{{1,3}}(?=氏|さん)")
_HANGUL = re.compile("[가-힣]+")
_ARABIC = re.compile("[\u0621-\u0652\u0670-\u06d3]+")
_DEVANAGARI = re.compile("[\u0900-\u0963\u0970-\u097f]+")
_YEAR = r"(?:19\d\d|20[01]\d|202[0-3])"  # as far as the markers of the language files go
_PAST_YEAR = re.compile(rf"{_YEAR}\s?[年년]|(?:عام|سنة)\s{_YEAR}|{_YEAR}\sमें")
_LONG_ROLE = 18  # characters; longer runs before a post are no part of it
_NO_PERSON = frozenset("两両同某各該兩")  # 两氏, 同氏, 某氏: a pronoun
_NEVER_FINAL = frozenset("를을은는")  # no name by sound ends in these
_PARTICLES = (
    "에게서", "에게", "께서", "이라는", "으로", "에서", "까지", "부터", "이", "가", "은", "는", "을", "를",
    "의", "과", "와", "도", "로", "씨", "님", "측",
)  # fmt: skip
_AFTER_CONSONANT, _AFTER_VOWEL = frozenset("이은을과"), frozenset("가는를와")
_ARABIC_LINKS = frozenset(
    ["بن", "بنت", "ابن", "أبو", "ابو", "أبي", "آل", "عبد", "دي", "فان", "فون", "لو", "لا", "دو", "ماك"]
)


@dataclass(slots=True)
class _Place:
    """One sentence with what in it is spoken for: `taken` spans, where vouching words begin and end, where names do."""

    reading: Reading
    sentence: Sentence
    names: Names
    lists: dict[str, frozenset[str]]
    ordinary: frozenset[str]
    taken: list[tuple[int, int]] = field(default_factory=list)
    begins: set[int] = field(default_factory=set)
    ends: set[int] = field(default_factory=set)
    org_ends: set[int] = field(default_factory=set)
    posts: set[int] = field(default_factory=set)

    @property
    def text(self) -> str:
        return self.reading.folded

    def free(self, start: int, end: int) -> bool:
        return not any(b < end and start < e for b, e in self.taken)


def find_native(watch: Watch, reading: Reading, near: list[Sentence]) -> None:
    """Add the people whose names stand in the script of the text; honorifics then belong to the names before them."""
    if reading.code not in CODES:
        return
    for sentence in near:
        _drop_parts(reading, sentence)
        _date(reading, sentence)
        if reading.code in UNSPACED:
            _only_real_former(sentence)
    finder = {"zh": _chinese, "ja": _japanese, "ko": _korean, "ar": _arabic, "hi": _hindi}[reading.code]
    found: dict[str, Mention] = {}
    for sentence in near:
        place = _place(watch, reading, sentence)
        for mention in _apart(finder(place)):
            sentence.people.append(mention)
            if mention.via == "shape" and mention.sure >= _LIKELY:
                found.setdefault(mention.name, mention)
    parts = _parts(found)
    for sentence in near:
        sentence.people = [_in_full(person, parts) for person in sentence.people]
        _again(reading, sentence, found)
        _by_part(_place(watch, reading, sentence), parts)
        sentence.people = _aliases(reading, [_with_honorific(reading, person) for person in sentence.people])


def _drop_parts(reading: Reading, sentence: Sentence) -> None:
    """Drop triggers that are a part of a longer word: 负责 in 负责人, 創業 in 創業者, 採用 in 採用担当."""
    longer = [h for kind in ("role", "people", "negative", "former") for h in sentence.of(kind)]
    for kind in ("trigger", "flag"):
        kept = [h for h in sentence.of(kind) if not any(_within(h, o) for o in longer)]
        if kind in sentence.hits:
            sentence.hits[kind] = [h for h in kept if not _in_compound(reading, h)]


def _date(reading: Reading, sentence: Sentence) -> None:
    """Mark a year gone by, written with its word for year or after a word for in: what stands beside it is history."""
    found = _PAST_YEAR.finditer(reading.text, sentence.start, sentence.end)
    hits = [Hit(Term("status", m.group(), "historical", reading.code), m.start(), m.end()) for m in found]
    if hits:
        sentence.hits["status"] = sorted([*sentence.of("status"), *hits], key=lambda h: h.start)


def _in_compound(reading: Reading, hit: Hit) -> bool:
    words = reading.languages[0].ordinary if reading.code in UNSPACED else frozenset[str]()
    return any(reading.folded[hit.start : hit.end + more] in words for more in (1, 2, 3))


def _within(hit: Hit, other: Hit) -> bool:
    return other.start <= hit.start and hit.end <= other.end and other.end - other.start > hit.end - hit.start


def _only_real_former(sentence: Sentence) -> None:
    """Keep 前 and 元 only where an organisation or a post follows: not in 目前, 以前 or 次元."""
    begins = {o.start for o in sentence.orgs} | {h.start for h in sentence.of("role")}
    former = [h for h in sentence.of("former") if h.end - h.start > 1 or h.end in begins]
    if "former" in sentence.hits:
        sentence.hits["former"] = former


def _place(watch: Watch, reading: Reading, sentence: Sentence) -> _Place:
    ordinary = watch.ordinary[reading.code]
    place = _Place(reading, sentence, watch.lexicon.names, dict(watch.lexicon.native), ordinary)
    hits = [h for kind in _KINDS for h in sentence.of(kind)]
    place.taken = [(h.start, h.end) for h in hits] + [(m.start, m.end) for m in (*sentence.orgs, *sentence.people)]
    vouching = [h for kind in _VOUCHING for h in sentence.of(kind)]
    place.begins = {h.start for h in vouching}
    place.ends = {h.end for h in (*vouching, *sentence.of("ai"))}
    place.posts = {h.start for h in sentence.of("role")}
    place.org_ends = {org.end for org in sentence.orgs}
    return place


def _apart(mentions: Iterator[Mention]) -> list[Mention]:
    """Return the surest of those that overlap."""
    kept: list[Mention] = []
    for mention in sorted(mentions, key=lambda m: (-m.sure, m.start - m.end)):
        if not any(k.start < mention.end and mention.start < k.end for k in kept):
            kept.append(mention)
    return sorted(kept, key=lambda m: m.start)


def _parts(found: dict[str, Mention]) -> dict[str, str]:
    """Return which full name a part of a dotted one stands for, where only one has it."""
    owners: dict[str, set[str]] = {}
    for name in found:
        pieces = re.split(f"[{_DOT}＝=]", name)
        for piece in pieces[:: max(len(pieces) - 1, 1)] if len(pieces) > 1 else []:
            owners.setdefault(piece, set()).add(name)
    return {piece: next(iter(names)) for piece, names in owners.items() if len(names) == 1}


def _in_full(person: Mention, parts: dict[str, str]) -> Mention:
    full = parts.get(person.name) if person.known is None else None
    return replace(person, name=full, via="surname", sure=0.9) if full else person


def _again(reading: Reading, sentence: Sentence, found: dict[str, Mention]) -> None:
    """Add further places of names that were found where something vouched for them."""
    for name, first in found.items():
        at = reading.text.find(name, sentence.start, sentence.end)
        while at >= 0:
            end = at + len(name)
            if not any(p.start < end and at < p.end for p in (*sentence.people, *sentence.orgs)):
                sentence.people.append(replace(first, start=at, end=end))
            at = reading.text.find(name, end, sentence.end)


def _aliases(reading: Reading, people: list[Mention]) -> list[Mention]:
    """Take a name in brackets for another spelling of the one before it: 翁荔（Lilian Weng）."""
    people.sort(key=lambda m: m.start)
    for index, (first, second) in enumerate(pairwise(people)):
        opened = reading.folded[first.end : second.start].strip() == "("
        if opened and reading.folded[second.end : second.end + 1] in (")", ",", ";"):
            best = second if second.known is not None and first.known is None else first
            people[index] = replace(first, name=best.name, known=best.known)
            people[index + 1] = replace(second, name=best.name, known=best.known)
    return people


def _by_part(place: _Place, parts: dict[str, str]) -> None:
    """Add a family name by sound that stands alone for somebody named in full: 科尔特斯 for 伊莎贝尔·科尔特斯."""
    for part, full in parts.items() if place.reading.code == "zh" else ():
        for match in re.finditer(re.escape(part), place.reading.text[place.sentence.start : place.sentence.end]):
            start, end = place.sentence.start + match.start(), place.sentence.start + match.end()
            sure = _left_of(place, start) and _right_of(place, end) in ("vouch", "adverb", "stop", "word")
            if len(part) > 1 and place.free(start, end) and sure:
                place.sentence.people.append(Mention("person", full, start, end, "surname", 0.9))
                place.taken.append((start, end))


def _with_honorific(reading: Reading, person: Mention) -> Mention:
    match = _HONORIFIC.match(reading.text, person.end)
    return replace(person, end=match.end()) if match else person


def _name(place: _Place, start: int, end: int, sure: float, via: str = "shape") -> Mention:
    return Mention("person", place.reading.text[start:end], start, end, via, sure)


# ------------------------------------------------------------------------------------------------ Chinese

_BEFORE_NAME = (
    "的", "和", "与", "及", "由", "对", "让", "请", "为", "是", "其", "据", "把", "将", "被", "向", "从", "给",
    "而", "名叫", "叫",
)  # fmt: skip
_AFTER_NAME = (
    "将", "已", "从", "自", "在", "于", "为", "任", "和", "与", "等", "也", "则", "被", "由", "是", "曾", "的",
    "正", "近日", "日前", "今", "昨", "周", "本", "确认", "证实", "透露", "表示", "称", "说", "即", "或", "拟",
    "又", "并", "先", "后", "还", "不", "未", "均", "一起", "此前", "随后", "去", "到", "担", "接", "发", "回",
    "宣", "最", "及", "以", "带", "率", "目前", "曝", "因", "向", "对", "把", "让", "给", "经", "凭", "入",
    "再", "更", "仍", "刚", "才", "终", "突", "离", "辞", "跳", "投", "选", "决", "官", "晒", "写", "坦", "强",
    "指", "谈", "批", "获", "遭", "现", "今天", "昨天", "昨日", "今日", "本周", "上周", "下周", "近期", "最近",
    "已经", "正式", "宣布", "将于", "曾经", "曾在", "当时", "此次", "先生", "女士", "等人", "以及", "或将",
    "即将", "突然", "今年", "去年", "明年", "本月", "上月", "下月", "周一", "周二", "周三", "周四", "周五",
    "周六", "周日", "日后", "加入", "离开",
)  # fmt: skip
_PART = 6  # characters of one part of a foreign name
_ADVERBS_OF_TWO = tuple(word for word in _AFTER_NAME if len(word) > 1)
_FUNCTION = frozenset("".join(word for word in (*_BEFORE_NAME, *_AFTER_NAME) if len(word) == 1)) | frozenset(
    "近日此问时使现提"
)
_NEVER_LAST = frozenset(
    "因向对把让给凭仍刚才再更现提将已从自在于为任和与等也则被由是曾的正今昨称说即或拟又并先后还不未均及以其这那们了到此之所就都位人员者部各每某家名个"
)
_NO_GIVEN = frozenset("团集司部院校组省县局厅网报社党店厂宫室所股款账税价额率型联次")  # no given name has these
_HARDLY_FAMILY = frozenset("于但时那都相向同和从成平常经全方关能别后连应来云")  # family names, but far oftener words
_ADVERBS = ("将", "已", "从", "正", "近日", "日前", "宣", "确认", "拟", "被", "即", "曝")


def _chinese(place: _Place) -> Iterator[Mention]:
    yield from _foreign_han(place)
    for start in range(place.sentence.start, place.sentence.end - 1):
        for family in (2, 1):
            if place.text[start : start + family] in place.names.family_han:
                yield from _chinese_at(place, start, family)
                break


def _chinese_at(place: _Place, start: int, family: int) -> Iterator[Mention]:
    left = _left_of(place, start)
    if left == "" or _ordinary_at(place, start):
        return
    for given in (2, 1):
        end = start + family + given
        if end > place.sentence.end or not place.free(start, end) or not _all_han(place.text, start, end):
            continue
        right = _right_of(place, end)
        rare = place.text[start] in _HARDLY_FAMILY and not left == right == "vouch"
        sure = 0.0 if rare else _trust(left, right)
        if sure and not _no_given(place.text[start + family : end]) and not _runs_on(place, start, end, family):
            yield _name(place, start, end, sure)
            return


def _no_given(given: str) -> bool:
    return given[-1] in _NEVER_LAST or not _NO_GIVEN.isdisjoint(given)


def _all_han(text: str, start: int, end: int) -> bool:
    return bool(re.fullmatch(f"[{_HAN}]+", text[start:end]))


def _left_of(place: _Place, start: int) -> str:
    """Return what stands before a name: "vouch", "org", "stop", "word" (one that names follow) or ""."""
    if start in place.ends:
        return "vouch"
    if start in place.org_ends:
        return "org"
    if start == place.sentence.start or not place.text[start - 1].isalnum():
        return "stop"
    return "word" if place.text[max(place.sentence.start, start - 2) : start].endswith(_BEFORE_NAME) else ""


def _right_of(place: _Place, end: int) -> str:
    if end in place.begins or _HONORIFIC.match(place.text, end):
        return "vouch"
    if end >= place.sentence.end or not place.text[end].isalnum() or place.text[end].isascii():
        return "stop"
    if place.text.startswith(_ADVERBS, end):
        return "adverb"
    return "word" if place.text.startswith(_AFTER_NAME, end) else ""


def _trust(left: str, right: str) -> float:
    if not left or not right:
        return 0.0
    vouched = (left == "vouch") + (right == "vouch")
    if vouched == 2 or (vouched == 1 and right in ("stop", "vouch", "adverb")):
        return _SURE if left != "word" else _LIKELY
    if vouched == 1:
        return _SURE if left == "vouch" else _LIKELY
    return _FAIR if (right == "adverb" and left in ("stop", "org")) else 0.0


def _ordinary_at(place: _Place, start: int) -> bool:
    """Whether a common word begins here: 高管, 方案, 金融."""
    words = place.lists["words_han"] if place.reading.code == "zh" else frozenset[str]()
    return any(
        place.text[start : start + n] in place.ordinary or place.text[start : start + n] in words for n in (2, 3, 4)
    )


def _runs_on(place: _Place, start: int, end: int, family: int) -> bool:
    """Whether the given name is the beginning of a longer common word."""
    return any(
        at + length > end and place.text[at : at + length] in place.ordinary
        for at in range(start + family, end)
        for length in (2, 3)
    )


def _foreign_han(place: _Place) -> Iterator[Mention]:
    """Names written by sound, their parts joined by a dot: only characters that are used for sounds belong to them."""
    for match in _FOREIGN_HAN.finditer(place.reading.text, place.sentence.start, place.sentence.end):
        for start, end in _split_names(match.group(), match.start()):
            dots = [at for at in range(start, end) if place.text[at] in _DOT]
            begin = dots[0] - _sounding_before(place, start, dots[0])
            stop = dots[-1] + 1 + _sounding_after(place, dots[-1] + 1, end)
            if begin < dots[0] and stop > dots[-1] + 1:
                yield _name(place, begin, stop, _SURE)


def _split_names(text: str, offset: int) -> Iterator[tuple[int, int]]:
    """Yield where each name of "A·B和C·D" stands: parted at a conjunction between dots."""
    start = 0
    for conjunction in re.finditer("[和与及跟]", text):
        if re.search(f"[{_DOT}]", text[start : conjunction.start()]) and re.search(
            f"[{_DOT}]", text[conjunction.end() :]
        ):
            yield offset + start, offset + conjunction.start()
            start = conjunction.end()
    if re.search(f"[{_DOT}]", text[start:]):
        yield offset + start, offset + len(text)


def _sounding_before(place: _Place, start: int, dot: int) -> int:
    """Return how many characters before the dot are a name, up to a known word; 0 where an unknown one may follow."""
    sounds, at = place.lists["sounds_han"], dot
    while (
        at > start and place.free(at - 1, at) and (place.text[at - 1] in sounds or place.text[at - 1] not in _FUNCTION)
    ):
        at -= 1
    strange = [i for i in range(at, dot) if place.text[i] not in sounds]
    doubtful = len(strange) > 1 or (bool(strange) and strange[0] == at) or dot - at > _PART
    return 0 if doubtful else dot - at


def _adverb_at(place: _Place, at: int) -> bool:
    return place.text.startswith(_ADVERBS_OF_TWO, at)


def _sounding_after(place: _Place, start: int, end: int) -> int:
    """Return how many characters behind the dot are a name: up to a known word, or up to one that is no sound."""
    sounds, at = place.lists["sounds_han"], start
    while at < end and place.free(at, at + 1) and place.text[at] in sounds and not _adverb_at(place, at):
        at += 1
    bounded = at == end or not place.free(at, at + 1) or place.text[at] in _FUNCTION or _adverb_at(place, at)
    while at - 1 > start and place.text[at - 1] in _NEVER_LAST:
        at, bounded = at - 1, True
    return at - start if bounded or at - start > 1 else 0


# ------------------------------------------------------------------------------------------------ Japanese


def _japanese(place: _Place) -> Iterator[Mention]:
    yield from _katakana(place)
    yield from _apart_kanji(place)
    for match in _KANJI.finditer(place.reading.text, place.sentence.start, place.sentence.end):
        yield from _kanji(place, match.start(), match.end())


def _apart_kanji(place: _Place) -> Iterator[Mention]:
    """Read family and given name with a space between and an honorific behind: 桐島 凛氏."""
    for match in _KANJI_APART.finditer(place.reading.text, place.sentence.start, place.sentence.end):
        if place.free(match.start(), match.end()) and not _ordinary_at(place, match.start()):
            yield _name(place, match.start(), match.end(), _SURE)


def _katakana(place: _Place) -> Iterator[Mention]:
    text = place.reading.text
    for match in _KATAKANA.finditer(text, place.sentence.start, place.sentence.end):
        start, end = match.span()
        parts = re.split("[・＝=]", match.group())
        if not place.free(start, end) or any(part in place.ordinary for part in parts) or _is_firm(place, parts[-1]):
            continue
        sure = _katakana_sure(place, start, end)
        if sure > _FAIR or place.sentence.zone == "title":
            yield _name(place, start, end, sure)
    for match in _KATAKANA_SINGLE.finditer(text, place.sentence.start, place.sentence.end):
        if place.free(match.start(), match.end()) and match.group() not in place.ordinary:
            yield _name(place, match.start(), match.end(), 0.5, "single")


def _is_firm(place: _Place, word: str) -> bool:
    return word.endswith(place.reading.languages[0].words["org_words"])


def _katakana_sure(place: _Place, start: int, end: int) -> float:
    if _HONORIFIC.match(place.text, end) or start in place.ends or end in place.begins:
        return _SURE
    before = place.text[max(place.sentence.start, start - 1) : start]
    return _SURE if before in ("の", "、") and start - 1 in place.ends else _FAIR


def _kanji(place: _Place, start: int, end: int) -> Iterator[Mention]:
    """Read a run of kanji: what known words leave of it, as family + given name."""
    start = max([start, *(e for _, e in place.taken if start < e < end)])
    stop = min([end, *(b for b, _ in place.taken if start < b < end)])
    honorific = re.search("氏|さん|博士|教授", place.text[start:stop])
    stop = start + honorific.start() if honorific and honorific.start() >= 2 else stop
    if not place.free(start, stop) or stop - start < 2 or place.text[start] in _NO_PERSON or _ordinary_at(place, start):
        return
    left, honoured = _left_of_kanji(place, start), bool(_HONORIFIC.match(place.text, stop))
    family = next((n for n in (3, 2, 1) if _is_family_kanji(place, place.text[start : start + n])), 0)
    given = stop - start - family
    if honoured and family and 1 <= given <= 3 and left:
        yield _name(place, start, stop, _SURE)
    elif honoured and left and (given == 0 or not family) and stop - start <= 3:
        yield _name(place, start, stop, 0.5, "single")
    elif honoured and left in ("vouch", "stop") and 4 <= stop - start <= 6:
        yield _name(place, start, stop, _LIKELY)
    elif family and 1 <= given <= 3 and left and _right_of_kanji(place, stop):
        yield _name(place, start, stop, _SURE if left == "vouch" or stop in place.begins else _FAIR)


def _is_family_kanji(place: _Place, word: str) -> bool:
    return word in place.names.family_kanji or word in place.lists["family_kanji"]


def _left_of_kanji(place: _Place, start: int) -> str:
    if start in place.ends or (place.text[start - 1 : start] in ("の", "、") and start - 1 in place.ends):
        return "vouch"
    if start == place.sentence.start or not place.text[start - 1].isalnum() or start in place.org_ends:
        return "stop"
    return "word" if place.text[start - 1] in "のはがをにもとだたる" else ""


def _right_of_kanji(place: _Place, end: int) -> bool:
    if end >= place.sentence.end or end in place.begins:
        return True
    following = place.text[end]
    return not following.isalnum() or following in "はがをのもとに"


# ------------------------------------------------------------------------------------------------ Korean


def _korean(place: _Place) -> Iterator[Mention]:
    tokens = [m.span() for m in _HANGUL.finditer(place.reading.text, place.sentence.start, place.sentence.end)]
    for index, (start, end) in enumerate(tokens):
        yield from _hangul_name(place, start, end)
        if index + 1 < len(tokens) and place.text[end : tokens[index + 1][0]] == " ":
            yield from _hangul_foreign(place, tokens[index : index + 4])


def _hangul_name(place: _Place, start: int, end: int) -> Iterator[Mention]:
    """Read family + given name: 김 + two syllables that given names have, 남궁 + one or two."""
    for stop in dict.fromkeys((_without_particle(place.text, start, end), end)):
        word = place.text[start:stop]
        if not place.free(start, stop) or word in place.ordinary:
            continue
        listed = _is_korean_name(place, word)
        vouched = _hangul_vouched(place, start, stop)
        if listed and vouched:
            yield _name(place, start, stop, _SURE)
            return
        if listed and start == place.sentence.start and place.text[stop : stop + 1] == ",":
            yield _name(place, start, stop, _FAIR)
            return


def _is_korean_name(place: _Place, word: str) -> bool:
    syllables = place.lists["given_hangul"]
    if word[:2] in place.lists["family_hangul_long"] and 3 <= len(word) <= 4:
        return True
    return len(word) == 3 and word[0] in place.names.family_hangul and word[1] in syllables and word[2] in syllables


def _hangul_vouched(place: _Place, start: int, stop: int) -> bool:
    """Whether a post or an honorific stands right after the name, or a post right before it."""
    return _hangul_titled(place, stop) or (place.text[start - 1 : start] == " " and start - 1 in place.ends)


def _hangul_titled(place: _Place, stop: int) -> bool:
    if _HONORIFIC.match(place.text, stop):
        return True
    return any(place.text[stop : stop + n].strip(" (") == "" and stop + n in place.posts for n in (1, 2))


def _without_particle(text: str, start: int, end: int) -> int:
    """Return where the word without its particle ends; particles must agree with the syllable before them."""
    word = text[start:end]
    for particle in _PARTICLES:
        if word.endswith(particle) and len(word) - len(particle) >= 2:
            closed = (ord(word[-len(particle) - 1]) - 0xAC00) % 28 != 0
            if (particle in _AFTER_CONSONANT and not closed) or (particle in _AFTER_VOWEL and closed):
                continue
            return end - len(particle)
    return end


def _hangul_foreign(place: _Place, tokens: list[tuple[int, int]]) -> Iterator[Mention]:
    """Read a foreign name by sound: a given name, listed or vouched for, and a family name."""
    start, first_end = tokens[0]
    family, end = tokens[1]
    kept = _hangul_titled(place, end) and place.text[end - 1] not in _NEVER_FINAL
    stop = end if kept else _without_particle(place.text, family, end)
    if not place.free(start, stop) or stop - family < 2 or place.text[family:stop] in place.ordinary:
        return
    if place.text[start:first_end] in place.lists["foreign_hangul"]:
        yield _name(place, start, stop, _SURE)
    elif _vouched_foreign(place, (start, first_end), (family, stop), particle=stop < end):
        yield _name(place, start, stop, _FAIR)


def _vouched_foreign(place: _Place, given: tuple[int, int], family: tuple[int, int], *, particle: bool) -> bool:
    """Whether two unlisted words are a name: one sounds foreign, and a post stands before or behind them."""
    word = place.text[slice(*given)]
    if len(word) < 2 or word in place.ordinary or _without_particle(place.text, *given) != given[1]:
        return False
    sounding = [_sounds_foreign(place, *given), _sounds_foreign(place, *family)]
    before = place.text[given[0] - 1 : given[0]] == " "
    posted = before and any(h.end == given[0] - 1 for h in place.sentence.of("role"))
    owned = before and (place.text[given[0] - 2] == "의" or given[0] - 1 in place.org_ends)
    titled = _hangul_titled(place, family[1])
    return (any(sounding) and ((titled and owned) or (posted and particle))) or (all(sounding) and (titled or posted))


def _sounds_foreign(place: _Place, start: int, end: int) -> bool:
    """Whether a syllable is none that Korean words of Chinese origin have, and the word is no common one."""
    word = place.text[start:end]
    return len(word) >= 2 and word not in place.ordinary and any(s not in place.lists["sino_hangul"] for s in word)


# ------------------------------------------------------------------------------------------------ Arabic


def _arabic(place: _Place) -> Iterator[Mention]:
    tokens = _words(place, _ARABIC)
    index = 0
    while index < len(tokens):
        length = _arabic_length(place, tokens, index)
        if length:
            start, end = tokens[index][0], tokens[index + length - 1][1]
            start += _clitic(place, tokens[index])
            yield _name(place, start, end, _spaced_sure(place, start, end))
        index += max(length, 1)


def _words(place: _Place, pattern: re.Pattern[str]) -> list[tuple[int, int]]:
    return [m.span() for m in pattern.finditer(place.reading.text, place.sentence.start, place.sentence.end)]


def _clitic(place: _Place, token: tuple[int, int]) -> int:
    """Return 1 where "and", "for" or "with" is written onto a given name."""
    word = place.text[token[0] : token[1]]
    return int(word[:1] in ("و", "ل", "ب") and not _is_given(place, word) and _is_given(place, word[1:]))


def _is_given(place: _Place, word: str) -> bool:
    return word in place.names.given or word in place.lists["foreign_arabic"]


def _arabic_length(place: _Place, tokens: list[tuple[int, int]], index: int) -> int:
    """Return how many words from here on are a name: given name, links, family name; two with the article."""
    start, end = tokens[index][0] + _clitic(place, tokens[index]), tokens[index][1]
    listed = _is_given(place, place.text[start:end]) and place.text[start:end] not in place.ordinary
    if not place.free(start, end) or not (listed or _titled(place, start, end)):
        return 0
    length, families = 1, 0
    while index + length < len(tokens) and length < 5 and _follows(place, tokens, index + length):
        word = place.text[slice(*tokens[index + length])]
        link = word in _ARABIC_LINKS or word in ("الله", "الرحمن", "العزيز", "الدين")
        if families and not (word.startswith("ال") or link or _linked(place, tokens, index + length)):
            break
        length += 1
        families += word not in _ARABIC_LINKS
        if families == 2:
            break
    if not listed and not place.text[slice(*tokens[index + length - 1])].startswith("ال"):
        return 0
    return length if families else 0


def _linked(place: _Place, tokens: list[tuple[int, int]], index: int) -> bool:
    return place.text[slice(*tokens[index - 1])] in _ARABIC_LINKS


def _follows(place: _Place, tokens: list[tuple[int, int]], index: int) -> bool:
    """Whether the word at `index` may belong to the name before it."""
    start, end = tokens[index]
    word = place.text[start:end]
    adjacent = place.text[tokens[index - 1][1] : start] == " "
    return (
        adjacent and place.free(start, end) and len(word) > 1 and (word in _ARABIC_LINKS or word not in place.ordinary)
    )


def _titled(place: _Place, start: int, end: int) -> bool:
    """Whether a post with the article stands right before: after it no noun can follow but a name."""
    if start - 1 not in place.ends or place.text[start : start + 2] == "ال" or place.text[start:end] in place.ordinary:
        return False
    return any(h.end == start - 1 and place.text.startswith("ال", h.start) for h in place.sentence.of("role"))


def _spaced_sure(place: _Place, start: int, end: int, *, listed: bool = False) -> float:
    """Return the trust in a name of listed parts: what stands beside it vouches for it."""
    before = {start - 1, start - 2}
    beside = not before.isdisjoint(place.ends | place.org_ends) or end + 1 in place.begins
    if listed or beside:
        return _SURE
    return _LIKELY if start == place.sentence.start else _FAIR


# ------------------------------------------------------------------------------------------------ Hindi


def _hindi(place: _Place) -> Iterator[Mention]:
    tokens = _words(place, _DEVANAGARI)
    index = 0
    while index < len(tokens):
        length = _hindi_length(place, tokens, index)
        if length:
            start, end = tokens[index][0], tokens[index + length - 1][1]
            family = place.text[slice(*tokens[index + length - 1])] in place.lists["family_devanagari"]
            listed = family and _is_given_hindi(place, place.text[slice(*tokens[index])])
            yield _name(place, start, end, _spaced_sure(place, start, end, listed=listed))
        index += max(length, 1)


def _hindi_length(place: _Place, tokens: list[tuple[int, int]], index: int) -> int:
    """Return how many words from here on are a name: given + family, one of the two listed, both free."""
    if index + 1 >= len(tokens) or not _plain(place, tokens[index + 1]):
        return 0
    if place.text[tokens[index][1] : tokens[index + 1][0]] != " ":
        return 0
    given = _is_given_hindi(place, place.text[slice(*tokens[index])])
    family = place.text[slice(*tokens[index + 1])] in place.lists["family_devanagari"]
    plain = _plain(place, tokens[index]) or (given and family and place.free(*tokens[index]))
    if not plain or not (given or family or _posted_hindi(place, tokens[index : index + 3])):
        return 0
    third = tokens[index + 2] if index + 2 < len(tokens) else None
    if third and place.text[tokens[index + 1][1] : third[0]] == " " and _plain(place, third):
        return 3 if place.text[slice(*third)] in place.lists["family_devanagari"] else 2
    return 2


def _posted_hindi(place: _Place, tokens: list[tuple[int, int]]) -> bool:
    """Whether two words stand between a post and a postposition: इंजीनियर पियरे गार्नियर को."""
    after = place.text[slice(*tokens[2])] if len(tokens) > 2 else ""
    posted = any(h.end == tokens[0][0] - 1 for h in place.sentence.of("role"))
    return posted and after in ("ने", "को", "का", "की", "के")


def _is_given_hindi(place: _Place, word: str) -> bool:
    return word in place.names.given or word in place.lists["foreign_devanagari"]


def _plain(place: _Place, token: tuple[int, int]) -> bool:
    word = place.text[slice(*token)]
    return place.free(*token) and len(word) > 1 and word not in place.ordinary


# ------------------------------------------------------------------------------------------------ around the verb


def case_end(reading: Reading, sentence: Sentence, mention: Mention) -> int:
    """Return where the particle of `mention` is to be looked for: behind its honorific, aside and post."""
    position = mention.end
    for _ in range(4):
        aside = re.compile(r"\s?[（(][^）)]{0,40}[）)]").match(reading.text, position, sentence.end)
        honorific = _HONORIFIC.match(reading.text, position)
        post = next(
            (h for h in sentence.of("role") if 0 <= h.start - position <= 1 and _joins(reading, position, h)), None
        )
        following = post.end if post else honorific.end() if honorific else aside.end() if aside else position
        if following == position:
            break
        position = following
    return position


def _joins(reading: Reading, position: int, hit: Hit) -> bool:
    return reading.text[position : hit.start] in ("", " ")


def role_before(reading: Reading, sentence: Sentence, position: int) -> str:
    """Return the post right before a verb at `position`: CTOに就任, 최고기술책임자로 선임, निदेशक के रूप में शामिल."""
    for hit in reversed(sentence.of("role")):
        if 0 <= position - hit.end <= 14:
            between = reading.folded[hit.end : position].strip()
            if any(between == phrase or between.startswith(phrase) for g in reading.languages for phrase in g.as_):
                return _whole_role(reading, sentence, hit)
    return ""


def _whole_role(reading: Reading, sentence: Sentence, hit: Hit) -> str:
    start = hit.start
    for other in reversed([h for h in sentence.of("role") if h.end <= hit.start]):
        if reading.text[other.end : start] not in ("", " ", "・", "兼"):
            break
        start = other.start
    return reading.text[start : hit.end]


def role_behind(reading: Reading, sentence: Sentence, person: Mention) -> str:
    """Return the post written right behind a name: 김서윤 수석연구원, 王晓博士, 田中CTO."""
    hit = next(
        (h for h in sentence.of("role") if 0 <= h.start - person.end <= 1 and _joins(reading, person.end, h)), None
    )
    if hit is None or reading.code not in CODES:
        return ""
    end = hit.end
    for other in sentence.of("role"):
        if 0 <= other.start - end <= 1:
            end = other.end
    return reading.text[hit.start : end]


def firm_before(reading: Reading, sentence: Sentence, person: Mention) -> Mention | None:
    """Return the firm that touches the name or belongs to it by a genitive: 업스테이지 문서규 수석연구원."""
    if reading.code not in CODES:
        return None
    for org in reversed([o for o in sentence.orgs if o.end <= person.start]):
        between = reading.text[org.end : person.start].strip()
        return (
            org
            if between
            in (("",) if reading.code != "ar" else ()) + ("의", "の", "的", "소속", "所属の", "के", "की", "का")
            else None
        )
    return None


def passive_before(reading: Reading, sentence: Sentence, trigger: Hit) -> bool:
    """Whether a passive marker of an unspaced language stands before the verb, in its clause: 被Meta挖走."""
    clause = re.split("[、,;]", reading.folded[max(sentence.start, trigger.start - 24) : trigger.start])[-1]
    return any(word in clause for g in reading.languages if g.code in UNSPACED for word in g.passive)


def strange_letters(reading: Reading, marks: list[tuple[int, int]], start: int, end: int) -> int:
    """Return how many words of an unspaced text between `start` and `end` nothing explains, three characters a word."""
    covered = {at for begin, stop in marks for at in range(max(begin, start), min(stop, end))}
    rest = "".join(c if start + i not in covered else " " for i, c in enumerate(reading.folded[start:end]))
    for language in reading.languages:
        if language.code in UNSPACED:
            for word in sorted(language.small, key=len, reverse=True):
                rest = rest.replace(word, " ")
    return sum(1 for c in rest if c.isalpha()) // 3


def is_post_of(reading: Reading, org: Mention, gap: str) -> bool:
    """Whether a post behind `org` can be one there: no particle parts them, no preposition opens a new phrase."""
    if reading.code == "ar" or "、" in gap[:-1] or reading.postposition(org.end) not in ("", "of", "place"):
        return False
    return reading.code != "zh" or not re.search("[从被把与]", gap)


def touches(reading: Reading, start: int, end: int) -> bool:
    """Whether nothing but a genitive parts them; in Korean one word may: 테슬라 출신 로봇공학자 빅터 로만."""
    between = reading.folded[start:end].strip(" ,'’s\"“”：:·の的、의")
    return between == "" or (reading.code == "ko" and between.isalpha())


def role_text(reading: Reading, start: int, roles: list[Hit]) -> str:
    """Return the post that `roles` end, with the words before it that say of what: 语音方向负责人."""
    text = reading.text[start : roles[-1].end]
    if reading.code in UNSPACED:
        whole = re.split("[，、。,：:（(「」]|の|的", text)[-1].strip()
        return whole if len(whole) <= _LONG_ROLE else reading.text[roles[-1].start : roles[-1].end]
    run = [hit for hit in roles if hit.start - roles[0].end <= 1]
    head = re.split("[,،:()]", reading.text[start : roles[0].start])[-1].split() if reading.code == "ko" else []
    return " ".join([*head[-2:], reading.text[roles[0].start : run[-1].end]]).strip(" ,의")


def group_start(reading: Reading, sentence: Sentence, hit: Hit) -> int:
    """Return where a group begins that `hit` ends: 四名OpenAI研究员, 전 메타 연구원 세 명."""
    marks = [(h.start, h.end) for kind in ("number", "former", "role", "ai") for h in sentence.of(kind)]
    marks += [(org.start, org.end) for org in sentence.orgs]
    start, moved = hit.start, True
    while moved and hit.start - start < 40:
        counted = re.search(
            r"(?:\d+|[数几多两三四五六七八九十]+)\s?(?:多|余)?[名位人个]?[のー]?\s?$",
            reading.text[sentence.start : start],
        )
        gap = re.search(r"[のㆍ의的]?\s?$", reading.text[sentence.start : start])
        floor = start - len(gap.group()) if gap else start
        begin = min([b for b, e in marks if b < start and e in (floor, start)], default=start)
        begin = min(begin, sentence.start + counted.start()) if counted else begin
        moved, start = begin < start, begin
    return start

"""Reading -> its people and groups: known names, names by their shape, family names, "three researchers"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from rapidfuzz.distance import OSA

from bot.lexicon import Language
from bot.moves.gazetteer import Hit
from bot.moves.inflection import given_name, nominative, trim
from bot.moves.native import CODES, find_native, group_start
from bot.moves.reading import Mention, Reading, Sentence
from bot.moves.watch import Watch

_LETTER = r"[^\W\d_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]"  # kana, Han and Hangul touch the names in capitals
_TOKEN = re.compile(rf"@?{_LETTER}+(?:['’\-]{_LETTER}+)*")
_PARTICLES = frozenset(
    "van von de del della di da der den la le el al bin ibn ben dos do du ter ten af av zu y und".split()  # noqa: SIM905
)
_INNER_CAPITAL = re.compile(r"^(?:Mc|Mac|De|La|Le|Van|Di|Du|Fitz|O['’])[A-Z]")
_JOINED = re.compile(r"^(?:al|el|ul|ben|bin|ibn|d|l|de|van|von)[-'’][A-Z]")  # "al-Khatib" behind a given name
_LONG_WORD = re.compile(r"(?<![^\W_])[^\W\d_]{3,}(?![^\W_])")
_ADDRESS = re.compile(r"https?://\S+|www\.\S+")  # names stand in small letters there
_NICKNAME = re.compile(rf""" [("“‘']{_LETTER}{{2,12}}[)"”’'] """)  # Maria (Mia) Tesk
_LATIN_SURE = 0.95
_TITLED_SURE = 0.7  # of two words of a headline whose words all have capitals
_FULL_NAME = 2  # words of the commonest kind of name
_SIGNATURE = 40  # characters that the title of a post may have beside the name of who wrote it


@dataclass(slots=True)
class _Token:
    start: int
    end: int
    word: str
    folded: str
    possessive: bool = False


@dataclass(slots=True)
class _Finder:
    """Finds people in the sentences of one reading. `lower` are the words that it also writes in small letters."""

    watch: Watch
    reading: Reading
    ordinary: frozenset[str]
    lower: frozenset[str]
    full: dict[str, str | None] = field(default_factory=dict)

    def is_given(self, token: _Token) -> bool:
        names = self.watch.lexicon.names
        bent = given_name(token.folded, self.reading.languages, names.given)
        return (token.folded in names.given or bool(bent)) and (
            token.folded in names.also_words or not (token.folded in self.ordinary or token.folded in self.lower)
        )

    def is_word(self, token: _Token) -> bool:
        parts = token.folded.split("-")
        known = token.folded in self.ordinary or token.folded in self.lower
        endings = self.reading.languages[0].noun_endings
        noun = len(token.word) > 6 and token.folded.endswith(endings) if endings else False
        return known or noun or (len(parts) > 1 and all(p in self.ordinary for p in parts))


def find_people(watch: Watch, reading: Reading) -> None:
    """Fill in the people and groups of every sentence in which moves can be news."""
    ordinary = frozenset().union(*(watch.ordinary[language.code] for language in reading.languages))
    plain = _ADDRESS.sub(" ", reading.text) if "://" in reading.text or "www." in reading.text else reading.text
    lower = frozenset(word for word in set(_LONG_WORD.findall(plain)) if word.islower())
    finder = _Finder(watch, reading, ordinary, lower)
    near = [s for s in reading.sentences if s.zone != "body"]
    for sentence in near:
        _known(finder, sentence)
        _by_shape(finder, sentence)
        _handles(finder, sentence)
    for sentence in near:
        _unknown_organisations(finder, sentence)
    find_native(watch, reading, near)
    _authors(finder, near)
    _learn(finder, near)
    teams = frozenset(_teams(reading))
    for sentence in near:
        sentence.people = [p for p in _resolved(finder, sentence) if not (p.via == "single" and p.name in teams)]
        sentence.orgs.sort(key=lambda m: m.start)
        _groups(finder, sentence)


def _teams(reading: Reading) -> Iterator[str]:
    """Yield the words that stand before "team" and the like."""
    words = "|".join(re.escape(word) for language in reading.languages for word in language.words["teams"])
    for match in re.finditer(rf" (?:{words})\b", reading.text):
        before = reading.text[: match.start()]
        if before and not before[-1].isspace():
            yield before.rsplit(None, 1)[-1]


def _known(finder: _Finder, sentence: Sentence) -> None:
    for hit in sentence.of("person"):
        half = hit.term.via == "surname" and (_is_half(finder, hit) or _is_first_of_three(finder, hit))
        if hit.term.via == "surname" and (_has_first_name(finder.reading.text, hit.start) or half):
            continue  # a namesake
        known = finder.watch.people[hit.term.value]
        start, end, sure = hit.start, hit.end, {"mangled": 0.9, "surname": 0.85}.get(hit.term.via, 1.0)
        sentence.people.append(Mention("person", known.name, start, end, hit.term.via, sure, known))


_TWO_MORE = re.compile(r" ([A-Z][a-z]+) ([A-Z][a-z]+)\b")


def _is_first_of_three(finder: _Finder, hit: Hit) -> bool:
    """Whether two more words of a name follow: "Nguyen Minh Chau" is not the Nguyen we know."""
    match = _TWO_MORE.match(finder.reading.text, hit.end)
    return match is not None and not any(word.casefold() in finder.ordinary for word in match.groups())


def _is_half(finder: _Finder, hit: Hit) -> bool:
    """Whether it is a part of a double name: "Moreau-Lacroix" is not the Lacroix we know."""
    text = finder.reading.text
    return text[hit.start - 1 : hit.start] == "-" or (
        text[hit.end : hit.end + 1] == "-" and text[hit.end + 1 : hit.end + 2].isupper()
    )


def _has_first_name(text: str, start: int) -> bool:
    """Whether a capitalised word or initial stands right before: "William Saunders" is not the Saunders we know."""
    before = re.sub(r"(?:(?:de|van|von|der|den|la|le|di|da|dos|del|bin|al) )+$", "", text[max(0, start - 30) : start])
    return bool(re.search(r"(?<![^\W_])[A-Z][^\W\d_]*\.? $", before))


# ------------------------------------------------------------------------------------------------ names by shape


def _tokens(text: str, start: int, end: int, languages: Sequence[Language] = ()) -> list[_Token]:
    found = []
    for match in _TOKEN.finditer(text, start, end):
        word = match.group()
        if "'" not in word and "’" not in word:
            found.append(_Token(match.start(), match.end(), word, word.casefold()))
            continue
        possessive = word[-2:] in ("'s", "’s")
        word = word[:-2] if possessive else word
        begin, stop = trim(word, languages) if languages else (0, len(word))
        suffixed = possessive or stop < len(word)
        word = word[begin:stop]
        begin += match.start()
        found.append(_Token(begin, begin + len(word), word, word.casefold(), suffixed))
    return found


def _by_shape(finder: _Finder, sentence: Sentence) -> None:
    taken = [(m.start, m.end) for m in (*sentence.orgs, *sentence.people)]
    taken += [(h.start, h.end) for kind in ("product", "place") for h in sentence.of(kind)]
    tokens = _tokens(finder.reading.text, sentence.start, sentence.end, finder.reading.languages)
    caps = [t for t in tokens if len(t.word) > 3]
    titled = len(caps) > 2 and sum(t.word[0].isupper() for t in caps) > 0.7 * len(caps)
    shouting = finder.reading.text[sentence.start : sentence.end].isupper()
    piece: list[_Token] = []
    nicknames = [m.span() for m in _NICKNAME.finditer(finder.reading.text, sentence.start, sentence.end)]
    for token in tokens:
        if not piece and not token.word[0].isupper():
            continue  # no name begins with a small letter
        if piece and any(begin == piece[-1].end and token.end < end for begin, end in nicknames):
            continue
        free = not any(start < token.end and token.start < end for start, end in taken)
        if piece and not _adjacent(finder.reading.text, piece[-1], token):
            _close(finder, sentence, piece, titled)
            piece = []
        if (free and _fits(finder, token, piece, tokens, shouting)) or (free and piece and _is_particle(finder, token)):
            piece.append(token)
        else:
            _close(finder, sentence, piece, titled)
            piece = []
        if token.possessive and piece:
            _close(finder, sentence, piece, titled)
            piece = []
    _close(finder, sentence, piece, titled)


def _is_particle(finder: _Finder, token: _Token) -> bool:
    """Whether it joins two parts of a name: "de", but not "y" or "und" where that means "and"."""
    return token.folded in _PARTICLES and not any(
        token.folded in language.conjunctions for language in finder.reading.languages
    )


def _adjacent(text: str, left: _Token, right: _Token) -> bool:
    if left.possessive:
        return False
    gap = text[left.end : right.start]
    if _NICKNAME.fullmatch(gap):
        return True
    return gap == " " or (len(left.word) == 1 and gap in (". ", ".")) or gap == "·"


def _fits(finder: _Finder, token: _Token, piece: list[_Token], tokens: list[_Token], shouting: bool) -> bool:
    word = token.word
    if piece and _JOINED.match(word):
        return True
    if not word[0].isupper() or word[0] == "@":
        return False
    if len(word) == 1:
        return bool(piece) and finder.reading.text[token.end : token.end + 1] in (".", " ")
    if not shouting and not _name_shaped(word):
        return False
    if _touches_digit(finder.reading.text, token):
        return False
    if finder.is_given(token):
        return token.folded not in finder.ordinary or bool(piece) or _unknown_follows(finder, token, tokens)
    return not finder.is_word(token) or _is_family_name(finder, token, piece)


def _is_family_name(finder: _Finder, token: _Token, piece: list[_Token]) -> bool:
    """Whether a word with a capital stands behind a given name, in a language where only names have them: Hanna Lis."""
    language = finder.reading.languages[0]
    if not language.is_free or language.noun_endings or token.word.isupper():
        return False
    return bool(piece) and finder.is_given(piece[-1])


def _name_shaped(word: str) -> bool:
    parts = re.split(r"['’\-]", word)
    return all(
        part == "" or part[1:].islower() or len(part) == 1 or (not part[0].isupper() and part.islower())
        for part in parts
    ) or bool(_INNER_CAPITAL.match(word))


def _touches_digit(text: str, token: _Token) -> bool:
    after = text[token.end : token.end + 2]
    return after[:1].isdigit() or (len(after) == 2 and after[0] in "-." and after[1].isdigit())


def _unknown_follows(finder: _Finder, token: _Token, tokens: list[_Token]) -> bool:
    index = tokens.index(token) + 1
    if index >= len(tokens) or finder.reading.text[token.end : tokens[index].start] != " ":
        return False
    follower = tokens[index]
    return follower.word[0].isupper() and not finder.is_word(follower) and _name_shaped(follower.word)


def _close(finder: _Finder, sentence: Sentence, piece: list[_Token], titled: bool) -> None:
    while piece and piece[-1].folded in _PARTICLES:
        piece.pop()
    if not piece:
        return
    if piece[-1].folded in finder.watch.org_words or len(piece) > 5:
        return
    given = next((i for i, token in enumerate(piece) if finder.is_given(token)), None)
    if given is not None and 0 < given < len(piece) - 1 and piece[0].folded not in finder.watch.lexicon.names.leading:
        piece = piece[given:]
    if given is None and (titled or (len(piece) == 1 and sentence.zone == "title")):
        piece = _without_words(piece)
        if not piece:
            return
    names = [token for token in piece if token.folded not in _PARTICLES]
    sure = _sure(sentence, piece, given is not None, titled)
    if len(names) == 1 and piece[0].start == sentence.start and given is None and not titled:
        sure = 0.2
    if len(names) == 1 and finder.reading.languages[0].noun_endings:
        sure = 0.3  # where nouns have capitals, one word of unknown kind is no name
    elif given is None and finder.reading.languages[0].noun_endings:
        sure = min(sure, 0.5)
    text = finder.reading.text[piece[0].start : piece[-1].end]
    text = nominative(text, finder.reading.languages, finder.watch.lexicon.names.given)
    via = "shape" if len(names) > 1 else "single"
    sentence.people.append(Mention("person", text, piece[0].start, piece[-1].end, via, sure))


# Endings that make a capitalised word of an English headline an ordinary one where nothing else says that it is a name.
_WORDY = re.compile(
    r"(?:ings?|ed|tions?|sions?|ments?|ness|ity|ities|ics|isms?|ships?|ous|ful|less|[ai]ble|ive|i[sz]es?|ally|ages?|ures?"
    r"|ances?|ences?|[tg]ic)$"
)


def _without_words(piece: list[_Token]) -> list[_Token]:
    """Cut a run of capitalised words of a headline at the first that is no name by its ending."""
    wordy = next(
        (i for i, token in enumerate(piece) if len(token.word) > 4 and _WORDY.search(token.folded)), len(piece)
    )
    return piece[:wordy]


def _sure(sentence: Sentence, piece: list[_Token], given: bool, titled: bool) -> float:
    if len(piece) == 1:
        first = piece[0].start == sentence.start and sentence.zone == "title"
        return 0.5 if given else 0.2 if titled and not first else 0.4
    if given:
        return _LATIN_SURE
    if titled:
        return 0.7
    return 0.75 if piece[0].start == sentence.start else 0.8


# ------------------------------------------------------------------------------------------------ handles, authors

_FIRM_HANDLE = re.compile(r"(?:AI|_ai|HQ|hq|[Ll]abs?|dev|App|Inc|Tech|News)$")
_HANDLE = re.compile(r"(?<![\w.@])@ ?([A-Za-z_]\w{2,24})\b")


def _handles(finder: _Finder, sentence: Sentence) -> None:
    """Add "@name" as a person, unless a name stands before its bracket or the handle is known already."""
    text = finder.reading.text
    taken = [(m.start, m.end) for m in (*sentence.orgs, *sentence.people)]
    for match in _HANDLE.finditer(text, sentence.start, sentence.end):
        start, end = match.span()
        bracketed = text[start - 1 : start] == "(" or _FIRM_HANDLE.search(match.group(1))
        if not bracketed and not any(s < end and start < e for s, e in taken):
            sentence.people.append(Mention("person", _spelt_out(finder, match.group(1)), start, end, "handle", 0.6))


_HUMPS = re.compile(r"[A-Z][a-z]+|[A-Z]+(?![a-z])")
_ONSET = re.compile(
    r"[aeiouy]|[b-df-hj-np-tv-z][aeiouy]|[bcdfgkpstvw]h?[rlw]|[cgkpstwz]h|s[ckmnpqt]|kn|mc|ts"
)  # how names begin
_PART = 4  # letters of a given name, and of what follows it, from which a handle in small letters is taken apart


def _spelt_out(finder: _Finder, handle: str) -> str:
    """Return the name that a handle begins with: RichardMCNgo -> Richard Ngo, peteflorence -> Pete Florence."""
    given = finder.watch.lexicon.names.given
    humps = _HUMPS.findall(handle)
    names = [hump for hump in humps if len(hump) > 1 and not hump.isupper()]
    if len(names) > 1 and names[0].casefold() in given and "".join(humps) == handle:
        return " ".join(names)
    if not (handle.isascii() and handle.isalpha() and handle.islower()):
        return handle
    parts = [i for i in range(_PART, len(handle) - _PART + 1) if handle[:i] in given]
    cut = next((i for i in reversed(parts) if _ONSET.match(handle[i:])), 0)
    initial = next((i for i in reversed(parts) if len(handle) > i + _PART and _ONSET.match(handle[i + 1 :])), 0)
    if initial > cut:  # a given name that is longer, with a middle initial: oliviajtarrant -> Olivia Tarrant
        return f"{handle[:initial].title()} {handle[initial + 1 :].title()}"
    return f"{handle[:cut].title()} {handle[cut:].title()}" if cut else handle


def _authors(finder: _Finder, near: list[Sentence]) -> None:
    """Let "I" stand for the author of a post: "P (@p): I'm leaving B", "I'm leaving B. Posted by P", "... — P"."""
    author = _author(finder, near)
    if author is None:
        return
    for sentence in near:
        for hit in sentence.of("first_person"):
            verb = next((h for h in sentence.of("trigger") if h.start <= hit.start < h.end), None)
            at = hit.start if verb is None else verb.start  # where the verb itself says "I": "dołączam do B"
            end = at if verb is not None else hit.end
            sentence.people.append(replace(author, start=at, end=end, via="author", sure=0.85))


def _author(finder: _Finder, near: list[Sentence]) -> Mention | None:
    """Return who wrote the text: a title that is little more than a name, a name before a colon, or who signs it."""
    reading = finder.reading
    head = near[0] if near and near[0].zone == "title" else None
    if head is None:
        return None
    first = next(iter(head.people), None)
    if first is not None:
        rest = reading.text[first.end : first.end + _SIGNATURE]
        named = first.start == head.start and first.sure >= _TITLED_SURE and _SPEAKS.match(rest)
        if named or reading.title - (first.end - first.start) <= _SIGNATURE:
            return first
    if not any(sentence.of("first_person") for sentence in near):
        return None
    signed = (p for s in reversed(near) for p in s.people if s is not head and _signs(finder, s, p))
    return next(signed, None)


_SPEAKS = re.compile(r" ?(?:\(@\w+\))? ?:")


def _signs(finder: _Finder, sentence: Sentence, person: Mention) -> bool:
    """Whether a sentence is but a name, or a name behind a dash: who wrote what stands before it."""
    if person.sure < _TITLED_SURE or (" " not in person.name.strip() and person.name.isascii()):
        return False
    before = finder.reading.text[sentence.start : person.start].strip()
    after = finder.reading.text[person.end : sentence.end].strip(" .)")
    closed = not after or (after[0] in "(,（" and len(after) <= _ADDED)
    alone = len(before.split()) <= _FULL_NAME and not sentence.of("trigger")
    return closed and (alone or before.endswith(("—", "–", " -", "@")))


_ADDED = 24  # characters that may stand behind the name of who signs: a handle, the hour


# ------------------------------------------------------------------------------------------------ unknown organisations

_CAPITALISED = rf"(?:[A-Z0-9](?:{_LETTER}|[\d_.&'-])*)"


def _unknown_organisations(finder: _Finder, sentence: Sentence) -> None:
    """Add capitalised runs that end in a word of firms ("Norvane Labs") and are no name we know."""
    text = finder.reading.text
    taken = [(m.start, m.end) for m in (*sentence.orgs, *sentence.people) if m.via != "single"]
    for match in re.finditer(rf"{_CAPITALISED}(?: {_CAPITALISED})+", text[sentence.start : sentence.end]):
        words = match.group().removesuffix("'s").split()
        while words and words[0].casefold() in finder.ordinary:
            words = words[1:]
        if len(words) < 2 or words[-1].casefold().rstrip(".") not in finder.watch.org_words:
            continue
        name = " ".join(words)
        start = sentence.start + match.start() + match.group().index(name)
        if any(s < start + len(name) and start < e for s, e in taken):
            continue
        sentence.orgs.append(Mention("org", name, start, start + len(name), "shape", 0.5))
        sentence.people = [p for p in sentence.people if p.end <= start or p.start >= start + len(name)]


# ------------------------------------------------------------------------------------------------ family names, doubles


def _learn(finder: _Finder, near: list[Sentence]) -> None:
    """Remember which full name a family or first name stands for; None where two people share it."""
    for sentence in near:
        for person in sentence.people:
            parts = re.split(r"[\s·・]+", person.name)
            if len(parts) < 2 or person.via in ("surname", "single", "handle", "author"):
                continue
            if person.via == "shape" and person.sure <= _TITLED_SURE:
                continue
            for part in (parts[-1].casefold(), parts[0].casefold()):
                known = finder.full.get(part, person.name)
                finder.full[part] = person.name if known == person.name else None


def _resolved(finder: _Finder, sentence: Sentence) -> list[Mention]:
    found: list[Mention] = []
    firms = {org.end for org in sentence.orgs if org.known is not None}
    for person in sorted(sentence.people, key=lambda m: (m.start, m.via != "author", -m.end)):
        if found and person.start < found[-1].end:
            continue
        if person.via == "single" and (person.start - 1 in firms or person.name in finder.watch.organisations):
            continue  # "Perplexity Pro"; an ordinary word that is also a firm's name
        found.append(_with_full_name(finder, person))
    return found


def _with_full_name(finder: _Finder, person: Mention) -> Mention:
    """Return `person` under the full name that a lone name or a handle stands for, where the text gives it."""
    first, _, rest = person.name.partition(" ")
    if person.via == "shape" and person.sure <= _TITLED_SURE and rest and finder.full.get(first.casefold()):
        name = finder.full[first.casefold()]  # "Lanning Leaves", where the text names Vera Lanning
        if name is not None and name != person.name:
            return replace(person, name=name, end=person.start + len(first), via="surname", sure=0.85)
    if person.via == "single":
        full = finder.full.get(person.name.casefold())
        return replace(person, name=full, via="surname", sure=0.9) if full else person
    if person.via != "handle":
        return person
    handle = _squashed(person.name)
    name = finder.watch.squashed.get(handle)
    if name is not None:
        return replace(person, name=name, sure=0.9, known=finder.watch.people[name])
    names = {full for full in finder.full.values() if full}
    full = next((n for n in sorted(names) if OSA.distance(_squashed(n), handle, score_cutoff=1) <= 1), None)
    return replace(person, name=full, sure=0.85) if full else person


def _squashed(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalpha())


# ------------------------------------------------------------------------------------------------ groups


def _groups(finder: _Finder, sentence: Sentence) -> None:
    """Add people nouns with what counts or describes them: "three former OpenAI researchers", "its safety team"."""
    for hit in sentence.of("people"):
        native = finder.reading.code in CODES
        start = group_start(finder.reading, sentence, hit) if native else _group_start(finder, sentence, hit)
        if native and start == hit.start:
            continue  # without a count or a firm these say nobody in particular
        name = finder.reading.text[start : hit.end] if native else _uncapped(finder, sentence, start, hit.end)
        sentence.groups.append(Mention("group", name, start, hit.end, "role", 0.8 if start < hit.start else 0.4))
    posts = sentence.of("role")
    for first, hit in zip([None, *posts], posts, strict=False):
        if first is not None and hit.start - first.end <= 1:
            continue
        start = _group_start(finder, sentence, hit)
        if start < hit.start and not any(0 <= p.start - hit.end <= 30 for p in sentence.people):
            name = finder.reading.text[start : hit.end]
            sentence.groups.append(Mention("group", name, start, hit.end, "post", 0.6))
    for hit in sentence.of("number"):
        following = finder.reading.folded[hit.end : hit.end + 12].split()[:1]
        if following and following[0] in ("from", "of", "more"):
            end = _counted(finder, sentence, hit)
            name = _uncapped(finder, sentence, hit.start, end)
            sentence.groups.append(Mention("group", name, hit.start, end, "role", 0.5))
    sentence.groups.sort(key=lambda m: m.start)


def _uncapped(finder: _Finder, sentence: Sentence, start: int, end: int) -> str:
    """Return the words of a group as they stand within a sentence: a number at its head in small letters."""
    name = finder.reading.text[start:end]
    counts = any(h.start == start for h in sentence.of("number"))
    return name[0].lower() + name[1:] if counts and name[1:2].islower() else name


_COUNTED = 40  # characters between a number and what it counts


def _counted(finder: _Finder, sentence: Sentence, number: Hit) -> int:
    """Return where the noun ends that a number counts: "two of its co-founders", else where the number does."""
    noun = next((h for h in sentence.of("people") if number.end <= h.start < number.end + _COUNTED), None)
    if noun is None or re.search(r"[,;:.()]", finder.reading.folded[number.end : noun.start]):
        return number.end
    return noun.end


def _group_start(finder: _Finder, sentence: Sentence, hit: Hit) -> int:
    allowed = [(h.start, h.end) for kind in ("number", "former", "role", "ai") for h in sentence.of(kind)]
    allowed += [(org.start, org.end) for org in sentence.orgs]
    start = hit.start
    for token in reversed(_tokens(finder.reading.text, max(sentence.start, hit.start - 60), hit.start)):
        gap = finder.reading.text[token.end : start]
        if gap.strip(" -'’s") or token.start < sentence.start:
            break
        known = any(begin <= token.start and token.end <= end for begin, end in allowed)
        if not known and not finder.reading.text[token.end + 1 : token.end + 2].isdigit():
            break
        start = token.start
    return start

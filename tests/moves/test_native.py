"""Who moves where in scripts without capitals: the examples of five language files, names, particles, and what is no name."""

from __future__ import annotations

import unicodedata
from importlib.resources import files
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.lexicon import EVENTS, FLAGS, STATUSES, load
from bot.model import joined
from bot.moves.glued import case_behind, marker_before
from bot.moves.judge import Watch, compile_watch, judge
from bot.moves.people import find_people
from bot.moves.reading import Reading, read
from bot.text import fold
from tests.fakes.watchlist import Name, Names

CODES = ("zh", "ja", "ko", "ar", "hi")
LEXICON = load()
EXAMPLES = [
    pytest.param(code, example, id=f"{code}-{n}")
    for code in CODES
    for n, example in enumerate(LEXICON.languages[code].tests)
]


@pytest.fixture(scope="module")
def watch() -> Watch:
    return compile_watch(LEXICON)


def reading(watch: Watch, text: str, code: str) -> Reading:
    hits = list(watch.gazetteer.scan(text, fold(text), frozenset((code, "en"))))
    found = read(watch, text, text, fold(text), code, hits)
    find_people(watch, found)
    return found


def names(watch: Watch, text: str, code: str) -> list[str]:
    return [p.name for s in reading(watch, text, code).sentences for p in s.people if p.known is None]


# ------------------------------------------------------------------------------------------------ the files


@pytest.mark.parametrize(("code", "example"), EXAMPLES)
def test_each_example_of_a_language_file_is_read_as_it_says(watch: Watch, code: str, example) -> None:
    finding = judge(watch, example.text, "", code)
    assert finding.language == code
    assert sorted((m.person, m.from_org, m.to_org) for m in finding.moves) == sorted(example.moves)
    if example.status:
        assert [m.status.value for m in finding.moves] == [example.status]
    if example.label is False:
        assert finding.score < 0.5


@pytest.mark.parametrize("code", CODES)
def test_a_language_file_leaves_no_class_and_no_status_empty(code: str) -> None:
    language = LEXICON.languages[code]
    assert {block.kind for block in language.triggers} == {*EVENTS, *FLAGS}
    assert set(language.status) == set(STATUSES)
    assert len(language.tests) >= 20
    assert sum(bool(example.moves) for example in language.tests) >= 10
    assert sum(example.label is False for example in language.tests) >= 5


@pytest.mark.parametrize("name", [*(f"{code}.yaml" for code in CODES), "native_names.yaml"])
def test_files_are_composed_so_that_they_match_cleaned_text(name: str) -> None:
    text = (files("bot.lexicon") / name).read_text("utf-8")
    assert text == unicodedata.normalize("NFC", text)


# ------------------------------------------------------------------------------------------------ names


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        ("zh", "据悉，智谱研究员岳听澜已离职", ["岳听澜"]),  # role before, adverb behind
        ("zh", "欧阳牧离职智谱", ["欧阳牧"]),  # a family name of two characters at the start
        ("zh", "小米挖来前百度工程师娄阔", ["娄阔"]),  # one character given
        ("zh", "研究主管伊莎贝尔·科尔特斯加入Mistral AI", ["伊莎贝尔·科尔特斯"]),  # only sounds belong to it
        ("zh", "研究员蒂姆·韦伯和安娜·马丁加入智谱", ["蒂姆·韦伯", "安娜·马丁"]),  # two names, one conjunction
        ("zh", "联合创始人霍昭然（Zhaoran Huo）离开月之暗面", ["霍昭然", "霍昭然"]),  # the name in brackets is his too
        ("zh", "智谱工程师Nadia Kessler离职", ["Nadia Kessler"]),  # capitals between Han
        ("ja", "研究者の橋口凛太郎氏が退社した", ["橋口凛太郎"]),
        ("ja", "OpenAIのエレナ・コルテス氏が退任", ["エレナ・コルテス"]),
        (
            "ja",
            "マックス・フォーゲル氏は入社した。フォーゲル氏は研究者。",
            ["マックス・フォーゲル", "マックス・フォーゲル"],
        ),
        ("ja", "OpenAIの研究者Tove Hansson氏が退社", ["Tove Hansson"]),  # an honorific touches the capitals
        ("ja", "サカナAIの鶴見 澪氏が退社", ["鶴見 澪"]),  # family and given name apart
        ("ko", "오픈AI 강유담 연구원이 퇴사했다", ["강유담"]),
        ("ko", "네이버 제갈현 이사가 이직했다", ["제갈현"]),  # a family name of two syllables
        ("ko", "연구원 안드레아 로시가 오픈AI를 떠났다", ["안드레아 로시"]),  # 가 is a particle behind a vowel
        ("ko", "연구원 다니엘 데이가 오픈AI를 떠났다", ["다니엘 데이"]),
        ("ar", "غادر المهندس طارق الزهراني شركة أوبن إيه آي", ["طارق الزهراني"]),
        ("ar", "يغادر عمر بن ناصر القحطاني جوجل", ["عمر بن ناصر القحطاني"]),  # links between
        (
            "ar",
            "انضم الباحث كيوان المرزوقي إلى ميتا",
            ["كيوان المرزوقي"],
        ),  # unlisted, but behind a post with the article
        ("hi", "ओपनएआई के शोधकर्ता हर्ष मेहता ने इस्तीफा दिया", ["हर्ष मेहता"]),
        ("hi", "गूगल की कविता डिसूज़ा मेटा में शामिल हुईं", ["कविता डिसूज़ा"]),
    ],
)
def test_names_are_found_where_a_list_and_a_neighbour_vouch(
    watch: Watch, code: str, text: str, expected: list[str]
) -> None:
    assert names(watch, text, code) == expected


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("zh", "多名高管离职智谱"),  # 高 is a family name, 高管 none
        ("zh", "他于周五离职，公司成立新部门"),
        ("zh", "彭博社报道，金融科技公司裁员"),
        ("zh", "时任研究员的他已经离开，华为方面未回应"),
        ("zh", "马上加入智谱，安全团队在招聘"),
        ("ja", "オープン・ソースのモデルを採用"),  # words joined by a dot
        ("ja", "同氏は退社し、両氏が加わった"),  # pronouns with an honorific
        ("ja", "関係者によると、東京の新会社に加わる"),
        ("ja", "ブルーリバー・ロボティクスが発表した"),  # a firm by its last word
        ("ko", "이번에 도서관이 문을 열고 지원서를 받는다"),
        ("ko", "신임 대표 선임, 정보통신 전문가"),
        ("ko", "오픈AI 핵심 연구원 여러 명이 떠났다"),
        ("ar", "شهد القطاع موجة استقالات"),  # a given name that is a verb
        ("ar", "رئيس قسم الأبحاث يغادر الشركة"),
        ("hi", "कंपनी की नई टीम में शामिल हुए"),
        ("hi", "वरिष्ठ शोधकर्ता ने कंपनी छोड़ी"),
    ],
)
def test_common_words_are_no_names(watch: Watch, code: str, text: str) -> None:
    assert names(watch, text, code) == []


# ------------------------------------------------------------------------------------------------ organisations next to particles


@pytest.mark.parametrize(
    ("text", "move"),
    [
        ("천수민 연구원, 노란해마AI 퇴사하고 달빛연구소로 이직", ("천수민", "Seahorse AI", "Moonlit Labs")),
        ("달빛연구소가 노란해마AI의 천수민 연구원을 영입했다", ("천수민", "Seahorse AI", "Moonlit Labs")),
        ("月光研究社的研究员岳听澜跳槽至黄海马智能", ("岳听澜", "Moonlit Labs", "Seahorse AI")),
        ("岳听澜从黄海马智能被月光研究社挖走", ("岳听澜", "Seahorse AI", "Moonlit Labs")),
        ("月光研究社从黄海马智能把研究员岳听澜挖走", ("岳听澜", "Seahorse AI", "Moonlit Labs")),
        ("ヨナス・ベルク氏、キイロウミウマから月光ラボに移籍", ("ヨナス・ベルク", "Seahorse AI", "Moonlit Labs")),
        ("月光ラボはキイロウミウマのヨナス・ベルク氏を採用した", ("ヨナス・ベルク", "Seahorse AI", "Moonlit Labs")),
        ("انتقل طارق الزهراني من فرس البحر إلى ضوء القمر", ("طارق الزهراني", "Seahorse AI", "Moonlit Labs")),
        ("हर्ष मेहता समुद्री घोड़ा छोड़कर चांदनी लैब्स में शामिल हुए", ("हर्ष मेहता", "Seahorse AI", "Moonlit Labs")),
    ],
)
def test_watched_organisations_are_found_beside_particles(text: str, move: tuple[str, str, str]) -> None:
    seahorse = Name("Seahorse AI", ("노란해마AI", "黄海马智能", "キイロウミウマ", "فرس البحر", "समुद्री घोड़ा"))
    moonlit = Name("Moonlit Labs", ("달빛연구소", "月光研究社", "月光ラボ", "ضوء القمر", "चांदनी लैब्स"))
    finding = judge(compile_watch(LEXICON, Names((seahorse, moonlit))), text, "")
    assert [(m.person, m.from_org, m.to_org) for m in finding.moves] == [move]


@pytest.mark.parametrize(
    ("code", "text", "end", "slot"),
    [
        ("ja", "月光からの", 2, "source"),
        ("ja", "月光（Moonlit）を退社", 2, "object"),  # an aside stands between
        ("ko", "달빛에서", 2, "source"),  # not 에
        ("ko", "달빛 이사", 2, ""),  # 이 begins a word of its own
        ("hi", "मेटा से निकले", 4, "source"),
        ("hi", "मेटा सेवा", 4, ""),  # से is only the head of a word
    ],
)
def test_particles_behind_a_name_give_its_slot(code: str, text: str, end: int, slot: str) -> None:
    assert case_behind(fold(text), LEXICON.languages[code], end) == slot


@pytest.mark.parametrize(
    ("text", "start", "slot"),
    [
        ("他从竞争对手月光", 6, "source"),  # words of skip between
        ("被月光", 1, "agent"),
        ("跳槽到，月光", 4, ""),  # the clause ends before
        ("喜欢月光", 2, ""),
    ],
)
def test_markers_before_a_name_are_read_without_spaces(text: str, start: int, slot: str) -> None:
    assert marker_before(fold(text), LEXICON.languages["zh"], start, 0) == slot


# ------------------------------------------------------------------------------------------------ laws

_WORDS = [word for code in CODES for example in LEXICON.languages[code].tests for word in example.text.split()]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(_WORDS), min_size=1, max_size=12), st.sampled_from(["", " ", "、", "·", "\n\n"]))
def test_names_lie_inside_the_text_and_overlap_no_organisation(words: list[str], glue: str) -> None:
    text = glue.join(words)
    watch = compile_watch_once()
    for code in CODES:
        for sentence in reading(watch, text, code).sentences:
            taken = sorted((m.start, m.end) for m in (*sentence.people, *sentence.orgs))
            # who writes of himself by the form of a verb alone is nowhere in the text: a point before the verb
            points = [m.start for m in sentence.people if m.via == "author" and m.start == m.end]
            assert all(0 <= start <= end <= len(text) for start, end in taken)
            assert sorted(start for start, end in taken if start == end) == sorted(points)
            assert all(before[1] <= after[0] for before, after in pairwise(taken))


_ONCE: list[Watch] = []


def compile_watch_once() -> Watch:
    if not _ONCE:
        _ONCE.append(compile_watch(LEXICON))
    return _ONCE[0]


def test_a_name_told_in_full_stands_for_its_parts_further_down(watch: Watch) -> None:
    title = "研究员伊莎贝尔·科尔特斯离开OpenAI"
    body = "科尔特斯加入Anthropic。"
    finding = judge(watch, title, body, "zh")
    assert [(m.person, m.from_org, m.to_org) for m in finding.moves] == [("伊莎贝尔·科尔特斯", "OpenAI", "Anthropic")]
    assert joined(title, body).startswith(title)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("zh", "研究员岳听澜的合伙人们离开智谱"),  # the person only owns those who move
        ("ja", "OpenAI出身のヨナス・ベルク氏が講演会に登壇"),  # a past post is no event
        ("ja", "OpenAIを統括するヨナス・ベルク氏が語った"),  # a description is none either
        ("ko", "오픈AI 출신 강유담 대표는 연봉이 올랐다고 말했다"),
        ("zh", "智谱创业者岳听澜谈大模型创业公司"),  # 创业 is a part of a longer word
    ],
)
def test_people_who_are_only_spoken_of_do_not_move(watch: Watch, code: str, text: str) -> None:
    assert judge(watch, text, "", code).moves == ()


def test_a_firm_that_acts_is_not_where_its_hire_comes_from(watch: Watch) -> None:
    finding = judge(watch, "アンソロピックは元青雲堂のエンジニア、三枝真帆氏を採用した。", "", "ja")
    assert [(m.person, m.from_org, m.to_org) for m in finding.moves] == [("三枝真帆", None, "Anthropic")]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("zh", "2012 年，研究员岳听澜离开智谱加入百度"),
        ("ja", "2009年に研究者の橋口凛太郎氏がOpenAIを退社した"),
        ("ko", "2011년 강유담 연구원이 오픈AI를 떠났다"),
        ("ar", "في عام 2012 غادر المهندس طارق الزهراني أنثروبيك"),
        ("hi", "2008 में शोधकर्ता हर्ष मेहता ने ओपनएआई छोड़ा"),
    ],
)
def test_a_year_gone_by_makes_a_move_history(watch: Watch, code: str, text: str) -> None:
    assert {move.status.value for move in judge(watch, text, "", code).moves} <= {"historical"}
    assert names(watch, text, code)

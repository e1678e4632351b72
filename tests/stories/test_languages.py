"""One event or two, in pairs of fifteen languages: the same told again, and what looks like it but is something else.

People and firms are invented; the names of people stand in the script of the language.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stories.telling import item, stories, tell

# Elena Castovan goes from OpenAI to Norvane AI.
HIRE = {
    "en": ("Norvane AI hires Elena Castovan from OpenAI", "Elena Castovan, who led evaluation at OpenAI, joins Norvane AI."),
    "it": ("Elena Castovan lascia OpenAI per Norvane AI", "La responsabile della valutazione di OpenAI passa a Norvane AI."),
    "de": ("Norvane AI holt Elena Castovan von OpenAI", "Elena Castovan verlässt OpenAI und wechselt zu Norvane AI."),
    "fr": ("Elena Castovan quitte OpenAI pour Norvane AI", "La responsable de l'évaluation d'OpenAI rejoint Norvane AI en mai."),
    "es": ("Norvane AI ficha a Elena Castovan, de OpenAI", "Elena Castovan deja OpenAI y se incorpora a Norvane AI."),
    "pt": ("Elena Castovan troca a OpenAI pela Norvane AI", "Elena Castovan deixa a OpenAI e vai para a Norvane AI."),
    "nl": ("Elena Castovan stapt over van OpenAI naar Norvane AI", "Elena Castovan leidde bij OpenAI de evaluatie."),
    "ru": ("Елена Кастован переходит из OpenAI в Norvane AI", "Елена Кастован покидает OpenAI и будет работать в Norvane AI."),
    "pl": ("Elena Castovan przechodzi z OpenAI do Norvane AI", "Elena Castovan odchodzi z OpenAI i dołącza do Norvane AI."),
    "tr": ("Elena Castovan OpenAI'dan ayrıldı, Norvane AI'a geçiyor", "Elena Castovan artık Norvane AI'da çalışacak."),
    "ja": ("エレナ・カストバン氏がOpenAIを退社、Norvane AIへ", "OpenAIのエレナ・カストバン氏がNorvane AIに移籍する。"),
    "zh": ("埃琳娜·卡斯托万从OpenAI离职，加入Norvane AI", "埃琳娜·卡斯托万已离开OpenAI，将加入Norvane AI。"),
    "ko": ("엘레나 카스토반, OpenAI 떠나 Norvane AI 합류", "엘레나 카스토반이 OpenAI를 떠나 Norvane AI로 옮긴다."),
    "ar": ("إيلينا كاستوفان تغادر OpenAI وتنضم إلى Norvane AI", "غادرت إيلينا كاستوفان شركة OpenAI وستنضم إلى Norvane AI."),
    "hi": ("एलेना कास्तोवन ने OpenAI छोड़ा, Norvane AI में शामिल", "एलेना कास्तोवन OpenAI छोड़कर Norvane AI में शामिल हुईं।"),
}  # fmt: skip
# Sara Abelard goes the same way.
OTHER = {
    "en": ("Norvane AI hires Sara Abelard from OpenAI", "Sara Abelard, who led evaluation at OpenAI, joins Norvane AI."),
    "it": ("Sara Abelard lascia OpenAI per Norvane AI", "La responsabile della valutazione di OpenAI passa a Norvane AI."),
    "de": ("Norvane AI holt Sara Abelard von OpenAI", "Sara Abelard verlässt OpenAI und wechselt zu Norvane AI."),
    "fr": ("Sara Abelard quitte OpenAI pour Norvane AI", "La responsable de l'évaluation d'OpenAI rejoint Norvane AI en mai."),
    "es": ("Norvane AI ficha a Sara Abelard, de OpenAI", "Sara Abelard deja OpenAI y se incorpora a Norvane AI."),
    "pt": ("Sara Abelard troca a OpenAI pela Norvane AI", "Sara Abelard deixa a OpenAI e vai para a Norvane AI."),
    "nl": ("Sara Abelard stapt over van OpenAI naar Norvane AI", "Sara Abelard leidde bij OpenAI de evaluatie."),
    "ru": ("Сара Абелард переходит из OpenAI в Norvane AI", "Сара Абелард покидает OpenAI и будет работать в Norvane AI."),
    "pl": ("Sara Abelard przechodzi z OpenAI do Norvane AI", "Sara Abelard odchodzi z OpenAI i dołącza do Norvane AI."),
    "tr": ("Sara Abelard OpenAI'dan ayrıldı, Norvane AI'a geçiyor", "Sara Abelard artık Norvane AI'da çalışacak."),
    "ja": ("サラ・アベラード氏がOpenAIを退社、Norvane AIへ", "OpenAIのサラ・アベラード氏がNorvane AIに移籍する。"),
    "zh": ("萨拉·阿贝拉德从OpenAI离职，加入Norvane AI", "萨拉·阿贝拉德已离开OpenAI，将加入Norvane AI。"),
    "ko": ("사라 아벨라드, OpenAI 떠나 Norvane AI 합류", "사라 아벨라드가 OpenAI를 떠나 Norvane AI로 옮긴다."),
    "ar": ("سارة أبيلارد تغادر OpenAI وتنضم إلى Norvane AI", "غادرت سارة أبيلارد شركة OpenAI وستنضم إلى Norvane AI."),
    "hi": ("सारा एबेलार्ड ने OpenAI छोड़ा, Norvane AI में शामिल", "सारा एबेलार्ड OpenAI छोड़कर Norvane AI में शामिल हुईं।"),
}  # fmt: skip
# David Castovan, of the same family name, goes the same way.
NAMESAKE = {
    "en": ("Norvane AI hires David Castovan from OpenAI", "David Castovan, an engineer at OpenAI, joins Norvane AI."),
    "it": ("David Castovan lascia OpenAI per Norvane AI", "L'ingegnere di OpenAI passa a Norvane AI."),
    "de": ("Norvane AI holt David Castovan von OpenAI", "David Castovan verlässt OpenAI und wechselt zu Norvane AI."),
    "fr": ("David Castovan quitte OpenAI pour Norvane AI", "L'ingénieur d'OpenAI rejoint Norvane AI en mai."),
    "es": ("Norvane AI ficha a David Castovan, de OpenAI", "David Castovan deja OpenAI y se incorpora a Norvane AI."),
    "pt": ("David Castovan troca a OpenAI pela Norvane AI", "David Castovan deixa a OpenAI e vai para a Norvane AI."),
    "nl": ("David Castovan stapt over van OpenAI naar Norvane AI", "David Castovan was bij OpenAI ingenieur."),
    "ru": ("Давид Кастован переходит из OpenAI в Norvane AI", "Давид Кастован покидает OpenAI и будет работать в Norvane AI."),
    "pl": ("David Castovan przechodzi z OpenAI do Norvane AI", "David Castovan odchodzi z OpenAI i dołącza do Norvane AI."),
    "tr": ("David Castovan OpenAI'dan ayrıldı, Norvane AI'a geçiyor", "David Castovan artık Norvane AI'da çalışacak."),
    "ja": ("デイビッド・カストバン氏がOpenAIを退社、Norvane AIへ", "OpenAIのデイビッド・カストバン氏がNorvane AIに移籍する。"),
    "zh": ("大卫·卡斯托万从OpenAI离职，加入Norvane AI", "大卫·卡斯托万已离开OpenAI，将加入Norvane AI。"),
    "ko": ("데이비드 카스토반, OpenAI 떠나 Norvane AI 합류", "데이비드 카스토반이 OpenAI를 떠나 Norvane AI로 옮긴다."),
    "ar": ("ديفيد كاستوفان يغادر OpenAI وينضم إلى Norvane AI", "غادر ديفيد كاستوفان شركة OpenAI وسينضم إلى Norvane AI."),
    "hi": ("डेविड कास्तोवन ने OpenAI छोड़ा, Norvane AI में शामिल", "डेविड कास्तोवन OpenAI छोड़कर Norvane AI में शामिल हुए।"),
}  # fmt: skip
# Days later Elena Castovan goes on from Norvane AI to Anthropic.
ONWARD = {
    "en": ("Anthropic hires Elena Castovan from Norvane AI", "Elena Castovan leaves Norvane AI and joins Anthropic."),
    "it": ("Elena Castovan lascia Norvane AI per Anthropic", "Elena Castovan passa da Norvane AI ad Anthropic."),
    "de": ("Anthropic holt Elena Castovan von Norvane AI", "Elena Castovan verlässt Norvane AI und wechselt zu Anthropic."),
    "fr": ("Elena Castovan quitte Norvane AI pour Anthropic", "Elena Castovan rejoint Anthropic."),
    "es": ("Anthropic ficha a Elena Castovan, de Norvane AI", "Elena Castovan deja Norvane AI y se incorpora a Anthropic."),
    "pt": ("Elena Castovan troca a Norvane AI pela Anthropic", "Elena Castovan deixa a Norvane AI e vai para a Anthropic."),
    "nl": ("Elena Castovan stapt over van Norvane AI naar Anthropic", "Elena Castovan verlaat Norvane AI."),
    "ru": ("Елена Кастован переходит из Norvane AI в Anthropic", "Елена Кастован покидает Norvane AI и будет работать в Anthropic."),
    "pl": ("Elena Castovan przechodzi z Norvane AI do Anthropic", "Elena Castovan odchodzi z Norvane AI i dołącza do Anthropic."),
    "tr": ("Elena Castovan Norvane AI'dan ayrıldı, Anthropic'e geçiyor", "Elena Castovan artık Anthropic'te çalışacak."),
    "ja": ("エレナ・カストバン氏がNorvane AIを退社、Anthropicへ", "Norvane AIのエレナ・カストバン氏がAnthropicに移籍する。"),
    "zh": ("埃琳娜·卡斯托万从Norvane AI离职，加入Anthropic", "埃琳娜·卡斯托万已离开Norvane AI，将加入Anthropic。"),
    "ko": ("엘레나 카스토반, Norvane AI 떠나 Anthropic 합류", "엘레나 카스토반이 Norvane AI를 떠나 Anthropic으로 옮긴다."),
    "ar": ("إيلينا كاستوفان تغادر Norvane AI وتنضم إلى Anthropic", "غادرت إيلينا كاستوفان شركة Norvane AI وستنضم إلى Anthropic."),
    "hi": ("एलेना कास्तोवन ने Norvane AI छोड़ा, Anthropic में शामिल", "एलेना कास्तोवन Norvane AI छोड़कर Anthropic में शामिल हुईं।"),
}  # fmt: skip
# Ostrea Robotics cuts 120 jobs, nobody is named.
LAYOFF = {
    "en": ("Ostrea Robotics lays off 120 people", "Ostrea Robotics is cutting 120 jobs in its AI team."),
    "it": ("Ostrea Robotics licenzia 120 dipendenti", "Ostrea Robotics taglia 120 posti nel team AI."),
    "de": ("Ostrea Robotics entlässt 120 Mitarbeiter", "Ostrea Robotics streicht 120 Stellen im KI-Team."),
    "fr": ("Ostrea Robotics licencie 120 salariés", "Ostrea Robotics supprime 120 postes dans son équipe IA."),
    "es": ("Ostrea Robotics despide a 120 empleados", "Ostrea Robotics recorta 120 puestos en su equipo de IA."),
    "pt": ("Ostrea Robotics demite 120 funcionários", "A Ostrea Robotics corta 120 vagas na equipe de IA."),
    "nl": ("Ostrea Robotics ontslaat 120 medewerkers", "Ostrea Robotics schrapt 120 banen in zijn AI-team."),
    "ru": ("Ostrea Robotics увольняет 120 сотрудников", "Ostrea Robotics сокращает 120 рабочих мест в команде ИИ."),
    "pl": ("Ostrea Robotics zwalnia 120 pracowników", "Ostrea Robotics likwiduje 120 etatów w zespole AI."),
    "tr": ("Ostrea Robotics 120 çalışanı işten çıkarıyor", "Ostrea Robotics yapay zeka ekibinde 120 kişiyi işten çıkarıyor."),
    "ja": ("Ostrea Roboticsが120人を解雇", "Ostrea RoboticsはAI部門で120人を削減する。"),
    "zh": ("Ostrea Robotics裁员120人", "Ostrea Robotics将在AI团队裁员120人。"),
    "ko": ("Ostrea Robotics, 120명 해고", "Ostrea Robotics가 AI 팀에서 120명을 감원한다."),
    "ar": ("Ostrea Robotics تسرح 120 موظفا", "تسرح Ostrea Robotics نحو 120 موظفا من فريق الذكاء الاصطناعي."),
    "hi": ("Ostrea Robotics ने 120 कर्मचारियों की छंटनी की", "Ostrea Robotics अपनी AI टीम से 120 लोगों की छंटनी कर रही है।"),
}  # fmt: skip
# The same firm, another event: it opens an office.
OFFICE = {
    "en": ("Ostrea Robotics opens an office in Lyon", "The new office of Ostrea Robotics has room for its sales team."),
    "it": ("Ostrea Robotics apre un ufficio a Lione", "Il nuovo ufficio di Ostrea Robotics ospita le vendite."),
    "de": ("Ostrea Robotics eröffnet ein Büro in Lyon", "Das neue Büro von Ostrea Robotics ist für den Vertrieb."),
    "fr": ("Ostrea Robotics ouvre un bureau à Lyon", "Le nouveau bureau d'Ostrea Robotics accueille les ventes."),
    "es": ("Ostrea Robotics abre una oficina en Lyon", "La nueva oficina de Ostrea Robotics es para ventas."),
    "pt": ("Ostrea Robotics abre escritório em Lyon", "O novo escritório da Ostrea Robotics é para vendas."),
    "nl": ("Ostrea Robotics opent kantoor in Lyon", "Het nieuwe kantoor van Ostrea Robotics is voor de verkoop."),
    "ru": ("Ostrea Robotics открывает офис в Лионе", "Новый офис Ostrea Robotics займёт отдел продаж."),
    "pl": ("Ostrea Robotics otwiera biuro w Lyonie", "Nowe biuro Ostrea Robotics zajmie dział sprzedaży."),
    "tr": ("Ostrea Robotics Lyon'da ofis açıyor", "Ostrea Robotics'in yeni ofisi satış ekibi için."),
    "ja": ("Ostrea Roboticsがリヨンにオフィスを開設", "Ostrea Roboticsの新オフィスには営業部門が入る。"),
    "zh": ("Ostrea Robotics在里昂开设办公室", "Ostrea Robotics的新办公室将容纳销售部门。"),
    "ko": ("Ostrea Robotics, 리옹에 사무실 개설", "Ostrea Robotics의 새 사무실은 영업팀이 쓴다."),
    "ar": ("Ostrea Robotics تفتتح مكتبا في ليون", "يضم المكتب الجديد لشركة Ostrea Robotics قسم المبيعات."),
    "hi": ("Ostrea Robotics ने लियोन में कार्यालय खोला", "Ostrea Robotics का नया कार्यालय बिक्री विभाग के लिए है।"),
}  # fmt: skip
LANGUAGES = tuple(HIRE)


def turned(steps):
    """Return each language with another, `steps` further in the list."""
    return [(code, LANGUAGES[(n + steps) % len(LANGUAGES)]) for n, code in enumerate(LANGUAGES)]


def pair(one, other, days=0):
    first = item(1, *one[1], lang=one[0], at="2026-03-02T09:00")
    second = item(2, *other[1], lang=other[0], at=f"2026-03-0{2 + days}T15:00")
    return tell([first, second])


@pytest.mark.parametrize(("one", "other"), [*turned(1), *turned(6)])
def test_one_hire_told_in_two_languages_is_one_story(one, other):
    out = pair((one, HIRE[one]), (other, HIRE[other]))
    assert out[0]["story"] == out[1]["story"]


@pytest.mark.parametrize(("one", "other"), [*turned(0), *turned(5)])
@pytest.mark.parametrize("rows", [OTHER, NAMESAKE], ids=["another person", "a namesake"])
def test_another_person_on_the_same_way_is_another_story(one, other, rows):
    out = pair((one, HIRE[one]), (other, rows[other]))
    assert out[0]["story"] != out[1]["story"]


@pytest.mark.parametrize(("one", "other"), [*turned(3)])
def test_the_next_move_of_the_same_person_is_another_story_of_the_saga(one, other):
    out = pair((one, HIRE[one]), (other, ONWARD[other]), days=5)
    assert out[0]["story"] != out[1]["story"]
    assert out[0]["saga"] == out[1]["saga"]


@pytest.mark.parametrize(("one", "other"), [*turned(2)])
def test_one_event_of_a_firm_told_in_two_languages_is_one_story(one, other):
    out = pair((one, LAYOFF[one]), (other, LAYOFF[other]))
    assert out[0]["story"] == out[1]["story"]


@pytest.mark.parametrize(("one", "other"), [*turned(2)])
def test_another_event_of_the_same_firm_is_another_story(one, other):
    out = pair((one, LAYOFF[one]), (other, OFFICE[other]))
    assert out[0]["story"] != out[1]["story"]


MIXED = [
    *(item(n, *HIRE[code], lang=code, at=f"2026-03-02T1{n}:00") for n, code in enumerate(("en", "ru", "zh", "hi"))),
    *(item(n, *NAMESAKE[code], lang=code, at=f"2026-03-02T1{n}:00") for n, code in enumerate(("de", "ja", "ar"), 4)),
    *(item(n, *LAYOFF[code], lang=code, at=f"2026-03-02T1{n}:00") for n, code in enumerate(("fr", "ko"), 7)),
    item(9, *ONWARD["it"], lang="it", at="2026-03-07T09:00"),
]


@settings(max_examples=12, deadline=None)
@given(st.permutations(MIXED))
def test_in_whatever_order_they_arrive_the_languages_tell_the_same_stories(items):
    assert stories(tell(items)) == {
        frozenset({"i0", "i1", "i2", "i3"}),
        frozenset({"i4", "i5", "i6"}),
        frozenset({"i7", "i8"}),
        frozenset({"i9"}),
    }

"""What is not of the article goes; what only looks so stays."""

from __future__ import annotations

import pytest

from bot.articles.furniture import without

TITLE = "<title>Lumen hires Ada Quill | The Paper</title>"
FIRST = "Lumen said on Monday that it had hired Ada Quill, who led the research group of Norvane for nine years."
LAST = "She will begin in May, and four of her colleagues will follow her before the end of the summer."


@pytest.mark.parametrize(
    "furniture",
    [
        "Related: Lumen opens an office in Oslo",
        "Read more: Lumen opens an office",
        "Lesen Sie auch: Lumen eröffnet ein Büro in Oslo",
        "À lire aussi : Lumen ouvre un bureau à Oslo",
        "Leggi anche: Lumen apre a Oslo",
        "Читайте также: Lumen открывает офис",
        "関連記事：ルーメン、オスロに事務所",
        "相关阅读：流明在奥斯陆设立办事处",
        "Sign up for our newsletter and never miss a story.",
        "Abonnez-vous à notre lettre du matin.",
        "Síguenos en nuestras redes.",
        "Have a tip? Write to our reporter.",
        "Copyright © 2026 The Paper. All rights reserved.",
        "무단전재 및 재배포 금지",
        "________",
    ],
)
def test_labels_calls_and_notices_go_wherever_they_stand(furniture: str) -> None:
    assert without([FIRST, furniture, LAST], TITLE) == [FIRST, LAST]
    assert without([FIRST, LAST, furniture], TITLE) == [FIRST, LAST]


@pytest.mark.parametrize(
    "paragraph",
    [
        "The two had been related through a merger: Norvane bought the lab in 2019.",
        "Read more slowly than a machine does, the paper holds a surprise.",
        "Subscribers to the service rose by a tenth.",
        'She said: "Watch what we do, not what we say."',
        "Comments by her former employer were not to be had.",
        "- Ada Quill, chief scientist",
        "Published papers of hers number 40, and 3 won prizes in the field of learning machines and what they learn.",
        "THE BOARD SAYS NO",  # a heading
        "She and others follow her work on Facebook's models.",
        "The firm publishes one of the larger newsletters of the trade. "
        + "Its readers pay for it, and it says so each week. " * 6,
    ],
)
def test_what_only_looks_so_stays(paragraph: str) -> None:
    assert without([FIRST, paragraph, LAST], TITLE) == [FIRST, paragraph, LAST]
    assert without([FIRST, LAST, paragraph], TITLE) == [FIRST, LAST, paragraph]


def test_a_list_of_links_under_its_heading_goes() -> None:
    links = ["You may also like", "- Lumen opens an office", "The ten best laboratories of the north"]
    assert without([FIRST, LAST, *links], TITLE) == [FIRST, LAST]
    story = ["Comments", LAST, FIRST]  # a heading of the article itself
    assert without([FIRST, LAST, *story], TITLE) == [FIRST, LAST, *story]


def test_the_headline_stands_elsewhere() -> None:
    assert without(["Lumen hires Ada Quill", FIRST], TITLE) == [FIRST]
    assert without(["Lumen hires somebody", FIRST], TITLE) == ["Lumen hires somebody", FIRST]
    assert without(["Lumen hires Ada Quill"], TITLE) == ["Lumen hires Ada Quill"]


def test_something_is_always_left() -> None:
    assert without(["Sign up for our newsletter."], TITLE) == ["Sign up for our newsletter."]
    assert without([], TITLE) == []

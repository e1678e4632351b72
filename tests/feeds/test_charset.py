"""Text comes out right whatever header, declaration and bytes say of it, or it is said to be doubtful."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.charset import decode

RUSSIAN = "Сбер нанял руководителя исследований из Яндекса, сообщили два источника"
JAPANESE = "研究者が別の研究所に移籍したと関係者が明らかにした。新しいチームを率いる。"
CHINESE = "一位研究人员离开实验室，加入竞争对手，并将领导一个新的团队。"
TAIWANESE = "一位研究人員離開實驗室，加入競爭對手，並將領導一個新的團隊。"
KOREAN = "연구원이 다른 연구소로 옮겨 새로운 팀을 이끌게 되었다고 관계자가 말했다."
FRENCH = "Une chercheuse quitte le laboratoire après l’été, a-t-on appris : « elle dirigera une équipe »"


@pytest.mark.parametrize(
    ("text", "actual", "header", "declared"),
    [
        (RUSSIAN, "utf-8", "iso-8859-1", "windows-1251"),  # valid UTF-8 wins over both
        (RUSSIAN, "utf-8", "", ""),
        (RUSSIAN, "windows-1251", "windows-1251", "utf-8"),  # the header
        (RUSSIAN, "windows-1251", "", "windows-1251"),  # the declaration
        (RUSSIAN, "koi8-r", "", "koi8-r"),
        (RUSSIAN, "windows-1251", "iso-8859-1", "utf-8"),  # both lie: detected
        (RUSSIAN, "koi8-r", "", ""),
        (JAPANESE, "shift_jis", "", ""),
        (JAPANESE, "euc_jp", "", ""),
        (JAPANESE, "shift_jis", "x-sjis", ""),
        (JAPANESE, "iso2022_jp", "iso-2022-jp", ""),  # seven bits: valid UTF-8 too
        (CHINESE, "gb18030", "gb2312", ""),  # people write gb2312 and mean its superset
        (CHINESE, "gb18030", "", ""),
        (TAIWANESE, "big5", "big5", ""),
        (TAIWANESE, "big5", "", ""),
        (KOREAN, "euc-kr", "", "euc-kr"),
        (KOREAN, "euc-kr", "", ""),
        (FRENCH, "windows-1252", "iso-8859-1", ""),  # Latin-1 with the quotes it does not have
        (FRENCH, "windows-1252", "", ""),
        (FRENCH, "windows-1252", "unicode_escape", "utf-7"),  # names that are no charsets count as none
        (FRENCH, "utf-16", "", ""),  # by its mark
        (FRENCH, "utf-16-le", "utf-8", ""),  # by the zeros after "<"
        (FRENCH, "utf-32-be", "", ""),
    ],
)
def test_the_right_charset_is_found(text: str, actual: str, header: str, declared: str) -> None:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    body = f"{declaration}<title>{text}</title>".encode(actual)
    assert text in decode(body, f"text/xml; charset={header}" if header else "text/xml").text


def test_a_page_declares_its_charset_in_a_meta_element() -> None:
    assert RUSSIAN in decode(f'<html><meta charset="windows-1251">{RUSSIAN}'.encode("windows-1251")).text


def test_what_is_doubtful_is_said() -> None:
    assert decode(RUSSIAN.encode()).doubt == ""
    assert decode(RUSSIAN.encode("windows-1251"), "text/xml; charset=utf-8").doubt != ""
    assert "UTF-8" in decode(RUSSIAN.encode() + b"\xff", "text/xml; charset=utf-8").doubt


@given(st.binary(max_size=300), st.text(max_size=20))
def test_no_bytes_and_no_name_raise(body: bytes, name: str) -> None:
    assert isinstance(decode(body, f"text/xml; charset={name}").text, str)
    assert isinstance(decode(f'<?xml encoding="{name}"?>'.encode("utf-8", "replace") + body).text, str)

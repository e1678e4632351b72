"""Where secrets come from, and that they are never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config import secret
from bot.errors import ConfigError


def test_a_secret_comes_from_the_environment_or_from_the_file_it_names(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("xoxb-1-file\n")
    assert secret("TOKEN", {}) is None
    assert secret("TOKEN", {"TOKEN": ""}) is None
    assert secret("TOKEN", {"TOKEN": " xoxb-1-env\n"}) == "xoxb-1-env"
    assert secret("TOKEN", {"TOKEN_FILE": str(file)}) == "xoxb-1-file"


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"xoxb-1\nX-Evil: 1\n", "white space"), (b"\n", "empty"), (b"\xff\xfe", "no text"), (None, "cannot be read")],
)
def test_a_file_that_holds_no_token_is_named_without_its_content(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=words) as caught:
        secret("TOKEN", {"TOKEN_FILE": str(file)})
    assert "xoxb" not in str(caught.value)


def test_two_sources_of_one_secret_are_refused() -> None:
    with pytest.raises(ConfigError, match="both set"):
        secret("TOKEN", {"TOKEN": "xoxb-1", "TOKEN_FILE": "/x"})

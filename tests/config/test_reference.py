"""The schema and the page are made from the models, and say something about every key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

from bot.config.document import read_document
from bot.config.loading import key_tree
from bot.config.models import Config
from bot.config.reference import Key, keys, page, schema

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("key", list(keys()), ids=lambda key: key.path)
def test_every_key_has_a_description_and_an_example(key: Key) -> None:
    assert key.description.endswith(".")
    assert key.example


@pytest.mark.parametrize(("path", "field"), [pytest.param(*row[:2], id=row[0]) for row in key_tree(Config)])
def test_the_example_of_every_key_is_a_value_that_it_takes(path: str, field: FieldInfo) -> None:
    """As it stands on the page, a key's example can be pasted behind the key."""
    (example,) = (key.example for key in keys() if key.path == path)
    document = read_document(f"x: {example}\n".encode(), path)
    assert document.problems == ()
    TypeAdapter(Annotated[field.annotation, None, *field.metadata]).validate_python(document.values["x"])


def test_the_schema_file_is_what_the_models_make() -> None:
    kept = json.loads((ROOT / "config.schema.json").read_text("utf-8"))
    assert kept == schema(), "run `make docs`"


def test_the_page_is_what_the_models_make() -> None:
    assert (ROOT / "docs" / "configuration.md").read_text("utf-8") == page(), "run `make docs`"


def test_the_schema_takes_plain_text_where_the_loader_does() -> None:
    definitions = schema()["$defs"]
    for name in ("FeedConfig", "WatchEntry"):
        assert [each["type"] for each in definitions[name]["anyOf"]] == ["string", "object"]
    assert definitions["WatchEntry"]["anyOf"][1]["properties"].keys() >= {"name", "aliases", "not", "weight"}
    assert schema()["additionalProperties"] is False


def test_the_first_line_of_the_shipped_file_names_the_schema() -> None:
    first = (ROOT / "config.yaml").read_text("utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=./config.schema.json"

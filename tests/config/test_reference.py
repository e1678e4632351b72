"""The schema and the page are made from the models, and say something about every key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.config.document import read_document
from bot.config.models import Config
from bot.config.reference import Key, keys, page, schema

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("key", list(keys()), ids=lambda key: key.path)
def test_every_key_has_a_description_and_an_example(key: Key) -> None:
    assert key.description.endswith(".")
    assert key.example


def test_the_example_of_every_key_is_valid_yaml_and_a_valid_value() -> None:
    for key in keys():
        if "." in key.path or "[]" in key.path:
            continue
        document = read_document(f"{key.path}: {key.example}\n".encode(), key.path)
        assert document.problems == ()
        Config.model_validate(document.values)


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

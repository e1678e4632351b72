"""The JSON schema of config.yaml and the page that describes it, both made from the models.

python -m bot.config.reference FOLDER      writes config.schema.json and docs/configuration.md below FOLDER
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from typing import Any

from bot.config.loading import key_tree
from bot.config.models import Config, Section
from bot.config.packs import pack_about, pack_feeds, pack_names

_INTRO = """# Configuration

Everything is set in one file, `config.yaml`. It is looked for in this order: `--config FILE`, the file that
`TALENTWIRE_CONFIG` names, `/config/config.yaml`, `./config.yaml`. Unknown keys are refused; `talentwire check` names
every problem at once, with its line and column, and ends with status 2. It warns of what can be used and is hardly
meant: "OpenAl: did you mean OpenAI?", an entry that can never match, an alias that is an ordinary word, one feed under
two addresses. With `--online` it asks the feeds, too.

The file's first line names `config.schema.json`, so that editors with a YAML language server complete and check it.
This page and the schema are made from the code by `make docs`.

## Editing while it runs

`talentwire run` looks at the file once a second and takes an edit whole, two seconds after the last write, or refuses
it whole: then the old one stays in force, and the log, `talentwire health` and the channel in `slack.owner` say why.
It does not matter how the file is written: in place, by an editor that renames, or by Kubernetes, which swaps a link.
A file that looks cut off (it is empty, or the beginning of the one in force) is given half a minute to become whole.
`SIGHUP` has the file looked at at once. The log and `talentwire health` name the one in force by the first 12 digits
of its SHA-256 (as `sha256sum config.yaml` prints them) and since when.

A container that mounts the file alone, not its folder, shows no file that an editor puts in its place by a rename:
the bot notices and says so. Mount the folder, write in place, or start the container anew.

Feeds, packs, the watchlist, mutes, routes, thresholds, channels and the network hold from the next entry
on; what is under way is finished, and what is owed to a channel goes there. Two things take a new start: another
`store`, whose edit is refused, and other tokens, which the log points out.

## Values

Lengths of time are a number and a unit: `90s`, `15m`, `48h`, `30d`, `2w`. Only `true` and `false` are truth values:
`no` is Norwegian. Anchors, aliases and tags are refused.
"""

_ENVIRONMENT = """## Environment

| variable | what it sets |
| --- | --- |
| `SLACK_BOT_TOKEN` | Slack's bot token (`xoxb-...`). Without one, alerts go to the terminal. |
| `SLACK_BOT_TOKEN_FILE` | A file that holds the token instead, such as a mounted secret. |
| `SLACK_APP_TOKEN` | Slack's app-level token (`xapp-...`), for buttons and commands; without one there are none. |
| `SLACK_APP_TOKEN_FILE` | A file that holds the app-level token instead. |
| `SLACK_API_URL` | Base address of Slack's API, for a proxy or a test server. |
| `TALENTWIRE_CONFIG` | The configuration file, unless `--config` names one. |
| `TALENTWIRE_DATA` | The folder for the database. Default: `./data`, or `/data` where only that exists. |
"""


@dataclass(frozen=True, slots=True)
class Key:
    """One key of config.yaml. `path` is dotted, `[]` marks the items of a list."""

    path: str
    description: str
    example: str
    default: str


def keys() -> Iterator[Key]:
    """Yield every key, those of a section after the section itself."""
    for path, field, below in key_tree(Config):
        default = "" if below or field.is_required() else _yaml(field.get_default(call_default_factory=True))
        yield Key(path, field.description or "", _yaml(field.examples[0]) if field.examples else "", default)


def schema() -> dict[str, Any]:
    """Return the JSON schema of config.yaml (draft 2020-12). Where plain text does for a mapping, it says so."""
    made = Config.model_json_schema(by_alias=True)
    for name, key in (("FeedConfig", "url"), ("WatchEntry", "name")):
        mapping = made["$defs"].pop(name)
        made["$defs"][name] = {"anyOf": [mapping["properties"][key], mapping]}
    made["title"] = "Talentwire configuration"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def page() -> str:
    """Return docs/configuration.md."""
    rows = [f"| `{key.path}` | {key.description} | {_code(key.default)} | {_code(key.example)} |" for key in keys()]
    packs = [f"| `{name}` | {pack_about(name)} | {len(pack_feeds(name))} |" for name in pack_names()]
    parts = [
        _INTRO,
        "## Keys\n",
        "`[]` marks the items of a list.\n",
        "| key | what it does | default | example |\n| --- | --- | --- | --- |",
        "\n".join(rows) + "\n",
        _ENVIRONMENT,
        "## Packs\n",
        "Ready-made lists of feeds, off unless named under `packs`.\n",
        "| pack | what it holds | feeds |\n| --- | --- | --- |",
        "\n".join(packs),
    ]
    return "\n".join(parts) + "\n"


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _yaml(value: Any) -> str:
    """Write a value as one line of YAML."""
    if value is None or value in ((), [], {}, "") or isinstance(value, Section):
        return ""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_yaml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_yaml(each) for each in value) + "]"
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, timedelta):
        return f"{value // timedelta(minutes=1)}m"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _main(folder: str) -> None:
    root = Path(folder)
    (root / "config.schema.json").write_text(json.dumps(schema(), indent=2, ensure_ascii=False) + "\n", "utf-8")
    (root / "docs" / "configuration.md").write_text(page(), "utf-8")


if __name__ == "__main__":
    _main(sys.argv[1])

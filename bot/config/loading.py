"""Finds the configuration file and judges it whole: every problem at once, warnings apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from bot.addresses import is_inside
from bot.config.document import Document, Place, dotted, read_document
from bot.config.models import Config, Section, Thresholds, validated
from bot.config.packs import address_key, pack_names
from bot.errors import ConfigError, FetchError, Problem
from bot.lexicon import Lexicon
from bot.urls import STANDARD_PORTS, fetchable, port_of

_LISTING = "list it under network.allow_private if that is meant"
_PLACES = ("/config/config.yaml", "config.yaml")


@dataclass(frozen=True, slots=True)
class Report:
    """What a look at a configuration brought. `config` is None if there is any error, `document` if there is none."""

    config: Config | None
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    document: Document | None = None


def find(explicit: str | None, env: Mapping[str, str]) -> Path:
    """Return the file to use: `explicit`, TALENTWIRE_CONFIG, /config/config.yaml, ./config.yaml.

    The first two count once given, the others if they exist. Raises ConfigError if there is none.
    """
    named = explicit or env.get("TALENTWIRE_CONFIG")
    if named:
        return Path(named)
    for place in _PLACES:
        if Path(place).is_file():
            return Path(place)
    raise ConfigError((Problem(0, "", f"no configuration found: looked for {' and '.join(_PLACES)}"),))


def load(path: Path, *, feedless: bool = False) -> Config:
    """Return the configuration in `path`, without feeds if `feedless`. Raises ConfigError with every problem."""
    report = examine(path, feedless=feedless)
    if report.config is None:
        raise ConfigError(report.errors)
    return report.config


def examine(path: Path, *, feedless: bool = False) -> Report:
    """Return the configuration in `path` with all errors and warnings, in order of line."""
    name = str(path)
    try:
        with path.open("rb") as file:
            data = file.read(1_000_001)
    except OSError as error:
        return Report(None, (Problem(0, "", f"cannot be read: {error.strerror}", name),), ())
    return judged(data, path, feedless=feedless)


def judged(data: bytes, path: Path, *, feedless: bool = False) -> Report:
    """Return the configuration that `data` is where it stands in `path`."""
    name = str(path)
    document = read_document(data, name)
    errors = [*document.problems]
    config: Config | None = None
    if document.values or not document.problems:
        try:
            config = validated(document.values)
        except ValidationError as error:
            errors += [_problem(each, document, name) for each in error.errors(include_url=False)]
        look = _Look(document, name)
        errors += look.errors(feedless=feedless)
        warnings = look.warnings()
    else:
        warnings = []
    if errors or config is None:
        return Report(None, _in_order(errors), _in_order(warnings), document)
    if config.store is not None:
        config = config.model_copy(update={"store": path.absolute().parent / config.store})
    return Report(config, (), _in_order(warnings), document)


def scrutinise(path: Path, lexicon: Lexicon, now: datetime) -> Report:
    """Return what `examine` does, and among the warnings whatever is allowed and hardly meant."""
    from bot.config.doubts import doubts

    report = examine(path)
    if report.document is None:
        return report
    more = doubts(report.document, str(path), lexicon, now)
    return replace(report, warnings=_in_order((*report.warnings, *more)))


def data_dir(env: Mapping[str, str]) -> Path:
    """Return the folder for what the bot keeps: TALENTWIRE_DATA, else ./data or /data if there, else ./data."""
    if env.get("TALENTWIRE_DATA"):
        return Path(env["TALENTWIRE_DATA"])
    return next((place for place in (Path("data"), Path("/data")) if place.is_dir()), Path("data"))


def store_path(config: Config, env: Mapping[str, str]) -> Path:
    """Return the database file, which need not be there yet. Raises ConfigError for a folder."""
    path = config.store or data_dir(env) / "talentwire.db"
    if path.is_dir():
        raise ConfigError((Problem(0, "store", f"{path} is a folder: name a file in it, such as talentwire.db"),))
    return path


def _in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(dict.fromkeys(problems), key=lambda problem: (problem.line, problem.column)))


# ------------------------------------------------------------------------------------------- what pydantic refuses

_WANTED = {
    "string_type": "text (put numbers, true and false in quotes)",
    "tuple_type": "a list (lines that begin with `- `)",
    "dict_type": "a mapping (`key: value` lines)",
    "mapping_type": "a mapping (`key: value` lines)",
    "model_type": "a mapping (`key: value` lines)",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "path_type": "the path of a file",
}
_NAMED = ("feeds", "watchlist")  # sections whose items may be plain text


def _problem(error: Any, document: Document, name: str) -> Problem:
    """Say one of pydantic's errors in words for the writer of the file."""
    place: Place = tuple(part for part in error["loc"] if part != "[key]")
    line, column = document.place(place)
    return Problem(line, dotted(place), _sentence(error, place), name, column)


def _sentence(error: Any, place: Place) -> str:
    kind, given = error["type"], error["input"]
    if kind == "extra_forbidden":
        return _unknown_key(place)
    if kind == "missing":
        return "is missing"
    if kind == "string_too_long":
        return f"is {len(given)} characters long: {error['ctx']['max_length']} is the most, and no text has such a name"
    if kind == "string_too_short":
        return "is empty: write a text, or leave it out"
    if kind in _WANTED and place[0] in _NAMED and isinstance(place[-1], int):
        return f"should be {_WANTED['string_type']} or a mapping, is {_shown(given)}"
    if kind in _WANTED:
        return f"should be {_WANTED[kind]}, is {_shown(given)}"
    if kind == "enum":
        choices = [word.strip("' ") for word in error["ctx"]["expected"].replace(" or ", ",").split(",")]
        return f"{given!r} is not known{_nearest(given, choices)} One of {', '.join(choices)}"
    if kind == "value_error":
        return str(error["ctx"]["error"])
    told = str(error["msg"]).removeprefix("Input ")
    return f"{told[:1].lower()}{told[1:]}, is {_shown(given)}"


def _shown(value: object) -> str:
    if value is None:
        return "empty"
    text = "a list" if isinstance(value, list) else "a mapping" if isinstance(value, dict) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _unknown_key(place: Place) -> str:
    """Name the nearest key at this place, or the place where this key belongs."""
    word = str(place[-1])
    if "token" in word.lower():
        return "is no known key: tokens come from the environment (SLACK_BOT_TOKEN), never from this file"
    here = _section(place[:-1])
    keys = [field.alias or name for name, field in here.model_fields.items()] if here else []
    near = _nearest(word, keys)
    if near != ".":
        return f"is no known key{near}"
    elsewhere = [where for where, _, _ in key_tree(Config) if where.rpartition(".")[2] == word]
    if elsewhere:
        return f"is no key of this place; did you mean {elsewhere[0]}?"
    return f"is no known key; known here: {', '.join(keys)}"


def _nearest(word: object, choices: Iterable[str]) -> str:
    by_folded = {choice.lower(): choice for choice in choices}
    close = get_close_matches(str(word).lower(), by_folded, n=1, cutoff=0.6)
    begun = [choice for choice in by_folded if len(str(word)) > 2 and choice.startswith(str(word).lower().rstrip("s"))]
    return f"; did you mean {by_folded[(close + begun)[0]]}?" if close + begun else "."


def _section(place: Place) -> type[BaseModel] | None:
    """Return the model that a mapping at `place` has."""
    at: type[BaseModel] | None = Config
    for part in place:
        if isinstance(part, int) or at is None:
            continue
        field = {f.alias or n: f for n, f in at.model_fields.items()}.get(part)
        at = _model_in(field.annotation) if field else at
    return at


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the section inside an annotation such as tuple[Annotated[Section, ...], ...]."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    inner = (*getattr(annotation, "__args__", ()), getattr(annotation, "__origin__", None))
    return next((found for part in inner if part is not None and (found := _model_in(part))), None)


def key_tree(model: type[BaseModel], above: str = "") -> Iterator[tuple[str, FieldInfo, type[BaseModel] | None]]:
    """Yield every key below `model`: dotted path (`[]` for items of a list), field, the section under it if any."""
    for name, field in model.model_fields.items():
        key = f"{above}{field.alias or name}"
        below = _model_in(field.annotation)
        yield key, field, below
        if below:
            many = "[]" if "tuple" in str(field.annotation) else ".*" if "Mapping" in str(field.annotation) else ""
            yield from key_tree(below, f"{key}{many}.")


# ------------------------------------------------------------------------------------------- what only the whole shows


class _Look:
    """Judges what several keys say together. Works on plain values, so that it finds its faults beside all others."""

    def __init__(self, document: Document, name: str) -> None:
        self.document = document
        self.values = document.values
        self.name = name

    def errors(self, *, feedless: bool = False) -> list[Problem]:
        idle = [] if feedless else self._nothing_to_poll()
        return [*idle, *self._unknown_packs(), *self._inside_addresses(), *self._thresholds(), *self._digest()]

    def warnings(self) -> list[Problem]:
        return [*self._same_feeds(), *self._same_names()]

    def _say(self, place: Place, message: str) -> Problem:
        line, column = self.document.place(place)
        return Problem(line, dotted(place), message, self.name, column)

    def _list(self, *place: str) -> list[Any]:
        at: Any = self.values
        for part in place:
            at = at.get(part) if isinstance(at, dict) else None
        return at if isinstance(at, list) else []

    def _feeds(self) -> list[tuple[Place, str]]:
        """Return every address given under `feeds`, with its place."""
        found: list[tuple[Place, str]] = []
        for index, item in enumerate(self._list("feeds")):
            url = item.get("url") if isinstance(item, dict) else item
            place: Place = ("feeds", index, "url") if isinstance(item, dict) else ("feeds", index)
            found += [(place, url)] if isinstance(url, str) else []
        return found

    def _nothing_to_poll(self) -> list[Problem]:
        if self.values.get("feeds") in (None, []) and self.values.get("packs") in (None, []):
            return [self._say(("feeds",), "there is nothing to poll: give at least one feed or pack")]
        return []

    def _unknown_packs(self) -> list[Problem]:
        known = pack_names()
        return [
            self._say(
                ("packs", index), f"{name!r} is no pack{_nearest(name, known)} `talentwire feeds --packs` lists them"
            )
            for index, name in enumerate(self._list("packs"))
            if isinstance(name, str) and name not in known
        ]

    def _inside_addresses(self) -> list[Problem]:
        allowed = [item for item in self._list("network", "allow_private") if isinstance(item, str)]
        found: list[Problem] = []
        beat = self.values.get("heartbeat_url")
        own: list[tuple[Place, str]] = [(("heartbeat_url",), beat)] if isinstance(beat, str) else []
        for place, url in [*self._feeds(), *own]:
            host, port = _host_and_port(url)
            if not host or _is_allowed(host, port, allowed):
                continue
            if is_inside(host):
                found.append(self._say(place, f"{host} lies inside your own net; {_LISTING}"))
            elif port not in STANDARD_PORTS:
                found.append(self._say(place, f"port {port} is none of the web's; {_LISTING}"))
        return found

    def _thresholds(self) -> list[Problem]:
        given = self.values.get("thresholds")
        numbers = given if isinstance(given, dict) else {}
        alert, digest = (numbers.get(key, getattr(Thresholds(), key)) for key in ("alert", "digest"))
        if isinstance(alert, int | float) and isinstance(digest, int | float) and digest > alert:
            return [self._say(("thresholds", "digest"), f"{digest} is above thresholds.alert, {alert}")]
        return []

    def _digest(self) -> list[Problem]:
        """Refuse a digest that was asked for, but has no channel, though some stories have theirs."""
        digest = self.values.get("digest")
        slack = self.values.get("slack")
        named = [part.get("channel") for part in (digest, slack) if isinstance(part, dict)]
        if isinstance(digest, dict) and not any(named) and self._list("routes"):
            return [self._say(("digest",), "has no channel: give digest.channel or slack.channel")]
        return []

    def _same_feeds(self) -> list[Problem]:
        first: dict[str, Place] = {}
        found: list[Problem] = []
        for place, url in self._feeds():
            key = address_key(url)
            if key in first:
                line = self.document.line(first[key])
                found.append(self._say(place, f"is the same feed as on line {line}; it is polled once"))
            first.setdefault(key, place)
        return found

    def _same_names(self) -> list[Problem]:
        found: list[Problem] = []
        for group in ("organisations", "people", "keywords"):
            first: dict[str, int] = {}
            for index, item in enumerate(self._list("watchlist", group)):
                name = item.get("name") if isinstance(item, dict) else item
                place: Place = ("watchlist", group, index)
                if isinstance(name, str) and name.casefold() in first:
                    found.append(self._say(place, f"{name!r} stands on line {first[name.casefold()]} already"))
                elif isinstance(name, str):
                    first[name.casefold()] = self.document.line(place)
        return found


def _host_and_port(url: str) -> tuple[str, int]:
    """Return what an address asks, ("", 0) if it is none."""
    try:
        parts = urlsplit(fetchable(url.strip(), ports=None))
    except FetchError:
        return "", 0
    return parts.hostname or "", port_of(parts)


def _is_allowed(host: str, port: int, allowed: Iterable[str]) -> bool:
    """Tell whether one of `allowed` (host, host:port, address or network) covers the host."""
    for item in allowed:
        if item.lower() in {host, f"{host}:{port}"}:
            return True
        with suppress(ValueError):
            if ip_address(host) in ip_network(item):
                return True
    return False

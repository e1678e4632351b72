"""Secrets come from the environment, or from files that it names. They are never shown."""

from __future__ import annotations

import logging
import stat
from collections.abc import Mapping
from pathlib import Path

from bot.errors import ConfigError, Problem

log = logging.getLogger(__name__)


def secret(name: str, env: Mapping[str, str]) -> str | None:
    """Return the secret called `name` from NAME or from the file NAME_FILE; None if neither is set.

    White space around it is dropped. Raises ConfigError if both are set, the file cannot be read, or what it holds is
    no single word: a token with a line break would end up in a header. A file that everybody can read is warned of.
    """
    value, file = env.get(name, ""), env.get(f"{name}_FILE", "")
    if value and file:
        raise _error(name, f"and {name}_FILE are both set: keep one")
    if file:
        value = _from_file(name, file)
    value = value.strip()
    if not value:
        return None
    if not (value.isascii() and value.isprintable() and " " not in value):
        raise _error(name, "holds white space or a character that no token has")
    return value


def _from_file(name: str, file: str) -> str:
    try:
        text = Path(file).read_text("utf-8")
    except OSError as error:
        raise _error(f"{name}_FILE", f"names {file}, which cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _error(f"{name}_FILE", f"names {file}, which is no text") from None
    if not text.strip():
        raise _error(f"{name}_FILE", f"names {file}, which is empty")
    if _is_open(file):
        log.warning("secret can be read by others: chmod o-rwx", extra={"fields": {"file": file}})
    return text


def _is_open(file: str) -> bool:
    """Tell whether everybody on this machine can read a file."""
    try:
        return bool(Path(file).stat().st_mode & stat.S_IROTH)
    except OSError:
        return False


def _error(key: str, message: str) -> ConfigError:
    return ConfigError((Problem(0, key, message),))

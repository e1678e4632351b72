"""Writes docs/licences.md: what the image holds beside Python itself, and under which licence. Run by `make docs`."""

from __future__ import annotations

import re
import sys
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

HEAD = """# Licences

What the image installs beside Python, as its authors declare it. Made by `make docs` from requirements.lock; none of it
is changed. Lists of names that the project carries: given names from Faker (MIT), as said in the file.

| package | licence |
| --- | --- |
"""
_NAME = re.compile(r"^([a-z0-9._-]+)(?:\[[^]]*\])?==", re.MULTILINE)


def locked(lock: str) -> list[str]:
    """Return the names in a lock file, in order."""
    return _NAME.findall(lock)


def licence(name: str) -> str:
    """Return what the installed package says of its licence; "" where it is not installed here."""
    try:
        found = metadata(name)
    except PackageNotFoundError:
        return ""
    classed = [
        c.split(" :: ")[-1] for c in found.get_all("Classifier") or () if c.startswith("License :: OSI Approved :: ")
    ]
    stated = (found.get("License-Expression") or found.get("License") or "").strip().splitlines()
    short = stated[0] if stated and len(stated[0]) <= 60 else ""
    return short or " and ".join(classed) or "not stated"


def main() -> None:
    """Write the page of the checkout named on the command line, or of this folder."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    page = root / "docs" / "licences.md"
    before = dict(re.findall(r"^\| (\S+) \| (.+) \|$", page.read_text("utf-8") if page.exists() else "", re.MULTILINE))
    names = locked((root / "requirements.lock").read_text("utf-8"))
    rows = [f"| {name} | {licence(name) or before.get(name, 'not stated')} |" for name in names]
    page.write_text(HEAD + "\n".join(rows) + "\n", "utf-8")


if __name__ == "__main__":
    main()

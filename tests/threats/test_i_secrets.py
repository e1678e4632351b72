"""Secrets and logs: nothing planted comes out anywhere, nothing a feed says forges a line; what is shipped is pinned."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.adapters.slack import SlackNotifier
from bot.config import secret
from bot.errors import DeliveryError
from bot.model import ReadMode
from bot.telemetry import set_up
from tests.fakes.slack_server import serve
from tests.threats.world import HIRE, World

ROOT = Path(__file__).parents[2]
# In the query and in the path of a feed's address, as its user and password, as the token of Slack, in a page's address.
QUERY, PATH, PASSWORD, TOKEN, PAGE = (
    "planted-Qu3ry-7f3a91",
    "Pl4ntedPathWord7f3a91c0ffee42aB",
    "planted-Passw0rd-7f3a91",
    "xoxb-planted-T0ken-7f3a91",
    "planted-Sess10n-7f3a91",
)
SECRETS = (QUERY, PATH, PASSWORD, TOKEN, PAGE)


@pytest.fixture
def log() -> io.StringIO:
    """All that is logged, at DEBUG, as the service writes it."""
    root, ours = logging.getLogger(), logging.getLogger("bot")
    before = root.handlers[:], root.level, ours.level
    stream = io.StringIO()
    set_up(stream, level=logging.DEBUG, secrets=(TOKEN,))
    yield stream
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    ours.setLevel(before[2])
    logging.captureWarnings(False)


@pytest.mark.proof
def test_I1_no_planted_secret_comes_out_anywhere(
    make_world: Callable[..., World], log: io.StringIO, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world()
    wrong = world.url("/needs-secret", token=QUERY)
    by_path = world.url(f"/status/{PATH}/feed", host="path.test")
    page = world.url("/paywall", host="page.test", sessionid=PAGE)
    good = world.url("/ok/rss", host="good.test", n=1, late=1, title=HIRE, link=page)
    world.follow(wrong, by_path, good)
    world.poll(times=2)
    world.settle()
    assert len(world.texts()) == 1

    # a bug of ours, whose traceback holds the address
    def broken(*_: object) -> object:
        raise RuntimeError(f"cannot read {wrong} nor https://ada:{PASSWORD}@a.test/ with {TOKEN}")

    monkeypatch.setattr(world.pipeline.fetcher, "fetch", broken)
    world.clock.advance(26 * 3_600)
    world.store.hasten(world.clock.now())
    world.poll_due()
    assert "cannot read" in log.getvalue()
    # a Slack that does not take the token
    with serve() as slack, pytest.raises(DeliveryError) as caught:
        SlackNotifier(TOKEN, clock=world.clock, base_url=slack.api, timeout_s=5.0).check()
    messages = json.dumps([one.message.blocks for one in world.memory.standing.values()])
    states = " ".join(f"{feed.error} {feed.why}" for feed in world.store.feeds())
    world.store.close()
    config = tmp_path / "config.yaml"
    config.write_text(
        f"feeds: ['{wrong}', '{by_path}']\nnetwork: {{allow_private: ['127.0.0.1']}}\nstore: {tmp_path}/0.db\n"
    )
    said = [
        _bot(*words, "-c", str(config))
        for words in (("health",), ("feeds",), ("health", "--json"), ("feeds", "--json"))
    ]
    shown = {
        "log": log.getvalue(),
        "error": f"{caught.value} {caught.value!r}",
        "alerts": messages.replace(page, ""),  # readers are shown the page that the feed leads to
        "states": states,
        "commands": "\n".join(said),
    }
    assert [(where, planted) for where, text in shown.items() for planted in SECRETS if planted in text] == []


def _bot(*arguments: str) -> str:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "SLACK_BOT_TOKEN": TOKEN}
    command = [sys.executable, "-m", "bot", *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, env=env, cwd=ROOT, timeout=60, check=False)
    return ran.stdout + ran.stderr


def test_I1_a_secret_comes_from_the_file_that_is_named(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    file.chmod(0o600)
    assert secret("SLACK_BOT_TOKEN", {"SLACK_BOT_TOKEN_FILE": str(file)}) == TOKEN
    assert TOKEN not in (tmp_path / "token").name


def test_I2_a_feed_forges_no_log_line(make_world: Callable[..., World], log: io.StringIO) -> None:
    world = make_world()
    url = world.url("/log-injection")
    world.follow(url, read=ReadMode.ALWAYS)
    world.poll()
    world.settle()
    world.lead(url, world.url("/status", code=503))
    world.poll()
    lines = log.getvalue().splitlines()
    assert len(lines) >= 4
    for line in lines:
        assert line.isprintable()
        assert json.loads(line)["event"]
    assert not any(line.startswith("2025") for line in lines)
    entries = [entry for result in [world.store.trace("http://example.org/1")] if result for entry in [result.entry]]
    assert all(entry.title.isprintable() for entry in entries)


@pytest.mark.parametrize(
    ("mode", "warned"), [(0o600, False), (0o400, False), (0o640, False), (0o644, True), (0o666, True)]
)
def test_I3_a_secret_that_others_can_read_is_warned_of(
    tmp_path: Path, log: io.StringIO, mode: int, warned: bool
) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    file.chmod(mode)
    assert secret("SLACK_BOT_TOKEN", {"SLACK_BOT_TOKEN_FILE": str(file)}) == TOKEN
    assert ("can be read by others" in log.getvalue()) is warned
    assert TOKEN not in log.getvalue()


def test_I3_the_image_holds_no_secret() -> None:
    """No secret is built in, and what is copied into the image is named, not everything."""
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert not re.search(r"^\s*(?:ENV|ARG)\s+.*(?:TOKEN|SECRET|PASSWORD)", dockerfile, re.MULTILINE)
    assert not re.search(r"^\s*(?:COPY|ADD)\s+(?:--\S+\s+)*\.\s", dockerfile, re.MULTILINE)
    assert not list(ROOT.glob("*.env")) or ".env" in (ROOT / ".dockerignore").read_text()


def test_I4_what_is_installed_is_pinned_by_hash_and_audited() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        pins = re.split(r"\n(?=[A-Za-z])", (ROOT / name).read_text())
        packages = [pin for pin in pins if re.match(r"[A-Za-z0-9._\[\]-]+==", pin)]
        assert len(packages) > 20
        assert all("--hash=sha256:" in pin for pin in packages)
    assert "--require-hashes" in (ROOT / "Dockerfile").read_text()
    assert "--require-hashes" in (ROOT / "Makefile").read_text()
    workflows = {path.name: path.read_text() for path in (ROOT / ".github" / "workflows").glob("*.yml")}
    assert "make audit" in workflows["ci.yml"]
    assert "sbom: true" in workflows["release.yml"]
    assert "provenance: true" in workflows["release.yml"]
    for name, text in workflows.items():
        for action in re.findall(r"uses: (\S+)", text):
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action), f"{name}: {action} is not pinned"

"""Process and disk: killed, stopped, starved and stuck, nothing is lost and nothing stands twice."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
import yaml

from benchmarks import threats as routes
from bot.adapters.store import SqliteStore
from bot.errors import StoreError, StoreReason
from bot.service import HEARTBEAT, Service, Threads
from tests.fakes.hostile_server import HostileServer
from tests.fakes.slack_server import Running, serve
from tests.threats.world import World, hire

ROOT = Path(__file__).parents[2]
STORIES = 12


class Household:
    """A config, a store, a Slack, and the bot started on them again and again."""

    def __init__(self, hostile: HostileServer, slack: Running, folder: Path) -> None:
        self.slack, self.folder = slack, folder
        port = hostile.port
        feeds = [
            f"http://feed{n}.test:{port}/ok/rss?n=1&late=1&now=1&key={n}&title={hire(n).replace(' ', '+')}&link=http://example.org/{n}"
            for n in range(STORIES)
        ]
        made = {
            "feeds": [{"url": url} for url in feeds],
            "watchlist": {"organisations": ["Norvane AI", "Quillstone Labs"]},
            "slack": {"channel": "C0ALERTS", "burst": {"most": 1_000}},
            "network": {"allow_private": [f"127.0.0.1:{port}", *(f"feed{n}.test:{port}" for n in range(STORIES))]},
        }
        self.config = folder / "config.yaml"
        self.config.write_text(yaml.safe_dump(made))
        slack.config(post_rate=1000, post_burst=1000, tier_scale=1000.0)

    def start(self) -> subprocess.Popen[str]:
        env = {**os.environ, "SLACK_BOT_TOKEN": "xoxb-test", "SLACK_API_URL": self.slack.api, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "tests.threats.process", str(self.config), str(self.folder / "t.db")]
        with (self.folder / "log").open("a") as log:
            return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=env, cwd=ROOT)

    def told(self) -> list[int]:
        texts = [
            message["text"] for message in self.slack.messages() if "missed" not in message["text"].splitlines()[0]
        ]
        names = [
            hire(n).removeprefix("Norvane AI hires ").removesuffix(" from Quillstone Labs") for n in range(STORIES)
        ]
        return sorted(n for text in texts for n, name in enumerate(names) if name in text)

    def wait(self, process: subprocess.Popen[str], enough: Callable[[], bool], seconds: float = 60.0) -> None:
        pause, until = threading.Event(), time.monotonic() + seconds
        while time.monotonic() < until and process.poll() is None and not enough():
            pause.wait(0.05)


@pytest.fixture
def household(hostile: HostileServer, tmp_path: Path) -> Iterator[Household]:
    with serve() as slack:
        yield Household(hostile, slack, tmp_path)


def lives(household: Household, kind: signal.Signals) -> None:
    """End the bot at moments that lie ever further in its work, and start it anew, until all is told."""
    moments = (0.0, 0.4, 1, 3, 6, 9)
    for moment in moments:
        process = household.start()
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", (household.folder / "log").read_text()[-2_000:]
        if isinstance(moment, float):
            threading.Event().wait(moment)
        else:
            household.wait(process, lambda moment=moment: len(household.told()) >= moment)  # type: ignore[misc]
        process.send_signal(kind)
        begun = time.monotonic()
        code = process.wait(15)
        assert time.monotonic() - begun < 10
        assert code == (0 if kind is signal.SIGTERM else -signal.SIGKILL)
        process.stdout.close()
    process = household.start()
    household.wait(process, lambda: len(household.told()) >= STORIES)
    threading.Event().wait(2.5)  # whatever would be posted twice
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0
    assert process.stdout is not None
    process.stdout.close()
    assert household.told() == list(range(STORIES)), Counter(household.told())


@pytest.mark.proof
def test_H1_terminated_at_any_moment_nothing_is_lost_or_twice(household: Household) -> None:
    lives(household, signal.SIGTERM)


@pytest.mark.proof
def test_H2_killed_at_any_moment_each_story_is_told_once(household: Household) -> None:
    lives(household, signal.SIGKILL)


@contextlib.contextmanager
def limited(kind: int, soft: int) -> Iterator[None]:
    before = resource.getrlimit(kind)
    resource.setrlimit(kind, (soft, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(kind, before)


def test_H3_on_a_full_disk_nothing_is_posted_that_could_not_be_written_down(make_world: Callable[..., World]) -> None:
    world = make_world()
    url = world.url("/ok/rss", n=0)
    world.follow(url)
    world.poll()
    world.lead(url, world.url("/ok/rss", n=6, link="http://127.0.0.1/"))
    world.clock.advance(3_600)
    world.store.hasten(world.clock.now())
    p = world.pipeline
    for stage in (p.poll_host, p.sift_entries, p.read_page, p.judge_articles, p.deliver_alerts):
        argument = ("w",) if stage == p.poll_host else ()
        with limited(resource.RLIMIT_FSIZE, 4_096), pytest.raises(StoreError) as caught:  # no file grows beyond that
            stage(*argument)
        assert caught.value.reason is StoreReason.DISK
        assert world.memory.log == []
        world.clock.advance(120)  # what was claimed is free again
        while stage(*argument):
            pass
    world.settle()
    assert len(world.texts()) == 6, "all of it, once there is room again"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with something in it."""
    from bot.model import Feed

    path = tmp_path_factory.mktemp("filled") / "t.db"
    store = SqliteStore(path)
    from tests.fakes.clock import NOON

    store.sync_feeds([Feed(f"https://a{n}.example/feed") for n in range(300)], NOON, spread_s=60)
    store.close()
    return path


@pytest.mark.parametrize("seed", range(100))
def test_H4_a_damaged_database_never_becomes_an_empty_one(filled: Path, tmp_path: Path, seed: int) -> None:
    """Cut, overwritten, shuffled, emptied: it is refused, or holds what it held; the file is not replaced."""
    rng, path = Random(seed), tmp_path / "t.db"
    whole = filled.read_bytes()
    pages = len(whole) // 4096
    kind = seed % 4
    if kind == 0:
        damaged = whole[: rng.randrange(1, len(whole))]
    elif kind == 1:
        at = rng.randrange(0, len(whole) - 8192)
        damaged = whole[:at] + rng.randbytes(8192) + whole[at + 8192 :]
    elif kind == 2:
        order = list(range(1, pages))
        rng.shuffle(order)
        damaged = whole[:4096] + b"".join(whole[4096 * n : 4096 * n + 4096] for n in order)
    else:
        damaged = whole[:18] + bytes([rng.randrange(3, 255)] * 2) + whole[20:]  # of a format of tomorrow
    path.write_bytes(damaged)
    error = None
    try:
        store = SqliteStore(path)
    except StoreError as refused:
        error = refused
    if error is not None:
        assert str(path) in str(error)
        assert error.reason in {StoreReason.DAMAGED, StoreReason.NEWER, StoreReason.DISK}
        assert path.read_bytes() == damaged
        return
    try:
        held = len(store.feeds())
    except StoreError as found_out:  # it opens, and is found out where it is read
        held, error = 300, found_out
    finally:
        store.close()
    assert held == 300
    assert error is None or error.reason is StoreReason.DAMAGED


def test_H4_a_database_of_a_later_version_is_refused(filled: Path, tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    shutil.copy(filled, path)
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 999")
        db.commit()
    with pytest.raises(StoreError) as caught:
        SqliteStore(path)
    assert caught.value.reason is StoreReason.NEWER


def test_H5_the_lock_dies_with_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    holds = f"from bot.adapters.store import SqliteStore; from pathlib import Path; s = SqliteStore(Path({str(path)!r})); print('held', flush=True); input()"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", holds], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        with pytest.raises(StoreError) as caught:
            SqliteStore(path)
        assert caught.value.reason is StoreReason.LOCKED
        first.kill()
        first.wait(10)
    SqliteStore(path).close()


@pytest.mark.proof
def test_H6_every_route_of_the_server_within_half_a_gigabyte(request: pytest.FixtureRequest) -> None:
    done = routes.run()
    request.node.user_properties.append(("peak_mib", done.main_mib))
    print(done.table())
    assert done.unnamed == [], "a named outcome for each route"
    assert done.slowest_s <= 20.0
    assert done.main_mib <= 150.0
    assert done.tree_mib <= 512.0
    assert done.killed <= 2, "a worker may die of it, never the main process, which came to its end"
    if done.measured != "cgroup":
        pytest.skip(
            f"the limit of 512 MiB was not enforced, only measured ({done.tree_mib:.0f} MiB): no cgroup to be had here"
        )


@pytest.mark.proof
def test_H7_without_file_descriptors_it_fails_and_recovers(world: World) -> None:
    urls = [world.url("/ok/rss", host=f"feed{n}.test") for n in range(3)]
    world.follow(*urls)
    taken: list[int] = []
    with limited(resource.RLIMIT_NOFILE, 200):
        with contextlib.suppress(OSError):
            while True:
                taken.append(os.open(os.devnull, os.O_RDONLY))
        try:
            failed = {result.reason for result in world.poll()}
        except StoreError as error:  # the store has no descriptor left: the service says so and goes on
            failed = {error.reason}
        for descriptor in taken:
            os.close(descriptor)
    assert failed <= {"connect", "dns", "no_network", "timeout", StoreReason.DISK}
    assert failed
    results = world.poll(after=timedelta(hours=2))
    assert {result.outcome for result in results} == {"ok"}


SOAK_POLLS = int(os.environ.get("TALENTWIRE_SOAK", "2500"))  # ten thousand take some minutes
SOAK = ("/status?code=500", "/truncated-clean", "/xml-bomb", "/html-instead", "/close", "/gzip-lie")


@pytest.mark.proof
def test_H8_thousands_of_polls_of_broken_feeds_leave_nothing_behind(make_world: Callable[..., World]) -> None:
    world = make_world(retells=False)
    world.follow(*(world.url(path, host=f"feed{n}.test") for n, path in enumerate(SOAK)))

    def used() -> tuple[float, int]:
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024, sum(1 for _ in Path("/proc/self/fd").iterdir())

    if not Path("/proc/self/status").exists():
        pytest.skip("memory of a process is read from /proc")
    polls, first = 0, None
    while polls < SOAK_POLLS:
        world.clock.advance(26 * 3_600)
        while (found := world.pipeline.poll_host("w")) is not None:
            polls += len(found)
        world.web.server.log.clear() if polls % 997 == 0 else None
        if first is None and polls >= 1_000:
            first = used()
    assert first is not None
    last = used()
    print(f"H8: RSS {first[0]:.0f} -> {last[0]:.0f} MiB, descriptors {first[1]} -> {last[1]}")
    assert last[0] - first[0] < 16  # the server's log grows in this process too
    assert last[1] - first[1] <= 4


@pytest.mark.proof
def test_H9_it_starts_as_nobody_on_a_read_only_root_without_a_network() -> None:
    if not (sys.platform == "linux" and os.geteuid() == 0 and shutil.which("unshare") and shutil.which("setpriv")):
        pytest.skip("needs root on Linux, unshare and setpriv; CI runs the image itself so: --read-only --cap-drop ALL")
    if closed := [place for place in ROOT.parents if not place.stat().st_mode & 0o001]:
        pytest.skip(f"nobody may enter {closed[0]}, where the checkout lies")
    home = Path(tempfile.mkdtemp())
    home.chmod(0o755)
    data, config = home / "data", home / "config.yaml"
    data.mkdir()
    config.write_text("feeds: [https://news.example.com/feed]\n")
    os.chown(data, 65_534, 65_534)
    script = textwrap.dedent(f"""
        set -e
        mount --bind {data} {data}
        mount -o remount,bind,ro /
        cd /
        exec setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all \\
            {sys.executable} -m bot run -c {config}
    """)
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "TALENTWIRE_DATA": str(data),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    process = subprocess.Popen(
        ["unshare", "-n", "-m", "sh", "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=env,
    )
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if "no network" in line:
            break
    if lines and ("mount" in lines[0] or "setpriv" in lines[0]):
        pytest.skip(f"this machine lets nobody do that: {lines[0].strip()}")
    assert any("no network" in line for line in lines), "".join(lines)
    process.send_signal(signal.SIGTERM)
    rest = process.stdout.read()
    process.stdout.close()
    assert process.wait(15) == 0, rest
    assert (data / "talentwire.db").exists()
    shutil.rmtree(home)


@pytest.mark.proof
def test_H10_one_that_is_stuck_is_not_healthy(make_world: Callable[..., World]) -> None:
    """A stage that died, or a tick that stopped: the last sign of life grows old."""
    world = make_world()
    service = Service(world.pipeline, world.store, threads=Threads(1, 1, 1))
    service.start()
    try:
        assert _noted(world) == world.clock.now().timestamp()
        world.clock.advance(3_600)
        service._stopping.set()  # the tick ends
        threading.Event().wait(1.2)
        noted = float(world.store.noted(HEARTBEAT) or 0)
        assert world.clock.now().timestamp() - noted >= 3_600 or noted == 0
    finally:
        service.stop()
    from bot.commands import listing

    assert listing._ALIVE_WITHIN_S <= 2 * 30


def _noted(world: World) -> float:
    pause = threading.Event()
    for _ in range(100):
        if noted := world.store.noted(HEARTBEAT):
            return float(noted)
        pause.wait(0.05)
    return 0.0

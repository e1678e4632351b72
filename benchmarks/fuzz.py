"""Random and mutated input for everything that reads what others wrote; an exception nobody foresaw is a failure.

    python -m benchmarks.fuzz [--minutes 1] [--target NAME] [--seed 0]
    python -m benchmarks.fuzz --feeds [--times 10000]        the feeds of TALENTWIRE_BENCH, mutated

Each target runs for that long from the seeds of benchmarks/corpus (our own text), which are cut, doubled, mixed, spiced
with what breaks readers, and have bytes turned. What fails is written to benchmarks/corpus/NAME as a seed for ever.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.alerts.markup import address, escape, link
from bot.articles.extract import read
from bot.config import examine
from bot.errors import BotError
from bot.feeds.dates import parse as parse_date
from bot.feeds.parse import parse
from bot.lexicon import load
from bot.moves.judge import compile_watch, judge
from bot.text import clean
from bot.urls import absolute, canonical, host_key, redact
from tests.fakes.slack_blocks import lint_message

CORPUS = Path(__file__).parent / "corpus"
SPICE = (
    b"\0", b"\xff\xfe", b"\xed\xa0\x80", b"]]>", b"<![CDATA[", b"<!ENTITY x SYSTEM 'file:///etc/passwd'>", b"&x;", b"&#0;", b"&#xD800;",
    b"<!DOCTYPE", b"<?xml version='1.0' encoding='utf-7'?>", b"<rss>", b"</rss>", b"<item>", b"<entry>", b"\r\n", b"\x1b[2J", "\u202e".encode(),
    "名前".encode(), b"A" * 3_000, b" " * 3_000, b"(" * 200, b"[" * 200, b"{" * 200, b"9" * 400, b"-1", b"1e999", b"NaN", b"%00", b"%zz", b"//", b"http://[",
    b"@channel", b"<!here>", b"*_~`", b"|", b">", b"&amp;lt;", b"!!python/object:os.system", b"&a *a", b"\xc3\x28", b"\xf0\x9f\x92\xa9" * 50,
)  # fmt: skip
SLOW_S = 1.0


def mutated(rng: random.Random, seeds: Sequence[bytes]) -> bytes:
    """Return one of the seeds, changed a little or much."""
    data = bytearray(rng.choice(seeds))
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        at = rng.randrange(len(data) + 1)
        to = min(len(data), at + rng.choice((1, 8, 64, 1_024)))
        match rng.randrange(7):
            case 0:
                data[at:to] = b""
            case 1:
                data[at:at] = rng.choice(SPICE)
            case 2:
                data[at:at] = data[at:to] * rng.choice((1, 3, 50))
            case 3:
                other = rng.choice(seeds)
                cut = rng.randrange(len(other) + 1)
                data[at:to] = other[cut : cut + 512]
            case 4:
                data[at:to] = bytes(byte ^ 1 << rng.randrange(8) for byte in data[at:to])
            case 5:
                data[at:to] = rng.randbytes(min(64, to - at))
            case _:
                data = data[: rng.randrange(len(data) + 1)]
        data = data[: 1 << 20]
    return bytes(data)


def _feed(data: bytes) -> None:
    parsed = parse(data, "https://site.test/feed", "application/rss+xml")
    for entry in parsed.entries:
        assert len(entry.title) <= 1_000
        assert not entry.url or host_key(entry.url)


def _date(data: bytes) -> None:
    found = parse_date(_text(data))
    assert found is None or found.tzinfo is not None


def _url(data: bytes) -> None:
    url = _text(data)
    assert canonical(canonical(url)) == canonical(url)
    redact(url)
    if kept := absolute("https://site.test/", url):
        host_key(kept)


def _html(data: bytes) -> None:
    read(data, "https://site.test/page", "text/html")


def _judge(data: bytes) -> None:
    title, _, body = clean(_text(data)).partition("\n")
    finding = judge(_watch(), title[:1_000], body)
    assert 0.0 <= finding.score <= 1.0


def _blocks(data: bytes) -> None:
    text = _text(data)
    shown = escape(text, limit=300)
    linked = link(text)
    assert not address(text) or "|" not in address(text)
    for made in (shown, linked):
        args = {"channel": "C0", "text": made, "unfurl_links": False, "unfurl_media": False}
        assert lint_message(args, None) == [], made


def _config(data: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "config.yaml"
        path.write_bytes(data)
        report = examine(path)
        assert (report.config is None) == bool(report.errors)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "feed": _feed,
    "date": _date,
    "url": _url,
    "html": _html,
    "judge": _judge,
    "blocks": _blocks,
    "config": _config,
}


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


_WATCHES: list[object] = []


def _watch() -> object:
    if not _WATCHES:
        from bot.config import Config

        made = Config.model_validate({"watchlist": {"organisations": ["Norvane AI"], "people": ["Ada Ferrano"]}})
        _WATCHES.append(compile_watch(load(), made.watchlist))
    return _WATCHES[0]


def seeds(name: str) -> list[bytes]:
    """Return the corpus of a target."""
    return [path.read_bytes() for path in sorted((CORPUS / name).iterdir())]


def tried(call: Callable[[bytes], None], data: bytes) -> tuple[str, float]:
    """Return what went wrong ("" if nothing: our own errors are answers), and the CPU seconds it took."""
    begun = time.process_time()
    wrong = ""
    try:
        call(data)
    except BotError:
        pass
    except Exception:  # noqa: BLE001 - what we look for
        wrong = traceback.format_exc()
    return wrong, time.process_time() - begun


def fuzz(name: str, seconds: float, seed: int) -> int:
    """Run one target; prints what came of it, returns how many inputs failed."""
    rng, call, kept = random.Random(seed), TARGETS[name], seeds(name)
    spent, failed, slow, runs, until = [], {}, 0.0, 0, time.monotonic() + seconds
    while time.monotonic() < until:
        data = mutated(rng, kept)
        wrong, took = tried(call, data)
        runs += 1
        spent.append(took)
        slow = max(slow, took)
        if wrong or took > SLOW_S:
            place = wrong.strip().splitlines()[-1] if wrong else f"took {took:.1f} s"
            if place not in failed:
                failed[place] = data
                print(f"{name}: {place}\n{wrong}", flush=True)
    for data in failed.values():
        (CORPUS / name / sha256(data).hexdigest()[:16]).write_bytes(data)
    spent.sort()
    p99 = spent[int(len(spent) * 0.99)] * 1_000 if spent else 0.0
    print(
        f"{name:<7} {runs:>8} inputs in {seconds:.0f} s, p99 {p99:.1f} ms, slowest {slow * 1000:.0f} ms, {len(failed)} failures",
        flush=True,
    )
    return len(failed)


def feeds(times: int, seed: int) -> int:
    """Parse the feeds of the benchmark, mutated, within five CPU seconds each, as a worker has them."""
    folder = Path(os.environ["TALENTWIRE_BENCH"]) / "feeds" / "files"
    bodies = [path.read_bytes() for path in sorted(folder.iterdir()) if path.stat().st_size < 1 << 20]
    rng, spent, failed, killed = random.Random(seed), [], 0, 0
    for _ in range(times):
        wrong, took = tried(lambda data: _within(_feed, data), mutated(rng, bodies))
        if "Killed" in wrong:
            killed += 1
            continue
        spent.append(took)
        if wrong:
            failed += 1
            print(wrong.strip().splitlines()[-1], flush=True)
    spent.sort()
    p99 = spent[int(len(spent) * 0.99)] * 1_000
    print(
        f"feeds   {times} mutations of {len(bodies)} feeds, p99 {p99:.1f} ms, slowest {spent[-1] * 1000:.0f} ms, {killed} killed, {failed} failures"
    )
    return failed


class Killed(BaseException):
    """The time of a worker is up."""


def _within(call: Callable[[bytes], None], data: bytes) -> None:
    import signal

    def late(*_: object) -> None:
        raise Killed

    signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, 5.0)
    try:
        call(data)
    except Killed:
        raise RuntimeError("Killed") from None
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def main() -> Iterator[int]:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=1.0, help="for each target")
    parser.add_argument("--target", choices=sorted(TARGETS))
    parser.add_argument("--seed", type=int, default=int(datetime.now(UTC).timestamp()))
    parser.add_argument("--feeds", action="store_true", help="the feeds of TALENTWIRE_BENCH instead")
    parser.add_argument("--times", type=int, default=10_000)
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    if given.feeds:
        yield feeds(given.times, given.seed)
        return
    for name in [given.target] if given.target else TARGETS:
        yield fuzz(name, given.minutes * 60, given.seed)


if __name__ == "__main__":
    sys.exit(bool(sum(main())))

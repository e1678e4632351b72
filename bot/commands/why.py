"""Why was I told this, and why not that? Looks in the store first, then at the page itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot import app
from bot.adapters.store import SqliteStore
from bot.commands import explain as render
from bot.config import Config, store_path
from bot.errors import ArticleError, ArticleReason, BotError, Fate
from bot.model import Finding, Request, Trace, joined
from bot.moves.judge import Watch, judge
from bot.ports import WorkerKilled
from bot.talk.fate import fate
from bot.text import clean, one_line

_PAGE_BYTES = 2 * 1024 * 1024
_SECONDS = 5.0


def explain(
    config: Config, env: Mapping[str, str], *, target: str | None, text: str | None
) -> tuple[int, list[str], dict[str, Any]]:
    """Return exit status, lines and plain values that say what was found in `target` (address or file) or `text`."""
    watch = app.watch_of(config)
    if text is not None:
        return _judged(config, watch, *_split(text), {"source": "the text given"})
    if target is None:
        raise ValueError("a target or a text")
    if not target.lower().startswith(("http://", "https://")):
        return _judged(config, watch, *_from_file(Path(target)), {"source": target})
    trace = _trace(store_path(config, env), target)
    if trace is not None:
        return _met(config, watch, trace)
    return _unmet(config, watch, target)


def _split(text: str) -> tuple[str, str]:
    title, _, body = text.strip().partition("\n")
    return one_line(title), clean(body)


def _from_file(path: Path) -> tuple[str, str]:
    from bot.articles.extract import extract

    try:
        data = path.read_bytes()
    except OSError as error:
        raise ArticleError(ArticleReason.NO_TEXT, f"{path}: {error.strerror}", Fate.GIVE_UP) from error
    if data.lstrip()[:1] == b"<":
        return "", extract(data, "", "text/html")
    return _split(data.decode("utf-8", "replace"))


def _trace(path: Path, url: str) -> Trace | None:
    if not path.is_file():
        return None
    store = SqliteStore(path, read_only=True)
    try:
        return store.trace(url)
    finally:
        store.close()


def _met(config: Config, watch: Watch, trace: Trace) -> tuple[int, list[str], dict[str, Any]]:
    """Explain an entry that the store knows."""
    article = trace.article
    lines = list(fate(trace, config, config.slack.channel, known_as=watch.canonical))
    facts = {
        "fate": lines[:],
        "source": "the store",
        "feed": trace.entry.feed_url,
        "seen": trace.entry.seen_at.isoformat(),
        "state": trace.state,
        "reason": trace.reason,
        "story": trace.story.headline if trace.story else None,
        "story_articles": trace.story.articles if trace.story else 0,
        "operations": [
            {"channel": o.channel, "state": o.state, "ts": o.ts, "error": o.error} for o in trace.operations
        ],
    }
    title, body = (article.title, article.body) if article else (trace.entry.title, trace.entry.summary)
    finding = trace.finding or judge(watch, title, body, trace.entry.language)
    judged, data = _told(config, finding, joined(title, body), facts)
    return 0, lines + judged, data


def _unmet(config: Config, watch: Watch, url: str) -> tuple[int, list[str], dict[str, Any]]:
    """Fetch a page that no feed has shown, and judge it."""
    from bot.adapters.clock import SystemClock
    from bot.adapters.fetcher import HttpFetcher
    from bot.adapters.guard import NetworkPolicy
    from bot.adapters.workers import ProcessWorkers
    from bot.articles.extract import extract

    fetcher = HttpFetcher(
        NetworkPolicy.of(config.network.allow_private),
        user_agent=app.user_agent(config.network.contact),
        clock=SystemClock(),
        hosts=config.network.hosts,
    )
    workers = ProcessWorkers(1)
    try:
        response = fetcher.fetch(Request(url, {"accept": "text/html"}, cap=_PAGE_BYTES))
        kind = response.headers.get("content-type", "")
        text = workers.call(extract, response.body, response.url, kind, seconds=_SECONDS)
    except (BotError, WorkerKilled) as error:
        line = f"no feed has shown it, and the page cannot be judged: {error}"
        return 1, [line], {"source": url, "error": str(error)}
    finally:
        workers.close()
        fetcher.close()
    title, body = _split(text)
    status, lines, data = _judged(config, watch, title, body, {"source": url, "state": "never met"})
    return status, ["no feed has shown it; this is what the page says now", *lines], data


def _judged(
    config: Config, watch: Watch, title: str, body: str, facts: Mapping[str, Any]
) -> tuple[int, list[str], dict[str, Any]]:
    return (0, *_told(config, judge(watch, title, body), joined(title, body), facts))


def _told(config: Config, finding: Finding, text: str, facts: Mapping[str, Any]) -> tuple[list[str], dict[str, Any]]:
    lines = list(render.lines(text, finding, config.thresholds))
    reasons = render.reasons_json(finding)
    return lines, {**facts, **render.as_json(finding, config.thresholds), "reasons": reasons}

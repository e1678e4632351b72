"""Says why: what was found in a text, with its spans, and what became of it. For `why` and whoever reads a machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.config import Thresholds
from bot.model import Finding, Move, Reason, Span

_CLOSE_TO = 5  # reasons shown


def verdict(finding: Finding, thresholds: Thresholds) -> str:
    """Return in one line what the score means, and how far it is from meaning more."""
    score = finding.score
    if score >= thresholds.alert:
        return f"alert: scores {score:.2f}, alerts begin at {thresholds.alert:.2f}"
    if score >= thresholds.digest:
        below = f"{thresholds.alert - score:.2f} below {thresholds.alert:.2f}"
        return f"about talent, but no alert: scores {score:.2f}, {below}"
    return f"not about talent: scores {score:.2f}, {thresholds.digest - score:.2f} below {thresholds.digest:.2f}"


def lines(text: str, finding: Finding, thresholds: Thresholds) -> Iterator[str]:
    """Yield what was found in `text` and why, a line each."""
    yield verdict(finding, thresholds)
    yield f"language: {finding.language or 'unknown'}"
    if finding.kinds:
        yield f"kinds: {', '.join(finding.kinds)}"
    for move in finding.moves:
        yield f"move: {move_line(move)}"
    if not finding.moves:
        yield "move: none, no person was seen to go anywhere"
    for label, names in (("people", finding.people), ("organisations", finding.organisations)):
        if names:
            yield f"{label}: {', '.join(names)}"
    strongest = sorted(finding.reasons, key=lambda reason: -abs(reason.weight))[: 3 * _CLOSE_TO]
    if strongest:
        yield "reasons:"
        yield from (f"  {reason_line(reason, text)}" for reason in strongest)
    yield "text:"
    marked = mark(text, [r.span for r in finding.reasons if r.span] + [s for m in finding.moves for s in m.evidence])
    yield from (f"  {line}" for line in marked.splitlines() if line.strip())


def move_line(move: Move) -> str:
    """Return a move in one line."""
    way = f"{move.person}: {move.from_org or '?'} -> {move.to_org or '?'}"
    role = f" · {move.role}" if move.role else ""
    return f"{way}{role} ({move.status}, confidence {move.confidence:.2f})"


def reason_line(reason: Reason, text: str) -> str:
    """Return a reason in one line: its weight, its rule, and the words it stands on."""
    words = text[reason.span.start : reason.span.end].replace("\n", " ") if reason.span else ""
    quoted = f" “{words}”" if words and words not in reason.text else ""
    return f"{reason.weight:+.2f} {reason.rule}: {reason.text}{quoted}".rstrip(": ")


def mark(text: str, spans: list[Span], *, around: int = 160, most: int = 2_000) -> str:
    """Return the parts of `text` near `spans`, each span in [brackets]; overlapping spans become one."""
    merged: list[list[int]] = []
    for span in sorted(set(spans)):
        if merged and span.start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], span.end)
        else:
            merged.append([span.start, span.end])
    if not merged:
        return text[:around] + ("…" if len(text) > around else "")
    out: list[str] = []
    at = 0
    for start, end in merged:
        gap = text[at:start]
        if len(gap) > 2 * around:
            gap = (gap[:around] if at else "") + " … " + gap[-around:]
        out += [gap, "[", text[start:end], "]"]
        at = end
    rest = text[at:]
    out.append(rest[:around] + ("…" if len(rest) > around else ""))
    marked = "".join(out)
    return marked if len(marked) <= most else f"{marked[:most]}…"


def as_json(finding: Finding, thresholds: Thresholds) -> dict[str, Any]:
    """Return a finding as plain values: `label` from thresholds.digest on, `alert` from thresholds.alert on."""
    return {
        "label": finding.score >= thresholds.digest,
        "alert": finding.score >= thresholds.alert,
        "score": round(finding.score, 4),
        "language": finding.language,
        "kinds": list(finding.kinds),
        "moves": [_move(move) for move in finding.moves],
    }


def reasons_json(finding: Finding) -> list[Mapping[str, Any]]:
    """Return the reasons of a finding as plain values, strongest first."""
    return [
        {
            "rule": r.rule,
            "text": r.text,
            "weight": round(r.weight, 3),
            "span": [r.span.start, r.span.end] if r.span else None,
        }
        for r in sorted(finding.reasons, key=lambda reason: -abs(reason.weight))
    ]


def _move(move: Move) -> dict[str, Any]:
    return {
        "person": move.written or move.person,
        **({"known_as": move.person} if move.written else {}),
        "from": move.from_org,
        "to": move.to_org,
        "role": move.role,
        "status": move.status,
        "confidence": round(move.confidence, 3),
    }

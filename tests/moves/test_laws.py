"""Laws of the classifier: where spans lie, what evidence is, and what an edit of the watchlist can change."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.lexicon import load
from bot.model import Finding, Span, joined
from bot.moves.judge import Watch, compile_watch, judge
from bot.text import sentences
from tests.fakes.watchlist import Name, Names


@dataclass(frozen=True)
class World:
    plain: Watch = field(default_factory=lambda: compile_watch(load()))
    more: Watch = field(
        default_factory=lambda: compile_watch(
            load(), Names((Name("Zorvatek"),), (Name("Quenby Astrand"),), (Name("orchid clause"),))
        )
    )


WORLD = World()
ADDED = ("zorvatek", "quenby astrand", "orchid clause")

PIECES = [
    "Anthropic", "OpenAI", "Meta", "Zorvatek", "Quenby Astrand", "orchid clause", "Imogen Tarrant", "Bashir Olufemi", "joins", "leaves",
    "hires", "was hired by", "from", "to", "as head of safety", "former", "co-founder", "CEO", "researchers", "three", "and", ",", ".",
    "!", "?", "\n\n", "reportedly", "denies", "said", "“", "”", "(", ")", "'s", "’s", "AI", "layoffs", "@handle", "加入", "離職", "\u00ad", "🙂",
    "I", "not", "team", "board", "Dr.", "—", ":", "e.g.", "\u202e", "Über", "ist", "passa a", "ß", "İstanbul",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join)


def spans(finding: Finding) -> list[Span]:
    found = [*finding.evidence, *(r.span for r in finding.reasons if r.span)]
    return found + [span for move in finding.moves for span in move.evidence]


@settings(max_examples=120, deadline=None)
@given(TEXTS, TEXTS)
def test_spans_lie_inside_the_text_and_evidence_is_made_of_whole_sentences(title: str, body: str) -> None:
    finding = judge(WORLD.plain, title, body)
    text = joined(title, body)
    assert all(0 <= span.start < span.end <= len(text) for span in spans(finding))
    ends = {span.end for span in sentences(text)}
    assert all(span.end in ends for span in finding.evidence)
    assert len(set(finding.evidence)) == len(finding.evidence) <= 3


@settings(max_examples=120, deadline=None)
@given(TEXTS, TEXTS)
def test_probabilities_are_probabilities_and_judging_twice_is_judging_once(title: str, body: str) -> None:
    finding = judge(WORLD.plain, title, body)
    assert 0.0 <= finding.score <= 1.0
    assert all(0.0 <= move.confidence <= 1.0 for move in finding.moves)
    assert judge(WORLD.plain, title, body) == finding


@settings(max_examples=150, deadline=None)
@given(TEXTS, TEXTS)
def test_a_watchlist_entry_changes_only_texts_that_contain_one_of_its_names(title: str, body: str) -> None:
    text = joined(title, body).casefold()
    if any(name in text for name in ADDED):
        return
    assert judge(WORLD.plain, title, body) == judge(WORLD.more, title, body)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300), st.text(max_size=600))
def test_no_text_at_all_makes_the_judge_fail(title: str, body: str) -> None:
    finding = judge(WORLD.plain, title, body)
    assert all(0 <= span.start < span.end <= len(joined(title, body)) for span in spans(finding))


def test_an_entry_that_is_added_is_found_and_its_weight_counts() -> None:
    text = "Imogen Tarrant leaves Zorvatek"
    assert judge(WORLD.plain, text, "").score == 0.0
    assert judge(WORLD.more, text, "").score > 0.5
    quiet = compile_watch(load(), Names((Name("Zorvatek", weight=0.2),)))
    assert judge(quiet, text, "").score < judge(WORLD.more, text, "").score

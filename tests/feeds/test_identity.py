"""An entry keeps its name whatever its feed does to ids, links, titles and order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.identity import Sketch, name

URL = "https://site.test/feed"


def sketch(raw_id: str = "", link: str = "", title: str = "", content: str = "") -> Sketch:
    return Sketch(raw_id, link, title, content or f"{raw_id}|{link}|{title}", URL)


def names(*sketches: Sketch, known: dict[str, str] | None = None) -> list[str]:
    return [named.raw_id for named in name(sketches, known or {})]


def shown(*sketches: Sketch, known: dict[str, str] | None = None) -> dict[str, str]:
    return {named.raw_id: named.item_hash for named in name(sketches, known or {}) if named.raw_id}


def test_an_id_is_the_name() -> None:
    assert names(sketch("a", "/1", "One"), sketch("b", "/2", "Two")) == ["a", "b"]


def test_without_an_id_the_page_is_and_tracking_does_not_count() -> None:
    first = names(sketch(link="/1?utm_source=rss#x", title="One"))
    assert first == names(sketch(link="https://SITE.test/1/?utm_id=7", title="One")) == ["https://site.test/1"]


def test_without_id_and_link_the_title_is_and_without_a_title_all_of_it() -> None:
    assert names(sketch(title="One"), sketch(content="c0ffee")) == ["One", "c0ffee"]


def test_an_edited_title_is_the_same_entry_with_another_hash() -> None:
    before = shown(sketch("a", "/1", "One"))
    after = shown(sketch("a", "/1", "One, corrected"), known=before)
    assert list(after) == list(before)
    assert after != before


def test_a_moved_page_is_the_same_entry() -> None:
    before = shown(sketch("a", "/1", "One"))
    assert names(sketch("a", "/1-moved", "One"), known=before) == ["a"]


def test_an_id_used_again_for_another_story_is_another_entry_and_stays_it() -> None:
    """Title and link both changed, as in feeds that number their items from one each day."""
    before = shown(sketch("1", "/monday", "Monday"))
    tuesday = sketch("1", "/tuesday", "Tuesday")
    after = shown(tuesday, known=before)
    assert list(after) != ["1"]
    assert shown(tuesday, known=before | after) == after


def test_one_id_for_three_stories_is_three_entries_in_any_order() -> None:
    stories = [sketch("same", f"/{i}", f"Story {i}") for i in range(3)]
    first = shown(*stories)
    assert len(first) == 3
    assert shown(*reversed(stories), known=first) == first
    assert set(names(stories[1], stories[0], known=first)) < set(first)


def test_an_entry_keeps_its_id_when_another_comes_to_share_it() -> None:
    before = shown(sketch("a", "/1", "One"))
    first, second = names(sketch("a", "/2", "Two"), sketch("a", "/1", "One"), known=before)
    assert second == "a" != first


def test_a_suffixed_name_is_not_taken_by_another_entry_that_looks_the_same() -> None:
    body = [sketch("", "/1", "One"), sketch("a", "", ""), sketch("a", "/1", "One")]
    all_names = names(*body)
    known = {all_names[2]: shown(*body)[all_names[2]]}
    assert names(*body, known=known) == all_names


def test_the_same_item_twice_is_one_entry() -> None:
    assert names(sketch("a", "/1", "One"), sketch("a", "/1", "One")) == [
        names(sketch("a", "/1", "One"), sketch("a", "/1", "One"))[0],
        "",
    ]


def test_two_without_title_under_one_id_are_told_apart_by_what_they_say() -> None:
    assert len(set(names(sketch("a", "/1", "", "aa"), sketch("a", "/1", "", "bb")))) == 2


def test_an_entry_sent_again_under_a_new_id_keeps_its_name() -> None:
    before = shown(*(sketch(f"0-{i}", f"/{i}", f"Story {i}") for i in range(3)))
    after = shown(*(sketch(f"1-{i}", f"/{i}", f"Story {i}") for i in range(3)), known=before)
    assert set(after) == set(before)


def test_a_new_id_beside_the_old_one_is_another_entry() -> None:
    """A status page says the same thing twice, and means it."""
    before = shown(sketch("1", "/status", "All is well"))
    assert names(sketch("2", "/status", "All is well"), sketch("1", "/status", "All is well"), known=before) == [
        "2",
        "1",
    ]


def test_a_very_long_id_is_kept_short() -> None:
    assert len(names(sketch("x" * 5_000))[0]) <= 512


_SKETCHES = st.lists(
    st.builds(
        sketch,
        st.sampled_from(["", "1", "2", "3"]),
        st.sampled_from(["", "/a", "/b", "/c?utm_source=x"]),
        st.sampled_from(["", "A", "B"]),
        st.sampled_from(["p", "q", "r"]),
    ),
    max_size=6,
)


@given(_SKETCHES)
def test_the_same_body_again_brings_nothing_new(sketches: list[Sketch]) -> None:
    first = shown(*sketches)
    assert shown(*sketches, known=first) == first


@given(_SKETCHES, _SKETCHES)
def test_names_are_unique_within_a_body(earlier: list[Sketch], sketches: list[Sketch]) -> None:
    got = [raw_id for raw_id in names(*sketches, known=shown(*earlier)) if raw_id]
    assert len(got) == len(set(got))


@given(_SKETCHES.filter(bool), st.randoms())
def test_order_and_absence_change_no_name(sketches: list[Sketch], random: object) -> None:
    """Of entries with an id each of their own."""
    own = [Sketch(f"id{i}", s.link, s.title, s.content, URL) for i, s in enumerate(sketches)]
    known = shown(*own)
    some = random.sample(own, k=random.randint(1, len(own)))  # type: ignore[attr-defined]
    assert names(*some, known=known) == [s.raw_id for s in some]

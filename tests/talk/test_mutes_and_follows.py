"""What readers asked for in Slack holds beside config's mutes: where it was asked for, and until its end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.model import Preference, PreferenceVerb, Subject, Verb
from bot.talk.fate import fate
from tests.pipeline.crash_world import CHANNEL
from tests.pipeline.test_life_of_a_message import CONFIRMED, REPORT, RUMOUR, Newsroom
from tests.pipeline.test_pipeline import FEED, HIRE, STORY, Scene, rss, scene  # noqa: F401 - the fixture
from tests.pipeline.test_pipeline import page as page_of

MUTE, FOLLOW = PreferenceVerb.MUTE, PreferenceVerb.FOLLOW


def ask(scene, verb, subject, what, *, channel=CHANNEL, days=7.0):  # noqa: F811
    now = scene.clock.now()
    until = None if days is None else now + timedelta(days=days)
    return scene.store.prefer(Preference(0, verb, subject, what, what, channel, "U1", now, until))


def publish(scene, title=HIRE, text="In short."):  # noqa: F811
    scene.web.pages[FEED] = rss(("a", title, text))
    scene.web.pages[STORY] = page_of()
    scene.poll()
    scene.run()


@pytest.mark.parametrize(
    ("subject", "what", "silent"),
    [
        (Subject.PERSON, "Ada Ferrano", True),
        (Subject.PERSON, "ada ferrano", True),  # however it is written
        (Subject.ORGANISATION, "Norvane AI", True),
        (Subject.SOURCE, "news.example", True),
        (Subject.SOURCE, "Norvane AI", False),  # an outlet of that name did not tell it
        (Subject.PERSON, "news.example", False),
        (Subject.ANY, "www.news.example", True),
        (Subject.ANY, "Quillstone Labs", True),
        (Subject.STORY, "0" * 32, False),  # another story
    ],
)
def test_a_mute_silences_what_it_names_and_nothing_else(scene, subject, what, silent):  # noqa: F811
    ask(scene, MUTE, subject, what)
    publish(scene)
    assert (scene.texts() == []) is silent


def test_a_mute_ends_by_itself_and_the_story_is_told_by_the_next_article(scene):  # noqa: F811
    ask(scene, MUTE, Subject.PERSON, "Ada Ferrano", days=1)
    publish(scene)
    assert scene.texts() == []
    scene.clock.advance(2 * 86_400)
    scene.web.pages["https://news.example/a2"] = page_of()
    scene.web.pages[FEED] = rss(("a2", f"{HIRE}, again", "In short."), ("a", HIRE, "In short."))
    scene.poll()
    scene.run()
    assert len(scene.texts()) == 1


def test_a_mute_that_was_undone_silences_nothing(scene):  # noqa: F811
    number = ask(scene, MUTE, Subject.PERSON, "Ada Ferrano", days=None).number
    scene.clock.advance(60)
    assert scene.store.end_preference(number, scene.clock.now()).what == "Ada Ferrano"
    assert scene.store.end_preference(number, scene.clock.now()) is None, "it holds no more"
    publish(scene)
    assert len(scene.texts()) == 1


def test_a_mute_is_for_the_channel_that_asked_for_it(scene):  # noqa: F811
    scene.with_config(routes=[{"channel": "C0FIRST", "min_score": 0}, {"channel": "C0SECOND", "min_score": 0}])
    ask(scene, MUTE, Subject.ORGANISATION, "Norvane AI", channel="C0FIRST")
    publish(scene)
    assert [one.channel for one in scene.notifier.standing.values()] == ["C0SECOND"]


def test_asking_anew_replaces_what_was_asked(scene):  # noqa: F811
    ask(scene, MUTE, Subject.PERSON, "Ada Ferrano", days=1)
    scene.clock.advance(60)
    ask(scene, MUTE, Subject.PERSON, "Ada Ferrano", days=None)
    (held,) = scene.store.preferences(scene.clock.now())
    assert held.until is None


def test_why_names_the_mute_also_after_it_has_ended(scene):  # noqa: F811
    mute = ask(scene, MUTE, Subject.PERSON, "Ada Ferrano", days=1)
    publish(scene)
    scene.clock.advance(2 * 86_400)
    told = "\n".join(fate(scene.store.trace(STORY), scene.pipeline.config, CHANNEL, known_as=str))
    assert f"Ada Ferrano, muted in {CHANNEL} by U1 until 2026-07-02" in told
    assert f"unmute {mute.number}" in told


def test_a_muted_story_stays_true_in_silence(scene):  # noqa: F811
    newsroom = Newsroom(scene)
    newsroom.publish(RUMOUR, "Herald")
    (story,) = (s for s in scene.store.stories() if s.told)
    ask(scene, MUTE, Subject.STORY, story.id)
    newsroom.publish(CONFIRMED, "Courier")
    assert "rumoured → confirmed" in newsroom.parents()[0]
    assert newsroom.replies() == []


def test_a_followed_story_tells_each_source_in_its_thread(scene):  # noqa: F811
    newsroom = Newsroom(scene)
    newsroom.publish(REPORT, "Herald")
    (story,) = (s for s in scene.store.stories() if s.told)
    ask(scene, FOLLOW, Subject.STORY, story.id)
    newsroom.publish("Norvane AI hires Ada Ferrano of Quillstone Labs", "Courier", "Norvane AI has hired Ada Ferrano.")
    (reply,) = newsroom.replies()
    assert "Courier" in reply
    assert not any(o.broadcast for o in scene.store.operations() if o.verb is Verb.REPLY)


@pytest.mark.parametrize(("followed", "told"), [("Norvane AI", 1), ("Palewater Systems", 0)])
def test_whom_a_channel_follows_alerts_from_the_lower_threshold_on(scene, followed, told):  # noqa: F811
    scene.with_config(thresholds={"alert": 1.0, "digest": 0.5})
    ask(scene, FOLLOW, Subject.ANY, followed)
    publish(scene)
    assert len(scene.texts()) == told


def test_a_follow_brings_a_story_into_the_channel_that_no_route_leads_to(scene):  # noqa: F811
    scene.with_config(routes=[{"channel": "C0LAYOFF", "kinds": ["layoff"]}, {"channel": "C0HIRES", "kinds": ["hire"]}])
    ask(scene, FOLLOW, Subject.ANY, "Ada Ferrano", channel="C0MINE")
    publish(scene)
    assert sorted(one.channel for one in scene.notifier.standing.values()) == ["C0HIRES", "C0MINE"]


def test_old_mutes_are_forgotten_with_the_rest(scene):  # noqa: F811
    ask(scene, MUTE, Subject.PERSON, "Ada Ferrano", days=1)
    kept = ask(scene, MUTE, Subject.PERSON, "Bo Lind", days=None)
    asked = scene.clock.now()
    scene.clock.advance(200 * 86_400)
    scene.store.prune(scene.clock.now() - timedelta(days=90))
    assert [p.number for p in scene.store.preferences(asked)] == [kept.number]


@pytest.mark.parametrize("talks", [False, True])
def test_alerts_have_buttons_only_where_somebody_answers(scene, talks):  # noqa: F811
    scene.pipeline = replace(scene.pipeline, talks=talks)
    publish(scene)
    (standing,) = scene.notifier.standing.values()
    assert any(block["type"] == "actions" for block in standing.message.blocks) is talks

"""Stories of our own invention, and what channels are told of them: the cases of the golden payloads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from bot.alerts import buttons, compose
from bot.model import (
    Action,
    Article,
    Change,
    Entry,
    EntryId,
    Finding,
    Kind,
    Message,
    Move,
    Reason,
    Source,
    Status,
    Story,
    StoryId,
    StoryMove,
    Telling,
)
from bot.text import sentences
from tests.fakes.clock import NOON

BODY = (
    "Dana Whitfield, who led driver assistance at Example Motors, is joining Sample AI. "
    "She starts on Monday and reports to the chief scientist. The company confirmed the move. "
    "Shares did not move. Nobody else is leaving."
)
MOVE = StoryMove(("Dana Whitfield",), "Example Motors", "Sample AI", "", Status.CONFIRMED, 0.0, "The Paper")
DANA = Move("Dana Whitfield", "Example Motors", "Sample AI", "VP engineering", Status.CONFIRMED, 0.98, takes_up=True)
REASONS = (Reason("move.title.ai", "is joining", 2.1), Reason("org.title", "Sample AI", 1.2), Reason("past", "", -0.5))


def article(title="Dana Whitfield joins Sample AI", body=BODY, url="https://www.paper.example/a", **changes) -> Article:
    published = changes.pop("published_at", NOON - timedelta(minutes=7))
    entry = Entry(EntryId("e1"), "https://paper.example/rss", "1", "h", url, title, "", "en", published, NOON)
    return replace(Article(entry, title, body, "en", Source.PAGE), **changes)


def finding(*moves: Move, text: str = "", evidence: int = 1, **changes) -> Finding:
    spans = tuple(sentences(text or article().text)[1 : 1 + evidence])
    return replace(Finding("en", 0.97, (Kind.HIRE,), moves, (), (), REASONS, spans), **changes)


def story(url="https://paper.example/a") -> Story:
    return Story(StoryId("s1"), "Headline of the story", url, NOON, NOON, (), (), (Kind.HIRE,), 0.97)


def alert(found: Finding, told: Article | None = None, outlet: str = "The Paper", **options) -> Message:
    return compose.alert(story(), found, told or article(), outlet=outlet, channel="C1", now=NOON, **options)


def told(
    title: str,
    body: str,
    *moves: Move,
    kinds: tuple[Kind, ...] = (Kind.HIRE,),
    language: str = "en",
    outlet: str = "The Paper",
    evidence: tuple[int, ...] = (1,),
    telling: Telling | None = None,
    url: str = "https://www.paper.example/a",
    note: str = "",
) -> compose.Told:
    """Return a story of one article; `evidence` are the numbers of the sentences that carry it, the headline being 0."""
    one = article(title, body, url, language=language, note=note)
    spans = tuple(sentences(one.text)[number] for number in evidence)
    about = replace(story(), headline=title, url=url, kinds=kinds, telling=telling or telling_of(*moves, outlet=outlet))
    found = replace(finding(*moves, kinds=kinds, language=language), evidence=spans)
    return compose.Told(about, found, one, outlet, "paper.example")


def telling_of(*moves: Move, outlet: str = "The Paper", sources: int = 1, **changes) -> Telling:
    """Return what the articles of a story tell, where all tell the same."""
    known = tuple(
        StoryMove((m.person,), m.from_org or "", m.to_org or "", m.role or "", m.status, 0.0, outlet) for m in moves
    )
    return replace(
        Telling(moves=known, sources=tuple(f"owner {n}" for n in range(sources)), outlets=(outlet,)), **changes
    )


def shown(one: compose.Told, *, talks: bool = True) -> Message:
    """Return the alert that tells a story, with its buttons where somebody listens."""
    return compose.alert(
        one.story,
        one.finding,
        one.article,
        outlet=one.outlet,
        channel="C1",
        now=NOON,
        rows=buttons.rows(one) if talks else (),
    )


def move(person: str, from_org: str | None, to_org: str | None, role: str | None = None, **changes) -> Move:
    return replace(Move(person, from_org, to_org, role, Status.REPORTED, 0.98, takes_up=bool(role)), **changes)


MIRO = move("Miro Halvorsen", "Quillon AI", "Paper Lantern Labs", "head of robotics")
MIRO_TITLE = "Paper Lantern Labs takes Miro Halvorsen from Quillon AI"
MIRO_BODY = (
    "Paper Lantern Labs has hired Miro Halvorsen from Quillon AI as head of robotics, two people told The Paper. "
    "He brings three of his colleagues. The lab would not comment."
)


def sees(before: Telling, after: Telling, one: compose.Told, new: str = "") -> Message:
    """Return what the thread of a story is told when an article takes it from `before` to `after`."""
    now = replace(one.story, telling=after)
    return compose.news(
        replace(one.story, telling=before),
        now,
        one.finding,
        one.article,
        outlet=one.outlet,
        channel="C1",
        kind="news",
        now=NOON,
        new=new,
    )


def turned(*statuses: Status) -> Telling:
    """Return the telling of a story whose mover's status went through `statuses`, each told by another source."""
    voices = {Status.CONFIRMED: "Paper Lantern Labs", Status.DENIED: "Quillon AI", Status.REPORTED: "Harbour Wire"}
    names = ("The Paper", *(voices[status] for status in statuses[1:]))
    first = Change(NOON.timestamp() - 90_000, names[0], Action.NEW_ALERT, "the first article")
    changes = [
        Change(NOON.timestamp() - 80_000 + 1_000 * n, names[n + 1], Action.BROADCAST, f"Miro Halvorsen: {a} -> {b}")
        for n, (a, b) in enumerate(pairwise(statuses))
    ]
    known = StoryMove(
        ("Miro Halvorsen",), "Quillon AI", "Paper Lantern Labs", "", statuses[-1], 0.0, names[len(statuses) - 1]
    )
    return Telling(moves=(known,), sources=names[: len(statuses)], changes=(first, *changes))


def by_hand(**changes) -> Message:
    before = telling_of(MIRO).moves[0]
    after = replace(before, **changes) if changes else None
    return compose.by_hand(before, after, story=story(), channel="C1", kind="news order 1")


LONG_NAME = "The Institute for the Long and Careful Study of Very Large Artificial Neural Networks of the Upper Valley"

CASES: dict[str, Callable[[], Message]] = {
    # -- people who move
    "one_mover": lambda: shown(told(MIRO_TITLE, MIRO_BODY, MIRO)),
    # below the threshold nothing is claimed: the headline is quoted, with who wrote it
    "not_sure": lambda: shown(told(MIRO_TITLE, MIRO_BODY, replace(MIRO, confidence=0.94))),
    # a post that the mover had is not the one taken up: left out
    "a_former_post": lambda: shown(
        told(
            "Quillon AI co-founder Tamsin Orlo leaves for Teal Otter AI",
            "Tamsin Orlo, a co-founder of Quillon AI, is going to Teal Otter AI, she wrote on Tuesday.",
            move("Tamsin Orlo", "Quillon AI", "Teal Otter AI", "co-founder", takes_up=False, status=Status.CONFIRMED),
        )
    ),
    # one line each where they go different ways
    "two_ways": lambda: shown(
        told(
            "Two leads of Quillon AI go to rivals",
            "Miro Halvorsen joins Paper Lantern Labs as head of robotics. Ana Cruz goes to Teal Otter AI.",
            MIRO,
            move("Ana Cruz", "Quillon AI", "Teal Otter AI"),
            evidence=(1, 2),
        )
    ),
    # who share the way share the line
    "same_way": lambda: shown(
        told(
            "Three researchers follow Halvorsen",
            "Ana Cruz, Li Wenrao and Bo Lindqvist leave Quillon AI for Paper Lantern Labs. The Paper has seen the list.",
            *(move(name, "Quillon AI", "Paper Lantern Labs") for name in ("Ana Cruz", "Li Wenrao", "Bo Lindqvist")),
            evidence=(1, 2),
        )
    ),
    # a list that has an end
    "many_movers": lambda: shown(
        told(
            "Where the founders of Quillon AI went",
            "All seven have new posts. The last of them left on Friday.",
            *(move(f"Founder Number{n}", "Quillon AI", f"Lab {n}") for n in range(1, 8)),
        )
    ),
    # a doubtful one among sure ones is left out
    "one_of_two_sure": lambda: shown(
        told(MIRO_TITLE, MIRO_BODY, MIRO, move("Ana Cruz", "Quillon AI", "Paper Lantern Labs", confidence=0.6))
    ),
    "only_to": lambda: shown(
        told(
            "Teal Otter AI names Priya Halloway chief scientist",
            "Teal Otter AI has named Priya Halloway chief scientist.",
            move("Priya Halloway", None, "Teal Otter AI", "chief scientist", status=Status.CONFIRMED),
            kinds=(Kind.APPOINTMENT,),
        )
    ),
    "only_from": lambda: shown(
        told(
            "Safety lead quits Quillon AI",
            "Noor Castellan has left Quillon AI after four years. “I need to think,” she wrote.",
            move("Noor Castellan", "Quillon AI", None, status=Status.CONFIRMED),
            kinds=(Kind.DEPARTURE,),
            evidence=(1, 2),
        )
    ),
    # a new role in the same house is no journey
    "promoted": lambda: shown(
        told(
            "Teal Otter AI promotes its head of safety",
            "Idris Venn becomes chief operating officer of Teal Otter AI.",
            move("Idris Venn", "Teal Otter AI", "Teal Otter AI", "chief operating officer", status=Status.CONFIRMED),
            kinds=(Kind.APPOINTMENT,),
        )
    ),
    # -- how sure it is
    # a rumour says so on the first line, which is all that a notification shows
    "rumoured": lambda: shown(
        told(
            "Halvorsen in talks with Paper Lantern Labs, sources say",
            "Miro Halvorsen is said to be in talks with Paper Lantern Labs.",
            replace(MIRO, role=None, status=Status.RUMOURED),
        )
    ),
    # a move that is denied is no fact
    "denied": lambda: shown(
        told(
            "Quillon AI: Halvorsen is staying",
            "“Miro is going nowhere,” a spokeswoman for Quillon AI said.",
            replace(MIRO, status=Status.DENIED),
        )
    ),
    # told before it was denied: struck out, with who said so
    "since_denied": lambda: shown(told(MIRO_TITLE, MIRO_BODY, MIRO, telling=turned(Status.REPORTED, Status.DENIED))),
    # confirmed later, by whom, and what it was before
    "confirmed_since": lambda: shown(
        told(MIRO_TITLE, MIRO_BODY, MIRO, telling=turned(Status.RUMOURED, Status.REPORTED, Status.CONFIRMED))
    ),
    # -- stories without movers
    "layoff": lambda: shown(
        told(
            "Quillon AI lets go of a third of its recruiters",
            "Quillon AI is letting go of 40 recruiters, a third of the team. They were told on Thursday.",
            kinds=(Kind.LAYOFF, Kind.REORG),
            evidence=(1, 2),
        )
    ),
    # a headline that says nothing: the sentence that makes the claim stands in its place
    "trend": lambda: shown(
        told(
            "The great brain swap",
            "It was a warm spring. Of 60 researchers who left Quillon AI since January, 41 went to three rivals. "
            "“We train them, they take them,” its head of research said.",
            kinds=(Kind.TREND, Kind.POACH),
            evidence=(2, 3),
        )
    ),
    "pay": lambda: shown(
        told(
            "Goldene Ketten",
            "Nordlicht KI zahlt Forschern bis zu zwei Millionen Euro, wenn sie drei Jahre bleiben. "
            "Das Geld kommt in vier Raten.",
            kinds=(Kind.COMPENSATION, Kind.RETENTION),
            language="de",
            outlet="Maschinenbote",
            evidence=(1, 2),
        )
    ),
    # the headline makes the claim, and no sentence is short enough to stand for it
    "pay_without_a_short_sentence": lambda: shown(
        told(
            "Quillon AI doubles what it pays new researchers",
            "Quillon AI " + "and the other labs of the valley " * 8 + "pay more than ever.",
            kinds=(Kind.COMPENSATION,),
        )
    ),
    "acquihire": lambda: shown(
        told(
            "Teal Otter AI hires the team of Otter Forge",
            "Teal Otter AI takes over the eleven people of Otter Forge, and pays for a licence. The firm itself stays.",
            kinds=(Kind.ACQUIHIRE,),
            evidence=(1, 2),
        )
    ),
    # -- languages
    "italian": lambda: shown(
        told(
            "Giulia Marendoni passa a Teal Otter AI",
            "Giulia Marendoni lascia Quillon AI e passa a Teal Otter AI. Comincia lunedì.",
            move("Giulia Marendoni", "Quillon AI", "Teal Otter AI"),
            language="it",
            outlet="Il Sintetico",
            evidence=(1, 2),
        )
    ),
    "russian": lambda: shown(
        told(
            "Вера Полынова ушла из «Северного ИИ»",
            "Вера Полынова перешла из «Северного ИИ» в Quillon AI на должность директора по науке.",
            move("Вера Полынова", "Северный ИИ", "Quillon AI", "директор по науке"),
            language="ru",
            outlet="Машинный вестник",
        )
    ),
    "chinese": lambda: shown(
        told(
            "褚云舟加盟乙实验室",
            "褚云舟离开甲公司，加入乙实验室，出任首席科学家。他周一上任。",
            move("褚云舟", "甲公司", "乙实验室", "首席科学家"),
            language="zh-hans",
            outlet="智深快讯",
            url="https://新闻.example/a",
        )
    ),
    "japanese": lambda: shown(
        told(
            "紙灯ラボ、量子社の研究責任者を迎える",
            "量子社の研究責任者だった早瀬凪が紙灯ラボに移る。来月から勤務する。",
            move("早瀬凪", "量子社", "紙灯ラボ"),
            language="ja",
            outlet="人工通信",
        )
    ),
    "korean": lambda: shown(
        told(
            "남궁새결, 페이퍼랜턴으로 이직",
            "푸른수달AI의 남궁새결 연구원이 퇴사하고 페이퍼랜턴으로 이직한다.",
            move("남궁새결", "푸른수달AI", "페이퍼랜턴"),
            language="ko",
            outlet="인공소식",
        )
    ),
    # from right to left: the arrow still leads from the old place to the new one
    "arabic": lambda: shown(
        told(
            "ليلى الشمري تنتقل إلى مختبر النور",
            "غادرت ليلى الشمري شركة الأفق للذكاء الاصطناعي وانضمت إلى مختبر النور. وتبدأ عملها يوم الأحد.",
            move("ليلى الشمري", "الأفق للذكاء الاصطناعي", "مختبر النور"),
            language="ar",
            outlet="صحيفة الآلة",
            evidence=(1, 2),
        )
    ),
    # both directions in one line
    "hebrew": lambda: shown(
        told(
            "נועה ברקאי עוברת ל-Teal Otter AI",
            "נועה ברקאי עוזבת את מעבדת אופק ועוברת ל-Teal Otter AI.",
            move("נועה ברקאי", "מעבדת אופק", "Teal Otter AI", "VP research"),
            language="he",
            outlet="עיתון המכונה",
        )
    ),
    "arabic_not_sure": lambda: shown(
        told(
            "ليلى الشمري تنتقل إلى مختبر النور",
            "غادرت ليلى الشمري شركة الأفق للذكاء الاصطناعي.",
            language="ar",
            outlet="صحيفة الآلة",
        )
    ),
    # -- what was read, and what it tries
    # the page could not be read
    "behind_a_wall": lambda: shown(told(MIRO_TITLE, MIRO_BODY, MIRO, note="wall")),
    # what the feed wrote tries everything
    "hostile": lambda: shown(
        told(
            "<!channel> *URGENT* <https://evil.example|openai.com> \u202e:red_circle: & more",
            "Click <https://evil.example|here> now.",
            outlet="openai.com <@U1>",
            url="https://evil.example/x|openai.com>",
        )
    ),
    # no link that could be followed: the outlet alone
    "no_link": lambda: shown(told(MIRO_TITLE, MIRO_BODY, MIRO, url="javascript:alert(1)")),
    # an inner address is shown, not linked
    "inner_link": lambda: shown(told(MIRO_TITLE, MIRO_BODY, MIRO, url="http://127.0.0.1:8080/a")),
    # three sentences at most, in the order of the article; a gap between them shows
    "three_sentences": lambda: shown(
        told(
            MIRO_TITLE,
            MIRO_BODY + " Quillon AI has lost five leads this year. It is looking for a successor.",
            MIRO,
            evidence=(4, 1, 2, 5),
        )
    ),
    "long_headline": lambda: shown(told("Why the people who built it leave " * 20, MIRO_BODY, kinds=(Kind.DEPARTURE,))),
    "long_names": lambda: shown(told(MIRO_TITLE, MIRO_BODY, move(LONG_NAME, LONG_NAME, LONG_NAME, LONG_NAME))),
    # an address that is too long to stand there twice
    "long_link": lambda: shown(
        told(MIRO_TITLE, MIRO_BODY, MIRO, url="https://www.paper.example/" + "a-long-way-to-a-story/" * 60)
    ),
    # nobody listens: no buttons, and the reasons in their place
    "no_buttons": lambda: shown(told(MIRO_TITLE, MIRO_BODY, MIRO), talks=False),
    # -- what follows
    "reply_confirmed": lambda: sees(
        turned(Status.RUMOURED),
        turned(Status.RUMOURED, Status.CONFIRMED),
        told(
            "We welcome Miro Halvorsen",
            "Miro Halvorsen joins us as head of robotics.",
            replace(MIRO, status=Status.CONFIRMED),
            outlet="Paper Lantern Labs",
            telling=turned(Status.RUMOURED, Status.CONFIRMED),
        ),
    ),
    "reply_denied": lambda: sees(
        turned(Status.REPORTED),
        turned(Status.REPORTED, Status.DENIED),
        told(
            "Quillon AI: Halvorsen is staying",
            "“Miro is going nowhere,” a spokeswoman for Quillon AI said.",
            replace(MIRO, status=Status.DENIED),
            outlet="Harbour Wire",
            telling=turned(Status.REPORTED, Status.DENIED),
        ),
    ),
    # a new fact of the story's own kind, with what it counts
    "reply_more": lambda: sees(
        Telling(sources=("owner 0",)),
        Telling(sources=("owner 0", "owner 1")),
        told(
            "Quillon AI now cuts 120 jobs",
            "Quillon AI is letting go of 120 employees, not 40, and pays 2 million dollars in all.",
            kinds=(Kind.LAYOFF,),
            outlet="Harbour Wire",
        ),
        "people:120, money:$2000000, date:12-1",
    ),
    # another move of the same people within a month: it opens in the thread of the first
    "saga": lambda: shown(
        told(
            "Halvorsen's deputy goes, too",
            "Ana Cruz, deputy to Miro Halvorsen until May, follows him to Paper Lantern Labs.",
            move("Ana Cruz", "Quillon AI", "Paper Lantern Labs"),
        )
    ),
    "corrected_by_hand": lambda: by_hand(to_org="Teal Otter AI", status=Status.CONFIRMED, fixed=("to", "status")),
    "retracted_by_hand": by_hand,
    # the message itself once its only move was struck out
    "withdrawn": lambda: shown(
        told(
            MIRO_TITLE,
            MIRO_BODY,
            MIRO,
            telling=replace(telling_of(), retracted=telling_of(MIRO).moves),
        )
    ),
    # hidden by as many readers as config says
    "hidden": lambda: buttons.hidden(shown(told(MIRO_TITLE, MIRO_BODY, MIRO)), told(MIRO_TITLE, MIRO_BODY).story, 3),
    # -- the first run
    "missed": lambda: compose.missed(
        [
            told(MIRO_TITLE, MIRO_BODY, MIRO),
            told(
                "Goldene Ketten",
                "Nordlicht KI zahlt Forschern bis zu zwei Millionen Euro, wenn sie drei Jahre bleiben.",
                kinds=(Kind.COMPENSATION,),
                language="de",
                outlet="Maschinenbote",
            ),
            told(
                "Quillon AI lets go of a third of its recruiters", "They were told on Thursday.", kinds=(Kind.LAYOFF,)
            ),
        ],
        now=NOON,
        hours=48,
        channel="C1",
    ),
    "missed_nothing": lambda: compose.missed([], now=NOON, hours=48, channel="C1"),
    # what is left when Slack refuses the blocks
    "plain": lambda: compose.plain(CASES["two_ways"]()),
}

#!/usr/bin/env python3
"""Feed farm: a deterministic loopback HTTP server that plays N news feeds and their article pages.

Everything it serves is generated from --seed, so two runs with the same options serve the same bytes.
It needs only the standard library; with uvloop installed it is several times faster.
See README.md beside this file for the commands.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gzip
import hashlib
import html
import json
import math
import random
import signal
import ssl
import sys
import time
from collections import Counter, OrderedDict
from datetime import UTC, datetime
from email.utils import formatdate
from urllib.parse import parse_qs, unquote

EPOCH = 1_767_225_600  # 2026-01-01T00:00:00Z: when version 0 of every feed was published, unless --epoch says otherwise
STEP = 1800  # seconds between two entries of one feed
HOST = "127.0.0.1"

# ---------------------------------------------------------------- text
SUBJ = [
    "the research group",
    "a regional court",
    "the city council",
    "an independent auditor",
    "the transport ministry",
    "the chip maker",
    "a coalition of hospitals",
    "the pension fund",
    "a university laboratory",
    "the shipping company",
    "a panel of engineers",
    "the central bank",
    "an energy cooperative",
    "the broadcaster",
    "a small publisher",
    "the satellite operator",
    "a fishing fleet",
    "the software vendor",
    "an airline alliance",
    "the statistics office",
]
VERB = [
    "announced",
    "postponed",
    "reviewed",
    "expanded",
    "defended",
    "questioned",
    "financed",
    "audited",
    "rebuilt",
    "simplified",
    "published",
    "withdrew",
    "tested",
    "negotiated",
    "mapped",
    "measured",
    "approved",
    "criticised",
    "modernised",
    "documented",
]
OBJ = [
    "a plan to replace older equipment",
    "its forecast for the coming quarter",
    "a cross-border data agreement",
    "the design of a new terminal",
    "an emergency water reserve",
    "the rules on overtime",
    "a programme for apprentices",
    "a set of open benchmarks",
    "the route between the two ports",
    "the maintenance budget",
    "a study of night trains",
    "the price of long contracts",
    "an archive of weather records",
    "the training of local staff",
    "a compact cooling system",
    "its position on safety reviews",
    "the sale of two warehouses",
    "a library of test cases",
    "the timetable for repairs",
    "a proposal for shared storage",
]
TAIL = [
    "after months of quiet talks",
    "despite doubts among investors",
    "while critics asked for more detail",
    "in a statement on {d}",
    "according to people familiar with the matter",
    "as demand kept rising",
    "with support from neighbouring regions",
    "although the costs remain unclear",
    "before the end of the financial year",
    "to the surprise of analysts",
    "because earlier attempts had failed",
    "under the supervision of an outside board",
]
LINK = [
    "In addition, ",
    "However, ",
    "At the same time, ",
    "By contrast, ",
    "Meanwhile, ",
    "For now, ",
    "As a result, ",
    "In practice, ",
    "",
    "",
    "",
    "",
    "",
]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
ORGS = [
    "Norvane AI",
    "Quillstone Labs",
    "Bright Harbor Research",
    "Tessera Intelligence",
    "Palewater Systems",
    "Ostrea Robotics",
    "Kestrel Compute",
    "Lumen Forge",
    "Anvil Mind",
    "Sable Cognition",
]
FIRST = [
    "Mara",
    "Joon",
    "Ines",
    "Tobias",
    "Priya",
    "Callum",
    "Sana",
    "Mateo",
    "Yuki",
    "Olga",
    "Deepak",
    "Noor",
    "Elio",
    "Greta",
    "Hassan",
    "Lin",
]
LAST = [
    "Ferrand",
    "Okoye",
    "Brandt",
    "Castellan",
    "Nakagawa",
    "Petrov",
    "Lindqvist",
    "Achebe",
    "Moreau",
    "Rao",
    "Santoro",
    "Whitlock",
    "Zhou",
    "Haddad",
    "Novak",
    "Ibarra",
]
# For --person-per-story: 64 x 128 names, and a middle initial beyond that.
GIVEN = [
    "Mara",
    "Joon",
    "Ines",
    "Tobias",
    "Priya",
    "Callum",
    "Sana",
    "Mateo",
    "Yuki",
    "Olga",
    "Deepak",
    "Noor",
    "Elio",
    "Greta",
    "Hassan",
    "Lin",
    "Adaeze",
    "Bruno",
    "Clara",
    "Dmitri",
    "Esther",
    "Farid",
    "Gwen",
    "Hiro",
    "Ilse",
    "Jamal",
    "Katya",
    "Lukas",
    "Mei",
    "Nils",
    "Oriol",
    "Paola",
    "Quentin",
    "Rosa",
    "Sven",
    "Tamar",
    "Umar",
    "Vera",
    "Wanda",
    "Xavier",
    "Yara",
    "Zoltan",
    "Anika",
    "Bashir",
    "Celia",
    "Darius",
    "Elena",
    "Fergus",
    "Gita",
    "Henrik",
    "Imogen",
    "Jorge",
    "Keiko",
    "Lorenz",
    "Miriam",
    "Nadia",
    "Otto",
    "Pavel",
    "Renata",
    "Stefan",
    "Thalia",
    "Ursula",
    "Vikram",
    "Wiktor",
]
FAMILY = [
    a + b
    for a in [
        "Ferr",
        "Okoy",
        "Brand",
        "Castell",
        "Nakag",
        "Petr",
        "Lindq",
        "Acheb",
        "Mor",
        "Raz",
        "Sant",
        "Whitl",
        "Zhur",
        "Hadd",
        "Nov",
        "Ibarr",
        "Kowal",
        "Strand",
        "Vell",
        "Dunm",
        "Esker",
        "Falk",
        "Grim",
        "Holm",
        "Ivers",
        "Jans",
        "Karst",
        "Lomb",
        "Mend",
        "Norr",
        "Ost",
        "Pell",
    ]
    for b in ("ero", "ano", "ssen", "wick")
]
ROLES = [
    "head of reinforcement learning",
    "research scientist",
    "vice president of infrastructure",
    "chief scientist",
    "director of safety",
    "staff engineer",
    "chief people officer",
    "lead of pretraining",
]
MOVES = [
    "{p} leaves {a} to join {b} as {r}",
    "{b} hires {p}, {r} at {a}",
    "{a} loses {p} to rival {b}",
    "{p}, formerly {r} at {a}, joins {b}",
    "{b} poaches {r} {p} from {a}",
]
PLAIN = ["{S} {v} {o}", "Why {s} {v} {o}", "{S} {v} {o}, again", "What it means that {s} {v} {o}", "{S} {v} {o} {t}"]


def rng(*key) -> random.Random:
    return random.Random(hashlib.blake2b(repr(key).encode(), digest_size=8).digest())


def hfloat(*key) -> float:
    return int.from_bytes(hashlib.blake2b(repr(key).encode(), digest_size=7).digest(), "big") / 2**56


class Text:
    """A pool of sentences and paragraphs made once from the seed; entries pick from it."""

    def __init__(self, seed: int):
        r = rng(seed, "pool")
        self.sentences = []
        for _ in range(6000):
            s, v, o = r.choice(SUBJ), r.choice(VERB), r.choice(OBJ)
            t = r.choice(TAIL).replace("{d}", r.choice(DAYS))
            lead = r.choice(LINK)
            body = f"{s} {v} {o} {t}" if lead else f"{s[0].upper()}{s[1:]} {v} {o} {t}"
            if r.random() < 0.35:
                body += f", and {r.choice(SUBJ)} {r.choice(VERB)} {r.choice(OBJ)}"
            if r.random() < 0.15:
                body += f" ({r.randint(3, 97)} per cent, up from {r.randint(1, 60)})"
            self.sentences.append(lead + body + ".")
        self.paras = [" ".join(r.choice(self.sentences) for _ in range(r.randint(2, 6))) for _ in range(3000)]

    def move(self, r: random.Random, story: int | None = None) -> dict:
        """A job move; with the number of a story, its person is that story's alone."""
        a, b = r.sample(ORGS, 2)
        person = f"{r.choice(FIRST)} {r.choice(LAST)}"
        if story is not None:
            turn, place = divmod(story, len(GIVEN) * len(FAMILY))
            place = place * 4_099 % (len(GIVEN) * len(FAMILY))  # neighbours get unlike names
            middle = f"{chr(65 + (turn - 1) % 26)}. " if turn else ""
            person = f"{GIVEN[place % len(GIVEN)]} {middle}{FAMILY[place // len(GIVEN)]}"
        return {"person": person, "from": a, "to": b, "role": r.choice(ROLES)}

    def title(self, r: random.Random, move: dict | None) -> str:
        if move:
            return r.choice(MOVES).format(p=move["person"], a=move["from"], b=move["to"], r=move["role"])
        s = r.choice(SUBJ)
        return r.choice(PLAIN).format(
            s=s,
            S=s[0].upper() + s[1:],
            v=r.choice(VERB),
            o=r.choice(OBJ),
            t=r.choice(TAIL).replace("{d}", r.choice(DAYS)),
        )


# ---------------------------------------------------------------- feeds
KINDS = (("rss", 0.52), ("atom", 0.27), ("rdf", 0.06), ("json", 0.15))


class Feed:
    __slots__ = (
        "cache",
        "conditional",
        "datefmt",
        "epoch",
        "fault",
        "full",
        "hasguid",
        "hits",
        "i",
        "kind",
        "last_hit",
        "min_gap",
        "published",
        "shown",
        "size",
        "validators",
        "version",
    )

    def __init__(self, farm: Farm, i: int):
        self.i = i
        self.epoch = farm.epoch
        h = hfloat(farm.seed, i, "kind")
        acc = 0.0
        self.kind = "rss"
        for kind, share in KINDS if farm.json_feeds else (("rss", 0.61), ("atom", 0.32), ("rdf", 0.07)):
            acc += share
            if h < acc:
                self.kind = kind
                break
        lo, hi = farm.size
        self.size = int(math.exp(math.log(lo) + (math.log(hi) - math.log(lo)) * hfloat(farm.seed, i, "size")))
        self.shown = farm.entries or 10 + int(hfloat(farm.seed, i, "n") * 51)
        self.full = hfloat(farm.seed, i, "full") < 0.5
        self.version = 0
        self.published = self.shown  # entries published so far; the newest has number published-1
        self.datefmt = int(hfloat(farm.seed, i, "date") * 5) if farm.odd_dates else 0
        self.hasguid = hfloat(farm.seed, i, "guid") >= 0.05
        v = hfloat(farm.seed, i, "val")
        self.validators = (
            "none"
            if v < farm.no_validators
            else ("both", "both", "etag", "lm")[int(hfloat(farm.seed, i, "vk") * 4)]
            if farm.mixed_validators
            else "both"
        )
        self.fault = None
        if farm.faults and hfloat(farm.seed, i, "fault?") < farm.faults:
            self.fault = farm.fault_kinds[int(hfloat(farm.seed, i, "fault") * len(farm.fault_kinds))]
        self.cache = {}
        self.hits = self.conditional = 0
        self.last_hit = 0.0
        self.min_gap = None

    @property
    def path(self) -> str:
        return f"/f/{self.i}/feed.{'json' if self.kind == 'json' else 'xml'}"

    @property
    def etag(self) -> str:
        return f'"{self.i:x}-{self.version:x}"'

    @property
    def modified(self) -> str:
        return formatdate(self.epoch + self.version * 60, usegmt=True)


def xesc(s: str) -> str:
    return html.escape(s, quote=False)


class Farm:
    def __init__(self, a):
        self.seed, self.n, self.entries, self.size = a.seed, a.feeds, a.entries, (a.min_size, a.max_size)
        self.page_size = (a.min_page, a.max_page)
        self.json_feeds, self.odd_dates = not a.no_json, a.odd_dates
        self.no_validators, self.mixed_validators = a.no_validators, a.mixed_validators
        self.faults = a.faults
        self.fault_kinds = a.fault_kinds.split(",")
        self.slow, self.hang, self.retry_after = a.slow_s, a.hang_s, a.retry_after
        self.talent = a.talent
        self.live = a.epoch == "now"  # entries are dated by the moment of their publication
        self.epoch = int(time.time()) if self.live else int(a.epoch or EPOCH)
        self.person_per_story = a.person_per_story
        self.published_at = {}  # (feed, entry) -> seconds, for what /_publish brought
        self.crosspost = a.crosspost
        self.text = Text(self.seed)
        self.ports = [a.port and a.port + k for k in range(a.origins)]
        self.scheme = "https" if a.tls_cert else "http"
        self.feeds = [Feed(self, i) for i in range(self.n)]
        self.pages: OrderedDict = OrderedDict()
        self.log = open(a.log, "w", buffering=1 << 16) if a.log else None
        self.gzip_level = a.gzip_level
        self.chrome = Chrome(self)
        self.reset()

    def reset(self):
        self.t0 = time.time()
        self.counts: Counter = Counter()
        self.status: Counter = Counter()
        self.conns = self.open_conns = self.max_conns = 0
        for f in self.feeds:
            f.hits = f.conditional = 0
            f.last_hit, f.min_gap = 0.0, None

    def origin(self, i: int) -> str:
        return f"{self.scheme}://{HOST}:{self.ports[i % len(self.ports)]}"

    def url(self, i: int) -> str:
        return self.origin(i) + self.feeds[i].path

    # -- entries
    def entry(self, i: int, n: int) -> dict:
        """Entry n of feed i. A share --crosspost of entries are copies of another feed's story under a new title."""
        src_i, src_n = i, n
        if self.crosspost and hfloat(self.seed, i, n, "x?") < self.crosspost:
            src_i, src_n = int(hfloat(self.seed, i, n, "x") * self.n), n
        r = rng(self.seed, src_i, src_n)
        talent = r.random() < self.talent
        move = self.text.move(r, src_n * self.n + src_i if self.person_per_story else None) if talent else None
        np = r.randint(5, 22)
        paras = [r.choice(self.text.paras) for _ in range(np)]
        if move:
            paras[0] = (
                f"{move['person']}, {move['role']} at {move['from']}, is leaving to join {move['to']}, "
                f"the company confirmed. "
            ) + paras[0]
        r2 = rng(self.seed, i, n, "title")
        feed = self.feeds[i]
        ts = self.published_at.get((i, n), self.epoch - (feed.shown - 1 - n) * STEP)
        return {
            "id": f"tag:farm.example,2026:{i}/{n}",
            "n": n,
            "title": self.text.title(r2, move),
            "paras": paras,
            "move": move,
            "story": f"{src_i}/{src_n}",
            "ts": ts,
            "url": f"{self.origin(i)}/a/{i}/{n}",
            "author": f"{r2.choice(FIRST)} {r2.choice(LAST)}",
            "tags": r2.sample(ORGS, 2),
        }

    def date(self, f: Feed, ts: int, iso: bool) -> str:
        d = datetime.fromtimestamp(ts, UTC)
        if f.datefmt == 1:
            return d.strftime("%Y-%m-%dT%H:%M:%S.000Z") if not iso else d.strftime("%Y-%m-%dT%H:%M:%S+00:00")
        if f.datefmt == 2 and not iso:
            return d.strftime("%a, %d %b %Y %H:%M:%S EST")
        if f.datefmt == 3 and not iso:
            return d.strftime("%d %b %Y %H:%M GMT")
        return d.strftime("%Y-%m-%dT%H:%M:%SZ") if iso else formatdate(ts, usegmt=True)

    def body(self, f: Feed) -> bytes:
        b = f.cache.get("raw")
        if b is None:
            b = f.cache["raw"] = getattr(self, "_" + f.kind)(f).encode()
        return b

    def gz(self, f: Feed) -> bytes:
        b = f.cache.get("gz")
        if b is None:
            b = f.cache["gz"] = gzip.compress(self.body(f), self.gzip_level, mtime=0)
        return b

    def items(self, f: Feed):
        per = max(120, f.size // f.shown - 420)  # bytes of text for one entry
        for n in range(f.published - 1, f.published - 1 - f.shown, -1):
            e = self.entry(f.i, n)
            out, left, k = [], per, 0
            while left > 0:
                p = e["paras"][k % len(e["paras"])]
                out.append(p[:left] if left < len(p) else p)
                left -= len(p) + 7
                k += 1
            e["html"] = "".join(f"<p>{xesc(p)}</p>" for p in out)
            e["summary"] = xesc(e["paras"][0][:280])
            yield e

    def _rss(self, f: Feed) -> str:
        o = self.origin(f.i)
        out = [
            (
                '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
                'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom" '
                'xmlns:media="http://search.yahoo.com/mrss/"><channel>\n'
                f"<title>Farm wire {f.i}</title><link>{o}/site/{f.i}</link><description>Generated news, feed {f.i}</description>"
                f'<language>en</language><atom:link href="{self.url(f.i)}" rel="self" type="application/rss+xml"/>'
                f"<lastBuildDate>{formatdate(self.epoch + f.version * 60, usegmt=True)}</lastBuildDate><ttl>30</ttl>\n"
            )
        ]
        for e in self.items(f):
            guid = f'<guid isPermaLink="false">{e["id"]}</guid>' if f.hasguid else ""
            text = (
                f"<description><![CDATA[{e['summary']}]]></description><content:encoded><![CDATA[{e['html']}]]></content:encoded>"
                if f.full
                else f"<description>{xesc(e['html'])}</description>"
            )
            out.append(
                f"<item><title>{xesc(e['title'])}</title><link>{e['url']}</link>{guid}"
                f"<pubDate>{self.date(f, e['ts'], False)}</pubDate><dc:creator>{e['author']}</dc:creator>"
                + "".join(f"<category>{t}</category>" for t in e["tags"])
                + f'<media:thumbnail url="{o}/img/{f.i}/{e["n"]}.jpg" width="640" height="360"/>{text}</item>\n'
            )
        out.append("</channel></rss>\n")
        return "".join(out)

    def _atom(self, f: Feed) -> str:
        o = self.origin(f.i)
        out = [
            (
                f'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>Farm journal {f.i}'
                f'</title><id>tag:farm.example,2026:{f.i}</id><link href="{o}/site/{f.i}"/><link rel="self" href="{self.url(f.i)}"/>'
                f"<updated>{self.date(f, self.epoch + f.version * 60, True)}</updated>\n"
            )
        ]
        for e in self.items(f):
            d = self.date(f, e["ts"], True)
            out.append(
                f'<entry><title type="html">{xesc(xesc(e["title"]))}</title><id>{e["id"]}</id>'
                f'<link rel="alternate" type="text/html" href="{e["url"]}"/><published>{d}</published><updated>{d}</updated>'
                f"<author><name>{e['author']}</name></author>"
                + "".join(f'<category term="{t}"/>' for t in e["tags"])
                + f'<summary>{e["summary"]}</summary><content type="html">{xesc(e["html"])}</content></entry>\n'
            )
        out.append("</feed>\n")
        return "".join(out)

    def _rdf(self, f: Feed) -> str:
        o = self.origin(f.i)
        es = list(self.items(f))
        out = [
            '<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF xmlns="http://purl.org/rss/1.0/" '
            'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
            f'<channel rdf:about="{o}/site/{f.i}"><title>Farm register {f.i}</title><link>{o}/site/{f.i}</link>'
            f"<description>Generated</description><items><rdf:Seq>"
            + "".join(f'<rdf:li resource="{e["url"]}"/>' for e in es)
            + "</rdf:Seq></items></channel>\n"
        ]
        for e in es:
            out.append(
                f'<item rdf:about="{e["url"]}"><title>{xesc(e["title"])}</title><link>{e["url"]}</link>'
                f"<dc:date>{self.date(f, e['ts'], True)}</dc:date><dc:creator>{e['author']}</dc:creator>"
                f"<description>{xesc(e['html'])}</description></item>\n"
            )
        out.append("</rdf:RDF>\n")
        return "".join(out)

    def _json(self, f: Feed) -> str:
        o = self.origin(f.i)
        return json.dumps(
            {
                "version": "https://jsonfeed.org/version/1.1",
                "title": f"Farm notes {f.i}",
                "home_page_url": f"{o}/site/{f.i}",
                "feed_url": self.url(f.i),
                "items": [
                    {
                        "id": e["id"],
                        "url": e["url"],
                        "title": e["title"],
                        "content_html": e["html"],
                        "summary": e["summary"],
                        "date_published": self.date(f, e["ts"], True),
                        "authors": [{"name": e["author"]}],
                        "tags": e["tags"],
                    }
                    for e in self.items(f)
                ],
            }
        )

    # -- state changes
    def publish(self, k: int, share: float, only: list[int] | None = None) -> dict:
        changed = []
        for f in (self.feeds[i] for i in only) if only is not None else self.feeds:
            if only is None and share < 1 and hfloat(self.seed, f.i, f.version, "pub") >= share:
                continue
            f.version += 1
            if self.live:
                self.published_at.update({(f.i, n): int(time.time()) for n in range(f.published, f.published + k)})
            f.published += k
            f.cache.clear()
            changed.append(f.i)
        return {"feeds": len(changed), "entries": len(changed) * k, "ids": changed if len(changed) <= 1000 else None}

    def truth(self, i0: int, i1: int) -> list:
        out = []
        for f in self.feeds[i0:i1]:
            for n in range(f.published - f.shown, f.published):
                e = self.entry(f.i, n)
                if e["move"]:
                    out.append(
                        {
                            "feed": f.i,
                            "id": e["id"],
                            "url": e["url"],
                            "title": e["title"],
                            "story": e["story"],
                            **e["move"],
                        }
                    )
        return out

    def stats(self, per_feed: bool) -> dict:
        d = {
            "seconds": round(time.time() - self.t0, 3),
            "connections": self.conns,
            "max_open_connections": self.max_conns,
            **dict(self.counts),
            "status": {str(k): v for k, v in sorted(self.status.items())},
        }
        hits = [f.hits for f in self.feeds]
        gaps = [f.min_gap for f in self.feeds if f.min_gap is not None]
        d["feeds_hit"] = sum(1 for h in hits if h)
        d["max_hits_on_one_feed"] = max(hits, default=0)
        d["min_seconds_between_hits_on_one_feed"] = round(min(gaps), 4) if gaps else None
        if per_feed:
            d["per_feed"] = [
                {
                    "i": f.i,
                    "hits": f.hits,
                    "conditional": f.conditional,
                    "fault": f.fault,
                    "kind": f.kind,
                    "version": f.version,
                }
                for f in self.feeds
            ]
        return d


# ---------------------------------------------------------------- article pages
class Chrome:
    """Boilerplate round the article: navigation, advertising, comments, scripts, related links. Seven templates."""

    def __init__(self, farm: Farm):
        self.farm = farm
        r = rng(farm.seed, "chrome")
        t = farm.text
        self.nav = "".join(
            f'<li class="menu-item"><a href="/s/{k}">{t.title(r, None)[:22]}</a></li>' for k in range(60)
        )
        self.related = [
            f'<div class="card teaser"><a href="/a/{r.randint(0, 99)}/{r.randint(0, 99)}"><img src="/img/{k}.jpg" alt="">'
            f'<h4>{t.title(r, None)}</h4></a><p class="teaser-text">{r.choice(t.sentences)}</p><time>{r.randint(1, 23)} hours ago</time></div>'
            for k in range(400)
        ]
        self.comments = [
            f'<div class="comment" id="c{k}"><span class="author">{r.choice(FIRST)}{k}</span><div class="comment-body"><p>'
            f'{r.choice(t.sentences)} {r.choice(t.sentences)}</p></div><a class="reply" href="#r{k}">Reply</a></div>'
            for k in range(600)
        ]
        self.js = "".join(
            f"window.__q=window.__q||[];__q.push(['slot-{k}',{{size:[{r.randint(100, 900)},{r.randint(50, 600)}],"
            f"targeting:{{pos:'{r.choice(['top', 'mid', 'low'])}',k:{r.random():.9f}}}}}]);\n"
            for k in range(2500)
        )
        self.css = "".join(
            f".c{k:x}-{r.randint(0, 9999)}{{margin:{r.randint(0, 40)}px;padding:{r.randint(0, 40)}px;color:#{r.randint(0, 0xFFFFFF):06x}}}"
            for k in range(1500)
        )
        self.ads = [
            '<div class="ad-slot advertisement" data-ad="%d"><iframe src="about:blank"></iframe><span>Advertisement</span></div>'
            % k
            for k in range(20)
        ]

    def page(self, i: int, n: int) -> tuple[str, str]:
        f = self.farm
        e = f.entry(i, n)
        r = rng(f.seed, i, n, "page")
        lo, hi = f.page_size
        target = int(math.exp(math.log(lo) + (math.log(hi) - math.log(lo)) * r.random()))
        tpl = r.randrange(7)
        iso = datetime.fromtimestamp(e["ts"], UTC).isoformat()
        title = xesc(e["title"])
        ps = e["paras"]
        if tpl == 2:  # text in divs with <br><br>
            core = '<div class="txt">' + "<br/><br/>".join(xesc(p) for p in ps) + "</div>"
        elif tpl == 4:  # paragraphs broken up by in-body advertising and pull quotes
            core = "".join(f"<p>{xesc(p)}</p>" + (r.choice(self.ads) if k % 3 == 2 else "") for k, p in enumerate(ps))
        elif tpl == 5:  # sections with subheadings and links
            core = "".join(
                (f"<h2>{xesc(e['tags'][k % 2])}</h2>" if k % 4 == 0 else "")
                + f'<p>{xesc(p[:40])}<a href="/t/{k}">{xesc(p[40:60])}</a>{xesc(p[60:])}</p>'
                for k, p in enumerate(ps)
            )
        else:
            core = "".join(f"<p>{xesc(p)}</p>\n" for p in ps)
        wrap = {
            0: (
                '<article class="post"><header><h1>%s</h1><p class="byline">By <a rel="author">%s</a></p></header><div class="entry-content">',
                "</div></article>",
            ),
            1: ('<main><h1>%s</h1><div class="meta">%s</div><section itemprop="articleBody">', "</section></main>"),
            2: ('<div id="wrap"><div class="hd">%s</div><div class="sub">%s</div>', "</div>"),
            3: (
                '<table><tr><td class="left"></td><td class="story"><font size="5"><b>%s</b></font><br><i>%s</i>',
                "</td></tr></table>",
            ),
            4: ('<div class="layout"><div class="story-body"><h1>%s</h1><span class="by">%s</span>', "</div></div>"),
            5: ("<article><h1>%s</h1><address>%s</address>", "</article>"),
            6: (
                '<div class="content-wrapper"><div class="inner"><div class="col"><h1 class="headline">%s</h1><div class="credits">%s</div>',
                "</div></div></div>",
            ),
        }[tpl]
        ld = json.dumps(
            {
                "@context": "https://schema.org",
                "@type": "NewsArticle",
                "headline": e["title"],
                "datePublished": iso,
                "author": {"@type": "Person", "name": e["author"]},
            }
        )
        head = (
            f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title} | Farm {i}</title>'
            f'<meta property="og:title" content="{html.escape(e["title"])}"><meta property="og:type" content="article">'
            f'<meta property="article:published_time" content="{iso}"><meta name="author" content="{e["author"]}">'
            f'<link rel="canonical" href="{e["url"]}"><script type="application/ld+json">{ld}</script>'
        )
        main = wrap[0] % (title, e["author"]) + core + wrap[1]
        share = [0.30, 0.18, 0.22, 0.30]  # script, css, related, comments
        left = max(4000, target - len(head) - len(main) - len(self.nav) - 600)
        if tpl == 1:
            share = [0.6, 0.25, 0.15, 0]
        js, css = self.js[: int(left * share[0])], self.css[: int(left * share[1])]
        out = [
            head,
            f"<style>{css}</style><script>{js}</script></head><body class='t{tpl}'><header><nav><ul>{self.nav}</ul></nav></header>",
            r.choice(self.ads),
            main,
            r.choice(self.ads),
            '<aside class="related"><h3>More from this site</h3>',
        ]
        room, k = int(left * share[2]), r.randrange(400)
        while room > 0:
            c = self.related[k % 400]
            out.append(c)
            room -= len(c)
            k += 1
        out.append("</aside>")
        room, k = int(left * share[3]), r.randrange(600)
        if room > 0:
            out.append('<section id="comments"><h3>Comments</h3>')
            while room > 0:
                c = self.comments[k % 600]
                out.append(c)
                room -= len(c)
                k += 1
            out.append("</section>")
        out.append(
            '<footer><p>Copyright Farm. All rights reserved. <a href="/privacy">Privacy</a> <a href="/terms">Terms</a></p></footer></body></html>'
        )
        return "".join(out), "\n".join(ps)


# ---------------------------------------------------------------- HTTP
REASON = {
    200: "OK",
    301: "Moved Permanently",
    302: "Found",
    304: "Not Modified",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    410: "Gone",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
CTYPE = {
    "rss": "application/rss+xml; charset=utf-8",
    "atom": "application/atom+xml; charset=utf-8",
    "rdf": "application/rdf+xml; charset=utf-8",
    "json": "application/feed+json",
}


def header(low: bytes, raw: bytes, name: bytes) -> str:
    p = low.find(b"\r\n" + name + b":")
    if p < 0:
        return ""
    p += len(name) + 3
    return raw[p : raw.find(b"\r\n", p)].strip().decode("latin-1")


class Conn(asyncio.Protocol):
    farm: Farm
    __slots__ = ("buf", "busy", "closed", "keep", "tr")

    def connection_made(self, tr):
        self.tr, self.buf, self.busy, self.closed, self.keep = tr, b"", False, False, True
        f = self.farm
        f.conns += 1
        f.open_conns += 1
        if f.open_conns > f.max_conns:
            f.max_conns = f.open_conns

    def connection_lost(self, exc):
        self.closed = True
        self.farm.open_conns -= 1

    def data_received(self, data):
        self.buf = self.buf + data if self.buf else data
        if len(self.buf) > 65536:
            self.tr.close()
            return
        self.pump()

    def pump(self):
        while not self.busy and not self.closed:
            end = self.buf.find(b"\r\n\r\n")
            if end < 0:
                return
            raw, self.buf = self.buf[: end + 2], self.buf[end + 4 :]
            try:
                self.handle(raw)
            except Exception as e:  # the farm must outlive a bad request
                sys.stderr.write(f"farm: {e!r} on {raw[:80]!r}\n")
                self.reply(500, b"", path="?")

    def handle(self, raw: bytes):
        low = raw.lower()
        method, target, _ver = raw[: raw.find(b"\r\n")].split(b" ", 2)
        self.keep = b"\r\nconnection: close" not in low
        path = target.decode("latin-1")
        inm, ims = header(low, raw, b"if-none-match"), header(low, raw, b"if-modified-since")
        gz = b"gzip" in header(low, raw, b"accept-encoding").encode()
        ua = header(low, raw, b"user-agent") if self.farm.log else ""
        if method not in (b"GET", b"HEAD", b"POST"):
            return self.reply(405, b"", path=path)
        ctx = (path, bool(inm or ims), ua, method == b"HEAD")
        farm = self.farm
        if path.startswith("/f/"):
            try:
                i = int(path.split("/", 3)[2])
                feed = farm.feeds[i]
                if i < 0:
                    raise IndexError
            except (ValueError, IndexError):
                return self.reply(404, b"no such feed", ctx=ctx)
            now = time.monotonic()
            if feed.hits:
                gap = now - feed.last_hit
                if feed.min_gap is None or gap < feed.min_gap:
                    feed.min_gap = gap
            feed.last_hit = now
            feed.hits += 1
            if ctx[1]:
                feed.conditional += 1
                farm.counts["conditional"] += 1
            farm.counts["feed_requests"] += 1
            if feed.fault and not path.endswith("?moved"):
                return self.misbehave(feed, inm, ims, gz, ctx)
            return self.feed(feed, inm, ims, gz, ctx)
        if path.startswith("/a/"):
            farm.counts["page_requests"] += 1
            p = path.split("?")[0].split("/")
            try:
                i, n = int(p[2]), int(p[3])
                if not 0 <= i < farm.n or n < 0:
                    raise ValueError
            except (ValueError, IndexError):
                return self.reply(404, b"no such page", ctx=ctx)
            et = f'"p{i:x}-{n:x}"'
            if inm and et in inm:
                return self.reply(304, b"", {"ETag": et}, ctx=ctx)
            body, zbody = self.page(i, n)
            return self.reply(
                200,
                zbody if gz else body,
                {
                    "Content-Type": "text/html; charset=utf-8",
                    "ETag": et,
                    **({"Content-Encoding": "gzip", "Vary": "Accept-Encoding"} if gz else {}),
                },
                ctx=ctx,
            )
        if path.startswith("/_"):
            return self.admin(path, ctx)
        if path == "/robots.txt":
            farm.counts["robots_requests"] += 1
            return self.reply(200, b"User-agent: *\nDisallow: /private/\n", {"Content-Type": "text/plain"}, ctx=ctx)
        if path.startswith("/gold/"):
            p = path.split("/")
            e = farm.entry(int(p[2]), int(p[3]))
            return self.json(
                {"text": "\n".join(e["paras"]), "title": e["title"], "move": e["move"], "author": e["author"]}, ctx
            )
        return self.reply(404, b"not here", ctx=ctx)

    def page(self, i, n):
        c = self.farm.pages
        v = c.get((i, n))
        if v is None:
            b = self.farm.chrome.page(i, n)[0].encode()
            v = c[(i, n)] = (b, gzip.compress(b, self.farm.gzip_level, mtime=0))
            if len(c) > 3000:
                c.popitem(last=False)
        return v

    def feed(self, f: Feed, inm, ims, gz, ctx):
        farm = self.farm
        key = (f.version, gz)
        hd = f.cache.get(("h", *key))
        if hd is None:
            val = ""
            if f.validators in ("both", "etag"):
                val += f"ETag: {f.etag}\r\n"
            if f.validators in ("both", "lm"):
                val += f"Last-Modified: {f.modified}\r\n"
            body = farm.gz(f) if gz else farm.body(f)
            enc = "Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n" if gz else ""
            h200 = (
                f"HTTP/1.1 200 OK\r\nServer: farm\r\nContent-Type: {CTYPE[f.kind]}\r\n{val}{enc}Cache-Control: max-age=60\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            ).encode()
            h304 = f"HTTP/1.1 304 Not Modified\r\nServer: farm\r\n{val}Cache-Control: max-age=60\r\n\r\n".encode()
            hd = f.cache[("h", *key)] = (h200, h304, body)
        fresh = False
        if inm and f.validators in ("both", "etag"):
            fresh = f.etag in inm or inm == "*"
        elif not inm and ims and f.validators in ("both", "lm"):
            fresh = ims == f.modified
        if fresh:
            self.send(304, hd[1], b"", ctx)
        else:
            self.send(200, hd[0], hd[2], ctx)

    def misbehave(self, f: Feed, inm, ims, gz, ctx):
        k = f.fault
        if k in ("301", "302"):
            return self.reply(int(k), b"", {"Location": f.path + "?moved"}, ctx=ctx)
        if k in ("404", "410"):
            return self.reply(int(k), b"gone", ctx=ctx)
        if k == "429":
            return self.reply(429, b"slow down", {"Retry-After": str(self.farm.retry_after)}, ctx=ctx)
        if k in ("500", "503"):
            return self.reply(int(k), b"broken", ctx=ctx)
        if k == "flaky":
            return self.reply(500, b"broken", ctx=ctx) if f.hits % 3 else self.feed(f, inm, ims, gz, ctx)
        if k == "loop":
            return self.reply(302, b"", {"Location": f.path}, ctx=ctx)
        if k == "html":
            return self.reply(200, b"<html><body>Please sign in</body></html>", {"Content-Type": "text/html"}, ctx=ctx)
        if k == "badxml":
            b = self.farm.body(f)
            return self.reply(200, b[: len(b) // 2].replace(b"&amp;", b"&"), {"Content-Type": CTYPE[f.kind]}, ctx=ctx)
        if k == "truncated":
            b = self.farm.body(f)
            self.tr.write(
                f"HTTP/1.1 200 OK\r\nContent-Type: {CTYPE[f.kind]}\r\nContent-Length: {len(b)}\r\n\r\n".encode()
                + b[: len(b) // 2]
            )
            self.account(200, len(b) // 2, ctx)
            return self.tr.close()
        if k == "reset":
            self.account(0, 0, ctx)
            return self.tr.abort()
        if k == "bomb":
            b = gzip.compress(b"<?xml version='1.0'?><rss><channel>" + b" " * (200 << 20), 9)
            return self.reply(200, b, {"Content-Type": CTYPE["rss"], "Content-Encoding": "gzip"}, ctx=ctx)
        if k in ("slow", "hang", "drip"):
            self.busy = True
            loop = asyncio.get_running_loop()
            if k == "drip":
                return loop.create_task(self.drip(f, ctx))

            def later():
                self.busy = False
                if not self.closed:
                    if k == "slow":
                        self.feed(f, inm, ims, gz, ctx)
                        self.pump()
                    else:
                        self.account(0, 0, ctx)
                        self.tr.abort()

            loop.call_later(self.farm.slow if k == "slow" else self.farm.hang, later)
            return None
        return self.feed(f, inm, ims, gz, ctx)

    async def drip(self, f, ctx):
        """One byte a tenth of a second for --hang-s seconds: defeats per-read timeouts, not a total deadline."""
        b = self.farm.body(f)
        self.tr.write(f"HTTP/1.1 200 OK\r\nContent-Type: {CTYPE[f.kind]}\r\nContent-Length: {len(b)}\r\n\r\n".encode())
        for k in range(int(self.farm.hang * 10)):
            if self.closed:
                break
            self.tr.write(b[k : k + 1])
            await asyncio.sleep(0.1)
        self.account(200, 0, ctx)
        self.tr.abort()

    def admin(self, path, ctx):
        farm = self.farm
        name, _, q = path.partition("?")
        q = {k: unquote(v[-1]) for k, v in parse_qs(q).items()}
        if name == "/_stats":
            return self.json(farm.stats(q.get("per_feed") == "1"), None)
        if name == "/_reset":
            farm.reset()
            return self.json({"ok": True}, None)
        if name == "/_publish":
            only = [int(x) for x in q["feeds"].split(",")] if q.get("feeds") else None
            return self.json(farm.publish(int(q.get("k", "1")), float(q.get("share", "1")), only), None)
        if name == "/_truth":
            return self.json(farm.truth(int(q.get("from", "0")), int(q.get("to", str(farm.n)))), None)
        if name == "/_urls":
            lo, hi = int(q.get("from", "0")), int(q.get("to", str(farm.n)))
            ok = [farm.url(i) for i in range(lo, min(hi, farm.n)) if q.get("healthy") != "1" or not farm.feeds[i].fault]
            return self.reply(200, ("\n".join(ok) + "\n").encode(), {"Content-Type": "text/plain"}, path=path)
        if name == "/_opml":
            b = (
                '<?xml version="1.0"?><opml version="2.0"><head><title>farm</title></head><body>'
                + "".join(f'<outline type="rss" text="farm {i}" xmlUrl="{farm.url(i)}"/>' for i in range(farm.n))
                + "</body></opml>"
            )
            return self.reply(200, b.encode(), {"Content-Type": "text/xml"}, path=path)
        if name == "/_fault":  # /_fault?feed=7&kind=500 ; kind empty heals the feed
            farm.feeds[int(q["feed"])].fault = q.get("kind") or None
            return self.json({"ok": True}, None)
        return self.reply(404, b"", path=path)

    def json(self, obj, ctx):
        self.reply(200, json.dumps(obj).encode(), {"Content-Type": "application/json"}, ctx=ctx)

    def reply(self, status, body, headers=None, path=None, ctx=None):
        h = [f"HTTP/1.1 {status} {REASON[status]}\r\nServer: farm\r\n"]
        for k, v in (headers or {}).items():
            h.append(f"{k}: {v}\r\n")
        if status != 304:
            h.append(f"Content-Length: {len(body)}\r\n")
        h.append("\r\n")
        self.send(status, "".join(h).encode(), body, ctx)

    def send(self, status, head, body, ctx):
        if not self.keep:
            head = head[:-2] + b"Connection: close\r\n\r\n"
        if ctx and ctx[3]:
            body = b""
        if len(body) > 65536:
            self.tr.write(head)
            self.tr.write(body)
        else:
            self.tr.write(head + body)
        if ctx:
            self.account(status, len(head) + len(body), ctx)
        if not self.keep:
            self.tr.close()

    def account(self, status, nbytes, ctx):
        farm = self.farm
        c = farm.counts
        c["requests"] += 1
        c["bytes"] += nbytes
        farm.status[status] += 1
        if farm.log:
            farm.log.write(json.dumps([round(time.time(), 4), ctx[0], status, nbytes, int(ctx[1]), ctx[2]]) + "\n")


async def serve(a):
    farm = Farm(a)
    if a.prebuild:
        t = time.time()
        tot = gzt = 0
        for f in farm.feeds:
            tot += len(farm.body(f))
            gzt += len(farm.gz(f))
        kinds = Counter(f.kind for f in farm.feeds)
        print(
            f"farm: built {farm.n} feeds in {time.time() - t:.1f} s, {tot / 1e6:.1f} MB, gzip {gzt / 1e6:.1f} MB, kinds {dict(kinds)}",
            flush=True,
        )
    Conn.farm = farm
    loop = asyncio.get_running_loop()
    ctx = None
    if a.tls_cert:
        ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ctx.load_cert_chain(a.tls_cert, a.tls_key)
    servers = [await loop.create_server(Conn, HOST, p, backlog=4096, ssl=ctx) for p in farm.ports]
    farm.ports = [server.sockets[0].getsockname()[1] for server in servers]  # --port 0: any free one
    print(
        f"farm: {farm.n} feeds on {farm.scheme}://{HOST}:{farm.ports[0]}"
        + (f"..{farm.ports[-1]}" if len(farm.ports) > 1 else ""),
        flush=True,
    )
    stop = asyncio.Event()
    for s in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(s, stop.set)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), a.lifetime)
    for s in servers:
        s.close()
    if farm.log:
        farm.log.close()
    print(json.dumps(farm.stats(False)), flush=True)


def options(argv=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    p.add_argument("--port", type=int, default=8801)
    p.add_argument(
        "--origins",
        type=int,
        default=1,
        help="listen on this many consecutive ports; feed i lives on port+(i mod origins)",
    )
    p.add_argument("--feeds", type=int, default=1000)
    p.add_argument("--entries", type=int, default=0, help="entries a feed shows; 0: 10 to 60, by feed")
    p.add_argument("--min-size", type=int, default=10_000)
    p.add_argument("--max-size", type=int, default=200_000)
    p.add_argument("--min-page", type=int, default=30_000)
    p.add_argument("--max-page", type=int, default=300_000)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--no-json", action="store_true", help="no JSON Feed, for clients that cannot read it")
    p.add_argument("--odd-dates", action="store_true", help="several date formats, one of them with a named zone")
    p.add_argument(
        "--no-validators", type=float, default=0.0, help="share of feeds with neither ETag nor Last-Modified"
    )
    p.add_argument("--mixed-validators", action="store_true", help="some feeds send only one of the two validators")
    p.add_argument("--talent", type=float, default=0.02, help="share of entries that report a job move (see /_truth)")
    p.add_argument(
        "--epoch",
        default="",
        help="seconds since 1970 at which version 0 of every feed was published, or `now`: "
        "then what /_publish brings is dated by the moment of its publication",
    )
    p.add_argument("--person-per-story", action="store_true", help="no two stories are about the same person")
    p.add_argument(
        "--crosspost",
        type=float,
        default=0.0,
        help="share of entries that repeat another feed's story under another title",
    )
    p.add_argument("--faults", type=float, default=0.0, help="share of feeds that misbehave")
    p.add_argument(
        "--fault-kinds", default="301,302,404,410,429,500,503,flaky,loop,html,badxml,truncated,reset,slow,hang,drip"
    )
    p.add_argument("--slow-s", type=float, default=3.0)
    p.add_argument("--hang-s", type=float, default=120.0)
    p.add_argument("--retry-after", type=int, default=30)
    p.add_argument("--gzip-level", type=int, default=5)
    p.add_argument("--prebuild", action="store_true", help="build and compress every feed before listening")
    p.add_argument(
        "--log", help="write one JSON array a request to this file: time, path, status, bytes, conditional, user agent"
    )
    p.add_argument("--lifetime", type=float, default=7200, help="stop by itself after this many seconds")
    p.add_argument("--tls-cert")
    p.add_argument("--tls-key")
    return p.parse_args(argv)


if __name__ == "__main__":
    args = options()
    try:
        import uvloop

        uvloop.run(serve(args))
    except ImportError:
        asyncio.run(serve(args))

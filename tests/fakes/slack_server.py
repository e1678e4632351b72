"""A strict stand-in for the Slack Web API and Socket Mode, for tests.

    python -m tests.fakes.slack_server --port 8055 --log calls.jsonl [--fault plan.json]

or, in a test, `with serve() as fake:`, which runs it in a thread of its own. Point any client at `fake.api`. It listens
on loopback, keeps everything in memory, and differs from a mock in two ways: it *rejects* what Slack rejects (token,
scope, membership, Block Kit schema and limits, metadata, rate limits), and it can *fail* like a network does, including
"processed, but the answer is lost".

Default workspace: bot token `xoxb-test`, app token `xapp-test`; channels C0ALERTS and G0PRIVATE (private) have the bot
as a member, C0OTHER and G0SECRET (private) do not, C0OLD is archived.

Fault plan: a JSON list of rules; the first rule that matches a call and is not used up applies.
    {"method": "chat.postMessage", "channel": "C0ALERTS", "skip": 0, "times": 1, "when": "before", "action": "drop"}
`action`: drop (close the connection; "reset": true sends RST), http ("status": 500, "retry_after": 3 if wanted), html
(a 200 HTML page), slow ("seconds": 2), hold (until `/_admin/release`), drip (an answer that never ends, a byte at a
time), cut (half of an answer), redirect ("to": URL), ratelimit (429, "retry_after": 3), error ("error": "fatal_error"
as JSON, HTTP 200), revoke (the token), kill (SIGKILL to the process `pid` of the config, whose call is not answered).
`when`: "before" (nothing is stored; a slow or held call is stored late, even if the caller left) or "after" (stored,
then the fault hides the answer). `times`: -1 means for ever. `late` (seconds, with "before"): what is hidden or killed
is stored all the same, so much later.

Time: Slack's clock is the one handed in (`serve(clock=...)`; on the command line the machine's at `--speed` from
`--origin`, see `SystemClock`) plus `ahead` seconds (config): in timestamps, lag, rate limits, Retry-After, late answers
and the Date header alike. A bot that is given the same clock sees all of that in its own seconds; a test moves the clock
instead of sleeping. The pages of http and html faults carry the machine's Date, as those of a proxy whose clock is
wrong would. What was to be stored late is stored at its own moment, also where the clock skipped that.

Admin (JSON): GET /_admin/state, /_admin/messages?channel=C, /_admin/calls; POST /_admin/reset, /_admin/faults,
/_admin/config, /_admin/release, /_admin/channel, /_admin/post_as_user, /_admin/react, /_admin/socket/send,
/_admin/socket/disconnect.

A public channel is read with channels:history, a private one with groups:history. Stricter than Slack is known to be: a
reply to a deleted or unknown parent is refused; `limit` above 1,000 is refused instead of cut; metadata may hold only
the documented values (no list of strings); and `lint` notes what Slack would post all the same: control, zero-width and
direction characters, mentions, a label that names another host, previews not switched off, no text beside blocks, an
unknown argument.

Not modelled: users.*, search, the life of modals after they were opened, Enterprise Grid, streaming, Events API retries, message size in
storage, exact error texts.
"""

import argparse
import asyncio
import contextlib
import heapq
import itertools
import json
import os
import re
import signal
import threading
import time
import urllib.request
import uuid
from collections import defaultdict, deque
from email.utils import formatdate
from pathlib import Path

from aiohttp import WSMsgType, web

from bot.adapters.clock import SystemClock
from tests.fakes.slack_blocks import (
    LIMITS,
    BlockChecker,
    SlackError,
    check_metadata,
    lint_message,
    parse_json,
    truthy,
    units,
)

TIERS = {2: 20, 3: 50, 4: 100}  # calls per minute and method that Slack promises at least
METHODS = {  # method: (tier or None, scopes of which one is needed, known arguments)
    "auth.test": (None, (), ""),
    "chat.postMessage": (
        None,
        ("chat:write",),
        (
            "channel text blocks attachments metadata markdown_text thread_ts reply_broadcast unfurl_links "
            "unfurl_media mrkdwn parse link_names username icon_emoji icon_url"
        ),
    ),
    "chat.update": (
        3,
        ("chat:write",),
        "channel ts text blocks attachments metadata markdown_text parse link_names reply_broadcast file_ids",
    ),
    "chat.delete": (3, ("chat:write",), "channel ts"),
    "chat.getPermalink": (None, (), "channel message_ts"),
    "conversations.list": (2, ("channels:read", "groups:read"), "cursor exclude_archived limit types team_id"),
    "conversations.info": (3, ("channels:read", "groups:read"), "channel include_num_members include_locale"),
    "conversations.history": (
        3,
        ("channels:history", "groups:history"),
        "channel cursor inclusive include_all_metadata latest limit oldest",
    ),
    "conversations.replies": (
        3,
        ("channels:history", "groups:history"),
        "channel ts cursor inclusive include_all_metadata latest limit oldest",
    ),
    "conversations.members": (4, ("channels:read", "groups:read"), "channel cursor limit"),
    "conversations.join": (3, ("channels:join",), "channel"),
    "files.getUploadURLExternal": (4, ("files:write",), "filename length alt_txt snippet_type"),
    "files.completeUploadExternal": (4, ("files:write",), "files channel_id channels initial_comment thread_ts blocks"),
    "reactions.add": (3, ("reactions:write",), "channel timestamp name"),
    "reactions.get": (3, ("reactions:read",), "channel timestamp full file file_comment"),
    "views.publish": (4, (), "user_id view hash"),
    "views.open": (4, (), "trigger_id view"),
    "apps.connections.open": (3, (), ""),
    "blocks.validate": (None, (), "blocks view message"),
}
ALL_SCOPES = sorted({s for _, scopes, _ in METHODS.values() for s in scopes})
BOT_TOKEN, APP_TOKEN = "xoxb-test", "xapp-test"


# --------------------------------------------------------------------------------------------------- state and methods


class Workspace:
    """All state of the fake workspace, and the Web API methods as ``m_<method>`` functions."""

    def __init__(self, log_path=None, faults=(), clock=None):
        self.log_path, self.start_faults, self.generation = log_path, list(faults), 0
        self.clock, self.at = clock or SystemClock(), None
        self.closing = False
        self.reset()

    def reset(self):
        self.gate = asyncio.Event()
        self.generation += 1  # a slow call that began before a reset stores nothing after it
        self.config = {
            "post_rate": 1.0,
            "post_burst": 1,
            "tier_scale": 1.0,
            "ahead": 0.0,
            "history_lag": 0.0,
            "history_restricted": False,
            "history_page": 1_000,
            "members_page": 1_000,
            "scopes": ALL_SCOPES,
            "ack_timeout": 3.0,
        }
        self.tokens = {"xoxb-test": "ok", "xapp-test": "ok"}
        self.channels, self.messages, self.files, self.views = {}, defaultdict(dict), {}, {}
        self.triggers, self.opened = {}, []
        self.calls, self.responses, self.early_retries = [], [], []
        self.faults, self.last_ts = [dict(f) for f in self.start_faults], 0
        self.used_ts = set()
        self.buckets, self.windows, self.blocked = {}, defaultdict(deque), {}
        self.sockets, self.tickets, self.acks = [], set(), {}
        self.order = itertools.count()
        self.late = []  # a heap of (when, order, what is stored then)
        for cid, name, private, member, archived in (
            ("C0ALERTS", "alerts", False, True, False),
            ("G0PRIVATE", "private", True, True, False),
            ("C0OTHER", "other", False, False, False),
            ("G0SECRET", "secret", True, False, False),
            ("C0OLD", "old", False, True, True),
        ):
            self.channels[cid] = {
                "id": cid,
                "name": name,
                "is_private": private,
                "is_member": member,
                "is_archived": archived,
                "is_channel": True,
                "members": ["U0BOT", "U0HUMAN"] if member else ["U0HUMAN"],
            }

    # -- common parts

    def time(self):
        return self.clock.now().timestamp() + self.config["ahead"] if self.at is None else self.at

    def monotonic(self):
        return self.clock.monotonic() + self.config["ahead"]

    async def sleep(self, seconds):
        await asyncio.sleep(self.clock.real(seconds))

    def store_later(self, seconds, call):
        heapq.heappush(self.late, (self.time() + seconds, next(self.order), call))

    async def after(self, seconds, call):
        """Return what `call` returns at its moment, None if the workspace was reset before."""
        box, generation, when = [], self.generation, self.time() + seconds
        self.store_later(seconds, lambda: box.append(call()))
        while not box and generation == self.generation:
            await self.sleep(max(0.0, when - self.time()) + 0.001)
            self.catch_up()
        return box[0] if box else None

    def catch_up(self):
        """Store what was to be stored by now, each at its own moment."""
        while self.late and self.late[0][0] <= self.time():
            when, _, call = heapq.heappop(self.late)
            self.at = when
            try:
                call()
            finally:
                self.at = None

    def next_ts(self):
        """A timestamp of now that no message has yet; a late one is never put behind what came after it."""
        micros = int(self.time() * 1e6)
        while micros in self.used_ts:
            micros += 1
        self.used_ts.add(micros)
        self.last_ts = max(self.last_ts, micros)
        return f"{micros // 10**6}.{micros % 10**6:06d}"

    def channel(self, args, key="channel", by_name=False, member=True):
        """The channel, if it exists and the bot may use it: a private one without the bot is invisible."""
        wanted = args.get(key)
        found = self.channels.get(wanted)
        if not found and by_name and isinstance(wanted, str):
            found = next((c for c in self.channels.values() if c["name"] == wanted.lstrip("#")), None)
        if not found or (found["is_private"] and not found["is_member"]):
            raise SlackError("channel_not_found")
        if member and not found["is_member"]:
            raise SlackError("not_in_channel")
        return found

    def message(self, cid, ts):
        found = self.messages[cid].get(ts)
        if not found or found["deleted"]:
            raise SlackError("message_not_found")
        return found

    def checked_blocks(self, raw, surface="message"):
        blocks = parse_json(raw, "invalid_blocks_format")
        if blocks is None:
            return None
        if not isinstance(blocks, list):
            raise SlackError("invalid_blocks_format")
        errors = BlockChecker(surface, self.files).blocks(blocks)
        if errors:
            notes = [f"[ERROR] {e['message']} [json-pointer:/blocks{e['pointer']}]" for e in errors]
            raise SlackError("invalid_blocks", errors=[n[8:] for n in notes], response_metadata={"messages": notes})
        if surface == "message" and units(json.dumps(blocks, ensure_ascii=False)) > LIMITS["blocks_json"]:
            raise SlackError("msg_blocks_too_long")
        return blocks

    def content(self, args, blocks):
        if args.get("markdown_text") and (args.get("text") or blocks):
            raise SlackError("markdown_text_conflict")
        for key, limit in (("markdown_text", LIMITS["markdown_total"]),):
            if units(str(args.get(key) or "")) > limit:
                raise SlackError("msg_too_long")
        return str(args.get("text") or args.get("markdown_text") or "")

    def add(self, cid, user="U0BOT", **fields):
        ts = self.next_ts()
        msg = {
            "type": "message",
            "ts": ts,
            "channel": cid,
            "user": user,
            "text": "",
            "blocks": None,
            "metadata": None,
            "thread_ts": None,
            "broadcast": False,
            "edited": None,
            "deleted": False,
            "revisions": 1,
            "lint": [],
            "reactions": {},
            "files": [],
            **fields,
        }
        self.messages[cid][ts] = msg
        return msg

    def public(self, msg, with_metadata=False):
        """A message as the API shows it; without include_all_metadata only the event type is visible."""
        out = {k: msg[k] for k in ("type", "ts", "user", "text")}
        if msg["user"] == "U0BOT":
            out |= {"bot_id": "B0BOT", "app_id": "A0APP"}
        for key in ("blocks", "thread_ts", "edited", "files"):
            if msg[key]:
                out[key] = msg[key]
        if msg["metadata"]:
            out["metadata"] = msg["metadata"] if with_metadata else {"event_type": msg["metadata"]["event_type"]}
        replies = [
            m for m in self.messages[msg["channel"]].values() if m["thread_ts"] == msg["ts"] and not m["deleted"]
        ]
        if replies:
            out |= {"thread_ts": msg["ts"], "reply_count": len(replies)}
        if msg["broadcast"]:
            out["subtype"] = "thread_broadcast"
        if msg["reactions"]:
            out["reactions"] = [{"name": n, "users": u, "count": len(u)} for n, u in msg["reactions"].items()]
        return out

    # -- Web API methods

    def m_auth_test(self, args):
        return {
            "url": "https://fake.slack.test/",
            "team": "Fake",
            "user": "bot",
            "team_id": "T0TEAM",
            "user_id": "U0BOT",
            "bot_id": "B0BOT",
            "is_enterprise_install": False,
        }

    def m_chat_postMessage(self, args):  # noqa: N802
        ch = self.channel(args, by_name=True)
        if ch["is_archived"]:
            raise SlackError("is_archived")
        blocks = self.checked_blocks(args.get("blocks"))
        text = self.content(args, blocks)
        if not text and not blocks and not args.get("attachments"):
            raise SlackError("no_text")
        metadata = check_metadata(args["metadata"]) if args.get("metadata") else None
        lint, warnings = lint_message(args, blocks), []
        thread = args.get("thread_ts")
        if thread:
            parent = self.messages[ch["id"]].get(thread)
            if not parent or parent["deleted"]:
                raise SlackError("thread_not_found")  # stricter than Slack, which may post an orphan
            if parent["thread_ts"] not in (None, thread):
                lint.append("thread_ts: is a reply, not a parent")
        if units(text) > LIMITS["post_text_truncated"]:
            text, warnings = text[: LIMITS["post_text_truncated"]], ["message_truncated"]
        lint += [f"{k}: not switched off" for k in ("unfurl_links", "unfurl_media") if args.get(k) is not False]
        lint += [
            f"unknown argument: {k}" for k in args.keys() - set(METHODS["chat.postMessage"][2].split()) - {"_base"}
        ]
        msg = self.add(
            ch["id"],
            text=text,
            blocks=blocks,
            metadata=metadata,
            thread_ts=thread,
            lint=lint,
            broadcast=bool(thread) and truthy(args.get("reply_broadcast")),
            unfurl=[args.get("unfurl_links"), args.get("unfurl_media")],
        )
        out = {"channel": ch["id"], "ts": msg["ts"], "message": self.public(msg)}
        return out | ({"response_metadata": {"warnings": warnings}} if warnings else {})

    def m_chat_update(self, args):
        ch = self.channel(args)
        msg = self.message(ch["id"], args.get("ts"))
        if msg["user"] != "U0BOT":
            raise SlackError("cant_update_message")
        if ch["is_archived"]:
            raise SlackError("is_inactive")
        blocks = self.checked_blocks(args.get("blocks"))
        text = self.content(args, blocks)
        if not text and blocks is None and not args.get("attachments") and "metadata" not in args:
            raise SlackError("no_text")
        if units(text) > LIMITS["update_text"]:
            raise SlackError("msg_too_long")
        metadata = check_metadata(args["metadata"]) if args.get("metadata") is not None else msg["metadata"]
        msg["lint"] += lint_message(args, blocks)
        if text or blocks is not None:  # text without blocks removes the blocks
            msg["text"], msg["blocks"] = text or msg["text"], blocks
        msg["metadata"], msg["revisions"] = metadata, msg["revisions"] + 1
        msg["edited"] = None if blocks else {"user": "U0BOT", "ts": self.next_ts()}
        return {"channel": ch["id"], "ts": msg["ts"], "text": msg["text"], "message": self.public(msg)}

    def m_chat_delete(self, args):
        ch = self.channel(args)
        msg = self.message(ch["id"], args.get("ts"))
        if msg["user"] != "U0BOT":
            raise SlackError("cant_delete_message")
        msg["deleted"] = True
        return {"channel": ch["id"], "ts": msg["ts"]}

    def m_chat_getPermalink(self, args):  # noqa: N802
        ch = self.channel(args, member=False)
        msg = self.message(ch["id"], args.get("message_ts"))
        link = f"https://fake.slack.test/archives/{ch['id']}/p{msg['ts'].replace('.', '')}"
        if msg["thread_ts"]:
            link += f"?thread_ts={msg['thread_ts']}&cid={ch['id']}"
        return {"channel": ch["id"], "permalink": link}

    def page(self, items, args, key, default, high):
        try:
            start, limit = int(args.get("cursor") or 0), int(args.get("limit") or default)
        except ValueError:
            raise SlackError("invalid_cursor") from None
        if not 0 < limit <= LIMITS["history_max"] + 1:
            raise SlackError("invalid_limit")
        limit = min(limit, high)
        more = start + limit < len(items)
        return {
            key: items[start : start + limit],
            "has_more": more,
            "response_metadata": {"next_cursor": str(start + limit) if more else ""},
        }

    def listed(self, cid, args, select, newest_first):
        """Visible messages in a time range; ``history_lag`` hides the youngest, as a lagging replica would."""
        try:
            oldest, latest = float(args.get("oldest") or 0), float(args.get("latest") or 1e12)
        except ValueError:
            raise SlackError("invalid_ts_oldest") from None
        edge, horizon = truthy(args.get("inclusive")), self.time() - self.config["history_lag"]
        rows = [
            m
            for m in self.messages[cid].values()
            if not m["deleted"]
            and select(m)
            and float(m["ts"]) <= horizon
            and (oldest < float(m["ts"]) < latest or (edge and float(m["ts"]) in (oldest, latest)))
        ]
        rows.sort(key=lambda m: m["ts"], reverse=newest_first)
        high = 15 if self.config["history_restricted"] else self.config["history_page"]
        shown = [self.public(m, truthy(args.get("include_all_metadata"))) for m in rows]
        return self.page(shown, args, "messages", 100, high)

    def m_conversations_history(self, args):
        cid = self.channel(args)["id"]
        return self.listed(cid, args, lambda m: m["thread_ts"] in (None, m["ts"]) or m["broadcast"], True)

    def m_conversations_replies(self, args):
        cid, ts = self.channel(args)["id"], args.get("ts")
        if ts not in self.messages[cid]:
            raise SlackError("thread_not_found")
        return self.listed(cid, args, lambda m: ts in (m["ts"], m["thread_ts"]), False)

    def m_conversations_list(self, args):
        types = str(args.get("types") or "public_channel").split(",")
        rows = [
            c
            for c in self.channels.values()
            if (not c["is_private"] or c["is_member"])
            and ("private_channel" if c["is_private"] else "public_channel") in types
            and not (truthy(args.get("exclude_archived")) and c["is_archived"])
        ]
        return self.page(rows, args, "channels", 100, 1000)

    def m_conversations_info(self, args):
        return {"channel": self.channel(args, member=False)}

    def m_conversations_members(self, args):
        ch = self.channel(args, member=False)
        return self.page(ch["members"], args, "members", 100, self.config["members_page"])

    def m_conversations_join(self, args):
        ch = self.channel(args, member=False)
        if ch["is_private"] or ch["is_archived"]:
            raise SlackError("is_archived" if ch["is_archived"] else "method_not_supported_for_channel_type")
        ch["is_member"] = True
        return {"channel": ch}

    def m_files_getUploadURLExternal(self, args):  # noqa: N802
        if not args.get("filename") or not str(args.get("length") or "").isdigit() or int(args["length"]) < 1:
            raise SlackError("missing_argument")
        if units(str(args.get("alt_txt") or "")) > LIMITS["alt_txt"]:
            raise SlackError("alt_txt_too_large")
        fid = f"F{uuid.uuid4().hex[:10].upper()}"
        self.files[fid] = {
            "id": fid,
            "name": args["filename"],
            "length": int(args["length"]),
            "state": "pending",
            "alt_txt": args.get("alt_txt"),
        }
        return {"file_id": fid, "upload_url": f"{args['_base']}/upload/v1/{fid}"}

    def m_files_completeUploadExternal(self, args):  # noqa: N802
        wanted = parse_json(args.get("files"), "invalid_arguments") or []
        if not wanted or any(self.files.get(f.get("id"), {}).get("state") != "uploaded" for f in wanted):
            raise SlackError("file_not_found")
        targets = [args["channel_id"]] if args.get("channel_id") else str(args.get("channels") or "").split(",")
        channels = [self.channel({"channel": c}) for c in targets if c]
        for f in wanted:
            self.files[f["id"]] |= {"state": "complete", "title": f.get("title")}
        for ch in channels:
            self.add(
                ch["id"],
                text=args.get("initial_comment") or "",
                thread_ts=args.get("thread_ts"),
                files=[{"id": f["id"], "title": f.get("title")} for f in wanted],
            )
        return {"files": [{"id": f["id"], "title": f.get("title")} for f in wanted]}

    def m_reactions_add(self, args, user="U0BOT"):
        msg = self.message(self.channel(args)["id"], args.get("timestamp"))
        if not re.fullmatch(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?", str(args.get("name"))):
            raise SlackError("invalid_name")
        users = msg["reactions"].setdefault(args["name"], [])
        if user in users:
            raise SlackError("already_reacted")
        users.append(user)
        return {}

    def m_reactions_get(self, args):
        ch = self.channel(args)
        msg = self.message(ch["id"], args.get("timestamp"))
        return {"type": "message", "channel": ch["id"], "message": self.public(msg)}

    def m_views_publish(self, args):
        view = parse_json(args.get("view"), "invalid_arguments")
        if not isinstance(view, dict) or view.get("type") != "home" or not args.get("user_id"):
            raise SlackError("invalid_arguments")
        if len(json.dumps(view).encode()) > LIMITS["view_bytes"]:
            raise SlackError("view_too_large")
        old = self.views.get(args["user_id"])
        if args.get("hash") and old and args["hash"] != old["hash"]:
            raise SlackError("hash_conflict")
        self.checked_blocks(view.get("blocks", []), "home")
        self.views[args["user_id"]] = view | {"id": "V" + args["user_id"], "hash": self.next_ts()}
        return {"view": self.views[args["user_id"]]}

    def m_views_open(self, args):
        view, issued = parse_json(args.get("view"), "invalid_arguments"), self.triggers.get(args.get("trigger_id"))
        if not isinstance(view, dict) or view.get("type") != "modal":
            raise SlackError("invalid_arguments")
        if issued is None:
            raise SlackError("invalid_trigger_id")
        if issued == "used":
            raise SlackError("exchanged_trigger_id")
        if self.monotonic() - issued > 3:
            raise SlackError("expired_trigger_id")
        if len(json.dumps(view).encode()) > LIMITS["view_bytes"]:
            raise SlackError("view_too_large")
        limits = {"private_metadata": 3_000, "callback_id": 255}
        texts = {key: (view.get(key) or {}).get("text", "") for key in ("title", "submit", "close")}
        has_input = any(block.get("type") == "input" for block in view.get("blocks", []))
        if (
            not texts["title"]
            or (has_input and not texts["submit"])
            or any(units(text) > 24 for text in texts.values())
            or any(units(view.get(key) or "") > most for key, most in limits.items())
        ):
            raise SlackError("invalid_arguments")
        self.checked_blocks(view.get("blocks", []), "modal")
        self.triggers[args["trigger_id"]] = "used"
        self.opened.append(view | {"id": f"V{len(self.opened)}"})
        return {"view": self.opened[-1]}

    def m_apps_connections_open(self, args):
        ticket = uuid.uuid4().hex
        self.tickets.add(ticket)
        return {"url": f"{args['_base'].replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id=A0APP"}

    def m_blocks_validate(self, args):
        value, surface = args.get("blocks"), "message"
        if args.get("view") or args.get("message"):
            outer = parse_json(args.get("view") or args["message"], "invalid_arguments")
            value, surface = outer.get("blocks"), outer.get("type", "message") if args.get("view") else "message"
        errors = BlockChecker(surface, self.files).blocks(parse_json(value, "invalid_blocks_format"))
        if errors:
            raise SlackError("invalid_blocks", errors=errors)
        return {}

    # -- rate limits and faults

    def rate_limited(self, method, args):
        """Seconds to wait, or 0.  One message per second and channel for posting, tiers per minute for the rest."""
        now, key = self.monotonic(), (method, args.get("channel") if method == "chat.postMessage" else None)
        if now < self.blocked.get(key, now) - 0.05:  # called again before Retry-After was over
            self.early_retries.append({"method": method, "channel": key[1], "t": self.time()})
            return self.blocked[key] - now
        if method == "chat.postMessage":
            level, last = self.buckets.get(key, (self.config["post_burst"], now))
            level = min(self.config["post_burst"], level + (now - last) * self.config["post_rate"])
            if level < 0.95:
                return (1 - level) / self.config["post_rate"]
            self.buckets[key] = (max(0.0, level - 1), now)
        else:
            per_minute = TIERS.get(METHODS[method][0], 1e9) * self.config["tier_scale"]
            if self.config["history_restricted"] and method in ("conversations.history", "conversations.replies"):
                per_minute = 1
            window = self.windows[key]
            while window and now - window[0] >= 60:
                window.popleft()
            if len(window) >= per_minute:
                return 60 - (now - window[0])
            window.append(now)
        return 0

    def fault_for(self, method, args):
        for rule in self.faults:
            if rule.get("method", method) != method or rule.get("channel", args.get("channel")) != args.get("channel"):
                continue
            if rule.get("skip", 0) > 0:
                rule["skip"] -= 1
            elif rule.get("times", 1) != 0:
                rule["times"] = rule.get("times", 1) - 1
                return rule
        return None

    def record(self, entry):
        self.calls.append(entry)
        if self.log_path:
            with Path(self.log_path).open("a", encoding="utf-8") as out:
                out.write(json.dumps(entry, ensure_ascii=False) + "\n")


# --------------------------------------------------------------------------------------------------------- HTTP server


WS = web.AppKey("ws", Workspace)


async def arguments(request):
    """Arguments from the query, a form, or JSON; and the token from the header or, as Slack allows, a parameter."""
    args = dict(request.query)
    if request.content_type == "application/json":
        try:
            args |= json.loads(await request.text() or "{}")
        except (ValueError, TypeError):
            raise SlackError("invalid_json") from None
    elif request.can_read_body:
        args |= dict(await request.post())
    header = request.headers.get("Authorization", "")
    return args, header.removeprefix("Bearer ").strip() or args.pop("token", None)


def perform(ws, method, args):
    return {"ok": True, **getattr(ws, "m_" + method.replace(".", "_"))(args)}


def store_late(ws, method, token, args):
    """What a call asked for happens although its caller has been told nothing, or is dead."""
    with contextlib.suppress(SlackError):
        authorise(ws, method, token, args)
        body = perform(ws, method, args)
        ws.record({"t": ws.time(), "method": method, "fault": "late", "stored": True, "result": {"ts": body.get("ts")}})


def authorise(ws, method, token, args):
    if method not in METHODS:
        raise SlackError("unknown_method", req_method=method)
    if method == "blocks.validate":
        return
    if not token:
        raise SlackError("not_authed")
    if ws.tokens.get(token) != "ok":
        raise SlackError("token_revoked" if token in ws.tokens else "invalid_auth")
    if token.startswith("xapp-") != (method == "apps.connections.open"):
        raise SlackError("not_allowed_token_type")
    scopes = METHODS[method][1]
    channel = ws.channels.get(args.get("channel"))
    if channel and len(scopes) == 2:
        scopes = tuple(s for s in scopes if s.startswith("groups:") == channel["is_private"])
    if scopes and not set(scopes) & set(ws.config["scopes"]):
        raise SlackError("missing_scope", needed=scopes[0], provided=",".join(ws.config["scopes"]))


async def apply_fault(ws, request, rule, token):
    """Carry out a fault rule; returns a response, or None where the call goes on (slow, revoke)."""
    action = rule["action"]
    if action in ("slow", "hold"):
        await (ws.gate.wait() if action == "hold" else ws.sleep(rule.get("seconds", 1)))
        return None
    if action == "kill":
        os.kill(ws.config["pid"], signal.SIGKILL)
        return web.Response(status=502)
    if action == "drip":
        return await drip(request)
    if action == "cut":
        return await cut(request)
    if action == "redirect":
        return web.Response(status=rule.get("status", 302), headers={"Location": rule["to"]})
    if action == "revoke":
        ws.tokens[token] = "revoked"
        return web.json_response({"ok": False, "error": "token_revoked"})
    if action == "drop":
        if request.transport:
            request.transport.abort() if rule.get("reset") else request.transport.close()
        return web.Response(status=502)
    if action == "ratelimit":
        seconds = rule.get("retry_after", 1)
        ws.blocked[(request.match_info["method"], rule.get("_channel"))] = ws.monotonic() + seconds
        return web.json_response(
            {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": str(seconds)}
        )
    if action == "http":
        headers = {"Retry-After": str(rule["retry_after"])} if "retry_after" in rule else {}
        return web.Response(status=rule.get("status", 500), text="upstream error", headers=headers)
    if action == "html":
        return web.Response(
            status=rule.get("status", 200), text="<!DOCTYPE html><title>Server Error</title>", content_type="text/html"
        )
    return web.json_response({"ok": False, "error": rule.get("error", "fatal_error")})


async def drip(request):
    """A byte of white space every 20 ms for as long as anybody listens: no read of it ever times out."""
    answer = web.StreamResponse(headers={"Content-Type": "application/json"})
    await answer.prepare(request)
    with contextlib.suppress(ConnectionError):
        while not request.app[WS].closing:
            await answer.write(b" ")
            await asyncio.sleep(0.02)
    return answer


async def cut(request):
    """Half of a JSON answer, then the end of the connection."""
    answer = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "400"})
    await answer.prepare(request)
    await answer.write(b'{"ok": true, "chan')
    request.transport.close()
    return answer


async def api(request):
    """One Web API call: fault before, token, rate limit, method, log, fault after."""
    ws, method = request.app[WS], request.match_info["method"]
    ws.catch_up()
    entry, generation = {"t": ws.time(), "method": method, "fault": None}, ws.generation
    token, rule, args = None, None, {}
    try:
        args, token = await arguments(request)
    except SlackError as error:
        return web.json_response(error.body)
    entry["args"] = dict(args)
    args["_base"] = f"http://{request.host}"
    rule = ws.fault_for(method, args)
    if rule:
        entry["fault"] = {k: rule[k] for k in ("action", "when") if k in rule}
        rule["_channel"] = args.get("channel") if method == "chat.postMessage" else None
    before = rule if rule and rule.get("when", "before") == "before" else None
    if before and before["action"] == "slow":
        answered = await ws.after(before.get("seconds", 1), lambda: answer(ws, method, token, args, entry))
        if answered is None:
            return web.Response(status=503)
    else:
        if before:
            if "late" in rule:
                ws.store_later(rule["late"], lambda: store_late(ws, method, token, args))
            response = await apply_fault(ws, request, rule, token)
            if response is not None:
                ws.record(entry | {"status": response.status, "stored": False})
                return response
            if generation != ws.generation:
                return web.Response(status=503)
        answered = answer(ws, method, token, args, entry)
    if rule and rule.get("when") == "after":
        response = await apply_fault(ws, request, rule, token)
        if response is not None:
            return response
    status, headers, body = answered
    headers |= {"x-oauth-scopes": ",".join(ws.config["scopes"])}
    return web.json_response(body, status=status, headers=headers)


def answer(ws, method, token, args, entry):
    """What Slack makes of a call: status, headers and body. The call is logged."""
    status, headers = 200, {}
    try:
        authorise(ws, method, token, args)
        wait = ws.rate_limited(method, args)
        if wait > 0:
            seconds = max(1, int(-(-wait // 1)))
            key = (method, args.get("channel") if method == "chat.postMessage" else None)
            ws.blocked[key] = max(ws.blocked.get(key, ws.monotonic()), ws.monotonic() + wait)
            status, headers = 429, {"Retry-After": str(seconds)}
            raise SlackError("ratelimited")  # noqa: TRY301
        body = perform(ws, method, args)
    except SlackError as error:
        body = error.body
    result = {k: body[k] for k in ("ok", "error", "ts", "channel") if k in body}
    ws.record(entry | {"status": status, "result": result, "stored": body["ok"]})
    return status, headers, body


async def upload(request):
    ws, file = request.app[WS], request.app[WS].files.get(request.match_info["fid"])
    data = await request.read()
    if not file or file["state"] != "pending" or len(data) != file["length"]:
        return web.Response(status=400, text="upload does not match its ticket")
    file["state"] = "uploaded"
    ws.record({"t": ws.time(), "method": "upload", "status": 200, "bytes": len(data)})
    return web.Response(text=f"OK - {len(data)}")


async def response_url(request):
    """Where an app posts with an interaction's response_url; the content is validated like a message."""
    ws = request.app[WS]
    try:
        body = await request.json()
        ws.responses.append(body | {"id": request.match_info["rid"], "blocks": ws.checked_blocks(body.get("blocks"))})
        return web.Response(text="ok")
    except SlackError as error:
        return web.json_response(error.body, status=400)


async def link(request):
    """A Socket Mode connection: one-use ticket, hello, envelopes out, acknowledgements in."""
    ws = request.app[WS]
    if request.query.get("ticket") not in ws.tickets:
        return web.Response(status=401)
    ws.tickets.discard(request.query["ticket"])
    sock = web.WebSocketResponse(heartbeat=None)
    await sock.prepare(request)
    ws.sockets.append(sock)
    await sock.send_json(
        {
            "type": "hello",
            "num_connections": len(ws.sockets),
            "debug_info": {"host": "fake"},
            "connection_info": {"app_id": "A0APP"},
        }
    )
    try:
        async for msg in sock:
            if msg.type != WSMsgType.TEXT:
                continue
            try:
                ack = json.loads(msg.data)
            except ValueError:
                continue
            waiter = ws.acks.get(ack.get("envelope_id")) if isinstance(ack, dict) else None
            if waiter and not waiter.done():
                waiter.set_result(ack)
    finally:
        if sock in ws.sockets:
            ws.sockets.remove(sock)
    return sock


# ----------------------------------------------------------------------------------------------------------- admin API


async def admin(request):
    """Set the scene and look at the result.  Everything here is for tests; Slack has no such endpoints."""
    ws, what = request.app[WS], request.match_info["what"]
    ws.catch_up()
    data = await request.json() if request.can_read_body else {}
    if what == "reset":
        ws.reset()
    elif what == "faults":
        ws.faults = data
    elif what == "release":
        ws.gate.set()
    elif what == "config":
        ws.tokens |= data.pop("tokens", {})
        ws.config |= data
        if data.keys() - {"ahead"}:
            ws.buckets.clear()
            ws.blocked.clear()
    elif what == "channel":
        ws.channels[data["id"]] = (
            {
                "name": data["id"].lower(),
                "is_private": False,
                "is_member": True,
                "is_archived": False,
                "is_channel": True,
                "members": ["U0BOT", "U0HUMAN"],
            }
            | ws.channels.get(data["id"], {})
            | data
        )
    elif what == "post_as_user":
        return web.json_response(ws.add(data.pop("channel"), **({"user": "U0HUMAN"} | data)))
    elif what == "react":
        try:
            ws.m_reactions_add(data, data.get("user", "U0HUMAN"))
        except SlackError as error:
            return web.json_response(error.body, status=400)
    elif what == "messages":
        channels = [request.query["channel"]] if "channel" in request.query else list(ws.messages)
        rows = [m for c in channels for m in ws.messages[c].values() if not m["deleted"] or "deleted" in request.query]
        return web.json_response(sorted(rows, key=lambda m: m["ts"]))
    elif what == "calls":
        return web.json_response([c for c in ws.calls if request.query.get("method", c["method"]) == c["method"]])
    elif what == "state":
        return web.json_response(
            {
                "channels": ws.channels,
                "views": ws.views,
                "opened": ws.opened,
                "files": ws.files,
                "responses": ws.responses,
                "messages": {c: list(m.values()) for c, m in ws.messages.items()},
                "sockets": len(ws.sockets),
                "early_retries": ws.early_retries,
                "faults": ws.faults,
                "config": ws.config,
            }
        )
    else:
        return web.json_response({"error": "unknown admin call"}, status=404)
    return web.json_response({"ok": True})


async def socket_admin(request):
    """Send an envelope and wait for its acknowledgement (/socket/send), or send clients away (/socket/disconnect)."""
    ws, data = request.app[WS], await request.json() if request.can_read_body else {}
    if not ws.sockets:
        return web.json_response({"error": "no socket connected"}, status=409)
    if request.match_info["what"] == "disconnect":
        for sock in list(ws.sockets):
            await sock.send_json({"type": "disconnect", "reason": data.get("reason", "refresh_requested")})
            if data.get("close", True):
                await sock.close()
        return web.json_response({"ok": True})
    eid = data.get("envelope_id") or str(uuid.uuid4())  # give the same id again to simulate a redelivery
    payload = {
        "token": "verify",
        "team": {"id": "T0TEAM"},
        "api_app_id": "A0APP",
        "trigger_id": f"1.2.{eid}",  # one for each thing done, the same when it is sent again
        "response_url": f"http://{request.host}/response/{eid}",
    } | data.get("payload", {})
    ws.triggers.setdefault(payload["trigger_id"], ws.monotonic())
    ws.acks[eid] = asyncio.get_running_loop().create_future()
    await ws.sockets[-1].send_json(
        {
            "envelope_id": eid,
            "type": data.get("type", "interactive"),
            "payload": payload,
            "accepts_response_payload": data.get("type") != "events_api",
        }
    )
    try:
        started = time.monotonic()
        ack = await asyncio.wait_for(ws.acks[eid], data.get("timeout", ws.config["ack_timeout"]))
        return web.json_response({"acked": True, "envelope_id": eid, "ack": ack, "seconds": time.monotonic() - started})
    except TimeoutError:
        return web.json_response({"acked": False, "envelope_id": eid})


async def date(request, response):
    """All that Slack itself says carries its time."""
    if response.content_type == "application/json":
        response.headers["Date"] = formatdate(request.app[WS].time(), usegmt=True)


def make_app(log_path=None, faults=(), clock=None):
    """The aiohttp application."""
    app = web.Application(client_max_size=32 * 1024 * 1024)
    app[WS] = Workspace(log_path, faults, clock)
    app.on_response_prepare.append(date)
    app.router.add_route("*", "/api/{method}", api)
    app.router.add_post("/upload/v1/{fid}", upload)
    app.router.add_post("/response/{rid}", response_url)
    app.router.add_get("/link/", link)
    app.router.add_post("/_admin/socket/{what}", socket_admin)
    app.router.add_route("*", "/_admin/{what}", admin)
    return app


class Running:
    """A fake that runs in a thread of its own, and a few words to talk to it. `api` is its base address."""

    def __init__(self, log_path=None, clock=None):
        self.base, self.log, self.clock = "", log_path, clock
        self._started, self._loop = threading.Event(), None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    async def _run(self):
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        app = make_app(self.log, clock=self.clock)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.base = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
        self._started.set()
        await self._stop.wait()
        app[WS].closing = True
        app[WS].gate.set()
        await runner.cleanup()

    def start(self):
        self._thread.start()
        if not self._started.wait(10):
            raise RuntimeError("the fake Slack did not start")
        return self

    def stop(self):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    @property
    def api(self):
        return f"{self.base}/api/"

    def admin(self, path, data=None):
        body = None if data is None else json.dumps(data).encode()
        request = urllib.request.Request(
            f"{self.base}/_admin/{path}", data=body, headers={"Content-Type": "application/json"}
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as answer:
            return json.load(answer)

    def messages(self, channel="C0ALERTS"):
        return self.admin(f"messages?channel={channel}")

    def calls(self, method):
        return self.admin(f"calls?method={method}")

    def faults(self, *rules):
        self.admin("faults", list(rules))

    def config(self, **values):
        self.admin("config", values)

    def advance(self, seconds):
        """Move Slack's clock on."""
        self.admin("config", {"ahead": self.admin("state")["config"]["ahead"] + seconds})


@contextlib.contextmanager
def serve(log_path=None, clock=None):
    """Run a fake in a thread of its own for as long as the context lasts."""
    running = Running(log_path, clock).start()
    try:
        yield running
    finally:
        running.stop()


def main():
    parser = argparse.ArgumentParser(description="A strict fake of the Slack Web API and Socket Mode, for tests.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--log", help="append every call to this JSON-lines file")
    parser.add_argument("--fault", help="JSON file with a list of fault rules")
    parser.add_argument("--speed", type=float, default=1.0, help="how many times as fast as the machine its clock goes")
    parser.add_argument("--origin", type=float, default=0.0, help="Unix time at which both clocks show the same")
    options = parser.parse_args()
    faults = []
    if options.fault:
        faults = json.loads(Path(options.fault).read_text(encoding="utf-8"))
    clock = SystemClock(options.speed, options.origin)
    web.run_app(make_app(options.log, faults, clock), host=options.host, port=options.port, print=None)


if __name__ == "__main__":
    main()

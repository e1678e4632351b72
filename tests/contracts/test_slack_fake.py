"""The fake Slack, driven by slack_sdk's synchronous clients: what it accepts, rejects and limits, and how it fails."""

from __future__ import annotations

import http.client
import json
import threading
import urllib.request
from collections.abc import Iterator
from urllib.error import URLError

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web import WebClient

from tests.fakes.slack_blocks import BlockChecker
from tests.fakes.slack_server import APP_TOKEN, BOT_TOKEN, Running, serve

C = "C0ALERTS"
META = {"event_type": "talent_alert", "event_payload": {"key": "k1", "n": 1, "who": {"from": "A", "to": "B"}}}
QUIET = {"unfurl_links": False, "unfurl_media": False}


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Running]:
    with serve(tmp_path_factory.mktemp("slack") / "calls.jsonl") as running:
        yield running


@pytest.fixture
def fake(server: Running, monkeypatch) -> Running:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    server.admin("reset", {})
    server.config(post_rate=1000, post_burst=1000)
    return server


def client(fake: Running, token: str | None = BOT_TOKEN, **options) -> WebClient:
    options.setdefault("retry_handlers", [])
    return WebClient(token=token, base_url=fake.api, **options)


def error_of(method, **arguments) -> str:
    with pytest.raises(SlackApiError) as caught:
        method(**arguments)
    return caught.value.response["error"]


def section(text="hello", **extra):
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **extra}


def button(**extra):
    return {"type": "button", "text": {"type": "plain_text", "text": "Mute"}, "action_id": "mute", **extra}


# ---------------------------------------------------------------------------------------------- posting and reading back


def test_post_update_permalink_thread_delete(fake):
    api = client(fake)
    who = api.auth_test()
    assert who["bot_id"] == "B0BOT"
    assert "chat:write" in who.headers["x-oauth-scopes"]
    first = api.chat_postMessage(channel="#alerts", text="one", blocks=[section("*one*")], metadata=META, **QUIET)
    assert first["channel"] == C
    reply = api.chat_postMessage(channel=C, text="more", thread_ts=first["ts"], **QUIET)
    loud = api.chat_postMessage(channel=C, text="loud", thread_ts=first["ts"], reply_broadcast=True, **QUIET)
    api.chat_update(channel=C, ts=first["ts"], text="one, again", blocks=[section("*again*")])
    link = api.chat_getPermalink(channel=C, message_ts=first["ts"])
    assert link["permalink"].endswith("/p" + first["ts"].replace(".", ""))
    history = api.conversations_history(channel=C, include_all_metadata=True)["messages"]
    assert [m["ts"] for m in history] == [loud["ts"], first["ts"]]  # newest first, no plain replies
    assert history[1]["metadata"] == META  # kept by the update
    assert history[1]["reply_count"] == 2
    assert api.conversations_history(channel=C)["messages"][1]["metadata"] == {"event_type": "talent_alert"}
    thread = api.conversations_replies(channel=C, ts=first["ts"])["messages"]
    assert [m["text"] for m in thread] == ["one, again", "more", "loud"]
    api.chat_delete(channel=C, ts=reply["ts"])
    api.reactions_add(channel=C, timestamp=first["ts"], name="eyes")
    fake.admin("react", {"channel": C, "timestamp": first["ts"], "name": "-1"})
    reactions = api.reactions_get(channel=C, timestamp=first["ts"])["message"]["reactions"]
    assert {r["name"] for r in reactions} == {"eyes", "-1"}
    rows = fake.messages()
    assert [m["text"] for m in rows] == ["one, again", "loud"]
    assert (rows[0]["revisions"], rows[0]["lint"]) == (2, [])
    assert BOT_TOKEN not in fake.log.read_text()


def test_history_pages_range_and_lag(fake):
    api, seen, cursor = client(fake), [], None
    posted = [api.chat_postMessage(channel=C, text=str(i))["ts"] for i in range(7)]
    while cursor != "":
        page = api.conversations_history(channel=C, limit=3, cursor=cursor)
        seen += [m["ts"] for m in page["messages"]]
        cursor = page["response_metadata"]["next_cursor"]
    assert seen == posted[::-1]
    between = {"channel": C, "oldest": posted[2], "latest": posted[5]}
    assert len(api.conversations_history(**between)["messages"]) == 2
    assert len(api.conversations_history(**between, inclusive=True)["messages"]) == 4
    assert error_of(api.conversations_history, channel=C, limit=2_000) == "invalid_limit"
    fake.config(history_lag=60)
    assert api.conversations_history(channel=C)["messages"] == []
    fake.advance(61)
    assert len(api.conversations_history(channel=C)["messages"]) == 7


def test_update_rules(fake):
    human = fake.admin("post_as_user", {"channel": C, "text": "hi"})
    api = client(fake)
    assert error_of(api.chat_update, channel=C, ts=human["ts"], text="x") == "cant_update_message"
    assert error_of(api.chat_delete, channel=C, ts=human["ts"]) == "cant_delete_message"
    assert error_of(api.chat_update, channel=C, ts="1.000001", text="x") == "message_not_found"
    ts = api.chat_postMessage(channel=C, text="x", blocks=[section()])["ts"]
    assert error_of(api.chat_update, channel=C, ts=ts, text="x" * 4001) == "msg_too_long"
    api.chat_update(channel=C, ts=ts, text="only text")
    assert fake.messages()[1]["blocks"] is None


# ------------------------------------------------------------------------------------------------------------ rejections


@pytest.mark.parametrize(
    ("channel", "error"),
    [
        ("C0OTHER", "not_in_channel"),
        ("G0SECRET", "channel_not_found"),
        ("C0OLD", "is_archived"),
        ("C0NOPE", "channel_not_found"),
        ("#nope", "channel_not_found"),
    ],
)
def test_channels(fake, channel, error):
    assert error_of(client(fake).chat_postMessage, channel=channel, text="x") == error


def test_join_and_private(fake):
    api = client(fake)
    listed = api.conversations_list(types="public_channel,private_channel", exclude_archived=True)
    assert [c["id"] for c in listed["channels"]] == [C, "G0PRIVATE", "C0OTHER"]
    api.conversations_join(channel="C0OTHER")
    api.chat_postMessage(channel="C0OTHER", text="now")
    api.chat_postMessage(channel="G0PRIVATE", text="x", metadata=META)
    rows = api.conversations_history(channel="G0PRIVATE", include_all_metadata=True)["messages"]
    assert rows[0]["metadata"] == META
    assert not api.conversations_info(channel="C0OTHER")["channel"]["is_archived"]
    assert error_of(api.conversations_history, channel="G0SECRET") == "channel_not_found"


def test_tokens_and_scopes(fake):
    api = client(fake)
    assert error_of(client(fake, "xoxb-wrong").auth_test) == "invalid_auth"
    assert error_of(client(fake, APP_TOKEN).auth_test) == "not_allowed_token_type"
    fake.config(scopes=["chat:write"])
    assert error_of(api.conversations_history, channel=C) == "missing_scope"
    fake.config(scopes=["chat:write", "channels:history"])
    assert api.conversations_history(channel=C)["messages"] == []
    assert error_of(api.conversations_history, channel="G0PRIVATE") == "missing_scope"  # private ones have their own
    fake.faults({"method": "chat.postMessage", "action": "revoke"})
    assert error_of(api.chat_postMessage, channel=C, text="x") == "token_revoked"
    assert error_of(api.auth_test) == "token_revoked"
    assert error_of(api.api_call, api_method="no.such") == "unknown_method"


def options(n):
    return [{"text": {"type": "plain_text", "text": f"o{i}"}, "value": str(i)} for i in range(n)]


BAD_BLOCKS = {
    "unknown type": [{"type": "text"}],
    "unknown key": [section(colour="red")],
    "empty text": [section("")],
    "section too long": [section("x" * 3001)],
    "emoji count double": [section("\U0001f600" * 1501)],
    "header mrkdwn": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}],
    "header too long": [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}],
    "eleven fields": [{"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}] * 11}],
    "field too long": [{"type": "section", "fields": [{"type": "mrkdwn", "text": "x" * 2001}]}],
    "eleven context elements": [{"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 11}],
    "26 buttons": [{"type": "actions", "elements": [button(action_id=str(i)) for i in range(26)]}],
    "same action_id": [{"type": "actions", "elements": [button(), button()]}],
    "same block_id": [section(block_id="a"), section(block_id="a")],
    "button value": [{"type": "actions", "elements": [button(value="x" * 2001)]}],
    "button text": [{"type": "actions", "elements": [button(text={"type": "plain_text", "text": "x" * 76})]}],
    "button url": [{"type": "actions", "elements": [button(url="javascript:alert(1)")]}],
    "long url": [{"type": "actions", "elements": [button(url="https://a.example/" + "x" * 3000)]}],
    "no alt": [{"type": "image", "image_url": "https://a.example/x.png"}],
    "no such file": [{"type": "image", "slack_file": {"id": "F0"}, "alt_text": "x"}],
    "six overflow options": [section(accessory={"type": "overflow", "action_id": "o", "options": options(6)})],
    "101 options": [
        {"type": "actions", "elements": [{"type": "static_select", "action_id": "s", "options": options(101)}]}
    ],
    "51 blocks": [{"type": "divider"}] * 51,
    "markdown total": [{"type": "markdown", "text": "x" * 6001}, {"type": "markdown", "text": "y" * 6000}],
    "two tables": [{"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}] * 2,
    "21 columns": [{"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * 21]}],
    "alert in message": [{"type": "alert", "text": {"type": "plain_text", "text": "x"}}],
    "empty card": [{"type": "card", "subtitle": {"type": "mrkdwn", "text": "x"}}],
    "card body": [{"type": "card", "body": {"type": "mrkdwn", "text": "x" * 201}}],
    "seven slices": [
        {
            "type": "data_visualization",
            "title": "t",
            "chart": {"type": "pie", "segments": [{"label": str(i), "value": 1} for i in range(7)]},
        }
    ],
    "three charts": [
        {"type": "data_visualization", "title": "t", "chart": {"type": "pie", "segments": [{"label": "a", "value": 1}]}}
    ]
    * 3,
}


@pytest.mark.parametrize("name", BAD_BLOCKS)
def test_invalid_blocks(fake, name):
    with pytest.raises(SlackApiError) as caught:
        client(fake).chat_postMessage(channel=C, text="x", blocks=BAD_BLOCKS[name])
    answer = caught.value.response
    assert answer["error"] == "invalid_blocks"
    assert "json-pointer:/blocks" in answer["errors"][0]
    assert fake.messages() == []


def test_a_rich_message_is_accepted(fake):
    series = [{"name": "in", "data": [{"label": "Mon", "value": 3}]}]
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "x" * 150}},
        section("<https://a.example/x?a=1&amp;b=2|Read it> &amp; weep", accessory=button(style="danger", value="v")),
        {
            "type": "context",
            "elements": [
                {"type": "image", "image_url": "https://a.example/i.png", "alt_text": "logo"},
                {"type": "mrkdwn", "text": "<!date^1700000000^{date_short}|Nov 14>"},
            ],
        },
        {"type": "actions", "elements": [button(), {"type": "overflow", "action_id": "o", "options": options(5)}]},
        {"type": "card", "title": {"type": "mrkdwn", "text": "A"}, "actions": [button()]},
        {"type": "container", "title": {"type": "plain_text", "text": "t"}, "child_blocks": [section()]},
        {"type": "table", "rows": [[{"type": "raw_text", "text": "who"}, {"type": "raw_number", "value": 1}]]},
        {
            "type": "data_visualization",
            "title": "moves",
            "chart": {"type": "bar", "axis_config": {"categories": ["Mon"]}, "series": series},
        },
    ]
    api = client(fake)
    assert api.blocks_validate(blocks=blocks)["ok"]
    api.chat_postMessage(channel=C, text="summary", blocks=blocks, **QUIET)
    assert fake.messages()[0]["lint"] == []
    with pytest.raises(SlackApiError) as caught:
        client(fake, None).blocks_validate(blocks=[section("")])
    assert caught.value.response["errors"][0]["pointer"] == "/0/text"


def test_the_checker_works_alone():
    assert BlockChecker("message", {}).blocks([section()]) == []
    assert BlockChecker("message", {}).blocks([section("")])[0]["pointer"] == "/0/text"


def test_text_size_and_conflicts(fake):
    post = client(fake).chat_postMessage
    many = [section("x" * 2900) for _ in range(5)]
    assert error_of(post, channel=C, text="x", blocks=many) == "msg_blocks_too_long"
    assert error_of(post, channel=C, text="x", markdown_text="y") == "markdown_text_conflict"
    assert error_of(post, channel=C, text="x", blocks="{not json") == "invalid_blocks_format"
    assert error_of(post, channel=C, text="x", thread_ts="1.000001") == "thread_not_found"
    with pytest.warns(UserWarning, match="text"):
        assert error_of(post, channel=C, text="") == "no_text"
    answer = post(channel=C, text="x" * 40001, **QUIET)
    assert answer["response_metadata"]["warnings"] == ["message_truncated"]
    assert "advised" in fake.messages()[0]["lint"][0]


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({"event_type": "a b", "event_payload": {}}, "invalid_metadata_schema"),
        ({"event_type": "ok", "event_payload": {"deep": {"er": {"x": 1}}}}, "invalid_metadata_schema"),
        ({"event_type": "ok", "event_payload": {"list": ["of", "strings"]}}, "invalid_metadata_schema"),
        ({"event_type": "ok"}, "invalid_metadata_schema"),
        ("{oops", "invalid_metadata_format"),
        ({"event_type": "ok", "event_payload": {"x": "y" * 9000}}, "metadata_too_large"),
    ],
)
def test_metadata(fake, metadata, error):
    assert error_of(client(fake).chat_postMessage, channel=C, text="x", metadata=metadata) == error


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("AT&T <b>hires</b>", "unescaped"),
        ("hi <!channel>", "mention"),
        ("hi <@U123>", "mention"),
        ("<https://evil.example/x|openai.com>", "another host"),
        ("<https://evil.example/x|read it on openai.com now>", "another host"),
        ("a <javascript:x|y> b", "unescaped"),
        ("a\u202eb", "direction"),
        ("a\u200bb", "zero-width"),
        ("> quoted\nAT&amp;T &lt;b&gt; <https://a.example|a> <https://www.b.example:8080/x|b.example>", None),
    ],
)
def test_lint(fake, text, complaint):
    client(fake).chat_postMessage(channel=C, text="ok", blocks=[section(text)], **QUIET)
    lint = fake.messages()[0]["lint"]
    assert lint == [] if complaint is None else complaint in lint[0]


def test_lint_of_arguments(fake):
    with pytest.warns(UserWarning, match="text"):
        client(fake).chat_postMessage(channel=C, blocks=[section()], client_msg_id="x")
    assert fake.messages()[0]["lint"] == [
        "text: blocks without a text fallback",
        "unfurl_links: not switched off",
        "unfurl_media: not switched off",
        "unknown argument: client_msg_id",
    ]


# ----------------------------------------------------------------------------------------------------------- rate limits


def test_one_message_per_second_and_channel(fake):
    fake.config(post_rate=1.0, post_burst=1)
    api = client(fake)
    api.chat_postMessage(channel=C, text="1")
    api.chat_postMessage(channel="G0PRIVATE", text="other channels are free")
    with pytest.raises(SlackApiError) as caught:
        api.chat_postMessage(channel=C, text="2")
    answer = caught.value.response
    assert (answer.status_code, answer["error"], answer.headers["Retry-After"]) == (429, "ratelimited", "1")
    assert error_of(api.chat_postMessage, channel=C, text="2") == "ratelimited"  # too early: noted
    assert len(fake.admin("state")["early_retries"]) == 1
    fake.advance(1)
    api.chat_postMessage(channel=C, text="2")
    assert [m["text"] for m in fake.messages()] == ["1", "2"]


def test_tiers_and_restricted_history(fake):
    api = client(fake)
    fake.config(tier_scale=0.06)  # tier 3: three calls a minute
    for _ in range(3):
        api.conversations_history(channel=C)
    assert error_of(api.conversations_history, channel=C) == "ratelimited"
    fake.advance(61)
    api.conversations_history(channel=C)
    fake.admin("reset", {})
    fake.config(history_restricted=True, post_rate=1000, post_burst=1000)
    for number in range(16):
        api.chat_postMessage(channel=C, text=str(number))
    assert len(api.conversations_history(channel=C, limit=999)["messages"]) == 15
    assert error_of(api.conversations_history, channel=C) == "ratelimited"


# ---------------------------------------------------------------------------------------------------------------- faults


@pytest.mark.parametrize("reset", [False, True])
def test_drop_before_and_after(fake, reset):
    fake.faults({"action": "drop", "reset": reset}, {"action": "drop", "when": "after", "reset": reset})
    for text, stored in (("never stored", []), ("stored, answer lost", ["stored, answer lost"])):
        with pytest.raises((OSError, http.client.HTTPException)) as caught:
            client(fake).chat_postMessage(channel=C, text=text)
        assert not isinstance(caught.value, URLError)  # lost after sending: nothing tells it from a call never read
        assert [m["text"] for m in fake.messages()] == stored
    assert [c["stored"] for c in fake.calls("chat.postMessage")] == [False, True]


def test_the_sdks_default_retry_doubles_a_message_whose_answer_was_lost(fake):
    """Why the bot gives the SDK no retry handlers."""
    fake.faults({"method": "chat.postMessage", "action": "drop", "when": "after"})
    WebClient(token=BOT_TOKEN, base_url=fake.api).chat_postMessage(channel=C, text="twice")
    assert [m["text"] for m in fake.messages()] == ["twice", "twice"]


def test_a_held_call_is_stored_after_the_caller_has_left(fake):
    fake.faults({"method": "chat.postMessage", "action": "hold"})
    with pytest.raises(TimeoutError):
        client(fake, timeout=0.2).chat_postMessage(channel=C, text="late")
    assert fake.messages() == []  # a look right now finds nothing
    fake.admin("release", {})
    assert any(fake.messages() for _ in range(500))  # and yet it arrives


def test_a_reset_forgets_calls_under_way(fake):
    fake.faults({"method": "chat.postMessage", "action": "hold"})
    with pytest.raises(TimeoutError):
        client(fake, timeout=0.2).chat_postMessage(channel=C, text="late")
    fake.admin("reset", {})
    fake.admin("release", {})
    assert not any(fake.messages() for _ in range(50))


def test_a_dripping_answer_outlives_the_sdks_timeout(fake):
    """Why the bot has a deadline of its own: each byte starts the SDK's anew."""
    fake.faults({"method": "chat.postMessage", "action": "drip", "when": "after"})
    request = urllib.request.Request(fake.api + "chat.postMessage", method="POST", data=b"channel=C0ALERTS&text=x")
    request.add_header("Authorization", f"Bearer {BOT_TOKEN}")
    with urllib.request.urlopen(request, timeout=0.2) as answer:
        assert answer.read(20) == b" " * 20  # twenty of them take twice that timeout
    assert len(fake.messages()) == 1


@pytest.mark.parametrize(
    ("rule", "status", "stored"),
    [
        ({"action": "http", "status": 500}, 500, 0),
        ({"action": "http", "status": 503}, 503, 0),
        ({"action": "http", "status": 500, "when": "after"}, 500, 1),
        ({"action": "html"}, 200, 0),
        ({"action": "error", "error": "fatal_error"}, 200, 0),
        ({"action": "error", "error": "ratelimited"}, 200, 0),
        ({"action": "ratelimit", "retry_after": 1}, 429, 0),
    ],
)
def test_server_errors(fake, rule, status, stored):
    fake.faults({"method": "chat.postMessage", "times": 1, **rule})
    with pytest.raises(SlackApiError) as caught:
        client(fake).chat_postMessage(channel=C, text="x")
    assert caught.value.response.status_code == status
    assert len(fake.messages()) == stored
    fake.advance(2)
    client(fake).chat_postMessage(channel=C, text="y")  # the rule is used up


def test_half_an_answer(fake):
    fake.faults({"method": "chat.postMessage", "action": "cut", "when": "after"})
    with pytest.raises(http.client.IncompleteRead):
        client(fake).chat_postMessage(channel=C, text="x")
    assert len(fake.messages()) == 1


def test_rules_skip_and_name_a_channel(fake):
    fake.faults({"channel": C, "action": "error", "error": "fatal_error", "skip": 1, "times": 2})
    post = client(fake).chat_postMessage
    post(channel=C, text="1")
    post(channel="G0PRIVATE", text="untouched")
    assert [error_of(post, channel=C, text="2") for _ in range(2)] == ["fatal_error"] * 2
    post(channel=C, text="3")
    assert [m["text"] for m in fake.messages()] == ["1", "3"]


# -------------------------------------------------------------------------------------------------- files, home, sockets


def test_upload_v2_and_slack_file(fake):
    api = client(fake)
    done = api.files_upload_v2(filename="c.png", content=b"\x89PNG" * 9, title="chart", alt_txt="a chart", channel=C)
    image = {"type": "image", "slack_file": {"id": done["file"]["id"]}, "alt_text": "a chart"}
    api.chat_postMessage(channel=C, text="x", blocks=[image])
    assert fake.messages()[0]["files"][0]["title"] == "chart"
    assert error_of(api.files_completeUploadExternal, files=[{"id": "F0"}]) == "file_not_found"
    assert error_of(api.files_upload_v2, filename="a", content="x", channel="C0OTHER") == "not_in_channel"


def test_views_publish(fake):
    api, view = client(fake), {"type": "home", "blocks": [section()] * 100}
    assert api.views_publish(user_id="U1", view=view)["view"]["id"] == "VU1"
    too_many = {"type": "home", "blocks": [section()] * 101}
    assert error_of(api.views_publish, user_id="U1", view=too_many) == "invalid_blocks"
    assert error_of(api.views_publish, user_id="U1", view=view, hash="old") == "hash_conflict"


@pytest.mark.proof
def test_socket_mode_acknowledges_and_comes_back_after_a_disconnect(fake):
    got, connected = [], threading.Event()

    def listener(sock, request):
        got.append(request)
        sock.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))

    def hello(message):
        if json.loads(message).get("type") == "hello":
            connected.set()

    sock = SocketModeClient(app_token=APP_TOKEN, web_client=client(fake), ping_interval=1)
    sock.socket_mode_request_listeners.append(listener)
    sock.on_message_listeners.append(hello)
    sock.connect()
    try:
        assert connected.wait(10)
        action = {"type": "block_actions", "user": {"id": "U1"}, "actions": [{"action_id": "mute", "value": "k1"}]}
        assert fake.admin("socket/send", {"payload": action})["acked"]
        assert got[0].payload["actions"][0]["value"] == "k1"
        body = json.dumps({"text": "done", "replace_original": False}).encode()
        answer = urllib.request.Request(
            got[0].payload["response_url"], data=body, headers={"Content-Type": "application/json"}
        )
        urllib.request.urlopen(answer, timeout=5).close()
        assert fake.admin("state")["responses"][0]["text"] == "done"
        connected.clear()
        fake.admin("socket/disconnect", {})
        assert connected.wait(10)
        command = {"command": "/talentwire", "text": "test"}
        assert fake.admin("socket/send", {"type": "slash_commands", "payload": command})["acked"]
        assert got[-1].type == "slash_commands"
    finally:
        sock.close()


def test_a_socket_ticket_is_wanted(fake):
    url = client(fake).apps_connections_open(app_token=APP_TOKEN)["url"]
    assert url.startswith("ws://127.0.0.1")
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(fake.base + "/link/?ticket=none", timeout=5)
    assert caught.value.code == 401
    caught.value.close()

"""The published limits of Slack messages as code: Block Kit, metadata, and a lint for what Slack would let through.

`BlockChecker("message", {}).blocks(blocks)` gives a list of violations with JSON pointers, empty when all is well;
`lint_message({"text": ...}, blocks)` what Slack accepts but a news bot must not send: no text beside blocks, raw
control characters, hidden characters, mentions, a link label that names another host.

Numbers Slack does not publish are marked "assumed" or "observed". Where a rule is stricter than Slack is known to be,
the comment says so. Light checks only: rich_text, select menus other than static ones, pickers and inputs.
"""

import json
import re
from collections import defaultdict

LIMITS = {
    "message_blocks": 50,
    "view_blocks": 100,
    "block_id": 255,
    "action_id": 255,
    "section_text": 3000,
    "fields": 10,
    "field_text": 2000,
    "header_text": 150,
    "context_elements": 10,
    "context_text": 3000,
    "actions_elements": 25,
    "button_text": 75,
    "button_value": 2000,
    "url": 3000,
    "alt_text": 2000,
    "image_title": 2000,
    "placeholder": 150,
    "options": 100,
    "option_text": 75,
    "option_value": 150,
    "overflow_options": 5,
    "markdown_total": 12000,
    "table_rows": 100,
    "table_columns": 20,
    "table_chars": 10000,
    "card_title": 150,
    "card_body": 200,
    "carousel_cards": 10,
    "container_blocks": 10,
    "charts_per_message": 2,
    "chart_title": 50,
    "chart_series": 6,
    "chart_points": 20,
    "chart_label": 20,
    "post_text_truncated": 40000,
    "update_text": 4000,
    "text_advised": 4000,
    "view_bytes": 250_000,
    "alt_txt": 1000,
    "history_max": 999,
    "blocks_json": 13_000,  # observed: msg_blocks_too_long a little above 13,100 characters
    "metadata_bytes": 8_000,  # assumed: the limit behind metadata_too_large is not published
    "metadata_event_type": 50,  # from the manifest schema, metadata_subscriptions
}


class SlackError(Exception):
    """An ``{"ok": false, "error": ...}`` answer, with optional extra fields."""

    def __init__(self, error, **extra):
        super().__init__(error)
        self.body = {"ok": False, "error": error, **extra}


def units(text):
    """Length in UTF-16 units: an emoji counts two, so the check is never laxer than Slack's."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def truthy(value):
    return value in (True, 1, "1", "true", "True")


KEYS = {  # allowed keys besides type and block_id; "!" marks a required one
    "section": "text fields accessory expand",
    "header": "!text",
    "divider": "",
    "context": "!elements",
    "actions": "!elements",
    "image": "image_url slack_file !alt_text title",
    "markdown": "!text",
    "rich_text": "!elements",
    "table": "!rows column_settings",
    "file": "!external_id !source",
    "data_table": "!rows !caption page_size row_header_column_index",
    "card": "hero_image icon title subtitle body actions",
    "carousel": "!elements",
    "container": "title rich_text_title subtitle !child_blocks width icon is_collapsible default_collapsed "
    "has_header_divider",
    "data_visualization": "!title !chart",
    "context_actions": "!elements",
    "input": "!label !element dispatch_action hint optional",
    "alert": "!text level",
}
SURFACES = {
    "alert": {"modal"},
    "markdown": {"message"},
    "container": {"message"},
    "table": {"message"},
    "data_table": {"message"},
    "carousel": {"message", "home"},
    "context_actions": {"message"},
    "data_visualization": {"message"},
    "file": {"message"},
}
IN_CONTAINER = {"actions", "context", "divider", "file", "header", "image", "input", "rich_text", "section", "table"}
SELECTS = {
    p + k
    for p in ("", "multi_")
    for k in ("static_select", "external_select", "users_select", "conversations_select", "channels_select")
}
PICKERS = {"datepicker", "timepicker", "datetimepicker", "checkboxes", "radio_buttons", "workflow_button"}
INPUTS = {"plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input", "file_input"}
BUTTON_KEYS = "type text action_id url value style confirm accessibility_label agent_prompt"


class BlockChecker:
    """Collects every violation in a list of blocks, each with a JSON pointer, as blocks.validate does."""

    def __init__(self, surface, files):
        self.surface, self.files, self.errors = surface, files, []
        self.block_ids, self.counts, self.markdown = set(), defaultdict(int), 0

    def err(self, pointer, message):
        self.errors.append({"pointer": pointer, "message": message})

    def keys(self, obj, pointer, spec):
        """``obj`` must be an object that has the required keys of ``spec`` and no unknown ones."""
        if not isinstance(obj, dict):
            self.err(pointer, "must be an object")
            return False
        names = spec.split()
        for name in names:
            if name[0] == "!" and obj.get(name[1:]) in (None, "", []):
                self.err(pointer, f"missing required field: {name[1:]}")
        for extra in obj.keys() - {n.lstrip("!") for n in names}:
            self.err(pointer, f"invalid additional property: {extra}")
        return True

    def string(self, value, pointer, limit, required=False):
        if value is None and not required:
            return
        if not isinstance(value, str) or not value:
            self.err(pointer, "must be a non-empty string")
        elif units(value) > limit:
            self.err(pointer, f"must be less than {limit + 1} characters")

    def url(self, value, pointer):
        self.string(value, pointer, LIMITS["url"])
        if isinstance(value, str) and not re.match(r"(https?|slack|mailto):\S+$", value):
            self.err(pointer, "must be a valid URL")

    def array(self, value, pointer, low, high):
        if not isinstance(value, list):
            self.err(pointer, "must be an array")
            return []
        if not low <= len(value) <= high:
            self.err(pointer, f"must have between {low} and {high} items")
        return list(enumerate(value))

    def text(self, obj, pointer, limit, kinds=("plain_text", "mrkdwn"), required=True):
        if obj is None and not required:
            return
        if not self.keys(obj, pointer, "!type !text emoji verbatim"):
            return
        if obj.get("type") not in kinds:
            self.err(pointer + "/type", f"must be one of {', '.join(kinds)}")
        self.string(obj.get("text"), pointer + "/text", limit, True)

    def blocks(self, blocks, pointer="", low=0, allowed=None):
        limit = {"message": LIMITS["message_blocks"]}.get(self.surface, LIMITS["view_blocks"])
        for i, block in self.array(blocks, pointer, low, limit if allowed is None else LIMITS["container_blocks"]):
            self.block(block, f"{pointer}/{i}", allowed)
        return self.errors

    def block(self, block, pointer, allowed=None):
        kind = block.get("type") if isinstance(block, dict) else None
        if not isinstance(kind, str) or kind not in KEYS or (allowed and kind not in allowed):
            self.err(pointer, f"unsupported type: {kind}")
            return
        if self.surface not in SURFACES.get(kind, {self.surface}):
            self.err(pointer, f"block type {kind} is not available in a {self.surface}")
        self.keys(block, pointer, "!type block_id " + KEYS[kind])
        self.string(block.get("block_id"), pointer + "/block_id", LIMITS["block_id"])
        if block.get("block_id") in self.block_ids:
            self.err(pointer + "/block_id", "block_id must be unique in the message")
        if block.get("block_id"):
            self.block_ids.add(block["block_id"])
        self.counts[kind] += 1
        if self.counts["table"] + self.counts["data_table"] > 1 and kind in ("table", "data_table"):
            self.err(pointer, "only_one_table_allowed")
        getattr(self, "b_" + kind, lambda b, p: None)(block, pointer)

    def b_section(self, b, p):
        if not b.get("text") and not b.get("fields"):
            self.err(p, "text or fields is required")
        self.text(b.get("text"), p + "/text", LIMITS["section_text"], required=False)
        if "fields" in b:
            for i, field in self.array(b["fields"], p + "/fields", 1, LIMITS["fields"]):
                self.text(field, f"{p}/fields/{i}", LIMITS["field_text"])
        if "accessory" in b:
            self.element(b["accessory"], p + "/accessory", {"button", "overflow", "image"} | SELECTS | PICKERS)

    def b_header(self, b, p):
        self.text(b.get("text"), p + "/text", LIMITS["header_text"], ("plain_text",))

    def b_context(self, b, p):
        for i, el in self.array(b.get("elements"), p + "/elements", 1, LIMITS["context_elements"]):
            if isinstance(el, dict) and el.get("type") == "image":
                self.element(el, f"{p}/elements/{i}", {"image"})
            else:
                self.text(el, f"{p}/elements/{i}", LIMITS["context_text"])

    def b_actions(self, b, p, kinds=frozenset({"button", "overflow"} | SELECTS | PICKERS), limit="actions_elements"):
        seen = set()
        for i, el in self.array(b.get("elements"), p + "/elements", 1, LIMITS.get(limit, 5)):
            self.element(el, f"{p}/elements/{i}", kinds)
            action = el.get("action_id") if isinstance(el, dict) else None
            if action and action in seen:
                self.err(f"{p}/elements/{i}/action_id", f"action_id {action} already exists in this block")
            seen.add(action)

    def b_context_actions(self, b, p):
        self.b_actions(b, p, {"feedback_buttons", "icon_button"}, "")

    def b_image(self, b, p):
        self.image(b, p)
        self.text(b.get("title"), p + "/title", LIMITS["image_title"], ("plain_text",), required=False)

    def b_markdown(self, b, p):
        self.string(b.get("text"), p + "/text", LIMITS["markdown_total"], True)
        self.markdown += units(str(b.get("text", "")))
        if self.markdown > LIMITS["markdown_total"]:
            self.err(p + "/text", "all markdown blocks together exceed 12000 characters")

    def b_rich_text(self, b, p):
        for i, el in self.array(b.get("elements"), p + "/elements", 1, 1000):
            kinds = {"rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"}
            if not isinstance(el, dict) or el.get("type") not in kinds:
                self.err(f"{p}/elements/{i}", "unsupported rich text element")
            elif not isinstance(el.get("elements"), list):
                self.err(f"{p}/elements/{i}/elements", "must be an array")

    def b_table(self, b, p):
        chars = 0
        for r, row in self.array(b.get("rows"), p + "/rows", 1, LIMITS["table_rows"]):
            for c, cell in self.array(row, f"{p}/rows/{r}", 1, LIMITS["table_columns"]):
                if not isinstance(cell, dict) or cell.get("type") not in ("raw_text", "raw_number", "rich_text"):
                    self.err(f"{p}/rows/{r}/{c}", "cell must be raw_text, raw_number or rich_text")
                chars += units(json.dumps(cell, ensure_ascii=False))
        if chars > LIMITS["table_chars"]:
            self.err(p + "/rows", "table is too large")

    b_data_table = b_table

    def b_card(self, b, p):
        if not any(b.get(k) for k in ("hero_image", "title", "actions", "body")):
            self.err(p, "one of hero_image, title, actions, body is required")
        for key, limit in (("title", "card_title"), ("subtitle", "card_title"), ("body", "card_body")):
            self.text(b.get(key), f"{p}/{key}", LIMITS[limit], required=False)
        for key in ("hero_image", "icon"):
            if key in b:
                self.element(b[key], f"{p}/{key}", {"image"})
        for i, el in self.array(b.get("actions", []), p + "/actions", 0, 25):
            self.element(el, f"{p}/actions/{i}", {"button"})

    def b_carousel(self, b, p):
        for i, card in self.array(b.get("elements"), p + "/elements", 1, LIMITS["carousel_cards"]):
            self.block(card, f"{p}/elements/{i}", {"card"})

    def b_container(self, b, p):
        if not b.get("title") and not b.get("rich_text_title"):
            self.err(p, "title or rich_text_title is required")
        self.text(b.get("title"), p + "/title", LIMITS["card_title"], ("plain_text",), required=False)
        self.text(b.get("subtitle"), p + "/subtitle", LIMITS["card_title"], required=False)
        if b.get("width", "standard") not in ("narrow", "standard", "wide", "full"):
            self.err(p + "/width", "must be narrow, standard, wide or full")
        self.blocks(b.get("child_blocks"), p + "/child_blocks", 1, IN_CONTAINER)

    def b_data_visualization(self, b, p):
        if self.counts["data_visualization"] > LIMITS["charts_per_message"]:
            self.err(p, "too many charts in one message")
        self.string(b.get("title"), p + "/title", LIMITS["chart_title"], True)
        chart = b.get("chart") if isinstance(b.get("chart"), dict) else {}
        kind = chart.get("type")
        if kind not in ("pie", "bar", "area", "line"):
            self.err(p + "/chart/type", "must be pie, bar, area or line")
            return
        key = "segments" if kind == "pie" else "series"
        series = self.array(chart.get(key), f"{p}/chart/{key}", 1, LIMITS["chart_series"])
        points = [(f"{p}/chart/{key}/{i}", s) for i, s in series]
        if kind != "pie":
            if not isinstance(chart.get("axis_config"), dict):
                self.err(p + "/chart", "missing required field: axis_config")
            names = [s.get("name") for _, s in series if isinstance(s, dict)]
            if len(set(map(str, names))) != len(names):
                self.err(p + "/chart/series", "series names must be unique")
            for pointer, raw in points[:]:
                s = raw if isinstance(raw, dict) else {}
                self.string(s.get("name"), pointer + "/name", LIMITS["chart_label"], True)
                points += [
                    (f"{pointer}/data/{j}", d)
                    for j, d in self.array(s.get("data"), pointer + "/data", 1, LIMITS["chart_points"])
                ]
            points = points[len(series) :]
        for pointer, point in points:
            if self.keys(point, pointer, "!label value"):
                self.string(point.get("label"), pointer + "/label", LIMITS["chart_label"], True)
                if isinstance(point.get("value"), bool) or not isinstance(point.get("value"), (int, float)):
                    self.err(pointer + "/value", "must be a number")

    def b_input(self, b, p):
        self.text(b.get("label"), p + "/label", 2000, ("plain_text",))
        self.element(b.get("element"), p + "/element", SELECTS | PICKERS | INPUTS)

    def b_alert(self, b, p):
        self.text(b.get("text"), p + "/text", 200)

    def image(self, obj, p):
        if bool(obj.get("image_url")) == bool(obj.get("slack_file")):
            self.err(p, "exactly one of image_url and slack_file is required")
        self.url(obj.get("image_url"), p + "/image_url")
        self.string(obj.get("alt_text"), p + "/alt_text", LIMITS["alt_text"], True)
        if obj.get("slack_file") and self.files.get(obj["slack_file"].get("id"), {}).get("state") != "complete":
            self.err(p + "/slack_file", "invalid slack file")

    def element(self, el, p, allowed):
        kind = el.get("type") if isinstance(el, dict) else None
        if kind not in allowed:
            self.err(p, f"unsupported type: {kind}")
            return
        self.string(el.get("action_id"), p + "/action_id", LIMITS["action_id"])
        self.text(el.get("placeholder"), p + "/placeholder", LIMITS["placeholder"], ("plain_text",), required=False)
        if "confirm" in el and self.keys(el["confirm"], p + "/confirm", "title !text confirm deny style"):
            for key, limit in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
                self.text(el["confirm"].get(key), f"{p}/confirm/{key}", limit, required=key == "text")
        if kind == "button":
            self.keys(el, p, BUTTON_KEYS)
            self.text(el.get("text"), p + "/text", LIMITS["button_text"], ("plain_text",))
            self.string(el.get("value"), p + "/value", LIMITS["button_value"])
            self.string(el.get("accessibility_label"), p + "/accessibility_label", LIMITS["button_text"])
            self.url(el.get("url"), p + "/url")
            if el.get("style", "primary") not in ("primary", "danger"):
                self.err(p + "/style", "must be primary or danger")
        elif kind == "image":
            self.keys(el, p, "!type image_url slack_file !alt_text")
            self.image(el, p)
        elif kind in ("overflow", "checkboxes", "radio_buttons") or kind.endswith("static_select"):
            high = LIMITS["overflow_options"] if kind == "overflow" else LIMITS["options"] if "select" in kind else 10
            groups = el.get("option_groups")
            lists = (
                [(p + "/options", el.get("options"))]
                if groups is None
                else [
                    (f"{p}/option_groups/{i}/options", g.get("options") if isinstance(g, dict) else None)
                    for i, g in self.array(groups, p + "/option_groups", 1, LIMITS["options"])
                ]
            )
            for pointer, options in lists:
                for i, opt in self.array(options, pointer, 1, high):
                    if self.keys(opt, f"{pointer}/{i}", "!text value url description"):
                        self.text(opt.get("text"), f"{pointer}/{i}/text", LIMITS["option_text"])
                        self.string(opt.get("value"), f"{pointer}/{i}/value", LIMITS["option_value"])
                        self.url(opt.get("url"), f"{pointer}/{i}/url")


def check_metadata(raw):
    """Metadata as documented: event_type, and a payload of scalars, flat objects, and lists of flat objects."""
    data = parse_json(raw, "invalid_metadata_format")
    if data == {}:
        return None
    if not isinstance(data, dict):
        raise SlackError("invalid_metadata_format")
    kind, payload = data.get("event_type"), data.get("event_payload")

    def flat(value):
        return isinstance(value, dict) and all(isinstance(v, (str, int, float, bool)) for v in value.values())

    ok = isinstance(kind, str) and re.fullmatch(r"\w+", kind) and len(kind) <= LIMITS["metadata_event_type"]
    ok = (
        ok
        and isinstance(payload, dict)
        and not data.keys() - {"event_type", "event_payload"}
        and all(
            isinstance(v, (str, int, float, bool)) or flat(v) or (isinstance(v, list) and all(map(flat, v)))
            for v in payload.values()
        )
    )
    if not ok:
        raise SlackError("invalid_metadata_schema")
    if len(json.dumps(data, ensure_ascii=False).encode()) > LIMITS["metadata_bytes"]:
        raise SlackError("metadata_too_large")
    return data


def parse_json(value, error):
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise SlackError(error) from None


CONTROL = re.compile(
    r"<(@[UW]\w+|#C\w+(\|[^<>]*)?|!date\^[^<>]+\|[^<>]+|!subteam\^\w+(\|[^<>]*)?|!(here|channel|everyone)"
    r"(\|[^<>]*)?|(https?://|mailto:)[^<>|\s]+(\|[^<>|]*)?)>"
)


HOST = re.compile(r"(?<![\w.-])(?:[^\W_][\w-]*\.)+[^\W\d_]{2,}(?![\w-])")
HIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def lint_text(text, where):
    """What Slack accepts without an error but a news bot must never send: raw control characters, pings, odd links."""
    found = []
    for match in CONTROL.finditer(text):
        body = match.group(1)
        if body.startswith(("!here", "!channel", "!everyone", "@", "!subteam")):
            found.append(f"{where}: mention {body}")
        target = re.match(r"https?://([^/|?#]+)[^|]*\|(.*)$", body)
        for named in HOST.findall(target.group(2)) if target else ():
            if named.lower().removeprefix("www.") != re.sub(r":\d+$", "", target.group(1).lower().removeprefix("www.")):
                found.append(f"{where}: link label names another host: {body}")
    # names that run from right to left, set apart so that they turn nothing around them, may stand in a line of ours
    if HIDDEN.search(re.sub("\u2068([^\u2066-\u2069]*)\u2069", r"\1", text).replace("\u200e", "")):
        found.append(f"{where}: control, zero-width or direction character")
    rest = re.sub(r"(?m)^>+ ?", "", CONTROL.sub("", text))
    if re.search(r"[<>]|&(?!(?:amp|lt|gt);)", rest):
        found.append(f"{where}: unescaped &, < or >")
    return found


def lint_message(args, blocks):
    """Problems of a message that Slack would post all the same; tests should assert that this list is empty."""
    text, found = args.get("text") or args.get("markdown_text") or "", []
    if blocks and not args.get("text"):
        found.append("text: blocks without a text fallback")
    if units(text) > LIMITS["text_advised"]:
        found.append("text: longer than the advised 4000 characters")
    found += lint_text(text, "text")

    def walk(node, where):
        if isinstance(node, dict):
            if node.get("type") == "mrkdwn" and isinstance(node.get("text"), str):
                found.extend(lint_text(node["text"], where))
            for key, value in node.items():
                walk(value, f"{where}/{key}")
        elif isinstance(node, list):
            for i, value in enumerate(node):
                walk(value, f"{where}/{i}")

    walk(blocks or [], "blocks")
    return found

"""Addresses: one spelling for each page, what may be fetched, what may be shown. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit, urlunsplit

from bot.errors import Fate, FetchError, FetchReason

LIMIT = 2_048  # characters of an address; what is longer is no address of an article
STANDARD_PORTS = frozenset({80, 443})
_DEFAULT_PORT = {"http": 80, "https": 443}

# Query parameters that say where a reader came from, never which page is meant.
_TRACKING_NAMES = """
    fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid ysclid twclid ttclid li_fat_id igshid igsh
    mc_cid mc_eid mkt_tok _hsenc _hsmi __hssc __hstc __hsfp hsctatracking vero_id vero_conv oly_anon_id
    oly_enc_id rb_clickid s_cid cmpid cmp ncid ito smid smtyp ns_mchannel ns_source ns_campaign
    ns_linkname ns_fee wt_mc wt_zmc xtor spm scm at_medium at_campaign at_custom1 at_custom2 at_custom3
    at_custom4 guccounter guce_referrer guce_referrer_sig srnd taid traffic_source echobox sr_share _ga
    _gl gaa_at gaa_n gaa_ts gaa_sig
"""
_TRACKING = frozenset(_TRACKING_NAMES.split())
_TRACKING_PREFIX = ("utm_", "mtm_", "pk_", "hsa_", "itm_")
_SECRET = re.compile(r"(?i)key|token|secret|passw|pwd|auth|sig|sess|credential|code|hash|jwt|user|login")
_LONG_WORD = re.compile(r"[A-Za-z0-9_~+/=-]{24,}")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029\ud800-\udfff<>\"^`{|}]")
_SPACES = re.compile(r"[\t\r\n]")
_CUT_ESCAPE = re.compile(r"%[0-9A-F]?$")
_HOSTLESS = re.compile(r"https?:(?!//[^/?#])", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9._-]{1,253}|[0-9a-f:.]{2,45}")
_SAFE = "!$&'()*+,;=:@/~"


def canonical(url: str) -> str:
    """Return the one spelling of `url` that stands for its page; taking it twice is taking it once.

    Scheme and host in lower case, the host in ASCII, without default port, user, fragment, tracking parameters and
    trailing slash (but that of the root); escapes in normal form (RFC 3986 section 6.2.2). At most 2,048 characters.
    What is no http(s) address comes back stripped and cut, otherwise as it was.
    """
    before, now = None, url
    for _ in range(8):  # cutting or unescaping may bring up something to remove; few addresses need a second round
        before, now = now, _canonical(now)
        if now == before:
            break
    return now


def _canonical(url: str) -> str:
    url = _SPACES.sub("", url.strip())
    parts = _split(url)
    if parts is None or parts.scheme not in _DEFAULT_PORT or not parts.hostname:
        return url[:LIMIT].strip()
    host, port = _ascii_host(parts.hostname), _port(parts)
    where = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORT[parts.scheme]:
        where = f"{where}:{port}"
    path = _normal(parts.path, _SAFE).rstrip("/") or "/"
    query = "&".join(pair for pair in _normal(parts.query, _SAFE + "?").split("&") if pair and not _tracks(pair))
    whole = f"{parts.scheme}://{where}{path}" + (f"?{query}" if query else "")
    return whole if len(whole) <= LIMIT else _CUT_ESCAPE.sub("", whole[:LIMIT])


def _tracks(pair: str) -> bool:
    name = unquote(pair.partition("=")[0]).lower()
    return name in _TRACKING or name.startswith(_TRACKING_PREFIX)


def _normal(text: str, safe: str) -> str:
    """Escape in normal form: unreserved characters bare, all others that are not `safe` as %XX in upper case."""
    pieces = re.split(r"(%[0-9A-Fa-f]{2})", text)
    return "".join(
        _escape(piece) if i % 2 else quote(piece, safe=safe, errors="replace") for i, piece in enumerate(pieces)
    )


def _escape(triplet: str) -> str:
    character = chr(int(triplet[1:], 16))
    return character if character.isascii() and (character.isalnum() or character in "-._~") else triplet.upper()


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.hostname, parts.port
    except ValueError:
        return None
    return parts


def _port(parts: SplitResult) -> int | None:
    return parts.port


def _ascii_host(host: str) -> str:
    """Return a host in lower-case ASCII, as it was where it has no such form."""
    host = host.rstrip(".").lower()
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii").rstrip(".").lower()
    except UnicodeError:
        return quote(host, safe="")


def absolute(base: str, link: str) -> str:
    """Return `link` as an absolute http(s) address without user and password, "" if it is no address to be asked.

    What no address holds, a space say, is escaped in path, query and fragment; in a host it is no address.
    """
    link = _SPACES.sub("", link.strip())
    try:
        hostless = _HOSTLESS.match(link)
        parts = urlsplit(urljoin(base, link) if link and not hostless else "")
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in _DEFAULT_PORT or not host or _FORBIDDEN.search(parts.netloc):
        return ""
    where = f"[{host}]" if ":" in host else host
    netloc = (f"{where}:{port}" if port else where) if "@" in parts.netloc else parts.netloc
    bare = (_FORBIDDEN.sub(lambda m: quote(m.group(), errors="replace"), part) for part in parts[2:])
    joined = urlunsplit((parts.scheme, netloc, *bare))
    try:
        fetchable(joined, ports=None)
    except FetchError:
        return ""
    return joined


def fetchable(url: str, *, ports: Collection[int] | None = STANDARD_PORTS) -> str:
    """Return `url` as it may be asked for: ASCII, escaped, without fragment. Nothing is resolved.

    Only http and https, a host, no user, a port of `ports` (None: any), no control characters, spaces or backslash, at
    most 2,048 characters. Raises FetchError BAD_URL, which says what is wrong without repeating the address.
    """
    asked, port = _fetchable(url)
    if ports is not None and port not in ports:
        raise bad_url(f"port {port} is not allowed")
    return asked


@lru_cache(maxsize=1_024)
def _fetchable(url: str) -> tuple[str, int]:
    problem, parts = _syntax(url)
    if parts is None or problem:
        raise bad_url(problem)
    host = _ascii_host(parts.hostname or "")
    if not _HOST.fullmatch(host):
        raise bad_url("its host holds what no host does, or has a zone")
    where = f"[{host}]" if ":" in host else host
    where = where if parts.port is None else f"{where}:{parts.port}"
    query = "?" + _normal(parts.query, _SAFE + "?") if parts.query else ""
    return f"{parts.scheme}://{where}{_normal(parts.path, _SAFE) or '/'}{query}", port_of(parts)


def _syntax(url: str) -> tuple[str, SplitResult | None]:
    if len(url) > LIMIT:
        return f"it is longer than {LIMIT} characters", None
    if _FORBIDDEN.search(url):
        return "it holds a space, a control character or another character that no address has", None
    parts = _split(url)
    if parts is None:
        return "its host or port is malformed", None
    checks = (
        (parts.scheme not in _DEFAULT_PORT, "it is neither http nor https"),
        (not _ascii_host(parts.hostname or ""), "it has no host"),
        ("@" in parts.netloc, "it carries a user or password"),
        (parts.port == 0, "port 0 is not allowed"),
    )
    return next((words for wrong, words in checks if wrong), ""), parts


def bad_url(words: str) -> FetchError:
    """Return the error for an address that must not be asked for; `words` do not repeat it."""
    return FetchError(FetchReason.BAD_URL, words, Fate.GIVE_UP)


def port_of(parts: SplitResult) -> int:
    """Return the port that an http(s) address means."""
    return parts.port or _DEFAULT_PORT.get(parts.scheme, 0)


@lru_cache(maxsize=1_024)
def host_key(url: str) -> str:
    """Return "host:port", what politeness counts by. Raises FetchError BAD_URL."""
    parts = urlsplit(fetchable(url, ports=None))
    return f"{parts.hostname}:{port_of(parts)}"


def public_host(url: str) -> str:
    """Return the host a reader knows a page by: without "www.", its letters as the owner writes them; "" if none."""
    parts = _split(url)
    host = _ascii_host(parts.hostname or "") if parts else ""
    return host.removeprefix("www.")


def redact(url: str) -> str:
    """Return `url` for logs and errors: on one line, without user, password and what looks like a secret."""
    parts = _split(url)
    if parts is None:
        return "(malformed address)"
    where = parts.netloc.rpartition("@")[2]
    query = "&".join(_redact_pair(pair) for pair in parts.query.split("&")) if parts.query else ""
    path = "/".join("***" if _secret_word(word) else word for word in parts.path.split("/"))
    shown = parts._replace(netloc=where, path=path, query=query, fragment="").geturl()
    return re.sub(r"[^\x21-\x7e]", lambda m: quote(m.group(), errors="replace"), shown)[:LIMIT]


def _redact_pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    hidden = equals and value and (_SECRET.search(unquote(name)) or _LONG_WORD.search(unquote(value)))
    return f"{name}=***" if hidden else pair


def _secret_word(word: str) -> bool:
    """Tell whether a path word looks random: long, with digits and letters mixed and no hyphenated words."""
    return (
        bool(_LONG_WORD.fullmatch(word)) and "-" not in word and any(c.isdigit() for c in word) and word.lower() != word
    )

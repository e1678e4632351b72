"""Which addresses are the public internet's, and which hosts are inside by their very name. Pure: nothing is resolved.

Sources: IANA special-purpose address registries (RFC 6890 and successors), IPv6 transition mechanisms (an IPv4 address
inside an IPv6 one leads where that leads), cloud metadata services.
"""

from __future__ import annotations

import re
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Python's `is_global` says True for several of these: NAT64, 6to4 and Teredo wrap IPv4, 168.63.129.16 is Azure's.
_FORBIDDEN_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
    )
)  # fmt: skip
_PUBLIC_V6 = IPv6Network("2000::/3")
_FORBIDDEN_V6 = tuple(
    IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3ffe::/16", "3fff::/20")
)
_INNER_NAME = re.compile(r"(?:^|\.)(?:localhost|local|internal|intranet|lan|home|corp|arpa)$")
_PART = re.compile(r"0[xX]([0-9a-fA-F]{0,16})|0([0-7]{1,22})|(0|[1-9][0-9]{0,15})")


def is_public(address: Address) -> bool:
    """Tell whether an address belongs to the public internet."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _FORBIDDEN_V4)
    return address in _PUBLIC_V6 and not any(address in network for network in _FORBIDDEN_V6)


def is_inside(host: str) -> bool:
    """Tell whether `host`, in ASCII, is inside by its looks; what a name leads to is judged at each connection."""
    name = host.strip("[]").rstrip(".").lower()
    if (address := address_of(name)) is not None:
        return not is_public(address)
    # no dot: a name of the inner net; all digits and dots: an address that is none
    return "." not in name or bool(_INNER_NAME.search(name)) or name.replace(".", "").isdigit()


def address_of(host: str) -> Address | None:
    """Return the address that `host` spells, as resolvers read it: also decimal, octal, hexadecimal and short IPv4."""
    with suppress(ValueError):
        return ip_address(host)
    found = [_PART.fullmatch(part) for part in host.split(".")]
    parts = [_number(match) for match in found if match is not None]
    if len(parts) != len(found) or len(parts) > 4:
        return None
    *high, low = parts
    if any(part > 255 for part in high) or low >= 256 ** (4 - len(high)):
        return None
    return IPv4Address(sum(part << (24 - 8 * n) for n, part in enumerate(high)) + low)


def _number(match: re.Match[str]) -> int:
    hexadecimal, octal, decimal = match.groups()
    if hexadecimal is not None:
        return int(hexadecimal or "0", 16)
    return int(octal, 8) if octal is not None else int(decimal)

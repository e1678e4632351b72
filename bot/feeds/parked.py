"""What parked domains say and where they get it from, as data: folded (lower case, straight quotes). Pure."""

from __future__ import annotations

import re

from bot.text import fold

LIMIT = 60_000  # characters that are looked at; such pages are short
_SELLERS = re.compile(
    r"(?:sedoparking|parkingcrew|bodis|dan|afternic|hugedomains|domainmarket|parklogic|uniregistry|undeveloped|buydomains"
    r"|domainnamesales|above)\.com|sedo\.(?:com|de)|parking\.(?:namesilo|godaddy|reg)\.\w{2,3}|/park\.js\b|caf\.js\b"
)
_PHRASES = """
    domain is for sale; domain may be for sale; domain name is for sale; buy this domain; this domain is parked;
    domain is parked; parked free; domain has expired; domain name has expired; domain name expired; this domain
    has been registered; make an offer on this domain; inquire about this domain; domain steht zum verkauf;
    domain kaufen; diese domain ist geparkt; domaine est a vendre; domaine est à vendre; dominio en venta; este
    dominio está a la venta; dominio in vendita; dominio è in vendita; domínio à venda; domein is te koop;
    domein te koop; domena na sprzedaż; домен продается; домен продаётся; satılık alan adı; このドメインは; 域名出售;
    域名已过期; 도메인 판매; هذا النطاق للبيع
"""
_WORDS = tuple(phrase.strip() for phrase in _PHRASES.replace("\n", " ").split(";"))


def is_parked(page: str) -> bool:
    """Tell whether a web page is that of a domain whose owner has let it go, or wants to sell it."""
    text = fold(page[:LIMIT])
    said = [words for words in _WORDS if words in text]
    return len(said) > 1 or (bool(said) and (len(page) < LIMIT / 4 or _SELLERS.search(text) is not None))

"""A click on a referral link: what is kept of it, and by what its visitor is known.

An address is never kept. It goes into a keyed hash with the day and the browser's name, cut to
the network it belongs to, so that the hash can neither be turned back nor followed overnight.
A second one, of the network and the affiliate alone, tells whether all visitors of one affiliate
come from one place; with somebody else's it has nothing in common.
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final
from uuid import UUID

from domain.links import PAGE_MAX, tidy_tag
from domain.texts import keepable
from storage.clicks import BOT, COUNTED
from storage.ids import new_id
from storage.inserts import Value

REDIRECT: Final = "redirect"
TRACKER: Final = "tracker"
PARTNER: Final = "partner"

_UTM: Final = tuple(
    f"utm_{name}" for name in ("source", "medium", "campaign", "content", "term", "id")
)
_UTM_MAX: Final = 100
AD_IDS: Final = ("gclid", "gbraid", "wbraid", "msclkid", "yclid")
"""The ids of clicks on ads of search engines. Those of social networks come with any link."""
_AD_MEDIA: Final = frozenset({"cpc", "ppc", "sem", "paidsearch", "paid-search", "paid_search"})
_AD_HOSTS: Final = ("googleadservices.com", "googlesyndication.com", "doubleclick.net")
_KEYWORDS: Final = ("utm_term", "keyword", "kw")
_HOST_MAX: Final = 253


@dataclass(frozen=True, slots=True)
class Touch:
    """Somebody followed a link of an affiliate's. Texts are as they came.

    `landing_page` is the path they came to, `device` one of desktop, mobile, tablet and other.
    `address` and `user_agent` serve to tell visitors apart and are not kept.
    """

    affiliate_id: UUID
    ref: str
    channel: str
    address: str
    user_agent: str
    at: datetime
    source_tag: str = ""
    landing_page: str = ""
    utm: Mapping[str, str] = field(default_factory=dict)
    country: str = ""
    referrer_host: str = ""
    device: str = "other"
    fetched_as: str = ""
    paid: str = ""
    keyword: str = ""
    network_click: str = ""
    is_bot: bool = False


def paid_by(given: Mapping[str, str], referrer_host: str = "") -> str:
    """What marks a click as one on a search ad; empty for any other.

    That is the id which a search engine gives such a click, a UTM medium that says so, or the
    host through which ads are opened.
    """
    by_id = next((name for name in AD_IDS if given.get(name)), "")
    if by_id:
        return by_id
    if given.get("utm_medium", "").lower() in _AD_MEDIA:
        return "utm_medium"
    host = f".{referrer_host.lower()}"
    return "referrer" if any(host.endswith(f".{one}") for one in _AD_HOSTS) else ""


def keyword_of(given: Mapping[str, str]) -> str:
    """The word that an ad was bought for, where its address says it."""
    return next((given[name] for name in _KEYWORDS if given.get(name)), "")


def visitor_key(secret_key: str) -> bytes:
    """The key of the hashes by which visitors are known: of no use for anything else."""
    return sha256(f"visitors:{secret_key}".encode()).digest()


def visitor(key: bytes, touch: Touch) -> str:
    """What a visitor is known by on one UTC day."""
    seen = f"{touch.at.date()}|{network(touch.address)}|{touch.user_agent}"
    return hmac.digest(key, seen.encode(errors="replace"), "sha256").hex()[:32]


def first_key(ref: str, known_as: str) -> str:
    """Unique among the clicks that count: one for each ref, visitor and day."""
    return f"{ref}:{known_as}"


_tag = lru_cache(4096)(tidy_tag)


def network_key(key: bytes, affiliate_id: UUID, address: str) -> str:
    """What a network is known by among one affiliate's visitors; empty for no address.

    The same network is another one for each affiliate, so that nobody is followed by it.
    """
    where = network(address)
    if not where:
        return ""
    return hmac.digest(key, f"network|{affiliate_id}|{where}".encode(), "sha256").hex()[:24]


@lru_cache(4096)
def network(address: str) -> str:
    """The network that an address belongs to: its /24, for IPv6 its /48. Empty for no address."""
    try:
        known = ip_address(address)
    except ValueError:
        return ""
    if isinstance(known, IPv6Address):
        if known.ipv4_mapped is None:
            return str(ip_network((known.packed[:6] + bytes(10), 48)))
        known = known.ipv4_mapped
    return str(ip_network((known.packed[:3] + bytes(1), 24)))


def row(key: bytes, touch: Touch) -> Value:
    """The click as it is stored, in the columns of `storage.clicks.INSERT`."""
    known_as = visitor(key, touch)
    utm = {name: keepable(touch.utm[name])[:_UTM_MAX] for name in _UTM if touch.utm.get(name, "")}
    return (
        new_id(),
        touch.affiliate_id,
        touch.ref,
        _tag(touch.source_tag),
        keepable(touch.landing_page)[:PAGE_MAX],
        json.dumps(utm) if utm else "{}",
        touch.country,
        keepable(touch.referrer_host)[:_HOST_MAX].lower(),
        touch.device,
        known_as,
        network_key(key, touch.affiliate_id, touch.address),
        BOT if touch.is_bot else COUNTED,
        touch.channel,
        touch.fetched_as,
        touch.paid,
        keepable(touch.keyword)[:_UTM_MAX],
        touch.network_click,
        None if touch.is_bot else first_key(touch.ref, known_as),
        touch.at,
    )

"""Taking clicks: whose link it is, who floods, and the click on disk before anybody goes on."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, ip_address
from typing import Final, Generic, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from aiohttp import hdrs, web

import clock
from dashboard.devices import device_class, is_bot
from domain import network_clicks, program
from domain.clicks import TRACKER, Touch, first_key, row, visitor, visitor_key
from domain.network_clicks import Parameters
from domain.program import Program
from domain.statuses import Status
from settings import Settings
from storage import affiliates, clicks, landing, links
from storage.db import Database
from storage.group_commit import GroupCommit

STALE_S: Final = 1.0
"""How long a suspended link may still count clicks."""

FLOOD: Final = 120
FLOOD_S: Final = 60.0
"""So many clicks of one address on one ref in so many seconds are a flood."""

_SAME_CLICK_S: Final = 60.0
_REMEMBERED: Final = 50_000
_REF_MAX: Final = 100
"""A longer ref is nobody's; it is neither looked for nor remembered."""
_FETCHED: Final = {
    "document": "page",
    **dict.fromkeys(("iframe", "frame", "fencedframe", "embed", "object"), "frame"),
    **dict.fromkeys(
        ("image", "script", "style", "font", "audio", "video", "track", "worker"), "part"
    ),
}
"""How a browser loads a link, in our words. What a script fetches (`empty`) may be anything."""
_COUNTRY: Final = re.compile(r"[A-Za-z]{2}")
_NOWHERE: Final = "XX"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class KnownLink:
    """A link in force."""

    affiliate_id: UUID
    ref: str


class _Briefly(Generic[T]):
    """Answers kept for a second, so that a flood asks the database once."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, T]] = {}

    def get(self, name: str) -> tuple[T] | None:
        """What is remembered, in a tuple of one."""
        found = self._kept.get(name)
        return (found[1],) if found and found[0] > time.monotonic() else None

    def keep(self, name: str, answer: T) -> T:
        """Remember an answer."""
        if len(self._kept) >= _REMEMBERED:
            self._kept.clear()
        self._kept[name] = (time.monotonic() + STALE_S, answer)
        return answer


class Clicks:
    """The intake for clicks, one for the process; it writes beside the inbox, not through it."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._settings = settings
        self._writer = GroupCommit(db, "clicks")
        self._key = visitor_key(settings.secret_key.get_secret_value())
        self._links = _Briefly[KnownLink | None]()
        self._programs = _Briefly[Program]()
        self._networks = _Briefly[Parameters]()
        self._floods: dict[tuple[str, str], tuple[float, int]] = {}

    def start(self) -> None:
        """Begin to take clicks; needs the running event loop."""
        self._writer.start()

    async def close(self) -> None:
        """Write what waits, then stop."""
        await self._writer.close()

    async def link(self, ref: str) -> KnownLink | None:
        """The link with this ref, if it is in force (or was a second ago)."""
        ref = ref.upper()
        if len(ref) > _REF_MAX:
            return None
        known = self._links.get(ref)
        return known[0] if known else self._links.keep(ref, await self._look_up(ref))

    async def _look_up(self, ref: str) -> KnownLink | None:
        async with self._db.read() as session:
            found = await links.by_ref(session, ref)
            if found is None or found.suspended:
                return None
            owner = await affiliates.get(session, found.affiliate_user_id)
        if owner is None or owner.status == Status.TERMINATED:
            return None
        return KnownLink(owner.id, found.ref)

    async def program(self) -> Program:
        """The program's settings (of a second ago, at worst)."""
        known = self._programs.get("")
        if known:
            return known[0]
        async with self._db.read() as session:
            return self._programs.keep("", await program.load(session))

    async def network_click(self, given: Mapping[str, str]) -> tuple[str, str, str]:
        """The click that a network named in an address, as `network_clicks.click_in` reads it.

        By the networks that were in use a second ago, at worst.
        """
        known = self._networks.get("")
        if known is None:
            async with self._db.read() as session:
                known = (self._networks.keep("", await network_clicks.parameters(session)),)
        return network_clicks.click_in(given, known[0])

    def flood_ends_in(self, request: web.Request, ref: str) -> int:
        """Count one click; returns 0, or the seconds to wait if this address sends too many."""
        now, key = time.monotonic(), (sender(request.remote or ""), ref)
        begin, count = self._floods.get(key, (now, 0))
        if now - begin >= FLOOD_S:
            begin, count = now, 0
        if len(self._floods) >= _REMEMBERED:
            self._floods.clear()
        self._floods[key] = begin, count + 1
        return 0 if count < FLOOD else max(1, round(FLOOD_S - (now - begin)))

    def touch(self, request: web.Request, link: KnownLink, channel: str, **more: object) -> Touch:
        """What a request tells of a click; `more` are further fields of `Touch`."""
        user_agent = request.headers.get(hdrs.USER_AGENT, "")
        looks = request.headers.get("Sec-Purpose") or request.headers.get("Purpose") or ""
        fields: dict[str, object] = {
            "affiliate_id": link.affiliate_id,
            "ref": link.ref,
            "channel": channel,
            "address": request.remote or "",
            "user_agent": user_agent,
            "at": clock.now(),
            "country": self._country(request),
            "device": device_class(user_agent),
            "fetched_as": _FETCHED.get(request.headers.get("Sec-Fetch-Dest", ""), ""),
            "is_bot": is_bot(user_agent) or "prefetch" in looks or request.method == "HEAD",
        }
        return Touch(**(fields | more))  # type: ignore[arg-type]

    async def record(self, touch: Touch) -> UUID:
        """Store a click and wait until it is on disk; returns its id.

        A page that says it was opened right after our redirect led there is the same click. Raises
        `storage.group_commit.NotTakenError`.
        """
        if touch.channel == TRACKER and (led_here := await self._just_led(touch)):
            return led_here
        made = row(self._key, touch)
        await self._writer.insert(clicks.INSERT, made)
        return made[0]  # type: ignore[return-value]

    async def look(self, page_id: UUID, touch: Touch) -> None:
        """Count a look at a partner page: each visitor once a day.

        Raises `storage.group_commit.NotTakenError`.
        """
        seen_by = visitor(self._key, touch)
        made = landing.view_row(page_id, touch.at.date(), seen_by, bot=touch.is_bot)
        await self._writer.insert(landing.VIEW, made)

    async def _just_led(self, touch: Touch) -> UUID | None:
        async with self._db.read() as session:
            first = await clicks.first_of(session, first_key(touch.ref, visitor(self._key, touch)))
        if first is None or first.channel == TRACKER:
            return None
        recent = (touch.at - first.clicked_at).total_seconds() < _SAME_CLICK_S
        return first.id if recent else None

    def _country(self, request: web.Request) -> str:
        """Two letters, where a proxy of ours says so; empty otherwise."""
        name = self._settings.country_header
        given = request.headers.get(name, "") if name else ""
        if not _COUNTRY.fullmatch(given) or not self._by_proxy(request):
            return ""
        country = given.upper()
        return "" if country == _NOWHERE else country

    def _by_proxy(self, request: web.Request) -> bool:
        peer = request.transport.get_extra_info("peername") if request.transport else None
        try:
            address = ip_address(peer[0] if peer else "")
        except ValueError:
            return False
        return any(address in network for network in self._settings.trusted_proxies)


@lru_cache(4096)
def sender(address: str) -> str:
    """Who is counted as one sender: an address, or the part of an IPv6 one that a line is given."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if isinstance(known, IPv4Address):
        return address
    return str(known.ipv4_mapped or known.packed[:8].hex())


def host_of(address: str) -> str:
    """The host of an address that a browser says it comes from; empty for nonsense."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""

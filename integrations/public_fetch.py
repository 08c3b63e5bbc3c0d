"""Pages of the public web, fetched from addresses that strangers typed.

Whoever types an address could mean this server, its neighbours, or the metadata service of the
cloud that it runs in. So a host is resolved here, every address that it has must be a public
one, and the connection goes to exactly those that were looked at: a name that means something
else a moment later (DNS rebinding) leads nowhere. Redirects are followed by hand, each checked
like the first. Nothing is sent that belongs to us: no cookie, no credentials, no proxy.
"""

import asyncio
import codecs
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from integrations.errors import TransportError

LARGEST: Final = 1024 * 1024
SECONDS: Final = 5.0
REDIRECTS: Final = 3
PORTS: Final = frozenset({80, 443})
URL_MAX: Final = 2000
HTML: Final = frozenset({"text/html", "application/xhtml+xml"})

_CHARSETS: Final = frozenset(
    {
        *("utf-8", "utf-16", "ascii", "koi8-r", "koi8-u", "shift_jis", "euc_jp", "iso2022_jp"),
        *("gb2312", "gbk", "gb18030", "big5", "big5hkscs", "euc_kr", "cp866", "cp874", "cp949"),
        *(f"cp{number}" for number in range(1250, 1259)),
        *(f"iso8859-{number}" for number in range(1, 17)),
    }
)
"""What pages are written in. Python knows codecs besides that take minutes for a megabyte."""

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_INTERNET: Final = IPv6Network("2000::/3")
_REFUSED_4: Final = tuple(
    IPv4Network(net)
    # What Python calls global though it leads inwards: protocols, relays of 6to4, Azure's service.
    for net in ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32")
)
_REFUSED_6: Final = tuple(
    IPv6Network(net)
    # Addresses that hold an IPv4 one: Teredo and 6to4.
    for net in ("2001::/32", "2002::/16")
)

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class PublicPage:
    """A page as it was found: where it stood after redirects, and its text."""

    url: str
    html: str


def is_public(address: str) -> bool:
    """Whether an address belongs to the open internet, and to no network of our own."""
    try:
        known = ip_address(address)
    except ValueError:
        return False
    if isinstance(known, IPv6Address):
        if known.scope_id is not None:
            return False
        if known.ipv4_mapped is not None:
            return is_public(str(known.ipv4_mapped))
        if known not in _INTERNET or any(known in net for net in _REFUSED_6):
            return False
    elif isinstance(known, IPv4Address) and any(known in net for net in _REFUSED_4):
        return False
    return known.is_global and not known.is_multicast and not known.is_reserved


async def look_up(host: str, port: int) -> list[str]:
    """Every address that a host has. Raises `OSError` for none."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class PublicFetch:
    """The client. `allowed`, `ports` and `resolve` are others only where tests stand in."""

    def __init__(
        self,
        user_agent: str,
        *,
        allowed: Callable[[str], bool] = is_public,
        ports: frozenset[int] = PORTS,
        resolve: Resolve = look_up,
    ) -> None:
        self._agent = user_agent
        self._allowed = allowed
        self._ports = ports
        self._resolve = resolve

    async def page(self, url: str) -> PublicPage:
        """Fetch an HTML page, in all within five seconds.

        Raises `TransportError`: permanent where the address may not be asked, or holds something
        else than a whole page of at most a megabyte.
        """
        try:
            async with asyncio.timeout(SECONDS):
                return await self._follow(url)
        except TimeoutError as error:
            raise TransportError("the page did not answer in time") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            cause = type(error).__name__
            raise TransportError(f"the page could not be read ({cause})") from error

    async def _follow(self, text: str) -> PublicPage:
        for _ in range(REDIRECTS + 1):
            # Read once, and asked as it was read: two readers may see two hosts in one address.
            url = _read(text)
            found = await self._ask(url, await self._checked(url))
            if isinstance(found, PublicPage):
                return found
            text = found
        raise _refused("the page leads on too often")

    async def _checked(self, url: URL) -> list[str]:
        """The addresses of a page's host, if it may be asked."""
        if url.scheme not in {"http", "https"} or not url.host:
            raise _refused("the address is none of the web")
        if url.user is not None or url.password is not None:
            raise _refused("the address holds a name or password")
        if url.port not in self._ports:
            raise _refused("the address has an unusual port")
        found = list(await self._resolve(url.host, url.port))
        # One inward address is enough to refuse: which of them would be used is chance.
        if not found or not all(self._allowed(address) for address in found):
            raise _refused("the address is not public")
        return found

    async def _ask(self, url: URL, addresses: list[str]) -> PublicPage | str:
        """The page, or where it leads on to."""
        headers = {"User-Agent": self._agent, "Accept": "text/html", "Accept-Encoding": "identity"}
        async with (
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=_Pinned(addresses), use_dns_cache=False, force_close=True
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            ) as session,
            session.get(url, headers=headers, allow_redirects=False) as response,
        ):
            if response.status in _REDIRECTS and "Location" in response.headers:
                return str(url.join(_read(response.headers["Location"])))
            if response.status != HTTPStatus.OK:
                raise _refused(f"the page answered {response.status}")
            if response.content_type not in HTML:
                raise _refused("the page is none: it is something else than HTML")
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise _refused("the page is packed")
            body = bytearray()
            async for chunk in response.content.iter_any():
                body += chunk
                if len(body) > LARGEST:
                    raise _refused("the page is longer than a megabyte")
            text = body.decode(_charset(response.charset), errors="replace")
            return PublicPage(str(url), text)


def _read(text: str) -> URL:
    """An address, or the part of one that a redirect names. Raises `ValueError` for nonsense."""
    if len(text) > URL_MAX or any(letter <= " " or letter == "\x7f" for letter in text):
        raise _refused("the address is none")
    return URL(text)


def _charset(named: str | None) -> str:
    """The codec for what a page says that it is written in; that of nearly all for the rest."""
    try:
        found = codecs.lookup(named or "").name
    except (LookupError, ValueError):
        return "utf-8"
    return found if found in _CHARSETS else "utf-8"


class _Pinned(AbstractResolver):
    """Answers with the addresses that were checked, whatever a name means by now."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses, as aiohttp wants them."""
        _ = family
        made: list[Any] = [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": socket.AF_INET6 if ":" in address else socket.AF_INET,
                "proto": socket.IPPROTO_TCP,
                "flags": socket.AI_NUMERICHOST,
            }
            for address in self._addresses
        ]
        return made

    async def close(self) -> None:
        """There is nothing to close."""


def _refused(why: str) -> TransportError:
    return TransportError(why, permanent=True)

"""Hosts that strangers named: where they lead, and whether we may go there.

Whoever types an address could mean this server, its neighbours, or the metadata service of the
cloud that it runs in. So a host is resolved here, every address that it has must be a public
one, and the connection goes to exactly those that were looked at: a name that means something
else a moment later (DNS rebinding) leads nowhere.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from integrations.errors import TransportError

PORTS: Final = frozenset({80, 443})
URL_MAX: Final = 2000

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
_LOOKING_UP: Final = ThreadPoolExecutor(16, thread_name_prefix="strangers-hosts")
"""Whoever owns a name decides how long a look-up takes: so these have threads of their own."""

Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


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
    ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_LOOKING_UP, ask)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _is_in(address: str, networks: Collection[Network]) -> bool:
    known = ip_address(address)
    return any(known in network for network in networks)


class PublicHosts:
    """Looks hosts up. `allowed`, `ports` and `resolve` are others only where tests stand in."""

    def __init__(
        self,
        *,
        allowed: Callable[[str], bool] = is_public,
        ports: frozenset[int] = PORTS,
        resolve: Resolve = look_up,
    ) -> None:
        self._allowed = allowed
        self._ports = ports
        self._resolve = resolve

    async def addresses(self, url: URL, own: Collection[Network] = ()) -> list[str]:
        """The addresses of a URL's host, if it may be asked.

        Hosts in `own` networks may be asked, too, and at any port. Raises `TransportError`,
        permanent, where it may not, and `OSError` for a host that is unknown.
        """
        if url.scheme not in {"http", "https"} or not url.host:
            raise refused("the address is none of the web")
        if url.user is not None or url.password is not None:
            raise refused("the address holds a name or password")
        usual = url.port in self._ports
        if not usual and not own:
            raise refused("the address has an unusual port")
        found = list(await self._resolve(url.host, url.port or 0))
        if found and all(_is_in(address, own) for address in found):
            return found
        if not usual:
            raise refused("the address has an unusual port")
        # One inward address is enough to refuse: which of them would be used is chance.
        if not found or not all(self._allowed(address) for address in found):
            raise refused("the address is not public")
        return found


def pinned(addresses: Sequence[str]) -> aiohttp.TCPConnector:
    """Connections to the addresses that were checked and to no others, none of them kept."""
    return aiohttp.TCPConnector(resolver=_Pinned(addresses), use_dns_cache=False, force_close=True)


def read_url(text: str) -> URL:
    """An address, or the part of one that a redirect names. Raises `ValueError` for nonsense."""
    if len(text) > URL_MAX or any(letter <= " " or letter == "\x7f" for letter in text):
        raise refused("the address is none")
    return URL(text)


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


def refused(why: str) -> TransportError:
    """An address that may not be asked, or does not hold what was looked for."""
    return TransportError(why, permanent=True)

"""Pages of the public web, fetched from addresses that strangers typed.

`public_hosts` says where we may go. Redirects are followed by hand, each checked like the first.
Nothing is sent that belongs to us: no cookie, no credentials, no proxy.
"""

import asyncio
import codecs
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import aiohttp
from yarl import URL

from integrations.calls import asking
from integrations.errors import TransportError
from integrations.public_hosts import (
    PORTS,
    PublicHosts,
    Resolve,
    is_public,
    look_up,
    pinned,
    read_url,
    refused,
)

LARGEST: Final = 1024 * 1024
SECONDS: Final = 5.0
REDIRECTS: Final = 3
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


@dataclass(frozen=True, slots=True)
class PublicPage:
    """A page as it was found: where it stood after redirects, and its text."""

    url: str
    html: str


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
        self._hosts = PublicHosts(allowed=allowed, ports=ports, resolve=resolve)

    async def page(self, url: str) -> PublicPage:
        """Fetch an HTML page, in all within five seconds.

        Raises `TransportError`: permanent where the address may not be asked, or holds something
        else than a whole page of at most a megabyte.
        """
        with asking("Pages of affiliates", watched=False) as asked:
            page = await self._page(url)
            asked.status = HTTPStatus.OK
            return page

    async def _page(self, url: str) -> PublicPage:
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
            url = read_url(text)
            found = await self._ask(url, await self._hosts.addresses(url))
            if isinstance(found, PublicPage):
                return found
            text = found
        raise refused("the page leads on too often")

    async def _ask(self, url: URL, addresses: list[str]) -> PublicPage | str:
        """The page, or where it leads on to."""
        headers = {"User-Agent": self._agent, "Accept": "text/html", "Accept-Encoding": "identity"}
        async with (
            aiohttp.ClientSession(
                connector=pinned(addresses),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            ) as session,
            session.get(url, headers=headers, allow_redirects=False) as response,
        ):
            if response.status in _REDIRECTS and "Location" in response.headers:
                return str(url.join(read_url(response.headers["Location"])))
            if response.status != HTTPStatus.OK:
                raise refused(f"the page answered {response.status}")
            if response.content_type not in HTML:
                raise refused("the page is none: it is something else than HTML")
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise refused("the page is packed")
            body = bytearray()
            async for chunk in response.content.iter_any():
                body += chunk
                if len(body) > LARGEST:
                    raise refused("the page is longer than a megabyte")
            text = body.decode(_charset(response.charset), errors="replace")
            return PublicPage(str(url), text)


def _charset(named: str | None) -> str:
    """The codec for what a page says that it is written in; that of nearly all for the rest."""
    try:
        found = codecs.lookup(named or "").name
    except (LookupError, ValueError):
        return "utf-8"
    return found if found in _CHARSETS else "utf-8"

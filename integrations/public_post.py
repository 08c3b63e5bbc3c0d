"""Requests to addresses that strangers typed, where a word of the answer is all that is wanted.

`public_hosts` says where we may go. Redirects are not followed: whoever gave the address gave
that one. An answer is read no further than a log shows it.
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import aiohttp

from integrations.calls import asking
from integrations.errors import TransportError
from integrations.http import retry_after
from integrations.public_hosts import Network, PublicHosts, pinned, read_url

SECONDS: Final = 15.0
"""That a whole request may take."""
READ: Final = 1000
"""Bytes of an answer that are read, and no more."""
READ_SECONDS: Final = 3.0
"""That the body of an answer may take, whose status is known by then."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `text` is the beginning of it. `retry_after` is seconds, if it named any."""

    status: int
    text: str
    retry_after: float | None = None

    @property
    def succeeded(self) -> bool:
        """Whether it was taken: any status from 200 to 299."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


class PublicPost:
    """The client. Requests to hosts in `networks` are allowed where the caller says `own`."""

    def __init__(
        self,
        user_agent: str,
        *,
        networks: Collection[Network] = (),
        hosts: PublicHosts | None = None,
    ) -> None:
        self._agent = user_agent
        self._networks = networks
        self._hosts = hosts or PublicHosts()

    async def send(
        self,
        url: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        method: str = "POST",
        own: bool = False,
    ) -> Answer:
        """Send a request, in all within 15 seconds, and return what was answered.

        Raises `TransportError` for no answer: permanent where the address may not be asked.
        """
        with asking("Receivers of webhooks", watched=False) as asked:
            answer = await self._answer(method, url, body, headers or {}, own=own)
            asked.status = answer.status
            return answer

    async def _answer(
        self, method: str, url: str, body: bytes, headers: Mapping[str, str], *, own: bool
    ) -> Answer:
        try:
            async with asyncio.timeout(SECONDS):
                return await self._send(method, url, body, headers, own=own)
        except TimeoutError as error:
            sentence = f"There was no answer within {SECONDS:.0f} seconds."
            raise TransportError(sentence) from error
        except aiohttp.ClientConnectorCertificateError as error:
            raise TransportError("Its certificate is not valid.") from error
        except aiohttp.ServerDisconnectedError as error:
            raise TransportError("It hung up without an answer.") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            cause = type(error).__name__
            raise TransportError(f"It could not be reached ({cause}).") from error

    async def _send(
        self, method: str, text: str, body: bytes, headers: Mapping[str, str], *, own: bool
    ) -> Answer:
        url = read_url(text)
        addresses = await self._hosts.addresses(url, self._networks if own else ())
        ours = {"User-Agent": self._agent, "Accept-Encoding": "identity"}
        async with (
            aiohttp.ClientSession(
                connector=pinned(addresses),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            ) as session,
            session.request(
                method,
                url,
                data=body or None,
                headers={**ours, **headers},
                allow_redirects=False,
            ) as response,
        ):
            wish = retry_after(response.headers.get("Retry-After"))
            return Answer(response.status, await _beginning(response), wish)


async def _beginning(response: aiohttp.ClientResponse) -> str:
    """The first bytes of an answer, as far as they come: its status says all that counts."""
    read = bytearray()
    try:
        async with asyncio.timeout(READ_SECONDS):
            async for chunk in response.content.iter_chunked(READ):
                read += chunk
                if len(read) >= READ:
                    break
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError):
        pass  # broken off, or none that could be read: what came is shown
    return bytes(read[:READ]).decode("utf-8", errors="replace")

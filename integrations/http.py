"""The one door for outgoing JSON over HTTP: timeouts, and every fault told apart.

A client of an outside service holds a `JsonApi` and calls it; whatever goes wrong arrives as
`TransportError`, so the outbox alone decides when to try again.
"""

import json
import math
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import aiohttp

import clock
from integrations.calls import asking
from integrations.errors import TransportError

TIMEOUT = aiohttp.ClientTimeout(total=15, connect=5)
RETRYABLE = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)
_LONGEST_WISH = 365 * 24 * 3600.0

Explain = Callable[[Any], tuple[str | None, str]]
"""Reads a service's error body, any JSON value, into (code, sentence for an operator)."""


class JsonApi:
    """One service behind one base address, with one pool of connections.

    The pool opens at the first call, inside the running loop, and `close` ends it.
    An answer of more than `largest` bytes is not read to its end.
    Redirects are not followed: the bearer token would travel to wherever they point.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        *,
        token: str,
        explain: Explain,
        timeout: aiohttp.ClientTimeout = TIMEOUT,
        largest: int | None = None,
    ) -> None:
        self.name = name
        self._base_url = base_url.rstrip("/")
        self._token = token
        self._explain = explain
        self._timeout = timeout
        self._largest = largest
        self._session: aiohttp.ClientSession | None = None

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        needs_json: bool = True,
    ) -> Any:
        """Ask for `path` and return the JSON of the answer.

        `raw` is a body of another form, which `headers` name. Without `needs_json` an answer
        that succeeded with something else is None. A web page is never the service's own answer.

        Raises `TransportError`: permanent for a refusal (4xx, or a redirect), worth a retry for
        a timeout, a broken connection, 408, 425, 429, 5xx and an answer that is not JSON.
        """
        with asking(self.name) as asked:
            try:
                async with self._pool().request(
                    method,
                    self._base_url + path,
                    params=params,
                    json=body,
                    data=raw,
                    headers=headers,
                    allow_redirects=False,
                ) as response:
                    asked.status = response.status
                    told = await self._read(response)
            except TimeoutError as error:
                raise TransportError(f"{self.name} did not answer in time") from error
            except aiohttp.InvalidURL as error:
                problem = f"{self.name} has an unusable address"
                raise TransportError(problem, permanent=True) from error
            except aiohttp.ClientError as error:
                cause = type(error).__name__
                raise TransportError(f"{self.name} could not be reached ({cause})") from error
            return self._answer(response.status, response.headers, told, needs_json=needs_json)

    async def close(self) -> None:
        """Close the pool of connections. A later call opens a new one."""
        if self._session is not None:
            await self._session.close()

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        if self._largest is None:
            return await response.read()
        raw = b""
        async for chunk in response.content.iter_any():
            raw += chunk
            if len(raw) > self._largest:
                raise TransportError(f"{self.name} answered with more than {self._largest} bytes")
        return raw

    def _pool(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                timeout=self._timeout,
                headers={"Authorization": f"Bearer {self._token}", "Accept": "application/json"},
            )
        return self._session

    def _answer(
        self, status: int, headers: Mapping[str, str], raw: bytes, *, needs_json: bool
    ) -> Any:
        succeeded = HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
        try:
            answer = json.loads(raw)
        except ValueError as error:
            page = headers.get("Content-Type", "").startswith("text/html")
            if succeeded and (needs_json or page):
                raise TransportError(f"{self.name} answered {status} without JSON") from error
            answer = None
        if succeeded:
            return answer
        code, sentence = self._explain(answer)
        raise TransportError(
            f"{self.name} answered {status}: {sentence}",
            permanent=not is_worth_a_retry(status),
            retry_after=retry_after(headers.get("Retry-After")),
            code=code,
        )


def is_worth_a_retry(status: int) -> bool:
    """Whether a service that answered with this status may answer otherwise later."""
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in RETRYABLE


def retry_after(value: str | None) -> float | None:
    """Seconds to wait that a `Retry-After` header names, as a number or as a date (RFC 9110).

    None where there is no header, or none that can be read. Whoever answers chooses it, so it is
    never more than a year.
    """
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - clock.timestamp()
        except (ValueError, OverflowError):
            return None
    return min(max(0.0, seconds), _LONGEST_WISH) if math.isfinite(seconds) else None

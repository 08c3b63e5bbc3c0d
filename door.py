"""What happens to every request before anything else: its id, where it comes from, a count."""

import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from functools import cache, lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final

from aiohttp import web, web_urldispatcher
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler, Middleware

import logs
from health import Metrics
from storage.ids import new_id

Networks = Sequence[IPv4Network | IPv6Network]
Finish = Callable[[web.Request, web.StreamResponse], Awaitable[None]]

HSTS: Final = "max-age=31536000"
_CLOSED: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

_ADDRESSES: Final = 4096
_library_expects: Final = web_urldispatcher._default_expect_handler  # noqa: SLF001 - kept
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")


def watch(metrics: Metrics, trusted_proxies: Networks) -> Middleware:
    """Give each request an id and its sender's address, and count its answer."""
    logging.getLogger("aiohttp.server").addFilter(_brief)
    web_urldispatcher._default_expect_handler = _expect  # noqa: SLF001 - see there

    is_ours, counter = proxies(trusted_proxies), cache(metrics.requests.labels)

    @web.middleware
    async def watched(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("X-Request-Id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else new_id().hex
        remote = request.remote or ""
        sender = sender_of(remote, request.headers.getall("X-Forwarded-For", []), is_ours)
        status = 500
        with logs.working_for(request_id):
            try:
                _refuse_packed(request)
                seen = request if sender == remote else request.clone(remote=sender)
                response = await handler(seen)
                status = response.status
            except web.HTTPException as answer:
                status = answer.status
                answer.headers["X-Request-Id"] = request_id
                raise
            finally:
                resource = request.match_info.route.resource
                route = resource.canonical if resource else "unknown"
                counter(route, status).inc()
        if not response.prepared:
            response.headers["X-Request-Id"] = request_id
        return response

    return watched


async def _expect(request: web.Request) -> None:
    """Refuse an expectation in bytes that are no text, too, before any middleware could.

    The library repeats it in its answer, which then could not be sent: anybody got a 500.
    """
    try:
        await _library_expects(request)
    except UnicodeError:
        raise web.HTTPExpectationFailed from None


def _brief(record: logging.LogRecord) -> bool:
    """Say in a line that something was no HTTP: any stranger could fill the log with tracebacks.

    What it was is left out: it may be a cookie, or a token with a letter too much.
    """
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError):
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        record.msg, record.args = "refused what is no HTTP: %s", (type(error).__name__,)
        record.exc_info = None
    return True


def headers(*, secure: bool) -> Finish:
    """Give each answer the headers that it did not bring itself, also an error or a stream.

    Pages bring a policy of their own; what is no page may load nothing, wherever it is shown.
    `secure` says whether browsers reach us by HTTPS only.
    """

    async def finish(_request: web.Request, response: web.StreamResponse) -> None:
        known = response.headers
        known.setdefault("X-Content-Type-Options", "nosniff")
        known.setdefault("Referrer-Policy", "same-origin")
        if response.content_type != "text/html":
            known.setdefault("Content-Security-Policy", _CLOSED)
        if secure:
            known.setdefault("Strict-Transport-Security", HSTS)
        known["Server"] = "Affiliate Desk"  # without its libraries and their versions

    return finish


def _refuse_packed(request: web.Request) -> None:
    """Take bodies as they are: nobody who is welcome packs them, and they unpack to any size."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise web.HTTPUnsupportedMediaType(text="Send the body without a Content-Encoding.")


def proxies(trusted: Networks) -> Callable[[str], bool]:
    """Whether an address is a proxy of ours; `ValueError` for what is no address."""

    @lru_cache(_ADDRESSES)
    def is_ours(address: str) -> bool:
        known = ip_address(address)
        return any(known in network for network in trusted)

    return is_ours


def sender_of(remote: str, forwarded: Sequence[str], is_ours: Callable[[str], bool]) -> str:
    """The address that a request comes from, seen through the proxies that we trust.

    A proxy appends whom it heard to X-Forwarded-For. So the list is read from its end, and
    the first address that is no proxy of ours is the sender; what stands before it is only
    what the sender says.
    """
    hops = [hop.strip() for line in forwarded for hop in line.split(",")]
    for address in (remote, *reversed(hops)):
        try:
            if not is_ours(address):
                return address
        except ValueError:
            return remote
    return remote

"""What happens to every request before anything else: its id, where it comes from, a count."""

import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler, Middleware

import logs
from health import Metrics
from storage.ids import new_id

Networks = Sequence[IPv4Network | IPv6Network]
Finish = Callable[[web.Request, web.StreamResponse], Awaitable[None]]

HSTS: Final = "max-age=31536000"
_CLOSED: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")


def watch(metrics: Metrics, trusted_proxies: Networks) -> Middleware:
    """Give each request an id and its sender's address, and count its answer."""
    logging.getLogger("aiohttp.server").addFilter(_brief)

    @web.middleware
    async def watched(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("X-Request-Id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else new_id().hex
        sender = sender_of(
            request.remote or "", request.headers.getall("X-Forwarded-For", []), trusted_proxies
        )
        status = 500
        with logs.working_for(request_id):
            try:
                _refuse_packed(request)
                response = await handler(request.clone(remote=sender))
                status = response.status
            except web.HTTPException as answer:
                status = answer.status
                answer.headers["X-Request-Id"] = request_id
                raise
            finally:
                resource = request.match_info.route.resource
                route = resource.canonical if resource else "unknown"
                metrics.requests.labels(route, status).inc()
        if not response.prepared:
            response.headers["X-Request-Id"] = request_id
        return response

    return watched


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


def sender_of(remote: str, forwarded: Sequence[str], trusted: Networks) -> str:
    """The address that a request comes from, seen through the proxies that we trust.

    A proxy appends whom it heard to X-Forwarded-For. So the list is read from its end, and
    the first address that is no proxy of ours is the sender; what stands before it is only
    what the sender says.
    """
    hops = [hop.strip() for line in forwarded for hop in line.split(",")]
    for address in (remote, *reversed(hops)):
        try:
            known = any(ip_address(address) in network for network in trusted)
        except ValueError:
            return remote
        if not known:
            return address
    return remote

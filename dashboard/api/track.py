"""`/api/track/…`: clicks from the product's pages, and sign-ups from its backend."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from dashboard.api import signups
from dashboard.api.fields import host_in, page_in, text_of, utm_in, wrong
from dashboard.api.problems import ProblemError, answer_problems, problem
from dashboard.clicks import Clicks
from dashboard.context import CONTEXT, DashboardContext
from domain.clicks import TRACKER
from domain.errors import InvalidError
from domain.links import place_of
from storage.group_commit import IntakeFullError

PREFIX: Final = "/api/track"
CLICK_MAX: Final = 8 * 1024

_SOON_S: Final = 1
_CLICKS: Final = web.AppKey("tracked_clicks", Clicks)


def add_routes(app: web.Application, context: DashboardContext) -> None:
    """Add both addresses to the server's app."""
    if context.clicks is None:
        return
    tracking = web.Application(
        middlewares=[_allow_product(context.clicks, context), answer_problems]
    )
    tracking[CONTEXT] = context
    tracking[_CLICKS] = context.clicks
    tracking.router.add_post("/click", click)
    tracking.router.add_post("/signup", signups.sign_up)
    app.add_subapp(PREFIX, tracking)


def _allow_product(clicks: Clicks, context: DashboardContext) -> Middleware:
    """Let the product's pages read our answers (https://fetch.spec.whatwg.org/#http-cors-protocol)."""
    settings = context.settings
    own = {_place(settings.product_url), _place(settings.public_url)}

    @web.middleware
    async def allowed(request: web.Request, handler: Handler) -> web.StreamResponse:
        asks = request.method == hdrs.METH_OPTIONS
        response = web.Response(status=204) if asks else await handler(request)
        response.headers[hdrs.VARY] = hdrs.ORIGIN
        origin = request.headers.get(hdrs.ORIGIN, "")
        place = _place(origin)
        if place and (place in own or place in (await clicks.program()).product_hosts):
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
            response.headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = hdrs.RETRY_AFTER
            if asks:
                response.headers[hdrs.ACCESS_CONTROL_ALLOW_METHODS] = "POST"
                response.headers[hdrs.ACCESS_CONTROL_ALLOW_HEADERS] = hdrs.CONTENT_TYPE
                response.headers[hdrs.ACCESS_CONTROL_MAX_AGE] = "7200"
        return response

    return allowed


def _place(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return place_of(parts.netloc, parts.scheme) if parts.scheme in {"http", "https"} else ""


async def click(request: web.Request) -> web.Response:
    """Keep a click that a page of the product reports; 202 with its id once it is on disk.

    The body is JSON however it is called: as plain text, browsers send it without asking first.
    """
    clicks = request.app[_CLICKS]
    given = await _read_click(request)
    try:
        ref, more = _told(given)
    except InvalidError as error:
        return problem(HTTPStatus.BAD_REQUEST, str(error), error.fields)
    link = await clicks.link(ref)
    if link is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, "This ref is nobody's, or not in force.")
    if wait := clicks.flood_ends_in(request, link.ref):
        raise ProblemError(
            HTTPStatus.TOO_MANY_REQUESTS, "Too many clicks from here.", retry_after=wait
        )
    touch = clicks.touch(request, link, TRACKER, **more)
    try:
        name = await clicks.record(touch)
    except IntakeFullError as error:
        detail = "Too many clicks wait. Send this one again in a moment."
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, detail, retry_after=_SOON_S) from error
    return web.json_response({"click_id": str(name)}, status=HTTPStatus.ACCEPTED)


async def _read_click(request: web.Request) -> dict[str, Any]:
    body = await request.content.read(CLICK_MAX + 1)
    while len(body) <= CLICK_MAX and (more := await request.content.read(CLICK_MAX)):
        body += more
    if len(body) > CLICK_MAX:
        raise ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"Send at most {CLICK_MAX} bytes.")
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, "The body is not JSON.") from error
    if not isinstance(given, dict):
        raise ProblemError(HTTPStatus.BAD_REQUEST, "The body is not a JSON object.")
    return given


def _told(given: Mapping[str, Any]) -> tuple[str, dict[str, object]]:
    """The ref, and the fields of a touch. Others are let pass: a page may have an old tracker."""
    ref = text_of(given, "ref")
    if not ref:
        raise wrong("ref", "Send the ref of a link.")
    return ref, {
        "source_tag": text_of(given, "src"),
        "landing_page": page_in(given),
        "referrer_host": host_in(given),
        "utm": utm_in(given),
    }

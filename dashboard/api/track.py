"""`/api/track/…`: clicks from the product's pages, and sign-ups from its backend."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from dashboard.api import signups
from dashboard.api.contract import PUBLIC, Call, operation
from dashboard.api.fields import (
    host_in,
    network_clicks_in,
    page_in,
    text_of,
    utm_in,
    wrong,
)
from dashboard.api.problems import ProblemError, answer_problems, problem
from dashboard.api.product_views import ClickBody, ClickTaken
from dashboard.clicks import Clicks
from dashboard.context import CONTEXT, DashboardContext
from dashboard.cors import allow_product
from domain.clicks import AD_IDS, TRACKER, keyword_of, paid_by
from domain.errors import InvalidError
from storage.group_commit import NotTakenError

PREFIX: Final = "/api/track"
CLICK_MAX: Final = 8 * 1024

_SOON_S: Final = 1
_CLICKS: Final = web.AppKey("tracked_clicks", Clicks)


def add_routes(app: web.Application, context: DashboardContext) -> None:
    """Add both addresses to the server's app."""
    if context.clicks is None:
        return
    tracking = web.Application(middlewares=[allow_product(context), answer_problems])
    tracking[CONTEXT] = context
    tracking[_CLICKS] = context.clicks
    tracking.router.add_post("/click", click)
    tracking.router.add_post("/signup", signups.sign_up)
    app.add_subapp(PREFIX, tracking)


@operation(
    "Report a click",
    tag="Tracking",
    who=PUBLIC,
    status=HTTPStatus.ACCEPTED,
    reads=ClickBody,
    problems=(
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.SERVICE_UNAVAILABLE,
    ),
)
async def click(call: Call[None]) -> ClickTaken | web.Response:
    """Keep a click that a page of the product reports; 202 with its id once it is on disk.

    The body is JSON however it is called: as plain text, browsers send it without asking first.
    """
    request = call.request
    clicks = request.app[_CLICKS]
    given = await _read_click(request)
    try:
        ref, more = _told(given)
        from_networks = network_clicks_in(given)
    except InvalidError as error:
        return problem(HTTPStatus.BAD_REQUEST, str(error), error.fields)
    link = await clicks.link(ref)
    if link is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, "This ref is nobody's, or not in force.")
    if wait := clicks.flood_ends_in(request, link.ref):
        raise ProblemError(
            HTTPStatus.TOO_MANY_REQUESTS, "Too many clicks from here.", retry_after=wait
        )
    named = await clicks.network_click(from_networks)
    # The tracker's own request is a script's, whatever the page was loaded as.
    touch = clicks.touch(request, link, TRACKER, **more, fetched_as="", network_click=named[2])
    try:
        name = await clicks.record(touch)
    except NotTakenError as error:
        detail = "This click cannot be taken now. Send it again in a moment."
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, detail, retry_after=_SOON_S) from error
    return ClickTaken(click_id=name)


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
    host, utm = host_in(given), utm_in(given)
    ad = text_of(given, "ad")
    return ref, {
        "source_tag": text_of(given, "src"),
        "landing_page": page_in(given),
        "referrer_host": host,
        "utm": utm,
        "paid": ad if ad in AD_IDS else paid_by(utm, host),
        "keyword": keyword_of(utm),
    }

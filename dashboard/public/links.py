"""`/r/{ref}`: a referral link leads to the product, saying who sent the visitor."""

from functools import lru_cache
from typing import Final

import structlog
from aiohttp import hdrs, web

from dashboard.clicks import Clicks, host_of
from dashboard.context import CONTEXT, DashboardContext
from domain.clicks import REDIRECT, keyword_of, paid_by
from domain.errors import InvalidError
from domain.links import campaign, direct_link, page_of, safe_target, tidy_tag
from domain.texts import keepable
from storage.group_commit import NotTakenError

_HEADERS: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer-when-downgrade"}
_CLICKS: Final = web.AppKey("clicks", Clicks)
_log = structlog.get_logger(__name__)


def add_routes(app: web.Application, context: DashboardContext) -> None:
    """Add the address of referral links; without PRODUCT_URL there is nowhere to lead to."""
    if context.settings.product_url and context.clicks is not None:
        app[CONTEXT] = context
        app[_CLICKS] = context.clicks
        app.router.add_get("/r/{ref}", follow)


async def follow(request: web.Request) -> web.Response:
    """`?to=&src=&utm=1`: keep the click, then lead to a page of the product, with `?ref=`.

    An affiliate network's click id is kept with the click, and handed on.

    A link that is nobody's, or not in force, leads there without a click or a `ref`; a target that
    is none of the product's pages becomes its home. 429 for whoever floods one link.
    """
    context, clicks = request.app[CONTEXT], request.app[_CLICKS]
    query = request.query
    link = await clicks.link(keepable(request.match_info["ref"]))
    hosts = (await clicks.program()).product_hosts
    target = _target(query.get("to", ""), context.settings.product_url, hosts)
    if link is None:
        raise web.HTTPFound(target, headers=_HEADERS)
    if wait := clicks.flood_ends_in(request, link.ref):
        raise web.HTTPTooManyRequests(
            text="This link was followed too often from here. Try again in a minute.",
            headers={hdrs.RETRY_AFTER: str(wait)},
        )
    tag = tidy_tag(query.get("src", ""))
    name = context.settings.product_name if query.get("utm") == "1" else ""
    utm = campaign(name, link.ref, tag) if name else {}
    parameter, click_id, network_click = await clicks.network_click(query)
    came_from = host_of(request.headers.get(hdrs.REFERER, ""))
    touch = clicks.touch(
        request,
        link,
        REDIRECT,
        paid=paid_by(query, came_from),
        keyword=keyword_of(query),
        source_tag=tag,
        landing_page=page_of(target),
        utm=utm,
        referrer_host=came_from,
        network_click=network_click,
    )
    try:
        await clicks.record(touch)
    except NotTakenError as error:
        # The visitor comes first: the `ref` in the address still says who sent them.
        _log.warning("a click was not kept", reason=type(error).__name__, ref=link.ref)
    if network_click:
        # The network's own script on the page reads it there; each is another, so none is kept.
        led = direct_link(target, link.ref, tag, {**utm, parameter: click_id})
        raise web.HTTPFound(led, headers=_HEADERS)
    raise web.HTTPFound(_written(target, link.ref, tag, name), headers=_HEADERS)


@lru_cache(4096)
def _target(to: str, product_url: str, hosts: tuple[str, ...]) -> str:
    try:
        return safe_target(to, product_url, hosts)
    except InvalidError:
        return f"{product_url}/"


@lru_cache(4096)
def _written(target: str, ref: str, tag: str, product_name: str) -> str:
    utm = campaign(product_name, ref, tag) if product_name else {}
    return direct_link(target, ref, tag, utm)

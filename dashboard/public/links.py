"""`/r/{ref}`: a referral link leads to the product, saying who sent the visitor."""

from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from dashboard.context import CONTEXT, DashboardContext
from domain.texts import keepable
from storage import links

_HEADERS: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer-when-downgrade"}


def add_routes(app: web.Application, context: DashboardContext) -> None:
    """Add the address of referral links; without PRODUCT_URL there is nowhere to lead to."""
    if context.settings.product_url:
        app[CONTEXT] = context
        app.router.add_get("/r/{ref}", follow)


async def follow(request: web.Request) -> web.Response:
    """Lead to the product, with `?ref=` where the link is one of ours and in force."""
    context = request.app[CONTEXT]
    async with context.db.read() as session:
        link = await links.by_ref(session, keepable(request.match_info["ref"]).upper())
    target = f"{context.settings.product_url}/"
    if link is not None and not link.suspended:
        target += "?" + urlencode({"ref": link.ref})
    raise web.HTTPFound(target, headers=_HEADERS)

"""`/privacy`: what is kept of whom, why and how long, as the settings are now."""

from typing import Final

from aiohttp import web

from dashboard import rendering
from dashboard.context import CONTEXT, VISIT, DashboardContext
from dashboard.rendering import render
from dashboard.security import guard
from dashboard.session import know_visitor
from domain.privacy import RIGHTS, sections

PREFIX: Final = "/privacy"


def add_routes(app: web.Application, context: DashboardContext) -> None:
    """Add the page to the server's app."""
    pages = web.Application(middlewares=[guard, know_visitor])
    pages[CONTEXT] = context
    rendering.set_up(pages, home=context.settings.product_url or PREFIX)
    pages.router.add_get("", show)
    app.add_subapp(PREFIX, pages)


async def show(request: web.Request) -> web.Response:
    """The page."""
    view = {"sections": sections(request[VISIT].program), "rights": RIGHTS}
    return render(request, "privacy.html", view)

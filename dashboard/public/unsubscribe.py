"""`/unsubscribe/{topic}/{token}`: one topic's mails are ended from the mail itself.

Looking changes nothing, as programs look through people's mail and follow its links. A POST
counts from anywhere and without a session: mail programs send one (RFC 8058), and the token is
the proof. It is answered at once, without leading anywhere else, as that standard demands.
"""

from typing import Final
from uuid import UUID

from aiohttp import web

from dashboard import rendering
from dashboard.context import CONTEXT, DashboardContext
from dashboard.rendering import render
from dashboard.security import guard
from dashboard.session import know_visitor
from domain import subscriptions
from domain.audit import Actor
from domain.errors import NotFoundError
from domain.subscriptions import TOPICS
from storage import affiliates

PREFIX: Final = "/unsubscribe"
_UNKNOWN: Final = "This link is not whole. Copy all of it from the mail, or use your settings."


def add_routes(app: web.Application, context: DashboardContext) -> None:
    """Add the pages to the server's app."""
    pages = web.Application(middlewares=[guard, know_visitor])
    pages[CONTEXT] = context
    rendering.set_up(pages)
    pages.router.add_get("/{topic}/{token}", show)
    pages.router.add_post("/{topic}/{token}", end)
    pages.router.add_post("/{topic}/{token}/undo", undo)
    app.add_subapp(PREFIX, pages)


async def show(request: web.Request) -> web.Response:
    """Whether these mails come, and the button that changes it."""
    affiliate_id = await _whose(request)
    async with request.app[CONTEXT].db.read() as session:
        wanted = await subscriptions.wants(session, affiliate_id, request.match_info["topic"])
    return _page(request, wanted=wanted)


async def end(request: web.Request) -> web.Response:
    """Send no more of these mails."""
    affiliate_id = await _whose(request)
    async with request.app[CONTEXT].db.transaction() as session:
        await subscriptions.unsubscribe(
            session, affiliate_id, request.match_info["topic"], _holder(affiliate_id)
        )
    return _page(request, wanted=False)


async def undo(request: web.Request) -> web.Response:
    """Send them again."""
    affiliate_id = await _whose(request)
    async with request.app[CONTEXT].db.transaction() as session:
        await subscriptions.subscribe(
            session, affiliate_id, request.match_info["topic"], _holder(affiliate_id)
        )
    return _page(request, wanted=True, news="You get these mails again.")


async def _whose(request: web.Request) -> UUID:
    context, found = request.app[CONTEXT], request.match_info
    affiliate_id = subscriptions.read_unsubscribe_token(
        context.secret_key, found["topic"], found["token"]
    )
    async with context.db.read() as session:
        if affiliate_id is None or await affiliates.get(session, affiliate_id) is None:
            raise NotFoundError(_UNKNOWN)
    return affiliate_id


def _holder(affiliate_id: UUID) -> Actor:
    """Whoever has the mail: nobody signed in."""
    return Actor(f"affiliate:{affiliate_id}", "", "mail")


def _page(request: web.Request, *, wanted: bool, news: str = "") -> web.Response:
    topic = request.match_info["topic"]
    view = {
        "topic": TOPICS[topic][0],
        "about": TOPICS[topic][1],
        "path": f"{PREFIX}/{topic}/{request.match_info['token']}",
        "wanted": wanted,
        "news": news,
    }
    return render(request, "unsubscribe.html", view)

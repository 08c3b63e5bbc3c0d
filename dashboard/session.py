"""Who is asking: by our session cookie, or by a session at Clerk.

A session at Clerk opens one of ours, once, so that it is listed among the devices and can be
ended there. While that one lives, the Clerk token stands for it even without our cookie; when it
was ended or has run out, only a new sign-in at Clerk (or a mailed link) opens another. Signing
out at Clerk does not end our session, and a cookie of ours goes before a token of Clerk's.
"""

import secrets
from datetime import timedelta
from typing import Final

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

import clock
from dashboard import cookies, static_files
from dashboard.bearer import bearer
from dashboard.context import CONTEXT, DIRECTORY, VISIT, DashboardContext, Notice, Visit
from dashboard.devices import device_label
from domain import program, sessions
from integrations.errors import TransportError
from storage import sessions as rows

NOTE_USE_AFTER: Final = timedelta(minutes=10)
CLERK: Final = "clerk"
CLERK_COOKIE: Final = "__session"
SESSION_S: Final = sessions.SESSION_DAYS * 24 * 3600

_log = structlog.get_logger(__name__)


@web.middleware
async def know_visitor(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Fill in the request's `Visit`: the program, the session, the anchor of form tokens."""
    if request.match_info.route.name == static_files.ROUTE:
        return await handler(request)
    context, visit = request.app[CONTEXT], request[VISIT]
    token = cookies.read(request, cookies.SESSION, secure=context.secure)
    async with context.db.read() as session:
        visit.program = await program.load(session)
        if token:
            visit.session = await rows.by_token_hash(session, sessions.hashed(token))
    if visit.session is None and request.method == hdrs.METH_GET:
        await _come_from_clerk(request, context, visit)
    if visit.session is None:
        visit.anchor = cookies.read(request, cookies.VISITOR, secure=context.secure)
        if not visit.anchor:
            visit.anchor = secrets.token_urlsafe(24)
            visit.new_cookies[cookies.VISITOR] = (visit.anchor, None)
        return await handler(request)
    visit.anchor = str(visit.session.id)
    if clock.now() - visit.session.last_seen_at > NOTE_USE_AFTER:
        async with context.db.transaction() as session:
            await sessions.seen(session, visit.session.id)
    return await handler(request)


def keep_signed_in(visit: Visit, token: str) -> None:
    """Give the browser the cookie of a session that was just opened."""
    visit.new_cookies[cookies.SESSION] = (token, SESSION_S)


def browser(request: web.Request) -> str:
    """What this browser is called in the list of devices."""
    return device_label(request.headers.get(hdrs.USER_AGENT, ""))


async def _come_from_clerk(request: web.Request, context: DashboardContext, visit: Visit) -> None:
    """Sign in whom Clerk's token names; where that fails, a notice says what to do instead."""
    directory, settings = request.app.get(DIRECTORY), context.settings
    token = request.cookies.get(CLERK_COOKIE) or bearer(request)
    if directory is None or not settings.clerk_jwt_key or not token:
        return
    from integrations.clerk_session import (  # noqa: PLC0415 - Clerk's library is large
        InvalidSessionToken,
        verify_session_token,
    )

    try:
        theirs = verify_session_token(
            token, settings.clerk_jwt_key, settings.clerk_authorized_parties
        )
        async with context.db.read() as session:
            visit.session = await sessions.opened_by(session, theirs.session_id, CLERK)
            if visit.session or await sessions.was_spent(session, theirs.session_id, CLERK):
                return
        email = await directory.email_of(theirs.user_id)
    except InvalidSessionToken:
        return
    except TransportError as error:
        _log.warning("clerk_unavailable", error=str(error), permanent=error.permanent)
        sentence = "We could not check your sign-in just now. Reload, or have a link mailed."
        visit.notice = Notice("warning", sentence)
        return
    if email is None:
        sentence = "Your account has no confirmed email address yet. Have a link mailed instead."
        visit.notice = Notice("info", sentence)
        return
    async with context.db.transaction() as session:
        ours = await sessions.open_once(session, theirs.session_id, email, browser(request), CLERK)
        visit.session = await sessions.opened_by(session, theirs.session_id, CLERK)
    if ours is not None:
        keep_signed_in(visit, ours)

"""Signing in by a mailed link, and out again.

A link is used up by the button behind it and not by opening it, so that programs which look
through people's mail leave it whole.
"""

from http import HTTPStatus
from uuid import UUID

import structlog
from aiohttp import web

import clock
from dashboard import cookies
from dashboard.context import CONTEXT, VISIT, Notice
from dashboard.forms import FORM, FormView
from dashboard.limits import SIGN_IN_PER_ADDRESS, SIGN_IN_PER_CLIENT
from dashboard.pages.errors import PageError
from dashboard.rendering import render, see_other
from dashboard.session import browser, keep_signed_in
from domain import sessions
from domain.emails import email_key, parse_email
from domain.errors import InvalidError
from storage.sessions import SignInLink

_log = structlog.get_logger(__name__)
_SIGNED_OUT = {
    "this": "You are signed out.",
    "all": "You are signed out on every device.",
}


async def show(request: web.Request) -> web.Response:
    """The way in, for who is not in yet."""
    if request[VISIT].session is not None:
        return see_other("/affiliate")
    if sentence := _SIGNED_OUT.get(request.query.get("out", "")):
        request[VISIT].notice = Notice("success", sentence)
    return render(request, "sign_in.html", {"sign_in": FormView()})


async def ask(request: web.Request) -> web.Response:
    """Mail a link. The answer is the same for every address, known or not."""
    typed = request[FORM].get("email", "")
    limits = request.app[CONTEXT].limits
    await limits.spend(SIGN_IN_PER_CLIENT, request.remote or "")
    if email := parse_email(typed):
        await limits.spend(SIGN_IN_PER_ADDRESS, email_key(email))
    try:
        async with request.app[CONTEXT].db.transaction() as session:
            email = await sessions.ask_for_link(session, typed)
    except InvalidError as error:
        form = FormView({"email": typed}, error.fields)
        return render(
            request, "sign_in.html", {"sign_in": form}, status=HTTPStatus.UNPROCESSABLE_ENTITY
        )
    view = {"email": email, "minutes": sessions.LINK_MINUTES}
    return render(request, "sign_in_sent.html", view)


async def confirm(request: web.Request) -> web.Response:
    """What the mailed link opens: who they are about to be, and one button."""
    token = request.match_info["token"]
    link_id = sessions.read_sign_in_token(request.app[CONTEXT].secret_key, token)
    async with request.app[CONTEXT].db.read() as session:
        link = await session.get(SignInLink, link_id) if link_id else None
    if link is None or link.used_at is not None or link.expires_at <= clock.now():
        return _expired(request)
    return render(request, "sign_in_confirm.html", {"email": link.email, "token": token})


async def open_with_link(request: web.Request) -> web.Response:
    """Use the link up and sign this browser in; its session before that, if any, ends."""
    context, visit = request.app[CONTEXT], request[VISIT]
    link_id = sessions.read_sign_in_token(context.secret_key, request.match_info["token"])
    if link_id is None:
        _log.warning("sign_in_refused", why="made up")
        return _expired(request)
    async with context.db.transaction() as session:
        token = await sessions.open_with_link(session, link_id, browser(request))
        if token is not None and visit.session is not None:
            await sessions.revoke(session, visit.session.email, visit.session.id)
    if token is None:
        _log.warning("sign_in_refused", why="used or too late")
        return _expired(request)
    keep_signed_in(visit, token)
    return see_other("/affiliate")


async def end(request: web.Request) -> web.Response:
    """Sign out: this device, all of them, or another one of the same person by its id."""
    visit, scope = request[VISIT], request[FORM].get("scope", "this")
    if visit.session is None:
        return see_other("/affiliate/sign-in")
    here = {"this": visit.session.id, "all": None}
    try:
        which = here[scope] if scope in here else UUID(scope)
    except ValueError as error:
        raise PageError(HTTPStatus.BAD_REQUEST) from error
    async with request.app[CONTEXT].db.transaction() as session:
        await sessions.revoke(session, visit.session.email, which)
    if scope not in here and which != visit.session.id:
        return see_other("/affiliate/dashboard#sessions-title")
    visit.new_cookies[cookies.SESSION] = ("", None)
    return see_other(f"/affiliate/sign-in?out={'all' if scope == 'all' else 'this'}")


def _expired(request: web.Request) -> web.Response:
    """Say so, unless they are in anyway: people open their mail's link again to get back."""
    if request[VISIT].session is not None:
        return see_other("/affiliate")
    view = {"minutes": sessions.LINK_MINUTES, "sign_in": FormView()}
    return render(request, "sign_in_expired.html", view, status=HTTPStatus.GONE)

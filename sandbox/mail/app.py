"""Resend's API as far as it is used, and a mailbox to read what was sent."""

import hmac
import re
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from sandbox.mail.mailbox import Mailbox, RefusalError
from sandbox.pages import render

MAILBOX: Final = web.AppKey("mailbox", Mailbox)
MAX_BODY: Final = 4 * 1024 * 1024

_FRAME: Final = (
    "allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"
)
"""What a mail may do: be clicked on. No scripts, no forms, no cookies of ours."""
_LETTER_CSP: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    f"form-action 'none'; frame-ancestors 'self'; sandbox {_FRAME}"
)
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)
_TO_THE_TOP: Final = '<base target="_top">'


def mail_app(mailbox: Mailbox) -> web.Application:
    """The stand-in, to be mounted at `/sandbox/mail/`, which is then RESEND_API_URL too."""
    app = web.Application(client_max_size=MAX_BODY)
    app[MAILBOX] = mailbox
    app.router.add_post("/emails", _api(_send))
    app.router.add_get("/domains", _api(_domains))
    app.router.add_get("/", _list)
    app.router.add_get("/letters/{id}", _letter)
    app.router.add_get("/letters/{id}/html", _letter_html)
    return app


def _api(handler: Any) -> Any:
    """Put the request log, the ordered faults and the key before a handler of the API."""

    async def checked(request: web.Request) -> web.StreamResponse:
        try:
            _authenticate(request)
            answer: web.StreamResponse = await handler(request)
        except RefusalError as refusal:
            return web.json_response(refusal.body, status=refusal.status)
        return answer

    async def watched(request: web.Request) -> web.StreamResponse:
        return await request.app[MAILBOX].traffic.watch(request, checked)

    return watched


def _authenticate(request: web.Request) -> None:
    given = request.headers.get("Authorization")
    if given is None:
        raise RefusalError(
            HTTPStatus.UNAUTHORIZED, "missing_api_key", "Missing API key in the request."
        )
    expected = f"Bearer {request.app[MAILBOX].api_key}".encode()
    if not hmac.compare_digest(given.encode(errors="surrogateescape"), expected):
        raise RefusalError(HTTPStatus.FORBIDDEN, "invalid_api_key", "API key is invalid.")


async def _send(request: web.Request) -> web.Response:
    try:
        body = await request.json()
    except ValueError:
        body = None
    key = request.headers.get("Idempotency-Key")
    return web.json_response({"id": request.app[MAILBOX].take(body, key)})


async def _domains(_request: web.Request) -> web.Response:
    return web.json_response({"object": "list", "has_more": False, "data": []})


async def _list(request: web.Request) -> web.Response:
    return render(request, "mailbox.html", {"letters": request.app[MAILBOX].letters})


def _found(request: web.Request) -> dict[str, Any]:
    letter = request.app[MAILBOX].letter(request.match_info["id"])
    if letter is None:
        raise web.HTTPNotFound(text="There is no such mail.")
    return letter


async def _letter(request: web.Request) -> web.Response:
    letter = _found(request)
    as_text = not letter["html"] or request.query.get("view") == "text"
    context = {"letter": letter, "as_text": as_text, "frame": _FRAME}
    return render(request, "letter.html", context)


async def _letter_html(request: web.Request) -> web.Response:
    """The mail's own HTML. Its links open in the whole window, not in the frame around it."""
    html = _found(request)["html"]
    html, placed = _HEAD.subn(lambda head: head[0] + _TO_THE_TOP, html, count=1)
    return web.Response(
        text=html if placed else f"<!doctype html>{_TO_THE_TOP}{html}",
        content_type="text/html",
        headers={
            "Content-Security-Policy": _LETTER_CSP,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        },
    )

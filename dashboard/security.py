"""What stands around every page: headers, error pages, and forms that are really ours."""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

import logs
from dashboard import cookies
from dashboard.context import CONTEXT, VISIT, Visit
from dashboard.csrf import FIELD, is_from_elsewhere, is_own_form
from dashboard.forms import FORM, read_form
from dashboard.pages.errors import STALE_FORM, PageError, error_page
from dashboard.uploads import MULTIPART, NO_UPLOADS, UPLOAD_MAX, UPLOADS, read_upload_form
from storage.ids import new_id

CSP: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Content-Security-Policy": CSP,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        # Not `no-referrer`: with that a browser hides the origin of our own forms from us too.
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": (
            "browsing-topics=(), camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        ),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
)
HSTS: Final = "max-age=31536000"


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Whatever happens inside, answer with a page of ours under strict headers."""
    request[VISIT] = visit = Visit()
    context = request.app[CONTEXT]
    with logs.working_for(logs.request_id() or new_id().hex):
        try:
            response = await handler(request)
        except Exception as error:  # noqa: BLE001 - the visitor gets a page, whatever it was
            response = error_page(request, error)
    for noun, (value, max_age) in visit.new_cookies.items():
        cookies.put(response, noun, value, max_age, secure=context.secure)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    # Pages hold form tokens, and most hold what belongs to one person.
    response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")
    if context.secure:
        response.headers["Strict-Transport-Security"] = HSTS
    return response


@web.middleware
async def own_forms_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Read the form of a POST into `request[FORM]`, if this visitor got it from us.

    Raises `PageError`: 403 for a form of another site, 419 for one whose token is not theirs.
    """
    if request.method != hdrs.METH_POST:
        return await handler(request)
    context = request.app[CONTEXT]
    if is_from_elsewhere(request, context.settings.public_url):
        raise PageError(HTTPStatus.FORBIDDEN, "This form was sent from another site.")
    most = request.app.get(UPLOAD_MAX, NO_UPLOADS).get(request.path, 0)
    if most and request.content_type == MULTIPART:
        form, request[UPLOADS] = await read_upload_form(request, most)
    else:
        form = await read_form(request)
    if not is_own_form(context.secret_key, request[VISIT].anchor, form.get(FIELD, "")):
        raise PageError(STALE_FORM)
    request[FORM] = form
    return await handler(request)

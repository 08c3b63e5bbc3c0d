"""Who may use the admin API: whoever holds ADMIN_API_TOKEN."""

import hmac
from http import HTTPStatus
from typing import Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from dashboard.api.problems import ProblemError, problem
from dashboard.bearer import bearer
from dashboard.context import CONTEXT
from domain.audit import Actor

API: Final = Actor("api", "", "api")
"""Whoever holds the token, in the audit log."""


@web.middleware
async def admins_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let the holder of the token in; without a token set there is no admin API at all.

    The challenge is that of https://www.rfc-editor.org/rfc/rfc6750#section-3.
    """
    expected = request.app[CONTEXT].settings.admin_api_token
    if expected is None or not expected.get_secret_value():
        raise ProblemError(
            HTTPStatus.NOT_FOUND, "The admin API is off: ADMIN_API_TOKEN is not set."
        )
    given = bearer(request).encode(errors="surrogateescape")
    if not hmac.compare_digest(given, expected.get_secret_value().encode()):
        detail = "Send the admin token: Authorization: Bearer ADMIN_API_TOKEN."
        answer = problem(HTTPStatus.UNAUTHORIZED, detail)
        wrong = ', error="invalid_token"' if given else ""
        answer.headers[hdrs.WWW_AUTHENTICATE] = f'Bearer realm="affiliate-desk"{wrong}'
        return answer
    return await handler(request)

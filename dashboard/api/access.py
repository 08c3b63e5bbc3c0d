"""Who may use the admin API: whoever holds ADMIN_API_TOKEN."""

import hmac
from http import HTTPStatus
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from dashboard.api.contract import Proof, Who
from dashboard.api.problems import ProblemError
from dashboard.bearer import bearer
from dashboard.context import CONTEXT
from domain.audit import Actor

API: Final = Actor("api", "", "api")
"""Whoever holds the token, in the audit log."""

OPERATOR: Final = Proof(
    "operatorToken",
    {"type": "http", "scheme": "bearer", "description": "ADMIN_API_TOKEN."},
)


@web.middleware
async def admins_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let the holder of the token in; without a token set there is no admin API at all."""
    require_admin(request)
    return await handler(request)


def require_admin(request: web.Request) -> None:
    """Raise `ProblemError` 401 for anybody but the holder of the token, 404 where none is set.

    The challenge is that of https://www.rfc-editor.org/rfc/rfc6750#section-3.
    """
    if not _token(request):
        raise ProblemError(
            HTTPStatus.NOT_FOUND, "The admin API is off: ADMIN_API_TOKEN is not set."
        )
    if not is_admin(request):
        wrong = ', error="invalid_token"' if bearer(request) else ""
        raise ProblemError(
            HTTPStatus.UNAUTHORIZED,
            "Send the admin token: Authorization: Bearer ADMIN_API_TOKEN.",
            challenge=f'Bearer realm="affiliate-desk"{wrong}',
        )


def is_admin(request: web.Request) -> bool:
    """Whether a request carries the admin token."""
    expected, given = _token(request), bearer(request).encode(errors="surrogateescape")
    return bool(expected) and hmac.compare_digest(given, expected)


async def _admit(request: web.Request) -> Actor:
    require_admin(request)
    return API


ADMIN: Final = Who(_admit, proofs=(OPERATOR,))
"""Whoever holds the token."""


def _token(request: web.Request) -> bytes:
    """ADMIN_API_TOKEN; empty where it is not set."""
    expected = request.app[CONTEXT].settings.admin_api_token
    return expected.get_secret_value().encode() if expected else b""

"""Who holds ADMIN_API_TOKEN, which may do everything; `operators.py` knows the other tokens."""

import hmac
from http import HTTPStatus
from typing import Final

from aiohttp import web

from dashboard.api.contract import Proof
from dashboard.api.problems import ProblemError
from dashboard.bearer import bearer
from dashboard.context import CONTEXT
from domain.audit import Actor

API: Final = Actor("api", "", "api")
"""Whoever holds the token, in the audit log."""
REALM: Final = 'Bearer realm="affiliate-desk"'

OPERATOR: Final = Proof(
    "operatorToken",
    {"type": "http", "scheme": "bearer", "description": "ADMIN_API_TOKEN or adop_…"},
)


def refusal(request: web.Request) -> ProblemError:
    """What is said to who brings no token: 401, and 404 where ADMIN_API_TOKEN is not set.

    The challenge is that of https://www.rfc-editor.org/rfc/rfc6750#section-3.
    """
    if not _token(request):
        detail = "Without a token there is no admin API here: ADMIN_API_TOKEN is not set."
        return ProblemError(HTTPStatus.NOT_FOUND, detail)
    wrong = ', error="invalid_token"' if bearer(request) else ""
    return ProblemError(
        HTTPStatus.UNAUTHORIZED,
        "Send a token: Authorization: Bearer ADMIN_API_TOKEN, or that of an operator.",
        challenge=f"{REALM}{wrong}",
    )


def is_admin(request: web.Request) -> bool:
    """Whether a request carries the admin token."""
    expected, given = _token(request), bearer(request).encode(errors="surrogateescape")
    return bool(expected) and hmac.compare_digest(given, expected)


def _token(request: web.Request) -> bytes:
    """ADMIN_API_TOKEN; empty where it is not set."""
    expected = request.app[CONTEXT].settings.admin_api_token
    return expected.get_secret_value().encode() if expected else b""

"""Who may use the affiliates' part of the API: an approved affiliate, by their own session."""

from http import HTTPStatus
from typing import Final

from aiohttp import web

from dashboard import cookies
from dashboard.api.access import OPERATOR
from dashboard.api.contract import Proof, Who
from dashboard.api.operators import carries_token, operator
from dashboard.api.problems import ProblemError
from dashboard.context import CONTEXT
from dashboard.standing import Member, known_here
from domain import sessions
from domain.statuses import Status
from storage import sessions as rows

CHALLENGE: Final = 'Cookie realm="affiliate-desk"'


async def member_of(request: web.Request) -> Member:
    """Who asks. Raises `ProblemError` 401 without a session, and 403 for anybody not approved.

    The dashboard's cookie is all that counts: it is what browsers send from our own pages.
    """
    context = request.app[CONTEXT]
    token = cookies.read(request, cookies.SESSION, secure=context.secure)
    async with context.db.read() as session:
        owner = await rows.by_token_hash(session, sessions.hashed(token)) if token else None
    if owner is None:
        detail = f"Sign in at {context.settings.public_url}/affiliate first."
        raise ProblemError(HTTPStatus.UNAUTHORIZED, detail, challenge=CHALLENGE)
    standing = await known_here(request, owner)
    if standing.affiliate is None or standing.status is not Status.APPROVED:
        raise ProblemError(HTTPStatus.FORBIDDEN, "Only approved affiliates can see this.")
    return Member(standing.affiliate, owner)


SESSION: Final = Proof(
    "affiliateSession",
    {
        "type": "apiKey",
        "in": "cookie",
        "name": "desk_session",
        "description": "The dashboard's own cookie of a signed-in affiliate.",
    },
)
_PROBLEMS: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
MEMBER: Final = Who(member_of, (SESSION,), problems=_PROBLEMS)
"""Approved affiliates, signed in."""


def operator_or_member(scope: str) -> Who[Member | None]:
    """Approved affiliates, signed in; or operators' programs with a scope, which are None."""
    program = operator(scope)

    async def admit(request: web.Request) -> Member | None:
        if not carries_token(request):
            return await member_of(request)
        await program.admit(request)
        return None

    return Who(admit, (SESSION, OPERATOR), (scope,), _PROBLEMS)

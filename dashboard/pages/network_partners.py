"""`/affiliate/invited/{token}`: a partner of a network opens the invitation that we mailed them."""

from datetime import timedelta
from http import HTTPStatus
from typing import Final
from uuid import UUID

from aiohttp import web

from dashboard import cookies
from dashboard.context import CONTEXT, VISIT
from dashboard.pages.errors import PageError
from dashboard.rendering import see_other
from domain import network_partners

_KEPT: Final = timedelta(days=30)


async def open_invitation(request: web.Request) -> web.Response:
    """Remember whose invitation it is, and lead on to the program's first page.

    Opening it again, or as somebody else, changes nothing: an operator decides on what is sent.
    """
    token = request.match_info["token"]
    if network_partners.read_token(request.app[CONTEXT].secret_key, token) is None:
        raise PageError(
            HTTPStatus.NOT_FOUND,
            "This invitation cannot be read. Open the link as it stands in the mail, or just "
            "apply: we know you by your address.",
        )
    request[VISIT].new_cookies[cookies.INVITATION] = (token, int(_KEPT.total_seconds()))
    return see_other("/affiliate")


def invitation_of(request: web.Request) -> UUID | None:
    """Whose invitation this visitor opened; None where none was."""
    context = request.app[CONTEXT]
    value = cookies.read(request, cookies.INVITATION, secure=context.secure)
    return network_partners.read_token(context.secret_key, value) if value else None

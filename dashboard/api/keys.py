"""Who asks by an API key: an approved affiliate's own program, as far as the key's scopes go."""

from http import HTTPStatus
from typing import Final

from aiohttp import web

import clock
from dashboard.api.problems import ProblemError
from dashboard.bearer import bearer
from dashboard.context import CONTEXT
from domain import api_keys
from domain.api_keys import Scope
from domain.statuses import Status
from storage.affiliates import Affiliate

_CHALLENGE: Final = 'Bearer realm="affiliate-desk"'
_PAUSED: Final = "Your account is paused. Your keys work again once it is restored."
_CLOSED: Final = "Your account was closed, and your keys with it."


async def affiliate_of(request: web.Request, scope: Scope) -> Affiliate:
    """Whose key came as `Authorization: Bearer ad_live_…`, if it may read `scope`.

    Raises `ProblemError`: 401 without a key that works, 403 where the affiliate is not approved or
    the key lacks the scope. Challenges are those of
    https://www.rfc-editor.org/rfc/rfc6750#section-3.
    """
    db, text = request.app[CONTEXT].db, bearer(request)
    async with db.read() as session:
        found = await api_keys.owner(session, text) if text else None
    if found is None:
        here = f"{request.app[CONTEXT].settings.public_url}/affiliate/dashboard/api-keys"
        raise ProblemError(
            HTTPStatus.UNAUTHORIZED,
            "This key does not work: it is mistyped, was revoked, or was rotated and has run out. "
            f"Your keys are at {here}."
            if text
            else f"Send an API key: Authorization: Bearer {api_keys.KIND}… Make one at {here}.",
            challenge=f'{_CHALLENGE}, error="invalid_token"' if text else _CHALLENGE,
        )
    affiliate, key = found
    if affiliate.status != Status.APPROVED:
        detail = _PAUSED if affiliate.status == Status.PAUSED else _CLOSED
        raise ProblemError(HTTPStatus.FORBIDDEN, detail)
    if scope not in key.scopes:
        raise ProblemError(
            HTTPStatus.FORBIDDEN,
            f"This key may not read this: it lacks the scope {scope}. Make one that has it.",
            challenge=f'{_CHALLENGE}, error="insufficient_scope", scope="{scope}"',
        )
    if not api_keys.is_noted(key, clock.now()):
        async with db.transaction() as session:
            await api_keys.note_use(session, key.id)
    return affiliate

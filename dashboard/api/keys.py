"""Who asks by an API key: an approved affiliate's own program, as far as the key's scopes go.

    @operation("Read your stats", tag="Stats", who=reads(Scope.STATS))
    async def show(call: Call[Affiliate]) -> StatsView: ...

Each request is counted, and each answer says how many are left: in the fields of
https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ and in those of its first
drafts, which more clients know.
"""

from functools import partial
from http import HTTPStatus
from typing import Final

from aiohttp import web
from limits import RateLimitItem

import clock
from dashboard.api.contract import Proof, Who
from dashboard.api.problems import HEADERS, ProblemError
from dashboard.bearer import bearer
from dashboard.context import CONTEXT
from dashboard.limits import REQUESTS_PER_AFFILIATE
from dashboard.quotas import Quota
from domain import api_keys
from domain.api_keys import Scope
from domain.statuses import Status
from storage.affiliates import Affiliate

KEY: Final = Proof(
    "affiliateKey",
    {
        "type": "http",
        "scheme": "bearer",
        "description": f"An API key of an affiliate, which begins with {api_keys.KIND}.",
    },
)
_CHALLENGE: Final = 'Bearer realm="affiliate-desk"'
_PAUSED: Final = "Your account is paused. Your keys work again once it is restored."
_CLOSED: Final = "Your account was closed, and your keys with it."
_POLICY: Final = "affiliate"
_LEFT: Final = {
    "RateLimit-Policy": "How many requests an affiliate has (q) in how many seconds (w).",
    "RateLimit": "How many are left (r), and after how many seconds the next comes back (t).",
    "RateLimit-Limit": "How many requests an affiliate has.",
    "RateLimit-Remaining": "How many are left.",
    "RateLimit-Reset": "After how many seconds the next comes back.",
}


def reads(scope: Scope) -> Who[Affiliate]:
    """Affiliates, by a key that may read this."""
    return Who(
        partial(affiliate_of, scope=scope),
        proofs=(KEY,),
        scopes=(str(scope),),
        problems=(
            HTTPStatus.UNAUTHORIZED,
            HTTPStatus.FORBIDDEN,
            HTTPStatus.TOO_MANY_REQUESTS,
        ),
        headers=_LEFT,
    )


async def affiliate_of(request: web.Request, scope: Scope) -> Affiliate:
    """Whose key came as `Authorization: Bearer ad_live_…`, if it may read `scope`.

    Raises `ProblemError`: 401 without a key that works, 429 for too many requests, 403 where the
    affiliate is not approved or the key lacks the scope. Challenges are those of
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
    await _count(request, affiliate)
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


async def _count(request: web.Request, affiliate: Affiliate) -> None:
    """All keys of an affiliate together have one limit."""
    item = REQUESTS_PER_AFFILIATE
    quota = await request.app[CONTEXT].limits.quota(item, str(affiliate.id))
    request[HEADERS] = _left(item, quota)
    if not quota.allowed:
        raise ProblemError(
            HTTPStatus.TOO_MANY_REQUESTS,
            f"This was more than {item.amount} requests in an hour. "
            f"Ask again in {quota.reset_s} seconds.",
            retry_after=quota.reset_s,
            reason="quota_exceeded",
        )


def _left(item: RateLimitItem, quota: Quota) -> dict[str, str]:
    return {
        "RateLimit-Policy": f'"{_POLICY}";q={item.amount};w={item.get_expiry()}',
        "RateLimit": f'"{_POLICY}";r={quota.remaining};t={quota.reset_s}',
        "RateLimit-Limit": str(item.amount),
        "RateLimit-Remaining": str(quota.remaining),
        "RateLimit-Reset": str(quota.reset_s),
    }

"""`/api/affiliate/v1/referrals`: the customers whom an affiliate brought, none by name."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from dashboard.api.contract import Answer, Call, operation
from dashboard.api.keys import reads
from dashboard.api.moments import Moment
from dashboard.api.taking import Told
from dashboard.api.v1.stretches import ABOVE, Listing, NextCursor, headers_of
from domain.api_keys import Scope
from domain.statements import masked
from storage import referrals
from storage.affiliates import Affiliate
from storage.pages import Place
from storage.referrals import Referral
from storage.rollups import origin_of


class ReferralView(Told):
    """A customer. Texts are empty where nothing is known, moments null where nothing happened."""

    id: UUID
    customer: Annotated[
        str | None,
        Field(description="Tells customers apart, and no more; null before they are one."),
    ]
    status: Annotated[str, Field(description="That of their subscription, such as `active`.")]
    plan: str
    converted: Annotated[
        bool, Field(description="Whether they paid, and something of it was not refunded.")
    ]
    attributed_by: Annotated[str, Field(description="Such as `promo_code` or `link`.")]
    source_tag: Annotated[str, Field(description="That of your link by which they came.")]
    landing_page: str
    signed_up_at: Moment | None
    converted_at: Annotated[Moment | None, Field(description="When they first paid.")]
    canceled_at: Moment | None
    created_at: Annotated[Moment, Field(description="When they became your referral.")]


class ReferralList(Told):
    """A page of referrals, the newest first."""

    data: list[ReferralView]
    next_cursor: NextCursor


@operation(
    "List your referrals",
    tag="Affiliates' own figures",
    who=reads(Scope.REFERRALS),
    headers=ABOVE,
    etag=True,
)
async def index(call: Call[Affiliate], query: Listing) -> Answer[ReferralList]:
    """The customers whom you brought, the newest first; `from` and `to` go by `created_at`.

    Who they are stays with the product: `customer` is the same for one customer everywhere.
    """
    affiliate = call.caller
    async with call.db.read() as session:
        found = await referrals.of_affiliate(session, affiliate.id, query.stretch)
    rows, cursor = query.cut(found, lambda row: Place(row.created_at, row.id))
    body = ReferralList(data=[_shown(row, affiliate) for row in rows], next_cursor=cursor)
    return Answer(body, headers_of(call, cursor))


def _shown(referral: Referral, affiliate: Affiliate) -> ReferralView:
    # By whose link else they came is that one's own.
    origin = origin_of(referral, affiliate.id)
    return ReferralView(
        id=referral.id,
        customer=masked(referral.customer_id) if referral.customer_id else None,
        status=referral.status,
        plan=referral.plan,
        converted=referral.counted,
        attributed_by=referral.attributed_by,
        source_tag=origin.source_tag,
        landing_page=origin.landing_page,
        signed_up_at=referral.signed_up_at,
        converted_at=referral.converted_at,
        canceled_at=referral.canceled_at,
        created_at=referral.created_at,
    )

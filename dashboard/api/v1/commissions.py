"""`/api/affiliate/v1/commissions`: what each sale brought an affiliate, with the sum behind it."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

import clock
from dashboard.api.contract import Answer, Call, operation
from dashboard.api.keys import reads
from dashboard.api.moments import Moment
from dashboard.api.taking import Told
from dashboard.api.v1.stretches import ABOVE, Listing, NextCursor, headers_of
from domain.api_keys import Scope
from domain.commissions import Standing, arithmetic, standing
from domain.statements import masked
from storage import commissions
from storage.affiliates import Affiliate
from storage.commissions import Commission
from storage.pages import Place
from storage.sales import Sale


class Part(Told):
    """A part of a sum, signed, in minor units."""

    name: Literal["collected", "tax", "fee", "refunded", "disputed"]
    amount: int


class Arithmetic(Told):
    """How the amount comes about: `rate_bp` (basis points) of `base`, to which the parts add up.

    `base` is never below 0. `of` says whether the payment fee was taken off: `net` or `gross`.
    """

    of: Literal["net", "gross"]
    parts: list[Part]
    base: int
    rate_bp: int
    amount: int


class CommissionView(Told):
    """A commission. `amount` is what is left of it now, in minor units of `currency`."""

    id: UUID
    referral_id: Annotated[UUID | None, Field(description="Whose payment it was.")]
    customer: Annotated[str, Field(description="The same as in your referrals.")]
    amount: int
    currency: str
    status: Annotated[
        Standing,
        Field(description="Whether it is on hold; once available it is part of your balance."),
    ]
    available_at: Annotated[Moment, Field(description="When the hold ends.")]
    attributed_by: Annotated[str, Field(description="Such as `promo_code` or `link`.")]
    cycle: Annotated[int, Field(description="Which of the customer's payments it was, from 1.")]
    plan: str
    paid_at: Annotated[Moment, Field(description="When the customer paid.")]
    arithmetic: Arithmetic
    created_at: Annotated[Moment, Field(description="When it was credited to you.")]
    updated_at: Annotated[Moment, Field(description="When its amount changed last.")]


class CommissionList(Told):
    """A page of commissions, the newest first."""

    data: list[CommissionView]
    next_cursor: NextCursor


@operation(
    "List your commissions",
    tag="Affiliates' own figures",
    who=reads(Scope.COMMISSIONS),
    headers=ABOVE,
    etag=True,
)
async def index(call: Call[Affiliate], query: Listing) -> Answer[CommissionList]:
    """What each sale brought you, the newest first; `from` and `to` go by `created_at`.

    A refund changes the `amount` of the commission that it takes back. What you earn from sales of
    those whom you recruited is no commission of yours: see your earnings.
    """
    async with call.db.read() as session:
        found = await commissions.history(session, call.caller.id, query.stretch)
    rows, cursor = query.cut(found, lambda row: Place(row[0].created_at, row[0].id))
    body = CommissionList(data=[_shown(*row) for row in rows], next_cursor=cursor)
    return Answer(body, headers_of(call, cursor))


def _shown(commission: Commission, sale: Sale, referral_id: UUID | None) -> CommissionView:
    summed = arithmetic(sale, commission.base, commission.rate_bp)
    return CommissionView.model_validate(
        {
            "id": commission.id,
            "referral_id": referral_id,
            "customer": masked(sale.customer_id),
            "amount": commission.amount_cents,
            "currency": commission.currency,
            "status": standing(commission, clock.now()),
            "available_at": commission.available_at,
            "attributed_by": commission.attributed_by,
            "cycle": commission.cycle,
            "plan": sale.plan,
            "paid_at": sale.paid_at,
            "arithmetic": {
                "of": commission.base,
                "parts": [{"name": name, "amount": amount} for name, amount in summed.parts],
                "base": summed.base,
                "rate_bp": summed.rate_bp,
                "amount": summed.amount,
            },
            "created_at": commission.created_at,
            "updated_at": commission.updated_at,
        }
    )

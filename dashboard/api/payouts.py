"""`/api/admin/payouts`: what affiliates ask to be paid, and what finance decides."""

from typing import Annotated, ClassVar, Final, Literal
from uuid import UUID

from pydantic import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from dashboard.api.affiliates import AffiliateView, view_of
from dashboard.api.affiliates import Named as NamedAffiliate
from dashboard.api.contract import CONFLICT, Answer, Call, operation
from dashboard.api.idempotency import Write, once, writing
from dashboard.api.operators import Operator, operator
from dashboard.api.paging import Paging
from dashboard.api.payout_views import PayoutList, PayoutView, payout_row, payout_view
from dashboard.api.taking import Taken
from domain import affiliates, payout_methods, payout_views, payouts
from domain.errors import InvalidError, NotFoundError
from domain.texts import REASON_MAX
from storage import affiliates as people
from storage import payouts as rows
from storage.affiliates import Affiliate

_TAG: Final = "Payouts"
OPEN: Final = "open"


class Named(Taken):
    """A payout, by its id."""

    missing: ClassVar[str] = "There is no such payout."

    id: UUID


class Wanted(Paging):
    """Which payouts; `open` are those that wait for somebody, requested or approved."""

    refused: ClassVar[str] = "This list cannot be shown."

    status: Literal["", "open", "requested", "approved", "paid", "rejected", "failed"] = ""
    affiliate: Annotated[
        str, Field(description="Whose: an id, a public id or a promo code.", max_length=100)
    ] = ""


class Rejection(Taken):
    """Why; it is mailed to the affiliate."""

    refused: ClassVar[str] = "This payout cannot be rejected."

    reason: Annotated[str, Field(max_length=REASON_MAX)]


class Payment(Taken):
    """How to find the payment: its number, or a link to it. The affiliate is mailed it."""

    refused: ClassVar[str] = "This payout cannot be marked paid."

    reference: Annotated[str, Field(max_length=payouts.REFERENCE_MAX)]


class Account(Taken):
    """A connected account at Stripe: `acct_` and letters and digits."""

    refused: ClassVar[str] = "This account cannot be used."

    account: Annotated[str, Field(max_length=100)]


@operation("List payouts", tag=_TAG, who=operator("payouts:read"))
async def index(call: Call[Operator], query: Wanted) -> PayoutList:
    """The newest first; `status=open` are those that somebody has to decide on or to pay."""
    statuses = rows.OPEN if query.status == OPEN else (query.status,) if query.status else ()
    async with call.db.read() as session:
        whose = await _whose(session, query.affiliate) if query.affiliate else None
        found = await rows.page(
            session,
            before=query.before,
            limit=query.to_fetch,
            statuses=statuses,
            affiliate_id=whose.id if whose else None,
        )
        owners = await people.by_ids(session, {each.affiliate_user_id for each in found})
    shown, cursor = query.cut(found)
    data = [payout_row(each, owners[each.affiliate_user_id]) for each in shown]
    return PayoutList(data=data, next_cursor=cursor)


@operation("Show a payout", tag=_TAG, who=operator("payouts:read"))
async def show(call: Call[Operator], path: Named) -> PayoutView:
    """One payout, with what one needs to decide."""
    async with call.db.read() as session:
        return payout_view(await payout_views.view(session, path.id))


@operation(
    "Approve a payout",
    tag=_TAG,
    who=operator("payouts:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def approve(call: Call[Operator], path: Named) -> Answer[PayoutView]:
    """Approve, or be the first of the two who have to: the status is `requested` until then.

    A token is its operator: 409 if they approved already, in Slack or by another token. The last
    approval sends a transfer on its way; what is paid by hand then waits to be marked paid.
    """
    async with writing(call) as write:
        await payouts.approve(write.session, path.id, call.caller.actor)
        return await _told(write, path.id)


@operation(
    "Reject a payout",
    tag=_TAG,
    who=operator("payouts:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def reject(call: Call[Operator], path: Named, body: Rejection) -> Answer[PayoutView]:
    """Turn it down: the amount is back in the balance, and the reason is mailed."""
    async with writing(call) as write:
        await payouts.reject(write.session, path.id, body.reason, call.caller.actor)
        return await _told(write, path.id)


@operation(
    "Mark a payout paid",
    tag=_TAG,
    who=operator("payouts:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def mark_paid(call: Call[Operator], path: Named, body: Payment) -> Answer[PayoutView]:
    """Write down that an approved payout was paid by hand. A transfer marks its own."""
    async with writing(call) as write:
        await payouts.mark_paid(write.session, path.id, body.reference, call.caller.actor)
        return await _told(write, path.id)


@operation(
    "Connect an affiliate's Stripe account", tag=_TAG, who=operator("payouts:write"), key="optional"
)
@once
async def connect(
    call: Call[Operator], path: NamedAffiliate, body: Account
) -> Answer[AffiliateView]:
    """Pay this affiliate by transfer to that account, from the next payout on."""
    async with writing(call) as write:
        found = await affiliates.look_up(write.session, path.id)
        await payout_methods.connect(write.session, found.id, body.account, call.caller.actor)
        return write.told(await view_of(write.session, found))


async def _whose(session: AsyncSession, name: str) -> Affiliate:
    """Who is named in a query. Raises `InvalidError`."""
    try:
        return await affiliates.look_up(session, name)
    except NotFoundError as error:
        raise InvalidError(Wanted.refused, {"affiliate": str(error)}) from None


async def _told(write: Write, payout_id: UUID) -> Answer[PayoutView]:
    return write.told(payout_view(await payout_views.view(write.session, payout_id)))

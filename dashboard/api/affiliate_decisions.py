"""`/api/admin/affiliates/{id}/…`: what operators decide about an affiliate."""

from collections.abc import Awaitable, Callable
from typing import Annotated, ClassVar, Final
from uuid import UUID

from pydantic import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from dashboard.api.affiliates import AffiliateView, Named, view_of
from dashboard.api.contract import CONFLICT, Answer, Call, operation
from dashboard.api.idempotency import once, writing
from dashboard.api.operators import Operator, operator
from dashboard.api.taking import Taken
from domain import affiliates, compliance, rates, recruits, tier_moves
from domain.errors import InvalidError, NotFoundError
from domain.rates import WHOLE_BP
from domain.recruits import REF_MAX
from domain.statuses import Status
from domain.texts import REASON_MAX

_TAG: Final = "Affiliates"

Deed = Callable[[AsyncSession, UUID], Awaitable[object]]


class Reason(Taken):
    """Why; it is mailed to the affiliate."""

    refused: ClassVar[str] = "This cannot be done so."

    reason: Annotated[str, Field(max_length=REASON_MAX)]


class Rate(Taken):
    """A rate of their own in basis points; null takes it away."""

    refused: ClassVar[str] = "This rate cannot be set."

    rate_bp: Annotated[int | None, Field(ge=0, le=WHOLE_BP)]


class TierChoice(Taken):
    """The tier that they are in from now on; null is none.

    With `follow_referrals` their referrals decide again, and no tier is to be named.
    """

    refused: ClassVar[str] = "This tier cannot be given."

    tier_id: UUID | None = None
    follow_referrals: bool = False


class RecruiterChoice(Taken):
    """Who recruited them, by promo code, public id or id; null is nobody."""

    refused: ClassVar[str] = "This recruiter cannot be set."

    recruiter: Annotated[str | None, Field(max_length=REF_MAX)]


class Bidding(Taken):
    """Whether they may place ads on the brand's name."""

    refused: ClassVar[str] = "This cannot be set so."

    allowed: bool


@operation(
    "Pause an affiliate",
    tag=_TAG,
    who=operator("affiliates:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def pause(call: Call[Operator], path: Named, body: Reason) -> Answer[AffiliateView]:
    """Their code gives no discount, and payouts wait; a mail tells them why."""
    return await _change_status(call, path, Status.PAUSED, body.reason)


@operation(
    "Restore an affiliate",
    tag=_TAG,
    who=operator("affiliates:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def restore(call: Call[Operator], path: Named) -> Answer[AffiliateView]:
    """After a pause or a suspension: code and link count again, and a mail tells them."""
    return await _change_status(call, path, Status.APPROVED, "")


@operation(
    "Terminate an affiliate",
    tag=_TAG,
    who=operator("affiliates:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def terminate(call: Call[Operator], path: Named, body: Reason) -> Answer[AffiliateView]:
    """For good: `Ban` in Slack. A mail tells them why."""
    return await _change_status(call, path, Status.TERMINATED, body.reason)


@operation(
    "Set the rate of an affiliate",
    tag=_TAG,
    who=operator("affiliates:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def set_rate(call: Call[Operator], path: Named, body: Rate) -> Answer[AffiliateView]:
    """For sales that are first seen from now on; it goes before the tier's and the program's."""

    async def deed(session: AsyncSession, affiliate_id: UUID) -> None:
        await rates.give(session, affiliate_id, body.rate_bp, call.caller.actor)

    return await _do(call, path, deed)


@operation(
    "Set the tier of an affiliate",
    tag=_TAG,
    who=operator("affiliates:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def set_tier(call: Call[Operator], path: Named, body: TierChoice) -> Answer[AffiliateView]:
    """By hand, so that referrals move them no more; or let referrals decide again."""
    if body.follow_referrals and body.tier_id is not None:
        said = "Name a tier or let referrals decide, not both."
        raise InvalidError(TierChoice.refused, {"tier_id": said})

    async def deed(session: AsyncSession, affiliate_id: UUID) -> None:
        actor = call.caller.actor
        if body.follow_referrals:
            await tier_moves.release(session, affiliate_id, actor)
            return
        try:
            await tier_moves.give(session, affiliate_id, body.tier_id, actor)
        except NotFoundError as error:
            raise InvalidError(TierChoice.refused, {"tier_id": str(error)}) from error

    return await _do(call, path, deed)


@operation(
    "Set the recruiter of an affiliate",
    tag=_TAG,
    who=operator("affiliates:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def set_recruiter(
    call: Call[Operator], path: Named, body: RecruiterChoice
) -> Answer[AffiliateView]:
    """For commissions from now on; what was promised before stays."""

    async def deed(session: AsyncSession, affiliate_id: UUID) -> None:
        actor = call.caller.actor
        await recruits.set_recruiter(session, affiliate_id, body.recruiter or "", actor)

    return await _do(call, path, deed)


@operation(
    "Allow or forbid ads on the brand",
    tag=_TAG,
    who=operator("affiliates:write"),
    key="optional",
)
@once
async def allow_bidding(call: Call[Operator], path: Named, body: Bidding) -> Answer[AffiliateView]:
    """Whether an affiliate may place ads on the brand's name."""

    async def deed(session: AsyncSession, affiliate_id: UUID) -> None:
        actor = call.caller.actor
        await compliance.allow_bidding(session, affiliate_id, actor, allowed=body.allowed)

    return await _do(call, path, deed)


async def _change_status(
    call: Call[Operator], path: Named, status: Status, reason: str
) -> Answer[AffiliateView]:
    async def deed(session: AsyncSession, affiliate_id: UUID) -> None:
        await affiliates.change_status(session, affiliate_id, status, reason, call.caller.actor)

    return await _do(call, path, deed)


async def _do(call: Call[Operator], path: Named, deed: Deed) -> Answer[AffiliateView]:
    """Do something about an affiliate, and tell how they stand then."""
    async with writing(call) as write:
        about = (await affiliates.look_up(write.session, path.id)).id
        await deed(write.session, about)
        after = await affiliates.look_up(write.session, str(about))
        return write.told(await view_of(write.session, after))

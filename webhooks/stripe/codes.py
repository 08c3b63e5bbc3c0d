"""A promotion code was switched off at Stripe, or its coupon deleted."""

from domain.codes import stopped_elsewhere
from storage import codes
from storage.codes import DiscountCode
from storage.inbox import InboxEvent
from storage.worker import Job, TryLaterError
from webhooks.router import ignore
from webhooks.stripe.router import Hint, on

_LOOK_AGAIN_S = 3.0


@on("promotion_code.updated")
async def promotion_code_changed(job: Job[InboxEvent], hint: Hint) -> None:
    """Show a code as paused that customers can not redeem any more."""
    async with job.db.read() as session:
        code = await codes.by_promotion_code(session, hint.id_of("id"))
    await _follow(job, hint, [code] if code else [])


@on("coupon.deleted")
async def coupon_deleted(job: Job[InboxEvent], hint: Hint) -> None:
    """Look at every code that redeemed the coupon."""
    async with job.db.read() as session:
        found = await codes.of_coupon(session, hint.id_of("id"))
    await _follow(job, hint, found)


async def _follow(job: Job[InboxEvent], hint: Hint, found: list[DiscountCode]) -> None:
    """Pause what Stripe does not redeem any more, unless we are about to ask Stripe ourselves."""
    if not found:
        await ignore(job, "The code is none of ours.")
        return
    stopped = [code for code in found if not await _is_active(hint, code)]
    async with job.transaction() as session:
        for code in stopped:
            if not await stopped_elsewhere(session, code.id):
                raise TryLaterError(f"{code.code} is being changed by us.", _LOOK_AGAIN_S)


async def _is_active(hint: Hint, code: DiscountCode) -> bool:
    found = await hint.stripe.promotion_codes.fetch(code.stripe_promotion_code_id)
    return found is not None and found.active

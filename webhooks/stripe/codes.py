"""What somebody does to promotion codes and coupons in Stripe's own dashboard."""

import clock
from domain import codes_elsewhere
from storage import codes
from storage.codes import DiscountCode
from storage.inbox import InboxEvent
from storage.worker import Job, TryLaterError
from webhooks.router import ignore
from webhooks.stripe.router import Hint, on

CODE = "code_id"
_LOOK_AGAIN_S = 3.0


@on("promotion_code.created", "promotion_code.updated")
async def promotion_code_changed(job: Job[InboxEvent], hint: Hint) -> None:
    """Show here whether customers can redeem the code, and by which promotion code."""
    word = str(hint.object.get("code") or "").upper()
    async with job.db.read() as session:
        known = await codes.by_promotion_code(session, hint.id_of("id"))
        same_word = await codes.by_code(session, word)
    if known is not None:
        await _follow(job, hint, [known])
    elif same_word is not None:
        await _compare(job, hint, same_word)
    else:
        await ignore(job, "The code is none of ours.")


@on("coupon.updated", "coupon.deleted")
async def coupon_changed(job: Job[InboxEvent], hint: Hint) -> None:
    """Look at every code that redeems the coupon."""
    async with job.db.read() as session:
        found = await codes.of_coupon(session, hint.id_of("id"))
    await _follow(job, hint, found)


async def _follow(job: Job[InboxEvent], hint: Hint, found: list[DiscountCode]) -> None:
    """Show each as what it is at Stripe, unless we are about to ask Stripe ourselves."""
    if not found:
        await ignore(job, "The code is none of ours.")
        return
    seen_at = clock.now()
    states = [
        (code, await hint.stripe.promotion_codes.fetch(code.stripe_promotion_code_id))
        for code in found
    ]
    switched = hint.before.get("active") is False
    async with job.transaction() as session:
        for code, _ in states:
            await codes.get(session, code.id, lock=True)  # all, before the first line of the log
        for code, state in states:
            if state is not None and state.active:
                certain = await codes_elsewhere.started(
                    session, code.id, seen_at, switched=switched
                )
            elif state is not None and state.is_spent(seen_at):
                continue  # used up or over, as was agreed: nobody switched it off
            else:
                certain = await codes_elsewhere.stopped(session, code.id, seen_at)
            _require(code, certain=certain)


async def _compare(job: Job[InboxEvent], hint: Hint, code: DiscountCode) -> None:
    """Notice that another promotion code is redeemed by the word of one of ours."""
    seen_at = clock.now()
    state = await hint.stripe.promotion_codes.fetch(hint.id_of("id"))
    if state is None or not state.active or state.customer:
        await ignore(job, "Nobody gets this code instead of ours.")
        return
    ours = state.metadata.get(CODE) == str(code.id)
    if ours and job.row.kind == "promotion_code.created":
        await ignore(job, "We are making this code ourselves.")
        return
    async with job.transaction() as session:
        certain = await codes_elsewhere.replaced(session, code.id, state.id, seen_at, ours=ours)
        _require(code, certain=certain)


def _require(code: DiscountCode, *, certain: bool) -> None:
    if not certain:
        raise TryLaterError(f"{code.code} is being changed by us.", _LOOK_AGAIN_S)

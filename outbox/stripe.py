"""Promotion codes at Stripe, kept in step with the codes here."""

from uuid import UUID

import clock
from domain import effects, program
from domain.program import Program
from integrations.stripe import StripeGateway
from integrations.stripe.gateway import OWNER
from outbox.registry import effect
from outbox.services import Services
from storage import affiliates as affiliate_rows
from storage import codes
from storage.codes import ACTIVE, DiscountCode
from storage.outbox import Effect
from storage.worker import Job


@effect(effects.PROMOTION_CODE)
async def update_promotion_code(job: Job[Effect], services: Services) -> None:
    """Create, switch on or switch off the promotion code, as the code's status says."""
    if services.stripe is None:
        return
    code_id = UUID(job.row.payload["code"])
    async with services.db.read() as session:
        code = await codes.get(session, code_id)
        settings = await program.load(session)
    if code is None:
        return
    if code.stripe_promotion_code_id:
        await _switch(services.stripe, code)
        return
    if code.status != ACTIVE:
        return
    coupon_id, promotion_code_id = await _create(services.stripe, code, settings, str(job.row.id))
    async with job.transaction() as session:
        kept = await codes.get(session, code_id, lock=True)
        if kept is None:
            return
        kept.stripe_coupon_id = coupon_id
        kept.stripe_promotion_code_id = promotion_code_id
        kept.updated_at = clock.now()
        session.add(kept)
        if kept.affiliate_user_id is not None:
            owner = await affiliate_rows.get(session, kept.affiliate_user_id)
            if owner is not None:
                await effects.update_directory(session, owner.email_key)


async def _switch(stripe: StripeGateway, code: DiscountCode) -> None:
    if code.status == ACTIVE:
        await stripe.activate_promotion_code(code.stripe_promotion_code_id)
    else:
        await stripe.deactivate_promotion_code(code.stripe_promotion_code_id)


async def _create(
    stripe: StripeGateway, code: DiscountCode, settings: Program, key: str
) -> tuple[str, str]:
    """Make the coupon and the promotion code; returns their ids. Safe to repeat.

    The coupon's id is made from ours, and the promotion code is known by its coupon.
    """
    owner = {OWNER: str(code.affiliate_user_id or ""), "code_id": str(code.id)}
    coupon = await stripe.ensure_coupon(
        coupon_id=f"affdesk_{code.id.hex}",
        percent_off=code.discount_value,
        products=settings.eligible_products,
        metadata=owner,
        name=f"{code.code}: {code.discount_value}% off",
    )
    made = await stripe.ensure_promotion_code(
        code=code.code,
        coupon_id=coupon.id,
        first_time_transaction=code.first_purchase_only,
        metadata=owner,
        idempotency_key=key,
    )
    return coupon.id, made.id

"""Referrals after the first sale: what the customer subscribes to now."""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import effects, program
from storage import referrals as rows
from storage.locks import take_turn
from storage.referrals import Referral


async def note(
    session: AsyncSession,
    customer_id: str,
    price: str,
    plan: str,
    status: str,
    *,
    canceled_at: datetime | None = None,
) -> Referral | None:
    """Keep the customer's plan and the status of their subscription; the referral if it changed.

    `plan` is what the price is called where no plan of the program has it, `canceled_at` when they
    cancelled, also where it runs on to the end of what they paid. A customer whom nobody brought
    is none of ours.
    """
    await take_turn(session, f"customer:{customer_id}")
    referral = await rows.of_customer(session, customer_id)
    if referral is None:
        return None
    if referral.canceled_at != canceled_at:
        referral.canceled_at = canceled_at
        session.add(referral)
        await session.flush()
        await effects.look_again(session, referral.affiliate_user_id, "a cancellation")
    plan = (await program.load(session)).plan_of(price, plan)
    if (referral.plan, referral.status) == (plan, status):
        return None
    referral.plan, referral.status = plan, status
    session.add(referral)
    await session.flush()
    return referral


async def follow(
    session: AsyncSession,
    customer_id: str,
    price: str,
    plan: str,
    status: str,
    *,
    canceled_at: datetime | None = None,
) -> None:
    """Keep what the customer subscribes to; the metadata that the product reads follows."""
    referral = await note(session, customer_id, price, plan, status, canceled_at=canceled_at)
    if referral is not None:
        await effects.tag_customer(session, customer_id, referral.id)

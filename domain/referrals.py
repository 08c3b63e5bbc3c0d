"""Referrals after the first sale: what the customer subscribes to now."""

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import effects
from storage import referrals as rows
from storage.locks import take_turn


async def follow(session: AsyncSession, customer_id: str, *, plan: str, status: str) -> bool:
    """Note the customer's plan and the status of their subscription; whether anything changed.

    The metadata that the product reads follows. A customer whom nobody brought is none of ours.
    """
    await take_turn(session, f"customer:{customer_id}")
    referral = await rows.of_customer(session, customer_id)
    if referral is None or (referral.plan, referral.status) == (plan, status):
        return False
    referral.plan, referral.status = plan, status
    session.add(referral)
    await session.flush()
    await effects.tag_customer(session, customer_id, referral.id)
    return True

"""Every few minutes: mark the discount codes whose time is over.

Nobody redeems one in between: whoever judges a code looks at the clock.
"""

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import discount_codes


async def expire(session: AsyncSession) -> None:
    """Mark what has expired, and have the payment provider follow."""
    await discount_codes.expire_due(session)

"""Every few minutes: discount codes whose time is over, and codes that may have leaked.

Nobody redeems an expired one in between: whoever judges a code looks at the clock. Leaks are looked
for at every use; here, what that could not see, such as settings that have changed.
"""

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import discount_codes, leaks


async def expire(session: AsyncSession) -> None:
    """Mark what has expired, and have the payment provider follow."""
    await discount_codes.expire_due(session)


async def watch_leaks(session: AsyncSession) -> None:
    """Flag the codes that may have leaked."""
    await leaks.sweep(session)

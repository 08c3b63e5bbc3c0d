"""Sums of what is past, so that no figure of operators reads all there ever was."""

from datetime import UTC, datetime, time

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage import closings, redemptions, sale_days


async def close(session: AsyncSession) -> None:
    """Close all accounts at last midnight (UTC); on the first of a month from all entries anew."""
    today = clock.now().astimezone(UTC).date()
    await closings.close(session, datetime.combine(today, time(), UTC), anew=today.day == 1)


async def fold_sales(session: AsyncSession) -> None:
    """Sum up the days of which a sale has changed, and codes where nobody has yet."""
    await redemptions.begin_sums(session)
    await sale_days.fold(session)

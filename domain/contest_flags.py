"""What operators should look at before they confirm who wins a contest."""

from datetime import timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain.contest_standings import Standings
from domain.program import load
from storage import contest_standings as rows
from storage import leaks
from storage.contests import Contest


async def flags(session: AsyncSession, contest: Contest, found: Standings) -> tuple[str, ...]:
    """A sentence for each thing about the one who is first, or none."""
    leader = found.leader
    if leader is None:
        return ()
    now = clock.now()
    seen = await rows.record_of(session, contest, leader.affiliate.id, now)
    said = []
    if found.tied:
        said.append("The first two have as much. The one who got there first is proposed.")
    if seen.on_hold:
        until = contest.end_date + timedelta(days=(await load(session)).hold_days)
        said.append(
            f"{seen.on_hold} of {seen.sales} sales are still on hold, the last until "
            f"{until.date()}. Refunds can still change who is first: you may wait."
        )
    if seen.reversed:
        said.append(f"{seen.reversed} of {seen.sales} sales were refunded or disputed.")
    if await leaks.open_of_affiliate(session, leader.affiliate.id):
        said.append("A code of theirs is flagged: it may have leaked.")
    return tuple(said)

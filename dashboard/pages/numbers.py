"""The tiles of the overview: who came through an affiliate, and where their money stands."""

from typing import Any, Final

from sqlmodel.ext.asyncio.session import AsyncSession

from domain.affiliates import overview
from domain.program import Program
from storage.affiliates import Affiliate

ACTIVE: Final = "active"


async def live_view(
    session: AsyncSession, affiliate: Affiliate, program: Program
) -> dict[str, Any]:
    """The program's currency stands first, others where there is anything."""
    seen = await overview(session, affiliate)
    balances = {program.currency: (0, 0)} | seen.balances
    paid = {program.currency: 0} | seen.paid
    return {
        "referrals": sum(count for _, _, count in seen.breakdown),
        "active": sum(count for _, status, count in seen.breakdown if status == ACTIVE),
        "available": _amounts({name: both[0] for name, both in balances.items()}),
        "pending": _amounts({name: both[1] for name, both in balances.items()}),
        "paid": _amounts(paid),
    }


def _amounts(found: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {"cents": amount, "currency": currency}
        for place, (currency, amount) in enumerate(found.items())
        if place == 0 or amount
    ]

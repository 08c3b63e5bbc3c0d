"""What the overview says in figures: who came through an affiliate, where their money stands."""

from typing import Any, Final

from sqlmodel.ext.asyncio.session import AsyncSession

from domain.affiliates import Overview
from domain.program import Program

ACTIVE: Final = "active"


async def live_view(_session: AsyncSession, seen: Overview, program: Program) -> dict[str, Any]:
    """The tiles. The program's currency stands first, others where there is anything."""
    balances = {program.currency: (0, 0)} | seen.balances
    paid = {program.currency: 0} | seen.paid
    return {
        "referrals": sum(count for _, _, count in seen.breakdown),
        "active": sum(count for _, status, count in seen.breakdown if status == ACTIVE),
        "available": _amounts({name: both[0] for name, both in balances.items()}),
        "pending": _amounts({name: both[1] for name, both in balances.items()}),
        "paid": _amounts(paid),
    }


async def plans_view(_session: AsyncSession, seen: Overview, _program: Program) -> dict[str, Any]:
    """A table of plans by status; active stands first."""
    counts = seen.breakdown
    statuses = sorted({status for _, status, _ in counts}, key=lambda s: (s != ACTIVE, s))
    plans = list(dict.fromkeys(plan for plan, _, _ in counts))
    found = {(plan, status): count for plan, status, count in counts}
    rows = [[found.get((plan, status), 0) for status in statuses] for plan in plans]
    totals = [sum(column) for column in zip(*rows, strict=True)]
    return {
        "columns": ["Plan", *(_words(status, "Unknown") for status in statuses), "All"],
        "rows": [
            [_words(plan, "Unknown plan"), *row, sum(row)]
            for plan, row in zip(plans, rows, strict=True)
        ],
        "totals": ["All plans", *totals, sum(totals)],
    }


def _words(name: str, missing: str) -> str:
    return name.replace("_", " ").capitalize() or missing


def _amounts(found: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {"cents": amount, "currency": currency}
        for place, (currency, amount) in enumerate(found.items())
        if place == 0 or amount
    ]

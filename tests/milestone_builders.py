"""Milestones for tests, and what became of their bonuses."""

from typing import Any
from uuid import UUID

from sqlmodel import col, select

from domain import milestones, program
from domain.milestones import Wish
from storage import milestones as rows
from storage.db import Database
from storage.ledger import LedgerEntry
from storage.milestones import Milestone, MilestoneAward
from tests.builders import RITA


async def make_milestone(
    db: Database, name: str = "First two", threshold: int = 2, bonus: int = 5000, **more: Any
) -> Milestone:
    """A milestone at so many converted referrals, with a bonus in cents."""
    async with db.transaction() as session:
        return await milestones.create(session, Wish(name, threshold, bonus, **more), RITA)


async def awards_now(db: Database, affiliate_id: UUID) -> list[MilestoneAward]:
    """What somebody was awarded, the smallest number first."""
    async with db.read() as session:
        return list(await rows.awards_of(session, affiliate_id))


async def bonuses(db: Database, affiliate_id: UUID | None = None) -> list[tuple[int, str]]:
    """The amounts and reasons of the ledger's entries for milestones, oldest first."""
    query = select(LedgerEntry).where(col(LedgerEntry.source).startswith("milestone:"))
    if affiliate_id is not None:
        query = query.where(LedgerEntry.affiliate_user_id == affiliate_id)
    async with db.read() as session:
        found = (await session.exec(query.order_by(col(LedgerEntry.id)))).all()
    return [(entry.amount, entry.reason) for entry in found]


async def set_hold(db: Database, days: int) -> None:
    """Let the program hold what is earned for so many days."""
    async with db.transaction() as session:
        await program.update(session, {"hold_days": days}, RITA)

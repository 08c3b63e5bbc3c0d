"""Leaks: alerts that a discount code spreads where it was not meant to, and what was decided."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.codes import DiscountCode
from storage.columns import json_field
from storage.ids import new_id

PAUSED = "paused"
FINE = "fine"


class Leak(SQLModel, table=True):
    """One alert about one code, with the figures that it was raised on.

    `uses` are those of the 24 hours before `flagged_at`, `before_uses` those of the `before_days`
    before these. `jumped` says that this was too much at once; `sites` are the coupon sites that
    buyers came from. `decision` is empty until somebody decides.
    """

    __tablename__ = "code_leaks"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    discount_code_id: UUID = Field(foreign_key="discount_codes.id", index=True)
    uses: int
    before_uses: int
    before_days: int
    jumped: bool
    sites: list[str] = json_field(list)
    decision: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None
    flagged_at: datetime = Field(default_factory=clock.now)


async def get(session: AsyncSession, leak_id: UUID, *, lock: bool = False) -> Leak | None:
    """One alert; `lock` holds the row until the transaction ends."""
    return await session.get(Leak, leak_id, with_for_update=lock, populate_existing=lock)


async def of_code(session: AsyncSession, code_id: UUID) -> Sequence[Leak]:
    """The alerts about a code, the newest first."""
    query = select(Leak).where(Leak.discount_code_id == code_id).order_by(col(Leak.id).desc())
    return (await session.exec(query)).all()


async def page(
    session: AsyncSession, *, before: UUID | None, limit: int, only_open: bool
) -> Sequence[tuple[Leak, DiscountCode]]:
    """Alerts, each with its code, the newest first; `only_open` leaves out what was decided."""
    query = (
        select(Leak, DiscountCode)
        .join(DiscountCode, col(DiscountCode.id) == col(Leak.discount_code_id))
        .order_by(col(Leak.id).desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(col(Leak.id) < before)
    if only_open:
        query = query.where(Leak.decision == "")
    return (await session.exec(query)).all()


async def open_of_affiliate(session: AsyncSession, affiliate_id: UUID) -> bool:
    """Whether there is an alert about one of an affiliate's codes that nobody has decided on."""
    query = (
        select(Leak.id)
        .join(DiscountCode, col(DiscountCode.id) == col(Leak.discount_code_id))
        .where(DiscountCode.affiliate_user_id == affiliate_id, Leak.decision == "")
        .limit(1)
    )
    return (await session.exec(query)).first() is not None

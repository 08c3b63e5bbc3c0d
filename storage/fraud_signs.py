"""What recent referrals and sales tell of fraud. Every query is bounded, and led by an index."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.codes import DiscountCode
from storage.compliance import CONFIRMED, OPEN, REPORT, Violation
from storage.fraud import SelfReferral
from storage.leaks import FINE, Leak
from storage.referrals import Referral
from storage.sales import Sale

REFERRALS_MAX = 500
SALES_MAX = 500
PROGRAM_SALES = 1000
"""So many of the program's last sales stand for what is usual."""
OTHERS_MAX = 50


@dataclass(frozen=True, slots=True)
class Bought:
    """A sale that brought something; `returned` is what went back, in minor units."""

    customer_id: str
    person_key: str
    card: str
    returned: int


async def add_self_referral(
    session: AsyncSession, affiliate_id: UUID, subject: str, how: str, at: datetime
) -> None:
    """Keep that somebody tried to earn from themselves; the same subject counts once."""
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    made = insert(SelfReferral).values(
        subject=subject, affiliate_user_id=affiliate_id, how=how, happened_at=at
    )
    await session.exec(made.on_conflict_do_nothing())


async def referrals_of(
    session: AsyncSession, affiliate_id: UUID, since: datetime
) -> Sequence[Referral]:
    """An affiliate's referrals since then, the newest first."""
    query = (
        select(Referral)
        .where(Referral.affiliate_user_id == affiliate_id, Referral.created_at >= since)
        .order_by(col(Referral.created_at).desc())
        .limit(REFERRALS_MAX)
    )
    return (await session.exec(query)).all()


async def sales_of(session: AsyncSession, affiliate_id: UUID, since: datetime) -> list[Bought]:
    """The sales since then that are credited to an affiliate, the last paid first."""
    query = (
        select(
            Sale.customer_id,
            Sale.person_key,
            Sale.card,
            col(Sale.refunded) + col(Sale.disputed),
        )
        .where(Sale.affiliate_user_id == affiliate_id, Sale.paid_at >= since, Sale.collected > 0)
        .order_by(col(Sale.paid_at).desc())
        .limit(SALES_MAX)
    )
    return [Bought(*row) for row in await session.exec(query)]


async def program_returns(session: AsyncSession, affiliate_id: UUID) -> tuple[int, int]:
    """Of the program's last sales, without this affiliate's: how many, and how many went back."""
    query = (
        select(Sale.affiliate_user_id, Sale.collected, col(Sale.refunded) + col(Sale.disputed))
        .order_by(col(Sale.paid_at).desc())
        .limit(PROGRAM_SALES)
    )
    others = [
        returned > 0
        for owner, collected, returned in await session.exec(query)
        if owner != affiliate_id and collected > 0
    ]
    return len(others), sum(others)


async def self_referrals_of(
    session: AsyncSession, affiliate_id: UUID, since: datetime
) -> Sequence[SelfReferral]:
    """How an affiliate tried to earn from themselves since then, the last first."""
    query = (
        select(SelfReferral)
        .where(SelfReferral.affiliate_user_id == affiliate_id, SelfReferral.happened_at >= since)
        .order_by(col(SelfReferral.happened_at).desc())
        .limit(OTHERS_MAX)
    )
    return (await session.exec(query)).all()


async def violations_of(
    session: AsyncSession, affiliate_id: UUID, since: datetime
) -> Sequence[Violation]:
    """Violations since then that operators confirmed, or that were found and wait for them.

    What only the public reported waits for an operator: else anybody could harm an affiliate.
    """
    query = (
        select(Violation)
        .where(
            Violation.affiliate_user_id == affiliate_id,
            (Violation.status == CONFIRMED)
            | ((Violation.status == OPEN) & (Violation.source != REPORT)),
            Violation.created_at >= since,
        )
        .order_by(col(Violation.id).desc())
        .limit(OTHERS_MAX)
    )
    return (await session.exec(query)).all()


async def leaks_of(
    session: AsyncSession, affiliate_id: UUID, since: datetime
) -> Sequence[tuple[Leak, str]]:
    """Alerts since then about an affiliate's codes, but those that were called fine."""
    query = (
        select(Leak, DiscountCode.code)
        .join(DiscountCode, col(DiscountCode.id) == col(Leak.discount_code_id))
        .where(
            DiscountCode.affiliate_user_id == affiliate_id,
            Leak.decision != FINE,
            Leak.flagged_at >= since,
        )
        .order_by(col(Leak.id).desc())
        .limit(OTHERS_MAX)
    )
    return (await session.exec(query)).all()

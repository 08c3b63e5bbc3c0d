"""Affiliates: the people who are in the program. This table is the tracker."""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import Field, SQLModel, col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.codes import DiscountCode
from storage.ids import new_id

_AT_ONCE = 500


class Affiliate(SQLModel, table=True):
    """One affiliate. `reference` is the public id, `aff_` and the first promo code.

    `rate_bp` is their own commission rate in basis points, null for the tier's or program's.
    `tier_pinned` says that an operator gave them their tier, so that referrals do not move it.
    `time_zone` is an IANA name, empty for the program's. `shows_name` lets other affiliates see
    their display name.
    `unpayable_account` is the connected account that was last heard to take no transfers.
    `terms_version` is the version that they agreed to last, `terms_told` the one they were mailed
    about. `may_bid` allows them paid ads on the brand's name.
    """

    __tablename__ = "affiliates"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    reference: str = Field(unique=True)
    status: str = Field(index=True)
    email: str
    email_key: str = Field(unique=True)
    legal_name: str = ""
    display_name: str = ""
    platform_url: str = ""
    promo_code: str
    terms_version: str = ""
    terms_told: str = ""
    may_bid: bool = False
    submitted_at: datetime | None = None
    approved_at: datetime = Field(default_factory=clock.now)
    approved_by: str = ""
    status_reason: str = ""
    payout_status: str = "not_requested"
    payout_method: str = ""
    rate_bp: int | None = None
    tier_id: UUID | None = Field(default=None, foreign_key="affiliate_tiers.id", index=True)
    tier_pinned: bool = False
    payout_destination: str = ""
    unpayable_account: str = ""
    clerk_user_id: str = ""
    time_zone: str = ""
    shows_name: bool = False
    created_at: datetime = Field(default_factory=clock.now)
    updated_at: datetime = Field(default_factory=clock.now)

    @property
    def name(self) -> str:
        """What they are called, as they want to be; the address of who gave no name."""
        return self.display_name or self.legal_name or self.email


async def get(session: AsyncSession, affiliate_id: UUID, *, lock: bool = False) -> Affiliate | None:
    """One affiliate; `lock` holds the row until the transaction ends."""
    return await session.get(Affiliate, affiliate_id, with_for_update=lock, populate_existing=lock)


async def hold(session: AsyncSession, affiliate_id: UUID) -> Affiliate | None:
    """One affiliate, whom nobody else changes until the transaction ends.

    Unlike a lock this lets others add rows that refer to them, as the asker may have done.
    """
    query = select(Affiliate).where(Affiliate.id == affiliate_id).with_for_update(key_share=True)
    return (await session.exec(query.execution_options(populate_existing=True))).one_or_none()


async def keep(session: AsyncSession, ids: Collection[UUID]) -> None:
    """See to it that nobody locks these affiliates until the transaction ends, but may change them.

    Who will add rows that refer to several asks for all of them first: whoever locks many does it
    in this order, too, so that nobody waits in a circle.
    """
    query = select(Affiliate.id).where(col(Affiliate.id).in_(ids)).order_by(col(Affiliate.id))
    (await session.exec(query.with_for_update(read=True, key_share=True))).all()


async def rising(session: AsyncSession, status: str) -> Sequence[tuple[UUID, UUID | None]]:
    """`(id, tier)` of those in a status whose tier follows their referrals."""
    query = select(Affiliate.id, Affiliate.tier_id).where(
        Affiliate.status == status, col(Affiliate.tier_pinned).is_(False)
    )
    return (await session.exec(query.order_by(col(Affiliate.id)))).all()


async def by_email_key(session: AsyncSession, email_key: str) -> Affiliate | None:
    """The affiliate with this canonical address."""
    return (
        await session.exec(select(Affiliate).where(Affiliate.email_key == email_key))
    ).one_or_none()


async def references_taken(session: AsyncSession, references: set[str]) -> set[str]:
    """Which of these public ids belong to somebody already."""
    query = select(Affiliate.reference).where(col(Affiliate.reference).in_(references))
    return set((await session.exec(query)).all())


async def by_reference(session: AsyncSession, reference: str) -> Affiliate | None:
    """The affiliate with this public id."""
    query = select(Affiliate).where(Affiliate.reference == reference)
    return (await session.exec(query)).one_or_none()


def _matches(text: str) -> ColumnElement[bool]:
    columns = (
        Affiliate.email,
        Affiliate.legal_name,
        Affiliate.display_name,
        Affiliate.promo_code,
        Affiliate.reference,
    )
    return or_(*(col(column).icontains(text, autoescape=True) for column in columns))


async def find(session: AsyncSession, text: str, limit: int = 20) -> Sequence[Affiliate]:
    """Affiliates whose name, address, code or public id contains `text`, newest first."""
    query = (
        select(Affiliate)
        .where(_matches(text))
        .order_by(col(Affiliate.approved_at).desc())
        .limit(limit)
    )
    return (await session.exec(query)).all()


async def page(
    session: AsyncSession,
    *,
    before: UUID | None = None,
    limit: int = 50,
    status: str = "",
    text: str = "",
) -> Sequence[Affiliate]:
    """Affiliates, the newest first; `before` is the id that the page before ended with.

    Only those in `status`, and those in whom `find` would find `text`, where given.
    """
    query = select(Affiliate).order_by(col(Affiliate.id).desc()).limit(limit)
    if before is not None:
        query = query.where(col(Affiliate.id) < before)
    if status:
        query = query.where(Affiliate.status == status)
    if text:
        query = query.where(_matches(text))
    return (await session.exec(query)).all()


async def by_ids(
    session: AsyncSession, ids: Collection[UUID], *, lock: bool = False
) -> dict[UUID, Affiliate]:
    """These affiliates by id; asked for in parts, as statements are limited.

    `lock` holds the rows until the transaction ends; all who lock many do it in this order.
    """
    found: dict[UUID, Affiliate] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), _AT_ONCE):
        query = select(Affiliate).where(col(Affiliate.id).in_(wanted[start : start + _AT_ONCE]))
        if lock:
            query = query.order_by(col(Affiliate.id)).with_for_update()
            query = query.execution_options(populate_existing=True)
        found |= {affiliate.id: affiliate for affiliate in await session.exec(query)}
    return found


async def count_by_status(session: AsyncSession) -> dict[str, int]:
    """How many affiliates stand in each status."""
    query = select(Affiliate.status, func.count()).group_by(Affiliate.status)
    return dict((await session.exec(query)).all())


async def everyone(session: AsyncSession) -> AsyncIterator[tuple[Affiliate, DiscountCode | None]]:
    """All affiliates in the order of their approval, each with their promo code, streamed."""
    query = (
        select(Affiliate, DiscountCode)
        .outerjoin(DiscountCode, col(DiscountCode.code) == col(Affiliate.promo_code))
        .order_by(col(Affiliate.approved_at), col(Affiliate.id))
    )
    async for affiliate, code in await session.stream(query.execution_options(yield_per=500)):
        yield affiliate, code


async def called(session: AsyncSession, name: str, limit: int = 2) -> Sequence[Affiliate]:
    """Affiliates whose audience knows them by this name, in any letter case; a few of them."""
    is_name = func.lower(col(Affiliate.display_name)) == name.lower()
    query = select(Affiliate).where(is_name, Affiliate.display_name != "")
    return (await session.exec(query.order_by(col(Affiliate.id)).limit(limit))).all()


async def paid_to(session: AsyncSession, destination: str) -> Affiliate | None:
    """Who is paid to this account or address, the first to name it."""
    query = (
        select(Affiliate)
        .where(Affiliate.payout_destination == destination)
        .order_by(col(Affiliate.id))
        .limit(1)
    )
    return (await session.exec(query)).first()

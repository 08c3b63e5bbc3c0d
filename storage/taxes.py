"""Tax forms: every version that an affiliate sent, the last of which counts."""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, and_, text
from sqlmodel import Field, SQLModel, col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.affiliates import Affiliate
from storage.columns import json_field
from storage.ids import new_id
from storage.ledger import LedgerEntry
from storage.payouts import PAID, Payout

W9 = "w9"
W8BEN = "w8ben"
W8BENE = "w8bene"
_AT_ONCE = 500


class TaxForm(SQLModel, table=True):
    """One version of an affiliate's tax form; only the current one counts.

    `tax_id_encrypted` is sealed by the vault: the number itself, the date of birth, and the
    address that the signature came from. `tax_id_last4` is all of the number that is ever shown.
    `certifications` are the sentences that were agreed to, word by word. `expires_at` is the first
    moment at which it does not count any more. `told_to_withhold` says that they crossed out that
    they are not subject to backup withholding.
    """

    __tablename__ = "affiliate_tax_info"
    __table_args__ = (
        Index(
            "ix_affiliate_tax_info_one_current",
            "affiliate_user_id",
            unique=True,
            sqlite_where=text("is_current"),
            postgresql_where=text("is_current"),
        ),
        Index("ix_affiliate_tax_info_versions", "affiliate_user_id", "version", unique=True),
        Index("ix_affiliate_tax_info_expires_at", "expires_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    affiliate_user_id: UUID = Field(foreign_key="affiliates.id")
    version: int = 1
    is_current: bool = True
    form_type: str = W9
    legal_name: str
    business_name: str = ""
    classification: str = ""
    fatca_status: str = ""
    tax_id_type: str = "ssn"
    tax_id_last4: str = ""
    tax_id_encrypted: str = ""
    address_line1: str = ""
    address_line2: str = ""
    address_city: str = ""
    address_state: str = ""
    address_zip: str = ""
    address_country: str = "US"
    citizenship: str = ""
    treaty: dict[str, str] = json_field(dict)
    told_to_withhold: bool = False
    certifications: list[str] = json_field(list)
    signed_name: str = ""
    signed_as: str = ""
    submitted_at: datetime = Field(default_factory=clock.now)
    expires_at: datetime | None = None
    expiry_told_at: datetime | None = None
    verified: bool = False
    verified_at: datetime | None = None
    decided_by: str = ""
    returned_at: datetime | None = None
    return_reason: str = ""
    created_at: datetime = Field(default_factory=clock.now)
    updated_at: datetime = Field(default_factory=clock.now)


class Withholding(SQLModel, table=True):
    """An affiliate of whose payouts a part is withheld for the tax office: finance said so."""

    __tablename__ = "affiliate_tax_withholding"

    affiliate_user_id: UUID = Field(foreign_key="affiliates.id", primary_key=True)
    since: datetime = Field(default_factory=clock.now)
    switched_by: str = ""


@dataclass(frozen=True, slots=True)
class Paid:
    """What was paid to an affiliate by one method, in minor units of one currency.

    `paid` is all of it, also what was `withheld` of it.
    """

    affiliate_user_id: UUID
    method: str
    currency: str
    paid: int
    withheld: int


async def get(session: AsyncSession, form_id: UUID) -> TaxForm | None:
    """One version of a form."""
    return await session.get(TaxForm, form_id)


async def current(session: AsyncSession, affiliate_id: UUID) -> TaxForm | None:
    """The form that counts, if an affiliate ever sent one."""
    query = select(TaxForm).where(
        TaxForm.affiliate_user_id == affiliate_id, col(TaxForm.is_current)
    )
    return (await session.exec(query.execution_options(populate_existing=True))).one_or_none()


async def versions(session: AsyncSession, affiliate_id: UUID) -> Sequence[TaxForm]:
    """Every form that an affiliate ever sent, the newest first."""
    query = select(TaxForm).where(TaxForm.affiliate_user_id == affiliate_id)
    return (await session.exec(query.order_by(col(TaxForm.version).desc()))).all()


async def current_of(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, TaxForm]:
    """The forms that count of these affiliates, by affiliate."""
    found: dict[UUID, TaxForm] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), _AT_ONCE):
        query = select(TaxForm).where(
            col(TaxForm.affiliate_user_id).in_(wanted[start : start + _AT_ONCE]),
            col(TaxForm.is_current),
        )
        found |= {form.affiliate_user_id: form for form in await session.exec(query)}
    return found


async def all_current(session: AsyncSession) -> dict[UUID, TaxForm]:
    """Every form that counts, by affiliate."""
    found = await session.exec(select(TaxForm).where(col(TaxForm.is_current)))
    return {form.affiliate_user_id: form for form in found}


async def of_status(
    session: AsyncSession, status: str
) -> Sequence[tuple[Affiliate, TaxForm | None]]:
    """Every affiliate in a status with the form that counts, by their code."""
    query = (
        select(Affiliate, TaxForm)
        .outerjoin(
            TaxForm,
            and_(col(TaxForm.affiliate_user_id) == col(Affiliate.id), col(TaxForm.is_current)),
        )
        .where(Affiliate.status == status)
        .order_by(col(Affiliate.promo_code))
    )
    return (await session.exec(query)).all()


async def count_standing(session: AsyncSession, status: str, now: datetime) -> tuple[int, int, int]:
    """Of the affiliates in a status, how many have `(no form that counts, one, a verified one)`."""
    everybody = select(func.count()).select_from(Affiliate).where(Affiliate.status == status)
    counting = (
        select(TaxForm.verified, func.count())
        .join(Affiliate, col(Affiliate.id) == col(TaxForm.affiliate_user_id))
        .where(
            Affiliate.status == status,
            col(TaxForm.is_current),
            col(TaxForm.returned_at).is_(None),
            or_(col(TaxForm.expires_at).is_(None), col(TaxForm.expires_at) > now),
        )
        .group_by(col(TaxForm.verified))
    )
    found = dict((await session.exec(counting)).all())
    total = (await session.exec(everybody)).one()
    submitted, verified = found.get(False, 0), found.get(True, 0)
    return total - submitted - verified, submitted, verified


async def expiring(
    session: AsyncSession, before: datetime, now: datetime, statuses: Collection[str], limit: int
) -> Sequence[tuple[TaxForm, Affiliate]]:
    """Current forms that expire before a moment, have not yet, and of which nobody was told.

    Of affiliates in these statuses, those that expire first. The forms are locked.
    """
    query = (
        select(TaxForm, Affiliate)
        .join(Affiliate, col(Affiliate.id) == col(TaxForm.affiliate_user_id))
        .where(
            col(TaxForm.is_current),
            col(TaxForm.expires_at) < before,
            col(TaxForm.expires_at) > now,
            col(TaxForm.expiry_told_at).is_(None),
            col(TaxForm.returned_at).is_(None),
            col(Affiliate.status).in_(statuses),
        )
        .order_by(col(TaxForm.expires_at), col(TaxForm.affiliate_user_id))
        .limit(limit)
        .with_for_update(of=TaxForm)
    )
    return (await session.exec(query)).all()


async def sealed(session: AsyncSession) -> Sequence[UUID]:
    """Every version of every form that holds something sealed."""
    query = select(TaxForm.id).where(TaxForm.tax_id_encrypted != "").order_by(col(TaxForm.id))
    return (await session.exec(query)).all()


async def each_sealed(session: AsyncSession) -> AsyncIterator[tuple[UUID, str]]:
    """What every version of every form holds sealed, by the form's id, streamed."""
    query = select(TaxForm.id, TaxForm.tax_id_encrypted).where(TaxForm.tax_id_encrypted != "")
    async for form_id, held in await session.stream(query.execution_options(yield_per=500)):
        yield form_id, held


async def some(session: AsyncSession, ids: Sequence[UUID]) -> Sequence[TaxForm]:
    """These versions, locked until the transaction ends."""
    query = select(TaxForm).where(col(TaxForm.id).in_(ids)).order_by(col(TaxForm.id))
    return (await session.exec(query.with_for_update())).all()


async def withholding_of(session: AsyncSession, affiliate_id: UUID) -> Withholding | None:
    """Whether and since when a part of an affiliate's payouts is withheld."""
    return await session.get(Withholding, affiliate_id)


async def paid_between(
    session: AsyncSession, start: datetime, end: datetime, affiliate_id: UUID | None = None
) -> Sequence[Paid]:
    """What was paid in a period, less what came back since: by affiliate, method and currency.

    A payout counts on the day of its payment.
    """
    everything = func.sum(Payout.amount_cents + Payout.withheld_cents)
    paid = await _sums(session, everything, start, end, affiliate_id)
    withheld = await _sums(session, func.sum(Payout.withheld_cents), start, end, affiliate_id)
    back = await _came_back(session, start, end, affiliate_id)
    return [Paid(*key, paid[key] - back[key], withheld[key]) for key in sorted(paid)]


async def _sums(
    session: AsyncSession, what: Any, start: datetime, end: datetime, affiliate_id: UUID | None
) -> Counter[tuple[UUID, str, str]]:
    """A sum over the payouts that were paid in a period, by affiliate, method and currency."""
    query = (
        select(Payout.affiliate_user_id, Payout.method, Payout.currency, what)
        .where(Payout.status == PAID, col(Payout.paid_at) >= start, col(Payout.paid_at) < end)
        .group_by(col(Payout.affiliate_user_id), col(Payout.method), col(Payout.currency))
    )
    if affiliate_id is not None:
        query = query.where(Payout.affiliate_user_id == affiliate_id)
    rows = await session.exec(query)
    return Counter({(owner, method, unit): int(amount) for owner, method, unit, amount in rows})


async def _came_back(
    session: AsyncSession, start: datetime, end: datetime, affiliate_id: UUID | None
) -> Counter[tuple[UUID, str, str]]:
    """What came back of payouts of a period of which a part stayed; those are few."""
    entries = select(LedgerEntry.source, LedgerEntry.amount).where(
        LedgerEntry.reason == "payout_reversed"
    )
    if affiliate_id is not None:
        entries = entries.where(LedgerEntry.affiliate_user_id == affiliate_id)
    back = Counter[tuple[UUID, str, str]]()
    for source, amount in await session.exec(entries):
        payout = await session.get(Payout, UUID(source.split(":")[1]))
        if payout and payout.status == PAID and payout.paid_at and start <= payout.paid_at < end:
            back[payout.affiliate_user_id, payout.method, payout.currency] += amount
    return back

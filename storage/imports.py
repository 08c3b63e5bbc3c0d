"""What was brought over from an earlier program: who, their customers, and what they earned there.

These rows say where something came from, up to when the earlier program accounted for it, and keep
its history. What is still owed stands in the ledger.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, UniqueConstraint, union_all
from sqlmodel import Field, SQLModel, col, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.affiliates import Affiliate
from storage.codes import ACTIVE, DiscountCode
from storage.ids import new_id
from storage.links import ReferralLink
from storage.referrals import Referral


class ImportedAffiliate(SQLModel, table=True):
    """An affiliate of an earlier program, by the id that they had there; empty where it had none.

    What was paid before `settled_until` through their code or link is the earlier program's; it is
    empty for somebody who was in the program here before they were brought over. `told_at` is when
    the mail was asked for that tells them.
    """

    __tablename__ = "affiliate_imports"
    __table_args__ = (Index("ix_affiliate_imports_external", "source", "external_id"),)

    affiliate_user_id: UUID = Field(foreign_key="affiliates.id", primary_key=True)
    source: str = Field(primary_key=True)
    external_id: str = ""
    settled_until: datetime | None = None
    told_at: datetime | None = None
    created_at: datetime = Field(default_factory=clock.now)


class ImportedCustomer(SQLModel, table=True):
    """A referral of an earlier program: what the customer paid before `settled_until` is its."""

    __tablename__ = "affiliate_imported_referrals"

    referral_id: UUID = Field(foreign_key="affiliate_referrals.id", primary_key=True)
    source: str
    settled_until: datetime
    created_at: datetime = Field(default_factory=clock.now)


class ImportedCommission(SQLModel, table=True):
    """A commission of an earlier program, in minor units of `currency`, signed.

    `state` is `owed`, `paid` or `void`, as the earlier program had it last. `posted` is the sum of
    its ledger entries: the amount while it is owed, else nothing. `revision` counts the entries.
    """

    __tablename__ = "affiliate_imported_commissions"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        Index("ix_affiliate_imported_commissions_affiliate", "affiliate_user_id", "earned_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    source: str
    external_id: str
    affiliate_user_id: UUID = Field(foreign_key="affiliates.id")
    amount: int = Field(sa_column=Column(BigInteger, nullable=False))
    currency: str
    state: str
    posted: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    revision: int = 0
    earned_at: datetime
    available_at: datetime
    created_at: datetime = Field(default_factory=clock.now)
    updated_at: datetime = Field(default_factory=clock.now)


async def settled_until(
    session: AsyncSession, affiliate_id: UUID, referral_id: UUID | None
) -> datetime | None:
    """Up to when an earlier program accounted for a sale of theirs; None if none did."""
    of_affiliate: Any = select(col(ImportedAffiliate.settled_until).label("until")).where(
        ImportedAffiliate.affiliate_user_id == affiliate_id
    )
    either = [of_affiliate]
    if referral_id is not None:
        of_customer = select(col(ImportedCustomer.settled_until))
        either.append(of_customer.where(col(ImportedCustomer.referral_id) == referral_id))
    both = union_all(*either).subquery()
    found = (await session.exec(select(both.c.until).where(both.c.until.is_not(None)))).all()
    return max(found, default=None)


async def totals(session: AsyncSession) -> dict[tuple[UUID, str], int]:
    """What is posted of every affiliate's brought-over commissions, by affiliate and currency."""
    query = select(
        ImportedCommission.affiliate_user_id,
        ImportedCommission.currency,
        func.sum(ImportedCommission.posted),
    ).group_by(col(ImportedCommission.affiliate_user_id), col(ImportedCommission.currency))
    return {(owner, currency): int(posted) for owner, currency, posted in await session.exec(query)}


async def history(session: AsyncSession, affiliate_id: UUID) -> Sequence[tuple[str, str, int, int]]:
    """What an affiliate earned in earlier programs: currency, state, sum and number of each."""
    query = (
        select(
            ImportedCommission.currency,
            ImportedCommission.state,
            func.sum(ImportedCommission.amount),
            func.count(),
        )
        .where(ImportedCommission.affiliate_user_id == affiliate_id)
        .group_by(col(ImportedCommission.currency), col(ImportedCommission.state))
        .order_by(col(ImportedCommission.currency), col(ImportedCommission.state))
    )
    found = await session.exec(query)
    return [(currency, state, int(amount), count) for currency, state, amount, count in found]


async def affiliates_by_key(session: AsyncSession, keys: Sequence[str]) -> dict[str, UUID]:
    """Who is here of these addresses."""
    query = select(Affiliate.email_key, Affiliate.id).where(col(Affiliate.email_key).in_(keys))
    return dict((await session.exec(query)).all())


@dataclass(frozen=True, slots=True)
class Taken:
    """Words that stand for something here: links, and codes, by the affiliate, if it is one's."""

    links: dict[str, UUID]
    codes: dict[str, UUID | None]


async def words_taken(session: AsyncSession, words: Collection[str]) -> Taken:
    """What these words stand for."""
    links = select(ReferralLink.ref, ReferralLink.affiliate_user_id).where(
        col(ReferralLink.ref).in_(words)
    )
    codes = select(DiscountCode.code, DiscountCode.affiliate_user_id).where(
        col(DiscountCode.code).in_(words)
    )
    return Taken(dict((await session.exec(links)).all()), dict((await session.exec(codes)).all()))


async def named(
    session: AsyncSession,
    source: str,
    ids: Collection[str],
    keys: Collection[str],
    words: Collection[str],
) -> dict[tuple[str, str], tuple[UUID, str, str]]:
    """Affiliates by `(kind, name)`, as `(id, address, its key)`.

    The kinds are `id`, what an earlier program called them, `key`, their address, and `word`, a
    link or a code.
    """
    found: dict[tuple[str, str], tuple[UUID, str, str]] = {}
    asked: list[tuple[str, Any]] = []
    if ids:
        of_source = ImportedAffiliate.source == source
        theirs = _people(ImportedAffiliate.external_id, ImportedAffiliate.affiliate_user_id, ids)
        asked.append(("id", theirs.where(of_source)))
    if keys:
        asked.append(("key", _people(Affiliate.email_key, Affiliate.id, keys)))
    if words:
        # Of a word that is both, the link comes last and decides: it is what the rows name.
        for table, name in ((DiscountCode, DiscountCode.code), (ReferralLink, ReferralLink.ref)):
            asked.append(("word", _people(name, table.affiliate_user_id, words)))
    for kind, query in asked:
        for word, affiliate_id, email, key in await session.exec(query):
            found[kind, word] = (affiliate_id, email, key)
    return found


def _people(name: Any, owner: Any, wanted: Collection[str]) -> Any:
    """A query for `(name, id, address, its key)` of the affiliates with these names."""
    who = (col(name), col(Affiliate.id), col(Affiliate.email), col(Affiliate.email_key))
    whose = col(Affiliate.id) == col(owner)
    return select(*who).select_from(Affiliate).where(whose, col(name).in_(wanted))


async def has_referrals(session: AsyncSession) -> bool:
    """Whether any customer is known here."""
    return (await session.exec(select(Referral.id).limit(1))).first() is not None


async def known_customers(
    session: AsyncSession, people: Sequence[tuple[str, str, str]]
) -> dict[str, UUID]:
    """Who brought these people, given as `(customer, user, address)`: by each that is known."""
    found: dict[str, UUID] = {}
    for place, column in enumerate((Referral.customer_id, Referral.user_id, Referral.email_key)):
        wanted = {person[place] for person in people} - {""}
        if wanted:
            query = select(column, Referral.affiliate_user_id).where(col(column).in_(wanted))
            query = query.order_by(col(Referral.id).desc())
            found |= {str(name): owner for name, owner in await session.exec(query)}
    return found


async def has_commissions(session: AsyncSession, source: str) -> bool:
    """Whether anything was brought over from a program before."""
    query = select(ImportedCommission.id).where(ImportedCommission.source == source)
    return (await session.exec(query.limit(1))).first() is not None


async def known_commissions(
    session: AsyncSession, source: str, external_ids: Sequence[str]
) -> dict[str, ImportedCommission]:
    """Which of these commissions were brought over before, by their id there."""
    query = select(ImportedCommission).where(
        ImportedCommission.source == source, col(ImportedCommission.external_id).in_(external_ids)
    )
    found = {one.external_id: one for one in await session.exec(query)}
    for one in found.values():
        session.expunge(one)
    return found


async def brought_from(
    session: AsyncSession, source: str, affiliate_ids: Sequence[UUID]
) -> set[UUID]:
    """Which of these affiliates are known to have come from a program."""
    query = select(ImportedAffiliate.affiliate_user_id).where(
        ImportedAffiliate.source == source,
        col(ImportedAffiliate.affiliate_user_id).in_(affiliate_ids),
    )
    return set((await session.exec(query)).all())


async def change_commissions(session: AsyncSession, changes: Sequence[dict[str, Any]]) -> None:
    """Bring commissions that were brought over before to these values, by their `id`."""
    if changes:
        await session.exec(update(ImportedCommission), params=list(changes))


async def codes_unmade(session: AsyncSession, affiliate_ids: Sequence[UUID]) -> list[UUID]:
    """The active promo codes of these affiliates that the payment provider never had."""
    query = (
        select(DiscountCode.id)
        .join(Affiliate, col(Affiliate.promo_code) == col(DiscountCode.code))
        .where(
            col(Affiliate.id).in_(affiliate_ids),
            DiscountCode.status == ACTIVE,
            DiscountCode.stripe_promotion_code_id == "",
        )
        .order_by(col(DiscountCode.id))
    )
    return list((await session.exec(query)).all())


async def keys_of(session: AsyncSession, affiliate_ids: Sequence[UUID]) -> Sequence[str]:
    """The canonical addresses of these affiliates."""
    query = select(Affiliate.email_key).where(col(Affiliate.id).in_(affiliate_ids))
    return (await session.exec(query.order_by(col(Affiliate.id)))).all()


def _untold(source: str, affiliate_ids: Sequence[UUID]) -> Any:
    return (
        select(ImportedAffiliate.affiliate_user_id, Affiliate.email)
        .join(Affiliate, col(Affiliate.id) == col(ImportedAffiliate.affiliate_user_id))
        .where(
            ImportedAffiliate.source == source,
            col(ImportedAffiliate.told_at).is_(None),
            # Who was here before knows where here is.
            col(ImportedAffiliate.settled_until).is_not(None),
            Affiliate.status == "approved",
            col(ImportedAffiliate.affiliate_user_id).in_(affiliate_ids),
        )
        .order_by(col(Affiliate.id))
    )


async def untold(
    session: AsyncSession, source: str, affiliate_ids: Sequence[UUID]
) -> dict[UUID, str]:
    """The addresses of those of these affiliates whom no mail told that they are here."""
    return dict((await session.exec(_untold(source, affiliate_ids))).all())


async def tell(
    session: AsyncSession, source: str, affiliate_ids: Sequence[UUID]
) -> dict[UUID, str]:
    """The same, and from now on they are told."""
    found = await untold(session, source, affiliate_ids)
    theirs = col(ImportedAffiliate.affiliate_user_id).in_(list(found))
    change = update(ImportedAffiliate).where(theirs, col(ImportedAffiliate.source) == source)
    await session.exec(change.values(told_at=clock.now()))
    return found

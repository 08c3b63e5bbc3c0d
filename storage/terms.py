"""The program's rules by version, and who agreed to which."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel, col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.affiliates import Affiliate
from storage.columns import json_field
from storage.ids import new_id


class TermsVersion(SQLModel, table=True):
    """The rules as they were published under a word. Never edited.

    `published_at` is null for those that were in force before versions were kept.
    """

    __tablename__ = "affiliate_terms"

    version: str = Field(primary_key=True)
    sentences: list[str] = json_field(list)
    url: str = ""
    published_at: datetime | None = None
    published_by: str = ""


class Consent(SQLModel, table=True):
    """Somebody agreed to these sentences of a version; `origin` is where: form, tally, dashboard.

    What an applicant agreed to becomes their affiliate's once they are let in.
    """

    __tablename__ = "affiliate_consents"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    application_id: UUID | None = Field(
        default=None, foreign_key="affiliate_applications.id", index=True
    )
    affiliate_user_id: UUID | None = Field(default=None, foreign_key="affiliates.id", index=True)
    version: str
    sentences: list[str] = json_field(list)
    origin: str
    agreed_at: datetime = Field(default_factory=clock.now)


async def get(session: AsyncSession, version: str) -> TermsVersion | None:
    """The rules of a version, if they were ever published."""
    return await session.get(TermsVersion, version)


async def versions(session: AsyncSession, limit: int = 50) -> Sequence[TermsVersion]:
    """What was published, the newest first."""
    query = select(TermsVersion).order_by(col(TermsVersion.published_at).desc().nulls_last())
    return (await session.exec(query.limit(limit))).all()


async def latest_of_application(session: AsyncSession, application_id: UUID) -> Consent | None:
    """What an applicant agreed to last."""
    query = select(Consent).where(Consent.application_id == application_id)
    return (await session.exec(query.order_by(col(Consent.id).desc()).limit(1))).first()


async def of_affiliate(session: AsyncSession, affiliate_id: UUID) -> Sequence[Consent]:
    """What an affiliate agreed to, the last first."""
    query = select(Consent).where(Consent.affiliate_user_id == affiliate_id)
    return (await session.exec(query.order_by(col(Consent.id).desc()))).all()


async def hand_over(session: AsyncSession, application_id: UUID, affiliate_id: UUID) -> None:
    """Make what an applicant agreed to their affiliate's."""
    change = update(Consent).where(col(Consent.application_id) == application_id)
    await session.exec(change.values(affiliate_user_id=affiliate_id))


async def untold(
    session: AsyncSession, status: str, version: str, limit: int
) -> Sequence[Affiliate]:
    """Affiliates of a status who neither agreed to a version nor were told of it, locked."""
    query = (
        select(Affiliate)
        .where(
            Affiliate.status == status,
            Affiliate.terms_version != version,
            Affiliate.terms_told != version,
        )
        .order_by(col(Affiliate.id))
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    )
    return (await session.exec(query)).all()

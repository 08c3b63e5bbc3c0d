"""Applications to the program, and every submission that was ever received for them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Index, UniqueConstraint
from sqlmodel import Field, SQLModel, col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.columns import json_field
from storage.ids import new_id

PENDING = "pending"


class Application(SQLModel, table=True):
    """One person's application, as last submitted. Moments are UTC.

    `email_key` is the address in its canonical spelling, unique: one person, one
    application. It is null while the application has no usable address.
    `terms` maps each terms checkbox's label to whether it was ticked.
    `recruited_by` is the ref of the recruit link that led here, or what was typed as one.
    `extra` holds answers that no field of ours takes: `[{"label": …, "text": …}]`.
    """

    __tablename__ = "affiliate_applications"
    __table_args__ = (Index("ix_affiliate_applications_status", "status", "submitted_at"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    status: str = PENDING
    email: str = ""
    email_key: str | None = Field(default=None, unique=True)
    legal_name: str = ""
    display_name: str = ""
    platform: str = ""
    platform_url: str = ""
    audience_size: str = ""
    audience_focus: str = ""
    requested_code: str = ""
    promotion_methods: str = ""
    recruited_by: str = ""
    terms: dict[str, bool] = json_field(dict)
    agreed_to_terms: bool = False
    terms_version: str = ""
    extra: list[dict[str, str]] = json_field(list)
    chosen_code: str = ""
    submitted_at: datetime = Field(default_factory=clock.now)
    submissions: int = 1
    decided_at: datetime | None = None
    decided_by: str = ""
    decision_reason: str = ""
    affiliate_id: UUID | None = Field(default=None, foreign_key="affiliates.id")
    clerk_user_id: str = ""
    updated_at: datetime = Field(default_factory=clock.now)

    @property
    def name(self) -> str:
        """What the applicant calls themselves; empty if they did not say."""
        return self.display_name or self.legal_name


class ApplicationSubmission(SQLModel, table=True):
    """One submission as it came, kept for ever: later ones never overwrite what was said."""

    __tablename__ = "affiliate_application_submissions"
    __table_args__ = (UniqueConstraint("source", "external_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    application_id: UUID = Field(foreign_key="affiliate_applications.id", index=True)
    source: str
    external_id: str
    answers: list[dict[str, Any]] = json_field(list)
    received_at: datetime = Field(default_factory=clock.now)


async def get(
    session: AsyncSession, application_id: UUID, *, lock: bool = False
) -> Application | None:
    """One application; `lock` holds its row until the transaction ends."""
    return await session.get(
        Application, application_id, with_for_update=lock, populate_existing=lock
    )


async def by_email_key(
    session: AsyncSession, email_key: str, *, lock: bool = False
) -> Application | None:
    """The application of the person with this canonical address."""
    query = select(Application).where(Application.email_key == email_key)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.exec(query)).one_or_none()


async def submission(
    session: AsyncSession, source: str, external_id: str
) -> ApplicationSubmission | None:
    """The submission that this source gave this id, if it was seen."""
    query = select(ApplicationSubmission).where(
        ApplicationSubmission.source == source, ApplicationSubmission.external_id == external_id
    )
    return (await session.exec(query)).one_or_none()


async def latest_submission(session: AsyncSession, source: str) -> ApplicationSubmission | None:
    """What came last from a source."""
    query = (
        select(ApplicationSubmission)
        .where(ApplicationSubmission.source == source)
        .order_by(col(ApplicationSubmission.id).desc())
        .limit(1)
    )
    return (await session.exec(query)).one_or_none()


async def queue(session: AsyncSession, limit: int = 50) -> Sequence[Application]:
    """Applications that wait for a decision, the longest waiting first."""
    query = (
        select(Application)
        .where(Application.status == PENDING)
        .order_by(col(Application.submitted_at), col(Application.id))
        .limit(limit)
    )
    return (await session.exec(query)).all()


async def page(
    session: AsyncSession, *, before: UUID | None, limit: int, status: str = "", text: str = ""
) -> Sequence[Application]:
    """Applications, the newest first, of one status or all, with `text` as in `find`."""
    query = select(Application).order_by(col(Application.id).desc()).limit(limit)
    if before is not None:
        query = query.where(col(Application.id) < before)
    if status:
        query = query.where(Application.status == status)
    if text:
        query = query.where(_holds(text))
    return (await session.exec(query)).all()


async def count_by_status(session: AsyncSession) -> dict[str, int]:
    """How many applications stand in each status."""
    query = select(Application.status, func.count()).group_by(Application.status)
    return dict((await session.exec(query)).all())


async def find(session: AsyncSession, text: str, limit: int = 20) -> Sequence[Application]:
    """Applications whose name, address, code or link contains `text`, newest first."""
    query = (
        select(Application)
        .where(_holds(text))
        .order_by(col(Application.submitted_at).desc())
        .limit(limit)
    )
    return (await session.exec(query)).all()


def _holds(text: str) -> ColumnElement[bool]:
    columns = (
        Application.email,
        Application.legal_name,
        Application.display_name,
        Application.requested_code,
        Application.chosen_code,
        Application.platform_url,
    )
    return or_(*(col(column).icontains(text, autoescape=True) for column in columns))

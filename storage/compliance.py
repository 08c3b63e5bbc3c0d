"""Violations of the program's rules, the cases that gather them, and what the public reported."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel, col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.affiliates import Affiliate
from storage.columns import json_field
from storage.ids import new_id

OPEN, CONFIRMED, DISMISSED = "open", "confirmed", "dismissed"
AUTO, OPERATOR, REPORT = "auto", "operator", "report"


class Case(SQLModel, table=True):
    """What operators decide about at once: an affiliate's violations since the last decision.

    `open_key` is the affiliate's id until somebody decides, so that there is one open case of an
    affiliate at most. `decision` is empty until then. `seen_at` is when the affiliate said that
    they have read it.
    """

    __tablename__ = "affiliate_cases"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    affiliate_user_id: UUID = Field(foreign_key="affiliates.id", index=True)
    open_key: str | None = Field(default=None, unique=True)
    decision: str = ""
    reason: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None
    seen_at: datetime | None = None
    opened_at: datetime = Field(default_factory=clock.now)


class Violation(SQLModel, table=True):
    """A rule that was broken, or seems to be. `source` is auto, operator or report.

    `mark` says what it was found by, so that the same is not told twice. `evidence` holds
    `facts`, pairs of label and value, and `samples`, lines. `times` counts reports.
    """

    __tablename__ = "affiliate_violations"
    __table_args__ = (Index("ix_affiliate_violations_affiliate", "affiliate_user_id", "status"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    affiliate_user_id: UUID = Field(foreign_key="affiliates.id")
    case_id: UUID = Field(foreign_key="affiliate_cases.id", index=True)
    kind: str
    source: str
    mark: str = ""
    note: str = ""
    evidence: dict[str, Any] = json_field(dict)
    times: int = 1
    status: str = OPEN
    created_by: str = ""
    created_at: datetime = Field(default_factory=clock.now)
    decided_by: str = ""
    decided_at: datetime | None = None


class Report(SQLModel, table=True):
    """What somebody of the public wrote. `violation_id` is null where it names nobody we know.

    `reporter` tells networks apart and is nobody's address; `once` lets each count once.
    """

    __tablename__ = "affiliate_reports"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    violation_id: UUID | None = Field(
        default=None, foreign_key="affiliate_violations.id", index=True
    )
    named: str
    kind: str
    text: str
    url: str = ""
    email: str = ""
    reporter: str
    once: str = Field(unique=True)
    created_at: datetime = Field(default_factory=clock.now, index=True)


class CaseAnswer(SQLModel, table=True):
    """What an affiliate answered to a case."""

    __tablename__ = "affiliate_case_answers"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    case_id: UUID = Field(foreign_key="affiliate_cases.id", index=True)
    text: str
    created_at: datetime = Field(default_factory=clock.now)


class PageCheck(SQLModel, table=True):
    """When an affiliate's own page was looked at last, and what came of it."""

    __tablename__ = "affiliate_page_checks"

    affiliate_user_id: UUID = Field(foreign_key="affiliates.id", primary_key=True)
    url: str
    outcome: str
    checked_at: datetime = Field(default_factory=clock.now, index=True)


async def get_case(session: AsyncSession, case_id: UUID, *, lock: bool = False) -> Case | None:
    """One case; `lock` holds the row until the transaction ends."""
    return await session.get(Case, case_id, with_for_update=lock, populate_existing=lock)


async def open_case(session: AsyncSession, affiliate_id: UUID) -> Case | None:
    """The case of an affiliate that nobody has decided."""
    query = select(Case).where(Case.open_key == str(affiliate_id))
    return (await session.exec(query)).one_or_none()


async def cases_of(session: AsyncSession, affiliate_id: UUID, limit: int = 20) -> Sequence[Case]:
    """An affiliate's cases, the newest first."""
    query = select(Case).where(Case.affiliate_user_id == affiliate_id)
    return (await session.exec(query.order_by(col(Case.id).desc()).limit(limit))).all()


async def page(
    session: AsyncSession, *, before: UUID | None, limit: int, only_open: bool
) -> Sequence[Case]:
    """Cases, or those that wait for a decision, the newest first."""
    query = select(Case).order_by(col(Case.id).desc()).limit(limit)
    if before is not None:
        query = query.where(col(Case.id) < before)
    if only_open:
        query = query.where(col(Case.open_key).is_not(None))
    return (await session.exec(query)).all()


async def open_cases(session: AsyncSession, limit: int) -> Sequence[tuple[Case, Affiliate]]:
    """The cases that wait for a decision, the longest waiting first, and whom they are about."""
    query = (
        select(Case, Affiliate)
        .join(Affiliate, col(Affiliate.id) == col(Case.affiliate_user_id))
        .where(col(Case.open_key).is_not(None))
        .order_by(col(Case.id))
        .limit(limit)
    )
    return (await session.exec(query)).all()


async def unread(session: AsyncSession, affiliate_id: UUID) -> bool:
    """Whether an affiliate was warned and has not said yet that they read it."""
    query = select(Case.id).where(
        Case.affiliate_user_id == affiliate_id,
        Case.decision == "warned",
        col(Case.seen_at).is_(None),
    )
    return (await session.exec(query.limit(1))).first() is not None


async def violations_of_case(session: AsyncSession, case_id: UUID) -> Sequence[Violation]:
    """What a case gathers, the oldest first."""
    query = select(Violation).where(Violation.case_id == case_id)
    return (await session.exec(query.order_by(col(Violation.id)))).all()


async def get_violation(session: AsyncSession, violation_id: UUID) -> Violation | None:
    """One violation."""
    return await session.get(Violation, violation_id)


async def latest_like(
    session: AsyncSession, affiliate_id: UUID, kind: str, source: str, mark: str
) -> Violation | None:
    """The last violation of an affiliate that was found by the same, as it is now."""
    query = select(Violation).where(
        Violation.affiliate_user_id == affiliate_id,
        Violation.kind == kind,
        Violation.source == source,
        Violation.mark == mark,
    )
    query = query.order_by(col(Violation.id).desc()).limit(1)
    return (await session.exec(query.execution_options(populate_existing=True))).first()


async def standing_of(
    session: AsyncSession, affiliates: Collection[UUID]
) -> dict[UUID, dict[str, int]]:
    """How many violations each affiliate has, by status."""
    query = (
        select(Violation.affiliate_user_id, Violation.status, func.count())
        .where(col(Violation.affiliate_user_id).in_(affiliates))
        .group_by(col(Violation.affiliate_user_id), Violation.status)
    )
    found: dict[UUID, dict[str, int]] = {}
    for owner, status, count in await session.exec(query):
        found.setdefault(owner, {})[status] = count
    return found


async def reports_of(session: AsyncSession, violation_id: UUID, limit: int) -> Sequence[Report]:
    """The last reports that stand behind a violation, the newest first."""
    query = select(Report).where(Report.violation_id == violation_id)
    return (await session.exec(query.order_by(col(Report.id).desc()).limit(limit))).all()


async def count_reports(session: AsyncSession, violation_id: UUID) -> int:
    """How many reports of a violation are kept."""
    query = select(func.count()).where(col(Report.violation_id) == violation_id)
    return (await session.exec(query)).one()


async def is_kept(session: AsyncSession, once: str) -> bool:
    """Whether this reporter counted already."""
    return (await session.exec(select(Report.id).where(Report.once == once))).first() is not None


async def unmatched(session: AsyncSession, since: datetime, limit: int) -> Sequence[Report]:
    """Reports since then that name nobody we know, the newest first."""
    query = select(Report).where(
        col(Report.violation_id).is_(None), col(Report.created_at) >= since
    )
    return (await session.exec(query.order_by(col(Report.id).desc()).limit(limit))).all()


async def answers_of(session: AsyncSession, case_id: UUID) -> Sequence[CaseAnswer]:
    """What the affiliate answered, the oldest first."""
    query = select(CaseAnswer).where(CaseAnswer.case_id == case_id)
    return (await session.exec(query.order_by(col(CaseAnswer.id)))).all()


async def get_answer(session: AsyncSession, answer_id: UUID) -> CaseAnswer | None:
    """One answer."""
    return await session.get(CaseAnswer, answer_id)


async def pages_due(
    session: AsyncSession, status: str, before: datetime, limit: int
) -> Sequence[Affiliate]:
    """Affiliates of a status whose page was not looked at since, the longest ago first."""
    query = (
        select(Affiliate)
        .outerjoin(PageCheck, col(PageCheck.affiliate_user_id) == col(Affiliate.id))
        .where(
            Affiliate.status == status,
            col(Affiliate.platform_url).startswith("http"),
            col(PageCheck.checked_at).is_(None) | (col(PageCheck.checked_at) < before),
        )
        .order_by(col(PageCheck.checked_at).nulls_first(), col(Affiliate.id))
        .limit(limit)
    )
    return (await session.exec(query)).all()

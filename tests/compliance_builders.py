"""Cases of violations for tests."""

from typing import Any
from uuid import UUID

from sqlmodel import col, select

from domain import compliance, compliance_cases
from domain.audit import Actor
from domain.compliance import Finding, Kind
from domain.compliance_cases import Decision, View
from storage.affiliates import Affiliate
from storage.compliance import Violation
from storage.db import Database
from tests.builders import RITA


def finding(kind: Kind = Kind.COOKIE_STUFFING, **changes: Any) -> Finding:
    """Something that was found."""
    given: dict[str, Any] = {"mark": "visitors", "facts": [("Visitors", "12")], **changes}
    return Finding(kind, **given)


async def found(db: Database, affiliate: Affiliate, one: Finding | None = None) -> None:
    """It was found automatically."""
    async with db.transaction() as session:
        await compliance.detect(session, affiliate.id, one or finding())


async def violations(db: Database) -> list[Violation]:
    """Every violation, the oldest first."""
    async with db.read() as session:
        return list((await session.exec(select(Violation).order_by(col(Violation.id)))).all())


async def case_of(db: Database, affiliate: Affiliate) -> UUID:
    """The case of an affiliate, after something was found."""
    await found(db, affiliate)
    return (await violations(db))[-1].case_id


async def decide(
    db: Database, case: UUID, decision: Decision, actor: Actor = RITA, **more: Any
) -> View:
    """Operators decide."""
    async with db.transaction() as session:
        return await compliance_cases.decide(
            session, case, decision, "Please stop that.", actor, **more
        )

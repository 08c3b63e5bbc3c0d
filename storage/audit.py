"""The audit log: who did what from where, append-only, each line sealed over the one before."""

import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.columns import json_field
from storage.locks import take_turn

START = "0" * 64


class AuditLine(SQLModel, table=True):
    """One act. `seal` is the SHA-256 of the line's content and the seal before it."""

    __tablename__ = "audit_log"

    number: int = Field(primary_key=True)
    at: datetime
    actor: str
    origin: str
    action: str
    subject: str = Field(index=True)
    detail: dict[str, Any] = json_field(dict)
    seal: str


def seal(line: AuditLine, before: str) -> str:
    """What the line's seal must be, given the seal of the line before it."""
    content = [
        before,
        line.number,
        line.at.astimezone(UTC).isoformat(),
        line.actor,
        line.origin,
        line.action,
        line.subject,
        line.detail,
    ]
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


async def append(
    session: AsyncSession,
    *,
    actor: str,
    origin: str,
    action: str,
    details: Mapping[str, dict[str, Any]],
) -> None:
    """Write a line for each subject at the end of the chain, in the caller's transaction.

    The chain has one end, so until this transaction ends nobody else can append.
    """
    await take_turn(session, "audit")
    last = (
        await session.exec(select(AuditLine).order_by(col(AuditLine.number).desc()).limit(1))
    ).one_or_none()
    number, before = (last.number, last.seal) if last else (0, START)
    for subject, detail in details.items():
        number += 1
        line = AuditLine(
            number=number,
            at=clock.now(),
            actor=actor,
            origin=origin,
            action=action,
            subject=subject,
            detail=detail,
            seal="",
        )
        line.seal = before = seal(line, before)
        session.add(line)
    await session.flush()


async def chain(session: AsyncSession) -> AsyncIterator[AuditLine]:
    """Every line, oldest first, streamed."""
    query = select(AuditLine).order_by(col(AuditLine.number)).execution_options(yield_per=500)
    async for line in await session.stream_scalars(query):
        yield line


async def of_subject(session: AsyncSession, subject: str) -> list[AuditLine]:
    """What was done about one thing, oldest first."""
    query = select(AuditLine).where(AuditLine.subject == subject).order_by(col(AuditLine.number))
    return list((await session.exec(query)).all())

"""Tokens by which an operator's programs use the admin API; of each only the hash is kept."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Field, SQLModel, col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.columns import json_field
from storage.ids import new_id


class OperatorToken(SQLModel, table=True):
    """A token. `prefix` is its beginning, by which people tell one from another.

    `operator_id` is the operator's in Slack: whoever acts by Slack and by this is one person.
    `expires_at` is None where it works until it is revoked.
    """

    __tablename__ = "operator_tokens"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str
    prefix: str = Field(index=True)
    token_hash: str = Field(unique=True)
    scopes: list[str] = json_field(list)
    operator_id: str
    operator_name: str = ""
    created_by: str
    created_at: datetime = Field(default_factory=clock.now)
    last_used_at: datetime | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    revoked_by: str = ""


async def get(session: AsyncSession, token_id: UUID, *, lock: bool = False) -> OperatorToken | None:
    """One token; `lock` holds its row until the transaction ends."""
    return await session.get(OperatorToken, token_id, with_for_update=lock, populate_existing=lock)


async def with_prefix(session: AsyncSession, prefix: str) -> Sequence[OperatorToken]:
    """The tokens that begin so, working or not: one, but for a rare chance."""
    query = select(OperatorToken).where(OperatorToken.prefix == prefix)
    return (await session.exec(query)).all()


async def newest(session: AsyncSession, limit: int) -> Sequence[OperatorToken]:
    """Tokens, those that work before the revoked ones, the newest first."""
    revoked = col(OperatorToken.revoked_at).is_not(None)
    query = select(OperatorToken).order_by(revoked, col(OperatorToken.id).desc()).limit(limit)
    return (await session.exec(query)).all()


async def working(session: AsyncSession, now: datetime, limit: int) -> Sequence[OperatorToken]:
    """Tokens that open something at a moment, the newest first."""
    ends = col(OperatorToken.expires_at)
    query = (
        select(OperatorToken)
        .where(col(OperatorToken.revoked_at).is_(None), or_(ends.is_(None), ends > now))
        .order_by(col(OperatorToken.id).desc())
        .limit(limit)
    )
    return (await session.exec(query)).all()


async def note_use(session: AsyncSession, token_id: UUID, at: datetime, before: datetime) -> None:
    """Write down that a token was used, unless that was done since `before`."""
    last = col(OperatorToken.last_used_at)
    await session.exec(
        update(OperatorToken)
        .where(col(OperatorToken.id) == token_id, or_(last.is_(None), last < before))
        .values(last_used_at=at)
    )

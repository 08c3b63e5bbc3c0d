"""When limits were spent of lately, for servers that share a database."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.columns import json_field


class Spending(SQLModel, table=True):
    """What one spender took of one limit: the moments, in milliseconds, the oldest first.

    `key` holds no name and no address, only a keyed hash of it. On PostgreSQL the table is not
    logged: after a crash everybody begins anew, and nobody waits for a disk.
    """

    __tablename__ = "rate_limits"

    key: str = Field(primary_key=True)
    moments: list[int] = json_field(list)
    expires_at: datetime = Field(index=True)


async def hold(session: AsyncSession, key: str, expires_at: datetime) -> Spending:
    """What is known of a key, made if need be; nobody else changes it until this is committed."""
    insert: Any = postgresql_insert
    if session.get_bind().dialect.name == "sqlite":
        insert = sqlite_insert
    made = insert(Spending).values(key=key, moments=[], expires_at=expires_at)
    made = made.on_conflict_do_update(
        index_elements=["key"], set_={"expires_at": made.excluded.expires_at}
    ).returning(Spending)
    found: Spending = (await session.exec(made)).scalar_one()
    return found


async def forget(session: AsyncSession, before: datetime, limit: int) -> int:
    """Delete what counted for nothing any more before a moment; returns how many."""
    old = select(Spending.key).where(col(Spending.expires_at) < before)
    old = old.order_by(col(Spending.expires_at)).limit(limit)
    return (await session.exec(delete(Spending).where(col(Spending.key).in_(old)))).rowcount

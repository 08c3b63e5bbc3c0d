"""Answers kept by the key that a caller sent along: asking again gets the same answer."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.columns import json_field


class KeptAnswer(SQLModel, table=True):
    """The answer to one request. `key` begins with what was asked for; `request` is its hash."""

    __tablename__ = "idempotency_keys"

    key: str = Field(primary_key=True)
    request: str
    status: int
    answer: dict[str, Any] = json_field(dict)
    created_at: datetime = Field(default_factory=clock.now, index=True)


async def get(session: AsyncSession, key: str) -> KeptAnswer | None:
    """The answer that was given under this key."""
    return await session.get(KeptAnswer, key)

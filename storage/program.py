"""The program's settings: one row, one JSON object (its shape is `domain.program.Program`)."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.columns import json_field

ONLY = 1


class ProgramRow(SQLModel, table=True):
    """What operators changed from the defaults; a name that is absent has its default."""

    __tablename__ = "affiliate_program"

    id: int = Field(default=ONLY, primary_key=True)
    changed: dict[str, Any] = json_field(dict)
    updated_at: datetime = Field(default_factory=clock.now)


async def get(session: AsyncSession, *, lock: bool = False) -> ProgramRow | None:
    """The row, if anything was ever changed."""
    return await session.get(ProgramRow, ONLY, with_for_update=lock, populate_existing=lock)

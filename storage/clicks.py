"""Clicks on referral links: one raw row each, never edited. Rollups sum them up."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.columns import json_field

COUNTED = "counted"
REPEAT = "repeat"
BOT = "bot"


class Click(SQLModel, table=True):
    """One click. `kind` is counted, repeat or bot; `channel` is redirect, tracker or partner.

    `visitor` tells people apart for one UTC day and is nobody's address. The first click of a
    visitor on a ref that day is the one that holds `first_key`; the others hold none.

    No foreign key: on PostgreSQL its check holds the affiliate's row, and then a click would
    wait for whoever decides about the affiliate.
    """

    __tablename__ = "referral_clicks"
    __table_args__ = (Index("ix_referral_clicks_affiliate", "affiliate_user_id", "clicked_at"),)

    id: UUID = Field(primary_key=True)
    affiliate_user_id: UUID
    ref: str
    source_tag: str
    landing_page: str
    utm: dict[str, Any] = json_field(dict)
    country: str
    referrer_host: str
    device: str
    visitor: str
    kind: str
    channel: str
    first_key: str | None = Field(default=None, unique=True)
    clicked_at: datetime


async def get(session: AsyncSession, click_id: UUID) -> Click | None:
    """One click."""
    return await session.get(Click, click_id)


async def latest(session: AsyncSession, affiliate_id: UUID, limit: int = 50) -> list[Click]:
    """An affiliate's clicks, the newest first."""
    query = (
        select(Click)
        .where(Click.affiliate_user_id == affiliate_id)
        .order_by(col(Click.clicked_at).desc(), col(Click.id).desc())
        .limit(limit)
    )
    return list((await session.exec(query)).all())

"""Clicks on referral links: one raw row each, never edited. Rollups sum them up."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.columns import json_field
from storage.inserts import Insert, Sums, Value
from storage.leaderboard import EVER, MonthRollup, month_of
from storage.rollups import COUNTS, Origin, Rollup

COUNTED = "counted"
REPEAT = "repeat"
BOT = "bot"


class Click(SQLModel, table=True):
    """One click. `kind` is counted, repeat or bot; `channel` is redirect, tracker or partner.

    `visitor` tells people apart for one UTC day and is nobody's address. The first click of a
    visitor on a ref that day is the one that holds `first_key`; the others hold none. `network`
    tells the networks of one affiliate's visitors apart, and is no address either.

    `fetched_as` is how a browser says that it loaded a link: page, frame or part (of a page, as
    an image is); empty where it says nothing. `paid` names what marks a click on a search ad, and
    `keyword` is the word that the ad was bought for. `network_click` is how an affiliate network
    names the click that led here, behind the network's name and a colon.

    No foreign key: on PostgreSQL its check holds the affiliate's row, and then a click would
    wait for whoever decides about the affiliate.
    """

    __tablename__ = "referral_clicks"
    __table_args__ = (
        Index("ix_referral_clicks_affiliate", "affiliate_user_id", "clicked_at"),
        Index("ix_referral_clicks_moment", "clicked_at"),
    )

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
    network: str = ""
    kind: str
    channel: str
    fetched_as: str = ""
    paid: str = ""
    keyword: str = ""
    network_click: str = ""
    first_key: str | None = Field(default=None, unique=True)
    clicked_at: datetime


async def first_of(session: AsyncSession, first_key: str) -> Click | None:
    """The click that was the first of its visitor and day."""
    return (await session.exec(select(Click).where(Click.first_key == first_key))).one_or_none()


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


_COLUMNS = {
    "id": "uuid",
    "affiliate_user_id": "uuid",
    "ref": "text",
    "source_tag": "text",
    "landing_page": "text",
    "utm": "jsonb",
    "country": "text",
    "referrer_host": "text",
    "device": "text",
    "visitor": "text",
    "network": "text",
    "kind": "text",
    "channel": "text",
    "fetched_as": "text",
    "paid": "text",
    "keyword": "text",
    "network_click": "text",
    "first_key": "text",
    "clicked_at": "timestamptz",
}
_OWNER, _TAG, _PAGE, _COUNTRY, _KIND, _FIRST, _AT = (
    list(_COLUMNS).index(name)
    for name in (
        *("affiliate_user_id", "source_tag", "landing_page", "country"),
        *("kind", "first_key", "clicked_at"),
    )
)
_KINDS = (COUNTED, REPEAT, BOT)


def _as_repeat(row: Value) -> Value:
    """What becomes of a click whose visitor was there that day."""
    changed = list(row)
    changed[_KIND] = REPEAT
    changed[_FIRST] = None
    return tuple(changed)


def _rolled_up(rows: Sequence[Value]) -> list[Value]:
    """What clicks add to the rollups: a row for each, in the columns of `_DAYS`."""
    alike = Counter[tuple[Any, ...]]()
    for row in rows:
        day = row[_AT].date()  # type: ignore[attr-defined]
        alike[row[_OWNER], row[_TAG], row[_PAGE], row[_COUNTRY], day, row[_KIND]] += 1
    sums: dict[tuple[Any, ...], list[int]] = {}
    for (owner, tag, page, country, day, kind), clicks in alike.items():
        for dimension, value in Origin(owner, tag, page, country).values():
            counts = sums.setdefault((owner, dimension, value, day), [0] * len(COUNTS))
            counts[_KINDS.index(kind)] += clicks
    return [(*key, *sums[key]) for key in sorted(sums)]


def _by_month(rows: Sequence[Value]) -> list[Value]:
    """What clicks that count add to the months: a row for each, in the columns of `_MONTHS`."""
    added = Counter[tuple[Any, ...]]()
    for row in rows:
        if row[_KIND] == COUNTED:
            month = month_of(row[_AT])  # type: ignore[arg-type]
            added.update([(row[_OWNER], month), (row[_OWNER], EVER)])
    return [(*key, added[key], 0) for key in sorted(added)]


_DAYS = Sums(
    table=Rollup.__tablename__,
    keys={"affiliate_user_id": "uuid", "dimension": "text", "value": "text", "day": "date"},
    counts=dict.fromkeys(COUNTS, "int"),
    of=_rolled_up,
)
_MONTHS = Sums(
    table=MonthRollup.__tablename__,
    keys={"affiliate_user_id": "uuid", "period": "text"},
    counts={"clicks": "bigint", "referrals": "bigint"},
    of=_by_month,
)
INSERT = Insert(
    topic="clicks",
    table=Click.__tablename__,
    columns=_COLUMNS,
    order="first_key",
    otherwise=_as_repeat,
    sums=(_DAYS, _MONTHS),
)
"""`utm` is given as JSON text, `clicked_at` in UTC."""

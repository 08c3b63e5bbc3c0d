"""Rollups: an affiliate's clicks, sign-ups, conversions and earnings, summed by day.

Each is kept in the transaction of the rows that it sums, so it is exact at any instant.
"""

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, Column
from sqlmodel import Field, SQLModel

ALL = "all"
TAG = "tag"
PAGE = "page"
COUNTRY = "country"
LINK = "link"
DIMENSIONS = (ALL, TAG, PAGE, COUNTRY, LINK)


class Rollup(SQLModel, table=True):
    """What happened on one UTC day under one `value` of a `dimension`.

    The value is a source tag, a landing page, a country or, for `link`, "tag page"; empty where
    none is known, and for `all`. `clicks` are those that count, `repeats` and `bots` the others.
    A sign-up counts on its day for whom the link belongs to, a conversion (a customer's first
    credited sale) on the day it was paid for whoever is credited.
    """

    __tablename__ = "referral_rollups"

    affiliate_user_id: UUID = Field(primary_key=True)
    dimension: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    clicks: int = 0
    repeats: int = 0
    bots: int = 0
    signups: int = 0
    conversions: int = 0


class EarningRollup(SQLModel, table=True):
    """What the ledger got from sales on one UTC day, in minor units of `currency`, signed."""

    __tablename__ = "referral_earning_rollups"

    affiliate_user_id: UUID = Field(primary_key=True)
    dimension: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    currency: str = Field(primary_key=True)
    amount: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))

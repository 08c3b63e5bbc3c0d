"""Affiliates with sales and clicks, for tests of who leads, and the plain way to tell who does."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.attribution import Customer
from domain.leaderboard import Place
from domain.sales import InvoiceFacts
from storage import clicks
from storage.affiliates import Affiliate
from storage.clicks import COUNTED, Click
from storage.db import Database
from storage.group_commit import GroupCommit
from storage.ids import new_id
from storage.ledger import LedgerEntry
from storage.referrals import Referral
from tests.builders import PAID, facts, join, settle


async def join_many(db: Database, *names: str) -> list[Affiliate]:
    """Affiliates with these display names, in this order; the n-th has the code `AFF{n}`."""
    return [
        await join(db, f"AFF{n}", email=f"aff{n}@example.com", display_name=name)
        for n, name in enumerate(names)
    ]


def bought(code: str, n: int, *, paid_at: datetime = PAID, **changes: Any) -> InvoiceFacts:
    """The only invoice of a customer of this code's own, the n-th."""
    fields: dict[str, Any] = {
        "invoice_id": f"in_{code}_{n}",
        "codes": (code,),
        "fetched_at": paid_at,
    }
    customer = Customer(f"cus_{code}_{n}", f"{code}{n}@example.net", {})
    return facts(customer=customer, paid_at=paid_at, **(fields | changes))


async def sell(db: Database, code: str, count: int = 1, **changes: Any) -> None:
    """So many customers buy with a code."""
    await settle(db, *(bought(code, n, **changes) for n in range(count)))


async def click(
    db: Database, affiliate_id: UUID, count: int, *, at: datetime = PAID, kind: str = COUNTED
) -> None:
    """So many visitors follow an affiliate's link."""
    writer = GroupCommit(db)
    writer.start()
    for _ in range(count):
        fields = dict.fromkeys(clicks.INSERT.columns, "") | {
            "id": new_id(),
            "affiliate_user_id": affiliate_id,
            "utm": "{}",
            "kind": kind,
            "first_key": None,
            "clicked_at": at,
        }
        await writer.insert(clicks.INSERT, tuple(fields.values()))
    await writer.close()


async def plainly(session: AsyncSession, period: str, currency: str) -> dict[str, dict[UUID, int]]:
    """Clicks, referrals and earnings of each affiliate, counted one raw row after the other."""
    found: dict[str, Counter[UUID]] = {
        "clicks": Counter(),
        "referrals": Counter(),
        "earnings": Counter(),
    }

    def within(moment: datetime | None) -> bool:
        return moment is not None and period in {"all", f"{moment:%Y-%m}"}

    for one in (await session.exec(select(Click).where(Click.kind == COUNTED))).all():
        found["clicks"][one.affiliate_user_id] += within(one.clicked_at)
    for referral in (await session.exec(select(Referral).where(col(Referral.counted)))).all():
        found["referrals"][referral.affiliate_user_id] += within(referral.converted_at)
    for entry in (await session.exec(select(LedgerEntry))).all():
        if entry.source.startswith("commission:") and entry.currency == currency:
            found["earnings"][entry.affiliate_user_id] += entry.amount * within(entry.created_at)
    return {name: dict(counts) for name, counts in found.items()}


def ranks(values: dict[UUID, int]) -> dict[UUID, tuple[int, int]]:
    """`(rank, value)` by going through them: one more than how many have more."""
    among = {owner: value for owner, value in values.items() if value > 0}
    return {
        owner: (1 + sum(other > value for other in among.values()), value)
        for owner, value in among.items()
    }


def names(places: Sequence[Place]) -> list[str]:
    """Who is on a list, in its order."""
    return [place.name for place in places]

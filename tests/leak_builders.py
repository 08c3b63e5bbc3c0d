"""Discount codes with a history of uses, and alerts about them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import clock
from domain import leaks
from storage.codes import DiscountCode
from storage.db import Database
from storage.ids import new_id
from storage.leaks import Leak, of_code
from storage.redemptions import Redemption
from tests.code_builders import some_code

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def old_code(db: Database, *, days: int = 60, **terms: Any) -> DiscountCode:
    """A code that was made so many days ago."""
    return await some_code(db, created_at=NOW - days * DAY, **terms)


def use(code: DiscountCode, moment: datetime, **changes: Any) -> Redemption:
    """A use of a code."""
    given_fields: dict[str, Any] = {
        "discount_code_id": code.id,
        "user_id": "cus_1",
        "stripe_invoice_id": f"in_{new_id()}",
        "currency": "usd",
        "redeemed_at": moment,
    }
    return Redemption(**given_fields | changes)


async def used(db: Database, code: DiscountCode, moments: Iterable[datetime]) -> None:
    """Uses that were recorded while nobody watched."""
    async with db.transaction() as session:
        session.add_all([use(code, moment) for moment in moments])


async def at_once(db: Database, code: DiscountCode, count: int, until: datetime = NOW) -> None:
    """So many uses in the last hours."""
    await used(db, code, [until - n * timedelta(minutes=1) for n in range(count)])


async def sweep(db: Database) -> None:
    """The scheduled look, now."""
    async with db.transaction() as session:
        await leaks.sweep(session)


async def look(db: Database, moment: datetime = NOW) -> None:
    """The scheduled look at a moment."""
    with clock.travel(moment):
        await sweep(db)


async def flagged(db: Database, code: DiscountCode) -> list[Leak]:
    """The alerts about a code, the oldest first."""
    async with db.read() as session:
        return list(reversed(await of_code(session, code.id)))


async def alert(db: Database) -> tuple[DiscountCode, Leak]:
    """A code that was never used, then twelve times in a quarter of an hour."""
    code = await old_code(db)
    await at_once(db, code, 12)
    await look(db)
    (leak,) = await flagged(db, code)
    return code, leak

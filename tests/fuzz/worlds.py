"""A database of one trial, and what must be true of its books."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

from sqlmodel import func, select

import clock
from domain import reconcile
from storage.db import Database
from storage.ledger import LedgerEntry
from tests.fuzz.watch import ComplaintError
from tests.postgres import shape

Ledger = tuple[int, int]

_shaped: list[bytes] = []


@asynccontextmanager
async def database(folder: Path) -> AsyncIterator[Database]:
    """A migrated database on SQLite, in this folder."""
    file = folder / "desk.db"
    if not _shaped:
        await shape(f"sqlite+aiosqlite:///{file}")
        _shaped.append(file.read_bytes())
    else:
        file.write_bytes(_shaped[0])
    db = Database(f"sqlite+aiosqlite:///{file}")
    try:
        yield db
    finally:
        await db.close()


async def ledger(db: Database) -> Ledger:
    """How many entries there are, and what they come to: another one changes both or is nothing."""
    async with db.read() as session:
        query = select(func.count(), func.coalesce(func.sum(LedgerEntry.amount), 0))
        count, amount = (await session.exec(query.select_from(LedgerEntry))).one()
    return count, amount


def opening(affiliate_id: UUID, amount: int = 20_000) -> LedgerEntry:
    """What an affiliate has free without a sale: no commission that it would have to agree with."""
    return LedgerEntry(
        affiliate_user_id=affiliate_id,
        amount=amount,
        currency="usd",
        reason="opening",
        source="opening",
        available_at=clock.now(),
    )


async def require_books(db: Database) -> None:
    """Raise `ComplaintError` where the books do not agree with themselves."""
    async with db.read(at_one_moment=True) as session:
        unlike = await reconcile.disagreements(session)
    if unlike:
        raise ComplaintError("\n".join(unlike))


def require(condition: object, said: str) -> None:
    """Raise `ComplaintError` unless it is so."""
    if not condition:
        raise ComplaintError(said)

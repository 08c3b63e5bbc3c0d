"""Turns: what two transactions may not do at the same time, though there is no row to lock yet.

On SQLite every transaction has its turn anyway. On PostgreSQL a turn is an advisory lock on a
name, given back when the transaction ends. A use case asks for its turns before it locks rows,
and for the audit log's turn last.
"""

from hashlib import sha256

from sqlmodel import func, select
from sqlmodel.ext.asyncio.session import AsyncSession


async def take_turn(session: AsyncSession, name: str) -> None:
    """Wait until no other transaction has the turn of `name`, and keep it until this one ends."""
    if session.get_bind().dialect.name == "postgresql":
        key = int.from_bytes(sha256(name.encode()).digest()[:8], signed=True)
        await session.exec(select(func.pg_advisory_xact_lock(key)))

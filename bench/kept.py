"""`python -m bench.kept URL COMMISSIONS CLICKS`: make up a program of that size for the bench."""

import asyncio
import sys

from bench.chance import WHOLE, Size
from bench.generate import fill
from storage import migrate
from storage.db import Database


async def _fill(url: str, commissions: int, clicks: int) -> None:
    db = Database(url)
    await migrate.upgrade(db)
    affiliates = WHOLE.affiliates * commissions // WHOLE.commissions
    await fill(db, Size(affiliates, commissions, clicks), whole=True)
    await db.close()


if __name__ == "__main__":
    asyncio.run(_fill(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))

"""`python -m bench.generate URL`: fill an empty database with a program that has grown large.

Seeded: the same size, seed and end make the same rows on SQLite and PostgreSQL. `--percent 100` is
10,000 affiliates with a million commissions and ten million clicks; the default is 1.
"""

import argparse
import asyncio
import gc
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Final

from rich.progress import Progress
from sqlalchemy import text
from sqlmodel import SQLModel, select

import clock
from bench.bulk import Values, Write, writing
from bench.chance import DAYS, Size, percent
from bench.story import Story
from storage import migrate
from storage.affiliates import Affiliate
from storage.db import Database
from storage.tables import METADATA

_AT_ONCE: Final = 50_000
_NOT_EMPTY: Final = "There are affiliates already: give an empty database."


async def fill(
    db: Database,
    size: Size,
    *,
    until: datetime | None = None,
    seed: int = 1,
    whole: bool = False,
    progress: Callable[[], None] = lambda: None,
) -> int:
    """Fill a migrated, empty database; returns how many rows. `progress` hears of each day.

    `whole` is quick for millions, but takes the database's indexes away and makes them again.
    Raises `ValueError` where somebody is in the program already.
    """
    async with db.read() as session:
        if (await session.exec(select(Affiliate.id).limit(1))).first():
            raise ValueError(_NOT_EMPTY)
    waiting, held, count = defaultdict[str, list[Values]](list), 0, 0
    async with writing(db, whole=whole) as write:
        for _, rows in Story(size, until or clock.now(), seed).days():
            for table, row in rows:
                waiting[_name(table)].append(row)
                held += 1
                if held >= _AT_ONCE:
                    await _store(write, waiting)
                    count, held = count + held, 0
            progress()
        await _store(write, waiting)
    await _analyze(db)
    return count + held


@cache
def _name(table: type[SQLModel]) -> str:
    return str(table.__tablename__)


async def _store(write: Write, waiting: dict[str, list[Values]]) -> None:
    """Write what waits, owners before what is theirs, and forget it."""
    for table in METADATA.sorted_tables:
        if rows := waiting.get(table.name):
            await write(table, rows)
    waiting.clear()


async def _analyze(db: Database) -> None:
    """Let the database count its rows, as it does by itself in time."""
    engine = db.engine.execution_options(isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text("ANALYZE"))


async def _run(url: str, size: Size, seed: int) -> int:
    db = Database(url)
    await migrate.upgrade(db)
    gc.disable()  # Millions of rows, none of which refers to itself.
    with Progress() as shown:
        task = shown.add_task("a year", total=DAYS + 3)
        count = await fill(db, size, seed=seed, whole=True, progress=lambda: shown.advance(task))
    await db.close()
    return count


def main() -> None:
    """Fill the database that is named."""
    parser = argparse.ArgumentParser(prog="bench.generate", description=__doc__)
    parser.add_argument("url", help="sqlite+aiosqlite:///path or postgresql+asyncpg://…")
    parser.add_argument("--percent", type=float, default=1, help="how much of the whole size")
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    count = asyncio.run(_run(wanted.url, percent(wanted.percent), wanted.seed))
    print(f"{count:,} rows.")  # noqa: T201 - a command line


if __name__ == "__main__":
    main()

"""A program large enough that its database would rather use an index: every table has rows."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Integer,
    LargeBinary,
    String,
    Table,
    Uuid,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from bench.chance import Size
from bench.generate import fill
from storage.db import Database
from storage.ids import new_id
from storage.tables import METADATA

END: Final = datetime(2026, 11, 6, 15, 30, tzinfo=UTC)
SIZE: Final = Size(400, 8_000, 20_000)
ROWS: Final = 2_000
"""How many rows each other table gets."""

FEW: Final = frozenset(
    {
        *("affiliate_program", "affiliate_terms", "affiliate_tiers", "affiliate_milestones"),
        *("affiliate_contests", "affiliate_contest_places", "affiliate_networks"),
        *("affiliate_assets", "affiliate_asset_files", "affiliate_asset_versions"),
        *("affiliate_drip_texts", "affiliate_imports", "operator_tokens", "payout_batches"),
        *("archive_files", "sale_days"),
        *("retention_marks", "job_runs", "alerts", "oldest_code"),
        *("affiliate_contest_disqualifications", "outside_services", "operator_alerts"),
    }
)
"""Tables that operators fill by hand, or a day at a time: they stay small."""


_DECIDED: Final = {
    "affiliate_cases.decision": "dismissed",
    "checkouts.status": "expired",
    "code_leaks.decision": "fine",
}
"""Most of it is over, as it is in a program that has lived for long."""


async def growing(db: Database) -> set[str]:
    """The tables that grow with customers, affiliates and time, and are large here."""
    large = set()
    async with db.read() as session:
        connection = await session.connection()
        for table in METADATA.sorted_tables:
            query = select(func.count()).select_from(table)
            if (await connection.execute(query)).scalar_one() >= SIZE.affiliates:
                large.add(table.name)
    return large


async def grow(db: Database) -> None:
    """Fill a migrated, empty database."""
    await fill(db, SIZE, until=END)
    classes = {
        mapper.local_table: mapper.class_
        for mapper in SQLModel._sa_registry.mappers  # noqa: SLF001 - no other list of them
    }
    async with db.transaction() as session:
        keys: dict[str, list[Any]] = {}
        for table in METADATA.sorted_tables:
            if table.name in FEW:
                continue
            connection = await session.connection()
            held = (await connection.execute(select(func.count()).select_from(table))).scalar_one()
            if held == 0:
                rows = list(await _made_up(session, table, classes[table], keys))
                if not rows:
                    continue
                kinds = sqlite_insert if db.is_sqlite else postgresql_insert
                await connection.execute(kinds(table).on_conflict_do_nothing(), rows)
    engine = db.engine.execution_options(isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text("ANALYZE"))


async def _made_up(
    session: AsyncSession, table: Table, model: type[SQLModel], keys: dict[str, list[Any]]
) -> Iterator[dict[str, Any]]:
    referred: dict[str, Sequence[Any]] = {}
    for column in table.columns:
        for foreign in column.foreign_keys:
            target = str(foreign.target_fullname)
            if target not in keys:
                connection = await session.connection()
                query = select(foreign.column).order_by(foreign.column).limit(ROWS)
                keys[target] = list((await connection.execute(query)).scalars())
                if target == "affiliates.id":
                    # One has only what is true, for those pages that want to make sense of it.
                    del keys[target][SIZE.affiliates // 2]
            referred[column.name] = keys[target]
            if not keys[target] and not column.nullable:
                return iter(())
    defaults = model()
    return (
        {
            column.name: _value(column, number, referred.get(column.name), defaults)
            for column in table.columns
        }
        for number in range(ROWS)
    )


def _value(column: Column[Any], n: int, referred: Sequence[Any] | None, of: SQLModel) -> Any:
    """A value of a column for the n-th row, which keeps to what is unique and what is referred."""
    if referred is not None:
        return referred[n % len(referred)] if referred else None
    if column.nullable and not column.primary_key and column.name != "handled_at":
        return None
    make = next(make for kinds, make in _KINDS if isinstance(column.type, kinds))
    given = None if column.primary_key else getattr(of, column.name, None)
    return _DECIDED.get(str(column)) or make(column.name, n, given)


def _moment(n: int) -> datetime:
    return END - timedelta(minutes=200 * n)


_KINDS: Final[tuple[tuple[Any, Callable[[str, int, Any], Any]], ...]] = (
    (UTCDateTime, lambda _name, n, _given: _moment(n)),
    (Date, lambda _name, n, _given: _moment(n).date()),
    (Boolean, lambda _name, _n, given: bool(given)),
    (Integer, lambda _name, n, given: n + 1 if given is None else given),
    (Uuid, lambda _name, _n, _given: new_id()),
    (LargeBinary, lambda _name, _n, _given: b"x"),
    (JSON, lambda _name, _n, given: {} if given is None else given),
    ((String, AutoString), lambda name, n, given: given or f"{name} {n}"),
)

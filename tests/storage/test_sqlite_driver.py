"""The connection to a SQLite file answers as SQLAlchemy expects it, whatever the length."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from storage.db import Database

_NUMBERS = """
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :most)
SELECT n FROM numbers
"""


@pytest.mark.parametrize("most", [1, 499, 500, 501, 2345])
async def test_every_row_comes_in_order_at_once_or_by_stream(sqlite: Database, most: int) -> None:
    """Around the number of rows that come along with a statement, too."""
    wanted = list(range(1, most + 1))
    async with sqlite.read() as session:
        connection = await session.connection()
        assert list((await connection.execute(text(_NUMBERS), {"most": most})).scalars()) == wanted
        options = {"yield_per": 100}
        stream = await connection.stream(text(_NUMBERS), {"most": most}, execution_options=options)
        assert [row[0] async for row in stream] == wanted


async def test_a_stream_that_is_left_early_holds_nothing_up(sqlite: Database) -> None:
    """The rest of its answer is let go of, and the file can be written."""
    async with sqlite.read() as session:
        connection = await session.connection()
        async with connection.stream(text(_NUMBERS), {"most": 5000}) as stream:
            assert (await stream.fetchone()) == (1,)
    async with sqlite.transaction() as session:
        await session.exec(text("CREATE TABLE told (id INTEGER PRIMARY KEY)"))  # type: ignore[call-overload]


async def test_what_a_statement_changed_is_counted(sqlite: Database) -> None:
    """Also by one with RETURNING, and for many values; an error leaves the connection in order."""
    async with sqlite.transaction() as session:
        connection = await session.connection()
        await connection.execute(text("CREATE TABLE told (id INTEGER PRIMARY KEY)"))
        many = await connection.execute(
            text("INSERT INTO told (id) VALUES (:id)"), [{"id": one} for one in range(700)]
        )
        assert many.rowcount == 700
        gone = await connection.execute(text("DELETE FROM told WHERE id < 600 RETURNING id"))
        assert len(gone.fetchall()) == 600
        changed = await connection.execute(text("UPDATE told SET id = id + 1000"))
        assert changed.rowcount == 100
        with pytest.raises(IntegrityError):
            await connection.execute(text("INSERT INTO told (id) VALUES (1600)"))
        assert (await connection.execute(text("SELECT count(*) FROM told"))).scalar() == 100

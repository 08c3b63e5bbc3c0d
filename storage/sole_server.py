"""One server on what only one may use: a SQLite file, or the folder of a sandbox.

A server on SQLite takes over the work that its predecessor had claimed, so a second one beside
it would carry out an effect twice. The kernel holds the lock and drops it with the process,
however that ends. Commands that only look or change something need no lock.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.errors import DatabaseError


@contextmanager
def sole_server(path: Path) -> Iterator[None]:
    """Hold `path`, by a lock file beside it. Raises `DatabaseError` if a server holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f"{path.name}.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DatabaseError(
                f"Another server is running on {path}. Stop it first, or use PostgreSQL, "
                "which several can share."
            ) from None
        yield

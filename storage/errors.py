"""What goes wrong with the database itself, told apart from what goes wrong in our code."""

import sqlite3
import sys
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

SOON_S: Final = 5
"""Seconds after which it is worth asking again where the database is away."""

_POSTGRESQL: Final = (
    "PostgresConnectionError",
    "OperatorInterventionError",
    "InsufficientResourcesError",  # its disk is full, it has no connection left
    "PostgresSystemError",
    "InterfaceError",  # the connection is closed already
)
_DEPTH: Final = 8


class DatabaseError(Exception):
    """The database cannot be used; its text says why, and what to do."""


def is_away(error: BaseException) -> bool:
    """Whether the database itself fails, also below SQLAlchemy's words: then no row is to blame.

    It does not answer, shuts down, or its disk is full. For errors of code that asks the database
    and no outside service: those have errors of their own.
    """
    found: BaseException | None = error
    for _ in range(_DEPTH):
        if found is None:
            break
        if isinstance(found, sqlite3.OperationalError):
            return _is_no_mistake(found)
        # An OSError is also a timeout, a refused connection, a socket that is gone.
        if isinstance(found, OSError | PoolTimeoutError) or _is_postgresqls(found):
            return True
        # A sentence of ours may come from a file that is odd: only below a database's is one.
        if found is error and not isinstance(found, SQLAlchemyError | DatabaseError):
            return False
        found = getattr(found, "orig", None) or found.__cause__
    return False


def _is_no_mistake(error: sqlite3.OperationalError) -> bool:
    """SQLite says also of a statement with a mistake that it is an operational error."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return (code & 0xFF) != sqlite3.SQLITE_ERROR


def _is_postgresqls(error: BaseException) -> bool:
    """Whether its driver says so; where SQLite is used, that is not loaded for this."""
    driver = sys.modules.get("asyncpg")
    return driver is not None and isinstance(
        error, tuple(getattr(driver, name) for name in _POSTGRESQL)
    )

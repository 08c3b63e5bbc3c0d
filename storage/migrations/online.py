"""Indexes on tables that grow, made while servers write to them.

On PostgreSQL an index that is made plainly stops every writer of its table until it is done,
minutes with millions of rows. One that is made concurrently can be no part of a transaction: a
migration has such indexes alone, and may find what an attempt left that was cut short.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

PATIENCE_MS: Final = 2000
"""How long a migration waits for a lock, while others queue up behind it."""


def create_index(
    name: str, table: str, columns: Sequence[str | sa.TextClause], **options: Any
) -> None:
    """Make an index; options as for `op.create_index`."""
    if not _is_postgresql():
        op.create_index(name, table, columns, **options)
        return
    with _alone():
        op.drop_index(name, table_name=table, if_exists=True, postgresql_concurrently=True)
        op.create_index(name, table, columns, postgresql_concurrently=True, **options)


def drop_index(name: str, table: str) -> None:
    """Take an index away."""
    if not _is_postgresql():
        op.drop_index(name, table_name=table)
        return
    with _alone():
        op.drop_index(name, table_name=table, if_exists=True, postgresql_concurrently=True)


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


@contextmanager
def _alone() -> Iterator[None]:
    """Outside of a transaction. It waits for others as long as it takes, and holds none up."""
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        yield
        op.execute(f"SET lock_timeout = {PATIENCE_MS}")

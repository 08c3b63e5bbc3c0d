"""Alembic's entry: migrate over the connection that `storage.migrate` opened."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from storage.tables import METADATA


def _render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write column types by the short names that `storage.migrations.types` gives them."""
    if kind != "type":
        return False
    if isinstance(item, UTCDateTime):
        return "MOMENT"
    if isinstance(item, AutoString):
        return "TEXT"
    if isinstance(item, sa.JSON):
        return "JSON"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    compare_type=True,
    render_item=_render,
)
with context.begin_transaction():
    context.run_migrations()

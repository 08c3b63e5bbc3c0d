"""Alembic's entry: migrate over the connection that `storage.migrate` opened."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo
from alembic.script import Script
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from storage import schema
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


def _note_oldest_code(
    ctx: MigrationContext,
    step: MigrationInfo,
    heads: object,  # noqa: ARG001 - the callback's
    run_args: object,  # noqa: ARG001
) -> None:
    """Where a migration says what code it `needs`, write that down with it."""
    script = step.up_revision if step.is_upgrade else None
    needs = getattr(script.module, "needs", None) if isinstance(script, Script) else None
    if needs is not None and ctx.connection is not None:
        schema.require(ctx.connection, needs)


_connection = context.config.attributes["connection"]
context.configure(
    connection=_connection,
    on_version_apply=_note_oldest_code,
    transaction_per_migration=_connection.dialect.name == "postgresql",
    target_metadata=METADATA,
    compare_type=True,
    render_item=_render,
)
with context.begin_transaction():
    context.run_migrations()

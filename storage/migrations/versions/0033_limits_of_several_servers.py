"""When limits were spent of lately, for servers that share a database."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.types import JSON, MOMENT, TEXT

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. On PostgreSQL a crash may forget what was spent, and nothing waits for the disk."""
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    op.create_table(
        "rate_limits",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("moments", JSON, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key"),
        prefixes=["UNLOGGED"] if on_postgresql else [],
    )
    op.create_index("ix_rate_limits_expires_at", "rate_limits", ["expires_at"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("rate_limits")

"""Alerts about the program itself, and how outside services answered lately."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.types import MOMENT, TEXT

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "alerts",
        sa.Column("id", sa.Uuid(), nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("name", "problem")),
        sa.Column("raised_at", MOMENT, nullable=False),
        sa.Column("cleared_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    still = sa.text("cleared_at IS NULL")
    op.create_index(
        "ix_alerts_open",
        "alerts",
        ["name"],
        unique=True,
        sqlite_where=still,
        postgresql_where=still,
    )
    moments = ("ok_at", "failing_since", "failed_at")
    op.create_table(
        "outside_services",
        sa.Column("name", TEXT, nullable=False),
        *(sa.Column(name, MOMENT, nullable=True) for name in moments),
        sa.Column("problem", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("outside_services")
    op.drop_table("alerts")

"""Whose monthly statement was mailed."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.types import MOMENT, TEXT

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "affiliate_statement_mails",
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=False),
        sa.Column("month", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["affiliate_user_id"], ["affiliates.id"]),
        sa.PrimaryKeyConstraint("affiliate_user_id", "month"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("affiliate_statement_mails")

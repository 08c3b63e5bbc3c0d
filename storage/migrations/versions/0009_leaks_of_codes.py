"""Alerts that a discount code leaked."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.types import JSON, MOMENT, TEXT

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "code_leaks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("discount_code_id", sa.Uuid(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("before_uses", sa.Integer(), nullable=False),
        sa.Column("before_days", sa.Integer(), nullable=False),
        sa.Column("jumped", sa.Boolean(), nullable=False),
        sa.Column("sites", JSON, nullable=False),
        sa.Column("decision", TEXT, nullable=False),
        sa.Column("decided_by", TEXT, nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("flagged_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["discount_code_id"], ["discount_codes.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_code_leaks_discount_code_id", "code_leaks", ["discount_code_id"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("code_leaks")

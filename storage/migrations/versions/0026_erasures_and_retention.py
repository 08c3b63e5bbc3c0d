"""Requests for erasure, and from when on rows are whole."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.types import MOMENT, TEXT

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "affiliate_erasures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=False),
        sa.Column("open_key", TEXT, nullable=True),
        sa.Column("waives", sa.Boolean(), nullable=False),
        *(sa.Column(name, MOMENT, nullable=False) for name in ("asked_at", "due_at")),
        *(sa.Column(name, TEXT, nullable=False) for name in ("decision", "reason", "decided_by")),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["affiliate_user_id"], ["affiliates.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("open_key"),
    )
    op.create_index(
        "ix_affiliate_erasures_affiliate_user_id", "affiliate_erasures", ["affiliate_user_id"]
    )
    op.create_table(
        "retention_marks",
        sa.Column("what", TEXT, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("what"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("retention_marks")
    op.drop_table("affiliate_erasures")

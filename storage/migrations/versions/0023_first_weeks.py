"""The mails of the first weeks, their texts, and the checklist of newcomers."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.types import MOMENT, TEXT

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "email_drip_log",
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=False),
        sa.Column("step", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["affiliate_user_id"], ["affiliates.id"]),
        sa.PrimaryKeyConstraint("affiliate_user_id", "step"),
    )
    op.create_table(
        "affiliate_drip_texts",
        sa.Column("step", TEXT, nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("preheader", TEXT, nullable=False),
        sa.Column("body", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("step"),
    )
    op.create_table(
        "affiliate_checklist_ticks",
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=False),
        sa.Column("item", TEXT, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["affiliate_user_id"], ["affiliates.id"]),
        sa.PrimaryKeyConstraint("affiliate_user_id", "item"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("affiliate_checklist_ticks")
    op.drop_table("affiliate_drip_texts")
    op.drop_table("email_drip_log")

"""Milestones, and who was awarded them."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.types import MOMENT, TEXT

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "affiliate_milestones",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("referral_threshold", sa.Integer(), nullable=False),
        sa.Column("bonus_amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column("archived_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "affiliate_milestone_awards",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=False),
        sa.Column("milestone_id", sa.Uuid(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("referral_threshold", sa.Integer(), nullable=False),
        sa.Column("bonus_amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", TEXT, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("awarded_at", MOMENT, nullable=False),
        sa.Column("available_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["affiliate_user_id"], ["affiliates.id"]),
        sa.ForeignKeyConstraint(["milestone_id"], ["affiliate_milestones.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("affiliate_user_id", "milestone_id"),
    )
    op.create_index(
        "ix_affiliate_milestone_awards_milestone", "affiliate_milestone_awards", ["milestone_id"]
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("affiliate_milestone_awards")
    op.drop_table("affiliate_milestones")

"""Contests, who was taken out of one, and the places that were announced."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.types import MOMENT, TEXT

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "affiliate_contests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("metric", TEXT, nullable=False),
        sa.Column("start_date", MOMENT, nullable=False),
        sa.Column("end_date", MOMENT, nullable=False),
        sa.Column("time_zone", TEXT, nullable=False),
        sa.Column("prize_description", TEXT, nullable=False),
        sa.Column("prize_amount_cents", sa.BigInteger(), nullable=True),
        sa.Column("currency", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("proposed_user_id", sa.Uuid(), nullable=True),
        sa.Column("proposal", TEXT, nullable=False),
        sa.Column("winner_user_id", sa.Uuid(), nullable=True),
        sa.Column("winner_announced_at", MOMENT, nullable=True),
        sa.Column("decided_by", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["proposed_user_id"], ["affiliates.id"]),
        sa.ForeignKeyConstraint(["winner_user_id"], ["affiliates.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "affiliate_contest_disqualifications",
        sa.Column("contest_id", sa.Uuid(), nullable=False),
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("decided_by", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["contest_id"], ["affiliate_contests.id"]),
        sa.ForeignKeyConstraint(["affiliate_user_id"], ["affiliates.id"]),
        sa.PrimaryKeyConstraint("contest_id", "affiliate_user_id"),
    )
    op.create_table(
        "affiliate_contest_places",
        sa.Column("contest_id", sa.Uuid(), nullable=False),
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("reached_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["contest_id"], ["affiliate_contests.id"]),
        sa.ForeignKeyConstraint(["affiliate_user_id"], ["affiliates.id"]),
        sa.PrimaryKeyConstraint("contest_id", "affiliate_user_id"),
    )
    op.create_index(
        "ix_affiliate_contest_places_place", "affiliate_contest_places", ["contest_id", "place"]
    )
    op.create_index(
        "ix_affiliate_referrals_converted",
        "affiliate_referrals",
        ["counted", "converted_at", "affiliate_user_id"],
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_affiliate_referrals_converted", table_name="affiliate_referrals")
    op.drop_table("affiliate_contest_places")
    op.drop_table("affiliate_contest_disqualifications")
    op.drop_table("affiliate_contests")

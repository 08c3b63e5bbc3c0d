"""Payout batches, and accounts that take no transfers."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.types import MOMENT, TEXT

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "payout_batches",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("service", TEXT, nullable=False),
        sa.Column("currency", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("reference", TEXT, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by", TEXT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("closed_by", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.add_column(
        "affiliate_payouts",
        sa.Column("batch", sa.Integer(), sa.ForeignKey("payout_batches.number"), nullable=True),
        inline_references=True,
    )
    op.create_index(op.f("ix_affiliate_payouts_batch"), "affiliate_payouts", ["batch"])
    op.add_column(
        "affiliates", sa.Column("unpayable_account", TEXT, nullable=False, server_default="")
    )


def downgrade() -> None:
    """Undo."""
    op.drop_column("affiliates", "unpayable_account")
    op.drop_index(op.f("ix_affiliate_payouts_batch"), table_name="affiliate_payouts")
    op.drop_column("affiliate_payouts", "batch")
    op.drop_table("payout_batches")

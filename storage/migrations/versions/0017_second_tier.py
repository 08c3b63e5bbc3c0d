"""Who recruited whom, and what recruiters earn from it."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.types import MOMENT, TEXT

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_LINK_INDEX = "ix_referral_links_recruited_by_affiliate_id"
_SHARES = "affiliate_second_tier_commissions"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        _SHARES,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tier1_affiliate_id", sa.Uuid(), nullable=False),
        sa.Column("tier2_affiliate_id", sa.Uuid(), nullable=False),
        sa.Column("original_commission_id", sa.Uuid(), nullable=False),
        sa.Column("rate_bp", sa.Integer(), nullable=False),
        sa.Column("base", TEXT, nullable=False),
        sa.Column("commission_amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", TEXT, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("available_at", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["tier1_affiliate_id"], ["affiliates.id"]),
        sa.ForeignKeyConstraint(["tier2_affiliate_id"], ["affiliates.id"]),
        sa.ForeignKeyConstraint(["original_commission_id"], ["affiliate_commissions.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("original_commission_id"),
    )
    op.create_index(f"ix_{_SHARES}_tier1", _SHARES, ["tier1_affiliate_id"])
    op.add_column(
        "referral_links",
        sa.Column("recruited_by_affiliate_id", sa.Uuid(), sa.ForeignKey("affiliates.id")),
        inline_references=True,
    )
    op.create_index(_LINK_INDEX, "referral_links", ["recruited_by_affiliate_id"])
    op.add_column(
        "affiliate_applications",
        sa.Column("recruited_by", TEXT, nullable=False, server_default=""),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_column("affiliate_applications", "recruited_by")
    op.drop_index(_LINK_INDEX, table_name="referral_links")
    op.drop_column("referral_links", "recruited_by_affiliate_id")
    op.drop_table(_SHARES)

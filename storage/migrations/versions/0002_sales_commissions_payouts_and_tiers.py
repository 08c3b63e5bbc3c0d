"""Sales, commissions, payouts and tiers."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.types import JSON, MOMENT, TEXT

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "affiliate_tiers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("referral_threshold", sa.Integer(), nullable=False),
        sa.Column("rate_bp", sa.Integer(), nullable=True),
        sa.Column("min_payout_cents", sa.Integer(), nullable=True),
        sa.Column("perks", JSON, nullable=False),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "affiliate_payouts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("method", TEXT, nullable=False),
        sa.Column("destination", TEXT, nullable=False),
        sa.Column("approvals", JSON, nullable=False),
        sa.Column("decided_by", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("reference", TEXT, nullable=False),
        sa.Column("requested_at", MOMENT, nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("paid_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["affiliate_user_id"], ["affiliates.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        op.f("ix_affiliate_payouts_affiliate_user_id"),
        "affiliate_payouts",
        ["affiliate_user_id"],
        unique=False,
    )
    op.create_index(
        "ix_affiliate_payouts_one_open",
        "affiliate_payouts",
        ["affiliate_user_id", "currency"],
        unique=True,
        sqlite_where=sa.text("status IN ('requested', 'approved')"),
        postgresql_where=sa.text("status IN ('requested', 'approved')"),
    )
    op.create_index(
        "ix_affiliate_payouts_status", "affiliate_payouts", ["status", "requested_at"], unique=False
    )
    op.create_table(
        "sales",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", TEXT, nullable=False),
        sa.Column("customer_id", TEXT, nullable=False),
        sa.Column("subscription_id", TEXT, nullable=False),
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=True),
        sa.Column("currency", TEXT, nullable=False),
        sa.Column("collected", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("fee", sa.BigInteger(), nullable=False),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.Column("disputed", sa.BigInteger(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("plan", TEXT, nullable=False),
        sa.Column("person_key", TEXT, nullable=False),
        sa.Column("card", TEXT, nullable=False),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("trace", JSON, nullable=False),
        sa.Column("paid_at", MOMENT, nullable=False),
        sa.Column("facts_at", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["affiliate_user_id"], ["affiliates.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("invoice_id"),
    )
    op.create_index("ix_sales_affiliate", "sales", ["affiliate_user_id", "paid_at"], unique=False)
    op.create_index("ix_sales_card", "sales", ["card"], unique=False)
    op.create_index("ix_sales_customer", "sales", ["customer_id", "cycle"], unique=False)
    op.create_table(
        "affiliate_commissions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sale_id", sa.Uuid(), nullable=False),
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=False),
        sa.Column("rate_bp", sa.Integer(), nullable=False),
        sa.Column("base", TEXT, nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("attributed_by", TEXT, nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", TEXT, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("available_at", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["affiliate_user_id"], ["affiliates.id"]),
        sa.ForeignKeyConstraint(["sale_id"], ["sales.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sale_id"),
    )
    op.create_index(
        "ix_affiliate_commissions_affiliate",
        "affiliate_commissions",
        ["affiliate_user_id", "id"],
        unique=False,
    )
    op.add_column(
        "affiliate_referrals", sa.Column("attributed_by", TEXT, nullable=False, server_default="")
    )
    op.add_column(
        "affiliate_referrals",
        sa.Column("first_sale", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column(
        "affiliates",
        sa.Column("tier_id", sa.Uuid(), sa.ForeignKey("affiliate_tiers.id"), nullable=True),
        inline_references=True,
    )
    op.add_column(
        "affiliates", sa.Column("payout_destination", TEXT, nullable=False, server_default="")
    )


def downgrade() -> None:
    """Undo."""
    op.drop_column("affiliates", "payout_destination")
    op.drop_column("affiliates", "tier_id")
    op.drop_column("affiliate_referrals", "first_sale")
    op.drop_column("affiliate_referrals", "attributed_by")
    op.drop_index("ix_affiliate_commissions_affiliate", table_name="affiliate_commissions")
    op.drop_table("affiliate_commissions")
    op.drop_index("ix_sales_customer", table_name="sales")
    op.drop_index("ix_sales_card", table_name="sales")
    op.drop_index("ix_sales_affiliate", table_name="sales")
    op.drop_table("sales")
    op.drop_index("ix_affiliate_payouts_status", table_name="affiliate_payouts")
    op.drop_index(
        "ix_affiliate_payouts_one_open",
        table_name="affiliate_payouts",
        sqlite_where=sa.text("status IN ('requested', 'approved')"),
        postgresql_where=sa.text("status IN ('requested', 'approved')"),
    )
    op.drop_index(op.f("ix_affiliate_payouts_affiliate_user_id"), table_name="affiliate_payouts")
    op.drop_table("affiliate_payouts")
    op.drop_table("affiliate_tiers")

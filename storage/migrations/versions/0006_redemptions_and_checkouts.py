"""Redemptions of discount codes, and checkouts that hold their uses."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.types import MOMENT, TEXT

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "checkouts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("plan", TEXT, nullable=False),
        sa.Column("price_id", TEXT, nullable=False),
        sa.Column("currency", TEXT, nullable=False),
        sa.Column("price_cents", sa.BigInteger(), nullable=False),
        sa.Column("discount_cents", sa.BigInteger(), nullable=False),
        sa.Column("email", TEXT, nullable=False),
        sa.Column("person_key", TEXT, nullable=False),
        sa.Column("customer_id", TEXT, nullable=False),
        sa.Column("ref", TEXT, nullable=False),
        sa.Column("referrer", TEXT, nullable=False),
        sa.Column("success_url", TEXT, nullable=False),
        sa.Column("cancel_url", TEXT, nullable=False),
        sa.Column("session_id", TEXT, nullable=False),
        sa.Column("url", TEXT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_checkouts_person", "checkouts", ["person_key"])
    op.create_index("ix_checkouts_customer", "checkouts", ["customer_id"])
    op.create_index("ix_checkouts_session", "checkouts", ["session_id"])
    op.create_index("ix_checkouts_open", "checkouts", ["status", "expires_at"])
    op.create_table(
        "checkout_codes",
        sa.Column("checkout_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("discount_code_id", sa.Uuid(), nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("discount_cents", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["checkout_id"], ["checkouts.id"]),
        sa.ForeignKeyConstraint(["discount_code_id"], ["discount_codes.id"]),
        sa.PrimaryKeyConstraint("checkout_id", "place"),
    )
    op.create_index("ix_checkout_codes_code", "checkout_codes", ["discount_code_id"])
    op.create_table(
        "discount_code_redemptions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("discount_code_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("person_key", TEXT, nullable=False),
        sa.Column("stripe_invoice_id", TEXT, nullable=False),
        sa.Column("subscription_id", TEXT, nullable=False),
        sa.Column("checkout_id", sa.Uuid(), nullable=True),
        sa.Column("currency", TEXT, nullable=False),
        sa.Column("discount_amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("refunded_cents", sa.BigInteger(), nullable=False),
        sa.Column("renewal", sa.Boolean(), nullable=False),
        sa.Column("voided", sa.Boolean(), nullable=False),
        sa.Column("redeemed_at", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["checkout_id"], ["checkouts.id"]),
        sa.ForeignKeyConstraint(["discount_code_id"], ["discount_codes.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "discount_code_id", "stripe_invoice_id", name="uq_redemption_of_invoice"
        ),
    )
    for name, columns in _INDEXES:
        op.create_index(name, "discount_code_redemptions", columns)
    op.create_index("ix_sales_person", "sales", ["person_key"])


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_sales_person", table_name="sales")
    op.drop_table("discount_code_redemptions")
    op.drop_table("checkout_codes")
    op.drop_table("checkouts")


_INDEXES = (
    ("idx_discount_redemptions_code", ["discount_code_id", "redeemed_at"]),
    ("idx_discount_redemptions_user", ["user_id"]),
    ("ix_discount_redemptions_person", ["person_key"]),
    ("ix_discount_redemptions_invoice", ["stripe_invoice_id"]),
    ("ix_discount_redemptions_subscription", ["subscription_id"]),
    ("ix_discount_redemptions_checkout", ["checkout_id"]),
)

"""Sums of what is long past: of accounts, of sales by day, of what codes took off."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.types import TEXT

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

phase = "expand"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "affiliate_ledger_closings",
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=False),
        sa.Column("currency", TEXT, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["affiliate_user_id"], ["affiliates.id"]),
        sa.PrimaryKeyConstraint("affiliate_user_id", "currency"),
    )
    op.create_table(
        "sale_days",
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("outcome", "currency")),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("kept", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "outcome", "currency"),
    )
    op.create_table(
        "discount_code_sums",
        sa.Column("discount_code_id", sa.Uuid(), nullable=False),
        sa.Column("currency", TEXT, nullable=False),
        *(sa.Column(n, sa.BigInteger(), nullable=False) for n in ("given_cents", "refunded_cents")),
        sa.ForeignKeyConstraint(["discount_code_id"], ["discount_codes.id"]),
        sa.PrimaryKeyConstraint("discount_code_id", "currency"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("discount_code_sums")
    op.drop_table("sale_days")
    op.drop_table("affiliate_ledger_closings")

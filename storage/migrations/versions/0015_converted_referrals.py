"""Which referrals are converted now, kept with their sales."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "affiliate_referrals",
        sa.Column("counted", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.execute(
        "UPDATE affiliate_referrals SET counted = true WHERE first_sale AND EXISTS ("
        "SELECT 1 FROM sales WHERE sales.customer_id = affiliate_referrals.customer_id"
        " AND sales.affiliate_user_id = affiliate_referrals.affiliate_user_id"
        " AND sales.collected > sales.refunded + sales.disputed)"
    )
    op.create_index(
        "ix_affiliate_referrals_counted", "affiliate_referrals", ["affiliate_user_id", "counted"]
    )
    op.drop_index("ix_affiliate_referrals_affiliate_user_id", table_name="affiliate_referrals")


def downgrade() -> None:
    """Undo."""
    op.create_index(
        "ix_affiliate_referrals_affiliate_user_id", "affiliate_referrals", ["affiliate_user_id"]
    )
    op.drop_index("ix_affiliate_referrals_counted", table_name="affiliate_referrals")
    op.drop_column("affiliate_referrals", "counted")

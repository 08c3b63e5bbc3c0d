"""What was used, and what was clicked, in the last days, found by its moment."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_index("ix_discount_redemptions_moment", "discount_code_redemptions", ["redeemed_at"])
    of_all = sa.text("dimension = 'all'")
    op.create_index(
        "ix_referral_rollups_days",
        "referral_rollups",
        ["day"],
        sqlite_where=of_all,
        postgresql_where=of_all,
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_referral_rollups_days", table_name="referral_rollups")
    op.drop_index("ix_discount_redemptions_moment", table_name="discount_code_redemptions")

"""Tiers that operators gave by hand, which referrals then do not move."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "affiliates",
        sa.Column("tier_pinned", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_index("ix_affiliates_tier_id", "affiliates", ["tier_id"])


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_affiliates_tier_id", table_name="affiliates")
    op.drop_column("affiliates", "tier_pinned")

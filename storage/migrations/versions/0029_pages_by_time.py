"""Lists by when their rows were made, and earnings that no sale brought."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_LONGER = {
    "affiliate_commissions": ("ix_affiliate_commissions_affiliate", ["id"]),
    "affiliate_referrals": ("ix_affiliate_referrals_recent", ["created_at"]),
}


def upgrade() -> None:
    """Apply."""
    for table, (name, _) in _LONGER.items():
        op.drop_index(name, table_name=table)
        op.create_index(name, table, ["affiliate_user_id", "created_at", "id"])
    beside_sales = sa.text("source NOT LIKE 'commission:%'")
    op.create_index(
        "ix_affiliate_ledger_beside_sales",
        "affiliate_ledger",
        ["affiliate_user_id", "created_at"],
        sqlite_where=beside_sales,
        postgresql_where=beside_sales,
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_affiliate_ledger_beside_sales", table_name="affiliate_ledger")
    for table, (name, rest) in _LONGER.items():
        op.drop_index(name, table_name=table)
        op.create_index(name, table, ["affiliate_user_id", *rest])

"""Indexes for large programs."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_INDEXES = (
    ("ix_affiliate_ledger_pages", "affiliate_ledger", ["affiliate_user_id", "id"]),
    ("ix_affiliate_ledger_months", "affiliate_ledger", ["affiliate_user_id", "created_at"]),
    ("ix_sales_paid", "sales", ["paid_at"]),
)
_PARKED = sa.text("parked_at IS NOT NULL")


def upgrade() -> None:
    """Apply."""
    for name, table, columns in _INDEXES:
        op.create_index(name, table, columns)
    for table in ("inbox", "outbox"):
        op.create_index(
            f"ix_{table}_parked",
            table,
            ["parked_at"],
            sqlite_where=_PARKED,
            postgresql_where=_PARKED,
        )


def downgrade() -> None:
    """Undo."""
    for table in ("inbox", "outbox"):
        op.drop_index(f"ix_{table}_parked", table_name=table)
    for name, table, _ in reversed(_INDEXES):
        op.drop_index(name, table_name=table)

"""What is free, what was posted late, what changed and what was mailed, found by an index."""

import sqlalchemy as sa

from storage.migrations.online import create_index, drop_index

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

phase = "expand"


def upgrade() -> None:
    """Apply."""
    free = ["available_at", "affiliate_user_id", "currency", "amount"]
    create_index("ix_affiliate_ledger_free", "affiliate_ledger", free)
    early = sa.text("available_at <= created_at")
    create_index(
        "ix_affiliate_ledger_early",
        "affiliate_ledger",
        ["created_at"],
        sqlite_where=early,
        postgresql_where=early,
    )
    create_index("ix_sales_updated", "sales", ["updated_at"])
    by_month = ["month", "affiliate_user_id"]
    create_index("ix_affiliate_statement_mails_month", "affiliate_statement_mails", by_month)


def downgrade() -> None:
    """Undo."""
    drop_index("ix_affiliate_statement_mails_month", "affiliate_statement_mails")
    drop_index("ix_sales_updated", "sales")
    drop_index("ix_affiliate_ledger_early", "affiliate_ledger")
    drop_index("ix_affiliate_ledger_free", "affiliate_ledger")

"""What one affiliate's balances and referrals come to, read from indexes alone."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_LEDGER = "affiliate_ledger"
_BALANCES = ["affiliate_user_id", "currency", "available_at"]


def upgrade() -> None:
    """Apply."""
    op.drop_index("ix_affiliate_ledger_affiliate", table_name=_LEDGER)
    op.create_index("ix_affiliate_ledger_affiliate", _LEDGER, [*_BALANCES, "amount"])
    of_payouts = sa.text("source LIKE 'payout:%'")
    op.create_index(
        "ix_affiliate_ledger_payouts",
        _LEDGER,
        ["affiliate_user_id", "currency", "amount"],
        sqlite_where=of_payouts,
        postgresql_where=of_payouts,
    )
    op.create_index(
        "ix_affiliate_referrals_plans",
        "affiliate_referrals",
        ["affiliate_user_id", "plan", "status"],
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_affiliate_referrals_plans", table_name="affiliate_referrals")
    op.drop_index("ix_affiliate_ledger_payouts", table_name=_LEDGER)
    op.drop_index("ix_affiliate_ledger_affiliate", table_name=_LEDGER)
    op.create_index("ix_affiliate_ledger_affiliate", _LEDGER, _BALANCES)

"""Clicks, referrals and earnings by month, for the leaderboard."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.types import TEXT

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply, with the sums of what there is already."""
    op.create_table(
        "affiliate_month_rollups",
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=False),
        sa.Column("period", TEXT, nullable=False),
        sa.Column("clicks", sa.BigInteger(), nullable=False),
        sa.Column("referrals", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("affiliate_user_id", "period"),
    )
    op.create_table(
        "affiliate_month_earnings",
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=False),
        sa.Column("period", TEXT, nullable=False),
        sa.Column("currency", TEXT, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("affiliate_user_id", "period", "currency"),
    )
    month = "strftime('%Y-%m', {})"
    if op.get_bind().dialect.name == "postgresql":
        month = "to_char(timezone('UTC', {}), 'YYYY-MM')"
    for period in (month, "'all'"):
        op.execute(
            "INSERT INTO affiliate_month_rollups"  # noqa: S608 - the words are ours
            " SELECT affiliate_user_id, period, sum(clicks), sum(referrals) FROM ("
            f"SELECT affiliate_user_id, {period.format('clicked_at')} AS period,"
            " 1 AS clicks, 0 AS referrals FROM referral_clicks WHERE kind = 'counted'"
            f" UNION ALL SELECT affiliate_user_id, {period.format('converted_at')}, 0, 1"
            " FROM affiliate_referrals WHERE counted AND converted_at IS NOT NULL"
            ") AS happened GROUP BY affiliate_user_id, period"
        )
        op.execute(
            "INSERT INTO affiliate_month_earnings"  # noqa: S608 - the words are ours
            " SELECT affiliate_user_id, period, currency, sum(amount) FROM ("
            f"SELECT affiliate_user_id, {period.format('created_at')} AS period, currency, amount"
            " FROM affiliate_ledger WHERE source LIKE 'commission:%'"
            ") AS posted GROUP BY affiliate_user_id, period, currency"
        )
    op.create_index(
        "ix_affiliate_month_rollups_referrals",
        "affiliate_month_rollups",
        ["period", "referrals", "affiliate_user_id"],
    )
    op.create_index(
        "ix_affiliate_month_rollups_clicks",
        "affiliate_month_rollups",
        ["period", "clicks", "referrals", "affiliate_user_id"],
    )
    op.create_index(
        "ix_affiliate_month_earnings_amount",
        "affiliate_month_earnings",
        ["period", "currency", "amount", "affiliate_user_id"],
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("affiliate_month_earnings")
    op.drop_table("affiliate_month_rollups")

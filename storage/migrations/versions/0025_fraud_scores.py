"""Fraud scores, pauses and appeals; networks and cancellations of referrals."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.types import JSON, MOMENT, TEXT

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "affiliate_fraud_scores",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("reasons", JSON, nullable=False),
        sa.Column("because", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["affiliate_user_id"], ["affiliates.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_affiliate_fraud_scores_latest", "affiliate_fraud_scores", ["affiliate_user_id", "id"]
    )
    op.create_table(
        "affiliate_fraud_flags",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=False),
        sa.Column("open_key", TEXT, nullable=True),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("reasons", JSON, nullable=False),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("decision", "reason", "decided_by")),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("flagged_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["affiliate_user_id"], ["affiliates.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("open_key"),
    )
    op.create_index(
        "ix_affiliate_fraud_flags_affiliate_user_id", "affiliate_fraud_flags", ["affiliate_user_id"]
    )
    op.create_table(
        "affiliate_fraud_appeals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("flag_id", sa.Uuid(), nullable=False),
        *(
            sa.Column(name, TEXT, nullable=False)
            for name in ("once", "text", "answer", "answered_by")
        ),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["flag_id"], ["affiliate_fraud_flags.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("once"),
    )
    op.create_index("ix_affiliate_fraud_appeals_flag_id", "affiliate_fraud_appeals", ["flag_id"])
    op.create_table(
        "affiliate_self_referrals",
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=False),
        sa.Column("how", TEXT, nullable=False),
        sa.Column("happened_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("subject"),
    )
    op.create_index(
        "ix_affiliate_self_referrals_affiliate",
        "affiliate_self_referrals",
        ["affiliate_user_id", "happened_at"],
    )
    op.add_column(
        "referral_links", sa.Column("fraud_score", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column("referral_links", sa.Column("fraud_score_updated_at", MOMENT, nullable=True))
    op.add_column("referral_clicks", sa.Column("network", TEXT, nullable=False, server_default=""))
    op.add_column(
        "affiliate_referrals", sa.Column("network", TEXT, nullable=False, server_default="")
    )
    op.add_column("affiliate_referrals", sa.Column("canceled_at", MOMENT, nullable=True))
    op.create_index(
        "ix_affiliate_referrals_recent", "affiliate_referrals", ["affiliate_user_id", "created_at"]
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_affiliate_referrals_recent", table_name="affiliate_referrals")
    for name in ("canceled_at", "network"):
        op.drop_column("affiliate_referrals", name)
    op.drop_column("referral_clicks", "network")
    for name in ("fraud_score_updated_at", "fraud_score"):
        op.drop_column("referral_links", name)
    for table in (
        "affiliate_self_referrals",
        "affiliate_fraud_appeals",
        "affiliate_fraud_flags",
        "affiliate_fraud_scores",
    ):
        op.drop_table(table)

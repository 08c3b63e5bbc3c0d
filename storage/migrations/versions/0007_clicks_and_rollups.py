"""Clicks, their rollups, sign-ups on referrals, and answers kept by key."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.types import JSON, MOMENT, TEXT

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_USER_KNOWN = sa.text("user_id <> ''")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "referral_clicks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=False),
        sa.Column("ref", TEXT, nullable=False),
        sa.Column("source_tag", TEXT, nullable=False),
        sa.Column("landing_page", TEXT, nullable=False),
        sa.Column("utm", JSON, nullable=False),
        sa.Column("country", TEXT, nullable=False),
        sa.Column("referrer_host", TEXT, nullable=False),
        sa.Column("device", TEXT, nullable=False),
        sa.Column("visitor", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("first_key", TEXT, nullable=True),
        sa.Column("clicked_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("first_key"),
    )
    op.create_index(
        "ix_referral_clicks_affiliate", "referral_clicks", ["affiliate_user_id", "clicked_at"]
    )
    op.create_table(
        "referral_rollups",
        *_under(),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("clicks", "repeats", "bots", "signups", "conversions")
        ),
        sa.PrimaryKeyConstraint("affiliate_user_id", "dimension", "value", "day"),
    )
    op.create_table(
        "referral_earning_rollups",
        *_under(),
        sa.Column("currency", TEXT, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("affiliate_user_id", "dimension", "value", "day", "currency"),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("request", TEXT, nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index(op.f("ix_idempotency_keys_created_at"), "idempotency_keys", ["created_at"])
    with op.batch_alter_table("affiliate_referrals") as referrals:
        referrals.alter_column("customer_id", existing_type=TEXT, nullable=True)
        for name in ("user_id", "email_key", "source_tag", "landing_page", "country"):
            referrals.add_column(sa.Column(name, TEXT, nullable=False, server_default=""))
        referrals.add_column(sa.Column("signup_affiliate_id", sa.Uuid(), nullable=True))
        for name in ("signed_up_at", "converted_at"):
            referrals.add_column(sa.Column(name, MOMENT, nullable=True))
    # Until now a referral with a sale was made at its first one.
    op.execute("UPDATE affiliate_referrals SET converted_at = created_at WHERE first_sale")
    op.create_index(
        "ix_affiliate_referrals_user",
        "affiliate_referrals",
        ["user_id"],
        unique=True,
        sqlite_where=_USER_KNOWN,
        postgresql_where=_USER_KNOWN,
    )
    op.create_index("ix_affiliate_referrals_email", "affiliate_referrals", ["email_key"])


def downgrade() -> None:
    """Undo; sign-ups without a customer have no place in the older shape."""
    op.execute("DELETE FROM affiliate_referrals WHERE customer_id IS NULL")
    op.drop_index("ix_affiliate_referrals_email", table_name="affiliate_referrals")
    op.drop_index("ix_affiliate_referrals_user", table_name="affiliate_referrals")
    with op.batch_alter_table("affiliate_referrals") as referrals:
        for name in (
            "converted_at",
            "signed_up_at",
            "signup_affiliate_id",
            "country",
            "landing_page",
            "source_tag",
            "email_key",
            "user_id",
        ):
            referrals.drop_column(name)
        referrals.alter_column("customer_id", existing_type=TEXT, nullable=False)
    op.drop_table("idempotency_keys")
    op.drop_table("referral_earning_rollups")
    op.drop_table("referral_rollups")
    op.drop_table("referral_clicks")


def _under() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=False),
        sa.Column("dimension", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
    )

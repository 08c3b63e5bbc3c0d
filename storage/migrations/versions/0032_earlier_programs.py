"""What was brought over from earlier programs."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.types import MOMENT, TEXT

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "affiliate_imports",
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("external_id", TEXT, nullable=False),
        *(sa.Column(name, MOMENT, nullable=True) for name in ("settled_until", "told_at")),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["affiliate_user_id"], ["affiliates.id"]),
        sa.PrimaryKeyConstraint("affiliate_user_id", "source"),
    )
    op.create_index("ix_affiliate_imports_external", "affiliate_imports", ["source", "external_id"])
    op.create_table(
        "affiliate_imported_referrals",
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("settled_until", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["referral_id"], ["affiliate_referrals.id"]),
        sa.PrimaryKeyConstraint("referral_id"),
    )
    op.create_table(
        "affiliate_imported_commissions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("external_id", TEXT, nullable=False),
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("posted", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        *(
            sa.Column(name, MOMENT, nullable=False)
            for name in ("earned_at", "available_at", "created_at", "updated_at")
        ),
        sa.ForeignKeyConstraint(["affiliate_user_id"], ["affiliates.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "external_id"),
    )
    op.create_index(
        "ix_affiliate_imported_commissions_affiliate",
        "affiliate_imported_commissions",
        ["affiliate_user_id", "earned_at"],
    )


def downgrade() -> None:
    """Undo."""
    for table in (
        "affiliate_imported_commissions",
        "affiliate_imported_referrals",
        "affiliate_imports",
    ):
        op.drop_table(table)

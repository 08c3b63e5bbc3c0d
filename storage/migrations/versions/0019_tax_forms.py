"""Tax forms, what is withheld of payouts, and the form that each payout was asked for with."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.types import JSON, MOMENT, TEXT

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_TEXTS = (
    *("form_type", "legal_name", "business_name", "classification", "fatca_status"),
    *("tax_id_type", "tax_id_last4", "tax_id_encrypted", "address_line1", "address_line2"),
    *("address_city", "address_state", "address_zip", "address_country", "citizenship"),
    *("signed_name", "signed_as", "decided_by", "return_reason"),
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "affiliate_tax_info",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in _TEXTS),
        sa.Column("treaty", JSON, nullable=False),
        sa.Column("told_to_withhold", sa.Boolean(), nullable=False),
        sa.Column("certifications", JSON, nullable=False),
        sa.Column("submitted_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("expiry_told_at", MOMENT, nullable=True),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("verified_at", MOMENT, nullable=True),
        sa.Column("returned_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["affiliate_user_id"], ["affiliates.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_affiliate_tax_info_one_current",
        "affiliate_tax_info",
        ["affiliate_user_id"],
        unique=True,
        sqlite_where=sa.text("is_current"),
        postgresql_where=sa.text("is_current"),
    )
    op.create_index(
        "ix_affiliate_tax_info_versions",
        "affiliate_tax_info",
        ["affiliate_user_id", "version"],
        unique=True,
    )
    op.create_index("ix_affiliate_tax_info_expires_at", "affiliate_tax_info", ["expires_at"])
    op.create_table(
        "affiliate_tax_withholding",
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("switched_by", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["affiliate_user_id"], ["affiliates.id"]),
        sa.PrimaryKeyConstraint("affiliate_user_id"),
    )
    op.add_column(
        "affiliate_payouts",
        sa.Column("withheld_cents", sa.BigInteger(), nullable=False, server_default="0"),
    )
    op.add_column(
        "affiliate_payouts",
        sa.Column("tax_form_id", sa.Uuid(), sa.ForeignKey("affiliate_tax_info.id"), nullable=True),
        inline_references=True,
    )


def downgrade() -> None:
    """Undo."""
    op.drop_column("affiliate_payouts", "tax_form_id")
    op.drop_column("affiliate_payouts", "withheld_cents")
    op.drop_table("affiliate_tax_withholding")
    op.drop_table("affiliate_tax_info")

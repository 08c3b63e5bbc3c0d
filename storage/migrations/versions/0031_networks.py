"""Affiliate networks: whom they brought, what they are told of sales, whom they recruited."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.types import JSON, MOMENT, TEXT

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, TEXT, nullable=False) for name in names]


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "referral_clicks",
        sa.Column("network_click", TEXT, nullable=False, server_default=sa.text("''")),
    )
    op.create_table(
        "affiliate_networks",
        sa.Column("id", sa.Uuid(), nullable=False),
        *_texts("slug", "kind", "name"),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        *_texts("click_parameter"),
        sa.Column("settings", JSON, nullable=False),
        *_texts("sealed", "pays", "timing", "base"),
        sa.Column("cycles", sa.Integer(), nullable=False),
        *(sa.Column(name, MOMENT, nullable=False) for name in ("created_at", "updated_at")),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("slug"),
    )
    op.create_table(
        "affiliate_network_customers",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("id", "network_id")),
        *_texts("click_id", "customer_id", "user_id", "email_key"),
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["network_id"], ["affiliate_networks.id"]),
        sa.ForeignKeyConstraint(["affiliate_user_id"], ["affiliates.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for name, column in (
        ("customer", "customer_id"),
        ("user", "user_id"),
        ("email", "email_key"),
        ("affiliate", "affiliate_user_id"),
    ):
        op.create_index(
            f"ix_affiliate_network_customers_{name}", "affiliate_network_customers", [column]
        )
    op.create_table(
        "affiliate_network_conversions",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("id", "network_id", "sale_id")),
        *_texts("click_id", "reference", "currency", "pays", "base"),
        sa.Column("posted", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *(
            sa.Column(name, MOMENT, nullable=False)
            for name in ("due_at", "created_at", "updated_at")
        ),
        sa.ForeignKeyConstraint(["network_id"], ["affiliate_networks.id"]),
        sa.ForeignKeyConstraint(["sale_id"], ["sales.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sale_id"),
    )
    op.create_index(
        "ix_affiliate_network_conversions_network",
        "affiliate_network_conversions",
        ["network_id", "id"],
    )
    op.create_table(
        "affiliate_network_deliveries",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("id", "conversion_id")),
        sa.Column("version", sa.Integer(), nullable=False),
        *_texts("reference"),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("amount", "change")),
        *_texts("status", "ticket", "answer"),
        *(sa.Column(name, MOMENT, nullable=True) for name in ("tried_at", "sent_at")),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["conversion_id"], ["affiliate_network_conversions.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("conversion_id", "version"),
    )
    op.create_index(
        "ix_affiliate_network_deliveries_status", "affiliate_network_deliveries", ["status", "id"]
    )
    op.create_table(
        "affiliate_network_partners",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("id", "network_id")),
        *_texts("partner_id", "name", "email", "email_key"),
        *(
            sa.Column(name, sa.Uuid(), nullable=True)
            for name in ("application_id", "affiliate_user_id")
        ),
        *_texts("invited_by"),
        sa.Column("invited_at", MOMENT, nullable=False),
        sa.Column("joined_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["network_id"], ["affiliate_networks.id"]),
        sa.ForeignKeyConstraint(["application_id"], ["affiliate_applications.id"]),
        sa.ForeignKeyConstraint(["affiliate_user_id"], ["affiliates.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("network_id", "partner_id"),
        sa.UniqueConstraint("network_id", "email_key"),
    )
    for column in ("email_key", "affiliate_user_id"):
        op.create_index(
            f"ix_affiliate_network_partners_{column}", "affiliate_network_partners", [column]
        )


def downgrade() -> None:
    """Undo."""
    for table in ("partners", "deliveries", "conversions", "customers"):
        op.drop_table(f"affiliate_network_{table}")
    op.drop_table("affiliate_networks")
    op.drop_column("referral_clicks", "network_click")

"""Keys of affiliates for programs of their own."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.types import JSON, MOMENT, TEXT

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "affiliate_api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=False),
        *(
            sa.Column(name, TEXT, nullable=False)
            for name in ("api_key_hash", "api_key_prefix", "name")
        ),
        sa.Column("scopes", JSON, nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        *(sa.Column(name, MOMENT, nullable=True) for name in ("last_used_at", "expires_at")),
        sa.Column("replaced_by", sa.Uuid(), nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["affiliate_user_id"], ["affiliates.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("api_key_hash"),
    )
    for column in ("affiliate_user_id", "api_key_prefix"):
        op.create_index(f"ix_affiliate_api_keys_{column}", "affiliate_api_keys", [column])


def downgrade() -> None:
    """Undo."""
    op.drop_table("affiliate_api_keys")

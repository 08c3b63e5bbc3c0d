"""Tokens by which operators' programs use the admin API."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.types import JSON, MOMENT, TEXT

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "operator_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("name", "prefix", "token_hash")),
        sa.Column("scopes", JSON, nullable=False),
        *(
            sa.Column(name, TEXT, nullable=False)
            for name in ("operator_id", "operator_name", "created_by")
        ),
        sa.Column("created_at", MOMENT, nullable=False),
        *(
            sa.Column(name, MOMENT, nullable=True)
            for name in ("last_used_at", "expires_at", "revoked_at")
        ),
        sa.Column("revoked_by", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index(op.f("ix_operator_tokens_prefix"), "operator_tokens", ["prefix"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("operator_tokens")

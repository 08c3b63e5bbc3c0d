"""Links that affiliates keep."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.types import MOMENT, TEXT

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "affiliate_saved_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("to", TEXT, nullable=False),
        sa.Column("page", TEXT, nullable=False),
        sa.Column("source_tag", TEXT, nullable=False),
        sa.Column("utm", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("deleted_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["affiliate_user_id"], ["affiliates.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        op.f("ix_affiliate_saved_links_affiliate_user_id"),
        "affiliate_saved_links",
        ["affiliate_user_id"],
    )
    op.create_index(
        "ix_affiliate_saved_links_origin",
        "affiliate_saved_links",
        ["affiliate_user_id", "source_tag", "page"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("affiliate_saved_links")

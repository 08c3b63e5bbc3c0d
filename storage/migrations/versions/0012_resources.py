"""Resources for affiliates, their versions and files."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.types import MOMENT, TEXT

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def _content() -> list[sa.Column[object]]:
    return [
        sa.Column("asset_type", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("body", TEXT, nullable=False),
        sa.Column("url", TEXT, nullable=False),
        sa.Column("file_digest", TEXT, nullable=True),
        sa.Column("file_name", TEXT, nullable=False),
        sa.Column("media_type", TEXT, nullable=False),
        sa.Column("file_size", sa.Integer(), nullable=False),
    ]


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "affiliate_asset_files",
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "affiliate_assets",
        sa.Column("id", sa.Uuid(), nullable=False),
        *_content(),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("starter", TEXT, nullable=True),
        sa.Column("published_at", MOMENT, nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["file_digest"], ["affiliate_asset_files.digest"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("starter"),
    )
    op.create_index(op.f("ix_affiliate_assets_status"), "affiliate_assets", ["status"])
    op.create_table(
        "affiliate_asset_versions",
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *_content(),
        sa.Column("saved_by", TEXT, nullable=False),
        sa.Column("saved_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["affiliate_assets.id"]),
        sa.ForeignKeyConstraint(["file_digest"], ["affiliate_asset_files.digest"]),
        sa.PrimaryKeyConstraint("asset_id", "version"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("affiliate_asset_versions")
    op.drop_table("affiliate_assets")
    op.drop_table("affiliate_asset_files")

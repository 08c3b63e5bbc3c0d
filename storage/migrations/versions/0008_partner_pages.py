"""Partner pages, their photos, former addresses and views."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.types import MOMENT, TEXT

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "affiliate_landing_pages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=False),
        sa.Column("slug", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("headline", TEXT, nullable=False),
        sa.Column("bio", TEXT, nullable=False),
        sa.Column("photo", TEXT, nullable=False),
        sa.Column("custom_cta", TEXT, nullable=False),
        sa.Column("theme_color", TEXT, nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("taken_down_at", MOMENT, nullable=True),
        sa.Column("taken_down_by", TEXT, nullable=False),
        sa.Column("taken_down_reason", TEXT, nullable=False),
        sa.Column("card", sa.Uuid(), nullable=True),
        sa.Column("announced", TEXT, nullable=False),
        sa.Column("announced_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["affiliate_user_id"], ["affiliates.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("affiliate_user_id"),
        sa.UniqueConstraint("slug"),
    )
    op.create_table(
        "affiliate_landing_photos",
        sa.Column("landing_page_id", sa.Uuid(), nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["landing_page_id"], ["affiliate_landing_pages.id"]),
        sa.PrimaryKeyConstraint("landing_page_id"),
    )
    op.create_table(
        "affiliate_landing_slugs",
        sa.Column("slug", TEXT, nullable=False),
        sa.Column("landing_page_id", sa.Uuid(), nullable=False),
        sa.Column("left_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["landing_page_id"], ["affiliate_landing_pages.id"]),
        sa.PrimaryKeyConstraint("slug"),
    )
    op.create_index(
        op.f("ix_affiliate_landing_slugs_landing_page_id"),
        "affiliate_landing_slugs",
        ["landing_page_id"],
    )
    op.create_table(
        "affiliate_landing_views",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("landing_page_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("bot", sa.Boolean(), nullable=False),
        sa.Column("first_key", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("first_key"),
    )
    op.create_table(
        "affiliate_landing_view_rollups",
        sa.Column("landing_page_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("views", sa.Integer(), nullable=False),
        sa.Column("bots", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("landing_page_id", "day"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("affiliate_landing_view_rollups")
    op.drop_table("affiliate_landing_views")
    op.drop_table("affiliate_landing_slugs")
    op.drop_table("affiliate_landing_photos")
    op.drop_table("affiliate_landing_pages")

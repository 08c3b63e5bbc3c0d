"""Which mails affiliates refuse."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.types import MOMENT, TEXT

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "affiliate_unsubscriptions",
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=False),
        sa.Column("topic", TEXT, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["affiliate_user_id"], ["affiliates.id"]),
        sa.PrimaryKeyConstraint("affiliate_user_id", "topic"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("affiliate_unsubscriptions")

"""Where rows went that left their tables for files."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.types import MOMENT, TEXT

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

phase = "expand"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "archive_files",
        *(sa.Column(name, TEXT, nullable=False) for name in ("what", "month")),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("size", "rows")),
        *(sa.Column(name, MOMENT, nullable=False) for name in ("first_at", "last_at")),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("what", "month", "number"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("archive_files")

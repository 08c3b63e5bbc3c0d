"""Where affiliates live, and who wants to be named before others."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "affiliates", sa.Column("time_zone", sa.String(), nullable=False, server_default="")
    )
    op.add_column(
        "affiliates",
        sa.Column("shows_name", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_column("affiliates", "shows_name")
    op.drop_column("affiliates", "time_zone")

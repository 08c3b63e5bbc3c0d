"""The oldest code that may work on the database: servers are replaced one after another."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.types import TEXT

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

phase = "contract"
needs = "0037"


def upgrade() -> None:
    """Apply. Older code does not look here, and is not ready where it finds what is new to it."""
    op.create_table(
        "oldest_code",
        sa.Column("revision", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("revision"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("oldest_code")

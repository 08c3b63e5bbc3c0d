"""What keeping discount codes in step with the payment provider needs."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.types import MOMENT, TEXT

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    for name in ("currency", "stripe_problem"):
        op.add_column("discount_codes", sa.Column(name, TEXT, nullable=False, server_default=""))
    op.add_column(
        "discount_codes", sa.Column("prior_uses", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column("discount_codes", sa.Column("leak_flagged_at", MOMENT, nullable=True))
    op.add_column("discount_codes", sa.Column("batch", sa.Uuid(), nullable=True))
    op.create_index("ix_discount_codes_batch", "discount_codes", ["batch"])


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_discount_codes_batch", table_name="discount_codes")
    for name in ("batch", "leak_flagged_at", "prior_uses", "stripe_problem", "currency"):
        op.drop_column("discount_codes", name)

"""Endpoints of outgoing webhooks, deliveries to them, and attempts."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.types import JSON, MOMENT, TEXT

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_ON = sa.text("status = 'on'")
_OPEN = sa.text("handled_at IS NULL AND parked_at IS NULL")
_PARKED = sa.text("parked_at IS NOT NULL")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=True),
        *(sa.Column(name, TEXT, nullable=False) for name in ("url", "description")),
        sa.Column("events", JSON, nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("status", "salt", "former_salt")),
        *(sa.Column(name, MOMENT, nullable=True) for name in ("former_until", "failing_since")),
        *(sa.Column(name, TEXT, nullable=False) for name in ("off_because", "created_by")),
        *(sa.Column(name, MOMENT, nullable=False) for name in ("created_at", "updated_at")),
        sa.ForeignKeyConstraint(["affiliate_user_id"], ["affiliates.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_webhook_endpoints_affiliate_user_id", "webhook_endpoints", ["affiliate_user_id"]
    )
    op.create_index(
        "ix_webhook_endpoints_on",
        "webhook_endpoints",
        ["affiliate_user_id"],
        sqlite_where=_ON,
        postgresql_where=_ON,
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("kind", "request_id")),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", MOMENT, nullable=False),
        *(
            sa.Column(name, MOMENT, nullable=True)
            for name in ("claimed_until", "handled_at", "parked_at")
        ),
        sa.Column("last_error", TEXT, nullable=True),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=True),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("lane", "body")),
        sa.Column("happened_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["endpoint_id"], ["webhook_endpoints.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for name, columns, where in (
        ("open_next_attempt_at", ["next_attempt_at"], _OPEN),
        ("open_lane", ["lane", "next_attempt_at", "id"], _OPEN),
        ("parked", ["parked_at"], _PARKED),
        ("endpoint", ["endpoint_id", "id"], None),
        ("affiliate_user_id", ["affiliate_user_id"], None),
    ):
        op.create_index(
            f"ix_webhook_deliveries_{name}",
            "webhook_deliveries",
            columns,
            sqlite_where=where,
            postgresql_where=where,
        )
    op.create_table(
        "webhook_attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("problem", "answer")),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["webhook_deliveries.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_webhook_attempts_delivery", "webhook_attempts", ["delivery_id", "id"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("webhook_attempts")
    op.drop_table("webhook_deliveries")
    op.drop_table("webhook_endpoints")

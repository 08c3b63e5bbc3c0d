"""The first tables."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.types import JSON, MOMENT, TEXT

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "affiliate_program",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("changed", JSON, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "affiliates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("email", TEXT, nullable=False),
        sa.Column("email_key", TEXT, nullable=False),
        sa.Column("legal_name", TEXT, nullable=False),
        sa.Column("display_name", TEXT, nullable=False),
        sa.Column("platform_url", TEXT, nullable=False),
        sa.Column("promo_code", TEXT, nullable=False),
        sa.Column("terms_version", TEXT, nullable=False),
        sa.Column("submitted_at", MOMENT, nullable=True),
        sa.Column("approved_at", MOMENT, nullable=False),
        sa.Column("approved_by", TEXT, nullable=False),
        sa.Column("status_reason", TEXT, nullable=False),
        sa.Column("payout_status", TEXT, nullable=False),
        sa.Column("payout_method", TEXT, nullable=False),
        sa.Column("rate_bp", sa.Integer(), nullable=True),
        sa.Column("clerk_user_id", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email_key"),
        sa.UniqueConstraint("reference"),
    )
    op.create_index(op.f("ix_affiliates_status"), "affiliates", ["status"], unique=False)
    op.create_table(
        "audit_log",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("origin", TEXT, nullable=False),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("detail", JSON, nullable=False),
        sa.Column("seal", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index(op.f("ix_audit_log_subject"), "audit_log", ["subject"], unique=False)
    op.create_table(
        "inbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("request_id", TEXT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", MOMENT, nullable=False),
        sa.Column("claimed_until", MOMENT, nullable=True),
        sa.Column("handled_at", MOMENT, nullable=True),
        sa.Column("parked_at", MOMENT, nullable=True),
        sa.Column("last_error", TEXT, nullable=True),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("external_id", TEXT, nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("ignored", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "external_id"),
    )
    op.create_index(
        "ix_inbox_open_next_attempt_at",
        "inbox",
        ["next_attempt_at"],
        unique=False,
        sqlite_where=sa.text("handled_at IS NULL AND parked_at IS NULL"),
        postgresql_where=sa.text("handled_at IS NULL AND parked_at IS NULL"),
    )
    op.create_table(
        "job_runs",
        sa.Column("job", TEXT, nullable=False),
        sa.Column("period", TEXT, nullable=False),
        sa.Column("ran_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("job", "period"),
    )
    op.create_table(
        "operator_cards",
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("message", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("request_id", TEXT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", MOMENT, nullable=False),
        sa.Column("claimed_until", MOMENT, nullable=True),
        sa.Column("handled_at", MOMENT, nullable=True),
        sa.Column("parked_at", MOMENT, nullable=True),
        sa.Column("last_error", TEXT, nullable=True),
        sa.Column("lane", TEXT, nullable=False),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_outbox_open_lane",
        "outbox",
        ["lane"],
        unique=False,
        sqlite_where=sa.text("handled_at IS NULL AND parked_at IS NULL"),
        postgresql_where=sa.text("handled_at IS NULL AND parked_at IS NULL"),
    )
    op.create_index(
        "ix_outbox_open_next_attempt_at",
        "outbox",
        ["next_attempt_at"],
        unique=False,
        sqlite_where=sa.text("handled_at IS NULL AND parked_at IS NULL"),
        postgresql_where=sa.text("handled_at IS NULL AND parked_at IS NULL"),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", TEXT, nullable=False),
        sa.Column("email", TEXT, nullable=False),
        sa.Column("email_key", TEXT, nullable=False),
        sa.Column("label", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index(op.f("ix_sessions_email_key"), "sessions", ["email_key"], unique=False)
    op.create_index(op.f("ix_sessions_expires_at"), "sessions", ["expires_at"], unique=False)
    op.create_table(
        "sign_in_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", TEXT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        op.f("ix_sign_in_links_expires_at"), "sign_in_links", ["expires_at"], unique=False
    )
    op.create_table(
        "affiliate_applications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("email", TEXT, nullable=False),
        sa.Column("email_key", TEXT, nullable=True),
        sa.Column("legal_name", TEXT, nullable=False),
        sa.Column("display_name", TEXT, nullable=False),
        sa.Column("platform", TEXT, nullable=False),
        sa.Column("platform_url", TEXT, nullable=False),
        sa.Column("audience_size", TEXT, nullable=False),
        sa.Column("audience_focus", TEXT, nullable=False),
        sa.Column("requested_code", TEXT, nullable=False),
        sa.Column("promotion_methods", TEXT, nullable=False),
        sa.Column("terms", JSON, nullable=False),
        sa.Column("agreed_to_terms", sa.Boolean(), nullable=False),
        sa.Column("terms_version", TEXT, nullable=False),
        sa.Column("extra", JSON, nullable=False),
        sa.Column("chosen_code", TEXT, nullable=False),
        sa.Column("submitted_at", MOMENT, nullable=False),
        sa.Column("submissions", sa.Integer(), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decided_by", TEXT, nullable=False),
        sa.Column("decision_reason", TEXT, nullable=False),
        sa.Column("affiliate_id", sa.Uuid(), nullable=True),
        sa.Column("clerk_user_id", TEXT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["affiliate_id"], ["affiliates.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email_key"),
    )
    op.create_index(
        "ix_affiliate_applications_status",
        "affiliate_applications",
        ["status", "submitted_at"],
        unique=False,
    )
    op.create_table(
        "affiliate_ledger",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("available_at", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["affiliate_user_id"], ["affiliates.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source"),
    )
    op.create_index(
        "ix_affiliate_ledger_affiliate",
        "affiliate_ledger",
        ["affiliate_user_id", "currency", "available_at"],
        unique=False,
    )
    op.create_table(
        "affiliate_referrals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", TEXT, nullable=False),
        sa.Column("code_used", TEXT, nullable=False),
        sa.Column("plan", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["affiliate_user_id"], ["affiliates.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("customer_id"),
    )
    op.create_index(
        op.f("ix_affiliate_referrals_affiliate_user_id"),
        "affiliate_referrals",
        ["affiliate_user_id"],
        unique=False,
    )
    op.create_table(
        "discount_codes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("discount_type", TEXT, nullable=False),
        sa.Column("discount_value", sa.Integer(), nullable=False),
        sa.Column("duration", TEXT, nullable=False),
        sa.Column("duration_months", sa.Integer(), nullable=True),
        sa.Column("max_uses", sa.Integer(), nullable=True),
        sa.Column("max_uses_per_user", sa.Integer(), nullable=False),
        sa.Column("min_plan", TEXT, nullable=True),
        sa.Column("stackable", sa.Boolean(), nullable=False),
        sa.Column("first_purchase_only", sa.Boolean(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=True),
        sa.Column("stripe_coupon_id", TEXT, nullable=False),
        sa.Column("stripe_promotion_code_id", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("total_uses", sa.Integer(), nullable=False),
        sa.Column("total_discount_cents", sa.BigInteger(), nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("code = upper(code)", name="ck_discount_codes_code_is_upper_case"),
        sa.ForeignKeyConstraint(["affiliate_user_id"], ["affiliates.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )
    op.create_index(
        "idx_discount_codes_affiliate", "discount_codes", ["affiliate_user_id"], unique=False
    )
    op.create_index("idx_discount_codes_status", "discount_codes", ["status"], unique=False)
    op.create_table(
        "referral_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=False),
        sa.Column("ref", TEXT, nullable=False),
        sa.Column("suspended", sa.Boolean(), nullable=False),
        sa.Column("suspension_reason", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["affiliate_user_id"], ["affiliates.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("ref"),
    )
    op.create_index(
        op.f("ix_referral_links_affiliate_user_id"),
        "referral_links",
        ["affiliate_user_id"],
        unique=False,
    )
    op.create_table(
        "affiliate_application_submissions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("external_id", TEXT, nullable=False),
        sa.Column("answers", JSON, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["application_id"], ["affiliate_applications.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "external_id"),
    )
    op.create_index(
        op.f("ix_affiliate_application_submissions_application_id"),
        "affiliate_application_submissions",
        ["application_id"],
        unique=False,
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index(
        op.f("ix_affiliate_application_submissions_application_id"),
        table_name="affiliate_application_submissions",
    )
    op.drop_table("affiliate_application_submissions")
    op.drop_index(op.f("ix_referral_links_affiliate_user_id"), table_name="referral_links")
    op.drop_table("referral_links")
    op.drop_index("idx_discount_codes_status", table_name="discount_codes")
    op.drop_index("idx_discount_codes_affiliate", table_name="discount_codes")
    op.drop_table("discount_codes")
    op.drop_index(
        op.f("ix_affiliate_referrals_affiliate_user_id"), table_name="affiliate_referrals"
    )
    op.drop_table("affiliate_referrals")
    op.drop_index("ix_affiliate_ledger_affiliate", table_name="affiliate_ledger")
    op.drop_table("affiliate_ledger")
    op.drop_index("ix_affiliate_applications_status", table_name="affiliate_applications")
    op.drop_table("affiliate_applications")
    op.drop_index(op.f("ix_sign_in_links_expires_at"), table_name="sign_in_links")
    op.drop_table("sign_in_links")
    op.drop_index(op.f("ix_sessions_expires_at"), table_name="sessions")
    op.drop_index(op.f("ix_sessions_email_key"), table_name="sessions")
    op.drop_table("sessions")
    op.drop_index(
        "ix_outbox_open_next_attempt_at",
        table_name="outbox",
        sqlite_where=sa.text("handled_at IS NULL AND parked_at IS NULL"),
        postgresql_where=sa.text("handled_at IS NULL AND parked_at IS NULL"),
    )
    op.drop_index(
        "ix_outbox_open_lane",
        table_name="outbox",
        sqlite_where=sa.text("handled_at IS NULL AND parked_at IS NULL"),
        postgresql_where=sa.text("handled_at IS NULL AND parked_at IS NULL"),
    )
    op.drop_table("outbox")
    op.drop_table("operator_cards")
    op.drop_table("job_runs")
    op.drop_index(
        "ix_inbox_open_next_attempt_at",
        table_name="inbox",
        sqlite_where=sa.text("handled_at IS NULL AND parked_at IS NULL"),
        postgresql_where=sa.text("handled_at IS NULL AND parked_at IS NULL"),
    )
    op.drop_table("inbox")
    op.drop_index(op.f("ix_audit_log_subject"), table_name="audit_log")
    op.drop_table("audit_log")
    op.drop_index(op.f("ix_affiliates_status"), table_name="affiliates")
    op.drop_table("affiliates")
    op.drop_table("affiliate_program")

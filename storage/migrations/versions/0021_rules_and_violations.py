"""Rules by version with who agreed to them, violations with their cases, and how clicks came."""

import sqlalchemy as sa
from alembic import op

from storage.ids import new_id
from storage.migrations.types import JSON, MOMENT, TEXT

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_CONSENTS = sa.table(
    "affiliate_consents",
    sa.column("id", sa.Uuid()),
    sa.column("application_id", sa.Uuid()),
    sa.column("affiliate_user_id", sa.Uuid()),
    sa.column("version", TEXT),
    sa.column("sentences", JSON),
    sa.column("origin", TEXT),
    sa.column("agreed_at", MOMENT),
)
_APPLICATIONS = sa.table(
    "affiliate_applications",
    sa.column("id", sa.Uuid()),
    sa.column("affiliate_id", sa.Uuid()),
    sa.column("terms", JSON),
    sa.column("terms_version", TEXT),
    sa.column("agreed_to_terms", sa.Boolean()),
    sa.column("submitted_at", MOMENT),
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "affiliate_terms",
        sa.Column("version", TEXT, nullable=False),
        sa.Column("sentences", JSON, nullable=False),
        sa.Column("url", TEXT, nullable=False),
        sa.Column("published_at", MOMENT, nullable=True),
        sa.Column("published_by", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("version"),
    )
    op.create_table(
        "affiliate_consents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=True),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("sentences", JSON, nullable=False),
        sa.Column("origin", TEXT, nullable=False),
        sa.Column("agreed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["application_id"], ["affiliate_applications.id"]),
        sa.ForeignKeyConstraint(["affiliate_user_id"], ["affiliates.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("application_id", "affiliate_user_id"):
        op.create_index(f"ix_affiliate_consents_{column}", "affiliate_consents", [column])
    op.create_table(
        "affiliate_cases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=False),
        sa.Column("open_key", TEXT, nullable=True),
        *(sa.Column(name, TEXT, nullable=False) for name in ("decision", "reason", "decided_by")),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("seen_at", MOMENT, nullable=True),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["affiliate_user_id"], ["affiliates.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("open_key"),
    )
    op.create_index(
        "ix_affiliate_cases_affiliate_user_id", "affiliate_cases", ["affiliate_user_id"]
    )
    op.create_table(
        "affiliate_violations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("kind", "source", "mark", "note")),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("status", "created_by")),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("decided_by", TEXT, nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["affiliate_user_id"], ["affiliates.id"]),
        sa.ForeignKeyConstraint(["case_id"], ["affiliate_cases.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_affiliate_violations_affiliate", "affiliate_violations", ["affiliate_user_id", "status"]
    )
    op.create_index("ix_affiliate_violations_case_id", "affiliate_violations", ["case_id"])
    op.create_table(
        "affiliate_reports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("violation_id", sa.Uuid(), nullable=True),
        *(
            sa.Column(name, TEXT, nullable=False)
            for name in ("named", "kind", "text", "url", "email", "reporter", "once")
        ),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["violation_id"], ["affiliate_violations.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("once"),
    )
    for column in ("violation_id", "created_at"):
        op.create_index(f"ix_affiliate_reports_{column}", "affiliate_reports", [column])
    op.create_table(
        "affiliate_case_answers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["affiliate_cases.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_affiliate_case_answers_case_id", "affiliate_case_answers", ["case_id"])
    op.create_table(
        "affiliate_page_checks",
        sa.Column("affiliate_user_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ("url", "outcome")),
        sa.Column("checked_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["affiliate_user_id"], ["affiliates.id"]),
        sa.PrimaryKeyConstraint("affiliate_user_id"),
    )
    op.create_index("ix_affiliate_page_checks_checked_at", "affiliate_page_checks", ["checked_at"])
    op.add_column("affiliates", sa.Column("terms_told", TEXT, nullable=False, server_default=""))
    op.add_column(
        "affiliates", sa.Column("may_bid", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    for name in ("fetched_as", "paid", "keyword"):
        op.add_column("referral_clicks", sa.Column(name, TEXT, nullable=False, server_default=""))
    op.create_index("ix_referral_clicks_moment", "referral_clicks", ["clicked_at"])
    _keep_what_was_agreed_to()


def _keep_what_was_agreed_to() -> None:
    """What applicants ticked before this was kept beside the application."""
    connection = op.get_bind()
    agreed = connection.execute(
        sa.select(_APPLICATIONS).where(_APPLICATIONS.c.agreed_to_terms)
    ).all()
    for start in range(0, len(agreed), 500):
        connection.execute(
            sa.insert(_CONSENTS),
            [
                {
                    "id": new_id(),
                    "application_id": one.id,
                    "affiliate_user_id": one.affiliate_id,
                    "version": one.terms_version,
                    "sentences": list(one.terms),
                    "origin": "application",
                    "agreed_at": one.submitted_at,
                }
                for one in agreed[start : start + 500]
            ],
        )


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_referral_clicks_moment", table_name="referral_clicks")
    for name in ("keyword", "paid", "fetched_as"):
        op.drop_column("referral_clicks", name)
    for name in ("may_bid", "terms_told"):
        op.drop_column("affiliates", name)
    for table in (
        "affiliate_page_checks",
        "affiliate_case_answers",
        "affiliate_reports",
        "affiliate_violations",
        "affiliate_cases",
        "affiliate_consents",
        "affiliate_terms",
    ):
        op.drop_table(table)

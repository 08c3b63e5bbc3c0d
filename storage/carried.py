"""Which tables move to another database with the program, and which stay behind."""

from typing import Final

from sqlalchemy import Table

from storage.tables import METADATA

CARRIED: Final = frozenset(
    {
        "affiliate_api_keys",
        "affiliate_application_submissions",
        "affiliate_applications",
        "affiliate_asset_files",
        "affiliate_asset_versions",
        "affiliate_assets",
        "affiliate_case_answers",
        "affiliate_cases",
        "affiliate_checklist_ticks",
        "affiliate_commissions",
        "affiliate_consents",
        "affiliate_contest_disqualifications",
        "affiliate_contest_places",
        "affiliate_contests",
        "affiliate_drip_texts",
        "affiliate_erasures",
        "affiliate_fraud_appeals",
        "affiliate_fraud_flags",
        "affiliate_fraud_scores",
        "affiliate_imported_commissions",
        "affiliate_imported_referrals",
        "affiliate_imports",
        "affiliate_landing_pages",
        "affiliate_landing_photos",
        "affiliate_landing_slugs",
        "affiliate_landing_view_rollups",
        "affiliate_landing_views",
        "affiliate_ledger",
        "affiliate_ledger_closings",
        "affiliate_milestone_awards",
        "affiliate_milestones",
        "affiliate_month_earnings",
        "affiliate_month_rollups",
        "affiliate_network_conversions",
        "affiliate_network_customers",
        "affiliate_network_deliveries",
        "affiliate_network_partners",
        "affiliate_networks",
        "affiliate_page_checks",
        "affiliate_payouts",
        "affiliate_program",
        "affiliate_promo_posts",
        "affiliate_referrals",
        "affiliate_reports",
        "affiliate_saved_links",
        "affiliate_second_tier_commissions",
        "affiliate_self_referrals",
        "affiliate_statement_mails",
        "affiliate_tax_info",
        "affiliate_tax_withholding",
        "affiliate_terms",
        "affiliate_tiers",
        "affiliate_unsubscriptions",
        "affiliate_violations",
        "affiliates",
        "archive_files",
        "audit_log",
        "checkout_codes",
        "checkouts",
        "code_leaks",
        "discount_code_redemptions",
        "discount_code_sums",
        "discount_codes",
        "email_drip_log",
        "idempotency_keys",
        "inbox",
        "job_runs",
        "operator_cards",
        "operator_tokens",
        "outbox",
        "payout_batches",
        "referral_clicks",
        "referral_earning_rollups",
        "referral_links",
        "referral_rollups",
        "retention_marks",
        "sale_days",
        "sales",
        "webhook_attempts",
        "webhook_deliveries",
        "webhook_endpoints",
    }
)
"""Tables that an export holds, row by row."""

LEFT_OUT: Final = {
    "alerts": "They tell of the server that they were raised by, and the other one looks itself.",
    "oldest_code": "It is of the shape of this database, which the other one has by itself.",
    "outside_services": "They tell how services answered this server.",
    "rate_limits": "They count the requests of the last hour, which went to the other server.",
    "sessions": "An export opens no door: everybody signs in again.",
    "sign_in_links": "They run out within minutes, and another one is mailed to whoever asks.",
}
"""Tables that stay behind, each with its reason, which the export tells."""


def tables() -> list[Table]:
    """The tables that move, each behind those that it refers to."""
    return [table for table in METADATA.sorted_tables if table.name in CARRIED]

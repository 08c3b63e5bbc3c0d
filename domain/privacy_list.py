"""What is kept of people and why, table by table.

Every table of the database stands in it once, or among those that hold nothing about anybody.
"""

from typing import Final

from domain.privacy_terms import (
    AFFILIATES,
    BUYERS,
    OTHERS,
    VISITORS,
    Kept,
    books,
    days,
    events,
    ever,
    member,
    tax,
    with_sale,
)
from domain.retention import ANSWER_DAYS as API_DAYS
from domain.retention import INVITATION_DAYS as INVITED
from domain.retention import LIMIT_DAYS, VIEW_DAYS
from domain.sessions import SESSION_DAYS

LIST: Final = (
    Kept(
        AFFILIATES,
        "Your name, mail address, the name your audience knows, and your channel's address; your "
        "time zone and which mails you want.",
        "To run your account, to pay you and to write to you.",
        member,
        (
            "affiliates",
            "affiliate_unsubscriptions",
            "affiliate_checklist_ticks",
            "email_drip_log",
            "affiliate_statement_mails",
        ),
    ),
    Kept(
        AFFILIATES,
        "What you answered when you applied, and which rules you agreed to and when.",
        "To decide on your application, and to show what was agreed to.",
        member,
        (
            "affiliate_applications",
            "affiliate_application_submissions",
            "affiliate_consents",
        ),
    ),
    Kept(
        AFFILIATES,
        "Your links, codes, posts, and your partner page with its photo.",
        "To show them, and to tell which of them brought a sale.",
        member,
        (
            "referral_links",
            "affiliate_saved_links",
            "discount_codes",
            "code_leaks",
            "affiliate_promo_posts",
            "affiliate_landing_pages",
            "affiliate_landing_photos",
            "affiliate_landing_slugs",
        ),
    ),
    Kept(
        AFFILIATES,
        "What you earned and were paid: commissions, bonuses, prizes, the ledger, payouts; sums of "
        "clicks, sign-ups and sales by day and month; your number in an earlier program, and what "
        "you earned there.",
        "To pay you what is yours, and to prove it.",
        books,
        (
            "affiliate_commissions",
            "affiliate_imports",
            "affiliate_imported_commissions",
            "affiliate_second_tier_commissions",
            "affiliate_milestone_awards",
            "affiliate_contests",
            "affiliate_contest_places",
            "affiliate_contest_disqualifications",
            "affiliate_ledger",
            "affiliate_ledger_closings",
            "affiliate_payouts",
            "payout_batches",
            "referral_rollups",
            "referral_earning_rollups",
            "affiliate_month_rollups",
            "affiliate_month_earnings",
            "affiliate_landing_view_rollups",
        ),
    ),
    Kept(
        AFFILIATES,
        "Your tax form. Its number, your date of birth and the address it was signed from are "
        "encrypted; nobody sees more than the last four digits without a written reason.",
        "Tax law wants it before a payout.",
        tax,
        ("affiliate_tax_info", "affiliate_tax_withholding"),
    ),
    Kept(
        AFFILIATES,
        "What was seen or reported against the rules, how likely fraud is, what was decided and "
        "what you answered.",
        "To keep customers and honest affiliates from harm.",
        lambda _: (
            "As long as you are an affiliate; after an erasure only what was decided is left, "
            "without reasons, evidence or words."
        ),
        (
            "affiliate_cases",
            "affiliate_case_answers",
            "affiliate_violations",
            "affiliate_page_checks",
            "affiliate_fraud_scores",
            "affiliate_fraud_flags",
            "affiliate_fraud_appeals",
            "affiliate_self_referrals",
        ),
    ),
    Kept(
        AFFILIATES,
        "Links for signing in that were mailed to you, and the devices you are signed in on, by "
        "the kind of browser. No address of a device is kept.",
        "To let you in, and nobody else.",
        lambda _: f"A link until it runs out, a device {days(SESSION_DAYS)} at most.",
        ("sign_in_links", "sessions"),
    ),
    Kept(
        AFFILIATES,
        "Keys for your own programs: what you called them, how they begin, and when they were last "
        "used. A key itself is never kept.",
        "To let your programs in, and to show you which of them are in use.",
        member,
        ("affiliate_api_keys",),
    ),
    Kept(
        AFFILIATES,
        "The addresses that you want our news sent to, with the notes that you made on them.",
        "To send them there.",
        member,
        ("webhook_endpoints",),
    ),
    Kept(
        AFFILIATES,
        "Who you are at an affiliate network by which you came, and that we invited you.",
        "So that you are paid once for a sale: by the network, or by us.",
        lambda _: (
            f"As long as you are an affiliate; an invitation that nobody took up {days(INVITED)}."
        ),
        ("affiliate_network_partners",),
    ),
    Kept(
        AFFILIATES,
        "That you asked for erasure, and what became of it.",
        "To show that the law was kept to.",
        ever,
        ("affiliate_erasures",),
    ),
    Kept(
        VISITORS,
        "The click: when, from which page and country, on what kind of device. You are told apart "
        "from others for one day by a keyed hash of your network and browser that nobody can turn "
        "back; your address is never kept.",
        "To credit the affiliate who brought you, and to notice fraud.",
        lambda program: (
            f"{days(program.click_retention_days)}; looks at a partner page {days(VIEW_DAYS)}. "
            "Then only how many there were."
        ),
        ("referral_clicks", "affiliate_landing_views"),
    ),
    Kept(
        BUYERS,
        "That you signed up or bought, what was paid, by which link, code or click on an affiliate "
        "network, under your customer number and mail address; a fingerprint of the card, which is "
        "not its number.",
        "To credit whoever brought you, and to see that nobody refers themselves.",
        with_sale,
        (
            "affiliate_referrals",
            "affiliate_imported_referrals",
            "sales",
            "discount_code_redemptions",
            "affiliate_network_customers",
            "affiliate_network_conversions",
            "affiliate_network_deliveries",
        ),
    ),
    Kept(
        BUYERS,
        "What you began to order on our pages, with the mail address that you typed.",
        "To lead you to the payment with the right discount.",
        lambda program: f"The address {days(program.event_retention_days)} after it is over.",
        ("checkouts", "checkout_codes"),
    ),
    Kept(
        OTHERS,
        "What you reported, and your mail address if you gave one. Your network is kept as a keyed "
        "hash, so that each counts once.",
        "To look into it, and to ask you back.",
        lambda program: (
            f"{days(program.report_retention_days)}, and until what you reported is decided."
        ),
        ("affiliate_reports",),
    ),
    Kept(
        OTHERS,
        "What other services told us and what we told them, mails among it; and answers of our "
        "interface for programs.",
        "So that nothing is lost or done twice when a connection breaks.",
        lambda program: f"{events(program)} Answers {days(API_DAYS)}.",
        (
            "inbox",
            "outbox",
            "idempotency_keys",
            "webhook_deliveries",
            "webhook_attempts",
        ),
    ),
    Kept(
        OTHERS,
        "How often you sent a form or asked our interface for programs lately. You are told apart "
        "from others by a keyed hash of your network, mail address or number.",
        "So that nobody wears our pages out, or tries codes and links by the thousand.",
        lambda _: f"{days(LIMIT_DAYS)} after it counts no more, which is a day at most.",
        ("rate_limits",),
    ),
    Kept(
        OTHERS,
        "Who did what, and when: operators by their name in Slack, affiliates by a number. A "
        "reason that an operator wrote stays as it was written.",
        "So that everybody can be held to what they did.",
        ever,
        ("audit_log",),
    ),
    Kept(
        OTHERS,
        "For whom of the operators a program acts, by their name in Slack, and when it last did.",
        "So that it can do no more than they may, and everybody can tell who it was.",
        lambda _: "For good, with when it was revoked and by whom.",
        ("operator_tokens",),
    ),
)

NOBODYS: Final = frozenset(
    {
        "affiliate_asset_files",
        "affiliate_asset_versions",
        "affiliate_assets",
        "affiliate_drip_texts",
        "affiliate_milestones",
        "affiliate_networks",
        "affiliate_program",
        "affiliate_terms",
        "affiliate_tiers",
        "alerts",
        "archive_files",
        "discount_code_sums",
        "job_runs",
        "oldest_code",
        "operator_cards",
        "outside_services",
        "retention_marks",
        "sale_days",
    }
)
"""Tables that hold what operators made or switched, and nothing about a person."""

"""What an erasure deletes and what it blanks, table by table."""

import secrets
from collections.abc import Mapping
from typing import Any, Final

from sqlmodel.ext.asyncio.session import AsyncSession

from storage import erasing
from storage.affiliates import Affiliate
from storage.personal import PARTS

FORMER: Final = "Former affiliate"
_REMOVED: Final = (
    "saved_links",
    "api_keys",
    "network_accounts",
    "page_checks",
    "partner_page_photo",
    "partner_page_former_addresses",
    "posts",
    "checklist",
    "onboarding_mails",
    "statement_mails",
    "refused_mails",
    "sessions",
    "sign_in_links",
    "webhook_attempts",
    "webhook_deliveries",
    "webhook_endpoints",
)
_BLANKED: Final[Mapping[str, Mapping[str, Any]]] = {
    "application_submissions": {"answers": []},
    "payouts": {"destination": ""},
    "earlier_programs": {"external_id": ""},
    "cases": {"reason": "", "open_key": None},
    "case_answers": {"text": ""},
    "violations": {"note": "", "mark": "", "evidence": {}},
    "fraud_scores": {"reasons": []},
    "fraud_flags": {"reasons": [], "reason": "", "open_key": None},
    "fraud_appeals": {"text": "", "answer": ""},
    "applications": {
        "email": "",
        "email_key": None,
        "legal_name": "",
        "display_name": FORMER,
        "platform_url": "",
        "platform": "",
        "audience_size": "",
        "audience_focus": "",
        "requested_code": "",
        "promotion_methods": "",
        "recruited_by": "",
        "extra": [],
        "decision_reason": "",
        "clerk_user_id": "",
    },
}


async def remove(session: AsyncSession, affiliate: Affiliate) -> None:
    """Delete and blank the rows; those that belong by way of others before these others."""
    parts = {part.name: part for part in PARTS}
    await erasing.remove_reports(session, affiliate)
    for name in _REMOVED:
        await erasing.remove(session, parts[name].table, parts[name].owner(affiliate))
    slug = f"gone-{secrets.token_hex(6)}"
    texts = {"name": FORMER, "headline": "", "bio": "", "photo": "", "custom_cta": ""}
    page = parts["partner_page"]
    gone = {**texts, "slug": slug, "is_active": False, "announced": "", "taken_down_reason": ""}
    await erasing.blank(session, page.table, page.owner(affiliate), **gone)
    for name, values in _BLANKED.items():
        part = parts[name]
        await erasing.blank(session, part.table, part.owner(affiliate), **values)

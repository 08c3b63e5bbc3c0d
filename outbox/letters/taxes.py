"""Mails about tax forms. None of them holds a part of the number."""

from typing import Any
from uuid import UUID

from domain.tax_choices import TITLES
from outbox.letters.registry import Asked, letter
from storage import affiliates, taxes
from storage.worker import GiveUpError


@letter("tax_submitted", "tax_returned", "tax_expiring")
async def of_tax_form(asked: Asked) -> dict[str, Any]:
    """Which form it is about, and what became of it."""
    form = await taxes.get(asked.session, UUID(asked.about["tax_form"]))
    affiliate = await affiliates.get(asked.session, form.affiliate_user_id) if form else None
    if form is None or affiliate is None:
        raise GiveUpError("The tax form that this mail is about is gone.")
    return {
        "name": affiliate.name,
        "form": TITLES[form.form_type],
        "reason": form.return_reason,
        "last_day": f"31 December {form.expires_at.year - 1}" if form.expires_at else "",
        "tax_url": f"{asked.server.public_url}/affiliate/dashboard/tax",
    }

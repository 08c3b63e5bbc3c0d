"""The mail to an affiliate whose program has moved here."""

from typing import Any
from uuid import UUID

import clock
from domain.import_runs import BROUGHT_OVER
from domain.money import money
from outbox.letters.registry import Asked, letter
from storage import affiliates, ledger, links
from storage.worker import GiveUpError


@letter(BROUGHT_OVER)
async def brought_over(asked: Asked) -> dict[str, Any]:
    """Where everything is now: the dashboard, the link, and what was owed to them."""
    affiliate_id = UUID(asked.about["affiliate"])
    affiliate = await affiliates.get(asked.session, affiliate_id)
    link = await links.of_affiliate(asked.session, affiliate_id)
    if affiliate is None or link is None:
        raise GiveUpError("The affiliate that this mail is about is gone.")
    balances = await ledger.balances(asked.session, affiliate_id, clock.now())
    return {
        "name": affiliate.name,
        "earlier": asked.about["program"],
        "address": affiliate.email,
        "promo_code": affiliate.promo_code,
        "referral_link": f"{asked.server.public_url}/r/{link.ref}",
        "owed": [
            money(available + held, currency)
            for currency, (available, held) in sorted(balances.items())
            if available + held
        ],
    }

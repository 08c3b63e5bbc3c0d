"""Mails about payouts."""

from typing import Any
from uuid import UUID

from domain.money import money
from domain.payout_methods import label
from outbox.letters.registry import Asked, letter
from storage import affiliates, payouts
from storage.worker import GiveUpError


@letter("payout_requested", "payout_paid", "payout_rejected", "payout_failed")
async def of_payout(asked: Asked) -> dict[str, Any]:
    """What is paid, where to, and what became of it."""
    payout = await payouts.get(asked.session, UUID(asked.about["payout"]))
    affiliate = await affiliates.get(asked.session, payout.affiliate_user_id) if payout else None
    if payout is None or affiliate is None:
        raise GiveUpError("The payout that this mail is about is gone.")
    return {
        "name": affiliate.name,
        "amount": money(payout.amount_cents, payout.currency),
        "number": payout.number,
        "method": label(payout.method) if payout.method != payouts.MANUAL else "",
        "destination": payout.destination,
        "reference": payout.reference,
        "reason": payout.reason,
        "payouts_url": f"{asked.server.public_url}/affiliate/dashboard/payouts",
    }

"""The monthly statement."""

from typing import Any
from uuid import UUID

from domain.money import money
from domain.statement_mails import Summary, summaries
from domain.statements import Month
from outbox.letters.registry import Asked, letter
from storage import affiliates
from storage.worker import GiveUpError


@letter("monthly_statement")
async def of_month(asked: Asked) -> dict[str, Any]:
    """What the month came to, read from the ledger, which does not change any more."""
    affiliate = await affiliates.get(asked.session, UUID(asked.about["affiliate"]))
    if affiliate is None:
        raise GiveUpError("The affiliate that this mail is about is gone.")
    month = Month.named(asked.about["month"])
    found = await summaries(asked.session, affiliate.id, month)
    page = f"{asked.server.public_url}/affiliate/dashboard/earnings/statement"
    return {
        "name": affiliate.display_name or affiliate.legal_name or affiliate.email,
        "month": month.words,
        "accounts": [_account(one) for one in found],
        "statement_url": f"{page}?month={month}",
    }


def _account(one: Summary) -> dict[str, str]:
    def of(amount: int) -> str:
        return money(amount, one.currency)

    return {
        "currency": one.currency.upper(),
        "opening": of(one.opening),
        "earned": of(one.earned),
        "taken_back": of(-one.taken_back) if one.taken_back else "",
        "paid": of(one.paid) if one.paid else "",
        "withheld": of(one.withheld) if one.withheld else "",
        "closing": of(one.closing),
    }

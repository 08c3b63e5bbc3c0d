"""`/api/admin/sales/{invoice_id}`: what a sale brought, and why somebody earns from it or not."""

from typing import Any

from aiohttp import web

import clock
from dashboard.api.moments import rfc3339
from dashboard.context import CONTEXT
from domain.commissions import arithmetic, standing
from domain.sales import Explanation, explain


async def show(request: web.Request) -> web.Response:
    """The facts as last fetched, the decision step by step, and the commission with its sum."""
    async with request.app[CONTEXT].db.read() as session:
        found = await explain(session, request.match_info["invoice_id"])
    sale, affiliate = found.sale, found.affiliate
    return web.json_response(
        {
            "invoice_id": sale.invoice_id,
            "customer_id": sale.customer_id,
            "subscription_id": sale.subscription_id or None,
            "currency": sale.currency,
            "collected": sale.collected,
            "tax": sale.tax,
            "fee": sale.fee,
            "refunded": sale.refunded,
            "disputed": sale.disputed,
            "cycle": sale.cycle,
            "plan": sale.plan or None,
            "paid_at": rfc3339(sale.paid_at),
            "facts_at": rfc3339(sale.facts_at),
            "outcome": sale.outcome,
            "trace": sale.trace,
            "affiliate": None
            if affiliate is None
            else {
                "id": str(affiliate.id),
                "reference": affiliate.reference,
                "promo_code": affiliate.promo_code,
            },
            "commission": _commission(found),
            "second_tier": _second_tier(found),
        }
    )


def _commission(found: Explanation) -> dict[str, Any] | None:
    commission = found.commission
    if commission is None:
        return None
    summed = arithmetic(found.sale, commission.base, commission.rate_bp)
    return {
        "id": str(commission.id),
        "amount": commission.amount_cents,
        "currency": commission.currency,
        "status": standing(commission, clock.now()),
        "available_at": rfc3339(commission.available_at),
        "attributed_by": commission.attributed_by,
        "cycle": commission.cycle,
        "arithmetic": {
            "of": commission.base,
            "parts": [{"name": name, "amount": amount} for name, amount in summed.parts],
            "base": summed.base,
            "rate_bp": summed.rate_bp,
            "amount": summed.amount,
        },
    }


def _second_tier(found: Explanation) -> dict[str, Any] | None:
    """The recruiter's share in the commission, if they were promised one."""
    share, recruiter = found.second_tier, found.recruiter
    if share is None or recruiter is None:
        return None
    return {
        "id": str(share.id),
        "affiliate_id": str(recruiter.id),
        "promo_code": recruiter.promo_code,
        "amount": share.commission_amount_cents,
        "currency": share.currency,
        "rate_bp": share.rate_bp,
        "of": share.base,
        "available_at": rfc3339(share.available_at),
    }

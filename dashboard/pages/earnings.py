"""`/affiliate/dashboard/earnings`: each sale with the sum behind its commission, or why none."""

from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from aiohttp import web
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from dashboard.context import CONTEXT
from dashboard.pages.errors import PageError
from dashboard.rendering import render
from dashboard.standing import Member
from domain.affiliates import Overview
from domain.commissions import arithmetic, standing
from domain.earnings import Earnings, Period, earned_in
from domain.money import money
from domain.program import Program
from domain.statements import Month, masked
from domain.zones import local_day
from storage import commissions, two_tier
from storage.commissions import Commission
from storage.sales import Sale

_TITLES: Final = {
    Period.TODAY: "Today",
    Period.WEEK: "This week",
    Period.MONTH: "This month",
}
HERE: Final = "/affiliate/dashboard/earnings"
PAGE: Final = 20
_LABELS: Final = {
    "collected": "Collected",
    "tax": "Tax",
    "fee": "Payment fee",
    "refunded": "Refunded",
    "disputed": "Disputed",
}
_BY: Final = {
    "promo_code": "Credited by your promo code.",
    "metadata": "Credited by your code in the customer's account.",
    "link": "Credited by your referral link.",
}


async def live_view(session: AsyncSession, seen: Overview, program: Program) -> dict[str, Any]:
    """What came today, this week and this month: the card that counts along."""
    found = await earned_in(session, seen.affiliate, program, Period, clock.now())
    today = ", ".join(money(amount.total, amount.currency) for amount in found[0].amounts)
    return {
        "periods": [
            {
                "name": one.period,
                "title": _TITLES[one.period],
                "span": _span(one),
                "amounts": one.amounts,
            }
            for one in found
        ],
        "zone": found[0].time_zone.replace("_", " "),
        "said": f"Earned today: {today}.",
    }


def _span(found: Earnings) -> str:
    """The days of a period, in words."""
    first = local_day(found.since, ZoneInfo(found.time_zone))
    if found.period is Period.MONTH:
        return f"{first:%B %Y}"
    day = f"{first:%A}, {first.day} {first:%B}"
    return f"Since {day}" if found.period is Period.WEEK else day


async def show(request: web.Request, member: Member) -> web.Response:
    """The sales credited to them, the last paid first, a page at a time."""
    before = _cursor(request)
    async with request.app[CONTEXT].db.read() as session:
        found = await commissions.of_affiliate(
            session, member.affiliate.id, before=before, limit=PAGE + 1
        )
        shares = await two_tier.earned_from(session, member.affiliate.id)
    if before and not found:
        raise PageError(404)
    shown = found[:PAGE]
    view = {
        "earnings": [
            _earning(sale, commission) if commission else _nothing(sale)
            for sale, commission in shown
        ],
        "recruits": bool(shares) and not before,
        "newest": HERE if before else None,
        "older": f"{HERE}?cursor={shown[-1][0].id}" if len(found) > PAGE else None,
        "statement": f"{HERE}/statement?month={Month.of(clock.now())}",
    }
    return render(request, "earnings.html", view)


def _cursor(request: web.Request) -> UUID | None:
    cursor = request.query.get("cursor")
    try:
        return UUID(cursor) if cursor else None
    except ValueError as error:
        raise PageError(404) from error


def _earning(sale: Sale, commission: Commission) -> dict[str, Any]:
    """A commission as its card shows it; parts of the sum that are 0 are left out."""
    summed = arithmetic(sale, commission.base, commission.rate_bp)
    return _sale(sale) | {
        "amount": commission.amount_cents,
        "status": standing(commission, clock.now()),
        "available_at": commission.available_at,
        "cycle": commission.cycle,
        "why": _BY.get(commission.attributed_by, "Credited by an operator."),
        "parts": [(_LABELS[name], amount) for name, amount in summed.parts if amount],
        "base": summed.base,
        "cut": summed.base > sum(amount for _, amount in summed.parts),
        "fee_left_in": commission.base == "gross",
        "rate_bp": summed.rate_bp,
    }


def _nothing(sale: Sale) -> dict[str, Any]:
    """A sale of a customer of theirs that earns nothing, with the reason that was written down."""
    return _sale(sale) | {"status": "no_commission", "why": sale.trace[-1]["result"]}


def _sale(sale: Sale) -> dict[str, Any]:
    return {
        "id": str(sale.id),
        "currency": sale.currency,
        "collected": sale.collected,
        "paid_at": sale.paid_at,
        "customer": masked(sale.customer_id),
        "plan": sale.plan,
        "cycle": sale.cycle,
    }

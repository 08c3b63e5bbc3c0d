"""`/api/admin/affiliates`: who is in the program, what they have, and their ledger."""

from datetime import datetime
from typing import Any, ClassVar, Final
from uuid import UUID

from aiohttp import web
from pydantic import ConfigDict

import clock
from dashboard.api.access import ADMIN
from dashboard.api.contract import Call, operation
from dashboard.api.moments import Moment, rfc3339
from dashboard.api.paging import NextCursor, Paging, page_of
from dashboard.api.taking import Taken, Told
from dashboard.context import CONTEXT
from domain import commissions, program, recruits, taxes
from domain.affiliates import look_up
from domain.audit import Actor
from domain.errors import InvalidError
from domain.statuses import Status, parse_status
from domain.taxes import Standing
from domain.texts import keepable
from storage import affiliates, codes, fraud, ledger, referrals, sales, two_tier
from storage import commissions as commission_rows
from storage.affiliates import Affiliate
from storage.codes import DiscountCode
from storage.ledger import LedgerEntry

ACTIVE = "active"
NOT_LOOKED_AT: Final = (0, None)


class Named(Taken):
    """An affiliate, by id, public id or promo code."""

    missing: ClassVar[str] = "There is no such affiliate."

    id: str


class LedgerPaging(Paging):
    """Which page; other parameters are let pass."""

    model_config = ConfigDict(extra="ignore")


class EntryView(Told):
    """A line of the ledger, in minor units; `source` is what it was written for."""

    id: UUID
    amount: int
    currency: str
    reason: str
    source: str
    available_at: Moment
    created_at: Moment


class EntryList(Told):
    """A page of the ledger."""

    data: list[EntryView]
    next_cursor: NextCursor


async def index(request: web.Request) -> web.Response:
    """Affiliates, the newest first; `status` and `q` (as in `/affiliate find`) narrow the list."""
    page = page_of(request)
    status = request.query.get("status", "")
    if status and parse_status(status) is None:
        known = ", ".join(sorted(Status))
        raise InvalidError("This list cannot be shown.", {"status": f"Use one of {known}."})
    async with request.app[CONTEXT].db.read() as session:
        found = await affiliates.page(
            session,
            before=page.before,
            limit=page.to_fetch,
            status=parse_status(status) or "",
            text=keepable(request.query.get("q", "")).strip(),
        )
        ids = [each.id for each in found]
        standings = await taxes.standings(session, ids)
        scores = await fraud.current(session, ids)
    return page.answer(
        found,
        lambda each: _shown(each, standings[each.id], scores.get(each.id, NOT_LOOKED_AT)),
    )


async def show(request: web.Request) -> web.Response:
    """One affiliate, by id, public id or promo code: their terms, balances and counts."""
    async with request.app[CONTEXT].db.read() as session:
        affiliate = await look_up(session, request.match_info["id"])
        settings = await program.load(session)
        brought = await referrals.breakdown(session, affiliate.id)
        code = await codes.by_code(session, affiliate.promo_code)
        balances = await ledger.balances(session, affiliate.id, clock.now())
        recruiter = await recruits.recruiter_of(session, affiliate.id)
        scores = await fraud.current(session, [affiliate.id])
        found = await fraud.latest(session, affiliate.id)
        score = scores.get(affiliate.id, NOT_LOOKED_AT)
        view = _shown(affiliate, await taxes.standing(session, affiliate.id), score) | {
            "fraud_reasons": found.reasons if found else [],
            "rate_bp": affiliate.rate_bp,
            "rate_bp_in_force": await commissions.rate_of(session, affiliate, settings),
            "terms_version": affiliate.terms_version,
            "status_reason": affiliate.status_reason,
            "payout_status": affiliate.payout_status,
            "payout_method": affiliate.payout_method,
            "code": _code(code) if code else None,
            "recruited_by": recruiter.promo_code if recruiter else None,
            "balances": [
                {"currency": currency, "available": available, "pending": pending}
                for currency, (available, pending) in sorted(balances.items())
            ],
            "counts": {
                "referrals": sum(count for _, _, count in brought),
                "active_referrals": sum(n for _, status, n in brought if status == ACTIVE),
                "recruits": await two_tier.count_recruits(session, affiliate.id),
                "sales": await sales.count_of_affiliate(session, affiliate.id),
                "commissions": await commission_rows.count_of_affiliate(session, affiliate.id),
            },
        }
    return web.json_response(view)


@operation("List the ledger of an affiliate", tag="Affiliates", who=ADMIN)
async def show_ledger(call: Call[Actor], path: Named, query: LedgerPaging) -> EntryList:
    """Their ledger, the newest entry first."""
    async with call.db.read() as session:
        affiliate = await look_up(session, path.id)
        found = await ledger.page(session, affiliate.id, before=query.before, limit=query.to_fetch)
    entries, cursor = query.cut(found)
    return EntryList(data=[_entry(entry) for entry in entries], next_cursor=cursor)


def _shown(
    affiliate: Affiliate, tax: Standing, fraud_score: tuple[int, datetime | None]
) -> dict[str, Any]:
    score, looked_at = fraud_score
    return {
        "id": str(affiliate.id),
        "reference": affiliate.reference,
        "status": affiliate.status,
        "email": affiliate.email,
        "legal_name": affiliate.legal_name,
        "display_name": affiliate.display_name,
        "platform_url": affiliate.platform_url,
        "promo_code": affiliate.promo_code,
        "tax_status": tax.status,
        "fraud_score": score,
        "fraud_score_updated_at": rfc3339(looked_at) if looked_at else None,
        "approved_at": rfc3339(affiliate.approved_at),
        "approved_by": affiliate.approved_by,
    }


def _code(code: DiscountCode) -> dict[str, Any]:
    return {
        "code": code.code,
        "status": code.status,
        "discount_type": code.discount_type,
        "discount_value": code.discount_value,
        "stripe_coupon_id": code.stripe_coupon_id,
        "stripe_promotion_code_id": code.stripe_promotion_code_id,
    }


def _entry(entry: LedgerEntry) -> EntryView:
    return EntryView(
        id=entry.id,
        amount=entry.amount,
        currency=entry.currency,
        reason=entry.reason,
        source=entry.source,
        available_at=entry.available_at,
        created_at=entry.created_at,
    )

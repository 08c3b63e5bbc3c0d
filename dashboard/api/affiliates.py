"""`/api/admin/affiliates`: who is in the program, what they have, and their ledger."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import BeforeValidator, ConfigDict
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from dashboard.api.contract import Call, operation
from dashboard.api.moments import Moment
from dashboard.api.operators import Operator, operator
from dashboard.api.paging import NextCursor, Paging
from dashboard.api.taking import Taken, Told, says
from domain import commissions, program, recruits, taxes
from domain.affiliates import look_up
from domain.statuses import Status, parse_status
from domain.taxes import Standing
from storage import affiliates, codes, fraud, ledger, referrals, sales, tiers, two_tier
from storage import commissions as commission_rows
from storage.affiliates import Affiliate
from storage.codes import DiscountCode
from storage.ledger import LedgerEntry

_TAG: Final = "Affiliates"
ACTIVE = "active"
NOT_LOOKED_AT: Final = (0, None)


class Named(Taken):
    """An affiliate, by id, public id or promo code."""

    missing: ClassVar[str] = "There is no such affiliate."

    id: str


def _status(given: object) -> object:
    return parse_status(given) or given if isinstance(given, str) else given


class Wanted(Paging):
    """Which affiliates; `q` is a part of a name, an address or a code."""

    model_config = ConfigDict(extra="ignore")
    refused: ClassVar[str] = "This list cannot be shown."

    status: Annotated[
        Status | Literal[""],
        BeforeValidator(_status),
        says(f"Use one of {', '.join(sorted(Status))}."),
    ] = ""
    q: str = ""


class AffiliateRow(Told):
    """Somebody in the program; `reference` is their public id, `fraud_score` from 0 to 100."""

    id: UUID
    reference: str
    status: str
    email: str
    legal_name: str
    display_name: str
    platform_url: str
    promo_code: str
    tax_status: str
    fraud_score: int
    fraud_score_updated_at: Moment | None
    approved_at: Moment
    approved_by: str


class AffiliateList(Told):
    """A page of affiliates."""

    data: list[AffiliateRow]
    next_cursor: NextCursor


class CodeOfAffiliate(Told):
    """What an affiliate's code takes off: percent, or minor units."""

    code: str
    status: str
    discount_type: str
    discount_value: int
    stripe_coupon_id: str
    stripe_promotion_code_id: str


class Balance(Told):
    """What is owed in a currency, in minor units: now, and once it is off hold."""

    currency: str
    available: int
    pending: int


class Counts(Told):
    """What an affiliate brought."""

    referrals: int
    active_referrals: int
    recruits: int
    sales: int
    commissions: int


class AffiliateView(AffiliateRow):
    """An affiliate; `rate_bp` is null where nobody set one of their own.

    Where `tier_pinned`, an operator chose the tier, and referrals move them no more. `may_bid`
    allows ads on the brand's name.
    """

    fraud_reasons: list[dict[str, Any]]
    rate_bp: int | None
    rate_bp_in_force: int
    tier_id: UUID | None
    tier: str | None
    tier_pinned: bool
    may_bid: bool
    terms_version: str
    status_reason: str
    payout_status: str
    payout_method: str
    code: CodeOfAffiliate | None
    recruited_by: str | None
    balances: list[Balance]
    counts: Counts


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


@operation("List affiliates", tag=_TAG, who=operator("affiliates:read"))
async def index(call: Call[Operator], query: Wanted) -> AffiliateList:
    """The newest first; `status` and `q` (as in `/affiliate find`) narrow the list."""
    async with call.db.read() as session:
        found = await affiliates.page(
            session,
            before=query.before,
            limit=query.to_fetch,
            status=query.status or "",
            text=query.q.strip(),
        )
        ids = [each.id for each in found]
        standings = await taxes.standings(session, ids)
        scores = await fraud.current(session, ids)
    rows, cursor = query.cut(found)
    return AffiliateList(
        data=[
            AffiliateRow(**_shown(each, standings[each.id], scores.get(each.id, NOT_LOOKED_AT)))
            for each in rows
        ],
        next_cursor=cursor,
    )


@operation("Show an affiliate", tag=_TAG, who=operator("affiliates:read"))
async def show(call: Call[Operator], path: Named) -> AffiliateView:
    """Their terms, balances and counts."""
    async with call.db.read() as session:
        return await view_of(session, await look_up(session, path.id))


async def view_of(session: AsyncSession, affiliate: Affiliate) -> AffiliateView:
    """An affiliate as they stand now."""
    settings = await program.load(session)
    brought = await referrals.breakdown(session, affiliate.id)
    code = await codes.by_code(session, affiliate.promo_code)
    balances = await ledger.balances(session, affiliate.id, clock.now())
    recruiter = await recruits.recruiter_of(session, affiliate.id)
    scores = await fraud.current(session, [affiliate.id])
    found = await fraud.latest(session, affiliate.id)
    score = scores.get(affiliate.id, NOT_LOOKED_AT)
    standing = await taxes.standing(session, affiliate.id)
    tier = await tiers.get(session, affiliate.tier_id) if affiliate.tier_id else None
    return AffiliateView(
        **_shown(affiliate, standing, score),
        fraud_reasons=found.reasons if found else [],
        rate_bp=affiliate.rate_bp,
        rate_bp_in_force=await commissions.rate_of(session, affiliate, settings),
        tier_id=affiliate.tier_id,
        tier=tier.name if tier else None,
        tier_pinned=affiliate.tier_pinned,
        may_bid=affiliate.may_bid,
        terms_version=affiliate.terms_version,
        status_reason=affiliate.status_reason,
        payout_status=affiliate.payout_status,
        payout_method=affiliate.payout_method,
        code=_code(code) if code else None,
        recruited_by=recruiter.promo_code if recruiter else None,
        balances=[
            Balance(currency=currency, available=available, pending=pending)
            for currency, (available, pending) in sorted(balances.items())
        ],
        counts=Counts(
            referrals=sum(count for _, _, count in brought),
            active_referrals=sum(n for _, status, n in brought if status == ACTIVE),
            recruits=await two_tier.count_recruits(session, affiliate.id),
            sales=await sales.count_of_affiliate(session, affiliate.id),
            commissions=await commission_rows.count_of_affiliate(session, affiliate.id),
        ),
    )


@operation("List the ledger of an affiliate", tag=_TAG, who=operator("affiliates:read"))
async def show_ledger(call: Call[Operator], path: Named, query: LedgerPaging) -> EntryList:
    """Their ledger, the newest entry first."""
    async with call.db.read() as session:
        affiliate = await look_up(session, path.id)
        found = await ledger.page(session, affiliate.id, before=query.before, limit=query.to_fetch)
    entries, cursor = query.cut(found)
    return EntryList(data=[_entry(entry) for entry in entries], next_cursor=cursor)


def _shown(
    affiliate: Affiliate, tax: Standing, fraud_score: tuple[int, datetime | None]
) -> dict[str, Any]:
    """What a row and a view have both."""
    score, looked_at = fraud_score
    return {
        "id": affiliate.id,
        "reference": affiliate.reference,
        "status": affiliate.status,
        "email": affiliate.email,
        "legal_name": affiliate.legal_name,
        "display_name": affiliate.display_name,
        "platform_url": affiliate.platform_url,
        "promo_code": affiliate.promo_code,
        "tax_status": tax.status,
        "fraud_score": score,
        "fraud_score_updated_at": looked_at,
        "approved_at": affiliate.approved_at,
        "approved_by": affiliate.approved_by,
    }


def _code(code: DiscountCode) -> CodeOfAffiliate:
    return CodeOfAffiliate(
        code=code.code,
        status=code.status,
        discount_type=code.discount_type,
        discount_value=code.discount_value,
        stripe_coupon_id=code.stripe_coupon_id,
        stripe_promotion_code_id=code.stripe_promotion_code_id,
    )


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

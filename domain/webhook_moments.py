"""What happens here, as outgoing webhooks tell it: rows of ours in, events out."""

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import webhook_data as told
from domain.statuses import Status
from domain.webhook_events import KINDS, Event, publish
from storage.affiliates import Affiliate
from storage.applications import Application
from storage.commissions import Commission
from storage.contests import Contest
from storage.fraud import FraudFlag
from storage.milestones import MilestoneAward
from storage.payouts import APPROVED, Payout
from storage.referrals import Referral
from storage.sales import Sale
from storage.tiers import Tier
from storage.two_tier import SecondTierCommission

_STATUSES: Final = {
    Status.PAUSED: "affiliate.paused",
    Status.APPROVED: "affiliate.restored",
    Status.TERMINATED: "affiliate.terminated",
}

Seen = tuple[tuple[int, ...], str, UUID | None]
"""A sale as it was told last: its sums (what was collected comes first), outcome and affiliate."""


async def application(session: AsyncSession, action: str, one: Application) -> None:
    """Tell of an application, where the action is one that is told."""
    if action not in KINDS:
        return
    data = told.ApplicationTold(
        application_id=one.id,
        status=one.status,
        requested_code=one.requested_code,
        submitted_at=one.submitted_at,
        affiliate_id=one.affiliate_id,
        promo_code=one.chosen_code if one.affiliate_id else "",
    )
    await publish(session, Event(action, data, one.affiliate_id))


async def affiliate(session: AsyncSession, kind: str, one: Affiliate) -> None:
    """Tell where an affiliate stands."""
    data = told.AffiliateTold(
        affiliate_id=one.id,
        reference=one.reference,
        promo_code=one.promo_code,
        status=one.status,
    )
    await publish(session, Event(kind, data, one.id))


async def status(session: AsyncSession, one: Affiliate) -> None:
    """Tell that an affiliate was paused, restored or terminated."""
    await affiliate(session, _STATUSES[Status(one.status)], one)


async def referral(session: AsyncSession, one: Referral) -> None:
    """Tell of a new referral."""
    data = told.ReferralTold(
        referral_id=one.id,
        affiliate_id=one.affiliate_user_id,
        customer_id=one.customer_id or "",
        code_used=one.code_used,
        source_tag=one.source_tag,
        country=one.country,
        created_at=one.created_at,
    )
    await publish(session, Event("referral.created", data, one.affiliate_user_id))


def seen(sale: Sale) -> Seen:
    """What a change of is told."""
    sums = (sale.collected, sale.tax, sale.fee, sale.refunded, sale.disputed)
    return (sums, sale.outcome, sale.affiliate_user_id)


def sale(one: Sale, before: Seen | None) -> Iterator[Event]:
    """A sale that is new, or that is not what it was; one that brought nothing yet is no news."""
    new = before is None or before[0][0] <= 0
    if (new and one.collected <= 0) or before == seen(one):
        return
    data = told.SaleTold(
        sale_id=one.id,
        invoice_id=one.invoice_id,
        customer_id=one.customer_id,
        affiliate_id=one.affiliate_user_id,
        outcome=one.outcome,
        currency=one.currency,
        collected=one.collected,
        tax=one.tax,
        fee=one.fee,
        refunded=one.refunded,
        disputed=one.disputed,
        cycle=one.cycle,
        plan=one.plan,
        paid_at=one.paid_at,
    )
    yield Event("sale.settled" if new else "sale.changed", data, one.affiliate_user_id)


def commission(one: Commission, before: int) -> Iterator[Event]:
    """The commission of a sale, if it is not what it was."""
    if one.amount_cents != before:
        data = told.CommissionTold(
            commission_id=one.id,
            affiliate_id=one.affiliate_user_id,
            sale_id=one.sale_id,
            share="own",
            amount_cents=one.amount_cents,
            change_cents=one.amount_cents - before,
            currency=one.currency,
            rate_bp=one.rate_bp,
            available_at=one.available_at,
        )
        yield Event("commission.changed", data, one.affiliate_user_id)


def share(one: SecondTierCommission, before: int, sale: Sale) -> Iterator[Event]:
    """A recruiter's share in a commission, if it is not what it was."""
    if one.commission_amount_cents != before:
        data = told.CommissionTold(
            commission_id=one.id,
            affiliate_id=one.tier1_affiliate_id,
            sale_id=sale.id,
            share="recruit",
            amount_cents=one.commission_amount_cents,
            change_cents=one.commission_amount_cents - before,
            currency=one.currency,
            rate_bp=one.rate_bp,
            available_at=one.available_at,
        )
        yield Event("commission.changed", data, one.tier1_affiliate_id)


async def payout_step(session: AsyncSession, action: str, one: Payout) -> None:
    """Tell of a step of a payout; the first of two approvals is none."""
    if action == "approved" and one.status != APPROVED:
        return
    data = told.PayoutTold(
        payout_id=one.id,
        affiliate_id=one.affiliate_user_id,
        status=one.status,
        amount_cents=one.amount_cents,
        withheld_cents=one.withheld_cents,
        currency=one.currency,
        method=one.method,
        reference=one.reference,
        requested_at=one.requested_at,
        paid_at=one.paid_at,
    )
    await publish(session, Event(f"payout.{action}", data, one.affiliate_user_id))


async def fraud(session: AsyncSession, flag: FraudFlag) -> None:
    """Tell of a pause for a fraud score, or how it ended."""
    data = told.FraudTold(
        flag_id=flag.id,
        affiliate_id=flag.affiliate_user_id,
        score=flag.score,
        decision=flag.decision,
    )
    kind = f"fraud.{flag.decision or 'paused'}"
    await publish(session, Event(kind, data, flag.affiliate_user_id))


def milestone(kind: str, award: MilestoneAward, converted: int) -> Event:
    """A bonus that was given or taken back."""
    data = told.MilestoneTold(
        award_id=award.id,
        affiliate_id=award.affiliate_user_id,
        name=award.name,
        referral_threshold=award.referral_threshold,
        converted=converted,
        bonus_amount_cents=award.bonus_amount_cents,
        currency=award.currency,
        available_at=award.available_at,
    )
    return Event(f"milestone.{kind}", data, award.affiliate_user_id)


async def tier(session: AsyncSession, one: Affiliate, reached: Tier | None) -> None:
    """Tell in which tier somebody is now."""
    data = told.TierTold(
        affiliate_id=one.id,
        tier=reached.name if reached else None,
        rate_bp=reached.rate_bp if reached else None,
        by_hand=one.tier_pinned,
    )
    await publish(session, Event("tier.changed", data, one.id))


async def contest(session: AsyncSession, one: Contest) -> None:
    """Tell everybody that the outcome of a contest was announced."""
    data = told.ContestTold(
        contest_id=one.id,
        name=one.name,
        metric=one.metric,
        winner_affiliate_id=one.winner_user_id,
        prize_amount_cents=one.prize_amount_cents,
        currency=one.currency,
        ended_at=one.end_date,
    )
    await publish(session, Event("contest.announced", data, everybody=True))

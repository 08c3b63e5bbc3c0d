"""Affiliates: let in, paused, restored, terminated."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import codes, commissions, effects, fraud_flags, live, tiers, webhook_moments
from domain.audit import Actor, record
from domain.emails import email_key
from domain.errors import ConflictError, NotFoundError
from domain.payout_barriers import Claim, minimum_in
from domain.program import Program, load
from domain.statuses import Status
from domain.texts import keepable, require_reason
from storage import affiliates as rows
from storage import applications, ledger, links, payouts, referrals, terms
from storage import codes as code_rows
from storage import tiers as tier_rows
from storage.affiliates import Affiliate
from storage.applications import Application
from storage.links import ReferralLink
from storage.locks import take_turn
from storage.payouts import Payout
from storage.tiers import Tier

_MAILS = {
    Status.PAUSED: "affiliate_paused",
    Status.APPROVED: "affiliate_restored",
    Status.TERMINATED: "affiliate_terminated",
}
_CASE_MAILS = {
    Status.PAUSED: "violation_suspended",
    Status.TERMINATED: "violation_terminated",
}
_FROM = {
    Status.PAUSED: {Status.APPROVED},
    Status.APPROVED: {Status.PAUSED},
    Status.TERMINATED: {Status.APPROVED, Status.PAUSED},
}


async def create(
    session: AsyncSession,
    application: Application,
    code: str,
    program: Program,
    actor: Actor,
    *,
    recruiter: Affiliate | None = None,
) -> Affiliate:
    """Make the affiliate, their promo code and their link, from an approved application.

    The caller has the turns of `affiliate:ADDRESS` and `code:CODE`, and knows both to be free.
    """
    affiliate = Affiliate(
        reference=f"aff_{code}",
        status=Status.APPROVED,
        email=application.email,
        email_key=email_key(application.email),
        legal_name=application.legal_name,
        display_name=application.display_name,
        platform_url=application.platform_url,
        promo_code=code,
        terms_version=application.terms_version if application.agreed_to_terms else "",
        submitted_at=application.submitted_at,
        approved_by=actor.name or actor.id,
        clerk_user_id=application.clerk_user_id,
        tier_id=await tiers.starting(session),
    )
    session.add(affiliate)
    await session.flush()
    await terms.hand_over(session, application.id, affiliate.id)
    await codes.create_for_affiliate(session, affiliate.id, code, program, actor.id)
    link = ReferralLink(affiliate_user_id=affiliate.id, ref=code)
    link.recruited_by_affiliate_id = recruiter.id if recruiter else None
    session.add(link)
    await session.flush()
    await webhook_moments.affiliate(session, "affiliate.approved", affiliate)
    return affiliate


async def change_status(
    session: AsyncSession,
    affiliate_id: UUID,
    status: Status,
    reason: str,
    actor: Actor,
    *,
    case: UUID | None = None,
    flag: UUID | None = None,
) -> Affiliate:
    """Pause, restore or terminate an affiliate; their code follows, and a mail tells them.

    With a `case` of violations the mail tells what was seen, and a pause suspends their link,
    too, until they are restored. With a `flag` it is a pause for a fraud score, and the mail says
    of what kind the reasons are. Restoring or terminating decides what stands against them.

    Raises `ConflictError` where the step makes no sense from where they stand, and
    `InvalidError` for a pause or termination without a reason.
    """
    affiliate = await rows.get(session, affiliate_id, lock=True)
    if affiliate is None:
        raise NotFoundError("There is no such affiliate.")
    if affiliate.status == status:
        raise ConflictError(f"{affiliate.promo_code} is {status} already.")
    if affiliate.status not in _FROM.get(status, set()):
        raise ConflictError(f"{affiliate.promo_code} is {affiliate.status}: it cannot be {status}.")
    affiliate.status = status
    said = reason
    affiliate.status_reason = reason = "" if status == Status.APPROVED else require_reason(reason)
    affiliate.updated_at = clock.now()
    session.add(affiliate)
    await codes.set_honoured(session, affiliate.id, honoured=status == Status.APPROVED)
    if case is not None or status == Status.APPROVED:
        await links.suspend(session, affiliate.id, reason)
    await fraud_flags.close(session, affiliate.id, status, said, actor)
    await webhook_moments.status(session, affiliate)
    await record(session, actor, f"affiliate.{status}", f"affiliate:{affiliate.id}", reason=reason)
    await live.touch(session, affiliate.id)
    await live.touch_standings(session)
    await effects.update_directory(session, affiliate.email_key)
    application = await applications.by_email_key(session, affiliate.email_key)
    if application is not None:
        await effects.show_application(session, application.id)
    about = {"affiliate": str(affiliate.id)}
    if flag is not None:
        await effects.send_mail(session, "fraud_paused", affiliate.email, flag=str(flag), **about)
    elif case is None:
        await effects.send_mail(session, _MAILS[status], affiliate.email, **about)
    else:
        mail = _CASE_MAILS[status]
        await effects.send_mail(session, mail, affiliate.email, case=str(case), **about)
    return affiliate


async def look_up(session: AsyncSession, name: str) -> Affiliate:
    """The affiliate of an id, a public id or a promo code, in any letter case of the code.

    A code that somebody gave up still leads to them. Raises `NotFoundError`.
    """
    name = keepable(name)
    try:
        found = await rows.get(session, UUID(name))
    except ValueError:
        found = await rows.by_reference(session, name)
        code = None if found else await code_rows.by_code(session, name.strip().upper())
        if code is not None and code.affiliate_user_id is not None:
            found = await rows.get(session, code.affiliate_user_id)
    if found is None:
        raise NotFoundError("There is no affiliate of this id, public id or promo code.")
    return found


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """An affiliate as the user directory knows them, from before they were known here."""

    email: str
    user_id: str
    status: Status
    promo_code: str
    approved_at: datetime | None
    terms_version: str
    reference: str
    stripe_coupon_id: str
    stripe_promotion_code_id: str


async def adopt(session: AsyncSession, entry: DirectoryEntry, actor: Actor) -> Affiliate | None:
    """Take in an affiliate who was approved before this program ran here.

    Does nothing, and answers None, if their address, code or public id is known here already:
    what is known here is the truth, and the directory follows it.
    """
    key = email_key(entry.email)
    code = entry.promo_code.strip().upper()
    if not code or entry.status not in {Status.APPROVED, Status.PAUSED}:
        return None
    reference = entry.reference or f"aff_{code}"
    await take_turn(session, f"affiliate:{key}")
    await take_turn(session, f"code:{code}")
    if (
        await rows.by_email_key(session, key)
        or await codes.taken(session, {code})
        or await rows.references_taken(session, {reference})
    ):
        return None
    affiliate = Affiliate(
        reference=reference,
        status=entry.status,
        email=entry.email,
        email_key=key,
        promo_code=code,
        terms_version=entry.terms_version,
        approved_at=entry.approved_at or clock.now(),
        approved_by="user directory",
        clerk_user_id=entry.user_id,
        tier_id=await tiers.starting(session),
    )
    session.add(affiliate)
    await session.flush()
    settings = await load(session)
    session.add(
        code_rows.DiscountCode(
            code=code,
            description="Affiliate promo code, from before",
            discount_value=settings.offer_percent,
            affiliate_user_id=affiliate.id,
            stripe_coupon_id=entry.stripe_coupon_id,
            stripe_promotion_code_id=entry.stripe_promotion_code_id,
            status=code_rows.ACTIVE if entry.status == Status.APPROVED else code_rows.PAUSED,
            created_by=actor.id,
        )
    )
    session.add(ReferralLink(affiliate_user_id=affiliate.id, ref=code))
    await record(session, actor, "affiliate.adopted", f"affiliate:{affiliate.id}", code=code)
    return affiliate


@dataclass(frozen=True, slots=True)
class Overview:
    """What an affiliate's dashboard opens with, read once. Money is minor units by currency.

    `balances` are `(available, pending)`, `breakdown` of the referrals is `(plan, status, count)`,
    `ladder` is every tier and `tier` the affiliate's own.
    """

    affiliate: Affiliate
    link_ref: str
    rate_bp: int
    balances: dict[str, tuple[int, int]]
    paid: dict[str, int]
    open_payouts: Sequence[Payout]
    breakdown: list[tuple[str, str, int]]
    converted: int
    ladder: Sequence[Tier]
    tier: Tier | None

    def claim(self, program: Program) -> Claim:
        """What could be paid out now in the program's currency."""
        currency = program.currency
        available, pending = self.balances.get(currency, (0, 0))
        return Claim(
            affiliate=self.affiliate,
            currency=currency,
            available=available,
            pending=pending,
            minimum=max(1, minimum_in(self.tier, program)),
            open_payout=next((one for one in self.open_payouts if one.currency == currency), None),
        )


async def overview(session: AsyncSession, affiliate: Affiliate, program: Program) -> Overview:
    """An affiliate's rate in force, balances, payouts, referrals and tier."""
    balances, sent = await ledger.account(session, affiliate.id, clock.now())
    open_payouts = await payouts.open_ones_of(session, affiliate.id)
    breakdown, converted = await referrals.counts(session, affiliate.id)
    ladder = await tier_rows.ladder(session)
    tier = next((tier for tier in ladder if tier.id == affiliate.tier_id), None)
    open_ = {one.currency: one.amount_cents + one.withheld_cents for one in open_payouts}
    return Overview(
        affiliate,
        await links.ref_of(session, affiliate.id) or affiliate.promo_code,
        commissions.rate_in(tier, affiliate, program),
        balances,
        {currency: amount - open_.get(currency, 0) for currency, amount in sent.items()},
        open_payouts,
        breakdown,
        converted,
        ladder,
        tier,
    )

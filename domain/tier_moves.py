"""Who is in which tier: up by converted referrals, never down by itself, or as operators say.

`storage.referrals.converted` says what a converted referral is.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import effects, webhook_moments
from domain.audit import SYSTEM, Actor, record
from domain.errors import ConflictError, NotFoundError
from domain.money import percent
from domain.statuses import Status
from storage import affiliates, referrals, tiers
from storage.affiliates import Affiliate
from storage.tiers import Tier

TOLD_SINGLY: Final = 5
"""More moves at once than this are one notice to operators."""


@dataclass(frozen=True, slots=True)
class Rise:
    """Somebody moved up: to which tier, from which (empty for none), with how many referrals."""

    affiliate: Affiliate
    tier: Tier
    before: str
    converted: int


async def rise(session: AsyncSession, affiliate_id: UUID) -> Rise | None:
    """Move an affiliate up to the highest tier that they have reached, and mail them so.

    None where nothing changes: also for who is pinned or not approved. Whoever calls this calls
    `note` behind the last row that they lock.
    """
    seen = await affiliates.get(session, affiliate_id)
    if seen is None or not _above(await tiers.ladder(session), seen.tier_id):
        return None
    # Counted with the affiliate held: of two conversions at once, the second sees the first.
    ladder = await tiers.ladder(session, hold=True)
    affiliate = await affiliates.hold(session, affiliate_id)
    if affiliate is None or affiliate.tier_pinned or affiliate.status != Status.APPROVED:
        return None
    converted = (await referrals.converted(session, affiliate_id)).get(affiliate_id, 0)
    target = _reached(_above(ladder, affiliate.tier_id), converted)
    if target is None:
        return None
    before = _named(ladder, affiliate.tier_id)
    await _move(session, affiliate, target, mail=target.referral_threshold > 0)
    return Rise(affiliate, target, before, converted)


async def note(session: AsyncSession, rises: Sequence[Rise]) -> None:
    """Tell the operators who moved up, and write it into the audit log.

    A tier that needs no referral is no news.
    """
    news = [one for one in rises if one.tier.referral_threshold > 0]
    if len(news) > TOLD_SINGLY:
        counts = Counter(one.tier.name for one in news)
        listed = ", ".join(f"{count} to {name}" for name, count in counts.most_common())
        await effects.tell_operators(session, f"{len(news)} affiliates moved up: {listed}.")
    else:
        for one in news:
            await effects.tell_operators(session, _told(one))
    for one in rises:
        detail = {"tier": one.tier.name, "before": one.before, "converted": one.converted}
        subject = f"affiliate:{one.affiliate.id}"
        await record(session, SYSTEM, "affiliate.tier_reached", subject, **detail)


async def due(session: AsyncSession) -> list[UUID]:
    """Who has reached a higher tier than the one that they are in."""
    ladder = await tiers.ladder(session)
    if not ladder:
        return []
    converted = await referrals.converted(session)
    return [
        affiliate_id
        for affiliate_id, tier_id in await affiliates.rising(session, Status.APPROVED)
        if _reached(_above(ladder, tier_id), converted.get(affiliate_id, 0)) is not None
    ]


async def give(
    session: AsyncSession, affiliate_id: UUID, tier_id: UUID | None, actor: Actor
) -> Affiliate:
    """Put an affiliate into a tier, or into none, by hand; referrals move them no more.

    A mail tells them where it is a step up. Raises `ConflictError` if it is so already.
    """
    ladder, affiliate = await _held(session, affiliate_id)
    target = next((tier for tier in ladder if tier.id == tier_id), None)
    if tier_id is not None and target is None:
        raise NotFoundError("There is no such tier any more.")
    if affiliate.tier_pinned and affiliate.tier_id == tier_id:
        where = f"in {target.name}" if target else "in no tier"
        raise ConflictError(f"{affiliate.promo_code} is {where} already, set by hand.")
    return await _by_hand(session, affiliate, target, ladder, actor, pinned=True)


async def release(session: AsyncSession, affiliate_id: UUID, actor: Actor) -> Affiliate:
    """Let referrals decide again: the affiliate goes to the tier that they have reached.

    That can be a lower one. Raises `ConflictError` if referrals decide already.
    """
    ladder, affiliate = await _held(session, affiliate_id)
    if not affiliate.tier_pinned:
        raise ConflictError(f"The tier of {affiliate.promo_code} follows their referrals already.")
    converted = (await referrals.converted(session, affiliate_id)).get(affiliate_id, 0)
    target = _reached(ladder, converted)
    return await _by_hand(session, affiliate, target, ladder, actor, pinned=False)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an affiliate stands. `next` is the tier that more referrals lead to, if any does.

    `earned` is where referrals alone would put them.
    """

    current: Tier | None
    next: Tier | None
    earned: Tier | None
    converted: int


async def standing(session: AsyncSession, affiliate: Affiliate) -> Progress | None:
    """Where an affiliate stands among the tiers; None while the program has none."""
    ladder = await tiers.ladder(session)
    if not ladder:
        return None
    converted = (await referrals.converted(session, affiliate.id)).get(affiliate.id, 0)
    return progress(affiliate, ladder, converted)


def progress(affiliate: Affiliate, ladder: Sequence[Tier], converted: int) -> Progress | None:
    """The same, where the tiers and the number of converted referrals are known."""
    if not ladder:
        return None
    ahead = [] if affiliate.tier_pinned else _above(ladder, affiliate.tier_id)
    return Progress(
        current=next((tier for tier in ladder if tier.id == affiliate.tier_id), None),
        next=next((tier for tier in ahead if tier.referral_threshold > converted), None),
        earned=_reached(ladder, converted),
        converted=converted,
    )


def _above(ladder: Sequence[Tier], tier_id: UUID | None) -> list[Tier]:
    """The tiers above one, the nearest first; all of them above none."""
    place = next((n for n, tier in enumerate(ladder) if tier.id == tier_id), -1)
    return list(ladder[place + 1 :])


def _reached(ladder: Sequence[Tier], converted: int) -> Tier | None:
    """The highest of these tiers that so many referrals lead to."""
    reached = [tier for tier in ladder if tier.referral_threshold <= converted]
    return reached[-1] if reached else None


def _named(ladder: Sequence[Tier], tier_id: UUID | None) -> str:
    return next((tier.name for tier in ladder if tier.id == tier_id), "")


def _told(one: Rise) -> str:
    name = one.affiliate.name
    rate = one.tier.rate_bp if one.affiliate.rate_bp is None else None
    terms = "" if rate is None else f" New sales earn {percent(rate)} from now on."
    noun = "referral" if one.converted == 1 else "referrals"
    return (
        f"{name} ({one.affiliate.promo_code}) reached the tier {one.tier.name} with "
        f"{one.converted} converted {noun}.{terms}"
    )


async def _held(session: AsyncSession, affiliate_id: UUID) -> tuple[Sequence[Tier], Affiliate]:
    ladder = await tiers.ladder(session, hold=True)
    affiliate = await affiliates.hold(session, affiliate_id)
    if affiliate is None:
        raise NotFoundError("There is no such affiliate.")
    if affiliate.status == Status.TERMINATED:
        raise ConflictError(f"{affiliate.promo_code} is terminated and has no tier any more.")
    return ladder, affiliate


async def _by_hand(
    session: AsyncSession,
    affiliate: Affiliate,
    target: Tier | None,
    ladder: Sequence[Tier],
    actor: Actor,
    *,
    pinned: bool,
) -> Affiliate:
    before = _named(ladder, affiliate.tier_id)
    affiliate.tier_pinned = pinned
    up = target is not None and target in _above(ladder, affiliate.tier_id)
    await _move(session, affiliate, target, mail=up)
    after = target.name if target else ""
    detail = {"tier": after, "before": before, "by_hand": pinned}
    await record(session, actor, "affiliate.tier_set", f"affiliate:{affiliate.id}", **detail)
    return affiliate


async def _move(
    session: AsyncSession,
    affiliate: Affiliate,
    target: Tier | None,
    *,
    mail: bool,
) -> None:
    affiliate.tier_id = target.id if target else None
    affiliate.updated_at = clock.now()
    session.add(affiliate)
    await session.flush()
    # The directory shows the payout minimum.
    await effects.update_balance(session, affiliate.id)
    await webhook_moments.tier(session, affiliate, target)
    if mail and target is not None:
        about = {"affiliate": str(affiliate.id), "tier": str(target.id)}
        await effects.send_mail(session, "tier_reached", affiliate.email, **about)

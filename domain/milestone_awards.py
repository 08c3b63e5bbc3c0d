"""Milestone bonuses: given once with the referral that reaches the number, by converted referrals.

A bonus on hold goes back when refunds take the count below the number, and comes again with it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import effects, live, program, webhook_moments
from domain.audit import SYSTEM, record
from domain.money import money
from domain.program import Program
from domain.statuses import Status
from domain.webhook_events import publish
from storage import affiliates, referrals
from storage import milestones as rows
from storage.affiliates import Affiliate
from storage.ledger import LedgerEntry
from storage.milestones import Milestone, MilestoneAward

GIVEN: Final = "milestone"
WITHDRAWN: Final = "milestone_withdrawn"
POSTED_FOR: Final = "milestone:"
"""How the `source` of an entry begins that belongs to an award, before its id."""
TOLD_SINGLY: Final = 5
"""More first awards at once than this are one notice to operators."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of an affiliate's bonuses, with so many converted referrals."""

    affiliate: Affiliate
    converted: int
    reached: tuple[MilestoneAward, ...] = ()
    withdrawn: tuple[MilestoneAward, ...] = ()
    again: tuple[MilestoneAward, ...] = ()


async def follow(session: AsyncSession, affiliate_id: UUID) -> Moved | None:
    """Give and take back what an affiliate's converted referrals ask for, and mail what is new.

    None where nothing changes. Only who is approved gets anything. Whoever calls this calls
    `note` behind the last row that they lock.
    """
    # Not by the count: of two conversions at once, neither sees the other's before the hold.
    if not _open(
        await rows.in_order(session, only_active=True),
        await rows.awards_of(session, affiliate_id),
        clock.now(),
    ):
        return None
    ladder = await rows.in_order(session, only_active=True, hold=True)
    affiliate = await affiliates.hold(session, affiliate_id)
    if affiliate is None:
        return None
    converted = (await referrals.converted(session, affiliate_id)).get(affiliate_id, 0)
    moved = await _settle(session, affiliate, converted, ladder)
    if not (moved.reached or moved.withdrawn or moved.again):
        return None
    await effects.update_balance(session, affiliate_id)
    for award in moved.reached:
        about = {"affiliate": str(affiliate_id), "award": str(award.id)}
        await effects.send_mail(session, "milestone_reached", affiliate.email, **about)
    await live.touch(session, affiliate_id)
    given, gone = (*moved.reached, *moved.again), moved.withdrawn
    news = [webhook_moments.milestone("awarded", award, converted) for award in given]
    news += [webhook_moments.milestone("withdrawn", award, converted) for award in gone]
    await publish(session, *news)
    return moved


async def note(session: AsyncSession, moves: Sequence[Moved]) -> None:
    """Tell the operators who reached what, and write everything into the audit log."""
    news = [(one, award) for one in moves for award in one.reached]
    if len(news) > TOLD_SINGLY:
        counts = Counter(award.name for _, award in news)
        listed = ", ".join(f"{count} of {name}" for name, count in counts.most_common())
        owed = Counter[str]()
        for _, award in news:
            owed[award.currency] += award.bonus_amount_cents
        sums = " and ".join(money(cents, currency) for currency, cents in sorted(owed.items()))
        await effects.tell_operators(
            session, f"{len(news)} milestones were reached: {listed}. Bonuses on hold: {sums}."
        )
    else:
        for one, award in news:
            await effects.tell_operators(session, _told(one, award))
    for one in moves:
        subject = f"affiliate:{one.affiliate.id}"
        for action, awards in (
            ("affiliate.milestone_reached", one.reached),
            ("affiliate.milestone_withdrawn", one.withdrawn),
            ("affiliate.milestone_given_again", one.again),
        ):
            for award in awards:
                detail = {
                    "milestone": award.name,
                    "bonus_amount_cents": award.bonus_amount_cents,
                    "currency": award.currency,
                    "converted": one.converted,
                }
                await record(session, SYSTEM, action, subject, **detail)


async def due(session: AsyncSession, limit: int) -> Sequence[UUID]:
    """Whose bonuses are not what their referrals ask for; these at most."""
    return await rows.due(session, Status.APPROVED, clock.now(), limit)


@dataclass(frozen=True, slots=True)
class Ahead:
    """A milestone that an affiliate has yet to reach, or to reach again: minor units."""

    name: str
    threshold: int
    bonus: int
    currency: str
    description: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an affiliate stands; the way to `next` begins at the number `start`."""

    converted: int
    next: Ahead | None
    start: int
    awards: Sequence[MilestoneAward] = ()


async def progress(
    session: AsyncSession, affiliate_id: UUID, settings: Program, converted: int | None = None
) -> Progress | None:
    """Where an affiliate stands among the milestones; None where there is nothing to show.

    `converted` is how many converted referrals they have, where that is known.
    """
    ladder = await rows.in_order(session, only_active=True)
    awards = await rows.awards_of(session, affiliate_id)
    if not ladder and not awards:
        return None
    if converted is None:
        converted = (await referrals.converted(session, affiliate_id)).get(affiliate_id, 0)
    theirs = {award.milestone_id: award for award in awards}
    steps = [_ahead(each, theirs.get(each.id), settings.currency) for each in ladder]
    missing = [
        step
        for each, step in zip(ladder, steps, strict=True)
        if (each.id not in theirs or theirs[each.id].withdrawn) and step.threshold > converted
    ]
    return Progress(
        converted,
        min(missing, key=lambda step: step.threshold, default=None),
        max((step.threshold for step in steps if step.threshold <= converted), default=0),
        awards,
    )


def _ahead(milestone: Milestone, award: MilestoneAward | None, currency: str) -> Ahead:
    """A milestone as it would be given: what was withdrawn comes back as it was."""
    terms = milestone if award is None else award
    return Ahead(
        terms.name,
        terms.referral_threshold,
        terms.bonus_amount_cents,
        currency if award is None else award.currency,
        milestone.description,
    )


def _open(ladder: Sequence[Milestone], awards: Sequence[MilestoneAward], now: datetime) -> bool:
    """Whether any count could change anything."""
    settled = {award.milestone_id for award in awards if not award.withdrawn}
    waits = any(not award.withdrawn and award.available_at > now for award in awards)
    return waits or any(each.id not in settled for each in ladder)


async def _settle(
    session: AsyncSession, affiliate: Affiliate, converted: int, ladder: Sequence[Milestone]
) -> Moved:
    now = clock.now()
    settings = await program.load(session)
    free = now + timedelta(days=settings.hold_days)
    awards = {one.milestone_id: one for one in await rows.awards_of(session, affiliate.id)}
    reached, withdrawn, again = [], [], []
    for award in awards.values():
        if (
            not award.withdrawn
            and converted < award.referral_threshold
            and award.available_at > now
        ):
            await _post(session, award, -award.bonus_amount_cents)
            withdrawn.append(award)
    if affiliate.status != Status.APPROVED:
        ladder = ()
    for each in sorted(ladder, key=lambda one: one.referral_threshold):
        before = awards.get(each.id)
        if before is None and converted >= each.referral_threshold:
            award = MilestoneAward(
                affiliate_user_id=affiliate.id,
                milestone_id=each.id,
                name=each.name,
                referral_threshold=each.referral_threshold,
                bonus_amount_cents=each.bonus_amount_cents,
                currency=settings.currency,
                awarded_at=now,
                available_at=free,
            )
            await _post(session, award, award.bonus_amount_cents)
            reached.append(award)
        elif before is not None and before.withdrawn and converted >= before.referral_threshold:
            # A new hold: what brought the count back may be refunded, too.
            before.available_at = free
            await _post(session, before, before.bonus_amount_cents)
            again.append(before)
    return Moved(affiliate, converted, tuple(reached), tuple(withdrawn), tuple(again))


async def _post(session: AsyncSession, award: MilestoneAward, amount: int) -> None:
    """Post the bonus, or what takes it back on the day on which it would have been free."""
    award.revision += 1
    award.withdrawn = amount < 0
    award.updated_at = clock.now()
    session.add(award)
    await session.flush()
    session.add(
        LedgerEntry(
            affiliate_user_id=award.affiliate_user_id,
            amount=amount,
            currency=award.currency,
            reason=GIVEN if amount > 0 else WITHDRAWN,
            source=f"{POSTED_FOR}{award.id}:{award.revision}",
            available_at=award.available_at,
        )
    )
    await session.flush()


def _told(one: Moved, award: MilestoneAward) -> str:
    noun = "referral" if one.converted == 1 else "referrals"
    bonus = money(award.bonus_amount_cents, award.currency)
    return (
        f"{one.affiliate.name} ({one.affiliate.promo_code}) reached the milestone {award.name} "
        f"with {one.converted} converted {noun}: {bonus}, on hold until "
        f"{award.available_at:%d %B %Y}."
    )

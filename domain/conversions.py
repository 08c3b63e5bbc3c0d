"""Conversions: what follows for an affiliate from a sale that was settled.

First whether the customer is a converted referral now, then what depends on how many there are.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import effects, live, milestone_awards, tier_moves
from domain.milestone_awards import Moved
from domain.tier_moves import Rise
from storage import leaderboard, referrals
from storage.locks import take_turn
from storage.sales import Sale


@dataclass(frozen=True, slots=True)
class News:
    """What has come about, and is told behind the last row that the transaction locks."""

    rise: Rise | None = None
    bonuses: Moved | None = None


async def follow(session: AsyncSession, sale: Sale, *, changed: bool) -> News:
    """Count the sale's customer, or count them no more, and let the affiliate have what follows.

    `changed` says that there is something new about the sale in any case. Whoever calls this has
    the customer's turn, and calls `note` behind the last row that they lock.
    """
    owner = await _recount(session, sale.customer_id)
    if owner is None and changed:
        owner = sale.affiliate_user_id
    return await _followers(session, owner) if owner is not None else News()


async def note(session: AsyncSession, news: News) -> None:
    """Tell what has come about, and write it into the audit log."""
    if news.rise is not None:
        await tier_moves.note(session, [news.rise])
    if news.bonuses is not None:
        await milestone_awards.note(session, [news.bonuses])


async def count_anew(session: AsyncSession, customer_id: str) -> None:
    """Look again whether a customer is converted, as if their sale had just been settled."""
    await take_turn(session, f"customer:{customer_id}")
    owner = await _recount(session, customer_id)
    if owner is not None:
        await note(session, await _followers(session, owner))


async def _recount(session: AsyncSession, customer_id: str) -> UUID | None:
    """Whose count it changed, if that of anybody."""
    referral = await referrals.of_customer(session, customer_id, lock=True)
    if referral is None:
        return None
    converted = await referrals.is_converted(session, referral.id)
    if referral.counted == converted:
        return None
    referral.counted = converted
    session.add(referral)
    await session.flush()
    await live.touch(session, referral.affiliate_user_id)
    await live.touch_standings(session)
    if referral.converted_at is not None:
        await leaderboard.count_referral(
            session, referral.affiliate_user_id, referral.converted_at, 1 if converted else -1
        )
    return referral.affiliate_user_id


async def _followers(session: AsyncSession, affiliate_id: UUID) -> News:
    await effects.look_again(session, affiliate_id, "a sale")
    return News(
        rise=await tier_moves.rise(session, affiliate_id),
        bonuses=await milestone_awards.follow(session, affiliate_id),
    )

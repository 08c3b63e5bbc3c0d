"""What became of a code at the payment provider without us: it is shown here, and told.

Each of these is asked with the moment at which the provider was looked at (`seen_at`), and does
nothing but answer False while that look may be older than what we ourselves asked of the provider:
then it has to be looked at again.
"""

from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain.audit import SYSTEM, record
from domain.effects import code_lane, tell_operators, update_promotion_code
from domain.statuses import Status
from storage import affiliates
from storage import codes as rows
from storage.codes import ACTIVE, PAUSED, DiscountCode
from storage.outbox import is_busy, was_given_up


async def stopped(session: AsyncSession, code_id: UUID, seen_at: datetime) -> bool:
    """A code was switched off: show it as paused."""
    if await is_busy(session, code_lane(code_id)):
        return False
    code = await rows.get(session, code_id, lock=True)
    if code is None or code.status != ACTIVE:
        return True
    if code.updated_at >= seen_at:
        return False
    await _move(
        session,
        code,
        PAUSED,
        f"The code {code.code} was switched off at the payment provider: customers can not use "
        "it any more. It is shown as paused here.",
    )
    return True


async def started(
    session: AsyncSession, code_id: UUID, seen_at: datetime, *, switched: bool
) -> bool:
    """A code is on: show it as active, or have one that may not be switched off again.

    `switched` is whether somebody is known to have done that just now.
    """
    lane = code_lane(code_id)
    if await is_busy(session, lane):
        return False
    code = await rows.get(session, code_id, lock=True)
    if code is None or code.status == ACTIVE:
        return True
    if code.updated_at >= seen_at:
        return False
    if not switched and (code.stripe_problem or await was_given_up(session, lane)):
        # It was never switched off: we asked for that, and it failed. Operators know.
        return True
    if await _may_be_active(session, code):
        sentence = f"The code {code.code} was switched on again at the payment provider, so it is"
        await _move(session, code, ACTIVE, f"{sentence} active here too.")
        await update_promotion_code(session, code.id)
        return True
    await update_promotion_code(session, code.id)
    await tell_operators(
        session,
        f"The code {code.code} was switched on at the payment provider, though it is {code.status} "
        "here and may not be used. It is being switched off again; activate it here if it should "
        "work.",
    )
    return True


async def replaced(
    session: AsyncSession, code_id: UUID, promotion_code: str, seen_at: datetime, *, ours: bool
) -> bool:
    """The word of a code is honoured by another promotion code than the one that is kept here.

    `ours` is one that we made earlier: what it should be replaces it again. Somebody else's is
    left alone and shown as a problem, since customers may have been promised it.
    """
    if await is_busy(session, code_lane(code_id)):
        return False
    code = await rows.get(session, code_id, lock=True)
    if code is None or promotion_code in {*code.stripe_problem.split(), ""}:
        return True
    if code.stripe_promotion_code_id == promotion_code:
        return True
    if code.updated_at >= seen_at:
        return False
    if ours:
        await update_promotion_code(session, code.id)
        await tell_operators(
            session,
            f"An earlier version of the code {code.code} was switched on at the payment provider. "
            "It is being replaced by what the code is here.",
        )
        return True
    code.stripe_problem = (
        f"The word {code.code} now belongs to a promotion code that somebody else made at the "
        f"payment provider: {promotion_code} is what customers get."
    )
    code.updated_at = clock.now()
    session.add(code)
    await tell_operators(
        session,
        f"{code.stripe_problem} If they should get what is kept here, switch that one off there "
        f"and activate or retry {code.code} here.",
    )
    await record(session, SYSTEM, "code.replaced_elsewhere", f"code:{code.id}", by=promotion_code)
    return True


async def _may_be_active(session: AsyncSession, code: DiscountCode) -> bool:
    if code.status != PAUSED or (code.expires_at is not None and code.expires_at <= clock.now()):
        return False
    if code.affiliate_user_id is None:
        return True
    owner = await affiliates.get(session, code.affiliate_user_id)
    return owner is not None and owner.status == Status.APPROVED


async def _move(session: AsyncSession, code: DiscountCode, status: str, sentence: str) -> None:
    before, code.status = code.status, status
    code.updated_at = clock.now()
    session.add(code)
    await tell_operators(session, sentence)
    await record(
        session,
        SYSTEM,
        f"code.{status}",
        f"code:{code.id}",
        code=code.code,
        before=before,
        reason="changed at the payment provider",
    )

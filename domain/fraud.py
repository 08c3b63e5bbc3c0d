"""The fraud score of an affiliate: looked at again after each event, and what follows from it.

It is found outside of the transaction that settles a sale, by an effect of which one at most
waits for each affiliate. docs/fraud.md says what counts how much.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import affiliates, effects, fraud_flags, webhook_moments
from domain.audit import SYSTEM
from domain.fraud_facts import gather
from domain.fraud_judgement import judge
from domain.program import load
from domain.statuses import Status
from storage import affiliates as affiliate_rows
from storage import fraud as rows
from storage import fraud_signs
from storage.fraud import FraudFlag, FraudScore

PAUSED_FOR: Final = (
    "Automatic checks noticed unusual activity around your link or code. A person of our team "
    "looks at it."
)
"""What the affiliate reads; the score and its reasons are for operators."""


async def note_self_referral(
    session: AsyncSession, affiliate_id: UUID, subject: str, how: str, at: datetime
) -> None:
    """Keep that a sale or sign-up was refused as a self-referral; `subject` names which."""
    await fraud_signs.add_self_referral(session, affiliate_id, subject, how, at)
    await effects.look_again(session, affiliate_id, "a self-referral")


async def score(session: AsyncSession, affiliate_id: UUID, because: str) -> FraudScore | None:
    """Find the score as of now, keep it, and pause the affiliate if it asks for that.

    Returns the new entry of the history; None where neither score nor reasons changed. May be
    called again at any time.
    """
    program = await load(session)
    facts = await gather(session, affiliate_id)
    points, reasons = judge(facts, program.fraud_weights, program.fraud_minimums)
    stored = [one.stored for one in reasons]
    known = fraud_flags.accepted(await rows.flags_of(session, affiliate_id, fraud_flags.REMEMBERED))
    pauses = points >= program.fraud_threshold and bool(fraud_flags.fresh(stored, known))
    # The affiliate first, before anything that refers to them: whoever decides does it so, too.
    affiliate = await affiliate_rows.get(session, affiliate_id, lock=pauses)
    if affiliate is None:
        return None
    before = await rows.latest(session, affiliate_id)
    await rows.keep_current(session, affiliate_id, points, clock.now())
    entry = None
    if ((before.score, before.reasons) if before else (0, [])) != (points, stored):
        entry = FraudScore(
            affiliate_user_id=affiliate_id, score=points, reasons=stored, because=because
        )
        session.add(entry)
        await session.flush()
    flag = await rows.open_flag(session, affiliate_id)
    if flag is not None and entry is not None:
        await _update(session, flag, entry)
    if flag is None and pauses and affiliate.status == Status.APPROVED:
        flag = FraudFlag(
            affiliate_user_id=affiliate_id,
            open_key=str(affiliate_id),
            score=points,
            reasons=stored,
        )
        session.add(flag)
        await session.flush()
        await effects.show_fraud(session, flag.id)
        await affiliates.change_status(
            session, affiliate_id, Status.PAUSED, PAUSED_FOR, SYSTEM, flag=flag.id
        )
        await webhook_moments.fraud(session, flag)
    return entry


async def _update(session: AsyncSession, flag: FraudFlag, entry: FraudScore) -> None:
    """An open pause shows what is known now, also if that has become less."""
    flag.score, flag.reasons = entry.score, entry.reasons
    session.add(flag)
    await session.flush()
    await effects.show_fraud(session, flag.id)

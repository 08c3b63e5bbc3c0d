"""A rate of an affiliate's own, which goes before those of their tier and of the program."""

from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import live
from domain.audit import Actor, record
from domain.errors import ConflictError, InvalidError, NotFoundError
from domain.statuses import Status
from storage import affiliates as rows
from storage.affiliates import Affiliate

WHOLE_BP: Final = 10_000


async def give(
    session: AsyncSession, affiliate_id: UUID, rate_bp: int | None, actor: Actor
) -> Affiliate:
    """Set it in basis points, or take it away with None: for sales that are first seen from now on.

    Raises `InvalidError`, `ConflictError` if it is so already, `NotFoundError`.
    """
    if rate_bp is not None and not 0 <= rate_bp <= WHOLE_BP:
        sentence = f"A rate is from 0 to {WHOLE_BP} basis points, which is 100 percent."
        raise InvalidError(sentence, {"rate_bp": sentence})
    affiliate = await rows.get(session, affiliate_id, lock=True)
    if affiliate is None:
        raise NotFoundError("There is no such affiliate.")
    if affiliate.status == Status.TERMINATED:
        raise ConflictError(f"{affiliate.promo_code} is terminated and earns nothing any more.")
    before = affiliate.rate_bp
    if before == rate_bp:
        now = "no rate of their own" if rate_bp is None else f"a rate of {rate_bp} basis points"
        raise ConflictError(f"{affiliate.promo_code} has {now} already.")
    affiliate.rate_bp, affiliate.updated_at = rate_bp, clock.now()
    session.add(affiliate)
    await session.flush()
    detail = {"rate_bp": rate_bp, "before": before}
    await record(session, actor, "affiliate.rate_set", f"affiliate:{affiliate.id}", **detail)
    await live.touch(session, affiliate.id)
    return affiliate

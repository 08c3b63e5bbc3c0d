"""Pauses for a fraud score: what speaks against an affiliate that operators have not accepted.

A decision sticks. What was known when operators restored somebody never pauses them again: only a
rule that did not fire then, or one that sees at least twice as much as then.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import effects, webhook_moments
from domain.audit import Actor
from domain.statuses import Status
from storage import fraud as rows
from storage.fraud import BANNED, RESTORED, FraudFlag

MORE: Final = 2
"""So many times as much as was accepted is new."""
REMEMBERED: Final = 100
"""So many decisions about one affiliate are looked at."""

_MEANS: Final = {Status.APPROVED: RESTORED, Status.TERMINATED: BANNED}


def accepted(flags: Iterable[FraudFlag]) -> dict[str, int]:
    """How much of each reason operators saw, and restored the affiliate all the same."""
    most: dict[str, int] = {}
    for flag in flags:
        if flag.decision == RESTORED:
            for one in flag.reasons:
                most[one["rule"]] = max(most.get(one["rule"], 0), int(one["measure"]))
    return most


def fresh(reasons: Iterable[Mapping[str, Any]], known: Mapping[str, int]) -> list[str]:
    """The rules that see something new, measured by what operators have accepted."""
    return [
        one["rule"]
        for one in reasons
        if one["points"]
        and (one["rule"] not in known or int(one["measure"]) >= MORE * known[one["rule"]])
    ]


async def close(
    session: AsyncSession, affiliate_id: UUID, status: Status, reason: str, actor: Actor
) -> None:
    """Restoring or terminating an affiliate decides what stands against them, from anywhere.

    Whoever restores somebody whom we did not pause has accepted their score, too. The caller
    holds the affiliate.
    """
    decision = _MEANS.get(status)
    if decision is None:
        return
    flag = await rows.open_flag(session, affiliate_id)
    if flag is None:
        found = await rows.latest(session, affiliate_id)
        if decision != RESTORED or found is None or not found.reasons:
            return
        flag = FraudFlag(
            affiliate_user_id=affiliate_id,
            score=found.score,
            reasons=found.reasons,
            by_hand=True,
        )
    flag.open_key, flag.decision, flag.reason = None, decision, reason.strip()
    flag.decided_by, flag.decided_at = actor.name or actor.id, clock.now()
    session.add(flag)
    await session.flush()
    if not flag.by_hand:
        await effects.show_fraud(session, flag.id)
        await webhook_moments.fraud(session, flag)

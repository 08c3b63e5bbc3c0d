"""Who wins a contest: proposed by the standings, decided by an operator, paid once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import contest_moves, contest_news, contest_standings, effects, live, webhook_moments
from domain.audit import Actor, record
from domain.contest_flags import flags
from domain.contest_standings import Standings, standings
from domain.contests import by_id, held, phase
from domain.errors import ConflictError, NotFoundError
from domain.texts import require_reason
from storage import affiliates
from storage import contests as rows
from storage.affiliates import Affiliate
from storage.contests import ACTIVE, ANNOUNCED, CANCELLED, ENDED, Contest, Disqualification
from storage.ledger import LedgerEntry

REASON: Final = "contest"
"""The reason of the ledger entry of a prize; its source is `contest:{id}`."""


@dataclass(frozen=True, slots=True)
class View:
    """A contest as operators see it: its standings, who is out of it, and what to look at first.

    `winner` is who was announced. `disqualified` are in the order in which they were.
    """

    contest: Contest
    phase: str
    standings: Standings
    winner: Affiliate | None
    disqualified: tuple[tuple[Affiliate, Disqualification], ...]
    flags: tuple[str, ...]


async def view(session: AsyncSession, contest_id: UUID) -> View:
    """Everything about one contest. Raises `NotFoundError`."""
    contest = await by_id(session, contest_id)
    found = await standings(session, contest)
    out = await rows.disqualified(session, contest_id)
    people = await affiliates.by_ids(session, {each.affiliate_user_id for each in out})
    winner = contest.winner_user_id
    return View(
        contest,
        phase(contest, clock.now()),
        found,
        await affiliates.get(session, winner) if winner else None,
        tuple((people[each.affiliate_user_id], each) for each in out),
        await flags(session, contest, found) if contest.status == ENDED else (),
    )


async def disqualify(
    session: AsyncSession, contest_id: UUID, affiliate_id: UUID, reason: str, actor: Actor
) -> Contest:
    """Take somebody out of one contest; if it has ended, the next one is proposed.

    Raises `InvalidError` without a reason, `ConflictError` where they are out or it is decided.
    """
    contest = await _open(session, contest_id)
    reason = require_reason(reason)
    affiliate = await affiliates.get(session, affiliate_id)
    if affiliate is None:
        raise NotFoundError("There is no such affiliate.")
    if await rows.disqualification(session, contest_id, affiliate_id):
        raise ConflictError(f"{affiliate.promo_code} is out of {contest.name} already.")
    by = actor.name or actor.id
    session.add(
        Disqualification(
            contest_id=contest_id, affiliate_user_id=affiliate_id, reason=reason, decided_by=by
        )
    )
    detail = {"affiliate": str(affiliate_id), "reason": reason}
    return await _decided(session, contest, actor, "contest.disqualified", detail)


async def readmit(
    session: AsyncSession, contest_id: UUID, affiliate_id: UUID, actor: Actor
) -> Contest:
    """Take a disqualification back. `ConflictError` where there is none, or it is decided."""
    contest = await _open(session, contest_id)
    row = await rows.disqualification(session, contest_id, affiliate_id)
    if row is None:
        raise ConflictError("They take part already.")
    await session.delete(row)
    detail = {"affiliate": str(affiliate_id)}
    return await _decided(session, contest, actor, "contest.readmitted", detail)


async def confirm(
    session: AsyncSession, contest_id: UUID, affiliate_id: UUID, actor: Actor
) -> Contest:
    """Announce the winner. The prize, where it is money, is in their balance at once.

    The standings stay from now on as they are. Raises `ConflictError` where it is decided, or
    where somebody else is first by now: then nothing has happened.
    """
    contest = await _ended(session, contest_id)
    await affiliates.hold(session, affiliate_id)  # nobody pauses them until they are paid
    # Kept first, and judged by what was kept: sales are settled meanwhile.
    await contest_standings.freeze(session, contest)
    contest.status = ANNOUNCED
    found = await standings(session, contest)
    if found.leader is None or found.leader.affiliate.id != affiliate_id:
        now = found.leader.affiliate.name if found.leader else "nobody"
        raise ConflictError(
            f"The standings of {contest.name} have changed: {now} is first now. Nothing was "
            "announced; look again."
        )
    contest.winner_user_id = affiliate_id
    amount = contest.prize_amount_cents or 0
    if amount:
        session.add(
            LedgerEntry(
                affiliate_user_id=affiliate_id,
                amount=amount,
                currency=contest.currency,
                reason=REASON,
                source=f"{REASON}:{contest.id}",
                available_at=clock.now(),
            )
        )
        await session.flush()
        await effects.update_balance(session, affiliate_id)
    prize: dict[str, str | int] = {"amount": amount, "currency": contest.currency}
    return await _announce(
        session, contest, found.leader.affiliate, actor, {"affiliate": str(affiliate_id)} | prize
    )


async def close(session: AsyncSession, contest_id: UUID, reason: str, actor: Actor) -> Contest:
    """Announce that nobody wins. Raises `InvalidError` without a reason, `ConflictError`."""
    contest = await _ended(session, contest_id)
    contest.reason = require_reason(reason)
    await contest_standings.freeze(session, contest)
    return await _announce(session, contest, None, actor, {"reason": contest.reason})


async def _announce(
    session: AsyncSession,
    contest: Contest,
    winner: Affiliate | None,
    actor: Actor,
    detail: Mapping[str, str | int],
) -> Contest:
    now = clock.now()
    contest.status, contest.winner_announced_at, contest.updated_at = ANNOUNCED, now, now
    contest.decided_by = actor.name or actor.id
    session.add(contest)
    await session.flush()
    await contest_news.announced(session, contest, winner)
    await webhook_moments.contest(session, contest)
    await effects.show_contest(session, contest.id)
    await live.touch_all(session)
    await record(session, actor, "contest.announced", f"contest:{contest.id}", **detail)
    return contest


async def _decided(
    session: AsyncSession, contest: Contest, actor: Actor, action: str, detail: dict[str, str]
) -> Contest:
    await session.flush()
    await contest_moves.propose(session, contest)
    await live.touch_all(session)
    await record(session, actor, action, f"contest:{contest.id}", **detail)
    return contest


async def _open(session: AsyncSession, contest_id: UUID) -> Contest:
    """A contest whose standings still move, held until the transaction ends."""
    contest = await held(session, contest_id)
    if contest.status not in {ACTIVE, ENDED}:
        raise ConflictError(_why_not(contest))
    return contest


async def _ended(session: AsyncSession, contest_id: UUID) -> Contest:
    contest = await held(session, contest_id)
    if contest.status != ENDED:
        raise ConflictError(_why_not(contest))
    return contest


def _why_not(contest: Contest) -> str:
    if contest.status == ANNOUNCED:
        return f"{contest.name} was decided by {contest.decided_by} already."
    if contest.status == CANCELLED:
        return f"{contest.name} was called off by {contest.decided_by}."
    if contest.status == ACTIVE:
        return f"{contest.name} is not over yet."
    return f"{contest.name} has not begun yet."

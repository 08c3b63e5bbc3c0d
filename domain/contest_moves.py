"""What becomes of contests by itself: they begin, they end, and a winner is proposed.

Decided from rows alone, each time anew: however long nobody looked, and however many look at
once, a contest goes the way that it should have gone, and everything is told once.
"""

import hashlib
import json
from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import contest_news, effects, live
from domain.audit import SYSTEM, record
from domain.contest_standings import Standings, standings
from domain.contests import phase
from storage import contests as rows
from storage.contests import ACTIVE, ENDED, Contest


async def move_due(session: AsyncSession) -> None:
    """Begin and end what is due; of what ends now the winner is proposed at once.

    Of a contest that began and ended while nobody looked nobody is told that it begins.
    """
    now, moved = clock.now(), []
    for contest in await rows.due(session, now):
        contest.status, contest.updated_at = phase(contest, now), now
        session.add(contest)
        moved.append(contest)
    await session.flush()
    for contest in moved:
        if contest.status == ACTIVE:
            await contest_news.started(session, contest)
        else:
            await propose(session, contest)
    if moved:
        await live.touch_all(session)
    for contest in moved:
        action = "contest.started" if contest.status == ACTIVE else "contest.ended"
        await record(session, SYSTEM, action, f"contest:{contest.id}", name=contest.name)


async def propose_anew(session: AsyncSession) -> None:
    """Bring the proposals of what has ended up to date.

    Less often than `move_due`: it counts anew what each contest's whole time brought, for as long
    as operators wait with a decision.
    """
    for contest in await rows.undecided(session):
        await propose(session, contest)


async def propose(session: AsyncSession, contest: Contest) -> None:
    """Show operators who has won as the standings are now, unless they were shown exactly that.

    The caller holds the contest, which has ended.
    """
    if contest.status != ENDED:
        return
    found = await standings(session, contest)
    out = await rows.disqualified(session, contest.id)
    seal = _seal(found, [str(each.affiliate_user_id) for each in out])
    if contest.proposal == seal:
        return
    contest.proposal = seal
    contest.proposed_user_id = found.leader.affiliate.id if found.leader else None
    session.add(contest)
    await session.flush()
    await effects.show_contest(session, contest.id)


def _seal(found: Standings, out: Sequence[str]) -> str:
    """A short word that changes with what operators are shown."""
    shown = [[str(each.affiliate.id), each.value] for each in found.first]
    text = json.dumps([shown, found.places, *out])
    return hashlib.sha256(text.encode()).hexdigest()[:16]

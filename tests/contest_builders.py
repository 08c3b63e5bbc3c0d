"""Contests, and affiliates who bring customers while they run."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from domain import contest_moves, contest_winners, contests
from domain.attribution import Customer
from domain.contest_standings import Standings, standings
from domain.contest_winners import View
from domain.contests import Wish
from domain.sales import InvoiceFacts
from storage.affiliates import Affiliate
from storage.contests import REFERRALS, Contest
from storage.db import Database
from tests.builders import RITA, facts, join, settle

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
END = datetime(2026, 11, 30, 18, tzinfo=UTC)
BEFORE = START - timedelta(days=1)
HOUR = timedelta(hours=1)
CODES = ("AMY30", "BEN30", "CAT30")


def wish(**changes: Any) -> Wish:
    """The winter race: November's referrals, for $500."""
    given: dict[str, Any] = {
        "name": "Winter race",
        "metric": REFERRALS,
        "start_date": START,
        "end_date": END,
        "time_zone": "Europe/Berlin",
        "prize_description": "$500 and a badge",
        "prize_amount_cents": 50_000,
    }
    return Wish(**(given | changes))


async def make_contest(db: Database, **changes: Any) -> Contest:
    """A contest, made now."""
    async with db.transaction() as session:
        return await contests.create(session, wish(**changes), RITA)


async def three(db: Database) -> list[Affiliate]:
    """Amy, Ben and Cat."""
    return [
        await join(db, code, email=f"{code.lower()}@example.com", display_name=code[:3].title())
        for code in CODES
    ]


def purchase(code: str, n: int, at: datetime, **changes: Any) -> InvoiceFacts:
    """The first purchase of this code's n-th customer."""
    return facts(
        invoice_id=f"in_{code}_{n}",
        customer=Customer(f"cus_{code}_{n}", f"{code.lower()}{n}@example.net", {}),
        subscription_id=f"sub_{code}_{n}",
        codes=(code,),
        paid_at=at,
        fetched_at=at + timedelta(seconds=5),
        **changes,
    )


async def buy(db: Database, code: str, n: int, at: datetime, **changes: Any) -> InvoiceFacts:
    """The same, settled."""
    made = purchase(code, n, at, **changes)
    await settle(db, made)
    return made


async def move(db: Database) -> None:
    """One look of each watch."""
    for watch in (contest_moves.move_due, contest_moves.propose_anew):
        async with db.transaction() as session:
            await watch(session)


async def contest_now(db: Database, contest: Contest) -> Contest:
    """A contest as stored."""
    async with db.read() as session:
        return await contests.by_id(session, contest.id)


async def places(db: Database, contest: Contest, **asked: Any) -> Standings:
    """The standings."""
    async with db.read() as session:
        return await standings(session, await contests.by_id(session, contest.id), **asked)


async def ranked(db: Database, contest: Contest) -> list[tuple[str, int]]:
    """Who is where, with what, as name and value."""
    found = await places(db, contest)
    return [(each.affiliate.display_name, each.value) for each in found.first]


async def shown(db: Database, contest: Contest) -> View:
    """What operators see."""
    async with db.read() as session:
        return await contest_winners.view(session, contest.id)


async def confirm(db: Database, contest: Contest, affiliate_id: UUID) -> Contest:
    """Rita confirms a winner."""
    async with db.transaction() as session:
        return await contest_winners.confirm(session, contest.id, affiliate_id, RITA)

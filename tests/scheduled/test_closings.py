"""Sums of what is past say what the rows would: before, behind and between two closings."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import func, select

import clock
from domain import stats
from domain.attribution import Customer
from scheduled.closings import close, fold_sales
from storage import closings, sale_days
from storage.db import Database
from storage.ledger import LedgerEntry
from tests.builders import facts, join, later, settle

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
Balances = dict[tuple[UUID, str], tuple[int, int]]


async def _by_rows(db: Database, at: datetime) -> Balances:
    """What the balances are by the entries alone."""
    found: Balances = {}
    async with db.read() as session:
        for row in (await session.exec(select(LedgerEntry))).all():
            ready, held = found.get((row.affiliate_user_id, row.currency), (0, 0))
            if row.available_at <= at:
                ready += row.amount
            else:
                held += row.amount
            found[row.affiliate_user_id, row.currency] = ready, held
    return found


async def _balances(db: Database, at: datetime) -> Balances:
    async with db.read() as session:
        return await closings.balances(session, at)


async def test_closed_accounts_have_what_their_entries_come_to(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is posted between, freed between, or taken back from what was free already."""
    owner = (await join(db)).id
    posted = 0

    async def post(at: datetime, free: datetime, amount: int) -> None:
        nonlocal posted
        posted += 1
        async with db.transaction() as session:
            session.add(
                LedgerEntry(
                    affiliate_user_id=owner,
                    amount=amount,
                    currency="usd",
                    reason="commission",
                    source=f"test:{posted}",
                    available_at=free,
                    created_at=at,
                )
            )

    start = NOW - timedelta(days=40)
    for day in range(45):
        at = start + timedelta(days=day)
        monkeypatch.setattr(clock, "now", lambda at=at: at)
        await post(at, at + timedelta(days=10), 1000 + day)
        if day % 7 == 3:
            await post(at, at - timedelta(days=day % 20), -300)  # a clawback of what was free
        if day % 10 == 9:
            await post(at, at, -2000)  # a payout
        for moment in (at, at + timedelta(hours=11, minutes=59)):
            assert await _balances(db, moment) == await _by_rows(db, moment)
        if day % 3:
            async with db.transaction() as session:
                await close(session)
            assert await _balances(db, at) == await _by_rows(db, at)
    async with db.read() as session:
        assert (await session.exec(select(closings.LedgerClosing))).all()
    # And of a moment that lies before the closing.
    before = start + timedelta(days=5)
    assert await _balances(db, before) == await _by_rows(db, before)


async def test_figures_of_all_time_are_those_of_the_sales(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when an old sale is refunded behind the last look, and when the sums are folded."""
    await join(db)
    sold = [
        facts(
            invoice_id=f"in_{number}",
            customer=Customer(f"cus_{number}", f"{number}@example.net", {}),
            paid_at=NOW - timedelta(days=9 * number, hours=1),
            fetched_at=NOW,
        )
        for number in range(6)
    ]
    monkeypatch.setattr(clock, "now", lambda: NOW - timedelta(hours=1))
    for one in sold:
        await settle(db, one)

    async def overviews() -> list[stats.Overview]:
        async with db.read() as session:
            return [await stats.overview(session, period) for period in stats.Period]

    async def plain() -> list[stats.Overview]:
        """The same from the sales, as if there were no sums."""
        async with db.read() as session:
            with pytest.MonkeyPatch.context() as patch:

                async def none(*_: object) -> None:
                    return None

                patch.setattr(sale_days, "_changed", none)
                return [await stats.overview(session, period) for period in stats.Period]

    first = await overviews()
    assert first[-1].sales == 6
    async with db.transaction() as session:
        await fold_sales(session)
    assert await overviews() == first
    monkeypatch.setattr(clock, "now", lambda: NOW)
    await settle(db, later(sold[4], refunded=500))
    changed = await overviews()
    assert changed == await plain()
    assert sum(changed[-1].kept.values()) == sum(first[-1].kept.values()) - 500
    async with db.transaction() as session:
        await fold_sales(session)
        await fold_sales(session)
    assert await overviews() == changed
    async with db.transaction() as session:
        count = select(func.count()).select_from(sale_days.SaleDay)
        assert (await session.exec(count)).one() == 6

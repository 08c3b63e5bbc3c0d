from datetime import UTC, datetime

import pytest

import clock
from domain import program
from outbox.services import Services
from scheduled.payouts import request_monthly
from settings import Settings
from storage.db import Database
from tests.builders import RITA, join
from tests.payout_builders import earn, movements, rich

FIRST = datetime(2026, 12, 1, 6, tzinfo=UTC)


async def run(db: Database, at: datetime = FIRST) -> None:
    """Run the job at a moment."""
    with clock.travel(at):
        await request_monthly(Services(db, Settings(_env_file=None)))


async def switch_on(db: Database) -> None:
    """Have the program request payouts by itself."""
    async with db.transaction() as session:
        await program.update(session, {"auto_payout": True}, RITA)


async def test_everybody_over_the_minimum_is_served_once(db: Database) -> None:
    """Also in other currencies; who has too little keeps it, and a second run adds nothing."""
    jared, lea = await rich(db, 5000), await join(db, "LEA30", email="lea@example.com")
    await earn(db, jared.id, 7000, currency="eur")
    await earn(db, lea.id, 2499)
    await switch_on(db)
    for _ in range(2):
        await run(db)
    requested = [amount for reason, amount in await movements(db, jared.id) if reason == "payout"]
    assert sorted(requested) == [-7000, -5000]
    assert await movements(db, lea.id) == [("commission", 2499)]


@pytest.mark.parametrize(("on", "day"), [(False, 1), (True, 2)])
async def test_it_is_asked_for_and_monthly(db: Database, *, on: bool, day: int) -> None:
    """Nothing happens where the program does not say so, nor on another day."""
    jared = await rich(db, 5000)
    if on:
        await switch_on(db)
    await run(db, FIRST.replace(day=day))
    assert await movements(db, jared.id) == [("commission", 5000)]

from sqlmodel import select

from commands.rollups import rollups
from domain.audit import Actor
from outbox.services import Services
from scheduled.rollups import check
from settings import Settings
from storage.db import Database
from storage.rollups import Rollup
from tests.builders import effects_asked_for, facts, join, settle

OPERATOR = Actor("root", "", "cli")


async def spoil(db: Database) -> None:
    """Do what nobody should."""
    async with db.transaction() as session:
        for row in (await session.exec(select(Rollup))).all():
            row.conversions += 5
            session.add(row)


async def test_rollups_are_checked_and_built_anew_by_hand(db: Database) -> None:
    """It says what it found, and changes nothing unless it is told to."""
    await join(db)
    await settle(db, facts())
    well = "Every rollup is what its rows come to."
    assert await rollups(db, OPERATOR, rebuild=False) == well
    await spoil(db)
    assert "5 rollups are not" in await rollups(db, OPERATOR, rebuild=False)
    assert "5 were wrong" in await rollups(db, OPERATOR, rebuild=True)
    assert await rollups(db, OPERATOR, rebuild=False) == well


async def test_every_night_operators_hear_of_rollups_that_were_mended(db: Database) -> None:
    """And of nothing, where all is well."""
    await join(db)
    await settle(db, facts())
    services = Services(db, Settings(_env_file=None), None, None, None, None)
    before = len(await effects_asked_for(db))
    await check(services)
    assert len(await effects_asked_for(db)) == before
    await spoil(db)
    await check(services)
    (told,) = (await effects_asked_for(db))[before:]
    assert "built anew" in str(told.payload)
    assert await rollups(db, OPERATOR, rebuild=False) == "Every rollup is what its rows come to."

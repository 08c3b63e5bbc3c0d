"""A program that has lived goes from SQLite to PostgreSQL and back, and is the same."""

import random
import shutil
from datetime import timedelta
from pathlib import Path

import aiohttp

import clock
from commands.moving import read_program, write_program
from domain import audit, reconcile, tax_secrets
from domain.audit import Actor
from scheduled import milestones
from scheduled.reconcile import reconcile as look_again
from settings import Settings
from storage import raw_sums, taxes
from storage.affiliates import Affiliate
from storage.db import Database
from tests import asset_builders, contest_builders, landing_builders, milestone_builders
from tests.builders import RITA, join
from tests.journeys.story_world import Days, World, entries
from tests.journeys.test_random_stories import one_life, tell
from tests.server import Server
from tests.shop import Shop, open_shop
from tests.standing import free_port
from tests.tax_builders import SSN, seal, send

OPERATOR = Actor("root", "", "cli")


async def live(db: Database, shop: Shop, days: Days) -> Affiliate:
    """A recruit's sales, refunds, disputes and payouts, as chance tells of them."""
    await join(db, "ANNA20", email="anna@example.com")
    jared = await join(db, recruited_by="ANNA20")
    await shop.carry_out()
    world = World(shop, jared, days, 3, (db,))
    await world.begin()
    told, chance = 0, random.Random(1)  # noqa: S311 - chance, not secrecy
    for step in one_life():
        await world.play(step)
        if chance.random() < 0.4:
            told = await tell(shop, told, chance)
    await tell(shop, told, chance)
    await world.reconcile()
    return jared


async def add_the_rest(db: Database, jared: Affiliate) -> str:
    """A bonus, a partner page, resources, a contest and a sealed tax form; the key to that."""
    await milestone_builders.make_milestone(db)
    async with db.transaction() as session:
        await milestones.catch_up(session)  # else the server that starts later would give it
    await landing_builders.save(db, jared)
    await asset_builders.make(db)
    tomorrow = clock.now() + timedelta(days=1)
    ends = tomorrow + timedelta(days=7)
    await contest_builders.make_contest(db, start_date=tomorrow, end_date=ends)
    (key,) = seal(db)
    await send(db, jared.id)
    return key


async def is_well(db: Database) -> None:
    """Books, sums by source and the audit log hold together."""
    async with db.read() as session:
        assert await reconcile.disagreements(session) == []
        assert await raw_sums.differences(session) == 0
        assert await audit.first_broken_line(session) is None


def files(folder: Path) -> dict[str, bytes]:
    """Every file of an export, by its name in there."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


async def test_a_program_that_has_lived_moves_and_goes_on(
    sqlite: Database, migrated_postgresql_url: str, shaped_file: Path, tmp_path: Path
) -> None:
    """Byte by byte the same each time; Stripe agrees with it there; a server runs on it."""
    file = shutil.copy(shaped_file, tmp_path / "back.db")
    back, days = Database(f"sqlite+aiosqlite:///{file}"), Days()
    postgresql = Database(migrated_postgresql_url)
    first, second, third = (tmp_path / name for name in ("first", "second", "third"))
    with days.in_force():
        async with open_shop(sqlite, delivering=False) as shop:
            jared = await live(sqlite, shop, days)
            key = await add_the_rest(sqlite, jared)
            seal(postgresql, key)
            ledger = await entries(sqlite)
            assert len(ledger) > 20
            await write_program(sqlite, first, OPERATOR)
            await read_program(postgresql, first)
            await write_program(postgresql, second, OPERATOR)
            await read_program(back, second)
            await write_program(back, third, OPERATOR)
            assert files(first) == files(second) == files(third)
            for each in (sqlite, postgresql, back):
                await is_well(each)
                assert await entries(each) == ledger

            gateway = shop.services.stripe
            assert gateway is not None
            summary = await look_again(postgresql, gateway, days.begin - timedelta(days=1))
            assert summary.differences == ()
            assert summary.looked_at > 5
            async with postgresql.transaction() as session:
                form = await taxes.current(session, jared.id)
                assert form is not None
                opened = await tax_secrets.read(session, form, RITA, "To see that it opens")
            assert opened.tax_id == SSN.replace("-", "")
            await serves(postgresql, shop, jared, key, tmp_path)
            await is_well(postgresql)
    await postgresql.close()
    await back.close()


async def serves(db: Database, shop: Shop, who: Affiliate, key: str, folder: Path) -> None:
    """A server starts on the database, and tells what is in the ledger."""
    port = free_port()
    given = shop.stand_ins.settings() | {"public_url": f"http://127.0.0.1:{port}"}
    url = db.url.render_as_string(hide_password=False)
    settings = Settings(
        _env_file=None, port=port, database_url=url, tax_encryption_keys=(key,), **given
    )
    server = Server(port, folder, "serve", settings=settings)
    await server.start()
    try:
        token = given["admin_api_token"]
        async with (
            aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as client,
            client.get(f"{server.url}/api/admin/affiliates/{who.id}/ledger?limit=100") as answer,
        ):
            assert answer.status == 200
            told = await answer.json()
    finally:
        assert await server.stop() == 0
    own = [one.amount for one in await entries(db) if not one.reason.startswith("second_tier")]
    assert sorted(entry["amount"] for entry in told["data"]) == sorted(own)

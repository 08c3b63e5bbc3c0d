"""The drill: a backup while sales come in, a restore elsewhere, and a server that goes on."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import aiohttp
import pytest
from sqlmodel import select

import clock
from domain import audit, reconcile
from scheduled.reconcile import reconcile as look_again
from settings import Settings
from storage.db import Database
from storage.sales import Sale
from tests.builders import join
from tests.journeys.story_world import entries
from tests.postgres import PostgresServer
from tests.server import Server, as_environment
from tests.shop import Shop, open_shop
from tests.standing import free_port

_MAIN = Path(__file__).parents[2] / "main.py"


@pytest.fixture
def elsewhere(migrated_url: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of the same kind on a machine where nothing was yet."""
    if migrated_url.startswith("sqlite"):
        return f"sqlite+aiosqlite:///{tmp_path}/elsewhere/desk.db"
    url: str = request.getfixturevalue("postgresql_url")
    return url


class Sales:
    """Sales that come in one after the other; `taken_in` are in the ledger, and known to be."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.taken_in: list[UUID] = []
        self._next = 0

    async def one(self) -> None:
        """Somebody buys, and the sale is in the ledger."""
        self._next += 1
        email = f"buyer{self._next}@example.net"
        invoice = await self.shop.account.buy(email=email, promotion_code="JARED30")
        await self.shop.quiet()
        sale = await self.shop.sale(invoice)
        self.taken_in.append(sale.id)

    @asynccontextmanager
    async def coming_in(self) -> AsyncIterator[None]:
        """Sell on and on until the block ends."""

        async def on_and_on() -> None:
            while True:
                await self.one()

        selling = asyncio.create_task(on_and_on())
        try:
            yield
            assert not selling.done()
        finally:
            selling.cancel()
            await asyncio.gather(selling, return_exceptions=True)


async def run(settings: Settings, programs: Path, folder: Path, *arguments: str) -> str:
    """Run `affiliate-desk` with these settings, and see it succeed; what it says."""
    environment = dict(as_environment(settings)) | {"PATH": str(programs)}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(_MAIN),
        *arguments,
        cwd=folder,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()


async def test_a_backup_under_sales_is_restored_elsewhere_and_goes_on(
    db: Database, elsewhere: str, postgres: PostgresServer, tmp_path: Path
) -> None:
    """No sale is missing that was taken in before it began, and the books agree with themselves.

    Once Stripe was asked they agree with it, too; and a server serves from it.
    """
    there = Database(elsewhere)
    async with open_shop(db) as shop:
        await join(db)
        await shop.carry_out()
        here = Settings(
            _env_file=None,
            database_url=db.url.render_as_string(hide_password=False),
            **shop.stand_ins.settings(),
        )
        away = here.model_copy(update={"database_url": elsewhere})
        sales = Sales(shop)
        for _ in range(3):
            await sales.one()
        before = list(sales.taken_in)
        async with sales.coming_in():
            await run(here, postgres.programs, tmp_path, "backup", "copy")
        await sales.one()
        await shop.quiet()
        whole = await entries(db)

        told = await run(away, postgres.programs, tmp_path, "restore", "copy")
        assert "The ledger agrees with the books, and the audit log is whole." in told
        restored = await entries(there)
        assert restored == [entry for entry in whole if entry in restored]
        assert set(before) <= await sales_in(there)
        assert len(restored) < len(whole)

        gateway = shop.services.stripe
        assert gateway is not None
        await look_again(there, gateway, clock.now() - timedelta(days=1))
        assert [one.amount for one in await entries(there)] == [one.amount for one in whole]
        await is_well(there)
        await serves(away, tmp_path)
        await is_well(there)
    await there.close()


async def sales_in(db: Database) -> set[UUID]:
    """Every sale of a database."""
    async with db.read() as session:
        return set((await session.exec(select(Sale.id))).all())


async def is_well(db: Database) -> None:
    """Books and the audit log hold together."""
    async with db.read() as session:
        assert await reconcile.disagreements(session) == []
        assert await audit.first_broken_line(session) is None


async def serves(settings: Settings, folder: Path) -> None:
    """A server starts on it, and answers for what is in there."""
    port = free_port()
    settings = settings.model_copy(
        update={"port": port, "public_url": f"http://127.0.0.1:{port}"},
    )
    server = Server(port, folder, "serve", settings=settings)
    await server.start()
    try:
        token = settings.admin_api_token
        assert token is not None
        headers = {"Authorization": f"Bearer {token.get_secret_value()}"}
        async with (
            aiohttp.ClientSession(headers=headers) as client,
            client.get(f"{server.url}/api/admin/affiliates") as answer,
        ):
            assert answer.status == 200
            told = await answer.json()
    finally:
        assert await server.stop() == 0
    assert [affiliate["promo_code"] for affiliate in told["data"]] == ["JARED30"]

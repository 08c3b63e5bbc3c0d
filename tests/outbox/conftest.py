from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlmodel import select

from desk import services_for
from outbox.pump import Pump
from outbox.services import Services
from sandbox.stand_ins import StandIns
from settings import Settings
from storage.db import Database
from storage.outbox import Effect
from tests.standing import free_port, standing_in
from tests.waiting import until


@dataclass
class Outside:
    """A database, the stand-ins, and the clients that reach them."""

    db: Database
    stand_ins: StandIns
    services: Services

    async def effects(self, kind: str = "") -> list[Effect]:
        """Every effect that was asked for, or those of a kind."""
        async with self.db.read() as session:
            found = (await session.exec(select(Effect))).all()
        return [effect for effect in found if kind in {"", effect.kind}]

    async def settle(self) -> None:
        """Run a pump until every effect is carried out or parked."""

        async def all_done() -> bool:
            return all(effect.handled_at or effect.parked_at for effect in await self.effects())

        await self.pump_until(all_done)

    async def pump_until(self, come_true: Callable[[], Awaitable[bool]]) -> None:
        """Run a pump until something has come true."""
        pump = Pump(self.services)
        await pump.start()
        await until(come_true, 20)
        await pump.stop()


@pytest.fixture
async def outside(db: Database, tmp_path: Path) -> AsyncIterator[Outside]:
    """The outside world, on a database of each kind."""
    port = free_port()
    async with standing_in(port) as stand_ins:
        settings = Settings(
            _env_file=None, reports_dir=tmp_path / "reports", **stand_ins.settings()
        )
        services = services_for(settings, db)
        yield Outside(db, stand_ins, services)
        await services.close()

"""A server that is killed at the worst moment: an effect is done, and nobody knows."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlmodel import select, update

import clock
from sandbox.stand_ins import StandIns
from settings import Settings
from storage.db import Database
from storage.inbox import InboxEvent
from storage.outbox import Effect
from tests.forked import ForkedServer
from tests.server import Server
from tests.standing import free_port, standing_in

HELD_S = 60.0


@dataclass
class Story:
    """A server that can be killed, the outside world, and its database seen from here."""

    server: Server
    stand_ins: StandIns
    db: Database

    async def restart(self) -> None:
        """Kill it, let the outside work again, start it, and let the minute of claims pass."""
        await self.server.kill()
        self.stand_ins.forgive()
        if not self.db.is_sqlite:
            async with self.db.transaction() as session:
                for table in (InboxEvent, Effect):
                    await session.exec(update(table).values(claimed_until=clock.now()))
        await self.server.start()

    async def all_done(self) -> bool:
        """Whether nothing wants work any more, and something was done."""
        async with self.db.read() as session:
            events = (await session.exec(select(InboxEvent))).all()
            effects = (await session.exec(select(Effect))).all()
        return bool(events and effects) and all(row.handled_at for row in (*events, *effects))


S = TypeVar("S", bound=Story)


@asynccontextmanager
async def begin(kind: type[S], database_url: str, folder: Path) -> AsyncIterator[S]:
    """A story whose server is not started yet."""
    port = free_port()
    async with standing_in(port) as stand_ins:
        settings = Settings(
            _env_file=None,
            port=port,
            database_url=database_url,
            **stand_ins.settings(),
        )
        server = ForkedServer(port, folder, "serve", settings=settings)
        db = Database(database_url)
        yield kind(server, stand_ins, db)
        await db.close()
        await server.stop()


@dataclass(frozen=True)
class Moment:
    """A place to kill at: what to hold up, when the story gets there, and how we see it.

    An `early` one comes before anybody approves anything.
    """

    hold: Callable[[StandIns], None]
    reached: Callable[[StandIns], bool]
    early: bool = False


def hold_slack(method: str) -> Callable[[StandIns], None]:
    """Slack does what this method asks, and does not answer."""

    def hold(stand_ins: StandIns) -> None:
        stand_ins.slack.fail_next(method, status=500, hang=HELD_S, after_work=True)

    return hold


def hold_stripe(path: str) -> Callable[[StandIns], None]:
    """Stripe does what is posted to this path, and does not answer."""

    def hold(stand_ins: StandIns) -> None:
        stand_ins.stripe.fail_next(path, status=500, delay=HELD_S, after_work=True, method="POST")

    return hold


def hold_clerk(stand_ins: StandIns) -> None:
    """Clerk writes metadata, and does not answer."""
    stand_ins.clerk.traffic.fail_next(500, path_part="metadata", delay_s=HELD_S, after_work=True)


def hold_mail(stand_ins: StandIns) -> None:
    """The mail leaves, and nobody says so."""
    stand_ins.mail.traffic.fail_next(500, delay_s=HELD_S, after_work=True)

"""Servers are replaced one after another while vendors and visitors send: nothing gets lost.

The new release brings a migration that expands; later ones contract, and say to whom they do.
"""

import asyncio
import json
import os
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
from sqlmodel import func, select
from stripe import WebhookSignature

import clock
from dashboard.clicks import FLOOD, FLOOD_S
from sandbox.stand_ins import WEBHOOK_SECRET, StandIns
from scheduled.reconcile import check_books
from settings import Settings
from storage import migrate, raw_sums, schema
from storage.clicks import Click
from storage.commissions import Commission
from storage.db import Database
from storage.inbox import InboxEvent
from storage.ledger import LedgerEntry
from storage.outbox import Effect
from storage.sales import Sale
from storage.schema import Standing
from tests.balancer import balancing
from tests.builders import join
from tests.releases import CONTRACTING, EXPANDING, INDEX, command, release
from tests.server import Server, as_environment
from tests.standing import free_port, standing_in
from tests.waiting import until

SERVERS: Final = 2
DRAIN_S: Final = 5.0
BROWSER: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@dataclass
class Load:
    """Visitors, and vendors who send events; what became of each request."""

    url: str
    stand_ins: StandIns
    answers: Counter[str] = field(default_factory=Counter)
    events: set[str] = field(default_factory=set)
    bought: set[str] = field(default_factory=set)

    async def run(self, stop: asyncio.Event) -> None:
        """Send until it is told to stop."""
        agent = {"User-Agent": BROWSER}
        # A connection for each request, as proxies do unless they are told to keep some: one that
        # is kept may be closed in the very moment in which it is used again.
        single = aiohttp.TCPConnector(force_close=True)
        async with aiohttp.ClientSession(headers=agent, connector=single) as client:
            senders = [self._repeat(stop, self._tell, client, n) for n in range(4)]
            # Just below what even one server alone would take for a flood from one address.
            senders += [self._repeat(stop, self._click, client, 0, pause=1.1 * FLOOD_S / FLOOD)]
            await asyncio.gather(*senders, self._buy(stop))

    async def _repeat(
        self,
        stop: asyncio.Event,
        send: Callable[[aiohttp.ClientSession, str], Awaitable[int]],
        client: aiohttp.ClientSession,
        sender: int,
        *,
        pause: float = 0.1,
    ) -> None:
        count = 0
        while not stop.is_set():
            count += 1
            name = send.__name__
            try:
                status = await send(client, f"{sender}_{count}")
            except (aiohttp.ClientError, TimeoutError) as error:
                self.answers[f"{name} {error!r}"] += 1
            else:
                self.answers[f"{name} {status}"] += 1
            await asyncio.sleep(pause)

    async def _click(self, client: aiohttp.ClientSession, number: str) -> int:
        address = f"{self.url}/r/JARED30?utm_source={number}"
        async with client.get(address, allow_redirects=False) as answer:
            return answer.status

    async def _tell(self, client: aiohttp.ClientSession, number: str) -> int:
        event: dict[str, Any] = {
            "id": f"evt_{number}",
            "object": "event",
            "type": "plan.created",
            "data": {},
        }
        event["created"] = int(clock.timestamp())
        body = json.dumps(event)
        signed = WebhookSignature.generate_signature_header(
            body, WEBHOOK_SECRET, int(clock.timestamp())
        )
        async with client.post(
            f"{self.url}/webhooks/stripe", data=body, headers={"Stripe-Signature": signed}
        ) as answer:
            self.events.add(event["id"])
            return answer.status

    async def _buy(self, stop: asyncio.Event) -> None:
        """Sell something now and then; Stripe tells of it by itself."""
        account = self.stand_ins.stripe
        while not stop.is_set():
            buyer = f"buyer{len(self.bought)}@example.net"
            invoice = await account.buy(email=buyer, promotion_code="JARED30")
            self.bought.add(invoice["id"])
            for kind, status in await account.courier.deliver():
                self.answers[f"{kind} {status}"] += 1
            await asyncio.sleep(0.3)


@dataclass
class Farm:
    """Servers on one database; each can be stopped and started as another release."""

    db: Database
    stand_ins: StandIns
    url: str
    folder: Path
    ports: list[int]
    servers: dict[int, Server] = field(default_factory=dict)

    def settings(self, port: int) -> Settings:
        """What a server is told."""
        told: dict[str, Any] = self.stand_ins.settings() | {
            "database_url": self.db.url.render_as_string(hide_password=False),
            "port": port,
            "drain_seconds": DRAIN_S,
        }
        return Settings(_env_file=None, **told)

    async def start(self, port: int, *program: Path) -> None:
        """Start a server of this code, or of another."""
        own = self.folder / str(port)
        own.mkdir(exist_ok=True)
        more = {"program": program[0]} if program else {}
        self.servers[port] = Server(port, own, "serve", settings=self.settings(port), **more)
        await self.servers[port].start()

    async def run(self, script: Path, *arguments: str) -> tuple[int, str]:
        """Run a release to its end: its status, and what it said."""
        environment = dict(as_environment(self.settings(free_port())))
        process = await asyncio.create_subprocess_exec(
            *command(script, *arguments),
            cwd=self.folder,
            env=os.environ | environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await asyncio.wait_for(process.communicate(), 180)
        return process.returncode or 0, said.decode()

    async def sees(self, port: int) -> tuple[int, str]:
        """Whether a server calls itself ready, and what it says."""
        async with (
            aiohttp.ClientSession() as client,
            client.get(f"http://127.0.0.1:{port}/readyz") as answer,
        ):
            return answer.status, (await answer.json())["status"]


@asynccontextmanager
async def _farm(url: str, folder: Path) -> AsyncIterator[Farm]:
    front, ports = free_port(), [free_port() for _ in range(SERVERS)]
    db = Database(url)
    await migrate.upgrade(db)
    async with standing_in(front) as stand_ins:
        farm = Farm(db, stand_ins, f"http://127.0.0.1:{front}", folder, ports)
        yield farm
        for server in farm.servers.values():
            await server.kill()
        await db.close()


@pytest.fixture
async def farm(postgresql_url: str, tmp_path: Path) -> AsyncIterator[Farm]:
    """No server yet, on a migrated database on PostgreSQL."""
    async with _farm(postgresql_url, tmp_path) as made:
        yield made


async def _count(db: Database, table: Any, *conditions: Any) -> int:
    async with db.read() as session:
        query = select(func.count()).select_from(table).where(*conditions)
        return int((await session.exec(query)).one())


async def test_servers_are_replaced_under_load_with_a_migration_and_nothing_is_lost(
    farm: Farm,
) -> None:
    """Every request is answered well, stored once and settled once, whoever took it."""
    db = farm.db
    await join(db)
    following = release(farm.folder / "next", EXPANDING, INDEX)
    await asyncio.gather(*(farm.start(port) for port in farm.ports))

    async def all_done() -> bool:
        open_events = await _count(db, InboxEvent, InboxEvent.handled_at == None)  # noqa: E711
        return not open_events and not await _count(db, Effect, Effect.handled_at == None)  # noqa: E711

    await until(all_done, 30)
    front = int(farm.url.rpartition(":")[2])
    load, stop = Load(farm.url, farm.stand_ins), asyncio.Event()
    async with balancing(front, farm.ports) as balancer:

        async def all_ready() -> bool:
            return len(balancer.ready) == SERVERS

        await until(all_ready)
        sending = asyncio.create_task(load.run(stop))
        await asyncio.sleep(1)
        for port in farm.ports:
            assert await farm.servers[port].stop() == 0
            before = dict(balancer.handed)
            await farm.start(port, following)
            if port == farm.ports[0]:  # the other one is of the release before
                assert await schema.standing_of(db) is Standing.AHEAD
                assert await farm.sees(farm.ports[1]) == (200, "ready")
            await until(all_ready)
            await asyncio.sleep(1)
            assert balancer.handed != before
        stop.set()
        await sending
        assert balancer.lost == 0
        assert all(balancer.handed.values())
    await until(all_done, 180)

    assert {name for name in load.answers if not name.endswith((" 200", " 302"))} == set()
    clicks, told = load.answers["_click 302"], load.answers["_tell 200"]
    assert told > 50
    assert clicks > 10
    assert len(load.bought) > 5
    assert await _count(db, Click) == clicks
    assert await _count(db, InboxEvent, InboxEvent.kind == "plan.created") == told
    assert told == len(load.events)
    assert await _count(db, InboxEvent, InboxEvent.parked_at != None) == 0  # noqa: E711
    async with db.read() as session:
        sold = (await session.exec(select(Sale.invoice_id))).all()
        earned = (await session.exec(select(Commission.amount_cents))).all()
        posted = (await session.exec(select(LedgerEntry.amount))).all()
        assert sorted(sold) == sorted(load.bought)
        assert len(earned) == len(posted) == len(sold)
        assert sum(earned) == sum(posted) > 0
        assert await raw_sums.differences(session) == 0
    assert await check_books(db) == []
    codes = farm.stand_ins.stripe.objects.newest_first("promotion_code")
    assert [code["code"] for code in codes].count("JARED30") == 1


async def test_what_servers_still_use_is_not_taken_away(farm: Farm) -> None:
    """A migration that contracts waits until none of them is left; then they do not come back."""
    this = farm.ports[0]
    middle = release(farm.folder / "middle", EXPANDING)
    last = release(farm.folder / "last", EXPANDING, CONTRACTING, needs="9000")
    await farm.start(this)
    status, said = await farm.run(last, "migrate")
    assert status == 1
    assert said.startswith("Servers of an older release are running: ")
    assert await schema.standing_of(farm.db) is Standing.CURRENT

    assert await farm.servers[this].stop() == 0
    await farm.db.engine.dispose()
    await farm.start(this, middle)  # which is new enough for what the last one takes away
    assert await schema.standing_of(farm.db) is Standing.AHEAD
    await farm.db.engine.dispose()
    assert await farm.run(last, "migrate") == (0, "The database is in shape.\n")
    assert await farm.sees(this) == (200, "ready")
    assert await schema.standing_of(farm.db) is Standing.TOO_NEW
    status, said = await farm.run(Path(__file__).parents[2] / "main.py", "serve")
    assert status == 1
    assert "The database was changed by a newer release" in said


async def test_a_server_that_does_not_migrate_says_who_has_to(farm: Farm) -> None:
    """With MIGRATE_AT_START off, a missing migration is a sentence and no migration."""
    following = release(farm.folder / "next", EXPANDING)
    settings = farm.settings(free_port()).model_copy(update={"migrate_at_start": False})
    process = await asyncio.create_subprocess_exec(
        *command(following, "serve"),
        cwd=farm.folder,
        env=os.environ | dict(as_environment(settings)) | {"MIGRATE_AT_START": "false"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 180)
    assert process.returncode == 1
    assert b"The database is older than this release. Run `affiliate-desk migrate` first" in said
    assert await schema.standing_of(farm.db) is Standing.CURRENT

"""A shop at Stripe and the desk that hears of its sales: the stand-in and the inbox over HTTP."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from sqlmodel import col, select

from desk import services_for
from outbox.pump import Pump
from outbox.services import Services
from sandbox.stand_ins import StandIns
from sandbox.stripe.account import StripeAccount
from settings import Settings
from storage import sales as sale_rows
from storage.db import Database
from storage.inbox import Arrival, InboxEvent
from storage.ledger import LedgerEntry
from storage.outbox import Effect
from storage.sales import Sale
from tests.standing import free_port, serving, standing_in
from tests.waiting import until
from webhooks import app as doors
from webhooks.inbox import Inbox
from webhooks.router import HandlerContext
from webhooks.routers import ROUTERS

Json = dict[str, Any]


@dataclass
class Shop:
    """What a test holds: the stand-ins, the database, and how to wait for both."""

    db: Database
    stand_ins: StandIns
    services: Services
    inbox: Inbox

    @property
    def account(self) -> StripeAccount:
        """The shop's account at Stripe."""
        return self.stand_ins.stripe

    async def quiet(self) -> None:
        """Wait until every event is handled or parked."""

        async def all_done() -> bool:
            if self.account.queue:
                await self.account.courier.deliver()
            return all(event.handled_at or event.parked_at for event in await self.events())

        await until(all_done, 30)

    async def carry_out(self) -> None:
        """Carry out every effect that was asked for."""

        async def all_done() -> bool:
            async with self.db.read() as session:
                found = (await session.exec(select(Effect))).all()
            return all(effect.handled_at or effect.parked_at for effect in found)

        pump = Pump(self.services)
        await pump.start()
        await until(all_done, 30)
        await pump.stop()

    async def events(self, kind: str = "") -> Sequence[InboxEvent]:
        """The inbox, or the events of one kind in it, in the order in which they came."""
        async with self.db.read() as session:
            found = (await session.exec(select(InboxEvent).order_by(col(InboxEvent.id)))).all()
        return [event for event in found if kind in {"", event.kind}]

    async def hear(self, event: Json, *, external_id: str = "") -> bool:
        """Take in an event as if it had come by itself; False if it was known."""
        return await self.inbox.receive(arrival(event, external_id=external_id))

    async def ledger(self) -> list[int]:
        """The amounts of the ledger, in the order of posting."""
        async with self.db.read() as session:
            query = select(LedgerEntry.amount).order_by(col(LedgerEntry.id))
            return list((await session.exec(query)).all())

    async def sale(self, invoice: Json) -> Sale:
        """The sale of an invoice."""
        async with self.db.read() as session:
            found = await sale_rows.by_invoice(session, invoice["id"])
        assert found is not None
        return found


def arrival(event: Json, *, external_id: str = "") -> Arrival:
    """A Stripe event as the inbox takes it."""
    return Arrival(
        source="stripe",
        external_id=external_id or event["id"],
        kind=event["type"],
        payload=json.dumps(event).encode(),
        request_id="",
    )


def subscription_of(invoice: Json) -> str:
    """The subscription that an invoice is for."""
    return str(invoice["parent"]["subscription_details"]["subscription"])


@asynccontextmanager
async def open_shop(
    db: Database, *, delivering: bool = True, colleagues: Sequence[Database] = ()
) -> AsyncIterator[Shop]:
    """Open a shop. Its events arrive by themselves only if it is `delivering`.

    `colleagues` are further connections to the same database, each with an inbox of its own that
    works beside the shop's, as other processes do.
    """
    port = free_port()
    async with standing_in(port) as stand_ins:
        settings = Settings(_env_file=None, **stand_ins.settings())
        services = services_for(settings, db)
        context = HandlerContext(settings, services.stripe)
        inbox = Inbox(db, context, ROUTERS)
        app = web.Application()
        if delivering:
            doors.add_routes(app, inbox, settings)
        else:
            for endpoint in list(stand_ins.stripe.objects.newest_first("webhook_endpoint")):
                endpoint["status"] = "disabled"
        others = [Inbox(other, context, ROUTERS) for other in colleagues]
        for one in (inbox, *others):
            await one.start()
        async with serving(app, port):
            yield Shop(db, stand_ins, services, inbox)
        for one in (inbox, *others):
            await one.stop()
        await services.close()

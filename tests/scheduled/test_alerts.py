"""Alerts are raised once, clear themselves, and are raised again; whoever looks, and how often."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlmodel import col, delete, select, update

import clock
from domain import alerts, effects, webhook_endpoints
from integrations.calls import SEEN, asking
from integrations.errors import TransportError
from outbox.services import Services
from scheduled.alerts import look
from scheduled.reconcile import nightly
from storage import outbox, queues
from storage.alerts import Alert
from storage.commissions import Commission
from storage.db import Database
from storage.inbox import InboxEvent
from storage.outbox import Effect
from storage.webhook_deliveries import WebhookDelivery
from storage.webhook_endpoints import WebhookEndpoint
from tests.builders import RITA, effects_asked_for, facts, join, settle
from tests.dashboard.desk import make_settings

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
Step = Callable[[Database], Awaitable[None]]


@pytest.fixture(autouse=True)
def _nothing_seen() -> Iterator[None]:
    SEEN.clear()
    yield
    SEEN.clear()


async def take_look(db: Database) -> None:
    """What every process does once a minute; the pump has sent what it asked for."""
    async with db.transaction() as session:
        await look(session)
        cards = col(Effect.kind) == effects.ALERT_CARD
        await session.exec(update(Effect).where(cards).values(handled_at=clock.now()))


async def told(db: Database) -> list[tuple[str, bool]]:
    """Every alert, the oldest first, and whether it is over."""
    async with db.read() as session:
        found = await session.exec(select(Alert).order_by(col(Alert.raised_at), col(Alert.id)))
        return [(alert.name.split(":")[0], alert.cleared_at is not None) for alert in found]


async def cards(db: Database) -> int:
    """How often operators were shown something about an alert."""
    return sum(one.kind == effects.ALERT_CARD for one in await effects_asked_for(db))


async def leave_event(db: Database) -> None:
    """An event that nobody handles."""
    async with db.transaction() as session:
        now = clock.now()
        name = str(uuid4())
        event = InboxEvent(
            source="stripe", external_id=name, kind="x", payload=b"{}", received_at=now
        )
        session.add(event)


async def leave_effect(db: Database) -> None:
    """An effect that nobody carries out."""
    async with db.transaction() as session:
        await outbox.put(session, "none")


async def leave_delivery(db: Database) -> None:
    """A webhook that nobody sends."""
    async with db.transaction() as session:
        endpoint = WebhookEndpoint(url="https://shop.example/hook", salt="s")
        session.add(endpoint)
        await session.flush()
        session.add(
            WebhookDelivery(
                kind="test", endpoint_id=endpoint.id, event_id=uuid4(), lane="a", body="{}"
            )
        )


async def work_off(db: Database) -> None:
    """Everything that waited is done, or tried again with success."""
    async with db.transaction() as session:
        for table in queues.QUEUES.values():
            done = {"handled_at": clock.now(), "parked_at": None}
            await session.exec(update(table).where(table.handled_at.is_(None)).values(**done))  # type: ignore[union-attr]


async def park(db: Database) -> None:
    """An effect fails for good."""
    async with db.transaction() as session:
        effect = await outbox.put(session, "none")
        await session.exec(
            update(Effect).where(col(Effect.id) == effect).values(parked_at=clock.now())
        )


async def give_up(db: Database) -> None:
    """An endpoint of operators says that it is gone, or is off for that already."""
    async with db.transaction() as session:
        endpoint = (await session.exec(select(WebhookEndpoint))).one_or_none()
        endpoint = endpoint or WebhookEndpoint(url="https://shop.example/hook", salt="s")
        session.add(endpoint)
        await session.flush()
        await webhook_endpoints.give_up(session, endpoint, "It answered 410.")


async def switch_on(db: Database) -> None:
    """Somebody switches it on."""
    async with db.transaction() as session:
        endpoint = (await session.exec(select(WebhookEndpoint))).one()
        await webhook_endpoints.switch(session, None, endpoint.id, RITA, on=True)


CASES: dict[str, tuple[Step, timedelta, Step]] = {
    "queue:inbox": (leave_event, timedelta(minutes=11), work_off),
    "queue:outbox": (leave_effect, timedelta(minutes=11), work_off),
    "queue:webhook_deliveries": (leave_delivery, timedelta(minutes=11), work_off),
    "parked": (park, timedelta(minutes=11), work_off),
    "endpoint": (give_up, timedelta(minutes=1), switch_on),
}


@pytest.mark.parametrize("name", CASES)
async def test_it_is_raised_once_clears_itself_and_is_raised_again(db: Database, name: str) -> None:
    """By two looks a minute, as two processes take them; a card is asked for at each change."""
    breaks, after, mends = CASES[name]
    kind, now = name.split(":", maxsplit=1)[0], NOON
    for time in (1, 2):
        with clock.travel(now):
            await breaks(db)
        now += after
        for _ in range(3):
            with clock.travel(now):
                await take_look(db)
            now += timedelta(minutes=1)
        assert await told(db) == [(kind, True)] * (time - 1) + [(kind, False)]
        assert await cards(db) == 2 * time - 1
        with clock.travel(now):
            await mends(db)
            await take_look(db)
            await take_look(db)
        assert await told(db) == [(kind, True)] * time
        assert await cards(db) == 2 * time
        now += timedelta(minutes=1)


async def test_the_ledger_alert_lasts_until_the_books_agree(db: Database) -> None:
    """Somebody changes a commission by hand; the next check that finds nothing clears it."""
    await join(db)
    await settle(db, facts())
    services = Services(db, make_settings())

    async def change(by: int) -> None:
        async with db.transaction() as session:
            amount = Commission.amount_cents + by
            await session.exec(update(Commission).values(amount_cents=amount))

    for time in (1, 2):
        await change(1)
        await nightly(services)
        await nightly(services)
        await take_look(db)
        assert await told(db) == [("ledger", True)] * (time - 1) + [("ledger", False)]
        assert await cards(db) == 2 * time - 1
        await change(-1)
        await take_look(db)
        assert (await told(db))[-1] == ("ledger", False)
        await nightly(services)
        await nightly(services)
        assert await told(db) == [("ledger", True)] * time
        assert await cards(db) == 2 * time


def call(problem: str = "", *, status: int | None = None, permanent: bool = False) -> None:
    """Ask Stripe for something; with a `problem`, in vain."""
    error = TransportError(problem, permanent=permanent)
    with suppress(TransportError), asking("Stripe") as asked:
        asked.status = status if problem else 200
        if problem:
            raise error


async def test_a_service_that_is_away_is_told_once_and_once_when_it_is_back(db: Database) -> None:
    """One failure is no outage, five minutes of nothing else are; processes come and go."""
    now = NOON
    for time in (1, 2):
        with clock.travel(now):
            call()
            call("Stripe could not be reached.")
            await take_look(db)
        SEEN.clear()  # the process ends, and another one begins
        with clock.travel(now + timedelta(minutes=4)):
            call("Stripe answered 500: sorry", status=500)
            await take_look(db)
        assert await told(db) == [("service", True)] * (time - 1)
        for minutes in (6, 7, 8):
            with clock.travel(now + timedelta(minutes=minutes)):
                call("Stripe answered 401: no such key", status=401, permanent=True)
                await take_look(db)
        assert await told(db) == [("service", True)] * (time - 1) + [("service", False)]
        assert await cards(db) == 2 * time - 1
        SEEN.clear()
        with clock.travel(now + timedelta(minutes=9)):
            await take_look(db)
            assert (await told(db))[-1] == ("service", False)
            call("Stripe answered 404: no such invoice", status=404, permanent=True)
            await take_look(db)
            await take_look(db)
        assert await told(db) == [("service", True)] * time
        assert await cards(db) == 2 * time
        now += timedelta(hours=1)


async def test_a_service_that_another_process_reaches_is_not_away(db: Database) -> None:
    """What one saw long ago says nothing once another was answered."""
    with clock.travel(NOON):
        call("Stripe could not be reached.")
        await take_look(db)
    failing = dict(SEEN)
    SEEN.clear()
    with clock.travel(NOON + timedelta(minutes=5)):
        call()
        await take_look(db)
    SEEN.clear()
    SEEN.update(failing)
    with clock.travel(NOON + timedelta(minutes=7)):
        call("Stripe could not be reached.")
        await take_look(db)
    assert await told(db) == []
    with clock.travel(NOON + timedelta(minutes=11)):
        call("Stripe could not be reached.")
        await take_look(db)
    assert await told(db) == [("service", False)]


async def test_a_service_that_nobody_asks_any_more_is_forgotten(db: Database) -> None:
    """Its alert does not stay for ever when it was disconnected."""
    for minutes in (0, 6):
        with clock.travel(NOON + timedelta(minutes=minutes)):
            call("Stripe could not be reached.")
            await take_look(db)
    assert await told(db) == [("service", False)]
    with clock.travel(NOON + timedelta(hours=4)):
        await take_look(db)
    assert await told(db) == [("service", True)]


async def test_a_queue_at_the_edge_raises_no_alert_a_minute(db: Database) -> None:
    """It must have caught up before it counts as well."""
    with clock.travel(NOON):
        await leave_event(db)
    with clock.travel(NOON + timedelta(minutes=11)):
        await take_look(db)
        async with db.transaction() as session:
            await session.exec(delete(InboxEvent))
    with clock.travel(NOON + timedelta(minutes=6)):
        await leave_event(db)
    for minutes in (12, 13, 14):
        with clock.travel(NOON + timedelta(minutes=minutes)):
            await take_look(db)
    assert await told(db) == [("queue", False)]
    assert await cards(db) == 1


async def test_what_waits_behind_its_lane_or_for_its_next_attempt_is_not_late(
    db: Database,
) -> None:
    """An effect that fails is tried again later; that alone is no queue that is behind."""
    with clock.travel(NOON):
        async with db.transaction() as session:
            later = NOON + timedelta(hours=1)
            await outbox.put(session, "none", lane="card:1", due=later)
            await outbox.put(session, "none", lane="card:1")
    with clock.travel(NOON + timedelta(minutes=30)):
        await take_look(db)
    assert await told(db) == []


async def test_processes_that_look_at_the_same_moment_raise_one_alert(db: Database) -> None:
    """Each has a connection of its own, and all see the same."""
    with clock.travel(NOON):
        await leave_event(db)
    others = [Database(db.url.render_as_string(hide_password=False)) for _ in range(3)]
    with clock.travel(NOON + timedelta(minutes=11)):
        await asyncio.gather(*(take_look(one) for one in (db, *others)))
    assert await told(db) == [("queue", False)]
    assert await cards(db) == 1
    with clock.travel(NOON + timedelta(minutes=12)):
        await work_off(db)
        await asyncio.gather(*(take_look(one) for one in (db, *others)))
    assert await told(db) == [("queue", True)]
    assert await cards(db) == 2
    for one in others:
        await one.close()


async def test_each_kind_has_a_title() -> None:
    """A kind without one could not be shown."""
    assert set(alerts.TITLES) == {name.split(":")[0] for name in CASES} | {"ledger", "service"}

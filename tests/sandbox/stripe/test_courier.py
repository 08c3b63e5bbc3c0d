import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from stripe import StripeClient, WebhookSignature

import clock
from sandbox.store import Store
from sandbox.stripe.account import StripeAccount
from sandbox.stripe.app import stripe_app
from sandbox.stripe.courier import RETRIES

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Receiver:
    """An application that takes webhooks: what came, and the answer that it gives."""

    def __init__(self) -> None:
        self.status = 200
        self.bodies: list[str] = []
        self.headers: list[str] = []

    async def take(self, request: web.Request) -> web.Response:
        """Keep the request and answer it."""
        self.bodies.append(await request.text())
        self.headers.append(request.headers["Stripe-Signature"])
        return web.Response(status=self.status)

    async def wait_for(self, count: int) -> None:
        """Wait until so many webhooks have come."""
        while len(self.bodies) < count:
            await asyncio.sleep(0.01)


@pytest.fixture
def receiver() -> Receiver:
    """What has arrived so far."""
    return Receiver()


@pytest.fixture
async def url(receiver: Receiver) -> AsyncIterator[str]:
    """Where the receiver listens."""
    app = web.Application()
    app.router.add_post("/webhooks/stripe", receiver.take)
    async with TestServer(app) as server:
        yield str(server.make_url("/webhooks/stripe"))


def account_with_news(url: str, store: Store | None = None) -> StripeAccount:
    """An account in which two things have happened."""
    account = StripeAccount(store=store, webhook_url=url, webhook_secret="whsec_here")
    customers = account.resources["customer"]
    for email in ("zoe@example.com", "ada@example.com"):
        customers.new({}, **customers.build({"email": email}))
    return account


async def test_events_arrive_signed_and_in_order(url: str, receiver: Receiver) -> None:
    """Each event is posted as it was kept, oldest first, with a signature that verifies."""
    account = account_with_news(url)

    answers = await account.courier.deliver()

    assert answers == [("customer.created", 200)] * 2
    assert ["zoe@" in body for body in receiver.bodies] == [True, False]
    for body, header in zip(receiver.bodies, receiver.headers, strict=True):
        assert WebhookSignature.verify_header(body, header, "whsec_here", tolerance=300)


async def test_what_was_taken_is_not_sent_again(url: str, receiver: Receiver) -> None:
    """A 200 ends the delivery of an event, and the event says so."""
    account = account_with_news(url)
    await account.courier.deliver()

    assert await account.courier.deliver() == []
    assert all(event["pending_webhooks"] == 0 for event in account.objects.newest_first("event"))


async def test_a_refused_event_comes_again_later(url: str, receiver: Receiver) -> None:
    """After a 500 the event waits for its next turn, then it is sent again with a new signature."""
    receiver.status = 500
    with clock.travel(NOW):
        account = account_with_news(url)
        assert await account.courier.deliver() == [("customer.created", 500)] * 2
        assert await account.courier.deliver() == []
    receiver.status = 200

    with clock.travel(NOW + timedelta(seconds=RETRIES[0])):
        assert await account.courier.deliver() == [("customer.created", 200)] * 2

    assert receiver.bodies[0] == receiver.bodies[2]
    assert receiver.headers[0] != receiver.headers[2]


async def test_an_event_nobody_takes_is_given_up(url: str, receiver: Receiver) -> None:
    """After the last retry the event is no longer sent, and stays marked as undelivered."""
    receiver.status = 503
    moment = NOW
    with clock.travel(moment):
        account = account_with_news(url)
        await account.courier.deliver()
    for wait in RETRIES:
        moment += timedelta(seconds=wait)
        with clock.travel(moment):
            assert len(await account.courier.deliver()) == 2

    with clock.travel(moment + timedelta(days=30)):
        assert await account.courier.deliver() == []
    told = [it for it in account.objects.newest_first("event") if it["type"] == "customer.created"]
    assert [event["pending_webhooks"] for event in told] == [1, 1]


async def test_a_receiver_that_is_down_counts_as_a_failed_attempt() -> None:
    """With nobody listening the attempt is noted and repeated later, not lost."""
    account = account_with_news(f"http://127.0.0.1:{unused_port()}/webhooks/stripe")

    assert await account.courier.deliver() == [("customer.created", 0)] * 2
    assert len(account.queue) == 2


async def test_a_restart_forgets_no_event(url: str, receiver: Receiver, tmp_path: Path) -> None:
    """What was queued when the process ended is delivered by the next one."""
    path = tmp_path / "stripe.json"
    account_with_news(url, Store(path)).store.save()

    reborn = StripeAccount(store=Store(path), webhook_url=url, webhook_secret="whsec_here")

    assert len(await reborn.courier.deliver()) == 2
    assert [it["email"] for it in reborn.objects.newest_first("customer")] == [
        "ada@example.com",
        "zoe@example.com",
    ]


async def test_an_endpoint_hears_what_it_asked_for(
    client: StripeClient, account: StripeAccount, url: str, receiver: Receiver
) -> None:
    """An endpoint made over the API gets its own secret, once, and only the events it named."""
    made = await client.v1.webhook_endpoints.create_async(
        {"url": url, "enabled_events": ["coupon.created"]}
    )
    await client.v1.customers.create_async({"name": "Zoë"})
    await client.v1.coupons.create_async({"percent_off": 30}, {"idempotency_key": "k1"})
    await account.courier.deliver()

    (body,), (header,) = receiver.bodies, receiver.headers
    assert made.secret is not None
    assert WebhookSignature.verify_header(body, header, made.secret)
    assert '"idempotency_key": "k1"' in body
    found = await client.v1.webhook_endpoints.retrieve_async(made.id)
    assert "secret" not in found.to_dict()


async def test_a_running_server_delivers_by_itself(url: str, receiver: Receiver) -> None:
    """While the stand-in is served, nobody has to ask for deliveries."""
    account = account_with_news(url)

    async with TestServer(stripe_app(account)), asyncio.timeout(5):
        await receiver.wait_for(2)

    assert account.queue == []

"""Transfers: made once, whatever becomes of the answers."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

import clock
from integrations.errors import TransportError
from integrations.stripe import StripeGateway
from integrations.stripe.transfers import TransferRefusedError
from sandbox.stripe.account import StripeAccount
from sandbox.stripe.app import stripe_app
from sandbox.stripe.faults import HANG_UP
from tests.payout_builders import connected_account as connected


@pytest.fixture
def account() -> StripeAccount:
    """A new Stripe account."""
    return StripeAccount()


@pytest.fixture
async def stripe(account: StripeAccount) -> AsyncIterator[StripeGateway]:
    """The client, leaving every retry to its caller."""
    app = web.Application()
    app.add_subapp("/sandbox/stripe/", stripe_app(account))
    async with TestServer(app) as server:
        gateway = StripeGateway(
            account.api_key, str(server.make_url("/sandbox/stripe/")), retries=0
        )
        yield gateway
        await gateway.close()


async def pay(stripe: StripeGateway, destination: str, group: str = "payout-1") -> str:
    """Ask for a transfer of 25 dollars."""
    return await stripe.transfers.make_once(
        amount=2500,
        currency="usd",
        destination=destination,
        group=group,
        metadata={"payout_id": group},
        idempotency_key=f"effect-of-{group}",
    )


def made(account: StripeAccount) -> list[dict[str, Any]]:
    """Every transfer that Stripe made."""
    return list(account.objects.newest_first("transfer"))


async def test_a_transfer_says_what_it_is_for(
    stripe: StripeGateway, account: StripeAccount
) -> None:
    """Amount, destination, group and metadata arrive."""
    await account.buy(email="zoe@example.com", plan="yearly")
    destination = connected(account)
    reference = await pay(stripe, destination)
    (transfer,) = made(account)
    assert transfer["id"] == reference
    assert (transfer["amount"], transfer["destination"]) == (2500, destination)
    assert transfer["transfer_group"] == "payout-1"
    assert transfer["metadata"] == {"payout_id": "payout-1"}


async def test_a_lost_answer_is_no_second_transfer(
    stripe: StripeGateway, account: StripeAccount
) -> None:
    """Neither at once nor after Stripe has forgotten the idempotency key."""
    await account.buy(email="zoe@example.com", plan="yearly")
    destination = connected(account)
    account.fail_next("/v1/transfers", status=HANG_UP, after_work=True, method="POST")
    with pytest.raises(TransportError) as lost:
        await pay(stripe, destination)
    assert not lost.value.permanent
    first = await pay(stripe, destination)
    with clock.travel(clock.now() + timedelta(days=3)):
        assert await pay(stripe, destination) == first
    assert len(made(account)) == 1


async def test_missing_money_is_no_refusal_for_good(
    stripe: StripeGateway, account: StripeAccount
) -> None:
    """It waits for somebody; once there is money it works, though Stripe repeats its refusal."""
    destination = connected(account)
    for _ in range(2):
        with pytest.raises(TransportError) as short:
            await pay(stripe, destination)
        assert short.value.code == "balance_insufficient"
        assert not isinstance(short.value, TransferRefusedError)
    await account.buy(email="zoe@example.com", plan="yearly")
    assert await pay(stripe, destination) == made(account)[0]["id"]


async def test_what_came_back_is_listed_however_many_transfers_there_are(
    stripe: StripeGateway, account: StripeAccount
) -> None:
    """Page by page, the newest first; not what was made before, and not what stayed."""
    for buyer in range(20):
        await account.buy(email=f"b{buyer}@example.com", plan="yearly")
    destination = connected(account)
    with clock.travel(clock.now() - timedelta(days=3)):
        before = await pay(stripe, destination, "before")
        since = clock.now() + timedelta(days=1)
    names = [await pay(stripe, destination, f"payout-{n}") for n in range(101)]
    for name, cents in ((before, 700), (names[0], 2500), (names[100], 1)):
        await account.reverse_transfer(name, cents)
    found = [each async for each in stripe.transfers.reversed_since(since)]
    assert found == [(names[100], 1), (names[0], 2500)]


async def test_somebody_who_cannot_be_paid_is_refused_for_good(
    stripe: StripeGateway, account: StripeAccount
) -> None:
    """An account that is not there: with Stripe's own words and its code."""
    await account.buy(email="zoe@example.com", plan="yearly")
    with pytest.raises(TransferRefusedError, match="acct_gone") as refused:
        await pay(stripe, "acct_gone")
    assert (refused.value.permanent, refused.value.code) == (True, "resource_missing")
    assert made(account) == []

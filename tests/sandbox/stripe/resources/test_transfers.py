from typing import Any

import pytest
import stripe
from stripe import StripeClient

from sandbox.stripe.account import StripeAccount


@pytest.fixture
async def connected(client: StripeClient) -> str:
    """The account of somebody who can be paid."""
    made = await client.v1.accounts.create_async(
        {
            "type": "express",
            "email": "jared@example.com",
            "capabilities": {"transfers": {"requested": True}},
        }
    )
    return made.id


async def test_somebody_is_paid_once(
    client: StripeClient, account: StripeAccount, connected: str
) -> None:
    """A transfer takes its amount off the balance, once for its idempotency key."""
    await account.buy(email="zoe@example.com", plan="yearly")
    wish: Any = {
        "amount": 2500,
        "currency": "usd",
        "destination": connected,
        "transfer_group": "payout-1",
        "metadata": {"payout_id": "1"},
    }

    first = await client.v1.transfers.create_async(wish, {"idempotency_key": "payout-1"})
    again = await client.v1.transfers.create_async(wish, {"idempotency_key": "payout-1"})

    assert first.id == again.id
    lines = (await client.v1.balance_transactions.list_async({"type": "transfer"})).data
    assert [line.net for line in lines] == [-2500]
    found = await client.v1.transfers.list_async({"destination": connected})
    assert [it.transfer_group for it in found.data] == ["payout-1"]


async def test_what_stripe_refuses_is_refused(
    client: StripeClient, account: StripeAccount, connected: str
) -> None:
    """No money, nobody there, somebody who cannot be paid, oneself: each is refused by name."""
    bare = await client.v1.accounts.create_async({"type": "express"})

    async def code_of(destination: str, amount: int = 100) -> str | None:
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            await client.v1.transfers.create_async(
                {"amount": amount, "currency": "usd", "destination": destination}
            )
        return refusal.value.code or refusal.value.param

    assert await code_of(connected) == "balance_insufficient"
    assert await code_of("acct_none") == "resource_missing"
    assert await code_of(bare.id) == "insufficient_capabilities_for_transfer"
    assert await code_of(account.id) == "destination"
    assert await code_of(connected, 0) == "parameter_invalid_integer"


async def test_only_connected_accounts_are_listed(client: StripeClient, connected: str) -> None:
    """The list of accounts holds those that are paid, not the one that pays."""
    assert [it.id for it in (await client.v1.accounts.list_async()).data] == [connected]

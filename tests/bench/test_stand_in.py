"""The bench's Stripe refuses what is above its limit, and has a sale for every customer."""

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bench import stand_in
from integrations.stripe import StripeGateway


async def test_a_plain_invoice_takes_two_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the row about them says; each customer's affiliate, card and address are their own."""
    monkeypatch.delenv(stand_in.LIMIT, raising=False)
    async with TestClient(TestServer(await stand_in.stripe())) as client:
        gateway = StripeGateway("sk_test_bench", str(client.make_url("")), retries=0)
        one = await gateway.invoices.fetch("in_run_7", "cus_run_7")
        other = await gateway.invoices.fetch("in_run_8", "cus_run_8")
        await gateway.close()
        counted = await (await client.get("/counted")).json()
    assert counted == {"answered": 4, "refused": 0}
    assert (one.collected, one.fee, one.cycle, one.plan) == (2900, 114, 1, "monthly")
    assert one.customer.metadata == {"promoCode": "REF7"}
    assert one.customer.card != other.customer.card
    assert one.customer.email != other.customer.email


async def test_more_than_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within one second, and counted."""
    monkeypatch.setenv(stand_in.LIMIT, "10")
    async with TestClient(TestServer(await stand_in.stripe())) as client:
        statuses = [(await client.get("/v1/payment_intents/pi_x_1")).status for _ in range(12)]
    assert statuses == [200] * 10 + [429] * 2

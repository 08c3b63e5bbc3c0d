"""The driving side: what a customer, a bank or time does to the account."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import stripe
from stripe import StripeClient

import clock
from sandbox.store import Store
from sandbox.stripe.account import StripeAccount
from sandbox.stripe.catalogue import PRODUCT
from sandbox.stripe.money.payments import fee_of
from sandbox.stripe.refusals import RefusalError


@pytest.fixture
async def code(client: StripeClient) -> str:
    """A code for 30 % off the first purchase of the product."""
    await client.v1.coupons.create_async(
        {"id": "offer-30", "percent_off": 30, "applies_to": {"products": [PRODUCT]}}
    )
    made = await client.v1.promotion_codes.create_async(
        {
            "code": "JARED30",
            "promotion": {"type": "coupon", "coupon": "offer-30"},
            "restrictions": {"first_time_transaction": True},
        }
    )
    return made.id


@pytest.mark.parametrize(("amount", "fee"), [(2900, 114), (2030, 89), (50, 31), (27900, 839)])
def test_stripe_keeps_its_fee(amount: int, fee: int) -> None:
    """2.9 % and 30 cents, a half cent rounded up."""
    assert fee_of(amount) == fee


async def test_a_purchase_in_the_shape_of_2026(
    client: StripeClient, account: StripeAccount
) -> None:
    """The invoice names no charge: payment, fee and the way back take calls of their own."""
    bought = await account.buy(email="zoe@example.com", plan="monthly", metadata={"ref": "r1"})

    invoice = (await client.v1.invoices.retrieve_async(bought["id"])).to_dict()
    assert not {"charge", "payment_intent", "subscription", "payments"} & invoice.keys()
    assert (invoice["status"], invoice["amount_paid"], invoice["total"]) == ("paid", 2900, 2900)
    assert invoice["billing_reason"] == "subscription_create"
    details = invoice["parent"]["subscription_details"]
    assert details["metadata"] == {"ref": "r1"}
    (line,) = invoice["lines"]["data"]
    assert line["pricing"]["price_details"]["product"] == PRODUCT

    (payment,) = (
        await client.v1.invoice_payments.list_async({"invoice": bought["id"], "status": "paid"})
    ).data
    intent = await client.v1.payment_intents.retrieve_async(
        str(payment.payment.payment_intent), {"expand": ["latest_charge.balance_transaction"]}
    )
    charge = intent.to_dict()["latest_charge"]
    assert (charge["balance_transaction"]["fee"], charge["balance_transaction"]["net"]) == (
        114,
        2786,
    )
    assert not {"invoice"} & (charge.keys() | intent.to_dict().keys())

    back = await client.v1.invoice_payments.list_async(
        {"payment": {"type": "payment_intent", "payment_intent": intent.id}}
    )
    assert [it.invoice for it in back.data] == [bought["id"]]


async def test_payments_of_an_invoice_on_request(
    client: StripeClient, account: StripeAccount
) -> None:
    """`expand` reaches the payment intent within one call, four levels deep and no deeper."""
    bought = await account.buy(email="zoe@example.com")

    invoice = await client.v1.invoices.retrieve_async(
        bought["id"], {"expand": ["payments.data.payment.payment_intent"]}
    )

    (payment,) = invoice.to_dict()["payments"]["data"]
    assert payment["payment"]["payment_intent"]["amount_received"] == 2900
    with pytest.raises(stripe.InvalidRequestError, match="more than 4 levels"):
        await client.v1.invoices.retrieve_async(
            bought["id"], {"expand": ["payments.data.payment.payment_intent.latest_charge"]}
        )


async def test_events_of_a_purchase_come_in_order(account: StripeAccount) -> None:
    """The story of a purchase is told from the customer to the paid invoice."""
    await account.buy(email="zoe@example.com")

    told = [event["type"] for event in account.objects.newest_first("event")][::-1]
    assert told[told.index("customer.created") :] == [
        "customer.created",
        "customer.subscription.created",
        "invoice.created",
        "invoice.finalized",
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice_payment.paid",
        "invoice.paid",
        "invoice.payment_succeeded",
    ]


async def test_a_code_takes_its_share_once(
    client: StripeClient, account: StripeAccount, code: str
) -> None:
    """30 % off the first invoice, nothing off the second, and the discount names its code."""
    first = await account.buy(email="zoe@example.com", promotion_code="jared30")
    subscription = first["parent"]["subscription_details"]["subscription"]
    second = await account.renew(subscription)

    shown = await client.v1.invoices.retrieve_async(first["id"], {"expand": ["discounts"]})
    (discount,) = shown.to_dict()["discounts"]
    assert discount["promotion_code"] == code
    assert discount["source"] == {"coupon": "offer-30", "type": "coupon"}
    assert (first["subtotal"], first["total"]) == (2900, 2030)
    assert first["total_discount_amounts"] == [{"amount": 870, "discount": discount["id"]}]
    assert (second["total"], second["discounts"]) == (2900, [])
    assert second["billing_reason"] == "subscription_cycle"
    assert (await client.v1.promotion_codes.retrieve_async(code)).times_redeemed == 1


async def test_a_first_purchase_code_is_for_first_purchases(
    account: StripeAccount, code: str
) -> None:
    """Somebody who has paid before cannot redeem it; an unknown code cannot be redeemed at all."""
    await account.buy(email="zoe@example.com")

    with pytest.raises(RefusalError, match="prior transactions"):
        await account.buy(email="zoe@example.com", promotion_code="JARED30")
    with pytest.raises(RefusalError, match="invalid: NOSUCH"):
        await account.buy(email="ada@example.com", promotion_code="NOSUCH")


async def test_periods_follow_the_calendar(account: StripeAccount) -> None:
    """A month after the 31st is the last day of the next month; a year is a year."""
    with clock.travel(datetime(2026, 12, 31, 8, tzinfo=UTC)):
        monthly = await account.buy(email="a@example.com", plan="monthly")
        quarterly = await account.buy(email="b@example.com", plan="3-month")
        yearly = await account.buy(email="c@example.com", plan="yearly")

    ends = [
        datetime.fromtimestamp(it["lines"]["data"][0]["period"]["end"], tz=UTC).date().isoformat()
        for it in (monthly, quarterly, yearly)
    ]
    assert ends == ["2027-01-31", "2027-03-31", "2027-12-31"]


async def test_a_trial_starts_with_an_invoice_of_nothing(account: StripeAccount) -> None:
    """In a trial the first invoice is 0, paid, and without any payment; the next one is whole."""
    first = await account.buy(email="zoe@example.com", trial_days=7)
    second = await account.renew(first["parent"]["subscription_details"]["subscription"])

    assert (first["total"], first["status"]) == (0, "paid")
    assert len(list(account.objects.newest_first("invoice_payment"))) == 1
    assert second["amount_paid"] == 2900


async def test_tax_is_on_top(account: StripeAccount) -> None:
    """Tax is reckoned on the net amount and shown apart from it."""
    bought = await account.buy(email="zoe@example.com", tax_bp=1900)

    assert (bought["total"], bought["total_excluding_tax"]) == (3451, 2900)
    assert [tax["amount"] for tax in bought["total_taxes"]] == [551]


async def test_a_declined_renewal_is_owed(account: StripeAccount) -> None:
    """With a declined card the invoice stays open and the subscription is past due."""
    first = await account.buy(email="zoe@example.com")
    key = first["parent"]["subscription_details"]["subscription"]

    failed = await account.renew(key, declined=True)

    assert (failed["status"], failed["amount_paid"]) == ("open", 0)
    assert account.objects.get("subscription", key)["status"] == "past_due"


async def test_refunds_add_up_to_the_charge(client: StripeClient, account: StripeAccount) -> None:
    """Part by part, up to what was paid and not a cent more; Stripe keeps its fee."""
    bought = await account.buy(email="zoe@example.com")
    part = await account.refund(bought["id"], 1000)
    charge = await client.v1.charges.retrieve_async(part["charge"])
    assert (charge.amount_refunded, charge.refunded) == (1000, False)
    with pytest.raises(RefusalError, match="greater than unrefunded"):
        await account.refund(bought["id"], 1901)

    rest = await client.v1.refunds.create_async({"payment_intent": str(charge.payment_intent)})

    assert rest.amount == 1900
    assert (await client.v1.charges.retrieve_async(charge.id)).refunded is True
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await client.v1.refunds.create_async({"charge": charge.id})
    assert refusal.value.code == "charge_already_refunded"
    lines = (await client.v1.balance_transactions.list_async()).data
    assert sum(line.net for line in lines) == -114


async def test_a_lost_dispute_costs_the_amount_and_a_fee(
    client: StripeClient, account: StripeAccount
) -> None:
    """The bank takes the amount and Stripe a fee; losing brings nothing back."""
    bought = await account.buy(email="zoe@example.com")
    opened = await account.dispute(bought["id"])
    await account.decide(opened["id"], won=False)

    found = await client.v1.disputes.retrieve_async(opened["id"])
    assert found.status == "lost"
    assert [(line.amount, line.fee) for line in found.balance_transactions] == [(-2900, 1500)]
    with pytest.raises(RefusalError, match="closed"):
        await account.decide(opened["id"], won=True)


async def test_a_won_dispute_brings_the_amount_back(
    client: StripeClient, account: StripeAccount
) -> None:
    """After winning, the amount is back, the fee is not."""
    bought = await account.buy(email="zoe@example.com")
    opened = await account.dispute(bought["id"])
    await account.decide(opened["id"], won=True)

    found = await client.v1.disputes.retrieve_async(opened["id"])
    assert found.status == "won"
    assert sum(line.net for line in found.balance_transactions) == -1500
    told = [event["type"] for event in account.objects.newest_first("event")][:4][::-1]
    assert told == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
    ]


async def test_a_subscription_ends(client: StripeClient, account: StripeAccount) -> None:
    """A canceled subscription can still be read, and is listed only when asked for."""
    bought = await account.buy(email="zoe@example.com")
    key = bought["parent"]["subscription_details"]["subscription"]

    assert (await client.v1.subscriptions.cancel_async(key)).status == "canceled"

    assert (await client.v1.subscriptions.list_async()).data == []
    listed = await client.v1.subscriptions.list_async({"status": "all"})
    assert [it.id for it in listed.data] == [key]


async def test_invoices_are_found_by_customer_and_subscription(
    client: StripeClient, account: StripeAccount
) -> None:
    """The list of invoices filters by who pays and by what for."""
    zoe = await account.buy(email="zoe@example.com")
    await account.buy(email="ada@example.com")

    by_customer = await client.v1.invoices.list_async({"customer": zoe["customer"]})
    by_subscription = await client.v1.invoices.list_async(
        {"subscription": zoe["parent"]["subscription_details"]["subscription"], "status": "paid"}
    )

    zoe_again = await client.v1.customers.retrieve_async(
        zoe["customer"], {"expand": ["subscriptions", "sources"]}
    )

    assert [it.id for it in by_customer.data] == [zoe["id"]]
    assert zoe_again.to_dict()["subscriptions"]["data"][0]["latest_invoice"] == zoe["id"]
    assert zoe_again.to_dict()["sources"]["data"] == []
    assert [it.id for it in by_subscription.data] == [zoe["id"]]


async def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    """A subscription bought before a restart is renewed after it."""
    path = tmp_path / "stripe.json"
    bought = await StripeAccount(store=Store(path)).buy(email="zoe@example.com")

    reborn = StripeAccount(store=Store(path))
    renewed = await reborn.renew(bought["parent"]["subscription_details"]["subscription"])

    assert renewed["number"].endswith("-0002")
    assert len(list(reborn.objects.newest_first("product"))) == 1
